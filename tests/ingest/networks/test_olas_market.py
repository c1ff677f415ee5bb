"""Olas' services, mechs, emission votes and claims on a real node, from invented contracts in the words of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from web3 import Web3
from web3.contract import Contract

from ingest.evm.events import lately
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmChain, EvmNode
from ingest.olas import mechs as mechs_
from ingest.olas.emission import claimed, emission_voters, nominees
from ingest.olas.mechs import SHAPES, Tracker, mechs
from ingest.olas.services import services
from ingest.transport import Http
from store.faults import SourceChanged, SourceDown
from store.rows import Facts
from tests.worlds.evm_node import CHAIN, Anvil, Shelf, anvil

pytestmark = pytest.mark.slow
MARKET, TOKEN = "0x" + "6a" * 20, "0x" + "7b" * 20
WEEK = 604_800
checked = Web3.to_checksum_address


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with anvil("--hardfork", "prague") as node:
        yield node


def place(contract: Contract) -> str:
    return str(contract.address).lower()


def now(chain: Anvil, day: int = 8_192) -> EvmNode:
    """The newest block at its own time, of a chain whose parts have so many blocks."""
    block = chain.w3.eth.get_block("latest")
    time = datetime.fromtimestamp(block["timestamp"], UTC)
    urls = (chain.url,)
    node = EvmChain(CHAIN, urls, day=day, pauses=(), clock=lambda: time).head(Http(per_second=10_000), urls)
    return replace(node, block=node.ask(lambda provider: provider.block(int(block["number"]))))


def held(facts: Facts) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for population, holder, amount in facts.rows.iter_rows():
        found.setdefault(population, {})[holder] = int(amount)
    return found


def tracker(chain: Anvil, token: str = TOKEN) -> Contract:
    return chain.compiled("Tracker", checked(MARKET), checked(token))


def test_24_trackers_with_the_same_events_through_one_memo_have_each_their_own(chain: Anvil) -> None:
    """Read twice: what was kept of one is not taken for another's."""
    mech, requester = chain.accounts[1].lower(), chain.accounts[2].lower()
    trackers = [tracker(chain) for _ in range(24)]
    for number, one in enumerate(trackers, 1):
        chain.send(one.functions.deliver(checked(mech), checked(requester), number))
        chain.send(one.functions.ask(checked(requester), 100))
    chain.mine(70)
    shelf = Shelf()
    for _ in range(2):
        node = now(chain, day=64)
        read = [held(mechs(MARKET, Tracker(place(one), TOKEN))(node, shelf)) for one in trackers]
        assert read == [{"recipients": {mech: number}, "senders": {requester: 100 + number}} for number in range(1, 25)]
    assert len(shelf.kept) >= 24


def test_what_a_mech_was_paid_out_was_earned_all_the_same(chain: Anvil) -> None:
    mech, requester = chain.accounts[1], chain.accounts[2]
    one = tracker(chain)
    for rate in (5, 7):
        chain.send(one.functions.deliver(mech, requester, rate))
        chain.send(one.functions.pay(mech))
    found = held(mechs(MARKET, Tracker(place(one)))(now(chain), Shelf()))
    assert found["recipients"] == {mech.lower(): 12}


def test_a_tracker_of_another_marketplace_or_token_is_refused(chain: Anvil) -> None:
    one = place(tracker(chain))
    for market, token in ((TOKEN, TOKEN), (MARKET, MARKET)):
        with pytest.raises(SourceChanged, match="is 0x"):
            mechs(market, Tracker(one, token))(now(chain), Shelf())


