"""How few decide what a part of a network gets, and how much of the whole so few decide: by hand, and exactly."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.power.deciding import FEW, decided, deciding_set

KAPPA = (32_767, 65_535)


@pytest.mark.parametrize(
    ("votes", "part", "parties"),
    [
        ({"a": 51, "b": 30, "c": 19}, KAPPA, ("a",)),
        ({"a": 50, "b": 50}, KAPPA, ("a",)),
        ({"a": 40, "b": 35, "c": 25}, KAPPA, ("a", "b")),
        # Exactly the part is enough: 32,767 of 65,535, and not one less.
        ({"a": 32_767, "b": 32_768 - 1, "c": 1}, KAPPA, ("a",)),
        ({"a": 32_766, "b": 32_766, "c": 3}, KAPPA, ("a", "b")),
        ({"a": 2, "b": 1}, (1, 1), ("a", "b")),
        ({"a": 2, "b": 1}, (0, 65_535), ("a",)),
        ({"a": 0}, KAPPA, ()),
        ({}, KAPPA, ()),
    ],
)
def test_the_fewest_that_reach_the_part_decide(
    votes: dict[str, int], part: tuple[int, int], parties: tuple[str, ...]
) -> None:
    assert deciding_set(votes, *part) == parties


@given(st.lists(st.integers(0, 50), min_size=1, max_size=7), st.integers(1, 9))
def test_no_smaller_set_reaches_it(amounts: list[int], numerator: int) -> None:
    votes = {f"p{place}": amount for place, amount in enumerate(amounts)}
    found = deciding_set(votes, numerator, 10)
    if not sum(amounts):
        assert found == ()
        return
    assert 10 * sum(votes[party] for party in found) >= numerator * sum(amounts)
    for smaller in combinations(votes, len(found) - 1):
        assert 10 * sum(votes[party] for party in smaller) < numerator * sum(amounts)


def test_what_is_decided_by_few_is_a_share_of_all_that_is_paid() -> None:
    # 10 + 20 of 100 by one, 30 more by two, 25 by seven; 5 that nobody judges, 10 that is not known.
    parts = [(10, 1), (20, 1), (30, 2), (25, 7), (5, 0), (10, None)]
    assert [decided(parts, few) for few in FEW] == [
        (Fraction(3, 10), Fraction(1, 10)),
        (Fraction(6, 10), Fraction(1, 10)),
        (Fraction(6, 10), Fraction(1, 10)),
        (Fraction(6, 10), Fraction(1, 10)),
    ]
    with pytest.raises(ZeroDivisionError):
        decided([(0, 1)], 1)
