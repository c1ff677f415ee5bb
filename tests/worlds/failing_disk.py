"""Commands on a disk that fails at the call of a test's choice, whoever makes it: Python, DuckDB or Polars.

failing_disk.c counts and fails the calls. It has to be there before anything else is loaded, so the commands run in a
process of their own, many one after the other: `python -m tests.worlds.failing_disk PLAN ...`, one trial a line.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count, cycle
from pathlib import Path
from typing import Final
from unittest.mock import patch

import polars as pl
from typer.testing import CliRunner, Result

from ingest import job, upkeep
from ingest.__main__ import app
from ingest.commands import guards
from ingest.cosmos import lcd
from ingest.networks import bittensor
from ingest.substrate.node import SubstrateChain
from store.landing import Landing
from store.mart import KEPT_GENERATIONS, generation, prove
from store.parts import Lasting
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds import substrate_server
from tests.worlds.bittensor_world import World
from tests.worlds.lcd import ONE, State, Validator, account, chain
from tests.worlds.moving_chain import ROOT, surroundings
from tests.worlds.own_runtime import own_runtime
from tests.worlds.servers import serving
from tests.worlds.state_files import export, written
from tests.worlds.tables import tables

SOURCE: Final = Path(__file__).with_suffix(".c")
# How a call fails: with this error; the last, and every call after it, as on a disk that is gone.
FAULTS: Final = {
    "ENOSPC": (errno.ENOSPC, 0),
    "EIO": (errno.EIO, 0),
    "EROFS": (errno.EROFS, 0),
    "EINTR": (errno.EINTR, 0),
    "gone": (errno.EIO, 1),
    "killed": (errno.EIO, 2),
}
DAY: Final = timedelta(days=1)
LONG: Final = 30 * DAY


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a command of which one call failed.

    failed: the call and its file, empty where the command made fewer calls. breaches: what should not be so.
    """

    command: str
    fault: str
    call: int
    failed: str
    code: int
    breaches: tuple[str, ...]


def compiler() -> str | None:
    """The C compiler of this machine."""
    return shutil.which("cc") or shutil.which("gcc")


@cache
def library() -> Path:
    """The library that lets calls fail, built."""
    built = Path(tempfile.mkdtemp()) / "failing_disk.so"
    compile_ = [str(compiler()), "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"]
    subprocess.run(compile_, check=True)
    return built


