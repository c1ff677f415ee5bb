"""Weight rows that are equal, or nearly, are one opinion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.power.opinions import grouped, opinions

ONE_MIND = np.array([[10, 20, 30], [1, 2, 3], [30, 20, 10]], dtype=np.float64)


def test_rows_of_equal_shares_are_one_opinion_whatever_their_scale() -> None:
    assert opinions(ONE_MIND).tolist() == [0, 0, 1]
    assert grouped([5, 7, 11], opinions(ONE_MIND)) == [12, 11]


def test_a_copier_that_moves_one_part_in_a_hundred_is_found() -> None:
    copied = np.array([[50.0, 50, 0], [51, 49, 0], [60, 40, 0]])
    assert opinions(copied).tolist() == [0, 0, 1]


def test_copies_of_copies_chain() -> None:
    chain = np.array([[50.0, 50], [51.5, 48.5], [53, 47]])
    assert opinions(chain).tolist() == [0, 0, 0]


def test_validators_without_weights_are_not_lumped_together() -> None:
    assert opinions(np.zeros((3, 4))).tolist() == [0, 1, 2]
    assert opinions(np.zeros((0, 4))).tolist() == []
    assert grouped([], opinions(np.zeros((0, 4)))) == []


@given(rows=hnp.arrays(np.float64, (6, 5), elements=st.integers(0, 50).map(float)), seed=st.integers(0, 99))
def test_groups_do_not_depend_on_the_order_of_validators(rows: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    before, after = opinions(rows), opinions(rows[order])
    for one in range(len(rows)):
        for other in range(len(rows)):
            same = before[order[one]] == before[order[other]]
            assert same == (after[one] == after[other])


def test_more_tolerance_never_makes_more_opinions() -> None:
    rows = np.random.default_rng(7).random((40, 12))
    counts = [len(set(opinions(rows, alike).tolist())) for alike in (0.0, 0.05, 0.2, 0.5, 1.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == pytest.approx(1)
