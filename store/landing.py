"""Landing: the immutable Parquet files that everything else is built from.

    landing/<network>/<chain_id>/<reading>/<height>.parquet    one snapshot, written once
    landing/<network>/<chain_id>/<reading>/<year-month>.parquet   the snapshots of a month that is over
    landing/_parts/<network>/<chain_id>/<reading>/<height>/    finished parts of a long reading, until it is whole
    landing/_parts/<network>/<chain_id>/<reading>/final/       parts that hold at every later block
    landing/_parts/<network>/<chain_id>/_shared/               those that any reading of the network may ask for
    landing/_runs/                                             the ledger (store/ledger.py)
    landing/_swept/<name>.parquet                              what sweeps computed; it can be computed again
    landing/_measured/<name>.<table>.parquet                   what others computed for a rebuild, until it is published
    landing/_apart/, landing/_disputed/                        months of archives that tell the same, that contradict

A file carries its provenance as JSON under the Parquet metadata key `deai`, and a seal of all its bytes. Data under a
folder named `sample` is simulated, all other data is not; each refuses the other. When a file was written means
nothing: copies and compaction change it. Within a chain id heights grow with time, and files are named by them.
"""

import hashlib
import io
import logging
import os
import re
import shutil
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.described import IMPORTED, Described
from store.disk import replace, sync_folder
from store.ledger import Ledger
from store.rows import KEYS, LATER, SCHEMAS, BadData, Block, Facts, Key, Kind, Measure, Place, Snapshot
from store.sealed import glimpsed, note, proved, restamped, safe, told_by_name, unproved, write_sealed
from store.unpacked import unpacked

log = logging.getLogger(__name__)

# 2 added the column `height`, so that one file can hold many snapshots; 3 the seal and the mark of flows; 4 the
# power of votes, and the quorum of proposals; 5 their quota, and whose vote a vote overrides (store.rows.LATER).
SCHEMA_VERSION: Final = 5
SEALED: Final = 3
SAMPLE: Final = "sample"
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
MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
# Parts of a long reading that hold at every later block.
FINAL: Final = "final"
APART: Final = "_apart"
DISPUTED: Final = "_disputed"
SHARED: Final = "_shared"
KEPT_HOURLY: Final = timedelta(days=7)
KEPT_SINGLE: Final = timedelta(days=31)


class Lasting(str):
    """The name of a part that holds at every later block; any other is of the block at which it was read."""

    __slots__ = ()


# Gives the stored part of a name, or makes and stores it.
Parts = Callable[[str, Callable[[], pl.DataFrame]], pl.DataFrame]


class Shared(Lasting):
    """The name of a part that holds at every later block and says all that was asked: any reading finds it."""

    __slots__ = ()


class Anew(Shared):
    """The name of such a part that is doubted: it is made again, and kept instead."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Landed:
    """A snapshot in a landing file."""

    snapshot: Snapshot
    n: int
    sha256: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the note of a file says of a snapshot, unproved: hash of its rows, time, and since when its flow runs."""

    sha256: str
    time: datetime
    since: datetime | None


