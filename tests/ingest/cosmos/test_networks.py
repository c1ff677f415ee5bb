"""Akash and Fetch.ai as wholes: what is read of them, and how much is asked for it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ingest.network import DAILY, HOURLY, Network
from ingest.networks import akash, fetch
from store.impossible import check
from store.rows import Kind, Measure
from tests.ingest.cosmos.test_emission import minting
from tests.ingest.cosmos.test_governance import cast
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import at_once
from tests.worlds.lcd import State, Validator, chain, governed, page, proposal
from tests.worlds.servers import Reply, Request

SIGNING = "/cosmos/slashing/v1beta1/signing_infos"


def whole_chain(network: Network, votes: int, proposals: int) -> State:
    """A chain of 150 validators of which 100 sign, with proposals in voting that have so many votes each."""
    assert network.chain
    status = ["BOND_STATUS_BONDED"] * 100 + ["BOND_STATUS_UNBONDED"] * 50
    prefix = network.address.partition(":")[2]
    stake = [Validator(number, 10**20, 10**38, kind) for number, kind in enumerate(status)]
    state = State(stake, [(5, number, 10**38) for number in range(100)], network.chain.chain_id, prefix, network.unit)
    signing: dict[str, Any] = {SIGNING: lambda request: page([], "info", request.params, 1000)}
    state = minting(state, provisions="1000000000.5", blocks_per_year=10, tax="0.02", **signing)
    found = [proposal(number, "VOTING_PERIOD", state.time + timedelta(days=2)) for number in range(1, proposals + 1)]
    ballots = [cast(number, yes="1.000000000000000000") for number in range(votes)]
    return governed(
        state, found, {row["id"]: [{**vote, "proposal_id": row["id"]} for vote in ballots] for row in found}
    )


def counting(answer: Callable[[Request], Reply]) -> tuple[Callable[[Request], Reply], Counter[str]]:
    asked: Counter[str] = Counter()

    def watched(request: Request) -> Reply:
        asked[request.path] += 1
        return answer(request)

    return watched, asked


def hourly(network: Network, state: State) -> Counter[str]:
    """Everything that one run an hour asks, its proof of two endpoints included."""
    watched, asked = counting(chain(state))
    with pinned(watched, watched, chain_id=state.chain_id) as node:
        for reading in network.readings:
            if reading.every <= HOURLY and reading.name in COSMOS:
                facts = reading.facts(node, at_once, list)
                network.check(reading, facts)
    return asked


COSMOS = {"validators", "consensus", "economy", "signing", "open_proposals", "votes", "deposits", "closing_shares"}


@pytest.mark.parametrize("network", [akash.NETWORK, fetch.NETWORK], ids=["akash", "fetch"])
def test_an_hour_without_votes_takes_at_most_forty_requests(network: Network) -> None:
    assert {reading.name for reading in network.readings if reading.every <= HOURLY} >= COSMOS
    asked = hourly(network, whole_chain(network, votes=0, proposals=0))
    assert asked.total() <= 40


@pytest.mark.slow
def test_votes_cost_one_request_a_thousand_beside_their_count_and_two_a_proposal() -> None:
    network = akash.NETWORK
    none = hourly(network, whole_chain(network, votes=0, proposals=0)).total()
    asked = hourly(network, whole_chain(network, votes=2_500, proposals=2))
    assert asked["/cosmos/gov/v1/proposals/1/votes"] == 3 + 1
    # Beside the pages of votes and their count: the running tally and the deposits of each proposal.
    assert asked.total() - none == 2 * (3 + 1 + 2)


@pytest.mark.parametrize("network", [akash.NETWORK, fetch.NETWORK], ids=["akash", "fetch"])
def test_what_changes_rarely_is_asked_once_a_day(network: Network) -> None:
    daily = {reading.name for reading in network.readings if reading.every == DAILY}
    assert daily >= {"parameters", "authorities", "names", "emission", "proposals", "delegators", "shares"}


@pytest.mark.parametrize("network", [akash.NETWORK, fetch.NETWORK], ids=["akash", "fetch"])
def test_stake_and_power_are_shares_of_the_same_validators(network: Network) -> None:
    state = whole_chain(network, votes=0, proposals=0)
    readings = {reading.name: reading for reading in network.readings}
    with pinned(chain(state), chain_id=state.chain_id) as node:
        stake, power = (readings[name].facts(node, at_once, list) for name in ("validators", "consensus"))
    assert stake.rows["holder"].equals(power.rows["holder"])
    assert set(power.rows["amount"].to_list()) == {10**20 // {"uakt": 10**6, "afet": 10**18}[network.unit]}
    assert readings["consensus"].measure is Measure.VOTING_POWER
    assert readings["votes"].kind is Kind.VOTES


@pytest.mark.slow
def test_every_delegator_is_read_with_one_request_a_validator() -> None:
    state = whole_chain(akash.NETWORK, votes=0, proposals=0)
    watched, asked = counting(chain(state))
    readings = {reading.name: reading for reading in akash.NETWORK.readings}
    with pinned(watched) as node:
        facts = readings["delegators"].facts(node, at_once, list)
        check(facts, Kind.HOLDINGS, tolerance=readings["delegators"].tolerance)
    assert sum(count for path, count in asked.items() if path.endswith("/delegations")) == 100


@pytest.mark.parametrize("network", [akash.NETWORK, fetch.NETWORK], ids=["akash", "fetch"])
def test_what_takes_long_comes_last(network: Network) -> None:
    """A node that keeps twelve blocks has forgotten the block after a minute: all short readings are done by then."""
    names = [reading.name for reading in network.readings]
    last = ["closing_shares", "shares", "delegators", "authorities", "past_votes"]
    assert names[-5:] == last
    assert {reading.name for reading in network.readings if reading.long} == set(last)


def test_the_halting_rule_is_a_third_and_not_more() -> None:
    for network in (akash.NETWORK, fetch.NETWORK):
        halt = next(rule for rule in network.rules if rule.action == "halt the chain")
        assert (halt.numerator, halt.denominator, halt.strict) == (1, 3, False)
