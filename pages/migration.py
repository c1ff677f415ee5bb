"""What became of tokens that merged: what was minted, by which rate, who converted most and when, what is left."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from questions import history
from questions import migration as facts
from questions.migration import Conversions, Migration
from questions.populations import Population
from ui import banners, cite, curves, draw, frame, served, stated, tables
from ui import migration as told


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("What became of the tokens that merged?")
    found = served.asked(facts.migration)
    if found is None:
        banners.nothing("The merger was not read yet. The page Data and method says what was tried.")
        return
    minted(found)
    left(found)
    converted(found, known)
    remainder(found, known)
    happened()
    st.page_link("pages/claims.py", label="What others claim of it", icon=":material/fact_check:")


@frame.section
def minted(found: Migration) -> None:
    """What was minted, for which tokens, by which rate."""
    st.header(told.minted_headline(found), anchor=False)
    st.markdown(told.story(found))
    draw.table(
        told.parts(found),
        told.part_columns(found),
        alt="Tokens that merged: rate, what was minted, what is burned and what is left of each",
        sources=[told.source(found.read)],
        key="merged",
    )
    cited_from(told.minted_headline(found), found.read, "stated_.*|new_supply|old_.*", "minted", found)


@frame.section
def cited_from(sentence: str, read: facts.Read, names: str, key: str, found: Migration | None = None) -> None:
    """How to cite what contracts and sources say, of these names, and the sums and rests that follow from it."""
    cite.under(
        sentence,
        lambda: [*(stated.merger(found) if found else []), *stated.observed_of(read.network, names)],
        key=key,
        note="Amounts are in whole base units.",
    )


@frame.section
def left(found: Migration) -> None:
    """What can still be converted, and who could take it."""
    st.header(told.left_headline(found), anchor=False)
    st.markdown(told.left(found))
    draw.source_line([told.source(found.read)])
    cited_from(told.left_headline(found), found.read, "left|conversion_ratio|old_.*", "left", found)


@frame.section
def converted(found: Migration, known: Sequence[Population]) -> None:
    """Who converted how much, and when."""
    read = served.asked(facts.conversions)
    if read is None:
        banners.nothing("Who converted was not read yet.")
        return
    st.header(told.converters_headline(read, found), anchor=False)
    st.markdown(told.signing(read))
    if not read.largest.is_empty():
        largest(read)
    st.caption(told.read_so_far(read, facts.converters(known, read)))
    so_far(read)
    sent(read)
    converting = "conversion.*|converted|sent.*|threshold|unread_blocks"
    cited_from(told.converters_headline(read, found), read.read, converting, "converted")


@frame.section
def largest(read: Conversions) -> None:
    """The largest conversions one by one."""
    draw.table(
        told.largest(read),
        told.largest_columns(read),
        alt="The largest conversions, each with its address, amounts, time and block",
        sources=[told.source(read.read)],
        key="conversions",
    )


@frame.section
def so_far(read: Conversions) -> None:
    """How much was converted by when."""
    rows = read.curve
    st.subheader("How much was converted by when", anchor=False)
    draw.show(
        draw.Chart(
            "converted",
            curves.daily(told.in_millions(rows), y=f"Million {read.token}", form=",.4~g"),
            rows,
            {"time": tables.time("Until"), "value": tables.number(read.token, places=0)},
            told.curve_in_words(rows),
            [told.source(read.read, read.token)],
            "A point a month, each at the time of its block.",
        )
    )


@frame.section
def sent(read: Conversions) -> None:
    """What whoever converted most has sent on."""
    st.subheader("What the largest converter did with it", anchor=False)
    st.markdown(told.sent(read))
    if not read.sent.is_empty():
        draw.table(
            told.receivers(read),
            told.receiver_columns(read),
            alt="Whom the largest converter sent most, each with its address, amount and time",
            sources=[told.source(read.read)],
            key="sent",
        )


@frame.section
def remainder(found: Migration, known: Sequence[Population]) -> None:
    """What was not converted, and what of it is locked."""
    st.header(told.remainder_headline(found), anchor=False)
    st.markdown(told.remainder(found, facts.lockers(known, found)))
    draw.source_line([told.source(found.read)])
    cited_from(told.remainder_headline(found), found.read, "locked.*|old_.*", "remainder", found)
    st.page_link("pages/power.py", label="Who holds and locks it", icon=":material/groups:")


@frame.section
def happened() -> None:
    """What happened, by public sources."""
    st.header("What happened, and who says so", anchor=False)
    rows = served.asked(history.events).filter(pl.col("network") == served.asked(facts.network))
    if rows.is_empty():
        banners.nothing("No event is written down.")
        return
    draw.table(
        rows,
        {"time": tables.day("Day"), "title": tables.text("What"), "source": tables.link("Source")},
        alt="What happened to the tokens that merged, each with its day and its public source",
        sources=[],
        key="happened",
    )


main()
