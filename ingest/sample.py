"""Simulated facts, in the sizes of the real networks, through the same path as real ones.

Deterministic: the same program and day give the same numbers. Amounts are invented; metrics are computed from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.networks import networks
from ingest.publication import build
from store.addresses import account, bech32
from store.landing import Landing
from store.rows import (
    HOLDINGS,
    Block,
    Facts,
    Kind,
    Measure,
    Snapshot,
    check,
    frame,
    observation,
)

DAYS: Final = 180
ROWS_IN_HISTORY: Final = 1_000
DAY: Final = timedelta(days=1)
# Amounts are drawn as parts of this many, then scaled to the population's total.
PARTS: Final = 10**12
Floats = npt.NDArray[np.float64]


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
    """One reading of one network; every: days between two snapshots of its history, 0 for the newest day alone."""

    network: str
    chain_id: str
    reading: str
    measure: Measure
    unit: str
    populations: tuple[Population, ...]
    every: int = 1
    flow: bool = False
    seconds_a_block: float = 6.0


def build_sample(data: Path, until: datetime | None = None, days: int = DAYS) -> Path:
    """Land `days` of simulated history ending at `until` (midnight today) in a folder named sample, and publish it."""
    end = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    landing = Landing(data)
    for reading in readings():
        landing.land_months(_history(reading, end, days))
        landing.land(*_holdings(reading, end, 0, newest=True))
    for snapshot, facts in (*_names(end), *_observed(end, days), *_governed(end)):
        check(facts, snapshot.kind)
        landing.land(snapshot, facts)
    published, _ = build(data, networks())
    return published


def readings() -> Iterator[Simulated]:
    """Every simulated reading: the populations of all networks, in the sizes of the real ones."""
    yield from _cosmos("akash", "akashnet-2", "uakt", "akash", bonded=88_500_000 * 10**6, minted=32_000 * 10**6)
    yield from _cosmos("fetch", "fetchhub-4", "afet", "fetch", bonded=480_000_000 * 10**18, minted=90_000 * 10**18)
    yield from _akash_compute()
    yield from _bittensor()
    yield from _ethereum()


def _cosmos(network: str, chain_id: str, unit: str, prefix: str, *, bonded: int, minted: int) -> Iterator[Simulated]:
    one = Simulated(network, chain_id, "validators", Measure.STAKE, unit, ())
    power = bonded // {"uakt": 10**6, "afet": 10**18}[unit]
    valoper = f"{prefix}valoper"
    validators = Population("validators", 100, bonded, 1.3, valoper)
    behind = tuple(
        Population(f"delegators@{address(valoper, place)}", 60, bonded // 100, 2.0, prefix) for place in range(100)
    )
    yield replace(one, populations=(validators,))
    yield replace(
        one,
        reading="power",
        measure=Measure.VOTING_POWER,
        unit="power",
        populations=(replace(validators, total=power),),
    )
    delegators = Population("delegators", 20_000, bonded, 2.4, prefix)
    yield replace(one, reading="delegators", populations=(delegators,), every=7)
    yield replace(one, reading="delegators_by_validator", populations=behind, every=0)
    yield replace(
        one,
        reading="emission",
        measure=Measure.EMISSION,
        flow=True,
        populations=(
            Population("stakers", 100, minted * 3 // 10, 1.3, valoper),
            Population("pool", 1, minted * 7 // 10, 0, prefix),
        ),
    )


def _akash_compute() -> Iterator[Simulated]:
    spend = 7_534 * 10**6 * 10**18
    one = Simulated("akash", "akashnet-2", "leases_uact", Measure.COMPUTE_SPEND, "1e-18 uact", (), flow=True)
    yield replace(
        one,
        populations=(
            Population("providers", 60, spend, 1.6, "akash"),
            Population("payers", 120, spend, 2.6, "akash"),
            Population("tenants", 420, spend, 1.9, "akash"),
            Population("auditors", 3, spend, 2.5, "akash"),
        ),
    )
    yield replace(
        one,
        reading="supply_gpu",
        measure=Measure.COMPUTE_SUPPLY,
        unit="gpu",
        flow=False,
        populations=(Population("providers", 60, 248 * 1000, 1.2, "akash"),),
        every=7,
    )


def _bittensor() -> Iterator[Simulated]:
    rao = 10**9
    chain = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03"
    one = Simulated("bittensor", chain, "stake", Measure.STAKE, "rao", (), seconds_a_block=12.0)
    subnets = [f"subnet:{netuid}.0" for netuid in range(1, 129)]
    yield replace(
        one,
        populations=(
            Population("hotkeys", 2_000, 7_446_311 * rao, 2.2, "substrate"),
            Population("coldkeys", 30_000, 7_446_311 * rao, 2.6, "substrate"),
        ),
    )
    yield replace(
        one,
        reading="alpha",
        unit="rao alpha",
        populations=tuple(Population(f"{s}/coldkeys", 256, 2_000_000 * rao, 2.0, "substrate") for s in subnets),
        every=0,
    )
    yield replace(
        one,
        reading="weight",
        measure=Measure.VOTING_POWER,
        unit="rao",
        populations=(Population("validators", 300, 6_000_000 * rao, 1.9, "substrate"),),
    )
    yield replace(
        one,
        reading="subnet_weight",
        measure=Measure.VOTING_POWER,
        unit="rao",
        populations=tuple(Population(f"{s}/validators", 64, 500_000 * rao, 1.8, "substrate") for s in subnets),
        every=0,
    )
    yield replace(
        one,
        reading="emission",
        measure=Measure.EMISSION,
        flow=True,
        populations=(
            Population("subnets", 128, 3_600 * rao, 1.6, "netuid"),
            Population("recipients", 9_000, 3_600 * rao, 2.1, "substrate"),
        ),
    )
    roles = (("miners", 191, 41), ("validators", 64, 41), ("owner", 1, 18))
    yield replace(
        one,
        reading="subnet_emission",
        measure=Measure.EMISSION,
        unit="rao alpha",
        flow=True,
        every=0,
        populations=tuple(
            Population(f"{subnet}/{role}", n, 7_200 * rao * part // 100, 1.7, "substrate")
            for subnet in subnets
            for role, n, part in roles
        ),
    )
    yield replace(
        one,
        reading="balances",
        measure=Measure.TOKEN,
        populations=(Population("coldkeys", 60_000, 3_700_000 * rao, 2.8, "substrate"),),
        every=7,
    )
    yield replace(
        one,
        reading="control",
        measure=Measure.CONTROL,
        unit="key",
        populations=(
            Population("sudo", 3, 3 * PARTS, 0, "substrate"),
            Population("authorities", 20, 20 * PARTS, 0, "substrate"),
        ),
        every=30,
    )


def _ethereum() -> Iterator[Simulated]:
    one = Simulated("fet", "eip155:1", "holders", Measure.TOKEN, "afet", (), seconds_a_block=12.0)
    yield replace(one, populations=(Population("holders", 100_000, 2_600_000_000 * 10**18, 2.9, "evm"),), every=7)
    spend = 4_000 * 10**18
    yield replace(
        one,
        network="singularitynet",
        reading="claims",
        measure=Measure.COMPUTE_SPEND,
        flow=True,
        populations=(Population("recipients", 40, spend, 1.8, "evm"), Population("senders", 160, spend, 2.0, "evm")),
    )
    yield replace(
        one,
        network="singularitynet",
        reading="organizations",
        measure=Measure.COMPUTE_SUPPLY,
        unit="service",
        populations=(Population("organizations", 70, 140 * PARTS, 1.0, "organization"),),
        every=7,
    )


def _history(reading: Simulated, end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    if reading.every:
        for back in range(days - 1, 0, -reading.every):
            yield _holdings(reading, end, back, newest=False)


def _holdings(reading: Simulated, end: datetime, back: int, *, newest: bool) -> tuple[Snapshot, Facts]:
    """A reading's holdings `back` days before the end."""
    time = end - back * DAY
    rows = pl.concat(_drawn(reading, population, back, newest=newest) for population in reading.populations)
    since = time - DAY if reading.flow else None
    facts = Facts(rows, since=since)
    check(facts, Kind.HOLDINGS)
    snapshot = _snapshot(reading.network, reading.chain_id, reading.reading, Kind.HOLDINGS, time)
    return replace(snapshot, measure=reading.measure, unit=reading.unit, since=since), facts


