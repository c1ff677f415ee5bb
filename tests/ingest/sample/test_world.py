from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.decimals import ONE
from analytics.votes.tally import Thresholds
from ingest.networks import networks
from ingest.sample import world
from ingest.sample.world import build_sample, dealt, happened
from questions import ballots
from questions.proposals import proposals
from store import reference
from store.addresses import account
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Decision, Measure

pytestmark = pytest.mark.slow
END = datetime(2026, 11, 1, tzinfo=UTC)
# Base units of a token, and the bonded tokens that the sample observes.
COSMOS = {"akash": (10**6, 88_500_000), "fetch": (10**18, 480_000_000)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data") / "sample"
    build_sample(data, END, days=40)
    return data


def test_every_fact_of_the_sample_says_that_it_is_simulated(sample: Path) -> None:
    with opened(sample) as mart:
        assert mart.table("SELECT DISTINCT simulated FROM snapshot")["simulated"].to_list() == [True]
        assert mart.table("SELECT simulated FROM meta")["simulated"].to_list() == [True]


def test_the_sample_covers_every_measure_in_the_sizes_of_the_real_networks(sample: Path) -> None:
    with opened(sample) as mart:
        measures = mart.table("SELECT DISTINCT measure FROM snapshot WHERE kind = 'holdings'")["measure"].to_list()
        subnets = mart.table("SELECT count(*) AS n FROM population WHERE name LIKE 'subnet:%/coldkeys'")["n"][0]
        largest = mart.table(
            "SELECT s.network, max(d.n) AS n FROM distribution d JOIN snapshot s ON s.id = d.snapshot GROUP BY 1"
        )
    assert set(measures) == set(Measure)
    assert subnets == 128
    assert dict(largest.iter_rows())["fet"] == 100_000


def test_every_distribution_is_measured(sample: Path) -> None:
    with opened(sample) as mart:
        without = mart.table("SELECT * FROM distribution ANTI JOIN metric USING (snapshot, population, grouping)")
        assert mart.table("SELECT count(snapshot) AS n FROM distribution")["n"][0] > 1_000
    assert without.is_empty()


def test_a_population_has_the_same_holders_over_time(sample: Path) -> None:
    """Else its change of thirty days would be one of size."""
    with opened(sample) as mart:
        sizes = mart.table(
            """
            SELECT s.network, s.reading, d.population, count(DISTINCT d.n) AS sizes, count(*) AS days
            FROM distribution d JOIN snapshot s ON s.id = d.snapshot WHERE d.grouping = 'address' GROUP BY ALL
            """
        )
    assert sizes["sizes"].unique().to_list() == [1]
    assert sizes.filter(network="fet")["days"].min() == 2


def test_the_sample_is_the_same_every_time_by_however_many_processes(sample: Path, tmp_path: Path) -> None:
    again = tmp_path / "sample"
    build_sample(again, END, days=40, processes=2)
    query = "SELECT network, reading, height, sha256 FROM snapshot ORDER BY ALL"
    with opened(sample) as first, opened(again) as second:
        assert first.table(query).equals(second.table(query))
        metrics = "SELECT snapshot, population, grouping, metric, value FROM metric ORDER BY ALL"
        assert first.table(metrics).equals(second.table(metrics))


@pytest.mark.parametrize("processes", [1, 2, 4, 40])
def test_every_network_is_drawn_by_one_process(processes: int) -> None:
    parts = dealt(processes, 180)
    assert len(parts) == processes
    assert sorted(name for part in parts for name in part) == sorted(networks())


def test_what_another_process_did_not_bring_to_its_end_is_drawn_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginning = world._beginning

    def killed(*told: Any) -> Any:
        process = beginning(*told)
        process.kill()
        return process

    monkeypatch.setattr(world, "_beginning", killed)
    build_sample(tmp_path / "sample", END, days=2, processes=2)
    with opened(tmp_path / "sample") as mart:
        drawn = mart.table("SELECT DISTINCT network FROM snapshot")["network"].to_list()
    assert set(drawn) == {one.network.name for one in world.readings()} | {"prices"}


def test_the_sample_refuses_the_folder_of_real_data(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="do not belong"):
        build_sample(tmp_path / "data", END, days=2)
    assert Landing(tmp_path / "data").files() == []


def newest(mart: Mart, network: str, reading: str) -> dict[str, dict[str, int]]:
    """Amounts by population and holder of a reading's newest snapshot."""
    rows = mart.table(
        """
        SELECT p.name, h.address, o.amount FROM holding o JOIN snapshot s ON s.id = o.snapshot
        JOIN population p ON p.id = o.population JOIN holder h ON h.id = o.holder
        WHERE s.network = ? AND s.reading = ? AND s.time = ?
        """,
        network,
        reading,
        END,
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for population, holder, amount in rows.iter_rows():
        found[population][holder] = int(amount)
    return found


def behind(delegators: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    """Delegators of each validator, by operator."""
    return {name.partition("@")[2]: held for name, held in delegators.items() if "@" in name}


@pytest.mark.parametrize("network", COSMOS)
def test_a_simulated_validator_has_one_size_in_every_reading(sample: Path, network: str) -> None:
    token, bonded = COSMOS[network]
    with opened(sample) as mart:
        validators = newest(mart, network, "validators")["validators"]
        consensus = newest(mart, network, "consensus")["validators"]
        stakers = newest(mart, network, "emission")["stakers"]
        delegators = newest(mart, network, "delegators")
    assert len(validators) == 100
    assert sum(validators.values()) == bonded * token
    assert validators == {operator: sum(held.values()) for operator, held in behind(delegators).items()}
    assert consensus == {operator: amount // token for operator, amount in validators.items()}
    assert sorted(stakers, key=stakers.__getitem__) == sorted(validators, key=validators.__getitem__)


@pytest.mark.parametrize("network", COSMOS)
def test_every_simulated_delegator_delegates_what_it_has(sample: Path, network: str) -> None:
    with opened(sample) as mart:
        delegators = newest(mart, network, "delegators")
    delegated: dict[str, list[int]] = defaultdict(list)
    for operator, held in behind(delegators).items():
        assert account(operator) in held
        for delegator, amount in held.items():
            delegated[delegator].append(amount)
    assert {delegator: sum(amounts) for delegator, amounts in delegated.items()} == delegators["delegators"]
    assert min(delegators["delegators"].values()) > 0
    assert {len(amounts) for amounts in delegated.values()} == {1, 2, 3}


def test_simulated_votes_counted_again_give_the_count_of_the_chain(sample: Path) -> None:
    with opened(sample) as mart:
        found = [one for one in proposals(mart) if one.is_open and one.decision is Decision.STAKE_TALLY]
        counts = [ballots.count(mart, one) for one in found]
    assert {one.network for one in found} == set(COSMOS)
    for proposal, counted in zip(found, counts, strict=True):
        assert counted is not None
        assert counted.tally.options == proposal.counts
        assert counted.tally.bonded == proposal.bonded
        assert counted.tally.turnout // ONE == proposal.voted
        assert 0.5 < counted.tally.turnout / ONE / counted.tally.bonded < 0.8
        assert counted.flips, "the rule is known"
        assert ballots.silent(counted.stake, counted.votes)


def test_a_simulated_outcome_follows_the_rule_of_the_chain(sample: Path) -> None:
    with opened(sample) as mart:
        found = [one for one in proposals(mart) if not one.is_open and one.decision is Decision.STAKE_TALLY]
    assert {one.status for one in found} == {"passed", "rejected"}
    for one in found:
        assert isinstance(one.rule, Thresholds)
        assert one.turnout
        assert one.yes is not None
        assert one.veto is not None
        passed = one.turnout >= one.rule.quorum / ONE and one.yes > one.rule.threshold / ONE
        assert (one.status == "passed") == (passed and one.veto <= one.rule.veto / ONE)


def test_votes_that_a_contract_counts_are_simulated_with_their_power_and_decided_by_its_rule(sample: Path) -> None:
    with opened(sample) as mart:
        found = [one for one in proposals(mart) if one.decision is Decision.MAJORITY]
        counts = [ballots.count(mart, one) for one in found]
    assert {one.status for one in found} == {"voting_period", "executed", "rejected"}
    for proposal, counted in zip(found, counts, strict=True):
        assert counted is not None
        assert proposal.rule is not None
        assert counted.tally.options == proposal.counts
        assert ballots.silent(counted.stake, counted.votes)
        passed = counted.tally.outcome(proposal.rule) == "passed"
        assert proposal.is_open or passed == (proposal.status == "executed")


@pytest.mark.parametrize("days", [20, 40, 180])
@pytest.mark.parametrize("year", [2026, 2036])
def test_something_happens_to_every_network_in_the_time_of_any_sample(days: int, year: int) -> None:
    """Long after the newest real event a chart of the sample still shows how one is marked."""
    end = datetime(year, 12, 1, tzinfo=UTC)
    events = happened(end, days)
    within = events.filter(pl.col("time").is_between(end - timedelta(days=days - 1), end))
    assert set(within.filter(kind="simulated")["network"]) == set(networks())
    # What is invented has no source, and what is real stays as it was.
    assert events.filter(pl.col("source").is_null())["title"].unique().to_list() == ["Simulated: nothing happened"]
    assert events.filter(pl.col("kind") != "simulated").equals(reference.events())
