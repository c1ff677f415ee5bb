"""The charts: frames in, figures out. Every text in a frame is taken for hostile.

Figures carry no data that is not drawn, at most 2,000 points, no zoom (a phone scrolls over them) and no third party:
the browser itself makes the PNG.
"""

from collections.abc import Sequence
from datetime import datetime
from math import log10
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from ui import colours, inert, words

MOST_POINTS: Final = 2000
# More bars than this are thinner than a pixel on a phone.
MOST_BARS: Final = 60
# Where the words of a verdict begin, on both axes.
BANDS: Final = ((1, "one party"), (2, "a handful"), (5, "a committee"), (15, "broad"))
# Each with a letter that looks like it, for the line that explains them: a legend of both would fill a phone.
SYMBOLS: Final = (
    ("circle", "●"),
    ("square", "■"),
    ("diamond", "◆"),
    ("triangle-up", "▲"),
    ("pentagon", "⬟"),
    ("star", "★"),
    ("hexagon", "⬢"),
    ("cross", "✚"),
)
MARGIN: Final = {"l": 8, "r": 8, "t": 36, "b": 8}
LEGEND: Final = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.05, "yanchor": "bottom", "traceorder": "normal"}


def ranked(
    rows: pl.DataFrame,
    *,
    threshold: float | None,
    threshold_label: str = "",
    colour: str = colours.SLOTS[0],
    things: str = "parties",
    height: int = 360,
) -> go.Figure:
    """Shares, the largest first, with the running sum and a rule's threshold on the same axis.

    rows: rank, name, share, cumulative (fractions), coalition (is it one of the fewest that reach the threshold).
    """
    shown = rows.sort("rank").head(MOST_BARS)
    figure = go.Figure(layout=_layout(height, x=f"{words.sentence(things)}, largest first", y="Share"))
    for inside, name, paint in ((True, "Reach the threshold", colour), (False, "Others", colours.GREY)):
        part = shown.filter(pl.col("coalition") == inside)
        if not part.is_empty():
            figure.add_trace(_bars(part, name, paint))
    figure.add_trace(_running(shown))
    if threshold is not None:
        _line_across(figure, threshold, threshold_label)
    figure.update_layout(barmode="overlay", bargap=0.12)
    figure.update_xaxes(tickvals=_rank_ticks(shown.height), range=[0.4, max(shown.height, 5) + 0.6], showgrid=False)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return small_enough(figure)


def _bars(part: pl.DataFrame, name: str, paint: str) -> go.Bar:
    return go.Bar(
        x=part["rank"].to_numpy(),
        y=part["share"].to_numpy(),
        name=name,
        marker_color=paint,
        customdata=[[inert.svg(text or ""), rank] for text, rank in part.select("name", "rank").iter_rows()],
        hovertemplate="%{customdata[0]}<br>rank %{customdata[1]} · %{y:.2%}<extra></extra>",
    )


def _running(shown: pl.DataFrame) -> go.Scatter:
    return go.Scatter(
        x=shown["rank"].to_numpy(),
        y=shown["cumulative"].to_numpy(),
        name="Together",
        mode="lines",
        line={"shape": "hvh", "color": colours.GREY, "width": 2},
        hovertemplate="the largest %{x} together<br>%{y:.2%}<extra></extra>",
    )


def _rank_ticks(number: int) -> list[int]:
    step = 5 if number <= 40 else 10
    return [1, *range(step, number + 1, step)]


def _line_across(figure: go.Figure, at: float, label: str) -> None:
    figure.add_hline(y=at, line={"color": colours.THRESHOLD, "width": 1.5, "dash": "dot"})
    if label:
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=at, yanchor="bottom", text=inert.svg(label), showarrow=False
        )


def sides(rows: pl.DataFrame, *, height: int = 360) -> go.Figure:
    """How fast the largest of several sides of a market add up: one rising line a side, on one axis.

    rows: side, rank, cumulative (fractions of the side's own total).
    """
    figure = go.Figure(layout=_layout(height, x="The largest so many together", y="Share"))
    groups = rows.sort("rank").partition_by("side", maintain_order=True)
    for place, part in enumerate(groups):
        shown = thin(part, MOST_BARS)
        figure.add_trace(
            go.Scatter(
                x=shown["rank"].to_numpy(),
                y=shown["cumulative"].to_numpy(),
                name=inert.svg(str(shown["side"][0])),
                mode="lines+markers",
                line={"width": 2.5, "color": colours.of_place(place + 6)},
                marker={"size": 5},
                hovertemplate="the largest %{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
            )
        )
    _line_across(figure, 0.5, "half")
    figure.update_xaxes(type="log", tickvals=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], showgrid=False)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return small_enough(figure)


