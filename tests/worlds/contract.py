"""The contract of a reading: whatever one answer is, it lands what a clean run lands, or its source is down.

A reading is run at a good server, whose answers are numbered; then once for each of them and each fault, with a good
server beside the spoiled one and without. That a fault does no harm is seen by equal frames alone.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import polars as pl

from ingest.cosmos.lcd import CosmosChain
from ingest.endpoints import Contradiction
from ingest.job import Outcome, read_network
from ingest.network import Network, Reading
from ingest.offchain.feed import OffChain
from store.faults import SourceDown
from store.landing import Landing
from store.parts import Memo, Parts
from store.rows import LEFT_OUT, Facts, Place, Snapshot
from tests.worlds.good import Good, good
from tests.worlds.spoiled import (
    FAULTS,
    Answer,
    Asked,
    Fault,
    Name,
    Recorder,
    Remembered,
    Spoiled,
    Wired,
    counted,
    only_shorter,
    question,
    samples,
    spoiled,
)

BLOCKS_BETWEEN: Final = 40
EVERY: Final = 4
# Errors by which a real server tells that it has no such thing; a good server has all that a reading asks for.
UNANSWERED: Final = frozenset({404, 501})


class NoParts(Parts):
    """Nothing of what was finished before: each part is made anew."""

    def memo(self, snapshot: Snapshot) -> Memo:
        return lambda name, make: make()

    def lasting(self, place: Place) -> Memo:
        return lambda name, make: make()

    def unfinished(self, snapshot: Snapshot) -> int | None:
        return None

    def forget(self, snapshot: Snapshot) -> None:
        pass


class Shelf(Landing):
    """What landed, by reading and height, without a disk."""

    def __init__(self, folder: Path, kept: Mapping[str, Mapping[int, Facts]]) -> None:
        super().__init__(folder)
        self.parts = NoParts(self.folder)
        self.kept = {name: dict(found) for name, found in kept.items()}
        self.newest_facts: dict[str, Facts] = {}

    def land(self, snapshot: Snapshot, facts: Facts) -> Path:
        self.kept.setdefault(snapshot.reading, {})[snapshot.block.height] = facts
        self.newest_facts[snapshot.reading] = facts
        path = self.folder.parent / snapshot.reading
        path.touch()
        return path

    def has(self, snapshot: Snapshot) -> bool:
        return False

    def reached(self, network: str, chain_id: str, reading: str) -> int | None:
        return max(self.kept.get(reading, {}), default=None)

    def between(self, network: str, chain_id: str, reading: str, first: int, last: int) -> dict[int, pl.DataFrame]:
        found = sorted(self.kept.get(reading, {}).items())
        return {height: facts.rows for height, facts in found if first <= height <= last}


@dataclass(frozen=True)
class Clean:
    """A reading at a good server: what was asked, what landed, and what had landed some blocks before."""

    good: Good
    reading: Reading
    asked: Mapping[Name, Asked]
    landed: Mapping[str, Facts]
    before: Mapping[str, Mapping[int, Facts]]
    folder: Path

    @property
    def places(self) -> int:
        """Addresses that are different services, as those of a source off chain may be."""
        chain = self.good.network.chain
        return max(1, len(chain.probes)) if isinstance(chain, OffChain) else 1

    def compares(self, asked: Asked) -> bool:
        """Whether a second endpoint is asked the same: lists that nobody counts, of Cosmos chains in one answer."""
        if asked.call and asked.call[0] == "getSignaturesForAddress":
            return True
        return isinstance(self.good.network.chain, CosmosChain) and "pagination.limit" not in asked.request.params

    def unanswered(self) -> list[str]:
        """Names that the good server has no answer to."""
        return [
            f"the good world has no answer to {' '.join(asked)[:300]}"
            for asked, one in self.asked.items()
            if one.reply.status in UNANSWERED
            or (one.call and "error" in one.body)
            or (one.together and any("error" in answer for answer in one.body))
        ]


@dataclass(frozen=True)
class Breach:
    """What a reading made of one spoiled answer, though it may not.

    provable: whether anything that a good server says contradicts the answer. Fewer rows of a list that nobody counts
    are what a good server of a smaller chain would say.
    """

    network: str
    reading: str
    question: str
    fault: str
    setting: str
    why: str
    provable: bool

    def __str__(self) -> str:
        return (
            f"{self.network} {self.reading}: {self.fault} for {self.question[:200]}, {self.setting}: {self.why[:300]}"
        )


def clean(network: Network, reading: Reading, folder: Path) -> Clean:
    """The reading at its family's good server; raises LookupError where it lands nothing there."""
    before: dict[str, dict[int, Facts]] = {}
    if reading.after:
        earlier = good(network, BLOCKS_BETWEEN)
        shelf, _ = ran(earlier, reading, {"good": earlier.answer, "third": earlier.answer}, ["good"], {}, folder)
        before = shelf.kept
    world = good(network)
    world = replace(world, answer=Remembered(world.answer))
    recorder = Recorder(world.answer)
    found = Clean(world, reading, recorder.asked, {}, before, folder)
    shelf, outcome = ran(world, reading, {"good": recorder, "third": recorder}, ["good"] * found.places, before, folder)
    if outcome.error:
        why = "; ".join([f"{outcome.error}: {outcome.message}", *found.unanswered()])
        raise LookupError(f"{network.name} {reading.name} at its good world: {why}")
    return Clean(world, reading, recorder.asked, shelf.newest_facts, before, folder)


