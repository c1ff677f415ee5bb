"""Math against power: one dot a network and measure, with the bands of the verdict's words."""

from math import log10
from typing import Final

import plotly.graph_objects as go
import polars as pl

from analytics.power.verdict import BANDS, WORDS
from ui import colours, inert
from ui.figure import Part, across, drawn, note, upright

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
# Power is a whole number; networks with the same one stand a little apart above it, all in the same band.
APART: Final = 0.7
# Of yardsticks, by their order; a name would not fit.
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
LEFT_OF: Final = 5
TICKS: Final = [1, 2, 5, 15, 50, 200]
# How far an axis goes, by the largest number on it; 15 and what lies above are always in sight.
REACHES: Final = ((15, 1.4), (50, 1.9), (200, 2.45), (float("inf"), 3.4))


def math_against_power(
    points: pl.DataFrame,
    *,
    paints: colours.Paints = colours.NO_NETWORKS,
    height: int = 460,
    yardsticks: pl.DataFrame | None = None,
) -> go.Figure:
    """One dot a network and measure: over how many the resource is spread, how few decide over it.

    points: network (id), title, measure, m, k, independent, word_m, word_k, path. Hollow: independence is not shown.
    paints: the networks' looks; a network whose colour another one has bears its name.
    yardsticks: of questions.yardsticks, faint bands with a letter each.
    """
    compared = [] if yardsticks is None else [*yardsticks.iter_rows(named=True)]
    symbols = {measure: symbol for measure, (symbol, _) in _symbols(points).items()}
    traces = []
    networks = points.partition_by(["network", "title"], maintain_order=True)
    for place, part in enumerate(networks, start=1):
        look = colours.painted(paints, str(part["network"][0]), place - 1)
        title = inert.svg(str(part["title"][0]))
        above = APART * place / (len(networks) + 1)
        traces += [_dots(part, title, look, symbols, above), _legend_only(title, look)]
    edges = [float(band) for band in BANDS]
    return drawn(
        traces,
        height=height,
        x={"title": "Math: equal parties it is spread over", **_logarithmic(points["m"])},
        y={"title": "Power: fewest that can force something", **_logarithmic(points["k"])},
        lines=[draw(edge, colours.GREY, 1) for edge in edges for draw in (upright, across)]
        + [_faint(one["m_low"], one["m_high"], one["k_low"], one["k_high"]) for one in compared],
        notes=[text for edge, word in zip([1.0, *edges], WORDS, strict=True) for text in _band(edge, word)]
        + [_letter(place, one["m_low"], one["m_high"], one["k_low"]) for place, one in enumerate(compared)],
    )


# A yardstick that is known exactly is drawn this much wider than it is, to be seen.
WIDER: Final = 1.04


def _faint(m_low: float, m_high: float, k_low: int, k_high: int) -> Part:
    """The place of a yardstick: from its least to its most, as high as dots of its number may stand."""
    across_math = {"x0": m_low / WIDER, "x1": m_high * WIDER}
    return {
        "type": "rect",
        **across_math,
        "y0": k_low,
        "y1": k_high + APART,
        "fillcolor": colours.FAINT,
        "line": {"width": 0},
        "layer": "below",
    }


def _letter(place: int, m_low: float, m_high: float, k_low: int) -> Part:
    """Which yardstick it is, at the foot of its band: above it stand dots of the next number."""
    where = {"x": log10(m_low * m_high) / 2, "y": log10(k_low), "yanchor": "bottom"}
    return note(LETTERS[place % len(LETTERS)], **where, font={"size": 11, "color": colours.GREY})


def symbols_explained(points: pl.DataFrame) -> str:
    """Which symbol is which measure, and what a hollow one means, as a line of text."""
    told = "  ".join(f"{letter} {inert.plain(measure)}" for measure, (_, letter) in _symbols(points).items())
    hollow = "" if points["independent"].all() else "  ○ hollow: it is not shown that the parties are independent"
    return told + hollow


def _symbols(points: pl.DataFrame) -> dict[str, tuple[str, str]]:
    measures = points["measure"].unique(maintain_order=True).to_list()
    return {measure: SYMBOLS[place % len(SYMBOLS)] for place, measure in enumerate(measures)}


def _dots(part: pl.DataFrame, title: str, look: colours.Look, symbols: dict[str, str], above: float) -> Part:
    texts = part.select("measure", "word_m", "word_k", "path", pl.col("k").cast(pl.String)).iter_rows()
    shapes = [
        symbols[measure] + ("" if independent else "-open") + ("-dot" if look.textured else "")
        for measure, independent in part.select("measure", "independent").iter_rows()
    ]
    return {
        "type": "scatter",
        "x": part["m"].to_numpy(),
        "y": part["k"].to_numpy() + above,
        "showlegend": False,
        "mode": "markers+text" if look.textured else "markers",
        "text": title,
        # To the side where there is room.
        "textposition": [f"middle {'left' if m > LEFT_OF else 'right'}" for m in part["m"]],
        "marker": {"size": 14, "color": look.colour, "symbol": shapes, "line": _edge(look)},
        "customdata": [[inert.svg(text or "", 120) for text in row] for row in texts],
        "hovertemplate": (
            f"<b>{title}</b> · %{{customdata[0]}}<br>math %{{x:.3~g}}: %{{customdata[1]}}"
            "<br>power %{customdata[4]}: %{customdata[2]}<br>%{customdata[3]}<extra></extra>"
        ),
    }


def _edge(look: colours.Look) -> Part:
    """Edge and inner dot of a mark; in its own colour a dot would not be seen."""
    return {"width": 2, "color": colours.GREY if look.textured else look.colour}


def _legend_only(title: str, look: colours.Look) -> Part:
    """The network's colour in the legend, never hollow."""
    symbol = "circle-dot" if look.textured else "circle"
    marker = {"symbol": symbol, "size": 10, "color": look.colour, "line": _edge(look)}
    return {"type": "scatter", "x": [None], "y": [None], "name": title, "mode": "markers", "marker": marker}


def _logarithmic(values: pl.Series) -> Part:
    top = float(values.max() or 1)  # type: ignore[arg-type]
    reach = next(reach for limit, reach in REACHES if top <= limit)
    return {"type": "log", "tickvals": TICKS, "range": [-0.12, reach], "showgrid": False}


def _band(edge: float, word: str) -> tuple[Part, Part]:
    """The word where its band begins, upright along the math axis: side by side words would run into each other."""
    font = {"size": 11, "color": colours.GREY}
    return (
        note(word, x=log10(edge), xanchor="left", y=1, yref="paper", yanchor="top", textangle=90, font=font),
        note(word, y=log10(edge), yanchor="bottom", x=1, xref="paper", xanchor="right", font=font),
    )
