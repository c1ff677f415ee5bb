"""What is said under a label: its evidence, of which day, and how to object."""

from datetime import date
from typing import Final

import polars as pl
import streamlit as st

from ui import inert, words

# Of a party with many addresses only so many labels are told; all are on the page Data and method.
TOLD: Final = 3


def evidence(rows: pl.DataFrame) -> None:
    """The evidence of a party's labels and how to object; nothing where it has none. rows: of questions.labels."""
    if rows.is_empty():
        return
    st.caption(told(rows))
    objecting()


def told(rows: pl.DataFrame) -> str:
    """The first labels of a party as Markdown, a line each."""
    lines = [_line(row) for row in rows.head(TOLD).iter_rows(named=True)]
    more = rows.height - len(lines)
    return "  \n".join(lines + [f"and {words.several(more, 'label')} more."] * bool(more))


def objecting() -> None:
    """The way to object to a label."""
    st.page_link("pages/sources.py", label="Evidence of all labels, and how to object", icon=":material/flag:")


def _line(row: dict[str, object]) -> str:
    known = ((verb, row[name]) for verb, name in DAYS.items())
    days = [f"{verb} {words.day(day)}" for verb, day in known if isinstance(day, date)]
    unopened = [] if row["checked_at"] else ["nobody could open it"]
    name, kind = (inert.markdown(str(row[column]), 400) for column in ("name", "kind"))
    address, source = inert.markdown(words.short(str(row["address"]))), inert.link(str(row["source"]))
    return f"Label of {address}: **{name}**, {kind}. Evidence: {source}; {', '.join(days + unopened)}."


DAYS: Final = {"recorded": "recorded_at", "opened": "checked_at", "true since": "valid_from", "ended": "valid_to"}
