"""Series over time: lines, published figures as points, events as marked verticals."""

from datetime import datetime

import plotly.graph_objects as go
import polars as pl

from ui import colours, inert
from ui.figure import MARGIN, MOST_POINTS, Part, drawn, note, thin, upright


def daily(
    rows: pl.DataFrame,
    *,
    y: str,
    published: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    paints: colours.Paints = colours.NO_NETWORKS,
    form: str = ",.3~g",
    height: int = 360,
) -> go.Figure:
    """Series over time, one line each; others' published figures as marked points, events as dotted verticals.

    rows: network (id, or any series name), title, time, value. published: time, value, title. events: time, mark.
    paints: the networks' looks; another series has one by its place.
    """
    return drawn(
        _traces(rows, published, paints, form),
        height=height,
        x={"showgrid": False},
        # From zero: on a cut axis every change looks large.
        y={"title": y, "rangemode": "tozero", "tickformat": form},
        **_marks(events),
    )


def panel(
    rows: pl.DataFrame,
    *,
    paints: colours.Paints = colours.NO_NETWORKS,
    form: str = ",.3~g",
    events: pl.DataFrame | None = None,
) -> go.Figure:
    """One of many small charts: a single measure over time, no legend."""
    return drawn(
        _traces(rows, None, paints, form),
        height=190,
        x={"showgrid": False, "nticks": 4},
        y={"rangemode": "tozero", "tickformat": form, "nticks": 4},
        showlegend=False,
        margin={**MARGIN, "t": 20},
        **_marks(events),
    )


def _traces(rows: pl.DataFrame, published: pl.DataFrame | None, paints: colours.Paints, form: str) -> list[Part]:
    told = published if published is not None and not published.is_empty() else None
    groups = rows.partition_by(["network", "title"], maintain_order=True)
    most = (MOST_POINTS - (0 if told is None else told.height)) // max(1, len(groups))
    lines = [
        _series(part, colours.painted(paints, str(part["network"][0]), place), form, most)
        for place, part in enumerate(groups)
    ]
    return lines if told is None else [*lines, _published(told, form)]


def _series(part: pl.DataFrame, look: colours.Look, form: str, most: int) -> Part:
    part = thin(part.sort("time"), most)
    return {
        "type": "scatter",
        # Plotly knows no time zones: all days are of UTC.
        "x": part["time"].dt.replace_time_zone(None).to_numpy(),
        "y": part["value"].to_numpy(),
        "name": inert.svg(str(part["title"][0])),
        # A line alone would hide that there are few days.
        "mode": "lines+markers" if part.height < 15 else "lines",
        "line": {"width": 2.5, "color": look.colour, "dash": look.dash},
        # One day alone has no line to dash.
        "marker": {"symbol": "circle-open-dot" if look.textured else "circle", "size": 8 if look.textured else 6},
        # A day that was not read is a gap, never a straight line over it.
        "connectgaps": False,
        "hovertemplate": f"%{{x|%-d %b %Y}}<br>%{{y:{form}}}<extra>%{{fullData.name}}</extra>",
    }


def _published(published: pl.DataFrame, form: str) -> Part:
    return {
        "type": "scatter",
        "x": published["time"].dt.replace_time_zone(None).to_numpy(),
        "y": published["value"].to_numpy(),
        "name": "Published by others",
        "mode": "markers",
        "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": colours.THRESHOLD}},
        "customdata": [[inert.svg(title, 120)] for title in published["title"]],
        "hovertemplate": f"%{{customdata[0]}}<br>%{{x|%-d %b %Y}} · %{{y:{form}}}<extra></extra>",
    }


def _marks(events: pl.DataFrame | None) -> dict[str, list[Part]]:
    """Verticals with a mark at the top, which is explained under the charts, where there is room."""
    marks = [] if events is None else [(_naive(time), mark) for time, mark in events.select("time", "mark").iter_rows()]
    return {
        "lines": [upright(time, colours.GREY, 1) for time, _ in marks],
        "notes": [note(mark, x=time, y=1, yref="paper", yanchor="bottom") for time, mark in marks],
    }


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
