"""Speed against peers, in one table: `make bench`, or `python -m benchmarks metrics` for one file.

A file benchmarks/<name>.py joins by ending in `CASES = (Case(...), ...)`. Cases with the same `work` are compared:

    def ours(size: int) -> Work:
        amounts = simulated(size)                   # prepared outside the measured time
        return lambda: {"gini": gini(amounts)}      # measured; numbers are compared with ours

    CASES = (
        Case("Gini of {:,} holders", OURS, ours, sizes=(10**5, 10**6), limit=0.02),
        Case("Gini of {:,} holders", "IneqPy", ineqpy, sizes=(10**5, 10**6), beat=20),
    )

Each size of each case runs in a fresh process. `prepare` must be a function of a module (it crosses to that process)
and imports what only it needs; it raises Skip("why") where a peer is not on this machine. Columns: least CPU-seconds
(all threads), median wall seconds, peak memory above the start in MB, and the exponent by which CPU-seconds grow.
`python -m benchmarks` ends with 1 when a bar (`limit`, `beat` or `peak` at the largest size, `growth`) is missed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

OURS = "ours"
Work = Callable[[], Mapping[str, float]]


class Skip(Exception):
    """A peer that is not on this machine, with the reason."""


@dataclass(frozen=True)
class Case:
    """One way to do a piece of work; `by` is OURS or the peer.

    work: what is done, with {} for the size. sizes: smallest to largest. limit: CPU-seconds that this may take.
    beat: how many times the CPU-seconds of ours this must take; below one, how much slower than it ours may be.
    peak: MB above the start that it may take. growth: the largest exponent of CPU-seconds over size.
    differs: why the numbers of this peer differ from ours, where that is known; otherwise they must agree to 1e-9.
    """

    work: str
    by: str
    prepare: Callable[[int], Work]
    sizes: tuple[int, ...]
    limit: float | None = None
    beat: float | None = None
    peak: float | None = None
    growth: float | None = None
    differs: str = ""
