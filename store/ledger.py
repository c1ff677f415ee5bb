"""The ledger: what each run did.

    landing/_runs/<run>.json               a line: one run, with a hash of what it says
    landing/_runs/<year-month>.parquet     the lines of a month that are older than a day, under one seal

A line is written anew while its run is at work: it counts before what a month's file says of the same run.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict, TypeVar, cast

import polars as pl

from store.disk import replace
from store.faults import BadData
from store.sealed import proved, safe, told_by_name, write_sealed

# Of the entries that were written before there were hashes.
FIELDS: Final = {"id", "started", "finished", "status", "landed", "requests", "argv", "version", "host", "errors"}
ERROR: Final = {"network", "reading", "error", "message"}
HASH: Final = "sha256"
KEPT_SINGLE: Final = timedelta(days=1)

T = TypeVar("T")


class RunError(TypedDict):
    """What failed in a run."""

    network: str
    reading: str
    error: str
    message: str


class RunFault(TypedDict):
    """A host that is to blame in a run, why, and which readings of a network it stopped; no host: none is to blame."""

    network: str
    readings: list[str]
    host: str
    cause: str
    message: str


class Run(TypedDict):
    """What a run did, as its line of the ledger says.

    faults, and read (readings that landed, as network/reading), are in no line of before there were such.
    """

    id: str
    started: str
    finished: str
    status: str
    landed: int
    requests: int
    argv: str
    version: str
    host: str
    errors: list[RunError]
    faults: NotRequired[list[RunFault]]
    read: NotRequired[list[str]]


# What a run has many of stands in a frame as its JSON: hundreds of runs read the same, and say it in the same letters.
LISTS: Final = ("errors", "faults", "read")
COLUMNS: Final = pl.Schema(
    {name: pl.Int64() if kind is int else pl.String() for name, kind in Run.__annotations__.items()}
)


class Ledger:
    """The lines of the ledger in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def record(self, run: str, entry: Mapping[str, object]) -> None:
        """Write one line; it lands before the build, so that a rebuild keeps it."""
        replace(self._folder / f"{safe(run)}.json", told(entry))

    def runs(self) -> tuple[pl.DataFrame, list[BadData]]:
        """All lines as rows of COLUMNS, oldest run first, and what is said of what is damaged."""
        errors: list[BadData] = []
        singles = frame(_whole(line, self.lines(), errors))
        return _joined([*_whole(month, self._months(), errors), singles]), errors

    def newest(self) -> Run | None:
        """The newest line that is whole."""
        single = next(_whole(line, reversed(self.lines()), []), None)
        held = next(_whole(month, reversed(self._months()), []), None)
        last = [*([single] if single else []), *([] if held is None else [_run(held.row(-1, named=True))])]
        return max(last, key=lambda run: run["id"], default=None)

    def pack(self, now: datetime, torn: Collection[Path] = ()) -> list[Path]:
        """Put the lines that are older than a day into one file a month; returns the files written.

        torn: files that are left alone. Lines that say what this version does not know stay as they are.
        """
        months: dict[Path, dict[Path, Run]] = defaultdict(dict)
        for path in set(self.lines()).difference(torn):
            with suppress(BadData):
                run = line(path)
                started = datetime.fromisoformat(run["started"]).astimezone(UTC)
                whole = self._folder / f"{started:%Y-%m}.parquet"
                if started < now - KEPT_SINGLE and run.keys() <= COLUMNS.keys() and whole not in torn:
                    months[whole][path] = run
        for whole, lines in months.items():
            held = [month(whole)] if whole.exists() else []
            write_sealed(whole, _joined([*held, frame(lines.values())]), {})
            for path in lines:
                path.unlink()
        return sorted(months)

    def torn(self) -> Iterator[tuple[Path, BadData]]:
        """Every file of the ledger that is not what was written."""
        for check, paths in ((line, self.lines()), (month, self._months())):
            for path in paths:
                try:
                    check(path)
                except BadData as error:
                    # What a pruning has put into a month's file meanwhile is not torn.
                    if path.exists():
                        yield path, error

    def ended(self) -> list[Path]:
        """Lines that nobody writes anew: all but the newest, where that run is at work or was interrupted."""
        lines = self.lines()
        for last in lines[-1:]:
            with suppress(BadData):
                if line(last)["status"] != "interrupted":
                    return lines
        return lines[:-1]

    def lines(self) -> list[Path]:
        """Every line that lies by itself, the oldest run first."""
        return sorted(self._folder.glob("*.json"))

    def _months(self) -> list[Path]:
        return sorted(self._folder.glob("*.parquet"))


def ledger_of(data: Path) -> Ledger:
    """The ledger of a data folder."""
    return Ledger(data / "landing" / "_runs")


def _whole(check: Callable[[Path], T], paths: Iterable[Path], errors: list[BadData]) -> Iterator[T]:
    """What files hold that are whole; what is said of the others is put beside."""
    for path in paths:
        try:
            yield check(path)
        except BadData as error:
            errors.append(error)


def told(entry: Mapping[str, object]) -> bytes:
    """An entry as a line of the ledger."""
    return json.dumps({**entry, HASH: _hash(entry)}).encode()


def line(path: Path) -> Run:
    """An entry of the ledger; raises BadData naming the file when it is damaged."""
    with told_by_name(path):
        entry: dict[str, Any] = json.loads(path.read_bytes())
        if HASH in entry:
            if entry.pop(HASH) != _hash(entry):
                raise BadData(f"{path} is torn: it is not the line of the ledger that was written")
        elif entry.keys() != FIELDS or any(error.keys() != ERROR for error in entry["errors"]):
            raise BadData(f"{path} is torn: it has not the fields of a line of the ledger")
        return cast(Run, entry)


def month(path: Path) -> pl.DataFrame:
    """The lines of a month's file as rows of COLUMNS; raises BadData naming the file when it is damaged."""
    with told_by_name(path):
        if not proved(path):
            raise BadData(f"{path} is torn: its seal is lost")
        return pl.read_parquet(path, glob=False)


def frame(runs: Iterable[Run]) -> pl.DataFrame:
    """Runs as rows of COLUMNS."""
    rows = [
        {name: json.dumps(cell) if name in LISTS else cell for name, cell in run.items() if name in COLUMNS}
        for run in runs
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


def _run(row: Mapping[str, Any]) -> Run:
    """A row as the entry of its line."""
    entry = {name: json.loads(cell) if name in LISTS else cell for name, cell in row.items() if cell is not None}
    return cast(Run, entry)


def _joined(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Each run once, oldest first; of two rows of a run the later part's counts."""
    return pl.concat(parts).unique("id", keep="last").sort("id")


def _hash(entry: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(entry).encode()).hexdigest()
