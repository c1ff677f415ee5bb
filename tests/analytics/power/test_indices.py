"""Shapley-Shubik and Banzhaf: known games to the last rational, floats within the error they state."""

import json
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.power.indices import (
    Game,
    _Rounded,
    _shapley_shubik_of,
    banzhaf,
    banzhaf_swings,
    shapley_shubik,
    shapley_shubik_exact,
    shapley_shubik_many,
)
from analytics.power.multilinear import decisive, gauss_legendre
from analytics.spread.backend import CPU_CELLS, NUMPY, Backend, working_cupy
from analytics.spread.batches import Threshold
from tests.worlds.examples import examples

# Weights, quota, swings and Shapley-Shubik values of one voter of each weight, as printed in the literature
# (Felsenthal and Machover, The Measurement of Voting Power; Banzhaf 1965 for Nassau County).
COUNCILS: dict[str, tuple[int, dict[int, int], dict[int, int], dict[int, str]]] = {
    "EEC 1973": (41, {10: 4, 5: 2, 3: 2, 2: 1}, {10: 53, 5: 29, 3: 21, 2: 5},
                 {10: "5/28", 5: "17/210", 3: "2/35", 2: "1/105"}),
    "EEC 1981": (45, {10: 4, 5: 3, 3: 2, 2: 1}, {10: 100, 5: 52, 3: 26, 2: 26},
                 {10: "73/420", 5: "1/14", 3: "19/630", 2: "19/630"}),
    "EEC 1986": (54, {10: 4, 8: 1, 5: 4, 3: 2, 2: 1}, {10: 286, 8: 242, 5: 148, 3: 102, 2: 40},
                 {10: "31/231", 8: "257/2310", 5: "589/9240", 3: "59/1386", 2: "41/3465"}),
    "EU 1995": (62, {10: 4, 8: 1, 5: 4, 4: 2, 3: 3, 2: 1}, {10: 1849, 8: 1531, 5: 973, 4: 793, 3: 595, 2: 375},
                {10: "7/60", 8: "860/9009", 5: "19883/360360", 4: "743/16380", 3: "1588/45045", 2: "932/45045"}),
    "Nassau 1965": (58, {31: 2, 28: 1, 21: 1, 2: 2}, {31: 16, 28: 16, 21: 0, 2: 0},
                    {31: "1/3", 28: "1/3", 21: "0", 2: "0"}),
    "UN Security Council": (39, {7: 5, 1: 10}, {7: 848, 1: 84}, {7: "421/2145", 1: "4/2145"}),
}  # fmt: skip

small_games = st.lists(st.integers(0, 9), min_size=1, max_size=7).flatmap(
    lambda weights: st.integers(1, max(1, sum(weights))).map(lambda quota: (weights, quota))
)


def enumerated(weights: Sequence[int], quota: int) -> tuple[list[int], list[Fraction]]:
    """Swings and Shapley-Shubik values by looking at every set of others."""
    swings, pivots = [], []
    for voter, weight in enumerate(weights):
        others = [w for other, w in enumerate(weights) if other != voter]
        sizes = [
            sum(quota - weight <= sum(chosen) < quota for chosen in combinations(others, size))
            for size in range(len(weights))
        ]
        swings.append(sum(sizes))
        pivots.append(sum((Fraction(n, len(weights) * comb(len(others), k)) for k, n in enumerate(sizes)), Fraction(0)))
    return swings, pivots


def heavy_tailed(voters: int, total: int, seed: int = 1) -> tuple[int, ...]:
    """Seeded weights like those of a validator set, exactly `total` in all."""
    raw = np.random.default_rng(seed).lognormal(0, 1.5, voters)
    weights = np.maximum(1, np.floor(raw / raw.sum() * total)).astype(int).tolist()
    weights[int(np.argmax(weights))] += total - sum(weights)
    return tuple(weights)


def test_known_games_are_exact_to_the_last_rational(shared: Path) -> None:
    games = json.loads((shared / "metrics" / "exact_games.json").read_text())
    assert len(games) >= 9
    for name, expected in games.items():
        game = Game(tuple(expected["weights"]), expected["quota"])
        assert banzhaf_swings(game) == expected["swings"], name
        assert shapley_shubik_exact(game) == [Fraction(value) for value in expected["ssi"]], name


@pytest.mark.parametrize("name", COUNCILS)
def test_councils_have_their_published_power(name: str) -> None:
    quota, sizes, swings, values = COUNCILS[name]
    weights = [weight for weight, members in sizes.items() for _ in range(members)]
    game = Game(tuple(weights), quota)
    assert banzhaf_swings(game) == [swings[weight] for weight in weights]
    assert shapley_shubik_exact(game) == [Fraction(values[weight]) for weight in weights]


