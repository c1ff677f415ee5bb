"""What the networks are compared with, in words and columns: a number alone says nothing."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from ui import inert, tables, words

COLUMNS: Final = {
    "title": tables.text("What", pinned=True),
    "math": tables.text("Equal parties", "A range where only the largest are listed."),
    "power": tables.text("Enough are"),
    "deciding": tables.text("For what"),
    "of_day": tables.day("Of"),
    "note": tables.text("Who, and what to know"),
    "source": tables.text("Source"),
    "checked_at": tables.day("Opened", "When somebody opened the source; empty: nobody could."),
}


def sentence(yardsticks: pl.DataFrame, resources: Sequence[float]) -> str:
    """All of them with their numbers, and which share of the resources shown is spread less, as one sentence.

    resources: over how many equal parties each is spread, at most.
    """
    rows = told(yardsticks).select("title", "thing", "math", "power", "deciding", "k_high", "m_low").iter_rows()
    parts = [
        f"{title} act like {math} equal {thing}, and {power} {'is' if most == 1 else 'are'} enough {deciding}"
        f"{_less(resources, low)}"
        for title, thing, math, power, deciding, most, low in rows
    ]
    return f"A number alone says nothing. {inert.markdown('; '.join(parts), 1500)}."


def _less(resources: Sequence[float], than: float) -> str:
    """How many of the resources shown are spread less."""
    less = sum(one < than for one in resources)
    told = f"{words.numeral(less) if less else 'none'} of {words.count(len(resources))}"
    return f" ({told} resources here {'is' if less <= 1 else 'are'} spread less)" if resources else ""


def told(yardsticks: pl.DataFrame) -> pl.DataFrame:
    """Yardsticks with their ranges written out."""
    math = [_range(words.decimal(low), words.decimal(high)) for low, high in _ends(yardsticks, "m")]
    power = [_range(words.numeral(low), words.numeral(high)) for low, high in _ends(yardsticks, "k")]
    return yardsticks.with_columns(math=pl.Series(math, dtype=pl.String), power=pl.Series(power, dtype=pl.String))


def _ends(yardsticks: pl.DataFrame, axis: str) -> list[tuple[int, int]]:
    return yardsticks.select(f"{axis}_low", f"{axis}_high").rows()


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
