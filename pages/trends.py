"""Better or worse: one metric of every network over time, with what happened."""

import polars as pl
import streamlit as st

from analytics.spread.metrics import METRICS
from questions import history, resampled
from questions.populations import Population, headlines
from questions.standing import votes
from store.columns import ABOUT, Column
from ui import banners, choose, cite, draw, frame, inert, intervals, served, stated, tables, two_days
from ui import over_time as lines
from ui.curves import Drawn


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Is it getting better or worse?")
    if not headlines(known):
        banners.nothing("Nothing that is spread over parties was read yet.")
        return
    frame.past()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = choose.column(known)
        metric = choose.metric()
        days = choose.days()
    of_networks = choose.networks(headlines(known))
    grouping = choose.grouping()
    chosen = [one for one in of_networks if one.in_column == column]
    over_time(chosen, column, metric, days, grouping)
    deciding([one for one in chosen if votes(one)], grouping, days)
    side_by_side(of_networks, column, metric, grouping)
    told()


@frame.section
def over_time(known: list[Population], column: str, metric: str, days: int, grouping: str) -> None:
    """The metric of each network that has it, day by day."""
    found = served.asked(lines.over_time, known, metric, days, grouping)
    if found.together is None:
        what = f"{METRICS[metric].title.lower()} of {ABOUT[Column(column)].title.lower()}"
        banners.nothing(f"None of these networks has {what} yet. {found.lacking}")
        return
    networks = set(found.rows["network"])
    chosen = [one for one in known if one.network in networks]
    st.header(found.said, anchor=False)
    st.caption(f"{METRICS[metric].meaning} A higher value says that {METRICS[metric].reads}.")
    if found.lacking:
        st.caption(inert.markdown(found.lacking, 600))
    if found.panels:
        panels(found.panels, chosen, grouping)
    intervals.explained(found.told)
    together(found.rows, found.together, metric, found.said, chosen, grouping)
    cite.under(
        found.said,
        lambda: stated.history(found.rows, metric, grouping),
        key="over-time",
        note="A change is the newest number less that of the day from which it is counted.",
    )


@frame.section
def panels(small: lines.Panels, chosen: list[Population], grouping: str) -> None:
    """One small chart a network, with its own events."""
    sources = [frame.source(one, choose.GROUPINGS[grouping]) for one in chosen]
    draw.panels(small.figures, alts=small.alts, sources=sources, key="panel")
    st.markdown(small.happened)
    if small.changed:
        st.caption(f"{history.CHANGED}: from here on the number is computed by another version of its method.")


@frame.section
def together(rows: pl.DataFrame, drawn: Drawn, metric: str, said: str, chosen: list[Population], grouping: str) -> None:
    """All networks on one axis, with the table."""
    draw.show(
        draw.Chart(
            "together",
            drawn,
            # How each was read is told below the table.
            rows.drop("read_as"),
            {
                "title": tables.text("Network", pinned=True),
                "population": tables.text("Among"),
                "time": tables.time("Time"),
                "value": tables.number(METRICS[metric].title),
                "resampled_low": intervals.LOW,
                "resampled_high": intervals.HIGH,
                "n": tables.count("Parties"),
                "height": tables.count("Block"),
                "method_version": tables.text("Method"),
            },
            said,
            [frame.source(one, choose.GROUPINGS[grouping].lower()) for one in chosen],
            "Networks differ in what they count; compare the direction of a line before its height.",
            name=f"{metric}-history",
        )
    )


@frame.section
def deciding(known: list[Population], grouping: str, days: int) -> None:
    """How often the largest party of each network decides, day by day."""
    metric = resampled.LARGEST_DECIDES
    rows, drawn = served.asked(lines.deciding, known, grouping, days)
    if drawn is None:
        return
    st.header(resampled.POWER[metric], anchor=False)
    draw.show(
        draw.Chart(
            "deciding",
            drawn,
            rows,
            {
                "title": tables.text("Network", pinned=True),
                "population": tables.text("Among"),
                "time": tables.time("Time"),
                "value": tables.proportion("Decides"),
                "height": tables.count("Block"),
                "resampled_by": tables.text("Method"),
            },
            f"{resampled.POWER[metric]}, day by day.",
            [frame.source(one, choose.GROUPINGS[grouping]) for one in known if one.network in set(rows["network"])],
            "Shapley-Shubik, by more than half, if nothing is known of how anybody votes; of up to 200 parties.",
        )
    )
    cite.under(resampled.POWER[metric], lambda: stated.swept(rows, metric), key="deciding")


@frame.section
def side_by_side(known: list[Population], column: str, metric: str, grouping: str) -> None:
    """The metric of each network and measure at two days, and what changed."""
    st.header("Two days side by side", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second = choose.two_days(max(one.time for one in known).date())
    rows = served.asked(lines.at_two_days, known, column, metric, grouping, first, second)
    st.markdown(f"**{two_days.headline(rows, metric, first, second)}**")
    draw.table(
        rows,
        two_days.columns(metric, first, second),
        alt=f"{METRICS[metric].title} of each network and measure at two days, and what changed",
        # Each row says its own two blocks.
        sources=[],
        key="two-days",
    )
    said = two_days.headline(rows, metric, first, second)
    cite.under(said, lambda: stated.two_days(rows, metric, grouping), key="two-days")
    st.caption(
        "Of each the reading nearest to the day; nothing is read between two readings. Compared is only what was "
        "counted by the same method, with the same labels, of as much of the whole."
    )


@frame.section
def told() -> None:
    """What the numbers at the top of the small charts stand for."""
    st.header("What happened", anchor=False)
    draw.table(
        served.asked(history.events),
        {
            "mark": tables.text("Mark", "The number at the top of the small charts."),
            "time": tables.day("Day"),
            "called": tables.text("Network"),
            "title": tables.text("What"),
            "source": tables.link("Source"),
        },
        alt="What happened to the networks, each with its day and its public source",
        sources=[],
        key="events",
    )


main()
