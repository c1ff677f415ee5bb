"""History from nodes that keep old states: one block a day, each landed as if it had been read that day.

What was landed before is skipped, so a backfill that was cut off goes on. The runtime of each block tells how it reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol, runtime_checkable

from ingest.job import Outcome, snapshot_of
from ingest.network import Network, Node, Reading
from ingest.transport import Http, bare
from store.landing import Landing
from store.rows import ReadingError, SourceDown, check


@runtime_checkable
class Archive(Protocol):
    """A chain whose old blocks can be found by their time."""

    def days(
        self, http: Http, endpoints: Sequence[str], since: date, until: date, step: timedelta
    ) -> Iterator[tuple[datetime, int]]:
        """The first block at or after midnight (UTC) of each step of a period, oldest first."""
        ...

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> Node:
        """The chain at a block of the past."""
        ...


@dataclass(frozen=True, slots=True)
class Period:
    """What to read: the days from since to until, every step, both ends included."""

    since: date
    until: date
    step: timedelta = timedelta(days=1)

    @property
    def days(self) -> int:
        """How many blocks will be read."""
        return (self.until - self.since) // self.step + 1


@dataclass(frozen=True, slots=True)
class Day:
    """One block of a backfill: what became of its readings, and how many requests it took."""

    moment: datetime
    height: int
    outcomes: tuple[Outcome, ...]
    requests: int


def backfill(
    network: Network,
    readings: Sequence[Reading],
    period: Period,
    landing: Landing,
    http: Http,
    endpoints: Sequence[str],
) -> Iterator[Day]:
    """Land the readings of each day of a period; yields each day when it is done, the first as an estimate of the rest.

    A reading that fails stops no other. Raises SourceDown where no endpoint keeps states that old, or where the network
    has no chain whose blocks can be found by time.
    """
    chain = network.chain
    if not isinstance(chain, Archive):
        raise SourceDown(f"{network.name} has no chain whose old blocks can be found by their time")
    before = http.requests
    for moment, height in chain.days(http, endpoints, period.since, period.until, period.step):
        node = chain.at(http, endpoints, height)
        outcomes = tuple(_landed(network, reading, node, landing) for reading in readings)
        yield Day(moment, height, outcomes, http.requests - before)
        before = http.requests


def remaining(done: Sequence[Day], period: Period, per_second: float = 1.0) -> tuple[int, timedelta]:
    """Requests and time that the rest of a period takes, judged by the days done so far."""
    each = max((day.requests for day in done), default=0)
    requests = each * max(0, period.days - len(done))
    return requests, timedelta(seconds=round(requests / per_second))


def _landed(network: Network, reading: Reading, node: Node, landing: Landing) -> Outcome:
    snapshot = snapshot_of(network, reading, node)
    if landing.has(snapshot):
        return Outcome(network.name, reading.name)
    try:
        facts = reading.read(node, landing.memo(snapshot)) if reading.long else reading.read(node)
        check(facts, reading.kind, tolerance=reading.tolerance, partial=reading.partial)
    except ReadingError as error:
        return Outcome(network.name, reading.name, type(error).__name__, str(error))
    landing.land(replace(snapshot, since=facts.since, reported=facts.reported, endpoint=bare(node.endpoint)), facts)
    return Outcome(network.name, reading.name)
