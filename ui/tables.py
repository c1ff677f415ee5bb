"""Tables: harmless text, aligned numbers, bars for shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from math import floor, isfinite, log10
from typing import Any, Final, TypeAlias, cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from ui import inert, words
from ui import link as lead

# At the theme's size of letters (.streamlit/config.toml).
ROW_HEIGHT: Final = 33
# Of a column of bars, in pixels: beside a name and a rank its number still stands on a phone.
BAR: Final = 125
LONGEST_CELL: Final = 200
# Formats until the numbers are known that stand in the column; no other one begins so.
AS_NEEDED: Final = "decimals as needed"
PERCENT: Final = "percent"
PROPORTION: Final = "proportion"
# Whose page a row leads to, and by which column.
OF: Final = "of"
PARTY: Final = "party"
HOST: Final = r"^https?://(?:www[.])?([^/]+)"
# How wide letters are in cells, in pixels, at most so much altogether; beyond that the table's own bar leads.
NARROW, OTHERWISE, BROAD = 3.6, 6.5, 8.5
MARGINS: Final = 24
WIDEST: Final = 720
# A browser takes a column as wide as most of its first rows need, and no wider than this; longer cells it cuts.
BY_ITSELF: Final = 420
ODD: Final = 1.3
LONGEST_MOMENT: Final = "28 May 2026, 00:00"
# Pages show every reader the same tables; of larger ones than most are, none is kept, so that all fit some megabytes.
KEPT: Final = 300
LARGEST_KEPT: Final = 200_000
# From here on whole numbers say enough.
SCALE: Final = 1000
MOST_PLACES: Final = 3
# Which columns a table shows, in their order, and how each is written.
Columns: TypeAlias = Mapping[str, ColumnConfig]


def text(label: str, note: str = "", *, pinned: bool = False) -> ColumnConfig:
    """A column of names or sentences."""
    return st.column_config.TextColumn(label, help=note or None, pinned=pinned)


def figures(label: str, note: str = "") -> ColumnConfig:
    """A column of numbers in words, such as ranges: their last digits stand below each other."""
    return st.column_config.TextColumn(label, help=note or None, alignment="right")


def link(label: str, note: str = "") -> ColumnConfig:
    """A column of addresses on the web that can be followed; only for those of our own files, never for a chain's.

    Shown by their hosts, which fit; the whole address stands in the downloads, and is where the link leads.
    """
    return st.column_config.LinkColumn(label, help=note or None, display_text=HOST)


def count(label: str, note: str = "") -> ColumnConfig:
    """A column of whole numbers."""
    return number(label, note, places=0)


def identity(label: str, note: str = "") -> ColumnConfig:
    """A column of whole numbers that name something, such as a block; written without separators."""
    return st.column_config.NumberColumn(label, help=note or None, format="%d")


def number(label: str, note: str = "", *, places: int | None = None) -> ColumnConfig:
    """A column of numbers, all with so many decimals; without `places` with as many as what stands in it needs.

    The frame is only shown rounded; its downloads keep every digit.
    """
    shown = AS_NEEDED if places is None else _written(places)
    return st.column_config.NumberColumn(label, help=note or None, format=shown)


def percent(label: str, note: str = "") -> ColumnConfig:
    """A column of fractions, written as percent; what is near a threshold has the digits that say on which side."""
    return st.column_config.NumberColumn(label, help=note or None, format=PERCENT)


def proportion(label: str, note: str = "") -> ColumnConfig:
    """A column of fractions on which nothing turns, written as percent: only nothing and all are thresholds."""
    return st.column_config.NumberColumn(label, help=note or None, format=PROPORTION)


def bar(label: str, note: str = "", most: float = 1.0) -> ColumnConfig:
    """A column of fractions, written as percent and drawn as bars up to `most`."""
    return st.column_config.ProgressColumn(
        label, help=note or None, format=PERCENT, min_value=0.0, max_value=most, width=BAR
    )


def time(label: str, note: str = "") -> ColumnConfig:
    """A column of moments in UTC."""
    return st.column_config.DatetimeColumn(label, help=note or None, format="D MMM YYYY, HH:mm", timezone="UTC")


def day(label: str, note: str = "") -> ColumnConfig:
    """A column of days."""
    return st.column_config.DateColumn(label, help=note or None, format="D MMM YYYY")


def show(frame: pl.DataFrame, columns: Columns, *, alt: str, key: str, rows: int = 12) -> None:
    """A table of the named columns in their order; everything else stays in the frame for the downloads.

    Where rows say whose page they lead to (`of`), a click on the name of the party shows the link below the table.
    """
    columns = telling(frame, columns)
    leads = {OF, PARTY} <= set(frame.columns) and PARTY in columns
    shown, cells = _written_out(frame.select(*columns), columns)
    if leads:
        shown = {**shown, PARTY: _opening(shown[PARTY], f"{key}-opens")}
    st.dataframe(cells, **_look(shown, frame.height, rows), alt=inert.plain(alt, 300), key=key)
    if leads and (clicked := st.session_state.get(f"{key}-opens")):
        lead.entity(*frame.select(OF, PARTY).row(clicked["row"]))


def telling(frame: pl.DataFrame, columns: Columns) -> Columns:
    """The columns in which something stands; all of them where there is no row."""
    return {name: column for name, column in columns.items() if frame.is_empty() or not _blank(frame[name])}


def _blank(cells: pl.Series) -> bool:
    """Whether nothing stands in a column: all is missing, or an empty text."""
    told = cells.drop_nulls()
    return told.is_empty() or (told.dtype == pl.String and told.eq("").all())


@dataclass(frozen=True, slots=True)
class _Told:
    """A table by the hash of all that it says; two of one hash are one."""

    hash: bytes
    frame: pl.DataFrame = field(compare=False)
    columns: Columns = field(compare=False)


def _written_out(frame: pl.DataFrame, columns: Columns) -> tuple[Columns, pa.Table]:
    """How the columns are written and how wide they are, and their cells; made once for all readers."""
    if frame.estimated_size() > LARGEST_KEPT:
        return _made(frame, columns)
    rows = BytesIO()
    frame.write_ipc(rows)
    return _kept(_Told(sha256(repr(columns).encode() + rows.getbuffer()).digest(), frame, columns))


@lru_cache(maxsize=KEPT)
def _kept(told: _Told) -> tuple[Columns, pa.Table]:
    return _made(told.frame, told.columns)


def _made(frame: pl.DataFrame, columns: Columns) -> tuple[Columns, pa.Table]:
    # As Arrow, which is what browsers get; a frame of Polars would go by way of pandas, for half of a table's time.
    cells = _shown(frame, columns).to_arrow(compat_level=pl.CompatLevel.oldest())
    return _widened(frame, _formatted(frame, columns)), cleared(cells)


def cleared(cells: pa.Table) -> pa.Table:
    """The same table with nothing behind its missing cells: Arrow sends there whatever the memory held before."""
    return pa.table({name: _cleared(cells[name]) for name in cells.column_names})


def _cleared(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not column.null_count:
        return column
    told = column.drop_null()
    if not len(told):
        return pa.chunked_array([pa.nulls(len(column), column.type)])
    return pc.if_else(column.is_null(), pa.scalar(None, column.type), column.fill_null(told[0]))


def _opening(column: ColumnConfig, key: str) -> ColumnConfig:
    """A column of names that can be opened."""
    label, note, pinned, width = (column.get(name) for name in ("label", "help", "pinned", "width"))
    return cast(
        ColumnConfig,
        st.column_config.ButtonColumn(
            label,
            help=note or "A click leads to its page.",
            pinned=pinned,
            width=width,
            alignment="left",
            type="tertiary",
            key=key,
        ),  # type: ignore[call-overload]
    )


def _shown(frame: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    percents = {name for name, column in columns.items() if kind(column).get("format") in (PERCENT, PROPORTION)}
    shown = frame.select(pl.col(name) * 100 if name in percents else name for name in columns)
    # The table's own toolbar offers a CSV of what it shows, so formulas are taken out here as well.
    return inert.cells(shown, LONGEST_CELL)


def _formatted(frame: pl.DataFrame, columns: Columns) -> dict[str, ColumnConfig]:
    """The columns with formats that every browser writes alike; those of Streamlit follow the reader's language."""
    found = {**columns}
    for name, column in columns.items():
        if kind(column).get("format") == AS_NEEDED:
            found[name] = _with(column, format=_written(decimals(frame[name])))
        elif (form := kind(column).get("format")) in (PERCENT, PROPORTION):
            marks = words.MARKS if form == PERCENT else ()
            places = words.most_share_places(frame[name].drop_nulls().to_list(), marks)
            own: dict[str, object] = {"format": f"{_written(places)}%%"}
            # A bar's full length is a fraction, too.
            own |= {"max_value": 100 * kind(column)["max_value"]} if kind(column)["max_value"] else {}
            found[name] = _with(column, **own)
    return found


