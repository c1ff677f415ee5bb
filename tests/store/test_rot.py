"""Bits that flip at rest: whatever is stored, a change of any byte is named, or changes nothing.

Landing, parts, ledger and pointer are flipped at every byte. A mart is found by the hash of all its bytes, of which a
few hundred are flipped.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from ingest.__main__ import app
from store import ledger
from store.faults import BadData
from store.landed import contents, intact
from store.landing import Landing
from store.mart import Damaged, Mart, NoMart, current, opened, prove
from store.parts import Lasting
from store.rows import Facts, Kind, frame, observation
from tests.store.test_landing import NOON, facts, snapshot

PART = pl.DataFrame({"holder": ["a"], "block": [3]})
LONG_AGO = NOON - timedelta(days=90)
ENTRY: ledger.Run = {
    "id": "20260717T120000-1",
    "started": NOON.isoformat(),
    "finished": NOON.isoformat(),
    "status": "fresh",
    "landed": 1,
    "requests": 12,
    "argv": "run",
    "version": "1",
    "host": "test",
    "errors": [{"network": "akash", "reading": "names", "error": "SourceDown", "message": "refused"}],
}


def world(data: Path) -> dict[str, Path]:
    """One file of each kind that landing holds, by its kind."""
    landing = Landing(data)
    months = [(snapshot(height, LONG_AGO + timedelta(hours=height)), facts(height, 5)) for height in (1, 2)]
    (month,) = landing.land_months(months)
    single = landing.land(snapshot(7), facts(70, 20, 10))
    seen = Facts(frame(Kind.OBSERVATIONS, [observation("bonded", NOON, 5, "uakt")]))
    landing.land(snapshot(7, kind=Kind.OBSERVATIONS, network="fetch"), seen)
    landing.parts.memo(snapshot(8))(Lasting("final-logs-0-99"), lambda: PART)
    landing.ledger.record("20260717T120000-1", ENTRY)
    (part,) = (landing.folder / "_parts").rglob("*.parquet")
    (line,) = (landing.folder / "_runs").glob("*.json")
    return {"single": single, "month": month, "part": part, "line": line}


def flips(path: Path, places: list[int] | None = None) -> Iterator[int]:
    """The file with one bit of one byte flipped, byte by byte; whole again in the end."""
    content = path.read_bytes()
    for place in places or range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        yield place
    path.write_bytes(content)


# At every byte; a fast run looks at some of them.
AT_EVERY = pytest.mark.parametrize("step", [37, pytest.param(1, marks=pytest.mark.slow)])


def stepped(path: Path, step: int) -> Iterator[int]:
    """The file with one bit flipped in one of so many bytes."""
    return flips(path, list(range(0, path.stat().st_size, step)))


def refused(path: Path) -> BadData | None:
    """What is said of a landing file that is not what landed."""
    try:
        intact(path)
    except BadData as error:
        return error
    return None


def ingest(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"DEAI_DATA": str(data)}).invoke(app, arguments)


def stated(data: Path) -> Any:
    """What `status` says for machines."""
    return json.loads(ingest(data, "status", "--json").stdout)


@AT_EVERY
@pytest.mark.parametrize("kind", ["single", "month"])
def test_any_flipped_byte_of_a_landing_file_is_named(tmp_path: Path, kind: str, step: int) -> None:
    path = world(tmp_path)[kind]
    assert list(Landing(tmp_path).torn()) == []
    for place in stepped(path, step):
        assert str(path) in str(refused(path)), place
    assert refused(path) is None


@AT_EVERY
def test_any_flipped_byte_of_a_part_makes_it_again_or_changes_nothing(tmp_path: Path, step: int) -> None:
    path = world(tmp_path)["part"]
    memo = Landing(tmp_path).parts.memo(snapshot(9))
    for place in stepped(path, step):
        assert memo(Lasting("final-logs-0-99"), lambda: PART).rows() == [("a", 3)], place
        assert list(Landing(tmp_path).torn()) == [], place


@AT_EVERY
def test_any_flipped_byte_of_a_line_of_the_ledger_is_named_or_says_the_same(tmp_path: Path, step: int) -> None:
    path = world(tmp_path)["line"]
    for place in stepped(path, step):
        runs, damaged = Landing(tmp_path).ledger.runs()
        assert runs.equals(ledger.frame([ENTRY])) or (runs.is_empty() and str(path) in str(damaged)), place
    assert Landing(tmp_path).ledger.newest() == ENTRY


def test_a_line_of_before_lines_had_hashes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    path.write_text(json.dumps(ENTRY))
    assert ledger.line(path) == ENTRY


@pytest.mark.slow
@pytest.mark.parametrize("name", ["landing_version_1.parquet", "landing_version_2.parquet"])
def test_changed_rows_of_a_file_of_before_there_were_seals_are_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "7.parquet"
    shutil.copy(Path(__file__).parents[1] / "data" / name, path)
    whole = [Landing(tmp_path).read(path, landed.snapshot.key) for landed in intact(path)]
    content, named = path.read_bytes(), 0
    for place in flips(path, list(range(4, len(content), 23))):
        if error := refused(path):
            assert str(path) in str(error), place
            named += 1
            continue
        found = [Landing(tmp_path).read(path, landed.snapshot.key) for landed in contents(path)]
        assert [rows.to_dicts() for rows in found] == [rows.to_dicts() for rows in whole], place
    assert named > 10


def test_a_torn_part_of_a_long_reading_is_made_again(tmp_path: Path) -> None:
    part, landing = world(tmp_path)["part"], Landing(tmp_path)
    for damage in (b"PAR1 and no more", part.read_bytes()[:-9], part.read_bytes().replace(b"final", b"finax")):
        part.write_bytes(damage)
        made = landing.parts.memo(snapshot(9))(Lasting("final-logs-0-99"), lambda: PART)
        assert made.rows() == PART.rows()
        assert list(landing.torn()) == []


def published(data: Path, *, but: str = "") -> dict[str, list[tuple[object, ...]]]:
    """What the tables say of each snapshot, without those of one file."""
    with opened(data) as mart:
        held = mart.table(
            """
            SELECT s.height, p.name, h.address, o.amount FROM holding o JOIN snapshot s ON s.id = o.snapshot
            JOIN population p ON p.id = o.population JOIN holder h ON h.id = o.holder
            WHERE s.file <> ? ORDER BY ALL
            """,
            but,
        )
        seen = mart.table("SELECT network, reading, height, n, sha256 FROM snapshot WHERE file <> ? ORDER BY ALL", but)
    return {"held": held.rows(), "seen": seen.rows()}


@pytest.mark.slow
def test_rebuild_names_a_flipped_file_and_publishes_the_rest_as_it_was(tmp_path: Path) -> None:
    files = world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    name = files["single"].relative_to(tmp_path / "landing").as_posix()
    rest = published(tmp_path, but=name)
    size = files["single"].stat().st_size
    for _ in flips(files["single"], random.Random(7).sample(range(size), 2)):
        told = ingest(tmp_path, "rebuild")
        assert told.exit_code == 4, told.output
        assert str(files["single"]) in told.stderr
        assert published(tmp_path)["seen"] == rest["seen"]
        assert [str(files["single"]) in message for message in stated(tmp_path)["torn"]] == [True]
    assert ingest(tmp_path, "rebuild").exit_code == 0
    assert stated(tmp_path)["torn"] == []


@pytest.mark.slow
def test_status_tells_of_a_newer_run_and_of_damage_that_a_rebuild_found(tmp_path: Path) -> None:
    files = world(tmp_path)
    files["line"].write_bytes(b'{"id": ')
    assert ingest(tmp_path, "rebuild").exit_code == 4
    assert stated(tmp_path)["unpublished_run"] is None
    newer = {**ENTRY, "id": "20260718T120000-1", "started": (NOON + timedelta(days=1)).isoformat()}
    Landing(tmp_path).ledger.record("20260718T120000-1", {**newer, "status": "interrupted"})
    told = ingest(tmp_path, "status").stdout.splitlines()
    assert "not published: run of 2026-07-18T12:00 UTC, at work or interrupted" in told
    (said,) = [line for line in told if str(files["line"]) in line]
    assert (said.count("torn"), said.endswith("or import it again")) == (0, True)
    assert stated(tmp_path)["unpublished_run"]["id"] == newer["id"]


@pytest.mark.slow
def test_verify_names_everything_that_is_torn_one_line_a_file(tmp_path: Path) -> None:
    files = world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    assert (ingest(tmp_path, "verify", "--landing").exit_code, ingest(tmp_path, "verify").exit_code) == (0, 0)
    for path in files.values():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    told = ingest(tmp_path, "verify", "--landing")
    assert told.exit_code == 4
    assert all(
        str(path) in line for path, line in zip(sorted(files.values()), sorted(told.stdout.splitlines()), strict=True)
    )
    assert ingest(tmp_path, "verify").exit_code == 0
    pruned = ingest(tmp_path, "prune")
    assert pruned.exit_code == 4
    assert "Traceback" not in pruned.output
    assert all(str(path) in pruned.stderr for path in files.values())
    # What is torn is neither thinned nor merged away, and each build names it again.
    assert all(path.exists() for path in files.values())
    assert str(files["single"]) in ingest(tmp_path, "prune").stderr


@pytest.mark.slow
def test_a_damaged_line_of_the_ledger_is_named_and_stops_nothing(tmp_path: Path) -> None:
    files = world(tmp_path)
    Landing(tmp_path).ledger.record("20260718T120000-1", {**ENTRY, "id": "20260718T120000-1"})
    files["line"].write_bytes(b'{"id": ')
    told = ingest(tmp_path, "rebuild")
    assert (told.exit_code, str(files["line"]) in told.stderr) == (4, True)
    assert isinstance(told.exception, SystemExit)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT id FROM run")["id"].to_list() == ["20260718T120000-1"]


def damages() -> list[tuple[str, Callable[[bytes], bytes]]]:
    def flipped(content: bytes) -> bytes:
        return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]

    return [("cut off", lambda content: content[:5000]), ("empty", lambda _: b""), ("flipped", flipped)]


@pytest.mark.slow
@pytest.mark.parametrize("damage", [damage for _, damage in damages()], ids=[name for name, _ in damages()])
def test_a_damaged_mart_is_built_afresh_with_a_warning(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    world(tmp_path)
    ingest(tmp_path, "rebuild")
    before, mart = published(tmp_path), current(tmp_path)
    mart.write_bytes(damage(mart.read_bytes()))
    status = ingest(tmp_path, "status")
    assert (status.exit_code, len(status.stderr.splitlines())) == (4, 1)
    assert f"{mart} is damaged" in status.stderr
    assert f"{mart} is damaged" in ingest(tmp_path, "verify").stdout
    told = ingest(tmp_path, "prune")
    assert (told.exit_code, f"WARNING {mart} is damaged" in told.stderr) == (0, True), told.output
    assert published(tmp_path) == before


@pytest.mark.slow
def test_a_flipped_byte_of_a_mart_is_found_before_it_is_built_on(tmp_path: Path) -> None:
    world(tmp_path)
    ingest(tmp_path, "rebuild")
    mart, dice = current(tmp_path), random.Random(2026)
    size = mart.stat().st_size
    # DuckDB's three headers of 4 KiB, and places in the blocks after them.
    for place in flips(mart, dice.sample(range(3 * 4096), 60) + dice.sample(range(3 * 4096, size), 60)):
        with pytest.raises(Damaged, match="bytes are not those"):
            prove(tmp_path)
        assert place >= 0
    assert prove(tmp_path) == mart


@pytest.mark.slow
def test_pages_read_the_same_from_a_flipped_mart_or_are_told(tmp_path: Path) -> None:
    world(tmp_path)
    ingest(tmp_path, "rebuild")
    path, dice, told = current(tmp_path), random.Random(2026), 0
    names = ("snapshot", "holding", "holder", "metric", "distribution", "observation", "run")

    def tables() -> list[list[tuple[object, ...]]]:
        with Mart(path) as mart:
            return [mart.table(f"FROM {name} ORDER BY ALL").rows() for name in names]

    before = tables()
    for place in flips(path, dice.sample(range(path.stat().st_size), 40)):
        try:
            assert tables() == before, place
        except Damaged:
            told += 1
    assert told


@pytest.mark.slow
def test_any_flipped_byte_of_the_pointer_is_told_or_changes_nothing(tmp_path: Path) -> None:
    world(tmp_path)
    # Three generations, so that another number names a mart that is there.
    for _ in range(3):
        ingest(tmp_path, "rebuild")
    mart, told = current(tmp_path), 0
    for place in flips(tmp_path / "CURRENT"):
        try:
            assert prove(tmp_path) == mart, place
        except NoMart:
            told += 1
    assert told > 140
    (tmp_path / "CURRENT").write_text(mart.name)
    assert prove(tmp_path) == mart


def test_the_note_of_version_2_is_read(tmp_path: Path) -> None:
    found = contents(Path(__file__).parents[1] / "data" / "landing_version_2.parquet")
    assert [(one.schema_version, one.snapshot.block.height, one.n) for one in found] == [(2, 7, 3), (2, 8, 3)]
    path = tmp_path / "2026-07.parquet"
    shutil.copy(Path(__file__).parents[1] / "data" / "landing_version_2.parquet", path)
    assert Landing(tmp_path).read(path, found[1].snapshot.key)["amount"].to_list() == [80, 20, 30]
