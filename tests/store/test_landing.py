import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from store.faults import BadData
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from store.parts import Anew, Lasting, Shared
from store.rows import LARGEST_AMOUNT, VOTES, Block, Facts, Kind, Measure, Snapshot, frame, holdings
from tests.store.test_draft import build

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)


def snapshot(
    height: int = 7, time: datetime = NOON, kind: Kind = Kind.HOLDINGS, network: str = "akash", simulated: bool = False
) -> Snapshot:
    return Snapshot(
        network=network,
        chain_id="akashnet-2",
        reading="validators",
        kind=kind,
        measure=Measure.STAKE,
        unit="uakt",
        block=Block(height, "AB", time),
        method="Bonded tokens by validator.",
        endpoint="http://127.0.0.1",
        simulated=simulated,
    )


def facts(*amounts: int) -> Facts:
    return Facts(holdings(("validators", f"akashvaloper{place}", amount) for place, amount in enumerate(amounts)))


def test_what_lands_is_read_back_to_the_last_unit(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    path = landing.land(snapshot(), facts(LARGEST_AMOUNT, 1, 0))
    assert landing.read(path, snapshot().key)["amount"].to_list() == [LARGEST_AMOUNT, 1, 0]
    assert [landed.snapshot for landed in contents(path)] == [snapshot()]


def test_landing_a_block_twice_changes_nothing(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    path = landing.land(snapshot(), facts(1, 2))
    before = path.stat()
    landing.land(snapshot(), facts(1, 2, 3))
    assert path.stat() == before
    assert landing.has(snapshot())
    assert not landing.has(snapshot(height=8))


@pytest.mark.parametrize(("folder", "simulated"), [("data", True), ("sample", False)])
def test_simulated_and_live_facts_never_mix(tmp_path: Path, folder: str, simulated: bool) -> None:
    with pytest.raises(BadData, match="do not belong"):
        Landing(tmp_path / folder).land(snapshot(simulated=simulated), facts(1))


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "nul\0"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadData, match="cannot name"):
        Landing(tmp_path).land(snapshot(network=name), facts(1))


def test_a_file_of_schema_version_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "27761552.parquet"
    shutil.copy(Path(__file__).parents[1] / "data" / "landing_version_1.parquet", path)
    (landed,) = contents(path)
    assert landed.schema_version == 1
    assert Landing(tmp_path).read(path, landed.snapshot.key)["amount"].to_list() == [10, 20, 30]


def test_a_torn_file_is_reported_by_name(tmp_path: Path) -> None:
    path = Landing(tmp_path).land(snapshot(), facts(1))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadData, match=r"7\.parquet"):
        contents(path)


