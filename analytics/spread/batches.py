"""Batches of distributions, sorted and side by side: what every metric is computed from.

Threshold counts are exact: running sums in int64, and Python's integers where amounts had to be shifted to fit and the
bits shifted out could matter.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.spread.backend import NUMPY, Backend

# Arrays of whichever library computes; typed as NumPy's, whose operations they share.
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Of a long row so much at a time: arrays of it stay in the first cache, and no dot product of it starts a thread.
PIECE = 2**13
# What stands in for nothing under a logarithm.
TINY = 1e-300
# Sums below 2^62 leave room for one addition more in int64.
SUM_BITS = 62


@dataclass(frozen=True, slots=True)
class Threshold:
    """A part of the total that decides: more than (strict) or at least numerator/denominator of it.

    Raises ValueError where no part of a total can reach it, or where doing nothing does.
    """

    numerator: int
    denominator: int
    strict: bool

    def __post_init__(self) -> None:
        if not (0 <= self.numerator <= self.denominator and self.denominator > 0):
            raise ValueError(f"{self.name}: a threshold is a part of the total")
        if self.numerator == (self.denominator if self.strict else 0):
            raise ValueError(f"{self.name}: reached by nobody, or by doing nothing")

    @property
    def name(self) -> str:
        """Name of its count: nc_gt_1_2 for more than one half."""
        return f"nc_{'gt' if self.strict else 'ge'}_{self.numerator}_{self.denominator}"

    def need(self, total: int) -> int:
        """Fewest whole units that reach it."""
        product = self.numerator * total
        return product // self.denominator + 1 if self.strict else -(-product // self.denominator)

    def needs(self, totals: Ints) -> Ints:
        """Fewest whole units of many totals below 2^62; an array of whichever library."""
        if self.denominator >= 2**31:
            return np.array([self.need(int(total)) for total in totals], dtype=np.int64)
        # Dividing before multiplying keeps every step in 64 bits.
        whole, rest = totals // self.denominator, totals % self.denominator * self.numerator
        part = rest // self.denominator + 1 if self.strict else -(-rest // self.denominator)
        needs: Ints = self.numerator * whole + part
        return needs


@dataclass(frozen=True)
class Batch:
    """Distributions of about the same size, one a row: everything that a metric is computed from.

    units: amounts of a row in one unit, smallest first; zeros pad the low end. holders: parties with more than zero;
    registered: zeros included; both NaN in a row without a total, so that all about it is undefined. fewest: the exact
    count for a threshold. times: how many parties hold each amount, where that is not one; rows may then lie in more
    than one dimension, of which the last is that of the places. width: places at a time.
    """

    units: Any
    holders: Floats
    registered: Floats
    fewest: Callable[[Threshold], Floats]
    xp: ModuleType
    width: int
    times: Floats | None = None

    @property
    def places(self) -> Floats:
        """How many parties the places of each row stand for, the padding included."""
        if self.times is None:
            return self.holders * 0 + float(self.units.shape[-1])
        parties: Floats = self.xp.sum(self.times, axis=-1)
        return parties

    @cached_property
    def largest(self) -> Floats:
        """The largest amount of each row, one where there is none."""
        last = self._floats(self.units[..., -1:])
        return self.where(last > 0, last, 1.0)

    @cached_property
    def sum(self) -> Floats:
        """The total of each row in parts of its largest amount; NaN where it is zero."""
        return self._moments[0] + 0 * self.holders

    @property
    def squares(self) -> Floats:
        """Sum of squared parts of the largest amount."""
        return self._moments[1]

    @property
    def logs(self) -> Floats:
        """Sum of part times its natural logarithm, parts of the largest amount."""
        return self._moments[2]

    @property
    def ranks(self) -> Floats:
        """Sum of part times its place, counted from the smallest."""
        return self._moments[3]

    @cached_property
    def _moments(self) -> list[Floats]:
        if self.xp is np and self.times is None and self.units.shape[-1] > self.width:
            return _long_moments(self.units[0], self.largest[0])
        # A part of zero adds zero whatever stands in for it under the logarithm.
        return self.over(
            lambda part, _: part,
            lambda part, _: part * part,
            lambda part, _: part * self.log(self.xp.maximum(part, self._tiny)),
            lambda part, place: part * place,
        )

    def over(self, *terms: Callable[[Floats, Floats], Floats]) -> list[Floats]:
        """Sums over all parties of a row of term(amount in parts of the largest, place counted from the smallest).

        In parts of the largest, n equal parties are n ones, so that they count as n without any rounding. Sums are by
        `sum`, which adds pairwise; a dot product would start threads that cost more than they save.
        """
        sums: list[Any] = [0.0] * len(terms)
        for part, place, times in self._pieces():
            for index, term in enumerate(terms):
                values = term(part, place) if times is None else times * term(part, place)
                sums[index] = sums[index] + self.xp.sum(values, axis=-1)
        return sums

    def top(self, count: int) -> Floats:
        """Share of the `count` largest parties of each row."""
        if self.times is None:
            first = max(0, self.units.shape[-1] - count)
            largest: Floats = self.xp.sum(self._floats(self.units[:, first:]) / self.largest, axis=-1)
            return largest / self.sum
        taken = self.xp.clip(count - self._above, 0.0, self.times)
        held: Floats = self.xp.sum(taken * self._whole[0], axis=-1)
        return held / self.sum

    def where(self, condition: Any, this: Floats, other: float) -> Floats:
        """`this` where the condition holds, else the other."""
        found: Floats = self.xp.where(condition, this, self.xp.full_like(this, other))
        return found

    def log(self, numbers: Floats) -> Floats:
        """Natural logarithm."""
        found: Floats = self.xp.log(numbers)
        return found

    @cached_property
    def _above(self) -> Floats:
        places: Floats = above(self.times, self.xp)
        return places

    @cached_property
    def _tiny(self) -> Floats:
        tiny: Floats = self.xp.asarray(TINY, dtype=self.xp.float64)
        return tiny

    def _pieces(self) -> Iterator[tuple[Floats, Floats, Floats | None]]:
        """Parts, places and times; a long row comes in pieces that fit the cache."""
        places = self.units.shape[-1]
        if places <= self.width or self.times is not None:
            yield self._whole
            return
        for first in range(0, places, self.width):
            part = self._floats(self.units[:, first : first + self.width]) / self.largest
            yield part, self._count(first, first + part.shape[-1]), None

    @cached_property
    def _whole(self) -> tuple[Floats, Floats, Floats | None]:
        part = self._floats(self.units) / self.largest
        if self.times is None:
            return part, self._count(0, part.shape[-1]), None
        # Parties that hold the same share the mean of their places.
        return part, self.xp.cumulative_sum(self.times, axis=-1) - (self.times - 1) / 2, self.times

    def _floats(self, numbers: Any) -> Floats:
        floats: Floats = self.xp.asarray(numbers, dtype=self.xp.float64)
        return floats

    def _count(self, first: int, stop: int) -> Floats:
        places: Floats = self.xp.arange(first + 1, stop + 1, dtype=self.xp.float64)
        return places


def _long_moments(units: Ints, largest: float) -> list[Floats]:
    """The moments of one long row, smallest first, by pieces that stay in a core's first cache."""
    place, found = np.arange(1.0, PIECE + 1), []
    for first in range(0, len(units), PIECE):
        part = units[first : first + PIECE] / largest
        held, logs = part.sum(), np.log(part if units[first] > 0 else np.maximum(part, TINY))
        ranks = first * held + np.vecdot(part, place[: len(part)])
        found.append((held, np.vecdot(part, part), np.vecdot(part, logs), ranks))
    return [np.array([moment.sum()]) for moment in np.array(found).T]


