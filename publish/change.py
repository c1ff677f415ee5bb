"""Why effective parties changed in thirty days: who is counted, who is known to be one party, and who really moved."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from analytics.power.slack import churn
from analytics.spread.change import Change, Known, decomposed
from store.draft import Draft
from store.reference import PROTOCOL
from store.rows import SINK, Kind

BACK: Final = timedelta(days=30)
NEAR: Final = timedelta(days=3)
# Both days are looked at holder by holder; a larger population is compared by its metrics alone.
MOST_HOLDERS: Final = 50_000
NOBODY: Final = ""

CHANGE: Final = pl.Schema(
    {
        **dict.fromkeys(("snapshot", "population", "earlier"), pl.Int32()),
        **dict.fromkeys(("before", "after", "by_population", "by_labels", "by_price", "by_moves"), pl.Float64()),
        "churn": pl.Float64(),
    }
)
Amounts = Mapping[str, int]

# The snapshot nearest to thirty days before the newest one of a reading on the same chain; of two, the older.
_EARLIER: Final = """
    SELECT n.id AS snapshot, n.network, n.time, s.id AS earlier, s.time AS earlier_time
    FROM newest n JOIN snapshot s ON s.network = n.network AND s.chain_id = n.chain_id AND s.reading = n.reading
        AND s.time BETWEEN n.time - to_seconds(?1) - to_seconds(?2) AND n.time - to_seconds(?1) + to_seconds(?2)
    WHERE n.kind = 'holdings'
    QUALIFY row_number() OVER (
        PARTITION BY n.id ORDER BY abs(epoch(s.time) - epoch(n.time) + ?1), s.time
    ) = 1 AND s.n <= ?3
    ORDER BY n.id
"""
_HELD: Final = """
    SELECT h.population_id, h.population, h.address, h.amount
    FROM held h JOIN distribution d
        ON d.snapshot = h.snapshot AND d.population = h.population_id AND d.grouping = 'address'
    WHERE h.snapshot = ?1 AND d.n <= ?2 AND h.amount > 0 AND NOT is_sink(h.address)
"""
_LABELS: Final = """
    SELECT address, entity, kind FROM entity
    WHERE network = ?1 AND recorded_at <= ?2 AND in_force(valid_from, valid_to, ?2)
"""


def changes(draft: Draft) -> pl.DataFrame:
    """Rows of the table `change`: none of a population of which no day near was read, or too many hold something."""
    pairs = draft.table(_EARLIER, BACK.total_seconds(), NEAR.total_seconds(), MOST_HOLDERS)
    rows = [
        (snapshot, population, earlier, *astuple(change), moved)
        for snapshot, network, time, earlier, earlier_time in pairs.iter_rows()
        for population, change, moved in _of_reading(draft, network, (earlier, earlier_time), (snapshot, time))
    ]
    return pl.DataFrame(rows, schema=CHANGE, orient="row")


def _of_reading(
    draft: Draft, network: str, earlier: tuple[int, datetime], newest: tuple[int, datetime]
) -> Iterator[tuple[int, Change, float | None]]:
    """The change of every population of a reading, by its number, and how much of it changed hands."""
    now = _amounts(draft.table(_HELD, newest[0], MOST_HOLDERS))
    then = _amounts(_held_then(draft, earlier[0])) if now else {}
    labels = [_labels(draft, network, time) for _, time in (earlier, newest)]
    for (number, name), after in now.items():
        before = then.get((0, name))
        if before:
            change = decomposed(_known(before, labels[0]), _known(after, labels[1]), effective)
            had, has = by_party(_known(before, labels[1])), by_party(_known(after, labels[1]))
            yield number, change, churn(had, has) if had and has else None


def _held_then(draft: Draft, snapshot: int) -> pl.DataFrame:
    """Who had how much at an earlier snapshot: 0, population, holder, amount; nobody where its file is torn."""
    parties = (pl.col("amount") > 0) & ~pl.col("holder").str.starts_with(SINK)
    rows = draft.landed(Kind.HOLDINGS, [snapshot]).filter(parties)
    return rows.select(pl.lit(0), "population", "holder", "amount")


def effective(known: Known) -> float:
    """Effective parties of what is known: those who are counted, merged by label, the protocol's own left out."""
    amounts = by_party(known)
    total = sum(amounts.values())
    # One over the sum of squared shares, in whole numbers until the last division.
    return total**2 / sum(amount**2 for amount in amounts.values()) if total else 0.0


def by_party(known: Known) -> Amounts:
    """What each party that has something has: addresses merged by label, the protocol's own left out."""
    amounts: dict[str, int] = defaultdict(int)
    for holder in known.population:
        party, amount = known.labels.get(holder, holder), known.amounts.get(holder, 0)
        if party != NOBODY and amount:
            amounts[party] += amount
    return amounts


def _known(amounts: Amounts, labels: Mapping[str, str]) -> Known:
    return Known(frozenset(amounts), labels, {}, amounts)


def _labels(draft: Draft, network: str, at: datetime) -> dict[str, str]:
    """The party of each labelled address, as it was known at a time; protocol accounts are nobody."""
    rows = draft.table(_LABELS, network, at).iter_rows()
    return {address: NOBODY if kind in PROTOCOL else entity for address, entity, kind in rows}


def _amounts(rows: pl.DataFrame) -> Mapping[tuple[int, str], Amounts]:
    """What each holder of a population has, by number and name of the population."""
    found: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for number, name, address, amount in rows.iter_rows():
        found[number, name][address] = int(amount)
    return found
