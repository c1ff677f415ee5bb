"""Readings at invented nodes of Filecoin, within the process: what a node answers can be changed before it is sent."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ingest.filecoin.chain import FilecoinChain, FilecoinNode
from ingest.filecoin.tipsets import time_of
from tests.worlds.filecoin_node import TIB, Miner, Node, State
from tests.worlds.good.filecoin import MINERS
from tests.worlds.servers import Reply, Request
from tests.worlds.spoiled import Answer, Wired

BASE, HEAD = 5_000_000, 5_000_040
STATE = State(BASE, HEAD, MINERS)
HUGE = Miner("f02000", 40 * TIB, 400 * TIB)
# What becomes of the result of a method.
Change = Callable[[str, Any], Any]


@dataclass
class Lying:
    """A node that says something else of some things, and counts what it is asked."""

    state: State
    change: Change = lambda _, told: told
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.node = Node(self.state)

    def __call__(self, request: Request) -> Reply:
        reply = self.node(request)
        asked, told = json.loads(request.body), reply.body
        assert isinstance(told, list)
        assert len(asked) <= 50
        self.asked.append(asked[0]["method"].removeprefix("Filecoin."))
        for question, answer in zip(asked, told, strict=True):
            if "result" in answer:
                answer["result"] = self.change(question["method"].removeprefix("Filecoin."), answer["result"])
        return Reply(told, reply.status)


def node_at(*servers: Answer, hours: float = 0.1, height: int = HEAD, pauses: Sequence[float] = ()) -> FilecoinNode:
    """The node of some servers, some hours after a height."""
    answers = {f"{place}.example": server for place, server in enumerate(servers)}
    addresses = [f"http://{name}" for name in answers]
    chain = FilecoinChain("fil:f", (), pauses=tuple(pauses), clock=lambda: time_of(height) + timedelta(hours=hours))
    return chain.head(Wired(answers), addresses)


def changed(name: str, change: Callable[[Any], Any]) -> Change:
    """What says something else in answer to one method."""
    return lambda method, told: change(told) if method == name else told
