"""The scorecard as a table of words: a network a row, its power to force and stop, and what is spread over whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from analytics.power.verdict import State
from questions.scorecard import Cell, Said
from store.columns import ABOUT, Column
from ui import inert, words

# From one party to broad, as the words say it; the word itself is always there, so that nobody needs the colour.
COLOURS: Final[Mapping[str, str]] = {
    "one party": "red",
    "two parties": "red",
    "two keys": "red",
    "a handful": "orange",
    "a committee": "blue",
    "not shown": "gray",
    "broad": "green",
}
# What is less would be written as 0.0.
UNCHANGED: Final = 0.05


def matrix(found: Sequence[Cell], layers: Mapping[str, str], now: datetime) -> pl.DataFrame:
    """One row a network, in cells of Markdown; columns: Network, Can force, Can stop, then those of store.columns.

    layers: what readers call a layer of the stack. Keys are no resource: power tells of them.
    """
    known = {one.column for one in found} - {Column.CONTROL}
    shown = {column: about.title for column, about in ABOUT.items() if column in known}
    rows = []
    for network in dict.fromkeys(one.network for one in found):
        cells = {one.column: one for one in found if one.network == network}
        first = next(iter(cells.values()))
        weakest = least(list(cells.values()))
        times = [one.population.time for one in cells.values() if one.population]
        age = f", {words.duration(now - min(times))}" if times else ""
        row = {"Network": f"**{inert.markdown(first.title)}**  \n:small[{layers[first.stack]}{age}]"}
        row |= {"Can force": _force(weakest.force), "Can stop": _stop(weakest.stop)}
        rows.append(row | {title: _math(cells.get(column)) for column, title in shown.items()})
    return pl.DataFrame(rows)


def least(cells: Sequence[Cell]) -> Cell:
    """Of the cells of a network the one that takes the fewest parties to force something.

    Where none has a number the reason is that of a measure of which something is held, else of one that there could be.
    """
    return min(
        cells,
        key=lambda cell: (
            cell.force.number is None,
            cell.force.number or 0,
            cell.population is None,
            cell.force.state == State.NOT_APPLICABLE,
        ),
    )


def _math(one: Cell | None) -> str:
    if one is None:
        return ""
    if one.math.number is None:
        return _silent(one.math)
    number = words.between(one.math.number, one.bounds, as_share=False)
    return f"**{number}**{_moved(one.change)}  \n{_word(one.math)}"


def _force(said: Said) -> str:
    return _silent(said) if said.number is None else f"**{words.count(int(said.number))}**  \n{_word(said)}"


def _stop(said: Said) -> str:
    """The number alone, so that all columns fit a small screen; its word is told below."""
    return _silent(said) if said.number is None else f"**{words.count(int(said.number))}**"


def _moved(change: float | None) -> str:
    """An arrow with its size; nothing where nothing is to be seen."""
    if change is None or abs(change) < UNCHANGED:
        return ""
    colour, arrow = ("green", "↑") if change > 0 else ("red", "↓")
    return f" :{colour}[{arrow} {words.decimal(abs(change))}]"


def _word(said: Said) -> str:
    """The word, or the words between which it lies, with the letter of confidence; the lowest gives the colour."""
    colour = next(colour for word, colour in COLOURS.items() if word in said.words)
    between = said.words.removeprefix("borderline: ").replace(", ", " or ").split(" or ")
    named = "–".join(one.removeprefix("a ") for one in dict.fromkeys((between[0], between[-1])))
    return f":{colour}-badge[{named} {said.letter}]"


def _silent(said: Said) -> str:
    return f":gray[{said.state}]"
