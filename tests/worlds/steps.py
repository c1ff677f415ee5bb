"""A small data folder that grows in any order, beside one that is built from nothing; `python -m benchmarks.steps`.

What lands, labels, sweeps, networks and torn files are drawn by a seed; what the mart says must not depend on steps.
"""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

import polars as pl

from ingest.network import Network
from ingest.networks import networks
from ingest.publication import build
from ingest.sweeping import parts, sweep_part
from ingest.upkeep import prune
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.tables import tables

BEGIN: Final = datetime(2026, 3, 1, tzinfo=UTC)
CHAINS: Final = {"akash": ("akashnet-2", "uakt"), "fetch": ("fetchhub-4", "afet"), "fet": ("eip155:1", "afet")}
READINGS: Final = {"validators": Measure.STAKE, "consensus": Measure.VOTING_POWER, "holders": Measure.TOKEN}
POPULATIONS: Final = {"validators": ("validators",), "consensus": ("validators",), "holders": ("holders", "locked")}
HOURS: Final = 24 * 60
LATE: Final = 3
# What a sweep draws here: its arithmetic has tests of its own.
REPLICATES: Final = 2
KINDS: Final = ("operator", "operator", "custodian", "escrow")


def labels(name: int) -> pl.DataFrame:
    """One of four states of who is known to be whom: nobody, some, more, and those alone who are from a day on."""
    dice = random.Random(name)
    places = [place for place in range(9) if (place % 4 == 0 if name == LATE else dice.random() < name / 3)]
    known = [(network, f"{network}{place}") for network in CHAINS for place in places]
    rows = [
        {
            **dict.fromkeys(ENTITIES.names()),
            "network": network,
            "address": address,
            "entity": f"party-{place % 3}",
            "name": f"Party {place % 3}",
            "kind": KINDS[place % 3 + name % 2],
            "valid_from": BEGIN + timedelta(days=20) if place % 4 == 0 else None,
            "source": "invented",
            "recorded_at": BEGIN,
        }
        for network, address in known
        if (place := int(address.removeprefix(network))) >= 0
    ]
    return pl.DataFrame(rows, schema=ENTITIES)


def landed(network: str, reading: str, hour: int) -> tuple[Snapshot, Facts]:
    """What a chain says at an hour: always the same."""
    dice, time = random.Random(f"{network} {reading} {hour}"), BEGIN + timedelta(hours=hour)
    chain, unit = CHAINS[network]
    plain = Snapshot(
        network, chain, reading, Kind.OBSERVATIONS, None, "", Block(1000 + hour, f"{hour:064x}", time), "Invented.", "x"
    )  # fmt: skip
    if reading not in READINGS:
        rows = [observation("moniker", time, f"n{hour}", "", subject=f"{network}{place}") for place in range(3)]
        return replace(plain, newest_only=reading == "names"), Facts(frame(Kind.OBSERVATIONS, rows))
    told = [
        (population, f"{network}{place}", dice.randrange(10**9))
        for population in POPULATIONS[reading]
        for place in dice.sample(range(12), dice.randrange(3, 9))
    ]
    whole = sum(amount for population, _, amount in told if population == POPULATIONS[reading][0])
    reported = {POPULATIONS[reading][0]: whole + dice.choice([0, 10**8])} if dice.random() < 0.3 else {}
    one = replace(plain, kind=Kind.HOLDINGS, measure=READINGS[reading], unit=unit, reported=reported)
    return one, Facts(holdings(told), reported=reported)


