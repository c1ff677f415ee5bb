"""What a data folder lives through in years, in any order, beside a plain model of what it must hold.

Snapshots land, of now and of the past, single and by months; files are imported, thinned, put into months, touched,
torn and restored; the clock goes back and ahead; processes die in the middle of it. The model knows the rules as
docs/operations.md tells them, and nothing of the program.
"""

import io
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import polars as pl
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingest import job
from ingest.importer import import_file
from ingest.networks import networks
from ingest.publication import build
from ingest.state_file import Mismatch
from ingest.upkeep import prune
from store import landing as landing_module
from store.faults import BadData
from store.landed import contents
from store.landing import Landing
from store.mart import prove
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.state_files import export, written
from tests.worlds.tables import tables

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# As docs/operations.md says: one a day of what is older than a week; months that are over in one file.
WEEK, MONTH = 7 * DAY, 31 * DAY
READINGS: Final = ("stake", "rate", "jailed", "votes")
FLOW: Final = "spent"

Key = tuple[str, str, str, int]
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Fact:
    """What the model knows of a snapshot; unique: no other tells what it does."""

    time: datetime
    since: datetime | None
    unique: bool


@dataclass
class Model:
    """What must be in landing: snapshots with a file of their own, and those in a month's file."""

    singles: dict[Key, Fact] = field(default_factory=dict)
    months: dict[Key, Fact] = field(default_factory=dict)

    @property
    def all(self) -> dict[Key, Fact]:
        """All snapshots, once."""
        return {**self.months, **self.singles}

    def newest(self, place: Place) -> datetime | None:
        """Time of the highest block of a reading."""
        heights = {key[3]: fact.time for key, fact in self.all.items() if key[:3] == place}
        return heights[max(heights)] if heights else None

    def places(self) -> set[Place]:
        """Every reading."""
        return {key[:3] for key in self.all}

    def thin(self, now: datetime, torn: Collection[Key] = ()) -> None:
        """Of a reading's own files that are older than a week, the last of each day stays."""
        days: dict[tuple[Any, ...], list[Key]] = {}
        for key, fact in sorted(self.singles.items(), key=lambda pair: pair[1].time):
            if fact.time < now - WEEK and not fact.unique and key not in torn:
                days.setdefault((key[:3], fact.time.date()), []).append(key)
        for keys in days.values():
            for key in keys[:-1]:
                del self.singles[key]

    def compact(self, now: datetime, torn: Collection[Key] = (), closed: Collection[Key] = ()) -> None:
        """What is older than a month moves to its month's file; neither what is torn, nor into the file of `closed`."""
        files = {(key[:3], _month(self.months[key])) for key in closed}
        for key, fact in list(self.singles.items()):
            if fact.time < now - MONTH and key not in torn and (key[:3], _month(fact)) not in files:
                self.months.setdefault(key, fact)
                del self.singles[key]

    def copy(self) -> "Model":
        """The model as it is."""
        return Model(dict(self.singles), dict(self.months))


def _month(fact: Fact) -> str:
    return f"{fact.time:%Y-%m}"


def found(landing: Landing) -> Model:
    """What is in landing, as the files themselves tell."""
    model = Model()
    for path in landing.files():
        part = model.singles if path.stem.isdecimal() else model.months
        for one in contents(path):
            assert one.snapshot.key not in part, f"{one.snapshot.key} is twice in months"
            part[one.snapshot.key] = fact(one.snapshot)
    return model


def fact(snapshot: Snapshot) -> Fact:
    """What the model knows of a snapshot."""
    since = snapshot.since
    return Fact(snapshot.block.time, since, snapshot.kind is Kind.VOTES or snapshot.reading == FLOW)


