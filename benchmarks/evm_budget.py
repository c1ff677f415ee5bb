"""Requests that EVM networks cost a public node, by the hour and the day: `python -m benchmarks.evm_budget`.

Counted on a node (anvil) whose chain has the size of the real one: locks and their governor at the pace of Ethereum, a
token at that of Base, each behind a provider that answers for 10,000 blocks at most. Public nodes allow about a request
a second, so requests are seconds.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from ingest.evm.base import BASE
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.events import signature
from ingest.evm.governance import Locks, lockers, readings, voters
from ingest.evm.governor import FOR_ALONE, Governor
from ingest.evm.holders import token_holders
from ingest.evm.node import EvmChain, EvmNode
from ingest.network import DAILY, HOURLY, InParts, Reading
from ingest.transport import Http
from store.rows import Facts, Kind, Measure, check
from tests.worlds.evm_node import CHAIN, Anvil, Shelf, anvil, compiled, gated

MOST_AN_HOUR, MOST_A_DAY = 60, 500
WIDEST: Final = 10_000
AT_ONCE: Final = 300
AT_ONCE_MINED: Final = 2_000
HOURS: Final = 24
YEAR: Final = 365 * 86_400
NOBODY: Final = "0x" + "00" * 20
# Moves of the token in an hour.
MOVES: Final = 40


@dataclass
class Economy:
    """A chain with what is read of it; an hour later there are so many blocks more, and some moves."""

    node: Anvil
    url: str
    pace: EvmChain
    read: Sequence[Reading[EvmNode]]
    moving: object = None
    shelves: dict[str, Shelf] = field(default_factory=dict)
    hours: int = 0

    def passes(self) -> None:
        """An hour goes by."""
        self.hours += 1
        if self.moving is not None:
            self.node.send(self.moving.functions.churn(self.hours, MOVES, MOVES))  # type: ignore[attr-defined]
        mined(self.node, self.pace, self.pace.day // HOURS)

    def run(self, every: float) -> tuple[int, dict[str, Facts]]:
        """How many requests all readings of a cadence take in one run, and what they tell."""
        time = datetime.fromtimestamp(self.node.w3.eth.get_block("latest")["timestamp"], UTC)
        chain = replace(self.pace, chain_id=CHAIN, explorer="", since=0, to_finality=64, pauses=(), clock=lambda: time)
        http = Http(per_second=10_000)
        node, told = chain.head(http, (self.url,)), {}
        for reading in self.read:
            if reading.every.total_seconds() == every:
                assert isinstance(reading.read, InParts)
                told[reading.name] = reading.read.read(node, self.shelves.setdefault(reading.name, Shelf()))
                check(told[reading.name], reading.kind, partial=reading.partial)
        return http.requests, told

    def until_whole(self) -> int:
        """First runs until all readings have told; how many requests they take."""
        return self.run(3_600)[0] + self.run(86_400)[0]


@contextmanager
def locks(count: int) -> Iterator[Economy]:
    """So many locks whose power decays, and a governor with a proposal that is open, at the pace of Ethereum."""
    with ExitStack() as stack:
        node = stack.enter_context(anvil("--code-size-limit", "60000", "--gas-limit", "300000000"))
        escrow = node.compiled("Locks", folder="governors")
        node.send(escrow.functions.lock(10**24, 4 * YEAR))
        for first in range(0, count - 1, AT_ONCE):
            some = min(AT_ONCE, count - 1 - first)
            node.send(escrow.functions.crowd(2**40 + first, some, 10**18, YEAR), gas=100_000_000)
        made = compiled("governors")["TimelockController"]
        timelock = node.deploy(made["abi"], made["bytecode"], 0, [], [NOBODY], node.accounts[0])
        governor = node.compiled("ForAlone", escrow.address, timelock.address, folder="governors")
        propose = governor.get_function_by_signature("propose(address[],uint256[],bytes[],string)")
        node.send(propose([escrow.address], [0], [b""], "Open"))
        node.finalize()
        place = Locks(
            str(escrow.address).lower(), 0, signature("Deposit(address,uint256,uint256,uint8,uint256)"), (1, 4)
        )
        found = (
            Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, "", HOURLY, InParts(voters(place)), partial=True),
            Reading("lockers", Kind.HOLDINGS, Measure.STAKE, "", DAILY, InParts(lockers(place)), partial=True),
            *readings([Governor(str(governor.address).lower(), 0, FOR_ALONE)], "avote"),
        )
        url = stack.enter_context(gated(node.url, WIDEST))[0]
        yield Economy(node, url, ETHEREUM, found)


def mined(node: Anvil, pace: EvmChain, blocks: int) -> None:
    """So many blocks more, each as long after the one before as the chain's are."""
    for start in range(0, blocks, AT_ONCE_MINED):
        node.ask("anvil_mine", hex(min(AT_ONCE_MINED, blocks - start)), hex(int(pace.seconds)))


@contextmanager
def token(holders: int, days: int, answers_a_run: int = 150, scale: int = 1) -> Iterator[Economy]:
    """A token with so many holders and some days of blocks, at the pace of Base; scale: of how many blocks one is."""
    pace = replace(BASE, day=BASE.day // scale)
    with ExitStack() as stack:
        node = stack.enter_context(anvil("--gas-limit", "300000000", "--prune-history", "200"))
        made = node.compiled("Token", node.accounts[0])
        for day in range(days):
            for first in range(holders * day // days, holders * (day + 1) // days, AT_ONCE):
                some = min(AT_ONCE, holders * (day + 1) // days - first)
                node.send(made.functions.endow(first, some, 10**24), gas=100_000_000)
            mined(node, pace, pace.day)
        read = InParts(token_holders(str(made.address).lower(), since=0, answers_a_run=answers_a_run))
        found = (Reading("holders", Kind.HOLDINGS, Measure.TOKEN, "", DAILY, read, partial=True),)
        url = stack.enter_context(gated(node.url, WIDEST // scale))[0]
        yield Economy(node, url, pace, found, made)


def steady(economy: Economy, hours: int) -> tuple[int, int]:
    """Requests of the dearest hour, and of all these hours with their share of what is read once a day."""
    asked = []
    for _ in range(hours):
        economy.passes()
        asked.append(economy.run(3_600)[0])
    return max(asked), sum(asked) * HOURS // hours + economy.run(86_400)[0]


def main() -> None:
    """Print the table."""
    print("| read | first run | dearest hour | a day |\n|---|---|---|---|")
    for title, made in (
        ("3,000 locks and a governor, Ethereum", locks(3_000)),
        ("a token of 20,000 holders, Base", token(20_000, 3)),
    ):
        with made as economy:
            first = economy.until_whole()
            hour, day = steady(economy, HOURS)
        missed = " MISSED" if hour > MOST_AN_HOUR or day > MOST_A_DAY else ""
        print(f"| {title} | {first} | {hour} of {MOST_AN_HOUR} | {day} of {MOST_A_DAY}{missed} |", flush=True)


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    main()