def parts(rows: pl.DataFrame, *, height: int = 420) -> go.Figure:
    """How each of some wholes is cut: one lying bar each.

    rows: whole, part, share (fractions), in the order in which they are drawn.
    """
    figure = go.Figure(layout=_layout(height, x="", y=""))
    for place, part in enumerate(rows.partition_by("part", maintain_order=True)):
        figure.add_trace(
            go.Bar(
                x=part["share"].to_numpy(),
                y=[inert.svg(name, 28) for name in part["whole"]],
                orientation="h",
                name=inert.svg(str(part["part"][0])),
                marker_color=colours.of_place(place),
                hovertemplate="%{y}<br>%{fullData.name} %{x:.1%}<extra></extra>",
            )
        )
    figure.update_layout(barmode="stack", bargap=0.25)
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return small_enough(figure)


def math_against_power(points: pl.DataFrame, *, height: int = 460) -> go.Figure:
    """One dot a network and measure: over how many the resource is spread, how few decide over it.

    points: network (id), title, measure, m, k, independent, word_m, word_k, path. Hollow: independence is not shown.
    """
    figure = go.Figure(
        layout=_layout(height, x="Math: equal parties it is spread over", y="Power: fewest that can force something")
    )
    _draw_bands(figure)
    symbols = {measure: symbol for measure, (symbol, _) in _symbols(points).items()}
    for (network, title), part in points.group_by(["network", "title"], maintain_order=True):
        paint = colours.of_network(str(network))
        figure.add_trace(_dots(part, str(title), paint, symbols))
        figure.add_trace(_legend_only(inert.svg(str(title)), "circle", paint))
    ticks = [1, 2, 5, 15, 50, 200]
    figure.update_xaxes(type="log", tickvals=ticks, range=[-0.12, _decade_above(points["m"])], showgrid=False)
    figure.update_yaxes(type="log", tickvals=ticks, range=[-0.12, _decade_above(points["k"])], showgrid=False)
    return small_enough(figure)


def symbols_explained(points: pl.DataFrame) -> str:
    """Which symbol of the dot chart is which measure, and what a hollow one means, as a line of text."""
    told = "  ".join(f"{letter} {inert.plain(measure)}" for measure, (_, letter) in _symbols(points).items())
    hollow = "" if points["independent"].all() else "  ○ hollow: it is not shown that the parties are independent"
    return told + hollow


def _symbols(points: pl.DataFrame) -> dict[str, tuple[str, str]]:
    measures = points["measure"].unique(maintain_order=True).to_list()
    return {measure: SYMBOLS[place % len(SYMBOLS)] for place, measure in enumerate(measures)}


def _dots(part: pl.DataFrame, title: str, paint: str, symbols: dict[Any, str]) -> go.Scatter:
    texts = part.select("measure", "word_m", "word_k", "path").iter_rows()
    return go.Scatter(
        x=part["m"].to_numpy(),
        y=part["k"].to_numpy(),
        showlegend=False,
        mode="markers",
        marker={
            "size": 14,
            "color": paint,
            "symbol": [
                symbols[measure] + ("" if independent else "-open")
                for measure, independent in part.select("measure", "independent").iter_rows()
            ],
            "line": {"width": 2, "color": paint},
        },
        customdata=[[inert.svg(text or "", 120) for text in row] for row in texts],
        hovertemplate=(
            f"<b>{inert.svg(title)}</b> · %{{customdata[0]}}<br>math %{{x:.3~g}}: %{{customdata[1]}}"
            "<br>power %{y}: %{customdata[2]}<br>%{customdata[3]}<extra></extra>"
        ),
    )


def _legend_only(name: str, symbol: str, paint: str) -> go.Scatter:
    marker = {"symbol": symbol, "size": 10, "color": paint, "line": {"width": 2, "color": paint}}
    return go.Scatter(x=[None], y=[None], name=name, mode="markers", marker=marker, hoverinfo="skip")


