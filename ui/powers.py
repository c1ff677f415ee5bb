"""Power in words: how few can force or stop what, by which way, how soon, and what is not known of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from analytics.power.paths import Action, Side
from questions.power import ANY, CLAIMED, LATE, Party, Power, Said
from ui import inert, tables, words

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
# Of a larger group only so many are named.
NAMED: Final = 3
LONGEST: Final = 300
SIDES: Final = {"force": "Force it", "stop": "Stop it"}
PATHS: Final = {
    "side": tables.text("Side", pinned=True),
    "action": tables.text("To"),
    "name": tables.text("By which way"),
    "number": tables.count("Fewest", "Parties that are known to be enough; empty where nobody knows who holds it."),
    "least": tables.count("At least", "Fewest that it could be, where it cannot be counted exactly."),
    "soon": tables.text("How soon", "From the start to the effect, at the earliest."),
    "letter": tables.text("Letter", "How sure what was read of it is, from A to C."),
    "note": tables.text("Note", "Why it counts nowhere, or why nobody knows who holds it."),
    "who": tables.text("By whom"),
}


def word(said: str, letter: str) -> str:
    """The word, or the words between which it lies, with the letter of confidence; the lowest gives the colour.

    Unlike a badge it may be broken into lines, so that all columns fit a screen.
    """
    colour = next(colour for named, colour in COLOURS.items() if named in said)
    between = said.removeprefix("borderline: ").replace(", ", " or ").split(" or ")
    named = "–".join(one.removeprefix("a ") for one in dict.fromkeys((between[0], between[-1])))
    return f":{colour}-background[{named}\u00a0{letter}]"


def silent(state: str) -> str:
    """Which of the four silences it is."""
    return f":gray[{state}]"


def by_action(power: Power) -> pl.DataFrame:
    """The five actions of one network, a row each, in cells of Markdown: how few force it, how few stop it."""
    return pl.DataFrame(
        [
            {"To": f"**{words.sentence(action)}**"}
            | {label: _counted(power, side, str(action)) for side, label in SIDES.items()}
            for action in Action
        ]
    )


def _counted(power: Power, side: str, action: str) -> str:
    said = power.of(side, action)
    if said.number is None:
        return f"{silent(said.state)}  \n:small[{inert.markdown(said.reason, LONGEST)}]"
    told = [f"by {inert.markdown(said.path, LONGEST)}: {who(said.who)}", words.delay(said.seconds)]
    told += [said.note] if said.note else []
    told += [*_beside(power, side, action)]
    if said.at_most and said.unknown:
        told.append(f"it could be fewer: {inert.markdown(said.unknown, LONGEST)}")
    return f"**{words.count(said.number)}** {word(said.words, said.letter)}  \n:small[{'; '.join(told)}]"


def _beside(power: Power, side: str, action: str) -> Iterable[str]:
    """The same number under other groupings, where it is another."""
    number = power.of(side, action).number
    claimed, late = (power.beside(side, action, grouping) for grouping in (CLAIMED, LATE))
    if claimed is not None and claimed != number:
        yield f"{words.count(claimed)} if who claims to be one operator is one"
    if late is not None and late != number:
        yield f"{words.count(late)} if only those delegators vote who voted of late"


def forced(said: Said) -> str:
    """The fewest that can force something, and who they are, as a sentence."""
    if said.number is None:
        return f"Power: {inert.markdown(said.text, LONGEST)}."
    return f"**{_many(said)}** can {_way(said)}, {words.delay(said.seconds)}: {who(said.who)}. {verdict(said)}"


def stopped(said: Said) -> str:
    """The fewest that can stop others, and who they are, as a sentence."""
    if said.number is None:
        return f"Stopping others: {inert.markdown(said.text, LONGEST)}."
    return f"**{_many(said)}** can stop others who would {_way(said)}: {who(said.who)}. {verdict(said)}"


def _many(said: Said) -> str:
    """So many parties, at the beginning of a sentence."""
    return words.sentence(words.several(said.number or 0, "party", "parties"))


def _way(said: Said) -> str:
    """What is done, and by which way."""
    return inert.markdown(said.how.replace(" by ", ", by ", 1), LONGEST)


def who(parties: Sequence[Party]) -> str:
    """The parties by name or short address, the first few of many."""
    named = [inert.plain(one.name) or words.short(one.address) for one in parties[:NAMED]]
    more = len(parties) - len(named)
    return words.listed([inert.markdown(one) for one in named] + [f"{more} more"] * bool(more))


def verdict(said: Said) -> str:
    """The word with its letter, and what to be careful of."""
    note = f", {said.note}" if said.note else ""
    fewer = f"; it could be fewer: {said.unknown}" if said.at_most and said.unknown else ""
    return words.sentence(inert.markdown(f"{said.text}{note}{fewer}.", LONGEST))


def timed(rows: pl.DataFrame) -> pl.DataFrame:
    """Ways or counts with how soon they work in words."""
    return rows.with_columns(soon=pl.Series([words.delay(seconds) for seconds in rows["seconds"]], dtype=pl.String))


def beside_all(power: Power) -> str:
    """The network's own number under other groupings, as a sentence; empty where it is the same."""
    told = [*_beside(power, Side.FORCE, ANY)]
    return f"Counted otherwise: {'; '.join(told)}." if told else ""
