"""Landing: the immutable Parquet files that everything else is built from.

    landing/<network>/<chain_id>/<reading>/<height>.parquet    one snapshot, written once
    landing/<network>/<chain_id>/<reading>/<year-month>.parquet   the snapshots of a month that is over
    landing/_parts/<network>/<chain_id>/<reading>/<height>/    finished parts of a long reading, until it is whole
    landing/_parts/<network>/<chain_id>/<reading>/final/       parts that hold at every later block
    landing/_runs/<run>.json                                   the ledger

A file carries its provenance as JSON under the Parquet metadata key `deai`. Data under a folder named `sample` is
simulated, all other data is not; each refuses the other.
"""

import hashlib
import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.rows import KEYS, SCHEMAS, BadData, Block, Facts, Key, Kind, Measure, Snapshot

# 2 added the column `height`, so that one file can hold many snapshots.
SCHEMA_VERSION: Final = 2
METADATA: Final = "deai"
SAMPLE: Final = "sample"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]*")
# Parts of a long reading that hold at every later block.
FINAL: Final = "final"
KEPT_HOURLY: Final = timedelta(days=7)
KEPT_SINGLE: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Landed:
    """A snapshot in a landing file."""

    snapshot: Snapshot
    n: int
    sha256: str
    schema_version: int