def ran(
    world: Good,
    reading: Reading,
    servers: Mapping[str, Answer],
    addresses: Sequence[str],
    before: Mapping[str, Mapping[int, Facts]],
    folder: Path,
) -> tuple[Shelf, Outcome]:
    """What landed, and what became of the reading, with these servers at these addresses."""
    shelf = Shelf(folder, before)
    urls = ",".join(f"http://{name}" for name in addresses)
    explorer = f"EIP155_{getattr(world.network.chain, 'number', 0)}_EXPLORER_URL"
    # Peers of which two must agree: those of the setting and a good one.
    name, peers = world.network.name.upper(), ",".join([urls, *(["http://third"] if "third" in servers else [])])
    asked = {f"{name}_URL": urls, f"{name}_PEERS_URL": peers, explorer: urls, "DEAI_ALLOWANCE": "0.2"}
    with patch.dict(os.environ, asked), Wired(servers) as http:
        *_, outcome = read_network(world.network, [reading], http, shelf, lambda _: None)
    return shelf, outcome


Case = tuple[Clean, Asked, Fault]


def of_others(networks: Iterable[Network]) -> dict[str, set[str]]:
    """By network its readings that one before it has too: on the same kind of chain, by the same method."""
    seen: set[tuple[object, ...]] = set()
    found: dict[str, set[str]] = {}
    for network in networks:
        own = {one.name: (type(network.chain), one.name, one.kind, one.measure, one.method) for one in network.readings}
        found[network.name] = {name for name, same in own.items() if same in seen}
        seen |= set(own.values())
    return found


def cases(network: Network, folder: Path, elsewhere: Collection[str] = ()) -> Iterator[Case]:
    """For each reading each route or method, at the first, a middle, the last and the largest answer, and each fault.

    What an earlier reading of the network asked too is tried with every fourth fault; what all of them ask, to find the
    newest block, with the first reading alone. elsewhere: readings that another network has too, which are tried with
    every fourth fault here.
    """
    seen: set[Name] = set()
    every = [clean(network, reading, folder) for reading in network.readings]
    of_all = set.intersection(*(set(found.asked) for found in every))
    for number, found in enumerate(every):
        wanted = [one for name, one in found.asked.items() if not number or name not in of_all]
        for place, one in enumerate(samples(wanted)):
            again = found.reading.name in elsewhere or question(one.request) in seen
            turn = FAULTS[(number + place) % EVERY :: EVERY] if again else FAULTS
            yield from ((found, one, fault) for fault in turn)
        seen |= found.asked.keys()


