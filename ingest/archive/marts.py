"""Marts at an archive: each under a name that has its hash, and a pointer that never goes back.

    marts/mart-<generation>-<sha12>.duckdb    what a host has built
    marts/CURRENT                             {"name", "bytes", "sha256", "built", "layout"}: what readers are to have

A mart is there before it is named. Three are kept, and what is young.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ingest.archive import pieces
from ingest.archive.objects import ArchiveDown, Content, Objects
from store.faults import BadData
from store.landing import SAMPLE
from store.layout import LAYOUT
from store.mart import KEPT_GENERATIONS, Mart, NoMart, generation, marts, opened, prove, publish, refuse_foreign, take
from store.rows import AHEAD

CURRENT: Final = f"{pieces.MARTS}/CURRENT"
TRIES: Final = 8
# One an hour for a hundred thousand years; a larger one would leave no room for those that are built here.
MOST_GENERATIONS: Final = 10**9
# A reader may be about to take the mart before the last, and a writer about to name its own.
KEPT: Final = timedelta(hours=1)


class Older(Exception):
    """The archive has a newer mart than this one, which is not named there."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which mart readers of an archive are to have."""

    name: str
    bytes: int
    sha256: str
    built: datetime
    layout: str = LAYOUT

    @property
    def generation(self) -> int:
        """Its number where it was built."""
        return generation(Path(pieces.named(self.name).path))


def _text(told: Pointer) -> bytes:
    return json.dumps({**asdict(told), "built": told.built.isoformat()}).encode()


def pointer(content: Content) -> Pointer:
    """What a pointer says; raises BadData where it is none, or names what is no mart."""
    try:
        told: dict[str, Any] = json.loads(content.text)
        names, built = [str(told[name]) for name in ("name", "sha256", "layout")], datetime.fromisoformat(told["built"])
        found = Pointer(names[0], int(told["bytes"]), names[1], built, names[2])
        named = pieces.named(found.name)
        whole = named.path.startswith("mart-") and found.sha256.startswith(named.sha12) and len(found.sha256) == 64
        if not whole or found.built.utcoffset() is None:
            raise BadData("it names no mart")
    except (ValueError, KeyError, TypeError, BadData) as error:
        raise BadData(f"{CURRENT} of the archive is no pointer: {error}") from error
    return found


def publish_there(data: Path, objects: Objects) -> Pointer | None:
    """Bring the current mart of a data folder to the archive; None where it is there and named already.

    Raises Older where the archive names a newer one, ArchiveDown, NoMart.
    """
    path = prove(data)
    piece, built = pieces.mart(path), built_at(path, data)
    ours = Pointer(piece.name, piece.bytes, piece.sha256, built)
    for _ in range(TRIES):
        before = objects.read(CURRENT)
        if before and (named := pointer(before)) and named.built >= built:
            if named.sha256 == ours.sha256:
                return None
            raise Older(f"{objects.address} has a mart of {named.built:%Y-%m-%d %H:%M:%S} UTC, which is newer")
        objects.upload(ours.name, path)
        swapped = objects.swap(CURRENT, _text(ours), before.etag) if before else objects.create(CURRENT, _text(ours))
        if swapped is not None:
            _forget(objects, ours.name)
            return ours
    raise ArchiveDown(f"{objects.address}: {CURRENT} changes faster than it is read")


def _forget(objects: Objects, current: str) -> None:
    """Remove marts that no reader is about to take any more."""
    seen = sorted(objects.listed(pieces.MARTS), key=lambda one: one.modified)
    made = [one for one in seen if one.name.endswith(".duckdb")]
    old = [one.name for one in made[:-KEPT_GENERATIONS] if made[-1].modified - one.modified > KEPT]
    objects.remove([name for name in old if name != current])


def built_at(path: Path, data: Path) -> datetime:
    """When a mart was built; raises NoMart where it is not of this version, BadData where it is of another world."""
    with Mart(path) as mart:
        refuse_foreign(mart)
        (told,) = mart.table("SELECT built, simulated FROM meta").to_dicts()
    built: datetime = told["built"]
    if told["simulated"] != (data.name == SAMPLE):
        raise BadData(
            f"{path.name} is {'simulated' if told['simulated'] else 'not simulated'}: it does not belong in {data}"
        )
    return built.astimezone(UTC)


def built_here(data: Path) -> datetime | None:
    """When the mart of a data folder was built; None where there is none that can be read."""
    try:
        with opened(data) as mart:
            built: datetime = mart.table("SELECT built FROM meta").item()
    except NoMart:
        return None
    return built


def of_the_future(told: Pointer) -> bool:
    """Whether a mart was built after the time that this host has."""
    return told.built > datetime.now(UTC) + AHEAD


def adopt(path: Path, told: Pointer, data: Path, archive: str = "") -> Path:
    """Make a mart that was built elsewhere the current one of a data folder, whose lock must be held.

    path: its file, whose bytes were proved, on the same disk; it is moved, or removed where it is refused. told: what
    its archive says of it. archive: which one, where readers are to be told. Raises BadData, NoMart.
    """
    try:
        if built_at(path, data) != told.built:
            raise BadData(f"{told.name} was built at another time than its archive says")
        if of_the_future(told):
            # Nothing that is built before that day would ever replace it.
            raise BadData(f"{told.name} is of the future: {told.built}")
        if told.generation > MOST_GENERATIONS:
            raise BadData(f"{told.name} has a number to which no archive ever comes")
        # No name is used twice, so that a page never has another file under the name that it has open.
        number = max([told.generation, *(generation(one) + 1 for one in marts(data))])
        return take(path, told.sha256, data, number, archive) if archive else publish(path, data, number)
    finally:
        path.unlink(missing_ok=True)
