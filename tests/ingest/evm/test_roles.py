"""Roles of real contracts that list no members: rebuilt from their events, proved by their own word."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from web3 import Web3
from web3.contract import Contract

from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.evm.roles import ROLES, Members, from_list, from_logs
from ingest.network import Memo
from store.faults import SourceDown
from tests.worlds.evm_node import Anvil, Shelf, anvil, compiled, pinned

pytestmark = pytest.mark.slow
ODD = bytes(Web3.keccak(text="ODD_ROLE"))
NOBODY = "0x" + "00" * 20


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with anvil() as node:
        yield node


def read(chain: Anvil, contract: Contract, shelf: Memo | None = None, answers: float = 10**6) -> Members:
    chain.finalize()
    place = str(contract.address).lower()
    return from_logs(pinned(chain.url), shelf or Shelf(), [place], AnswersLeft(answers), since=0)[place]


def test_the_last_event_counts_also_within_one_transaction(chain: Anvil) -> None:
    roles = chain.compiled("Roles")
    me, ada, bob, eve = (account.lower() for account in chain.accounts[:4])
    for account, times in ((1, 3), (2, 2), (3, 4)):
        chain.send(roles.functions.flip(ROLES["minter"], chain.accounts[account], times))
    chain.send(roles.functions.flip(ODD, chain.accounts[3], 1))
    found = read(chain, roles)
    assert found.held == {"admin": (me,), "minter": (ada,), f"role_{ODD.hex()}": (eve,)}
    assert found.whole
    assert bob not in str(found.held)


def test_a_timelock_has_its_proposers_and_an_executor_that_is_anyone_is_no_key(chain: Anvil) -> None:
    ada = chain.accounts[1].lower()
    made = compiled()["TimelockController"]
    anyone = Web3.to_checksum_address(NOBODY)
    timelock = chain.deploy(made["abi"], made["bytecode"], 3600, chain.accounts[1:2], [anyone], chain.accounts[0])
    found = read(chain, timelock)
    assert found.held == {
        "admin": tuple(sorted((str(timelock.address).lower(), chain.accounts[0].lower()))),
        "proposer": (ada,),
        "canceller": (ada,),
    }
    assert from_list(pinned(chain.url), str(timelock.address).lower()) is None


def test_whoever_gives_a_role_by_a_role_without_a_name_is_told(chain: Anvil) -> None:
    roles = chain.compiled("Roles")
    chain.send(roles.functions.flip(ROLES["minter"], chain.accounts[1], 1))
    chain.send(roles.functions.flip(ODD, chain.accounts[2], 1))
    chain.send(roles.functions.setAdmin(ROLES["minter"], ODD))
    assert read(chain, roles).held["minter_admin"] == (chain.accounts[2].lower(),)


def test_a_history_that_is_cut_off_is_not_whole_and_goes_on_where_it_was_left(chain: Anvil) -> None:
    roles = chain.compiled("Roles")
    chain.mine(200)
    chain.send(roles.functions.flip(ROLES["minter"], chain.accounts[1], 1))
    chain.finalize()
    node, place, shelf = pinned(chain.url), str(roles.address).lower(), Shelf()
    node = replace(node, chain=replace(node.chain, day=50))
    # So few that no quarter of them is for the oldest.
    runs = [from_logs(node, shelf, [place], AnswersLeft(3), since=0)[place] for _ in range(6)]
    admin, minter = ((account.lower(),) for account in chain.accounts[:2])
    assert (runs[0].held, runs[0].whole) == ({"minter": minter}, False)
    assert (runs[-1].held, runs[-1].whole) == ({"admin": admin, "minter": minter}, True)


def test_a_contract_that_is_older_than_what_is_read_may_have_members_that_nobody_knows(chain: Anvil) -> None:
    roles = chain.compiled("Roles")
    made = chain.w3.eth.block_number
    chain.send(roles.functions.flip(ROLES["minter"], chain.accounts[1], 1))
    chain.finalize()
    place = str(roles.address).lower()
    whole = {
        since: from_logs(two(chain), Shelf(), [place], AnswersLeft.all(), since=since)[place].whole
        for since in (made - 1, made, made + 1)
    }
    assert whole == {made - 1: True, made: True, made + 1: False}
    # One provider alone is not believed that a contract was not there.
    assert not from_logs(pinned(chain.url), Shelf(), [place], AnswersLeft.all(), since=made)[place].whole


def two(chain: Anvil) -> EvmNode:
    """A node with two providers, which are one."""
    return pinned(chain.url, chain.url + "/")


def test_a_contract_that_says_otherwise_than_its_events_is_believed_and_not_whole(chain: Anvil) -> None:
    roles = chain.compiled("Roles")
    chain.send(roles.functions.flip(ROLES["minter"], chain.accounts[1], 1))
    key = Web3.solidity_keccak(["uint256", "uint256"], [int(chain.accounts[1], 16), slot_of(ROLES["minter"])])
    chain.ask("anvil_setStorageAt", roles.address, key.to_0x_hex(), "0x" + "00" * 32)
    found = read(chain, roles)
    assert (found.held, found.whole) == ({"admin": (chain.accounts[0].lower(),)}, False)


def slot_of(role: bytes) -> int:
    """Where AccessControl keeps the members of a role: its mapping is the first variable."""
    return int.from_bytes(Web3.solidity_keccak(["bytes32", "uint256"], [role, 0]))


def test_three_thousand_questions_are_three_requests_and_answered_as_one_by_one(chain: Anvil) -> None:
    roles = chain.compiled("Roles")
    chain.finalize()
    place, node = str(roles.address).lower(), pinned(chain.url)
    pairs = [(0, int(chain.accounts[0], 16)), *((number, 7) for number in range(1, 3000))]
    before = node.http.requests
    found = numbers(node, place, "hasRole(bytes32,address)", pairs)
    assert node.http.requests - before <= 3 + 1, "and one that proves the provider"
    assert found == [1] + [0] * 2999
    asked = [
        Call(place, "hasRole(bytes32,address)", (role.to_bytes(32), f"0x{member:040x}")) for role, member in pairs[:20]
    ]
    assert [answer[0] for answer in node.calls(asked)] == found[:20]
    with pytest.raises(SourceDown, match="not a word each"):
        numbers(node, NOBODY, "hasRole(bytes32,address)", pairs[:2])
