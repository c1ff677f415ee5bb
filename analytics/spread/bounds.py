"""Least and largest value of a metric when only a part of a distribution could be read.

The chain still tells the total, so that the missing amount is known, not its holders. Two completions of it are extreme
in the order of majorization, and every merge-proof metric is monotone in that order: its bounds are its values there,
attained and therefore sharp. Metrics that depend on the number of holders have bounds where that number is known.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analytics.spread.backend import NUMPY
from analytics.spread.batches import Batch, Floats, Ints, Threshold, runs_batch
from analytics.spread.groups import LOW_HALF, exact_amounts, exact_integers, nearest_parts
from analytics.spread.metrics import METRICS, Reads

Runs = list[tuple[int, int]]
Words = NDArray[np.uint64]
Interval = tuple[float, float]


def entity_bounds(seen: Sequence[int], total: int, *, thresholds: Iterable[Threshold] = ()) -> dict[str, Interval]:
    """Bounds when anybody may hold the rest: as dust, or joined to the largest entity.

    seen: amounts of the entities that were read; total: what the chain says. Raises ValueError if they hold more.
    """
    rest = _rest(seen, total)
    return partly_read(exact_amounts(seen), rest, thresholds=thresholds)[1]


def partly_read(
    seen: Ints, rest: int, *, thresholds: Iterable[Threshold] = ()
) -> tuple[dict[str, float], dict[str, Interval]]:
    """Metrics with a rest that was not read scattered as dust (`completed`), and their bounds (`entity_bounds`).

    seen: amounts of one word or of two, none of them negative.
    """
    held, rules = _Held.of(seen), tuple(thresholds)
    scattered, joined = nearest_parts(held.words, max(1, held.largest), max(1, held.largest + rest))
    dust = _measured(held.with_dust(rest, scattered), tuple(METRICS), rules)
    return dust, _ordered(dust, _measured(held.joined(rest, joined), _merge_proof(), rules))


@dataclass(frozen=True)
class _Held:
    """Amounts of those who hold something: what is held, how many hold each, and exact sums of the largest.

    words: distinct amounts in two words, the smallest first. low, high: the words of all, likewise. sums: what the
    largest hold together, of each `cells` of them more.
    """

    words: Ints
    times: Ints
    low: Words
    high: Ints
    sums: Sequence[int]
    cells: ClassVar[int] = NUMPY.cells

    @classmethod
    def of(cls, amounts: Ints) -> "_Held":
        """Those of amounts of one word or of two, in any order."""
        words = amounts if amounts.ndim == 2 else np.stack([amounts, np.zeros_like(amounts)], axis=1)
        low, high = words[:, 0].view(np.uint64), words[:, 1]
        held = (low > 0) | (high > 0)
        low, high = _ascending(low[held], high[held])
        firsts = np.flatnonzero(np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))[: len(low)])
        words = np.stack([low[firsts].view(np.int64), high[firsts]], axis=1)
        ends = range(len(low), cls.cells - 1, -cls.cells)
        pieces = (_total(low[end - cls.cells : end], high[end - cls.cells : end]) for end in ends)
        return cls(words, np.diff(firsts, append=len(low)), low, high, list(accumulate(pieces, initial=0)))

    @property
    def parties(self) -> int:
        """How many hold something."""
        return len(self.low)

    @property
    def largest(self) -> int:
        """The largest amount; 0 where nobody holds any."""
        return exact_integers(self.words[-1:])[0] if len(self.words) else 0

    def top(self, count: int) -> int:
        """What so many of the largest hold together."""
        pieces = count // self.cells
        first, stop = self.parties - count, self.parties - pieces * self.cells
        return self.sums[pieces] + _total(self.low[first:stop], self.high[first:stop])

    def fewest(self, need: int) -> int:
        """How few of the largest hold so much together."""
        return bisect_left(range(self.parties), need, key=self.top)

    def with_dust(self, rest: int, parts: Floats) -> Batch:
        """The distribution in which each unit of a rest is another party's; parts: the amounts over the largest."""
        total, largest, times = self.top(self.parties), max(1, self.largest), self.times.astype(np.float64)
        if rest and self.words[:1].tolist() == [[1, 0]]:
            times[0] = float(int(self.times[0]) + rest)
        elif rest:
            parts, times = np.append(1 / largest, parts), np.append(float(rest), times)

        def fewest(need: int) -> int:
            return self.fewest(need) if need <= total else self.parties + need - total

        return _batch(parts, times, total + rest, fewest)

    def joined(self, rest: int, parts: Floats) -> Batch:
        """The distribution in which a rest is the largest party's too; parts: the amounts over what that then has."""
        largest = self.largest + rest
        times = np.append(self.times, 1).astype(np.float64)
        times[-2:-1] -= 1
        left = times > 0
        parts = np.append(parts, 1.0)

        def fewest(need: int) -> int:
            return 1 if need <= largest else self.fewest(need - rest)

        return _batch(parts[left], times[left], self.top(self.parties) + rest, fewest)


def _total(low: Words, high: Ints) -> int:
    """The exact sum of so few amounts that their halves of a word add up in one."""
    quarters = (low & LOW_HALF, low >> 32, high & LOW_HALF, high >> 32)
    return sum(int(one.sum()) << 32 * place for place, one in enumerate(quarters))


