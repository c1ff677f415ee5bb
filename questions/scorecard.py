"""One row a network and column: the verdict on it, the power over its network, and how it changed."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from analytics.spread.metrics import HEADLINE
from questions import history
from questions import thresholds as rules
from questions.populations import Population, headlines
from store import addresses
from store.mart import Mart
from store.rows import Measure

GROUPING: Final = "control"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody behind a number of power: its name, empty where nobody knows one, and its address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a verdict says on one axis; number is None where there is no word, and `text` says which silence it is.

    who: the parties behind a number of power. among, of: the measure in which they are found, and the population where
    they hold keys (empty where they vote). lower: the same number if all addresses without a label were one party's;
    at_most: whether fewer could be enough. unknown: ways of which nobody knows who holds them. seconds: from the start
    of the path to its effect, at least. third: gatekeepers for a third. claimed: the number with self-claims.
    """

    state: str
    number: float | None
    words: str
    letter: str
    text: str
    how: str
    note: str
    who: tuple[Party, ...]
    among: str
    of: str
    stable: tuple[int, int] | None
    lower: float | None = None
    at_most: bool = False
    unknown: str = ""
    seconds: int | None = None
    third: int | None = None
    claimed: float | None = None

    @property
    def sensitivity(self) -> str:
        """In how many ways of counting the word stays the same."""
        return f"stable in {self.stable[0]} of {self.stable[1]}" if self.stable else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict on a network in one column; population is None where nothing is held.

    gate is of the measure; force and stop are of its network as a whole, the same in each of its cells.

    bounds: between which numbers the math lies where not everything was read.
    """

    network: str
    title: str
    stack: str
    column: str
    population: Population | None
    math: Said
    gate: Said
    force: Said
    stop: Said
    by_address: float | None
    excluded: Mapping[str, float]
    change: float | None
    version: str
    bounds: tuple[float, float] | None = None


# Of a network of which nothing was ever read.
UNREAD: Final = Said("not read", None, "", "", "not read: no run has read it yet", "", "", (), "", "", None)

_VERDICTS: Final = """
    SELECT v.*, coalesce(n.title, v.network) AS title, coalesce(n.stack, '') AS stack,
           coalesce(n.address, '') AS spelling
    FROM verdict v LEFT JOIN network n ON n.name = v.network ORDER BY stack, v.network, v.measure
"""
# K and K_stop of a network over all actions.
_POWER: Final = """
    SELECT p.*, coalesce(n.address, '') AS spelling FROM power p LEFT JOIN network n ON n.name = p.network
    WHERE p.grouping = ? AND p.action = ''
"""
# Parties are addresses, or labels that merge addresses; a label's name goes before what an address calls itself.
_CALLED: Final = """
    SELECT network, party, any_value(name ORDER BY place) AS name FROM (
        SELECT network, unnest([entity, address]) AS party, name, 0 AS place FROM entity
        UNION ALL SELECT network, address, name, 1 FROM own_name
    ) WHERE name <> '' GROUP BY network, party
"""
_KEYS: Final = """
    SELECT DISTINCT h.network, unnest([h.address, coalesce(e.entity, h.address)]) AS party,
           h.reading || '/' || h.population AS population
    FROM held h LEFT JOIN entity e ON e.network = h.network AND e.address = h.address
    WHERE h.measure = ?
