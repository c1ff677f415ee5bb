"""A process of its own that reads one network at every hostile server, and says what each came to.

python -m tests.worlds.bounded NETWORK LARGEST [SPEAKER]...

Its client has limits as small as a good server needs; LARGEST is how many bytes of an answer it takes.
"""

import json
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final
from unittest.mock import patch

from ingest import conversing, transport
from ingest.allowance import Limits
from ingest.conversing import PATIENCE
from ingest.job import Outcome, read_network
from ingest.networks import networks
from ingest.transport import Http
from store.landing import Landing
from tests.worlds.good import Good, good
from tests.worlds.hostile import SPEAKERS, Answer, list_of, listers
from tests.worlds.servers import Raw, Reply, Request, serving

RUN: Final = Limits(requests=150, bytes=8 * 2**20, elements=150_000, seconds=20)
SECONDS: Final = 0.25
MOST_ELEMENTS: Final = 50_000
# What a process may take beyond what it has when it has read a good server once; more is no memory of a machine.
ROOM: Final = 2**30


@dataclass(frozen=True)
class Case:
    """What a hostile server came to: how many questions it was asked, what landed, how much memory was taken since the
    good server was left.
    """

    server: str
    error: str
    message: str
    asked: int
    landed: int
    grown: int


@dataclass
class Turning:
    """A server that is good so often, and then says something else."""

    good: Answer
    after: int
    then: Answer
    asked: int = 0
    counting: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Reply | Raw:
        with self.counting:
            self.asked += 1
            turned = self.asked > self.after
        return self.then(request) if turned else self.good(request)


def tried(world: Good, speakers: list[str]) -> Iterator[Case]:
    """The good server first; then who is hostile from the first question on, from the midst on, and in lists."""
    yield (once := _read(world, "good", Turning(world.answer, 0, world.answer), _peak()))
    _enclose()
    before = _peak()
    with _impatient():
        for name in speakers or SPEAKERS:
            for after in (0, once.asked // 2):
                yield _read(world, f"{name}, after {after}", Turning(world.answer, after, _speaking(name)), before)
    for name, answer in {} if speakers else listers(world).items():
        yield _read(world, name, Turning(answer, 0, answer), before)


def _speaking(name: str) -> Answer:
    return lambda _: SPEAKERS[name]()


@contextmanager
def _impatient() -> Iterator[None]:
    """Inside, nothing is waited for longer than a moment."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(conversing, "HEAD_SECONDS", SECONDS))
        for wait in ("CONNECT_SECONDS", "READ_SECONDS", "ANSWER_SECONDS"):
            stack.enter_context(patch.object(transport, wait, SECONDS))
        yield


def _read(world: Good, name: str, server: Turning, before: int) -> Case:
    with tempfile.TemporaryDirectory() as folder, serving(server) as address:
        outcome = _outcome(world, address, Path(folder))
        landed = len(list(Path(folder).glob("landing/*/*/*/*.parquet")))
    return Case(name, outcome.error, outcome.message, server.asked, landed, _peak() - before)


def _outcome(world: Good, address: str, folder: Path) -> Outcome:
    network = world.network
    wanted = [one for one in network.readings if one.name == list_of(network)]
    explorer = f"EIP155_{getattr(network.chain, 'number', 0)}_EXPLORER_URL"
    # Of peers two must agree: one server under two names.
    name, peers = network.name.upper(), f"{address},{address.replace('127.0.0.1', 'localhost')}"
    patience = PATIENCE.new(backoff_factor=0)
    with (
        patch.dict(os.environ, {f"{name}_URL": address, f"{name}_PEERS_URL": peers, explorer: address}),
        Http(10_000, patience, RUN) as http,
    ):
        (outcome,) = read_network(network, wanted, http, Landing(folder), lambda _: None)
    return outcome


def _peak() -> int:
    """The most memory that this program ever had; ru_maxrss is at first that of the process which began it."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) * 2**10


def _enclose() -> None:
    """Let the process have no more than some room beyond what is its own by now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(name: str, largest: str, *speakers: str) -> None:
    """Print every case as a line of JSON."""
    with patch.multiple(transport, MOST_ELEMENTS=MOST_ELEMENTS, LARGEST_ANSWER=int(largest)):
        for case in tried(good(networks()[name]), list(speakers)):
            sys.stdout.write(json.dumps(asdict(case)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
