"""How close a chain is to standing still, what it would cost to make it, and how much of a population changed hands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from questions.populations import Population
from store.mart import Mart

_COST: Final = """
    SELECT w.title AS network, c.fault, json_array_length(c.operators) AS n,
           c.bonded / pow(10, w.decimals) AS bonded_tokens,
           c.own / pow(10, w.decimals) AS own_tokens, c.own_least / pow(10, w.decimals) AS own_least_tokens,
           c.fraction, c.usd, c.controlled_usd, c.loss_usd, c.delegators_loss_usd, c.reason, c.priced,
           s.chain_id, s.height, s.hash, s.time, s.endpoint, s.simulated, s.method
    FROM halt_cost c JOIN network w ON w.name = c.network LEFT JOIN snapshot s ON s.id = c.snapshot
    WHERE c.network = ? ORDER BY c.fault DESC
"""
_SLACK: Final = """
    SELECT max_by(k.operators, s.time) AS operators, max_by(k.absent, s.time) AS absent,
           max_by(k.share, s.time) AS share, max(s.time) AS time, min(k.operators) AS least,
           min_by(s.time, k.operators) AS least_at, count(*) AS blocks
    FROM slack k JOIN snapshot s ON s.id = k.snapshot WHERE s.network = ?
"""
_CHURN: Final = "SELECT churn FROM change WHERE snapshot = ? AND population = ?"


@dataclass(frozen=True, slots=True)
class Slack:
    """Fewest further operators whose silence stops blocks, now and at the worst of the blocks of thirty days.

    absent: operators that did not sign; share: their part of the power.
    """

    operators: int
    absent: int
    share: float
    time: datetime
    least: int
    least_at: datetime
    blocks: int


def cost(mart: Mart, network: str) -> pl.DataFrame:
    """What it costs to stop and to fork a chain, a row a fault, with the block of the bonds.

    None where self-bonds were not read.
    """
    return mart.table(_COST, network)


def slack(mart: Mart, network: str) -> Slack | None:
    """How few more would have to fall silent; None where nobody read who signs."""
    row = mart.table(_SLACK, network).row(0, named=True)
    return Slack(**row) if row["blocks"] else None


def churn(mart: Mart, population: Population) -> float | None:
    """Which part of it other parties have than thirty days ago; None where no day near was read."""
    rows = mart.table(_CHURN, population.snapshot, population.population_id)
    return rows["churn"][0] if rows.height else None
