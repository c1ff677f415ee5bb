"""The bytes of accounts, from real programs and their own libraries; each length and owner that is wrong is refused."""

import json
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ingest.solana.accounts import (
    CLOCK,
    LOADER,
    SQUADS_3,
    SQUADS_4,
    SYSTEM,
    SYSVAR,
    TOKEN,
    TOKEN_2022,
    Account,
    clock,
    mint,
    program,
    programdata,
    squads,
    squads_3,
    squads_4,
    token_account,
    token_multisig,
)
from store.addresses import base58, unbase58
from store.faults import BadData, ReadingError, SourceChanged
from tests.worlds import solana_server as made
from tests.worlds.solana_server import account, extended, key

MINT = key(50)
# As the vectors have them: bytes 01, 02, 03, 07 and 09 repeated.
ONE, TWO, THREE, SEVEN = (base58(bytes([byte]) * 32) for byte in (1, 2, 3, 7))
NINE = bytes([9]) * 32


def vectors(shared: Path, name: str) -> Any:
    return json.loads((shared / "other" / name).read_text())


def test_a_mint_and_an_account_of_the_real_token_program_are_read_as_solders_reads_them(shared: Path) -> None:
    known = vectors(shared, "solana_spl_accounts.json")
    found = mint(MINT, account(TOKEN, b64decode(known["mint"])))
    said = known["mint_decoded"]
    assert (found.supply, found.decimals) == (said["supply"], said["decimals"])
    assert found.powers == {"freezer": said["freeze_authority"]}
    held, said = token_account(MINT, account(TOKEN, b64decode(known["token"]))), known["token_decoded"]
    assert (held.mint, held.owner, held.amount) == (said["mint"], said["owner"], said["amount"])
    assert (held.delegate, held.closer) == ("", "")


def test_a_program_and_its_code_as_the_loader_keeps_them(shared: Path) -> None:
    known = vectors(shared, "solana_upgradeable.json")
    accounts: dict[str, Account | None] = {
        TOKEN: account(LOADER, b64decode(known["program"])),
        known["programdata_address"]: account(LOADER, b64decode(known["programdata_head"])),
    }
    found = program(TOKEN, accounts)
    assert found
    assert (found.upgrader, found.slot > 0) == ("", True)


def test_multisigs_of_squads_are_read_with_and_without_a_rent_collector(shared: Path) -> None:
    """Bytes of the official libraries: the collector moves all that follows by 32 bytes."""
    known = vectors(shared, "squads_vectors.json")
    multisig = squads(known["v4_multisig"], account(SQUADS_4, bytes.fromhex(known["v4_rent"])))
    assert (multisig.needed, multisig.delay, multisig.config) == (2, 86_400, "")
    assert (multisig.signers, multisig.create_key) == ((ONE, TWO, THREE), NINE)
    multisig = squads(known["v4_multisig"], account(SQUADS_4, bytes.fromhex(known["v4_none"])))
    assert (multisig.needed, multisig.config, multisig.signers) == (1, SEVEN, (ONE, TWO, THREE))
    multisig = squads(known["v3_ms"], account(SQUADS_3, bytes.fromhex(known["v3_ms_account"])))
    assert (multisig.kind, multisig.needed, multisig.signers) == ("Squads v3", 2, (ONE, TWO, THREE))


def test_of_the_members_of_a_multisig_those_count_who_may_vote(shared: Path) -> None:
    """Four members of the fixture of Squads' own repository: one may do all, others start, vote or carry out alone."""
    known = vectors(shared, "squads_v4_fixture.json")
    found = squads_4(known["pubkey"], b64decode(known["account"]["data"][0]))
    assert (found.needed, len(found.signers), found.config) == (2, 2, "")


def test_a_multisig_at_another_address_than_its_create_key_gives_is_refused(shared: Path) -> None:
    known = vectors(shared, "squads_vectors.json")
    with pytest.raises(BadData, match="has the create key of another multisig"):
        squads(key(1), account(SQUADS_4, bytes.fromhex(known["v4_none"])))


def test_powers_by_extensions_are_told_invented() -> None:
    holders = {number: unbase58(key(number)) for number in range(10)}
    data = extended(
        [
            (1, holders[1] + holders[2] + bytes(44)),
            (12, holders[3]),
            (14, holders[4] + holders[5]),
            (26, holders[6] + b"\1"),
            (9, b""),
        ],
        minter=key(7),
    )
    found = mint(MINT, account(TOKEN_2022, data))
    assert found.powers == {
        "minter": key(7),
        "fee_authority": key(1),
        "fee_collector": key(2),
        "permanent_delegate": key(3),
        "hook_authority": key(4),
        "hook": key(5),
        "pauser": key(6),
    }
    assert (found.paused, found.unknown) == (True, False)
    assert found.extensions == ("transfer fee", "permanent delegate", "transfer hook", "pausable", "not transferable")


def test_an_extension_that_is_not_known_may_give_anybody_any_power_invented() -> None:
    found = mint(MINT, account(TOKEN_2022, extended([(77, bytes(32))])))
    assert (found.unknown, found.extensions) == (True, ("extension 77",))


