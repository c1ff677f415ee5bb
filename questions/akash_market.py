"""What the mart holds of the Akash compute market, as the plain frames that analytics.markets takes."""

from datetime import datetime
from typing import Final

import polars as pl

from analytics.akash import spend as markets
from analytics.akash import supply as compute_supply
from questions import claims
from store.domains import domain
from store.mart import Mart
from store.reference import PROTOCOL

# The network whose leases are read.
_NETWORK: Final = "SELECT DISTINCT network FROM reading WHERE name = 'lease_ledger'"
# Leases are paid in the units that their readings have.
_MONEY: Final = f"""
    SELECT u.unit, u.token, u.usd IS NOT NULL AS dollar FROM unit u
    WHERE u.network IN ({_NETWORK}) AND starts_with(u.unit, '{markets.FINE}')
"""
_HOLDINGS: Final = f"""
    WITH few AS MATERIALIZED (
        SELECT n.reading, n.unit, o.population, o.holder, o.amount, n.since, n.time
        FROM newest n JOIN holding o ON o.snapshot = n.id WHERE n.network IN ({_NETWORK}) AND n.measure = $1
    ),
    -- Named before sinks are left out: to leave these out of all addresses each of them would be read.
    named AS MATERIALIZED (SELECT id, address FROM holder SEMI JOIN few ON few.holder = holder.id)
    SELECT o.reading, o.unit, p.name AS population, h.address AS holder, o.amount, o.since, o.time
    FROM few o JOIN named h ON h.id = o.holder JOIN population p ON p.id = o.population WHERE NOT is_sink(h.address)
"""
_TOTALS: Final = f"""
    SELECT s.reading, s.unit, d.total, s.since, s.time
    FROM newest s
    JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address' JOIN population p ON p.id = d.population
    WHERE s.network IN ({_NETWORK}) AND s.measure = $1
        AND (p.name = 'providers' OR (s.reading LIKE 'deposited_%' AND p.name = 'payers'))
"""
_RUN_RATES: Final = f"""
    SELECT s.time, s.unit, d.total
    FROM snapshot s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    WHERE s.network IN ({_NETWORK}) AND s.reading LIKE 'leases_%' AND s.measure = 'compute_spend'
        AND p.name = 'providers'
    ORDER BY s.time
"""
_ENTITIES: Final = f"""
    SELECT h.address, any_value(l.entity) AS entity, any_value(l.kind) AS kind
    FROM holder_label l JOIN holder h ON h.id = l.holder
    WHERE l.network IN ({_NETWORK}) AND in_force(valid_from, valid_to, $1)
    GROUP BY h.address
"""
_OBSERVATIONS: Final = """
    SELECT name, subject, time, value, exact, unit, source FROM observation
    WHERE regexp_full_match(name, $1) AND {of}
"""


def network(mart: Mart) -> str:
    """The network whose market this is; empty where nothing of it is told."""
    return "".join(mart.table(_NETWORK)["network"])


def spend_columns(mart: Mart) -> pl.DataFrame:
    """R, A, S, D and E, each denom by itself and in dollars: see markets.columns."""
    totals = mart.table(_TOTALS, "compute_spend")
    return markets.columns(totals, _costs(mart, totals), _money(mart))


def spend_parties(mart: Mart, column: str = "leases") -> pl.DataFrame:
    """Who is paid, who pays, who opens the gate, in dollars, addresses of one party merged: see markets.parties.

    column: a key of markets.COLUMNS. Addresses of a protocol are no party, as everywhere under the grouping `control`.
    """
    held = _spend(mart, column)
    return _parties(mart, held, _labels(mart, held))


