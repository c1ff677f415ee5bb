"""Why effective parties changed in thirty days: who is counted, who is known to be one party, and who really moved."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from analytics.power.slack import churn
from analytics.spread.change import Change, Known, decomposed
from store.draft import Draft
from store.grounds import of_rows
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
# The party of each address that has one.
Labels = Mapping[str, str]
# By number and name.
Populations = Mapping[tuple[int, str], Amounts]

# The snapshot nearest to thirty days before the newest one of a reading on the same chain; of two, the older.
_EARLIER: Final = """
    SELECT n.id AS snapshot, n.network, n.time, s.id AS earlier, s.time AS earlier_time,
           n.sha256, s.sha256 AS of_earlier
    FROM newest n JOIN snapshot s ON s.network = n.network AND s.chain_id = n.chain_id AND s.reading = n.reading
        AND s.time BETWEEN n.time - to_seconds(?1) - to_seconds(?2) AND n.time - to_seconds(?1) + to_seconds(?2)
    WHERE n.kind = 'holdings'
    QUALIFY row_number() OVER (
        PARTITION BY n.id ORDER BY abs(epoch(s.time) - epoch(n.time) + ?1), s.time
    ) = 1 AND s.n <= ?3
    ORDER BY n.id
"""
# First by number: of millions of addresses those of the populations that are compared are looked at alone. They are
# named before sinks are left out, since to leave these out of all addresses each of them would be read.
_HELD: Final = """
    WITH wanted AS (
        SELECT snapshot, population FROM distribution
        WHERE grouping = 'address' AND n <= ?2 AND snapshot IN (SELECT unnest(?1::INTEGER[]))
    ),
    few AS MATERIALIZED (
        FROM holding SEMI JOIN wanted USING (snapshot, population)
        WHERE amount > 0 AND snapshot IN (SELECT unnest(?1::INTEGER[]))
    ),
    named AS MATERIALIZED (SELECT id, address FROM holder SEMI JOIN few ON few.holder = holder.id)
    SELECT o.snapshot, o.population AS population_id, p.name AS population, h.address, o.amount
    FROM few o JOIN population p ON p.id = o.population JOIN named h ON h.id = o.holder WHERE NOT is_sink(h.address)
"""
# All that is said of who is behind whom, by network.
_ALL_LABELS: Final = """
    SELECT network, md5(string_agg(hash(e)::VARCHAR, ' ' ORDER BY hash(e)::VARCHAR)) FROM entity e GROUP BY network
"""
_LABELS: Final = """
    SELECT t.time, e.address, e.entity, e.kind FROM (SELECT unnest(?2::TIMESTAMPTZ[]) AS time) t
    JOIN entity e ON e.recorded_at <= t.time AND in_force(e.valid_from, e.valid_to, t.time) WHERE e.network = ?1
"""


def changes(draft: Draft) -> pl.DataFrame:
    """Rows of the table `change`: none of a population of which no day near was read, or too many hold something."""
    pairs = draft.table(_EARLIER, BACK.total_seconds(), NEAR.total_seconds(), MOST_HOLDERS)
    labels = dict(draft.table(_ALL_LABELS).iter_rows())
    before = draft.table("FROM change")
    told = [
        before.join(one, on=["snapshot", "earlier"], how="semi")
        if draft.stands("change", of_rows(one, labels.get(network, "")), network)
        else pl.DataFrame(list(_of_network(draft, one)), schema=CHANGE, orient="row")
        for (network,), one in pairs.partition_by("network", as_dict=True).items()
    ]
    return pl.concat([pl.DataFrame(schema=CHANGE), *told]).sort("snapshot", "population")


def _of_network(draft: Draft, pairs: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    """The rows of a network, whose readings are asked for at once."""
    held = draft.table(_HELD, pairs["snapshot"].to_list(), MOST_HOLDERS).partition_by("snapshot", as_dict=True)
    pairs = pairs.filter(pl.col("snapshot").is_in([snapshot for (snapshot,) in held]))
    if pairs.is_empty():
        return
    landed = _held_then(draft, pairs["earlier"].to_list()).partition_by("snapshot", as_dict=True)
    labels = _labels(draft, pairs["network"][0], {*pairs["time"], *pairs["earlier_time"]})
    for snapshot, time, earlier, earlier_time in pairs.drop("network", "sha256", "of_earlier").iter_rows():
        if (earlier,) in landed:
            now, then = _amounts(held[snapshot,]), _amounts(landed[earlier,])
            for population, change, moved in _of_reading(then, now, labels[earlier_time], labels[time]):
                yield snapshot, population, earlier, *astuple(change), moved


def _of_reading(
    then: Populations, now: Populations, were: Labels, are: Labels
) -> Iterator[tuple[int, Change, float | None]]:
    """The change of every population of a reading, by its number, and how much of it changed hands."""
    for (number, name), after in now.items():
        before = then.get((0, name))
        if before:
            change = decomposed(_known(before, were), _known(after, are), effective)
            had, has = by_party(_known(before, are)), by_party(_known(after, are))
            yield number, change, churn(had, has) if had and has else None


def _held_then(draft: Draft, snapshots: Sequence[int]) -> pl.DataFrame:
    """Who had how much at earlier snapshots: snapshot, 0, population, holder, amount; nobody where a file is torn."""
    parties = (pl.col("amount") > 0) & ~pl.col("holder").str.starts_with(SINK)
    rows = draft.landed(Kind.HOLDINGS, snapshots).filter(parties)
    return rows.select("snapshot", pl.lit(0), "population", "holder", "amount")


def effective(known: Known) -> float:
    """Effective parties of what is known: those who are counted, merged by label, the protocol's own left out."""
    amounts = by_party(known)
    total = sum(amounts.values())
    # One over the sum of squared shares, in whole numbers until the last division.
    return total**2 / sum(amount**2 for amount in amounts.values()) if total else 0.0


def by_party(known: Known) -> Amounts:
    """What each party that has something has: addresses merged by label, the protocol's own left out."""
    amounts: dict[str, int] = defaultdict(int)
    held, behind = known.amounts.get, known.labels.get
    for holder in known.population:
        if (amount := held(holder)) and (party := behind(holder, holder)) != NOBODY:
            amounts[party] += amount
    return amounts


def _known(amounts: Amounts, labels: Labels) -> Known:
    return Known(frozenset(amounts), labels, {}, amounts)


def _labels(draft: Draft, network: str, times: Collection[datetime]) -> Mapping[datetime, Labels]:
    """The party of each labelled address, as it was known at some times; protocol accounts are nobody."""
    found: dict[datetime, dict[str, str]] = {time: {} for time in times}
    for time, address, entity, kind in draft.table(_LABELS, network, list(times)).iter_rows():
        found[time][address] = NOBODY if kind in PROTOCOL else entity
    return found


def _amounts(rows: pl.DataFrame) -> Populations:
    """What each holder of a population has, by number and name of the population."""
    found = {}
    for (number, name), told in rows.partition_by(rows.columns[1:3], as_dict=True).items():
        *_, address, amount = told
        found[number, name] = dict(zip(address, amount.cast(pl.Int128).to_list(), strict=True))
    return found
