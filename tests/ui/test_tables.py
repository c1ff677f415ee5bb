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


def test_a_share_on_which_nothing_turns_has_no_digits_of_a_threshold() -> None:
    """Power used read 32.401% because one row among a hundred was near a third."""
    rows = pl.DataFrame({"used": [0.32401, 1 / 3 + 1e-5, 0.0]})
    (found,) = tables._formatted(rows, {"used": tables.proportion("Power used")}).values()
    assert tables.kind(found)["format"] == "%,.1f%%"
    (near,) = tables._formatted(rows.with_columns(used=0.99991), {"used": tables.proportion("Read")}).values()
    assert tables.kind(near)["format"] == "%,.2f%%"
    assert tables._shown(rows, {"used": tables.proportion("Power used")})["used"][0] == pytest.approx(32.401)


def test_a_column_in_which_nothing_stands_is_not_shown() -> None:
    rows = pl.DataFrame({"name": ["a", "b"], "note": ["", None], "to": [None, None], "n": [0, None]})
    columns = {"name": tables.text("Name", pinned=True), "note": tables.text("Note"), "to": tables.day("To")}
    assert list(tables.telling(rows, {**columns, "n": tables.count("Parties")})) == ["name", "n"]
    # Of a table without rows the headings say what would stand there.
    assert list(tables.telling(rows.clear(), columns)) == ["name", "note", "to"]


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


def remains() -> pa.Table:
    """A table of which half of the cells are missing, where the memory holds something of others."""
    missing, other = pa.py_buffer(b"\xaa" * 8), pa.py_buffer(b"not for readers" * 64)
    ends = pa.array(range(0, 15 * 65, 15), pa.int64()).buffers()[1]
    kinds = (pa.int64(), pa.float64(), pa.timestamp("us", "UTC"), pa.date32(), pa.bool_())
    plain = {str(kind): pa.Array.from_buffers(kind, 64, [missing, other]) for kind in kinds}
    return pa.table(plain | {"text": pa.Array.from_buffers(pa.large_string(), 64, [missing, ends, other])})


def sent(cells: pa.Table) -> bytes:
    """A table as it goes over the wire."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, cells.schema) as stream:
        stream.write_table(cells)
    return bytes(sink.getvalue())


@pytest.mark.parametrize("start", [0, 1])
def test_behind_missing_cells_nothing_of_the_memory_is_sent(start: int) -> None:
    """Of two tables that say the same, one with remains of something else, the same is sent."""
    cells = remains().slice(start)
    told = pa.table({name: pa.chunked_array([cells[name].drop_null()]) for name in cells.column_names})
    rows = pa.array([None if place % 2 == (0 if start == 0 else 1) else place // 2 for place in range(64 - start)])
    clean = told.take(rows)
    assert tables.cleared(cells).equals(cells)
    assert sent(cells) != sent(tables.cleared(cells)) == sent(tables.cleared(clean))


def test_a_column_in_which_all_is_missing_is_sent_as_such() -> None:
    cells = remains().filter(pa.array([place % 2 == 0 for place in range(64)]))
    assert {column.null_count for column in cells.columns} == {32}
    assert b"readers" not in sent(tables.cleared(cells))
    assert tables.cleared(cells).equals(cells)


def memories() -> None:
    import polars as pl

    from tests.ui.test_tables import remains
    from ui import tables

    rows = pl.DataFrame(remains().select(["text"]))
    said = pl.col("text").replace("not for readers", "for all")
    tables.show(rows.select(said), {"text": tables.text("Text")}, alt="a", key="b")


def test_a_table_of_a_page_shows_nothing_of_the_memory_either() -> None:
    shown = AppTest.from_function(memories, default_timeout=60).run()
    assert not shown.exception
    (table,) = shown.dataframe
    assert b"for all" in table.proto.arrow_data.data
    assert b"readers" not in table.proto.arrow_data.data


def test_a_table_is_made_once_for_all_who_see_the_same_rows_in_the_same_columns() -> None:
    first = tables._written_out(ROWS, COLUMNS)
    assert tables._written_out(pl.DataFrame(ROWS.to_dict()), COLUMNS) is first
    other = tables._written_out(ROWS.with_columns(n=pl.lit(1201)), COLUMNS)
    assert other[1]["n"].to_pylist() == [1201]
    renamed = tables._written_out(ROWS, {**COLUMNS, "n": tables.count("Addresses")})
    assert renamed[0]["n"]["label"] == "Addresses"


def test_what_is_kept_of_a_table_is_what_is_made_of_it() -> None:
    rows = pl.DataFrame({"note": ["yes"] * 9 + ["=no with veto"], "n": [None, *range(9)]})
    columns = {"note": tables.text("Note"), "n": tables.number("Parties")}
    for _ in range(2):
        shown, cells = tables._written_out(rows, columns)
        made, fresh = tables._made(rows, columns)
        assert shown == made
        assert cells.equals(fresh)


def test_a_large_table_is_made_anew_for_each_reader_and_takes_no_memory() -> None:
    rows = pl.DataFrame({"n": range(tables.LARGEST_KEPT // 8 + 1)})
    kept = tables._kept.cache_info().currsize
    shown, cells = tables._written_out(rows, {"n": tables.count("Parties")})
    assert len(cells) == rows.height
    assert tables.kind(shown["n"])["format"] == "%,.0f"
    assert tables._kept.cache_info().currsize == kept
