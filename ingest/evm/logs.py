"""Event logs of EVM contracts: how wide to ask, what makes an answer impossible or doubtful, and columns of integers.

Bulk logs are sliced by fixed widths instead of decoded by ABI: a Transfer has three words at known places, and
web3's decoder needs about fifty times the CPU.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, TypeVar

import polars as pl

from ingest.fields import listed, text
from store.faults import BadData
from store.rows import LARGEST_AMOUNT, Amount

# keccak256 of "Transfer(address,address,uint256)" (ERC-20).
TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
NO_MORE: Final = "0x" + "0" * 24
NOBODY: Final = "0x" + "0" * 40

# What most public providers answer for at most.
MOST_BLOCKS: Final = 10_000
FIRST_BLOCKS: Final = MOST_BLOCKS
TARGET_LOGS: Final = 5_000
# Small answers in a row after which a refused width is tried again.
FIRST_PATIENCE: Final = 4
# About 27 hours of Ethereum's 12-second slots.
SEGMENT_BLOCKS: Final = 8_192

# Sizes of an answer that a provider may have cut it to without a word: 100, 250, 5,000, 10,000, 1,024, 8,192, ...
SMALLEST_CAP: Final = 100
ROUND: Final = re.compile(r"(1|2|5|25)0+")
# Of a log, in this order: block, place in it, hash of it, data, topics. Bytes are counted apart, which is faster.
HEX: Final = "[0-9a-fA-F]"
LOG: Final = re.compile(rf"0x{HEX}{{1,16}} 0x{HEX}{{1,16}} 0x{HEX}{{64}} 0x{HEX}*(?: 0x{HEX}{{64}}){{1,4}}")

T = TypeVar("T")

CHANGES: Final = pl.Schema({"address": pl.String(), "change": Amount})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Logs of some contracts whose first topic is one of some; of: the second one, where that is wanted too."""

    contracts: tuple[str, ...]
    topics: tuple[str, ...]
    of: str = ""

    @property
    def of_whom(self) -> str:
        """The contracts, for people."""
        return ", ".join(self.contracts)

    def has(self, log: Any) -> bool:
        """Whether a log is one of them; raises SourceChanged for what is no log."""
        topics = [str(topic).lower() for topic in listed(log, "topics")]
        return text(log, "address").lower() in self.contracts and self.has_topics(topics)

    def has_topics(self, topics: Sequence[str]) -> bool:
        """Whether topics, in lower case, are those of one of them."""
        return not {*self.topics}.isdisjoint(topics[:1]) and self.of in ("", *topics[1:2])


@dataclass(frozen=True, slots=True)
class Logs:
    """Logs as columns, in the order of the chain; `hashes` are those of their blocks."""

    contract: list[str]
    block: list[int]
    topics: list[list[str]]
    data: list[str]
    hashes: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.block)