def _widened(frame: pl.DataFrame, columns: dict[str, ColumnConfig]) -> dict[str, ColumnConfig]:
    """The columns, those of texts so wide that the longest is not cut where a browser would follow the others."""
    found = {**columns}
    for name, column in columns.items():
        widths = _widths(column, frame[name])
        most = max(widths, default=0)
        # What is much longer than the others counts for nothing in a browser's own measure.
        if most > BY_ITSELF or most > ODD * sum(widths) / max(frame.height, 1):
            found[name] = cast(ColumnConfig, {**column, "width": min(most, WIDEST)})
    return found


def _widths(column: ColumnConfig, cells: pl.Series) -> list[int]:
    """How many pixels each cell of texts or moments takes; nothing is known of others, nor of what is missing."""
    told = cells.drop_nulls()
    if kind(column)["type"] == "datetime":
        return [_width(LONGEST_MOMENT)] * told.len()
    return [_width(cell[:LONGEST_CELL]) for cell in told] if kind(column)["type"] == "text" else []


def _width(text: str) -> int:
    """About how many pixels a text takes in a cell."""
    narrow = sum(map(text.count, "iljtfrI.,:;'|()[] -"))
    broad = sum(map(text.count, "mw@%")) + sum(map(str.isupper, text))
    return MARGINS + round(OTHERWISE * len(text) + (NARROW - OTHERWISE) * narrow + (BROAD - OTHERWISE) * broad)


def decimals(column: pl.Series) -> int:
    """How many decimals a column of numbers needs: none for whole ones, else so many that nothing reads as nothing."""
    sizes = [abs(number) for number in column.drop_nulls() if number and isfinite(number)]
    if all(float(size).is_integer() for size in sizes):
        return 0
    least = 1 if max(sizes) < SCALE else 0
    return max(least, min(MOST_PLACES, -floor(log10(min(sizes)))))


def _written(places: int) -> str:
    return f"%,.{places}f"


def _with(column: ColumnConfig, **own: object) -> ColumnConfig:
    return cast(ColumnConfig, {**column, "type_config": {**kind(column), **own}})


def kind(column: ColumnConfig) -> dict[str, Any]:
    """How a column is written, as Streamlit has it."""
    return cast(dict[str, Any], column["type_config"])


def _look(columns: Columns, height: int, rows: int) -> dict[str, Any]:
    return {
        "hide_index": True,
        "placeholder": "–",
        "column_config": {**columns},
        # As wide as what stands in it: stretched, a number would stand far from its heading.
        "width": "content",
        "height": ROW_HEIGHT * (min(max(height, 1), rows) + 1) + 3,
    }
