"""Series over time: lines with their names or values at the end, published figures as points, events as verticals.

What was read once is no line: it is told as a number with its day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_lowercase
from typing import Any, Final, TypeAlias

import polars as pl

from ui import colours, inert, words
from ui.figure import MARGIN, MOST_POINTS, TIME, Figure, Part, drawn, marks_form, note, thin, upright

HEIGHT: Final = 360
# Pixels: of a line of small text, of one of its letters, and of what is above and below the lines of a chart.
LINE: Final = 18
LETTER: Final = 6.5
AROUND: Final = 120
LONGEST_NAME: Final = 22
SMALL: Final = {"size": 12}
# The largest of what is drawn is so many times the middle one before the axis is logarithmic.
SQUASHED: Final = 5
LOGARITHMIC: Final = (
    "The axis is logarithmic, because one figure is far above most: each line is several times as much as that below."
)
# Of published figures, by their order.
LETTERS: Final = ascii_lowercase
# Marks of events that are nearer than this part of a chart's width are told together.
NEAR: Final = 1 / 30
NEAR_IN_PANEL: Final = 1 / 8


@dataclass(frozen=True, slots=True)
class Once:
    """Series of which each was read once: title, time and value of each, and how values are written."""

    rows: pl.DataFrame
    form: str


# What can be drawn of series over time.
Drawn: TypeAlias = Figure | Once


def daily(
    rows: pl.DataFrame,
    *,
    y: str,
    published: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    paints: colours.Paints = colours.NO_NETWORKS,
    form: str = ",.3~g",
    height: int = HEIGHT,
) -> Drawn:
    """Series over time, one line each; others' published figures as marked points, events as dotted verticals.

    rows: network (id, or any series name), title, time, value. published: time, value, title, in the order of their
    letters. events: time, mark. paints: the networks' looks; another series has one by its place.
    """
    if once(rows) and (published is None or published.is_empty()):
        return Once(rows.drop_nulls("value"), form)
    axis = _axis(rows, published, form)
    layout = _marks(events, rows, NEAR)
    names = _names(rows, paints, height, form) if published is None and axis["type"] == "linear" else []
    if names:
        layout["notes"] += names
        layout |= {"showlegend": False, "margin": {**MARGIN, "r": _room(one["text"] for one in names)}}
    return drawn(
        _traces(rows, published, paints, form),
        height=max(height, AROUND + LINE * len(names)),
        x=TIME,
        y={"title": y, **axis},
        **layout,
    )


def panel(
    rows: pl.DataFrame,
    *,
    paints: colours.Paints = colours.NO_NETWORKS,
    form: str = ",.3~g",
    events: pl.DataFrame | None = None,
) -> Drawn:
    """One of many small charts: a single measure over time with its values at both ends, and its band, if it has one.

    rows: as those of `daily`; resampled_low and resampled_high are the ends of the band.
    """
    if once(rows):
        return Once(rows.drop_nulls("value"), form)
    layout = _marks(events, rows, NEAR_IN_PANEL)
    ends = _ends(rows.drop_nulls("value").sort("time"), colours.painted(paints, str(rows["network"][0]), 0), form)
    layout["notes"] += ends
    return drawn(
        _traces(rows, None, paints, form),
        height=190,
        x={**TIME, "nticks": 4},
        y={"rangemode": "tozero", "tickformat": marks_form(form), "nticks": 4},
        showlegend=False,
        margin={**MARGIN, "t": 24, "r": _room(one["text"] for one in ends)},
        **layout,
    )


def _axis(rows: pl.DataFrame, published: pl.DataFrame | None, form: str) -> Part:
    """From zero, for on a cut axis every change looks large; logarithmic where one value would squash all others."""
    if published is not None and squashed([*rows["value"], *published["value"]]):
        # Each decade, and twice and five times as much.
        return {"type": "log", "tickformat": marks_form(form), "dtick": "D2"}
    return {"type": "linear", "rangemode": "tozero", "tickformat": marks_form(form)}


def squashed(values: Iterable[float | None]) -> bool:
    """Whether the largest of some values is so far from most of them that these would lie on the axis."""
    told = sorted(value for value in values if value is not None)
    # On a logarithmic axis nothing has no place.
    return bool(told) and told[0] > 0 and told[-1] > SQUASHED * told[len(told) // 2]


def told_of_axis(figure: Drawn) -> str:
    """What a reader must know of the axis; empty where it begins at zero."""
    return LOGARITHMIC if isinstance(figure, Figure) and figure.records["yaxis"]["type"] == "log" else ""


def letter(place: int) -> str:
    """How the n-th published figure is marked, in the chart and in the list below it."""
    return LETTERS[place % len(LETTERS)]


def once(rows: pl.DataFrame) -> bool:
    """Whether there is something to tell, and no series with two days."""
    days = rows.drop_nulls("value").group_by("network", "title").agg(n=pl.col("time").n_unique())["n"]
    return not days.is_empty() and days.max() == 1


def written(value: float, form: str) -> str:
    """A value as the axis of its chart writes values."""
    as_share = form.endswith("%")
    # Of an index up to 1 one decimal would hide what changes.
    return f"{value:.3g}" if not as_share and 0 < abs(value) < 1 else words.value(value, as_share=as_share)


def _room(texts: Iterable[str]) -> int:
    """A margin that holds the longest of some texts."""
    return round(14 + LETTER * max(map(len, texts), default=0))


def _ends(told: pl.DataFrame, look: colours.Look, form: str) -> list[Part]:
    """The first value, on the side to which its line does not go, and the last one beside its end."""
    (began, first, second), (ended, last) = (
        (told["time"][0], *told["value"].head(2)),
        (told["time"][-1], told["value"][-1]),
    )
    above = second <= first or first <= 0
    font = {**SMALL, "color": look.colour}
    start = {"xanchor": "left", "yanchor": "bottom" if above else "top", "yshift": 5 if above else -5}
    return [
        note(written(first, form), x=_naive(began), y=first, font=font, **start),
        note(written(last, form), x=_naive(ended), y=last, font=font, xanchor="left", xshift=7),
    ]


def _names(rows: pl.DataFrame, paints: colours.Paints, height: int, form: str) -> list[Part]:
    """The name of each of several lines at its end, moved apart where lines end side by side; of one line its value."""
    parts = rows.drop_nulls("value").sort("time").partition_by(["network", "title"], maintain_order=True)
    looks = {network: place for place, network in enumerate(rows["network"].unique(maintain_order=True))}
    ends = [(str(part["title"][-1]), str(part["network"][-1]), float(part["value"][-1])) for part in parts]
    if len(ends) == 1:
        ends = [(written(value, form), network, value) for _, network, value in ends]
    most = max(float(part["value"].max()) for part in parts) or 1.0  # type: ignore[arg-type]
    # No chart is lower than this between its axes; in a higher one names are further apart.
    pixels = max(height, AROUND + LINE * len(ends)) - AROUND
    ends.sort(key=lambda end: end[2])
    at = [max(0.0, value) / most * pixels for _, _, value in ends]
    return [
        note(
            inert.plain(title, LONGEST_NAME),
            x=1,
            xref="paper",
            xanchor="left",
            xshift=6,
            y=value,
            yshift=moved - was,
            font={**SMALL, "color": colours.painted(paints, network, looks[network]).colour},
        )
        for (title, network, value), was, moved in zip(ends, at, _apart(at, pixels), strict=True)
    ]


def _apart(at: Sequence[float], most: float) -> list[float]:
    """Rising places, each a line of text above the one below it, moved as little as that needs."""
    found: list[float] = []
    for place in at:
        found.append(max(place, found[-1] + LINE) if found else place)
    # What was pushed out at the top is pushed back from there.
    top = most
    for place in reversed(range(len(found))):
        found[place] = min(found[place], top)
        top = found[place] - LINE
    return found


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
        "x": pl.concat([days, days.reverse()]),
        "y": pl.concat([ends["resampled_high"], ends["resampled_low"].reverse()]),
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
        "x": part["time"].dt.replace_time_zone(None),
        "y": part["value"],
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
        "x": published["time"].dt.replace_time_zone(None),
        "y": published["value"],
        "name": "Published by others",
        "mode": "markers+text",
        "text": [letter(place) for place in range(published.height)],
        "textposition": "top center",
        "textfont": SMALL,
        "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": colours.THRESHOLD}},
        "customdata": [[inert.svg(title, 120)] for title in published["title"]],
        "hovertemplate": f"%{{customdata[0]}}<br>%{{x|%-d %b %Y}} · %{{y:{form}}}<extra></extra>",
    }


def _marks(events: pl.DataFrame | None, rows: pl.DataFrame, near: float) -> dict[str, Any]:
    """Verticals with a mark at the top, which is explained under the charts; marks that are near each other are one."""
    found = [] if events is None else [*events.sort("time").select("time", "mark").iter_rows()]
    times = rows["time"].sort().to_list()
    span: timedelta = times[-1] - times[0] if times else timedelta()
    groups: list[list[tuple[datetime, str]]] = []
    for event in found:
        if groups and event[0] - groups[-1][-1][0] < near * span:
            groups[-1].append(event)
        else:
            groups.append([event])
    return {
        "lines": [upright(_naive(time), colours.GREY, 1) for time, _ in found],
        "notes": [
            note(_together([mark for _, mark in group]), x=_middle(group), y=1, yref="paper", yanchor="bottom")
            for group in groups
        ],
    }


def _together(marks: Sequence[str]) -> str:
    """27; 27, 28; 27 to 31."""
    return ", ".join(marks) if len(marks) < 3 else f"{marks[0]}–{marks[-1]}"


def _middle(group: Sequence[tuple[datetime, str]]) -> datetime:
    first, last = group[0][0], group[-1][0]
    return _naive(first + (last - first) / 2)


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
