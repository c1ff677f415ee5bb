"""Powers over Cosmos chains, from facts of our choice to the rows that pages show: counted by hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics.akash.escrow import Taking, populations
from ingest.akash.compute import UNSIGNED
from ingest.networks import networks
from ingest.publication import build
from store.addresses import bech32
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.lcd import account, valoper

pytestmark = pytest.mark.slow
NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
ADA, BOB, EVE = (account(number, "fetch") for number in (1, 2, 3))
TALLY = {"quorum": "0.334", "threshold": "0.5", "veto_threshold": "0.334"}
PERIODS = {"voting_period": "604800", "expedited_voting_period": "86400"}
Held = list[tuple[str, str, int]]
Said = list[tuple[str, str, str, str]]


def land(data: Path, network: str, reading: str, told: Held | Said, measure: Measure | None = None) -> None:
    """Facts of a reading: holdings where a measure is named, else observations (name, subject, exact, unit)."""
    one = networks()[network]
    flow = measure is Measure.COMPUTE_SPEND
    kind = Kind.HOLDINGS if measure else Kind.OBSERVATIONS
    rows = (
        holdings(told)  # type: ignore[arg-type]
        if measure
        else frame(kind, [observation(name, NOON, exact, unit, subject=of) for name, of, exact, unit in told])  # type: ignore[misc]
    )
    since = NOON - timedelta(days=1) if flow else None
    snapshot = Snapshot(
        network=network,
        chain_id=one.chain.chain_id if one.chain else "",
        reading=reading,
        kind=kind,
        measure=measure,
        unit="1e-18 uact" if flow else "power" if measure is Measure.VOTING_POWER else "key",
        block=Block(7, "AB", NOON),
        since=since,
        method="A test's.",
        endpoint="http://127.0.0.1",
    )
    Landing(data).land(snapshot, Facts(rows, since=since))


def chain(data: Path, network: str, *power: int, periods: dict[str, str] = PERIODS) -> None:
    """Validators with this power, and the parameters of governance."""
    prefix = networks()[network].address.partition(":")[2]
    rows = [("validators", valoper(place, prefix), amount) for place, amount in enumerate(power)]
    land(data, network, "consensus", rows, Measure.VOTING_POWER)
    land(data, network, "validators", rows, Measure.STAKE)
    # All stake is the validators' own.
    own = [(f"delegators@{of}", account(place, prefix), amount) for place, (_, of, amount) in enumerate(rows)]
    land(data, network, "delegators", own, Measure.STAKE)
    told = [(name, "gov", value, "ratio") for name, value in TALLY.items()]
    land(data, network, "parameters", told + [(name, "gov", value, "s") for name, value in periods.items()])


def power(mart: Mart, network: str, action: str, side: str = "force") -> dict[str, Any]:
    (row,) = mart.table(
        "FROM power WHERE network = ? AND side = ? AND action = ? AND grouping = 'control'", network, side, action
    ).to_dicts()
    return row


def effects_on(mart: Mart, network: str) -> dict[str, dict[str, Any]]:
    """Paths of limited effect, by what they do."""
    rows = mart.table("FROM path WHERE network = ? AND grouping = 'control' AND side = 'force'", network).to_dicts()
    return {row["effect"]: row for row in rows if row["effect"]}


@pytest.fixture(scope="module", name="mart_of")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Akash with nine validators; Fetch.ai with three, of whose keys Ada's mints and Eve's is not known."""
    data = tmp_path_factory.mktemp("ways")
    chain(data, "akash", 20, 15, 15, 10, 10, 10, 10, 5, 5)
    chain(data, "fetch", 40, 30, 30, periods={"voting_period": "172800"})
    keys = [("token/minter", ADA, 1), ("bridge/admin", ADA, 1), ("bridge/monitor", BOB, 1), ("names/upgrader", EVE, 1)]
    land(data, "fetch", "control", keys, Measure.CONTROL)
    land(data, "fetch", "control_state", [("account", one, "key", "") for one in (ADA, BOB)])
    feed = bech32("akash", bytes(32))
    land(data, "akash", "oracle_sources", [("oracle/source", feed, 1)], Measure.CONTROL)
    oracle = [("account", feed, "contract", ""), ("oracle_needed_to_stop", "", "1", "count")]
    land(data, "akash", "oracle_feeders", [*oracle, ("max_price_staleness_period", "oracle", "3600", "s")])
    wallet, auditor = account(4), account(5)
    flows = [
        Taking("t/1/1/1/0/p", wallet, "uact", 40, auditors=(auditor,)),
        Taking("t/2/1/1/0/p", account(6), "uact", 25, auditors=(auditor, account(7))),
        Taking("t/3/1/1/0/p", account(6), "uact", 35),
    ]
    rows = [
        (population, who, held) for population, of in populations(flows, UNSIGNED).items() for who, held in of.items()
    ]
    named = [(population, account(9) if len(who) == 1 else who, held) for population, who, held in rows]
    for reading in ("leases_uact", "accrued_uact"):
        land(data, "akash", reading, named, Measure.COMPUTE_SPEND)
    build(data, networks())
    return data


