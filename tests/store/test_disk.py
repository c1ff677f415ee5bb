"""A disk that is full or fails, folders of odd names, a lock file that is deleted, a reader that leaves."""

import errno
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import Result

from ingest import job
from store.disk import replace
from store.landing import Landing
from store.mart import current, prove
from tests.store.test_landing import facts, snapshot
from tests.store.test_rot import ingest, published, world
from tests.worlds.moving_chain import ROOT, moving_chain

Usage = namedtuple("Usage", "total used free")


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Writes that make a file larger fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def left_over(data: Path) -> list[str]:
    """What a writer that failed should have taken away."""
    names = [path.name for path in data.rglob("*")]
    return [name for name in names if name.endswith((".tmp", ".wal")) or name.startswith(("draft", "exchange"))]


def assert_told(told: Result, data: Path) -> None:
    """One line, the code of a disk that is full or fails, nothing left over, the old mart whole."""
    lines = [line for line in told.stderr.splitlines() if not line.startswith(("INFO", "WARNING"))]
    assert (told.exit_code, len(lines)) == (74, 1), told.output
    assert f"cannot write to {data}" in lines[0]
    assert left_over(data) == []
    assert prove(data)
    status = ingest(data, "status")
    assert status.exit_code == 4
    assert "the last run failed: 20" in status.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("command", "size"), [("prune", 500), ("prune", 100_000), ("rebuild", 700_000)])
def test_a_full_disk_is_one_line_and_leaves_the_mart_and_nothing_else(tmp_path: Path, command: str, size: int) -> None:
    world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    before = published(tmp_path)
    assert current(tmp_path).stat().st_size > size
    with no_file_above(size):
        told = ingest(tmp_path, command)
    assert_told(told, tmp_path)
    assert published(tmp_path) == before
    assert ingest(tmp_path, command).exit_code == 0
    assert published(tmp_path) == before
    assert "the last run failed" not in ingest(tmp_path, "status").stdout


@pytest.mark.slow
def test_a_run_on_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    with moving_chain() as address, no_file_above(1500):
        monkeypatch.setenv("AKASH_URL", address)
        told = ingest(tmp_path, "run", "--network", "akash", "--reading", "validators", "--all")
    assert_told(told, tmp_path)


@pytest.mark.slow
def test_an_export_to_a_full_disk_is_one_line_and_leaves_an_older_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    world(data)
    assert ingest(data, "rebuild").exit_code == 0
    for ending in ("csv", "json", "parquet"):
        file = tmp_path / f"out.{ending}"
        for before in (None, "an older one"):
            if before:
                file.write_text(before)
            with no_file_above(20):
                told = ingest(data, "export", "snapshot", str(file))
            assert (told.exit_code, len(told.stderr.splitlines())) == (74, 1), told.output
            assert f"cannot write {file}: " in told.stderr
            assert [path.read_text() for path in tmp_path.glob("out*")] == [before] * bool(before)
        assert ingest(data, "export", "snapshot", str(file)).exit_code == 0
        assert len(file.read_bytes()) > 20
        file.unlink()
    assert "the ending must be" in ingest(data, "export", "snapshot", "out.txt").stderr
    assert ingest(data, "export", "snapshot", str(tmp_path / "nowhere" / "out.csv")).exit_code == 2
    assert not (tmp_path / "nowhere").exists()


def failing_at(call: int, sync: Callable[[int], None]) -> Callable[[int], None]:
    """The system's fsync, of which one call fails in one of three ways."""
    calls, number = count(1), (errno.ENOSPC, errno.EIO, errno.EROFS)[call % 3]

    def fsync(handle: int) -> None:
        if next(calls) == call:
            raise OSError(number, os.strerror(number))
        sync(handle)

    return fsync


@pytest.mark.slow
def test_whichever_write_fails_it_is_told_and_the_next_one_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    sync, failed = os.fsync, 0
    for call in range(1, 100):
        monkeypatch.setattr(os, "fsync", failing_at(call, sync))
        told = ingest(tmp_path, "prune")
        monkeypatch.setattr(os, "fsync", sync)
        if told.exit_code == 0:
            break
        assert_told(told, tmp_path)
        failed += 1
    assert failed >= 3
    assert ingest(tmp_path, "verify", "--landing").exit_code == 0


