"""How far a sampled number may be off: Poisson bootstrap, by payers or by days.

A full snapshot is a census and gets no interval. Each party (or day) is drawn a Poisson(1) number of times; amounts are
sorted once, so that a replicate costs draws and sums but no sort. It fails for tails without a finite variance, and for
counts of such tails: an interval carries the estimated tail index and is not to be trusted at 2 or below.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.spread.backend import Backend, backend
from analytics.spread.batches import SUM_BITS, Batch, Floats, Ints, Threshold
from analytics.spread.groups import Groups, as_floats, chunks
from analytics.spread.metrics import METRICS, measure

# A Poisson(1) draw above 31 has a probability below 1e-35; five bits keep sums of drawn amounts within int64.
DRAW_BITS = 5
# Below a tail index of 2 the variance is infinite, and with it the error that the bootstrap would estimate.
FINITE_VARIANCE = 2.0
# Fewer values say nothing about a tail.
FEWEST_FOR_A_TAIL = 20


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
    on = on or backend()
    units = _fitting(amounts, on)
    rules = {rule.name: rule for rule in thresholds}
    found: dict[str, list[Floats]] = {name: [] for name in (*METRICS, *rules)}
    generator = _generator(on, seed)
    for rows in _batches(replicates, max(1, on.cells // max(1, len(amounts)))):
        batch = drawn(units, on.array(generator.poisson(1.0, (rows, len(amounts)))), on)
        for name, values in found.items():
            values.append(on.host(batch.fewest(rules[name]) if name in rules else METRICS[name].of(batch)))
    replicated = {name: np.concatenate(parts) for name, parts in found.items()}
    return Resampled(_intervals(replicated, level), replicates, tail_index(as_floats(amounts)), on.name)


def resampled_days(
    days: Sequence[Sequence[int]],
    *,
    seed: int,
    replicates: int = 1000,
    level: float = 0.95,
    thresholds: Iterable[Threshold] = (),
    on: Backend | None = None,
) -> Resampled:
    """Intervals when the days are a sample: days[d][p] is what party p got on day d, as spend of a month.

    Above 57 bits amounts are rounded to fit. The tail is that of whole days.
    """
    on = on or backend()
    totals = [sum(day) for day in days]
    bits = max(0, sum(totals).bit_length() - SUM_BITS + DRAW_BITS)
    table = np.array([[amount >> bits for amount in day] for day in days], dtype=np.int64)
    draws = np.random.default_rng(seed).poisson(1.0, (replicates, len(days)))
    parties = table.shape[1]
    found = measure(
        (draws @ table).reshape(-1), np.arange(0, replicates * parties + 1, parties), thresholds=thresholds, on=on
    )
    tail = tail_index(np.array([float(total) for total in totals]))
    return Resampled(_intervals(found.values, level), replicates, tail, found.backend)


def drawn(units: Any, times: Any, on: Backend) -> Batch:
    """Replicates side by side: row r holds units[0, i] as many times as times[r, i] says; units smallest first."""
    xp = on.xp
    parties = xp.asarray(times, dtype=xp.float64)
    sums = xp.cumulative_sum(units * times, axis=-1)
    places = xp.cumulative_sum(times, axis=-1)
    held = sums[:, -1] > 0
    nan = xp.full_like(parties[:, -1], np.nan)

    def counted(threshold: Threshold) -> Floats:
        found: Floats = xp.where(held, _counted(threshold, units, sums, places, on), nan)
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


def _counted(threshold: Threshold, units: Any, sums: Any, places: Any, on: Backend) -> Floats:
    """Fewest parties of each row, where a place stands for as many as were drawn."""
    xp = on.xp
    totals = on.host(sums[:, -1])
    spare = on.array(totals - threshold.needs([int(total) for total in totals]))[:, None]
    out = xp.count_nonzero(sums <= spare, axis=-1)[:, None]
    last = xp.asarray(out - 1, dtype=xp.int64)
    zero = xp.zeros_like(spare)
    before = xp.clip(last, 0, None)
    left_sum = xp.where(last < 0, zero, xp.take_along_axis(sums, before, axis=-1))
    left_out = xp.where(last < 0, zero, xp.take_along_axis(places, before, axis=-1))
    # Of the place that passes the limit, some of its equal parties may still be left out.
    reached = xp.clip(last + 1, 0, sums.shape[-1] - 1)
    amount = xp.take_along_axis(units + xp.zeros_like(sums), reached, axis=-1)
    some = (spare - left_sum) // xp.where(amount > 0, amount, xp.ones_like(amount))
    counts: Floats = xp.asarray(places[:, -1:] - left_out - some, dtype=xp.float64)[:, 0]
    return counts


def _fitting(amounts: Ints, on: Backend) -> Any:
    """Amounts as one sorted row, in units whose drawn sums fit int64."""
    for chunk in chunks(Groups(amounts, np.array([0, len(amounts)])), on):
        bits = max(0, min(chunk.totals[0].bit_length(), SUM_BITS) + DRAW_BITS - SUM_BITS)
        # Without the padding, for which nobody is drawn.
        return chunk.batch.units[:, -len(amounts) :] >> bits
    raise ValueError("nobody was sampled")


def _generator(on: Backend, seed: int) -> Any:
    """Draws where they are used: other numbers on a GPU, of the same law."""
    return on.xp.random.default_rng(seed) if on.name == "cupy" else np.random.default_rng(seed)


def _batches(replicates: int, rows: int) -> Iterable[int]:
    return (min(rows, replicates - first) for first in range(0, replicates, rows))


def _intervals(values: Mapping[str, Floats], level: float) -> dict[str, tuple[float, float]]:
    tails = ((1 - level) / 2, (1 + level) / 2)
    found = {}
    for name, replicated in values.items():
        defined = replicated[~np.isnan(replicated)]
        low, high = np.quantile(defined, tails) if len(defined) else (np.nan, np.nan)
        found[name] = (float(low), float(high))
    return found
