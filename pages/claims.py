"""Which claims hold: what others say of these networks, reading by reading, held against what was read."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from questions import claims
from questions.claims import Reading
from ui import banners, choose, cite, draw, frame, inert, method, served, stated
from ui import claims as told


@frame.section
def main() -> None:
    """The page from top to bottom."""
    frame.begin("Which claims hold?")
    rows = served.asked(claims.claims)
    if rows.is_empty():
        banners.nothing("No claim is written down.")
        return
    st.markdown(
        "A sentence that can be read in several ways has a row for each; choose one to see all that is known of it. "
        "Where a chain can tell, the word follows from the numbers at every build; nobody types it in. Beside each "
        "stands what would refute it."
    )
    chosen = choose.claim(rows)
    st.header(told.headline(rows), anchor=False)
    if chosen:
        one(served.asked(claims.readings, chosen))
    every(rows)
    cite.under(told.headline(rows), lambda: stated.claims(rows), key="claims")


@frame.section
def one(readings: Sequence[Reading]) -> None:
    """One claim in all its readings, in full."""
    st.subheader(inert.markdown(readings[0].sentence), anchor=False)
    for reading in readings:
        st.markdown(told.reading(reading))
        draw.source_line(told.sources(served.asked(claims.behind, reading.snapshots)))


@frame.section
def every(rows: pl.DataFrame) -> None:
    """Every reading of every claim, with downloads."""
    draw.table(
        told.told(rows),
        told.COLUMNS,
        alt="Claims of others by reading: what is claimed, what was measured, what it is called, what would refute it",
        sources=[],
        key="claims",
        rows=20,
    )
    with st.expander("How a claim gets its word", icon=":material/rule:"):
        st.markdown(method.document("claims"))
    with st.expander("How to object, and how a correction is shown", icon=":material/flag:"):
        st.markdown(method.document("objections"))


main()
