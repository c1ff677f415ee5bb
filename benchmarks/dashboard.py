"""What pages ask of a large mart, 10 million holdings and 180 days: CPU-seconds of every question.

The mart is the sample of 180 days in which two populations grew to five million holders each, and, for questions, with
a million delegators of one chain, 300 recorded proposals, twenty networks of one key and 1,024 subnets (`crowd`). It is
built once, by the same path as any other, under build/bench.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks import OURS, Case, Work, crowd
from ingest.networks import networks
from ingest.publication import build
from ingest.sample.draw import address
from ingest.sample.world import PARTLY, build_sample
from questions import (
    a_priori,
    alike,
    ballots,
    candidates,
    cited,
    claims,
    deciding,
    emission,
    entity,
    explorers,
    freshness,
    halting,
    history,
    labels,
    migration,
    month,
    offchain,
    own_votes,
    planned,
    populations,
    power,
    proposals,
    rank_history,
    ranking,
    reach,
    resampled,
    scenario,
    scorecard,
    search,
    standing,
    takeover,
    trouble,
    voting_record,
    yardsticks,
)
from questions import akash_market as market
from questions import thresholds as rules
from questions.entity import Entity
from questions.populations import Population, headlines
from questions.scenario import Scenario
from questions.search import Found
from store.landing import SAMPLE, Landing
from store.mart import Mart, NoMart, Outdated, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot
from tests.conftest import ROOT
from ui import over_time

HOLDINGS: Final = 10_000_000
LARGE: Final = (
    ("fet", "eip155:1", "holders", "holders", Measure.TOKEN, "afet", 40, 10**18),
    ("bittensor", "", "balances", "coldkeys", Measure.TOKEN, "rao", 64, 10**9),
)
# A reader waits for a page's slowest question; most are asked once a generation and kept.
BAR_SECONDS: Final = 0.1


def big_mart(size: int = HOLDINGS) -> Path:
    """The data folder of the large mart; built when it is not there."""
    return _built(f"{size}", lambda landing, end: _holders(landing, end, size))


def crowded_mart(size: int = HOLDINGS) -> Path:
    """The data folder of a mart that is large in every way (`crowd`); built when it is not there."""

    def land(landing: Landing, end: datetime) -> None:
        _holders(landing, end, size)
        crowd.land(landing, end)

    return _built(f"crowded-{size}", land)


def _built(name: str, land: Callable[[Landing, datetime], None]) -> Path:
    data = ROOT / "build" / "bench" / name / SAMPLE
    try:
        opened(data).close()
    except Outdated:
        build(data, networks())
    except NoMart:
        end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        build_sample(data, end - timedelta(days=1))
        land(Landing(data), end)
        build(data, networks())
    return data


def _holders(landing: Landing, end: datetime, size: int) -> None:
    for one in LARGE:
        landing.land(*_grown(*one, end, size // len(LARGE)))


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
    return opened(crowded_mart(size))


@cache
def _known(size: int) -> list[Population]:
    return populations.populations(_mart(size))


def _largest(size: int) -> Population:
    return max(_known(size), key=lambda one: one.n)


def _one(size: int, network: str, population: str) -> Population:
    return next(o for o in _known(size) if (o.network, o.population) == (network, population))


def _crowd(size: int) -> Population:
    """A million delegators of one chain."""
    return _one(size, crowd.CROWDED, "delegators")


@cache
def _somebody(size: int) -> Found:
    """A delegator in the middle of the crowded chain, who is one on twenty networks."""
    account = address(networks()[crowd.CROWDED].address, 500)
    return next(one for one in search.search(_mart(size), account) if one.network == crowd.CROWDED)


@cache
def _proposal(size: int) -> proposals.Proposal:
    """An open one of the crowded chain."""
    return next(one for one in proposals.proposals(_mart(size)) if one.network == crowd.CROWDED)


@cache
def _key(size: int) -> Entity:
    """The same with all its spellings."""
    found = entity.entity(_mart(size), _somebody(size).key)
    assert found is not None
    return found


@cache
def _party(size: int) -> str:
    """The one with most days on which an address of it was among the largest."""
    found = _mart(size).table(
        """
        SELECT e.entity FROM ranked r JOIN snapshot s ON s.id = r.snapshot
        JOIN entity e ON e.network = s.network AND e.address = r.address
        GROUP BY ALL ORDER BY count(*) DESC, 1 LIMIT 1
        """
    )
    return str(found.item())


def _staked(size: int) -> list[Population]:
    return headlines([one for one in _known(size) if one.measure == Measure.STAKE])


def _emissions(size: int) -> list[Population]:
    return [one for one in _known(size) if one.measure == Measure.EMISSION and one.in_column]


def _votes(size: int) -> Population:
    return _one(size, crowd.CROWDED, "validators")


@dataclass(frozen=True)
class Question:
    """One that a page asks, with what it asks it of, in the size of the mart."""

    of: Callable[..., Any]
    about: Callable[[int], tuple[Any, ...]] = lambda _: ()
    title: str = ""

    @property
    def name(self) -> str:
        """The question as the code has it, and of what it is asked."""
        return f"{self.of.__module__.partition('.')[2]}.{self.of.__name__}" + (f" {self.title}" if self.title else "")


NOW: Final = datetime.now(UTC)
THIRTY_DAYS: Final = (NOW.date() - timedelta(days=30), NOW.date())
CHAIN: Final = crowd.CROWDED
# Every function that a page asks (tests/test_benchmarks.py).
QUESTIONS: Final = (
    Question(populations.populations, title="1,024 subnets, 35 networks"),
    Question(scorecard.rows, lambda size: (_known(size),)),
    Question(ranking.ranking, lambda size: (_largest(size), "control"), "5,000,000 holders"),
    Question(ranking.curve, lambda size: (_crowd(size), "control"), "1,000,000 delegators"),
    Question(ranking.names, lambda _: (CHAIN,)),
    Question(rules.thresholds, lambda size: (_crowd(size),)),
    Question(rules.values, lambda size: (_largest(size), "control")),
    Question(rules.if_unlabelled_are_one, lambda size: (_largest(size),)),
    Question(a_priori.decisive, lambda size: (_votes(size), "control", rules.GENERAL[1]), "100 validators"),
    Question(a_priori.decides_together, lambda size: (_votes(size), "")),
    Question(a_priori.decides, lambda size: (_crowd(size), _somebody(size).address)),
    Question(labels.behind, lambda size: (CHAIN, _somebody(size).canonical)),
    Question(alike.alike, lambda size: (_votes(size),)),
    Question(month.month, lambda size: (_crowd(size),)),
    Question(halting.churn, lambda size: (_votes(size),)),
    Question(halting.cost, lambda _: (CHAIN,)),
    Question(halting.slack, lambda _: (CHAIN,)),
    Question(power.paths, lambda _: (CHAIN,)),
    Question(power.powers),
    Question(power.read_at),
    Question(cited.found, lambda size: (cited.of_population(_crowd(size), "gini"),), "a metric"),
    Question(cited.found, lambda size: (cited.of_holder(_crowd(size), _somebody(size).canonical),), "a holder"),
    Question(cited.told, lambda _: ("bittensor", "emission_.*"), "1,024 subnets"),
    Question(cited.needed, lambda _: ("bittensor",)),
    Question(cited.sinks, lambda size: (_one(size, "bittensor", "recipients"),)),
    Question(cited.silence, lambda _: (CHAIN,)),
    Question(cited.ranks, lambda size: (CHAIN, _somebody(size).canonical)),
    Question(cited.ballots, lambda size: (CHAIN, _somebody(size).canonical)),
    Question(search.beginnings),
    Question(search.respelled, lambda size: (_somebody(size).address,)),
    Question(search.search, lambda size: (_somebody(size).address,), "address on 20 networks"),
    Question(search.search, lambda _: ("validator 7",), "name"),
    Question(candidates.candidates, lambda size: (_known(size), _somebody(size).address), "20 networks"),
    Question(entity.named, lambda size: (_somebody(size).address,)),
    Question(entity.entity, lambda size: (_somebody(size).key,), "20 networks"),
    Question(entity.unread, lambda size: (_key(size),)),
    Question(standing.standing, lambda size: (_known(size), *(one.found for one in _key(size).members)), "20 networks"),
    Question(standing.parties, lambda size: ([_crowd(size)], _key(size))),
    Question(explorers.pages, lambda size: (list(_key(size).members),)),
    Question(labels.of, lambda size: (_key(size),)),
    Question(alike.says, lambda size: (_key(size),)),
    Question(own_votes.own_votes, lambda size: (_key(size),)),
    Question(rank_history.leaders),
    Question(rank_history.ranks, lambda size: (list(_key(size).members),)),
    Question(rank_history.ranks_of_party, lambda size: (_party(size), ())),
    Question(reach.reach, lambda size: (_key(size),)),
    Question(over_time.over_time, lambda size: (_staked(size), "effective_parties", 0, "control"), "180 days, drawn"),
    Question(over_time.deciding, lambda size: (_staked(size), "control", 0), "180 days, drawn"),
    Question(over_time.at_two_days, lambda size: (_staked(size), "stake", "gini", "control", *THIRTY_DAYS)),
    Question(history.events),
    Question(history.days_read),
    Question(resampled.scenario, lambda size: (_votes(size), "control", "cap", 10.0)),
    Question(scenario.answer, lambda size: (_crowd(size), "control", Scenario("cap", 10)), "1,000,000 delegators"),
    Question(proposals.proposals, title="300 of one network"),
    Question(ballots.count, lambda size: (_proposal(size),), "1,000,000 delegators"),
    Question(ballots.names, lambda _: (CHAIN,)),
    Question(ballots.newest_delegations, lambda size: (CHAIN, _somebody(size).canonical)),
    Question(voting_record.record, lambda _: (CHAIN,), "300 proposals, 1,000,000 delegators"),
    Question(voting_record.ended, lambda _: (CHAIN,)),
    Question(market.network),
    Question(market.escrow, lambda _: (CHAIN,)),
    Question(market.spend_columns),
    Question(market.spend_parties),
    Question(market.spend_unpriced),
    Question(market.spend_concentration),
    Question(market.spend_daily),
    Question(market.spend_days),
    Question(market.spend_claims),
    Question(market.spend_points),
    Question(market.run_rate_against_console),
    Question(market.supply),
    Question(market.gate),
    Question(emission.by_population, lambda size: (_emissions(size),)),
    Question(emission.flow, lambda size: (_emissions(size)[0], _known(size))),
    Question(emission.sinks, lambda size: (_one(size, "bittensor", "recipients"),)),
    Question(emission.split, lambda _: ("bittensor",)),
    Question(emission.switched_off, lambda _: ("bittensor",)),
    Question(deciding.deciding, lambda size: (_one(size, "bittensor", "subnets"),)),
    Question(takeover.takeovers, lambda _: ("bittensor",)),
    Question(takeover.rule, lambda _: ("bittensor",)),
    Question(migration.network),
    Question(migration.migration),
    Question(migration.conversions),
    Question(claims.claims),
    Question(claims.readings, lambda size: (claims.claims(_mart(size))["claim"][0],)),
    Question(claims.behind, lambda size: (str([_crowd(size).snapshot]),)),
    Question(yardsticks.yardsticks),
    Question(offchain.powers, lambda _: (CHAIN,)),
    Question(planned.planned, lambda _: ("compute",)),
    Question(freshness.freshness, lambda _: (NOW,)),
    Question(freshness.by_network, lambda _: (NOW,)),
    Question(freshness.simulated),
    Question(freshness.imported),
    Question(freshness.last_runs),
    Question(freshness.torn),
    Question(freshness.knows, lambda _: ("no such run",)),
    Question(freshness.run_errors),
    Question(freshness.labels),
    Question(freshness.credits),
    Question(trouble.troubles),
)
# Bars of their own: simulated votes are a third of the record, and curves are not only asked for but drawn.
LIMITS: Final = {voting_record.record: 0.2, standing.standing: 0.08, over_time.over_time: 0.25}


def _prepared(question: Question, size: int) -> Work:
    mart, about = _mart(size), question.about(size)

    def work() -> Mapping[str, float]:
        question.of(mart, *about)
        return {}

    return work


CASES: Final = [
    Case(
        f"page asks: {one.name}",
        OURS,
        partial(_prepared, one),
        (HOLDINGS,),
        limit=LIMITS.get(one.of, BAR_SECONDS),
    )
    for one in QUESTIONS
]