@examples(150)
@given(small_games)
def test_exact_values_are_those_of_looking_at_every_set(drawn: tuple[list[int], int]) -> None:
    weights, quota = drawn
    if quota > sum(weights):
        return
    game = Game(tuple(weights), quota)
    assert (banzhaf_swings(game), shapley_shubik_exact(game)) == enumerated(weights, quota)


def test_exact_values_need_no_small_numbers() -> None:
    weights = (10**27 + 1, 10**27, 3 * 10**26, 7)
    quota = sum(weights) // 2 + 1
    assert shapley_shubik_exact(Game(weights, quota)) == enumerated(weights, quota)[1]


@pytest.mark.parametrize("name", COUNCILS)
def test_integral_agrees_with_exact_values_within_its_stated_error(name: str) -> None:
    quota, sizes, _, _ = COUNCILS[name]
    game = Game(tuple(weight for weight, members in sizes.items() for _ in range(members)), quota)
    exact = np.array([float(value) for value in shapley_shubik_exact(game)])
    found = _shapley_shubik_of(_Rounded.of(game, 10**6))
    assert found.error < 1e-13
    assert np.abs(found.value - exact).max() <= found.error


@pytest.mark.slow
def test_a_hundred_validators_agree_with_exact_integers() -> None:
    game = Game(heavy_tailed(100, 2_000), 1_001)
    exact = np.array([float(value) for value in shapley_shubik_exact(game)])
    found = _shapley_shubik_of(_Rounded.of(game, 10**6))
    assert found.method == "multilinear extension"
    assert np.abs(found.value - exact).max() <= found.error < 1e-8


@pytest.mark.slow
def test_coin_flips_agree_with_exact_swings_within_the_stated_error() -> None:
    game = Game(heavy_tailed(120, 3_000), 2_001)
    found = banzhaf(game)
    assert found.method == "multilinear extension"
    swings = np.array([float(Fraction(swings, 2**119)) for swings in banzhaf_swings(game)])
    assert np.abs(found.value - swings).max() <= found.error < 1e-8


@pytest.mark.slow
def test_a_hundred_validators_of_total_weight_100_000_err_below_1e_8() -> None:
    game = Game(heavy_tailed(100, 100_000), 50_001)
    found = shapley_shubik(game)
    exact = np.array([float(value) for value in shapley_shubik_exact(game)])
    assert np.abs(found.value - exact).max() <= found.error < 1e-8


@pytest.mark.slow
def test_joining_halves_by_fft_agrees_with_exact_integers() -> None:
    game = Game(heavy_tailed(160, 900), 601)
    exact = np.array([float(value) for value in shapley_shubik_exact(game)])
    found = _shapley_shubik_of(_Rounded.of(game, 10**6))
    assert found.method.endswith("FFT")
    assert np.abs(found.value - exact).max() <= found.error < 1e-8


