"""Events of one contract over a period: read in stretches of blocks, of which the finished ones are kept."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final

import polars as pl
from eth_utils.crypto import keccak

from ingest.evm.calls import UNREADABLE, decode
from ingest.evm.logs import AnswersLeft, Logs, Postponed, Segment, segments
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.landing import Anew, Lasting
from store.rows import BadData, SourceDown

# Answers with logs that one run takes for events of which all are needed; it goes on where the last one stopped.
MOST_ANSWERS: Final = 1_000
# Digits of the 32 bytes that each value takes.
WORD: Final = 64
# How many topics after the first, and how many words of data, each event has, or at least; by its first topic.
Shapes = Mapping[str, tuple[int, int | range]]
# Lists in an event make it as long as they are; a block has no room for more.
MANY_WORDS: Final = range(2**20)

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
    """Events of a contract in the order of the chain.

    unread: how many blocks are left for later runs; whole_since: the block from which on all were read.
    """

    events: list[Event]
    unread: int
    whole_since: int


# Raises BadData for an event that the contract does not write.
Judge = Callable[[Event], object]


@dataclass(frozen=True, slots=True)
class Keeping:
    """How the stretches of a history are kept.

    blocks: of one stretch; 0: of the chain's day. judge: refuses an event before its stretch is kept for good, so that
    it is its provider's fault. doubted: blocks of which what was kept is read anew. of: the topic after the first one,
    where those events alone are wanted that have it.
    """

    blocks: int = 0
    judge: Judge = lambda _: None
    doubted: range = range(0)
    of: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """The blocks of a period that ends at the pinned block: after `since`, from block `first` on."""

    first: int
    since: datetime


def at_least(words: int) -> range:
    """So many words of data or more, of events that end in texts."""
    return range(words, sys.maxsize)


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
    told = history(node, memo, contract, shapes, first, AnswersLeft(most_answers), Keeping(segment_blocks))
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
    keeping: Keeping | None = None,
) -> History:
    """Events of a contract from block `first` on, as far as these are read by now; the newest blocks are read first."""
    keeping = keeping or Keeping()
    read, topics = partial(_frame, contract, shapes, keeping.judge), sorted(shapes)
    logs = partial(node.logs, of=keeping.of) if keeping.of else node.logs

    def make(stretch: Segment) -> pl.DataFrame:
        return pl.concat(list(answers.of(logs(contract, topics, stretch.first, stretch.last, read))))

    def growing(stretch: Segment, name: str) -> pl.DataFrame:
        # No part is kept of it yet, and several readings of one block ask the same of it.
        asked = (name, getattr(keeping.judge, "func", keeping.judge))
        if isinstance(name, Anew) or asked not in node.remembered:
            node.remembered[asked] = make(stretch)
        found: pl.DataFrame = node.remembered[asked]
        return found

    stretches: list[list[Event]] = []
    blocks, doubted = keeping.blocks or node.chain.day, keeping.doubted
    unread, start, whole_since = 0, first // blocks * blocks, first
    # Parts are kept for good: one of another contract or of other events must not be taken for it.
    told = " ".join([*topics, keeping.of] if keeping.of else topics)
    asked = f"{contract.lower()}-{sha256(told.encode()).hexdigest()[:16]}"
    for stretch in segments(start, node.block.height, blocks):
        kind = Anew if stretch.first < doubted.stop and stretch.last >= doubted.start else Lasting
        name = kind(f"final-events-{asked}-{stretch.first}-{stretch.last}")
        try:
            rows = memo(name, partial(make, stretch)) if stretch.finished else growing(stretch, name)
        except Postponed:
            unread += stretch.last - max(first, stretch.first) + 1
            # The newest comes first: of what is left out the newest counts.
            whole_since = max(whole_since, stretch.last + 1)
            continue
        stretches.append([_event(*row) for row in rows.iter_rows() if row[0] >= first])
    return History([event for stretch in reversed(stretches) for event in stretch], unread, whole_since)


def lately(
    node: EvmNode, memo: Memo, contract: str, shapes: Shapes, blocks: int, answers: AnswersLeft, judge: Judge
) -> tuple[list[Event], Period]:
    """Events of a contract in the last so many blocks, or in as many of them as were read by now.

    The newest are read first, so that the period grows from run to run until it is whole. judge: as of `Keeping`.
    Raises SourceDown where nothing of it was read.
    """
    first = max(0, node.block.height - blocks) + 1
    told = history(node, memo, contract, shapes, first, answers, Keeping(judge=judge))
    if told.whole_since > node.block.height:
        raise SourceDown(f"the newest events of {contract} are left for later runs")
    since = node.ask(lambda provider: provider.block(told.whole_since - 1)).time
    return [one for one in told.events if one.block >= told.whole_since], Period(told.whole_since, since)


def _event(block: int, topics: list[str], data: str) -> Event:
    words = tuple(int(data[place : place + WORD], 16) for place in range(2, len(data), WORD))
    return Event(block, topics[0], tuple(int(topic, 16) for topic in topics[1:]), words)


def decoded(event: Event, kinds: Sequence[str]) -> tuple[Any, ...]:
    """The values in the data of an event, of the types that Solidity calls so; raises BadData for another shape."""
    try:
        return tuple(decode(kinds, b"".join(word.to_bytes(WORD // 2) for word in event.words)))
    except UNREADABLE as error:
        raise BadData(f"an event in block {event.block} has an unknown shape: {error}") from error


def address(word: int) -> str:
    """The address in a word; raises BadData where there is more in it."""
    if word >> 160:
        raise BadData(f"{word:#066x} is no address")
    return f"0x{word:040x}"


def naming(place: int) -> Judge:
    """A judge of events that name an account in a topic."""
    return lambda event: address(event.topics[place])


def _frame(contract: str, shapes: Shapes, judge: Judge, logs: Logs) -> pl.DataFrame:
    """Logs as they are kept; raises BadData for one that has not the topics and words of its event, or is judged so."""
    for block, topics, data in zip(logs.block, logs.topics, logs.data, strict=True):
        more, words = shapes[topics[0].lower()]
        found, rest = divmod(len(data) - 2, WORD)
        if rest or len(topics) - 1 != more or found not in (words if isinstance(words, range) else (words,)):
            raise BadData(f"an event of {contract} in block {block} has topics {topics} and data {data[:200]}")
    lower = [[topic.lower() for topic in topics] for topics in logs.topics]
    for row in zip(logs.block, lower, logs.data, strict=True):
        judge(_event(*row))
    return pl.DataFrame({"block": logs.block, "topics": lower, "data": logs.data}, schema=LOGS)
