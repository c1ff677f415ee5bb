"""What the mart holds of the Akash compute market, as the plain frames that analytics.markets takes."""

from datetime import datetime
from typing import Final

import polars as pl

from analytics.akash import spend as markets
from analytics.akash import supply as compute_supply
from store.labels import PROTOCOL
from store.mart import Mart
from store.published import published

AKASH: Final = "akash"
CONSOLE: Final = "akash_console"

_NEWEST: Final = """
    SELECT max_by(id, row(time, id)) AS id FROM snapshot
    WHERE network = 'akash' AND kind = 'holdings' AND measure = $1 GROUP BY reading
"""
_HOLDINGS: Final = f"""
    SELECT s.reading, s.unit, p.name AS population, h.address AS holder, o.amount, s.since, s.time
    FROM ({_NEWEST}) newest JOIN snapshot s ON s.id = newest.id JOIN holding o ON o.snapshot = s.id
    JOIN population p ON p.id = o.population JOIN holder h ON h.id = o.holder
"""
_TOTALS: Final = f"""
    SELECT s.reading, s.unit, d.total, s.since, s.time
    FROM ({_NEWEST}) newest JOIN snapshot s ON s.id = newest.id
    JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address' JOIN population p ON p.id = d.population
    WHERE p.name = 'providers' OR (s.reading LIKE 'deposited_%' AND p.name = 'payers')
"""
_RUN_RATES: Final = """
    SELECT s.time, s.unit, d.total
    FROM snapshot s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    WHERE s.network = 'akash' AND s.reading LIKE 'leases_%' AND s.measure = 'compute_spend' AND p.name = 'providers'
    ORDER BY s.time
"""
_ENTITIES: Final = """
    SELECT h.address, any_value(l.entity) AS entity, any_value(l.kind) AS kind
    FROM holder_label l JOIN holder h ON h.id = l.holder
    WHERE l.network = 'akash' AND (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR $1 < valid_to)
    GROUP BY h.address
"""
_OBSERVATIONS: Final = """
    SELECT name, subject, time, value, exact, unit, source FROM observation
    WHERE network = $1 AND regexp_full_match(name, $2)
"""


def spend_columns(mart: Mart) -> pl.DataFrame:
    """R, A, S, D and E, each denom by itself and in dollars: see markets.columns."""
    totals = mart.table(_TOTALS, "compute_spend")
    return markets.columns(totals, _costs(mart, totals))


def spend_parties(mart: Mart, column: str = "leases") -> pl.DataFrame:
    """Who is paid, who pays, who opens the gate, in dollars, addresses of one party merged: see markets.parties.

    column: a key of markets.COLUMNS. Addresses of a protocol are no party, as everywhere under the grouping `control`.
    """
    held = _spend(mart, column)
    known = _labels(mart, held)
    return markets.parties(counted(held, known), _costs(mart, held), _entities(known))


