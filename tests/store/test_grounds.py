"""What stands is not made again, and is what a build from nothing makes: whatever changed in between."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from ingest import publication
from ingest.networks import networks
from ingest.publication import build
from publish import change
from store import reference
from store.landing import Landing
from store.mart import opened
from store.reference import ENTITIES
from store.statements import OF_NEWEST
from tests.store.test_rot import ENTRY
from tests.worlds.hamlet import address, build_hamlet, cosmos
from tests.worlds.tables import TABLES, tables

Change = Callable[[Path, pytest.MonkeyPatch], None]
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("hamlet") / "data"
    build_hamlet(data)
    return data


@contextmanager
def made() -> Iterator[dict[str, int]]:
    """How often what follows from the newest was made, and of how many networks changes were."""
    with (
        patch.object(publication, "_tell", wraps=publication._tell) as told,
        patch.object(change, "_of_network", wraps=change._of_network) as changes,
    ):
        counts: dict[str, int] = {}
        yield counts
        counts |= {"told": told.call_count, "changes": changes.call_count}


def nothing(data: Path, patched: pytest.MonkeyPatch) -> None:
    """Nothing has changed."""


def a_run(data: Path, patched: pytest.MonkeyPatch) -> None:
    """A line of the ledger."""
    Landing(data).ledger.record("1", ENTRY)


def other_times(data: Path, patched: pytest.MonkeyPatch) -> None:
    """Files are moved into months."""
    Landing(data).compact(datetime.now(UTC) + timedelta(days=20))


def a_reading(data: Path, patched: pytest.MonkeyPatch) -> None:
    """Akash is read again."""
    time = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(minutes=7)
    one, facts = next(cosmos(time, 1))
    Landing(data).land(one, replace(facts, rows=facts.rows.with_columns(amount=pl.col("amount") * 2)))


def a_label(data: Path, patched: pytest.MonkeyPatch) -> None:
    """Two validators are found to be one party."""
    row = {**dict.fromkeys(ENTITIES.names()), "network": "akash", "entity": "firm", "name": "Firm", "kind": "operator"}
    told = {"source": "invented", "recorded_at": NOW, "checked_at": NOW}
    rows = [{**row, **told, "address": address("akashvaloper", place)} for place in (0, 1)]
    entities = pl.concat([reference.entities(), pl.DataFrame(rows, schema=ENTITIES)])
    patched.setattr(reference, "entities", lambda: entities)


def a_claim(data: Path, patched: pytest.MonkeyPatch) -> None:
    """A claim is told in other words."""
    claims = reference.claims().with_columns(says=pl.lit("Otherwise."))
    patched.setattr(reference, "claims", lambda: claims)


def a_file_gone(data: Path, patched: pytest.MonkeyPatch) -> None:
    """The newest stake of Fetch.ai is gone."""
    max((data / "landing" / "fetch").glob("*/validators/*.parquet"), key=lambda path: int(path.stem)).unlink()


def other_hosts(data: Path, patched: pytest.MonkeyPatch) -> None:
    """A file that no table holds is curated."""
    shutil.copytree(reference.REFERENCE, data / "reference")
    (data / "reference" / "hosts.toml").write_text("")
    patched.setattr("store.grounds.REFERENCE", data / "reference")


def another_program(data: Path, patched: pytest.MonkeyPatch) -> None:
    """A step was programmed anew."""
    for room in ("store.grounds", "store.draft"):
        patched.setattr(f"{room}.program", lambda: "another")


def other_ways(data: Path, patched: pytest.MonkeyPatch) -> None:
    """A network declares fewer ways, and another population in its column."""
    known = networks()
    akash = known["akash"]
    fewer = replace(akash, ways=akash.ways[:1], scorecard=dict(list(akash.scorecard.items())[:1]))
    patched.setattr("tests.store.test_grounds.networks", lambda: {**known, "akash": fewer})


# What is made for it: all that is told of the newest, and changes of so many networks.
CASES: Mapping[Change, tuple[int, int]] = {
    nothing: (0, 0),
    a_run: (0, 0),
    other_times: (0, 0),
    a_reading: (1, 1),
    a_label: (1, 1),
    a_claim: (1, 0),
    a_file_gone: (1, 1),
    other_hosts: (1, 0),
    another_program: (1, 2),
    other_ways: (1, 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("changed", CASES)
def test_what_follows_from_what_is_as_it_was_stands_and_is_what_a_rebuild_makes(
    hamlet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: Change
) -> None:
    data, afresh = tmp_path / "data", tmp_path / "afresh"
    shutil.copytree(hamlet, data)
    changed(data, monkeypatch)
    with made() as counts:
        build(data, networks())
    told, changes = CASES[changed]
    assert (counts["told"], min(counts["changes"], 2)) == (told, changes)
    shutil.copytree(data / "landing", afresh / "landing")
    build(afresh, networks())
    before, after = tables(data), tables(afresh)
    assert [name for name in TABLES if not before[name].equals(after[name])] == []
    assert all(after[name].height for name in ("change", "verdict", "power", "path", "claim", "claim_reading"))
    if changed is not nothing:
        # And again nothing is new.
        with made() as counts:
            build(data, networks())
        assert counts == {"told": 0, "changes": 0}


@pytest.mark.slow
def test_a_label_from_a_day_on_is_another_than_one_until_that_day(
    hamlet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, afresh = tmp_path / "data", tmp_path / "afresh"
    shutil.copytree(hamlet, data)
    told: dict[str, object] = dict.fromkeys(ENTITIES.names())
    told |= {"network": "akash", "entity": "firm", "name": "Firm", "kind": "operator"}
    told |= {"source": "invented", "recorded_at": NOW, "checked_at": NOW}
    day = datetime.now(UTC) - timedelta(days=20)
    before = reference.entities()
    for when in ({"valid_from": day}, {"valid_to": day}):
        rows = [{**told, **when, "address": address("akashvaloper", place)} for place in (0, 1)]
        entities = pl.concat([before, pl.DataFrame(rows, schema=ENTITIES)])
        monkeypatch.setattr(reference, "entities", lambda entities=entities: entities)
        build(data, networks())
    shutil.copytree(data / "landing", afresh / "landing")
    build(afresh, networks())
    one, other = tables(data), tables(afresh)
    assert [name for name in TABLES if not one[name].equals(other[name])] == []


@pytest.mark.slow
def test_what_all_unlabelled_as_one_give_is_computed_anew_by_another_program(
    hamlet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(hamlet, data)
    before = tables(data)["metric"]
    with opened(data) as mart:
        assert mart.table("FROM metric WHERE grouping = 'unlabelled_one'").height
    halved = {
        grouping: query.replace("sum(amount) AS amount", "max(amount) AS amount")
        for grouping, query in OF_NEWEST.items()
    }
    monkeypatch.setattr("store.statements.OF_NEWEST", halved)
    another_program(data, monkeypatch)
    build(data, networks())
    stepwise = tables(data)["metric"]
    build(data, networks(), afresh=True)
    assert stepwise.equals(tables(data)["metric"])
    assert not stepwise.equals(before)


@pytest.mark.slow
def test_after_a_torn_file_nothing_stands_until_all_is_whole(hamlet: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(hamlet, data)
    before = tables(data)
    path = min((data / "landing" / "akash").glob("*/validators/*.parquet"))
    content = path.read_bytes()
    told = []
    for bytes_ in (content[:-9] + b"otherwise", content, content):
        path.write_bytes(bytes_)
        with made() as counts:
            build(data, networks())
        told.append(counts["told"])
    assert told == [1, 1, 0]
    after = tables(data)
    assert [name for name in TABLES if not before[name].equals(after[name])] == []
