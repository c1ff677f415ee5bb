"""The part of a host's name that somebody registered: what all hosts of one owner share, and no two owners do."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from tldextract import TLDExtract

from store.reference import hosts

HOST: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

# Addresses that many share; a page there says nothing about who runs what.
SHARED: Final = frozenset(hosts("shared"))
# Hosts that give each customer a name below theirs, and are not in the Public Suffix List.
HOSTING: Final = hosts("hosting")
# The list that comes with the package: what is published follows from landing and this release alone.
_LIST: Final = TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True, extra_suffixes=hosts("hosting")
)


def domain(text: str) -> str:
    """The registered domain of a website or host, or nothing where it is none, or one that many share.

    A public IP address is its own domain: it has one owner.
    """
    host = _host(text.strip())
    if _is_public(host):
        return str(ip_address(host))
    if not HOST.fullmatch(host):
        return ""
    found = _LIST.extract_str(host)
    # By the list's own rule a top level that it does not know is one that everybody may register under.
    registered = f"{found.domain}.{found.suffix}" if found.suffix else ".".join(host.split(".")[-2:])
    return "" if found.domain in {"", "www"} or registered in SHARED else registered


def _host(text: str) -> str:
    """The name or address of a host out of a link, or a host with or without a port."""
    if _is_public(text):
        return text
    try:
        found = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return found.lower().rstrip(".")


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return False
