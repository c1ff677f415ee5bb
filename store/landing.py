"""Landing: the immutable Parquet files that everything else is built from.

    landing/<network>/<chain_id>/<reading>/<height>.parquet    one snapshot, written once
    landing/<network>/<chain_id>/<reading>/<year-month>.parquet   the snapshots of a month that is over
    landing/_parts/, _swept/, _measured/                       what long work has finished so far (store/parts.py)
    landing/_runs/                                             the ledger (store/ledger.py)
    landing/_apart/, landing/_disputed/                        months of archives that tell the same, that contradict

What one file holds and says of itself is in store/landed.py. Data under a folder named `sample` is simulated, all other
data is not; each refuses the other. When a file was written means nothing: copies and compaction change it. Within a
chain id heights grow with time, and files are named by them.
"""

import logging
import os
import re
import shutil
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.described import IMPORTED
from store.faults import BadData
from store.landed import (
    Landed,
    all_rows,
    arrived,
    contents,
    differing,
    intact,
    merge,
    place_at,
    rows_in,
    through,
    within,
    write,
)
from store.ledger import Ledger
from store.parts import Parts, part_of
from store.rows import Facts, Key, Kind, Place, Snapshot
from store.sealed import glimpsed, safe

log = logging.getLogger(__name__)

SAMPLE: Final = "sample"
MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
APART: Final = "_apart"
DISPUTED: Final = "_disputed"
KEPT_HOURLY: Final = timedelta(days=7)
KEPT_SINGLE: Final = timedelta(days=31)


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
        self.parts = Parts(self.folder)
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
            write(path, [(snapshot, facts.rows)])
        return path

    def land_months(self, found: Iterable[tuple[Snapshot, Facts]]) -> list[Path]:
        """Write many snapshots of past months at once: a backfill, or the history of the sample."""
        months: dict[Path, list[tuple[Snapshot, pl.DataFrame]]] = defaultdict(list)
        for snapshot, facts in found:
            self._refuse_mixing(snapshot)
            months[self._of_reading(snapshot) / month_file(snapshot.block.time)].append((snapshot, facts.rows))
        for path, snapshots in months.items():
            merge(path, snapshots)
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
        return next((path for path in paths if path.exists() and within(path, height, height)), None)

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
                for snapshot, rows in all_rows(path, within(path, first, last)):
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
            place_at(found, path, mirrored)
        else:
            rows = all_rows(found, joining)
            merge(path, [(changed(one, mirrored=through(mirrored, one.mirrored)), facts) for one, facts in rows])

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

    def read(self, path: Path, key: Key) -> pl.DataFrame:
        """Rows of one snapshot; raises BadData by name when the file is torn or does not hold it."""
        for landed in contents(path):
            if landed.snapshot.key == key:
                return rows_in(path, landed)
        raise BadData(f"{path} does not hold {key}")

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
                merge(month, [pair for path, landed in singles for pair in all_rows(path, [landed])])
                written.append(month)
                for path, _ in singles:
                    path.unlink()
        return written

    def torn(self) -> Iterator[tuple[Path, BadData]]:
        """Every stored file that is not what was written: snapshots, parts of long readings, lines of the ledger."""
        checks = ((self.files(), intact), (self.parts.all(), part_of))
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


def month_file(time: datetime) -> str:
    """The name of the file of a month."""
    return f"{time.astimezone(UTC):%Y-%m}.parquet"