def preloaded() -> dict[str, str]:
    """The environment of a process on such a disk."""
    return {**os.environ, "LD_PRELOAD": str(library()), "POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A command again and again: call `start`, start + step ... fails in one of some ways, until it makes no more."""

    command: str
    faults: tuple[str, ...]
    start: int = 1
    step: int = 1

    def __str__(self) -> str:
        return f"{self.command}:{','.join(self.faults)}:{self.start}:{self.step}"

    @staticmethod
    def read(text: str) -> "Plan":
        """A plan as it was printed."""
        command, faults, start, step = text.split(":")
        return Plan(command, tuple(faults.split(",")), int(start), int(step))

    def calls(self) -> Iterator[tuple[str, int]]:
        """How which call fails, for ever."""
        return zip(cycle(self.faults), count(self.start, self.step), strict=False)


def tried(*plans: Plan) -> Iterator[Trial]:
    """What becomes of commands whose calls fail as planned; the last trial of each plan is one in which none did."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.worlds.failing_disk", *map(str, plans)],
        cwd=ROOT,
        env=preloaded(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            told = json.loads(line)
            yield Trial(**{**told, "breaches": tuple(told["breaches"])})
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")


# What follows runs in that process.


class Disk:
    """The disk below a folder."""

    def __init__(self) -> None:
        self.calls = 0
        self._library = ctypes.CDLL(None)
        self._library.disk_failed.restype = ctypes.c_char_p
        self._library.disk_disarm.restype = ctypes.c_long
        self._library.disk_arm.argtypes = (ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int)

    @contextmanager
    def failing(self, folder: Path, fault: str, call: int) -> Iterator[None]:
        """Let a call below a folder fail."""
        number, manner = FAULTS[fault]
        self._library.disk_arm(os.fsencode(folder), call, number, manner)
        try:
            yield
        finally:
            self.calls = self._library.disk_disarm()

    @property
    def failed(self) -> str:
        """The call that failed, and its file; empty where none did."""
        return os.fsdecode(self._library.disk_failed())


@dataclass(frozen=True)
class Command:
    """A command in its surroundings; of its arguments `{}` stands for the folder."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]

    def told(self, folder: Path) -> list[str]:
        """Its arguments for a folder."""
        return [one.format(folder) for one in self.arguments]

    def __call__(self, folder: Path) -> Result:
        """Run it on the data of a folder, without the files beside the mart: tests/ingest/test_site.py fails those."""
        with ExitStack() as without:
            for publisher in (guards, job, upkeep):
                without.enter_context(patch.object(publisher, "write_site", lambda _: None))
            return CliRunner(env=surroundings(folder / "data", self.environment)).invoke(app, self.told(folder))


@dataclass(frozen=True)
class Outcome:
    """What a command leaves: every landing file, and the tables of the mart, but for the ledger."""

    landed: Mapping[str, str]
    published: Mapping[str, pl.DataFrame]

    def lacks(self, other: "Outcome") -> list[str]:
        """Landing files and tables of which the other has more."""
        files = [name for name, digest in other.landed.items() if self.landed.get(name) != digest]
        tables = [name for name, rows in other.published.items() if not _holds(self.published[name], rows)]
        return files + tables


def _holds(rows: pl.DataFrame, wanted: pl.DataFrame) -> bool:
    return set(wanted.rows()) <= set(rows.rows())


def outcome(folder: Path) -> Outcome:
    """What lies in a folder."""
    data = folder / "data"
    landed = {path.relative_to(data).as_posix(): _digest(path) for path in Landing(data).files()}
    published = tables(data) if (data / "CURRENT").exists() else {}
    return Outcome(
        landed, {name: rows for name, rows in published.items() if name not in ("run", "run_error", "trouble")}
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Tries:
    """One command on copies of one folder, each with another call that fails."""

    def __init__(self, place: Path, command: str, called: Command) -> None:
        self.name, self._called, self._place = command, called, place
        self._whole = place / "whole"
        self._healed: set[frozenset[tuple[str, str]]] = set()
        folder = self._copy()
        told = called(folder)
        assert told.exception is None or told.exit_code in (0, 4), told.output
        self._code, self._wanted = told.exit_code, outcome(folder)
        self._before = prove(self._whole / "data")

    def fail(self, disk: Disk, fault: str, call: int) -> Trial:
        """Let a call fail; look at what is said and left, and whether the next run mends it."""
        folder = self._copy()
        with disk.failing(folder, fault, call):
            told = self._called(folder)
        failed, found = disk.failed, list[str]()
        if failed:
            found += [*self._said(told, failed), *self._left(folder), *self._cleared(folder, told, failed, fault)]
            found += self._not_healed(folder, failed)
        elif told.exit_code != self._code:
            found.append(f"is not disturbed and ends with {told.exit_code}: {told.output[-300:]}")
        return Trial(self.name, fault, call, failed.replace(str(folder), ""), told.exit_code, tuple(found))

    def kill(self, call: int) -> Trial:
        """End the process in a call; look at what is left, and whether the next run mends it."""
        folder = self._copy()
        killed = self._dying(folder, call)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        found = (*self._left(folder), *self._not_healed(folder, ""))
        return Trial(self.name, "killed", call, "SIGKILL", killed.returncode, found)

    def calls(self) -> int:
        """How many calls the command makes in a process of its own."""
        return int(self._dying(self._copy(), 0).stdout)

    def _dying(self, folder: Path, call: int) -> "subprocess.CompletedProcess[str]":
        arguments = [str(folder), str(call), *self._called.told(folder)]
        return subprocess.run(
            [sys.executable, "-m", "tests.worlds.failing_disk", "kill", *arguments],
            cwd=ROOT,
            env={**preloaded(), **surroundings(folder / "data", self._called.environment)},
            capture_output=True,
            text=True,
            check=False,
        )

    def _copy(self) -> Path:
        folder = self._place / "tried"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._whole, folder)
        return folder

    def _said(self, told: Result, failed: str) -> Iterator[str]:
        """What a command should not have said."""
        allowed = {74, self._code} | ({3, 4} if failed.startswith("open") else set())
        if told.exception and not isinstance(told.exception, SystemExit):
            yield f"raises {told.exception!r}"
        elif told.exit_code not in allowed:
            yield f"ends with {told.exit_code}: {told.output[-300:]}"
        if "Traceback" in told.output or "  File " in told.output:
            yield f"prints a trace: {told.output[-600:]}"
        errors = [line for line in told.stderr.splitlines() if not line.startswith(("INFO", "WARNING"))]
        if told.exit_code == 74 and len(errors) != 1:
            yield f"says {len(errors)} lines: {errors}"

    def _left(self, folder: Path) -> Iterator[str]:
        """What is not as it was, nor as it was to be."""
        data = folder / "data"
        current = prove(data)
        if generation(current) not in (generation(self._before), generation(self._before) + 1):
            yield f"publishes {current.name}"
        yield from (str(error) for _, error in Landing(data).torn())

    def _cleared(self, folder: Path, told: Result, failed: str, fault: str) -> Iterator[str]:
        """What a command should not have left; one that cannot remove anything leaves it to the next."""
        if fault == "gone" or failed.startswith(("unlink", "rmdir")):
            return
        yield from (f"leaves {name}" for name in _left_over(folder))
        remarked = job.remark(folder / "data")
        if self.name in LOCKED and bool(remarked) != (told.exit_code == 74) and not self._is_of_lock(failed, folder):
            yield f"ends with {told.exit_code} and remarks {remarked!r}"

    def _is_of_lock(self, failed: str, folder: Path) -> bool:
        """Whether a call comes before the lock is held, or writes the remark itself."""
        data = folder / "data"
        return failed in (f"open {data}", f"open {data / job.LOCK}", f"write {data / job.LOCK}") or failed.startswith(
            f"opendir {data / 'landing'}"
        )

    def _not_healed(self, folder: Path, failed: str) -> Iterator[str]:
        """What the same command, undisturbed, does not mend; of states that are alike one is tried."""
        state = _state(folder)
        if state in self._healed:
            return
        self._healed.add(state)
        told = self._called(folder)
        if told.exit_code != self._code or (told.exception and not isinstance(told.exception, SystemExit)):
            yield f"ends the next time with {told.exit_code}: {told.exception!r} {told.output[-300:]}"
            return
        found = outcome(folder)
        yield from (f"has less of {name} the next time" for name in found.lacks(self._wanted))
        # A snapshot that could not be read takes no other's place when its day is thinned.
        if not failed.startswith("open"):
            yield from (f"has more of {name} the next time" for name in self._wanted.lacks(found))
        if self.name in LOCKED:
            yield from (f"keeps {name} the next time" for name in _left_over(folder))


def _left_over(folder: Path) -> list[str]:
    names = [path.name for path in folder.rglob("*")]
    return [name for name in names if name.endswith((".tmp", ".wal")) or name.startswith(("draft", "exchange"))]


def _state(folder: Path) -> frozenset[tuple[str, str]]:
    """What lies in a folder, but for the ledger and the remark; what is swept away unread by its name alone."""
    swept = set(_left_over(folder))
    return frozenset(
        (path.relative_to(folder).as_posix(), "" if path.name in swept else _digest(path))
        for path in folder.rglob("*")
        if path.is_file() and path.name != job.LOCK and path.parent.name != "_runs"
    )


def published_thrice(folder: Path) -> None:
    """A folder with as many generations as are kept."""
    landed(folder / "data")
    for _ in range(KEPT_GENERATIONS):
        told = Command(("rebuild",), {})(folder)
        assert told.exit_code == 0, told.output


def landed(data: Path) -> None:
    """Landing files of all that a pruning knows: to be thinned, put into months, kept; a part, a line of the ledger."""
    landing, now = Landing(data), datetime.now(UTC).replace(microsecond=0)
    # Two of a month that is over, with a file of that month there already; two of one day; the newest.
    times = [now - age * DAY for age in (90, 60, 59.9, 10, 9.9, 1)]
    for height, time in enumerate(times, start=1):
        landing.land(_one(height, time), Facts(holdings(("validators", account(n), n * height) for n in (1, 2, 3))))
        seen = [observation("bonded", time, height, "uakt"), observation("jailed", time, "true", "", subject="v1")]
        told = replace(_one(height, time), reading="told", kind=Kind.OBSERVATIONS, measure=None, unit="")
        landing.land(told, Facts(frame(Kind.OBSERVATIONS, seen)))
        flow = replace(_one(height, time), reading="flow", measure=Measure.COMPUTE_SPEND, flow=True)
        since = times[height - 2] if height > 1 else time - DAY
        landing.land(replace(flow, since=since), Facts(holdings([("payers", account(1), height)])))
    vote = {"proposal": "1", "voter": account(1), "option": "yes", "weight": Decimal(1), "height": 5}
    votes = replace(_one(5, times[4]), reading="votes", kind=Kind.VOTES, measure=None, unit="")
    landing.land(votes, Facts(frame(Kind.VOTES, [vote])))
    landing.parts.memo(votes)(Lasting("final-logs-0-99"), lambda: pl.DataFrame({"holder": ["a"], "block": [3]}))
    landing.compact(now - LONG)
    with job.recorded(landing, now - DAY) as record:
        record.end((), ())


def _one(height: int, time: datetime) -> Snapshot:
    block = Block(height, f"{height:064x}", time)
    return Snapshot(
        "akash",
        "akashnet-2",
        "validators",
        Kind.HOLDINGS,
        Measure.STAKE,
        "uakt",
        block,
        method="Invented for a test.",
        endpoint="http://127.0.0.1",
    )


READINGS: Final = ("validators", "names", "delegators")
LOCKED: Final = ("run", "import", "rebuild", "prune", "backfill")
COMMANDS: Final = (*LOCKED, "export", "status", "verify")


@contextmanager
def commands(place: Path) -> Iterator[Mapping[str, Command]]:
    """The commands by their names, with the servers and files that they ask."""
    today = datetime.now(UTC).date()
    _let_heads_age()
    with ExitStack() as stack:
        akash, finney = stack.enter_context(serving(chain(_cosmos()))), stack.enter_context(_finney())
        named = [word for name in READINGS for word in ("--reading", name)]
        yield {
            "run": Command(("run", "--network", "akash", *named, "--all"), {"AKASH_URL": akash}),
            "import": Command(
                ("import", str(written(place, export())), "--network", "cudos", "--time", f"{today - DAY}"), {}
            ),
            "rebuild": Command(("rebuild",), {}),
            "prune": Command(("prune",), {}),
            "backfill": Command(_backfill(today), {"BITTENSOR_URL": finney}),
            "export": Command(("export", "snapshot", "{}/snapshot.parquet"), {}),
            "status": Command(("status", "--max-age", "9d"), {}),
            "verify": Command(("verify", "--landing"), {}),
        }


def _backfill(today: date) -> tuple[str, ...]:
    period = ("--since", f"{today - 3 * DAY}", "--until", f"{today - 2 * DAY}")
    return ("backfill", "--network", "bittensor", *period, "--reading", "chain", "--reading", "subnets")


def _let_heads_age() -> None:
    """The newest blocks of the chains stay as they are, however long the tries take."""
    vars(lcd)["OLDEST_HEAD"] = LONG
    stays = SubstrateChain(bittensor.GENESIS, (), oldest_head=LONG)
    vars(bittensor)["NETWORK"] = replace(bittensor.NETWORK, chain=stays)


def _cosmos() -> State:
    """A chain at one block."""
    validators = [Validator(place, (place + 1) * 10**6, (place + 1) * 10**6 * ONE) for place in range(4)]
    return State(validators, [(place, place, (place + 1) * 10**6 * ONE) for place in range(4)])


@contextmanager
def _finney() -> Iterator[str]:
    """A chain at one block."""
    vars(substrate_server)["MILLISECONDS"] = int(datetime.now(UTC).timestamp()) * 1000
    node = substrate_server.Node(own_runtime(), 424, genesis=bittensor.GENESIS)
    made = World(node)
    made.subnet(1)
    made.root()
    with substrate_server.serves(node) as address:
        yield address


@contextmanager
def tries(*names: str) -> Iterator[Mapping[str, Tries]]:
    """Commands that can be tried, by their names."""
    with tempfile.TemporaryDirectory() as folder, commands(Path(folder)) as known:
        published_thrice(Path(folder) / "whole")
        yield {name: Tries(Path(folder), name, known[name]) for name in names}


def tell(plans: Sequence[Plan]) -> None:
    """Tell what becomes of commands, trial by trial."""
    disk = Disk()
    with tries(*{plan.command for plan in plans}) as known:
        for plan in plans:
            for fault, call in plan.calls():
                trial = known[plan.command].fail(disk, fault, call)
                sys.stdout.write(json.dumps(asdict(trial)) + "\n")
                sys.stdout.flush()
                if not trial.failed:
                    break


def die(folder: str, call: str, *arguments: str) -> None:
    """A command that is killed in a call; where it makes fewer, their number."""
    disk = Disk()
    _let_heads_age()
    with disk.failing(Path(folder), "killed", int(call)):
        CliRunner().invoke(app, arguments)
    sys.stdout.write(str(disk.calls))


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        die(*sys.argv[2:])
    else:
        tell([Plan.read(text) for text in sys.argv[1:]])