@pytest.mark.slow
def test_room_for_two_marts_is_asked_for_before_anybody_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    size = current(tmp_path).stat().st_size
    monkeypatch.setenv("AKASH_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(size, size, 2 * size - 1))
    told = ingest(tmp_path, "run", "--network", "akash", "--reading", "validators", "--all")
    assert_told(told, tmp_path)
    assert "MiB are needed" in told.stderr
    assert "127.0.0.1:9" not in told.stderr


NAMES = ("a[b]", "a*b", "'quoted' \"twice\"", "ä ö", "a%20b#c;d,e&f=g", "-a\nb~{$HOME}")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_other_name_is_as_good(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    # What a pattern would take in place of the file, or beside it.
    for sibling in ("ab", "aXb"):
        Landing(tmp_path / sibling).land(snapshot(7), facts(666))
    world(data)
    shutil.copy(ROOT / "tests/data/landing_version_1.parquet", data / "landing/akash/akashnet-2/validators/3.parquet")
    told = ingest(data, "rebuild")
    assert told.exit_code == 0, told.output
    assert ingest(data, "verify", "--landing").exit_code == 0
    # Three amounts of a month ago, of a month file, and of the newest block.
    assert [row[-1] for row in published(data)["held"]] in ([70, 20, 10], [10, 20, 30])
    assert ingest(data, "export", "snapshot", str(tmp_path / "out.csv")).exit_code == 0
    assert current(data).parent == data


@pytest.mark.parametrize("name", ["a?b", "a\\b", "\\"])
@pytest.mark.parametrize("command", ["rebuild", "run", "status"])
def test_a_folder_in_which_no_database_can_be_is_refused_in_words(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / name).mkdir()
    told = ingest(tmp_path / name, command)
    assert told.exit_code == 2
    assert re.search(r"in\s+its\s+path", re.sub(r"[│\s]+", " ", told.stderr))
    assert list((tmp_path / name).iterdir()) == []


def test_a_lock_file_that_was_deleted_lets_no_second_writer_in(tmp_path: Path) -> None:
    with job.lock(tmp_path):
        (tmp_path / "ingest.lock").unlink()
        with pytest.raises(job.Locked), job.lock(tmp_path):
            pass
    with job.lock(tmp_path):
        pass


def test_two_workers_that_write_the_same_file_at_once_both_write_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that holds at every block may be made by two days of a backfill; the second is done within the first."""
    path, synced = tmp_path / "part", os.fsync

    def other_first(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", synced)
        other = Thread(target=replace, args=(path, b"same"))
        other.start()
        other.join()
        assert path.read_bytes() == b"same"
        synced(handle)

    monkeypatch.setattr(os, "fsync", other_first)
    replace(path, b"same")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("part", b"same")]


def test_what_a_killed_writer_left_half_written_is_swept_by_the_next(tmp_path: Path) -> None:
    path = world(tmp_path)["single"]
    half = path.with_suffix(".tmp")
    half.write_bytes(b"PAR1")
    with job.lock(tmp_path):
        assert not half.exists()
    assert path.exists()


@pytest.mark.slow
def test_a_command_ends_as_always_where_its_reader_has_left(tmp_path: Path) -> None:
    world(tmp_path)
    assert ingest(tmp_path, "rebuild").exit_code == 0
    for arguments in (["status", "--json"], ["doctor", "--network", "akash"]):
        reader, writer = os.pipe()
        os.close(reader)
        told = subprocess.run(
            [sys.executable, "-m", "ingest", *arguments],
            cwd=ROOT,
            env={**os.environ, "DEAI_DATA": str(tmp_path), "AKASH_URL": "http://127.0.0.1:9"},
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(writer)
        # As with a reader: nothing of this world was read lately, and nobody answers.
        assert (told.returncode, told.stderr) == (4, ""), arguments
