"""Each metric is written as what it is."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from analytics.spread.metrics import METRICS, measure
from ui import metrics, two_days

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


@pytest.mark.parametrize(("why", "said"), [("", "one of 1"), ("other labels", "none of 1")])
def test_of_how_many_a_change_can_be_told_is_said(why: str, said: str) -> None:
    rows = pl.DataFrame({"why": [why]})
    told = two_days.headline(rows, "gini", date(2026, 6, 1), date(2026, 12, 1))
    assert told == f"Gini coefficient on 1 Jun 2026 and on 1 Dec 2026: {said} can be compared"


@pytest.mark.parametrize(
    ("metric", "before", "after", "written"),
    [
        ("top_10", 0.5, 0.4999, "unchanged"),
        ("top_10", 0.5, 0.4994, "down 0.1"),
        ("gini", 0.712, 0.7119, "unchanged"),
        ("gini", 0.712, 0.71, "down 0.002"),
        ("effective_parties", 12.3, 12.28, "unchanged"),
        # As the two stand beside it: 16.4 and 17.2.
        ("effective_parties", 16.424, 17.169, "up 0.8"),
        ("nc_gt_1_2", 4.0, 3.0, "down 1"),
        ("top_10", 0.5, None, None),
    ],
)
def test_a_change_that_reads_as_nothing_is_called_so_and_others_add_up(
    metric: str, before: float, after: float | None, written: str | None
) -> None:
    values = pl.DataFrame(
        {"value": [before], "value_then": [after], "change": [None if after is None else after - before]},
        schema={"value": pl.Float64, "value_then": pl.Float64, "change": pl.Float64},
    ).with_columns(why=pl.lit(""), apart=pl.lit(""), column=pl.lit("stake"))
    rows = two_days.shown(values, metric)
    assert rows["changed"].to_list() == [written]
    # Files keep what it is exactly.
    assert rows["change"].equals(values["change"])


def test_the_readings_of_two_days_are_told_apart_by_the_days_that_they_stand_for() -> None:
    """A table said "Read at" and "Then read at"; a reading is not always of the day that was asked for."""
    labels = [one["label"] for one in two_days.columns("gini", date(2026, 6, 1), date(2026, 12, 1)).values()]
    assert labels[2:4] == ["1 Jun 2026", "1 Dec 2026"]
    assert labels[6:] == ["Read for 1 Jun 2026", "Its block", "Read for 1 Dec 2026", "Its block"]
