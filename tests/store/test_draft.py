import errno
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from store.draft import Distributions, Draft, scratch
from store.landed import SCHEMA_VERSION, contents
from store.landing import Landing
from store.mart import Mart, NoMart, current, generation, opened, served_folder
from store.reference import ENTITIES
from store.rows import LARGEST_AMOUNT, Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)


def snapshot(height: int = 7, kind: Kind = Kind.HOLDINGS, reading: str = "validators", **changes: Any) -> Snapshot:
    return Snapshot(
        **{
            "network": "akash",
            "chain_id": "akashnet-2",
            "reading": reading,
            "kind": kind,
            "measure": Measure.STAKE,
            "unit": "uakt",
            "block": Block(height, "AB", NOON + timedelta(hours=height)),
            "method": "Bonded tokens by validator.",
            "endpoint": "http://127.0.0.1",
            **changes,
        }
    )


def stake(*amounts: int) -> Facts:
    return Facts(holdings(("validators", f"val{place}", amount) for place, amount in enumerate(amounts)))


def build(data: Path, entities: pl.DataFrame | None = None, *, afresh: bool = False) -> Path:
    with Draft(data, afresh=afresh) as draft:
        draft.replace("entity", pl.DataFrame(schema=ENTITIES) if entities is None else entities)
        assert draft.take_in() == {}
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        return draft.publish(NOON)


PANDAS = """
import sys
from pathlib import Path
from tests.store.test_draft import Landing, build, snapshot, stake
data = Path(sys.argv[1])
Landing(data).land(snapshot(), stake(3, 4))
build(data)
sys.exit("pandas.core" in sys.modules)
"""


def test_a_build_does_without_pandas_which_takes_half_a_second_to_begin(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", PANDAS, tmp_path], cwd=ROOT, check=False).returncode == 0


HOLDERS = """
    SELECT s.height, p.name AS population, h.address, g.amount FROM holding g
    JOIN snapshot s ON s.id = g.snapshot JOIN population p ON p.id = g.population JOIN holder h ON h.id = g.holder
    ORDER BY ALL
"""


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoMart):
        current(tmp_path)


