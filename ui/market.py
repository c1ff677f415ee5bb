"""Markets in sentences and columns: what flows, to whom, and what reaches nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from questions.emission import Flow
from questions.populations import Population, headlines, part_number
from questions.thresholds import Value
from ui import inert, parties, tables, words
from ui.charts import MOST_BARS
from ui.frame import source
from ui.provenance import Provenance

# More bars do not fit a screen.
SUBNETS: Final = 20
MERGED: Final = "addresses of one party merged"
SINKS: Final = {
    "sink": tables.text("Reaches nobody", pinned=True),
    "amount_tokens": tables.number("Tokens a day", places=2),
    "share": tables.proportion("Of everything emitted"),
}
OFF: Final = {"name": tables.text("Subnet", pinned=True), "time": tables.time("Seen at")}


def sources(known: Sequence[Population], measure: str) -> list[Provenance]:
    """Where the numbers of a market come from: its headline population, else all that were read of it."""
    of_measure = [one for one in known if one.measure == measure]
    return [source(one) for one in headlines(of_measure) or of_measure]


def told(sources: Sequence[Provenance], unit: str, *, n: int | None = None, things: str = "") -> list[Provenance]:
    """The same sources for a table that has a unit and a population of its own; n: None where it lists no parties."""
    return [replace(one, unit=unit, n=n, population=things) for one in sources]


def merged(sources: Sequence[Provenance], unit: str, *, n: int, things: str) -> list[Provenance]:
    """The same for a table of parties, saying that addresses of one party are merged."""
    return [replace(one, grouping=MERGED) for one in told(sources, unit, n=n, things=things)]


def sinks_headline(rows: pl.DataFrame) -> str:
    """How much reaches nobody."""
    return f"{words.share(float(rows['share'].sum()))} of it reaches nobody"


def of_flow(one: Provenance, population: Population, flow: Flow) -> list[Provenance]:
    """Where a ranking of a flow comes from, in its own unit, counting parties."""
    return merged([one], unit(population), n=flow.parties, things=_things(population, flow))


def _things(population: Population, flow: Flow) -> str:
    """What is counted: recipients; parties where some of them are one."""
    return population.thing if flow.parties == population.n else "parties"


def flow_headline(population: Population, flow: Flow, enough: Value) -> str:
    """How much flows, what part of the whole that is, and how few get or pay half of it, as a sentence."""
    amount = f"{_rounded(flow.amount_tokens)} {_token(population)} {_period(population, flow)}"
    part = _part(population, flow.part)
    lost = f", of which {words.share(flow.lost)} reaches nobody" if flow.lost else ""
    return f"{population.title}: {amount}{part}{lost}; {_half(population, flow, enough)}"


def _part(population: Population, part: float | None) -> str:
    """Which part of an emission a population gets, where others get some of it too."""
    if part is None:
        return ""
    return f" to {_receiver(population.population, population.heading)}, {words.share(part)} of all that is emitted"


def _rounded(tokens: float) -> str:
    """Tokens for a sentence: whole ones where there are many."""
    return words.decimal(round(tokens, 0 if tokens >= 100 else 2), 2)


def _token(population: Population) -> str:
    return population.token_unit.removesuffix(" a day")


def _period(population: Population, flow: Flow) -> str:
    if population.measure == "emission":
        return "a day"
    return f"paid in {words.several(round(flow.days), 'day')}"


def _half(population: Population, flow: Flow, enough: Value) -> str:
    if enough.count is None:
        return "nobody has any"
    if flow.parties == 1:
        return "all of it is one party's"
    # A range is told in the plural.
    verb = _verb(population, enough.count if enough.bounds is None else 2)
    return f"{_fewest(enough)} of {words.count(flow.parties)} {_things(population, flow)} {verb} over half"


def _fewest(enough: Value) -> str:
    """How many half needs; from so many to so many where not everything was read."""
    if enough.bounds is None:
        return words.numeral(enough.count or 0)
    return " to ".join(words.count(int(bound)) for bound in enough.bounds)


def _verb(population: Population, k: int) -> str:
    """What the parties of a population do with what flows."""
    if population.measure == "emission":
        return "gets" if k == 1 else "get"
    return "paid" if population.population == "senders" else "received"


def unit(population: Population) -> str:
    """Tokens a day of an emission; tokens paid or received where services are paid for."""
    if population.measure == "emission":
        return f"{_token(population)} a day"
    return f"{population.token_unit} {_verb(population, 0)}"


def flow_columns(population: Population, rows: pl.DataFrame) -> tables.Columns:
    """The columns of a ranking's table, its amounts told as what they are."""
    return {
        **parties.columns(population, rows),
        "amount_tokens": tables.number(words.sentence(unit(population)), places=2),
    }


