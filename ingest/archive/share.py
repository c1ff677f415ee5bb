"""What a command has to do with an archive, step by step; one that is down costs nothing that this host does itself."""

import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from ingest.archive.exchange import Accept, Exchange, Exchanged
from ingest.archive.marts import Older, publish_there
from ingest.archive.objects import Objects
from ingest.network import Network
from ingest.settings import WrongSetting
from ingest.spoken import spoken
from store.faults import BadData, ReadingError
from store.impossible import check
from store.landing import SAMPLE
from store.ledger import RunError
from store.rows import Facts, Snapshot

log = logging.getLogger(__name__)

ARCHIVE: Final = "DEAI_ARCHIVE"


class Share:
    """What this host and an archive have of each other; what fails is told in `errors`, and raised by no step.

    Without an archive every step does nothing.
    """

    def __init__(self, data: Path, objects: Objects | None, networks: Mapping[str, Network]) -> None:
        self._data = data
        self._objects = objects
        self._exchange = Exchange(data, objects, _accepting(networks)) if objects else None
        self.errors: list[RunError] = []

    def __bool__(self) -> bool:
        """Whether there is an archive."""
        return self._objects is not None

    def begin(self) -> int:
        """Fetch what other hosts have landed, before anything is pushed; how many files came. Raises WrongSetting."""
        return self._files(Exchange.begin)

    def pull(self) -> int:
        """Fetch what is there and not here; how many files came."""
        return self._files(Exchange.pull)

    def push(self) -> int:
        """Bring what is here and not there; how many files went. Raises WrongSetting as `begin` does."""
        return self._files(Exchange.push)

    def publish(self) -> str:
        """Bring the mart; what is said of it."""
        try:
            if self._objects is None:
                return ""
            made = publish_there(self._data, self._objects)
            return f"published {made.name} at {self._objects.address}" if made else "the archive has this mart"
        except Older as error:
            return f"{error}: this one is not published there"
        except ReadingError as error:
            log.warning("%s", error)
            self._note(error)
            return ""

    def prune(self, thinned: Collection[Path]) -> None:
        """Remove there what was thinned here, and what a month holds that lies here too."""
        self._files(lambda exchange: exchange.prune(thinned))

    def disputed(self) -> list[Path]:
        """Files of which the archive tells other facts."""
        return self._exchange.disputed() if self._exchange else []

    def _files(self, step: Callable[[Exchange], Exchanged]) -> int:
        if self._exchange is None:
            return 0
        try:
            done = step(self._exchange)
        except ReadingError as error:
            log.warning("%s", error)
            self._note(error)
            return 0
        for one in done.errors:
            self._note(one)
        return done.files

    def _note(self, error: ReadingError) -> None:
        told = RunError(network="", reading="", error=type(error).__name__, message=spoken(str(error)))
        if told not in self.errors:
            self.errors.append(told)


def address_of(told: str = "") -> str:
    """The address that is told, or that of DEAI_ARCHIVE; empty where neither is."""
    return told or os.environ.get(ARCHIVE, "")


def shared(data: Path, networks: Mapping[str, Network]) -> Share:
    """The archive of DEAI_ARCHIVE; none where it is not set. Raises WrongSetting, also where the data is simulated."""
    told = address_of()
    if told and not told.startswith("s3:"):
        raise WrongSetting(f"{ARCHIVE} is no address such as s3://bucket/prefix; a static copy can only be followed")
    if told and data.name == SAMPLE:
        raise WrongSetting(f"what is in {data} is simulated: it goes to no archive")
    return Share(data, Objects(told) if told else None, networks)


def _accepting(networks: Mapping[str, Network]) -> Accept:
    """What is asked of facts that come from elsewhere: all that is asked of those that are read here."""

    def accept(found: Sequence[tuple[Snapshot, pl.DataFrame]]) -> None:
        try:
            _refuse_untrue(found, networks)
        except BadData:
            # Which of them it is.
            for one in found:
                try:
                    _refuse_untrue([one], networks)
                except BadData as error:
                    named = "/".join(map(str, one[0].key))
                    raise BadData(f"{named} of the archive cannot be true: {error}") from error
            raise

    return accept


def _refuse_untrue(found: Sequence[tuple[Snapshot, pl.DataFrame]], networks: Mapping[str, Network]) -> None:
    """Refuse snapshots of one reading that it could not have landed; raises BadData."""
    # An empty file was accepted because its source said so; that is not in it.
    facts = [Facts(rows, one.reported, one.since, empty=True) for one, rows in found]
    network = networks.get(found[0][0].network)
    reading = next((one for one in network.readings if one.name == found[0][0].reading), None) if network else None
    if network and reading and all(one.kind is reading.kind for one, _ in found):
        network.check_each(reading, facts)
        return
    for (one, _), told in zip(found, facts, strict=True):
        # How far a total may differ from the chain's own is known of readings of this program alone.
        check(replace(told, reported={}), one.kind)
