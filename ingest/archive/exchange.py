"""What a host and an archive have of landing: whatever one lacks it gets, and nothing is ever written over.

    landing/...           snapshots and months, by the names of pieces.py
    disputed/<sha16>/...  what tells other facts of a block than the file that was there before
    runs/<run>.json       lines of the ledger, each with the name of its host

A month is written anew where it lies, so that each of its forms has a name of its own and the manifest says which is
live. A snapshot that a live month holds is removed by whoever prunes.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from ingest.archive import manifest as manifests
from ingest.archive import pieces
from ingest.archive.known import NOWHERE, Known, Sign, remember, remembered
from ingest.archive.manifest import Manifest
from ingest.archive.objects import ArchiveDown, Objects, Seen
from ingest.settings import memory
from store.faults import BadData
from store.landed import contents, differing, rows_of
from store.landing import Landing, month_file
from store.rows import Key, Snapshot

log = logging.getLogger(__name__)

DISPUTED: Final = "disputed"
RUNS: Final = "runs"
# How often a manifest that others change at the same time is read anew.
TRIES: Final = 8
# A month that is live no more may just be fetched; one that is not live yet is about to be.
LEFT_ALONE: Final = timedelta(days=1)
# A file of landing is read as a whole; one that is larger is none of ours.
LARGEST: Final = 8 * 2**30
# How the name of a form of a month ends.
SHA12: Final = re.compile(r"\.[0-9a-f]{12}\.parquet")

Accept = Callable[[Sequence[tuple[Snapshot, pl.DataFrame]]], None]


class Disagreement(BadData):
    """Two hosts have landed different facts of one block: both are kept, and a person must look."""

    def __init__(self, message: str, file: str) -> None:
        """file: which one it is here, from the data folder on."""
        super().__init__(message)
        self.file = file


@dataclass(slots=True)
class Exchanged:
    """What came or went; errors: what was refused or is disputed, each file by its name."""

    files: int = 0
    errors: list[BadData] = field(default_factory=list)


class Exchange:
    """A data folder and an archive; the folder's lock must be held."""

    def __init__(self, data: Path, objects: Objects, accept: Accept) -> None:
        """accept: raises BadData where facts of a file that comes from elsewhere cannot be true."""
        self._data = data
        self._landing = Landing(data)
        self._objects = objects
        self._accept = accept
        self._known = Known()
        # Of a folder: in which month each snapshot is.
        self._months: dict[Path, dict[int, Path]] = {}

    def begin(self) -> Exchanged:
        """Fetch as `pull` does; raises WrongSetting where nothing may be pushed, since the store writes over."""
        with self._remembering():
            return self._pulled(self._begun(), self._objects.versions(pieces.LANDING))

    def pull(self) -> Exchanged:
        """Fetch what the archive has and this host lacks; raises ArchiveDown."""
        with self._remembering():
            manifest, there = manifests.read(self._objects), self._objects.versions(pieces.LANDING)
            self._same_archive(manifest)
            return self._pulled(manifest, there)

    def push(self) -> Exchanged:
        """Bring to the archive what it lacks; raises ArchiveDown, and WrongSetting where the store writes over."""
        with self._remembering():
            manifest, there = self._begun(), self._objects.versions(pieces.LANDING)
            done, moved = Exchanged(), dict[str, str]()
            for name, sign in self._landing.signs().items():
                if self._known.has_single(name, there.get(name), sign):
                    continue
                if not pieces.is_month(name):
                    self._each(done, name, partial(self._push_single, done, name, there, manifest))
                elif not self._known.has_month(name, manifest.months.get(name), sign):
                    self._each(done, name, partial(self._push_month, done, name, manifest, moved))
            self._go_live(done, manifest, moved)
            done.files += self._push_runs()
            return done

    def disputed(self) -> list[Path]:
        """Files here that tell other facts than the archive: no month takes them in before somebody has looked."""
        return [self._data / place for place in remembered(self._data).disputed]

    def prune(self, thinned: Collection[Path]) -> Exchanged:
        """Remove at the archive what was thinned here, and what a month holds that is live and lies here; after `push`.

        Forms of months that are live no more go after a day.
        """
        with self._remembering():
            manifest = manifests.read(self._objects)
            seen = {one.name: one for one in self._objects.listed(pieces.LANDING)}
            gone = seen.keys() & set(map(self._name, thinned))
            gone |= {name for name in seen.keys() - gone if self._is_held(seen[name], manifest)}
            named = set(map(manifest.name, manifest.months))
            now = max((one.modified for one in seen.values()), default=None)
            for name, one in seen.items():
                if now and SHA12.search(name) and name not in named and now - one.modified > LEFT_ALONE:
                    gone.add(name)
            self._objects.remove(sorted(gone))
            return Exchanged(len(gone))

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """What was compared is remembered, however it ends: what is done need not be done again."""
        self._known = remembered(self._data)
        before = self._known.copy()
        for place in [one for one in self._known.disputed if not (self._data / one).exists()]:
            del self._known.disputed[place]
        try:
            yield
        finally:
            if self._known != before:
                remember(self._data, self._known)

    def _begun(self) -> Manifest:
        manifest = manifests.begun(self._objects, self._known.tried)
        self._same_archive(manifest)
        self._known.tried = manifest.archive
        return manifest

    def _same_archive(self, manifest: Manifest) -> None:
        """What is remembered of another archive, or of one that was lost, says nothing of this one."""
        if manifest.archive != self._known.archive:
            self._known.archive = manifest.archive
            for told in (self._known.singles, self._known.months, self._known.runs, self._known.disputed):
                told.clear()

    def _sign(self, path: Path) -> Sign:
        stat = path.stat()
        return stat.st_size, stat.st_mtime_ns

    def _each(self, done: Exchanged, name: str, work: Callable[[], bool]) -> None:
        """Do something with one file; one that is torn, refused or disputed costs no other."""
        try:
            done.files += work()
        except ArchiveDown:
            raise
        except BadData as error:
            log.error("%s", error)
            done.errors.append(error)
            if isinstance(error, Disagreement):
                self._known.disputed[error.file] = str(error)
        else:
            self._known.disputed.pop(name, None)

    def _pulled(self, manifest: Manifest, there: Mapping[str, str]) -> Exchanged:
        done, here = Exchanged(), self._landing.signs()
        for place, sha256 in manifest.months.items():
            if not self._known.has_month(place, sha256, here.get(place)):
                self._each(done, place, partial(self._pull_month, done, place, manifest))
        for name, etag in there.items():
            if name not in here:
                self._each(done, name, partial(self._pull_single, name, etag))
        for name in self._known.singles.keys() - here.keys() - there.keys():
            del self._known.singles[name]
        return done

    def _pull_single(self, name: str, etag: str) -> bool:
        if pieces.named(name).sha12:
            # A form of a month: which one is live is said by the manifest.
            return False
        path = self._data / name
        month = self._in_month(path)
        if month and self._known.has_version(name, etag):
            return False
        with self._fetched(name, path) as found:
            if found is None:
                return False
            if month:
                if differ := differing(month, found):
                    raise self._disputed(month, name, differ)
                self._known.keep_single(name, etag, NOWHERE)
                return False
            self._take_in(path, name, found)
        self._known.keep_single(name, etag, self._sign(path))
        return True

    def _pull_month(self, done: Exchanged, place: str, manifest: Manifest) -> bool:
        """Take in the live form of a month; raises Disagreement where it tells other facts than the one here."""
        path, sha256 = self._data / place, manifest.months[place]
        if path.exists() and self._known.has_month(place, sha256, self._sign(path)):
            return False
        came = not path.exists() or pieces.hashed(path) != sha256
        if came and not self._take_month(done, path, manifest.name(place), sha256):
            return False
        self._months.pop(path.parent, None)
        if pieces.hashed(path) == sha256:
            self._known.keep_month(place, sha256, self._sign(path))
        return came

    def _take_month(self, done: Exchanged, path: Path, name: str, sha256: str) -> bool:
        with self._fetched(name, path) as found:
            if found is None:
                # Whoever prunes has made another one live since the manifest was read: the next time it comes.
                return False
            if pieces.hashed(found) != sha256:
                raise BadData(f"{self._objects.address}/{name} is not what its manifest says")
            differ = self._take_in(path, name, found)
        for single in differ:
            self._each(done, self._name(single), partial(self._refuse_other_facts, single, path))
        return True

    def _take_in(self, path: Path, name: str, found: Path) -> list[Path]:
        """Let a file that came whole have its place, put together with what is there.

        Returns files of one snapshot that tell other facts of their block: they stay. Raises Disagreement where the
        file in its place does: then nothing is changed; BadData naming what is torn, untrue, or is none of this place.
        """
        told = self._landing.belonging(path, found, memory())
        self._accept([(one.snapshot, rows) for one, rows in rows_of(found, told, memory())])
        if path.exists() and (differ := differing(path, found)):
            raise self._disputed(path, name, differ)
        self._landing.adopt(path, found, told)
        return self._landing.settle(path, told)

    def _refuse_other_facts(self, single: Path, month: Path) -> bool:
        """Raises Disagreement where a month has other facts than a file of one snapshot."""
        if month.exists() and (differ := differing(single, month)):
            raise self._disputed(single, self._name(month), differ)
        return False

    @contextmanager
    def _fetched(self, name: str, path: Path) -> Iterator[Path | None]:
        """An object in a file beside its place, until it is moved there; None where there is none any more."""
        temporary = path.with_name(f"{path.name}.fetched.tmp")
        try:
            yield temporary if self._objects.fetch(name, temporary, LARGEST) else None
        finally:
            temporary.unlink(missing_ok=True)

    def _in_month(self, path: Path) -> Path | None:
        """The month that lies here and holds a snapshot, by the name of its own file; None where none does."""
        if path.parent not in self._months:
            months = path.parent.glob("????-??.parquet")
            self._months[path.parent] = {
                one.snapshot.block.height: month for month in months for one in contents(month)
            }
        return self._months[path.parent].get(int(path.stem))

    def _push_single(self, done: Exchanged, name: str, there: Mapping[str, str], manifest: Manifest) -> bool:
        path = self._data / name
        month = path.with_name(month_file(contents(path)[0].snapshot.block.time))
        place = self._name(month)
        if place in manifest.months:
            # What the archive has of it may be in a month already.
            self._pull_month(done, place, manifest)
            if not path.exists():
                return False
        self._refuse_other_facts(path, month)
        piece = self._piece(path)
        etag = None if name in there else self._objects.create(name, path)
        if etag is None:
            self._compare(path, piece)
        # Of one that came in the last seconds the version is not known yet: it is compared once more.
        self._known.keep_single(name, there.get(name, "") if etag is None else etag, self._sign(path))
        return etag is not None

    def _compare(self, path: Path, piece: pieces.Piece) -> None:
        """Look at what another host has pushed under this name; raises Disagreement where it tells other facts."""
        with self._fetched(piece.name, path) as found:
            if found and pieces.hashed(found) != piece.sha256 and (differ := differing(path, found)):
                raise self._disputed(path, piece.name, differ)

    def _push_month(self, done: Exchanged, place: str, manifest: Manifest, moved: dict[str, str]) -> bool:
        path = self._data / place
        if place in manifest.months:
            self._pull_month(done, place, manifest)
        piece = self._piece(path)
        if piece.sha256 == manifest.months.get(place):
            return False
        self._objects.create(piece.name, path)
        moved[place] = piece.sha256
        return True

    def _go_live(self, done: Exchanged, manifest: Manifest, moved: dict[str, str]) -> None:
        """Name the months that were pushed as live; one that another host has changed meanwhile is merged first."""
        for _ in range(TRIES):
            if not moved or manifests.swapped(self._objects, manifest, moved):
                for place, sha256 in moved.items():
                    self._known.keep_month(place, sha256, self._sign(self._data / place))
                return
            before, manifest = manifest, manifests.read(self._objects)
            for place in [one for one in moved if before.months.get(one) != manifest.months.get(one)]:
                del moved[place]
                self._each(done, place, partial(self._push_month, done, place, manifest, moved))
        raise ArchiveDown(f"{self._objects.address}: its manifest changes faster than it is read")

    def _piece(self, path: Path) -> pieces.Piece:
        """A file that may be pushed; raises BadData where it is torn, or simulated."""
        if any(one.snapshot.simulated for one in contents(path)):
            raise BadData(f"{path} is simulated: it is pushed nowhere")
        return pieces.landed(self._data, path)

    def _disputed(self, path: Path, name: str, differ: list[Key]) -> Disagreement:
        """Keep the later of two files at the archive too, beside the one that was there."""
        piece = self._piece(path)
        beside = f"{DISPUTED}/{piece.sha256[:16]}/{piece.name}"
        self._objects.create(beside, path)
        first, more = differ[0], f" and {len(differ) - 1} more" if len(differ) > 1 else ""
        return Disagreement(
            f"{path} and {self._objects.address}/{name} tell different facts of {'/'.join(map(str, first))}{more}: "
            f"neither was written over, the one of this host is at {beside}",
            piece.path,
        )

    def _name(self, path: Path) -> str:
        return path.relative_to(self._data).as_posix()

    def _push_runs(self) -> int:
        """Bring the lines of the ledger that lie by themselves; that of the command that is at work follows later."""
        lines = {path.stem: path for path in self._landing.ledger.ended()}
        made = [
            self._objects.create(f"{RUNS}/{run}.json", lines[run]) for run in sorted(lines.keys() - self._known.runs)
        ]
        self._known.runs = set(lines)
        return sum(etag is not None for etag in made)

    def _is_held(self, seen: Seen, manifest: Manifest) -> bool:
        """Whether a snapshot of the archive is in a month that is live and lies here, with the same facts."""
        if SHA12.search(seen.name) or seen.name in self._known.disputed:
            return False
        path = self._data / pieces.named(seen.name).path
        month = self._in_month(path)
        if path.exists() or not month:
            return False
        place = self._name(month)
        if not self._known.has_month(place, manifest.months.get(place), self._sign(month)):
            return False
        if self._known.has_version(seen.name, seen.etag):
            return True
        with self._fetched(seen.name, path) as found:
            return found is not None and not differing(month, found)
