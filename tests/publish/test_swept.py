"""What a sweep tells of parties beside the metrics: how often the largest decides, by weights checked by hand."""

import numpy as np
import pytest

from publish.swept import MOST_VOTERS, SCENARIOS, decides


def held(*amounts: int) -> list[list[np.ndarray]]:
    return [[np.array(amounts)] * len(SCENARIOS)]


@pytest.mark.parametrize(
    ("amounts", "largest", "parties"),
    [
        ((20, 20, 60), 1, 1),
        ((5, 5, 5), 1 / 3, 3),
        # Of 50, 49 and 1 the last two have the same power.
        ((0, 1, 49, 50), 2 / 3, 2),
        # Too large for 64 bits when multiplied, and too fine for the units.
        ((10**17, 10**17, 10**17 + 1), 1 / 3, 3),
    ],
)
def test_the_largest_decides_as_often_as_it_is_the_pivot(
    amounts: tuple[int, ...], largest: float, parties: float
) -> None:
    assert decides(held(*amounts))[0, 0] == pytest.approx([largest, parties], abs=1e-9)


def test_nobody_decides_where_nobody_has_anything_or_too_many_have() -> None:
    assert np.isnan(decides(held(0, 0))).all()
    assert np.isnan(decides(held(*[1] * (MOST_VOTERS + 1)))).all()
    assert decides(held(0, *[1] * MOST_VOTERS))[0, 0, 1] == pytest.approx(MOST_VOTERS)
