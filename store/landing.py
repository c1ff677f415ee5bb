"""Landing: the immutable Parquet files that everything else is built from.

    landing/<network>/<chain_id>/<reading>/<height>.parquet     one snapshot each, written once
    landing/_parts/<network>/<chain_id>/<reading>/<height>/     finished chunks of a long reading, until it is whole

A file carries its provenance as JSON under the Parquet metadata key `deai`. Data under a folder named `sample` is
simulated, all other data is not; each refuses the other.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.rows import KEYS, SCHEMAS, BadData, Block, Facts, Kind, Measure, Snapshot

SCHEMA_VERSION: Final = 1
METADATA: Final = "deai"
SAMPLE: Final = "sample"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]*")


class Landing:
    """The landing folder of one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "landing"
        self.simulated = folder.name == SAMPLE

    def path(self, snapshot: Snapshot) -> Path:
        """Where a snapshot lies; raises BadData for names that are no file names."""
        for name in (snapshot.network, snapshot.chain_id, snapshot.reading):
            if not NAME.fullmatch(name):
                raise BadData(f"{name!r} cannot name a landing file")
        return self._of_reading(snapshot) / f"{snapshot.block.height}.parquet"

    def land(self, snapshot: Snapshot, facts: Facts) -> Path:
        """Write checked facts once and for all; a snapshot that is there already stays as it is."""
        if snapshot.simulated != self.simulated:
            kind = "simulated" if snapshot.simulated else "live"
            raise BadData(f"{kind} facts of {snapshot.network} do not belong in {self.folder}")
        path = self.path(snapshot)
        if not path.exists():
            rows = facts.rows.sort(KEYS[snapshot.kind])
            write_whole(path, rows, [describe(snapshot, rows)])
        return path

    def has(self, snapshot: Snapshot) -> bool:
        """Whether this very block was read before."""
        return self.path(snapshot).exists()

    def files(self) -> list[Path]:
        """Every landing file, in the order of their names."""
        return sorted(path for path in self.folder.glob("*/*/*/*.parquet") if not path.parts[-4].startswith("_"))

    def _of_reading(self, snapshot: Snapshot) -> Path:
        return self.folder / snapshot.network / snapshot.chain_id / snapshot.reading


def write_whole(path: Path, rows: pl.DataFrame, described: Sequence[dict[str, Any]]) -> None:
    """Write a landing file so that it is there whole or not at all, even after a power loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    note = json.dumps({"schema_version": SCHEMA_VERSION, "snapshots": list(described)})
    with temporary.open("wb") as file:
        rows.write_parquet(file, compression="zstd", metadata={METADATA: note})
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


def describe(snapshot: Snapshot, rows: pl.DataFrame) -> dict[str, Any]:
    """The provenance of a snapshot as JSON values."""
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
        "simulated": snapshot.simulated,
        "n": rows.height,
        "sha256": hashlib.sha256(rows.write_csv().encode()).hexdigest(),
    }


def described(path: Path) -> Iterator[tuple[Snapshot, int, str]]:
    """Snapshots in a landing file, each with its schema version and the hash of its rows; raises BadData by name."""
    try:
        note = json.loads(pl.read_parquet_metadata(path)[METADATA])
        version = note["schema_version"]
        snapshots = [(_snapshot(entry), version, str(entry["sha256"])) for entry in note["snapshots"]]
    except (pl.exceptions.PolarsError, OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(f"{path} is no landing file: {error}") from error
    if not 1 <= version <= SCHEMA_VERSION:
        raise BadData(f"{path} has schema version {version}; this program knows 1 to {SCHEMA_VERSION}")
    return iter(snapshots)


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
        simulated=entry["simulated"],
    )


def rows_of(path: Path, kind: Kind) -> pl.DataFrame:
    """Rows of a landing file; raises BadData by name when it is torn or has other columns."""
    try:
        rows = pl.read_parquet(path, columns=list(SCHEMAS[kind]))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadData(f"{path} is torn: {error}") from error
    if rows.schema != SCHEMAS[kind]:
        raise BadData(f"{path} has columns {dict(rows.schema)}")
    return rows


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
