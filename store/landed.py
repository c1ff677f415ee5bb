"""Landed: one landing file, the snapshots that it holds and what it says of them.

A file carries its provenance as JSON under the Parquet metadata key `deai`, and a seal of all its bytes
(store/sealed.py). A file from elsewhere is proved before anything of it is unpacked: `arrived`, then `rows_of`.
"""

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.described import Described
from store.disk import replace, sync_folder
from store.faults import BadData
from store.rows import KEYS, LATER, SCHEMAS, Block, Key, Kind, Measure, Snapshot
from store.sealed import glimpsed, note, restamped, told_by_name, unproved, write_sealed
from store.unpacked import unpacked

# 2 added the column `height`, so that one file can hold many snapshots; 3 the seal and the mark of flows; 4 the
# power of votes, and the quorum of proposals; 5 their quota, and whose vote a vote overrides (store.rows.LATER).
SCHEMA_VERSION: Final = 5


SEALED: Final = 3


# What a note tells of a snapshot: some was not told in files of before.
NOTED: Final[Mapping[type, tuple[str, ...]]] = {
    str: (
        *("network", "chain_id", "reading", "kind", "unit", "hash", "time", "method", "endpoint", "runtime_version"),
        *("sha256", "witness", "described", "mirrored"),
    ),
    int: ("height", "n"),
    bool: ("simulated", "newest_only", "flow"),
    dict: ("reported",),
}


@dataclass(frozen=True, slots=True)
class Landed:
    """A snapshot in a landing file."""

    snapshot: Snapshot
    n: int
    sha256: str
    schema_version: int


def contents(path: Path) -> list[Landed]:
    """Snapshots in a landing file; raises BadData naming the file when it is torn or of an unknown version."""
    return _landed(path, note)


def proved_contents(path: Path) -> list[Landed]:
    """The same of a file whose seal holds, as somebody has seen."""
    return _landed(path, glimpsed)


def _landed(path: Path, noted: Callable[[Path], dict[str, Any]]) -> list[Landed]:
    try:
        said = noted(path)
        version = int(said["schema_version"])
        if not 1 <= version <= SCHEMA_VERSION:
            raise BadData(f"{path} has schema version {version}; this program knows 1 to {SCHEMA_VERSION}")
        if version >= SEALED and "seal" not in said:
            raise BadData(f"{path} is torn: its seal is lost")
        mirrored = said.get("mirrored", "")
        for entry in said["snapshots"]:
            _refuse_mistyped(entry)
        return [Landed(_snapshot(entry, mirrored), entry["n"], entry["sha256"], version) for entry in said["snapshots"]]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadData(f"{path} is no landing file: {error}") from error


def _refuse_mistyped(entry: Mapping[str, Any]) -> None:
    """Refuse what a note tells of a snapshot with values of other kinds: 5.0 is 5, and names another file."""
    for kind, names in NOTED.items():
        if odd := [name for name in names if not isinstance(entry.get(name, kind()), kind)]:
            raise TypeError(f"{odd[0]} is {str(entry[odd[0]])[:80]!r}")
    if any(isinstance(entry[name], bool) or not 0 <= entry[name] < 2**63 for name in NOTED[int]):
        raise ValueError(f"{entry['n']!r} rows at block {entry['height']!r}")
    times = [datetime.fromisoformat(told) for told in (entry["time"], entry["since"]) if told]
    if any(time.utcoffset() != timedelta(0) for time in times):
        raise ValueError(f"it is of {entry['since']} to {entry['time']}, which is not in UTC")


def arrived(path: Path, most: int, *, proved: bool = False) -> list[Landed]:
    """Snapshots in a file from elsewhere, of which every byte is what was written; raises BadData.

    Before anything of it is unpacked it is refused where it would take more memory than `most` bytes. proved: somebody
    has seen that its seal holds.
    """
    told = unpacked(path)
    _refuse_large(path, told.size, most)
    found = proved_contents(path) if proved else intact(path)
    for one in found:
        if one.schema_version >= SEALED and sorted(told.columns) != sorted([*_columns(one), HEIGHT]):
            raise BadData(f"{path} has other columns than its snapshots: {', '.join(told.columns)[:200]}")
    if told.rows != sum(one.n for one in found):
        raise BadData(f"{path} has {told.rows} rows, its snapshots {sum(one.n for one in found)}")
    return found


def _refuse_large(path: Path, size: int, most: int) -> None:
    if size > most:
        told, allowed = (f"{one / 2**20:.0f}" for one in (size, most))
        raise BadData(f"{path} would take {told} MiB of memory, {allowed} are allowed; DEAI_MEMORY allows more")