def test_the_mart_holds_the_newest_holdings_to_the_last_unit(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land(snapshot(1), stake(1, 2, 3))
    landing.land(snapshot(2), stake(LARGEST_AMOUNT, 0))
    build(tmp_path)
    with opened(tmp_path) as mart:
        rows = mart.table(HOLDERS)
        assert rows["height"].unique().to_list() == [2]
        assert dict(zip(rows["address"], rows["amount"], strict=True)) == {"val0": LARGEST_AMOUNT, "val1": 0}
        sizes = mart.table(
            "SELECT d.n, n_all, total FROM distribution d JOIN snapshot s ON s.id = d.snapshot ORDER BY height"
        )
        assert sizes.rows() == [(3, 3, 6), (1, 2, LARGEST_AMOUNT)]


def test_building_in_steps_equals_building_afresh(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    tables = (
        "SELECT network, reading, height, n, sha256 FROM snapshot",
        HOLDERS,
        "SELECT name, time, value FROM observation",
    )
    for height in range(5):
        landing.land(snapshot(height), stake(height, 10))
        seen = [observation("bonded", NOON + timedelta(hours=height), height, "uakt")]
        landing.land(snapshot(height, Kind.OBSERVATIONS, "chain"), Facts(frame(Kind.OBSERVATIONS, seen)))
        build(tmp_path)
    with opened(tmp_path) as mart:
        stepwise = [mart.table(f"FROM ({query}) ORDER BY ALL") for query in tables]
    build(tmp_path, afresh=True)
    with opened(tmp_path) as mart:
        assert all(
            before.equals(mart.table(f"FROM ({query}) ORDER BY ALL"))
            for before, query in zip(stepwise, tables, strict=True)
        )


def test_building_twice_changes_nothing_but_the_generation(tmp_path: Path) -> None:
    Landing(tmp_path).land(snapshot(), stake(1, 2))
    before, after = build(tmp_path), build(tmp_path)
    with Mart(before) as first, Mart(after) as second:
        for table in ("snapshot", "holding", "distribution", "measured", "landing_file"):
            assert first.table(f"FROM {table}").equals(second.table(f"FROM {table}"))


def test_compaction_moves_snapshots_without_losing_what_was_measured(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for height in range(3):
        landing.land(snapshot(height), stake(height, 10))
    build(tmp_path)
    landing.compact(NOON + timedelta(days=60))
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT DISTINCT file FROM snapshot")["file"].to_list() == [
            "akash/akashnet-2/validators/2026-07.parquet"
        ]
        assert mart.table("SELECT id FROM snapshot ORDER BY id")["id"].to_list() == [1, 2, 3]
        assert mart.table("SELECT count(*) AS n FROM measured")["n"][0] == 3


def test_what_landing_no_longer_has_leaves_the_mart(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land(snapshot(1), stake(1))
    landing.land(snapshot(2), stake(2))
    build(tmp_path)
    first.unlink()
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT height FROM snapshot")["height"].to_list() == [2]


def test_a_torn_file_is_named_and_the_rest_is_published(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land(snapshot(1), stake(1))
    torn = landing.land(snapshot(2), stake(2))
    torn.write_bytes(torn.read_bytes()[:-9])
    with Draft(tmp_path) as draft:
        errors = draft.take_in()
        draft.publish(NOON)
    assert list(errors) == [torn]
    assert "2.parquet" in str(errors[torn])
    with opened(tmp_path) as mart:
        assert mart.table("SELECT height FROM snapshot")["height"].to_list() == [1]


def test_labels_merge_one_partys_addresses_and_leave_protocol_accounts_out(tmp_path: Path) -> None:
    Landing(tmp_path).land(snapshot(), stake(50, 30, 15, 5))
    labels = [
        ("val0", "bridge", "bridge"),
        ("val1", "ada", "operator"),
        ("val2", "ada", "operator"),
        ("val3", "shop", "custodian"),
    ]
    rows = [
        {"network": "akash", "address": address, "entity": entity, "name": entity, "kind": kind, "source": "x"}
        for address, entity, kind in labels
    ]
    build(tmp_path, pl.DataFrame(rows, ENTITIES).with_columns(recorded_at=NOON))
    with opened(tmp_path) as mart:
        found = mart.table("SELECT grouping, n, total, exclusions FROM distribution ORDER BY grouping")
    assert found.rows() == [
        ("address", 4, 100, None),
        ("control", 2, 50, '{"bridge":0.5}'),
        ("custodians", 1, 5, None),
        ("ownership", 1, 45, '{"bridge":0.5,"custodian":0.05}'),
    ]


def test_amounts_leave_the_draft_in_two_exact_halves(tmp_path: Path) -> None:
    Landing(tmp_path).land(snapshot(), stake(LARGEST_AMOUNT - 10**19 - 7, 10**19, 7))
    with Draft(tmp_path) as draft:
        draft.take_in()
        found: list[Distributions] = []

        def metrics(distributions: Distributions) -> pl.DataFrame:
            found.append(distributions)
            return pl.DataFrame()

        draft.measure("1", metrics)
    exact = sorted((int(high) << 64) + (int(low) % 2**64) for low, high in found[0].amounts)
    assert exact == [7, 10**19, LARGEST_AMOUNT - 10**19 - 7]
    assert found[0].offsets.tolist() == [0, 3]


def test_the_newest_fetch_of_an_observed_day_wins(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for height, value in ((1, 10.0), (2, 11.0)):
        seen = [observation("spend", NOON, value, "usd")]
        landing.land(snapshot(height, Kind.OBSERVATIONS, "history"), Facts(frame(Kind.OBSERVATIONS, seen)))
        build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT value FROM observation")["value"].to_list() == [11.0]


def test_of_a_state_only_the_newest_snapshot_is_kept(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for height, names in ((1, ("Ada", "Bob")), (2, ("Ada",))):
        seen = [observation("moniker", NOON + timedelta(hours=height), name, "", subject=name) for name in names]
        landing.land(
            snapshot(height, Kind.OBSERVATIONS, "names", newest_only=True), Facts(frame(Kind.OBSERVATIONS, seen))
        )
        build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT exact FROM observation")["exact"].to_list() == ["Ada"]


def test_votes_stay_after_the_chain_deleted_them(tmp_path: Path) -> None:
    landing = Landing(tmp_path)

    def votes(*proposals: str) -> Facts:
        rows = [{"proposal": p, "voter": "a", "option": "yes", "weight": 1, "height": 1} for p in proposals]
        return Facts(frame(Kind.VOTES, rows), empty=not rows)

    for height, proposals in ((1, ("8", "9")), (2, ("9",)), (3, ())):
        landing.land(snapshot(height, Kind.VOTES, "votes"), votes(*proposals))
    build(tmp_path)
    with opened(tmp_path) as mart:
        kept = mart.table("SELECT v.proposal, s.height FROM vote v JOIN snapshot s ON s.id = v.snapshot ORDER BY 1")
    assert kept.rows() == [("8", 1), ("9", 2)]


def test_what_nobody_got_is_in_no_partys_hands(tmp_path: Path) -> None:
    rows = [("miners", "ada", 30), ("miners", "bob", 30), ("miners", "sink:burned", 40)]
    Landing(tmp_path).land(snapshot(reported={"miners": 100}), Facts(holdings(rows)))
    build(tmp_path)
    with opened(tmp_path) as mart:
        found = mart.table("SELECT grouping, n, total, reported_total, exclusions FROM distribution ORDER BY grouping")
    assert found.rows()[0] == ("address", 2, 60, 100, '{"sink":0.4}')
    assert set(found["total"]) == {60}


def test_a_label_changed_on_one_network_leaves_the_others_measured(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land(snapshot(1), stake(5, 5))
    landing.land(snapshot(1, network="fetch", chain_id="fetchhub-4"), stake(5, 5))
    build(tmp_path)
    row = {
        "network": "fetch",
        "address": "val0",
        "entity": "ada",
        "name": "Ada",
        "kind": "operator",
        "source": "x",
        "recorded_at": NOON,
    }
    with Draft(tmp_path) as draft:
        draft.replace("entity", pl.DataFrame([row], ENTITIES))
        (again,) = draft.unmeasured("1")
        networks = draft.table("SELECT network FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[]))", again)
        assert networks["network"].to_list() == ["fetch"]


def test_a_bulk_of_more_than_one_row_group_arrives_whole(tmp_path: Path) -> None:
    # DuckDB 2.0.0 loses such a bulk in a temporary table of an open transaction, while count(*) still tells its size.
    rows = pl.DataFrame(
        {"snapshot": range(300_000), "population": 1, "grouping": "address", "metric": "hhi", "value": 1.5}
    )
    with Draft(tmp_path) as draft:
        draft.append("metric", rows, unless_known="snapshot, population, grouping, metric")
        draft.append("metric", rows, unless_known="snapshot, population, grouping, metric")
        found = draft.table("SELECT count(value) AS n, sum(snapshot)::BIGINT AS sum FROM metric")
    assert found.rows() == [(300_000, sum(range(300_000)))]


def test_what_is_written_stands_once_in_the_file(tmp_path: Path) -> None:
    numbers = pl.int_range(400_000, dtype=pl.Int32, eager=True)
    rows = pl.DataFrame(
        {"id": numbers, "network": "fet", "address": pl.select(pl.format("0x{}", numbers.hash())).to_series()}
    )
    with Draft(tmp_path, afresh=True) as draft:
        draft.append("holder", rows)
        published = draft.publish(NOON)
    with Mart(published) as mart:
        assert mart.table("SELECT free_blocks FROM pragma_database_size()")["free_blocks"].item() == 0
        assert mart.table("FROM holder").equals(rows)


def test_accounts_of_a_chains_own_modules_are_no_parties_without_a_label_each(tmp_path: Path) -> None:
    pool, person = "0x" + b"modlsubtensr".ljust(32, b"\0").hex(), "0x" + "6d" * 32
    rows = [("coldkeys", pool, 60), ("coldkeys", person, 40)]
    Landing(tmp_path).land(snapshot(network="bittensor"), Facts(holdings(rows)))
    build(tmp_path)
    with opened(tmp_path) as mart:
        found = mart.table("SELECT grouping, n, total, exclusions FROM distribution ORDER BY grouping")
    assert found.rows()[:2] == [("address", 2, 100, None), ("control", 1, 40, '{"protocol":0.6}')]


@pytest.mark.parametrize("column", ["recorded_at", "source"])
def test_no_label_without_evidence_and_its_date_comes_into_a_mart(tmp_path: Path, column: str) -> None:
    row = {"network": "akash", "address": "val0", "entity": "ada", "name": "Ada", "kind": "operator", "source": "x"}
    lacking = pl.DataFrame([{**row, "recorded_at": NOON}], ENTITIES).with_columns(
        pl.lit(None if column == "recorded_at" else "").cast(ENTITIES[column]).alias(column)
    )
    with Draft(tmp_path) as draft, pytest.raises(duckdb.ConstraintException, match="entity"):
        draft.replace("entity", lacking)


def test_a_key_that_begins_as_a_module_does_is_a_party(tmp_path: Path) -> None:
    """Four letters of a key are found in hours: who had such a one would be left out of the count."""
    found_key = "0x" + b"modlsubtensr".hex() + "11" * 20
    Landing(tmp_path).land(snapshot(network="bittensor"), Facts(holdings([("coldkeys", found_key, 60)])))
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT grouping FROM distribution")["grouping"].to_list() == ["address"]


@pytest.mark.parametrize("content", ["", "../x", "mart-000009.duckdb", "mart-x.duckdb", "\0\0\0\0"])
def test_a_pointer_that_names_nothing_is_no_mart_and_the_next_build_publishes(tmp_path: Path, content: str) -> None:
    Landing(tmp_path).land(snapshot(1), stake(2))
    first = build(tmp_path)
    (tmp_path / "CURRENT").write_text(content)
    with pytest.raises(NoMart, match="CURRENT names"):
        current(tmp_path)
    with pytest.raises(NoMart, match="CURRENT names"):
        served_folder(tmp_path)
    again = build(tmp_path)
    assert generation(again) == generation(first) + 1
    assert current(tmp_path) == again


def test_a_lost_pointer_never_makes_a_name_be_used_twice(tmp_path: Path) -> None:
    Landing(tmp_path).land(snapshot(1), stake(2))
    last = [build(tmp_path) for _ in range(4)][-1]
    (tmp_path / "CURRENT").unlink()
    again = build(tmp_path)
    assert generation(again) == generation(last) + 1
    assert current(tmp_path).exists()


def test_what_a_restored_month_no_longer_holds_is_no_longer_published(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    (month,) = landing.land_months([(snapshot(7), stake(5))])
    older = month.read_bytes()
    landing.land_months([(snapshot(8), stake(6))])
    build(tmp_path)
    month.write_bytes(older)
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT height FROM snapshot")["height"].to_list() == [7]


def test_of_two_files_that_hold_a_snapshot_the_same_is_told_whatever_was_written_last(tmp_path: Path) -> None:
    """A compaction that was cut off leaves a snapshot in its own file and in that of its month."""
    landing = Landing(tmp_path)
    single = landing.land(snapshot(7), stake(5))
    build(tmp_path)
    (month,) = landing.land_months([(snapshot(7), stake(5)), (snapshot(8), stake(6))])
    files = "SELECT height, file FROM snapshot ORDER BY height"
    told = [(7, f"akash/akashnet-2/validators/{month.name}"), (8, f"akash/akashnet-2/validators/{month.name}")]
    for path in (month, single, month):
        os.utime(path, (1, 1))
        build(tmp_path)
        with opened(tmp_path) as mart:
            assert mart.table(files).rows() == told
        path.touch()
    # An older month is restored, which holds other snapshots.
    month.unlink()
    landing.land_months([(snapshot(9), stake(7))])
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table(files)["height"].to_list() == [7, 9]


def test_what_a_torn_file_held_is_gone_once_the_file_is_deleted(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land(snapshot(7), stake(5))
    path = landing.land(snapshot(8), stake(6))
    build(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with Draft(tmp_path) as draft:
        draft.replace("entity", pl.DataFrame(schema=ENTITIES))
        assert list(draft.take_in()) == [path]
        draft.publish(NOON)
    path.unlink()
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT height FROM snapshot")["height"].to_list() == [7]


def voted(height: int) -> tuple[Snapshot, Facts]:
    """Every snapshot of the votes on one proposal takes the place of the one before."""
    rows = [{"proposal": "3", "voter": "a", "option": "yes", "weight": 1, "height": height}]
    return snapshot(height, Kind.VOTES, "votes"), Facts(frame(Kind.VOTES, rows))


def test_what_gave_way_counts_again_once_its_torn_file_is_mended(tmp_path: Path) -> None:
    """The snapshot that took its place is gone by a build that cannot read it."""
    landing = Landing(tmp_path)
    older, newer = (landing.land(*voted(height)) for height in (7, 8))
    build(tmp_path)
    whole = older.read_bytes()
    newer.unlink()
    older.write_bytes(whole[:-9])
    with Draft(tmp_path) as draft:
        draft.replace("entity", pl.DataFrame(schema=ENTITIES))
        assert list(draft.take_in()) == [older]
        draft.publish(NOON)
    older.write_bytes(whole)
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT height FROM vote")["height"].to_list() == [7]


def state(height: int, *names: str) -> tuple[Snapshot, Facts]:
    """A state of which only the newest counts; it may be of nobody."""
    time = NOON + timedelta(hours=height)
    seen = [observation("jailed", time, "true", "", subject=name) for name in names]
    one = snapshot(height, Kind.OBSERVATIONS, "jailed", newest_only=True)
    return one, Facts(frame(Kind.OBSERVATIONS, seen), empty=not seen)


def proposed(height: int, *numbers: str) -> tuple[Snapshot, Facts]:
    """All proposals that are open; there may be none."""
    rows = [{"proposal": number, "status": "voting_period", "submitted": NOON} for number in numbers]
    return snapshot(height, Kind.PROPOSALS, "proposals"), Facts(frame(Kind.PROPOSALS, rows), empty=not rows)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (state(7, "Ada"), state(8), "SELECT subject FROM observation"),
        (proposed(7, "3"), proposed(8), "SELECT status FROM proposal"),
    ],
    ids=["state", "proposals"],
)
def test_what_gave_way_to_nothing_counts_again_once_that_is_gone(
    tmp_path: Path, first: tuple[Snapshot, Facts], second: tuple[Snapshot, Facts], told: str
) -> None:
    landing = Landing(tmp_path)
    landing.land(*first)
    newer = landing.land(*second)
    build(tmp_path)
    newer.unlink()
    build(tmp_path)
    with opened(tmp_path) as mart:
        stepwise = mart.table(told)
    build(tmp_path, afresh=True)
    with opened(tmp_path) as mart:
        assert stepwise.rows() == mart.table(told).rows() != []


def test_a_snapshot_that_moved_is_read_as_its_new_file_is_written(tmp_path: Path) -> None:
    """A file of the first version holds one snapshot and says no height; a month's file holds many."""
    landing, first = Landing(tmp_path), Path(__file__).parents[1] / "data" / "landing_version_1.parquet"
    ((height, time),) = ((one.snapshot.block.height, one.snapshot.block.time) for one in contents(first))
    newer = snapshot(height + 1, block=Block(height + 1, "AB", time + timedelta(hours=1)))
    path = landing.land(newer, stake(5)).with_name(f"{height}.parquet")
    shutil.copy(first, path)
    build(tmp_path)
    landing.compact(time + timedelta(days=60))
    build(tmp_path)
    row = {"network": "akash", "entity": "ada", "name": "Ada", "kind": "operator", "source": "x", "recorded_at": NOON}
    build(tmp_path, pl.DataFrame([{**row, "address": "akashvaloper1a"}], ENTITIES))
    query = "SELECT total FROM distribution d JOIN snapshot s ON s.id = d.snapshot WHERE labels_version <> ''"
    with opened(tmp_path) as mart:
        # The three holders of one snapshot, and not of the other.
        assert set(mart.table(query)["total"]) == {60}
        assert set(mart.table("SELECT schema_version FROM snapshot")["schema_version"]) == {SCHEMA_VERSION}


def test_a_block_that_was_read_otherwise_is_told_as_it_was_read(tmp_path: Path) -> None:
    """It holds the same, and its file came back with a copy of before."""
    landing = Landing(tmp_path)
    for endpoint in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
        path = landing.land(snapshot(7, endpoint=endpoint), stake(5))
        build(tmp_path)
        with opened(tmp_path) as mart:
            assert mart.table("SELECT endpoint FROM snapshot")["endpoint"].to_list() == [endpoint]
        path.unlink()


def test_of_two_files_that_tell_otherwise_of_a_block_the_first_by_name_counts(tmp_path: Path) -> None:
    """As in a rebuild, whichever was written last."""
    landing = Landing(tmp_path)
    (month,) = landing.land_months([(snapshot(7), stake(6))])
    build(tmp_path)
    single = landing.land(snapshot(7), stake(5))
    for path in (month, single):
        build(tmp_path)
        os.utime(path, (1, 1))
        with opened(tmp_path) as mart:
            told = mart.table("SELECT s.file, h.amount FROM holding h JOIN snapshot s ON s.id = h.snapshot").rows()
        assert told == [(month.relative_to(landing.folder).as_posix(), 6)]


def test_labels_of_before_leave_nothing_behind(tmp_path: Path) -> None:
    """Whether a label is new, corrected, ended or comes back: what is counted is what those in force give."""
    row = {"network": "akash", "entity": "ada", "name": "Ada", "kind": "operator", "source": "x", "recorded_at": NOON}
    Landing(tmp_path).land(snapshot(), stake(5, 4, 3, 2))
    for labelled in (2, 3, 2, 0, 3):
        labels = pl.DataFrame([{**row, "address": f"val{place}"} for place in range(labelled)], ENTITIES)
        build(tmp_path, labels)
        with opened(tmp_path) as mart:
            counted = dict(mart.table("SELECT grouping, n FROM distribution").iter_rows())
            assert len(counted) == mart.table("FROM distribution").height
        assert counted["address"] == 4
        assert counted.get("control", 4) == 5 - max(1, labelled)


def test_a_holder_has_one_number_in_every_population_and_keeps_it(tmp_path: Path) -> None:
    """Numbers are given in the order of the alphabet, new ones after those that are there."""
    landing = Landing(tmp_path)
    landing.land(snapshot(1), Facts(holdings([("delegators", "b", 1), ("delegators", "d", 2), ("validators", "b", 3)])))
    landing.land(snapshot(1, network="fetch"), Facts(holdings([("validators", "b", 4)])))
    numbers = "SELECT id, network, address FROM holder ORDER BY id"
    amounts = "SELECT holder, amount FROM holding ORDER BY amount"
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table(numbers).rows() == [(1, "akash", "b"), (2, "akash", "d"), (3, "fetch", "b")]
        assert mart.table(amounts).rows() == [(1, 1), (2, 2), (1, 3), (3, 4)]
    landing.land(snapshot(2), Facts(holdings([("validators", "c", 5), ("validators", "d", 6), ("validators", "a", 7)])))
    build(tmp_path)
    with opened(tmp_path) as mart:
        assert mart.table(numbers).rows()[3:] == [(4, "akash", "a"), (5, "akash", "c")]
        assert mart.table(amounts).rows() == [(3, 4), (5, 5), (2, 6), (4, 7)]


def test_a_scratch_draft_leaves_that_of_another_process_at_the_same_part_and_no_dead_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    nobody = 2**22
    at_work, left = (tmp_path / f"deai-part.{process}" for process in (os.getppid(), nobody))
    for folder in (at_work, left):
        folder.mkdir()
        (folder / "mart.duckdb").touch()
    with scratch("part", Landing(tmp_path / "data"), 2**28):
        own = {path.name for path in tmp_path.glob("deai-*")}
    assert own == {at_work.name, f"deai-part.{os.getpid()}"}
    assert [*tmp_path.glob("deai-*/*")] == [at_work / "mart.duckdb"]


def test_a_disk_that_is_full_while_rows_are_handed_over_is_said_as_such(tmp_path: Path) -> None:
    with Draft(tmp_path) as draft:
        (tmp_path / "exchange.parquet").symlink_to("/dev/full")
        with pytest.raises(OSError, match="No space left on device") as full:
            draft.replace("landing_file", pl.DataFrame({"file": ["a"], "size": [1], "mtime_ns": [1]}))
    assert full.value.errno == errno.ENOSPC
