"""Math against power: a lane a network, one for those who gate one of its measures, and one a yardstick."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import log10
from textwrap import wrap
from typing import Any, Final

import polars as pl

from analytics.power.verdict import BANDS, COUNT_BANDS, COUNT_WORDS, WORDS
from ui import colours, inert, words
from ui.figure import Figure, Part, across, drawn, note, upright

# A network by the power over it; those who gate one measure by the power over that alone.
NETWORK: Final = "circle"
GATE: Final = "diamond"
YARDSTICK: Final = "line-ns"
EXPLAINED: Final = (
    "● a network: its power, at the least spread of what it has; the line reaches to the most spread",
    "◆ those who gate one measure, such as auditors",
    "○ ◇ hollow: it is not shown that the parties are independent",
    "| grey: something else, to compare with",
)
# Two lines of a name stand in a lane, and beside them a phone has room for the marks.
LANE: Final = 34
LONGEST_LINE: Final = 22
# For the words of the bands, in lanes.
ROOM: Final = 2.5
TICKS: Final = [1, 2, 5, 15, 50, 200, 1000, 5000]
# How far the axis goes beyond 1 and the largest number, as its logarithm; 15 and what lies above are always in sight.
BEYOND: Final = 0.12
AT_LEAST: Final = 1.4
# At the right of the lanes, for how few are enough.
MARGIN: Final = {"l": 8, "r": 76, "t": 36, "b": 8}
SMALL: Final = {"size": 11, "color": colours.GREY}

# What is drawn in a lane: k, m, most, name, look, symbol, hover.
Mark = Mapping[str, Any]


def math_against_power(
    points: pl.DataFrame,
    *,
    paints: colours.Paints = colours.NO_NETWORKS,
    yardsticks: pl.DataFrame | None = None,
) -> Figure:
    """Over how many a network's resources are spread, how few decide over it, and how few gate one of them.

    A lane each mark, with its name at the left, so that neither marks nor names can hide another; lanes with the same
    number of power lie together, since half a party decides nothing.
    points: network (id), title, layer, of (what readers call it: the network, or the measure that is gated), gate, m
    and most (the least and the most spread, the same where it is one), k, independent, word, path. Hollow: independence
    is not shown. paints: the networks' looks. yardsticks: of questions.yardsticks.
    """
    lanes = sorted([*_marks(points, paints), *_compared(yardsticks)], key=lambda one: (one["k"], one["m"]))
    rows = _rows([one["k"] for one in lanes])
    return drawn(
        [_trace(lanes)],
        height=120 + round(LANE * (len(lanes) + ROOM)),
        margin=MARGIN,
        x={"title": "Math: at most so many equal parties", **_logarithmic(max(one["most"] for one in lanes))},
        y={
            "tickvals": [place + 0.5 for place in range(len(lanes))],
            "ticktext": [one["name"] for one in lanes],
            "tickfont": {"size": 11},
            "range": [0, len(lanes) + ROOM],
            "showgrid": False,
        },
        lines=[upright(float(band), colours.GREY, 1) for band in BANDS]
        + [across(start, colours.GREY, 1) for start, _ in rows.values() if start],
        notes=[_band(edge, word) for edge, word in zip([1.0, *map(float, BANDS)], WORDS, strict=True)]
        + [*_enough(rows)],
        showlegend=False,
    )


def _marks(points: pl.DataFrame, paints: colours.Paints) -> Iterator[Mark]:
    """What is drawn of networks, a record a lane."""
    places = {network: place for place, network in enumerate(dict.fromkeys(points["network"]))}
    for one in points.iter_rows(named=True):
        look = colours.painted(paints, one["network"], places[one["network"]])
        shape = GATE if one["gate"] else NETWORK
        textured = "-dot" if look.textured else ""
        hover = (
            one["title"],
            one["of"],
            one["word"],
            one["path"],
            _range(one["m"], one["most"]),
            words.count(one["k"]),
        )
        yield {
            "k": one["k"],
            "m": one["m"],
            "most": one["most"],
            "name": name(one["title"], f"gate of {one['of']}" if one["gate"] else one["layer"]),
            "look": look,
            "symbol": f"{shape}{'' if one['independent'] else '-open'}{textured}",
            "hover": [inert.svg(text or "", 120) for text in hover],
        }


def _compared(yardsticks: pl.DataFrame | None) -> Iterator[Mark]:
    """What is drawn of yardsticks, where they are certain to be enough."""
    for one in [] if yardsticks is None else yardsticks.iter_rows(named=True):
        math, power = _range(one["m_low"], one["m_high"]), _range(one["k_low"], one["k_high"])
        hover = (one["title"], "to compare with", "enough", one["deciding"], math, power)
        yield {
            "k": one["k_high"],
            "m": one["m_low"],
            "most": one["m_high"],
            "name": name(one["title"], ""),
            "look": colours.PLAIN,
            "symbol": YARDSTICK,
            "hover": [inert.svg(text, 120) for text in hover],
        }


def _range(low: float, high: float) -> str:
    ends = dict.fromkeys((words.decimal(low), words.decimal(high)))
    return " to ".join(ends)


def name(title: str, more: str) -> str:
    """A name with what tells it apart, in at most two lines of a label."""
    lines = wrap(
        inert.plain(f"{title} · {more.lower()}" if more else title), LONGEST_LINE, max_lines=2, placeholder="…"
    )
    return "<br>".join(inert.svg(line) for line in lines)


Rows = Mapping[int, tuple[int, int]]


def _rows(numbers: Sequence[int]) -> Rows:
    """Between which lanes, from the bottom, each number of power begins and ends."""
    ends, end = {}, 0
    for k, same in groupby(numbers):
        start, end = end, end + len([*same])
        ends[k] = (start, end)
    return ends


def _enough(rows: Rows) -> Iterator[Part]:
    """How few are enough, and what so many are called, at the right of their lanes."""
    for k, (start, end) in rows.items():
        text = f"{words.count(k)}<br>{COUNT_WORDS[bisect_right(COUNT_BANDS, k)]}"
        yield {"text": text, "showarrow": False, "align": "left", "x": 1.01, "xref": "paper", "xanchor": "left"} | {
            "y": (start + end) / 2,
            "font": SMALL,
        }


def explained(points: pl.DataFrame) -> str:
    """What the marks mean that are drawn, as a line of text."""
    told = (True, bool(points["gate"].any()), not points["independent"].all(), True)
    return "  \n".join(text for text, shown in zip(EXPLAINED, told, strict=True) if shown)


def left_out(titles: Sequence[str], points: pl.DataFrame) -> str:
    """Which networks have no mark, as a sentence of Markdown; empty where all have one."""
    missing = [inert.markdown(title) for title in titles if title not in set(points["title"])]
    return f"Without a mark, for want of a number of math or of power: {words.listed(missing)}." if missing else ""


def _trace(lanes: Sequence[Mark]) -> Part:
    """All marks as one trace, which takes a tenth of the time of one a network."""
    reach = [one["most"] - one["m"] for one in lanes]
    error = {"array": reach, "arrayminus": [0.0] * len(lanes), "thickness": 1, "width": 3, "color": colours.GREY}
    edges = [colours.GREY if one["look"].textured else one["look"].colour for one in lanes]
    return {
        "type": "scatter",
        "x": [one["m"] for one in lanes],
        "y": [place + 0.5 for place in range(len(lanes))],
        "error_x": error,
        "mode": "markers",
        "marker": {
            "size": 12,
            "color": [one["look"].colour for one in lanes],
            "symbol": [one["symbol"] for one in lanes],
            # In its own colour an inner dot would not be seen.
            "line": {"width": 2, "color": edges},
        },
        "customdata": [one["hover"] for one in lanes],
        "hovertemplate": (
            "<b>%{customdata[0]}</b> · %{customdata[1]}<br>math %{customdata[4]}"
            "<br>power %{customdata[5]}: %{customdata[2]}<br>%{customdata[3]}<extra></extra>"
        ),
    }


def _logarithmic(top: float) -> Part:
    return {"type": "log", "tickvals": TICKS, "range": [-BEYOND, max(AT_LEAST, log10(top) + BEYOND)], "showgrid": False}


def _band(edge: float, word: str) -> Part:
    """The word where its band begins, upright in the room at the top: side by side words would run into each other."""
    return note(word, x=log10(edge), xanchor="left", y=1, yref="paper", yanchor="top", textangle=90, font=SMALL)
