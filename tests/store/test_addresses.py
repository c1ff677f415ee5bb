import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.addresses import (
    NotAnAddress,
    account,
    address,
    base58,
    base64url,
    bech32,
    display,
    operator,
    pasted,
    ss58,
    unbase58,
    unbech32,
    unss58,
)
from tests.worlds.each import each

# Alice's well-known development key in its two spellings.
ALICE = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
ALICE_SS58 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
# From a real state export: one party as a delegator and as a validator.
DELEGATOR = "fetch1qypf5ulfttynmt25wcvrh7zl7nwzgpg9n20qx7"
VALIDATOR = "fetchvaloper1qypf5ulfttynmt25wcvrh7zl7nwzgpg9kwsr4e"
TOKEN = "0xaea46A60368A7bD060eec7DF8CBa43b7EF41Ad85"
# Real ones: Render's mint, Filecoin's verified registry's root key, the miner of an Arweave block of 2022.
MINT = "rndrizKT3MK1iimdxRdWabcF7Zg7AR5T4nud4EkHBof"
ACTOR = "f080"
MINER = "yTeqSquiz8rXZc3sXsTESSB6wx7HA9HZhJwv-__Fpbw"


@pytest.mark.parametrize("pasted", [ALICE, ALICE_SS58, f" {ALICE_SS58}\n", ALICE.upper().replace("0X", "0x")])
def test_every_spelling_of_a_substrate_key_is_one_key(pasted: str) -> None:
    assert address(pasted).canonical == ALICE


def test_an_account_and_its_operator_find_each_other() -> None:
    assert operator(DELEGATOR) == VALIDATOR
    assert account(VALIDATOR) == DELEGATOR
    assert VALIDATOR in address(DELEGATOR).candidates
    assert DELEGATOR in address(VALIDATOR).candidates


def test_evm_addresses_are_stored_in_lower_case() -> None:
    assert address(TOKEN).canonical == TOKEN.lower()
    assert address(TOKEN).kind == "evm"


def test_an_address_is_shown_as_its_network_spells_it() -> None:
    assert display(ALICE, "ss58:42") == ALICE_SS58
    assert display(VALIDATOR, "bech32:fetch") == VALIDATOR
    assert display("netuid 4", "ss58:42") == "netuid 4"


