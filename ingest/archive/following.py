"""Following an archive: a mart is taken whole, proved by its hash, and only then named in this host's own CURRENT."""

from pathlib import Path
from typing import Final

from ingest.archive import pieces
from ingest.archive.marts import CURRENT, Pointer, adopt, built_here, of_the_future, pointer
from ingest.archive.objects import ArchiveDown, Objects
from ingest.job import lock
from ingest.site import write_site
from store.disk import refuse_full
from store.faults import BadData
from store.layout import LAYOUT
from store.mart import NoMart

FETCHED: Final = "followed.duckdb"


class Follower:
    """Takes over what an archive publishes: the mart of a data folder is that of the archive, a little later."""

    def __init__(self, data: Path, objects: Objects) -> None:
        self._data = data
        self._objects = objects
        # The version of the pointer that was dealt with.
        self._etag = ""

    def look(self) -> Path | None:
        """The mart that is new here; None where there is nothing newer.

        Raises ArchiveDown; BadData where what is there is not what its pointer says, and NoMart where it is of another
        version of the program: then nothing is changed, nor asked again before the pointer changes. Raises Locked
        where another command is at work.
        """
        content = self._objects.newer(CURRENT, self._etag)
        if content is None and not self._etag:
            raise ArchiveDown(f"{self._objects.address} has no {CURRENT}: nothing is published there")
        if content is None:
            return None
        try:
            made = self._followed(pointer(content))
        except (BadData, NoMart):
            self._etag = content.etag
            raise
        self._etag = content.etag
        return made

    def _followed(self, told: Pointer) -> Path | None:
        if told.layout != LAYOUT:
            raise NoMart(f"{self._objects.address}/{told.name} is of another version of this program: it is not taken")
        if of_the_future(told):
            # With a clock that is right it may be taken: it is asked for again.
            raise ArchiveDown(f"{self._objects.address}/{told.name} is of the future: {told.built}")
        if self._has(told):
            return None
        with lock(self._data):
            # Whoever had the lock may have published meanwhile.
            made = None if self._has(told) else self._taken(told)
            if made:
                write_site(self._data)
        return made

    def _has(self, told: Pointer) -> bool:
        """Whether the mart here is as new."""
        built = built_here(self._data)
        return built is not None and built >= told.built

    def _taken(self, told: Pointer) -> Path:
        """Fetch, prove and publish the mart that the archive names."""
        refuse_full(self._data, told.bytes)
        fetched = self._data / FETCHED
        try:
            if not self._objects.fetch(told.name, fetched, told.bytes):
                raise ArchiveDown(f"{self._objects.address}/{told.name} is not there")
            if pieces.hashed(fetched) != told.sha256:
                raise BadData(f"{self._objects.address}/{told.name} is not what {CURRENT} says: it is not taken")
            return adopt(fetched, told, self._data)
        finally:
            fetched.unlink(missing_ok=True)
