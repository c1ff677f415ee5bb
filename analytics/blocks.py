"""Distributions side by side: ragged groups of whole amounts become sorted blocks that every metric reads.

Groups are bucketed by size and padded with zeros at the low end, so that one sort along the last axis serves thousands.
Amounts are exact: one int64 each, or two (the 128 bits of a DECIMAL(38,0)) where one does not suffice. A group whose
total needs more than 62 bits is shifted to fit, and a count that could depend on the bits shifted out is decided again
in Python's integers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.backend import Backend

# Arrays of whichever library computes; typed as NumPy's, whose operations they share.
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Sums below 2^62 leave room for one addition more in int64.
SUM_BITS = 62
LARGEST_TOTAL = 10**38 - 1


class Threshold(NamedTuple):
    """A part of the total that decides: more than (strict) or at least numerator/denominator of it."""

    numerator: int
    denominator: int
    strict: bool

    @property
    def name(self) -> str:
        """Name of its count: nc_gt_1_2 for more than one half."""
        return f"nc_{'gt' if self.strict else 'ge'}_{self.numerator}_{self.denominator}"

    def need(self, total: int) -> int:
        """Fewest whole units that reach it; raises ValueError where no part of a total can, or nothing already does."""
        if not (0 <= self.numerator <= self.denominator and self.denominator > 0):
            raise ValueError(f"{self.name}: a threshold is a part of the total")
        if (self.numerator == self.denominator) if self.strict else (self.numerator == 0):
            raise ValueError(f"{self.name}: reached by nobody, or by doing nothing")
        product = self.numerator * total
        return product // self.denominator + 1 if self.strict else -(-product // self.denominator)


@dataclass(frozen=True)
class Block:
    """Distributions of about the same size, one a row: everything that a metric is computed from.

    units: amounts of a row in one unit, smallest first; zeros pad the low end. holders: parties with more than zero;
    registered: zeros included; both NaN in a row without a total, so that all about it is undefined. fewest: the exact
    count for a threshold. times: how many parties hold each amount, where that is not one. width: places at a time.
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
        last = self._floats(self.units[:, -1:])
        return self.where(last > 0, last, 1.0)

    @cached_property
    def sum(self) -> Floats:
        """The total of each row in parts of its largest amount; NaN where it is zero."""
        return self.over(lambda part, _: part) + 0 * self.holders

    def where(self, condition: Any, this: Floats, other: float) -> Floats:
        """`this` where the condition holds, else the other."""
        found: Floats = self.xp.where(condition, this, self.xp.full_like(this, other))
        return found

    def log(self, numbers: Floats) -> Floats:
        """Natural logarithm."""
        found: Floats = self.xp.log(numbers)
        return found

    def over(self, term: Callable[[Floats, Floats], Floats]) -> Floats:
        """Sum over all parties of a row of term(amount in parts of the largest, place counted from the smallest).

        In parts of the largest, n equal parties are n ones, so that they count as n without any rounding.
        """
        sums = [
            self.xp.sum(term(part, place) if times is None else times * term(part, place), axis=-1)
            for part, place, times in self._pieces()
        ]
        found: Floats = sum(sums[1:], sums[0])
        return found

    def top(self, count: int) -> Floats:
        """Share of the `count` largest parties of each row."""
        if self.times is None:
            largest: Floats = self.xp.sum(self._floats(self.units[:, -count:]) / self.largest, axis=-1)
            return largest / self.sum
        above = self.xp.flip(self.xp.cumulative_sum(self.xp.flip(self.times, axis=-1), axis=-1), axis=-1) - self.times
        taken = self.xp.clip(count - above, 0.0, self.times)
        held: Floats = self.xp.sum(taken * self._whole[0], axis=-1)
        return held / self.sum

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