@each(
    "wrong",
    [
        "",
        "hello",
        "0x12",
        "0xzz",
        ALICE_SS58[:-1] + "Z",
        DELEGATOR[:-1] + "q",
        DELEGATOR.replace("fetch", "fetcH"),
        "1" * 200,
        "5" * 5000,
        "fetch1",
        MINT[:-6],
        MINT.replace("r", "0"),
        MINER[:-1],
        MINER[:-1] + "x",
        "f0",
        "f007",
        "f3wjxuftije2evjmzo2yoy5ghfe2o42mavrpmwuzooghzcxdhqjdu7kn6dvkzf4ko37w7sfnnzdzstcjmeooea",
        "cosmos1" + "b" * 38,
        "ａｋａｓｈ1",
        f"https://www.mintscan.io/fetchai/address/{DELEGATOR}",
        f"eth:{TOKEN}",
    ],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(NotAnAddress):
        address(wrong)


# --- as people paste them ---------------------------------------------------------------------------------------------

# Alice's key as the wallets of Polkadot (prefix 0) and Kusama (2) write it, and in Bittensor's own spelling.
ALICE_ELSEWHERE = {
    0: "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
    2: "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F",
    13116: ss58(bytes.fromhex(ALICE[2:]), 13116),
}
KINDS = {
    "ss58": (ALICE_SS58, ALICE),
    "ss58 of Bittensor's own": (ALICE_ELSEWHERE[13116], ALICE),
    "ss58 of Polkadot": (ALICE_ELSEWHERE[0], ALICE),
    "public key": (ALICE, ALICE),
    "account": (DELEGATOR, DELEGATOR),
    "operator": (VALIDATOR, VALIDATOR),
    "hex": (TOKEN, TOKEN.lower()),
    "base58 of Solana": (MINT, MINT),
    "number of Filecoin": (ACTOR, ACTOR),
    "base64url of Arweave": (MINER, MINER),
}
STYLES = {
    "alone": "{}",
    "with blanks": "  {}\t\r\n",
    "with a blank that does not break": "\u00a0{}\u00a0",
    "with a byte order mark": "\ufeff{}",
    "with characters of no width": "\u200b{}\u200d\u2060",
    "with directions": "\u200e{}\u202c",
    "in quotes": '"{}"',
    "in a sentence": "my address is {}.",
    "with a label": "Owner: {}",
    "EIP-3770": "eth:{}",
    "CAIP-10 of an EVM chain": "eip155:1:{}",
    "CAIP-10 of Cosmos": "cosmos:fetchhub-4:{}",
    "CAIP-10 of Substrate": "polkadot:2f0555cc76fc2840a25a6ea3b9637146:{}",
    "mintscan": "https://www.mintscan.io/fetchai/address/{}",
    "mintscan with a query": "https://www.mintscan.io/akash/validators/{}?tab=delegators&page=1#top",
    "taostats": "https://taostats.io/account/{}/transactions",
    "etherscan": "https://etherscan.io/address/{}#code",
    "etherscan, holder of a token": "https://etherscan.io/token/0xaea46a60368a7bd060eec7df8cba43b7ef41ad86?a={}",
    "a link without a scheme": "taostats.io/validators/{}",
    "a query of a coded link": "https://explorer.example/?to=cosmos%3Aakashnet-2%3A{}&x=1",
    "a link in brackets": "[{0}](https://explorer.example/account/{0})",
}


@each("style", STYLES)
@each("kind", KINDS)
def test_an_address_is_found_in_what_people_paste(kind: str, style: str) -> None:
    written, canonical = KINDS[kind]
    assert pasted(STYLES[style].format(written)).canonical == canonical


@each(
    ("link", "canonical"),
    [
        (f"https://solscan.io/token/{MINT}", MINT),
        (f"https://solscan.io/account/{MINT}?cluster=mainnet#portfolio", MINT),
        (f"solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:{MINT}", MINT),
        ("https://filfox.info/en/address/f0123?page=2", "f0123"),
        ("https://filscan.io/en/miner/f01234/", "f01234"),
        (f"https://viewblock.io/arweave/address/{MINER}?tab=activity", MINER),
        (f"https://viewblock.io/arweave/address/{MINER}", MINER),
        (f"ar://{MINER}", MINER),
        # A telephone's capital, and a list's dash before 42 letters: 43 of which base64url is made.
        ("F0123", "f0123"),
        ("my miner is F0123.", "f0123"),
        (f"-{TOKEN}", TOKEN.lower()),
        (f"{TOKEN}_", TOKEN.lower()),
        (f"*{MINT}*", MINT),
    ],
)
def test_an_address_without_a_checksum_is_found_in_a_link_and_beside_signs(link: str, canonical: str) -> None:
    assert pasted(link).canonical == canonical


def test_a_telephones_capital_makes_no_other_address_of_43_letters() -> None:
    """Of bech32 with four letters before the 1 there are 43, as in base64url; its checksum tells."""
    written = next(one for one in (bech32("allo", bytes([n]) * 20) for n in range(32)) if one[-1] in "0c48w")
    assert len(written) == 43
    assert pasted(written.capitalize()).canonical == written


@pytest.mark.parametrize("place", ["{}", "https://filfox.info/en/address/{}", "it is {}"])
def test_an_address_that_is_stored_by_its_number_is_said_so_wherever_it_stands(place: str) -> None:
    for key in ("f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za", "f410fv7dgzmjqnw7l4qgq7tmyhb2u7lnv6t3jgygz2wa"):
        with pytest.raises(NotAnAddress, match="its number"):
            pasted(place.format(key))


@each("place", [1, 20])
@each("unseen", ["\u200b", "\ufeff", "\u00ad", "\u200e", "\ufe0f"])
def test_what_nobody_sees_may_stand_inside_an_address(unseen: str, place: int) -> None:
    for written, canonical in KINDS.values():
        assert pasted(written[:place] + unseen + written[place:]).canonical == canonical


@pytest.mark.parametrize("cased", [DELEGATOR.capitalize(), DELEGATOR.upper(), DELEGATOR.replace("fetch", "Fetch")])
def test_capitals_of_a_telephone_do_not_hide_a_bech32_address(cased: str) -> None:
    assert pasted(cased).canonical == DELEGATOR
    assert pasted(f"https://www.mintscan.io/fetchai/address/{cased}").canonical == DELEGATOR


@pytest.mark.parametrize(("prefix", "written"), ALICE_ELSEWHERE.items())
def test_an_ss58_address_of_any_chain_is_its_key_and_says_its_prefix(prefix: int, written: str) -> None:
    assert (address(written).canonical, address(written).prefix) == (ALICE, str(prefix))
    assert ss58(bytes.fromhex(ALICE[2:]), prefix) == written
    assert display(ALICE, f"ss58:{prefix}") == written


def test_bittensors_own_spelling_begins_with_bt() -> None:
    assert ALICE_ELSEWHERE[13116].startswith("bt")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 16383))
