"""Nodes of a Cosmos chain on loopback that keep blocks and states from some height on, and count who asks what."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from ingest.cosmos.lcd import CosmosChain
from ingest.network import Network
from ingest.networks import akash
from tests.worlds.lcd import TENDERMINT, State, Validator, chain, failure
from tests.worlds.servers import Reply, Request, serving

# A block an hour, the newest of now: forty days of them.
HEAD = 960
STATE = State(
    [Validator(number, (number + 1) * 10**6, (number + 1) * 10**24) for number in range(4)], head=HEAD, seconds=3600
)
VALIDATORS = "/cosmos/staking/v1beta1/validators"
POOL = "/cosmos/staking/v1beta1/pool"
Mood = Callable[[Request], Reply | None]


@dataclass
class Archive:
    """A node; blocks, states: the lowest height of each that it keeps. mood: what it answers instead, if anything."""

    blocks: int = 1
    states: int = 1
    mood: Mood = lambda _: None
    state: State = STATE
    asked: list[tuple[int, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Reply:
        pinned = int(request.headers.get("x-cosmos-block-height", 0))
        with self.lock:
            self.asked.append((pinned, request.path))
        if (said := self.mood(request)) is not None:
            return said
        block = request.path.removeprefix(f"{TENDERMINT}/blocks/")
        if block.isdigit() and int(block) < self.blocks:
            why = f"height {block} is not available, lowest height is {self.blocks}"
            return failure(HTTPStatus.INTERNAL_SERVER_ERROR, 2, why)
        if 0 < pinned < self.states:
            why = f"failed to load state at height {pinned}; version does not exist (latest height: {HEAD})"
            return failure(HTTPStatus.BAD_REQUEST, 18, why)
        return chain(self.state)(request)

    def of_day(self, moment: datetime) -> int:
        """The first block at or after a moment, looked up one by one."""
        newest, pace = self.state.time, timedelta(seconds=self.state.seconds)
        return next(height for height in range(1, HEAD + 1) if newest - pace * (HEAD - height) >= moment)

    @property
    def read(self) -> set[int]:
        """Heights whose validators somebody asked for."""
        return {height for height, path in self.asked if path == VALIDATORS and height}


@contextmanager
def archived(*nodes: Archive) -> Iterator[tuple[Network, Sequence[str]]]:
    """Akash as it is at these nodes, of which validators and their power are read; and their addresses."""
    with ExitStack() as stack:
        urls = tuple(stack.enter_context(serving(node)) for node in nodes)
        readings = tuple(one for one in akash.NETWORK.readings if one.name in ("validators", "consensus", "names"))
        yield replace(akash.NETWORK, chain=CosmosChain("akashnet-2", urls), readings=readings), urls
