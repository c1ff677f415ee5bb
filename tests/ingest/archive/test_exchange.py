"""What hosts have of one archive: each gets what it lacks, nobody writes over, and who disagrees is told."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.archive.exchange import Exchange
from store.landed import contents
from store.landing import Landing
from tests.worlds.moving_chain import called
from tests.worlds.object_store import NOON, SECRET, Bucket, days, land, ledger

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_marts")]


def names(data: Path) -> set[str]:
    return {path.relative_to(data).as_posix() for path in Landing(data).files()}


def test_of_eight_writers_of_each_of_a_hundred_names_one_wins(bucket: Bucket) -> None:
    objects = bucket.objects()
    with ThreadPoolExecutor(8) as pool:
        writers = [
            [pool.submit(objects.create, f"landing/key{key}", f"writer {writer}".encode()) for writer in range(8)]
            for key in range(100)
        ]
    for key, told in enumerate(writers):
        (winner,) = [place for place, one in enumerate(told) if one.result() is not None]
        assert bucket.files()[f"landing/key{key}"] == f"writer {winner}".encode()


def test_what_one_host_pushes_another_one_pulls(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for day in days(3):
        land(a, day)
    assert bucket.told(a, "push")[0] == 0
    code, _, errors = bucket.told(b, "pull")
    assert (code, errors) == (0, "INFO 3 files pulled\n")
    assert names(b) == names(a)
    assert [path.read_bytes() for path in Landing(b).files()] == [path.read_bytes() for path in Landing(a).files()]
    assert "0 files pulled" in bucket.told(b, "pull")[2]
    assert "0 files pushed" in bucket.told(b, "push")[2]
    assert SECRET not in errors


def test_two_hosts_that_land_one_block_from_two_nodes_agree(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    land(a, NOON, endpoint="https://a.example")
    mine = land(b, NOON, endpoint="https://b.example")
    before = mine.read_bytes()
    assert bucket.told(a, "push")[0] == 0
    assert bucket.told(b, "push")[0] == 0
    assert mine.read_bytes() == before
    assert bucket.files("landing") == {name: (a / name).read_bytes() for name in names(a)}
    assert bucket.told(b, "disputes") == (0, "", "")


def test_other_facts_of_one_block_are_disputed_and_both_are_kept(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    first, other = land(a, NOON), land(b, NOON, more=1)
    assert bucket.told(a, "push")[0] == 0
    code, _, errors = bucket.told(b, "push")
    assert code == 4
    assert "tell different facts" in errors
    kept = bucket.files()
    assert kept[first.relative_to(a).as_posix()] == first.read_bytes()
    (disputed,) = [name for name in kept if name.startswith("disputed/")]
    assert kept[disputed] == other.read_bytes()
    assert other.exists()
    code, told, _ = bucket.told(a, "disputes")
    assert code == 4
    assert disputed in told
    assert bucket.told(b, "push")[0] == 4
    assert {name: text for name, text in bucket.files().items() if not name.startswith("runs/")} == kept
    for line in ledger(b):
        assert line["status"] == "partial"
        assert isinstance(line["errors"], list)
        assert [one["error"] for one in line["errors"]] == ["Disagreement"]
    # Whoever looked, and found the other right, gives way.
    other.unlink()
    assert bucket.told(b, "pull")[0] == 0
    assert bucket.told(b, "push")[0] == 0
    assert other.read_bytes() == first.read_bytes()


def test_a_torn_file_is_named_and_stays_where_it_is(bucket: Bucket, tmp_path: Path) -> None:
    paths = [land(tmp_path, day) for day in days(2)]
    paths[0].write_bytes(paths[0].read_bytes()[:-9])
    code, _, errors = bucket.told(tmp_path, "push")
    assert code == 4
    assert str(paths[0]) in errors
    assert list(bucket.files("landing")) == [paths[1].relative_to(tmp_path).as_posix()]


def test_what_was_changed_at_the_archive_is_refused_by_name(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    first, second = (land(a, day) for day in days(2))
    assert bucket.told(a, "push")[0] == 0
    there = bucket.folder / "deai" / first.relative_to(a)
    flipped = bytearray(there.read_bytes())
    flipped[100] ^= 1
    there.write_bytes(flipped)
    moved = bucket.folder / "deai/landing/fetch/fetchhub-4/validators" / second.name
    moved.parent.mkdir(parents=True)
    shutil.copy(second, moved)
    (bucket.folder / "deai/landing/akash/x.sh").write_bytes(b"#!/bin/sh")
    code, _, errors = bucket.told(b, "pull")
    assert code == 4
    assert "is torn" in errors
    assert "is not where" in errors
    assert "no name of an archived file" in errors
    assert names(b) == {second.relative_to(a).as_posix()}
    assert not list(b.rglob("*.tmp"))


def test_facts_that_cannot_be_true_are_refused(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    land(a, NOON, more=-10_000)
    assert bucket.told(a, "push")[0] == 0
    code, _, errors = bucket.told(b, "pull")
    assert code == 4
    assert "cannot be true" in errors
    assert names(b) == set()


def test_simulated_facts_go_to_no_archive(bucket: Bucket, tmp_path: Path) -> None:
    data = tmp_path / "sample"
    data.mkdir()
    for command in ("push", "publish"):
        code, _, errors = bucket.told(data, command)
        assert code == 2
        assert "simulated" in errors
    assert bucket.files() == {}


def test_a_month_takes_the_place_of_its_days_everywhere(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    old, late = days(3), days(4)[3]
    for day in old:
        land(a, day)
    assert bucket.told(a, "push")[0] == 0
    assert bucket.told(b, "pull")[0] == 0
    mine = land(b, late)
    assert bucket.told(a, "prune")[0] == 0
    months = [name for name in bucket.files("landing") if "2026-07." in name]
    assert len(months) == 1
    assert list(bucket.files("landing")) == months
    # The other host has one day that the month lacks: nothing of it is lost.
    assert bucket.told(b, "pull")[0] == 0
    assert [path.name for path in Landing(b).files()] == ["2026-07.parquet", mine.name]
    assert bucket.told(b, "push")[0] == 0
    assert bucket.told(b, "prune")[0] == 0
    assert bucket.told(a, "pull")[0] == 0
    (whole,) = Landing(a).files()
    assert [one.snapshot.block.time for one in contents(whole)] == [*old, late]
    assert "0 files pushed" in bucket.told(a, "push")[2]


def test_a_day_that_a_month_tells_otherwise_stays_and_is_disputed(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    first, second = days(2)
    for day in (first, second):
        land(a, day)
    assert bucket.told(a, "prune")[0] == 0
    same, other = land(b, first), land(b, second, more=1)
    code, _, errors = bucket.told(b, "pull")
    assert code == 4
    assert f"{other} and" in errors
    assert not same.exists()
    assert other.exists()
    assert [name for name in bucket.files("disputed") if name.endswith(other.name)] != []
    assert bucket.told(b, "push")[0] == 4
    assert bucket.told(b, "prune")[0] == 4
    assert other.exists()
    other.unlink()
    assert bucket.told(b, "pull")[0] == 0
    assert bucket.told(b, "push")[0] == 0
    assert names(b) == names(a)


def test_a_month_that_tells_a_day_of_the_archive_otherwise_is_disputed(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    land(b, NOON, more=1)
    assert called(b, "prune")[0] == 0
    mine = land(a, NOON)
    assert bucket.told(a, "push")[0] == 0
    for _ in range(2):
        code, _, errors = bucket.told(b, "pull")
        assert code == 4
        assert "tell different facts" in errors
    assert bucket.told(b, "prune")[0] == 4
    assert bucket.files("landing")[mine.relative_to(a).as_posix()] == mine.read_bytes()
    assert len(bucket.files("disputed")) == 1


def test_months_that_tell_one_day_otherwise_are_not_put_together(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for data, more in ((a, 0), (b, 1)):
        land(data, NOON, more=more)
        assert called(data, "prune")[0] == 0
    (mine,) = Landing(b).files()
    before = mine.read_bytes()
    assert bucket.told(a, "push")[0] == 0
    for command in ("pull", "push", "prune"):
        assert bucket.told(b, command)[0] == 4
    assert mine.read_bytes() == before
    assert list(bucket.files("disputed").values()) == [before]
    assert len(bucket.files("landing")) == 1


def test_hosts_that_push_months_at_once_all_have_theirs_named(bucket: Bucket, tmp_path: Path) -> None:
    hosts = [tmp_path / str(host) for host in range(4)]
    for place, data in enumerate(hosts):
        # Two of them have the same month, with days of their own.
        for day in days(2, NOON + timedelta(days=2 * place if place < 2 else 31 * place)):
            land(data, day)
        assert called(data, "prune")[0] == 0
    exchanges = [Exchange(data, bucket.objects(), lambda _: None) for data in hosts]
    with ThreadPoolExecutor(4) as pool:
        done = [one.result() for one in [pool.submit(exchange.push) for exchange in exchanges]]
    assert [one.errors for one in done] == [[]] * 4
    reader = tmp_path / "reader"
    assert bucket.told(reader, "pull")[0] == 0
    assert [(path.name, len(contents(path))) for path in Landing(reader).files()] == [
        ("2026-07.parquet", 4),
        ("2026-09.parquet", 2),
        ("2026-10.parquet", 2),
    ]


def test_two_months_of_two_hosts_become_one(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    first, second, third = days(3)
    for data, pair in ((a, (first, second)), (b, (second, third))):
        for day in pair:
            land(data, day)
        assert bucket.told(data, "prune")[0] == 0
    assert bucket.told(a, "pull")[0] == 0
    for data in (a, b):
        (month,) = Landing(data).files()
        assert [one.snapshot.block.time for one in contents(month)] == [first, second, third]