def all_cases(network: Network, folder: Path) -> Iterator[Case]:
    """For each reading every answer and each fault."""
    for reading in network.readings:
        found = clean(network, reading, folder)
        yield from ((found, one, fault) for one in found.asked.values() for fault in FAULTS)


def breaches(found: Clean, asked: Asked, fault: Fault) -> Iterator[Breach | None]:
    """What each setting made of a spoiled answer: None where it kept the contract; nothing where the fault is none."""
    server = spoiled(asked, fault)
    if server is None:
        return
    yield _judged(found, asked, fault, server, "alone", ["spoiled"] * found.places)
    if found.places == 1:
        yield _judged(found, asked, fault, server, "with a good one", ["spoiled", "good"])


def _judged(
    found: Clean, asked: Asked, fault: Fault, server: Spoiled, setting: str, addresses: list[str]
) -> Breach | None:
    servers: dict[str, Answer] = {"spoiled": server, "good": found.good.answer, "third": found.good.answer}
    shelf, outcome = ran(found.good, found.reading, servers, addresses, found.before, found.folder)
    if len(addresses) > found.places and _disagree(outcome):
        # Of two that contradict each other nobody knows who is right; a third one decides.
        addresses = [*addresses, "third"]
        shelf, outcome = ran(found.good, found.reading, servers, addresses, found.before, found.folder)
    if outcome.error in DOWN and setting == "alone":
        return None
    why = f"{outcome.error}: {outcome.message}" if outcome.error else _difference(found.landed, shelf)
    if not why:
        return None
    name = " ".join(question(asked.request))
    told_shorter = only_shorter(asked, server.reply) and not counted(asked, found.asked.values())
    compared = setting != "alone" and found.compares(asked)
    provable = bool(outcome.error) or compared or not told_shorter
    return Breach(found.good.network.name, found.reading.name, name, fault.name, setting, why, provable)


def _disagree(outcome: Outcome) -> bool:
    return outcome.error == Contradiction.__name__ or "disagree about block" in outcome.message


def _down(kind: type[SourceDown]) -> Iterator[str]:
    yield kind.__name__
    for one in kind.__subclasses__():
        yield from _down(one)


DOWN: Final = frozenset(_down(SourceDown))


def _difference(clean: Mapping[str, Facts], shelf: Shelf) -> str:
    """In what the facts differ from those of the clean run, whatever the order of rows."""
    for name, facts in clean.items():
        other = shelf.newest_facts.get(name)
        if other is None:
            return f"{name} did not land"
        if why := _unequal(facts, other):
            return f"{name}: {why}"
    return ""


def _unequal(one: Facts, other: Facts) -> str:
    if dict(one.reported) != dict(other.reported):
        return f"reports {other.reported}, not {one.reported}"
    if one.since != other.since:
        return f"since {other.since}, not {one.since}"
    if one.rows.equals(other.rows):
        return ""
    rows, others = _sorted(one.rows), _sorted(other.rows)
    if rows.equals(others):
        return ""
    if "name" in rows.columns and _told_to_be_left_out(rows, others):
        return ""
    lost, added = rows.join(others, on=rows.columns, how="anti", nulls_equal=True), others.height - rows.height
    return f"{others.height} rows, not {rows.height} ({added:+}); first lost: {lost.head(1).to_dicts()}"


def _told_to_be_left_out(rows: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether every other row is one of the clean run's, and it is told that some are left out, and why."""
    notes = pl.col("name").str.starts_with(f"{LEFT_OUT}:")
    kept = others.filter(~notes)
    strangers = kept.join(rows, on=rows.columns, how="anti", nulls_equal=True)
    return kept.height < others.height and strangers.is_empty()


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(rows.columns)
