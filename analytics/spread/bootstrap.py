"""How far a number may be off, or how much it hangs on a few: Poisson bootstrap, by parties or by days.

Each party (or day) counts a Poisson(1) number of times; amounts are sorted once, so that a replicate costs draws and
sums but no sort. Of a sample the interval is its error; a full snapshot is a census and has none: there it says how
much the number hangs on who happens to be there. It fails for tails without a finite variance, and for counts of such
tails: an interval carries the estimated tail index and is not to be trusted at 2 or below.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import e, factorial
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.spread.backend import Backend, backend
from analytics.spread.batches import SUM_BITS, Batch, Floats, Ints, Threshold, above
from analytics.spread.groups import Groups, as_floats, chunks
from analytics.spread.metrics import METRICS

# A Poisson(1) draw above 31 has a probability below 1e-35; five bits keep sums of drawn amounts within int64.
DRAW_BITS = 5
# Below a tail index of 2 the variance is infinite, and with it the error that the bootstrap would estimate.
FINITE_VARIANCE = 2.0
# Fewer values say nothing about a tail.
FEWEST_FOR_A_TAIL = 20
# What follows from the formulas here and from the draws; rises when numbers change.
VERSION: Final = 1

# SplitMix64 (Steele, Lea and Flood 2014): the bits of a draw follow from its number alone, so that they are the same on
# every array library, in whatever blocks. All parties of a replicate lie within 2^32 numbers.
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
REPLICATE = 32
UNIFORM_BITS = 53
# Chance of at most 0, 1, 2, ... in units of 2^-53; what is above it is drawn once more.
AT_MOST: Final = [int(2**UNIFORM_BITS * chance) for chance in accumulate(1 / e / factorial(k) for k in range(18))]

# Amounts and how many parties hold each, smallest first, to the same after a change.
Change = Callable[[Any, Any, ModuleType], tuple[Any, Any]]
AS_IT_IS: Final[Change] = lambda units, times, _: (units, times)  # noqa: E731  of no room but by its type


@dataclass(frozen=True)
class Resampled:
    """Intervals of metrics of a sample: low and high by name, NaN where a metric is undefined.

    tail: estimated tail index of the sampled amounts, NaN where there are too few. backend: what computed.
    """

    intervals: Mapping[str, tuple[float, float]]
    replicates: int
    tail: float
    backend: str

    @property
    def trusted(self) -> bool:
        """Whether the tail is light enough for these intervals to hold."""
        return self.tail > FINITE_VARIANCE


@dataclass(frozen=True)
class Swept:
    """Metrics of many groups under many changes: groups x changes x names, NaN where undefined.

    value: of the group as it is; low, high: of its replicates. tail: estimated tail index of each group. held: by
    group, then by change, what its parties have, in units of at most 57 bits in all. backend: what computed.
    """

    names: tuple[str, ...]
    value: Floats
    low: Floats
    high: Floats
    tail: Floats
    held: Sequence[Sequence[Ints]]
    backend: str


def capped(at: Fraction) -> Change:
    """Of a party above this share of the total the part above does not count (`whatif.cut`)."""

    def change(units: Any, times: Any, xp: ModuleType) -> tuple[Any, Any]:
        total = xp.sum(units * times, axis=-1)
        # Dividing before multiplying keeps every step in 64 bits.
        limit = total // at.denominator * at.numerator + total % at.denominator * at.numerator // at.denominator
        return xp.minimum(units, limit[..., None]), times

    return change


def without_largest(count: int) -> Change:
    """So many of the largest leave with what they hold (`whatif.without_largest`)."""

    def change(units: Any, times: Any, xp: ModuleType) -> tuple[Any, Any]:
        return units, times - xp.clip(count - above(times, xp), 0, times)

    return change


def low_turnout(share: Fraction) -> Change:
    """Only the largest take part, as many as this share of the total needs (`whatif.turnout`)."""
    rule = Threshold(share.numerator, share.denominator, strict=False)

    def change(units: Any, times: Any, xp: ModuleType) -> tuple[Any, Any]:
        sums, places = xp.cumulative_sum(units * times, axis=-1), xp.cumulative_sum(times, axis=-1)
        count = _fewest(rule, units, sums, places, xp)[..., None]
        return units, xp.clip(count - above(times, xp), 0, times)

    return change


def resampled(
    groups: Groups,
    seeds: Sequence[int],
    *,
    changes: Sequence[Change] = (AS_IT_IS,),
    replicates: int = 1000,
    level: float = 0.95,
    thresholds: Iterable[Threshold] = (),
    on: Backend | None = None,
) -> Swept:
    """All metrics of every group under every change, each with the interval of its replicates.

    A change is applied to each replicate, as it is to the group itself. seeds: one a group, below 2^64. No number
    depends on what else is computed with it. Amounts of more than 57 bits in all are rounded to fit.
    """
    on = on or backend()
    rules = {rule.name: rule for rule in thresholds}
    names = (*METRICS, *rules)
    shape = (len(groups.sizes), len(changes), len(names))
    value, low, high = (np.full(shape, np.nan) for _ in range(3))
    held: list[list[Ints]] = [[np.zeros(0, dtype=np.int64)] * len(changes) for _ in groups.sizes]

    def of(batch: Batch) -> Any:
        found = (batch.fewest(rules[name]) if name in rules else METRICS[name].of(batch) for name in names)
        return on.xp.stack(list(found))

    for members, units in _blocks(groups, replicates, on):
        sizes, width = groups.sizes[members], units.shape[-1]
        drawing = Drawing(on, [seeds[group] for group in members.tolist()], sizes, width)
        rows = max(1, on.cells // (width * len(members)))
        parts: list[list[Any]] = [[] for _ in changes]
        for first in range(0, replicates + 1, rows):
            times = drawing.times(first, min(first + rows, replicates + 1))
            for place, change in enumerate(changes):
                changed = change(units, times, on.xp)
                parts[place].append(of(drawn(*changed, on)))
                if first == 0:
                    kept = on.host(on.xp.broadcast_to(changed[0], times.shape)[:, 0, :] * changed[1][:, 0, :])
                    for row, group in enumerate(members.tolist()):
                        held[group][place] = kept[row, width - sizes[row] :]
        for place, part in enumerate(parts):
            found = on.host(_ends(on.xp.concat(part, axis=-1), level, on.xp))
            for into, ends in zip((value, low, high), found, strict=True):
                into[members, place] = ends.T
    tail = np.array([tail_index(as_floats(groups.amounts[first:stop])) for first, stop in pairwise(groups.offsets)])
    return Swept(names, value, low, high, tail, held, on.name)


def resampled_parties(
    amounts: Ints,
    *,
    seed: int,
    replicates: int = 1000,
    level: float = 0.95,
    thresholds: Iterable[Threshold] = (),
    on: Backend | None = None,
) -> Resampled:
    """Intervals when the parties are a sample: payers of a month out of all who may pay.

    amounts: as `measure` takes them, one distribution. Above 57 bits they are rounded to fit.
    """
    if not len(amounts):
        raise ValueError("nobody was sampled")
    groups = Groups(amounts, np.array([0, len(amounts)]))
    found = resampled(groups, [seed], replicates=replicates, level=level, thresholds=thresholds, on=on)
    ends = zip(found.names, found.low[0, 0].tolist(), found.high[0, 0].tolist(), strict=True)
    return Resampled({name: (low, high) for name, low, high in ends}, replicates, float(found.tail[0]), found.backend)


@dataclass(frozen=True)
class Drawing:
    """How often each party of some groups counts in each replicate; replicate 0 is the group as it is.

    Parties are numbered from the largest, so that the padding at the low end, for which nobody is drawn, changes none.
    """

    on: Backend
    seeds: Sequence[int]
    sizes: Ints
    width: int

    def times(self, first: int, stop: int) -> Any:
        """Groups x replicates from first to stop x places, int64."""
        xp = self.on.xp
        # CuPy has no range of unsigned numbers that falls.
        party = xp.asarray(self.width - 1 - xp.arange(self.width, dtype=xp.int64), dtype=xp.uint64)
        replicate = xp.arange(first, stop, dtype=xp.uint64)[None, :, None]
        seeds = self.on.array(np.array(self.seeds, dtype=np.uint64))[:, None, None]
        bits = _mixed(seeds + (replicate << self._word(REPLICATE)) + party, self._word)
        limits = self.on.array(np.array(AT_MOST, dtype=np.uint64))
        counts = xp.searchsorted(limits, bits >> self._word(64 - UNIFORM_BITS), side="right")
        counts = xp.where(replicate == 0, xp.ones_like(counts), counts)
        there = party < self.on.array(self.sizes.astype(np.uint64))[:, None, None]
        return xp.asarray(xp.where(there, counts, xp.zeros_like(counts)), dtype=xp.int64)

    def _word(self, number: int) -> Any:
        return self.on.array(np.array([number], dtype=np.uint64))


def _mixed(number: Any, word: Callable[[int], Any]) -> Any:
    """64 bits that look as if they had nothing to do with the number."""
    bits = (number + word(1)) * word(GOLDEN)
    bits = (bits ^ (bits >> word(30))) * word(FIRST)
    bits = (bits ^ (bits >> word(27))) * word(SECOND)
    return bits ^ (bits >> word(31))


def drawn(units: Any, times: Any, on: Backend) -> Batch:
    """Replicates side by side, each a row: of place i there are times[..., i] parties with units[..., i] each."""
    xp = on.xp
    parties = xp.asarray(times, dtype=xp.float64)
    sums = xp.cumulative_sum(units * times, axis=-1)
    places = xp.cumulative_sum(times, axis=-1)
    held = sums[..., -1] > 0
    nan = xp.full_like(parties[..., -1], np.nan)

    def counted(threshold: Threshold) -> Floats:
        found: Floats = xp.where(held, xp.asarray(_fewest(threshold, units, sums, places, xp), dtype=xp.float64), nan)
        return found

    return Batch(
        units=units,
        holders=xp.where(held, xp.sum(parties * xp.asarray(units > 0, dtype=xp.float64), axis=-1), nan),
        registered=xp.where(held, xp.sum(parties, axis=-1), nan),
        fewest=counted,
        xp=xp,
        width=on.cells,
        times=parties,
    )


def tail_index(amounts: Floats) -> float:
    """Exponent of the power law that the largest tenth follows (Hill's estimate); NaN for fewer than 20 amounts.

    Above 2 the variance is finite. Equal amounts have no tail: infinite.
    """
    positive = np.sort(amounts[amounts > 0])[::-1]
    if len(positive) < FEWEST_FOR_A_TAIL:
        return float("nan")
    largest = max(FEWEST_FOR_A_TAIL // 2, len(positive) // 10)
    excess = float(np.log(positive[:largest] / positive[largest]).mean())
    return 1 / excess if excess > 0 else float("inf")


def _blocks(groups: Groups, replicates: int, on: Backend) -> Iterator[tuple[NDArray[np.int64], Any]]:
    """Groups of one width, as many as the library likes at once with all their replicates, and their sorted units."""
    for chunk in chunks(groups, on):
        lost = [max(0, min(total.bit_length(), SUM_BITS) + DRAW_BITS - SUM_BITS) for total in chunk.totals]
        units = chunk.batch.units >> on.array(np.array(lost, dtype=np.int64))[:, None]
        at_once = max(1, on.cells // (units.shape[-1] * (replicates + 1)))
        for first in range(0, len(chunk.members), at_once):
            some = slice(first, min(first + at_once, len(chunk.members)))
            yield chunk.members[some], units[some, None, :]


def _fewest(threshold: Threshold, units: Any, sums: Any, places: Any, xp: ModuleType) -> Any:
    """Fewest parties of each row, where a place stands for as many as were drawn."""
    totals = sums[..., -1]
    spare = (totals - threshold.needs(totals))[..., None]
    out = xp.asarray(xp.count_nonzero(sums <= spare, axis=-1), dtype=xp.int64)[..., None]
    before = xp.clip(out - 1, 0, None)
    zero = xp.zeros_like(spare)
    left_sum = xp.where(out < 1, zero, xp.take_along_axis(sums, before, axis=-1))
    left_out = xp.where(out < 1, zero, xp.take_along_axis(places, before, axis=-1))
    # Of the place that passes the limit, some of its equal parties may still be left out.
    reached = xp.clip(out, 0, sums.shape[-1] - 1)
    amount = xp.take_along_axis(xp.broadcast_to(units, sums.shape), reached, axis=-1)
    some = (spare - left_sum) // xp.where(amount > 0, amount, xp.ones_like(amount))
    return (places[..., -1:] - left_out - some)[..., 0]


def _ends(values: Any, level: float, xp: ModuleType) -> Any:
    """Of values along the last axis the first, and the ends between which `level` of the others lie: 3 x ...

    Between two of the others as NumPy's quantiles; those that are undefined do not count.
    """
    others = values[..., 1:]
    undefined = xp.isnan(others)
    last = xp.sum(xp.asarray(~undefined, dtype=xp.int64), axis=-1, keepdims=True) - 1
    # What is undefined lies above all that is not, so that it is never taken.
    ordered = xp.sort(xp.where(undefined, xp.full_like(others, np.inf), others), axis=-1)
    found = [values[..., 0]]
    for part in ((1 - level) / 2, (1 + level) / 2):
        place = xp.asarray(xp.clip(last, 0, None), dtype=xp.float64) * part
        below = xp.asarray(xp.floor(place), dtype=xp.int64)
        least = xp.take_along_axis(ordered, below, axis=-1)
        most = xp.take_along_axis(ordered, xp.minimum(below + 1, xp.clip(last, 0, None)), axis=-1)
        # Where nothing is defined both are infinite, and their difference is none.
        some = xp.where(last < 0, xp.full_like(least, np.nan), least)
        found.append((some + (xp.where(last < 0, some, most) - some) * (place - xp.floor(place)))[..., 0])
    return xp.stack(found)
