"""What pages ask of a mart with ten million holdings and 180 days: CPU-seconds of each question.

The mart is the sample of 180 days in which two populations grew to five million holders each; it is built once, by the
same path as any other, under build/bench.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks import OURS, Case, Work
from ingest.networks import networks
from ingest.publication import build
from ingest.sample.world import PARTLY, build_sample
from questions import akash_market as market_facts
from questions import ballots, emission, freshness, history, proposals, ranking, scorecard, voting_record
from questions import thresholds as rules
from questions.populations import Population, headlines, populations
from questions.search import search
from questions.standing import everywhere
from store.landing import SAMPLE, Landing
from store.mart import Mart, NoMart, Outdated, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot
from tests.conftest import ROOT

HOLDINGS: Final = 10_000_000
LARGE: Final = (
    ("fet", "eip155:1", "holders", "holders", Measure.TOKEN, "afet", 40, 10**18),
    ("bittensor", "", "balances", "coldkeys", Measure.TOKEN, "rao", 64, 10**9),
)
# A reader waits for a page's slowest question; most are asked once a generation and kept.
BAR_SECONDS: Final = 0.1


def big_mart(size: int = HOLDINGS) -> Path:
    """The data folder of the large mart; built when it is not there."""
    data = ROOT / "build" / "bench" / f"{size}" / SAMPLE
    try:
        opened(data).close()
    except Outdated:
        build(data, networks())
    except NoMart:
        end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        build_sample(data, end - timedelta(days=1))
        for one in LARGE:
            Landing(data).land(*_grown(*one, end, size // len(LARGE)))
        build(data, networks())
    return data


def _grown(  # noqa: PLR0913, PLR0917 - one column each
    network: str, chain: str, reading: str, population: str, measure: Measure, unit: str, digits: int, token: int,
    end: datetime, n: int,
) -> tuple[Snapshot, Facts]:  # fmt: skip
    """One population of so many holders, lognormal, with addresses of their own."""
    chain = chain or networks()[network].chain.chain_id  # type: ignore[union-attr]
    weights = np.random.default_rng(7).lognormal(0, 2.5, n)
    amounts = pl.Series((weights * 1000).astype(np.int64) + 1).cast(pl.Int128) * pl.Series(
        [token // 1000], dtype=pl.Int128
    )
    rows = pl.DataFrame(
        {
            "population": pl.repeat(population, n, eager=True),
            "holder": _addresses(n, digits),
            "amount": amounts.cast(pl.Decimal(38, 0)),
        }
    )
    block = Block(int(end.timestamp()) // 6, "0" * 64, end)
    # Read in part, so that every number has bounds.
    reported = {population: int(rows["amount"].sum()) * 100 // PARTLY}
    snapshot = Snapshot(
        network, chain, reading, Kind.HOLDINGS, measure, unit, block, "Simulated.", "simulated",
        reported=reported, simulated=True,
    )  # fmt: skip
    return snapshot, Facts(rows, reported=reported)


def _addresses(n: int, digits: int) -> list[str]:
    """Addresses as chains have them: hashes, spread evenly."""
    text = np.random.default_rng(n + digits).bytes(n * digits // 2).hex()
    return ["0x" + text[at : at + digits] for at in range(0, n * digits, digits)]


@cache
def _mart(size: int) -> Mart:
    return opened(big_mart(size))


@cache
def _known(size: int) -> Sequence[Population]:
    return populations(_mart(size))


def _largest(size: int) -> Population:
    return max(_known(size), key=lambda one: one.n)


def _one(size: int, network: str, population: str) -> Population:
    return next(o for o in _known(size) if o.network == network and o.population == population)


@cache
def _somebody(size: int) -> str:
    """The address of a holder in the middle of a large population."""
    rows = ranking.ranking(_mart(size), _one(size, "fet", "holders"), "address")
    return str(rows["address"][500])


@cache
def _proposal(size: int) -> proposals.Proposal:
    return proposals.proposals(_mart(size))[0]


def _series(size: int) -> list[str]:
    chosen = headlines([one for one in _known(size) if one.measure == Measure.STAKE])
    return [f"{one.network} {one.reading} {one.population}" for one in chosen]


Question = Callable[[Mart, int], Any]
QUESTIONS: Final[Mapping[str, Question]] = {
    "what can be looked at": lambda mart, _: populations(mart),
    "scorecard": lambda mart, size: scorecard.rows(mart, _known(size)),
    "ranking of 5,000,000 holders": lambda mart, size: ranking.ranking(mart, _largest(size), "control"),
    "Lorenz curve of 60,000 holders": lambda mart, size: ranking.curve(
        mart, _one(size, "akash", "delegators"), "control"
    ),
    "metrics of one population": lambda mart, size: rules.values(mart, _largest(size), "control"),
    "search by address": lambda mart, size: search(mart, _somebody(size)),
    "where an address stands": lambda mart, size: everywhere(mart, _known(size), search(mart, _somebody(size))[0]),
    "search by name": lambda mart, _: search(mart, "validator 7"),
    "180 days of a metric": lambda mart, size: history.history(mart, "effective_parties", "control", _series(size)),
    "all proposals": lambda mart, _: proposals.proposals(mart),
    "voting record of validators": lambda mart, _: voting_record.record(mart, "akash"),
    "one proposal counted again": lambda mart, size: ballots.count(mart, _proposal(size)),
    "spend in dollars": lambda mart, _: market_facts.spend_parties(mart),
    "what reaches nobody": lambda mart, size: emission.sinks(mart, _one(size, "bittensor", "recipients")),
    "freshness": lambda mart, _: freshness.freshness(mart, datetime.now(UTC)),
}


def _prepared(name: str, size: int) -> Work:
    mart, question = _mart(size), QUESTIONS[name]

    def work() -> Mapping[str, float]:
        question(mart, size)
        return {}

    return work


CASES: Final = [
    Case(
        f"page asks: {name}",
        OURS,
        partial(_prepared, name),
        (HOLDINGS,),
        limit=BAR_SECONDS,
    )
    for name in QUESTIONS
]
