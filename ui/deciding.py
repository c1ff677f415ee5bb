"""How few decide over what the parts of a network get, in a sentence and a table."""

import json
from typing import Final

import polars as pl

from questions.deciding import Deciding
from questions.populations import Population
from ui import inert, tables, words

# So many parties are named, the largest first.
NAMED: Final = 3


def headline(population: Population, found: Deciding) -> str:
    """How much one party alone decides; what is not known may be among it."""
    more = " at least" if found.unknown else ""
    return f"{population.title}:{more} {words.share(found.few[1])} {found.told} by one party alone"


def note(found: Deciding) -> str:
    """How much a few more decide, and of how much that is not known."""
    few = [f"{words.numeral(few)} or fewer {words.share(share)}" for few, share in found.few.items() if few > 1]
    unknown = f" Of {words.share(found.unknown)} it is not known." if found.unknown else ""
    return f"{words.sentence(words.listed(few))}.{unknown}"


def columns(population: Population) -> tables.Columns:
    """The columns of the table of parts."""
    return {
        "part": tables.text("Part", pinned=True),
        "amount_tokens": tables.number(population.token_unit, places=2),
        "share": tables.percent("Of all"),
        "fewest": tables.count("Fewest that decide", "Addresses of one party are merged; empty: not known."),
        "who": tables.text("Who"),
    }


def named(parts: pl.DataFrame) -> pl.DataFrame:
    """The parts with the names of the first who decide."""
    who = [_who(json.loads(parties)) for parties in parts["parties"]]
    return parts.drop("parties").with_columns(who=pl.Series(who, dtype=pl.String))


def _who(parties: list[str]) -> str:
    first = ", ".join(inert.plain(words.short(one), 24) for one in parties[:NAMED])
    return f"{first} and {len(parties) - NAMED} more" if len(parties) > NAMED else first
