"""Olas: its file says what the project's own list says, and costs its providers little."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from analytics.votes.tally import Majority
from ingest.job import read_network
from ingest.networks import networks, olas_base, olas_gnosis
from ingest.networks.olas import CONTRACTS, ESCROW, GOVERNORS, NETWORK, OLAS, TIMELOCK, WRAPPED_ESCROW
from ingest.olas import emission
from ingest.publication import build
from ingest.transport import Http
from questions.ballots import count
from questions.proposals import proposals
from store.landing import Landing
from store.mart import opened
from tests.worlds.good import good
from tests.worlds.good.evm import HOLDERS, PROPOSAL
from tests.worlds.servers import Reply, Request, serving


def test_its_contracts_are_those_of_the_projects_own_list(shared: Path) -> None:
    listed = json.loads((shared / "evm" / "contracts.json").read_text())["olas"]["contracts"]
    known = {one["lower"]: one for one in listed if one["chain_id"] == 1}
    ours = {OLAS, ESCROW, WRAPPED_ESCROW, TIMELOCK, *CONTRACTS.values(), *(one.address for one in GOVERNORS)}
    # These two stand in the list of owners alone.
    assert ours - {CONTRACTS["identity_bridger"], CONTRACTS["liquidity_manager"]} <= known.keys()
    for other, chain in ((olas_gnosis, 100), (olas_base, 8453)):
        theirs = {one["lower"] for one in listed if one["chain_id"] == chain}
        trackers = {tracker.address for tracker in other.TRACKERS.values()}
        assert {other.RULES.address, other.OLAS, *trackers} <= theirs
        assert {other.CONTRACTS[name] for name in ("registry", "service_manager", "marketplace")} <= theirs
        assert other.RULES.timelock == TIMELOCK
    live, before, _ = GOVERNORS
    assert live.since == known[live.address]["deployed_or_start_block"]
    assert before.since == known[before.address]["deployed_or_start_block"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "spoiled"),
    [
        (emission.DEVELOPED, "0x" + "00" * 32),
        (emission.STAKED_MANY, "0x" + "00" * 31 + "e0" + "ff" * 192),
    ],
)
def test_a_claim_that_cannot_be_is_never_kept(kind: str, spoiled: str, tmp_path: Path) -> None:
    """Invented: the first provider makes up the data of a claim, of which no part may be kept for good."""
    world = good(NETWORK)

    def spoiling(request: Request) -> Reply:
        reply = world.answer(request)
        told: Any = reply.body
        for log in told["result"] if b"eth_getLogs" in request.body else []:
            log["data"] = spoiled if log["topics"][0] == kind else log["data"]
        return reply

    network = replace(NETWORK, chain=world.network.chain)
    (reading,) = (one for one in network.readings if one.name == "claimed")
    with serving(spoiling) as first, serving(world.answer) as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLAS_URL", f"{first},{other}")
        (outcome,) = read_network(network, [reading], Http(100_000, Retry(0)), Landing(tmp_path), lambda _: None)
    assert outcome.message == ""


def test_chains_of_one_system_stand_side_by_side() -> None:
    """Where networks of a layer are listed by name, and in what they are called."""
    agents = [one for _, one in sorted(networks().items()) if one.stack == NETWORK.stack]
    place = [one.name for one in agents].index(NETWORK.name)
    assert [one.name for one in agents[place : place + 3]] == ["olas", "olas_base", "olas_gnosis"]
    assert all(one.title.startswith(NETWORK.title) for one in agents[place : place + 3])


def read_all(landing: Landing, names: list[str]) -> dict[str, str]:
    """What became of readings, at two addresses of one good provider."""
    world = good(NETWORK)
    with serving(world.answer) as url, serving(world.answer) as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLAS_URL", f"{url},{other}")
        readings = [one for one in NETWORK.readings if one.name in names]
        asked = replace(NETWORK, chain=world.network.chain)
        outcomes = read_network(asked, readings, Http(100_000, Retry(0)), landing, lambda _: None)
    return {one.reading: one.message for one in outcomes}


@pytest.mark.slow
def test_its_votes_are_counted_on_the_page_by_for_alone(tmp_path: Path) -> None:
    """Invented: one proposal, 30 for it and 5 against it, of 20 needed of 200."""
    told = read_all(Landing(tmp_path), ["proposals", "votes", "voters", "lockers"])
    assert set(told.values()) == {""}
    build(tmp_path, {NETWORK.name: NETWORK})
    with opened(tmp_path) as mart:
        (one,) = proposals(mart)
        assert (one.number, one.token) == (str(PROPOSAL), "veOLAS")
        assert one.rule == Majority(20, 200, ("yes",))
        counted = count(mart, one)
    assert counted is not None
    assert counted.tally.outcome(one.rule) == "passed"
    assert {voter: power.used // 10**18 for voter, power in counted.tally.voters.items()} == {
        HOLDERS[0]: 30,
        HOLDERS[1]: 5,
    }
    # Who locked and did not vote has what the escrow says she has by now.
    assert counted.stake.validators[HOLDERS[2]].tokens == 5
