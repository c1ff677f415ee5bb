"""Event logs of EVM contracts: how wide to ask, what makes an answer impossible, and columns of exact integers.

Bulk logs are sliced by fixed widths instead of decoded by ABI: a Transfer has three words at known places, and
web3's decoder needs about fifty times the CPU.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from store.rows import LARGEST_AMOUNT, Amount, BadData

# keccak256 of "Transfer(address,address,uint256)" (ERC-20).
TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
NOBODY: Final = "0x" + "0" * 40

FIRST_BLOCKS: Final = 2_000
TARGET_LOGS: Final = 5_000
# Small answers in a row after which a refused width is tried again.
FIRST_PATIENCE: Final = 4
# About 27 hours of Ethereum's 12-second slots.
SEGMENT_BLOCKS: Final = 8_192

CHANGES: Final = pl.Schema({"address": pl.String(), "change": Amount})


@dataclass(frozen=True, slots=True)
class Logs:
    """Logs of one contract as columns, in the order of the chain."""

    block: list[int]
    topics: list[list[str]]
    data: list[str]

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


class Span:
    """How many blocks one provider is asked for at a time; learns from refusals and from the size of answers.

    A refused width is tried again after a few small answers, since a crowded stretch may be over; each time that it
    is refused again the wait doubles, since it may be the provider's own limit.
    """

    def __init__(self) -> None:
        self.blocks = FIRST_BLOCKS
        self._refused: int | None = None
        self._trying = False
        self._calm = 0
        self._patience = FIRST_PATIENCE

    def narrow(self, refused: int, proposed: int | None) -> None:
        """Ask for half of what was refused, or for what the provider proposes."""
        self.blocks = max(1, proposed if proposed and proposed < refused else refused // 2)
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


def columns(answer: Any, address: str, first: int, last: int) -> Logs:
    """Columns of an answer to eth_getLogs; raises BadData for a log that was not asked for, removed, or there twice."""
    if not isinstance(answer, list):
        raise BadData(f"logs of {address} in blocks {first} to {last} are {str(answer)[:80]!r}")
    try:
        blocks = [int(log["blockNumber"], 16) for log in answer]
        indices = [int(log["logIndex"], 16) for log in answer]
        columns = Logs(blocks, [log["topics"] for log in answer], [log["data"] for log in answer])
        strangers = {log["address"].lower() for log in answer} - {address}
        removed = any(log.get("removed") for log in answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadData(f"a log of {address} in blocks {first} to {last} has an unknown shape: {error!r}") from error
    wrong = {
        f"is of {', '.join(sorted(strangers))}": bool(strangers),
        "was removed by a reorganisation": removed,
        "lies outside": bool(blocks) and not first <= min(blocks) <= max(blocks) <= last,
        "is there twice": len(set(zip(blocks, indices, strict=True))) != len(blocks),
    }
    for what, so in wrong.items():
        if so:
            raise BadData(f"asked for logs of {address} in blocks {first} to {last}, one {what}")
    return columns


def transfers(logs: Logs, token: str) -> Transfers:
    """ERC-20 transfers; raises BadData for a log of another shape (an ERC-721 token has the same first topic)."""
    for topics, data in zip(logs.topics, logs.data, strict=True):
        if len(topics) != 3 or topics[0] != TRANSFER or len(data) != 66:
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
