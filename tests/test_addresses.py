import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.addresses import NotAnAddress, account, address, bech32, display, operator, ss58, unbech32

# Alice's well-known development key in its two spellings.
ALICE = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
ALICE_SS58 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
# From a real state export: one party as a delegator and as a validator.
DELEGATOR = "fetch1qypf5ulfttynmt25wcvrh7zl7nwzgpg9n20qx7"
VALIDATOR = "fetchvaloper1qypf5ulfttynmt25wcvrh7zl7nwzgpg9kwsr4e"
TOKEN = "0xaea46A60368A7bD060eec7DF8CBa43b7EF41Ad85"


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


@pytest.mark.parametrize(
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
        "cosmos1" + "b" * 38,
        "ａｋａｓｈ1",
    ],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(NotAnAddress):
        address(wrong)


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
