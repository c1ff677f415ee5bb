"""Ragged groups of whole amounts, made into sorted batches.

Groups are padded with zeros at the low end to one of a few widths, so that one sort along the last axis serves
thousands; the width comes of the group's own size, so that no number depends on what else is measured with it.
Amounts are exact: one int64 each, or two (the 128 bits of a DECIMAL(38,0)) where one does not suffice. Rows whose total
needs more than 62 bits are shifted to fit int64; their exact amounts stay at hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.spread.backend import CPU_CELLS, NUMPY, Backend
from analytics.spread.batches import SUM_BITS, Batch, Floats, Ints, Sums

LARGEST_TOTAL = 10**38 - 1
LOW_HALF = 0xFFFFFFFF


def exact_amounts(amounts: Sequence[int]) -> Ints:
    """Whole amounts as int64, or as the two int64 of 128 bits where one is too large.

    Raises ValueError for a negative amount and for one of more than 38 digits.
    """
    if min(amounts, default=0) >= 0 and max(amounts, default=0) < 2**63:
        return np.array(amounts, dtype=np.int64)
    for amount in amounts:
        if not 0 <= amount <= LARGEST_TOTAL:
            raise ValueError(f"an amount of {amount} is negative or has more than 38 digits")
    return np.frombuffer(b"".join(amount.to_bytes(16, "little") for amount in amounts), dtype=np.int64).reshape(-1, 2)


def as_floats(amounts: Ints) -> Floats:
    """Amounts of one or two words as the nearest floats."""
    if amounts.ndim == 1:
        return amounts.astype(np.float64)
    return amounts[:, 1].astype(np.float64) * 2.0**64 + amounts[:, 0].view(np.uint64).astype(np.float64)


def exact_integers(amounts: Ints) -> list[int]:
    """Amounts of one or two words as Python's integers."""
    if amounts.ndim == 1:
        return [int(amount) for amount in amounts]
    low, high = amounts[:, 0].view(np.uint64), amounts[:, 1]
    return [(upper << 64) + lower for lower, upper in zip(low.tolist(), high.tolist(), strict=True)]


def nearest_parts(words: Ints, *wholes: int) -> list[Floats]:
    """Amounts of two words over each of some wholes that none exceeds, as the nearest floats: as Python divides.

    Amounts are sums of two floats each, of which the second has what the first could not hold, and so are the parts
    (T. J. Dekker, A floating-point technique for extending the available precision, 1971).
    """
    pieces = [words[first : first + CPU_CELLS] for first in range(0, len(words), CPU_CELLS)]
    twofold = [_twofold(piece) for piece in pieces]
    return [
        np.concatenate([np.empty(0), *(_nearest_parts(*one, whole) for one in zip(pieces, twofold, strict=True))])
        for whole in wholes
    ]


def _nearest_parts(words: Ints, twofold: tuple[Floats, Floats], whole: int) -> Floats:
    high, low = twofold
    whole_high = float(whole)
    whole_low = float(whole - int(whole_high))
    first = high / whole_high
    product, error = _product(first, whole_high)
    second = (((high - product) - error) + low - first * whole_low) / whole_high
    parts, rest = _sum(first, second)
    # Where the rest is half a step but for what two floats cannot hold, only whole numbers can tell.
    unsure = np.flatnonzero(np.abs(np.abs(rest) - np.spacing(parts) / 2) <= parts * 2.0**-98)
    parts[unsure] = [amount / whole for amount in exact_integers(words[unsure])]
    return parts


def _twofold(words: Ints) -> tuple[Floats, Floats]:
    """Amounts of two words as the nearest float, and the nearest one of what is left."""
    low, high = words[:, 0].view(np.uint64), words[:, 1].view(np.uint64)
    quarters = [
        (half >> np.uint64(bits) & np.uint64(LOW_HALF)).astype(np.float64) for half in (low, high) for bits in (0, 32)
    ]
    lower, lower_rest = _sum(quarters[1] * 2.0**32, quarters[0])
    upper, upper_rest = _sum(quarters[3] * 2.0**96, quarters[2] * 2.0**64)
    found, rest = _sum(upper, lower)
    return found, rest + (upper_rest + lower_rest)