class Steps:
    """A data folder, and what has been done to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.data = folder, folder / "data"
        self.dice, self.landing = random.Random(seed), Landing(self.data)
        self.labels, self.known = 0, ["akash"]
        self.torn: dict[Path, bytes] = {}
        self.told: list[str] = []
        self.now = BEGIN + timedelta(hours=HOURS)

    def take(self, steps: int) -> None:
        """So many steps, each followed by a build, but for a few."""
        often: dict[Callable[[], None], int] = {
            **{self.lands: 6, self.labelled: 4, self.tears: 2, self.mends: 2, self.retold: 2, self.deleted: 1},
            **{self.swept: 3, self.pruned: 1, self.joined: 1},
        }
        for _ in range(steps):
            (one,) = self.dice.choices(list(often), list(often.values()))
            one()
            self.told.append(one.__name__)
            if self.dice.random() < 0.8:
                self.build(self.data)

    def lands(self) -> None:
        """Some readings, of whichever hour."""
        for network in self.known:
            for reading in ("validators", "consensus", "names", "events") if network != "fet" else ("holders",):
                for _ in range(self.dice.randrange(3)):
                    self.landing.land(*landed(network, reading, self.dice.randrange(HOURS)))

    def labelled(self) -> None:
        """Other labels, or those of before."""
        self.labels = self.dice.randrange(4)

    def tears(self) -> None:
        """A file is not what landed."""
        for path in self._some(1):
            content = path.read_bytes()
            self.torn.setdefault(path, content)
            path.write_bytes(content[: len(content) // 2])

    def mends(self) -> None:
        """It is again."""
        for path, content in self.torn.items():
            path.write_bytes(content)
        self.torn.clear()

    def retold(self) -> None:
        """A reading is read again; its amounts are as they were, the chain's total of them is another."""
        for path in self._some(3):
            for one in [one.snapshot for one in contents(path)] if path.stem.isdecimal() else []:
                if one.kind is Kind.HOLDINGS:
                    facts = landed(one.network, one.reading, one.block.height - 1000)[1]
                    whole = int(facts.rows.filter(population=POPULATIONS[one.reading][0])["amount"].sum())
                    reported = {POPULATIONS[one.reading][0]: whole + self.dice.randrange(10**8)}
                    path.unlink()
                    self.landing.land(replace(one, reported=reported), Facts(facts.rows, reported=reported))

    def deleted(self) -> None:
        """A file is gone."""
        for path in self._some(1):
            path.unlink()

    def swept(self) -> None:
        """What is published is swept."""
        self.build(self.data)
        with patch("publish.swept.REPLICATES", REPLICATES), opened(self.data) as mart:
            for part in parts(mart, self.data) if not self.torn else []:
                sweep_part(part)

    def pruned(self) -> None:
        """Days are thinned, months put into files."""
        if not self.torn:
            with self._as_it_is():
                prune(self.data, self._networks(), self.now)

    def joined(self) -> None:
        """Another network is read."""
        self.known = list(CHAINS)[: len(self.known) + 1]

    def build(self, data: Path) -> None:
        """The mart follows."""
        with self._as_it_is():
            build(data, self._networks())

    def differing(self) -> Sequence[str]:
        """Tables that are not those of a mart from nothing, once every file is whole; with rows of each."""
        self.mends()
        self.build(self.data)
        afresh = self.folder / "afresh"
        shutil.rmtree(afresh, ignore_errors=True)
        shutil.copytree(self.landing.folder, afresh / "landing")
        self.build(afresh)
        before, after = tables(self.data), tables(afresh)
        return [
            f"{name}: step by step {_rest(before[name], after[name])}, afresh {_rest(after[name], before[name])}"
            for name in before
            if not before[name].equals(after[name])
        ]

    @contextmanager
    def _as_it_is(self) -> Iterator[None]:
        now = labels(self.labels)
        with patch("store.reference.entities", lambda: now), patch("publish.swept.REPLICATES", REPLICATES):
            yield

    def _networks(self) -> dict[str, Network]:
        return {name: networks()[name] for name in self.known}

    def _some(self, most: int) -> list[Path]:
        whole = [path for path in self.landing.files() if path not in self.torn]
        return self.dice.sample(whole, min(len(whole), most))


def _rest(some: pl.DataFrame, others: pl.DataFrame) -> list[tuple[object, ...]]:
    """The first rows that only one of two tables has."""
    known = set(map(str, others.iter_rows()))
    return [row for row in some.iter_rows() if str(row) not in known][:3]