def _draw_bands(figure: go.Figure) -> None:
    """Faint lines where the words change, and the words along both axes."""
    for low, word in BANDS:
        if low > 1:
            for draw in (figure.add_vline, figure.add_hline):
                draw(low, line={"color": colours.GREY, "width": 1, "dash": "dot"}, layer="below")
        label = {"text": word, "showarrow": False, "font": {"size": 11, "color": colours.GREY}}
        # Upright along the math axis: side by side the words would run into each other on a phone.
        figure.add_annotation(x=log10(low), xanchor="left", y=1, yref="paper", yanchor="top", textangle=90, **label)
        figure.add_annotation(y=log10(low), yanchor="bottom", x=1, xref="paper", xanchor="right", **label)


def _decade_above(values: pl.Series) -> float:
    top = float(values.max() or 1)  # type: ignore[arg-type]
    return next(place for limit, place in ((15, 1.4), (50, 1.9), (200, 2.45), (float("inf"), 3.4)) if top <= limit)


def lorenz(rows: pl.DataFrame, *, height: int = 360) -> go.Figure:
    """How much of the whole the smallest x percent hold; the diagonal would be equality.

    rows: network (id), title, holders, amount (running fractions from the smallest up).
    """
    figure = go.Figure(layout=_layout(height, x="Holders, smallest first", y="Share held"))
    for (network, title), part in rows.group_by(["network", "title"], maintain_order=True):
        part = thin(part, 200)  # noqa: PLW2901
        figure.add_trace(
            go.Scatter(
                x=part["holders"].to_numpy(),
                y=part["amount"].to_numpy(),
                name=inert.svg(str(title)),
                mode="lines",
                line={"width": 2.5, "color": colours.of_network(str(network))},
                hovertemplate="the smallest %{x:.0%} hold %{y:.1%}<extra>%{fullData.name}</extra>",
            )
        )
    equal = {"color": colours.GREY, "width": 1, "dash": "dash"}
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=equal, name="equal", hoverinfo="skip"))
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return small_enough(figure)


