"""Where a chain reports more than was read, a metric is a range; where all was read, it is a number."""

import numpy as np
import pytest

from analytics.spread.batches import Threshold
from publish.concentration import metrics
from store.draft import Distributions


def test_what_was_not_read_makes_a_range_of_a_number() -> None:
    """Two populations of 60 and 40; of the second another 100 was not read: dust, or one party's."""
    amounts = np.array([[60, 0], [40, 0]] * 2, np.int64)
    snapshot, population = np.array([1, 1]), np.array([7, 8])
    found = metrics(
        Distributions("address", snapshot, population, np.array([0, 2, 4]), amounts, {1: ""}, {(1, 8): 100}),
        (Threshold(1, 2, True),),
    )
    rows = {
        row["population"]: (row["value"], row["low"], row["high"])
        for row in found.filter(metric="effective_parties").to_dicts()
    }
    # 1 / (0.6² + 0.4²); then 0.3² + 0.2² and nothing more, or the half as one party.
    assert rows[7] == (pytest.approx(1 / 0.52), None, None)
    assert rows[8][1] == pytest.approx(1 / (0.3**2 + 0.2**2 + 0.5**2), rel=0.5)
    assert rows[8][1] <= rows[8][0] <= rows[8][2]
