"""Time is block time: what is newest, periods of flows that join, a hundred days of a chain whose total is known."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest import job
from ingest.endpoints import Rotation
from ingest.network import DAILY, Network, Node, Reading, Since
from ingest.networks import networks
from ingest.publication import build
from ingest.transport import Http
from ingest.upkeep import prune
from questions.freshness import freshness
from store.faults import BadData
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from store.rows import Block, Facts, Kind, Measure, frame, holdings, observation
from tests.store.test_landing import NOON, facts, snapshot

DAY = timedelta(days=1)
# Two steps are a little more than what is nearly a day: now and then two periods end on one day.
STEP = timedelta(hours=10.9)


def backdated(landing: Landing) -> None:
    """Every file as a restored backup has it: the oldest block written last."""
    paths = sorted(landing.files(), key=lambda path: contents(path)[0].snapshot.block.time, reverse=True)
    for second, path in enumerate(paths):
        os.utime(path, (second, second))


def flow(height: int, since: datetime, time: datetime) -> tuple[object, Facts]:
    one = replace(snapshot(height, time), reading="accrued", measure=Measure.COMPUTE_SPEND, since=since, flow=True)
    return one, facts(height)


@pytest.mark.slow
def test_the_newest_is_by_block_time_whatever_was_written_last(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for day in range(40):
        landing.land(snapshot(9_990 + day, NOON + day * DAY), facts(day))
    backdated(landing)
    assert landing.newest(*snapshot().place) == NOON + 39 * DAY
    landing.compact(NOON + 40 * DAY)
    assert landing.newest(*snapshot().place) == NOON + 39 * DAY
    # A month that is over was written again last, as by each daily pruning.
    landing.land_months([(snapshot(5, NOON - 5 * DAY), facts(1))])
    assert landing.newest(*snapshot().place) == NOON + 39 * DAY
    landing.compact(NOON + 80 * DAY)
    backdated(landing)
    assert [path.stem for path in landing.files()] == ["2026-07", "2026-08"]
    assert landing.newest(*snapshot().place) == NOON + 39 * DAY


@pytest.mark.slow
def test_a_copy_of_landing_changes_nothing_of_what_is_due(tmp_path: Path) -> None:
    chain, now = Ledgers(NOON), NOON + 40 * DAY
    network = town(chain)
    for day in range(40):
        chain.now = NOON + day * DAY
        assert ran(tmp_path, network, chain) == []
    chain.now = now - timedelta(hours=1)
    Landing(tmp_path).compact(now)
    backdated(Landing(tmp_path))
    assert [one.name for one in job.due(network, Landing(tmp_path), now - DAY)] == []
    assert {one.name for one in job.due(network, Landing(tmp_path), now)} == {"ledger", "rate", "moved"}


@pytest.mark.slow
def test_a_block_of_the_future_silences_no_reading(tmp_path: Path) -> None:
    network = networks()["akash"]
    assert network.chain
    now = datetime.now(UTC)
    for minutes, silent in ((4, True), (6, False)):
        data = tmp_path / str(minutes)
        ahead = replace(snapshot(7, now + timedelta(minutes=minutes)), chain_id=network.chain.chain_id)
        Landing(data).land(ahead, facts(1))
        build(data, networks())
        assert ("validators" not in {one.name for one in job.due(network, Landing(data), now)}) == silent
        with opened(data) as mart:
            rows = freshness(mart, now).filter(network="akash", reading="validators")
        assert rows["state"].item() == ("fresh" if silent else "stale")


@pytest.mark.parametrize(
    ("since", "time"),
    [
        (NOON - DAY, NOON + DAY),  # overlaps
        (NOON + timedelta(hours=1), NOON + DAY),  # leaves a gap
        (NOON - 9 * DAY, NOON - 8 * DAY),  # an older period, as a backfill would bring
        (NOON + DAY, NOON + DAY),  # has rows but no length
        (NOON + 2 * DAY, NOON + DAY),
    ],
)
def test_a_period_that_does_not_join_is_refused(tmp_path: Path, since: datetime, time: datetime) -> None:
    landing = Landing(tmp_path)
    landing.land(*flow(7, NOON - DAY, NOON))  # type: ignore[arg-type]
    with pytest.raises(BadData, match="would overlap or leave a gap"):
        landing.land(*flow(8, since, time))  # type: ignore[arg-type]
    landing.land(*flow(8, NOON, NOON + DAY))  # type: ignore[arg-type]


def test_rates_projected_to_a_day_may_overlap(tmp_path: Path) -> None:
    for hour in range(3):
        time = NOON + timedelta(hours=hour)
        Landing(tmp_path).land(replace(snapshot(hour, time), since=time - DAY), facts(1))
    assert len(Landing(tmp_path).files()) == 3


def test_no_flow_is_thinned_and_no_rate_is_kept_hourly(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for hour in range(12):
        time = NOON - DAY / 2 + timedelta(hours=hour)
        landing.land(*flow(hour, time - timedelta(hours=1), time))  # type: ignore[arg-type]
        landing.land(replace(snapshot(hour, time), since=time - DAY), facts(1))
    removed = landing.thin(NOON + 90 * DAY, {})
    assert {path.parent.name for path in removed} == {"validators"}
    assert len(removed) == 11


@dataclass
class Ledgers:
    """A chain on which something moves each second, and more where a lease begins and ends; who looks, and when."""

    begin: datetime
    now: datetime = field(init=False)
    asked: dict[str, int] = field(default_factory=dict)
    chain_id: str = "town-1"
    endpoints: tuple[str, ...] = ("http://127.0.0.1",)
    endpoint: str = "http://127.0.0.1"
    witness: str = ""
    runtime_version: str = "1"
    rotation: Rotation = field(default_factory=lambda: Rotation(["http://127.0.0.1"]))

    def forget(self) -> None:
        pass

    def __post_init__(self) -> None:
        self.now = self.begin

    def head(self, http: Http, endpoints: Sequence[str]) -> Node:
        self.asked[f"{self.now:%Y-%m-%d}"] = self.asked.get(f"{self.now:%Y-%m-%d}", 0) + 1
        return self

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> Node:
        # A flow is read at the head alone: whoever asks for a block of the past fails.
        raise NotImplementedError

    @property
    def block(self) -> Block:
        return Block(100 + (self.now - self.begin) // timedelta(seconds=6), "AB", self.now)

    def moved(self, since: datetime) -> int:
        """What moved from a time to now: seconds, and their squares, so that no two periods are alike."""
        first, last = ((time - self.begin) // timedelta(seconds=1) for time in (since, self.now))
        return last**2 - first**2 + last - first


def ledger(node: Ledgers, earlier: Sequence[pl.DataFrame]) -> Facts:
    """What moved since the last ledger: no later ledger tells it again."""
    since = earlier[-1]["time"][0] if earlier else node.now
    return Facts(frame(Kind.OBSERVATIONS, [observation("moved", node.now, node.moved(since), "u")]))


def moved(node: Ledgers, ledgers: Sequence[pl.DataFrame]) -> Facts:
    """What moved since the last reading, summed over ledgers."""
    amounts = [int(rows["exact"][0]) for rows in ledgers[1:]]
    since = ledgers[0]["time"][0]
    return Facts(
        holdings(("all", f"0x{place:040x}", amount) for place, amount in enumerate(amounts)), since=since, empty=True
    )


def rate(node: Ledgers) -> Facts:
    """One day at the present rate."""
    return Facts(holdings([("all", f"0x{1:040x}", 86_400)]), since=node.now - DAY)


def town(chain: Ledgers) -> Network:
    """A network of one flow, one rate, and the ledger behind the flow."""
    spend = Measure.COMPUTE_SPEND
    readings = (
        Reading("ledger", Kind.OBSERVATIONS, None, "", STEP, Since("ledger", ledger), newest_only=True),
        Reading("rate", Kind.HOLDINGS, spend, "u", STEP, rate),
        Reading("moved", Kind.HOLDINGS, spend, "u", DAILY, Since("ledger", moved), flow=True),
    )
    return Network("town", "Town", "compute", "T", "u", 0, "hex", chain=chain, readings=readings)


def ran(data: Path, network: Network, chain: Ledgers) -> list[job.Outcome]:
    """What failed of all that is due now."""
    landing = Landing(data)
    wanted = job.due(network, landing, chain.now)
    with Http() as http:
        told = job.read_network(network, wanted, http, landing, lambda _: None) if wanted else []
    return [one for one in told if one.error]


def summed(landing: Landing) -> tuple[int, list[tuple[datetime | None, datetime]]]:
    """All that the flow's snapshots tell, and their periods, oldest first."""
    total, periods = 0, []
    for path in (landing.folder / "town/town-1/moved").glob("*.parquet"):
        for landed in contents(path):
            total += sum(int(amount) for amount in landing.read(path, landed.snapshot.key)["amount"])
            periods.append((landed.snapshot.since, landed.snapshot.block.time))
    return total, sorted(periods)