def half_drawn(population: Population, flow: Flow, enough: Value) -> str:
    """How many of the parties are drawn and how many half needs, where the chart leaves out some."""
    if flow.parties <= MOST_BARS:
        return ""
    among = f"{words.count(flow.parties)} {_things(population, flow)}"
    return f"The largest {MOST_BARS} of {among} are drawn; half needs {_fewest(enough)}."


def emission_headline(population: Population, rows: pl.DataFrame) -> str:
    """How much a network emits in a day and which part goes where, as a sentence."""
    parts = [
        f"{words.share(share)} to {_receiver(name, heading)}"
        for name, heading, share in rows.select("population", "heading", "share").iter_rows()
    ]
    total = _rounded(float(rows["amount_tokens"].sum()))
    return f"{population.title}: {total} {_token(population)} emitted a day, {words.listed(parts)}"


def takers(rows: pl.DataFrame) -> int:
    """How many parties get something of an emission, over all populations."""
    return int(rows["parties"].sum())


def _receiver(population: str, heading: str) -> str:
    return "the pool" if population == "pool" else heading.lower()


def emission_columns(population: Population) -> tables.Columns:
    """The columns of the table of where an emission goes."""
    return {
        "heading": tables.text("To", "The pool is the community's account, spent by vote.", pinned=True),
        "amount_tokens": tables.number(f"{_token(population)} a day", places=2),
        "share": tables.proportion("Of everything emitted"),
        "parties": tables.count("Parties", "Addresses of one party are merged."),
        "effective_parties": tables.number("Effective parties", places=1),
        "top_1": tables.percent("Largest"),
    }


def unclaimed(rows: pl.DataFrame, population: Population) -> str:
    """What lies in escrow, paid in and not claimed, as a sentence; empty where that was not read."""
    return " ".join(
        f"In escrow and not claimed: {words.tokens(int(exact), population.token_decimals, population.token_unit)} "
        f"on {words.day(time)}."
        for exact, time in rows.select("exact", "time").iter_rows()
    )


def largest_subnets(split: pl.DataFrame, called: Mapping[str, str]) -> pl.DataFrame:
    """The first subnets with their names, for the chart of parts."""
    number = pl.col("subnet").str.extract(r"subnet:(\d+)").cast(pl.Int64)
    first = split.sort(number, maintain_order=True)["subnet"].unique(maintain_order=True).head(SUBNETS)
    shown = split.filter(pl.col("subnet").is_in(first.to_list())).sort(number, maintain_order=True)
    return shown.with_columns(whole=pl.Series([_subnet(one, called) for one in shown["subnet"]], dtype=pl.String))


def subnets_named(rows: pl.DataFrame) -> pl.DataFrame:
    """Subnets by their own names, else by their number."""
    called = {subnet: name for subnet, name in rows.select("subnet", "name").iter_rows() if name}
    return rows.with_columns(name=pl.Series([_subnet(one, called) for one in rows["subnet"]], dtype=pl.String))


def _subnet(label: str, called: Mapping[str, str]) -> str:
    return f"{part_number(label)} {inert.plain(called.get(label, ''), 24)}".strip()
