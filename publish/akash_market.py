"""The market of Akash in dollars: what `analytics.akash` makes of leases, prices, labels and what providers say.

Made when a mart is built and kept in tables of its own, so that each of its numbers has SQL.
"""

from datetime import datetime
from typing import Final

import polars as pl

from analytics.akash import spend as markets
from analytics.akash import supply as compute_supply
from store.domains import domain
from store.mart import Tables
from store.reference import PROTOCOL

# The network whose leases are read.
_NETWORK: Final = "SELECT DISTINCT network FROM reading WHERE name = 'lease_ledger'"
# Leases are paid in the units that their readings have.
_MONEY: Final = f"""
    SELECT u.unit, u.token, u.usd IS NOT NULL AS dollar FROM unit u
    WHERE u.network IN ({_NETWORK}) AND starts_with(u.unit, '{markets.FINE}') ORDER BY u.unit
"""
# In one order, whatever the build: dollars are added up in floating point.
_HOLDINGS: Final = f"""
    WITH few AS MATERIALIZED (
        SELECT n.reading, n.unit, o.population, o.holder, o.amount, n.since, n.time
        FROM newest n JOIN holding o ON o.snapshot = n.id WHERE n.network IN ({_NETWORK}) AND n.measure = $1
    ),
    -- Named before sinks are left out: to leave these out of all addresses each of them would be read.
    named AS MATERIALIZED (SELECT id, address FROM holder SEMI JOIN few ON few.holder = holder.id)
    SELECT o.reading, o.unit, p.name AS population, h.address AS holder, o.amount, o.since, o.time
    FROM few o JOIN named h ON h.id = o.holder JOIN population p ON p.id = o.population WHERE NOT is_sink(h.address)
    ORDER BY o.reading, p.name, o.amount DESC, h.address
"""
_TOTALS: Final = f"""
    SELECT s.reading, s.unit, d.total, s.since, s.time
    FROM newest s
    JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address' JOIN population p ON p.id = d.population
    WHERE s.network IN ({_NETWORK}) AND s.measure = $1
        AND (p.name = 'providers' OR (s.reading LIKE 'deposited_%' AND p.name = 'payers'))
    ORDER BY s.reading
"""
_RUN_RATES: Final = f"""
    SELECT s.time, s.unit, d.total
    FROM snapshot s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    WHERE s.network IN ({_NETWORK}) AND s.reading LIKE 'leases_%' AND s.measure = 'compute_spend'
        AND p.name = 'providers'
    ORDER BY s.time, s.unit
"""
_LABELS: Final = f"""
    SELECT h.address, any_value(l.entity) AS entity, any_value(l.kind) AS kind
    FROM holder_label l JOIN holder h ON h.id = l.holder
    WHERE l.network IN ({_NETWORK}) AND in_force(valid_from, valid_to, $1)
    GROUP BY h.address
"""
_OBSERVATIONS: Final = """
    SELECT name, subject, time, value, exact, unit, source FROM observation
    WHERE regexp_full_match(name, $1) AND {of} ORDER BY ALL
"""


def rows(mart: Tables) -> dict[str, pl.DataFrame]:
    """Rows of the tables of the market, by table; none of any where nothing of it was read."""
    network = pl.lit("".join(mart.table(_NETWORK)["network"]), pl.String())
    priced, money = _priced(mart), _money(mart)
    held = mart.table(_HOLDINGS, "compute_spend")
    rates = held.filter(pl.col("reading").is_in([f"leases_{denom}" for denom in money]))
    labels = mart.table(_LABELS, rates["time"].max())
    spent = _parties(rates, priced, money, labels)
    told = {
        "spend": _columns(mart, priced, money),
        "spend_side": markets.concentration(spent).rename({"population": "side"}),
        "spend_party": spent.rename({"population": "side"}),
        "spend_day": _days(mart, priced, money),
        "organisation": _supply(mart),
        "auditor": _gate(mart, spent, labels),
    }
    return {table: found.with_columns(network=network) for table, found in told.items()}


def _columns(mart: Tables, priced: pl.DataFrame, money: markets.Money) -> pl.DataFrame:
    """Each way of counting, each denom by itself and in dollars."""
    totals = mart.table(_TOTALS, "compute_spend")
    return markets.columns(totals, _costs(priced, totals, money), money).rename({"column": "letter"})


def _parties(held: pl.DataFrame, priced: pl.DataFrame, money: markets.Money, labels: pl.DataFrame) -> pl.DataFrame:
    """Who is paid, who pays, who opens the gate; those of a protocol are no party, as everywhere under `control`."""
    return markets.parties(counted(held, labels), _costs(priced, held, money), _entities(labels))


def counted(held: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Rows whose holder is somebody: addresses of a protocol are nobody's. labels: address, kind."""
    nobody = labels.filter(pl.col("kind").is_in(PROTOCOL))["address"].to_list()
    return held.filter(~pl.col("holder").is_in(nobody))


def _days(mart: Tables, priced: pl.DataFrame, money: markets.Money) -> pl.DataFrame:
    """Each day of the console's history, and each on which the run rate was read."""
    rates, console = mart.table(_RUN_RATES), markets.daily(_told(mart, markets.DAILY_USD))
    by_day = markets.costs_by_day(priced, rates["time"].dt.date().to_list(), money)
    ours = markets.against_console(rates, by_day, console)
    others = console.select(day=pl.col("time").dt.date(), console_usd="value").join(ours, on="day", how="anti")
    return pl.concat([ours, others], how="diagonal").sort("day")


def _supply(mart: Tables) -> pl.DataFrame:
    hosts = _own(mart, "host_uri")
    domains = hosts.with_columns(pl.lit("domain").alias("name"), pl.col("exact").map_elements(domain, pl.String()))
    text = pl.concat([domains, _own(mart, "organization")])
    return compute_supply.supply(mart.table(_HOLDINGS, "compute_supply"), text)


def _gate(mart: Tables, spent: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Who opens the gate; nothing where nobody is paid."""
    found = compute_supply.gate(spent, _own(mart, "audited_by:.*"), _entities(labels))
    return found.clear() if spent.is_empty() else found


def _entities(labels: pl.DataFrame) -> dict[str, str]:
    return dict(labels.select("address", "entity").iter_rows())


def _costs(priced: pl.DataFrame, held: pl.DataFrame, money: markets.Money) -> markets.Costs:
    """Costs at the end of the newest of the rows' periods; none where there are no rows."""
    newest = held["time"].max()
    return markets.costs(priced, newest, money) if isinstance(newest, datetime) else {}


def _money(mart: Tables) -> markets.Money:
    """What leases are paid in, by denom."""
    found = mart.table(_MONEY).iter_rows()
    return {unit.removeprefix(markets.FINE): markets.Coin(token, dollar=dollar) for unit, token, dollar in found}


def _priced(mart: Tables) -> pl.DataFrame:
    """Prices of every source, and the states of the circuit breaker."""
    return pl.concat([_own(mart, "circuit_breaker"), _told(mart, "price_usd")])


def _own(mart: Tables, names: str) -> pl.DataFrame:
    """What the network itself says."""
    return mart.table(_OBSERVATIONS.format(of=f"network IN ({_NETWORK})"), names)


def _told(mart: Tables, names: str) -> pl.DataFrame:
    """What anybody says: the names are those of one source alone, or prices."""
    return mart.table(_OBSERVATIONS.format(of="true"), names)