def _drawn(reading: Simulated, population: Population, back: int, *, newest: bool) -> pl.DataFrame:
    """One population on one day: lognormal amounts that wander slowly, so that ranks change but rarely."""
    n = population.n if newest else min(population.n, ROWS_IN_HISTORY)
    logs, phase = _characters(f"{reading.network} {reading.reading} {population.name}", population.n, population.skew)
    wander = 0.15 * min(population.skew, 1.0) * np.sin(phase[:n] + back / 40.0)
    weight = np.exp(logs[:n] + wander)
    parts = pl.Series(np.maximum(1, weight / weight.sum() * PARTS).astype(np.int64))
    unit = max(1, population.total // PARTS)
    amount = parts.cast(pl.Int128) * pl.Series([unit], dtype=pl.Int128)
    return pl.DataFrame(
        {
            "population": pl.repeat(population.name, n, eager=True),
            "holder": _addresses(population.spelling, population.n)[:n],
            "amount": amount.cast(pl.Decimal(38, 0)),
        },
        schema=HOLDINGS,
    )


@cache
def _characters(name: str, n: int, skew: float) -> tuple[Floats, Floats]:
    """Log sizes, largest first, and phases of a population's holders, drawn from its name."""
    random = np.random.default_rng(int.from_bytes(sha256(name.encode()).digest()[:8], "big"))
    return np.sort(random.normal(0.0, skew, n))[::-1], random.uniform(0, 2 * np.pi, n)


@cache
def _addresses(spelling: str, n: int) -> pl.Series:
    return pl.Series([address(spelling, place) for place in range(n)])


@cache
def address(spelling: str, place: int) -> str:
    """The address of a simulated holder; its bytes say that it is simulated."""
    raw = sha256(f"simulated {spelling.removesuffix('valoper')} {place}".encode()).digest()
    match spelling:
        case "substrate":
            return "0x" + raw.hex()
        case "evm":
            return "0x" + raw[:20].hex()
        case "netuid" | "organization":
            return f"{spelling} {place + 1}"
        case prefix:
            return bech32(prefix, raw[:20])


def _snapshot(network: str, chain_id: str, reading: str, kind: Kind, time: datetime) -> Snapshot:
    height = int(time.timestamp()) // 6
    return Snapshot(
        network=network,
        chain_id=chain_id,
        reading=reading,
        kind=kind,
        measure=None,
        unit="",
        block=Block(height, sha256(f"{chain_id} {height}".encode()).hexdigest(), time),
        method="Simulated: drawn at random, in the size of the real network.",
        endpoint="simulated",
        simulated=True,
    )


def _names(end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """Names of validators on the Cosmos chains; a few share a website, so that one operator has several."""
    for network, chain_id, prefix in COSMOS:
        rows = []
        for place in range(100):
            subject = address(f"{prefix}valoper", place)
            rows.append(observation("moniker", end, f"Sample validator {place + 1}", "", subject=subject))
            rows.append(observation("website", end, f"https://operator{place // 2}.example", "", subject=subject))
        snapshot = _snapshot(network, chain_id, "names", Kind.OBSERVATIONS, end)
        yield replace(snapshot, newest_only=True), Facts(frame(Kind.OBSERVATIONS, rows))


COSMOS: Final = (("akash", "akashnet-2", "akash"), ("fetch", "fetchhub-4", "fetch"))
# (network, chain id, name, value, unit): what the real chains showed in 2026, rounded.
OBSERVED: Final = (
    ("akash", "akashnet-2", "supply", 295_868_912 * 10**6, "uakt"),
    ("akash", "akashnet-2", "bonded_tokens", 88_500_000 * 10**6, "uakt"),
    ("akash", "akashnet-2", "inflation", 0.04, "share a year"),
    ("akash", "akashnet-2", "quorum", 0.2, "share"),
    ("akash", "akashnet-2", "threshold", 0.5, "share"),
    ("akash", "akashnet-2", "veto_threshold", 0.334, "share"),
    ("fetch", "fetchhub-4", "supply", 1_150_000_000 * 10**18, "afet"),
    ("fetch", "fetchhub-4", "bonded_tokens", 480_000_000 * 10**18, "afet"),
    ("fetch", "fetchhub-4", "quorum", 0.334, "share"),
    ("fetch", "fetchhub-4", "threshold", 0.5, "share"),
    ("fetch", "fetchhub-4", "veto_threshold", 0.334, "share"),
    ("bittensor", "bittensor", "issuance", 11_219_409 * 10**9, "rao"),
)


def _observed(end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    for network, chain_id in dict.fromkeys(row[:2] for row in OBSERVED):
        for back in range(days - 1, -1, -30):
            time = end - back * DAY
            rows = [observation(name, time, value, unit) for who, _, name, value, unit in OBSERVED if who == network]
            yield _snapshot(network, chain_id, "chain", Kind.OBSERVATIONS, time), Facts(frame(Kind.OBSERVATIONS, rows))


PROPOSALS: Final = 12
VOTING: Final = 7 * DAY
VOTERS: Final = 400


def _governed(end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """Proposals with tallies and votes; the last one is still open."""
    for network, chain_id, prefix in COSMOS:
        bonded = next(row[3] for row in OBSERVED if row[0] == network and row[2] == "bonded_tokens")
        random = np.random.default_rng(len(network))
        proposals = [_proposal(number, end, int(bonded), random, prefix) for number in range(1, PROPOSALS + 1)]
        snapshot = _snapshot(network, chain_id, "proposals", Kind.PROPOSALS, end)
        yield snapshot, Facts(frame(Kind.PROPOSALS, proposals))
        votes = [row for number in range(PROPOSALS - 3, PROPOSALS + 1) for row in _votes(number, prefix, random)]
        yield replace(snapshot, reading="votes", kind=Kind.VOTES), Facts(frame(Kind.VOTES, votes))


def _proposal(number: int, end: datetime, bonded: int, random: np.random.Generator, prefix: str) -> dict[str, object]:
    start = end - (PROPOSALS - number) * 14 * DAY - 3 * DAY
    turnout = float(random.uniform(0.3, 0.7))
    yes, abstain, no, veto = (int(part * turnout * bonded) for part in random.dirichlet((12, 2, 2, 0.5)))
    return {
        "proposal": str(number),
        "title": f"Sample proposal {number}",
        "type": "/cosmos.gov.v1.MsgExecLegacyContent",
        "status": "voting_period" if number == PROPOSALS else "passed" if yes > no + veto else "rejected",
        "proposer": address(prefix, number),
        "submitted": start,
        "deposit_end": start + VOTING,
        "voting_start": start,
        "voting_end": start + VOTING,
        "deposit": bonded // 10**5,
        "yes": yes,
        "abstain": abstain,
        "no": no,
        "no_with_veto": veto,
        "expedited": False,
    }


def _votes(number: int, prefix: str, random: np.random.Generator) -> Iterator[dict[str, object]]:
    """Two thirds of the validators vote by the account behind them, and some delegators for themselves."""
    validators = [account(address(f"{prefix}valoper", place)) for place in range(100) if random.random() < 0.66]
    delegators = [address(prefix, int(place)) for place in random.choice(20_000, VOTERS, replace=False)]
    for voter in dict.fromkeys(validators + delegators):
        option = random.choice(("yes", "abstain", "no", "no_with_veto"), p=(0.7, 0.1, 0.15, 0.05))
        yield {"proposal": str(number), "voter": voter, "option": option, "weight": 1, "height": 1}
