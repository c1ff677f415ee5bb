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

from ingest.network import Reading
from ingest.networks import networks
from ingest.publication import build
from ingest.sample_market import market
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
DAY: Final = timedelta(days=1)
FLOWS: Final = (Measure.EMISSION, Measure.COMPUTE_SPEND)
VALIDATORS: Final = 100
# Per cent of the chain's total that a reading in part finds.
PARTLY: Final = 97
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
    reading: str
    populations: tuple[Population, ...]
    every: int = 1

    @property
    def real(self) -> Reading:
        """The reading that this one stands for: it has its measure and unit."""
        return next(one for one in networks()[self.network].readings if one.name == self.reading)


def build_sample(data: Path, until: datetime | None = None, days: int = DAYS) -> Path:
    """Land `days` of simulated history ending at `until` (midnight today) in a folder named sample, and publish it."""
    end = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    landing = Landing(data)
    for reading in readings():
        landing.land_months(_history(reading, end, days))
        landing.land(*_holdings(reading, end, 0))
    for snapshot, facts in (*_names(end), *_observed(end, days), *_market(end, days), *_governed(end)):
        check(facts, snapshot.kind)
        landing.land(snapshot, facts)
    published, _ = build(data, networks())
    return published


def readings() -> Iterator[Simulated]:
    """Every simulated reading: the populations of all networks, in the sizes of the real ones."""
    yield from _cosmos("akash", "akash", 10**6, bonded=88_500_000, minted=32_000)
    yield from _cosmos("fetch", "fetch", 10**18, bonded=480_000_000, minted=90_000)
    yield from _akash_compute()
    yield from _bittensor()
    yield from (one for one in _ethereum() if one.network in networks())


