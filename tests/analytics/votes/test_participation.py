"""Who uses the power it has."""

from fractions import Fraction

import pytest

from analytics.votes.participation import Turnout, concentration, never_voters, override_rate, used_of_paper

PAPER = {"a": 50, "b": 30, "c": 20}
THREE = [
    Turnout("1", 100, PAPER, {"a": 50}, delegated=80, overridden=0),
    Turnout("2", 100, {**PAPER, "d": 10}, {"a": 40, "d": 10}, delegated=80, overridden=10),
    Turnout("3", 100, PAPER, {"a": 50, "b": 30}, delegated=80, overridden=6),
]


def test_used_power_is_compared_with_paper_power_over_all_proposals() -> None:
    assert used_of_paper(THREE) == {"a": Fraction(140, 150), "b": Fraction(30, 90), "c": 0, "d": 1}


def test_who_never_voted_is_named_with_its_share() -> None:
    silent = never_voters(THREE)
    assert silent.voters == ("c",)
    assert silent.share == Fraction(1, 5)
    assert never_voters(THREE[:1]).voters == ("b", "c")
    assert never_voters([Turnout("1", 100, {**PAPER, "e": 0}, {"a": 50}, 80, 0)]).voters == ("b", "c")


def test_the_override_rate_is_of_delegated_power_only() -> None:
    assert override_rate(THREE) == Fraction(16, 240)
    with pytest.raises(ValueError, match="nothing to override"):
        override_rate([Turnout("1", 100, PAPER, {}, delegated=0, overridden=0)])


def test_proposers_and_depositors_are_counted_exactly() -> None:
    found = concentration({"team": 6, "b": 1, "c": 1, "d": 0})
    assert (found.parties, found.largest, found.more_than_half) == (3, Fraction(3, 4), 1)
    assert found.effective == Fraction(64, 38)
    assert concentration({"a": 10**27, "b": 10**27}).more_than_half == 2


def test_nothing_known_is_no_number() -> None:
    for function in (used_of_paper, never_voters, override_rate):
        with pytest.raises(ValueError, match="not known"):
            function([])
    with pytest.raises(ValueError, match="nothing to divide"):
        concentration({"a": 0})


def test_impossible_turnouts_are_refused() -> None:
    with pytest.raises(ValueError, match="z voted without power"):
        Turnout("1", 100, PAPER, {"z": 1}, delegated=10, overridden=0)
    with pytest.raises(ValueError, match="more power was used"):
        Turnout("1", 100, PAPER, {"a": 101}, delegated=10, overridden=0)