def test_a_first_run_tells_the_newest_part_of_a_period_and_later_ones_more(
    chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 150 blocks in parts of 50, where one run reads two parts: since says how far it came."""
    one = tracker(chain)
    chain.send(one.functions.ask(chain.accounts[3], 1))
    first = chain.w3.eth.block_number
    chain.ask("anvil_mine", hex(150), hex(12))
    chain.send(one.functions.ask(chain.accounts[4], 2))
    monkeypatch.setattr(mechs_, "ANSWERS_A_RUN", 2)
    node, shelf, read = now(chain, day=50), Shelf(), mechs(MARKET, Tracker(place(one)))
    runs = [read(node, shelf) for _ in range(4)]
    early, late = (chain.accounts[number].lower() for number in (3, 4))
    assert held(runs[0]) == {"senders": {late: 2}}
    assert held(runs[-1]) == {"senders": {early: 1, late: 2}}
    since = [run.since for run in runs if run.since]
    assert since == sorted(since, reverse=True)
    assert since[0] > since[-1]
    assert since[0] > datetime.fromtimestamp(chain.w3.eth.get_block(first)["timestamp"], UTC)
    with pytest.raises(SourceDown, match="left for later runs"):
        lately(node, Shelf(), place(one), SHAPES, 100, AnswersLeft(0), lambda event: event)


def test_deployed_services_are_counted_by_whose_they_are(chain: Anvil) -> None:
    """Four are deployed: one is staked by another's program, one by a contract that says so of another multisig."""
    registry, program = chain.compiled("Services"), chain.compiled("Program")
    ada, bob, eve, *multisigs = chain.accounts[1:9]
    rows = [(ada, 4), (ada, 4), (ada, 1), (bob, 5), (program.address, 4), (program.address, 4), (bob, 2)]
    for number, (owner, state) in enumerate(rows):
        chain.send(registry.functions.made(owner, multisigs[number % 5], state))
    chain.send(program.functions.stake(5, multisigs[4], bob))
    chain.send(program.functions.stake(6, multisigs[1], eve))
    found = held(services(place(registry))(now(chain)))
    assert found == {"owners": {ada.lower(): 2, bob.lower(): 1, place(program): 1}}


def test_votes_on_emission_decay_and_add_up_to_the_contracts_own_sum(chain: Anvil) -> None:
    """Half a year and a year; who voted anew counts once, what ran out and what was removed not at all."""
    weighing = chain.compiled("Weighing")
    evm, other, gone = bytes(12) + bytes([0xA1]) * 20, bytes([0xB2]) * 32, bytes(12) + bytes([0xC3]) * 20
    for account, number in ((evm, 100), (other, 1_399_811_149), (gone, 100)):
        chain.send(weighing.functions.add(account, number))
    week = chain.w3.eth.get_block("latest")["timestamp"] // WEEK * WEEK
    short, long = week + 26 * WEEK, week + 52 * WEEK
    for account, number, slope, end, sender in (
        (evm, 100, 7, short, 1),
        (other, 1_399_811_149, 3, long, 1),
        (other, 1_399_811_149, 5, long, 2),
        (gone, 100, 11, long, 3),
        (evm, 100, 2, week, 4),
    ):
        chain.send(weighing.functions.vote(account, number, slope, end), sender=sender)
    chain.send(weighing.functions.removeLast())
    node, where = now(chain), place(weighing)
    facts = emission_voters(where, 0)(node, Shelf())
    year = 52 * WEEK
    ada, bob = (chain.accounts[number].lower() for number in (1, 2))
    assert held(facts) == {"emission_voters": {ada: 7 * year // 2 + 3 * year, bob: 5 * year}}
    assert facts.reported == {"emission_voters": 7 * year // 2 + 8 * year}
    told = held(nominees(where)(node))["nominees"]
    names = (f"100:0x{'a1' * 20}", f"1399811149:bytes_{'b2' * 32}")
    assert told.keys() == set(names)
    # The contract tells parts of 1e18, rounded down.
    assert [abs(told[name] - power) <= 1 for name, power in zip(names, (7 * year // 2, 8 * year), strict=True)] == [
        True,
        True,
    ]
    assert nominees(where)(replace(node, remembered={})).rows.height == 2


def test_nobody_voted_is_no_distribution(chain: Anvil) -> None:
    weighing = chain.compiled("Weighing")
    chain.send(weighing.functions.add(bytes([0xB2]) * 32, 1))
    with pytest.raises(SourceDown, match="no event names who votes"):
        emission_voters(place(weighing), 0)(now(chain), Shelf())


def test_claims_of_one_and_of_many_programs_and_of_developers_are_told(chain: Anvil) -> None:
    one = chain.compiled("Dispensing")
    account = bytes(12) + bytes([0xA1]) * 20
    developer = chain.accounts[5]
    chain.send(one.functions.developed(developer, 40))
    chain.send(one.functions.staked(100, account, 5))
    chain.send(one.functions.stakedMany([100, 8453], [[account], [account, bytes([1]) * 32]], [[6], [7, 8]]))
    facts = claimed(place(one))(now(chain), Shelf())
    name = f"0x{'a1' * 20}"
    assert held(facts) == {
        "developers": {developer.lower(): 40},
        "programs": {f"100:{name}": 11, f"8453:{name}": 7, f"8453:bytes_{'01' * 32}": 8},
    }
    assert facts.since
