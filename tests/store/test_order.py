"""The order of amounts beyond 64 bits, and the order in which the mart keeps holdings."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.spread.groups import LARGEST_TOTAL
from store.order import ascending, largest_first

NUMBER = st.integers(0, 2**31 - 1)
# Of neighbours, of which many differ in their last bits alone, and of amounts that many have.
AMOUNT = st.one_of(
    st.integers(0, 3),
    st.integers(0, LARGEST_TOTAL),
    st.builds(lambda near, far: 10**34 + near + far * 2**70, *[NUMBER] * 2),
)


def words(amounts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    both = np.frombuffer(b"".join(one.to_bytes(16, "little") for one in amounts), np.int64).reshape(-1, 2)
    return both[:, 0].view(np.uint64), both[:, 1]


def holding(rows: Sequence[tuple[int, int, int, int]]) -> pl.DataFrame:
    names = ("snapshot", "population", "holder")
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    amount = pl.Series(columns[3], dtype=pl.Int128).cast(pl.Decimal(38, 0))
    return pl.DataFrame(
        {name: pl.Series(told, dtype=pl.Int32) for name, told in zip(names, columns, strict=False)} | {"amount": amount}
    )


@given(st.lists(AMOUNT, max_size=60))
def test_amounts_come_in_order_and_equals_as_they_were(amounts: list[int]) -> None:
    assert ascending(*words(amounts)).tolist() == sorted(range(len(amounts)), key=amounts.__getitem__)


@pytest.mark.parametrize("step", [1, 2**20, 2**64, 2**90])
def test_amounts_that_differ_by_their_last_bits_come_in_order(step: int) -> None:
    dice = np.random.default_rng(1)
    amounts = [10**37 + step * int(by) for by in dice.integers(0, 1000, 5_000)]
    assert [amounts[place] for place in ascending(*words(amounts))] == sorted(amounts)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), NUMBER, AMOUNT), max_size=40))
def test_the_largest_of_each_population_comes_first(rows: list[tuple[int, int, int, int]]) -> None:
    by = sorted(rows, key=lambda row: (row[0], row[1], -row[3], row[2]))
    assert largest_first(holding(rows)).equals(holding(by))