"""


def cells(mart: Mart, known: Sequence[Population]) -> list[Cell]:
    """The verdict on every network and column, by layer, network and column."""
    shown = {(one.network, one.in_column): one for one in headlines(known)}
    grouped: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in mart.table(_VERDICTS).iter_rows(named=True):
        grouped.setdefault((row["network"], row["measure"]), {})[row["axis"]] = row
    changes = _changes(mart, shown)
    people = _People(mart)
    power = {
        (row["network"], row["side"]): _said(row, people) for row in mart.table(_POWER, GROUPING).iter_rows(named=True)
    }
    found = [_cell(axes, power, shown.get(key), changes.get(key), people) for key, axes in grouped.items()]
    return [replace(one, bounds=_bounds(mart, one.population)) for one in found]


def _bounds(mart: Mart, population: Population | None) -> tuple[float, float] | None:
    if population is None or population.coverage is None or population.coverage >= 1:
        return None
    return rules.values(mart, population, GROUPING)[HEADLINE].bounds


class _People:
    """Who the parties of verdicts are: their names, and whether they hold keys or votes."""

    def __init__(self, mart: Mart) -> None:
        self.names = {(network, party): name for network, party, name in mart.table(_CALLED).iter_rows()}
        self.keys: dict[tuple[str, str], set[str]] = defaultdict(set)
        for network, party, population in mart.table(_KEYS, Measure.CONTROL).iter_rows():
            self.keys[network, party].add(population)

    def party(self, network: str, party: str, spelling: str) -> Party:
        """A party by its name and the address as its users write it."""
        return Party(self.names.get((network, party), ""), addresses.display(party, spelling))

    def keyed(self, network: str, parties: Sequence[str], how: str) -> str:
        """The population in which all parties hold keys; of several the one that the path names; empty where none."""
        found = [self.keys.get((network, party), set()) for party in parties]
        common = sorted(set.intersection(*found)) if found else []
        named = [one for one in common if one.rpartition("/")[2] in how]
        return next(iter(named or common), "")


def _cell(
    axes: Mapping[str, dict[str, Any]],
    power: Mapping[tuple[str, str], Said],
    population: Population | None,
    change: float | None,
    people: _People,
) -> Cell:
    math = axes["math"]
    return Cell(
        network=math["network"],
        title=math["title"],
        stack=math["stack"],
        column=math["measure"],
        population=population,
        math=_said(math, people),
        gate=_said(axes["gate"], people),
        force=power.get((math["network"], "force"), UNREAD),
        stop=power.get((math["network"], "stop"), UNREAD),
        by_address=math["by_address"],
        excluded=json.loads(math["excluded"]),
        change=change,
        version=math["version"],
    )


def _said(row: Mapping[str, Any], people: _People) -> Said:
    stable = (row["stable"], row["settings"]) if row.get("settings") else None
    network, parties = row["network"], json.loads(row["parties"])
    of = people.keyed(network, parties, row["how"])
    return Said(
        state=row["state"],
        number=row["number"],
        words=row["words"],
        letter=row["letter"],
        text=row["text"],
        how=row["how"],
        note=row.get("note", ""),
        who=tuple(people.party(network, party, row["spelling"]) for party in parties),
        among=Measure.CONTROL if of else Measure.VOTING_POWER,
        of=of,
        stable=stable,
        lower=row["lower"],
        at_most=row.get("at_most", False),
        unknown=row.get("unknown", ""),
        seconds=row.get("seconds"),
        third=row.get("third"),
        claimed=row.get("claimed"),
    )


def _changes(mart: Mart, shown: Mapping[tuple[str, str], Population]) -> dict[tuple[str, str], float | None]:
    """By network and column: how effective parties changed in thirty days."""
    series = {(one.network, one.reading, one.population): key for key, one in shown.items()}
    past = history.history(mart, HEADLINE, GROUPING, [" ".join(one) for one in series])
    return {
        series[str(network), str(reading), str(population)]: history.thirty_day_change(part)
        for (network, reading, population), part in past.group_by("network", "reading", "population")
    }


def table(found: Sequence[Cell]) -> pl.DataFrame:
    """The cells as a frame, one row each."""
    return pl.DataFrame(
        [
            {
                "stack": one.stack,
                "network_id": one.network,
                "network": one.title,
                "column": one.column,
                "population": one.population.population if one.population else "",
                "m": one.math.number,
                "m_low": one.bounds[0] if one.bounds else None,
                "m_high": one.bounds[1] if one.bounds else None,
                "m_address": one.by_address,
                "word_m": one.math.text,
                "sensitivity_m": one.math.sensitivity,
                "k": None if one.force.number is None else int(one.force.number),
                "word_k": one.force.text,
                "path": one.force.how,
                "who": _listed(one.force.who),
                "note": one.force.note,
                "k_stop": None if one.stop.number is None else int(one.stop.number),
                "word_stop": one.stop.text,
                "path_stop": one.stop.how,
                "who_stop": _listed(one.stop.who),
                "change_30d": one.change,
                "n": one.population.n if one.population else None,
                "block": one.population.height if one.population else None,
                "time": one.population.time if one.population else None,
                "rule": one.version,
            }
            for one in found
        ],
        schema_overrides={
            **dict.fromkeys(("m", "m_low", "m_high", "m_address", "change_30d"), pl.Float64),
            **dict.fromkeys(("k", "k_stop", "n", "block"), pl.Int64),
            "time": pl.Datetime("us", "UTC"),
        },
        infer_schema_length=None,
    )


def _listed(who: Sequence[Party]) -> str:
    return ", ".join(one.name or one.address for one in who)