def _sum(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """A sum of floats, and exactly what is lost of it by rounding."""
    total = one + other
    part = total - one
    return total, (one - (total - part)) + (other - part)


def _product(one: Floats, other: float) -> tuple[Floats, Floats]:
    """A product of floats, and exactly what is lost of it by rounding."""
    product = one * other
    (a, b), (c, d) = _halves(one), _halves(np.float64(other))
    return product, ((a * c - product) + a * d + b * c) + b * d


def _halves(number: Any) -> tuple[Any, Any]:
    scaled = number * 134217729.0
    upper = scaled - (scaled - number)
    return upper, number - upper


@dataclass(frozen=True)
class Groups:
    """Group i is amounts[offsets[i]:offsets[i + 1]], in any order; amounts: int64 (cells,) or (cells, 2) low and high.

    Raises ValueError when the offsets do not divide the amounts.
    """

    amounts: Ints
    offsets: Ints

    def __post_init__(self) -> None:
        offsets = self.offsets
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(self.amounts) or (np.diff(offsets) < 0).any():
            raise ValueError("offsets must rise from 0 to the number of amounts")

    @property
    def sizes(self) -> Ints:
        """How many amounts each group has, zeros included."""
        return np.diff(self.offsets)

    def exact(self, group: int) -> list[int]:
        """The amounts of a group as Python's integers."""
        return exact_integers(self.amounts[self.offsets[group] : self.offsets[group + 1]])

    def padded(self, members: Ints, width: int) -> Ints:
        """Groups as rows, each after as many zeros as make it `width` places."""
        starts, stops = self.offsets[members], self.offsets[members + 1]
        shape = (len(members), width, *self.amounts.shape[1:])
        if (stops - starts == width).all() and (starts[1:] == stops[:-1]).all():
            return self.amounts[starts[0] : stops[-1]].reshape(shape)
        rows = np.zeros(shape, dtype=np.int64)
        for row, start, stop in zip(rows, starts.tolist(), stops.tolist(), strict=True):
            row[width - (stop - start) :] = self.amounts[start:stop]
        return rows


@dataclass(frozen=True)
class Rows:
    """Sorted rows that fit int64, and what they stand for: exact totals, and the bits that their units lack.

    pieces: of one long row on the host what each of its pieces adds up to in units, where that is known already.
    """

    units: Any
    totals: list[int]
    shifts: list[int]
    holders: Ints
    pieces: Sequence[int] = ()


@dataclass(frozen=True)
class Chunk:
    """Some groups of about the same size: their numbers, exact totals, how many hold something, and their batch."""

    members: Ints
    totals: list[int]
    holders: Ints
    batch: Batch


def widths(sizes: Ints, backend: Backend) -> Ints:
    """Places that a group of each size is given, by its own size alone.

    Sums of floats are added in pairs, so that their last digits depend on the padding: a width that others had a say in
    would give a group other numbers alone than in company. A row that fills a batch by itself needs no padding.
    """
    bits = np.frexp(sizes.astype(np.float64))[1]
    # 1, 2, 4, 8 widths a doubling: a batch costs as much as some 10,000 places, padding what it holds.
    step = 1 << np.maximum(bits - 1 - np.minimum((bits - 1) // 4, 3), 0)
    wide: Ints = np.where(sizes > backend.cells // 2, sizes, -(-sizes // step) * step)
    return wide


def chunks(groups: Groups, backend: Backend) -> Iterator[Chunk]:
    """All groups but the empty ones, in batches that fit the cache.

    Raises ValueError for a negative amount, and for a total of more than 38 digits.
    """
    sizes = groups.sizes
    wide = widths(sizes, backend)
    for width in np.unique(wide[sizes > 0]).tolist():
        bucket = np.flatnonzero(wide == width)
        rows = max(1, backend.cells // width)
        for first in range(0, len(bucket), rows):
            yield _chunk(groups, bucket[first : first + rows], width, backend)


def _chunk(groups: Groups, members: Ints, width: int, backend: Backend) -> Chunk:
    amounts = groups.padded(members, width)
    rows = _narrow(amounts, backend) if amounts.ndim == 2 else _wide(amounts, backend)
    if max(rows.totals) > LARGEST_TOTAL:
        group = int(members[rows.totals.index(max(rows.totals))])
        raise ValueError(f"group {group}: the total {max(rows.totals)} has more than 38 digits")
    exact = lambda row: groups.exact(int(members[row]))  # noqa: E731 - as short as it is
    sums = Sums(rows.units, rows.totals, rows.shifts, exact, backend, rows.pieces)
    held = np.array([total > 0 for total in rows.totals])
    batch = Batch(
        units=rows.units,
        holders=backend.array(np.where(held, rows.holders, np.nan)),
        registered=backend.array(np.where(held, groups.sizes[members], np.nan)),
        fewest=sums.fewest,
        xp=backend.xp,
        # Half as much at a time, since a metric keeps several arrays of it in the cache.
        width=backend.cells // 2,
    )
    return Chunk(members, rows.totals, rows.holders, batch)


def _narrow(amounts: Ints, backend: Backend) -> Rows:
    """Rows of amounts of one word: sorted first, since then the least and the largest are known."""
    xp = backend.xp
    units = _ascending(backend.array(amounts), backend)
    least = backend.host(units[:, 0])
    if least.min() < 0:
        raise ValueError(f"an amount of {least.min()} is negative")
    positive = least > 0
    places = np.full(len(amounts), amounts.shape[-1])
    holders = places if positive.all() else backend.host(xp.count_nonzero(units > 0, axis=-1))
    pieces = _sums_of_pieces(units, backend)
    totals = [sum(pieces)] if pieces else _sorted_totals(units, backend)
    shifts = _shifts(totals)
    if any(shifts):
        units, pieces = units >> backend.array(np.array(shifts))[:, None], []
    return Rows(units, totals, shifts, holders, pieces)


def _ascending(amounts: Any, backend: Backend) -> Any:
    """Rows in ascending order; one row alone as a flat one, which CuPy sorts by radix."""
    xp = backend.xp
    return xp.sort(xp.reshape(amounts, (-1,)))[None, :] if amounts.shape[0] == 1 else xp.sort(amounts, axis=-1)


def _sums_of_pieces(units: Any, backend: Backend) -> list[int]:
    """What the pieces of one long row add up to, each of which fits the cache; none of short rows, or on a device."""
    places, width = units.shape[-1], backend.cells
    if places <= width or backend.name != NUMPY.name:
        return []
    return [_sorted_totals(units[:, first : first + width], backend)[0] for first in range(0, places, width)]


def _sorted_totals(units: Any, backend: Backend) -> list[int]:
    """Exact sum of each sorted row: NumPy's integer sums wrap silently, so that only small amounts are left to them."""
    places = units.shape[-1]
    if int(backend.host(units[:, -1]).max()) < 2**SUM_BITS // places:
        return [int(total) for total in backend.host(backend.xp.sum(units, axis=-1))]
    # Halves of 32 bits, whose sums fit for up to 2^31 amounts.
    halves = backend.xp.stack([backend.xp.sum(half, axis=-1) for half in (units & LOW_HALF, units >> 32)])
    return [low + (high << 32) for low, high in zip(*backend.host(halves).tolist(), strict=True)]


def _wide(words: Ints, backend: Backend) -> Rows:
    """Rows of amounts of two words: (rows, places, low and high)."""
    low, high = words[:, :, 0], words[:, :, 1]
    if high.min() < 0:
        raise ValueError("an amount is negative")
    quarters = (low & LOW_HALF, low >> 32 & LOW_HALF, high & LOW_HALF, high >> 32)
    sums = [quarter.sum(axis=-1).tolist() for quarter in quarters]
    totals = [a + (b << 32) + (c << 64) + (d << 96) for a, b, c, d in zip(*sums, strict=True)]
    shifts = _shifts(totals)
    units = _ascending(backend.array(_shifted(low, high, np.array(shifts)[:, None])), backend)
    return Rows(units, totals, shifts, np.count_nonzero(low | high, axis=-1))


def _shifts(totals: Sequence[int]) -> list[int]:
    return [max(0, total.bit_length() - SUM_BITS) for total in totals]


def _shifted(low: Ints, high: Ints, bits: Ints) -> Ints:
    """The lowest 64 of 128 bits after a shift to the right, of which at most 63 may then be needed."""
    # A shift by 64 or more is undefined in C, so that the steps by less than 64 and by 64 are taken apart.
    bits = bits.astype(np.uint64)
    some = np.minimum(bits, np.uint64(63))
    unsigned, above = low.view(np.uint64), high.view(np.uint64)
    carried = np.where(bits > 0, above << (np.uint64(64) - np.maximum(some, np.uint64(1))), np.uint64(0))
    beyond = above >> (np.maximum(bits, np.uint64(64)) - np.uint64(64))
    shifted: NDArray[np.uint64] = np.where(bits < 64, unsigned >> some | carried, beyond)
    return shifted.view(np.int64)