def counted(held: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Rows whose holder is somebody: addresses of a protocol are nobody's. labels: address, kind."""
    nobody = labels.filter(pl.col("kind").is_in(PROTOCOL))["address"].to_list()
    return held.filter(~pl.col("holder").is_in(nobody))


def spend_unpriced(mart: Mart, column: str = "leases") -> pl.DataFrame:
    """What the dollar tables leave out: see markets.unpriced."""
    held = _spend(mart, column)
    return markets.unpriced(held, _costs(mart, held))


def spend_concentration(mart: Mart, column: str = "leases") -> pl.DataFrame:
    """How concentrated each side of the market is: see markets.concentration."""
    return markets.concentration(spend_parties(mart, column))


def spend_daily(mart: Mart) -> pl.DataFrame:
    """Dollars of each whole day since 2021: see markets.daily."""
    return markets.daily(_told(mart, CONSOLE, markets.DAILY_USD))


def spend_today(mart: Mart) -> pl.DataFrame:
    """The running day: see markets.running_day."""
    return markets.running_day(_told(mart, CONSOLE, markets.DAILY_USD + markets.TODAY))


def spend_restated(mart: Mart) -> pl.DataFrame:
    """Days whose figure changed later: see markets.restated."""
    return markets.restated(_told(mart, CONSOLE, f"(restated:)?{markets.DAILY_USD}"))


def spend_claims(mart: Mart) -> pl.DataFrame:
    """Published figures beside measured ones: see markets.claims."""
    return markets.claims(_published(), spend_daily(mart))


def spend_points() -> pl.DataFrame:
    """Published figures as points of a chart of dollars a day: see markets.published_points."""
    return markets.published_points(_published())


def run_rate_against_console(mart: Mart) -> pl.DataFrame:
    """The on-chain run rate beside the console's figure of the same day: see markets.against_console."""
    rates = mart.table(_RUN_RATES)
    by_day = markets.costs_by_day(_priced(mart), rates["time"].dt.date().to_list())
    return markets.against_console(rates, by_day, spend_daily(mart))


def provider_earnings(mart: Mart) -> pl.DataFrame:
    """What each provider earned in 30 days as the console counts it: see markets.earnings."""
    return markets.earnings(_told(mart, CONSOLE, "earned_30d_uusd"))


def supply(mart: Mart) -> pl.DataFrame:
    """Leased resources by organisation: see compute_supply.supply."""
    return compute_supply.supply(mart.table(_HOLDINGS, "compute_supply"), _told(mart, AKASH, "host_uri|organization"))


def leased_gpus(mart: Mart) -> pl.DataFrame:
    """GPUs that leases ask for by model: see compute_supply.gpus."""
    return compute_supply.gpus(_told(mart, AKASH, "leased_gpu:.*"))


def gate(mart: Mart) -> pl.DataFrame:
    """Who opens the gate: see compute_supply.gate."""
    known = _entities(_labels(mart, _spend(mart, "leases")))
    return compute_supply.gate(spend_parties(mart), _told(mart, AKASH, "audited_by:.*"), known)


def escrow(mart: Mart, network: str) -> pl.DataFrame:
    """What lay in a network's escrow when it was last read, paid in and not claimed yet: exact, unit, time."""
    told = _told(mart, network, "escrow_balance").sort("time").tail(1)
    return told.select("exact", "unit", "time")


def capacity(mart: Mart, now: datetime) -> pl.DataFrame:
    """What providers said they have, with its age: see compute_supply.capacity."""
    return compute_supply.capacity(_told(mart, CONSOLE, "capacity_.*|gpu_allocat(able|ed)"), now)


def backing(mart: Mart) -> pl.DataFrame:
    """How ACT is backed: see compute_supply.backing."""
    return compute_supply.backing(_told(mart, AKASH, "|".join(compute_supply.BACKING)))


def _spend(mart: Mart, column: str) -> pl.DataFrame:
    held = mart.table(_HOLDINGS, "compute_spend")
    return held.filter(pl.col("reading").is_in([f"{column}_{denom}" for denom in markets.TOKENS]))


def _labels(mart: Mart, rows: pl.DataFrame) -> pl.DataFrame:
    """Labelled addresses at the end of the newest of the rows' periods: address, entity, kind."""
    return mart.table(_ENTITIES, rows["time"].max())


def _entities(labels: pl.DataFrame) -> dict[str, str]:
    return dict(labels.select("address", "entity").iter_rows())


def _costs(mart: Mart, rows: pl.DataFrame) -> markets.Costs:
    """Costs at the end of the newest of the rows' periods; none where there are no rows."""
    newest = rows["time"].max()
    return markets.costs(_priced(mart), newest) if isinstance(newest, datetime) else {}


def _priced(mart: Mart) -> pl.DataFrame:
    """Prices of every source, and the states of the circuit breaker."""
    return pl.concat([_told(mart, AKASH, "price_usd|circuit_breaker"), _told(mart, "prices", "price_usd")])


def _told(mart: Mart, network: str, names: str) -> pl.DataFrame:
    return mart.table(_OBSERVATIONS, network, names)


def _published() -> pl.DataFrame:
    return published().filter(network=AKASH, metric="spend_usd")