def _ascending(low: Words, high: Ints) -> tuple[Words, Ints]:
    """Amounts of two words in order: by their first bits, and by all of them where these are the same."""
    if not high.any():
        return np.sort(low), high
    lacking = int(high.max()).bit_length() + 1
    first = high << (64 - lacking) | (low >> np.uint64(lacking)).astype(np.int64)
    # Floats have the order of their bits, of which the last give way to places: numbers are sorted faster than places.
    bits = len(low).bit_length()
    keys = np.sort(first.astype(np.float64).view(np.int64) >> bits << bits | np.arange(len(low)))
    order, known = keys & (1 << bits) - 1, keys >> bits
    same = known[1:] == known[:-1]
    if same.any():
        twice = np.flatnonzero(np.append(same, False) | np.append(False, same))
        some = order[twice]
        order[twice] = some[np.lexsort((low[some], high[some]))]
    return low[order], high[order]


def _batch(parts: Floats, times: Floats, total: int, fewest: Callable[[int], int]) -> Batch:
    """A distribution by the parts of the largest amount that parties hold, and how many hold each."""
    if not total:
        return runs_batch([])
    holders = np.array([times.sum()])
    counted = lambda threshold: np.array([float(fewest(threshold.need(total)))])  # noqa: E731 - as short as it is
    return Batch(parts[None], holders, holders, counted, np, NUMPY.cells, times[None])


def holder_bounds(
    seen: Sequence[int], total: int, most: int, *, parties: int | None = None, thresholds: Iterable[Threshold] = ()
) -> dict[str, Interval]:
    """Bounds when the rest is at other addresses, none of which holds more than `most`.

    Of a true list of the largest holders, `most` is the smallest seen amount. parties: number of all holders, where it
    is known. Raises ValueError when seen holders hold more than the total, or so few others cannot hold the rest.
    """
    rest = _rest(seen, total)
    if rest and most < 1:
        raise ValueError(f"{rest} base units are unseen, but nobody unseen may hold any")
    if parties is None:
        return _between(_runs(Counter(seen), {1: rest}), _runs(Counter(seen), _piled(rest, most)), thresholds)
    others = parties - sum(amount > 0 for amount in seen)
    if not others <= rest <= others * most:
        raise ValueError(f"{others} unseen holders of at most {most} each cannot hold {rest}")
    share, over = divmod(rest, others) if others else (0, 0)
    equal = {share + 1: over, share: others - over}
    # Each has at least one unit; the rest is piled on as few as can take it.
    piled = {1 + amount: times for amount, times in _piled(rest - others, most - 1).items()}
    piled[1] = piled.get(1, 0) + others - sum(piled.values())
    spread, concentrated = _runs(Counter(seen), equal), _runs(Counter(seen), piled)
    return _between(spread, concentrated, thresholds, names=tuple(METRICS))


def completed(seen: Iterable[int], scattered: int, *, thresholds: Iterable[Threshold] = ()) -> dict[str, float]:
    """Metrics of seen amounts and a scattered rest: so many base units, each of another party."""
    held = _Held.of(exact_amounts(list(seen)))
    (parts,) = nearest_parts(held.words, max(1, held.largest))
    return _measured(held.with_dust(scattered, parts), tuple(METRICS), tuple(thresholds))


def _rest(seen: Sequence[int], total: int) -> int:
    if any(amount < 0 for amount in seen):
        raise ValueError("an amount is negative")
    rest = total - sum(seen)
    if rest < 0:
        raise ValueError(f"the holders that were read have {sum(seen)}, more than the total of {total}")
    return rest


def _piled(rest: int, most: int) -> dict[int, int]:
    """The rest in as few pieces as can hold it."""
    if rest == 0:
        return {}
    full, remainder = divmod(rest, most)
    return {most: full} | ({remainder: 1} if remainder else {})


def _runs(*parts: dict[int, int]) -> Runs:
    together: Counter[int] = Counter()
    for part in parts:
        together.update(part)
    return [(amount, times) for amount, times in together.items() if amount > 0 and times > 0]


def _between(
    spread: Runs, concentrated: Runs, thresholds: Iterable[Threshold], *, names: Sequence[str] | None = None
) -> dict[str, Interval]:
    rules, names = tuple(thresholds), names or _merge_proof()
    return _ordered(_values(spread, names, rules), _values(concentrated, names, rules))


def _merge_proof() -> list[str]:
    return [name for name, metric in METRICS.items() if metric.merge_proof]


def _ordered(spread: Mapping[str, float], concentrated: Mapping[str, float]) -> dict[str, Interval]:
    """The lower value first, of each metric that has one where all is concentrated."""
    rising = {name for name, metric in METRICS.items() if metric.reads is Reads.CONCENTRATED}
    return {
        name: (spread[name], most) if name in rising else (most, spread[name]) for name, most in concentrated.items()
    }


def _values(runs: Runs, names: Sequence[str], thresholds: Sequence[Threshold]) -> dict[str, float]:
    return _measured(runs_batch(runs), names, thresholds)


def _measured(batch: Batch, names: Sequence[str], thresholds: Sequence[Threshold]) -> dict[str, float]:
    found = {name: METRICS[name].of(batch) for name in names}
    found |= {rule.name: batch.fewest(rule) for rule in thresholds}
    return {name: float(value[0]) for name, value in found.items()}
