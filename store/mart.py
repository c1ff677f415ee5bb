"""The mart: the published DuckDB file that pages read.

A published file is never opened for writing and its name is never used again: DuckDB hands back the old database when
a path is replaced under an open connection. Each build makes a new file and renames the pointer file CURRENT, which
holds the mart's name and hash, and a hash of these two.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol, Self

import duckdb
import polars as pl
import polars.selectors as cs

from store.disk import refuse_full, replace, sync_folder
from store.faults import BadData
from store.landing import SAMPLE
from store.layout import DEFINED, LAYOUT, defined

KEPT_GENERATIONS: Final = 3
SITE: Final = "DEAI_SITE"
# Beside CURRENT: from where a mart was taken that was not built here.
MIRRORED: Final = "MIRRORED"
NAME: Final = re.compile(r"mart-[0-9]{6,}\.duckdb")
POINTER: Final = re.compile(r"(?P<name>\S+)(?:\n(?P<sha256>[0-9a-f]{64}) (?P<check>[0-9a-f]{64}))?")
CHUNK: Final = 2**20
# What DuckDB takes for something else in the path of a database.
NOT_IN_PATHS: Final = ("?", "\\")
# What DuckDB says of a question that is wrong; what else it says is of a file whose bytes changed.
WRONG_QUESTION: Final = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError, duckdb.IntegrityError)


class Tables(Protocol):
    """What can be asked in SQL: a published mart, or the draft of the next."""

    def table(self, query: str, *parameters: object) -> pl.DataFrame:
        """Rows of a query."""
        ...


class NoMart(Exception):
    """Nothing was published here yet."""


class Damaged(NoMart):
    """What was published is no longer what it was; the next build makes it afresh from landing."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged ({reason}): the next run builds it afresh from landing")


class Outdated(NoMart):
    """What was published has the tables of another version of the program; the next build makes it afresh."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is of another version of this program: `python -m ingest rebuild` builds it again")


@dataclass(frozen=True, slots=True)
class Published:
    """What CURRENT names: the mart, and the hash of its bytes; empty where it was published before there were any."""

    path: Path
    sha256: str


def data_folder() -> Path:
    """Where the data lies: DEAI_DATA, or data/ beside the program; raises NoMart where no database can be."""
    folder = Path(os.environ.get("DEAI_DATA", Path(__file__).parent.parent / "data"))
    for sign in NOT_IN_PATHS:
        if sign in str(folder.absolute()):
            raise NoMart(f"{folder} has {sign!r} in its path, where DuckDB makes no database: choose another folder")
    return folder


def served_folder(data: Path) -> Path:
    """The folder that pages show: the real data where some was published, else the sample; raises NoMart."""
    return served_mart(data).parent


def served_mart(data: Path) -> Path:
    """The mart that pages show: that of the real data where some was published, else of the sample; raises NoMart."""
    for folder in (data, data / SAMPLE):
        # A pointer that names nothing is said so; simulated numbers never stand in for real ones that are lost.
        with suppress(FileNotFoundError):
            return _pointed(folder).path
    raise NoMart(f"no mart in {data}: run `python -m ingest run`, or `python -m ingest sample` for simulated data")


def site_folder(folder: Path) -> Path:
    """Where the files of a data folder's mart stand: DEAI_SITE, or site/ in it; the sample has its own always."""
    told = os.environ.get(SITE, "")
    return Path(told) if told and folder.name != SAMPLE else folder / "site"


def current(data: Path) -> Path:
    """The published mart of a data folder; raises NoMart, also where CURRENT names none that is there."""
    return _current(data).path


def _current(data: Path) -> Published:
    try:
        return _pointed(data)
    except FileNotFoundError:
        raise NoMart(f"no mart in {data}") from None


def _pointed(data: Path) -> Published:
    """What CURRENT names; raises NoMart where that is no mart there, FileNotFoundError where there is no CURRENT."""
    # Pages ask a hundred times; another pointer is another file.
    told = (data / "CURRENT").stat()
    found = _named(data, told.st_ino, told.st_mtime_ns, told.st_size)
    if not isinstance(found, Published) or not found.path.exists():
        name = found.path.name if isinstance(found, Published) else found
        raise NoMart(f"{data / 'CURRENT'} names {name[:80]!r}, which is no mart there: the next run publishes again")
    return found


@lru_cache(maxsize=16)
def _named(data: Path, *_changed: int) -> Published | str:
    """What CURRENT names: a mart, or what cannot be one."""
    try:
        text = (data / "CURRENT").read_text()
    except UnicodeDecodeError:
        text = "what is no text"
    told = POINTER.fullmatch(text.strip())
    name, sha256 = (told["name"], told["sha256"] or "") if told else (text.partition("\n")[0], "")
    whole = told and (not sha256 or told["check"] == _check(name, sha256))
    return Published(data / name, sha256) if whole and NAME.fullmatch(name) else name


def mirrored(data: Path) -> str:
    """The archive from which the current mart was taken as it is; empty where it was built here, or where none is."""
    try:
        told = json.loads((data / MIRRORED).read_bytes())
        return str(told["archive"]) if _current(data).sha256 in told["sha256"] else ""
    except (FileNotFoundError, NoMart, ValueError, KeyError, TypeError):
        return ""


