"""Hosts that are killed, lose their archive, or disagree: nothing is lost, nothing is written over, and it is told."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from store.landed import contents
from store.landing import Landing
from store.mart import current
from tests.worlds.moving_chain import called, moving_chain
from tests.worlds.object_store import Bucket, days, land, ledger, python
from tests.worlds.servers import free_port

pytestmark = pytest.mark.slow

# What pushes and is killed at once after so many files.
KILLED = """
import os, signal, sys
from ingest.archive.objects import Objects
from ingest.__main__ import app
most, made, create = int(sys.argv[1]), [], Objects.create
def counted(self, name, content):
    if name.startswith("landing/"):
        if len(made) == most:
            os.kill(os.getpid(), signal.SIGKILL)
        made.append(name)
    return create(self, name, content)
Objects.create = counted
sys.argv[1:] = ["push"]
app()
"""


def killed(data: Path, bucket: Bucket, after: int) -> None:
    """A push that is killed before it brings one more than so many files."""
    with python("-c", KILLED, str(after), data=data, bucket=bucket) as process:
        process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL


def listing(bucket: Bucket, under: str = "landing") -> dict[str, bytes]:
    return bucket.files(under)


def test_a_push_that_is_killed_and_run_again_leaves_what_one_undisturbed_leaves(
    bucket: Bucket, tmp_path: Path, store_bucket: Callable[[], Bucket]
) -> None:
    data, other = tmp_path / "data", store_bucket()
    for day in days(6):
        land(data, day)
    killed(data, bucket, 3)
    assert len(listing(bucket)) == 3
    assert bucket.told(data, "push")[0] == 0
    (data / "archive.json").unlink()
    assert other.told(data, "push")[0] == 0
    assert listing(bucket) == listing(other)
    assert listing(bucket) == {p.relative_to(data).as_posix(): p.read_bytes() for p in Landing(data).files()}
    assert bucket.files("disputed") == {}
    # Nor is anything lost that was remembered of neither.
    (data / "archive.json").write_text("{torn")
    code, _, errors = bucket.told(data, "push")
    assert (code, errors) == (0, "INFO 0 files pushed\n")


def test_two_hosts_that_disagree_on_one_day_of_ten_lose_nothing_though_one_is_killed(
    bucket: Bucket, tmp_path: Path
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    ten = days(10)
    for day in ten:
        land(a, day)
        land(b, day, more=day == ten[7])
    killed(a, bucket, 4)
    assert bucket.told(b, "push")[0] == 0
    assert bucket.told(a, "push")[0] == 4
    there = bucket.files()
    held = {name: text for name, text in there.items() if name.startswith("landing/")}
    assert len(held) == 10
    first = {path.relative_to(a).as_posix(): path.read_bytes() for path in Landing(a).files()}
    second = {path.relative_to(b).as_posix(): path.read_bytes() for path in Landing(b).files()}
    (place,) = [name for name in first if first[name] != second[name]]
    assert held == {**first, place: second[place]}
    (disputed,) = [name for name in there if name.startswith("disputed/")]
    assert there[disputed] == first[place]
    assert {path.relative_to(a).as_posix() for path in Landing(a).files()} == set(first)


def test_a_dispute_is_told_by_status_until_somebody_has_looked(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    day = days(1)[0]
    land(a, day)
    mine = land(b, day, more=1)
    assert called(b, "rebuild")[0] == 0
    _, before, _ = called(b, "status", "--json")
    assert '"disputed": []' in before
    assert bucket.told(a, "push")[0] == 0
    assert bucket.told(b, "push")[0] == 4
    code, told, _ = called(b, "status")
    assert code == 4
    assert "other hosts have landed other facts than 1 file here" in told
    assert str(mine) in told
    # No month takes it in meanwhile.
    assert bucket.told(b, "prune")[0] == 4
    assert mine.exists()
    mine.unlink()
    assert bucket.told(b, "pull")[0] == 0
    assert bucket.told(b, "push")[0] == 0
    assert "other facts" not in called(b, "status")[1]


def test_a_run_exchanges_what_it_reads_and_publishes_here_and_there(bucket: Bucket, tmp_path: Path) -> None:
    a, b, reader = tmp_path / "a", tmp_path / "b", tmp_path / "reader"
    with moving_chain() as address:
        surroundings = {"AKASH_URL": address, **bucket.environment}
        arguments = ("run", "--network", "akash", "--reading", "validators")
        code, _, errors = called(a, *arguments, **surroundings)
        assert code == 0, errors
        # What one host has read is not due at another one, which publishes it too.
        code, _, errors = called(b, *arguments, **surroundings)
        assert code == 0, errors
    assert [path.read_bytes() for path in Landing(b).files()] == [path.read_bytes() for path in Landing(a).files()]
    assert len(Landing(a).files()) == 1
    assert len([name for name in bucket.files("marts") if name.endswith(".duckdb")]) == 2
    assert bucket.told(reader, "follow", "--once")[0] == 0
    assert current(reader).read_bytes() == current(b).read_bytes()
    for host in (a, b):
        (line,) = ledger(host)
        assert line["status"] == "fresh"
    assert bucket.told(a, "push")[0] == 0
    assert [name.removeprefix("runs/") for name in bucket.files("runs")] == [f"{ledger(a)[0]['id']}.json"]


def test_while_the_archive_is_down_all_work_here_succeeds_and_the_next_run_brings_it(
    bucket: Bucket, tmp_path: Path
) -> None:
    down = {**bucket.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with moving_chain() as address:
        arguments = ("run", "--network", "akash", "--reading", "validators")
        code, _, errors = called(tmp_path, *arguments, AKASH_URL=address, **down)
    assert code == 3
    assert "does not answer" in errors
    assert current(tmp_path).exists()
    (line,) = ledger(tmp_path)
    assert (line["status"], line["landed"]) == ("partial", 1)
    told = line["errors"]
    assert isinstance(told, list)
    assert [one["error"] for one in told] == ["ArchiveDown"]
    for command in ("push", "pull", "publish"):
        assert called(tmp_path, command, **down)[0] == 3
    # The next one has nothing to read, and brings what is there.
    code, _, errors = bucket.told(tmp_path, *arguments)
    assert code == 0, errors
    assert list(bucket.files("landing")) == [p.relative_to(tmp_path).as_posix() for p in Landing(tmp_path).files()]
    assert len(bucket.files("marts")) == 2


def test_what_is_signed_is_never_said(bucket: Bucket, tmp_path: Path) -> None:
    secret = "wrongsecretwrongsecretwrong"
    land(tmp_path, days(1)[0])
    wrong = {**bucket.environment, "AWS_SECRET_ACCESS_KEY": secret, "AWS_ACCESS_KEY_ID": "wrongidwrongid"}
    for command in ("push", "pull", "disputes", "follow --once"):
        code, output, errors = called(tmp_path, *command.split(), **wrong)
        assert code == 3
        assert bucket.environment["DEAI_ARCHIVE"] in errors
        assert "wrong" not in (output + errors).replace(str(tmp_path), "")


def test_an_archive_that_was_lost_is_filled_again(bucket: Bucket, tmp_path: Path) -> None:
    for day in days(3):
        land(tmp_path, day)
    assert bucket.told(tmp_path, "push")[0] == 0
    before = listing(bucket)
    shutil.rmtree(bucket.folder / "deai")
    assert bucket.told(tmp_path, "push")[0] == 0
    assert listing(bucket) == before


@pytest.mark.usefixtures("no_marts")
def test_what_was_pruned_elsewhere_is_not_brought_again(bucket: Bucket, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    hours = [day.replace(hour=hour) for day in days(2) for hour in (1, 2, 3)]
    for hour in hours:
        land(a, hour)
    assert bucket.told(a, "push")[0] == 0
    assert bucket.told(b, "pull")[0] == 0
    assert bucket.told(a, "prune")[0] == 0
    (month,) = Landing(a).files()
    assert [one.snapshot.block.time.hour for one in contents(month)] == [3, 3]
    assert bucket.told(b, "push")[0] == 0
    there = listing(bucket)
    assert len(there) == 1
    assert bucket.told(b, "pull")[0] == 0
    # What no month holds stays here, and goes nowhere.
    assert len(Landing(b).files()) == 1 + 4
    assert bucket.told(b, "push")[0] == 0
    assert listing(bucket) == there
    assert bucket.told(a, "pull")[0] == 0
    assert Landing(a).files() == [month]
