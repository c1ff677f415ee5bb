"""How close chains are to standing still, and what it would cost to make them: rows of `slack` and `halt_cost`.

Told of chains of the Cosmos SDK, which alone tell what operators bonded themselves, what they lose of it, and who
signed.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from typing import Final

import polars as pl

from analytics.power.cost import Bond, cheapest
from analytics.power.slack import further
from analytics.prices import NoPrice, Price, price_at
from analytics.spread.batches import Threshold
from store.addresses import account
from store.draft import Draft
from store.mart import Tables
from store.rows import Kind, Time

DAYS: Final = 30
# CometBFT commits a block with more than two thirds of the power: a third stops it, more than a third can fork it.
FAULTS: Final[Mapping[str, tuple[Threshold, str]]] = {
    "silence": (Threshold(1, 3, strict=False), "slash_fraction_downtime"),
    "double signing": (Threshold(1, 3, strict=True), "slash_fraction_double_sign"),
}
BEHIND: Final = "delegators@"

HALT_COST: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "fault", "operators"), pl.String()),
        **dict.fromkeys(("bonded", "own", "own_least"), pl.Decimal(38, 0)),
        **dict.fromkeys(("fraction", "usd", "controlled_usd", "loss_usd", "delegators_loss_usd"), pl.Float64()),
        "reason": pl.String(),
        "snapshot": pl.Int32(),
        "priced": Time,
    }
)
SLACK: Final = pl.Schema(
    {
        "snapshot": pl.Int32(),
        "labels_version": pl.String(),
        **dict.fromkeys(("operators", "absent"), pl.Int32()),
        "share": pl.Float64(),
    }
)

# What is bonded with each operator, by network.
_BONDED: Final = """
    SELECT s.network, s.id AS snapshot, s.time, w.token, w.decimals, p.name[length($1) + 1:] AS operator, d.total
    FROM newest s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population JOIN network w ON w.name = s.network AND w.unit = s.unit
    WHERE starts_with(p.name, $1) AND d.total > 0 ORDER BY s.network, operator
"""
_OWN: Final = """
    SELECT population[length($1) + 1:] AS operator, address, amount FROM held
    WHERE snapshot = $2 AND starts_with(population, $1) AND list_contains($3::VARCHAR[], address)
"""
_FRACTIONS: Final = """
    SELECT name, max_by(value, time) AS value FROM observation
    WHERE network = ? AND subject = 'slashing' AND name IN (SELECT unnest(?::VARCHAR[])) GROUP BY name
"""
_PRICES: Final = "SELECT name, subject, source, value, time FROM observation WHERE name = 'price_usd' AND subject = ?"

# Blocks of the last thirty days of which it is known who signed, and who has which power at the same block; not those
# that are told already by the labels in force.
_SIGNED: Final = """
    SELECT s.id AS snapshot, s.network, s.time, v.version, c.id AS power FROM snapshot s
    JOIN label_version v USING (network)
    JOIN scorecard k ON k.network = s.network AND k.in_column = 'voting_power'
    JOIN snapshot c ON (c.network, c.chain_id, c.height, c.reading) = (s.network, s.chain_id, s.height, k.reading)
    WHERE s.reading = 'signing' AND s.time > (
        SELECT max(n.time) - to_days($1) FROM snapshot n WHERE n.network = s.network AND n.reading = 'signing')
    ORDER BY s.id
"""
_PARTIES: Final = """
    SELECT e.address, e.entity FROM entity e
    WHERE e.network = ? AND in_force(e.valid_from, e.valid_to, ?)
"""


def halt_costs(mart: Tables) -> pl.DataFrame:
    """What it costs to stop, and to fork, each chain that tells who bonded what; rows of `halt_cost`."""
    chains = mart.table(_BONDED, BEHIND).partition_by("network", maintain_order=True)
    return pl.DataFrame([row for one in chains for row in _costs(mart, one)], schema=HALT_COST, orient="row")


def _costs(mart: Tables, bonded: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    network, snapshot, at, token, decimals = bonded.row(0)[:5]
    bonds = _bonds(mart, snapshot, dict(bonded.select("operator", "total").iter_rows()))
    names = [name for _, name in FAULTS.values()]
    fractions = dict(mart.table(_FRACTIONS, network, names).iter_rows())
    price = price_at(mart.table(_PRICES, token), token, at)
    for fault, (threshold, name) in FAULTS.items():
        found = cheapest(bonds, threshold.need(sum(bond.bonded for bond in bonds.values())))
        fraction = fractions.get(name)
        lacking = [] if fraction is not None else [f"{name} was not read"]
        if isinstance(price, NoPrice):
            lacking.append(f"no price: {price.reason}")
        usd = None if isinstance(price, NoPrice) else price.low / 10**decimals
        parts = (found.own, found.bonded - found.own)
        yield (
            *(network, fault, json.dumps(found.operators), found.bonded, found.own, found.least, fraction),
            price.low if isinstance(price, Price) else None,
            None if usd is None else found.bonded * usd,
            *(None if usd is None or fraction is None else part * fraction * usd for part in parts),
            *("; ".join(lacking), snapshot, price.time if isinstance(price, Price) else None),
        )


def _bonds(mart: Tables, snapshot: int, bonded: Mapping[str, Decimal]) -> dict[str, Bond]:
    """What is bonded with each operator, and what the account behind it bonded there itself."""
    accounts = {operator: account(operator) for operator in bonded}
    rows = mart.table(_OWN, BEHIND, snapshot, list(accounts.values())).iter_rows()
    own = {operator: int(amount) for operator, address, amount in rows if accounts.get(operator) == address}
    # All delegations to an operator are read: whoever has none there has none.
    return {operator: Bond(int(total), own.get(operator, 0)) for operator, total in bonded.items()}


def slacks(draft: Draft) -> pl.DataFrame:
    """How few more would have had to fall silent, at each block of the last thirty days; rows of `slack`."""
    wanted = draft.table(_SIGNED, DAYS)
    told = draft.table("FROM slack").join(
        wanted.select("snapshot", labels_version="version"), on=["snapshot", "labels_version"], how="semi"
    )
    fresh = wanted.join(told, on="snapshot", how="anti")
    if fresh.is_empty():
        return told
    power = draft.landed(Kind.HOLDINGS, fresh["power"].to_list()).filter(pl.col("amount") > 0)
    signed = draft.landed(Kind.OBSERVATIONS, fresh["snapshot"].to_list())
    rows: list[tuple[object, ...]] = []
    for snapshot, network, time, version, of in fresh.iter_rows():
        parties = dict(draft.table(_PARTIES, network, time).iter_rows())
        held = power.filter(snapshot=of).select("holder", "amount").iter_rows()
        said = signed.filter(snapshot=snapshot)
        if not said.is_empty():
            absent = set(said.filter(name="absent")["subject"])
            rows += _slack(snapshot, version, {one: int(amount) for one, amount in held}, absent, parties)
    return pl.concat([told, pl.DataFrame(rows, schema=SLACK, orient="row")]).sort("snapshot")


def _slack(
    snapshot: int, version: str, power: Mapping[str, int], absent: Set[str], parties: Mapping[str, str]
) -> Iterator[tuple[object, ...]]:
    """One row where the power was read; operators that one party runs are one, with what of theirs signs."""
    present: dict[str, int] = defaultdict(int)
    for operator, amount in power.items():
        if operator not in absent:
            present[parties.get(operator, operator)] += amount
    total, away = sum(power.values()), absent & power.keys()
    silent = sum(power[operator] for operator in away)
    if total:
        yield snapshot, version, further(present, silent), len(away), silent / total