@dataclass(frozen=True)
class Sums:
    """Running sums of sorted rows, from which the fewest parties for a threshold are counted exactly.

    units: int64, smallest first. totals: exact, in whole base units. shifts: bits that the units of a row lack.
    exact: the amounts of a row in whole base units. pieces: what the pieces of one long row add up to, where known.
    """

    units: Any
    totals: Sequence[int]
    shifts: Sequence[int]
    exact: Callable[[int], list[int]]
    backend: Backend
    pieces: Sequence[int] = ()

    def fewest(self, threshold: Threshold) -> Floats:
        """Fewest parties of each row that together reach the threshold; NaN for a row without a total."""
        if any(self.shifts):
            counts = self._shifted(threshold)
        elif self._ends is None and threshold.denominator < 2**31:
            return self._directly(threshold)
        else:
            counts = self._left(threshold.needs(np.array(self.totals, dtype=np.int64)))
        found: Floats = self.backend.array(np.where(self._filled, counts, np.nan))
        return found

    def _directly(self, threshold: Threshold) -> Floats:
        """Counts of short rows of small amounts, which never leave the device."""
        xp, held = self.backend.xp, self._totals
        out = xp.count_nonzero(self._running <= (held - threshold.needs(held))[:, None], axis=-1)
        counts = xp.asarray(self.units.shape[-1] - out, dtype=xp.float64)
        found: Floats = xp.where(held > 0, counts, xp.full_like(counts, np.nan))
        return found

    def _shifted(self, threshold: Threshold) -> Ints:
        """Counts that are settled in Python's integers wherever the bits shifted out can matter."""
        needs = [threshold.need(total) for total in self.totals]
        scaled = list(zip(needs, self.shifts, strict=True))
        most = self._left(np.array([-(-need >> bits) for need, bits in scaled]))
        # Each amount lost less than one unit, so that k parties with s units hold less than s + k in truth.
        least = self._left(np.array([(need >> bits) + 1 for need, bits in scaled]), lost=1)
        for row in np.flatnonzero((most != least) & (np.array(self.shifts) > 0)).tolist():
            most[row] = fewest(self.exact(row), needs[row])
        return most

    def _left(self, needs: Ints, lost: int = 0) -> Ints:
        """How many parties are left when as many of the smallest go as the others, with `lost` more each, can spare."""
        places = int(self.units.shape[-1])
        return places - self._at_most(self._held + lost * places - needs, lost)

    def _at_most(self, limits: Ints, lost: int) -> Ints:
        """How many of the smallest together have no more than the limit of their row, with `lost` more each."""
        if self._ends is None:
            return self._counted(self._running, limits, lost)
        # A long row: find the piece in which the limit is passed, and look only there.
        width = self.backend.cells
        ends = self._ends + lost * width * np.arange(1, len(self._ends) + 1)
        piece = min(int(np.searchsorted(ends, limits[0], side="right")), len(ends) - 1)
        before = ends[piece - 1] if piece else 0
        inside = self.backend.xp.cumulative_sum(self.units[:, piece * width : (piece + 1) * width], axis=-1)
        return piece * width + self._counted(inside, limits - before, lost)

    def _counted(self, sums: Any, limits: Ints, lost: int) -> Ints:
        xp = self.backend.xp
        if lost:
            sums = sums + xp.arange(1, sums.shape[-1] + 1, dtype=xp.int64) * lost
        return self.backend.host(xp.count_nonzero(sums <= self.backend.array(limits)[:, None], axis=-1))

    @cached_property
    def _totals(self) -> Any:
        return self.backend.array(np.array(self.totals, dtype=np.int64))

    @cached_property
    def _running(self) -> Any:
        return self.backend.xp.cumulative_sum(self.units, axis=-1)

    @cached_property
    def _ends(self) -> Ints | None:
        """Running sum at the end of each piece of a long row; None where rows are short."""
        xp, width, places = self.backend.xp, self.backend.cells, int(self.units.shape[-1])
        if places <= width:
            return None
        pieces = self.pieces or [xp.sum(self.units[0, first : first + width]) for first in range(0, places, width)]
        return np.cumsum(np.array([int(piece) for piece in pieces], dtype=np.int64))

    @cached_property
    def _held(self) -> Ints:
        return self.backend.host(self._running[:, -1]) if self._ends is None else self._ends[-1:]

    @cached_property
    def _filled(self) -> NDArray[np.bool_]:
        return np.array([total > 0 for total in self.totals])


