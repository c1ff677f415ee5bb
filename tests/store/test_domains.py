"""Which part of a host's name somebody registered."""

from hypothesis import given
from hypothesis import strategies as st

from store.domains import HOSTING, SHARED, domain
from tests.worlds.each import each


@each(
    ("text", "expected"),
    [
        ("https://WWW.Lavenderfive.com/path?x=1", "lavenderfive.com"),
        ("akash.stake.example:443", "stake.example"),
        ("https://provider.forgeelectronics.uk:8443", "forgeelectronics.uk"),
        ("armyids.com", "armyids.com"),
        # Countries register below names of their own choice.
        ("http://node.firm.co.uk", "firm.co.uk"),
        ("https://a.b.example.co.uk", "example.co.uk"),
        ("node.foo.or.jp", "foo.or.jp"),
        ("a.b.edu.au", "b.edu.au"),
        ("https://co.uk", ""),
        # Each customer has a name below the host's.
        ("https://me.vercel.app", "me.vercel.app"),
        ("foo.github.io", "foo.github.io"),
        ("x.foo.duckdns.org", "foo.duckdns.org"),
        ("y.bar.duckdns.org:8443", "bar.duckdns.org"),
        ("https://provider.hurricane.akash.pub:8443", "hurricane.akash.pub"),
        ("somebody.medium.com", "somebody.medium.com"),
        ("vercel.app", ""),
        ("https://www.wordpress.com/somebody", ""),
        # Pages of many on one site.
        ("https://linktr.ee/somebody", ""),
        ("https://medium.com/@somebody", ""),
        # An address of the internet has one owner; those of a network at home have millions.
        ("https://8.8.4.4:8443", "8.8.4.4"),
        ("https://[2001:4860:4860:0::8844]:8443", "2001:4860:4860::8844"),
        ("192.168.1.1", ""),
        ("127.0.0.1", ""),
        ("localhost", ""),
        ("http://[::1", ""),
        ("https://[broken", ""),
        ("https://..", ""),
        ("not a site", ""),
        ("", ""),
    ],
)
def test_a_host_is_reduced_to_the_domain_that_somebody_registered(text: str, expected: str) -> None:
    assert domain(text) == expected


@each("site", sorted(SHARED | set(HOSTING)))
def test_what_many_share_is_nobodys(site: str) -> None:
    assert domain(f"https://{site}/somebody") == ""


@given(st.text(max_size=40) | st.ip_addresses().map(str) | st.from_regex(r"[a-z0-9.-]{1,20}\.(ck|jp|com|github\.io)"))
def test_any_text_is_taken_and_a_domain_is_its_own(text: str) -> None:
    assert domain(domain(text)) == domain(text)
