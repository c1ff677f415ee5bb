"""Who uses the power it has."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from analytics.votes.participation import (
    Taken,
    Turnouts,
    concentration,
    never_voters,
    override_rate,
    used_of_paper,
)

PAPER = {"a": 50, "b": 30, "c": 20, "e": 0}
# A voted on all three proposals, B on the last one; a delegator of A on the second, one of B on the first and the last.
THREE = Turnouts(3, PAPER, {"a": 0b111, "b": 0b100}, [Taken("a", 10, 10, 10), Taken("b", 6, 12, 6)], delegated=80)


def test_used_power_is_compared_with_paper_power_over_all_proposals() -> None:
    assert used_of_paper(THREE) == {"a": Fraction(140, 150), "b": Fraction(24, 90), "c": 0}


def test_who_never_voted_is_named_with_its_share() -> None:
    silent = never_voters(THREE)
    assert silent.voters == ("c",)
    assert silent.share == Fraction(1, 5)
    assert never_voters(replace(THREE, voted={"a": 0b001, "b": 0})).voters == ("b", "c")


def test_the_override_rate_is_of_delegated_power_only() -> None:
    assert override_rate(THREE) == Fraction(10 + 6 + 6, 240)
    with pytest.raises(ValueError, match="nothing to override"):
        override_rate(Turnouts(1, PAPER, {}, [], delegated=0))


def test_proposers_and_depositors_are_counted_exactly() -> None:
    found = concentration({"team": 6, "b": 1, "c": 1, "d": 0})
    assert (found.parties, found.largest, found.more_than_half) == (3, Fraction(3, 4), 1)
    assert found.effective == Fraction(64, 38)
    assert concentration({"a": 10**27, "b": 10**27}).more_than_half == 2


def test_nothing_known_is_no_number() -> None:
    with pytest.raises(ValueError, match="not known"):
        replace(THREE, proposals=0)
    with pytest.raises(ValueError, match="nothing to divide"):
        concentration({"a": 0})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"voted": {"z": 1}}, "z voted without power"),
        ({"taken": [Taken("a", 30, 30, 30), Taken("a", 21, 21, 21)]}, "more power was taken from a than it has"),
        ({"taken": [Taken("a", -1, -1, -1)]}, "more power was taken"),
        ({"taken": [Taken("a", 11, 11, 11)], "delegated": 10}, "more power was used than is bonded"),
        ({"delegated": 101}, "more power was used than is bonded"),
    ],
)
def test_impossible_turnouts_are_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(THREE, **wrong)
