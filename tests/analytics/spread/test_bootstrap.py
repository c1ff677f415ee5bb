"""Intervals hold about as often as they say for light tails; for heavy ones they fail and are not trusted."""

import math
from collections.abc import Callable

import array_api_strict
import numpy as np
import pytest

from analytics.spread.backend import CPU_CELLS, NUMPY, Backend, working_cupy
from analytics.spread.batches import Ints, Threshold
from analytics.spread.bootstrap import Resampled, drawn, resampled_days, resampled_parties, tail_index
from analytics.spread.groups import exact_amounts
from analytics.spread.metrics import METRICS, measure

QUORUM = Threshold(334, 1000, strict=False)
# Mean spread of log values: light enough for a finite variance of every power.
LOG_SPREAD = 0.5
PARETO = 1.16
Sampler = Callable[[np.random.Generator, int], Ints]


def lognormal(chance: np.random.Generator, size: int) -> Ints:
    return (chance.lognormal(0, LOG_SPREAD, size) * 1e6).astype(np.int64)


def pareto(chance: np.random.Generator, size: int) -> Ints:
    return ((chance.pareto(PARETO, size) + 1) * 1e6).astype(np.int64)


STRICT = Backend("array_api_strict", array_api_strict, CPU_CELLS)


@pytest.mark.parametrize("on", [NUMPY, STRICT], ids=lambda on: on.name)
def test_every_metric_of_drawn_amounts_is_that_of_the_amounts_repeated(on: Backend) -> None:
    chance = np.random.default_rng(3)
    amounts = np.sort(np.concatenate([[0, 0, 7, 7, 7], pareto(chance, 60)]))
    times = np.concatenate(
        [chance.poisson(1.0, (12, 65)), np.zeros((1, 65), dtype=np.int64), np.ones((1, 65), dtype=np.int64)]
    )
    block = drawn(on.array(amounts[None, :]), on.array(times), on)
    repeated = [np.repeat(amounts, row) for row in times]
    offsets = np.cumsum([0, *(len(row) for row in repeated)])
    expected = measure(np.concatenate(repeated), offsets, thresholds=[QUORUM]).values
    for name, metric in METRICS.items():
        np.testing.assert_allclose(on.host(metric.of(block)), expected[name], rtol=1e-12, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(on.host(block.fewest(QUORUM)), expected[QUORUM.name])


def coverage(sampler: Sampler, size: int, truth: dict[str, float], trials: int = 150) -> dict[str, float]:
    """How often a 95 % interval holds the value of the law that was sampled."""
    chance = np.random.default_rng(11)
    held = dict.fromkeys(truth, 0)
    for trial in range(trials):
        found = resampled_parties(sampler(chance, size), seed=trial, replicates=200).intervals
        for name, value in truth.items():
            held[name] += found[name][0] <= value <= found[name][1]
    return {name: count / trials for name, count in held.items()}


@pytest.mark.slow
def test_intervals_hold_where_the_variance_is_finite() -> None:
    truth = {"gini": math.erf(LOG_SPREAD / 2), "theil": LOG_SPREAD**2 / 2}
    for name, share in coverage(lognormal, 400, truth).items():
        assert 0.88 <= share <= 0.99, name


@pytest.mark.slow
def test_intervals_fail_for_the_80_20_law() -> None:
    truth = {
        "gini": 1 / (2 * PARETO - 1),
        "theil": 1 / (PARETO - 1) - math.log(PARETO / (PARETO - 1)),
        # Half is held by this part of all: 2.6 of 400.
        "nc_gt_1_2": 400 * 0.5 ** (PARETO / (PARETO - 1)),
    }
    for name, share in coverage(pareto, 400, truth).items():
        assert share < 0.8, name


def test_heavy_tails_are_not_trusted() -> None:
    chance = np.random.default_rng(5)
    heavy = resampled_parties(pareto(chance, 2_000), seed=1, replicates=20)
    light = resampled_parties(lognormal(chance, 2_000), seed=1, replicates=20)
    assert heavy.tail == pytest.approx(PARETO, abs=0.2)
    assert (heavy.trusted, light.trusted) == (False, True)


def test_too_few_parties_are_not_trusted_and_equal_ones_have_no_tail() -> None:
    assert math.isnan(tail_index(np.arange(1.0, 15.0)))
    assert not resampled_parties(exact_amounts([1, 2, 3]), seed=1, replicates=10).trusted
    assert tail_index(np.full(50, 7.0)) == math.inf


def test_the_same_seed_gives_the_same_interval_and_another_a_near_one() -> None:
    amounts = lognormal(np.random.default_rng(2), 500)
    once, again, other = (resampled_parties(amounts, seed=seed, replicates=400) for seed in (1, 1, 2))
    assert once == again
    assert once.intervals["gini"] != other.intervals["gini"]
    assert once.intervals["gini"] == pytest.approx(other.intervals["gini"], rel=0.05)


def test_amounts_of_27_digits_have_the_intervals_of_small_ones() -> None:
    amounts = [1, 2, 3, 5, 8, 13, 21, 34]
    small = resampled_parties(exact_amounts(amounts), seed=3, replicates=100)
    large = resampled_parties(exact_amounts([amount * 10**27 for amount in amounts]), seed=3, replicates=100)
    assert large.intervals.keys() == {*METRICS}
    for name, interval in large.intervals.items():
        assert interval == pytest.approx(small.intervals[name], rel=1e-9, nan_ok=True)


def test_days_are_resampled_as_a_whole() -> None:
    # Two parties share every day equally, whatever the day is worth: no resample can change that.
    equal_days = [[10**26 * day, 10**26 * day] for day in range(1, 41)]
    found = resampled_days(equal_days, seed=1, replicates=50, thresholds=[QUORUM])
    assert found.intervals["effective_parties"] == pytest.approx((2, 2))
    assert found.intervals[QUORUM.name] == (1, 1)
    assert found.trusted


def test_days_that_differ_give_an_interval_around_the_truth() -> None:
    chance = np.random.default_rng(4)
    days = chance.poisson([60, 30, 10], (90, 3)).tolist()
    found = resampled_days(days, seed=1, replicates=300)
    low, high = found.intervals["top_1"]
    assert 0.57 < low < 0.6 < high < 0.63


def test_nothing_has_undefined_intervals() -> None:
    found = resampled_parties(exact_amounts([0, 0]), seed=1, replicates=5)
    assert all(math.isnan(end) for interval in found.intervals.values() for end in interval)


def test_a_sample_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody was sampled"):
        resampled_parties(exact_amounts([]), seed=1)


@pytest.mark.gpu
def test_intervals_on_a_gpu_agree_within_their_own_error() -> None:
    on = working_cupy()
    if on.name != "cupy":
        pytest.skip(f"no CUDA device: {on.reason}")
    amounts = lognormal(np.random.default_rng(2), 2_000)
    here, there = (resampled_parties(amounts, seed=1, replicates=2_000, on=library) for library in (NUMPY, on))
    assert agree(here, there)


def agree(one: Resampled, other: Resampled) -> bool:
    """Ends of both intervals are nearer than a tenth of their length."""
    return all(
        abs(mine - theirs) <= 0.1 * (one.intervals[name][1] - one.intervals[name][0]) + 1
        for name in METRICS
        for mine, theirs in zip(one.intervals[name], other.intervals[name], strict=True)
    )
