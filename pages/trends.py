"""Better or worse: one metric of every network over time, with what happened."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.spread.metrics import METRICS
from questions import history, resampled
from questions import two_days as compared
from questions.populations import Population, headlines
from questions.standing import votes
from store.columns import ABOUT, Column
from ui import (
    banners,
    choose,
    cite,
    colours,
    curves,
    draw,
    frame,
    happenings,
    inert,
    intervals,
    metrics,
    served,
    stated,
    tables,
    two_days,
    words,
)


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


def names(known: Sequence[Population]) -> list[str]:
    """The series of some populations, as histories are asked for."""
    return [f"{one.network} {one.reading} {one.population}" for one in known]


@frame.section
def over_time(known: Sequence[Population], column: str, metric: str, days: int, grouping: str) -> None:
    """The metric of each network that has it, day by day."""
    read = history.since(served.asked(history.history, metric, grouping, names(known)), days)
    if history.with_value(read).is_empty():
        what = f"{METRICS[metric].title.lower()} of {ABOUT[Column(column)].title.lower()}"
        banners.nothing(f"None of these networks has {what} yet. {left_out(read, metric)}")
        return
    found = history.since(served.asked(resampled.history, metric, grouping, names(known)), days)
    rows = history.with_value(resampled.beside(read, found))
    chosen = [one for one in known if one.network in set(rows["network"])]
    said = headline(rows, metric, days)
    st.header(said, anchor=False)
    st.caption(f"{METRICS[metric].meaning} A higher value says that {METRICS[metric].reads}.")
    if lacking := left_out(read, metric):
        st.caption(inert.markdown(lacking, 600))
    # Without a second day there is no line of which a small chart could show more.
    if not curves.once(rows):
        panels(rows, served.asked(history.events), metric, chosen, grouping)
    intervals.explained(resampled.told(rows))
    together(rows, metric, said, chosen, grouping)
    cite.under(
        said,
        lambda: stated.history(rows, metric, grouping),
        key="over-time",
        note="A change is the newest number less that of the day from which it is counted.",
    )


def headline(rows: pl.DataFrame, metric: str, days: int) -> str:
    """What changed in the chosen time, network by network."""
    said = []
    for (title,), part in rows.group_by("title", maintain_order=True):
        change = history.change(part, days)
        if change is not None:
            said.append(f"{title} {words.moved(change, METRICS[metric].share, metrics.places(metric))}")
    return f"{METRICS[metric].title} {choose.SPANS[str(days)]}: {'; '.join(said) or 'too short a history'}"


def left_out(rows: pl.DataFrame, metric: str) -> str:
    """Which networks have no value, and why, as sentences; empty where all have one."""
    return " ".join(
        f"{METRICS[metric].title} is not defined for {title}: {why}." for title, why in history.undefined(rows)
    )


@frame.section
def panels(rows: pl.DataFrame, events: pl.DataFrame, metric: str, chosen: list[Population], grouping: str) -> None:
    """One small chart a network, with its own events."""
    figures, alts, happened, changed = {}, {}, [], False
    for (network, title), part in rows.group_by(["network", "title"], maintain_order=True):
        breaks = history.version_breaks(part)
        changed |= not breaks.is_empty()
        own = history.within(events.filter(network=network), part)
        happened.append(own)
        name = f"{title}: {part['population'][0]}"
        marked = pl.concat([own, breaks], how="diagonal")
        figures[name] = curves.panel(part, paints=colours.of_networks(chosen), form=metrics.form(metric), events=marked)
        first, last = part.drop_nulls("value")["value"][[0, -1]]
        alts[name] = f"{title}: {METRICS[metric].title} from {first:.3g} to {last:.3g}."
    draw.panels(
        figures, alts=alts, sources=[frame.source(one, choose.GROUPINGS[grouping]) for one in chosen], key="panel"
    )
    st.markdown(happenings.listed(pl.concat(happened)))
    if changed:
        st.caption(f"{history.CHANGED}: from here on the number is computed by another version of its method.")


@frame.section
def together(rows: pl.DataFrame, metric: str, said: str, chosen: list[Population], grouping: str) -> None:
    """All networks on one axis, with the table."""
    draw.show(
        draw.Chart(
            "together",
            # All bands over each other would hide the lines.
            curves.daily(
                rows.drop("resampled_low", "resampled_high"),
                y=METRICS[metric].title,
                paints=colours.of_networks(chosen),
                form=metrics.form(metric),
            ),
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
    rows = history.since(served.asked(resampled.history, metric, grouping, names(known)), days).drop_nulls("value")
    if rows.is_empty():
        return
    st.header(resampled.POWER[metric], anchor=False)
    draw.show(
        draw.Chart(
            "deciding",
            curves.daily(
                rows.drop("resampled_low", "resampled_high"),
                y="Share of all orders",
                paints=colours.of_networks(known),
                form=".1%",
            ),
            rows,
            {
                "title": tables.text("Network", pinned=True),
                "population": tables.text("Among"),
                "time": tables.time("Time"),
                "value": tables.percent("Decides"),
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
def side_by_side(known: Sequence[Population], column: str, metric: str, grouping: str) -> None:
    """The metric of each network and measure at two days, and what changed."""
    st.header("Two days side by side", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second = choose.two_days(max(one.time for one in known).date())
    read = served.asked(history.history, metric, grouping, names(known))
    rows = two_days.shown(compared.two_days(history.in_columns(read, known, column), first, second), metric)
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
