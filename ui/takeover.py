"""How far parts of a network are from being taken over, in a sentence and a table."""

import polars as pl

from questions.populations import Population
from ui import tables, words


def headline(population: Population, rows: pl.DataFrame) -> str:
    """What the cheapest part that is old enough would cost whoever wants to own it."""
    old = rows.filter(pl.col("old") & pl.col("cost").is_not_null())
    if old.is_empty():
        return f"{population.title}: no part is old enough to be taken over"
    part, cost = old.select("part", "cost").row(0)
    token = population.token_unit.removesuffix(" a day")
    return (
        f"{population.title}: {part} is the cheapest to take over, for {words.decimal(round(cost), 0)} {token} to lock"
    )


def columns(population: Population) -> tables.Columns:
    """The columns of the table of parts."""
    token = population.token_unit.removesuffix(" a day")
    return {
        "part": tables.text("Part", pinned=True),
        "cost": tables.number(f"Missing, in {token} at today's price", places=0),
        "share": tables.proportion("Missing, of its token outside the pool"),
        "missing": tables.number("Missing, in its own token", places=0),
        "challenger": tables.number("Conviction of the best challenger", places=0),
        "owner": tables.number("Conviction of the owner", places=0),
        "old": tables.text("Old enough"),
    }


def shown(rows: pl.DataFrame) -> pl.DataFrame:
    """The parts as the table tells them."""
    return rows.with_columns(old=pl.when(pl.col("old")).then(pl.lit("yes")).otherwise(pl.lit("not yet")))
