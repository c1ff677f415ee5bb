"""What an archived file is called, and which names from elsewhere are taken."""

import hashlib
import shutil
from pathlib import Path

import pytest

from ingest.archive import pieces
from ingest.archive.pieces import Held, Named
from store.faults import BadData
from store.landed import contents
from store.landing import Landing

HASH = hashlib.sha256(b"some bytes").hexdigest()
PLACE = "landing/akash/akashnet-2/validators"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{PLACE}/123.parquet", f"{PLACE}/123.parquet"),
        (f"{PLACE}/0.parquet", f"{PLACE}/0.parquet"),
        ("landing/fet/eip155:1/keys/7.parquet", "landing/fet/eip155:1/keys/7.parquet"),
        (f"{PLACE}/2026-10.parquet", f"{PLACE}/2026-10.{HASH[:12]}.parquet"),
        ("mart-000012.duckdb", f"marts/mart-000012-{HASH[:12]}.duckdb"),
    ],
)
def test_a_file_and_its_name_at_the_archive_lead_to_each_other(path: str, name: str) -> None:
    assert pieces.name(path, HASH) == name
    assert pieces.named(name) == Named(path, "" if name == path else HASH[:12])


@pytest.mark.parametrize(
    "path",
    [
        "landing/_runs/20261201T000000-1.json",
        "landing/_parts/akash/akashnet-2/validators/5.parquet",
        f"{PLACE}/2026-13.parquet",
        "ingest.lock",
        "sample/mart-000001.duckdb",
        "mart-1.duckdb",
    ],
)
def test_what_stays_on_its_host_has_no_name_at_the_archive(path: str) -> None:
    with pytest.raises(BadData, match=r"no (name|file) of an archive"):
        pieces.name(path, HASH)


@pytest.mark.parametrize(
    "name",
    [
        "",
        f"/{PLACE}/1.parquet",
        f"../{PLACE}/1.parquet",
        f"{PLACE}/../../../../../etc/1.parquet",
        "landing/../akashnet-2/validators/1.parquet",
        "landing/./akashnet-2/validators/1.parquet",
        "landing//akashnet-2/validators/1.parquet",
        "landing/_parts/akashnet-2/validators/1.parquet",
        "landing/.hidden/akashnet-2/validators/1.parquet",
        "landing/akash/akashnet-2\\validators/x/1.parquet",
        "landing\\akash\\akashnet-2\\validators\\1.parquet",
        "landing/ak\x00ash/akashnet-2/validators/1.parquet",
        "landing/ak\nash/akashnet-2/validators/1.parquet",
        f"{PLACE}/1.parquet\n",
        "landing/ak\u202eash/akashnet-2/validators/1.parquet",
        f"landing/{'a' * 256}/akashnet-2/validators/1.parquet",
        f"{PLACE}/01.parquet",
        f"{PLACE}/\u0661.parquet",
        f"{PLACE}/-1.parquet",
        f"{PLACE}/{10**19}.parquet",
        f"{PLACE}/1.PARQUET",
        f"{PLACE}/1.parquet/2.parquet",
        f"{PLACE}/2026-10.parquet",
        f"{PLACE}/2026-10.{HASH[:11]}.parquet",
        f"{PLACE}/2026-10.{HASH[:12].upper()}.parquet",
        f"{PLACE}/2026-00.{HASH[:12]}.parquet",
        f"{PLACE}/1.parquet.tmp",
        f"marts/mart-000001-{HASH}.duckdb",
        f"marts/../mart-000001-{HASH[:12]}.duckdb",
        f"mart-000001-{HASH[:12]}.duckdb",
        "marts/CURRENT",
        "C:/landing/akash/akashnet-2/validators/1.parquet",
        "s3://bucket/landing/akash/akashnet-2/validators/1.parquet",
    ],
)
def test_a_name_that_could_lie_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(BadData, match="no name of an archived file"):
        pieces.named(name)


def test_a_piece_tells_its_bytes_and_the_snapshots_in_it(hamlet: Path) -> None:
    path = Landing(hamlet).files()[0]
    (one,) = contents(path)
    piece = pieces.landed(hamlet, path)
    assert piece.path == piece.name == path.relative_to(hamlet).as_posix()
    assert (piece.bytes, piece.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert piece.snapshots == (Held(one.snapshot.block.height, one.sha256),)


def test_a_torn_file_is_no_piece(hamlet: Path, tmp_path: Path) -> None:
    path = Landing(hamlet).files()[0]
    copy = tmp_path / path.relative_to(hamlet)
    copy.parent.mkdir(parents=True)
    shutil.copy(path, copy)
    copy.write_bytes(copy.read_bytes()[:-40])
    with pytest.raises(BadData, match="torn"):
        pieces.landed(tmp_path, copy)


def test_a_mart_is_a_piece_without_snapshots(hamlet: Path) -> None:
    (path,) = hamlet.glob("mart-*.duckdb")
    piece = pieces.mart(path)
    assert piece.name == f"marts/mart-000001-{piece.sha256[:12]}.duckdb"
    assert piece.snapshots == ()
