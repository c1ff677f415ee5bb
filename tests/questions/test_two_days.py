"""Two days side by side: the nearest readings, and no change told where they were counted otherwise."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from questions.two_days import two_days

START = datetime(2026, 6, 1, 23, 50, tzinfo=UTC)
FIRST, SECOND = date(2026, 6, 1), date(2026, 6, 3)


def reading(day: int, value: float | None = 1.0, **more: Any) -> dict[str, Any]:
    """A reading so many days after the start."""
    return {
        "network": "akash", "title": "Akash", "column": "stake", "reading": "validators", "population": "validators",
        "metric": "effective_parties", "grouping": "control", "value": value, "time": START + timedelta(days=day),
        "chain_id": "akashnet-2", "height": 100 + day, "hash": f"{day}", "endpoint": "https://lcd.example",
        "simulated": False, "n": 3, "coverage": 1.0, "method_version": "v2", "read_as": "Tokens.",
        "labels_version": "abc", **more,
    }  # fmt: skip


def compared(*rows: dict[str, Any], second: date = SECOND) -> dict[str, Any]:
    return two_days(pl.DataFrame(rows, infer_schema_length=None), FIRST, second).row(0, named=True)


def test_both_values_stand_with_their_blocks_and_what_changed() -> None:
    found = compared(reading(0, 10.0), reading(1, 99.0), reading(2, 12.5))
    assert (found["value"], found["value_then"], found["change"]) == (10.0, 12.5, 2.5)
    assert (found["height"], found["height_then"], found["hash_then"]) == (100, 102, "2")
    assert (found["why"], found["apart"]) == ("", "")


def test_the_last_reading_of_a_day_is_told() -> None:
    earlier = reading(2, 7.0, time=START + timedelta(days=1, hours=3), height=101)
    assert compared(reading(0, 10.0), earlier, reading(2, 12.5))["value_then"] == 12.5


def test_a_day_without_a_reading_is_told_by_the_nearest_and_nothing_is_read_between_two() -> None:
    found = compared(reading(0, 10.0), reading(6, 16.0), second=date(2026, 6, 5))
    assert (found["value_then"], found["height_then"], found["change"]) == (16.0, 106, 6.0)
    assert found["apart"] == "No reading on 5 Jun 2026: nearest two days later."


def test_of_two_readings_as_near_the_earlier_is_told() -> None:
    found = compared(reading(0, 10.0), reading(2, 12.0), second=date(2026, 6, 2))
    assert (found["value_then"], found["change"]) == (10.0, None)
    assert found["apart"] == "No reading on 2 Jun 2026: nearest one day earlier."


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({}, {"chain_id": "akashnet-3"}, "another chain (akashnet-2, then akashnet-3)"),
        ({}, {"method_version": "v3"}, "another method of counting (v2, then v3)"),
        ({}, {"read_as": "Tokens, bonded."}, "another method of reading"),
        ({}, {"labels_version": "abd"}, "other labels"),
        ({}, {"grouping": "address"}, "other labels"),
        ({"coverage": 0.971}, {}, "another part was read (97%, then all)"),
        ({}, {"coverage": None}, "another part was read (all, then no total to compare with)"),
        ({"value": None}, {}, "not defined at the first: too few parties"),
        ({}, {"value": None, "coverage": 0.9, "labels_version": "x"},
         "not defined at the second: read in part, other labels and another part was read (all, then 90%)"),
        ({"coverage": 0.9701}, {"coverage": 0.9699}, ""),
        ({"coverage": 0.99995}, {"coverage": 1.0}, ""),
    ],
)  # fmt: skip
def test_only_what_was_counted_alike_is_compared(first: dict[str, Any], second: dict[str, Any], why: str) -> None:
    found = compared(reading(0, **{"value": 10.0, **first}), reading(2, **{"value": 12.0, **second}))
    assert found["why"] == why
    assert (found["change"] is None) == bool(why)


def test_one_reading_is_no_change() -> None:
    assert compared(reading(1, 10.0))["why"] == "the same reading is the nearest to both days"
    assert compared(reading(0, 10.0), second=FIRST)["why"] == "both days are the same"


def test_every_series_has_its_row_in_the_order_in_which_they_came() -> None:
    series = [("zeta", "stake"), ("akash", "token"), ("akash", "stake")]
    rows = [reading(day, 1.0, network=one, reading=what) for one, what in series for day in (0, 2)]
    found = two_days(pl.DataFrame(rows), FIRST, SECOND)
    assert found.select("network", "reading").rows() == series
