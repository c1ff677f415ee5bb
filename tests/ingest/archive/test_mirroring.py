"""The commands: an archive that nginx serves is taken as an operator takes it, its mart too, and served."""

import hashlib
import logging
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from ingest import serve
from ingest.archive.mirror import Own, archive_address, archive_http, mirror, mirror_mart
from ingest.archive.package import PACKAGE, read
from ingest.archive.static import publish_archive
from ingest.networks import networks
from ingest.publication import build
from ingest.settings import WrongSetting
from store.faults import BadData
from store.landing import SAMPLE
from store.mart import NoMart, current, mirrored, opened, served_folder
from tests.worlds.libraries import DAYS, Server, facts, files, land, landed, library, repackaged, snapshot
from tests.worlds.moving_chain import begun, called
from tests.worlds.servers import Raw, Request, nginx, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archive(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world of pages as an archive."""
    folder = tmp_path_factory.mktemp("archive")
    code, _, errors = called(hamlet, "publish-archive", str(folder))
    assert code == 0, errors
    return folder


@pytest.fixture(scope="module")
def front(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nginx(tmp_path_factory.mktemp("nginx"), f"root {archive};") as url:
        yield url


def numbers(data: Path) -> list[tuple[object, ...]]:
    """Every metric of a mart with the hashes of the facts behind it."""
    query = """
        SELECT s.network, s.reading, s.height, s.sha256, s.hash, p.name, m.* EXCLUDE (snapshot, population)
        FROM metric m JOIN snapshot s ON s.id = m.snapshot JOIN population p ON p.id = m.population ORDER BY ALL
    """
    with opened(data) as mart:
        return mart.table(query).rows()


def test_an_archive_that_nginx_serves_gives_the_same_numbers_and_says_from_where(tmp_path: Path) -> None:
    shelf = library(tmp_path / "library")
    build(shelf.parent / "data", networks())
    with nginx(tmp_path, f"root {shelf};") as front:
        code, _, errors = called(tmp_path / "data", "mirror", front)
        assert code == 0, errors
        before = current(tmp_path / "data")
        again, _, errors = called(tmp_path / "data", "mirror", front)
    assert numbers(tmp_path / "data") == numbers(shelf.parent / "data")
    with opened(tmp_path / "data") as mart:
        told = mart.table("SELECT DISTINCT mirrored, endpoint FROM snapshot").rows()
    assert told == [(front, f"https://lcd.example, mirrored from {front}")]
    assert (again, "new snapshots: 0, in 0 of 2 months" in errors, current(tmp_path / "data")) == (0, True, before)


def test_the_mart_alone_is_shown_as_it_is_and_says_from_where(hamlet: Path, front: str, tmp_path: Path) -> None:
    assert called(tmp_path, "mirror", front, "--marts-only")[0] == 0
    assert (current(tmp_path).read_bytes(), mirrored(tmp_path)) == (current(hamlet).read_bytes(), front)
    assert (tmp_path / "site" / "latest.json").exists()
    assert f"this mart was not built here: it is mirrored from {front}" in called(tmp_path, "status")[1]
    code, _, errors = called(tmp_path, "mirror", front, "--marts-only")
    assert (code, "is here already" in errors) == (0, True)
    # Nothing is built over it out of nothing.
    assert called(tmp_path, "rebuild")[0] == 4


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a mart that was built there."""
    data = tmp_path_factory.mktemp("built")
    land(data, [(snapshot(DAYS[0]), facts())])
    build(data, networks())
    return data


@pytest.fixture
def own(built: Path, tmp_path: Path) -> Path:
    """The same for a test that changes it."""
    return Path(shutil.copytree(built, tmp_path / "own"))


def test_a_mart_that_was_built_here_is_only_replaced_where_that_is_said(own: Path, front: str) -> None:
    before = current(own)
    assert called(own, "mirror", front, "--marts-only")[0] == 2
    assert (current(own), mirrored(own)) == (before, "")
    assert called(own, "mirror", front, "--marts-only", "--over")[0] == 0
    assert (current(own) != before, mirrored(own)) == (True, front)


def with_mart(told: dict[str, bytes], **other: object) -> dict[str, bytes]:
    """An archive that tells something else of its mart."""
    return repackaged(told, lambda package: package["resources"][0].update(other))


def test_a_mart_is_taken_where_landing_is_a_link_to_another_disk(front: str, tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    with TemporaryDirectory(dir=shared) as other:
        (tmp_path / "landing").symlink_to(other)
        code, _, errors = called(tmp_path, "mirror", front, "--marts-only")
    assert (code, mirrored(tmp_path)) == (0, front), errors
    assert not (tmp_path / "_arriving").exists()


def test_an_older_mart_never_replaces_a_newer_one(archive: Path, tmp_path: Path) -> None:
    older = read((archive / PACKAGE).read_bytes(), "").mart
    assert older is not None
    content = shutil.copytree(archive, tmp_path / "archive")
    with serving(Server(files(archive))) as url, archive_http() as http:
        mirror_mart(url, tmp_path / "data", http)
    before = current(tmp_path / "data")
    # The same mart with other bytes at its end, which DuckDB does not look at, of the day before.
    name = older.piece.name
    (content / name).write_bytes((content / name).read_bytes() + b"x")
    piece = (content / name).read_bytes()
    digest = hashlib.sha256(piece).hexdigest()
    path = f"{name.rpartition('-')[0]}-{digest[:12]}.duckdb"
    day = (older.built - timedelta(days=1)).isoformat()
    told = with_mart(files(archive), path=path, hash=f"sha256:{digest}", bytes=len(piece), built=day)
    with serving(Server({**told, path: piece})) as url, archive_http() as http, pytest.raises(Own, match="is of 20"):
        mirror_mart(url, tmp_path / "data", http)
    assert current(tmp_path / "data") == before


def test_a_mart_that_is_not_what_its_package_tells_is_not_shown(archive: Path, tmp_path: Path) -> None:
    told = files(archive)
    mart = next(name for name in told if name.startswith("marts/"))
    wrong = [
        {**told, mart: told[mart][:-1] + b"x"},
        {**told, mart: told[mart][:-1]},
        with_mart(told, generation=9),
        with_mart(told, built=datetime.now(UTC).isoformat()),
    ]
    for one in wrong:
        with serving(Server(one)) as url, archive_http() as http, pytest.raises(BadData):
            mirror_mart(url, tmp_path, http)
        with pytest.raises(NoMart):
            current(tmp_path)


def test_a_mart_goes_on_from_mirror_to_mirror_whatever_its_number_is_there(
    own: Path, archive: Path, front: str, tmp_path: Path
) -> None:
    for number in range(5, 7):
        current(own).rename(own / f"mart-{number:06d}.duckdb")
        assert called(own, "rebuild")[0] == 0
    assert called(own, "mirror", front, "--marts-only", "--over")[0] == 0
    assert called(own, "publish-archive", str(tmp_path / "second"))[0] == 0
    assert (
        read((tmp_path / "second" / PACKAGE).read_bytes(), "").mart != read((archive / PACKAGE).read_bytes(), "").mart
    )
    with serving(Server(files(tmp_path / "second"))) as url:
        assert called(tmp_path / "third", "mirror", url, "--marts-only")[0] == 0
    assert current(tmp_path / "third").read_bytes() == current(own).read_bytes()


def changed_mart(told: dict[str, bytes], path: Path, *statements: str, **other: object) -> dict[str, bytes]:
    """An archive with another mart, of which its package tells: its own, after these statements."""
    name = next(name for name in told if name.startswith("marts/"))
    path.write_bytes(told[name])
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    place = f"{name.rpartition('-')[0]}-{digest[:12]}.duckdb"
    return {**with_mart(told, path=place, hash=f"sha256:{digest}", bytes=len(content), **other), place: content}


def test_a_mart_of_the_future_is_not_taken_since_no_other_would_ever_follow(archive: Path, tmp_path: Path) -> None:
    later = (datetime.now(UTC) + timedelta(days=400)).replace(microsecond=0)
    other = changed_mart(
        files(archive), tmp_path / "theirs.duckdb", f"UPDATE meta SET built = '{later}'", built=later.isoformat()
    )
    with serving(Server(other)) as url, archive_http() as http, pytest.raises(BadData, match="is of the future"):
        mirror_mart(url, tmp_path / "data", http)
    with pytest.raises(NoMart):
        current(tmp_path / "data")


def test_a_mart_with_a_number_that_leaves_no_room_for_others_is_not_taken(archive: Path, tmp_path: Path) -> None:
    told = files(archive)
    name = next(name for name in told if name.startswith("marts/"))
    place = f"marts/mart-3000000000-{name.rpartition('-')[2]}"
    other = {**with_mart(told, path=place, generation=3_000_000_000), place: told[name]}
    with serving(Server(other)) as url, archive_http() as http, pytest.raises(BadData, match="no archive ever comes"):
        mirror_mart(url, tmp_path / "data", http)
    with pytest.raises(NoMart):
        current(tmp_path / "data")


def test_a_mart_with_a_view_of_its_own_is_not_taken(archive: Path, tmp_path: Path) -> None:
    statement = "CREATE OR REPLACE VIEW newest AS FROM read_text('/etc/hostname')"
    other = changed_mart(files(archive), tmp_path / "theirs.duckdb", statement)
    with (
        serving(Server(other)) as url,
        archive_http() as http,
        pytest.raises(BadData, match="another view 'newest'"),
    ):
        mirror_mart(url, tmp_path / "data", http)


def test_simulated_data_takes_nothing_real_in(front: str, tmp_path: Path) -> None:
    assert called(tmp_path / SAMPLE, "mirror", front)[0] == 2


@pytest.mark.parametrize(
    "url", ["archive", "ftp://a.example", "https://ann:secret@a.example", "https://a.example/?k=1"]
)
def test_what_is_no_address_of_an_archive_is_wrong_usage_and_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(WrongSetting) as refused:
        archive_address(url)
    assert "secret" not in str(refused.value)
    code, _, errors = called(tmp_path, "mirror", url)
    assert (code, "secret" in errors) == (2, False)


# Exit codes.


def test_an_archive_that_is_down_is_told(tmp_path: Path) -> None:
    code, _, errors = called(tmp_path, "mirror", "http://127.0.0.1:9")
    assert (code, "refused the connection" in errors) == (4, True)


def test_a_contradiction_is_told_by_mirror_and_by_status(own: Path, tmp_path: Path) -> None:
    shelf = library(tmp_path / "library")
    (own / "landing" / "akash" / "akashnet-2" / "validators" / f"{int(DAYS[0].timestamp()) // 6}.parquet").unlink()
    land(own, [(snapshot(DAYS[0]), facts((7, 30, 20)))])
    with serving(Server(files(shelf))) as url:
        code, _, errors = called(own, "mirror", url)
        assert (code, "has other facts here" in errors) == (4, True)
    code, said, _ = called(own, "status")
    assert (code, "contradicts what is here" in said) == (4, True)


def test_a_month_that_does_not_come_costs_no_other(tmp_path: Path) -> None:
    told = files(library(tmp_path / "library"))
    gone = {name: content for name, content in told.items() if "2026-10" not in name}
    with serving(Server(gone)) as url:
        code, _, errors = called(tmp_path / "data", "mirror", url)
    assert (code, "2026-10" in errors, len(landed(tmp_path / "data"))) == (3, True, 1)
    assert current(tmp_path / "data").exists()


# Cut off.


def test_one_that_is_killed_and_begun_again_lands_what_an_undisturbed_one_does(tmp_path: Path) -> None:
    told = files(library(tmp_path / "library"))
    stuck = [True]

    def hold(request: Request) -> Raw | None:
        """Half of the month of October, and then nothing."""
        if not (stuck and "2026-10" in request.path):
            return None
        content = told[request.path[1:]]
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(content)}\r\n\r\n".encode()
        return Raw([head + content[:1500], content[1500:]], pause=60)

    server = Server(told, mood=hold)
    with serving(server) as url, archive_http() as http:
        process = begun(tmp_path / "data", "mirror", url)
        part = tmp_path / "data" / "landing" / "_arriving"
        while not any(path.stat().st_size == 1500 for path in part.glob("*.part")):
            time.sleep(0.02)
        with process:
            process.kill()
        stuck.clear()
        assert len(landed(tmp_path / "data")) == 1
        mirror(url, tmp_path / "data", http, networks())
        mirror(url, tmp_path / "undisturbed", http, networks())
    assert landed(tmp_path / "data") == landed(tmp_path / "undisturbed")
    assert not part.exists()


# Serving.


def test_what_is_served_is_mirrored_first_where_that_is_asked_for(
    archive: Path, front: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAI_MIRROR", front)
    serve.mirror_first(tmp_path)
    assert mirrored(served_folder(tmp_path)) == front


def test_where_the_archive_is_down_what_is_here_is_served(
    own: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DEAI_MIRROR", "http://127.0.0.1:9")
    with caplog.at_level(logging.WARNING):
        serve.mirror_first(own)
    assert "what is here is served" in caplog.text
    assert mirrored(served_folder(own)) == ""


def test_what_was_read_here_is_never_covered_by_an_archive_that_is_served(
    own: Path, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current(own)
    monkeypatch.setenv("DEAI_MIRROR", front)
    serve.mirror_first(own)
    assert current(own) == before


def test_publishing_again_follows_the_mart(hamlet: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(hamlet, tmp_path / "data"))
    publish_archive(data, tmp_path / "archive")
    first = files(tmp_path / "archive")
    build(data, networks())
    publish_archive(data, tmp_path / "archive")
    second = files(tmp_path / "archive")
    # Whoever began with the package of before still finds its mart.
    assert {name for name in first if name.startswith("marts/")} < {
        name for name in second if name.startswith("marts/")
    }
    publish_archive(data, tmp_path / "archive")
    assert len([name for name in files(tmp_path / "archive") if name.startswith("marts/")]) == 1
