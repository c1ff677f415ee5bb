"""Scenarios keep every base unit, and every metric applies to what they give."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.spread.batches import Threshold
from analytics.spread.metrics import METRICS, distribution
from analytics.spread.whatif import (
    Distribution,
    cut,
    handed_on,
    leaving,
    merged,
    overridden,
    replaced,
    split,
    turnout,
    voting,
    without_largest,
)
from tests.worlds.examples import examples

NOW = Distribution({"a": 50, "b": 30, "c": 15, "d": 5})
AMOUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10**30), min_size=1)
SHARES = st.fractions(Fraction(1, 100), 1)


def test_every_metric_applies_to_a_scenario() -> None:
    found = merged(NOW, ["c", "d"]).metrics([Threshold(334, 1000, strict=False)])
    assert found.keys() == {*METRICS, "nc_ge_334_1000"}
    assert found == pytest.approx(distribution([50, 30, 20], thresholds=[Threshold(334, 1000, strict=False)]))


def test_a_cap_on_votes_cuts_what_is_above() -> None:
    assert cut(NOW, Fraction(1, 5)).held == {"a": 20, "b": 20, "c": 15, "d": 5}


def test_a_cap_on_stake_hands_the_excess_to_the_others_until_nobody_is_above() -> None:
    # a gives 10 to b, c and d as 30:15:5; that lifts nobody above 40.
    assert handed_on(NOW, Fraction(2, 5)).held == {"a": 40, "b": 36, "c": 18, "d": 6}
    # Here b would reach 42 and is capped as well: c and d share the rest as 15:5.
    assert handed_on(NOW, Fraction(3, 10)).held == {"a": 30, "b": 30, "c": 30, "d": 10}


def test_four_parties_cannot_all_stay_below_a_fifth() -> None:
    with pytest.raises(ValueError, match=r"^4 parties .* below 20 % .* can keep is 25 %$"):
        handed_on(NOW, Fraction(1, 5))


@examples(100)
@given(held=AMOUNTS, at=SHARES, scattered=st.integers(0, 10**30))
def test_handing_on_keeps_the_total_and_the_order_and_the_cap(
    held: dict[str, int], at: Fraction, scattered: int
) -> None:
    now = Distribution(held, scattered)
    try:
        then = handed_on(now, at)
    except ValueError:
        assert len(held) * (at.numerator * now.total // at.denominator) < now.total
        assert not scattered
        return
    assert then.total == now.total
    assert max(then.held.values()) <= at * now.total
    ranked = sorted(held, key=lambda party: (held[party], then.held[party]))
    assert [then.held[party] for party in ranked] == sorted(then.held.values())


def test_splitting_and_merging_back_changes_nothing() -> None:
    apart = split(NOW, "a", 3)
    assert [apart.held[f"a {part}/3"] for part in (1, 2, 3)] == [17, 17, 16]
    assert merged(apart, ["a 1/3", "a 2/3", "a 3/3"], "a").held == NOW.held


def test_merging_into_the_name_of_another_party_is_refused() -> None:
    with pytest.raises(ValueError, match="c is already a party"):
        merged(NOW, ["a", "b"], "c")


def test_the_largest_leave_with_what_they_hold() -> None:
    assert without_largest(NOW, 2).held == {"c": 15, "d": 5}
    assert leaving(NOW, ["a", "d"]).held == {"b": 30, "c": 15}


def test_an_exit_may_leave_the_stake_to_the_others() -> None:
    assert replaced(NOW, ["a"]).held == {"b": 60, "c": 30, "d": 10}
    with pytest.raises(ValueError, match="nobody is left"):
        replaced(NOW, list("abcd"))


def test_only_those_who_vote_count() -> None:
    assert voting(NOW, ["b", "d"]).metrics()["nc_gt_1_2"] == 1
    assert turnout(NOW, Fraction(6, 10)).held == {"a": 50, "b": 30}
    assert turnout(NOW, Fraction(1, 2)).held == {"a": 50}
    assert turnout(NOW, Fraction(0)).total == 0
    assert turnout(Distribution({"a": 40}, 60), Fraction(2, 3)) == Distribution({"a": 40}, 27)


def test_delegators_who_vote_themselves_take_power_from_validators() -> None:
    own = {"a": 10, "b": 30}
    half = overridden(NOW, own, Fraction(1, 2))
    assert half == Distribution({"a": 30, "b": 30, "c": 8, "d": 3}, 29)
    assert half.metrics()["top_1"] == pytest.approx(0.3)
    assert (NOW.metrics()["nc_gt_1_2"], half.metrics()["nc_gt_1_2"]) == (2, 2)
    everybody = overridden(NOW, own, Fraction(1))
    assert everybody == Distribution({"a": 10, "b": 30, "c": 0, "d": 0}, 60)
    # No two validators reach half any more: eleven of the scattered must join them.
    assert everybody.metrics()["nc_gt_1_2"] == 13


@examples(50)
@given(held=AMOUNTS, rate=st.fractions(0, 1))
def test_overriding_moves_power_and_loses_none(held: dict[str, int], rate: Fraction) -> None:
    now = Distribution(held)
    assert overridden(now, {}, rate).total == now.total
    assert overridden(now, held, rate) == now


@pytest.mark.parametrize(
    "scenario", [lambda: split(NOW, "x", 2), lambda: merged(NOW, ["a", "x"]), lambda: leaving(NOW, ["x"])]
)
def test_an_unknown_party_is_refused(scenario: Callable[[], Distribution]) -> None:
    with pytest.raises(ValueError, match="x is no party here"):
        scenario()


@pytest.mark.parametrize(
    "scenario",
    [lambda: cut(NOW, Fraction(0)), lambda: turnout(NOW, Fraction(2)), lambda: overridden(NOW, {}, Fraction(-1))],
)
def test_a_share_outside_zero_and_one_is_refused(scenario: Callable[[], Distribution]) -> None:
    with pytest.raises(ValueError, match=r"is (none|no share)"):
        scenario()


def test_impossible_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be split into 0 parts"):
        split(NOW, "a", 0)
    with pytest.raises(ValueError, match="holds 5, less than its own 6"):
        overridden(NOW, {"d": 6}, Fraction(1, 2))


@pytest.mark.parametrize("scattered", [0, 7, 10**20])
@pytest.mark.parametrize("unit", [1, 10**9, 10**25])
def test_what_follows_from_sums_is_what_the_metrics_say_but_for_the_last_digits(scattered: int, unit: int) -> None:
    found = Distribution({name: (place + 1) * unit for place, name in enumerate("abcdefghijklm")}, scattered)
    said = found.metrics()
    for name, value in found.of_sums().items():
        assert value == pytest.approx(said[name], rel=1e-12, abs=1e-12), name
