"""A build where it is long: ten million holdings, delegators of two large chains, two years of days.

Landing files are made once, under build/bench; what is measured is the build from nothing, and one with nothing new.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Final
from unittest.mock import patch

import numpy as np
import polars as pl

from benchmarks import OURS, Case, Work
from benchmarks.dashboard import HOLDINGS, big_mart
from benchmarks.verdicts import sample
from ingest.networks import networks
from ingest.publication import build
from store.landing import SAMPLE, Landing
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot
from tests.conftest import ROOT
from tests.worlds.hamlet import CHAINS, address
from tests.worlds.hamlet import snapshot as hamlet_snapshot

END: Final = datetime(2026, 11, 29, tzinfo=UTC)
A_SNAPSHOT: Final = 250_000
LABELLED: Final = 2_000
# Of what addresses of such chains are made.
CHARSET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
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


def delegators(n: int) -> Work:
    """From landing to the mart, of two chains on which so many delegate to a hundred validators."""
    data = ROOT / "build" / "bench" / f"delegators-{n}" / SAMPLE
    for network, (chain, prefix, unit, _) in CHAINS.items() if not data.exists() else ():
        dice = np.random.default_rng(5)
        operators = [address(f"{prefix}valoper", place) for place in range(100)]
        letters = dice.choice(list(CHARSET), (n, 38)).view("<U38").ravel()
        amounts = (dice.lognormal(0, 2.5, n) * 10**6).astype(np.int64) + 1
        told = pl.DataFrame({"holder": letters, "amount": pl.Series(amounts).cast(pl.Decimal(38, 0))}).with_columns(
            holder=pl.lit(f"{prefix}1") + pl.col("holder"),
            operator=pl.Series(operators).gather(dice.integers(0, len(operators), n)),
        )
        stake = told.group_by(holder="operator").agg(pl.col("amount").sum())
        each = told.select(pl.format("delegators@{}", "operator").alias("population"), "holder", "amount")
        landing = Landing(data)
        for reading, rows in (
            ("validators", stake.select(pl.lit("validators").alias("population"), "holder", "amount")),
            ("delegators", pl.concat([each.with_columns(population=pl.lit("delegators")), each])),
        ):
            more = {"measure": Measure.STAKE, "unit": unit, "simulated": True}
            landing.land(hamlet_snapshot(network, chain, reading, Kind.HOLDINGS, END, **more), Facts(rows))

    def work() -> dict[str, float]:
        build(data, networks(), afresh=True)
        return {}

    return work


def from_nothing(holdings: int) -> Work:
    """The sample of 180 days in which two populations have half of so many holders each, from nothing."""
    data = big_mart(holdings)

    def work() -> dict[str, float]:
        build(data, networks(), afresh=True)
        return {}

    return work


def nothing_new(holdings: int) -> Work:
    """The same where nothing has landed since the build before."""
    data = big_mart(holdings)
    build(data, networks())

    def work() -> dict[str, float]:
        build(data, networks())
        return {}

    return work


def of_days(days: int) -> Work:
    """The sample of so many days, from nothing."""
    data = sample(days)

    def work() -> dict[str, float]:
        build(data, networks(), afresh=True)
        return {}

    return work


CASES = (
    Case("build of {:,} holdings, nothing new", OURS, nothing_new, sizes=(HOLDINGS,), limit=1.5),
    Case("build of {:,} holdings from nothing", OURS, from_nothing, sizes=(HOLDINGS,), limit=18, peak=2_500),
    Case("build of {:,} delegators on each of two chains", OURS, delegators, sizes=(10**6,), limit=22, peak=3_000),
    Case("build of {:,} days of the sample from nothing", OURS, of_days, sizes=(720,), limit=20),
    # The database may take 1 GB; with what Python has beside it no more than 1.5 GiB.
    Case(
        "rebuild of {:,} holdings with labels everywhere", OURS, rebuild, sizes=(10**6, 10**7),
        limit=15, peak=1_500, growth=1.1,
    ),
)  # fmt: skip