def test_a_third_halts_and_more_than_two_thirds_censor(mart_of: Path) -> None:
    with opened(mart_of) as mart:
        halt, censor = power(mart, "akash", "halt"), power(mart, "akash", "censor")
    # 20 + 15 of 100 are more than a third; 20 + 15 + 15 + 10 + 10 = 70 are more than two.
    assert (halt["number"], censor["number"]) == (2, 5)
    assert (halt["seconds"], censor["seconds"]) == (0, 0)


def test_governance_changes_rules_mints_and_seizes_after_the_shortest_vote(mart_of: Path) -> None:
    with opened(mart_of) as mart:
        forced = {action: power(mart, "akash", action) for action in ("change the rules", "mint or redirect")}
        forced["seize or evict"] = power(mart, "akash", "seize or evict")
        stopped = power(mart, "akash", "change the rules", "stop")
        slow = power(mart, "fetch", "change the rules")
    # All others veto: what is left of the veto's third must be less than 33.4 of 100.
    assert {one["number"] for one in forced.values()} == {5}
    assert {one["seconds"] for one in forced.values()} == {86_400}
    assert (stopped["number"], stopped["seconds"]) == (2, 0)
    # No expedited vote there.
    assert slow["seconds"] == 172_800


def test_without_the_periods_of_a_vote_nobody_knows_how_long_it_takes(tmp_path: Path) -> None:
    chain(tmp_path, "akash", 1, 1, 1, periods={})
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert power(mart, "akash", "change the rules")["seconds"] is None
        assert power(mart, "akash", "halt")["seconds"] == 0


def test_whoever_has_the_token_minted_is_one_key_at_once(mart_of: Path) -> None:
    with opened(mart_of) as mart:
        mint, every = power(mart, "fetch", "mint or redirect"), power(mart, "fetch", "")
    assert (mint["number"], mint["seconds"], json.loads(mint["parties"])) == (1, 0, [ADA])
    assert every["number"] == 1
    assert "mint" in every["how"]


def test_what_befalls_a_contract_alone_is_told_and_counts_nowhere(mart_of: Path) -> None:
    with opened(mart_of) as mart:
        effects = {effect: row["number"] for effect, row in effects_on(mart, "fetch").items()}
        seize, halt = power(mart, "fetch", "seize or evict"), power(mart, "fetch", "halt")
    assert effects["take what the bridge holds"] == 1
    assert effects["stop the bridge"] == 1
    # Eve's account was not read: that is told as well, and makes no number of the chain uncertain.
    assert effects["replace the program of the names"] is None
    assert (seize["number"], halt["number"], seize["at_most"]) == (2, 1, False)
    assert seize["unknown"] == ""


def test_the_one_source_of_the_oracle_stops_act_and_rules_no_chain(mart_of: Path) -> None:
    with opened(mart_of) as mart:
        found = effects_on(mart, "akash")
        forced = {action: power(mart, "akash", action) for action in ("halt", "mint or redirect", "")}
    silent, false = found["stop minting ACT"], found["help to make the price at which ACT is minted"]
    assert (silent["number"], silent["seconds"]) == (1, 3600)
    assert false["number"] is None
    assert "contract whose keys are not known" in false["missing"]
    assert {action: (one["number"], one["at_most"]) for action, one in forced.items()} == {
        "halt": (2, False),
        "mint or redirect": (5, False),
        "": (2, False),
    }


def test_the_gate_of_spend_is_whoever_half_of_it_needs(mart_of: Path) -> None:
    with opened(mart_of) as mart:
        rows = mart.table("FROM verdict WHERE network = 'akash' AND axis = 'gate' ORDER BY measure").to_dicts()
    spend = next(row for row in rows if row["measure"] == "compute_spend")
    # Of 100 the auditor gates 40 and half of 25; 35 need no signature. One wallet pays 60.
    assert (spend["number"], spend["third"], spend["how"]) == (1, 1, "auditors")
    assert json.loads(spend["parties"]) == [account(5)]