@pytest.mark.slow
def test_compaction_keeps_every_snapshot_and_row(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for day in range(40):
        landing.land(snapshot(day, NOON + timedelta(days=day)), facts(day, 2 * day))
    landing.compact(NOON + timedelta(days=75))
    assert sorted(path.name for path in landing.files()) == ["2026-07.parquet", "2026-08.parquet"]
    for path in landing.files():
        for landed in contents(path):
            height = landed.snapshot.block.height
            assert landing.read(path, landed.snapshot.key)["amount"].to_list() == [height, 2 * height]
            assert landing.has(landed.snapshot)
    assert sum(len(contents(path)) for path in landing.files()) == 40


def test_compaction_cut_off_before_removing_is_finished_by_the_next(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    single = landing.land(snapshot(), facts(1, 2))
    kept = tmp_path / "kept"
    shutil.copy(single, kept)
    landing.compact(NOON + timedelta(days=40))
    shutil.copy(kept, single)
    landing.compact(NOON + timedelta(days=40))
    assert [path.name for path in landing.files()] == ["2026-07.parquet"]
    assert len(contents(landing.files()[0])) == 1


@pytest.mark.slow
def test_thinning_keeps_a_week_whole_and_one_a_day_before(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for hour in range(24 * 10):
        landing.land(snapshot(hour, NOON + timedelta(hours=hour)), facts(hour))
    landing.thin(NOON + timedelta(hours=24 * 10), {})
    heights = sorted(int(path.stem) for path in landing.files())
    week = [height for height in heights if height >= 24 * 3]
    assert week == list(range(24 * 3, 24 * 10))
    # Noon to midnight is a day, then whole days: the last hour of each is kept.
    assert heights[: -len(week)] == [11, 35, 59, 71]


def test_thinning_never_removes_votes(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    votes = pl.DataFrame(
        [{"proposal": "1", "voter": "akash1a", "option": "yes", "weight": 1, "height": 1}], schema=VOTES
    )
    for hour in range(5):
        landing.land(snapshot(hour, NOON + timedelta(hours=hour), Kind.VOTES), Facts(votes))
    assert landing.thin(NOON + timedelta(days=90), {}) == []


def test_a_long_reading_resumes_with_the_parts_it_has(tmp_path: Path) -> None:
    landing, asked = Landing(tmp_path), []

    def part(name: str) -> pl.DataFrame:
        asked.append(name)
        return pl.DataFrame({"holder": [name]})

    memo = landing.parts.memo(snapshot())
    memo("a", lambda: part("a"))
    assert landing.parts.unfinished(snapshot()) == 7
    assert landing.parts.memo(snapshot())("a", lambda: part("a"))["holder"].to_list() == ["a"]
    assert asked == ["a"]
    landing.parts.forget(snapshot())
    assert landing.parts.unfinished(snapshot()) is None


def test_what_landed_in_a_period_comes_oldest_first_and_once(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for day in (3, 1, 2, 0, 50):
        landing.land(snapshot(day, NOON + timedelta(days=day)), facts(day))
    single = landing.folder / "akash/akashnet-2/validators/2.parquet"
    shutil.copy(single, tmp_path / "kept")
    landing.compact(NOON + timedelta(days=60))
    shutil.copy(tmp_path / "kept", single)
    found = landing.between("akash", "akashnet-2", "validators", 1, 3)
    assert [(height, rows["amount"].to_list()) for height, rows in found.items()] == [(1, [1]), (2, [2]), (3, [3])]
    assert landing.between("akash", "akashnet-2", "nothing", 0, 50) == {}


def test_parts_of_final_blocks_outlive_the_block_at_which_they_were_read(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.parts.memo(snapshot(7))(Lasting("final-logs-0-99"), lambda: pl.DataFrame({"holder": ["a"]}))
    landing.parts.forget(snapshot(7))
    assert landing.parts.unfinished(snapshot(8)) is None
    again = landing.parts.memo(snapshot(8))(Lasting("final-logs-0-99"), lambda: pl.DataFrame({"holder": ["b"]}))
    assert again["holder"].to_list() == ["a"]


def test_a_shared_part_is_found_by_every_reading_of_its_network_and_by_no_other(tmp_path: Path) -> None:
    landing, made = Landing(tmp_path), list[str]()

    def ask(of: Snapshot, name: Lasting) -> str:
        made.append(f"rows {len(made)}")
        holder: str = landing.parts.memo(of)(name, lambda: pl.DataFrame({"holder": [made[-1]]}))["holder"][0]
        return holder

    one, other = snapshot(7), replace(snapshot(8), reading="delegators")
    assert [ask(of, Shared("events")) for of in (one, other, replace(other, network="fetch"))] == [
        "rows 0",
        "rows 0",
        "rows 2",
    ]
    # What one doubts is made anew for all.
    assert ask(other, Anew("events")) == ask(one, Shared("events")) == "rows 3"


def test_a_part_is_of_its_block_unless_its_name_is_said_to_last(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.parts.memo(snapshot(7))("final-logs-0-99", lambda: pl.DataFrame({"holder": ["a"]}))
    assert landing.parts.unfinished(snapshot(8)) == 7
    again = landing.parts.memo(snapshot(8))("final-logs-0-99", lambda: pl.DataFrame({"holder": ["b"]}))
    assert again["holder"].to_list() == ["b"]


def test_lasting_parts_of_earlier_versions_are_found(tmp_path: Path) -> None:
    landing, one = Landing(tmp_path), snapshot(8)
    folder = tmp_path / "landing" / "_parts" / one.network / one.chain_id / one.reading / "final"
    folder.mkdir(parents=True)
    pl.DataFrame({"holder": ["a"]}).write_parquet(folder / "final-transfers-0-99.parquet")
    found = landing.parts.memo(one)(Lasting("final-transfers-0-99"), lambda: pl.DataFrame({"holder": ["b"]}))
    assert found["holder"].to_list() == ["a"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reading", "new"), [("votes", {"power"}), ("proposals", {"power", "quorum", "quorum_counts"})]
)
def test_what_was_landed_before_votes_told_their_power_is_read_and_says_nothing_of_it(
    tmp_path: Path, reading: str, new: set[str]
) -> None:
    """Of schema version 3, alone, merged into a month beside a new one, and in the mart."""
    old = Path(__file__).parents[1] / "data" / f"landing_version_3_{reading}.parquet"
    landing = Landing(tmp_path)
    (landed,) = contents(old)
    later = replace(landed.snapshot, block=Block(8, "AC", NOON + timedelta(hours=1)))
    (row,) = landing.read(old, landed.snapshot.key).tail(1).to_dicts()
    assert {name for name, value in row.items() if value is None} & new == new
    told = {"quorum_counts": "yes"} if "quorum_counts" in new else {}
    path = landing.land(later, Facts(frame(later.kind, [{**row, **dict.fromkeys(new, 5), **told}])))
    shutil.copy(old, path.with_name("7.parquet"))
    build(tmp_path)
    landing.compact(NOON + timedelta(days=60))
    build(tmp_path, afresh=True)
    (month,) = landing.files()
    kept = [landing.read(month, one.snapshot.key)["power"].to_list() for one in contents(month)]
    assert [set(powers) for powers in kept] == [{None}, {5}]
    with opened(tmp_path) as mart:
        assert mart.table(f"SELECT power FROM {reading[:-1]}")["power"].to_list() == [5]


def test_of_many_months_only_those_that_may_hold_a_block_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve months of a block each: of the fourth to the fifth, and what halving passes on the way there."""
    landing, place = Landing(tmp_path), ("akash", "akashnet-2", "validators")
    months = [datetime(2025, month, 7, tzinfo=UTC) for month in range(1, 13)]
    landing.land_months((snapshot(10 * month.month, month), facts(month.month)) for month in months)
    opened: set[str] = set()
    read = contents

    def noted(path: Path) -> object:
        opened.add(path.stem)
        return read(path)

    monkeypatch.setattr("store.landing.contents", noted)
    found = landing.between(*place, 35, 55)
    assert {height: rows["amount"].to_list() for height, rows in found.items()} == {40: [4], 50: [5]}
    assert len(opened) < 9
    # Where one is torn that would have led the way, none is passed over.
    (tmp_path / "landing" / "/".join(place) / "2025-07.parquet").write_bytes(b"torn")
    assert list(landing.between(*place, 0, 200)) == [10 * month for month in range(1, 13) if month != 7]
    assert list(landing.between(*place, 35, 55)) == [40, 50]
