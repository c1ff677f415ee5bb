"""Events of one contract over a period: read in stretches of blocks, of which the finished ones are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final

import polars as pl
from eth_utils.crypto import keccak

from ingest.evm.logs import AnswersLeft, Logs, Postponed, Segment, segments
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.landing import Lasting
from store.rows import BadData, SourceDown

# Answers with logs that one run takes for events of which all are needed; it goes on where the last one stopped.
MOST_ANSWERS: Final = 1_000
# Digits of the 32 bytes that each value takes.
WORD: Final = 64
# How many topics after the first, and how many words of data, each event has, None: any; by its first topic.
Shapes = Mapping[str, tuple[int, int | None]]

LOGS: Final = pl.Schema({"block": pl.Int64(), "topics": pl.List(pl.String()), "data": pl.String()})


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its first topic, the topics after it, and the 32-byte words of its data, as whole numbers."""

    block: int
    kind: str
    topics: tuple[int, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Events of a contract in the order of the chain; unread: how many blocks are left for later runs."""

    events: list[Event]
    unread: int


@dataclass(frozen=True, slots=True)
class Period:
    """The blocks of a period that ends at the pinned block: after `since`, from block `first` on."""

    first: int
    since: datetime


def signature(event: str) -> str:
    """First topic of an event as Solidity spells it: "DepositFunds(address,uint256)"."""
    return f"0x{keccak(text=event).hex()}"


def last_blocks(node: EvmNode, blocks: int) -> Period:
    """The last so many blocks, or all that there are; starts after the time of the block before them."""
    before = max(0, node.block.height - blocks)
    return Period(before + 1, node.ask(lambda provider: provider.block(before)).time)


def events(
    node: EvmNode,
    memo: Memo,
    contract: str,
    shapes: Shapes,
    first: int,
    *,
    segment_blocks: int = 0,
    most_answers: int = MOST_ANSWERS,
) -> dict[str, list[Event]]:
    """All events of a contract from block `first` on, in the order of the chain, by their first topic.

    Raises SourceDown where one run is not enough for all of them: what was read is kept, and the next goes on.
    """
    told = history(node, memo, contract, shapes, first, AnswersLeft(most_answers), segment_blocks=segment_blocks)
    if told.unread:
        raise SourceDown(f"{told.unread} blocks with events of {contract} are left for later runs")
    found: dict[str, list[Event]] = {topic: [] for topic in shapes}
    for event in told.events:
        found[event.kind].append(event)
    return found


def history(
    node: EvmNode,
    memo: Memo,
    contract: str,
    shapes: Shapes,
    first: int,
    answers: AnswersLeft,
    *,
    segment_blocks: int = 0,
) -> History:
    """Events of a contract from block `first` on, as far as these are read by now; the newest blocks are read first."""
    stretches: list[list[Event]] = []
    blocks = segment_blocks or node.chain.day
    unread, start = 0, first // blocks * blocks
    for stretch in segments(start, node.block.height, blocks):
        try:
            rows = _kept(node, memo, contract, shapes, stretch, answers)
        except Postponed:
            unread += stretch.last - max(first, stretch.first) + 1
            continue
        stretches.append([_event(*row) for row in rows.iter_rows() if row[0] >= first])
    return History([event for stretch in reversed(stretches) for event in stretch], unread)


def _event(block: int, topics: list[str], data: str) -> Event:
    words = tuple(int(data[place : place + WORD], 16) for place in range(2, len(data), WORD))
    return Event(block, topics[0], tuple(int(topic, 16) for topic in topics[1:]), words)


def address(word: int) -> str:
    """The address in a word."""
    return f"0x{word:040x}"


def _kept(
    node: EvmNode, memo: Memo, contract: str, shapes: Shapes, stretch: Segment, answers: AnswersLeft
) -> pl.DataFrame:
    topics = sorted(shapes)

    def make() -> pl.DataFrame:
        read = partial(_frame, contract, shapes)
        return pl.concat(list(answers.of(node.logs(contract, topics, stretch.first, stretch.last, read))))

    if not stretch.finished:
        return make()
    # Parts are kept for good: one of another contract or of other events must not be taken for it.
    asked = f"{contract.lower()}-{sha256(' '.join(topics).encode()).hexdigest()[:16]}"
    return memo(Lasting(f"final-events-{asked}-{stretch.first}-{stretch.last}"), make)


def _frame(contract: str, shapes: Shapes, logs: Logs) -> pl.DataFrame:
    """Logs as they are kept; raises BadData for one that has not the topics and words of its event."""
    for block, topics, data in zip(logs.block, logs.topics, logs.data, strict=True):
        more, words = shapes[topics[0].lower()]
        found = (len(data) - 2) / WORD
        if len(topics) - 1 != more or (found != words if words is not None else found % 1):
            raise BadData(f"an event of {contract} in block {block} has topics {topics} and data {data[:200]}")
    lower = [[topic.lower() for topic in topics] for topics in logs.topics]
    return pl.DataFrame({"block": logs.block, "topics": lower, "data": logs.data}, schema=LOGS)
