"""How much one reading, and one run, may ask for, and when: no server keeps a run busy without end, or is kept busy.

Errors beside those of store.rows:

    SourceDown
    └── Exhausted       a reading or a run has had all that it may ask for
"""

import threading
import time
from dataclasses import dataclass
from typing import Final

from ingest.settings import above_zero
from store.faults import Cause, SourceDown

VARIABLE: Final = "DEAI_ALLOWANCE"


class Exhausted(SourceDown):
    """A reading or a run has had all that it may ask for."""

    cause = Cause.ENDLESS


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be asked for: questions, bytes of answers, elements of their JSON, and time."""

    requests: int
    bytes: int
    elements: int
    seconds: float

    def times(self, factor: float) -> "Limits":
        """So many times as much of everything."""
        return Limits(
            int(self.requests * factor), int(self.bytes * factor), int(self.elements * factor), self.seconds * factor
        )


# Measured: Bittensor's stake map as stored shares takes 712 requests and 188 MB. A million delegations are 1,000 pages
# and 8 million elements. An element costs up to 120 bytes of memory once it is parsed.
READING: Final = Limits(requests=10_000, bytes=2 * 2**30, elements=12_000_000, seconds=4 * 3600)
# Five million token transfers of 16 elements and 700 bytes, or 300,000 transactions with votes: none of them is kept.
REPLAY: Final = Limits(requests=20_000, bytes=8 * 2**30, elements=200_000_000, seconds=8 * 3600)
RUN: Final = Limits(requests=100_000, bytes=32 * 2**30, elements=1_000_000_000, seconds=12 * 3600)


class Allowance:
    """What is left of some limits; several threads may spend of it."""

    def __init__(self, whose: str, limits: Limits) -> None:
        self._whose = whose
        self._limits = limits.times(above_zero(VARIABLE, 1))
        self._spent = Limits(0, 0, 0, 0)
        self._start = time.monotonic()
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        """How many questions were asked."""
        return self._spent.requests

    def spend(self, where: str, *, requests: int = 0, bytes: int = 0, elements: int = 0) -> None:
        """Count what a question to an endpoint costs; raises Exhausted where that is more than is left."""
        with self._lock:
            before = self._spent
            self._spent = now = Limits(
                before.requests + requests,
                before.bytes + bytes,
                before.elements + elements,
                time.monotonic() - self._start,
            )
        for what, spent, limit in (
            ("requests", now.requests, self._limits.requests),
            ("bytes of answers", now.bytes, self._limits.bytes),
            ("elements of JSON", now.elements, self._limits.elements),
            ("seconds", now.seconds, self._limits.seconds),
        ):
            if spent > limit:
                raise Exhausted(f"{self._whose}: more than {limit:,.0f} {what}, the last from {where}")


class Turns:
    """When each host may be asked next; whoever shares these asks no host more often than one alone would."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, host: str, pause: float) -> float:
        """Seconds to wait for the next turn, after which nobody has one for so long."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + pause
        return turn - now
