"""What stands behind an authority, and how few that makes: from accounts to the mart's counts, against a hand's.

Accounts are invented; that they are laid out as real ones are is shown in test_accounts.py and test_real_programs.py.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from urllib3.util import Retry

from analytics.power.paths import Action, Side
from ingest.job import read_network
from ingest.network import Network
from ingest.publication import build
from ingest.solana.accounts import OF_SQUADS_3, SQUADS_3, SQUADS_4, SYSTEM, TOKEN, TOKEN_2022, Account, vault
from ingest.solana.control import DEPTH, INCINERATOR, Found, Vault, Watched, look
from ingest.solana.node import Solana, SolanaChain
from ingest.solana.pda import derived
from ingest.solana.token import spl_token
from ingest.transport import Http
from store.addresses import unbase58
from store.faults import BadData, SourceChanged
from store.landing import Landing
from store.mart import Mart, opened
from tests.worlds.servers import serving
from tests.worlds.solana_server import (
    GENESIS,
    NOW,
    Cluster,
    account,
    extended,
    key,
    mint,
    number,
    program,
    squads_4,
    token,
    token_account,
    token_multisig,
)

RULES, MINT, SEIZE, HALT = Action.CHANGE_RULES, Action.MINT, Action.SEIZE, Action.HALT
FORCE, STOP = Side.FORCE, Side.STOP
MINTED = key(70)
A, B, C, D, E = (key(place) for place in range(71, 76))
Accounts = dict[str, Account | None]


def a_program_address(name: str, of: str = TOKEN) -> str:
    """An address that only a program can sign for."""
    return derived([name.encode()], of)


def a_vault(needed: int, *voters: str, **of: Any) -> tuple[Vault, Accounts]:
    """A vault of a multisig of Squads v4, which nobody can replace unless `upgrader` can."""
    upgrader = of.pop("upgrader", "")
    others = of.pop("others", {})
    address, found = squads_4(needed, {**dict.fromkeys(voters, 7), **others}, **of)
    return Vault(address), {address: found, **program(SQUADS_4, upgrader)}


def an_older_vault(needed: int, *members: str, upgrader: str = "") -> tuple[Vault, Accounts]:
    """The first vault of a multisig of Squads v3."""
    created = unbase58(key(7))
    multisig = derived([b"squad", created, b"multisig"], SQUADS_3)
    data = OF_SQUADS_3 + number(needed, 2) + bytes(11) + created + b"\0" + number(len(members), 4)
    data += b"".join(map(unbase58, members))
    return Vault(multisig, 1, SQUADS_3), {multisig: account(SQUADS_3, data), **program(SQUADS_3, upgrader)}


def of(
    minter: str = "", freezer: str = "", *more: Mapping[str, Account | None], watched: Watched | None = None
) -> Found:
    """What the accounts of a token with these authorities say, with all others that are there."""
    accounts: Accounts = dict(token(MINTED, minter, freezer))
    for one in more:
        accounts |= one
    return look(watched or Watched(MINTED), accounts)


def test_a_key_needs_no_account() -> None:
    for kept in (None, account(SYSTEM, b""), account(TOKEN_2022, bytes(9))):
        found = of(A, "", {A: kept})
        assert (found.powers, found.behind[A].account) == ({"token/minter": (A,)}, "key")
        assert found.missing == ()


def test_the_address_of_nought_is_nobodys_though_it_lies_on_the_curve() -> None:
    # Programs leave it where no key was named; its point has a small order, and no signature of it is taken.
    found = of(SYSTEM, A, {A: None, SYSTEM: None})
    assert (found.powers, found.behind[SYSTEM].account) == ({"token/freezer": (A,)}, "nobody")
    shared, signers = key(76), [A, SYSTEM, INCINERATOR]
    found = of(shared, "", {shared: account(TOKEN, token_multisig(1, signers))})
    assert found.powers == {"token/minter": (shared,), f"{shared}/signers": (A,)}


def test_an_authority_that_was_not_asked_for_is_missing_and_not_a_key() -> None:
    found = of(A, B)
    assert (found.missing, found.powers) == ((A, B), {})


@pytest.mark.parametrize("kept", [None, account(SYSTEM, b"")])
def test_an_address_of_an_unknown_program_is_unknown_and_never_one_key(kept: Account | None) -> None:
    unknown = a_program_address("vault of nobody knows whom", SQUADS_4)
    found = of(unknown, "", {unknown: kept})
    assert found.powers == {"token/minter": (unknown,), f"{unknown}/unknown": (unknown,)}
    assert found.behind[unknown].account == "contract"


def test_a_vault_is_as_many_voters_as_its_multisig_needs() -> None:
    known, accounts = a_vault(2, A, B, C, others={D: 1, E: 4})
    found = of(known.address, "", accounts, watched=Watched(MINTED, vaults=(known,)))
    behind = found.behind[known.address]
    assert behind.multisig
    # Those who may only start, or carry out, do not vote.
    assert (behind.multisig.needed, set(found.powers[f"{known.address}/signers"])) == (2, {A, B, C})
    assert (behind.multisig_at, behind.told) == (known.multisig, "Squads v4, vault 0")


def test_a_vault_of_squads_v3_is_as_many_members_as_it_needs_and_whoever_replaces_the_program() -> None:
    known, accounts = an_older_vault(2, A, B, C, upgrader=E)
    found = of(known.address, "", accounts, watched=Watched(MINTED, vaults=(known,)))
    behind = found.behind[known.address]
    assert behind.multisig
    assert (behind.multisig.needed, behind.told, found.missing) == (2, "Squads v3, vault 1", ())
    assert found.powers == {
        "token/minter": (known.address,),
        f"{known.address}/signers": (A, B, C),
        f"{known.address}/upgrader": (E,),
    }


def test_a_vault_that_the_network_does_not_name_is_unknown() -> None:
    known, accounts = a_vault(2, A, B, C)
    found = of(known.address, "", {**accounts, known.address: None})
    assert f"{known.address}/unknown" in found.powers
    assert f"{known.address}/signers" not in found.powers


def test_a_multisig_that_is_named_and_is_not_there_or_is_another_is_told() -> None:
    known, accounts = a_vault(2, A, B, C)
    watched = Watched(MINTED, vaults=(known,))
    with pytest.raises(SourceChanged, match=f"the multisig {known.multisig} is not there"):
        of(known.address, "", {**accounts, known.multisig: None}, watched=watched)
    other, others = a_vault(1, A, create_key=key(5))
    with pytest.raises(BadData, match="has the create key of another multisig"):
        of(known.address, "", {**accounts, known.multisig: others[other.multisig]}, watched=watched)


def test_a_multisig_itself_can_never_sign() -> None:
    """Real: an authority was given to the account of a multisig, in place of its vault."""
    known, accounts = a_vault(2, A, B, C)
    found = of(known.multisig, "", accounts)
    assert (found.powers, found.behind[known.multisig].account) == ({}, "nobody")


def test_a_multisig_whose_program_can_be_replaced_is_moved_by_whoever_does() -> None:
    known, accounts = a_vault(2, A, B, C, upgrader=E)
    found = of(known.multisig, "", accounts)
    assert found.powers == {"token/minter": (known.multisig,), f"{known.multisig}/upgrader": (E,)}


def test_an_account_of_a_program_is_moved_by_whoever_replaces_the_program() -> None:
    other = key(80)
    controlled = a_program_address("state", other)
    accounts = {controlled: account(other, bytes(9)), **program(other, D)}
    found = of(controlled, "", accounts)
    assert found.powers == {
        "token/minter": (controlled,),
        f"{controlled}/unknown": (controlled,),
        f"{controlled}/upgrader": (D,),
    }


def test_programs_behind_programs_are_followed_so_far_and_no_farther() -> None:
    chain = [a_program_address(f"state {place}", key(90 + place)) for place in range(8)]
    accounts: Accounts = {}
    for place, address in enumerate(chain[:-1]):
        accounts |= {address: account(key(90 + place), b"x"), **program(key(90 + place), chain[place + 1])}
    found = of(chain[0], "", accounts)
    followed = [address for address in chain if f"{address}/upgrader" in found.powers]
    assert followed == chain[:DEPTH]
    deepest = chain[DEPTH]
    assert found.behind[deepest].told == "deeper than is followed"
    assert found.powers[f"{deepest}/unknown"] == (deepest,)
    assert found.missing == ()


def test_a_circle_of_vaults_ends() -> None:
    first, second = (derived([b"multisig", b"multisig", unbase58(key(place))], SQUADS_4) for place in (5, 6))
    one, accounts = a_vault(1, vault(second, 0, SQUADS_4), create_key=key(5))
    other, more = a_vault(1, vault(first, 0, SQUADS_4), create_key=key(6))
    found = of(one.address, "", accounts, more, watched=Watched(MINTED, vaults=(one, other)))
    assert found.powers[f"{one.address}/signers"] == (other.address,)
    assert found.powers[f"{other.address}/signers"] == (one.address,)


def test_the_account_from_which_is_burned_must_hold_the_token() -> None:
    place = key(81)
    watched = Watched(MINTED, burns=place)
    found = of("", "", {place: account(TOKEN, token_account(MINTED, A)), A: None}, watched=watched)
    assert found.powers == {"burn_wallet/owner": (A,)}
    with pytest.raises(BadData, match=f"{place} holds the token {B}, not {MINTED}"):
        of("", "", {place: account(TOKEN, token_account(B, A))}, watched=watched)
    with pytest.raises(SourceChanged, match=f"the token account {place} is not there"):
        of("", "", {place: None}, watched=watched)


# --- how few ----------------------------------------------------------------------------------------------------------

TWO_OF_THREE, OF_TWO_OF_THREE = a_vault(2, A, B, C, create_key=key(10))
SLOW, OF_SLOW = a_vault(2, A, B, C, create_key=key(11), delay=86_400)
LED, OF_LED = a_vault(2, A, B, C, create_key=key(12), config=E)
OLDER, OF_OLDER = an_older_vault(2, A, B, C)
SHARED = key(77)
UNKNOWN = a_program_address("unknown", SQUADS_4)
EXTENDED: Accounts = {
    MINTED: account(TOKEN_2022, extended([(12, unbase58(B)), (26, unbase58(C) + b"\0")], minter=A)),
    **program(TOKEN_2022),
    **dict.fromkeys((A, B, C)),
}
# Accounts beside a token's, the vaults that its network names, minter and freezer.
WORLDS: dict[str, tuple[Accounts, tuple[Vault, ...], str, str]] = {
    "key": ({}, (), A, ""),
    "nobody": ({}, (), "", ""),
    "two_keys": ({}, (), A, B),
    "squads": (OF_TWO_OF_THREE, (TWO_OF_THREE,), TWO_OF_THREE.address, ""),
    "slow": (OF_SLOW, (SLOW,), SLOW.address, ""),
    "led": (OF_LED, (LED,), LED.address, ""),
    "older": (OF_OLDER, (OLDER,), OLDER.address, ""),
    "shared": ({SHARED: account(TOKEN, token_multisig(2, [A, B, C]))}, (), SHARED, ""),
    "unknown": ({UNKNOWN: None}, (), UNKNOWN, ""),
    "itself": (OF_TWO_OF_THREE, (), TWO_OF_THREE.multisig, A),
    "replaced": ({**program(TOKEN, D)}, (), "", ""),
    "extended": (EXTENDED, (), A, ""),
}
Counted = dict[tuple[Side, Action], tuple[int, int, int] | None]
# The number, the least it could be, and seconds to the effect; None: nobody can say, or there is no way.
BY_HAND: dict[str, Counted] = {
    "key": {(FORCE, MINT): (1, 1, 0), (STOP, MINT): (1, 1, 0), (FORCE, SEIZE): None, (FORCE, RULES): None},
    "nobody": {(FORCE, MINT): None, (FORCE, SEIZE): None, (FORCE, HALT): None, (FORCE, RULES): None},
    "two_keys": {(FORCE, MINT): (1, 1, 0), (FORCE, SEIZE): (1, 1, 0), (FORCE, HALT): (1, 1, 0)},
    "squads": {(FORCE, MINT): (2, 2, 0), (STOP, MINT): (2, 2, 0), (FORCE, HALT): None},
    "slow": {(FORCE, MINT): (2, 2, 86_400), (STOP, MINT): (2, 2, 0)},
    "led": {(FORCE, MINT): (1, 1, 0)},
    "older": {(FORCE, MINT): (2, 2, 0), (STOP, MINT): (2, 2, 0)},
    "shared": {(FORCE, MINT): (2, 2, 0), (STOP, MINT): (2, 2, 0)},
    "unknown": {(FORCE, MINT): None, (STOP, MINT): None},
    # Nobody mints, one freezes.
    "itself": {(FORCE, MINT): None, (FORCE, SEIZE): (1, 1, 0), (FORCE, HALT): (1, 1, 0)},
    # One key replaces the token's program, and so can do all.
    "replaced": {(side, action): (1, 1, 0) for side in Side for action in (RULES, MINT, SEIZE, HALT)},
    "extended": {(FORCE, MINT): (1, 1, 0), (FORCE, SEIZE): (1, 1, 0), (FORCE, HALT): (1, 1, 0), (FORCE, RULES): None},
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    """All worlds, each read over loopback by the readings of its network, and built."""
    folder = tmp_path_factory.mktemp("power")
    known: dict[str, Network[Solana]] = {}
    for name, (more, vaults, minter, freezer) in WORLDS.items():
        watched = Watched(MINTED, vaults=vaults)
        plain: Network[Solana] = Network(name, name, "compute", "T", "1e-8 T", 8, "base58")
        with ExitStack() as stack:
            accounts = {**token(MINTED, minter, freezer), **more}
            address = stack.enter_context(serving(Cluster(accounts.get)))
            chain = SolanaChain(GENESIS, (address,), watched, clock=lambda: NOW)
            known[name] = replace(spl_token(plain, watched), chain=chain)
            http = stack.enter_context(Http(10_000, Retry(0)))
            outcomes = read_network(known[name], known[name].readings, http, Landing(folder), lambda _: None)
        assert [one.message for one in outcomes] == ["", "", ""], name
    build(folder, known)
    with opened(folder) as built:
        yield built


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_HAND)
def test_each_count_is_what_a_person_counts(mart: Mart, name: str) -> None:
    rows = mart.table("FROM power WHERE network = ? AND grouping = 'control'", name).to_dicts()
    said = {(Side(row["side"]), row["action"]): row for row in rows}
    found: Counted = {}
    for side, action in BY_HAND[name]:
        row = said[side, str(action)]
        found[side, action] = (row["number"], row["least"], row["seconds"]) if row["number"] else None
    assert found == BY_HAND[name]


@pytest.mark.slow
def test_what_is_not_known_is_not_rated_and_what_nobody_has_is_no_way(mart: Mart) -> None:
    told = dict(
        mart.table(
            "SELECT network, reason FROM power WHERE grouping = 'control' AND side = 'force' AND action = ?", str(MINT)
        ).iter_rows()
    )
    assert f"{UNKNOWN} has keys that could not be listed" in told["unknown"]
    assert told["nobody"] == told["itself"] == "no way to force it is known"
    ways = dict(
        mart.table(
            "SELECT network, path FROM power WHERE grouping = 'control' AND side = 'force' AND action = ?", str(MINT)
        ).iter_rows()
    )
    assert ways["squads"] == "minter of the token, a multisig 2 of 3"
    assert ways["slow"] == "minter of the token, 1 days after they have signed, a multisig 2 of 3"
    assert ways["replaced"] == "upgrade authority of the token program, one key"


def test_a_mint_with_more_than_its_size_is_none() -> None:
    with pytest.raises(SourceChanged, match="as no mint"):
        look(Watched(MINTED), {**token(MINTED), MINTED: account(TOKEN, mint() + b"\1")})
