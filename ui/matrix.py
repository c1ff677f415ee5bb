"""What the scorecard says of a network at first glance: who can force and stop what, and how each resource is spread.

A number is a link to where it is shown; its tooltip says by which way, at which block, and what its letter means.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.power.paths import Side
from analytics.power.verdict import NOT_SHOWN, State
from questions.populations import Population
from questions.power import Said
from questions.scorecard import Cell, Row
from store.columns import ABOUT, Column
from ui import inert, powers, words

# What moved by less than this part of the number is grey.
LOUD: Final = 0.05
# What is older is said with its month, and its words have no colour: they are not of today.
OLD: Final = timedelta(days=30)
COLOURED: Final = re.compile(r":[a-z]+-background\[")
SIDES: Final = {Side.FORCE: "can force", Side.STOP: "can stop"}
# In a tile there is room for two words: the legend has them all, and its sign says that it is an upper end.
SHORT: Final = {NOT_SHOWN: "not shown", "at most ": ""}
# Numbers up to 9,999.9 stand below each other by their digits.
DIGITS: Final = 5
WIDE_AS_A_DIGIT: Final = "\u2007"
CHECKS: Final = "all read at one block, the chain's own total, a second endpoint, labels for four fifths"
LETTERS: Final = {
    "A": f"A, the surest: {CHECKS}",
    "B": f"B, less sure: one of these is missing: {CHECKS}",
    "C": f"C, the least sure: two or more of these are missing, or much was not read or has no label: {CHECKS}",
    "X": "X: nobody can verify it",
}
LEGEND: Final = (
    "**Can force, can stop**: how few are enough, by the shortest way that is known. **≤**: over so many equal parties "
    "at most, if each address is a party. **Not shown**: many addresses, and nobody has shown whose, so neither "
    "concentrated nor spread. **A, B, C**: how sure it is. **Arrows**: in 30 days. Each number leads to its page."
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with its word, what its tooltip says, and the address of the place that shows it: what pages/power.py
    is asked for.
    """

    text: str
    told: str
    at: Mapping[str, str]


def power(row: Row, side: Side, known: Sequence[Population], now: datetime) -> Tile:
    """How few can force or stop something; known: the populations of the network. `at` is empty where none is shown."""
    said = row.power.of(side)
    told = [f"{words.sentence(_done(said))}, {words.delay(said.seconds)}", said.note, _by_letter(said.letter)]
    found = next((one for one in known if _holds(said, one)), None)
    told += [_read(found, now)] if found else []
    if said.unknown:
        told.append(f"it could be fewer: {said.unknown}")
    where = {"what": said.among, **({"of": said.of} if said.of else {})} if found else {}
    asked = {"way": str(side)} if side == Side.STOP else {}
    at = {"net": row.network, **where, **asked} if known else {}
    return Tile(f"**{words.count(said.number)}** {SIDES[side]} {powers.word(said.words, said.letter)}", _help(told), at)


def _holds(said: Said, one: Population) -> bool:
    return one.measure == said.among and (not said.of or one.key == said.of)


def way(said: Said) -> str:
    """What is done by which way, how soon, and what to be careful of, as a line of small text."""
    told = [inert.markdown(_done(said), powers.LONGEST), words.delay(said.seconds), *([said.note] if said.note else [])]
    return f":small[{', '.join(told)}]"


def _done(said: Said) -> str:
    return said.how.replace(" by ", ", by ", 1)


def spread(cell: Cell, now: datetime) -> Tile:
    """Over how many equal parties a resource is spread at most, and its word."""
    said, most = cell.math, cell.most or 0
    least, claimed = words.decimal(cell.least), words.decimal(said.claimed)
    told = [f"{words.sentence(ABOUT[Column(cell.column)].kind)}: at most {words.decimal(most)} equal parties"]
    told += [f"at least {least}, if all addresses without a label are one party's"]
    told += [f"{claimed} if those are one who claim to be"] if said.claimed and claimed != words.decimal(most) else []
    told += [said.text, said.sensitivity, _by_letter(said.letter)]
    told += [_gated(cell)] if cell.gate.number is not None else []
    told += [_read(cell.population, now)] if cell.population else []
    sign = WIDE_AS_A_DIGIT if least == words.decimal(most) else "≤"
    number = f"{sign}{WIDE_AS_A_DIGIT * (DIGITS - len(words.decimal(most)))}**{words.decimal(most)}**"
    at = {"net": cell.network, "what": cell.population.measure, "of": cell.population.key} if cell.population else {}
    text = f"{number} {ABOUT[Column(cell.column)].title} {_word(said.words, said.letter)}{_moved(cell.change, most)}"
    return Tile(text, _help(told), at)


def _word(said: str, letter: str) -> str:
    for long, short in SHORT.items():
        said = said.replace(long, short)
    return powers.word(said, letter)


def _help(told: Sequence[str]) -> str:
    """The lines of a tooltip."""
    return "  \n".join(words.sentence(inert.markdown(text, powers.LONGEST)) for text in told if text)


def _by_letter(letter: str) -> str:
    return LETTERS.get(letter, "")


def _read(one: Population, now: datetime) -> str:
    return f"{words.block(one.height)}, {words.age(one.time, now)}"


def ends(cell: Cell) -> str:
    """At most and at least how many equal parties, before the word; empty where there is no number."""
    if cell.math.number is None:
        return ""
    return f"at most {words.decimal(cell.most)}, at least {words.decimal(cell.least)}, "


def silences(row: Row) -> str:
    """What has no number, by the kind of silence, as a line of small text; empty where all have one."""
    found: dict[str, list[str]] = {}
    for column, cell in row.resources.items():
        if cell.math.number is None:
            found.setdefault(cell.math.state, []).append(ABOUT[Column(column)].title)
    told = [f"{words.sentence(state)}: {', '.join(found[state]).lower()}" for state in State if state in found]
    return f":small[:gray[{'. '.join(told)}.]]" if told else ""


def unread(one: Row) -> bool:
    """Whether nothing of a network was read: neither what is spread nor who can force or stop anything."""
    silent = all(one.power.of(side).state == State.NOT_READ for side in Side)
    return silent and not any(cell.population for cell in one.cells.values())


def read_at(one: Row, known: Sequence[Population]) -> datetime | None:
    """When the oldest was read of what is told of a network; known: its populations, for one that has only keys."""
    told = [cell.population.time for cell in one.cells.values() if cell.population]
    return min(told or [population.time for population in known], default=None)


def as_of(time: datetime | None, now: datetime) -> str:
    """The month of what is known of a network, where that is no longer of today; else nothing."""
    return f"as of {time:%B %Y}" if time and now - time > OLD else ""


def greyed(text: str) -> str:
    """A text whose word has no colour."""
    return COLOURED.sub(":gray-background[", text)


def gated(one: Cell) -> str:
    """How few gatekeepers half of it takes, as Markdown: half needs one of the auditors."""
    return inert.markdown(_gated(one), 120)


def _gated(one: Cell) -> str:
    return f"half needs {words.numeral(int(one.gate.number or 0))} of the {one.gate.how} ({one.gate.letter})"


def _moved(change: float | None, number: float) -> str:
    """An arrow with its size, in colour where it is large beside the number; nothing where nothing is to be seen."""
    # As both numbers are written where they stand side by side.
    size = None if change is None else words.delta(number - change, number, as_share=False)
    if change is None or size in (None, words.UNCHANGED):
        return ""
    colour, arrow = ("green", "↑") if change > 0 else ("red", "↓")
    if abs(change) < LOUD * number:
        colour = "gray"
    return f" :{colour}[{arrow}\u00a0{size[1:]}]"