def _cosmos(network: str, prefix: str, token: int, *, bonded: int, minted: int) -> Iterator[Simulated]:
    """A Cosmos chain; token: base units of one; bonded: tokens; minted: tokens a day."""
    valoper = f"{prefix}valoper"
    behind = tuple(
        Population(f"delegators@{address(valoper, place)}", 60, bonded * token // 100, 2.0, prefix)
        for place in range(VALIDATORS)
    )
    yield Simulated(network, "validators", (Population("validators", VALIDATORS, bonded * token, 1.3, valoper),))
    yield Simulated(network, "consensus", (Population("validators", VALIDATORS, bonded, 1.3, valoper),))
    yield Simulated(
        network, "delegators", (Population("delegators", 20_000, bonded * token, 2.4, prefix), *behind), every=30
    )
    emission = (
        Population("stakers", VALIDATORS, minted * token * 3 // 10, 1.3, valoper),
        Population("pool", 1, minted * token * 7 // 10, 0, prefix),
    )
    yield Simulated(network, "emission", emission)


def _akash_compute() -> Iterator[Simulated]:
    """Spend in 1e-18 of a denom; most is paid in uact, a little in the others."""
    parties = (("providers", 60, 1.6), ("payers", 120, 2.6), ("tenants", 420, 1.9), ("auditors", 3, 2.5))
    for denom, a_day in (("uact", 7_534), ("uakt", 90), ("uusdc", 40)):
        total = a_day * 10**24
        of = tuple(Population(name, n, total, skew, "akash") for name, n, skew in parties)
        yield Simulated("akash", f"leases_{denom}", of)
        for name in ("accrued", "settled", "external_least", "external_most"):
            yield Simulated("akash", f"{name}_{denom}", of, every=30)
        yield Simulated("akash", f"deposited_{denom}", (of[1],), every=30)
    for resource, total in (("cpu", 9_000_000), ("memory", 2**44), ("storage", 2**47), ("gpu", 248)):
        providers = Population("providers", 60, total, 1.2, "akash")
        yield Simulated("akash", f"leased_{resource}", (providers,), every=15)


def _bittensor() -> Iterator[Simulated]:
    rao = 10**9
    subnets = [f"subnet:{netuid}.0" for netuid in range(1, 129)]

    def each(role: str, n: int, total: int, skew: float) -> tuple[Population, ...]:
        return tuple(Population(f"{subnet}/{role}", n, total * rao, skew, "substrate") for subnet in subnets)

    def whole(name: str, n: int, total: int, skew: float, spelling: str = "substrate") -> Population:
        return Population(name, n, total * rao, skew, spelling)

    stake = (whole("hotkeys", 2_000, 7_446_311, 2.2), whole("coldkeys", 30_000, 7_446_311, 2.6))
    yield Simulated("bittensor", "stake", stake, every=30)
    yield Simulated("bittensor", "stake_alpha", each("coldkeys", 256, 2_000_000, 2.0), every=0)
    yield Simulated("bittensor", "validators", (whole("validators", 300, 6_000_000, 1.9),))
    yield Simulated("bittensor", "subnet_validators", each("validators", 64, 500_000, 1.8), every=0)
    yield Simulated("bittensor", "subnet_emission", (whole("subnets", 128, 3_600, 1.6, "subnet"),))
    yield Simulated("bittensor", "recipients", (whole("recipients", 9_000, 3_600, 2.1),), every=15)
    roles = each("miners", 191, 2_952, 1.7) + each("validators", 64, 2_952, 1.7) + each("owner", 1, 1_296, 0)
    yield Simulated("bittensor", "alpha_emission", roles, every=0)
    yield Simulated("bittensor", "balances", (whole("coldkeys", 60_000, 3_700_000, 2.8),), every=30)
    keys = (Population("sudo", 3, 3, 0, "substrate"), Population("authorities", 20, 20, 0, "substrate"))
    yield Simulated("bittensor", "control_keys", keys, every=30)
    yield Simulated("bittensor", "grandpa", (Population("grandpa", 20, 20, 0, "substrate"),), every=30)
    yield Simulated("bittensor", "subnet_owners", (Population("subnet_owners", 90, 128, 0.3, "substrate"),), every=30)


def _ethereum() -> Iterator[Simulated]:
    holders = Population("holders", 100_000, 2_600_000_000 * 10**18, 2.9, "evm")
    yield Simulated("fet", "holders", (holders,), every=30)
    keys = tuple(Population(f"token/{power}", 3, 3, 0, "evm") for power in ("minter", "pauser", "admin"))
    yield Simulated("fet", "control", keys, every=30)
    spend = 4_000 * 10**18
    claims = (Population("recipients", 40, spend, 1.8, "evm"), Population("senders", 160, spend, 2.0, "evm"))
    yield Simulated("singularitynet", "claims", claims)
    organizations = Population("organizations", 70, 140, 0.8, "organization")
    yield Simulated("singularitynet", "organizations", (organizations,), every=7)


def _history(reading: Simulated, end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    if reading.every:
        # What a network shares as a whole is told over time; the delegators of one validator are not.
        whole = tuple(one for one in reading.populations if "@" not in one.name)
        for back in reversed(range(reading.every, days, reading.every)):
            yield _holdings(replace(reading, populations=whole), end, back)


def _holdings(reading: Simulated, end: datetime, back: int) -> tuple[Snapshot, Facts]:
    """A reading's holdings `back` days before the end."""
    time = end - back * DAY
    rows = pl.concat(_drawn(reading, population, back) for population in reading.populations)
    since = time - DAY if reading.real.measure in FLOWS else None
    totals = {name: int(total) for name, total in rows.group_by("population").agg(pl.col("amount").sum()).iter_rows()}
    if reading.real.partial:
        # What can be read in part is read in part: the chain tells more than was found.
        totals = {name: total * 100 // PARTLY for name, total in totals.items()}
    facts = Facts(rows, reported={name: total for name, total in totals.items() if _told(name)}, since=since)
    check(facts, Kind.HOLDINGS, partial=reading.real.partial)
    snapshot = _snapshot(reading.network, reading.reading, Kind.HOLDINGS, time)
    measure, unit = reading.real.measure, reading.real.unit
    return replace(snapshot, measure=measure, unit=unit, since=since, reported=facts.reported), facts


def _told(population: str) -> bool:
    """Whether a chain tells a total of its own: of what a network shares as a whole."""
    return "@" not in population and "/" not in population


def _drawn(reading: Simulated, population: Population, back: int) -> pl.DataFrame:
    """One population on one day: lognormal amounts that wander slowly, so that ranks change but rarely."""
    n = population.n
    logs, phase = _characters(f"{reading.network} {reading.reading} {population.name}", population.n, population.skew)
    wander = 0.15 * min(population.skew, 1.0) * np.sin(phase + back / 40.0)
    weight = np.exp(logs + wander)
    # Small totals are counts (keys, subnets): everybody has at least one.
    unit, parts = max(1, population.total // PARTS), min(PARTS, population.total)
    drawn = np.maximum(1, np.rint(weight / weight.sum() * parts)).astype(np.int64)
    amount = pl.Series(drawn).cast(pl.Int128) * pl.Series([unit], dtype=pl.Int128)
    return pl.DataFrame(
        {
            "population": pl.repeat(population.name, n, eager=True),
            "holder": _addresses(population.spelling, n),
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
        case "subnet":
            return f"subnet:{place + 1}.0"
        case "organization":
            return f"organization {place + 1}"
        case prefix:
            return bech32(prefix, raw[:20])


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
    for network, prefix in COSMOS:
        rows = []
        for place in range(100):
            subject = address(f"{prefix}valoper", place)
            rows.append(observation("moniker", end, f"Sample validator {place + 1}", "", subject=subject))
            rows.append(observation("website", end, f"https://operator{place // 2}.example", "", subject=subject))
        snapshot = _snapshot(network, "names", Kind.OBSERVATIONS, end)
        yield replace(snapshot, newest_only=True), Facts(frame(Kind.OBSERVATIONS, rows))


COSMOS: Final = (("akash", "akash"), ("fetch", "fetch"))
# (network, reading, name, subject, value, unit): what the real chains showed in 2026, rounded.
OBSERVED: Final = (
    ("akash", "economy", "supply", "", 295_868_912 * 10**6, "uakt"),
    ("akash", "economy", "bonded", "", 88_500_000 * 10**6, "uakt"),
    ("akash", "economy", "inflation", "", 0.04, "ratio"),
    ("akash", "parameters", "quorum", "gov", 0.2, "ratio"),
    ("akash", "parameters", "threshold", "gov", 0.5, "ratio"),
    ("akash", "parameters", "veto_threshold", "gov", 0.334, "ratio"),
    ("fetch", "economy", "supply", "", 1_150_000_000 * 10**18, "afet"),
    ("fetch", "economy", "bonded", "", 480_000_000 * 10**18, "afet"),
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
            rows = [
                observation(name, time, value, unit, subject=subject)
                for *place, name, subject, value, unit in OBSERVED
                if tuple(place) == (network, reading)
            ]
            yield _snapshot(network, reading, Kind.OBSERVATIONS, time), Facts(frame(Kind.OBSERVATIONS, rows))


def _market(end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    providers, auditors = ([address("akash", place) for place in range(n)] for n in (60, 3))
    for network, reading, rows in market(end, days, providers=providers, auditors=auditors):
        yield _snapshot(network, reading, Kind.OBSERVATIONS, end), Facts(frame(Kind.OBSERVATIONS, rows))


PROPOSALS: Final = 12
VOTING: Final = 7 * DAY
VOTERS: Final = 400


def _governed(end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """Proposals with tallies and votes; the last one is still open."""
    for network, prefix in COSMOS:
        bonded = next(row[4] for row in OBSERVED if row[0] == network and row[2] == "bonded")
        random = np.random.default_rng(len(network))
        proposals = [_proposal(number, end, int(bonded), random, prefix) for number in range(1, PROPOSALS + 1)]
        snapshot = _snapshot(network, "proposals", Kind.PROPOSALS, end)
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