GOOD: dict[str, tuple[Callable[[str, Account], object], Account]] = {
    "mint": (mint, account(TOKEN, made.mint(key(1), key(2)))),
    "extended mint": (mint, account(TOKEN_2022, extended([(12, unbase58(key(3))), (26, bytes(33))]))),
    "token account": (token_account, account(TOKEN, made.token_account(MINT, key(1)))),
    "token multisig": (token_multisig, account(TOKEN, made.token_multisig(2, [key(1), key(2), key(3)]))),
    "squads": (squads, made.squads_4(1, {key(1): 7, key(2): 2})[1]),
    "clock": (clock, account(SYSVAR, bytes(40))),
}
SQUADS_AT = made.squads_4(1, {key(1): 7, key(2): 2})[0]


def read(name: str, found: Account) -> object:
    reader, _ = GOOD[name]
    return reader(SQUADS_AT if name == "squads" else CLOCK if name == "clock" else MINT, found)


@pytest.mark.parametrize("name", GOOD)
def test_an_account_of_another_owner_is_none(name: str) -> None:
    good = GOOD[name][1]
    assert read(name, good)
    if name == "token multisig":
        assert read(name, Account(SYSTEM, good.data, good.space)) is None
    else:
        with pytest.raises(SourceChanged, match=f"belongs to {SYSTEM}"):
            read(name, Account(SYSTEM, good.data, good.space))


@pytest.mark.parametrize("name", GOOD)
def test_an_account_that_ends_too_early_is_refused_wherever_it_ends(name: str) -> None:
    good = GOOD[name][1]
    # What stands behind the members of a multisig is room for more of them; nobody reads the last bytes of some.
    for size in range({"squads": 166, "token multisig": 99}.get(name, len(good.data))):
        with pytest.raises(ReadingError):
            read(name, Account(good.owner, good.data[:size], good.space))


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=20)
@given(spoil=some.lists(some.tuples(some.integers(0, 400), some.integers(0, 255)), max_size=4))
def test_no_byte_ends_a_reader_otherwise_than_with_an_error_of_ours(name: str, spoil: list[tuple[int, int]]) -> None:
    good = GOOD[name][1]
    data = bytearray(good.data)
    for place, byte in spoil:
        data[place % len(data)] = byte
    with suppress(ReadingError):
        read(name, Account(good.owner, bytes(data), good.space))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (made.mint()[:45] + b"\0" + made.mint()[46:], "never begun"),
        (b"\2" + made.mint()[1:], "nought or one"),
        (made.mint() + b"\0", "as no mint"),
    ],
)
def test_what_no_mint_is_like_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(SourceChanged, match=why):
        mint(MINT, account(TOKEN, data))


@pytest.mark.parametrize(
    ("extensions", "why"),
    [
        ([(12, bytes(32)), (12, bytes(32))], "twice"),
        ([(12, bytes(31))], "ends after 31 bytes"),
    ],
)
def test_extensions_that_cannot_be_are_refused(extensions: list[tuple[int, bytes]], why: str) -> None:
    with pytest.raises(SourceChanged, match=why):
        mint(MINT, account(TOKEN_2022, extended(extensions)))


def test_a_mint_that_was_not_read_to_its_end_is_refused() -> None:
    data = extended([(19, bytes(5_000))])
    with pytest.raises(SourceChanged, match="as no mint that is read whole"):
        mint(MINT, Account(TOKEN_2022, data[:4096], len(data)))


@pytest.mark.parametrize("needed", [0, 3])
def test_a_multisig_that_its_signers_cannot_meet_is_refused(needed: int) -> None:
    address, found = made.squads_4(needed, {key(1): 7, key(2): 2, key(3): 5})
    with pytest.raises(BadData, match=f"a multisig {needed} of 2"):
        squads(address, found)
    with pytest.raises(SourceChanged, match=f"a multisig {needed} of 2"):
        token_multisig(MINT, account(TOKEN, made.token_multisig(needed, [key(1), key(2)])))


def test_more_members_than_are_read_are_refused_before_they_are_taken() -> None:
    data = made.squads_4(1, {key(1): 2})[1].data
    with pytest.raises(SourceChanged, match="4,294,967,295 members"):
        squads_4(MINT, data[:96] + b"\xff" * 4 + data[100:])
    with pytest.raises(SourceChanged, match="another kind of account"):
        squads_3(MINT, data)


def test_a_program_without_its_code_or_of_an_unknown_loader_is_told() -> None:
    accounts: dict[str, Account | None] = dict(made.program(TOKEN, key(1)))
    assert program(TOKEN, accounts) == program(TOKEN, accounts)
    with pytest.raises(SourceChanged, match="is not there"):
        program(TOKEN, {**accounts, programdata(TOKEN): None})
    assert program(TOKEN, {TOKEN: account(key(9), b"")}) is None
    other = made.program(TOKEN_2022, key(2))[TOKEN_2022]
    with pytest.raises(SourceChanged, match="no program of the upgradeable loader"):
        program(TOKEN, {**accounts, TOKEN: other})
