"""What every chart has in common: axes that do not zoom, marks across them, and few enough points.

A figure is put together from plain records, which browsers get as they are: Plotly's own check of every part took most
of the time of a page with charts.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import plotly.graph_objects as go
import plotly.io
import polars as pl

from ui import colours, inert

MOST_POINTS: Final = 2000
MARGIN: Final = {"l": 8, "r": 8, "t": 36, "b": 8}
LEGEND: Final = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.05, "yanchor": "bottom", "traceorder": "normal"}
AXIS: Final = {"fixedrange": True, "automargin": True, "zeroline": False}

# Days are written as everywhere; left to itself Plotly writes Nov 1. The year stands below the first mark of it.
DAYS: Final = 86_400_000
TIME: Final = {
    "showgrid": False,
    "tickformatstops": [
        {"dtickrange": [None, DAYS - 1], "value": "%H:%M\n%-d %b %Y"},
        {"dtickrange": [DAYS, 28 * DAYS], "value": "%-d %b\n%Y"},
        {"dtickrange": ["M1", None], "value": "%b %Y"},
    ],
}

Part = Mapping[str, Any]


# Of Plotly's kind, because Streamlit has every other checked, for each reader anew.
class Figure(go.Figure):  # type: ignore[misc]
    """A figure as plain records; `data` and `layout` are they as Plotly checks them, for whoever looks."""

    def __init__(self, traces: Sequence[Part], layout: Part) -> None:
        self._told = (traces, layout)

    def titled(self, title: Part) -> "Figure":
        """The figure with another title."""
        return Figure(self.traces, {**self.records, "title": title})

    @property
    def traces(self) -> Sequence[Part]:
        """What is drawn, unchecked."""
        return self._told[0]

    @property
    def records(self) -> Part:
        """How it is laid out, unchecked."""
        return self._told[1]

    @property
    def checked(self) -> go.Figure:
        """The same as Plotly has it; raises ValueError for what it does not know."""
        return go.Figure([*self.traces], self.records)

    @property
    def data(self) -> Any:
        """The traces, checked."""
        return self.checked.data

    @property
    def layout(self) -> Any:
        """The layout, checked."""
        return self.checked.layout

    def to_dict(self) -> dict[str, Any]:
        """The records as a browser gets them, with Plotly's own template."""
        data = [{name: _packed(part) for name, part in trace.items()} for trace in self.traces]
        return {"data": data, "layout": {**self.records, "template": _template(plotly.io.templates.default)}}


@cache
def _template(name: str) -> Part:
    found: Part = plotly.io.templates[name].to_plotly_json()
    return found


def _packed(part: Any) -> Any:
    """Fractions as Plotly packs them, days and times as its text, whole numbers one by one; all else as it is."""
    if not isinstance(part, pl.Series):
        return part
    if part.dtype == pl.Float64:
        return {"dtype": "f8", "bdata": b64encode(part.to_numpy().tobytes()).decode()}
    if isinstance(part.dtype, pl.Datetime):
        part = part.dt.replace_time_zone(None)
    if isinstance(part.dtype, pl.Date | pl.Datetime):
        # What NumPy, and so Plotly, calls a missing time.
        return part.dt.to_string("iso:strict").fill_null("NaT").to_list()
    return part.to_list()


def drawn(
    traces: Sequence[Part],
    *,
    height: int,
    x: Part,
    y: Part,
    lines: Sequence[Part] = (),
    notes: Sequence[Part] = (),
    **layout: Any,
) -> Figure:
    """A figure of these traces; raises ValueError for more than 2,000 points, which is a mistake of the caller.

    x, y: the axes; `title` is a text. lines: marks across the whole chart. notes: texts on it.
    """
    points = sum(len(trace["x"]) for trace in traces)
    if points > MOST_POINTS:
        raise ValueError(f"{points} points; a chart has at most {MOST_POINTS}")
    common = {"height": height, "margin": MARGIN, "legend": LEGEND, "hovermode": "closest", "dragmode": False}
    axes = {"xaxis": _axis(x), "yaxis": _axis(y)}
    marks = {name: list(found) for name, found in (("shapes", lines), ("annotations", notes)) if found}
    return Figure(traces, {**common, **axes, **marks, **layout})


def _axis(own: Part) -> dict[str, Any]:
    # An empty title would have its place below the axis, too.
    title = {"title": {"text": own["title"], "standoff": 10}} if "title" in own else {}
    return {**AXIS, **own, **title}


def marks_form(form: str) -> str:
    """How marks of an axis are written whose values are written so: 2%, not 2.0%, where all of them are whole."""
    return form.replace("%", "~%") if "." in form and "~" not in form else form


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
