"""Each metric is written as what it is."""

import numpy as np
import pytest

from analytics.spread.metrics import METRICS, measure
from ui import metrics

# Ten distributions of odd amounts, from two parties to twenty.
AMOUNTS = [(place * 7919 + size * 104_729) % 997 + 1 for size in range(2, 12) for place in range(2 * size)]
OFFSETS = [0, *np.cumsum([2 * size for size in range(2, 12)])]


@pytest.mark.parametrize("name", list(METRICS))
def test_what_is_written_whole_counts_and_what_counts_is_written_whole(name: str) -> None:
    found = measure(np.array(AMOUNTS), np.array(OFFSETS), metrics=[name]).values[name]
    assert (metrics.kind(name) == "count") == bool((found % 1 == 0).all())


@pytest.mark.parametrize("name", list(METRICS))
def test_a_share_is_in_per_cent_everywhere(name: str) -> None:
    assert (metrics.kind(name) == "share") == METRICS[name].share == metrics.form(name).endswith("%")


def test_a_chains_own_threshold_is_a_count() -> None:
    rows = metrics.every({"nc_halt": 3.0, "gini": None}, {"nc_halt": 4.0, "gini": 0.5})
    assert rows.select("kind", "before", "after", "higher").rows() == [
        ("count", 3.0, 4.0, "spread"),
        ("index", None, 0.5, "concentrated"),
    ]