class Landing:
    """The landing folder of one data folder."""

    def __init__(self, data: Path, only: Collection[Path] | None = None) -> None:
        self.folder = data / "landing"
        self.ledger = Ledger(self.folder / "_runs")
        self.simulated = data.name == SAMPLE
        # All that there is of it, where not all is wanted.
        self._only = only
        # Torn files that were met while it was asked what has landed.
        self.met_torn: set[Path] = set()

    def land(self, snapshot: Snapshot, facts: Facts) -> Path:
        """Write checked facts once and for all; a snapshot that is there already stays as it is."""
        self._refuse_mixing(snapshot)
        path = self._single(snapshot)
        if not path.exists():
            self._refuse_broken_flow(snapshot, facts)
            _write(path, [(snapshot, facts.rows)])
        return path

    def land_months(self, found: Iterable[tuple[Snapshot, Facts]]) -> list[Path]:
        """Write many snapshots of past months at once: a backfill, or the history of the sample."""
        months: dict[Path, list[tuple[Snapshot, pl.DataFrame]]] = defaultdict(list)
        for snapshot, facts in found:
            self._refuse_mixing(snapshot)
            months[self._of_reading(snapshot) / month_file(snapshot.block.time)].append((snapshot, facts.rows))
        for path, snapshots in months.items():
            _merge(path, snapshots)
        return list(months)

    def has(self, snapshot: Snapshot) -> bool:
        """Whether this very block was read before."""
        if self._single(snapshot).exists():
            return True
        month = self._of_reading(snapshot) / month_file(snapshot.block.time)
        return month.exists() and any(landed.snapshot.key == snapshot.key for landed in self._whole(month))

    def held(self, snapshot: Snapshot) -> tuple[Path, Landed] | None:
        """What landed under the key of a snapshot, whatever its time, and in which file; None where nothing did."""
        paths = [self._single(snapshot), *self._of_reading(snapshot).glob("????-??.parquet")]
        found = ((path, landed) for path in paths if path.exists() for landed in contents(path))
        return next((pair for pair in found if pair[1].snapshot.key == snapshot.key), None)

    def holding(self, place: Place, height: int) -> Path | None:
        """The file that has a reading's snapshot at a height; None where none has."""
        folder = self.folder.joinpath(*map(safe, place))
        paths = [folder / f"{height}.parquet", *sorted(folder.glob("????-??.parquet"))]
        return next((path for path in paths if path.exists() and _within(path, height, height)), None)

    def told(self, place: Place) -> dict[int, Told]:
        """What the files of a reading say that they hold, by height; nothing is proved, and a torn file is left out."""
        found = {}
        for path in self.folder.joinpath(*map(safe, place)).glob("*.parquet"):
            with suppress(BadData, ValueError, KeyError, TypeError):
                for entry in glimpsed(path)["snapshots"]:
                    since = datetime.fromisoformat(entry["since"]) if entry["flow"] else None
                    time = datetime.fromisoformat(entry["time"])
                    found[int(entry["height"])] = Told(entry["sha256"], time, since)
        return found

    def apart(self, name: str) -> Path:
        """Where a file of an archive is kept that tells what is here already, in another way."""
        return self.folder / APART / name

    def dispute(self, name: str) -> Path:
        """Where a file of an archive is kept that contradicts what is here; nothing is read of it."""
        return self.folder / DISPUTED / name

    def disputed(self) -> list[Path]:
        """Files of archives that contradict what is here."""
        return sorted((self.folder / DISPUTED).rglob("*.parquet"))

    def newest(self, network: str, chain_id: str, reading: str) -> datetime | None:
        """Block time of the newest snapshot of a reading; None where there is none, or where its file is torn."""
        return self._end((network, chain_id, reading))[1]

    def reached(self, network: str, chain_id: str, reading: str) -> int | None:
        """Height up to which a reading has landed, also where its newest file is torn; 0 where that cannot be told."""
        return self._end((network, chain_id, reading))[0]

    def times(self, place: Place) -> list[datetime]:
        """Block times of all snapshots of a reading; a torn file is told and left out."""
        folder = self.folder / "/".join(place)
        singles, months = _named(folder)
        paths = (*(folder / f"{height}.parquet" for height in sorted(singles)), *months)
        return [one.snapshot.block.time for path in paths for one in self._whole(path)]

    def between(self, network: str, chain_id: str, reading: str, first: int, last: int) -> dict[int, pl.DataFrame]:
        """Rows of a reading's snapshots from one height to another, both included, oldest first, by their height.

        A torn file is told and left out.
        """
        folder = self.folder / network / chain_id / reading
        singles, months = _named(folder)
        paths = [folder / f"{height}.parquet" for height in singles if first <= height <= last]
        if first not in singles:
            paths += self._months_between(months, first, last)
        found: dict[int, pl.DataFrame] = {}
        for path in paths:
            try:
                # A compaction that was cut off leaves a snapshot in two files.
                for snapshot, rows in _all_rows(path, _within(path, first, last)):
                    found[snapshot.block.height] = rows
            except BadData as error:
                log.error("%s: it is left out", error)
        return dict(sorted(found.items()))

    def descriptions(self) -> dict[str, str]:
        """The imported networks that are there, each with what landed with it; nothing where all its files are torn."""
        found = {}
        for folder in sorted(self.folder.glob(f"{IMPORTED}*")):
            landed = (one for path in sorted(folder.glob("*/*/*.parquet")) for one in self._whole(path))
            if told := next((one.snapshot.described for one in landed), None):
                found[folder.name] = told
        return found

    def adopt(self, path: Path, found: Path, joining: Sequence[Landed], mirrored: str = "") -> None:
        """Take snapshots of a file that was written elsewhere, proved and checked before; the lock must be held.

        path: the file here that is to hold them; what it holds already stays as it is. found: their file, which may be
        moved. joining: those of its snapshots that are to be here. mirrored: the archive, where that is to be told.
        """
        if not joining:
            return
        for one in joining:
            self._refuse_mixing(one.snapshot)
        held = {one.snapshot.key for one in contents(path)} if path.exists() else set()
        if held <= {one.snapshot.key for one in joining} and len(joining) == len(glimpsed(found)["snapshots"]):
            _place(found, path, mirrored)
        else:
            rows = _all_rows(found, joining)
            _merge(path, [(changed(one, mirrored=through(mirrored, one.mirrored)), facts) for one, facts in rows])

    def settle(self, path: Path, told: Sequence[Landed]) -> list[Path]:
        """Remove what lies here as a file of its own where another file has the same; the lock must be held.

        Returns those that tell other facts of their block: they stay.
        """
        singles = [one for held in told if (one := self._single(held.snapshot)) != path and one.exists()]
        differ = [one for one in singles if differing(one, path)]
        for single in singles:
            if single not in differ:
                single.unlink()
        return differ

    def belonging(self, path: Path, found: Path, most: int) -> list[Landed]:
        """What a file holds that was written elsewhere, if it may lie under this name; raises BadData.

        most: bytes of memory that it may take.
        """
        place, told = path.relative_to(self.folder).parts[:3], arrived(found, most)
        for one in told:
            self._refuse_mixing(one.snapshot)
            if one.snapshot.place != place or path not in (
                self._single(one.snapshot),
                self._of_reading(one.snapshot) / month_file(one.snapshot.block.time),
            ):
                raise BadData(f"{path} is not where {one.snapshot.key} belongs")
        if not told or (path.stem.isdecimal() and len(told) > 1):
            raise BadData(f"{path} cannot hold {len(told)} snapshots")
        return told

    def signs(self) -> dict[str, tuple[int, int]]:
        """Every landing file by its name in the data folder; its size, and when it was written, in nanoseconds."""
        found = {}
        for folder in self._readings():
            within = folder.relative_to(self.folder.parent).as_posix()
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".parquet"):
                        stat = entry.stat()
                        found[f"{within}/{entry.name}"] = (stat.st_size, stat.st_mtime_ns)
        return found

    def files(self) -> list[Path]:
        """Every landing file, in the order of their names."""
        return sorted(self.folder.glob("[!_]*/*/*/*.parquet") if self._only is None else self._only)

    def swept(self) -> list[Path]:
        """What sweeps have left, each part named by what it is computed from."""
        return sorted((self.folder / "_swept").glob("*.parquet"))

    def measured(self, name: str) -> dict[str, Path]:
        """A part of a rebuild: by table of the mart where its rows lie until the mart is published."""
        return {
            table: self.folder / "_measured" / f"{safe(name)}.{table}.parquet" for table in ("distribution", "metric")
        }

    def keep_measured(self, name: str, make: Callable[[], Mapping[str, pl.DataFrame]]) -> None:
        """Write a part of a rebuild, unless it is there."""
        paths = self.measured(name)
        if not all(path.exists() for path in paths.values()):
            for table, rows in make().items():
                write_sealed(paths[table], rows, {})

    def forget_measured(self) -> None:
        """Drop the parts of rebuilds: the mart has them, or has others."""
        shutil.rmtree(self.folder / "_measured", ignore_errors=True)

    def keep_swept(self, name: str, make: Callable[[], pl.DataFrame]) -> None:
        """Write a part of a sweep, unless it is there."""
        path = self.folder / "_swept" / f"{safe(name)}.parquet"
        if not path.exists():
            write_sealed(path, make(), {})

    def read(self, path: Path, key: Key) -> pl.DataFrame:
        """Rows of one snapshot; raises BadData by name when the file is torn or does not hold it."""
        for landed in contents(path):
            if landed.snapshot.key == key:
                return _rows(path, landed)
        raise BadData(f"{path} does not hold {key}")

    def memo(self, snapshot: Snapshot) -> Parts:
        """Keeps the finished parts of a long reading at one block; `forget` drops them.

        Parts with a lasting name tell of blocks that never change, whatever block is read; they are kept for good, or
        until they are made anew.
        """
        return self._memo(self._parts(snapshot.place), str(snapshot.block.height))

    def lasting(self, place: Place) -> Parts:
        """Keeps what no block is needed for, until it is made anew."""
        return self._memo(self._parts(place), FINAL)

    def _memo(self, parts: Path, block: str) -> Parts:
        folders = {Shared: parts.parent / SHARED, Anew: parts.parent / SHARED, Lasting: parts / FINAL}

        def part(name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
            folder = folders.get(type(name), parts / block)
            path = folder / f"{safe(name)}.parquet"
            if path.exists() and not isinstance(name, Anew):
                try:
                    return _part(path)
                except BadData as error:
                    log.warning("%s: it is made again", error)
            rows = make()
            write_sealed(path, rows, {})
            return rows

        return part

    def unfinished(self, snapshot: Snapshot) -> int | None:
        """Height of the block at which a long reading was cut off."""
        heights = [int(path.name) for path in self._parts(snapshot.place).glob("*") if path.name.isdigit()]
        return max(heights, default=None)

    def forget(self, snapshot: Snapshot) -> None:
        """Drop the parts of a long reading at one block, whole or given up; those of final blocks stay."""
        shutil.rmtree(self._parts(snapshot.place) / str(snapshot.block.height), ignore_errors=True)

    def forget_all(self, snapshot: Snapshot) -> None:
        """Drop the parts of a long reading at whatever block; those of final blocks stay."""
        for path in self._parts(snapshot.place).glob("*"):
            if path.name.isdigit():
                shutil.rmtree(path, ignore_errors=True)

    def thin(self, now: datetime, needed: Mapping[Place, int], torn: Collection[Path] = ()) -> list[Path]:
        """Keep one snapshot a day of what is older than a week; returns what was removed.

        Votes stay, because chains delete them; so do flows, because each tells of a time of its own, and from the
        height in `needed` on what another reading still has to compare. torn: files that are left alone.
        """
        removed = []
        for folder in self._readings():
            days: dict[Any, list[Path]] = defaultdict(list)
            for path, landed in _singles(folder, now - KEPT_HOURLY, torn):
                snapshot = landed.snapshot
                wanted = needed.get(snapshot.place, snapshot.block.height + 1) <= snapshot.block.height
                if not (wanted or _each_counts(snapshot)):
                    days[snapshot.block.time.date()].append(path)
            removed += [path for paths in days.values() for path in paths[:-1]]
        for path in removed:
            path.unlink()
        return removed

    def compact(self, now: datetime, torn: Collection[Path] = ()) -> list[Path]:
        """Put the snapshots that are older than a month into one file a month; returns the files written.

        torn: files that are left alone.
        """
        written = []
        for folder in self._readings():
            months: dict[Path, list[tuple[Path, Landed]]] = defaultdict(list)
            for path, landed in _singles(folder, now - KEPT_SINGLE, torn):
                month = folder / month_file(landed.snapshot.block.time)
                if month not in torn:
                    months[month].append((path, landed))
            for month, singles in months.items():
                _merge(month, [pair for path, landed in singles for pair in _all_rows(path, [landed])])
                written.append(month)
                for path, _ in singles:
                    path.unlink()
        return written

    def torn(self) -> Iterator[tuple[Path, BadData]]:
        """Every stored file that is not what was written: snapshots, parts of long readings, lines of the ledger."""
        checks = ((self.files(), intact), (self._all_parts(), _part))
        for paths, check in checks:
            for path in paths:
                try:
                    check(path)
                except BadData as error:
                    # What a run that works meanwhile has moved to another file is not torn.
                    if path.exists():
                        yield path, error
        yield from self.ledger.torn()

    def sweep(self) -> None:
        """Remove what writers that were cut off left half written; the lock must be held."""
        for folder, _, names in os.walk(self.folder):
            for name in names:
                if name.endswith(".tmp"):
                    Path(folder, name).unlink()

    def discard(self) -> None:
        """Drop everything: what was read was only to be looked at."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            self.folder.parent.rmdir()

    def _all_parts(self) -> list[Path]:
        return [*sorted((self.folder / "_parts").rglob("*.parquet")), *self.swept()]

    def _months_between(self, months: Sequence[Path], first: int, last: int) -> Sequence[Path]:
        """Those of the months, oldest first, that may hold such heights; all where one is torn on the way to them."""
        ends: dict[Path, tuple[int, int]] = {}

        def lowest(month: Path) -> int:
            heights = [one.snapshot.block.height for one in self._whole(month)]
            ends[month] = (min(heights, default=-1), max(heights, default=-1))
            return ends[month][0]

        # Heights grow with time: the last month that begins no later than the first height, and those after it.
        place = max(0, bisect_right(months, first, key=lowest) - 1)
        after = bisect_right(months, last, lo=place, key=lowest)
        return months if (-1, -1) in ends.values() else months[place:after]

    def _end(self, place: Place) -> tuple[int | None, datetime | None]:
        """Height and block time of the newest snapshot of a reading; nothing of either where there is none.

        Of a torn file of one snapshot the name tells the height; of a torn month nothing does, and the height is 0.
        """
        folder = self.folder / "/".join(place)
        singles, months = _named(folder)
        ends: list[tuple[int, datetime | None]] = []
        if singles:
            height = max(singles)
            ends = [
                (height, next((one.snapshot.block.time for one in self._whole(folder / f"{height}.parquet")), None))
            ]
        time = ends[0][1] if ends else None
        # The last month is only opened where it may be newer.
        if months and (time is None or f"{time:%Y-%m}" <= months[-1].stem):
            held = self._whole(months[-1])
            if not held and time is None:
                return 0, None
            ends += [(one.snapshot.block.height, one.snapshot.block.time) for one in held]
        return max(ends, key=lambda end: end[0], default=(None, None))

    def _whole(self, path: Path) -> list[Landed]:
        """Snapshots in a landing file; none where it is torn, which is told once."""
        try:
            return contents(path)
        except BadData as error:
            if path not in self.met_torn:
                self.met_torn.add(path)
                log.error("%s: it is left out", error)
            return []

    def _refuse_broken_flow(self, snapshot: Snapshot, facts: Facts) -> None:
        """A period of a flow begins where the one before ended; one of no length claims nothing, and begins anew.

        When a torn one ended is not known: what follows it begins at the height in its name.
        """
        if not snapshot.flow or (snapshot.since == snapshot.block.time and facts.rows.is_empty()):
            return
        before = self.newest(*snapshot.place)
        if snapshot.since is None or snapshot.since >= snapshot.block.time or before not in (None, snapshot.since):
            raise BadData(
                f"{snapshot.reading} of {snapshot.network} tells of {snapshot.since} to {snapshot.block.time}, and "
                f"has landed up to {before}: periods would overlap or leave a gap"
            )

    def _refuse_mixing(self, snapshot: Snapshot) -> None:
        if snapshot.simulated != self.simulated:
            kind = "simulated" if snapshot.simulated else "live"
            raise BadData(f"{kind} facts of {snapshot.network} do not belong in {self.folder}")

    def _of_reading(self, snapshot: Snapshot) -> Path:
        return self.folder / safe(snapshot.network) / safe(snapshot.chain_id) / safe(snapshot.reading)

    def _single(self, snapshot: Snapshot) -> Path:
        return self._of_reading(snapshot) / f"{snapshot.block.height}.parquet"

    def _parts(self, place: Place) -> Path:
        return self.folder.joinpath("_parts", *map(safe, place))

    def _readings(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[!_]*/*/*") if path.is_dir())


def _named(folder: Path) -> tuple[set[int], list[Path]]:
    """What a reading has by the names of its files: heights of those of one snapshot, and months, oldest first."""
    names = [name.removesuffix(".parquet") for name in _names(folder) if name.endswith(".parquet")]
    months = sorted(name for name in names if MONTH.fullmatch(name))
    return {int(name) for name in names if name.isdecimal()}, [folder / f"{month}.parquet" for month in months]


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


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
        raise BadData(f"{path} would take {size / 2**20:.0f} MiB of memory, {most / 2**20:.0f} are allowed")


def rows_of(path: Path, found: Sequence[Landed], most: int | None = None) -> list[tuple[Landed, pl.DataFrame]]:
    """Rows of snapshots of a file whose seal was compared; raises BadData where they have not the hash it tells.

    most: bytes that all their texts may have, of a file from elsewhere, where one may be shared by many rows.
    """
    told_of = list(zip(found, _all_rows(path, found), strict=True))
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
            _rows(path, one)
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
    one, other = (_rows(path, landed).sort(KEYS[landed.snapshot.kind]) for path, landed in two)
    return not one.equals(other)


def _letters(rows: pl.DataFrame) -> int:
    """Bytes of all texts."""
    return sum(int(column.str.len_bytes().sum()) for column in rows if column.dtype == pl.String)


def _write(path: Path, snapshots: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
    sorted_rows = [(snapshot, rows.sort(KEYS[snapshot.kind])) for snapshot, rows in snapshots]
    rows = pl.concat(
        rows.with_columns(pl.lit(snapshot.block.height, pl.Int64).alias(HEIGHT)) for snapshot, rows in sorted_rows
    )
    notes = [_note(snapshot, rows) for snapshot, rows in sorted_rows]
    write_sealed(path, rows, {"schema_version": SCHEMA_VERSION, "snapshots": notes})


def _place(found: Path, path: Path, mirrored: str) -> None:
    """Let a whole file lie under a name, and tell from which archive it is where one is named."""
    if mirrored:
        before = glimpsed(found).get("mirrored", "")
        replace(path, restamped(found.read_bytes(), mirrored=through(mirrored, before)))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        found.rename(path)
        sync_folder(path.parent)


def _merge(path: Path, snapshots: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
    """Add snapshots to a month's file; what it holds already stays as it is."""
    held = _all_rows(path, contents(path)) if path.exists() else []
    known = {snapshot.key for snapshot, _ in held}
    fresh = [(snapshot, rows) for snapshot, rows in snapshots if snapshot.key not in known]
    if fresh:
        _write(path, sorted(held + fresh, key=lambda pair: pair[0].block.time))


# The name that no fact column has: votes have a `height` of their own.
HEIGHT: Final = "snapshot_height"


def _within(path: Path, first: int, last: int) -> list[Landed]:
    return [one for one in contents(path) if first <= one.snapshot.block.height <= last]


def _rows(path: Path, landed: Landed) -> pl.DataFrame:
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


def _all_rows(path: Path, told: Sequence[Landed]) -> list[tuple[Snapshot, pl.DataFrame]]:
    """Rows of several snapshots of a file whose note was read, for one look at the file."""
    if any(landed.schema_version < SEALED for landed in told):
        return [(landed.snapshot, _rows(path, landed)) for landed in told]
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


def _part(path: Path) -> pl.DataFrame:
    """A part of a long reading; those of before there were seals are taken as they are."""
    with told_by_name(path):
        if not proved(path):
            unproved(path, "SELECT count(COLUMNS(*)) FROM read_parquet({file})")
        return pl.read_parquet(path, glob=False)


def _each_counts(snapshot: Snapshot) -> bool:
    """Whether no other snapshot tells what this one does: votes, and what flowed in a period.

    Before flows were marked only rates told of exactly a day.
    """
    if snapshot.kind is Kind.VOTES or snapshot.flow:
        return True
    return snapshot.since not in (None, snapshot.block.time - timedelta(days=1))


def _singles(folder: Path, before: datetime, torn: Collection[Path]) -> list[tuple[Path, Landed]]:
    """Files of one snapshot of before a time, the oldest block first; a torn one is left for the build to report."""
    found = []
    heights = {int(path.stem): path for path in folder.glob("*.parquet") if path.stem.isdecimal()}
    for _, path in sorted(heights.items()):
        if path not in torn:
            try:
                landed = contents(path)[0]
            except BadData:
                continue
            if landed.snapshot.block.time < before:
                found.append((path, landed))
            elif landed.snapshot.block.time <= datetime.now(UTC):
                # Higher blocks are younger; a block of the future says nothing of others.
                break
    return sorted(found, key=lambda pair: pair[1].snapshot.block.time)


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


def month_file(time: datetime) -> str:
    """The name of the file of a month."""
    return f"{time.astimezone(UTC):%Y-%m}.parquet"
