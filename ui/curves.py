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
    """One of many small charts: a single measure over time, no legend; behind it its band, where rows have one.

    rows: as those of `daily`; resampled_low and resampled_high are the ends of the band.
    """
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
    # A band has two ends for each point of its line.
    each = max(1, len(groups)) * (3 if "resampled_low" in rows.columns else 1)
    most = (MOST_POINTS - (0 if told is None else told.height)) // each
    lines = [
        _series(part, colours.painted(paints, str(part["network"][0]), place), form, most)
        for place, part in enumerate(groups)
    ]
    bands = [band for part in groups if (band := _band(part, most)) is not None]
    return [*bands, *lines] if told is None else [*bands, *lines, _published(told, form)]


def _band(part: pl.DataFrame, most: int) -> Part | None:
    """What lies between the ends of each day; None where no day has any."""
    if "resampled_low" not in part.columns:
        return None
    ends = thin(part.drop_nulls(["resampled_low", "resampled_high"]).sort("time"), most)
    if ends.is_empty():
        return None
    days = ends["time"].dt.replace_time_zone(None)
    return {
        "type": "scatter",
        # There along the upper ends, and back along the lower.
        "x": pl.concat([days, days.reverse()]).to_numpy(),
        "y": pl.concat([ends["resampled_high"], ends["resampled_low"].reverse()]).to_numpy(),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": colours.FAINT,
        "hoverinfo": "skip",
        "showlegend": False,
    }


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
