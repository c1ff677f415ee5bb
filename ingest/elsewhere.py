"""Days of the past that workers of a cluster read: each endpoint is asked by one of them, which lands what it reads.

A day is asked for by names and numbers. The worker finds the endpoint in its own environment: no address, and so no key
in one, is sent. It writes landing files itself, as a run does: each is whole or not there, under a name that follows
from the block. So a day may be read twice, and whoever is killed leaves a day that lacks something.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

from ingest.backfill import Day, Endpoint, Lacking, Reads, addresses
from ingest.cluster import NobodyLeft, placing, turns
from ingest.job import LOCK, VERSION, Outcome
from ingest.network import Network
from ingest.networks import networks
from ingest.transport import Http, bare
from store.faults import Cause, Fault, SourceDown
from store.landing import Landing


@dataclass(frozen=True, slots=True)
class Asked:
    """A day to be read into a data folder, which everybody sees under this path, at an endpoint by its number."""

    data: Path
    network: str
    number: int
    readings: tuple[str, ...]
    moment: datetime
    step: timedelta


@contextmanager
def reading_elsewhere(workers: int, scheduler: str, chosen: Sequence[Network], data: Path) -> Iterator[Reads | None]:
    """Who reads past days where this process does not; None where it does. Raises as `placing` does."""
    if not workers and not scheduler:
        yield None
        return
    places: dict[str, str] = {}
    for network in chosen:
        for number, address in enumerate(addresses(network)):
            places.setdefault(address, f"{network.name}/{number}")
    names = tuple(network.name for network in chosen)
    with placing(workers, scheduler, list(places.values()), partial(surroundings, data, names)) as placed:

        def reads(address: str, day: Lacking, landing: Landing) -> Day:
            name = day.network.name
            number = addresses(day.network).index(address)
            readings = tuple(one.name for one in day.readings)
            asked = Asked(landing.folder.parent, name, number, readings, day.moment, day.step)
            try:
                return placed(read_day, asked, places[address])
            except NobodyLeft as error:
                return _unread(address, day, str(error))

        yield reads


def _unread(address: str, day: Lacking, why: str) -> Day:
    """A day that an endpoint could not be asked for, which others are asked for instead."""
    name, fault = day.network.name, Fault("", Cause.DOWN, why)
    outcomes = (Outcome(name, one.name, SourceDown.__name__, why, (fault,)) for one in day.readings)
    return Day(name, day.moment, bare(address), None, tuple(outcomes), 0, over=True)


def read_day(asked: Asked) -> Day:
    """Read a day here, where a worker of a cluster is."""
    network = _networks()[asked.network]
    readings = tuple(one for one in network.readings if one.name in asked.readings)
    address = addresses(network)[asked.number]
    day = Lacking(network, asked.moment, asked.step, readings)
    return _endpoint(address).read(address, day, Landing(asked.data))


def surroundings(data: Path, names: Sequence[str]) -> str:
    """What all who read must have alike: program, endpoints of these networks, and the folder that is locked."""
    lock = data / LOCK
    locked = str(lock.stat().st_mtime_ns) if lock.exists() else "not there"
    known = ", ".join(bare(address) for name in names for address in addresses(_networks()[name]))
    return f"{VERSION} {known} {data} {locked}"


@cache
def _networks() -> dict[str, Network]:
    return networks()


@cache
def _http() -> Http:
    return Http(turns=turns())


@cache
def _endpoint(address: str) -> Endpoint:
    return Endpoint(address, _http().beside())
