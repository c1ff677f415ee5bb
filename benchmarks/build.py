"""A rebuild where it is long: ten million holdings with labels everywhere, and delegators of a large chain.

Landing files are made once, under build/bench; what is measured is the build from nothing.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Final
from unittest.mock import patch

import numpy as np
import polars as pl

from benchmarks import OURS, Case, Work
from ingest.networks import networks
from ingest.publication import build
from store.landing import SAMPLE, Landing
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot
from tests.conftest import ROOT

END: Final = datetime(2026, 11, 29, tzinfo=UTC)
A_SNAPSHOT: Final = 250_000
LABELLED: Final = 2_000
KINDS: Final = ("operator", "operator", "custodian", "escrow")


def addresses(n: int) -> list[str]:
    """So many addresses as chains have them: hashes, spread evenly."""
    text = np.random.default_rng(3).bytes(n * 20).hex()
    return ["0x" + text[at : at + 40] for at in range(0, n * 40, 40)]


def snapshot(reading: str, measure: Measure, back: int) -> Snapshot:
    """Provenance of a reading of a token so many days ago."""
    time = END - timedelta(days=back)
    block = Block(int(time.timestamp()) // 12, "0" * 64, time)
    return Snapshot(
        "fet", "eip155:1", reading, Kind.HOLDINGS, measure, "afet", block, "Invented.", "invented", simulated=True
    )


def held(holders: list[str], seed: int) -> pl.DataFrame:
    """Everybody's amount on one day, lognormal, in one population."""
    weights = np.random.default_rng(seed).lognormal(0, 2.5, len(holders))
    amounts = pl.Series((weights * 1000).astype(np.int64) + 1).cast(pl.Int128) * pl.Series([10**15], dtype=pl.Int128)
    population = pl.repeat("holders", len(holders), eager=True)
    return pl.DataFrame({"population": population, "holder": holders, "amount": amounts.cast(pl.Decimal(38, 0))})


def entities(holders: list[str]) -> pl.DataFrame:
    """Labels of every hundredth holder, four addresses a party, of all kinds."""
    rows = [
        {
            **dict.fromkeys(ENTITIES.names()),
            "network": "fet",
            "address": address,
            "entity": f"party-{place // 4}",
            "name": f"Party {place // 4}",
            "kind": KINDS[place // 4 % len(KINDS)],
            "source": "invented",
            "recorded_at": END,
        }
        for place, address in enumerate(holders[:: len(holders) // LABELLED])
    ]
    return pl.DataFrame(rows, schema=ENTITIES)


def rebuild(holdings: int) -> Work:
    """From landing to the mart, where every snapshot has a quarter of a million holders, some of whom have a label."""
    holders = addresses(A_SNAPSHOT)
    data = ROOT / "build" / "bench" / f"labelled-{holdings}" / SAMPLE
    if not data.exists():
        for back in range(holdings // A_SNAPSHOT):
            Landing(data).land(snapshot("holders", Measure.TOKEN, back), Facts(held(holders, back)))
    labels = entities(holders)

    def work() -> dict[str, float]:
        with patch("store.reference.entities", lambda: labels), patch.dict(os.environ, DEAI_MEMORY="1GB"):
            build(data, networks(), afresh=True)
        return {}

    return work


CASES = (
    # The database may take 1 GB; with what Python has beside it no more than 1.5 GiB.
    Case(
        "rebuild of {:,} holdings with labels everywhere", OURS, rebuild, sizes=(10**6, 10**7),
        limit=15, peak=1_500, growth=1.1,
    ),
)  # fmt: skip
