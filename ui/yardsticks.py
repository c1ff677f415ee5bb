"""What the networks are compared with, in words and columns: a number alone says nothing."""

from typing import Final

import polars as pl

from ui import inert, tables, words
from ui.dots import LETTERS

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


def explained(yardsticks: pl.DataFrame) -> str:
    """Which letter is which yardstick, as a line of text; empty where there are none."""
    titles = enumerate(yardsticks["title"])
    named = [f"{LETTERS[place % len(LETTERS)]} {inert.markdown(title)}" for place, title in titles]
    return f"Faint bands, to compare with: {', '.join(named)}." if named else ""


def sentence(yardsticks: pl.DataFrame) -> str:
    """All of them with their numbers, as one sentence."""
    rows = told(yardsticks).select("title", "thing", "math", "power", "deciding", "k_high").iter_rows()
    parts = [
        f"{title} act like {math} equal {thing}, and {power} {'is' if most == 1 else 'are'} enough {deciding}"
        for title, thing, math, power, deciding, most in rows
    ]
    return f"A number alone says nothing. {inert.markdown('; '.join(parts), 1000)}."


def told(yardsticks: pl.DataFrame) -> pl.DataFrame:
    """Yardsticks with their ranges written out."""
    math = [_range(words.decimal(low), words.decimal(high)) for low, high in _ends(yardsticks, "m")]
    power = [_range(words.numeral(low), words.numeral(high)) for low, high in _ends(yardsticks, "k")]
    return yardsticks.with_columns(math=pl.Series(math, dtype=pl.String), power=pl.Series(power, dtype=pl.String))


def _ends(yardsticks: pl.DataFrame, axis: str) -> list[tuple[int, int]]:
    return yardsticks.select(f"{axis}_low", f"{axis}_high").rows()


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