def fewest(amounts: Sequence[int], need: int) -> int:
    """Fewest of these amounts that add up to the need, in Python's integers."""
    return fewest_in_runs([(amount, 1) for amount in sorted(amounts, reverse=True)])(need)


def fewest_in_runs(runs: Sequence[tuple[int, int]]) -> Callable[[int], int]:
    """Fewest parties that add up to a need; runs are (amount of each, how many parties), largest amount first."""
    held = list(accumulate(amount * times for amount, times in runs))
    parties = list(accumulate(times for _, times in runs))

    def fewest(need: int) -> int:
        place = bisect_left(held, need)
        if place == len(runs):
            raise ValueError(f"all amounts together are {held[-1] if held else 0}, less than {need}")
        return parties[place] - (held[place] - need) // runs[place][0]

    return fewest


def above(times: Any, xp: ModuleType) -> Any:
    """How many parties stand above each place, where a place stands for so many parties."""
    # From the top, and without the place itself: beside dust of 10^27 parties the few above it would round to nobody.
    sums = xp.flip(xp.cumulative_sum(xp.flip(times[..., 1:], axis=-1), axis=-1), axis=-1)
    return xp.concat([sums, xp.zeros_like(times[..., :1])], axis=-1)


def runs_batch(runs: Sequence[tuple[int, int]]) -> Batch:
    """One distribution in which many parties may hold the same: (amount of each, how many), amounts above zero."""
    # A party without anything stands for a distribution without anybody: all about it is undefined.
    ascending = sorted(run for run in runs if run[1] > 0) or [(0, 1)]
    total = sum(amount * times for amount, times in ascending)
    largest = max(1, ascending[-1][0])
    parties = np.array([[float(times) for _, times in ascending]])
    holders = np.array([parties.sum() if total else np.nan])
    fewest = fewest_in_runs(ascending[::-1])

    def counted(threshold: Threshold) -> Floats:
        return np.array([float(fewest(threshold.need(total))) if total else np.nan])

    return Batch(
        units=np.array([[amount / largest for amount, _ in ascending]]),
        holders=holders,
        registered=holders,
        fewest=counted,
        xp=np,
        width=NUMPY.cells,
        times=parties,
    )
