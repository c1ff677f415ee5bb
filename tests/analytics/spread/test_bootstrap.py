"""Intervals hold about as often as they say for light tails; for heavy ones they fail and are not trusted."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.spread.backend import CPU_CELLS, NUMPY, Backend, working_cupy
from analytics.spread.batches import Floats, Ints, Threshold
from analytics.spread.bootstrap import (
    AS_IT_IS,
    Drawing,
    capped,
    drawn,
    low_turnout,
    resampled,
    resampled_parties,
    tail_index,
    without_largest,
)
from analytics.spread.groups import Groups, exact_amounts
from analytics.spread.metrics import METRICS, measure
from analytics.spread.whatif import Distribution, cut, turnout
from analytics.spread.whatif import without_largest as whatif_without_largest
from tests.worlds.examples import examples

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


@pytest.mark.slow
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


def test_nothing_has_undefined_intervals() -> None:
    found = resampled_parties(exact_amounts([0, 0]), seed=1, replicates=5)
    assert all(math.isnan(end) for interval in found.intervals.values() for end in interval)


def test_a_sample_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody was sampled"):
        resampled_parties(exact_amounts([]), seed=1)


SIZES = (100, 90, 1_000, 5, 33, 1)
CHANGES = (AS_IT_IS, capped(Fraction(1, 10)), without_largest(2), low_turnout(Fraction(2, 5)))


def towns() -> Groups:
    """Groups of several sizes, of which some lie in one block."""
    chance = np.random.default_rng(8)
    return Groups(np.concatenate([pareto(chance, size) for size in SIZES]), np.cumsum([0, *SIZES]))


def ends(groups: Groups, seeds: Sequence[int], on: Backend) -> list[Floats]:
    """All that a sweep of groups gives."""
    found = resampled(groups, seeds, changes=CHANGES, replicates=60, on=on)
    return [found.value, found.low, found.high, found.tail]


def test_a_draw_is_poisson_whatever_else_is_drawn() -> None:
    times = Drawing(NUMPY, [3, 4], np.array([900, 1_000]), 1_000).times(1, 400)
    assert (times[0, :, :100] == 0).all()
    assert times[1].mean() == pytest.approx(1, abs=0.01)
    assert times[1].var() == pytest.approx(1, abs=0.01)
    assert [(times[1] == often).mean() for often in range(4)] == pytest.approx(
        [1 / (math.e * math.factorial(often)) for often in range(4)], abs=0.003
    )
    # The same parties and replicates, in another block.
    np.testing.assert_array_equal(Drawing(NUMPY, [4], np.array([1_000]), 1_008).times(90, 91)[0, 0, 8:], times[1, 89])


@pytest.mark.slow
@pytest.mark.parametrize("on", [STRICT, Backend("numpy", np, 2**22)], ids=["strict", "one block"])
def test_no_interval_depends_on_the_library_or_the_block(on: Backend) -> None:
    for mine, theirs in zip(ends(towns(), range(6), NUMPY), ends(towns(), range(6), on), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.slow
def test_a_group_alone_has_the_intervals_that_it_has_among_others() -> None:
    groups = towns()
    together = ends(groups, range(6), NUMPY)
    for group, (first, stop) in enumerate(pairwise(groups.offsets)):
        alone = ends(Groups(groups.amounts[first:stop], np.array([0, stop - first])), [group], NUMPY)
        for mine, theirs in zip(alone, together, strict=True):
            np.testing.assert_array_equal(mine[0], theirs[group])


@pytest.mark.slow
@given(st.lists(st.integers(0, 60), min_size=1, max_size=30), st.integers(1, 99), st.integers(1, 4))
@examples(60)
def test_a_change_of_a_group_as_it_is_is_that_of_the_page(amounts: list[int], per_cent: int, count: int) -> None:
    share = Fraction(per_cent, 100)
    found = resampled(
        Groups(np.array(amounts), np.array([0, len(amounts)])),
        [1],
        changes=(capped(share), without_largest(count), low_turnout(share)),
        replicates=1,
        on=NUMPY,
    )
    now = Distribution({str(place): amount for place, amount in enumerate(amounts)})
    for place, then in enumerate((cut(now, share), whatif_without_largest(now, count), turnout(now, share))):
        expected = then.metrics()
        for name, value in zip(found.names, found.value[0, place].tolist(), strict=True):
            # Who has nothing is registered here, and left out where amounts stand as runs.
            if name != "gini_all":
                assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), name
        assert found.held[0][place].sum() == then.total


def test_a_change_is_made_to_each_resampled_population() -> None:
    # Whoever is drawn, nobody has more than a tenth of what was drawn, and the largest of four never stays.
    groups = Groups(np.array([1, 1, 1, 97]), np.array([0, 4]))
    found = resampled(groups, [5], changes=CHANGES[1:3], on=NUMPY)
    most = found.names.index("top_1")
    assert found.value[0, 0, most] == pytest.approx(10 / 13)
    assert found.high[0, 0, most] == 1
    assert found.value[0, 1, most] == pytest.approx(1 / 2)


@pytest.mark.gpu
def test_intervals_on_a_gpu_are_those_of_numpy() -> None:
    on = working_cupy()
    if on.name != "cupy":
        pytest.skip(f"no CUDA device: {on.reason}")
    for mine, theirs in zip(ends(towns(), range(6), NUMPY), ends(towns(), range(6), on), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)
