"""How long past days take at one endpoint and at two, and what each sees in a second: `python -m benchmarks.backfill`.

Servers on loopback that note when they are asked; at ten requests a second to each, so that waiting is nearly all.
"""

import os
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from ingest.backfill import Backfill, Period, lacking, readable
from ingest.elsewhere import reading_elsewhere
from ingest.networks import networks
from ingest.transport import Http
from store.landing import Landing
from tests.worlds.archives import Archive, archived
from tests.worlds.servers import Reply, Request

PER_SECOND: Final = 10
DAYS: Final = 24
LEAST_GAIN: Final = 1.8


def most_in_a_second(times: Sequence[float]) -> int:
    """The most questions in any second, wherever it begins."""
    known = sorted(times)
    return max(bisect_left(known, start + 1) - place for place, start in enumerate(known))


def taken(endpoints: int, workers: int = 0) -> tuple[float, int, int]:
    """Seconds from the first request to the last, requests, and the most that one endpoint saw in a second.

    workers: so many processes ask, each for its endpoints; 0: threads of this one.
    """
    seen: list[list[float]] = [[] for _ in range(endpoints)]

    def noting(times: list[float]) -> Archive:
        def note(_: Request) -> Reply | None:
            times.append(time.monotonic())
            return None

        return Archive(mood=note)

    today = datetime.now(UTC).date()
    period = Period(today - DAYS * timedelta(days=1), today - timedelta(days=1))
    network = networks()["akash"]
    readings = readable(network, ("validators", "consensus"))
    with ExitStack() as open_:
        _, urls = open_.enter_context(archived(*map(noting, seen)))
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        surroundings = {"AKASH_URL": ",".join(urls), "DEAI_REQUESTS_PER_SECOND": str(PER_SECOND)}
        open_.enter_context(patch.dict(os.environ, surroundings))
        http = open_.enter_context(Http())
        reads = open_.enter_context(reading_elsewhere(workers, "", [network], folder))
        landing = Landing(folder)
        days = list(Backfill([network], http, reads).read(list(lacking(network, readings, period, landing)), landing))
        assert len(days) == DAYS
        assert len(landing.files()) == DAYS * len(readings)
    asked = [moment for times in seen for moment in times]
    return max(asked) - min(asked), len(asked), max(map(most_in_a_second, seen))


def main() -> int:
    """Print the table; 1 where a figure is missed."""
    print("| by | endpoints | days | requests | seconds | most in a second at one | times as fast |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    missed = 0
    for by, asked in (
        ("threads", [(1, 0), (2, 0), (4, 0)]),
        ("processes", [(1, 1), (2, 2)]),
    ):
        first = 0.0
        for endpoints, workers in asked:
            wall, requests, most = taken(endpoints, workers)
            first = first or wall
            print(
                f"| {by} | {endpoints} | {DAYS} | {requests} | {wall:.1f} | {most} | {first / wall:.2f} |", flush=True
            )
            missed += most > PER_SECOND + 1 or (endpoints == 2 and first / wall < LEAST_GAIN)
    print(f"\nat most {PER_SECOND} a second are allowed: {'a figure is missed' if missed else 'all figures met'}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
