"""Puts a chart on a page together with everything it owes its reader: alt text, source, table, CSV and PNG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from ui import colours, curves, downloads, embed, inert, provenance, tables, words
from ui.curves import Drawn, Once
from ui.figure import Figure
from ui.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and everything it owes its reader: alt text, sources, what is drawn as a table, a note on reading it.

    unfolded: whether the table is open at first. name: what its files are called, where the key says too little.
    """

    key: str
    figure: Drawn
    table: pl.DataFrame
    columns: tables.Columns
    alt: str
    sources: Sequence[Provenance]
    note: str = ""
    unfolded: bool = False
    name: str = ""


def show(chart: Chart) -> None:
    """A chart with its line of sources, and its table with downloads one click away; the camera saves a PNG."""
    name = inert.file_name(chart.key)
    with embed.alone(name) as wanted:
        if wanted:
            if isinstance(chart.figure, Figure):
                st.plotly_chart(
                    signed(chart.figure, chart.sources),
                    key=chart.key,
                    config=_modebar(chart.name or chart.key, chart.sources),
                    alt=inert.plain(chart.alt, 600),
                )
            else:
                numbers(chart.figure)
            source_line(chart.sources, chart.note, embed.link(name))
    folded(chart)


def clickable(chart: Chart) -> list[int]:
    """The chart alone, whose bars can be clicked: the places of those selected; its table comes by `folded`.

    A bar that was clicked before another choice, and is not drawn any more, is none.
    """
    name = inert.file_name(chart.key)
    with embed.alone(name) as wanted:
        if not wanted:
            return []
        assert isinstance(chart.figure, Figure)
        figure = signed(chart.figure, chart.sources)
        state = st.plotly_chart(
            figure,
            key=chart.key,
            config=_modebar(chart.name or chart.key, chart.sources),
            alt=inert.plain(chart.alt, 600),
            on_select="rerun",
            selection_mode="points",
        )
        source_line(chart.sources, chart.note, embed.link(name))
    drawn = {place for trace in figure.traces for place in trace["x"]}
    return [int(point["x"]) for point in state["selection"]["points"] if point["x"] in drawn]


def numbers(once: Once) -> None:
    """A row of numbers, each with its day, in place of a chart of single points."""
    with st.grid(4, min_column_width=165):
        for title, time, value in once.rows.sort("time").select("title", "time", "value").iter_rows():
            with st.container():
                st.metric(inert.markdown(title), curves.written(value, once.form))
                st.caption(f"read once, on {words.day(time)}")


def panels(figures: Mapping[str, Drawn], *, alts: Mapping[str, str], sources: Sequence[Provenance], key: str) -> None:
    """Small charts side by side, as many in a row as fit; below them what was read once, as numbers."""
    charts = {title: figure for title, figure in figures.items() if not isinstance(figure, Once)}
    once = [
        figure.rows.select("time", "value", title=pl.lit(title))
        for title, figure in figures.items()
        if title not in charts
    ]
    with st.grid(3, min_column_width=280):
        for title, figure in charts.items():
            with st.container():
                name = f"{key}-{inert.file_name(title)}"
                own = [source for source in sources if title.startswith(source.network)] or sources
                with embed.alone(name) as wanted:
                    if wanted:
                        st.markdown(f"**{inert.markdown(title)}**")
                        st.plotly_chart(
                            signed(figure, own), key=name, config=_modebar(name, own), alt=inert.plain(alts[title], 600)
                        )
                        source_line(own if embed.only() else [], embed.link(name))
    if once:
        form = next(figure.form for figure in figures.values() if isinstance(figure, Once))
        numbers(Once(pl.concat(once), form))


def signed(figure: Figure, sources: Sequence[Provenance]) -> Figure:
    """The figure with a line below it that says where its numbers come from, for whoever saves the picture."""
    title = {
        "text": inert.svg(provenance.signature(sources)),
        "font": {"size": 10, "color": colours.GREY, "weight": 400},
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "automargin": True,
    }
    return figure.titled(title)


# More sources than this are folded away under the age of the oldest.
UNFOLDED: Final = 4


def source_line(sources: Sequence[Provenance], *notes: str) -> None:
    """Unit, block, age and source of what stands above; of many, the age of the oldest and the rest folded away."""
    now = datetime.now(UTC)
    told = provenance.line(sources, now)
    if len(sources) > UNFOLDED:
        oldest = min(source.time for source in sources)
        told, lines = f"{words.count(len(sources))} populations, the oldest {words.age(oldest, now)}", told
    if lines_ := [one for one in (told, *notes) if one]:
        st.caption("  \n".join(lines_))
    if len(sources) > UNFOLDED:
        with st.expander("Block, age and source of each", icon=":material/schedule:"):
            st.caption(lines)


def table(
    frame: pl.DataFrame,
    columns: tables.Columns,
    *,
    alt: str,
    sources: Sequence[Provenance],
    key: str,
    rows: int = 12,
) -> None:
    """A table with its downloads and its line of sources."""
    if embed.only():
        return
    # The buttons come first: on a phone the table's own toolbar lies over what stands above it.
    downloads.buttons(frame, key, sources, key=key)
    tables.show(frame, columns, alt=alt, key=f"{key}-table", rows=rows)
    source_line(sources)


def folded(chart: Chart) -> None:
    """What is drawn as a table, with its downloads and its method."""
    if embed.only():
        return
    with st.expander("Table, downloads, method", expanded=chart.unfolded, icon=":material/table_rows:"):
        downloads.buttons(chart.table, chart.name or chart.key, chart.sources, key=chart.key)
        tables.show(chart.table, chart.columns, alt=f"Table of the chart: {chart.alt}", key=f"{chart.key}-table")
        for method in dict.fromkeys(source.method for source in chart.sources if source.method):
            st.markdown(inert.markdown(method, 2000))


def _modebar(key: str, sources: Sequence[Provenance]) -> dict[str, Any]:
    """Only the camera: the browser draws the PNG by itself, and its name says what, whose and which block."""
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": "png",
            "filename": inert.file_name("deai", key, *provenance.stem(sources)),
            "scale": 2,
        },
    }