def daily(
    rows: pl.DataFrame,
    *,
    y: str,
    published: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    form: str = ",.3~g",
    height: int = 360,
) -> go.Figure:
    """Series over time, one line each; others' published figures as marked points, events as dotted verticals.

    rows: network (id, or any series name), title, time, value. published: time, value, title. events: time, title.
    """
    figure = go.Figure(layout=_layout(height, x="", y=y))
    lines = rows.partition_by(["network", "title"], maintain_order=True)
    for place, part in enumerate(lines):
        figure.add_trace(_series(part, place, form, MOST_POINTS // max(1, len(lines)) - 10))
    if published is not None and not published.is_empty():
        figure.add_trace(_published(published, form))
    if events is not None:
        _mark_events(figure, events)
    figure.update_yaxes(rangemode="tozero", tickformat=form)
    figure.update_xaxes(showgrid=False)
    return small_enough(figure)


def _series(part: pl.DataFrame, place: int, form: str, most: int) -> go.Scatter:
    part = thin(part.sort("time"), most)
    network, title = part.select("network", "title").row(0)
    known = str(network) in colours.NETWORKS
    return go.Scatter(
        x=part["time"].dt.replace_time_zone(None).to_numpy(),
        y=part["value"].to_numpy(),
        name=inert.svg(str(title)),
        mode="lines+markers" if part.height < 15 else "lines",
        line={"width": 2.5, "color": colours.of_network(str(network)) if known else colours.of_place(place)},
        # A day that was not read is a gap, never a straight line over it.
        connectgaps=False,
        hovertemplate=f"%{{x|%-d %b %Y}}<br>%{{y:{form}}}<extra>%{{fullData.name}}</extra>",
    )


def _published(published: pl.DataFrame, form: str) -> go.Scatter:
    return go.Scatter(
        x=published["time"].dt.replace_time_zone(None).to_numpy(),
        y=published["value"].to_numpy(),
        name="Published by others",
        mode="markers",
        marker={"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": colours.THRESHOLD}},
        customdata=[[inert.svg(title, 120)] for title in published["title"]],
        hovertemplate=f"%{{customdata[0]}}<br>%{{x|%-d %b %Y}} · %{{y:{form}}}<extra></extra>",
    )


def _mark_events(figure: go.Figure, events: pl.DataFrame) -> None:
    """Verticals with a number at the top; the numbers are explained under the chart, where there is room."""
    for number, (time,) in enumerate(events.sort("time").select("time").iter_rows(), start=1):
        figure.add_vline(x=_naive(time), line={"color": colours.GREY, "width": 1, "dash": "dot"})
        figure.add_annotation(x=_naive(time), y=1, yref="paper", yanchor="bottom", text=str(number), showarrow=False)


def panel(rows: pl.DataFrame, *, form: str = ",.3~g", events: pl.DataFrame | None = None) -> go.Figure:
    """One of many small charts: a single measure over time, no legend."""
    figure = daily(rows, y="", events=events, form=form, height=190)
    figure.update_layout(showlegend=False, margin={**MARGIN, "t": 20})
    figure.update_xaxes(nticks=4)
    figure.update_yaxes(nticks=4)
    return figure


def before_after(rows: pl.DataFrame, *, colour: str = colours.SLOTS[0], form: str = ".1%") -> go.Figure:
    """Two dots a row, joined: where it was and where the change puts it.

    rows: name, before, after; drawn in the order given, a null where a party does not exist.
    """
    shown = rows.head(MOST_BARS // 2)
    names = [f"{place}. {inert.svg(name, 24)}" for place, name in enumerate(shown["name"], start=1)]
    figure = go.Figure(layout=_layout(90 + 26 * shown.height, x="", y=""))
    for name, before, after in zip(names, shown["before"], shown["after"], strict=True):
        if before is not None and after is not None:
            line = {"color": colours.FAINT, "width": 4}
            figure.add_trace(
                go.Scatter(
                    x=[before, after], y=[name, name], mode="lines", line=line, showlegend=False, hoverinfo="skip"
                )
            )
    looks: tuple[tuple[str, str, str], ...] = (("before", "Before", colours.GREY), ("after", "After", colour))
    for column, title, paint in looks:
        figure.add_trace(
            go.Scatter(
                x=shown[column].to_numpy(),
                y=names,
                name=title,
                mode="markers",
                marker={"size": 11, "color": paint, "symbol": "circle-open" if column == "before" else "circle"},
                hovertemplate=f"%{{y}}<br>{title.lower()} %{{x:{form}}}<extra></extra>",
            )
        )
    figure.update_xaxes(tickformat=form, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return small_enough(figure)


def _joined(before: float, after: float, name: str) -> go.Scatter:
    line = {"color": colours.FAINT, "width": 4}
    return go.Scatter(x=[before, after], y=[name, name], mode="lines", line=line, showlegend=False, hoverinfo="skip")


def tally(rows: pl.DataFrame, marks: Sequence[tuple[float, str]] = (), *, height: int = 170) -> go.Figure:
    """One bar of the whole, cut by option, with the rule's marks on it.

    rows: option, share (fractions of the same whole). marks: (position, label), such as the quorum.
    """
    figure = go.Figure(layout=_layout(height, x="", y=""))
    for place, (option, part) in enumerate(rows.select("option", "share").iter_rows()):
        figure.add_trace(
            go.Bar(
                x=[part],
                y=[""],
                orientation="h",
                name=inert.svg(option),
                marker_color=OPTION_COLOURS.get(option, colours.of_place(place)),
                hovertemplate="%{fullData.name}<br>%{x:.2%}<extra></extra>",
            )
        )
    for at, label in marks:
        figure.add_vline(x=at, line={"color": colours.THRESHOLD, "width": 2, "dash": "dot"})
        figure.add_annotation(
            x=at, y=0, yref="paper", yanchor="top", text=inert.svg(label), showarrow=False, yshift=-18
        )
    figure.update_layout(barmode="stack", margin={**MARGIN, "b": 40})
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    return small_enough(figure)


OPTION_COLOURS: Final = {
    "yes": colours.SLOTS[0],
    "no": colours.SLOTS[1],
    "no_with_veto": colours.SLOTS[6],
    "abstain": colours.SLOTS[5],
    "not voted": colours.FAINT,
}


def thin(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most so many rows, evenly spaced, the first and the last among them."""
    if rows.height <= most:
        return rows
    last = rows.height - 1
    return rows[[round(place * last / (most - 1)) for place in range(most)]]


def small_enough(figure: go.Figure) -> go.Figure:
    """The figure, when it has at most 2,000 points; more is a mistake of the caller."""
    points = sum(len(trace.x) for trace in figure.data)
    if points > MOST_POINTS:
        raise ValueError(f"{points} points; a chart has at most {MOST_POINTS}")
    return figure


def _layout(height: int, *, x: str, y: str) -> go.Layout:
    return go.Layout(
        height=height,
        margin=MARGIN,
        legend=LEGEND,
        hovermode="closest",
        dragmode=False,
        xaxis={"title": {"text": x}, "fixedrange": True, "automargin": True, "zeroline": False},
        yaxis={"title": {"text": y}, "fixedrange": True, "automargin": True, "zeroline": False},
        modebar={"orientation": "h"},
    )


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
