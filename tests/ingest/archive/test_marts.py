"""Marts at an archive: a pointer that never goes back, and readers who never see half of a mart."""

import hashlib
import json
import os
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.archive import marts as ahead
from ingest.archive import pieces
from ingest.archive.following import Follower
from ingest.archive.marts import CURRENT, Older, publish_there
from ingest.archive.objects import ArchiveDown
from ingest.networks import networks
from ingest.publication import build
from store.faults import BadData
from store.mart import NoMart, current, marts, opened, prove, publish
from tests.worlds.moving_chain import called
from tests.worlds.object_store import NOON, Bucket, land, python
from tests.worlds.servers import Reply, Request, serving

pytestmark = pytest.mark.slow


def published(data: Path, day: datetime = NOON) -> Path:
    """A host that has built a mart of one day."""
    land(data, day)
    build(data, networks())
    return data


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two hosts, of which the second has built later."""
    early, late = tmp_path_factory.mktemp("early"), tmp_path_factory.mktemp("late")
    return published(early), published(late, NOON + timedelta(days=1))


def again(data: Path, into: Path, built: datetime) -> Path:
    """A host that has built the same mart at another time."""
    into.mkdir()
    draft = into / "draft.duckdb"
    shutil.copy(current(data), draft)
    with duckdb.connect(str(draft)) as mart:
        mart.execute("UPDATE meta SET built = ?", [built]).execute("CHECKPOINT")
    publish(draft, into, 1)
    return into


def built_at(data: Path) -> datetime:
    with opened(data) as mart:
        found: datetime = mart.table("SELECT built FROM meta").item()
    return found


def test_whoever_follows_has_the_mart_that_was_published(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path
) -> None:
    early, late = built
    code, _, errors = bucket.told(early, "publish")
    assert (code, "published marts/mart-000001-" in errors) == (0, True)
    code, _, errors = bucket.told(tmp_path, "follow", "--once")
    assert (code, errors) == (0, "INFO published mart-000001.duckdb\n")
    assert prove(tmp_path).read_bytes() == current(early).read_bytes()
    assert (tmp_path / "site" / "index.html").exists()
    assert bucket.told(late, "publish")[0] == 0
    assert bucket.told(tmp_path, "follow", "--once")[0] == 0
    assert current(tmp_path).name == "mart-000002.duckdb"
    assert current(tmp_path).read_bytes() == current(late).read_bytes()
    assert bucket.told(tmp_path, "follow", "--once") == (0, "", "")


def test_an_older_mart_is_published_nowhere_and_taken_by_nobody(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path
) -> None:
    early, late = built
    assert bucket.told(late, "publish")[0] == 0
    before = bucket.files()
    code, _, errors = bucket.told(early, "publish")
    assert code == 0
    assert "is newer: this one is not published there" in errors
    assert bucket.files() == before
    # A store that somebody has put back to what it was.
    newest = again(late, tmp_path / "newest", built_at(late) + timedelta(seconds=1))
    assert bucket.told(newest, "follow", "--once") == (0, "", "")
    assert current(newest).name == "mart-000001.duckdb"


@pytest.mark.parametrize(
    "what", ["a byte", "its end", "the hash", "the time", "another world", "no mart", "a way out", "a view"]
)
def test_a_mart_that_is_not_what_its_pointer_says_is_not_taken(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path, what: str
) -> None:
    early, late = built
    data = shutil.copytree(early, tmp_path / "data")
    assert bucket.told(late, "publish")[0] == 0
    pointer = bucket.folder / "deai" / CURRENT
    told = json.loads(pointer.read_bytes())
    mart = bucket.folder / "deai" / told["name"]
    match what:
        case "a byte":
            mart.write_bytes(mart.read_bytes()[:-5] + b"flip!")
        case "its end":
            mart.write_bytes(mart.read_bytes()[:-4096])
        case "the hash":
            told["sha256"] = told["sha256"][:12] + "0" * 52
        case "the time":
            told["built"] = datetime.now(UTC).isoformat()
        case "another world":
            told["layout"] = "000000000000"
        case "no mart":
            told = ["no mart"]
        case "a view":
            # Whoever opens it would run what somebody else has written.
            with duckdb.connect(str(mart)) as connection:
                connection.execute("CREATE OR REPLACE VIEW newest AS FROM read_text('/etc/hostname')").fetchall()
            digest = pieces.hashed(mart)
            renamed = mart.rename(mart.with_name(mart.name.replace(told["sha256"][:12], digest[:12])))
            told |= {"name": f"marts/{renamed.name}", "sha256": digest, "bytes": renamed.stat().st_size}
        case "a way out":
            told["name"] = "marts/../../mart-000001-000000000000.duckdb"
    pointer.write_text(json.dumps(told))
    before = {path: path.read_bytes() for path in data.iterdir() if path.is_file()}
    code, _, errors = bucket.told(data, "follow", "--once")
    assert code == 4, errors
    assert what != "a view" or "has another view 'newest' than this program" in errors
    after = {path: path.read_bytes() for path in data.iterdir() if path.is_file() and path.name != "ingest.lock"}
    assert after == {path: text for path, text in before.items() if path.name != "ingest.lock"}


def test_a_mart_of_the_future_is_asked_for_again_since_a_clock_may_be_wrong(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path
) -> None:
    early, _ = built
    later = again(early, tmp_path / "later", datetime.now(UTC) + timedelta(hours=2))
    assert bucket.told(later, "publish")[0] == 0
    follower = Follower(tmp_path, bucket.objects())
    for _ in range(2):
        with pytest.raises(ArchiveDown, match="is of the future"):
            follower.look()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "AHEAD", timedelta(hours=3))
        made = follower.look()
    assert made is not None
    assert made.read_bytes() == current(later).read_bytes()


def test_while_two_hosts_publish_a_reader_never_sees_a_torn_or_an_older_mart(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.archive.following.write_site", lambda _: None)
    begun = built_at(built[1])
    # One host is a second behind the other at each turn.
    hosts = [
        [again(built[0], tmp_path / f"{host}-{turn}", begun + timedelta(seconds=2 * turn + host)) for turn in range(4)]
        for host in range(2)
    ]
    objects, seen, over = bucket.objects(), list[datetime](), threading.Event()
    publish_there(built[0], objects)
    reader = tmp_path / "reader"
    follower = Follower(reader, bucket.objects())

    def read() -> None:
        while not over.is_set():
            follower.look()
            prove(reader)
            seen.append(built_at(reader))

    def tried(turns: list[Path]) -> int:
        refused = 0
        for data in turns:
            try:
                publish_there(data, objects)
            except Older:
                refused += 1
        return refused

    with ThreadPoolExecutor(3) as pool:
        reading = pool.submit(read)
        refused = [one.result() for one in [pool.submit(tried, turns) for turns in hosts]]
        over.set()
        reading.result()
    assert sum(refused) < 8
    follower.look()
    seen.append(built_at(reader))
    assert seen == sorted(seen)
    assert seen[-1] == max(built_at(data) for turns in hosts for data in turns)


def test_a_reader_who_follows_ends_at_once_when_it_is_told_to(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path
) -> None:
    assert bucket.told(built[0], "publish")[0] == 0
    with python("-m", "ingest", "follow", "--every", "1h", data=tmp_path, bucket=bucket) as process:
        assert process.stderr
        assert process.stderr.readline() == b"INFO published mart-000001.duckdb\n"
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read() == b"WARNING interrupted by SIGTERM: what has landed stays\n"
    assert process.returncode == 128 + signal.SIGTERM


def test_an_invented_static_copy_is_followed_as_well(bucket: Bucket, built: tuple[Path, Path], tmp_path: Path) -> None:
    early, _ = built
    assert bucket.told(early, "publish")[0] == 0
    files, asked = bucket.files("marts"), list[str]()

    def answer(request: Request) -> Reply:
        held = files.get(request.path.removeprefix("/copy/"))
        if held is None:
            return Reply(b"", status=404)
        headers = {"etag": f'"{hashlib.sha256(held).hexdigest()}"', "last-modified": "Tue, 01 Dec 2026 05:00:00 GMT"}
        asked.append(request.path)
        if request.headers.get("if-none-match") == headers["etag"]:
            return Reply(b"", status=304, headers=headers)
        return Reply(held, headers=headers)

    with serving(answer) as address:
        assert called(tmp_path, "follow", "--once", f"{address}/copy/")[0] == 0
        assert called(tmp_path, "follow", "--once", f"{address}/nothing")[0] == 3
    assert current(tmp_path).read_bytes() == current(early).read_bytes()
    assert len(asked) == 2


def test_whoever_is_killed_while_it_follows_has_the_old_mart_or_the_new_one(
    bucket: Bucket, built: tuple[Path, Path], tmp_path: Path
) -> None:
    assert bucket.told(built[1], "publish")[0] == 0
    data = tmp_path / "data"
    data.mkdir()
    follower = Follower(data, bucket.objects())
    with pytest.MonkeyPatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("ingest.archive.marts.publish", killed)
        with pytest.raises(KeyboardInterrupt):
            follower.look()
    with pytest.raises(NoMart):
        current(data)
    assert marts(data) == []
    assert follower.look() == current(data)


def test_what_is_no_pointer_is_told_by_whoever_publishes(bucket: Bucket, built: tuple[Path, Path]) -> None:
    objects = bucket.objects()
    objects.create(CURRENT, b"mart-000001.duckdb")
    with pytest.raises(BadData, match="is no pointer"):
        publish_there(built[0], objects)


def test_marts_that_nobody_reads_any_more_go(
    bucket: Bucket, built: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.archive.marts.KEPT", timedelta(0))
    objects = bucket.objects()
    for number in range(1, 5):
        name = f"marts/mart-{number:06d}-{number:012x}.duckdb"
        objects.create(name, b"old")
        os.utime(bucket.folder / "deai" / name, (number, number))
    publish_there(built[1], objects)
    left = [name for name in bucket.files("marts") if name.endswith(".duckdb")]
    assert len(left) == 3
    assert "marts/mart-000001-000000000001.duckdb" not in left
