"""The fewest parties that decide over what each part of a network gets: rows of `deciding_set`.

Parts are those of the newest reading of what they get. One whose need or voters were not read is there without a
number: it is not known, which is not nobody.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from analytics.power.deciding import deciding_set
from publish.look import GROUPINGS, LABELLED
from store.mart import Tables

ROWS: Final = pl.Schema(
    {
        "network": pl.String(),
        "grouping": pl.String(),
        "part": pl.String(),
        "amount": pl.Decimal(38, 0),
        "unit": pl.String(),
        "fewest": pl.Int32(),
        "parties": pl.String(),
        "snapshot": pl.Int32(),
    }
)
# Of one reading, a population of it or that of each of its parts.
_HELD: Final = """
    SELECT h.population, h.address, sum(h.amount) AS amount, any_value(e.entity) AS entity,
           any_value(h.snapshot) AS snapshot, any_value(h.unit) AS unit
    FROM held h
    LEFT JOIN entity e ON e.network = h.network AND e.address = h.address
        AND in_force(e.valid_from, e.valid_to, h.time)
    WHERE h.network = $1 AND h.reading = $2 AND (h.population = $3 OR ends_with(h.population, '/' || $3))
        AND NOT is_sink(h.address)
    GROUP BY h.population, h.address ORDER BY h.population, h.address
"""
_NEEDED: Final = (
    "SELECT subject, max_by(exact, time) AS exact FROM observation WHERE network = ? AND name = ? GROUP BY 1"
)

Parties = Mapping[str, tuple[int, str | None]]


def rows(mart: Tables) -> pl.DataFrame:
    """Every part of every network that declares who decides over its parts, under each grouping."""
    declared = mart.table("FROM deciding ORDER BY network, over").to_dicts()
    return pl.DataFrame([row for one in declared for row in _of(mart, one)], schema=ROWS, orient="row")


def _of(mart: Tables, declared: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    network, ending = declared["network"], f"/{declared['population']}"
    held: dict[str, dict[str, tuple[int, str | None]]] = defaultdict(dict)
    snapshots: dict[str, int] = {}
    voters = mart.table(_HELD, network, declared["reading"], declared["population"])
    for population, address, amount, entity, snapshot, _ in voters.iter_rows():
        part = population.removesuffix(ending)
        held[part][address], snapshots[part] = (int(amount), entity), snapshot
    needs = dict(mart.table(_NEEDED, network, declared["need"]).iter_rows())
    reading, _, population = declared["over"].partition("/")
    for _, part, amount, _, _, unit in mart.table(_HELD, network, reading, population).iter_rows():
        known = part in needs and part in held
        for grouping in GROUPINGS:
            found = (
                deciding_set(_votes(held[part], grouping), int(needs[part]), declared["denominator"]) if known else ()
            )
            yield {
                "network": network,
                "grouping": grouping,
                "part": part,
                "amount": int(amount),
                "unit": unit,
                "fewest": len(found) if known else None,
                "parties": json.dumps(found),
                "snapshot": snapshots.get(part),
            }


def _votes(parties: Parties, grouping: str) -> dict[str, int]:
    """What each party holds, addresses of one that a label names put together."""
    votes: dict[str, int] = defaultdict(int)
    for address, (amount, entity) in parties.items():
        votes[entity if entity and grouping == LABELLED else address] += amount
    return votes
