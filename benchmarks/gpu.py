"""The heavy arithmetic on a GPU beside NumPy: `benchmarks/gpu.sh` writes the table of docs/benchmarks.md.

Each work is done once by NumPy, in CPU-seconds, and on the device several times after a warm run: the median
milliseconds by the device's own events, and those of moving the input there apart. What both find is compared: counts
must be equal, other numbers to 1e-12. On a machine without a device the first kernel's reason is told, and nothing is
written.
"""

import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from analytics.power.indices import shapley_shubik_many
from analytics.spread.backend import NUMPY, Backend, working_cupy
from analytics.spread.batches import Floats, Ints
from analytics.spread.bootstrap import resampled
from analytics.spread.groups import Groups
from analytics.spread.metrics import measure
from benchmarks.metrics import grouped, simulated
from publish.swept import SCENARIOS

PAGE: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
WARM: Final = 5
EQUAL: Final = 1e-12
HEAD: Final = (
    "| work | NumPy, CPU s | device, warm median ms | moving the input, ms | largest difference, counts |",
    "| --- | --- | --- | --- | --- |",
)
# What stands in the place of numbers until a device was there.
UNMEASURED: Final = "unmeasured"
# How the text below the table begins.
SAID: Final = re.compile(rf"GPU: {UNMEASURED}\.|Measured on .*? with CuPy \S+\.(?=\s)")
# Numbers of one work by name; those that begin so are counts.
Found = dict[str, Floats]
COUNTS: Final = ("nc_", "holders")


@dataclass(frozen=True)
class Case:
    """One work: its name, what is moved to the device, and what is found on an array library."""

    name: str
    moved: Ints
    work: Callable[[Backend], Found]


def metrics_of(name: str, amounts: Ints, offsets: Ints) -> Case:
    """All metrics of groups."""

    def work(on: Backend) -> Found:
        found = measure(amounts, offsets, on=on)
        return {**found.values, "holders": found.holders.astype(np.float64)}

    return Case(f"full metric set, {name}", amounts, work)


def sweep_of(days: int, parties: int) -> Case:
    """All metrics of every day under every scenario, a thousand replicates each."""
    amounts, offsets = simulated(days * parties), np.arange(0, days * parties + 1, parties)

    def work(on: Backend) -> Found:
        found = resampled(Groups(amounts, offsets), range(days), changes=[*SCENARIOS.values()], on=on)
        ends = {"": found.value, " low": found.low, " high": found.high}
        return {f"{name}{end}": told[..., at] for end, told in ends.items() for at, name in enumerate(found.names)}

    return Case(f"sweep of {days} days of {parties:,} parties, 4 scenarios, 1,000 replicates", amounts, work)


def power_of(games: int, voters: int) -> Case:
    """Shapley-Shubik values of many games."""
    weights = simulated(games * voters).reshape(games, voters)
    weights = np.sort(weights * 10_000 // weights.sum(axis=1, keepdims=True), axis=1)
    quotas = weights.sum(axis=1) // 2 + 1
    return Case(
        f"Shapley-Shubik of {games} games of {voters} voters",
        weights,
        lambda on: {"value": shapley_shubik_many(weights, quotas, on)},
    )


def cases() -> list[Case]:
    """All works, of narrow and of wide amounts, of many and of one."""
    many, offsets = grouped(10_000)
    some, some_offsets = grouped(1_000)
    one = simulated(10**7)
    wide = np.stack([some * 2**31, some >> 12], axis=1)
    return [
        metrics_of("10,000 groups of 1,000", many, offsets),
        metrics_of("1,000 groups of 1,000 of 30 digits", wide, some_offsets),
        metrics_of("10,000,000 parties", one, np.array([0, len(one)])),
        sweep_of(64, 1_000),
        sweep_of(1, 100_000),
        power_of(400, 100),
    ]


def line(case: Case, device: Backend | None) -> tuple[str, bool]:
    """A row of the table, and whether both libraries find the same."""
    start = time.process_time()
    here = case.work(NUMPY)
    spent = f"{time.process_time() - start:.2f}"
    if device is None:
        return f"| {case.name} | {spent} | {UNMEASURED} | {UNMEASURED} | {UNMEASURED} |", True
    there = case.work(device)
    warm = median(milliseconds(device, lambda: case.work(device)) for _ in range(WARM))
    moving = median(milliseconds(device, lambda: device.array(case.moved)) for _ in range(WARM))
    apart, counts = difference(here, there)
    told = f"{apart:.0e}, counts {'equal' if counts else 'DIFFER'}"
    return f"| {case.name} | {spent} | {warm:.1f} | {moving:.1f} | {told} |", counts and apart <= EQUAL


def milliseconds(on: Backend, work: Callable[[], Any]) -> float:
    """How long the device is busy with a work, by its own events."""
    cuda = on.xp.cuda
    start, end = cuda.Event(), cuda.Event()
    start.record()
    work()
    end.record()
    end.synchronize()
    return float(cuda.get_elapsed_time(start, end))


def difference(here: Found, there: Found) -> tuple[float, bool]:
    """The largest relative difference of numbers, and whether all counts are equal."""
    apart, counts = 0.0, True
    for name, mine in here.items():
        # The ends of a count may lie between two.
        if name.startswith(COUNTS) and " " not in name:
            counts &= bool(np.array_equal(mine, there[name], equal_nan=True))
        else:
            scale = np.maximum(np.abs(mine), 1)
            apart = max(apart, float(np.nanmax(np.abs(mine - there[name]) / scale, initial=0)))
            counts &= bool((np.isnan(mine) == np.isnan(there[name])).all())
    return apart, counts


def written(page: str, rows: Sequence[str], machine: str) -> str:
    """The page with these rows in its table of GPUs, and what they were measured on."""
    before, heading, section = page.partition("\n## GPU\n\n")
    _, _, after = section.partition("\n\n")
    return before + heading + "\n".join([*HEAD, *rows]) + "\n\n" + SAID.sub(lambda _: machine, after, count=1)


def main() -> int:
    """Print the table; where a device works, write it into the page. 1 where numbers differ."""
    found = working_cupy()
    device = found if found.name == "cupy" else None
    machine = "" if device is None else device.xp.cuda.runtime.getDeviceProperties(0)["name"].decode()
    print(machine or f"no device: {found.reason}", *HEAD, sep="\n", flush=True)
    rows, same = [], True
    for case in cases():
        row, equal = line(case, device)
        rows.append(row)
        same &= equal
        print(row, flush=True)
    if device is not None and same:
        PAGE.write_text(written(PAGE.read_text(), rows, f"Measured on {machine} with CuPy {device.xp.__version__}."))
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
