"""A metric over time has its days, its change of thirty days, and a mark where its method changed."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from questions import history
from questions.populations import Population
from store.mart import Mart
from tests.questions.conftest import one
from tests.worlds.hamlet import DAYS

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(*values: float | None, every: int = 1, versions: str = "") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "network": "akash",
            "title": "Akash",
            "reading": "validators",
            "population": "validators",
            "time": [START + timedelta(days=every * place) for place in range(len(values))],
            "value": values,
            "method_version": list(versions) or ["v1"] * len(values),
        },
        schema_overrides={"value": pl.Float64},
    )


def test_a_history_has_one_row_a_day_and_network(mart: Mart, known: list[Population]) -> None:
    chosen = [one(known, network, "validators", "validators") for network in ("akash", "fetch")]
    names = [f"{p.network} {p.reading} {p.population}" for p in chosen]
    rows = history.history(mart, "effective_parties", "control", names)
    assert rows.group_by("network").len().sort("network").rows() == [("akash", DAYS), ("fetch", DAYS)]
    assert rows["value"].null_count() == 0
    assert rows["n"].unique().to_list() == [12]


def test_thirty_days_are_looked_back() -> None:
    assert history.ends(series(*range(40)), 30) == (9, 39)


def test_a_weekly_reading_is_compared_with_the_nearest_day() -> None:
    assert history.ends(series(1, 2, 3, 4, 5, 6, every=7), 30) == (2, 6)


@pytest.mark.parametrize("values", [(), (1.0,), (1.0, 2.0), (None, None)])
def test_a_short_history_has_no_change(values: tuple[float | None, ...]) -> None:
    assert history.ends(series(*values), 30) is None


def test_the_change_since_the_first_day_is_that_of_all() -> None:
    assert history.ends(series(5, *range(40)), 0) == (5, 39)
    assert history.ends(series(5), 0) is None
    assert history.ends(series(None, 5, 7, None), 0) == (5, 7)


def test_a_longer_time_is_looked_back_in_full() -> None:
    assert history.ends(series(*range(100)), 90) == (9, 99)
    assert history.ends(series(*range(80)), 90) is None


def test_a_series_without_any_value_is_told_with_its_reason() -> None:
    part = series(None, None).with_columns(title=pl.lit("FET"), network=pl.lit("fet"), coverage=0.97)
    alone = series(None).with_columns(title=pl.lit("One"), network=pl.lit("one"), coverage=pl.lit(None, pl.Float64))
    full = series(None, 1).with_columns(coverage=pl.lit(1.0))
    rows = pl.concat([part, alone, full])
    assert history.undefined(rows) == [("FET", "read in part"), ("One", "too few parties")]
    assert history.with_value(rows).equals(full)
    assert history.undefined(rows.clear()) == []


def test_the_last_days_are_counted_from_the_newest() -> None:
    assert history.since(series(*range(100)), 30).height == 31
    assert history.since(series(*range(100)), 0).height == 100


def test_a_change_of_method_is_marked_on_its_day() -> None:
    breaks = history.version_breaks(series(1, 2, 3, 4, versions="1122"))
    assert breaks["time"].to_list() == [START + timedelta(days=2)]
    assert breaks.select("mark", "title").rows() == [(history.CHANGED, "Method changed to 2")]


def test_events_outside_the_curve_are_left_out() -> None:
    events = pl.DataFrame({"time": [START - timedelta(days=1), START + timedelta(days=1)], "title": ["a", "b"]})
    assert history.within(events, series(1, 2, 3))["title"].to_list() == ["b"]


def test_events_are_numbered_in_order_of_time(mart: Mart) -> None:
    events = history.events(mart)
    assert events.height >= 5
    assert events["time"].is_sorted()
    assert events["mark"].to_list() == [str(number) for number in range(1, events.height + 1)]
