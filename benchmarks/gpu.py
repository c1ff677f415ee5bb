"""The same code on NumPy and on a GPU through CuPy; rows are skipped where no CUDA device works.

CPU-seconds of a GPU row are what the host spends. Its numbers tell the time of the device by events, after a warm run,
and of the transfer of the input apart.
"""

from collections.abc import Callable, Mapping

from analytics.spread.backend import NUMPY, Backend, working_cupy
from analytics.spread.batches import Ints
from analytics.spread.bootstrap import resampled_parties
from analytics.spread.metrics import measure
from benchmarks import OURS, Case, Skip, Work
from benchmarks.metrics import grouped, mean, simulated

REPLICATES = 100


def device() -> Backend:
    """CuPy on a working device; raises Skip with the reason where there is none."""
    found = working_cupy()
    if found.name != "cupy":
        raise Skip(found.reason)
    return found


def timed(on: Backend, amounts: Ints, work: Callable[[], Mapping[str, float]]) -> Mapping[str, float]:
    """What the work gives, with milliseconds of the device and of moving the amounts to it."""
    return {
        **_milliseconds(on, "transfer", lambda: {"": float(len(on.array(amounts)))}),
        **_milliseconds(on, "all", work),
    }


def _milliseconds(on: Backend, name: str, work: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    cuda = on.xp.cuda
    start, end = cuda.Event(), cuda.Event()
    start.record()
    found = work()
    end.record()
    end.synchronize()
    numbers = {key: value for key, value in found.items() if key}
    return {**numbers, f"{name} ms": float(cuda.get_elapsed_time(start, end))}


def metrics_on(on: Backend, groups: int) -> tuple[Ints, Work]:
    """All metrics of groups of a thousand."""
    amounts, offsets = grouped(groups)
    return amounts, lambda: {name: mean(value) for name, value in measure(amounts, offsets, on=on).values.items()}


def metrics_numpy(groups: int) -> Work:
    """All metrics on NumPy."""
    return metrics_on(NUMPY, groups)[1]


def metrics_cupy(groups: int) -> Work:
    """All metrics on the device."""
    on = device()
    amounts, work = metrics_on(on, groups)
    return lambda: timed(on, amounts, work)


def bootstrap_on(on: Backend, amounts: Ints) -> Work:
    """Intervals of all metrics; other draws on each library, so that no numbers are compared."""

    def work() -> dict[str, float]:
        resampled_parties(amounts, seed=1, replicates=REPLICATES, on=on)
        return {}

    return work


def bootstrap_numpy(parties: int) -> Work:
    """Intervals on NumPy."""
    return bootstrap_on(NUMPY, simulated(parties))


def bootstrap_cupy(parties: int) -> Work:
    """Intervals on the device."""
    on, amounts = device(), simulated(parties)
    return lambda: timed(on, amounts, bootstrap_on(on, amounts))


GROUPS = "GPU: full metric set, {:,} groups of 1,000"
BOOTSTRAP = f"GPU: bootstrap of the full set, {REPLICATES} replicates of {{:,}} parties"

CASES = (
    Case(GROUPS, OURS, metrics_numpy, sizes=(1_000, 10_000)),
    Case(GROUPS, "ours on CuPy", metrics_cupy, sizes=(1_000, 10_000)),
    Case(BOOTSTRAP, OURS, bootstrap_numpy, sizes=(10**4, 10**5)),
    Case(BOOTSTRAP, "ours on CuPy", bootstrap_cupy, sizes=(10**4, 10**5)),
)
