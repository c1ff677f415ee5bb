"""Counts are exact for every size of number, and the textbook values come out."""

import math
import random
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest

from analytics.spread.backend import CPU_CELLS, NUMPY
from analytics.spread.batches import Threshold, fewest
from analytics.spread.groups import exact_amounts
from analytics.spread.metrics import METRICS, distribution, lorenz, measure

HALF, THIRD = Threshold(1, 2, strict=True), Threshold(1, 3, strict=True)
# A threshold as chains write it, with 18 decimals.
DECIMAL_QUORUM = Threshold(333_333_333_333_333_333, 10**18, strict=True)
COUNTS = {"nc_ge_1_3": (1, 3, False), "nc_gt_1_3": (1, 3, True), "nc_gt_1_2": (1, 2, True)}
COUNTS |= {"nc_gt_2_3": (2, 3, True), "nc_ge_1_2_edi": (1, 2, False)}


def equal_holders(parties: int, numerator: int, denominator: int, strict: bool) -> int:
    """Smallest k with k / parties above (or at) the threshold, from whole numbers alone."""
    below, rest = divmod(numerator * parties, denominator)
    return below if rest == 0 and not strict else below + 1


@pytest.mark.parametrize("amount", [1, pytest.param(10**27, marks=pytest.mark.slow)])
def test_counts_of_equal_holders_are_exact_for_1_to_2000(amount: int) -> None:
    sizes = np.arange(1, 2001)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    words = exact_amounts([amount])
    found = measure(np.repeat(words, sizes.sum(), axis=0), offsets)
    for name, (numerator, denominator, strict) in COUNTS.items():
        expected = [equal_holders(n, numerator, denominator, strict) for n in range(1, 2001)]
        assert found.values[name].tolist() == expected
    assert found.values["effective_parties"].tolist() == sizes.tolist()
    assert found.values["shannon"] == pytest.approx(np.log2(sizes), abs=1e-14)
    assert not found.values["gini"].any()


def test_one_quarter_one_quarter_one_half() -> None:
    found = distribution([1, 1, 2])
    assert found["gini"] == pytest.approx(1 / 6)
    assert found["hhi"] == 3750
    assert found["effective_parties"] == pytest.approx(8 / 3)
    assert found["shannon"] == 1.5
    assert found["min_entropy"] == 1
    assert found["theil"] == pytest.approx(math.log(3) - 1.5 * math.log(2))
    assert (found["top_1"], found["top_3"], found["top_10"]) == (0.5, 1, 1)


def test_gini_falls_when_two_of_three_turn_out_to_be_one() -> None:
    assert distribution([1, 1, 2])["gini"] == pytest.approx(1 / 6)
    assert distribution([2, 2])["gini"] == 0


