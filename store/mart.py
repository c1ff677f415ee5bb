"""The mart: the published DuckDB file that pages read.

A published file is never opened for writing and its name is never used again: DuckDB hands back the old database when
a path is replaced under an open connection. Each build makes a new file and renames the pointer file CURRENT.
"""

import os
import re
from pathlib import Path
from typing import Any, Final, Protocol, Self

import duckdb
import polars as pl
import polars.selectors as cs

from store.landing import SAMPLE, sync_folder

KEPT_GENERATIONS: Final = 3
NAME: Final = re.compile(r"mart-[0-9]{6,}\.duckdb")


class Tables(Protocol):
    """What can be asked in SQL: a published mart, or the draft of the next."""

    def table(self, query: str, *parameters: object) -> pl.DataFrame:
        """Rows of a query."""
        ...


class NoMart(Exception):
    """Nothing was published here yet."""


def data_folder() -> Path:
    """Where the data lies: DEAI_DATA, or data/ beside the program."""
    return Path(os.environ.get("DEAI_DATA", Path(__file__).parent.parent / "data"))


def served_folder(data: Path) -> Path:
    """The folder that pages show: the real data where some was published, else the sample; raises NoMart."""
    for folder in (data, data / SAMPLE):
        if (folder / "CURRENT").exists():
            # A pointer that names nothing is said so; simulated numbers never stand in for real ones that are lost.
            current(folder)
            return folder
    raise NoMart(f"no mart in {data}: run `python -m ingest run`, or `python -m ingest sample` for simulated data")


def current(data: Path) -> Path:
    """The published mart of a data folder; raises NoMart, also where CURRENT names none that is there."""
    try:
        name = (data / "CURRENT").read_text().strip()
    except FileNotFoundError:
        raise NoMart(f"no mart in {data}") from None
    except UnicodeDecodeError:
        name = "what is no text"
    if not NAME.fullmatch(name) or not (data / name).exists():
        raise NoMart(f"{data / 'CURRENT'} names {name[:80]!r}, which is no mart there: the next run publishes again")
    return data / name


def marts(data: Path) -> list[Path]:
    """All generations that a data folder holds, the oldest first."""
    return sorted((path for path in data.glob("mart-*.duckdb") if NAME.fullmatch(path.name)), key=generation)


class Mart:
    """A published mart, opened read-only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = duckdb.connect(str(path), read_only=True)
        self._connection.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false").fetchall()

    def table(self, query: str, *parameters: object) -> pl.DataFrame:
        """Rows of a query; safe from many threads, since each call has its own cursor."""
        cursor = self._connection.cursor()
        try:
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
        except duckdb.IOException:
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
    published = data / f"mart-{number:06d}.duckdb"
    draft.rename(published)
    pointer = data / "CURRENT.tmp"
    pointer.write_text(published.name)
    _sync(pointer)
    pointer.rename(data / "CURRENT")
    sync_folder(data)
    for old in marts(data)[:-KEPT_GENERATIONS]:
        old.unlink()
    return published


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