def rows_of(path: Path, found: Sequence[Landed], most: int | None = None) -> list[tuple[Landed, pl.DataFrame]]:
    """Rows of snapshots of a file whose seal was compared; raises BadData where they have not the hash it tells.

    most: bytes that all their texts may have, of a file from elsewhere, where one may be shared by many rows.
    """
    told_of = list(zip(found, all_rows(path, found), strict=True))
    for landed, (_, rows) in told_of:
        if rows.schema != SCHEMAS[landed.snapshot.kind]:
            raise BadData(f"{path} has columns of other kinds: {dict(rows.schema)}")
    if most is not None:
        _refuse_large(path, sum(_letters(rows) for _, (_, rows) in told_of), most)
    for landed, (snapshot, rows) in told_of:
        if rows.height != landed.n or _hash(_only(rows, _columns(landed))) != landed.sha256:
            raise BadData(
                f"{path}: rows of {snapshot.reading} at block {snapshot.block.height} are not those it tells of"
            )
    return [(landed, rows) for landed, (_, rows) in told_of]


def through(archive: str, before: str) -> str:
    """From where something was mirrored: an archive, and from where that has it, if it has."""
    if not archive or before.partition(",")[0] == archive:
        return before
    return f"{archive}, which has it from {before}" if before else archive


def intact(path: Path) -> list[Landed]:
    """Snapshots in a landing file of which every byte is what was written; raises BadData naming the file otherwise.

    Files that have no seal yet are compared row by row with the hash in their note.
    """
    landed = contents(path)
    for one in landed:
        if one.schema_version < SEALED:
            rows_in(path, one)
    return landed


def differing(one: Path, other: Path) -> list[Key]:
    """Snapshots that two files both hold, and of which they tell different facts; raises BadData where one is torn.

    Who told them may differ: two hosts that ask two nodes for one block land the same.
    """
    both = [{landed.snapshot.key: landed for landed in intact(path)} for path in (one, other)]
    shared = both[0].keys() & both[1].keys()
    return sorted(key for key in shared if _differ((one, both[0][key]), (other, both[1][key])))


def _differ(*two: tuple[Path, Landed]) -> bool:
    told = [
        (one.snapshot.block, one.snapshot.since, one.snapshot.kind, one.snapshot.unit, dict(one.snapshot.reported))
        for _, one in two
    ]
    if told[0] != told[1]:
        return True
    if two[0][1].sha256 == two[1][1].sha256:
        return False
    # Of an earlier version the same rows have fewer columns, and so another hash.
    one, other = (rows_in(path, landed).sort(KEYS[landed.snapshot.kind]) for path, landed in two)
    return not one.equals(other)


def _letters(rows: pl.DataFrame) -> int:
    """Bytes of all texts."""
    return sum(int(column.str.len_bytes().sum()) for column in rows if column.dtype == pl.String)


