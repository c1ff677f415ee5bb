"""Simulated facts, in the sizes of the real networks, through the same path as real ones.

Deterministic: the same program and day give the same numbers. Amounts are invented; metrics are computed from them.
A network is drawn from what its file declares; what makes some of them look real is in tables that know no names.
"""

import os
import signal
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from ingest.network import Network, Reading
from ingest.networks import networks
from ingest.publication import build
from ingest.sample import arweave, evm, filecoin, market, solana, substrate
from ingest.sample import cosmos as sample_chain
from ingest.sample import votes as sample_votes
from ingest.sample.cosmos import chain_of
from ingest.sample.draw import DAY, DAYS, Floats, Row, Whole, dice, holding, named, parties, wandered
from ingest.sample.looks import Population, look
from store import reference
from store.landing import Landing
from store.rows import KEYS, Block, Facts, Kind, Measure, Snapshot, frame

# Rows at a time, and days between two snapshots.
Told = tuple[Callable[[datetime], list[Row]], int]
FLOWS: Final = (Measure.EMISSION, Measure.COMPUTE_SPEND)
# Per cent of the chain's total that a reading in part finds.
PARTLY: Final = 97
# Of what is drawn the largest network is more than a quarter.
MOST_PROCESSES: Final = 4
# Amounts are drawn as parts of this many, then scaled to the population's total.
PARTS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Simulated:
    """One reading of one network; rows: its holdings so many days before the end.

    every: days between two snapshots of its history, 0 for the newest day alone. in_part: the chain tells more than
    what is found.
    """

    network: Network
    reading: Reading
    rows: Callable[[int], pl.DataFrame]
    every: int
    in_part: bool = False


def build_sample(data: Path, until: datetime | None = None, days: int = DAYS, *, processes: int = 1) -> Path:
    """Land `days` of simulated history ending at `until` (midnight today) in a folder named sample, and publish it.

    processes: how many draw it side by side.
    """
    end = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    own, *parts = dealt(processes, days)
    others = {part: _beginning(data, end, days, part) for part in parts}
    try:
        land(data, end, days, own)
        for part, process in others.items():
            process.join()
            # What another process did not bring to its end is done here, or fails here with its reason.
            if process.exitcode:
                land(data, end, days, part)
    finally:
        for process in others.values():
            process.terminate()
    published, _ = build(data, networks(), events=happened(end, days))
    return published


def side_by_side() -> int:
    """How many processes draw the sample: one a core, but no more than have something to do beside the largest."""
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)