class Landing:
    """The landing folder of one data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "landing"
        self.simulated = data.name == SAMPLE

    def land(self, snapshot: Snapshot, facts: Facts) -> Path:
        """Write checked facts once and for all; a snapshot that is there already stays as it is."""
        self._refuse_mixing(snapshot)
        path = self._single(snapshot)
        if not path.exists():
            _write(path, [(snapshot, facts.rows)])
        return path

    def land_months(self, found: Iterable[tuple[Snapshot, Facts]]) -> list[Path]:
        """Write many snapshots of past months at once: a backfill, or the history of the sample."""
        months: dict[Path, list[tuple[Snapshot, pl.DataFrame]]] = defaultdict(list)
        for snapshot, facts in found:
            self._refuse_mixing(snapshot)
            months[self._of_reading(snapshot) / _month(snapshot.block.time)].append((snapshot, facts.rows))
        for path, snapshots in months.items():
            _merge(path, snapshots)
        return list(months)

    def has(self, snapshot: Snapshot) -> bool:
        """Whether this very block was read before."""
        if self._single(snapshot).exists():
            return True
        month = self._of_reading(snapshot) / _month(snapshot.block.time)
        return month.exists() and any(landed.snapshot.key == snapshot.key for landed in contents(month))

    def held(self, snapshot: Snapshot) -> tuple[Path, Landed] | None:
        """What landed under the key of a snapshot, whatever its time, and in which file; None where nothing did."""
        paths = [self._single(snapshot), *self._of_reading(snapshot).glob("????-??.parquet")]
        found = ((path, landed) for path in paths if path.exists() for landed in contents(path))
        return next((pair for pair in found if pair[1].snapshot.key == snapshot.key), None)

    def newest(self, network: str, chain_id: str, reading: str) -> datetime | None:
        """Block time of the newest snapshot of a reading."""
        folder = self.folder / network / chain_id / reading
        files = sorted(folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        times = [landed.snapshot.block.time for path in files[-1:] for landed in contents(path)]
        return max(times, default=None)

    def between(self, network: str, chain_id: str, reading: str, start: datetime, end: datetime) -> list[pl.DataFrame]:
        """Rows of a reading's snapshots from `start` to `end`, both included, oldest first."""
        folder = self.folder / network / chain_id / reading
        # A compaction that was cut off leaves a snapshot in two files.
        found = {
            landed.snapshot.block.time: (path, landed)
            for path in folder.glob("*.parquet")
            for landed in contents(path)
            if start <= landed.snapshot.block.time <= end
        }
        return [_rows(*found[time]) for time in sorted(found)]

    def files(self) -> list[Path]:
        """Every landing file, in the order of their names."""
        return sorted(path for path in self.folder.glob("[!_]*/*/*/*.parquet"))

    def read(self, path: Path, key: Key) -> pl.DataFrame:
        """Rows of one snapshot; raises BadData by name when the file is torn or does not hold it."""
        for landed in contents(path):
            if landed.snapshot.key == key:
                return _rows(path, landed)
        raise BadData(f"{path} does not hold {key}")

    def memo(self, snapshot: Snapshot) -> Callable[[str, Callable[[], pl.DataFrame]], pl.DataFrame]:
        """Keeps the finished parts of a long reading at one block; `forget` drops them.

        Parts named final-... tell of blocks that never change, whatever block is read; they are kept for good.
        """
        parts = self._parts(snapshot)

        def part(name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
            folder = parts / (FINAL if name.startswith(FINAL) else str(snapshot.block.height))
            path = folder / f"{_safe(name)}.parquet"
            if path.exists():
                return pl.read_parquet(path)
            rows = make()
            _write_file(path, rows, {})
            return rows

        return part

    def unfinished(self, snapshot: Snapshot) -> int | None:
        """Height of the block at which a long reading was cut off."""
        heights = [int(path.name) for path in self._parts(snapshot).glob("*") if path.name.isdigit()]
        return max(heights, default=None)

    def forget(self, snapshot: Snapshot) -> None:
        """Drop the parts of a long reading, whole or given up; those of final blocks stay."""
        for path in self._parts(snapshot).glob("*"):
            if path.name.isdigit():
                shutil.rmtree(path, ignore_errors=True)

    def thin(self, now: datetime) -> list[Path]:
        """Keep one snapshot a day of what is older than a week; votes stay, because chains delete them.

        Returns what was removed.
        """
        removed = []
        for folder in self._readings():
            days: dict[Any, list[Path]] = defaultdict(list)
            for path, landed in _singles(folder):
                if landed.snapshot.kind is not Kind.VOTES and landed.snapshot.block.time < now - KEPT_HOURLY:
                    days[landed.snapshot.block.time.date()].append(path)
            removed += [path for paths in days.values() for path in paths[:-1]]
        for path in removed:
            path.unlink()
        return removed

    def compact(self, now: datetime) -> list[Path]:
        """Put the snapshots that are older than a month into one file a month; returns the files written."""
        written = []
        for folder in self._readings():
            months: dict[Path, list[tuple[Path, Landed]]] = defaultdict(list)
            for path, landed in _singles(folder):
                if landed.snapshot.block.time < now - KEPT_SINGLE:
                    months[folder / _month(landed.snapshot.block.time)].append((path, landed))
            for month, singles in months.items():
                _merge(month, [(landed.snapshot, _rows(path, landed)) for path, landed in singles])
                written.append(month)
                for path, _ in singles:
                    path.unlink()
        return written

    def record_run(self, run: str, entry: Mapping[str, Any]) -> None:
        """Write one line of the ledger; it lands before the build, so that a rebuild keeps it."""
        path = self.folder / "_runs" / f"{_safe(run)}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, json.dumps(entry).encode())

    def runs(self) -> list[dict[str, Any]]:
        """The ledger, oldest run first."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / "_runs").glob("*.json"))]

    def _refuse_mixing(self, snapshot: Snapshot) -> None:
        if snapshot.simulated != self.simulated:
            kind = "simulated" if snapshot.simulated else "live"
            raise BadData(f"{kind} facts of {snapshot.network} do not belong in {self.folder}")

    def _of_reading(self, snapshot: Snapshot) -> Path:
        return self.folder / _safe(snapshot.network) / _safe(snapshot.chain_id) / _safe(snapshot.reading)

    def _single(self, snapshot: Snapshot) -> Path:
        return self._of_reading(snapshot) / f"{snapshot.block.height}.parquet"

    def _parts(self, snapshot: Snapshot) -> Path:
        return self.folder / "_parts" / _safe(snapshot.network) / _safe(snapshot.chain_id) / _safe(snapshot.reading)

    def _readings(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[!_]*/*/*") if path.is_dir())


def contents(path: Path) -> list[Landed]:
    """Snapshots in a landing file; raises BadData naming the file when it is torn or of an unknown version."""
    try:
        note = json.loads(pl.read_parquet_metadata(path)[METADATA])
        version = int(note["schema_version"])
        if not 1 <= version <= SCHEMA_VERSION:
            raise BadData(f"{path} has schema version {version}; this program knows 1 to {SCHEMA_VERSION}")
        return [Landed(_snapshot(entry), entry["n"], entry["sha256"], version) for entry in note["snapshots"]]
    except (pl.exceptions.PolarsError, OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(f"{path} is no landing file: {error}") from error


def intact(path: Path) -> list[Landed]:
    """Snapshots in a landing file whose every row can be read; raises BadData naming the file otherwise."""
    landed = contents(path)
    try:
        rows = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadData(f"{path} is torn: {error}") from error
    if rows.height != sum(one.n for one in landed):
        raise BadData(f"{path} holds {rows.height} rows, {sum(one.n for one in landed)} were landed")
    return landed


def _write(path: Path, snapshots: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
    sorted_rows = [(snapshot, rows.sort(KEYS[snapshot.kind])) for snapshot, rows in snapshots]
    rows = pl.concat(
        rows.with_columns(pl.lit(snapshot.block.height, pl.Int64).alias(HEIGHT)) for snapshot, rows in sorted_rows
    )
    note = {"schema_version": SCHEMA_VERSION, "snapshots": [_note(snapshot, rows) for snapshot, rows in sorted_rows]}
    _write_file(path, rows, {METADATA: json.dumps(note)})


def _merge(path: Path, snapshots: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
    """Add snapshots to a month's file; what it holds already stays as it is."""
    held = [(landed.snapshot, _rows(path, landed)) for landed in contents(path)] if path.exists() else []
    known = {snapshot.key for snapshot, _ in held}
    fresh = [(snapshot, rows) for snapshot, rows in snapshots if snapshot.key not in known]
    if fresh:
        _write(path, sorted(held + fresh, key=lambda pair: pair[0].block.time))


# The name that no fact column has: votes have a `height` of their own.
HEIGHT: Final = "snapshot_height"


def _rows(path: Path, landed: Landed) -> pl.DataFrame:
    columns = list(SCHEMAS[landed.snapshot.kind])
    rows = pl.scan_parquet(path)
    if landed.schema_version > 1:
        rows = rows.filter(pl.col(HEIGHT) == landed.snapshot.block.height)
    try:
        found = rows.select(columns).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadData(f"{path} is torn: {error}") from error
    if found.height != landed.n:
        raise BadData(f"{path} holds {found.height} rows of {landed.snapshot.key}, {landed.n} were landed")
    return found


def _singles(folder: Path) -> list[tuple[Path, Landed]]:
    """Files of one snapshot each, oldest block first; a torn one is left for the build to report."""
    found = []
    for path in folder.glob("*.parquet"):
        if path.stem.isdigit():
            try:
                found.append((path, contents(path)[0]))
            except BadData:
                continue
    return sorted(found, key=lambda pair: pair[1].snapshot.block.time)


def _write_file(path: Path, rows: pl.DataFrame, metadata: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        rows.write_parquet(file, compression="zstd", metadata=metadata)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _note(snapshot: Snapshot, rows: pl.DataFrame) -> dict[str, Any]:
    return {
        "network": snapshot.network,
        "chain_id": snapshot.chain_id,
        "reading": snapshot.reading,
        "kind": snapshot.kind,
        "measure": snapshot.measure,
        "unit": snapshot.unit,
        "height": snapshot.block.height,
        "hash": snapshot.block.hash,
        "time": _text(snapshot.block.time),
        "since": _text(snapshot.since) if snapshot.since else None,
        "reported": {population: str(total) for population, total in snapshot.reported.items()},
        "method": snapshot.method,
        "endpoint": snapshot.endpoint,
        "runtime_version": snapshot.runtime_version,
        "newest_only": snapshot.newest_only,
        "witness": snapshot.witness,
        "simulated": snapshot.simulated,
        "n": rows.height,
        "sha256": hashlib.sha256(rows.write_csv().encode()).hexdigest(),
    }


def _snapshot(entry: dict[str, Any]) -> Snapshot:
    return Snapshot(
        network=entry["network"],
        chain_id=entry["chain_id"],
        reading=entry["reading"],
        kind=Kind(entry["kind"]),
        measure=Measure(entry["measure"]) if entry["measure"] else None,
        unit=entry["unit"],
        block=Block(entry["height"], entry["hash"], datetime.fromisoformat(entry["time"])),
        method=entry["method"],
        endpoint=entry["endpoint"],
        runtime_version=entry["runtime_version"],
        since=datetime.fromisoformat(entry["since"]) if entry["since"] else None,
        reported={population: int(total) for population, total in entry["reported"].items()},
        newest_only=entry.get("newest_only", False),
        witness=entry.get("witness", ""),
        simulated=entry["simulated"],
    )


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()


def _month(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m}.parquet"


def _safe(name: str) -> str:
    """A name as a file name; raises BadData for one that could leave the folder."""
    if not NAME.fullmatch(name):
        raise BadData(f"{name!r} cannot name a landing file")
    return name
