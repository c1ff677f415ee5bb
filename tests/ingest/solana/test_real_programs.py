"""Tokens that the real token programs and the real loader make (LiteSVM), read over loopback."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pytest
from solders.account import Account as Kept
from solders.pubkey import Pubkey
from urllib3.util import Retry

from ingest.network import Network
from ingest.solana.accounts import TOKEN, TOKEN_2022, mint, programdata
from ingest.solana.control import Watched
from ingest.solana.node import Solana, SolanaChain
from ingest.solana.token import spl_token
from ingest.transport import Http
from store.faults import SourceChanged
from tests.worlds.servers import serving
from tests.worlds.solana_server import GENESIS, NOW, Cluster, maybe, number
from tests.worlds.svm import FREEZES, MINTS, OWNS, Machine

PLAIN: Network[Solana] = Network("made", "Made", "compute", "MADE", "1e-8 MADE", 8, "base58")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@contextmanager
def at(server: Cluster, watched: Watched) -> Iterator[Solana]:
    with serving(server) as address, Http(10_000, Retry(0)) as http:
        yield SolanaChain(GENESIS, (), watched, clock=lambda: NOW).head(http, [address])


def read(machine: Machine, watched: Watched, name: str) -> pl.DataFrame:
    """The rows of one reading of a token on a machine."""
    network = spl_token(PLAIN, watched)
    reading = next(one for one in network.readings if one.name == name)
    with at(machine.cluster(), watched) as node:
        facts = reading.facts(node, lambda _, make: make(), list)
        network.check(reading, facts)
    return facts.rows


def held(machine: Machine, watched: Watched) -> dict[str, set[str]]:
    """Who has which power."""
    found: dict[str, set[str]] = {}
    for population, holder, _ in read(machine, watched, "control").iter_rows():
        found.setdefault(population, set()).add(holder)
    return found


def said(machine: Machine, watched: Watched, name: str = "control_state") -> dict[tuple[str, str], str]:
    rows = read(machine, watched, name)
    return {(what, subject): exact for what, subject, exact in rows.select("name", "subject", "exact").iter_rows()}


def test_what_is_minted_and_burned_is_the_supply(machine: Machine) -> None:
    minted = machine.mint(machine.address(1))
    wallet = machine.wallet(minted, machine.address(2))
    machine.mint_to(minted, wallet, 1_000, machine.address(1), machine.keys[1])
    assert said(machine, Watched(minted), "supply") == {("total_supply", ""): "1000"}
    machine.burn(wallet, minted, 400, machine.keys[2])
    watched = Watched(minted, burns=wallet)
    assert said(machine, watched, "supply") == {("total_supply", ""): "600", ("waits_to_be_burned", wallet): "600"}
    assert held(machine, watched)["burn_wallet/owner"] == {machine.address(2)}


def test_authorities_are_told_as_they_are_set_and_given_up(machine: Machine) -> None:
    minted = machine.mint(machine.address(1), machine.address(2))
    assert held(machine, Watched(minted)) == {
        "token/minter": {machine.address(1)},
        "token/freezer": {machine.address(2)},
    }
    machine.set_authority(minted, MINTS, machine.address(3), machine.address(1), machine.keys[1])
    machine.set_authority(minted, FREEZES, "", machine.address(2), machine.keys[2])
    assert held(machine, Watched(minted)) == {"token/minter": {machine.address(3)}}
    machine.set_authority(minted, MINTS, "", machine.address(3), machine.keys[3])
    assert held(machine, Watched(minted)) == {}
    told = said(machine, Watched(minted))
    assert (told["mint_authority", minted], told["freeze_authority", minted]) == ("none", "none")
    # Nobody can replace the token program of this machine.
    assert told["upgrade_authority", TOKEN] == "none"


def test_a_frozen_wallet_and_one_that_changed_hands_are_read(machine: Machine) -> None:
    minted = machine.mint(machine.address(1), machine.address(2))
    wallet = machine.wallet(minted, machine.address(3))
    machine.set_authority(wallet, OWNS, machine.address(4), machine.address(3), machine.keys[3])
    machine.freeze(wallet, minted, machine.keys[2])
    assert held(machine, Watched(minted, burns=wallet))["burn_wallet/owner"] == {machine.address(4)}


def test_a_multisig_of_the_token_program_is_its_signers(machine: Machine) -> None:
    signers = [machine.address(place) for place in (1, 2, 3)]
    both = machine.multisig(2, signers)
    minted = machine.mint(both, machine.address(4))
    wallet = machine.wallet(minted, machine.address(5))
    # Two of the three are enough for the real program.
    machine.mint_to(minted, wallet, 5, both, machine.keys[1], machine.keys[3])
    assert held(machine, Watched(minted)) == {
        "token/minter": {both},
        "token/freezer": {machine.address(4)},
        f"{both}/signers": set(signers),
    }
    told = said(machine, Watched(minted))
    assert (told["account", both], told["threshold", both]) == ("contract", "2")
    assert {told["account", signer] for signer in signers} == {"key"}


def test_one_key_is_not_enough_for_a_multisig_of_two(machine: Machine) -> None:
    both = machine.multisig(2, [machine.address(1), machine.address(2)])
    minted = machine.mint(both)
    wallet = machine.wallet(minted, machine.address(5))
    with pytest.raises(AssertionError, match="InstructionError"):
        machine.mint_to(minted, wallet, 5, both, machine.keys[1])


def test_a_key_that_stands_twice_in_a_multisig_makes_it_unknown(machine: Machine) -> None:
    """The program counts it twice: of 2 of 3 that key alone would be enough."""
    both = machine.multisig(2, [machine.address(1), machine.address(1), machine.address(2)])
    minted = machine.mint(both)
    wallet = machine.wallet(minted, machine.address(5))
    machine.mint_to(minted, wallet, 5, both, machine.keys[1], machine.keys[2])
    assert held(machine, Watched(minted)) == {"token/minter": {both}, f"{both}/unknown": {both}}


def upgradeable(machine: Machine, upgrader: str) -> None:
    """Let somebody replace the token program of the machine: the loader itself sets no first one here."""
    place = Pubkey.from_string(programdata(TOKEN))
    kept = machine.svm.get_account(place)
    assert kept
    head = number(3, 4) + number(7, 8) + maybe(upgrader, 1)
    data = head + bytes(kept.data)[len(head) :]
    machine.svm.set_account(place, Kept(kept.lamports, data, kept.owner, kept.executable, kept.rent_epoch))


def test_who_may_replace_the_token_program_is_told_as_the_loader_sets_it(machine: Machine) -> None:
    minted = machine.mint(machine.address(1))
    upgradeable(machine, machine.address(2))
    assert held(machine, Watched(minted))["token_program/upgrader"] == {machine.address(2)}
    machine.give_program(programdata(TOKEN), machine.address(3), machine.keys[2])
    assert held(machine, Watched(minted))["token_program/upgrader"] == {machine.address(3)}
    machine.give_program(programdata(TOKEN), "", machine.keys[3])
    assert "token_program/upgrader" not in held(machine, Watched(minted))


def raw(machine: Machine, place: int) -> bytes:
    return bytes(machine.keys[place].pubkey())


def begun(machine: Machine) -> dict[str, tuple[bytes, int, dict[str, int]]]:
    """Instructions that begin an extension, how many bytes it has, and whose powers follow (places of keys)."""
    one, two = raw(machine, 1), raw(machine, 2)
    fee = bytes([26, 0, 1]) + one + b"\1" + two + number(100, 2) + number(10**9, 8)
    return {
        "transfer fee": (fee, 108, {"fee_authority": 1, "fee_collector": 2}),
        "closable": (bytes([25, 1]) + one, 32, {"closer": 1}),
        "confidential transfers": (bytes([27, 0]) + one + b"\1" + bytes(32), 65, {"confidential_authority": 1}),
        "default state of accounts": (bytes([28, 0, 2]), 1, {}),
        "not transferable": (bytes([32]), 0, {}),
        "interest": (bytes([33, 0]) + one + number(5, 2), 52, {"rate_authority": 1}),
        "permanent delegate": (bytes([35]) + one, 32, {"permanent_delegate": 1}),
        "transfer hook": (bytes([36, 0]) + one + two, 64, {"hook_authority": 1, "hook": 2}),
        "pointer to metadata": (bytes([39, 0]) + one + two, 64, {"pointer_authority": 1}),
        "pointer to a group": (bytes([40, 0]) + one + two, 64, {"group_pointer_authority": 1}),
        "pointer to a member": (bytes([41, 0]) + one + two, 64, {"member_pointer_authority": 1}),
        "scaled amounts": (bytes([43, 0]) + one + struct.pack("<d", 1.0), 56, {"scale_authority": 1}),
        "pausable": (bytes([44, 0]) + one, 33, {"pauser": 1}),
        "permissioned burn": (bytes([46, 0]) + one, 32, {"burner": 1}),
    }


def test_extensions_of_the_real_token_2022_are_read_with_whose_power_they_are(machine: Machine) -> None:
    for name, (first, size, powers) in begun(machine).items():
        minted = machine.mint(machine.address(6), machine.address(7), owner=TOKEN_2022, extra=first, size=170 + size)
        kept = machine.account(minted)
        assert kept
        found = mint(minted, kept)
        wanted = {power: machine.address(place) for power, place in powers.items()}
        assert found.powers == {"minter": machine.address(6), "freezer": machine.address(7), **wanted}, name
        assert (found.extensions, found.unknown) == ((name,), False)


def test_a_hook_is_a_program_and_whoever_replaces_it(machine: Machine) -> None:
    """The hook is the token program itself here, of which the machine has the code."""
    first = bytes([36, 0]) + raw(machine, 1) + bytes(Pubkey.from_string(TOKEN))
    minted = machine.mint(machine.address(6), owner=TOKEN_2022, extra=first, size=170 + 64)
    upgradeable(machine, machine.address(5))
    found = held(machine, Watched(minted))
    assert found["token/hook"] == {TOKEN}
    assert found[f"{TOKEN}/upgrader"] == {machine.address(5)}
    # Whom its code obeys beside nobody can tell.
    assert found[f"{TOKEN}/unknown"] == {TOKEN}
    assert said(machine, Watched(minted))["stands_for", TOKEN] == "a program"


def test_all_is_of_one_slot_of_the_machine(machine: Machine) -> None:
    minted = machine.mint(machine.address(1))
    server = machine.cluster()
    with at(server, Watched(minted)) as node:
        machine.set_authority(minted, MINTS, "", machine.address(1), machine.keys[1])
        server.slot += 1
        found = node.accounts[minted]
    assert found
    assert mint(minted, found).powers == {"minter": machine.address(1)}


def test_other_decimals_than_the_network_has_are_told(machine: Machine) -> None:
    minted = machine.mint(machine.address(1), decimals=6)
    with pytest.raises(SourceChanged, match="has 6 decimals, not 8"):
        said(machine, Watched(minted), "supply")