@dataclass(frozen=True)
class Sums:
    """Sums of the smallest amounts of each row, from which the fewest holders of a threshold are counted exactly.

    smallest: int64, sum of the smallest 1, 2, ... amounts. totals: exact, in whole base units. shifts: bits that the
    units of a row lack. exact: the amounts of a row in whole base units.
    """

    smallest: Any
    totals: Sequence[int]
    shifts: Sequence[int]
    exact: Callable[[int], list[int]]
    backend: Backend

    def fewest(self, threshold: Threshold) -> Floats:
        """Fewest parties of each row that together reach the threshold; NaN for a row without a total."""
        needs = [threshold.need(total) for total in self.totals]
        counts = self._places() - self._left_out(
            [-(-need >> bits) for need, bits in zip(needs, self.shifts, strict=True)]
        )
        if any(self.shifts):
            self._decide(counts, needs)
        found = np.where([total > 0 for total in self.totals], counts, np.nan)
        counted: Floats = self.backend.array(found)
        return counted

    def _places(self) -> int:
        return int(self.smallest.shape[-1])

    def _held(self) -> Ints:
        return self.backend.host(self.smallest[:, -1])

    def _left_out(self, needs: Sequence[int]) -> Ints:
        """How many of the smallest can be left out while the others hold the need."""
        return self._at_most(self.smallest, self._held() - np.array(needs, dtype=np.int64))

    def _at_most(self, sums: Any, limits: Ints) -> Ints:
        xp = self.backend.xp
        limit = self.backend.array(limits)
        if len(limits) == 1:
            return self.backend.host(xp.searchsorted(sums[0, :], limit, side="right"))
        return self.backend.host(xp.count_nonzero(sums <= limit[:, None], axis=-1))

    def _decide(self, counts: Ints, needs: Sequence[int]) -> None:
        """Counts again, exactly, where the bits that were shifted out can matter.

        Each amount lost less than one unit: k parties that hold s units hold less than s + k in truth.
        """
        xp, places = self.backend.xp, self._places()
        lost = xp.arange(1, places + 1, dtype=xp.int64)
        least = np.array([need >> bits for need, bits in zip(needs, self.shifts, strict=True)], dtype=np.int64)
        lowest = places - self._at_most(self.smallest + lost, self._held() + places - least - 1)
        for row in np.flatnonzero((counts != lowest) & (np.array(self.shifts) > 0)).tolist():
            counts[row] = fewest(self.exact(row), needs[row])


def fewest(amounts: Sequence[int], need: int) -> int:
    """Fewest of these amounts that add up to the need, in Python's integers."""
    held = 0
    for count, amount in enumerate(sorted(amounts, reverse=True), start=1):
        held += amount
        if held >= need:
            return count
    raise ValueError(f"all amounts together are {held}, less than {need}")


def exact_amounts(amounts: Sequence[int]) -> Ints:
    """Whole amounts as int64, or as the two int64 of 128 bits where one is too large.

    Raises ValueError for a negative amount and for one of more than 38 digits.
    """
    if all(0 <= amount < 2**63 for amount in amounts):
        return np.array(amounts, dtype=np.int64)
    for amount in amounts:
        if not 0 <= amount <= LARGEST_TOTAL:
            raise ValueError(f"an amount of {amount} is negative or has more than 38 digits")
    return np.frombuffer(b"".join(amount.to_bytes(16, "little") for amount in amounts), dtype=np.int64).reshape(-1, 2)


def arrow_amounts(buffer: Any, offset: int, length: int) -> Ints:
    """The amounts in the second buffer of an Arrow decimal128 array, without a copy.

    With `array` a pyarrow Decimal128Array: arrow_amounts(array.buffers()[1], array.offset, len(array)).
    """
    return np.frombuffer(buffer, dtype="<i8").reshape(-1, 2)[offset : offset + length]


def as_floats(amounts: Ints) -> Floats:
    """Amounts of one or two words as the nearest floats."""
    if amounts.ndim == 1:
        return amounts.astype(np.float64)
    return amounts[:, 1].astype(np.float64) * 2.0**64 + amounts[:, 0].view(np.uint64).astype(np.float64)


