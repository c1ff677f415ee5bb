"""The scorecard as a table of words: a network a row, its power to force and stop, and what is spread over whom."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from analytics.power.paths import Side
from analytics.power.verdict import WORDS, State
from questions.scorecard import Cell, Row
from store.columns import ABOUT, Column
from ui import inert, powers, words

# What is less would be written as 0.0.
UNCHANGED: Final = 0.05
# What moved by less than this part of the number is grey.
LOUD: Final = 0.05
# What is older is said with its month, and its words have no colour: they are not of today.
OLD: Final = timedelta(days=30)
COLOURED: Final = re.compile(r":[a-z]+-background\[")
# Two numbers that are written alike are one.
PLACES: Final = 1


def matrix(found: Sequence[Row], layers: Mapping[str, str], now: datetime) -> pl.DataFrame:
    """One row a network, in cells of Markdown; columns: Network, Can force, Can stop, then those of store.columns.

    layers: what readers call a layer of the stack. Power is of the network, and told once. Keys are no resource.
    """
    known = {column for row in found for column in row.cells} - {Column.CONTROL}
    shown = {column: about.title for column, about in ABOUT.items() if column in known}
    rows = []
    for one in found:
        dated, time = as_of(one, now), _time(one)
        age = dated or (words.duration(now - time) if time else "")
        row = {
            "Network": f"**{inert.markdown(one.title)}**  \n:small[{', '.join(filter(None, (layers[one.stack], age)))}]"
        }
        sides = {"Can force": Side.FORCE, "Can stop": Side.STOP}
        row |= {title: powers.cell(one.power.of(side)) for title, side in sides.items()}
        row |= {title: math(one.cells.get(column)) for column, title in shown.items()}
        rows.append({title: _greyed(text) if dated else text for title, text in row.items()})
    return pl.DataFrame(rows)


def unread(one: Row) -> bool:
    """Whether nothing of a network was read: neither what is spread nor who can force or stop anything."""
    silent = all(one.power.of(side).state == State.NOT_READ for side in Side)
    return silent and not any(cell.population for cell in one.cells.values())


def as_of(one: Row, now: datetime) -> str:
    """The month of what is known of a network, where that is no longer of today; else nothing."""
    time = _time(one)
    return f"as of {time:%B %Y}" if time and now - time > OLD else ""


def _time(one: Row) -> datetime | None:
    """When the oldest of its populations was read."""
    return min((cell.population.time for cell in one.cells.values() if cell.population), default=None)


def _greyed(text: str) -> str:
    """A cell whose word has no colour."""
    return COLOURED.sub(":gray-background[", text)


def broad(found: Sequence[Row]) -> str:
    """Which resources are shown to be spread over many parties, as a sentence."""
    counted = [
        (one.title, ABOUT[Column(column)].title.lower(), cell.math.words)
        for one in found
        for column, cell in one.cells.items()
        if cell.math.number is not None and column != Column.CONTROL
    ]
    shown = [f"**{inert.markdown(title)}** ({of})" for title, of, word in counted if word == WORDS[-1]]
    if shown:
        return f"Shown to be spread over many parties: {words.listed(shown)}."
    return f"None of {words.several(len(counted), 'resource')} is shown to be spread over many parties." * bool(counted)


def math(one: Cell | None) -> str:
    """Over how many equal parties something is spread: at most so many, the word, and what bounds it."""
    if one is None:
        return ""
    if one.math.number is None:
        return powers.silent(one.math.state)
    most = one.bounds[1] if one.bounds else one.math.number
    lines = [f"{_at_most(one, most)}{_moved(one.change, most)}", powers.word(one.math.words, one.math.letter)]
    return "  \n".join(lines + [f":small[{told}]" for told in _below(one, most)])


def _at_most(one: Cell, most: float) -> str:
    """The number; at most so many where addresses that nobody has labelled could be one party's."""
    number, least = words.decimal(most), _least(one)
    return f"**{number}**" if least == number else f"at most **{number}**"


def _least(one: Cell) -> str:
    """The number if all addresses without a label were one party's."""
    return words.decimal(1.0 if one.math.lower is None else one.math.lower)


def _below(one: Cell, most: float) -> list[str]:
    """What stands below the word: the lower end, the number with self-claims, and who gates it."""
    told = [] if _least(one) == words.decimal(most) else [f"at least {_least(one)}"]
    if one.math.claimed is not None and words.decimal(one.math.claimed) != words.decimal(one.math.number):
        told.append(f"as claimed {words.decimal(one.math.claimed)}")
    gate = [f"{gated(one)} {one.gate.letter}"] if one.gate.number is not None else []
    return [", ".join(told), *gate] if told else gate


def gated(one: Cell) -> str:
    """How few gatekeepers half of it takes: half needs one of the auditors."""
    return f"half needs {words.numeral(int(one.gate.number or 0))} of the {inert.markdown(one.gate.how, 60)}"


def _moved(change: float | None, number: float) -> str:
    """An arrow with its size, in colour where it is large beside the number; nothing where nothing is to be seen."""
    if change is None or abs(change) < UNCHANGED:
        return ""
    colour, arrow = ("green", "↑") if change > 0 else ("red", "↓")
    if abs(change) < LOUD * number:
        colour = "gray"
    return f" :{colour}[{arrow}\u00a0{words.decimal(abs(change))}]"
