"""Simulated facts, in the sizes of the real networks, through the same path as real ones.

Deterministic: the same program and day give the same numbers. Amounts are invented; metrics are computed from them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from analytics.votes.tally import thresholds
from ingest.network import Reading
from ingest.networks import networks
from ingest.publication import build
from ingest.sample import cosmos as sample_chain
from ingest.sample import votes as sample_votes
from ingest.sample.cosmos import AKASH, CHAINS, FETCH, Chain
from ingest.sample.draw import Floats, address, addresses, dice, held, wandered
from ingest.sample.market import market
from store.landing import Landing
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, observation

DAYS: Final = 180
DAY: Final = timedelta(days=1)
FLOWS: Final = (Measure.EMISSION, Measure.COMPUTE_SPEND)
# Per cent of the chain's total that a reading in part finds.
PARTLY: Final = 97
# Amounts are drawn as parts of this many, then scaled to the population's total.
PARTS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Population:
    """Who shares an amount: n holders with heavy tails; `skew` is the standard deviation of the log of the amounts."""

    name: str
    n: int
    total: int
    skew: float
    spelling: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """One reading of one network; rows: its holdings so many days before the end.

    every: days between two snapshots of its history, 0 for the newest day alone. in_part: the chain tells more than
    what is found.
    """

    network: str
    reading: str
    rows: Callable[[int], pl.DataFrame]
    every: int = 1
    in_part: bool = False

    @property
    def real(self) -> Reading:
        """The reading that this one stands for: it has its measure and unit."""
        return _real(self.network, self.reading)


def _real(network: str, reading: str) -> Reading:
    return next(one for one in networks()[network].readings if one.name == reading)


def build_sample(data: Path, until: datetime | None = None, days: int = DAYS) -> Path:
    """Land `days` of simulated history ending at `until` (midnight today) in a folder named sample, and publish it."""
    end = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    landing = Landing(data)
    for reading in readings():
        landing.land_months(_history(reading, end, days))
        landing.land(*_holdings(reading, end, 0))
    for snapshot, facts in (*_names(end), *_observed(end, days), *_market(end, days), *_governed(end)):
        networks()[snapshot.network].check(_real(snapshot.network, snapshot.reading), facts)
        landing.land(snapshot, facts)
    published, _ = build(data, networks())
    return published


def readings() -> Iterator[Simulated]:
    """Every simulated reading: the populations of all networks, in the sizes of the real ones."""
    for chain in CHAINS:
        yield from _cosmos(chain)
    yield from _akash_compute()
    yield from _bittensor()
    yield from (one for one in _ethereum() if one.network in networks())


def _cosmos(chain: Chain) -> Iterator[Simulated]:
    """What follows from the delegations of a Cosmos chain."""
    yield Simulated(chain.network, "validators", partial(sample_chain.validators, chain))
    yield Simulated(chain.network, "consensus", partial(sample_chain.consensus, chain))
    yield Simulated(chain.network, "delegators", partial(sample_chain.delegators, chain), every=30)
    yield Simulated(chain.network, "emission", partial(sample_chain.emission, chain))


def _spread(network: str, reading: str, populations: tuple[Population, ...], every: int = 1) -> Simulated:
    """A reading whose populations are drawn each by itself."""
    rows, in_part = partial(_drawn, f"{network} {reading}", populations), _real(network, reading).partial
    return Simulated(network, reading, rows, every, in_part)


def _akash_compute() -> Iterator[Simulated]:
    """Spend in 1e-18 of a denom; most is paid in uact, a little in the others."""
    parties = (("providers", 60, 1.6), ("payers", 120, 2.6), ("tenants", 420, 1.9), ("auditors", 3, 2.5))
    for denom, a_day in (("uact", 7_534), ("uakt", 90), ("uusdc", 40)):
        total = a_day * 10**24
        of = tuple(Population(name, n, total, skew, "akash") for name, n, skew in parties)
        yield _spread("akash", f"leases_{denom}", of)
        for name in ("accrued", "settled", "external_least", "external_most"):
            yield _spread("akash", f"{name}_{denom}", of, every=30)
        yield _spread("akash", f"deposited_{denom}", (of[1],), every=30)
    for resource, total in (("cpu", 9_000_000), ("memory", 2**44), ("storage", 2**47), ("gpu", 248)):
        providers = Population("providers", 60, total, 1.2, "akash")
        yield _spread("akash", f"leased_{resource}", (providers,), every=15)


def _bittensor() -> Iterator[Simulated]:
    rao = 10**9
    subnets = [f"subnet:{netuid}.0" for netuid in range(1, 129)]

    def each(role: str, n: int, total: int, skew: float) -> tuple[Population, ...]:
        return tuple(Population(f"{subnet}/{role}", n, total * rao, skew, "substrate") for subnet in subnets)

    def whole(name: str, n: int, total: int, skew: float, spelling: str = "substrate") -> Population:
        return Population(name, n, total * rao, skew, spelling)

    stake = (whole("hotkeys", 2_000, 7_446_311, 2.2), whole("coldkeys", 30_000, 7_446_311, 2.6))
    yield _spread("bittensor", "stake", stake, every=30)
    yield _spread("bittensor", "stake_alpha", each("coldkeys", 256, 2_000_000, 2.0), every=0)
    yield _spread("bittensor", "validators", (whole("validators", 300, 6_000_000, 1.9),))
    yield _spread("bittensor", "subnet_validators", each("validators", 64, 500_000, 1.8), every=0)
    yield _spread("bittensor", "subnet_emission", (whole("subnets", 128, 3_600, 1.6, "subnet"),))
    yield _spread("bittensor", "recipients", (whole("recipients", 9_000, 3_600, 2.1),), every=15)
    roles = each("miners", 191, 2_952, 1.7) + each("validators", 64, 2_952, 1.7) + each("owner", 1, 1_296, 0)
    yield _spread("bittensor", "alpha_emission", roles, every=0)
    yield _spread("bittensor", "balances", (whole("coldkeys", 60_000, 3_700_000, 2.8),), every=30)
    keys = (Population("sudo", 3, 3, 0, "substrate"), Population("authorities", 20, 20, 0, "substrate"))
    yield _spread("bittensor", "control_keys", keys, every=30)
    yield _spread("bittensor", "grandpa", (Population("grandpa", 20, 20, 0, "substrate"),), every=30)
    yield _spread("bittensor", "subnet_owners", (Population("subnet_owners", 90, 128, 0.3, "substrate"),), every=30)


def _ethereum() -> Iterator[Simulated]:
    holders = Population("holders", 100_000, 2_600_000_000 * 10**18, 2.9, "evm")
    yield _spread("fet", "holders", (holders,), every=30)
    keys = tuple(Population(f"token/{power}", 3, 3, 0, "evm") for power in ("minter", "pauser", "admin"))
    yield _spread("fet", "control", keys, every=30)
    spend = 4_000 * 10**18
    claims = (Population("recipients", 40, spend, 1.8, "evm"), Population("senders", 160, spend, 2.0, "evm"))
    yield _spread("singularitynet", "claims", claims)
    organizations = Population("organizations", 70, 140, 0.8, "organization")
    yield _spread("singularitynet", "organizations", (organizations,), every=7)


def _history(reading: Simulated, end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    if reading.every:
        for back in reversed(range(reading.every, days, reading.every)):
            yield _holdings(reading, end, back)


def _holdings(reading: Simulated, end: datetime, back: int) -> tuple[Snapshot, Facts]:
    """A reading's holdings `back` days before the end."""
    time = end - back * DAY
    rows = reading.rows(back)
    since = time - DAY if reading.real.measure in FLOWS else None
    totals = {name: int(total) for name, total in rows.group_by("population").agg(pl.col("amount").sum()).iter_rows()}
    if reading.in_part:
        totals = {name: total * 100 // PARTLY for name, total in totals.items()}
    facts = Facts(rows, reported={name: total for name, total in totals.items() if _told(name)}, since=since)
    networks()[reading.network].check(reading.real, facts)
    snapshot = _snapshot(reading.network, reading.reading, Kind.HOLDINGS, time)
    measure, unit = reading.real.measure, reading.real.unit
    return replace(snapshot, measure=measure, unit=unit, since=since, reported=facts.reported), facts


def _told(population: str) -> bool:
    """Whether a chain tells a total of its own: of what a network shares as a whole."""
    return "@" not in population and "/" not in population


def _drawn(name: str, populations: tuple[Population, ...], back: int) -> pl.DataFrame:
    """The populations of a reading on one day."""
    return pl.concat(_amounts(f"{name} {population.name}", population, back) for population in populations)


def _amounts(name: str, population: Population, back: int) -> pl.DataFrame:
    """One population on one day: lognormal amounts that wander slowly, so that ranks change but rarely."""
    logs, phase = _characters(name, population.n, population.skew)
    weight = np.exp(logs + min(population.skew, 1.0) * wandered(phase, back))
    # Small totals are counts (keys, subnets): everybody has at least one.
    unit, parts = max(1, population.total // PARTS), min(PARTS, population.total)
    amounts = np.maximum(1, np.rint(weight / weight.sum() * parts)).astype(np.int64)
    return held(population.name, addresses(population.spelling, population.n), amounts, unit=unit)


@cache
def _characters(name: str, n: int, skew: float) -> tuple[Floats, Floats]:
    """Log sizes, largest first, and phases of a population's holders, drawn from its name."""
    random = dice(name)
    return np.sort(random.normal(0.0, skew, n))[::-1], random.uniform(0, 2 * np.pi, n)


def _snapshot(network: str, reading: str, kind: Kind, time: datetime) -> Snapshot:
    chain, height = networks()[network].chain, int(time.timestamp()) // 6
    chain_id = chain.chain_id if chain else network
    return Snapshot(
        network=network,
        chain_id=chain_id,
        reading=reading,
        kind=kind,
        measure=None,
        unit="",
        block=Block(height, sha256(f"{network} {height}".encode()).hexdigest(), time),
        method="Simulated: drawn at random, in the size of the real network.",
        endpoint="simulated",
        simulated=True,
    )


def _names(end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """Names of validators on the Cosmos chains; a few share a website, so that one operator has several."""
    for chain in CHAINS:
        rows = []
        for place in range(sample_chain.VALIDATORS):
            subject = address(chain.valoper, place)
            rows.append(observation("moniker", end, f"Sample validator {place + 1}", "", subject=subject))
            rows.append(observation("website", end, f"https://operator{place // 2}.example", "", subject=subject))
        snapshot = _snapshot(chain.network, "names", Kind.OBSERVATIONS, end)
        yield replace(snapshot, newest_only=True), Facts(frame(Kind.OBSERVATIONS, rows))


# (network, reading, name, subject, value, unit): what the real chains showed in 2026, rounded.
OBSERVED: Final = (
    ("akash", "economy", "supply", "", 295_868_912 * 10**6, "uakt"),
    ("akash", "economy", "bonded", "", AKASH.bonded * AKASH.token, "uakt"),
    ("akash", "economy", "inflation", "", 0.04, "ratio"),
    ("akash", "parameters", "quorum", "gov", 0.2, "ratio"),
    ("akash", "parameters", "threshold", "gov", 0.5, "ratio"),
    ("akash", "parameters", "veto_threshold", "gov", 0.334, "ratio"),
    ("fetch", "economy", "supply", "", 1_150_000_000 * 10**18, "afet"),
    ("fetch", "economy", "bonded", "", FETCH.bonded * FETCH.token, "afet"),
    ("fetch", "parameters", "quorum", "gov", 0.334, "ratio"),
    ("fetch", "parameters", "threshold", "gov", 0.5, "ratio"),
    ("fetch", "parameters", "veto_threshold", "gov", 0.334, "ratio"),
    ("bittensor", "chain", "issuance", "", 11_219_409 * 10**9, "rao"),
    ("bittensor", "control", "rule", "", "sudo", ""),
    ("bittensor", "control", "sudo_signers", "", "verified", ""),
    ("bittensor", "control", "sudo_threshold", "", 2, "keys"),
)


def _observed(end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    for network, reading in dict.fromkeys(row[:2] for row in OBSERVED):
        for back in range(0, days, 30):
            time = end - back * DAY
            yield _snapshot(network, reading, Kind.OBSERVATIONS, time), Facts(_observations(network, reading, time))


def _observations(network: str, reading: str, time: datetime) -> pl.DataFrame:
    """What a reading observed."""
    rows = [
        observation(name, time, value, unit, subject=subject)
        for *place, name, subject, value, unit in OBSERVED
        if place == [network, reading]
    ]
    return frame(Kind.OBSERVATIONS, rows)


def _market(end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    providers, auditors = ([address("akash", place) for place in range(n)] for n in (60, 3))
    for network, reading, rows in market(end, days, providers=providers, auditors=auditors):
        yield _snapshot(network, reading, Kind.OBSERVATIONS, end), Facts(frame(Kind.OBSERVATIONS, rows))


# The newest proposals of a chain, whose votes were read; the last one is still open.
WITH_VOTES: Final = 4


def _governed(end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """Proposals with their counts, and the votes of the newest ones."""
    for chain in CHAINS:
        rule = thresholds(_observations(chain.network, "parameters", end))
        votes = sample_votes.votes(chain)
        snapshot = _snapshot(chain.network, "proposals", Kind.PROPOSALS, end)
        proposals = [sample_votes.proposal(vote, end, rule) for vote in votes]
        yield snapshot, Facts(frame(Kind.PROPOSALS, proposals))
        cast = [row for vote in votes[-WITH_VOTES:] for row in sample_votes.rows(vote)]
        yield replace(snapshot, reading="votes", kind=Kind.VOTES), Facts(frame(Kind.VOTES, cast))