@pytest.mark.slow
def test_a_hundred_days_of_runs_and_prunings_tell_all_that_moved_once(tmp_path: Path) -> None:
    chain = Ledgers(NOON)
    network = town(chain)
    known = {"town": network}
    for step in range(100 * DAY // STEP):
        chain.now = NOON + step * STEP + timedelta(seconds=step % 7)
        landing, day = Landing(tmp_path), step // 2
        # For twelve days only ledgers are read: those that no period has told yet must outlive the prunings.
        wanted = job.due(network, landing, chain.now)[: 1 if 40 <= day < 52 else None]
        with Http() as http:
            told = job.read_network(network, wanted, http, landing, lambda _: None)
        assert {one.error for one in told} == {""}, step
        if step % 2:
            landing.thin(chain.now, job.needed([network], landing))
            landing.compact(chain.now)
        if step % 75 == 74:
            assert prune(tmp_path, known, chain.now).torn == ()
            backdated(landing)
    chain.now += DAY
    assert ran(tmp_path, network, chain) == []
    total, periods = summed(Landing(tmp_path))
    assert total == chain.moved(periods[0][1])
    assert [since for since, _ in periods[1:]] == [time for _, time in periods[:-1]]
    assert max(chain.asked.values()) <= 3
    assert len(Landing(tmp_path).files()) < 200
    _, torn = build(tmp_path, known, afresh=True)
    assert torn == ()
    with opened(tmp_path) as mart:
        in_mart = mart.table(
            "SELECT sum(total) AS total FROM distribution JOIN snapshot s ON s.id = snapshot WHERE s.reading = 'moved'"
        )
    assert int(in_mart["total"].item()) == total


@pytest.mark.slow
def test_a_period_whose_first_ledger_is_lost_is_not_told_and_the_next_begins_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chain = Ledgers(NOON)
    network, landing = town(chain), Landing(tmp_path)
    for day in range(3):
        chain.now = NOON + day * DAY
        assert ran(tmp_path, network, chain) == []
    lost = landing.folder / "town/town-1/ledger" / f"{chain.block.height}.parquet"
    lost.write_bytes(b"PAR1 and no more")
    for day in (3, 4):
        chain.now = NOON + day * DAY
        assert ran(tmp_path, network, chain) == []
    assert "moved begins anew at block" in caplog.text
    assert str(lost) in caplog.text
    _, periods = summed(landing)
    assert [(time - NOON) // DAY for _, time in periods] == [0, 1, 2, 3, 4]
    assert [since and (since - NOON) // DAY for since, _ in periods] == [0, 0, 1, 3, 3]


def test_an_endpoint_that_is_behind_what_landed_is_asked_again_later(tmp_path: Path) -> None:
    chain = Ledgers(NOON)
    network = town(chain)
    for day in range(2):
        chain.now = NOON + day * DAY
        assert ran(tmp_path, network, chain) == []
    chain.now = NOON + DAY / 2
    with Http() as http:
        told = job.read_network(network, network.readings, http, Landing(tmp_path), lambda _: None)
    assert {one.reading: one.error for one in told} == {"ledger": "SourceDown", "rate": "", "moved": "SourceDown"}


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)


# Days that are read, when months that are over are put together, which file is torn (of a day, or of a month), and
# the days that are read afterwards, each with the day at which its period must begin.
ROTTEN: dict[str, tuple[tuple[int, ...], int, int | str, dict[int, int]]] = {
    "the newest": ((0, 1, 2), 2, 2, {3: 2, 4: 3}),
    "an old one, before an outage": ((0, 1, 2, 3), 80, 1, {80: 3, 81: 80}),
    "the last month, before an outage": ((0, 1, 2), 80, "2026-07", {80: 80, 81: 80}),
    "the month of the newest": ((0, 10), 35, "2026-07", {35: 10, 36: 35}),
}


@pytest.mark.parametrize(("before", "compacted", "torn", "after"), ROTTEN.values(), ids=ROTTEN)
def test_a_torn_file_costs_a_flow_what_it_held_and_stops_no_later_period(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    before: tuple[int, ...],
    compacted: int,
    torn: int | str,
    after: dict[int, int],
) -> None:
    chain = Ledgers(NOON)
    network, landing = town(chain), Landing(tmp_path)
    folder = landing.folder / "town/town-1/moved"

    def read(day: int) -> Path:
        chain.now = NOON + day * DAY
        assert ran(tmp_path, network, chain) == [], day
        return folder / f"{chain.block.height}.parquet"

    paths: dict[int | str, Path] = {day: read(day) for day in before}
    if torn in paths:
        flipped(paths[torn])
    landing.compact(NOON + compacted * DAY)
    if torn not in paths:
        flipped(folder / f"{torn}.parquet")
    begun = {day: contents(read(day))[0].snapshot.since for day in after}
    assert begun == {day: NOON + first * DAY for day, first in after.items()}
    assert f"{paths.get(torn, folder / f'{torn}.parquet')} is torn" in caplog.text