@pytest.mark.parametrize(
    ("total", "numerator", "denominator", "strict", "units"),
    [
        (3, 1, 3, False, 1),
        (3, 1, 3, True, 2),
        (10, 1, 2, True, 6),
        (11, 1, 2, True, 6),
        (1_000, 334, 1_000, False, 334),
        (1_001, 334, 1_000, False, 335),
        (2**61 + 1, 2, 3, True, (2**62 + 2) // 3 + 1),
    ],
)
def test_a_threshold_is_reached_by_the_fewest_whole_units(
    total: int, numerator: int, denominator: int, strict: bool, units: int
) -> None:
    rule = Threshold(numerator, denominator, strict)
    assert rule.need(total) == rule.needs(np.array([total]))[0] == units


def test_three_equal_validators_one_of_them_halts_two_are_needed_to_fork() -> None:
    found = distribution([5, 5, 5])
    assert (found["nc_ge_1_3"], found["nc_gt_1_3"], found["nc_gt_2_3"]) == (1, 2, 3)


def test_zeros_are_in_gini_all_only() -> None:
    without, with_zeros = distribution([3, 2, 1]), distribution([3, 0, 2, 0, 0, 1])
    assert with_zeros.pop("gini_all") == pytest.approx(1 - (1 - without.pop("gini_all")) / 2)
    assert with_zeros == pytest.approx(without, rel=1e-12)


@pytest.mark.parametrize("amounts", [[], [0], [0, 0, 0]])
def test_nothing_to_share_is_undefined_not_zero(amounts: list[int]) -> None:
    assert all(math.isnan(value) for value in distribution(amounts, thresholds=[HALF]).values())


def test_a_single_holder_is_as_concentrated_as_can_be() -> None:
    found = distribution([10**30])
    assert math.isnan(found.pop("shannon_normalised"))
    ones = dict.fromkeys(("effective_parties", "top_1", "top_3", "top_10", *COUNTS), 1)
    zeros = dict.fromkeys(("shannon", "min_entropy", "theil", "gini", "gini_all"), 0)
    expected = {"hhi": 10_000, **ones, **zeros}
    assert {name: found[name] for name in expected} == expected


def test_amounts_to_38_digits_are_counted_and_more_is_refused() -> None:
    found = distribution([4 * 10**37, 3 * 10**37, 3 * 10**37 - 1])
    assert (found["nc_gt_1_3"], found["nc_gt_1_2"], found["nc_gt_2_3"]) == (1, 2, 2)
    with pytest.raises(ValueError, match="more than 38 digits"):
        distribution([10**38])
    with pytest.raises(ValueError, match=f"total {10**38} has more than 38 digits"):
        distribution([10**38 - 1, 1])


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        distribution([5, -1])
    with pytest.raises(ValueError, match="an amount of -1 is negative"):
        measure(np.array([5, -1]))


@pytest.mark.parametrize("offsets", [[], [0], [0, 2], [1, 3], [0, 2, 1, 3]])
def test_offsets_that_do_not_divide_the_amounts_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets must rise from 0"):
        measure(np.array([1, 2, 3]), np.array(offsets, dtype=np.int64))


def test_no_groups_have_no_numbers() -> None:
    found = measure(np.array([], dtype=np.int64), np.array([0]))
    assert (found.totals, found.holders.tolist(), len(found.values["gini"])) == ([], [], 0)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(KeyError, match="ginni"):
        measure(np.array([1, 2]), metrics=["ginni"])


def test_one_unit_decides_even_among_amounts_of_27_digits() -> None:
    # More than half needs one unit more than half: the largest has it or lacks it by that unit.
    half = 10**27
    assert distribution([half + 1, half])["nc_gt_1_2"] == 1
    assert distribution([half, half])["nc_gt_1_2"] == 2
    assert distribution([half, half - 1, 1])["nc_gt_1_2"] == 2
    assert distribution([half, half - 2, 1])["nc_gt_1_2"] == 1


@pytest.mark.parametrize("cells", [CPU_CELLS, 16], ids=["short rows", "rows in pieces"])
@pytest.mark.parametrize("digits", [9, 18, 19, 20, 27, 36])
def test_counts_agree_with_whole_numbers_of_python(digits: int, cells: int) -> None:
    chance = random.Random(digits)
    groups = [
        [chance.choice([10**digits, chance.randrange(10**digits), chance.randrange(10)]) for _ in range(size)]
        for size in range(1, 60)
    ]
    offsets = np.cumsum([0, *(len(group) for group in groups)])
    rules = [Threshold(334, 1000, strict=False), Threshold(32768, 65535, strict=True), DECIMAL_QUORUM]
    flat = exact_amounts([amount for group in groups for amount in group])
    found = measure(flat, offsets, thresholds=rules, on=replace(NUMPY, cells=cells))
    for rule in [*rules, HALF, THIRD]:
        assert found.values[rule.name].tolist() == [fewest(group, rule.need(sum(group))) for group in groups]
    assert found.totals == [sum(group) for group in groups]


@pytest.mark.parametrize("unit", [1, 10**7, 10**24])
def test_gini_is_right_where_n_times_the_total_overflows_64_bits(unit: int) -> None:
    amounts = [unit * rank * rank for rank in range(1, 3001)]
    places = sum((2 * rank - 3001) * amount for rank, amount in enumerate(amounts, start=1))
    assert 3000 * sum(amounts) > 2**63 or unit == 1
    assert distribution(amounts)["gini"] == pytest.approx(float(Fraction(places, 3000 * sum(amounts))), rel=1e-12)


@pytest.mark.slow
def test_ten_thousand_groups_are_measured_as_each_alone() -> None:
    chance = random.Random(5)
    groups = [[chance.randrange(2**40) for _ in range(chance.choice([0, 1, 2, 3, 50, 700]))] for _ in range(200)]
    offsets = np.cumsum([0, *(len(group) for group in groups)])
    together = measure(exact_amounts([amount for group in groups for amount in group]), offsets)
    for index, group in enumerate(groups):
        alone = distribution(group)
        for name in METRICS:
            assert together.values[name][index] == pytest.approx(alone[name], abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("rule", [(1, 1, True), (0, 1, False), (3, 2, True), (-1, 2, True), (1, 0, False)])
def test_a_threshold_that_decides_nothing_is_refused(rule: tuple[int, int, bool]) -> None:
    with pytest.raises(ValueError, match="nc_"):
        distribution([1, 2], thresholds=[Threshold(*rule)])


def test_lorenz_curve_of_one_among_many_keeps_the_corner() -> None:
    curve = lorenz(exact_amounts([10**27] * 9_999 + [9_999 * 10**27]))
    assert len(curve) <= 200
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]
    assert np.isclose(curve, [0.9999, 0.5]).all(axis=1).any()
    assert (np.diff(curve, axis=0) >= 0).all()


def test_lorenz_curve_of_nothing_has_no_points() -> None:
    assert len(lorenz(exact_amounts([0, 0]))) == 0


@pytest.mark.slow
@pytest.mark.parametrize("largest", [10**6, 2**62])
def test_a_long_row_has_the_numbers_of_exact_fractions(largest: int) -> None:
    """More parties than the cache takes at once, some with nothing, counted once more in whole numbers."""
    dice = np.random.default_rng(5)
    amounts = np.append(np.zeros(3, np.int64), (largest * dice.random(80_000) ** 9).astype(np.int64))
    found = measure(amounts, on=NUMPY)
    held = sorted(int(one) for one in amounts if one)
    total, n = sum(held), len(held)
    assert (found.totals, found.holders.tolist()) == ([total], [n])
    told = {name: float(value[0]) for name, value in found.values.items()}
    squares = sum(one * one for one in held)
    ranks = sum((2 * place - n - 1) * one for place, one in enumerate(held, 1))
    assert told["hhi"] == pytest.approx(float(Fraction(10_000 * squares, total**2)), rel=1e-12)
    assert told["gini"] == pytest.approx(float(Fraction(ranks, n * total)), rel=1e-12)
    assert told["shannon"] == pytest.approx(math.fsum(-one / total * math.log2(one / total) for one in held), rel=1e-12)
    running = list(accumulate(reversed(held)))
    assert told["nc_gt_1_2"] == 1 + sum(2 * one <= total for one in running)