def test_every_ss58_prefix_goes_there_and_back(key: bytes, prefix: int) -> None:
    written = ss58(key, prefix)
    assert (address(written).raw, address(written).prefix, unss58(written)) == (key, str(prefix), key)


@each("wrong", [ALICE_SS58[:-1] + "Z", DELEGATOR[:-1] + "q", TOKEN + "a", "nothing", "x" * 60])
@each("link", ["https://taostats.io/account/{}", "www.mintscan.io/akash/address/{}?x=1", "a.b/c/{}"])
def test_a_link_is_never_said_to_have_a_wrong_checksum(wrong: str, link: str) -> None:
    with pytest.raises(NotAnAddress, match="no address is known here in the link"):
        pasted(link.format(wrong))


@pytest.mark.parametrize("style", ["{}", "cosmos:fetchhub-4:{}", "\u200b{}", "my address is {}"])
def test_a_wrong_checksum_is_told_where_an_address_was_meant(style: str) -> None:
    with pytest.raises(NotAnAddress, match="wrong checksum"):
        pasted(style.format(DELEGATOR[:-1] + "q"))


def test_what_is_taken_of_a_paste_is_an_address_by_itself() -> None:
    long = bech32("akash", bytes(200))
    with pytest.raises(NotAnAddress):
        pasted(long)


@pytest.mark.parametrize(
    "hostile",
    ["", " ", "\u200b" * 400, "1" * 400, "https://" + "/" * 490, "a1" * 240, "0x" * 200, "%" * 400, "z" * 10**7],
)
def test_hostile_pastes_are_refused_in_few_words(hostile: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        pasted(hostile)
    assert len(str(refused.value)) < 300


@pytest.mark.slow
@given(st.text(max_size=600))
def test_any_paste_is_an_address_or_refused_and_nothing_else(text: str) -> None:
    try:
        pasted(text)
    except NotAnAddress:
        return


@given(st.binary(min_size=32, max_size=32))
def test_ss58_goes_there_and_back(key: bytes) -> None:
    assert address(ss58(key)).raw == key


@given(st.binary(min_size=20, max_size=32), st.sampled_from(["akash", "fetch", "fetchvaloper", "cudos"]))
def test_bech32_goes_there_and_back(raw: bytes, prefix: str) -> None:
    assert unbech32(bech32(prefix, raw)) == (prefix, raw)


@given(st.text(max_size=100))
def test_any_text_is_an_address_or_refused_and_nothing_else(text: str) -> None:
    try:
        address(text)
    except NotAnAddress:
        return


# --- spellings without a checksum -------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
def test_32_bytes_of_solana_and_of_arweave_go_there_and_back(key: bytes) -> None:
    assert unbase58(base58(key)) == key
    for written in (base58(key), base64url(key)):
        assert address(written).canonical == written


@given(st.sampled_from(["akash", "fetch", "cudos", "akashvaloper"]), st.binary(min_size=20, max_size=32))
def test_a_bech32_address_is_never_one_of_solana(prefix: str, raw: bytes) -> None:
    written = bech32(prefix, raw)
    assert address(written).kind == "cosmos"
    with pytest.raises(NotAnAddress):
        address(written[:-1] + ("q" if written[-1] == "p" else "p"))


def test_an_address_of_filecoin_that_is_a_key_is_said_to_have_a_number() -> None:
    with pytest.raises(NotAnAddress, match="its number"):
        address("f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za")


@pytest.mark.parametrize(
    "text", ["0xtOsLSYI7oTLGOvQZU16r7_TnegWIfFm7lNVb2xKmA", "0XtOsLSYI7oTLGOvQZU16r7_TnegWIfFm7lNVb2xKmA"]
)
def test_an_address_of_arweave_may_begin_as_one_in_hexadecimal(text: str) -> None:
    for written in (text, f"https://viewblock.io/arweave/address/{text}"):
        assert pasted(written).canonical == text
        assert pasted(written).kind == "base64url"


def test_a_digit_too_many_is_no_address_of_arweave() -> None:
    with pytest.raises(NotAnAddress, match=r"not hexadecimal|20 or 32 are needed"):
        pasted(TOKEN + "0")