def test_a_large_voter_in_an_ocean_has_the_power_of_the_limit() -> None:
    # Milnor and Shapley: a voter with share a < 1/2 in an ocean of dust has a / (1 - a) at simple majority.
    dust = 900
    game = Game((dust // 3, *[1] * dust), (dust + dust // 3) // 2 + 1)
    assert shapley_shubik(game).value[0] == pytest.approx(0.25 / 0.75, abs=2e-3)


def _more_than(share: str) -> Threshold:
    numerator, denominator = map(int, share.split("/"))
    return Threshold(numerator, denominator, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("share", ["1/2", "2/3"])
def test_ten_thousand_voters_add_up_to_one_and_equal_ones_share_equally(share: str) -> None:
    game = Game((10**20,) * 10_000, _more_than(share).need(10**24))
    found = shapley_shubik(game)
    assert found.error < 1e-8
    assert np.abs(found.value - 1e-4).max() < 1e-12


@examples(60)
@given(
    st.lists(st.integers(10**17, 10**20), min_size=2, max_size=9),
    st.sampled_from(["1/3", "1/2", "2/3", "9/10"]),
    st.sampled_from([50, 400, 3_000]),
)
def test_bounds_hold_for_the_game_before_rounding(weights: list[int], share: str, units: int) -> None:
    game = Game(tuple(weights), _more_than(share).need(sum(weights)))
    exact = np.array([float(value) for value in shapley_shubik_exact(game)])
    found = _shapley_shubik_of(_Rounded.of(game, units))
    assert found.units == units
    assert (found.low <= exact).all()
    assert (exact <= found.high).all()


def test_rounding_does_not_lower_the_quota() -> None:
    # More than two thirds needs both; with the quota rounded down the first would win alone.
    found = _shapley_shubik_of(_Rounded.of(Game((2 * 10**20, 10**20), 2 * 10**20 + 1), 30))
    assert found.value == pytest.approx([1 / 2, 1 / 2])


def test_voters_below_the_rounding_are_reported_as_less_than() -> None:
    weights = (*(10**24 * w for w in heavy_tailed(60, 10**6)), 10**20)
    found = shapley_shubik(Game(weights, sum(weights) // 2 + 1))
    assert found.tail[-1]
    assert re.fullmatch(r"< 0\.0\d %", found.text(60))
    assert re.fullmatch(r"\d\d\.\d\d %", found.text(int(np.argmax(found.value))))
    assert found.kind == "a priori"


def test_who_weighs_nothing_decides_nothing_whatever_the_rounding() -> None:
    weights = (*(10**24 * w for w in heavy_tailed(40, 10**6)), 0)
    found = shapley_shubik(Game(weights, sum(weights) // 2 + 1))
    assert found.high[-1] == 0


def test_who_can_stop_has_the_same_power_as_who_can_pass() -> None:
    weights = heavy_tailed(40, 50_000)
    pass_it, stop_it = Game(weights, 33_400), Game(weights, 50_000 - 33_400 + 1)
    assert np.abs(shapley_shubik(pass_it).value - shapley_shubik(stop_it).value).max() < 1e-12


@pytest.mark.slow
def test_many_games_at_once_agree_with_one_by_one() -> None:
    weights = np.array([heavy_tailed(30, 4_000, seed) for seed in range(6)])
    weights[3, :10] = 0
    quotas = weights.sum(axis=1) * np.array([5, 5, 6, 5, 7, 9]) // 10 + 1
    together = shapley_shubik_many(weights, quotas, at_once=4)
    single = shapley_shubik_many(weights, quotas)
    games = [Game(tuple(w.tolist()), int(q)) for w, q in zip(weights, quotas, strict=True)]
    exact = np.array([[float(value) for value in shapley_shubik_exact(game)] for game in games])
    assert np.abs(together - single).max() < 1e-12
    assert np.abs(single - exact).max() < 1e-9
    assert (together[3, :10] == 0).all()


def many_games() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Games that are computed together, of few and of many voters, of whom some weigh nothing."""
    weights = np.array([heavy_tailed(150, 4_000, seed) for seed in range(3)])
    weights[0, :140] = 0
    return weights, weights.sum(axis=1) // 2 + 1


@pytest.mark.slow
def test_many_games_agree_on_a_strict_array_library() -> None:
    strict = Backend("array_api_strict", array_api_strict, CPU_CELLS)
    weights, quotas = many_games()
    for at_once in (1, 2):
        found = shapley_shubik_many(weights, quotas, strict, at_once=at_once)
        assert np.abs(found - shapley_shubik_many(weights, quotas, NUMPY)).max() < 1e-12


@pytest.mark.gpu
def test_many_games_on_a_gpu_agree_with_numpy() -> None:
    found = working_cupy()
    if found.name != "cupy":
        pytest.skip(found.reason)
    weights, quotas = many_games()
    there, here = (shapley_shubik_many(weights, quotas, on) for on in (found, NUMPY))
    assert np.abs(there - here).max() < 1e-12


def test_the_chance_to_decide_at_one_half_is_banzhaf() -> None:
    weights = np.array([[1, 2, 3, 4]])
    found = decisive(weights, np.array([6]), weights, gauss_legendre(4, 0.0, 1.0, mirrored=False))
    assert found[0, 0] == pytest.approx([1 / 12, 1 / 4, 1 / 4, 5 / 12], abs=1e-14)
    assert banzhaf(Game((4, 3, 2, 1), 6)).value == pytest.approx([5 / 8, 3 / 8, 3 / 8, 1 / 8])
    assert banzhaf(Game((4, 3, 2, 1), 6)).share == pytest.approx([5 / 12, 1 / 4, 1 / 4, 1 / 12])


@pytest.mark.parametrize(("weights", "quota"), [((1, -1), 1), ((1, 1), 0), ((1, 1), 3), ((), 1), ((0, 0), 0)])
def test_games_that_nobody_can_win_or_lose_are_refused(weights: tuple[int, ...], quota: int) -> None:
    with pytest.raises(ValueError, match=r"weight|quota"):
        Game(weights, quota)
    if weights:
        with pytest.raises(ValueError, match="quota"):
            shapley_shubik_many(np.array([weights]), np.array([quota]))