@dataclass(frozen=True, slots=True)
class Transfers:
    """Token moves as columns: addresses in lower case, amounts exact in base units."""

    sender: list[str]
    receiver: list[str]
    amount: list[int]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of blocks; finished when no later block belongs to it."""

    first: int
    last: int
    finished: bool


class Postponed(Exception):
    """A stretch of blocks is left for a later run."""


class AnswersLeft:
    """How many answers with logs a run still takes for what was long ago; the rest is left for later runs.

    A quarter is kept for the oldest: where a provider answers for few blocks at a time, the newest alone take all else.
    """

    def __init__(self, left: float) -> None:
        self._for_the_oldest = 0 if math.isinf(left) else int(left) // 4
        self.left = left - self._for_the_oldest

    @classmethod
    def all(cls) -> "AnswersLeft":
        """As many as there are."""
        return cls(math.inf)

    @classmethod
    def a_run(cls, answers: int, blocks_a_day: int) -> "AnswersLeft":
        """For as many days as so many are for on Ethereum: of more blocks a day a day takes more of them."""
        return cls(answers * max(1, blocks_a_day // SEGMENT_BLOCKS))

    def of(self, pieces: Iterable[T]) -> Iterator[T]:
        """The pieces of one stretch; raises Postponed where no answer is left for its first."""
        if self.left <= 0:
            raise Postponed
        for piece in pieces:
            self.left -= 1
            yield piece

    def read(
        self, stretches: Iterable[Segment], read: Callable[[Segment], T]
    ) -> tuple[dict[Segment, T], list[Segment]]:
        """What is found in stretches, told from the newest to the oldest, and those that are left for later runs."""
        found: dict[Segment, T] = {}
        later: list[Segment] = []
        for stretch in stretches:
            try:
                found[stretch] = read(stretch)
            except Postponed:
                later.append(stretch)
        self.left, self._for_the_oldest = max(0, self.left) + self._for_the_oldest, 0
        while later and self.left > 0:
            found[later[-1]] = read(later[-1])
            later.pop()
        return found, later


class Span:
    """How many blocks one provider is asked for at a time; learns from refusals and from the size of answers.

    A refused width is tried again after a few small answers, since a crowded stretch may be over; each time that it
    is refused again the wait doubles, since it may be the provider's own limit. caps: sizes to which it was caught
    cutting its answers.
    """

    def __init__(self) -> None:
        self.blocks = FIRST_BLOCKS
        self.caps: set[int] = set()
        self._refused: int | None = None
        self._trying = False
        self._calm = 0
        self._patience = FIRST_PATIENCE

    def doubts(self, found: int) -> bool:
        """Whether an answer of so many logs may have been cut."""
        power_of_two = found & (found - 1) == 0
        return found in self.caps or (found >= SMALLEST_CAP and (power_of_two or bool(ROUND.fullmatch(str(found)))))

    def narrow(self, refused: int, proposed: int | None) -> None:
        """Ask for half of what was refused, or for what the provider proposes."""
        self.blocks = proposed if proposed and 0 < proposed < refused else max(1, refused // 2)
        self._patience = self._patience * 2 if self._trying else FIRST_PATIENCE
        self._refused, self._trying, self._calm = refused, False, 0

    def widen(self, asked: int, found: int) -> None:
        """Ask for twice as much after an answer of few logs."""
        if asked < self.blocks:
            return
        if self._trying:
            self._refused, self._trying, self._patience = None, False, FIRST_PATIENCE
        if found * 4 >= TARGET_LOGS:
            return
        self._calm += 1
        if self._refused is None or self.blocks * 2 < self._refused:
            self.blocks *= 2
        elif self._calm >= self._patience:
            self.blocks, self._trying, self._calm = self.blocks * 2, True, 0


def columns(answer: Any, wanted: Wanted, first: int, last: int) -> Logs:
    """Columns of an answer to eth_getLogs, in the order of the chain.

    Raises BadData for a log that was not asked for, is no final one, is there twice, or is of another block than the
    next of the same height.
    """
    where = f"asked for logs of {wanted.of_whom} in blocks {first} to {last}"
    if not isinstance(answer, list):
        raise BadData(f"{where}, got {str(answer)[:80]!r}")
    try:
        rows = sorted((_row(log, wanted) for log in answer), key=itemgetter(0, 1))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadData(f"{where}, one has an unknown shape: {error!r}") from error
    except _Wrong as error:
        raise BadData(f"{where}, one {error}") from error
    blocks = [row[0] for row in rows]
    hashes = {(row[0], row[2]) for row in rows}
    wrong = {
        "lies outside": bool(blocks) and not first <= blocks[0] <= blocks[-1] <= last,
        "is there twice": len({row[:2] for row in rows}) != len(rows),
        "has another block hash than the next": len(hashes) != len(set(blocks)),
    }
    for what, so in wrong.items():
        if so:
            raise BadData(f"{where}, one {what}")
    return Logs([row[5] for row in rows], blocks, [row[3] for row in rows], [row[4] for row in rows], dict(hashes))


class _Wrong(Exception):
    """Why a log cannot be what was asked for."""


def _row(log: Any, wanted: Wanted) -> tuple[int, int, str, list[str], str, str]:
    """Block, place in it and hash of it, topics, data and contract."""
    topics, data = log["topics"], log["data"]
    spelled = " ".join([log["blockNumber"], log["logIndex"], log["blockHash"], data, *topics])
    if not LOG.fullmatch(spelled) or len(data) % 2:
        raise ValueError(spelled[:200])
    if log.get("removed"):
        raise _Wrong("was removed by a reorganisation")
    contract = log["address"].lower()
    if contract not in wanted.contracts or not wanted.has_topics([topic.lower() for topic in topics[:2]]):
        raise _Wrong(f"is of {log['address']}, with the topic {topics[0]}")
    return int(log["blockNumber"], 16), int(log["logIndex"], 16), log["blockHash"].lower(), topics, data, contract


def transfers(logs: Logs, token: str) -> Transfers:
    """ERC-20 transfers; raises BadData for a log of another shape (an ERC-721 token has the same first topic)."""
    for topics, data in zip(logs.topics, logs.data, strict=True):
        # Before an address a word has nothing.
        named = all(topic.startswith(NO_MORE) for topic in topics[1:])
        if len(topics) != 3 or topics[0] != TRANSFER or len(data) != 66 or not named:
            raise BadData(f"a log of {token} is no ERC-20 transfer: topics {topics}, data {data[:80]}")
    return Transfers(
        sender=["0x" + topics[1][26:].lower() for topics in logs.topics],
        receiver=["0x" + topics[2][26:].lower() for topics in logs.topics],
        amount=[int(data, 16) for data in logs.data],
    )


def net_changes(moves: Iterable[Transfers]) -> pl.DataFrame:
    """By how much every address that took part has changed; those who passed everything on stay, with zero."""
    changes: dict[str, int] = defaultdict(int)
    for move in moves:
        for sender, receiver, amount in zip(move.sender, move.receiver, move.amount, strict=True):
            changes[sender] -= amount
            changes[receiver] += amount
    return changes_frame(changes)


def changes_frame(changes: Mapping[str, int]) -> pl.DataFrame:
    """Frame of address and change; raises BadData for an amount above 38 digits."""
    for address, change in changes.items():
        if abs(change) > LARGEST_AMOUNT:
            raise BadData(f"{address} changed by {change} base units, which does not fit 38 digits")
    exact = pl.Series("change", list(changes.values()), dtype=pl.Int128).cast(Amount)
    return pl.DataFrame({"address": list(changes), "change": exact}, schema=CHANGES)


def added(frames: Sequence[pl.DataFrame]) -> dict[str, int]:
    """Sum of the changes of many segments, by address."""
    totals: dict[str, int] = defaultdict(int)
    for frame in frames:
        for address, change in zip(frame["address"].to_list(), frame["change"].cast(pl.Int128).to_list(), strict=True):
            totals[address] += change
    return dict(totals)


def segments(first: int, last: int, blocks: int = SEGMENT_BLOCKS) -> Iterator[Segment]:
    """Segments that cover first to last, cut at the same blocks whatever first and last are, the newest first."""
    for number in range(last // blocks, first // blocks - 1, -1):
        end = (number + 1) * blocks - 1
        yield Segment(max(first, number * blocks), min(last, end), end <= last)
