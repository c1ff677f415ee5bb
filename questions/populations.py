"""Which populations can be looked at: their newest block, size, unit and source, in words that readers know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

import polars as pl

from store.columns import Column
from store.mart import Tables

_NEWEST: Final = """
    SELECT s.id AS snapshot, s.network, coalesce(w.title, s.network) AS title, coalesce(w.stack, '') AS stack,
           coalesce(w.address, '') AS spelling, coalesce(w.tokens_vote, true) AS tokens_vote,
           coalesce(w.colour, 0) AS colour, coalesce(u.token, s.unit) AS token_unit,
           coalesce(u.decimals, 0) AS token_decimals,
           s.reading, s.measure, s.unit, s.chain_id, s.height, s.hash, s.time, s.since, s.endpoint, s.method,
           s.simulated, coalesce(c.in_column, '') AS in_column,
           p.id AS population_id, p.name AS population, d.n, d.n_all, d.total, d.reported_total, d.coverage
    FROM newest s
    JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    LEFT JOIN network w ON w.name = s.network
    LEFT JOIN unit u ON u.network = s.network AND u.unit = s.unit
    LEFT JOIN scorecard c ON (c.network, c.measure, c.reading, c.population) = (s.network, s.measure, s.reading, p.name)
    ORDER BY s.network, s.measure, s.reading, p.name
"""


# What readers call populations and parts of networks, by network and name (the table `word`).
Words = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Population:
    """Parties that are compared with each other, at their newest block: what they share, in which unit, read where.

    in_column: the column of the scorecard in which it stands, empty where in none. tokens_vote: whether the network's
    tokens give a say.
    """

    snapshot: int
    population_id: int
    network: str
    title: str
    stack: str
    spelling: str
    tokens_vote: bool
    colour: int
    reading: str
    measure: str
    population: str
    unit: str
    token_unit: str
    token_decimals: int
    heading: str
    thing: str
    chain_id: str
    height: int
    hash: str
    time: datetime
    since: datetime | None
    endpoint: str
    method: str
    simulated: bool
    in_column: str
    n: int
    n_all: int
    total: int
    reported_total: int | None
    coverage: float | None

    @property
    def key(self) -> str:
        """What a permalink carries: the reading and the population, where the reading has several."""
        return f"{self.reading}/{self.population}"

    @property
    def unread(self) -> int:
        """What the chain says there is beyond what was read, in base units; roundings of each holder do not count."""
        rest = (self.reported_total or 0) - self.total
        return rest if rest > self.n_all else 0


_FIELDS: Final = tuple(field.name for field in fields(Population))


def populations(mart: Tables) -> list[Population]:
    """Every population that is held in full, at its newest block."""
    words = {(network, name): word for network, name, word in mart.table("FROM word").iter_rows()}
    rows = mart.table(_NEWEST).with_columns(pl.col("total", "reported_total").cast(pl.Int128))
    keys = list(rows.select("network", "population").iter_rows())
    called = {
        "heading": [heading(network, name, words) for network, name in keys],
        "thing": [things(network, name, words) for network, name in keys],
    }
    columns = (called[name] if name in called else rows[name].to_list() for name in _FIELDS)
    return list(map(Population, *columns))


def things(network: str, population: str, words: Words) -> str:
    """What the parties of a population are called: validators, coldkeys, holders."""
    name = population.rpartition("/")[2].partition("@")[0]
    return words.get((network, name), name.replace("_", " "))


def part_number(label: str) -> str:
    """The number of a part of a network; after a dot, how often it was given again before (`subnet:4.2`: 4.2)."""
    return label.rpartition(":")[2].removesuffix(".0")


def heading(network: str, population: str, words: Words) -> str:
    """A population as a heading: `subnet:4.0/miners` is Subnet 4, miners; `delegators@x` is Delegators of x."""
    scope, _, name = population.rpartition("/")
    name, _, of = name.partition("@")
    spoken = name.replace("_", " ")
    part = words.get((network, scope.partition(":")[0] + ":"))
    if part:
        return f"{part} {part_number(scope)}, {spoken}"
    spoken = spoken[:1].upper() + spoken[1:]
    return f"{spoken} of {of}" if of else spoken


def whole(population: str) -> bool:
    """Whether a population spans its network, and is no part such as one subnet or one validator's delegators."""
    return "@" not in population and "/" not in population


def headlines(known: Sequence[Population]) -> list[Population]:
    """The populations that stand on the scorecard: one a network and column, where it was read."""
    places = {column: place for place, column in enumerate(Column)}
    shown = (one for one in known if one.in_column)
    return sorted(shown, key=lambda one: (one.network, places[Column(one.in_column)]))


def in_tokens(column: str, decimals: int) -> pl.Expr:
    """Base units as tokens, for charts and tables; exact amounts stay in their own column."""
    return pl.col(column).cast(pl.Float64) / 10.0**decimals
