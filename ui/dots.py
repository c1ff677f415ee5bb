"""Math against power: one mark a network, one for those who gate one of its measures, and the bands of the words."""

from collections.abc import Sequence
from math import log10
from typing import Final

import plotly.graph_objects as go
import polars as pl

from analytics.power.verdict import BANDS, WORDS
from ui import colours, inert, words
from ui.figure import Part, across, drawn, note, upright

# A network by the power over it; those who gate one measure by the power over that alone.
NETWORK: Final = "circle"
GATE: Final = "diamond"
EXPLAINED: Final = (
    "● a network: its power, at the least spread of what it has; the line reaches to the most spread",
    "◆ those who gate one measure, such as auditors",
    "○ ◇ hollow: it is not shown that the parties are independent",
)
# Power is a whole number; networks with the same one stand a little apart above it, all in the same band.
APART: Final = 0.7
LEFT_OF: Final = 5
TICKS: Final = [1, 2, 5, 15, 50, 200]
# Of yardsticks, by their order; a name would not fit.
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
# How far an axis goes, by the largest number on it; 15 and what lies above are always in sight.
REACHES: Final = ((15, 1.4), (50, 1.9), (200, 2.45), (float("inf"), 3.4))


def math_against_power(
    points: pl.DataFrame,
    *,
    paints: colours.Paints = colours.NO_NETWORKS,
    height: int = 460,
    yardsticks: pl.DataFrame | None = None,
) -> go.Figure:
    """Over how many a network's resources are spread, how few decide over it, and how few gate one of them.

    points: network (id), title, of (what readers call it: the network, or the measure that is gated), gate, m and most
    (the least and the most spread, the same where it is one), k, independent, word, path. Hollow: independence is not
    shown. paints: the networks' looks; a network whose colour another one has bears its name.
    yardsticks: of questions.yardsticks, faint bands with a letter each.
    """
    compared = [] if yardsticks is None else [*yardsticks.iter_rows(named=True)]
    traces = []
    networks = points.partition_by(["network", "title"], maintain_order=True)
    for place, part in enumerate(networks, start=1):
        look = colours.painted(paints, str(part["network"][0]), place - 1)
        title = inert.svg(str(part["title"][0]))
        above = APART * place / (len(networks) + 1)
        traces += [_dots(part, title, look, above), _legend_only(title, look)]
    edges = [float(band) for band in BANDS]
    return drawn(
        traces,
        height=height,
        x={"title": "Math: at most so many equal parties", **_logarithmic(points["most"])},
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


def explained(points: pl.DataFrame) -> str:
    """What the marks mean that are drawn, as a line of text."""
    told = (True, bool(points["gate"].any()), not points["independent"].all())
    return "  \n".join(text for text, shown in zip(EXPLAINED, told, strict=True) if shown)


def left_out(titles: Sequence[str], points: pl.DataFrame) -> str:
    """Which networks have no mark, as a sentence of Markdown; empty where all have one."""
    missing = [inert.markdown(title) for title in titles if title not in set(points["title"])]
    return f"Without a mark, for want of a number of math or of power: {words.listed(missing)}." if missing else ""


def _dots(part: pl.DataFrame, title: str, look: colours.Look, above: float) -> Part:
    texts = part.select("of", "word", "path", pl.col("k").cast(pl.String)).iter_rows()
    shapes = [
        (GATE if gate else NETWORK) + ("" if independent else "-open") + ("-dot" if look.textured else "")
        for gate, independent in part.select("gate", "independent").iter_rows()
    ]
    reach = (part["most"] - part["m"]).to_numpy()
    return {
        "type": "scatter",
        "x": part["m"].to_numpy(),
        "y": part["k"].to_numpy() + above,
        "error_x": {"array": reach, "arrayminus": [0.0] * part.height, "thickness": 1, "width": 0},
        "showlegend": False,
        "mode": "markers+text" if look.textured else "markers",
        "text": title,
        # To the side where there is room.
        "textposition": [f"middle {'left' if m > LEFT_OF else 'right'}" for m in part["m"]],
        "marker": {"size": 14, "color": look.colour, "symbol": shapes, "line": _edge(look)},
        "customdata": [[inert.svg(text or "", 120) for text in row] for row in texts],
        "hovertemplate": (
            f"<b>{title}</b> · %{{customdata[0]}}<br>math %{{x:.3~g}}"
            "<br>power %{customdata[3]}: %{customdata[1]}<br>%{customdata[2]}<extra></extra>"
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
