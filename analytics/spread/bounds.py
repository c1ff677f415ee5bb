"""Least and largest value of a metric when only a part of a distribution could be read.

The chain still tells the total, so that the missing amount is known, not its holders. Two completions of it are extreme
in the order of majorization, and every merge-proof metric is monotone in that order: its bounds are its values there,
attained and therefore sharp. Metrics that depend on the number of holders have bounds where that number is known.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from analytics.spread.batches import Threshold, runs_batch
from analytics.spread.metrics import METRICS, Reads

Runs = list[tuple[int, int]]
Interval = tuple[float, float]


def entity_bounds(seen: Sequence[int], total: int, *, thresholds: Iterable[Threshold] = ()) -> dict[str, Interval]:
    """Bounds when anybody may hold the rest: as dust, or joined to the largest entity.

    seen: amounts of the entities that were read; total: what the chain says. Raises ValueError if they hold more.
    """
    return partly_read(seen, total, thresholds=thresholds)[1]


def partly_read(
    seen: Sequence[int], total: int, *, thresholds: Iterable[Threshold] = ()
) -> tuple[dict[str, float], dict[str, Interval]]:
    """Metrics with the rest scattered as dust (`completed`), and their bounds (`entity_bounds`)."""
    rest, rules = _rest(seen, total), tuple(thresholds)
    counted, largest = Counter(seen), max(seen, default=0)
    dust = _values(_runs(counted, {1: rest}), tuple(METRICS), rules)
    joined = _runs(counted - Counter([largest]) + Counter([largest + rest]))
    return dust, _ordered(dust, _values(joined, _merge_proof(), rules))


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
    return _values(_runs(Counter(seen), {1: scattered}), tuple(METRICS), tuple(thresholds))


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
    batch = runs_batch(runs)
    found = {name: METRICS[name].of(batch) for name in names}
    found |= {rule.name: batch.fewest(rule) for rule in thresholds}
    return {name: float(value[0]) for name, value in found.items()}
