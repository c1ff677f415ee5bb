"""One row a network and column: the verdict on it, the power over its network, and how it changed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from analytics.power.paths import Side
from analytics.spread.metrics import HEADLINE
from questions import history
from questions.populations import Population, headlines
from questions.power import GROUPING, Party, People, Power, listed, powers
from store.columns import ABOUT, Column
from store.mart import Mart

# Over so many days a change is told.
MONTH: Final = 30


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one cell on one axis; number is None where there is no word, and `text` says which silence it is.

    lower: the number if all addresses without a label were one party's; claimed: if who claims to be one operator is
    one. Of a gate: third, gatekeepers for a third of it; how, what they are called; who they are.
    """

    state: str
    number: float | None
    words: str
    letter: str
    text: str
    lower: float | None = None
    claimed: float | None = None
    stable: tuple[int, int] | None = None
    third: int | None = None
    how: str = ""
    who: tuple[Party, ...] = ()

    @property
    def sensitivity(self) -> str:
        """In how many ways of counting the word stays the same."""
        return f"stable in {self.stable[0]} of {self.stable[1]}" if self.stable else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict on a network in one column; population is None where nothing is held.

    gate: those without whom it does not happen. bounds: between which numbers the math lies where not everything was
    read.
    """

    network: str
    title: str
    column: str
    population: Population | None
    math: Said
    gate: Said
    by_address: float | None = None
    excluded: Mapping[str, float] = field(default_factory=dict)
    change: float | None = None
    version: str = ""
    bounds: tuple[float, float] | None = None

    @property
    def most(self) -> float | None:
        """Over how many equal parties at most: each address is one, and what was not read is spread the most."""
        return self.bounds[1] if self.bounds and self.math.number is not None else self.math.number

    @property
    def least(self) -> float | None:
        """Over how many at least: all addresses without a label are one party's."""
        if self.math.number is None:
            return None
        return 1.0 if self.math.lower is None else self.math.lower


@dataclass(frozen=True, slots=True)
class Row:
    """One network: the power over it, told once, and what is spread over whom, by column."""

    network: str
    title: str
    stack: str
    power: Power
    cells: Mapping[str, Cell]

    @property
    def resources(self) -> Mapping[str, Cell]:
        """What is spread on it, by column and in the order of the columns; keys are no resource."""
        return {column: self.cells[column] for column in ABOUT if column in self.cells and column != Column.CONTROL}

    @property
    def spread(self) -> list[Cell]:
        """The resources that have a number."""
        return [cell for cell in self.resources.values() if cell.math.number is not None]


_VERDICTS: Final = """
    SELECT v.*, coalesce(n.title, v.network) AS title, coalesce(n.stack, '') AS stack,
           coalesce(n.address, '') AS spelling
    FROM verdict v LEFT JOIN network n ON n.name = v.network ORDER BY stack, v.network, v.measure
"""


def rows(mart: Mart, known: Sequence[Population]) -> list[Row]:
    """Every network with its power and its verdicts, by layer and name."""
    people, stacks = People(mart), {}
    power = powers(mart, people)
    found: dict[str, dict[str, Cell]] = defaultdict(dict)
    for one, stack in _cells(mart, known, people):
        found[one.network][one.column], stacks[one.network] = one, stack
    titles = {network: next(iter(cells.values())).title for network, cells in found.items()}
    return [
        Row(network, title, stacks[network], power.get(network, Power(network, title)), found[network])
        for network, title in titles.items()
    ]