def _parties(mart: Mart, held: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    return markets.parties(counted(held, labels), _costs(mart, held), _entities(labels))


def counted(held: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Rows whose holder is somebody: addresses of a protocol are nobody's. labels: address, kind."""
    nobody = labels.filter(pl.col("kind").is_in(PROTOCOL))["address"].to_list()
    return held.filter(~pl.col("holder").is_in(nobody))


def spend_unpriced(mart: Mart, column: str = "leases") -> pl.DataFrame:
    """What the dollar tables leave out: see markets.unpriced."""
    held = _spend(mart, column)
    return markets.unpriced(held, _costs(mart, held), _money(mart))


def spend_concentration(mart: Mart, column: str = "leases") -> pl.DataFrame:
    """How concentrated each side of the market is: see markets.concentration."""
    return markets.concentration(spend_parties(mart, column))


def spend_daily(mart: Mart) -> pl.DataFrame:
    """Dollars of each whole day since 2021: see markets.daily."""
    return markets.daily(_told(mart, markets.DAILY_USD))


def spend_claims(mart: Mart) -> pl.DataFrame:
    """What others claim of spend, held against the console's history: see claims.measured."""
    return claims.measured(mart, network(mart), "spend")


def spend_points(mart: Mart) -> pl.DataFrame:
    """What others claim of a period as points of a chart of dollars a day: see markets.claimed_points."""
    return markets.claimed_points(spend_claims(mart).filter(formula="sum_of_days"))


def run_rate_against_console(mart: Mart) -> pl.DataFrame:
    """The on-chain run rate beside the console's figure of the same day: see markets.against_console."""
    rates = mart.table(_RUN_RATES)
    by_day = markets.costs_by_day(_priced(mart), rates["time"].dt.date().to_list(), _money(mart))
    return markets.against_console(rates, by_day, spend_daily(mart))


def supply(mart: Mart) -> pl.DataFrame:
    """Leased resources by organisation: see compute_supply.supply."""
    hosts = _own(mart, "host_uri")
    domains = hosts.with_columns(pl.lit("domain").alias("name"), pl.col("exact").map_elements(domain, pl.String()))
    text = pl.concat([domains, _own(mart, "organization")])
    return compute_supply.supply(mart.table(_HOLDINGS, "compute_supply"), text)


def gate(mart: Mart) -> pl.DataFrame:
    """Who opens the gate: see compute_supply.gate."""
    held = _spend(mart, "leases")
    known = _labels(mart, held)
    return compute_supply.gate(_parties(mart, held, known), _own(mart, "audited_by:.*"), _entities(known))


def escrow(mart: Mart, network: str) -> pl.DataFrame:
    """What lay in a network's escrow when it was last read, paid in and not claimed yet: exact, unit, time."""
    told = mart.table(_OBSERVATIONS.format(of="network = $2"), "escrow_balance", network).sort("time").tail(1)
    return told.select("exact", "unit", "time")


def capacity(mart: Mart, now: datetime) -> pl.DataFrame:
    """What providers said they have, with its age: see compute_supply.capacity."""
    return compute_supply.capacity(_told(mart, "capacity_.*|gpu_allocat(able|ed)"), now)


def backing(mart: Mart) -> pl.DataFrame:
    """How ACT is backed: see compute_supply.backing."""
    return compute_supply.backing(_own(mart, "|".join(compute_supply.BACKING)))


def _spend(mart: Mart, column: str) -> pl.DataFrame:
    held = mart.table(_HOLDINGS, "compute_spend")
    return held.filter(pl.col("reading").is_in([f"{column}_{denom}" for denom in _money(mart)]))


def _labels(mart: Mart, rows: pl.DataFrame) -> pl.DataFrame:
    """Labelled addresses at the end of the newest of the rows' periods: address, entity, kind."""
    return mart.table(_ENTITIES, rows["time"].max())


def _entities(labels: pl.DataFrame) -> dict[str, str]:
    return dict(labels.select("address", "entity").iter_rows())


def _costs(mart: Mart, rows: pl.DataFrame) -> markets.Costs:
    """Costs at the end of the newest of the rows' periods; none where there are no rows."""
    newest = rows["time"].max()
    return markets.costs(_priced(mart), newest, _money(mart)) if isinstance(newest, datetime) else {}


def _money(mart: Mart) -> markets.Money:
    """What leases are paid in, by denom."""
    rows = mart.table(_MONEY).iter_rows()
    return {unit.removeprefix(markets.FINE): markets.Coin(token, dollar=dollar) for unit, token, dollar in rows}


def _priced(mart: Mart) -> pl.DataFrame:
    """Prices of every source, and the states of the circuit breaker."""
    return pl.concat([_own(mart, "circuit_breaker"), _told(mart, "price_usd")])


def _own(mart: Mart, names: str) -> pl.DataFrame:
    """What the network itself says."""
    return mart.table(_OBSERVATIONS.format(of=f"network IN ({_NETWORK})"), names)


def _told(mart: Mart, names: str) -> pl.DataFrame:
    """What anybody says: the names are those of one source alone, or prices."""
    return mart.table(_OBSERVATIONS.format(of="true"), names)