def dealt(processes: int, days: int) -> list[tuple[str, ...]]:
    """The names of all networks in so many parts, each of about as many snapshots."""
    snapshots = dict.fromkeys(networks(), 0)
    for reading in readings():
        snapshots[reading.network.name] += 1 + (days // reading.every if reading.every else 0)
    parts: list[list[str]] = [[] for _ in range(processes)]
    for name in sorted(snapshots, key=snapshots.__getitem__, reverse=True):
        min(parts, key=lambda part: sum(map(snapshots.__getitem__, part))).append(name)
    return [tuple(part) for part in parts]


def _beginning(data: Path, end: datetime, days: int, names: tuple[str, ...]) -> SpawnProcess:
    """A process that lands some networks, and ends with this one."""
    process = get_context("spawn").Process(target=land, args=(data, end, days, names), daemon=True)
    # It inherits this: who stops the program stops this process, which stops that one, and has nothing to say of it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    process.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def land(data: Path, end: datetime, days: int, names: Collection[str]) -> None:
    """Land the simulated history of some networks."""
    landing = Landing(data)
    for reading in readings():
        if reading.network.name in names:
            snapshot, facts = _holdings(reading, end, 0)
            # The same holders have other amounts on other days: one look at them is enough.
            reading.network.check(reading.reading, facts)
            landing.land_months(_history(reading, end, days))
            landing.land(snapshot, facts)
    for name in names:
        for snapshot, facts in _beside(networks()[name], end, days):
            landing.land(snapshot, facts)


def happened(end: datetime, days: int) -> pl.DataFrame:
    """What happened to the real networks, and an invented event to each on some day that the sample has.

    Without these a sample that is drawn long after the newest real event would show no mark at all.
    """
    told = reference.events()
    invented = [
        {"time": end - timedelta(days=(place + 1) * 7 % days), "network": name, "title": "Simulated: nothing happened"}
        for place, name in enumerate(networks())
    ]
    rows = pl.DataFrame(invented).with_columns(source=None, kind=pl.lit("simulated"), checked_at=None)
    return pl.concat([told, rows.select(told.columns).cast(dict(told.schema))]).sort("time")  # type: ignore[arg-type]


def readings() -> Iterator[Simulated]:
    """Every simulated reading: the distributions of all networks."""
    for network in networks().values():
        for reading in network.readings:
            if reading.kind is Kind.HOLDINGS:
                yield _delegated(network, reading) or _spread(network, reading)


def _delegated(network: Network, reading: Reading) -> Simulated | None:
    """A reading that follows from the delegations of a Cosmos chain; none where it is not such a one."""
    chain = chain_of(network)
    if chain is None or reading.name not in sample_chain.HOLDINGS:
        return None
    rows, every = sample_chain.HOLDINGS[reading.name]
    return Simulated(network, reading, partial(rows, chain), every)


def _spread(network: Network, reading: Reading) -> Simulated:
    """A reading whose populations are drawn each by itself."""
    shown = look(network, reading)
    rows = partial(_drawn, f"{network.name} {reading.name}", network.address, shown.populations)
    return Simulated(network, reading, rows, shown.every, reading.partial)


def _history(reading: Simulated, end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    if reading.every:
        for back in reversed(range(reading.every, days, reading.every)):
            yield _holdings(reading, end, back)


def _holdings(simulated: Simulated, end: datetime, back: int) -> tuple[Snapshot, Facts]:
    """A reading's holdings `back` days before the end."""
    network, reading, time = simulated.network, simulated.reading, end - back * DAY
    rows = simulated.rows(back)
    since = time - DAY if reading.flow or reading.measure in FLOWS else None
    totals = {name: int(total) for name, total in rows.group_by("population").agg(pl.col("amount").sum()).iter_rows()}
    if simulated.in_part:
        totals = {name: total * 100 // PARTLY for name, total in totals.items()}
    facts = Facts(rows, reported={name: total for name, total in totals.items() if _as_a_whole(name)}, since=since)
    snapshot = _snapshot(network, reading, time)
    of = replace(snapshot, measure=reading.measure, unit=reading.unit, since=since, reported=facts.reported)
    return of, facts


def _as_a_whole(population: str) -> bool:
    """Whether a chain tells a total of its own: of what a network shares as a whole."""
    return "@" not in population and "/" not in population


def _drawn(name: str, spelling: str, populations: tuple[Population, ...], back: int) -> pl.DataFrame:
    """The populations of a reading on one day."""
    who, units, order = _holders(spelling, populations)
    parts = [_parts(f"{name} {one.name}", one, back) for one in populations]
    return holding(who, np.concatenate(parts)[order], units)


@cache
def _holders(spelling: str, populations: tuple[Population, ...]) -> tuple[pl.DataFrame, pl.Series, Whole]:
    """Whom the populations of a reading have, in the order of landing; the base units of their parts; their places."""
    who = []
    for one in populations:
        drawn = parties(one.holders, spelling, one.n)
        holders = pl.concat([pl.Series(one.known, dtype=pl.String), drawn[len(one.known) :]])
        who.append(named(one.name, holders))
    units = pl.Series("unit", [_unit(one) for one in populations for _ in range(one.n)], dtype=pl.Int128)
    found = pl.concat(who).with_columns(units).with_row_index("place").sort(KEYS[Kind.HOLDINGS])
    return found.select("population", "holder"), found["unit"], found["place"].to_numpy()


def _parts(name: str, population: Population, back: int) -> Whole:
    """One population on one day: lognormal amounts that wander slowly, so that ranks change but rarely."""
    logs, phase = _characters(name, population.n, population.skew)
    weight = np.exp(logs + min(population.skew, 1.0) * wandered(phase, back))
    # Small totals are counts (keys, subnets): everybody has at least one.
    parts: Whole = np.maximum(1, np.rint(weight / weight.sum() * min(PARTS, population.total))).astype(np.int64)
    return parts


def _unit(population: Population) -> int:
    return max(1, population.total // PARTS)


@cache
def _characters(name: str, n: int, skew: float) -> tuple[Floats, Floats]:
    """Log sizes, largest first, and phases of a population's holders, drawn from its name."""
    random = dice(name)
    return np.sort(random.normal(0.0, skew, n))[::-1], random.uniform(0, 2 * np.pi, n)


def _snapshot(network: Network, reading: Reading, time: datetime) -> Snapshot:
    height = int(time.timestamp()) // 6
    return Snapshot(
        network=network.name,
        chain_id=network.chain.chain_id if network.chain else network.name,
        reading=reading.name,
        kind=reading.kind,
        measure=None,
        unit="",
        block=Block(height, sha256(f"{network.name} {height}".encode()).hexdigest(), time),
        method="Simulated: drawn at random, in the size of the real network.",
        endpoint="simulated",
        newest_only=reading.newest_only,
        simulated=True,
    )


def _beside(network: Network, end: datetime, days: int) -> Iterator[tuple[Snapshot, Facts]]:
    """What a network tells beside its distributions, by those of its readings that can be simulated."""
    told = _told(network)
    for reading in network.readings:
        if reading.kind is not Kind.HOLDINGS and reading.name in told:
            rows, every = told[reading.name]
            for back in range(0, days, every or days):
                time = end - back * DAY
                facts = Facts(frame(reading.kind, rows(time)))
                network.check(reading, facts)
                yield _snapshot(network, reading, time), facts


def _told(network: Network) -> dict[str, Told]:
    """What can be told beside distributions, by reading."""
    families = {
        "ss58": substrate.TOLD,
        "hex": evm.TOLD,
        "f0": filecoin.TOLD,
        "base58": solana.TOLD,
        "base64url": arweave.TOLD,
    }
    family = families.get(network.address.partition(":")[0], {})
    told: dict[str, Told] = {}
    told |= {name: (partial(rows, network), every) for name, (rows, every) in {**market.TOLD, **family}.items()}
    if chain := chain_of(network):
        of_chain = {**sample_chain.TOLD, **sample_votes.TOLD}
        told |= {name: (partial(rows, chain), every) for name, (rows, every) in of_chain.items()}
    return told
