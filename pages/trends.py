"""Better or worse: one metric of every network over time, with what happened."""

import polars as pl
import streamlit as st

from analytics import history
from analytics.metrics import METRICS
from analytics.populations import Population, headlines
from ui import banners, choose, curves, draw, frame, served, tables, words


def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Is it getting better or worse?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = choose.measure(known)
        metric = choose.metric()
        days = choose.days()
    grouping = choose.grouping()
    chosen = headlines([one for one in known if one.measure == measure])
    series = [f"{one.network} {one.reading} {one.population}" for one in chosen]
    rows = history.since(served.asked(history.history, metric, grouping, series), days)
    if rows["value"].null_count() == rows.height:
        banners.nothing(f"No network has {METRICS[metric].title.lower()} of {choose.MEASURES[measure].lower()} yet.")
        return
    events = history.events()
    st.header(headline(rows, metric), anchor=False)
    st.caption(f"{METRICS[metric].meaning} A higher value says that {METRICS[metric].reads}.")
    panels(rows, events, metric, chosen, grouping)
    together(rows, metric, chosen, grouping)
    told(events, {one.network: one.title for one in known})


def headline(rows: pl.DataFrame, metric: str) -> str:
    """What changed in thirty days, network by network."""
    said = []
    for (title,), part in rows.group_by("title", maintain_order=True):
        change = history.thirty_day_change(part)
        if change is not None:
            said.append(f"{title} {words.moved(change, METRICS[metric].bounds[1] == 1)}")
    return f"{METRICS[metric].title} in 30 days: {'; '.join(said) or 'too short a history'}"


def panels(rows: pl.DataFrame, events: pl.DataFrame, metric: str, chosen: list[Population], grouping: str) -> None:
    """One small chart a network, with its own events."""
    figures, alts, changed = {}, {}, False
    for (network, title), part in rows.group_by(["network", "title"], maintain_order=True):
        breaks = history.version_breaks(part)
        changed |= not breaks.is_empty()
        own = pl.concat([events.filter(network=network), breaks], how="diagonal")
        name = f"{title}: {part['population'][0]}"
        figures[name] = curves.panel(part, form=form(metric), events=history.within(own, part))
        first, last = part.drop_nulls("value")["value"][[0, -1]]
        alts[name] = f"{title}: {METRICS[metric].title} from {first:.3g} to {last:.3g}."
    draw.panels(
        figures, alts=alts, sources=[frame.source(one, choose.GROUPINGS[grouping]) for one in chosen], key="panel"
    )
    if changed:
        st.caption(f"{history.CHANGED}: from here on the number is computed by another version of its method.")


def together(rows: pl.DataFrame, metric: str, chosen: list[Population], grouping: str) -> None:
    """All networks on one axis, with the table."""
    draw.show(
        draw.Chart(
            "together",
            curves.daily(rows, y=METRICS[metric].title, form=form(metric)),
            rows,
            {
                "title": tables.text("Network", pinned=True),
                "population": tables.text("Among"),
                "time": tables.time("Time"),
                "value": tables.number(METRICS[metric].title),
                "n": tables.count("Parties"),
                "height": tables.count("Block"),
                "method_version": tables.text("Method"),
            },
            headline(rows, metric),
            [frame.source(one, choose.GROUPINGS[grouping].lower()) for one in chosen],
            "Networks differ in what they count; compare the direction of a line before its height.",
        )
    )


def told(events: pl.DataFrame, titles: dict[str, str]) -> None:
    """What the numbers at the top of the small charts stand for."""
    st.header("What happened", anchor=False)
    draw.table(
        events.with_columns(network=pl.col("network").replace(titles)),
        {
            "mark": tables.text("Mark", "The number at the top of the small charts."),
            "time": tables.day("Day"),
            "network": tables.text("Network"),
            "title": tables.text("What"),
            "source": tables.link("Source"),
        },
        alt="What happened to the networks, each with its day and its public source",
        sources=[],
        key="events",
    )


def form(metric: str) -> str:
    """How values of a metric are written on axes."""
    return ".1%" if METRICS[metric].bounds[1] == 1 else ",.3~g"


main()
