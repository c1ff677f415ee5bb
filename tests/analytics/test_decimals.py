"""Decimals of Cosmos chains, rounded as the chain rounds them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.decimals import ONE, product, quotient, reaching, scaled
from analytics.impossible import Impossible


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (1 * ONE, 3 * ONE, 333333333333333333),
        (2 * ONE, 3 * ONE, 666666666666666667),
        (1, 2 * ONE, 0),  # half of the smallest unit goes to the even neighbour
        (3, 2 * ONE, 2),
        (5, 2 * ONE, 2),
    ],
)
def test_quotients_round_half_to_even(numerator: int, denominator: int, expected: int) -> None:
    assert quotient(numerator, denominator) == expected


def test_products_round_half_to_even() -> None:
    assert [product(number, ONE // 2) for number in (1, 3, 5, 7)] == [0, 2, 2, 4]


@given(part=st.integers(0, ONE), whole=st.integers(1, 10**60))
def test_the_fewest_units_that_reach_a_part_are_the_first_whose_quotient_does(part: int, whole: int) -> None:
    fewest = reaching(part, whole)
    assert quotient(fewest, whole) >= part
    assert quotient(fewest - 1, whole) < part


@given(part=st.integers(0, ONE + 1), wholes=st.lists(st.integers(0, 2**33 - 1), min_size=1))
def test_arrays_below_2_to_the_33_are_exact(part: int, wholes: list[int]) -> None:
    assert reaching(part, np.array(wholes)).tolist() == [reaching(part, whole) for whole in wholes]


def test_scaled_numbers_are_exact() -> None:
    assert scaled("2492124559542265360835103218.000000000000000001") == 2492124559542265360835103218 * ONE + 1
    with pytest.raises(Impossible):
        scaled("0.0000000000000000001")