def _differing(name: str, before: pl.DataFrame, after: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Rows that only one of two tables has, with the table's name and which has it."""
    step, whole = Counter(before.iter_rows()), Counter(after.iter_rows())
    only = {"step by step": step - whole, "afresh": whole - step}
    return [(name, which, row) for which, rows in only.items() for row in rows.elements()]


def snapshot_at(reading: str, time: datetime, since: datetime | None = None) -> tuple[Snapshot, Facts]:
    """What a chain says of itself at a time: always the same."""
    height = 10_000 + (time - BEGIN) // HOUR
    plain = Snapshot(
        "akash",
        "akashnet-2",
        reading,
        Kind.HOLDINGS,
        Measure.STAKE,
        "uakt",
        Block(height, f"{height:064x}", time),
        method="Invented for a test.",
        endpoint="http://127.0.0.1",
        since=since,
    )
    bare = replace(plain, measure=None, unit="")
    match reading:
        case "rate":
            return replace(plain, since=time - DAY, measure=Measure.COMPUTE_SPEND), _held(height)
        case "jailed":
            rows = [observation("jailed", time, "true", "", subject=f"v{height % 3}")]
            return replace(bare, kind=Kind.OBSERVATIONS, newest_only=True), Facts(frame(Kind.OBSERVATIONS, rows))
        case "votes":
            vote = {"proposal": str(height % 5), "voter": "akash1a", "option": "yes", "weight": Decimal(1)}
            return replace(bare, kind=Kind.VOTES), Facts(frame(Kind.VOTES, [{**vote, "height": height}]))
        case _:
            flow = reading == FLOW
            return replace(plain, flow=flow, measure=Measure.COMPUTE_SPEND if flow else Measure.STAKE), _held(height)


def _held(height: int) -> Facts:
    return Facts(holdings(("validators", f"akash{place}", place * height) for place in (1, 2, 3)))


class Died(BaseException):
    """The process has died."""


@contextmanager
def dying(call: int) -> Iterator[None]:
    """The process dies before a call that changes the disk: neither this one nor any after it does anything."""
    calls = 0

    def counted(real: Callable[..., Any], changes: Callable[..., bool]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            if changes(*arguments, **named):
                calls += 1
                if calls >= call:
                    raise Died
            return real(*arguments, **named)

        return called

    def writes(file: Any, mode: str = "r", *_: Any, **__: Any) -> bool:
        return "r" not in mode or "+" in mode

    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(io, "open", counted(io.open, writes)))
        for name in ("rename", "replace", "unlink", "mkdir", "rmdir", "fsync"):
            called = counted(getattr(os, name), lambda *_, **__: True)
            patches.enter_context(mock.patch.object(os, name, called))
        yield


class History(RuleBasedStateMachine):
    """A data folder and its model, step by step."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.data = self.folder / "data"
        self.landing = Landing(self.data)
        self.model, self.backup = Model(), Model()
        self.now = BEGIN + 40 * DAY
        self.runs = 0
        # The program's clock is the history's.
        clock = SimpleNamespace(now=lambda _: self.now, fromisoformat=datetime.fromisoformat)
        self.clock = mock.patch.object(landing_module, "datetime", clock)
        self.clock.start()

    def teardown(self) -> None:
        """Look at everything once more."""
        try:
            self.rebuilt()
        finally:
            self.clock.stop()
            shutil.rmtree(self.folder)

    @rule(reading=st.sampled_from(READINGS), hours=st.sampled_from([1, 5, 24, 24 * 9]))
    def land(self, reading: str, hours: int) -> None:
        """A reading of now lands."""
        self.now += hours * HOUR
        self._lands(*snapshot_at(reading, self.now))

    @rule(reading=st.sampled_from(READINGS), days=st.integers(1, 70), hour=st.integers(0, 3))
    def backfill(self, reading: str, days: int, hour: int) -> None:
        """A reading of the past lands, perhaps of a block that was thinned."""
        self._lands(*snapshot_at(reading, self.now - days * DAY + hour * HOUR))

    def _lands(self, snapshot: Snapshot, facts: Facts) -> None:
        known = snapshot.key in self.model.all
        assert self.landing.has(snapshot) == known
        if not known:
            self.landing.land(snapshot, facts)
            self.model.singles[snapshot.key] = fact(snapshot)

    @rule(reading=st.sampled_from(READINGS), days=st.integers(32, 90), count=st.integers(1, 3))
    def land_months(self, reading: str, days: int, count: int) -> None:
        """Days of months that are over land at once."""
        told = [snapshot_at(reading, self.now - (days + place) * DAY) for place in range(count)]
        self.landing.land_months(told)
        for snapshot, _ in told:
            self.model.months.setdefault(snapshot.key, fact(snapshot))

    @rule(hours=st.sampled_from([1, 24, 24 * 9]), wrong=st.sampled_from([-3, 0, 0, 0, 0, 2]))
    def flow(self, hours: int, wrong: int) -> None:
        """A period of a flow lands where it joins the one before, and is refused where it does not."""
        self.now += hours * HOUR
        before = self.model.newest(("akash", "akashnet-2", FLOW))
        since = (before or self.now - DAY) + wrong * HOUR
        snapshot, facts = snapshot_at(FLOW, self.now, since)
        if snapshot.key in self.model.all:
            return
        if since >= self.now or (before and wrong):
            with pytest.raises(BadData, match="overlap or leave a gap"):
                self.landing.land(snapshot, facts)
        else:
            self._lands(snapshot, facts)

    @rule(days=st.integers(2, 60))
    def import_(self, days: int) -> None:
        """A state file is imported; the same again changes nothing, the same block at another time is refused."""
        document = {**export(), "initial_height": 1 + days}
        path, time = written(self.folder, document), BEGIN + days * DAY
        for found_ in import_file(path, networks()["cudos"], time, self.landing):
            key = found_.snapshot.key
            assert found_.was_there == (key in self.model.all)
            if not found_.was_there:
                self.model.singles[key] = fact(found_.snapshot)
        with pytest.raises(Mismatch, match="twice"):
            list(import_file(path, networks()["cudos"], time + HOUR, self.landing))

    @rule()
    def compact(self) -> None:
        """Months that are over are put into files."""
        self.landing.compact(self.now)
        self.model.compact(self.now)
        self._agrees()

    @rule(kind=st.sampled_from(["pruned", "pruned", "built", "rebuilt"]))
    def publish(self, kind: str) -> None:
        """What has landed is published: by the daily pruning, by a run, or afresh."""
        getattr(self, kind)()

    def pruned(self) -> None:
        """Days are thinned, months put into files."""
        prune(self.data, {}, self.now)
        self.model.thin(self.now)
        self.model.compact(self.now)
        self._agrees()

    def built(self) -> None:
        """The mart follows what has landed."""
        build(self.data, {})

    @rule(kind=st.sampled_from(["prune", "compact", "months", "land", "build"]), call=st.integers(1, 60))
    def die(self, kind: str, call: int) -> None:
        """The process dies somewhere in its work; the next one sweeps up and goes on with what there is."""
        before = self.model.copy()
        told = [snapshot_at("stake", self.now - days * DAY) for days in (33, 34)]
        work: dict[str, Callable[[], object]] = {
            "prune": lambda: prune(self.data, {}, self.now),
            "compact": lambda: self.landing.compact(self.now),
            "months": lambda: self.landing.land_months(told),
            "land": lambda: [self.landing.land(*one) for one in told if not self.landing.has(one[0])],
            "build": lambda: build(self.data, {}),
        }
        after = self.model.copy()
        if kind == "prune":
            after.thin(self.now)
        fresh = {one.key: fact(one) for one, _ in told} if kind in ("months", "land") else {}
        with dying(call), suppress(Died):
            work[kind]()
        with job.lock(self.data):
            pass
        assert not list(self.landing.folder.rglob("*.tmp"))
        left = found(self.landing)
        assert after.all.keys() <= left.all.keys() <= before.all.keys() | fresh.keys()
        assert {**before.all, **fresh}.items() >= left.all.items()
        self.model = left

    @rule(seed=st.integers(0, 99))
    def touch(self, seed: int) -> None:
        """Files get other times, as copies have them."""
        for path in random.Random(seed).sample(files := self.landing.files(), len(files) // 3):
            os.utime(path, (seed, seed))

    @rule(days=st.integers(-20, 20))
    def clock_jumps(self, days: int) -> None:
        """The clock of the machine goes back or ahead."""
        self.now = max(self.now + days * DAY, BEGIN + 10 * DAY)

    @rule()
    def back_up(self) -> None:
        """Landing is copied."""
        shutil.rmtree(self.folder / "backup", ignore_errors=True)
        if self.landing.folder.exists():
            shutil.copytree(self.landing.folder, self.folder / "backup")
            self.backup = self.model.copy()

    @precondition(lambda self: (self.folder / "backup").exists())
    @rule()
    def restore(self) -> None:
        """Landing is what it was when it was copied; the mart is not."""
        shutil.rmtree(self.landing.folder)
        shutil.copytree(self.folder / "backup", self.landing.folder, copy_function=shutil.copyfile)
        self.model = self.backup.copy()
        self._agrees()

    @precondition(lambda self: self.model.all)
    @rule(seed=st.integers(0, 99), then=st.sampled_from(["verify", "verify", "prune", "build"]))
    def tear(self, seed: int, then: str) -> None:
        """A bit flips: it is named, the rest is published, nothing of it is removed; then it is mended."""
        path = random.Random(seed).choice(self.landing.files())
        content, place = bytearray(path.read_bytes()), seed * 7919
        torn = {one.snapshot.key for one in contents(path)}
        flipped = bytearray(content)
        flipped[place % len(content)] ^= 1 << seed % 8
        path.write_bytes(flipped)
        assert [one for one, _ in self.landing.torn()] == [path]
        if then != "verify":
            named = self._pruned_without(path, torn) if then == "prune" else build(self.data, {})[1]
            assert [str(path) in message for message in named] == [True]
        path.write_bytes(content)
        self._agrees()

    def _pruned_without(self, path: Path, torn: Collection[Key]) -> tuple[str, ...]:
        named = prune(self.data, {}, self.now).torn
        if path.stem.isdecimal():
            self.model.thin(self.now, torn)
            self.model.compact(self.now, torn)
        else:
            self.model.thin(self.now)
            self.model.compact(self.now, closed=torn)
        return named

    @rule()
    def runs_(self) -> None:
        """A line of the ledger is written."""
        self.runs += 1
        with job.recorded(self.landing, self.now + self.runs * timedelta(seconds=1)) as record:
            record.end((), ())

    def rebuilt(self) -> None:
        """What is built step by step is what is built afresh, table by table."""
        build(self.data, {})
        afresh = self.folder / "afresh"
        shutil.rmtree(afresh, ignore_errors=True)
        if self.landing.folder.exists():
            shutil.copytree(self.landing.folder, afresh / "landing")
        build(afresh, {})
        before, after = tables(self.data), tables(afresh)
        differing = [row for name in before for row in _differing(name, before[name], after[name])]
        assert not differing, differing
        told = before["snapshot"].select("network", "chain_id", "reading", "height").rows()
        assert sorted(told) == sorted(self.model.all)
        self._agrees()

    def _agrees(self) -> None:
        """Landing holds what the model does, where the model says, and periods of flows join."""
        left = found(self.landing)
        assert left.singles == self.model.singles
        assert left.months == self.model.months
        flows = sorted((fact.time, fact.since) for key, fact in left.all.items() if key[2] == FLOW)
        assert all(since == before for (before, _), (_, since) in pairwise(flows)), flows

    @invariant()
    def newest_is_the_highest_block(self) -> None:
        """Whatever the files' times are."""
        type(self).steps += 1
        for place in self.model.places():
            assert self.landing.newest(*place) == self.model.newest(place), place

    @invariant()
    def current_is_readable(self) -> None:
        """Once something is published, CURRENT names a whole mart."""
        if (self.data / "CURRENT").exists():
            prove(self.data)
