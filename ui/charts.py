"""Shares as charts: ranked bars, sides of a market, parts of wholes, Lorenz curves, before and after, a vote.

Frames in, figures out; every text in a frame is taken for hostile. The browser itself makes the PNG.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from ui import colours, inert, words
from ui.figure import MARGIN, Figure, Part, across, drawn, marks_form, note, thin, upright

# More bars than this are thinner than a pixel on a phone.
MOST_BARS: Final = 60
MOST_ROWS: Final = 30
# Fewer ranks than this are numbered one by one.
FEW: Final = 10
# A little over the whole, so that a line at 100 per cent is not cut in half.
SHARES: Final = {"tickformat": ".0%", "range": [0, 1.02]}
# From nothing to all, with room for the mark at the very end, which Plotly leaves out where it would be cut.
WHOLE: Final = {"tickformat": ".0%", "range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1]}
WITH_ENDS: Final = {**MARGIN, "r": 24}
OPTION_COLOURS: Final = {
    "yes": colours.SLOTS[0],
    "no": colours.SLOTS[1],
    "no_with_veto": colours.SLOTS[6],
    "abstain": colours.SLOTS[5],
    "not voted": colours.FAINT,
}


def ranked(
    rows: pl.DataFrame,
    *,
    threshold: float | None,
    threshold_label: str = "",
    look: colours.Look = colours.FIRST,
    things: str = "parties",
    unread: float = 0.0,
    height: int = 360,
) -> Figure:
    """Shares, the largest first, with the running sum and a rule's threshold on the same axis.

    rows: rank, name, share, cumulative (fractions), coalition (is it one of the fewest that reach the threshold).
    unread: the part of the whole whose owners were not read; a band says that all of it could be of the largest.
    """
    shown = rows.sort("rank").head(MOST_BARS)
    # Pale, because a network's own colour may be a grey.
    looks = ((True, "Reach the threshold", look), (False, "Others", colours.PALE))
    parts_ = [(shown.filter(pl.col("coalition") == inside), name, own) for inside, name, own in looks]
    return drawn(
        [
            *(_bars(part, name, own) for part, name, own in parts_ if not part.is_empty()),
            _running(shown),
            *([_at_most(shown, unread)] if unread else []),
        ],
        height=height,
        x={
            "title": f"{words.sentence(things)}, largest first",
            "tickvals": _rank_ticks(shown.height),
            "range": [0.4, max(shown.height, 5) + 0.6],
            "showgrid": False,
        },
        y={"title": "Share", **SHARES},
        lines=[across(threshold)] if threshold is not None else [],
        notes=[_on_the_line(threshold_label, threshold)] if threshold is not None and threshold_label else [],
        # Every rank is in one of the two; beside each other they would leave half of the width empty.
        barmode="overlay",
        bargap=0.12,
    )


def _bars(part: pl.DataFrame, name: str, look: colours.Look) -> Part:
    return {
        "type": "bar",
        "x": part["rank"],
        "y": part["share"],
        "name": name,
        "marker": {
            "color": look.colour,
            "pattern": {"shape": look.hatch, "solidity": 0.6},
            "line": {"color": colours.GREY, "width": 1 if look == colours.PALE else 0},
        },
        "customdata": [[inert.svg(text or ""), rank] for text, rank in part.select("name", "rank").iter_rows()],
        "hovertemplate": "%{customdata[0]}<br>rank %{customdata[1]} · %{y:.2%}<extra></extra>",
    }


def _running(shown: pl.DataFrame) -> Part:
    return {
        "type": "scatter",
        "x": shown["rank"],
        "y": shown["cumulative"],
        "name": "Together",
        "mode": "lines",
        # Steps: nobody is between two ranks, so nothing rises there.
        "line": {"shape": "hvh", "color": colours.GREY, "width": 2},
        "hovertemplate": "the largest %{x} together<br>%{y:.2%}<extra></extra>",
    }


def _at_most(shown: pl.DataFrame, unread: float) -> Part:
    """The running sum if all that was not read were the largest party's, and the band down to what was read."""
    return {
        **_running(shown),
        "y": (shown["cumulative"] + unread).clip(0, 1),
        "name": "At most, with what was not read",
        "fill": "tonexty",
        "fillcolor": colours.FAINT,
        "line": {"shape": "hvh", "color": colours.FAINT, "width": 1},
        "hovertemplate": "the largest %{x} together<br>at most %{y:.2%}<extra></extra>",
    }


def _rank_ticks(number: int) -> list[int]:
    if number < FEW:
        return [*range(1, number + 1)]
    step = 5 if number <= 40 else 10
    return [1, *range(step, number + 1, step)]


def _on_the_line(label: str, at: float) -> Part:
    return note(label, x=1, xref="paper", xanchor="right", y=at, yanchor="bottom")


def sides(rows: pl.DataFrame, *, height: int = 360) -> Figure:
    """How fast the largest of several sides of a market add up: one rising line a side, on one axis.

    rows: side, rank, cumulative (fractions of the side's own total).
    """
    groups = rows.sort("rank").partition_by("side", maintain_order=True)
    return drawn(
        [_side(_first_ranks(part), place) for place, part in enumerate(groups)],
        height=height,
        x={
            "title": "The largest so many together",
            # One side has five parties and another thousands.
            "type": "log",
            "tickvals": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
            "showgrid": False,
        },
        y={"title": "Share", **SHARES},
        lines=[across(0.5)],
        notes=[_on_the_line("half", 0.5)],
    )


def _first_ranks(part: pl.DataFrame) -> pl.DataFrame:
    """At most so many ranks as are drawn, each the same part further than the one before, as the axis has them."""
    return part[sorted({round(part.height ** (place / (MOST_BARS - 1))) - 1 for place in range(MOST_BARS)})]


