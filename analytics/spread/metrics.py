"""Concentration metrics: how an amount is spread over parties. docs/metrics.md has a paragraph on each.

Every metric is one pure function from a batch of distributions to one number a row; registering it is all that is
needed for it to be computed, bounded, resampled, shown and tested. A metric's `version` rises when its numbers change;
it is stored with every value, and values under the old version stay.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from inspect import getdoc
from math import log, nan
from typing import Final

import numpy as np

from analytics.spread.backend import Backend, backend
from analytics.spread.batches import Batch, Floats, Ints, Threshold
from analytics.spread.groups import Groups, as_floats, chunks, exact_amounts

SHARE = (0.0, 1.0)


class Reads(StrEnum):
    """What a high value says."""

    SPREAD = "power is spread"
    CONCENTRATED = "power is concentrated"


@dataclass(frozen=True)
class Metric:
    """One metric: its name in tables, its title for readers, what a high value says, and the function.

    bounds: least and largest possible value. merge_proof: when two parties turn out to be one, it never looks more
    spread than before; only such a metric may be a headline, or has bounds when the number of parties is unknown.
    share: it is a part of the whole, told in per cent; other numbers up to 1 are an index without a unit.
    """

    name: str
    title: str
    reads: Reads
    bounds: tuple[float, float | None]
    merge_proof: bool
    version: int
    share: bool
    of: Callable[[Batch], Floats]

    @property
    def meaning(self) -> str:
        """One sentence for a voter."""
        return (getdoc(self.of) or "").split("\n", maxsplit=1)[0]


METRICS: dict[str, Metric] = {}
# What the scorecard and its words rest on.
HEADLINE: Final = "effective_parties"


def metric(
    title: str,
    *,
    reads: Reads,
    bounds: tuple[float, float | None],
    merge_proof: bool = True,
    version: int = 1,
    share: bool = False,
) -> Callable[[Callable[[Batch], Floats]], Callable[[Batch], Floats]]:
    """Register a function of a batch as a metric under its own name."""

    def register(of: Callable[[Batch], Floats]) -> Callable[[Batch], Floats]:
        if of.__name__ in METRICS:
            raise ValueError(f"metric {of.__name__} is registered twice")
        METRICS[of.__name__] = Metric(of.__name__, title, reads, bounds, merge_proof, version, share, of)
        return of

    return register


@metric("Parties for one third", reads=Reads.SPREAD, bounds=(1, None))
def nc_ge_1_3(batch: Batch) -> Floats:
    """Fewest parties that together have one third or more: enough to halt a BFT chain.

    A commit needs more than two thirds (CometBFT, types/validation.go).
    """
    return batch.fewest(Threshold(1, 3, strict=False))


@metric("Parties for more than one third", reads=Reads.SPREAD, bounds=(1, None))
def nc_gt_1_3(batch: Batch) -> Floats:
    """Fewest parties that together have more than one third: enough to fork a BFT chain by signing twice."""
    return batch.fewest(Threshold(1, 3, strict=True))


@metric("Parties for more than half", reads=Reads.SPREAD, bounds=(1, None))
def nc_gt_1_2(batch: Batch) -> Floats:
    """Fewest parties that together have more than half."""
    return batch.fewest(Threshold(1, 2, strict=True))


@metric("Parties for more than two thirds", reads=Reads.SPREAD, bounds=(1, None))
def nc_gt_2_3(batch: Batch) -> Floats:
    """Fewest parties that together have more than two thirds: full control of a BFT chain."""
    return batch.fewest(Threshold(2, 3, strict=True))


@metric("Parties for half (Edinburgh's rule)", reads=Reads.SPREAD, bounds=(1, None))
def nc_ge_1_2_edi(batch: Batch) -> Floats:
    """Fewest parties that together have half or more; only to compare with the Edinburgh Decentralisation Index."""
    return batch.fewest(Threshold(1, 2, strict=False))


@metric("Effective parties", reads=Reads.SPREAD, bounds=(1, None), version=2)
def effective_parties(batch: Batch) -> Floats:
    """How many equal parties would be as concentrated: one over the sum of squared shares."""
    return batch.sum**2 / batch.squares


@metric("Herfindahl-Hirschman index", reads=Reads.CONCENTRATED, bounds=(0, 10_000), version=2)
def hhi(batch: Batch) -> Floats:
    """Sum of squared shares in per cent: 10,000 for one party, near 0 for many small ones."""
    return 10_000 * batch.squares / batch.sum**2


@metric("Shannon entropy", reads=Reads.SPREAD, bounds=(0, None), version=2)
def shannon(batch: Batch) -> Floats:
    """Bits that it takes on average to say which party a unit belongs to."""
    return _nats(batch) / log(2)


@metric("Shannon entropy, normalised", reads=Reads.SPREAD, bounds=(0, 1), merge_proof=False, version=2)
def shannon_normalised(batch: Batch) -> Floats:
    """Shannon entropy as a part of what it would be were all holders equal; undefined for a single holder."""
    several = batch.where(batch.holders > 1, batch.holders, nan)
    return _nats(batch) / batch.log(several)


@metric("Min-entropy", reads=Reads.SPREAD, bounds=(0, None), version=3)
def min_entropy(batch: Batch) -> Floats:
    """Bits of the largest share: 1 where the largest party has half, 2 where it has a quarter."""
    return batch.log(1 / batch.top(1)) / log(2)


@metric("Theil index", reads=Reads.CONCENTRATED, bounds=(0, None), merge_proof=False, version=2)
def theil(batch: Batch) -> Floats:
    """How far the holders are from equal, in nats: logarithm of their number less their entropy."""
    return batch.log(batch.holders) - _nats(batch)


@metric("Gini coefficient", reads=Reads.CONCENTRATED, bounds=SHARE, merge_proof=False, version=2)
def gini(batch: Batch) -> Floats:
    """How unequal the holders are, from 0 for equal to nearly 1 for one among many; dust and merging distort it."""
    return _gini(batch, batch.holders)


@metric("Gini coefficient, zeros included", reads=Reads.CONCENTRATED, bounds=SHARE, merge_proof=False, version=2)
def gini_all(batch: Batch) -> Floats:
    """Gini coefficient over everybody who is registered, with those who have nothing."""
    return _gini(batch, batch.registered)


@metric("Largest share", reads=Reads.CONCENTRATED, bounds=SHARE, version=3, share=True)
def top_1(batch: Batch) -> Floats:
    """Share of the largest party."""
    return batch.top(1)


@metric("Share of the largest three", reads=Reads.CONCENTRATED, bounds=SHARE, version=3, share=True)
def top_3(batch: Batch) -> Floats:
    """Share of the three largest parties together."""
    return batch.top(3)


@metric("Share of the largest ten", reads=Reads.CONCENTRATED, bounds=SHARE, version=3, share=True)
def top_10(batch: Batch) -> Floats:
    """Share of the ten largest parties together."""
    return batch.top(10)


def _nats(batch: Batch) -> Floats:
    """Shannon entropy in nats."""
    return batch.log(batch.sum) - batch.logs / batch.sum


def _gini(batch: Batch, parties: Floats) -> Floats:
    """Population form, sum((2i - n - 1) x_i) / (n T) with i from the smallest of n parties."""
    # Places count the padding too; its zeros only move every place by the same number.
    padding = batch.places - parties
    ranks = batch.ranks - padding * batch.sum
    return 2 * ranks / (parties * batch.sum) - (parties + 1) / parties


@dataclass(frozen=True)
class Measured:
    """Metrics of many distributions: values[name][i] for group i, NaN where undefined.

    holders: parties with more than zero; registered: zeros included; totals: exact; backend: what computed.
    """

    values: dict[str, Floats]
    holders: Ints
    registered: Ints
    totals: list[int]
    backend: str


def measure(
    amounts: Ints,
    offsets: Ints | None = None,
    *,
    thresholds: Iterable[Threshold] = (),
    metrics: Iterable[str] | None = None,
    on: Backend | None = None,
) -> Measured:
    """All metrics of every group of whole amounts, exactly counted.

    Group i is amounts[offsets[i]:offsets[i + 1]] in any order; without offsets there is one group. Amounts: int64, or
    the (low, high) words of 128 bits, shape (cells, 2), as `exact_amounts` makes of Python's integers. thresholds:
    counts beyond the registered ones, found under their names. metrics: which of METRICS, all unless given. Raises
    ValueError for a negative amount, or a total above 38 digits.
    """
    on = on or backend()
    groups = Groups(amounts, np.array([0, len(amounts)]) if offsets is None else offsets)
    wanted = {name: METRICS[name].of for name in (METRICS if metrics is None else metrics)}
    wanted |= {rule.name: _count(rule) for rule in thresholds}
    number = len(groups.sizes)
    found = Measured(
        values={name: np.full(number, np.nan) for name in wanted},
        holders=np.zeros(number, dtype=np.int64),
        registered=groups.sizes,
        totals=[0] * number,
        backend=on.name,
    )
    for chunk in chunks(groups, on):
        found.holders[chunk.members] = chunk.holders
        for group, total in zip(chunk.members.tolist(), chunk.totals, strict=True):
            found.totals[group] = total
        # At once: a device is waited for as often as numbers are fetched from it.
        told = on.host(on.xp.stack([of(chunk.batch) for of in wanted.values()])) if wanted else ()
        for name, values in zip(wanted, told, strict=True):
            found.values[name][chunk.members] = values
    return found


def distribution(amounts: Sequence[int], *, thresholds: Iterable[Threshold] = ()) -> dict[str, float]:
    """All metrics of one distribution of whole amounts; NaN where undefined."""
    measured = measure(exact_amounts(amounts), thresholds=thresholds)
    return {name: float(value[0]) for name, value in measured.values.items()}


def lorenz(amounts: Ints, points: int = 200) -> Floats:
    """Lorenz curve, shape (at most `points`, 2): share of parties from the smallest, and their share of the amount.

    Points are spaced evenly along both axes together: even steps over parties alone would miss the few who hold most.
    """
    held = np.sort(as_floats(amounts))
    if not held.any():
        return np.empty((0, 2))
    parties = np.arange(len(held) + 1) / len(held)
    shares = np.append(0.0, np.cumsum(held / held[-1]))
    shares /= shares[-1]
    length = parties + shares
    after = np.searchsorted(length, np.linspace(0, length[-1], points // 2)).clip(1, len(held))
    # Both ends of each step, so that a jump (one party with half of everything) is drawn where it is.
    chosen = np.unique([after - 1, after])
    return np.stack([parties[chosen], shares[chosen]], axis=1)


def _count(rule: Threshold) -> Callable[[Batch], Floats]:
    return lambda batch: batch.fewest(rule)
