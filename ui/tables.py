"""Tables: harmless text, aligned numbers, bars for shares."""

from collections.abc import Mapping
from math import log10
from typing import Any, Final, TypeAlias, cast

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from ui import inert

ROW_HEIGHT: Final = 35
LONGEST_CELL: Final = 200
# Which columns a table shows, in their order, and how each is written.
Columns: TypeAlias = Mapping[str, ColumnConfig]


def text(label: str, note: str = "", *, pinned: bool = False) -> ColumnConfig:
    """A column of names or sentences."""
    return st.column_config.TextColumn(label, help=note or None, pinned=pinned)


def link(label: str, note: str = "") -> ColumnConfig:
    """A column of addresses on the web that can be followed; only for those of our own files, never for a chain's."""
    return st.column_config.LinkColumn(label, help=note or None)


def count(label: str, note: str = "") -> ColumnConfig:
    """A column of whole numbers."""
    return st.column_config.NumberColumn(label, help=note or None, format="localized")


def identity(label: str, note: str = "") -> ColumnConfig:
    """A column of whole numbers that name something, such as a block; written without separators."""
    return st.column_config.NumberColumn(label, help=note or None, format="%d")


def number(label: str, note: str = "", *, places: int | None = None) -> ColumnConfig:
    """A column of numbers, written as the reader's language writes them; places: how many decimals are shown at most.

    The frame is only shown rounded; its downloads keep every digit.
    """
    step = None if places is None else 10.0**-places
    return st.column_config.NumberColumn(label, help=note or None, format="localized", step=step)


def percent(label: str, note: str = "") -> ColumnConfig:
    """A column of fractions, written as percent."""
    return st.column_config.NumberColumn(label, help=note or None, format="percent")


def bar(label: str, note: str = "", most: float = 1.0) -> ColumnConfig:
    """A column of fractions, drawn as bars up to `most`."""
    return st.column_config.ProgressColumn(label, help=note or None, format="percent", min_value=0.0, max_value=most)


def time(label: str, note: str = "") -> ColumnConfig:
    """A column of moments in UTC."""
    return st.column_config.DatetimeColumn(label, help=note or None, format="D MMM YYYY, HH:mm", timezone="UTC")


def day(label: str, note: str = "") -> ColumnConfig:
    """A column of days."""
    return st.column_config.DateColumn(label, help=note or None, format="D MMM YYYY")


def show(frame: pl.DataFrame, columns: Columns, *, alt: str, key: str, rows: int = 12) -> None:
    """A table of the named columns in their order; everything else stays in the frame for the downloads."""
    st.dataframe(_shown(frame, columns), **_look(columns, frame.height, rows), alt=inert.plain(alt, 300), key=key)


def _shown(frame: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    rounded = [pl.col(name).round(-round(log10(step))) for name, step in _steps(columns).items()]
    # The table's own toolbar offers a CSV of what it shows, so formulas are taken out here as well.
    return inert.cells(frame.select(list(columns)).with_columns(rounded), LONGEST_CELL)


def _steps(columns: Columns) -> dict[str, float]:
    """The least that each column of numbers tells, where it says so."""
    found = {name: _kind(column).get("step") for name, column in columns.items()}
    return {name: step for name, step in found.items() if step}


def _exact(column: ColumnConfig) -> ColumnConfig:
    """A column without its step: the browser would cut numbers to it, and write 4.35 as 4.34."""
    return cast(ColumnConfig, {**column, "type_config": {**_kind(column), "step": None}})


def _kind(column: ColumnConfig) -> dict[str, Any]:
    return cast(dict[str, Any], column["type_config"])


def _look(columns: Columns, height: int, rows: int) -> dict[str, Any]:
    return {
        "hide_index": True,
        "placeholder": "–",
        "column_config": {**columns} | {name: _exact(columns[name]) for name in _steps(columns)},
        "height": ROW_HEIGHT * (min(max(height, 1), rows) + 1) + 3,
    }
