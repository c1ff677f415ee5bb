"""How long past days take at one endpoint and at two, and what each sees in a second: `python -m benchmarks.backfill`.

Servers on loopback that note when they are asked; at ten requests a second to each, so that waiting is nearly all.
"""

import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ingest.backfill import Backfill, Period, lacking, readable
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


def taken(endpoints: int) -> tuple[float, int, int]:
    """Seconds, requests, and the most that one endpoint saw in a second."""
    seen: list[list[float]] = [[] for _ in range(endpoints)]

    def noting(times: list[float]) -> Archive:
        def note(_: Request) -> Reply | None:
            times.append(time.monotonic())
            return None

        return Archive(mood=note)

    today = datetime.now(UTC).date()
    period = Period(today - DAYS * timedelta(days=1), today - timedelta(days=1))
    with (
        archived(*map(noting, seen)) as (network, _),
        tempfile.TemporaryDirectory() as folder,
        Http(per_second=PER_SECOND) as http,
    ):
        landing, start = Landing(Path(folder)), time.monotonic()
        days = list(Backfill([network], http).read(list(lacking(network, readable(network), period, landing)), landing))
        wall = time.monotonic() - start
        assert len(days) == DAYS
        assert len(landing.files()) == DAYS * len(readable(network))
    return wall, sum(map(len, seen)), max(map(most_in_a_second, seen))


def main() -> int:
    """Print the table; 1 where a figure is missed."""
    print("| endpoints | days | requests | seconds | most in a second at one | times as fast |")
    print("| --- | --- | --- | --- | --- | --- |")
    found = {endpoints: taken(endpoints) for endpoints in (1, 2, 4)}
    for endpoints, (wall, requests, most) in found.items():
        print(f"| {endpoints} | {DAYS} | {requests} | {wall:.1f} | {most} | {found[1][0] / wall:.2f} |")
    missed = found[1][0] / found[2][0] < LEAST_GAIN or max(most for *_, most in found.values()) > PER_SECOND + 1
    print(f"\nat most {PER_SECOND} a second are allowed: {'a figure is missed' if missed else 'all figures met'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