@dataclass(frozen=True)
class Groups:
    """Ragged groups of whole amounts: group i is amounts[offsets[i]:offsets[i + 1]], in any order.

    Amounts: int64 (cells,), or int64 (cells, 2) holding the low and the high 64 bits. Raises ValueError for a negative
    amount, and for a group whose total has more than 38 digits.
    """

    amounts: Ints
    offsets: Ints

    def __post_init__(self) -> None:
        signed = self.amounts if self.amounts.ndim == 1 else self.amounts[:, 1]
        if len(signed) and signed.min() < 0:
            raise ValueError(f"place {int(signed.argmin())}: an amount is negative")
        offsets = self.offsets
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(signed) or (np.diff(offsets) < 0).any():
            raise ValueError("offsets must rise from 0 to the number of amounts")

    @cached_property
    def sizes(self) -> Ints:
        """How many amounts each group has, zeros included."""
        return np.diff(self.offsets)

    @cached_property
    def holders(self) -> Ints:
        """How many amounts of each group are above zero."""
        positive = self.amounts != 0
        return self._sums(positive if positive.ndim == 1 else positive.any(axis=1), np.int64)

    @cached_property
    def totals(self) -> list[int]:
        """The exact total of each group."""
        if self.amounts.ndim == 1:
            if self._sums(self.amounts, np.float64).max(initial=0) < 2**SUM_BITS:
                return [int(total) for total in self._sums(self.amounts, np.int64)]
            parts: list[tuple[NDArray[Any], int]] = [(self.amounts & 0xFFFFFFFF, 0), (self.amounts >> 32, 32)]
        else:
            low, high = self.amounts[:, 0].view(np.uint64), self.amounts[:, 1]
            parts = [(low & np.uint64(0xFFFFFFFF), 0), (low >> np.uint64(32), 32)]
            parts += [(high & 0xFFFFFFFF, 64), (high >> 32, 96)]
        sums = [(self._sums(part, np.int64).tolist(), bits) for part, bits in parts]
        found = [sum(part[group] << bits for part, bits in sums) for group in range(len(self.sizes))]
        if found and max(found) > LARGEST_TOTAL:
            raise ValueError(f"group {found.index(max(found))}: the total {max(found)} has more than 38 digits")
        return found

    @cached_property
    def shifts(self) -> list[int]:
        """By how many bits the amounts of each group must be shifted for their sum to fit int64."""
        return [max(0, total.bit_length() - SUM_BITS) for total in self.totals]

    @cached_property
    def units(self) -> Ints:
        """Amounts in units whose sum fits int64 in every group."""
        if not any(self.shifts):
            return self.amounts if self.amounts.ndim == 1 else self.amounts[:, 0]
        shift = np.repeat(np.array(self.shifts, dtype=np.uint64), self.sizes)
        if self.amounts.ndim == 1:
            return self.amounts >> shift.astype(np.int64)
        low, high = self.amounts[:, 0].view(np.uint64), self.amounts[:, 1].view(np.uint64)
        # A shift by 64 bits or more is undefined in C: the high word is then shifted alone.
        beyond = shift >= 64
        carried = np.where(shift > 0, high << (np.uint64(64) - np.clip(shift, 1, 63)), np.uint64(0))
        within = low >> np.minimum(shift, 63) | carried
        return np.where(beyond, high >> (np.maximum(shift, 64) - np.uint64(64)), within).view(np.int64)

    def exact(self, group: int) -> list[int]:
        """The amounts of a group as Python's integers."""
        mine = self.amounts[self.offsets[group] : self.offsets[group + 1]]
        if mine.ndim == 1:
            return [int(amount) for amount in mine]
        low, high = mine[:, 0].view(np.uint64), mine[:, 1]
        return [(upper << 64) + lower for lower, upper in zip(low.tolist(), high.tolist(), strict=True)]

    def _sums(self, values: NDArray[Any], dtype: type) -> NDArray[Any]:
        """Sum of each group; reduceat gives an element, not zero, for an empty one, so these stay out."""
        found: NDArray[Any] = np.zeros(len(self.sizes), dtype=dtype)
        filled = self.sizes > 0
        if filled.any():
            found[filled] = np.add.reduceat(values, self.offsets[:-1][filled], dtype=dtype)
        return found


def blocks(groups: Groups, backend: Backend) -> Iterator[tuple[Ints, Block]]:
    """Numbers of the groups in a block, and the block; empty groups are in none."""
    exponents = np.frexp(groups.sizes.astype(np.float64))[1]
    for exponent in np.unique(exponents[groups.sizes > 0]):
        bucket = np.flatnonzero((exponents == exponent) & (groups.sizes > 0))
        width = int(groups.sizes[bucket].max())
        rows = max(1, backend.cells // width)
        for first in range(0, len(bucket), rows):
            members = bucket[first : first + rows]
            yield members, _block(groups, members, width, backend)


def _block(groups: Groups, members: Ints, width: int, backend: Backend) -> Block:
    xp = backend.xp
    units = xp.sort(backend.array(_padded(groups, members, width)), axis=-1)
    totals = [groups.totals[group] for group in members]
    sums = Sums(
        smallest=xp.cumulative_sum(units, axis=-1),
        totals=totals,
        shifts=[groups.shifts[group] for group in members],
        exact=lambda row: groups.exact(int(members[row])),
        backend=backend,
    )
    held = np.array([total > 0 for total in totals])
    return Block(
        units=units,
        holders=backend.array(np.where(held, groups.holders[members], np.nan)),
        registered=backend.array(np.where(held, groups.sizes[members], np.nan)),
        fewest=sums.fewest,
        xp=xp,
        width=backend.cells,
    )


def _padded(groups: Groups, members: Ints, width: int) -> Ints:
    """Groups as rows, each after as many zeros as make it `width` places."""
    sizes, starts = groups.sizes[members], groups.offsets[members]
    if (sizes == width).all() and (np.diff(starts) == width).all():
        return groups.units[starts[0] : starts[0] + width * len(members)].reshape(len(members), width)
    rows = np.zeros((len(members), width), dtype=np.int64)
    amounts = [groups.units[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    rows[np.arange(width) >= width - sizes[:, None]] = np.concatenate(amounts)
    return rows
