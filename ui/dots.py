"""Math against power: one mark a network, one for those who gate one of its measures, and the bands of the words."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import log10
from typing import Final

import plotly.graph_objects as go
import polars as pl

from analytics.power.verdict import BANDS, COUNT_BANDS, COUNT_WORDS, WORDS
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
# A label stands above its line, to the right where a phone has room for it, else left of its mark.
LEFT_OF: Final = 40
LANE: Final = 28
# For the words of the bands, in lanes.
ROOM: Final = 2.5
TICKS: Final = [1, 2, 5, 15, 50, 200]
# Of yardsticks, by their order; a name would not fit.
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
# How far an axis goes, by the largest number on it; 15 and what lies above are always in sight.
REACHES: Final = ((15, 1.4), (50, 1.9), (200, 2.45), (float("inf"), 3.4))


def math_against_power(
    points: pl.DataFrame,
    *,
    paints: colours.Paints = colours.NO_NETWORKS,
    yardsticks: pl.DataFrame | None = None,
) -> go.Figure:
    """Over how many a network's resources are spread, how few decide over it, and how few gate one of them.

    A row each number of power, since half a party decides nothing, with a lane each mark, so that none hides another.
    points: network (id), title, of (what readers call it: the network, or the measure that is gated), gate, m and most
    (the least and the most spread, the same where it is one), k, independent, word, path. Hollow: independence is not
    shown. paints: the networks' looks. yardsticks: of questions.yardsticks, faint bands with a letter each.
    """
    compared = [] if yardsticks is None else [*yardsticks.iter_rows(named=True)]
    rows = _rows(points, compared)
    placed = points.sort("k", "m").with_columns(lane=pl.int_range(pl.len()).over("k"))
    networks = placed.partition_by(["network", "title"], maintain_order=True)
    lanes = max((end for _, end in rows.values()), default=1)
    return drawn(
        [_dots(part, rows, colours.painted(paints, part["network"][0], place)) for place, part in enumerate(networks)],
        height=120 + round(LANE * (lanes + ROOM)),
        x={"title": "Math: at most so many equal parties", **_logarithmic(points["most"])},
        y={
            "title": "Power: fewest that can force something",
            "tickvals": [(start + end) / 2 for start, end in rows.values()],
            "ticktext": [words.count(k) for k in rows],
            "range": [0, lanes + ROOM],
            "showgrid": False,
        },
        lines=[upright(float(band), colours.GREY, 1) for band in BANDS]
        + [across(start, colours.GREY, 1) for start, _ in rows.values() if start]
        + [_faint(one, rows) for one in compared],
        notes=[_band(edge, word) for edge, word in zip([1.0, *map(float, BANDS)], WORDS, strict=True)]
        + [*_words(rows)]
        + [_letter(place, one, rows) for place, one in enumerate(compared)],
        showlegend=False,
    )


Rows = Mapping[int, tuple[int, int]]


def _rows(points: pl.DataFrame, compared: Sequence[Part]) -> Rows:
    """Where the row of each number begins and ends, in lanes from the bottom: one a mark, or an empty one."""
    marks = Counter(points["k"])
    numbers = sorted({*marks, *(one[end] for one in compared for end in ("k_low", "k_high"))})
    ends = [*accumulate(max(1, marks[k]) for k in numbers)]
    return dict(zip(numbers, pairwise([0, *ends]), strict=True))


def _words(rows: Rows) -> Iterator[Part]:
    """What so many are called, in the first row of each word."""
    seen = set()
    for k, (_, end) in rows.items():
        if (word := COUNT_WORDS[bisect_right(COUNT_BANDS, k)]) not in seen:
            seen.add(word)
            font = {"size": 11, "color": colours.GREY}
            yield note(word, y=end, yanchor="top", x=1, xref="paper", xanchor="right", font=font)


# A yardstick that is known exactly is drawn this much wider than it is, to be seen.
WIDER: Final = 1.04


def _faint(one: Part, rows: Rows) -> Part:
    """The place of a yardstick: from its least to its most."""
    return {
        "type": "rect",
        "x0": one["m_low"] / WIDER,
        "x1": one["m_high"] * WIDER,
        "y0": rows[one["k_low"]][0],
        "y1": rows[one["k_high"]][1],
        "fillcolor": colours.FAINT,
        "line": {"width": 0},
        "layer": "below",
    }


def _letter(place: int, one: Part, rows: Rows) -> Part:
    """Which yardstick it is, at the foot of its band."""
    where = {"x": log10(one["m_low"] * one["m_high"]) / 2, "y": rows[one["k_low"]][0], "yanchor": "bottom"}
    return note(LETTERS[place % len(LETTERS)], **where, font={"size": 11, "color": colours.GREY})


def explained(points: pl.DataFrame) -> str:
    """What the marks mean that are drawn, as a line of text."""
    told = (True, bool(points["gate"].any()), not points["independent"].all())
    return "  \n".join(text for text, shown in zip(EXPLAINED, told, strict=True) if shown)


def left_out(titles: Sequence[str], points: pl.DataFrame) -> str:
    """Which networks have no mark, as a sentence of Markdown; empty where all have one."""
    missing = [inert.markdown(title) for title in titles if title not in set(points["title"])]
    return f"Without a mark, for want of a number of math or of power: {words.listed(missing)}." if missing else ""


def _dots(part: pl.DataFrame, rows: Rows, look: colours.Look) -> Part:
    title = inert.svg(str(part["title"][0]))
    texts = part.select("of", "word", "path", pl.col("k").cast(pl.String)).iter_rows()
    shapes = [
        (GATE if gate else NETWORK) + ("" if independent else "-open") + ("-dot" if look.textured else "")
        for gate, independent in part.select("gate", "independent").iter_rows()
    ]
    reach = (part["most"] - part["m"]).to_numpy()
    return {
        "type": "scatter",
        "x": part["m"].to_numpy(),
        "y": [rows[k][0] + lane + 0.5 for k, lane in part.select("k", "lane").iter_rows()],
        "error_x": {"array": reach, "arrayminus": [0.0] * part.height, "thickness": 1, "width": 0},
        "mode": "markers+text",
        "text": [f"{title}, {inert.svg(of)}" if gate else title for gate, of in part.select("gate", "of").iter_rows()],
        "textposition": ["middle left" if m > LEFT_OF else "top right" for m in part["m"]],
        "textfont": {"size": 11},
        "marker": {"size": 12, "color": look.colour, "symbol": shapes, "line": _edge(look)},
        "customdata": [[inert.svg(text or "", 120) for text in row] for row in texts],
        "hovertemplate": (
            f"<b>{title}</b> · %{{customdata[0]}}<br>math %{{x:.3~g}}"
            "<br>power %{customdata[3]}: %{customdata[1]}<br>%{customdata[2]}<extra></extra>"
        ),
    }


def _edge(look: colours.Look) -> Part:
    """Edge and inner dot of a mark; in its own colour a dot would not be seen."""
    return {"width": 2, "color": colours.GREY if look.textured else look.colour}


def _logarithmic(values: pl.Series) -> Part:
    top = float(values.max() or 1)  # type: ignore[arg-type]
    reach = next(reach for limit, reach in REACHES if top <= limit)
    return {"type": "log", "tickvals": TICKS, "range": [-0.12, reach], "showgrid": False}


def _band(edge: float, word: str) -> Part:
    """The word where its band begins, upright in the room at the top: side by side words would run into each other."""
    font = {"size": 11, "color": colours.GREY}
    return note(word, x=log10(edge), xanchor="left", y=1, yref="paper", yanchor="top", textangle=90, font=font)