def _cells(mart: Mart, known: Sequence[Population], people: People) -> Iterator[tuple[Cell, str]]:
    shown = {(one.network, one.in_column): one for one in headlines(known)}
    grouped: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in mart.table(_VERDICTS).iter_rows(named=True):
        grouped[row["network"], row["measure"]][row["axis"]] = row
    past = history.values(mart, HEADLINE, GROUPING, [f"{o.network} {o.reading} {o.population}" for o in shown.values()])
    changes, bounds = history.changes(past, MONTH, "network", "reading", "population"), _bounds(past)
    for key, axes in grouped.items():
        population, math = shown.get(key), axes["math"]
        cell = Cell(
            network=math["network"],
            title=math["title"],
            column=math["measure"],
            population=population,
            math=_said(math, people),
            gate=_said(axes["gate"], people),
            by_address=math["by_address"],
            excluded=json.loads(math["excluded"]),
            change=changes.get((population.network, population.reading, population.population)) if population else None,
            version=math["version"],
            bounds=bounds.get((population.snapshot, population.population_id)) if population else None,
        )
        yield cell, math["stack"]


def _bounds(past: pl.DataFrame) -> dict[tuple[int, int], tuple[float, float]]:
    """Between which numbers the headline lies, by snapshot and population, where not everything was read."""
    rows = past.filter(pl.col("low") < pl.col("high")).select("snapshot", "population_id", "low", "high").iter_rows()
    return {(snapshot, population): (low, high) for snapshot, population, low, high in rows}


def _said(row: Mapping[str, Any], people: People) -> Said:
    told = ("state", "number", "words", "letter", "text", "lower", "claimed", "third", "how")
    stable = (row["stable"], row["settings"]) if row["settings"] else None
    return Said(**{name: row[name] for name in told}, stable=stable, who=people.who(row))


ORDERS: Final = ("layer", "few", "spread", "name")


def ordered(found: Sequence[Row], stacks: Sequence[str], by: str) -> list[Row]:
    """Networks by their layer, by how few can force something, by their least spread resource, or by name.

    What has no number comes last. stacks: the layers in their order.
    """

    def place(row: Row) -> tuple[float, int, str]:
        few = {"few": row.power.of(Side.FORCE).number, "spread": min((c.most or 0 for c in row.spread), default=None)}
        first = few.get(by) if by in few else 0
        layer = 0 if by == "name" else stacks.index(row.stack)
        return (float("inf") if first is None else first, layer, row.title.casefold())

    return sorted(found, key=place)


def table(found: Sequence[Row]) -> pl.DataFrame:
    """The cells of all networks as a frame, one row each; the power over a network has a table of its own."""
    return pl.DataFrame(
        [
            {
                "stack": row.stack,
                "network": one.network,
                "title": one.title,
                "column": one.column,
                "population": one.population.population if one.population else "",
                "m": one.math.number,
                "m_lower": one.math.lower,
                "m_claimed": one.math.claimed,
                "m_low": one.bounds[0] if one.bounds else None,
                "m_high": one.bounds[1] if one.bounds else None,
                "m_address": one.by_address,
                "word_m": one.math.text,
                "sensitivity_m": one.math.sensitivity,
                "k_gate": None if one.gate.number is None else int(one.gate.number),
                "k_gate_third": one.gate.third,
                "word_gate": one.gate.text,
                "gate": one.gate.how,
                "gatekeepers": listed(one.gate.who),
                "change_30d": one.change,
                "n": one.population.n if one.population else None,
                "block": one.population.height if one.population else None,
                "time": one.population.time if one.population else None,
                "chain_id": one.population.chain_id if one.population else None,
                "height": one.population.height if one.population else None,
                "hash": one.population.hash if one.population else None,
                "endpoint": one.population.endpoint if one.population else None,
                "simulated": one.population.simulated if one.population else None,
                "rule": one.version,
            }
            for row in found
            for one in row.cells.values()
        ],
        schema_overrides={
            **dict.fromkeys(("m", "m_lower", "m_claimed", "m_low", "m_high", "m_address", "change_30d"), pl.Float64),
            **dict.fromkeys(("k_gate", "k_gate_third", "n", "block", "height"), pl.Int64),
            "time": pl.Datetime("us", "UTC"),
        },
        infer_schema_length=None,
    )
