"""Events of one contract over a period: read in stretches of blocks, of which the finished ones are kept."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final

import polars as pl
from eth_utils.crypto import keccak

from ingest.evm.calls import UNREADABLE, decode
from ingest.evm.logs import MOST_BLOCKS, AnswersLeft, Logs, Segment, Wanted, segments
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import BadData, SourceDown
from store.parts import Anew, Shared

# Answers with logs that one run takes for events of which all are needed; it goes on where the last one stopped.
MOST_ANSWERS: Final = 1_000
# Digits of the 32 bytes that each value takes.
WORD: Final = 64
# How many topics after the first, and how many words of data, each event has, or at least; by its first topic.
Shapes = Mapping[str, tuple[int, int | range]]
# Lists in an event make it as long as they are; a block has no room for more.
MANY_WORDS: Final = range(2**20)

LOGS: Final = pl.Schema(
    {"block": pl.Int64(), "contract": pl.String(), "topics": pl.List(pl.String()), "data": pl.String()}
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its first topic, the topics after it, the 32-byte words of its data, and the contract that wrote it.

    Topics and words are whole numbers.
    """

    block: int
    kind: str
    topics: tuple[int, ...]
    words: tuple[int, ...]
    contract: str = ""


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

    blocks: of one stretch; 0: as many as one question is for, a day at most. judge: refuses an event before its stretch
    is kept for good, so that it is its provider's fault. doubted: blocks of which what was kept is read anew. of: the
    topic after the first one, where those events alone are wanted that have it.
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
    (told,) = histories(node, memo, {contract: first}, shapes, answers, keeping).values()
    return told


def histories(
    node: EvmNode,
    memo: Memo,
    since: Mapping[str, int],
    shapes: Shapes,
    answers: AnswersLeft,
    keeping: Keeping | None = None,
) -> dict[str, History]:
    """Events of contracts, each from a block on, as `history` tells them; one question of a stretch asks for all."""
    keeping = keeping or Keeping()
    wanted = Wanted(tuple(sorted(one.lower() for one in since)), tuple(sorted(shapes)), keeping.of)
    read = partial(_frame, shapes, keeping.judge)

    def make(stretch: Segment) -> pl.DataFrame:
        return pl.concat(list(answers.of(node.logs(wanted, stretch.first, stretch.last, read))))

    def growing(stretch: Segment, name: str) -> pl.DataFrame:
        # No part is kept of it yet, and several readings of one block ask the same of it.
        asked = (name, getattr(keeping.judge, "func", keeping.judge))
        if isinstance(name, Anew) or asked not in node.remembered:
            node.remembered[asked] = make(stretch)
        found: pl.DataFrame = node.remembered[asked]
        return found

    # Parts are kept for good: one of other contracts or of other events must not be taken for it.
    digest = sha256(" ".join([*wanted.contracts, *wanted.topics, keeping.of]).encode()).hexdigest()[:16]
    asked, doubted = f"{wanted.contracts[0]}-{digest}", keeping.doubted

    def rows(stretch: Segment) -> list[Event]:
        kind = Anew if stretch.first < doubted.stop and stretch.last >= doubted.start else Shared
        name = kind(f"final-events-{asked}-{stretch.first}-{stretch.last}")
        found = memo(name, partial(make, stretch)) if stretch.finished else growing(stretch, name)
        return [_event(*row) for row in found.iter_rows()]

    blocks = keeping.blocks or min(node.chain.day, MOST_BLOCKS)
    start = min(since.values()) // blocks * blocks
    found, later = answers.read(segments(start, node.block.height, blocks), rows)
    events = [event for stretch in sorted(found, key=lambda one: one.first) for event in found[stretch]]
    by_contract = {one: [event for event in events if event.contract == one.lower()] for one in since}
    return {one: _since(first, by_contract[one], later) for one, first in since.items()}


def _since(first: int, events: Iterable[Event], later: Iterable[Segment]) -> History:
    """The history of one contract from a block on, where some stretches are left for later."""
    left = [stretch for stretch in later if stretch.last >= first]
    unread = sum(stretch.last - max(first, stretch.first) + 1 for stretch in left)
    whole_since = max([first, *(stretch.last + 1 for stretch in left)])
    return History([event for event in events if event.block >= first], unread, whole_since)


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


def _event(block: int, contract: str, topics: list[str], data: str) -> Event:
    words = tuple(int(data[place : place + WORD], 16) for place in range(2, len(data), WORD))
    return Event(block, topics[0], tuple(int(topic, 16) for topic in topics[1:]), words, contract)


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


def _frame(shapes: Shapes, judge: Judge, logs: Logs) -> pl.DataFrame:
    """Logs as they are kept; raises BadData for one that has not the topics and words of its event, or is judged so."""
    for contract, block, topics, data in zip(logs.contract, logs.block, logs.topics, logs.data, strict=True):
        more, words = shapes[topics[0].lower()]
        found, rest = divmod(len(data) - 2, WORD)
        if rest or len(topics) - 1 != more or found not in (words if isinstance(words, range) else (words,)):
            raise BadData(f"an event of {contract} in block {block} has topics {topics} and data {data[:200]}")
    lower = [[topic.lower() for topic in topics] for topics in logs.topics]
    for row in zip(logs.block, logs.contract, lower, logs.data, strict=True):
        judge(_event(*row))
    told = {"block": logs.block, "contract": logs.contract, "topics": lower, "data": logs.data}
    return pl.DataFrame(told, schema=LOGS)