def published_hash(data: Path) -> str:
    """The hash of the current mart, as CURRENT has it; empty where there is none."""
    try:
        return _current(data).sha256
    except NoMart:
        return ""


def take(path: Path, sha256: str, data: Path, number: int, archive: str) -> Path:
    """Make a mart of an archive, which lies on the same disk, the current one; `mirrored` then tells of the archive."""
    # Cut off here, the mart of before is one of an archive still.
    before = [published_hash(data)] if mirrored(data) else []
    replace(data / MIRRORED, json.dumps({"archive": archive, "sha256": [sha256, *before]}).encode())
    return publish(path, data, number)


def _names(data: Path, path: Path) -> bool:
    try:
        return current(data) == path
    except NoMart:
        return False


def prove(data: Path, take: Callable[[bytes], object] = lambda _: None) -> Path:
    """The current mart, every byte of which is what was published and given to `take`; raises NoMart, Damaged."""
    published = _current(data)
    found = _hash(published.path, take)
    if published.sha256 not in ("", found):
        raise Damaged(published.path, "its bytes are not those that were published")
    return published.path


def _hash(path: Path, take: Callable[[bytes], object] = lambda _: None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            take(chunk)
    return digest.hexdigest()


def _check(name: str, sha256: str) -> str:
    return hashlib.sha256(f"{name} {sha256}".encode()).hexdigest()


def marts(data: Path) -> list[Path]:
    """All generations that a data folder holds, the oldest first."""
    return sorted((path for path in data.glob("mart-*.duckdb") if NAME.fullmatch(path.name)), key=generation)


class Mart:
    """A published mart, opened read-only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _told_as_damage(path):
            self._connection = duckdb.connect(str(path), read_only=True)
        # A mart may be from elsewhere: whatever is asked of it reads this file alone, and nothing can allow it more.
        settings = ("TimeZone = 'UTC'", "python_enable_replacements = false", "enable_external_access = false")
        self._connection.execute("; ".join(f"SET {one}" for one in settings)).fetchall()
        if not is_of_now(self._connection, path):
            self.close()
            raise Outdated(path)

    def table(self, query: str, *parameters: object) -> pl.DataFrame:
        """Rows of a query; safe from many threads, since each call has its own cursor."""
        cursor = self._connection.cursor()
        try:
            with _told_as_damage(self.path):
                return fetched(cursor.sql(query, params=list(parameters)))
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _told_as_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except WRONG_QUESTION:
        raise
    except duckdb.Error as error:
        raise Damaged(path, first_line(error)) from error


def is_of_now(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether a mart has the tables of this version of the program; raises Damaged where that cannot be read."""
    with _told_as_damage(path):
        try:
            return connection.execute("SELECT layout FROM meta").fetchone() == (LAYOUT,)
        except (duckdb.BinderException, duckdb.CatalogException):
            return False


def refuse_foreign(mart: Mart) -> None:
    """Refuse a mart from elsewhere whose tables, views and macros are not this program's: they would be run here.

    Raises BadData.
    """
    ours = defined()
    theirs = mart.table(DEFINED)
    if not theirs.equals(ours):
        other = pl.concat([theirs, ours]).unique(keep="none", maintain_order=True)
        raise BadData(f"{mart.path.name} has another {other['kind'][0]} {other['name'][0][:80]!r} than this program")


def first_line(error: Exception) -> str:
    """What an error says, without DuckDB's traces."""
    return str(error).partition("\n")[0]


def fetched(relation: Any) -> pl.DataFrame:
    """Rows of a DuckDB relation; its time zone is called Etc/UTC, ours UTC."""
    rows: pl.DataFrame = relation.pl()
    return rows.with_columns(cs.datetime(time_zone="*").dt.convert_time_zone("UTC"))


def opened(data: Path) -> Mart:
    """The current mart of a data folder; a generation that was dropped meanwhile is looked up again."""
    for _ in range(KEPT_GENERATIONS):
        path = current(data)
        try:
            return Mart(path)
        except Damaged:
            if path.exists():
                raise
    return Mart(current(data))


def generation(path: Path) -> int:
    """The number in a published mart's name."""
    return int(path.stem.removeprefix("mart-"))


def publish(draft: Path, data: Path, number: int) -> Path:
    """Make a closed draft the current mart: all of it or nothing, even after a power loss."""
    if draft.with_name(draft.name + ".wal").exists():
        raise RuntimeError(f"{draft} still has a write-ahead log")
    _sync(draft)
    sha256 = _hash(draft)
    published = data / f"mart-{number:06d}.duckdb"
    draft.rename(published)
    try:
        sync_folder(data)
        replace(data / "CURRENT", f"{published.name}\n{sha256} {_check(published.name, sha256)}\n".encode())
    except OSError:
        if not _names(data, published):
            published.unlink()
        raise
    for old in marts(data)[:-KEPT_GENERATIONS]:
        old.unlink()
    return published


def refuse_without_room(data: Path) -> None:
    """Raise OSError where the disk has no room for a copy of the newest mart and as much for what it grows."""
    refuse_full(data, 2 * max((path.stat().st_size for path in marts(data)[-1:]), default=0))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
