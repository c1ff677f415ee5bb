"""Tables are written alike in every browser, whatever language it speaks, and no number reads as what it is not."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from ui import tables

COLUMNS = {
    "n": tables.count("Parties"),
    "m": tables.number("Effective parties"),
    "usd": tables.number("USD", places=2),
    "top": tables.percent("Largest"),
    "share": tables.bar("Share", most=0.5),
}
ROWS = pl.DataFrame({"n": [1200], "m": [17.156], "usd": [4.35], "top": [0.2552], "share": [0.5]})


def formats(rows: pl.DataFrame = ROWS) -> dict[str, str]:
    """How each column of a table is written."""
    return {name: tables.kind(column)["format"] for name, column in tables._formatted(rows, COLUMNS).items()}


def test_no_column_is_written_as_the_language_of_a_browser_has_it() -> None:
    assert formats() == {"n": "%,.0f", "m": "%,.1f", "usd": "%,.2f", "top": "%,.1f%%", "share": "%,.1f%%"}


def test_a_percent_is_a_hundred_times_the_fraction_and_its_bar_as_long_as_before() -> None:
    shown = tables._shown(ROWS, COLUMNS)
    assert shown.row(0) == (1200, 17.156, 4.35, pytest.approx(25.52), 50)
    assert tables.kind(tables._formatted(ROWS, COLUMNS)["share"])["max_value"] == 50


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        ([1.0, 2.0], 0),
        ([17.156, 4.0], 1),
        ([0.04, 12.5], 2),
        ([2_500_000.7, 3000.2], 0),
        ([2_500_000.7, 0.5], 1),
        ([0.0000001], 3),
        ([None, 0.0], 0),
        ([], 0),
    ],
)
def test_a_column_has_as_many_decimals_as_its_smallest_number_needs(numbers: list[float | None], places: int) -> None:
    assert tables.decimals(pl.Series(numbers, dtype=pl.Float64)) == places


@pytest.mark.parametrize(
    ("share", "written"), [(0.3, "%,.1f%%"), (0.0001, "%,.2f%%"), (0.499951, "%,.3f%%"), (0.9999, "%,.2f%%")]
)
def test_a_share_just_below_a_threshold_gets_the_decimals_that_say_so(share: float, written: str) -> None:
    assert formats(ROWS.with_columns(top=pl.lit(share)))["top"] == written


def _draws() -> None:
    import polars

    from ui import tables as drawn

    rows = polars.DataFrame({"name": ["é", None], "n": [2**60 + 1, None]})
    drawn.show(rows, {"name": drawn.text("Name"), "n": drawn.count("Parties")}, alt="Table", key="table")


@pytest.mark.slow
def test_a_whole_number_beside_nothing_reaches_the_browser_whole() -> None:
    """By way of pandas it would be a float, and lose its last digits."""
    (table,) = AppTest.from_function(_draws).run().dataframe
    rows = pa.ipc.open_stream(table.proto.arrow_data.data).read_all()
    assert rows.to_pylist() == [{"name": "é", "n": 2**60 + 1}, {"name": None, "n": None}]


def width(texts: Sequence[str | None]) -> object:
    """How wide a column of some texts is made; None where a browser finds it by itself."""
    (column,) = tables._widened(pl.DataFrame({"note": texts}), {"note": tables.text("Note")}).values()
    return column["width"]


def test_a_text_much_longer_than_those_above_it_is_not_cut() -> None:
    """A browser takes a column as wide as most of its first rows need."""
    found = width([None] * 9 + ["No reading on 1 Nov 2026: nearest two days later."])
    assert isinstance(found, int)
    assert found > 280
    assert isinstance(width(["yes"] * 9 + ["no with veto"]), int)


def test_a_moment_below_rows_without_one_is_not_cut() -> None:
    """ "21 Mar 2023, 00:" stood where most readings have no next time."""
    times = pl.DataFrame({"due": [datetime(2023, 3, 21, tzinfo=UTC), None, None]})
    (column,) = tables._widened(times, {"due": tables.time("Next read due")}).values()
    assert column["width"] == tables._width(tables.LONGEST_MOMENT)


def test_a_column_of_like_texts_is_as_wide_as_they_are() -> None:
    assert width(["“Honest 0”", "“Honest 1”"]) is None
    assert width([]) is None


def test_no_text_makes_a_table_of_one_column() -> None:
    assert width(["w" * 10_000]) == tables.WIDEST


def test_a_source_is_shown_by_its_host_which_fits() -> None:
    shown = tables.kind(tables.link("Source"))["display_text"]
    assert re.findall(shown, "https://www.example.org/a/very/long/page?of=it") == ["example.org"]
