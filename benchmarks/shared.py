"""What sharing a rebuild costs beside doing it alone: `python -m benchmarks.shared [FILES HOLDERS [WORKERS [TURNS]]]`.

Landing files are made once, under build/bench. CPU-seconds of tasks are taken inside them, alone and shared by turns;
two processes that only count say what of the machine a second one can have.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from unittest.mock import patch

from benchmarks.build import addresses, held, snapshot
from ingest import cluster, measuring
from ingest.measuring import Part, measure_part
from ingest.networks import networks
from ingest.publication import build, thresholds
from store.draft import Draft
from store.landing import SAMPLE, Landing
from store.rows import Facts, Measure
from tests.conftest import ROOT

T = TypeVar("T")
R = TypeVar("R")

FILES, HOLDERS, WORKERS, TURNS = 40, 100_000, 2, 2
# Of what the same takes alone; and of who gave the command, for what a build alone does not have.
MOST_OF_TASKS: Final = 1.25
MOST_OF_DRIVER: Final = 1.5
COUNTED: Final = 20_000_000


@dataclass
class Spent:
    """CPU-seconds: of tasks, of who gave the command for sharing and in all, of all workers' processes; and time."""

    tasks: list[float] = field(default_factory=list)
    sharing: float = 0.0
    command: float = 0.0
    workers: float = 0.0
    wall: float = 0.0


def landed(files: int, holders: int) -> Path:
    """A data folder with so many days of one token, of so many holders each."""
    data = ROOT / "build" / "bench" / f"shared-{files}x{holders}" / SAMPLE
    if not data.exists():
        known = addresses(holders)
        # Two days' amounts by turns: to draw them takes longer than to build from them.
        facts = [Facts(held(known, seed)) for seed in range(2)]
        for back in range(files):
            Landing(data).land(snapshot("holders", Measure.TOKEN, back), facts[back % 2])
    return data


def alone(data: Path) -> Spent:
    """A rebuild by this process; its tasks are what measuring takes."""
    spent, measure = Spent(), Draft.measure

    def timed(draft: Draft, *arguments: Any) -> None:
        start = time.process_time()
        measure(draft, *arguments)
        spent.tasks.append(time.process_time() - start)

    cpu, wall = time.process_time(), time.perf_counter()
    with patch.object(Draft, "measure", timed):
        build(data, networks(), afresh=True)
    spent.command, spent.wall = time.process_time() - cpu, time.perf_counter() - wall
    return spent


def task(part: Part) -> tuple[str, float]:
    """A part, and what it took."""
    start = time.process_time()
    name = measure_part(part)
    return name, time.process_time() - start


def parts(data: Path) -> list[Part]:
    """What a rebuild of it has to measure."""
    rules = thresholds(networks())
    with Draft(ROOT / "build" / "bench" / "parts", afresh=True, landing=Landing(data)) as draft:
        draft.take_in()
        return measuring._parts(draft, rules)


def used() -> float:
    """What this process has taken since it began."""
    return time.process_time()


def shared(data: Path, workers: int, few: Sequence[Part]) -> Spent:
    """A rebuild shared by processes of this machine, each of which has done a few parts before."""
    spent, wall, begun = Spent(), time.perf_counter(), time.process_time()
    with ExitStack() as open_:
        client = open_.enter_context(cluster._cluster("", [()] * workers))
        client.wait_for_workers(workers)
        # What a worker loads for its first task is of its start, and is among what workers take.
        for one in few:
            client.run(measuring._computed, one)
        mapped = cluster._mapped(client)
        spent.sharing += time.process_time() - begun

        def watched(function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[Any]:
            del function
            start, parts = time.process_time(), cast(Sequence[Part], tasks)
            for name, took in mapped(task, parts, keys):
                spent.tasks.append(took)
                yield name
            spent.sharing += time.process_time() - start

        build(data, networks(), afresh=True, shared=watched)
        spent.workers = sum(client.run(used).values())
        start = time.process_time()
    spent.sharing += time.process_time() - start
    spent.command, spent.wall = time.process_time() - begun, time.perf_counter() - wall
    Landing(data).parts.forget_measured()
    return spent


def counting(_: int) -> float:
    """Seconds that a process takes to count."""
    start = time.perf_counter()
    for _ in range(COUNTED):
        pass
    return time.perf_counter() - start


def control() -> float:
    """How many times as much two processes count as one, in the same time."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        one = pool.map(counting, [0])[0]
        return 2 * one / max(pool.map(counting, [0, 1], chunksize=1))


def main() -> int:
    """Print the table; 1 where a figure is missed."""
    files, holders, workers, times = [*map(int, sys.argv[1:]), *(FILES, HOLDERS, WORKERS, TURNS)[len(sys.argv) - 1 :]]
    data, missed = landed(files, holders), 0
    print(f"{files} files of {holders:,} holders, {workers} workers, load {os.getloadavg()[0]:.0f}\n")
    print("| by | tasks | CPU s of tasks | of sharing, who commands | of the command | of workers | seconds |")
    print("|---|---|---|---|---|---|---|")
    turns, few = [], parts(landed(1, 1_000))
    for _ in range(times):
        turns.append((alone(data), shared(data, workers, few)))
        for name, one in zip(("alone", "shared"), turns[-1], strict=True):
            told = (sum(one.tasks), one.sharing, one.command, one.workers, one.wall)
            print(f"| {name} | {len(one.tasks)} | {' | '.join(f'{cell:.2f}' for cell in told)} |", flush=True)
    best = [min(turn[place].wall for turn in turns) for place in range(2)]
    tasks = min(sum(both.tasks) for _, both in turns) / min(sum(one.tasks) for one, _ in turns)
    driver = min(both.sharing for _, both in turns)
    for text, met in (
        (f"tasks {tasks:.2f} times what they take alone, at most {MOST_OF_TASKS}", tasks <= MOST_OF_TASKS),
        (f"who commands {driver:.2f} CPU s for sharing, at most {MOST_OF_DRIVER}", driver <= MOST_OF_DRIVER),
    ):
        missed += not met
        print(f"{text}: {'met' if met else 'MISSED'}")
    print(f"{best[0] / best[1]:.2f} times as fast; two processes that count do {control():.2f} times as much as one")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
