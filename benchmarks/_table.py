"""Measures cases, each size in a fresh process, and prints one table."""

import importlib
import math
import multiprocessing
import os
import pkgutil
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import benchmarks
from benchmarks import OURS, Case, Skip, Work

RUNS, ENOUGH_SECONDS = 7, 20.0
COLUMNS = ("work", "by", "CPU s", "median s", "peak MB", "growth", "ours is", "bar", "numbers")


@dataclass(frozen=True)
class Timing:
    """What one size of one case took."""

    size: int
    cpu: float
    median: float
    peak: float
    numbers: Mapping[str, float]


def cases(names: Sequence[str]) -> list[Case]:
    """Cases of the named files, or of all."""
    names = names or sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    modules = [importlib.import_module(f"benchmarks.{name}") for name in names if not name.startswith("_")]
    return [case for module in modules for case in getattr(module, "CASES", ())]


def timing(case: Case, size: int) -> Timing:
    """One size of a case, measured in a process of its own; raises Skip, or RuntimeError when that process failed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(case, size, there))
    process.start()
    there.close()
    try:
        found = here.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"{case.by} at size {size:,} ended with {process.exitcode}") from None
    process.join()
    if isinstance(found, str):
        raise Skip(found)
    assert isinstance(found, Timing)
    return found


def _child(case: Case, size: int, answer: Connection) -> None:
    try:
        answer.send(_measured(case.prepare(size), size))
    except Skip as reason:
        answer.send(str(reason))


def _measured(work: Work, size: int) -> Timing:
    start = _resident("VmRSS")
    # The kernel then counts the peak from here, not from the preparation.
    Path("/proc/self/clear_refs").write_text("5")
    numbers = work()
    peak = _resident("VmHWM") - start
    spent: list[tuple[float, float]] = []
    while len(spent) < RUNS and sum(wall for _, wall in spent) < ENOUGH_SECONDS:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    least, median = min(cpu for cpu, _ in spent), statistics.median(wall for _, wall in spent)
    return Timing(size, least, median, peak, numbers)


def _resident(field: str) -> float:
    """Memory of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(field))


def growth(timings: Sequence[Timing]) -> float | None:
    """Exponent of CPU-seconds over size, from the smallest and the largest; None of one size."""
    first, last = timings[0], timings[-1]
    if first.size == last.size or first.cpu <= 0:
        return None
    return math.log(last.cpu / first.cpu) / math.log(last.size / first.size)


def agreement(case: Case, mine: Mapping[str, float], ours: Mapping[str, float]) -> str:
    """Which numbers differ from ours, or how many agree; and those that only this case has."""
    more = [f"{name} {value:.4g}" for name, value in mine.items() if name not in ours]
    return "; ".join(filter(None, [_shared(case, mine, ours), *more]))


def _shared(case: Case, mine: Mapping[str, float], ours: Mapping[str, float]) -> str:
    wrong = [name for name in mine if name in ours and not math.isclose(mine[name], ours[name], rel_tol=1e-9)]
    if not wrong:
        same = len(mine.keys() & ours.keys())
        return f"{same} agree" if same else ""
    listed = ", ".join(f"{name} {mine[name]:.6g} for {ours[name]:.6g}" for name in wrong)
    return f"{listed}: {case.differs}" if case.differs else f"DIFFERS: {listed}"


@dataclass(frozen=True)
class Line:
    """A row of the table; `missed` when a bar is not met or numbers differ without a known reason."""

    cells: tuple[str, ...]
    missed: bool = False


def lines(work: str, group: Sequence[Case]) -> Iterator[Line]:
    """Rows of the cases that do the same work, ours first."""
    ours: Timing | None = None
    for case in sorted(group, key=lambda case: case.by != OURS):
        title = work.format(case.sizes[-1])
        try:
            timings = [timing(case, size) for size in case.sizes]
        except Skip as reason:
            yield Line((title, case.by, "", "", "", "", "", f"skipped: {reason}", ""))
            continue
        last = timings[-1]
        ours = last if case.by == OURS else ours
        ratio = last.cpu / ours.cpu if ours and case.by != OURS else None
        grown = growth(timings)
        bars = list(_bars(case, last, grown, ratio))
        # What nobody else computes is told as it is.
        to = {} if len(group) == 1 else ours.numbers if ours else None
        numbers = "" if to is None or to is last.numbers else agreement(case, last.numbers, to)
        yield Line(
            (
                title,
                case.by,
                f"{last.cpu:.4f}",
                f"{last.median:.4f}",
                f"{last.peak:.0f}",
                "" if grown is None else f"{grown:.2f}",
                "" if ratio is None else f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower",
                "; ".join(f"{text} {'met' if met else 'MISSED'}" for text, met in bars),
                numbers,
            ),
            missed=numbers.startswith("DIFFERS") or not all(met for _, met in bars),
        )


def _bars(case: Case, last: Timing, grown: float | None, ratio: float | None) -> Iterator[tuple[str, bool]]:
    if case.limit is not None:
        yield f"<= {case.limit:g} CPU s", last.cpu <= case.limit
    if case.peak is not None:
        yield f"<= {case.peak:g} MB", last.peak <= case.peak
    if case.growth is not None and grown is not None:
        yield f"growth <= {case.growth:g}", grown <= case.growth
    if case.beat is not None and ratio is not None:
        yield f">= {case.beat:g}x", ratio >= case.beat


def processor() -> str:
    """What this machine computes with, as the kernel tells it; numbers of two processors are not compared."""
    told = [line.partition(":")[::2] for line in Path("/proc/cpuinfo").read_text().splitlines()]
    known = {name.strip(): value.strip() for name, value in reversed(told)}
    kind = ", ".join(
        f"{name} {known[told]}" for name, told in (("family", "cpu family"), ("model", "model")) if told in known
    )
    return f"{known.get('model name', 'a processor without a name')} ({kind})"


def table(names: Sequence[str]) -> int:
    """Print the table of the named files; 1 when a bar is missed."""
    print(f"{os.cpu_count()} cores of {processor()}, load {os.getloadavg()[0]:.1f} at the start\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    chosen, missed = cases(names), 0
    for work in dict.fromkeys(case.work for case in chosen):
        for line in lines(work, [case for case in chosen if case.work == work]):
            print(f"| {' | '.join(line.cells)} |", flush=True)
            missed += line.missed
    print(f"\n{missed} bars missed" if missed else "\nall bars met")
    return 1 if missed else 0
