"""Events of one contract over a period: read in stretches of blocks, of which the finished ones are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import polars as pl
from web3 import Web3

from ingest.evm.logs import SEGMENT_BLOCKS, Logs, Segment, segments
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.landing import Lasting
from store.rows import BadData

LOGS: Final = pl.Schema({"block": pl.Int64(), "topics": pl.List(pl.String()), "data": pl.String()})


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its topics after the first, and the 32-byte words of its data, as whole numbers."""

    block: int
    topics: tuple[int, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """The blocks of a period that ends at the pinned block: after `since`, from block `first` on."""

    first: int
    since: datetime


def signature(event: str) -> str:
    """First topic of an event as Solidity spells it: "DepositFunds(address,uint256)"."""
    return Web3.keccak(text=event).to_0x_hex()


def last_blocks(node: EvmNode, blocks: int) -> Period:
    """The last so many blocks, or all that there are; starts after the time of the block before them."""
    before = max(0, node.block.height - blocks)
    since = node.web3.eth.get_block(before)["timestamp"]
    return Period(before + 1, datetime.fromtimestamp(since, UTC))


def events(
    node: EvmNode, memo: Memo, contract: str, topics: Sequence[str], first: int, *, segment_blocks: int = SEGMENT_BLOCKS
) -> dict[str, list[Event]]:
    """Events of a contract from block `first` on, in the order of the chain, by their first topic."""
    found: dict[str, list[Event]] = {topic: [] for topic in topics}
    start = first // segment_blocks * segment_blocks
    for stretch in reversed(list(segments(start, node.block.height, segment_blocks))):
        for block, told, data in _kept(node, memo, contract, topics, stretch).iter_rows():
            if block >= first:
                found[told[0]].append(_event(contract, block, told, data))
    return found


def _event(contract: str, block: int, topics: list[str], data: str) -> Event:
    digits = data.removeprefix("0x")
    if len(digits) % 64:
        raise BadData(f"an event of {contract} in block {block} has data of {len(digits) / 2} bytes")
    words = tuple(int(digits[start : start + 64], 16) for start in range(0, len(digits), 64))
    return Event(block, tuple(int(topic, 16) for topic in topics[1:]), words)


def address(word: int) -> str:
    """The address in a word."""
    return f"0x{word:040x}"


def _kept(node: EvmNode, memo: Memo, contract: str, topics: Sequence[str], stretch: Segment) -> pl.DataFrame:
    def make() -> pl.DataFrame:
        pieces = [_frame(logs) for logs in node.logs(contract, [list(topics)], stretch.first, stretch.last)]
        return pl.concat(pieces)

    if not stretch.finished:
        return make()
    # Parts are kept for good: one of another contract or of other events must not be taken for it.
    asked = f"{contract.lower()}-{sha256(' '.join(sorted(topics)).encode()).hexdigest()[:16]}"
    return memo(Lasting(f"final-events-{asked}-{stretch.first}-{stretch.last}"), make)


def _frame(logs: Logs) -> pl.DataFrame:
    return pl.DataFrame({"block": logs.block, "topics": logs.topics, "data": logs.data}, schema=LOGS)
