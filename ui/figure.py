"""What every chart has in common: axes that do not zoom, marks across them, and few enough points.

A figure is put together from plain records and checked by Plotly once: adding marks one by one took most of the time
of a page.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from ui import colours, inert

MOST_POINTS: Final = 2000
MARGIN: Final = {"l": 8, "r": 8, "t": 36, "b": 8}
LEGEND: Final = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.05, "yanchor": "bottom", "traceorder": "normal"}
AXIS: Final = {"fixedrange": True, "automargin": True, "zeroline": False}

Part = Mapping[str, Any]


def drawn(
    traces: Sequence[Part],
    *,
    height: int,
    x: Part,
    y: Part,
    lines: Sequence[Part] = (),
    notes: Sequence[Part] = (),
    **layout: Any,
) -> go.Figure:
    """A figure of these traces; raises ValueError for more than 2,000 points, which is a mistake of the caller.

    x, y: the axes; `title` is a text. lines: marks across the whole chart. notes: texts on it.
    """
    points = sum(len(trace["x"]) for trace in traces)
    if points > MOST_POINTS:
        raise ValueError(f"{points} points; a chart has at most {MOST_POINTS}")
    common = {"height": height, "margin": MARGIN, "legend": LEGEND, "hovermode": "closest", "dragmode": False}
    axes = {"xaxis": _axis(x), "yaxis": _axis(y)}
    return go.Figure(list(traces), {**common, **axes, "shapes": list(lines), "annotations": list(notes), **layout})


def _axis(own: Part) -> dict[str, Any]:
    # An empty title would have its place below the axis, too.
    title = {"title": {"text": own["title"], "standoff": 10}} if "title" in own else {}
    return {**AXIS, **own, **title}


def across(at: Any, paint: str = colours.THRESHOLD, width: float = 1.5) -> Part:
    """A dotted line from side to side."""
    line = {"color": paint, "width": width, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line, "layer": _layer(paint)}


def upright(at: Any, paint: str = colours.THRESHOLD, width: float = 1.5) -> Part:
    """A dotted line from bottom to top."""
    line = {"color": paint, "width": width, "dash": "dot"}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": at, "x1": at, "line": line, "layer": _layer(paint)}


def note(text: str, **where: Any) -> Part:
    """A text at a place of the chart."""
    return {"text": inert.svg(text), "showarrow": False, **where}


def thin(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most so many rows, evenly spaced, the first and the last among them."""
    if rows.height <= most:
        return rows
    last = rows.height - 1
    return rows[[round(place * last / (most - 1)) for place in range(most)]]


def _layer(paint: str) -> str:
    """Thresholds lie above the data, all other lines below."""
    return "above" if paint == colours.THRESHOLD else "below"
