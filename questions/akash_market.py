"""What the mart holds of the Akash compute market: spend in dollars and its sides, hardware and who signs for it."""

from datetime import datetime
from typing import Final

import polars as pl

from analytics.akash import spend as markets
from analytics.akash import supply as compute_supply
from questions import claims
from store.mart import Mart

# The network whose leases are read.
_NETWORK: Final = "SELECT DISTINCT network FROM reading WHERE name = 'lease_ledger'"
_SPENT: Final = """
    SELECT letter AS "column", title, token, tokens, low_usd, high_usd, sources, priced_at, notes, since, until
    FROM spend
"""
_PARTIES: Final = """
    SELECT side AS population, rank, party, holder, addresses, low_usd, high_usd, share, cumulative FROM spend_party
    ORDER BY side, rank
"""
_SIDES: Final = """
    SELECT side AS population, parties, usd, of_spend, effective_parties, nc_gt_1_2, top_1, top_3, hhi FROM spend_side
"""
_CONSOLE: Final = """
    SELECT day::TIMESTAMP::TIMESTAMPTZ AS time, console_usd AS value FROM spend_day
    WHERE console_usd IS NOT NULL ORDER BY day
"""
_RUN_RATES: Final = """
    SELECT day, readings, low_usd, high_usd, notes, console_usd, ratio FROM spend_day
    WHERE readings IS NOT NULL ORDER BY day
"""
_SUPPLY: Final = """
    SELECT organisation, providers, cpu_cores, memory_gib, storage_gib, gpus FROM organisation
    ORDER BY gpus DESC, cpu_cores DESC, organisation
"""
# Whoever signs nothing that is demanded has signed at most; spend that needs nobody's signature stands last.
_GATE: Final = """
    SELECT auditor, low_usd, of_spend, signed, of_providers FROM auditor
    ORDER BY auditor = '', low_usd DESC, signed DESC, auditor
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
    order = {title: place for place, (_, title) in enumerate(markets.COLUMNS.values())}
    return mart.table(_SPENT).sort(pl.col("title").replace_strict(order, return_dtype=pl.Int8), "token")


def spend_parties(mart: Mart) -> pl.DataFrame:
    """Who is paid, who pays, who opens the gate, in dollars, addresses of one party merged: see markets.parties."""
    return mart.table(_PARTIES)


def spend_unpriced(mart: Mart) -> pl.DataFrame:
    """What the dollar tables leave out, with the reason: token, tokens, reason."""
    found = spend_columns(mart).filter(pl.col("low_usd").is_null(), column="R")
    return found.select("token", "tokens", reason="notes")


def spend_concentration(mart: Mart) -> pl.DataFrame:
    """How concentrated each side of the market is: see markets.concentration."""
    order = {side: place for place, side in enumerate(markets.POPULATIONS)}
    return mart.table(_SIDES).sort(pl.col("population").replace_strict(order, return_dtype=pl.Int8))


def spend_daily(mart: Mart) -> pl.DataFrame:
    """Dollars of each whole day since 2021: see markets.daily."""
    return mart.table(_CONSOLE)


def spend_claims(mart: Mart) -> pl.DataFrame:
    """What others claim of spend, held against the console's history: see claims.measured."""
    return claims.measured(mart, network(mart), "spend")


def spend_points(mart: Mart) -> pl.DataFrame:
    """What others claim of a period as points of a chart of dollars a day: see markets.claimed_points."""
    return markets.claimed_points(spend_claims(mart).filter(formula="sum_of_days"))


def spend_days(mart: Mart) -> pl.DataFrame:
    """Each day that the console or the chain tells in dollars: day, low_usd (run rate), console_usd."""
    return mart.table("SELECT day, low_usd, console_usd FROM spend_day ORDER BY day")


def run_rate_against_console(mart: Mart) -> pl.DataFrame:
    """The on-chain run rate beside the console's figure of the same day: see markets.against_console."""
    return mart.table(_RUN_RATES)


def supply(mart: Mart) -> pl.DataFrame:
    """Leased resources by organisation: see compute_supply.supply."""
    return mart.table(_SUPPLY)


def gate(mart: Mart) -> pl.DataFrame:
    """Who opens the gate: see compute_supply.gate."""
    return mart.table(_GATE)


def escrow(mart: Mart, network: str) -> pl.DataFrame:
    """What lay in a network's escrow when it was last read, paid in and not claimed yet: exact, unit, time."""
    told = mart.table(_OBSERVATIONS.format(of="network = $2"), "escrow_balance", network).sort("time").tail(1)
    return told.select("exact", "unit", "time")


def capacity(mart: Mart, now: datetime) -> pl.DataFrame:
    """What providers said they have, with its age: see compute_supply.capacity."""
    told = mart.table(_OBSERVATIONS.format(of="true"), "capacity_.*|gpu_allocat(able|ed)")
    return compute_supply.capacity(told, now)


def backing(mart: Mart) -> pl.DataFrame:
    """How ACT is backed: see compute_supply.backing."""
    names = "|".join(compute_supply.BACKING)
    return compute_supply.backing(mart.table(_OBSERVATIONS.format(of=f"network IN ({_NETWORK})"), names))
