"""What others claim and what was measured, one row a reading of a sentence, in the order of the file."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from store.mart import Mart

_CLAIMS: Final = """
    SELECT c.* EXCLUDE (place), coalesce(n.title, c.network) AS title
    FROM claim_reading c LEFT JOIN network n ON n.name = c.network ORDER BY c.place
"""
_BEHIND: Final = """
    SELECT coalesce(n.title, s.network) AS title, s.reading, s.height, s.time, s.endpoint, s.method, s.simulated
    FROM snapshot s LEFT JOIN network n ON n.name = s.network
    WHERE s.id IN (SELECT unnest(?::INTEGER[])) ORDER BY s.time DESC, s.reading
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a claim, what was measured, and the word; measured is None where there is no number."""

    sentence: str
    says: str
    word: str
    claimed: float | None
    measured: float | None
    measured_at: datetime | None
    unit: str
    bound: str
    note: str
    falsifier: str
    ambiguity: str
    public: str
    who: str
    source: str
    recorded_at: date
    checked_at: date | None
    snapshots: str


def claims(mart: Mart) -> pl.DataFrame:
    """Every reading of every claim, with the network's title, the word and the measured number."""
    return mart.table(_CLAIMS)


def readings(mart: Mart, claim: str) -> list[Reading]:
    """All readings of one claim, by its slug."""
    rows = claims(mart).filter(claim=claim).select(list(Reading.__dataclass_fields__))
    return [Reading(*row) for row in rows.iter_rows()]


def measured(mart: Mart, network: str, measure: str) -> pl.DataFrame:
    """The readings on a measure of a network that are held against numbers."""
    return claims(mart).filter(pl.col("formula") != "", network=network, measure=measure)


def behind(mart: Mart, snapshots: str) -> pl.DataFrame:
    """The snapshots from which a reading's number comes, newest first. snapshots: their ids as JSON."""
    return mart.table(_BEHIND, json.loads(snapshots))