def write(path: Path, snapshots: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
    """Write snapshots as one file, sealed."""
    sorted_rows = [(snapshot, rows.sort(KEYS[snapshot.kind])) for snapshot, rows in snapshots]
    rows = pl.concat(
        rows.with_columns(pl.lit(snapshot.block.height, pl.Int64).alias(HEIGHT)) for snapshot, rows in sorted_rows
    )
    notes = [_note(snapshot, rows) for snapshot, rows in sorted_rows]
    write_sealed(path, rows, {"schema_version": SCHEMA_VERSION, "snapshots": notes})


def place_at(found: Path, path: Path, mirrored: str) -> None:
    """Let a whole file lie under a name, and tell from which archive it is where one is named."""
    if mirrored:
        before = glimpsed(found).get("mirrored", "")
        replace(path, restamped(found.read_bytes(), mirrored=through(mirrored, before)))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        found.rename(path)
        sync_folder(path.parent)


def merge(path: Path, snapshots: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
    """Add snapshots to a month's file; what it holds already stays as it is."""
    held = all_rows(path, contents(path)) if path.exists() else []
    known = {snapshot.key for snapshot, _ in held}
    fresh = [(snapshot, rows) for snapshot, rows in snapshots if snapshot.key not in known]
    if fresh:
        write(path, sorted(held + fresh, key=lambda pair: pair[0].block.time))


# The name that no fact column has: votes have a `height` of their own.
HEIGHT: Final = "snapshot_height"


def within(path: Path, first: int, last: int) -> list[Landed]:
    """Snapshots of a file from one height to another, both included; raises BadData as `contents` does."""
    return [one for one in contents(path) if first <= one.snapshot.block.height <= last]


def rows_in(path: Path, landed: Landed) -> pl.DataFrame:
    """Rows of a snapshot of a file whose note was read, and with it the seal."""
    height = landed.snapshot.block.height
    with told_by_name(path):
        if landed.schema_version < SEALED:
            found = _unproved_rows(path, landed)
        else:
            rows = pl.scan_parquet(path, glob=False).filter(pl.col(HEIGHT) == height)
            found = rows.select(list(_columns(landed))).collect()
    if found.height != landed.n:
        raise BadData(f"{path} holds {found.height} rows of {landed.snapshot.key}, {landed.n} were landed")
    if landed.schema_version < SEALED and _hash(found) != landed.sha256:
        raise BadData(f"{path} is torn: rows of {landed.snapshot.key} are not those that were landed")
    return _whole(found, landed.snapshot.kind)


def _columns(landed: Landed) -> pl.Schema:
    """The columns that its kind had when it was landed."""
    kind, version = landed.snapshot.kind, landed.schema_version
    later = {name for since, added in LATER.items() if since > version for name in added.get(kind, ())}
    return pl.Schema({name: dtype for name, dtype in SCHEMAS[kind].items() if name not in later})


def _whole(rows: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Rows of before with the columns of today, of which nothing is known."""
    missing = {name: pl.lit(None, dtype) for name, dtype in SCHEMAS[kind].items() if name not in rows.columns}
    return _only(rows.with_columns(**missing) if missing else rows, SCHEMAS[kind])


def _only(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """These columns: to ask the query engine for them takes longer than all else where rows are few."""
    return pl.DataFrame([rows[name] for name in columns])


def all_rows(path: Path, told: Sequence[Landed]) -> list[tuple[Snapshot, pl.DataFrame]]:
    """Rows of several snapshots of a file whose note was read, for one look at the file."""
    if any(landed.schema_version < SEALED for landed in told):
        return [(landed.snapshot, rows_in(path, landed)) for landed in told]
    with told_by_name(path):
        by_height = _by_height(pl.read_parquet(path, glob=False)) if told else {}
    return [(one.snapshot, _of_height(by_height, one.snapshot)) for one in told]


def _by_height(rows: pl.DataFrame) -> Mapping[Any, pl.DataFrame]:
    """Rows of a file by the height of their snapshot; those of one lie one after the other, as they are written."""
    lengths, heights = rows[HEIGHT].rle().struct.unnest()
    if heights.is_duplicated().any():
        return {height: part for (height,), part in rows.partition_by(HEIGHT, as_dict=True).items()}
    starts = lengths.cum_sum() - lengths
    return {height: rows.slice(start, length) for height, start, length in zip(heights, starts, lengths, strict=True)}


def _of_height(by_height: Mapping[Any, pl.DataFrame], snapshot: Snapshot) -> pl.DataFrame:
    rows = by_height.get(snapshot.block.height)
    return pl.DataFrame(schema=SCHEMAS[snapshot.kind]) if rows is None else _whole(rows, snapshot.kind)


def _unproved_rows(path: Path, landed: Landed) -> pl.DataFrame:
    """Rows of a snapshot of a file of before there were seals."""
    schema, height = _columns(landed), landed.snapshot.block.height
    query = f"SELECT {', '.join(schema)} FROM read_parquet({{file}}, hive_partitioning = false)"
    if landed.schema_version == 1:
        return unproved(path, query).cast(schema)
    return unproved(path, f"{query} WHERE {HEIGHT} = $2", height).cast(schema)


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
        "flow": snapshot.flow,
        "witness": snapshot.witness,
        "simulated": snapshot.simulated,
        **({"described": snapshot.described} if snapshot.described else {}),
        **({"mirrored": snapshot.mirrored} if snapshot.mirrored else {}),
        "n": rows.height,
        "sha256": _hash(rows),
    }


def _hash(rows: pl.DataFrame) -> str:
    text = io.BytesIO()
    rows.write_csv(text)
    return hashlib.sha256(text.getbuffer()).hexdigest()


def _snapshot(entry: dict[str, Any], mirrored: str) -> Snapshot:
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
        flow=entry.get("flow", False),
        witness=entry.get("witness", ""),
        simulated=entry["simulated"],
        described=Described.read(entry["described"]).written if entry.get("described") else "",
        mirrored=through(mirrored, entry.get("mirrored", "")),
    )


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
