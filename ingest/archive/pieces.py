"""What one archived file is: where it lies in a data folder, which bytes it has, and its name at the archive.

    landing/<network>/<chain_id>/<reading>/<height>.parquet                one snapshot, under its own name
    landing/<network>/<chain_id>/<reading>/<year-month>.<sha12>.parquet    a month, which is written anew where it lies
    marts/mart-<generation>-<sha12>.duckdb                                 a mart, of which every host counts its own

A name at the archive never stands for other bytes. One that comes from elsewhere is taken by `named` alone.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from store.faults import BadData
from store.landed import intact
from store.sealed import safe

LANDING: Final = "landing"
MARTS: Final = "marts"
# Letters of a hash that tell two files of one name apart.
SHORT: Final = 12
PART: Final = r"([A-Za-z0-9][A-Za-z0-9_.:@-]{0,254})"
SINGLE: Final = re.compile(f"landing/{PART}/{PART}/{PART}/(0|[1-9][0-9]{{0,18}})\\.parquet")
MONTH: Final = re.compile(f"(landing/{PART}/{PART}/{PART}/[0-9]{{4}}-(?:0[1-9]|1[0-2]))\\.([0-9a-f]{{12}})\\.parquet")
MART: Final = re.compile(r"marts/(mart-[0-9]{6,18})-([0-9a-f]{12})\.duckdb")
LOCAL_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}\.parquet")


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot in an archived file: the height of its block, and the hash of its rows."""

    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Piece:
    """An archived file; path: where it lies, from the data folder on; sha256: of all its bytes."""

    path: str
    bytes: int
    sha256: str
    snapshots: tuple[Held, ...] = ()

    @property
    def name(self) -> str:
        """Its name at the archive."""
        return name(self.path, self.sha256)


@dataclass(frozen=True, slots=True)
class Named:
    """What a name at the archive says; sha12: how the hash of the bytes begins, empty where the name has none."""

    path: str
    sha12: str = ""


def landed(data: Path, path: Path) -> Piece:
    """A landing file of a data folder; raises BadData naming the file where it is not what was written."""
    held = tuple(Held(one.snapshot.block.height, one.sha256) for one in intact(path))
    return Piece(path.relative_to(data).as_posix(), path.stat().st_size, hashed(path), held)


def mart(path: Path) -> Piece:
    """A published mart."""
    return Piece(path.name, path.stat().st_size, hashed(path))


def is_month(path: str) -> bool:
    """Whether a file of a data folder is that of a month."""
    return LOCAL_MONTH.fullmatch(path.rpartition("/")[2]) is not None


def hashed(path: Path) -> str:
    """The sha256 of all bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def name(path: str, sha256: str) -> str:
    """The name at the archive of a file of a data folder with this hash; raises BadData where there is none."""
    folder, _, last = path.rpartition("/")
    short = sha256[:SHORT]
    found = path
    if not folder:
        found = f"{MARTS}/{last.removesuffix('.duckdb')}-{short}.duckdb"
    elif is_month(path):
        found = f"{folder}/{last.removesuffix('.parquet')}.{short}.parquet"
    if named(found).path != path:
        raise BadData(f"{path!r} is no file of an archive")
    return found


def named(name: str) -> Named:
    """Which file a name at the archive is of; raises BadData for any that could lie elsewhere, or is of no known shape.

    Of three shapes nothing is absolute, climbs, has a backslash or a letter that nobody sees.
    """
    if single := SINGLE.fullmatch(name):
        return Named("/".join((LANDING, *map(safe, single.groups()[:3]), f"{single[4]}.parquet")))
    if month := MONTH.fullmatch(name):
        return Named(f"{month[1]}.parquet", month[5])
    if made := MART.fullmatch(name):
        return Named(f"{made[1]}.duckdb", made[2])
    raise BadData(f"{name[:200]!r} is no name of an archived file")
