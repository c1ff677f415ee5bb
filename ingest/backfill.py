"""History from nodes that keep old states: one block a day, each landed as if it had been read that day.

What was landed before is skipped, so a backfill that was cut off goes on. The runtime of each block tells how it reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from ingest.job import Outcome, read_at
from ingest.network import Archive, N, Network, Reading
from ingest.transport import Http
from store.landing import Landing
from store.rows import SourceDown


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
    network: Network[N],
    readings: Sequence[Reading[N]],
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
        http.forgive()
        outcomes = read_at(network, readings, partial(chain.at, http, endpoints, height), http, landing)
        yield Day(moment, height, tuple(outcomes), http.requests - before)
        before = http.requests


def remaining(done: Sequence[Day], period: Period, per_second: float = 1.0) -> tuple[int, timedelta]:
    """Requests and time that the rest of a period takes, judged by the days done so far."""
    each = max((day.requests for day in done), default=0)
    requests = each * max(0, period.days - len(done))
    return requests, timedelta(seconds=round(requests / per_second))