def _side(part: pl.DataFrame, place: int) -> Part:
    return {
        "type": "scatter",
        "x": part["rank"],
        "y": part["cumulative"],
        "name": inert.svg(str(part["side"][0])),
        "mode": "lines+markers",
        "line": {"width": 2.5, "color": colours.of_place(place + 6)},
        "marker": {"size": 5},
        "hovertemplate": "the largest %{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
    }


def parts(rows: pl.DataFrame, *, height: int = 420) -> Figure:
    """How each of some wholes is cut: one lying bar each.

    rows: whole, part, share (fractions), in the order in which they are drawn.
    """
    return drawn(
        [
            {
                "type": "bar",
                "x": part["share"],
                "y": [inert.svg(name, 28) for name in part["whole"]],
                "orientation": "h",
                "name": inert.svg(str(part["part"][0])),
                "marker": {"color": colours.of_place(place)},
                "hovertemplate": "%{y}<br>%{fullData.name} %{x:.1%}<extra></extra>",
            }
            for place, part in enumerate(rows.partition_by("part", maintain_order=True))
        ],
        height=height,
        x=WHOLE,
        y={"autorange": "reversed", "showgrid": False, "type": "category"},
        barmode="stack",
        bargap=0.25,
        margin=WITH_ENDS,
    )


def lorenz(rows: pl.DataFrame, *, paints: colours.Paints = colours.NO_NETWORKS, height: int = 360) -> Figure:
    """How much of the whole the smallest x percent hold; the diagonal would be equality.

    rows: network (id), title, holders, amount (running fractions from the smallest up). paints: the networks' looks.
    """
    groups = rows.partition_by(["network", "title"], maintain_order=True)
    equal: Part = {
        "type": "scatter",
        "x": [0, 1],
        "y": [0, 1],
        "mode": "lines",
        "line": {"color": colours.GREY, "width": 1, "dash": "dash"},
        "name": "equal",
        "hoverinfo": "skip",
    }
    return drawn(
        [*(_curve(thin(part, 200), place, paints) for place, part in enumerate(groups)), equal],
        height=height,
        x={"title": "Holders, smallest first", **WHOLE},
        y={"title": "Share held", **SHARES},
        margin=WITH_ENDS,
    )


def _curve(part: pl.DataFrame, place: int, paints: colours.Paints) -> Part:
    network, title = part.select("network", "title").row(0)
    look = colours.painted(paints, str(network), place)
    return {
        "type": "scatter",
        "x": part["holders"],
        "y": part["amount"],
        "name": inert.svg(str(title)),
        "mode": "lines",
        "line": {"width": 2.5, "color": look.colour, "dash": look.dash},
        "hovertemplate": "the smallest %{x:.0%} hold %{y:.1%}<extra>%{fullData.name}</extra>",
    }


def before_after(rows: pl.DataFrame, *, colour: str = colours.SLOTS[0], form: str = ".1%") -> Figure:
    """Two dots a row, joined: where it was and where the change puts it.

    rows: name, before, after; drawn in the order given, a null where a party does not exist.
    """
    shown = rows.head(MOST_ROWS)
    names = [f"{place}. {inert.svg(name, 24)}" for place, name in enumerate(shown["name"], start=1)]
    ends = zip(names, shown["before"], shown["after"], strict=True)
    joined = [(name, before, after) for name, before, after in ends if before is not None and after is not None]
    looks = (("before", "Before", colours.GREY, "circle-open"), ("after", "After", colour, "circle"))
    dots: list[Part] = [
        {
            "type": "scatter",
            "x": shown[column],
            "y": names,
            "name": title,
            "mode": "markers",
            "marker": {"size": 11, "color": paint, "symbol": symbol},
            "hovertemplate": f"%{{y}}<br>{title.lower()} %{{x:{form}}}<extra></extra>",
        }
        for column, title, paint, symbol in looks
    ]
    return drawn(
        [*([_joined(joined)] if joined else []), *dots],
        height=90 + 26 * shown.height,
        x={"tickformat": marks_form(form), "rangemode": "tozero"},
        # Plotly would put the rows of the first trace first, and a party that is new last.
        y={
            "autorange": "reversed",
            "showgrid": False,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
        },
    )


def _joined(rows: Sequence[tuple[str, float, float]]) -> Part:
    """All joining lines as one trace, with gaps between the rows."""
    return {
        "type": "scatter",
        "x": [value for _, before, after in rows for value in (before, after, None)],
        "y": [text for name, _, _ in rows for text in (name, name, None)],
        "mode": "lines",
        "line": {"color": colours.FAINT, "width": 4},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def tally(rows: pl.DataFrame, marks: Sequence[tuple[float, str]] = (), *, height: int = 215) -> Figure:
    """One bar of the whole, cut by option, with the rule's marks on it.

    rows: option, share (fractions of the same whole). marks: (position, label), such as the quorum.
    """
    return drawn(
        [
            {
                "type": "bar",
                "x": [part],
                "y": [""],
                "orientation": "h",
                "name": inert.svg(option.replace("_", " ")),
                "marker": {"color": OPTION_COLOURS.get(option, colours.of_place(place))},
                "hovertemplate": "%{fullData.name}<br>%{x:.2%}<extra></extra>",
            }
            for place, (option, part) in enumerate(rows.select("option", "share").iter_rows())
        ],
        height=height,
        x=WHOLE,
        y={},
        lines=[upright(at, width=2) for at, _ in marks],
        notes=[note(label, x=at, y=0, yref="paper", yanchor="top", yshift=-20) for at, label in marks],
        barmode="stack",
        # Room for the marks, between the ticks and the line of sources.
        margin={**WITH_ENDS, "b": 62},
    )
