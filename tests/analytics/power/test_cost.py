"""What stopping a chain costs: the coalition with the least of its own, held against every set of operators."""

from itertools import combinations
from random import Random

import pytest

from analytics.power.cost import Bond, cheapest
from analytics.power.slack import churn, further


def least(bonds: dict[str, Bond], need: int) -> int:
    """The least that any set of operators with the need has of its own."""
    sets = (chosen for size in range(1, len(bonds) + 1) for chosen in combinations(bonds.values(), size))
    return min(sum(one.own for one in chosen) for chosen in sets if sum(one.bonded for one in chosen) >= need)


def test_the_cheapest_third_is_that_with_the_least_of_its_own() -> None:
    # A has a third with 10 of its own; B and C together have one with 2.
    bonds = {"A": Bond(40, 10), "B": Bond(20, 1), "C": Bond(20, 1), "D": Bond(20, 20)}
    found = cheapest(bonds, 34)
    assert (found.operators, found.bonded, found.own, found.least) == (("B", "C"), 40, 2, 2)


def test_whoever_is_not_needed_is_left_out() -> None:
    found = cheapest({"A": Bond(1, 0), "B": Bond(50, 0), "C": Bond(49, 49)}, 34)
    assert found.operators == ("B",)


@pytest.mark.parametrize("seed", range(3))
def test_no_set_of_operators_has_less_than_the_bound_nor_the_coalition_less_than_the_best(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        bonds = {
            str(place): Bond(bonded := random.randint(1, 100), random.choice([0, 1, random.randint(0, bonded)]))
            for place in range(random.randint(1, 9))
        }
        need = -(-sum(one.bonded for one in bonds.values()) // 3)
        found, best = cheapest(bonds, need), least(bonds, need)
        assert found.least <= best <= found.own
        assert sum(bonds[one].bonded for one in found.operators) == found.bonded >= need
        assert found.own - found.least <= max(one.own for one in bonds.values())


@pytest.mark.parametrize(
    ("present", "absent", "expected"),
    [
        ((33, 33, 34), 0, 1),
        ((33, 33), 34, 0),  # who is absent has a third alone
        ((33, 33, 33), 1, 1),
        ((20, 20, 20, 20, 20), 0, 2),
        ((20, 20, 20, 20), 20, 1),
        ((1,) * 9, 0, 3),  # exactly a third
        ((1,) * 8, 1, 2),
        ((1,) * 10, 0, 4),  # three of ten are less
    ],
)
def test_slack_counts_who_else_must_fall_silent(present: tuple[int, ...], absent: int, expected: int) -> None:
    assert further({str(place): power for place, power in enumerate(present)}, absent) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"A": 1, "B": 1}, {"A": 2, "B": 2}, 0),  # more for all
        ({"A": 1, "B": 1}, {"A": 1, "C": 1}, 0.5),
        ({"A": 1}, {"B": 1}, 1),
        ({"A": 3, "B": 1}, {"A": 2, "B": 2}, 0.25),
    ],
)
def test_churn_is_the_share_that_others_have_now(
    before: dict[str, int], after: dict[str, int], expected: float
) -> None:
    assert churn(before, after) == expected
