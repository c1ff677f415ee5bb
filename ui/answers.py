"""The answer before all numbers: a sentence for the field, and one for each layer of the stack."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from analytics.power.paths import Action, Side
from analytics.power.verdict import WORDS, State
from questions.power import Said
from questions.scorecard import Cell, Row
from store.columns import ABOUT, Column
from ui import inert, words

FEW: Final = 2
# What an action is done to: one changes the rules of a network, and halts it.
TO: Final = {Action.CHANGE_RULES: "of ", Action.MINT: "on ", Action.SEIZE: "on "}


def field(read: Sequence[Row], unread: Sequence[Row]) -> str:
    """In how many networks one or two parties are enough, and of how many that is not known."""
    if not read:
        return "No network has been read yet."
    forced = [one.power.of(Side.FORCE).number for one in read]
    few = sum(number is not None and number <= FEW for number in forced)
    count = f"{words.numeral(few) if few else 'none'} of {words.several(len(read), 'network')}"
    enough = f"{'enough' if few else 'known to be enough'} to force something on all others"
    told = [f"In {count} one or two parties are {enough}"]
    if unknown := forced.count(None):
        told.append(f"of {words.numeral(unknown)} it is not known how few are")
    if unread:
        told.append(f"{words.several(len(unread), 'network')} {'is' if len(unread) == 1 else 'are'} not read yet")
    return f"{'; '.join(told)}."


def broad(read: Sequence[Row]) -> str:
    """Which resources are shown to be spread over many parties, as a sentence; empty where none has a number."""
    counted = [(row, cell) for row in read for cell in row.spread]
    shown = [named(row, cell) for row, cell in counted if cell.math.words == WORDS[-1]]
    if shown:
        count = f"{words.sentence(words.numeral(len(shown)))} of {words.several(len(counted), 'resource')}"
        return f"{count} {'is' if len(shown) == 1 else 'are'} shown to be spread over many: {words.listed(shown)}."
    return f"None of {words.several(len(counted), 'resource')} is shown to be spread over many." * bool(counted)


def layer(read: Sequence[Row], unread: Sequence[Row], dated: Mapping[str, str]) -> str:
    """How few can do what on networks of a layer, and what is spread least; dated: of which month, if not of now."""
    said = [(row, row.power.of(Side.FORCE)) for row in read]
    clauses = "; ".join([*_forced(said, dated), *_unknown(said)])
    told = [f"{words.sentence(clauses)}." if clauses else "", _spread(read, dated), *_silent(read)]
    if unread:
        told.append(f"Not read: {words.listed([title(row) for row in unread])}.")
    return " ".join(filter(None, told))


def _forced(said: Sequence[tuple[Row, Said]], dated: Mapping[str, str]) -> Iterator[str]:
    """Those who are enough, the fewest first: one key each can change the rules of A and B."""
    found: dict[tuple[int, Action, str], list[str]] = defaultdict(list)
    for row, one in said:
        if one.number is not None:
            action = next(action for action in Action if one.how.startswith(action))
            found[one.number, action, one.called].append(title(row) + _month(row, dated))
    for (number, action, things), titles in sorted(found.items(), key=lambda one: one[0][0]):
        each = " each" if len(titles) > 1 else ""
        enough = words.several(number, words.one(things), things)
        yield f"{enough}{each} can {action} {TO.get(action, '')}{words.listed(titles)}"


def _month(row: Row, dated: Mapping[str, str]) -> str:
    """Of which month what is said of a network is, where that is not of now."""
    return f" ({dated[row.network]})" if dated.get(row.network) else ""


def _unknown(said: Sequence[tuple[Row, Said]]) -> Iterator[str]:
    """Of which networks no number is known, by the kind of silence."""
    found: dict[str, list[str]] = defaultdict(list)
    for row, one in said:
        if one.number is None:
            found[one.state].append(title(row))
    for state, titles in found.items():
        yield f"how few are enough on {words.listed(titles)} is not known ({state})"


def _spread(read: Sequence[Row], dated: Mapping[str, str]) -> str:
    """What is spread over the fewest equal parties."""
    counted = [(row, cell) for row in read for cell in row.spread]
    if not counted:
        return ""
    row, cell = min(counted, key=lambda one: one[1].most or 0)
    most = words.decimal(cell.most)
    several = f"at most {most} equal {'party' if most == '1' else 'parties'}"
    return f"Least spread: {named(row, cell)}{_month(row, dated)}, over {several}."


def _silent(read: Sequence[Row]) -> Iterator[str]:
    """What cannot be verified, or was not read, of networks of which no resource has a number."""
    for state in (State.NOT_VERIFIABLE, State.NOT_READ):
        silent = [row for row in read if not row.spread and _loudest(row) == state]
        if silent:
            yield f"How anything is spread on {words.listed([title(row) for row in silent])} is {state}."


def _loudest(row: Row) -> str:
    """The silence of a network without a number: what nobody can verify before what nobody has read."""
    states = {cell.math.state for cell in row.resources.values()}
    return next((state for state in (State.NOT_VERIFIABLE, State.NOT_READ) if state in states), "")


def named(row: Row, cell: Cell) -> str:
    """A resource of a network: stake by owner of A."""
    return f"{ABOUT[Column(cell.column)].title.lower()} of {title(row)}"


def title(row: Row) -> str:
    """The name of a network in prose."""
    return inert.markdown(row.title)
