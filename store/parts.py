"""Parts: what long work has finished so far, so that whoever is cut off does not begin anew.

landing/_parts/<network>/<chain_id>/<reading>/<height>/    finished parts of a long reading, until it is whole
landing/_parts/<network>/<chain_id>/<reading>/final/       parts that hold at every later block
landing/_parts/<network>/<chain_id>/_shared/               those that any reading of the network may ask for
landing/_swept/<name>.parquet                              what sweeps computed; it can be computed again
landing/_measured/<name>.<table>.parquet                   what others computed for a rebuild, until it is published
"""

import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from store.faults import BadData
from store.rows import Place, Snapshot
from store.sealed import proved, safe, told_by_name, unproved, write_sealed

log = logging.getLogger(__name__)

# Parts of a long reading that hold at every later block.
FINAL: Final = "final"
SHARED: Final = "_shared"


class Lasting(str):
    """The name of a part that holds at every later block; any other is of the block at which it was read."""

    __slots__ = ()


# Gives the stored part of a name, or makes and stores it.
Memo = Callable[[str, Callable[[], pl.DataFrame]], pl.DataFrame]


class Shared(Lasting):
    """The name of a part that holds at every later block and says all that was asked: any reading finds it."""

    __slots__ = ()


class Anew(Shared):
    """The name of such a part that is doubted: it is made again, and kept instead."""

    __slots__ = ()


class Parts:
    """The parts that lie below one landing folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Path]:
        """Every part of a long reading and of a sweep."""
        return [*sorted((self.folder / "_parts").rglob("*.parquet")), *self.swept()]

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

    def memo(self, snapshot: Snapshot) -> Memo:
        """Keeps the finished parts of a long reading at one block; `forget` drops them.

        Parts with a lasting name tell of blocks that never change, whatever block is read; they are kept for good, or
        until they are made anew.
        """
        return self._kept(self._of(snapshot.place), str(snapshot.block.height))

    def lasting(self, place: Place) -> Memo:
        """Keeps what no block is needed for, until it is made anew."""
        return self._kept(self._of(place), FINAL)

    def _kept(self, parts: Path, block: str) -> Memo:
        folders = {Shared: parts.parent / SHARED, Anew: parts.parent / SHARED, Lasting: parts / FINAL}

        def part(name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
            folder = folders.get(type(name), parts / block)
            path = folder / f"{safe(name)}.parquet"
            if path.exists() and not isinstance(name, Anew):
                try:
                    return part_of(path)
                except BadData as error:
                    log.warning("%s: it is made again", error)
            rows = make()
            write_sealed(path, rows, {})
            return rows

        return part

    def unfinished(self, snapshot: Snapshot) -> int | None:
        """Height of the block at which a long reading was cut off."""
        heights = [int(path.name) for path in self._of(snapshot.place).glob("*") if path.name.isdigit()]
        return max(heights, default=None)

    def forget(self, snapshot: Snapshot) -> None:
        """Drop the parts of a long reading at one block, whole or given up; those of final blocks stay."""
        shutil.rmtree(self._of(snapshot.place) / str(snapshot.block.height), ignore_errors=True)

    def forget_all(self, snapshot: Snapshot) -> None:
        """Drop the parts of a long reading at whatever block; those of final blocks stay."""
        for path in self._of(snapshot.place).glob("*"):
            if path.name.isdigit():
                shutil.rmtree(path, ignore_errors=True)

    def _of(self, place: Place) -> Path:
        return self.folder.joinpath("_parts", *map(safe, place))


def part_of(path: Path) -> pl.DataFrame:
    """A part of a long reading; those of before there were seals are taken as they are."""
    with told_by_name(path):
        if not proved(path):
            unproved(path, "SELECT count(COLUMNS(*)) FROM read_parquet({file})")
        return pl.read_parquet(path, glob=False)
