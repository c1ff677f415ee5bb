"""Requests that EVM networks cost public nodes, by the hour and the day: `python -m benchmarks.evm_budget`.

A day is the sum of 24 hourly runs and of one that reads all that is read daily. It is counted of each whole network, by
its own file and a run's own steps, at invented servers that answer for 10,000 blocks at most; what grows with the real
sizes is added. And on a node (anvil) whose chain has these sizes: locks and their governor at the pace of Ethereum, a
token at that of Base, stakers of Vana. Public nodes allow about a request a second, so requests are seconds.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast
from unittest.mock import patch

from urllib3.util import Retry

from ingest.evm.base import BASE
from ingest.evm.bulk import AT_ONCE
from ingest.evm.calls import MULTICALL3
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.events import signature
from ingest.evm.governance import Locks, lockers, readings, voters
from ingest.evm.governor import FOR_ALONE, Governor
from ingest.evm.holders import EXPLORER_PAGES, token_holders
from ingest.evm.node import EvmChain, EvmNode
from ingest.evm.vana import VANA
from ingest.job import read_network
from ingest.network import DAILY, HOURLY, InParts, Network, Reading
from ingest.networks import networks
from ingest.transport import Http
from ingest.vana import staking
from ingest.vana.staking import PAGE, PAGES_AT_ONCE
from store.impossible import check
from store.landing import Landing
from store.parts import Lasting
from store.rows import Facts, Kind, Measure
from tests.worlds.evm_node import CHAIN, Anvil, Shelf, anvil, compiled, gated
from tests.worlds.evm_provider import error
from tests.worlds.good import good
from tests.worlds.good.clock import SECONDS_A_BLOCK
from tests.worlds.good.evm import SECONDS_A_BLOCK as EVM_SECONDS_A_BLOCK
from tests.worlds.good.of_contracts import vana
from tests.worlds.servers import Reply, Request, serving

MOST_AN_HOUR, MOST_A_DAY = 60, 500
WIDEST: Final = 10_000
MADE_AT_ONCE: Final = 300
# A block takes as long as the state is large: 20 ms with 3,000 locks.
AT_ONCE_MINED: Final = 200
HOURS: Final = 24
YEAR: Final = 365 * 86_400
NOBODY: Final = "0x" + "00" * 20
# Moves of the token in an hour.
MOVES: Final = 40
ENTITIES: Final = 3
# What is asked for each of so many, and for how many at once; in the invented world there are a handful of each.
GROWING: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    # What 3,000 can vote with, and what they have locked.
    "olas": ((3_000, AT_ONCE), (3_000, AT_ONCE)),
    # Both, and what they have locked once more.
    "virtuals": ((3_000, AT_ONCE), (3_000, AT_ONCE), (3_000, AT_ONCE)),
    # A list of 20,000, and the shares of each of three entities.
    "vana": ((20_000, PAGE * PAGES_AT_ONCE), *((20_000, AT_ONCE),) * ENTITIES),
}
# Pages of an explorer's ranking, of which the invented one has two.
RANKED: Final = EXPLORER_PAGES - 2


@dataclass(frozen=True)
class Day:
    """Requests of a network: of its first run, of the dearest hour, and of 24 hourly runs and the daily one."""

    first: int
    hour: int
    day: int

    @property
    def missed(self) -> bool:
        """Whether public nodes are asked for more than they may be."""
        return self.hour > MOST_AN_HOUR or self.day > MOST_A_DAY


def of_contracts() -> dict[str, Network]:
    """The networks that are contracts of an EVM chain."""
    return {name: one for name, one in networks().items() if isinstance(one.chain, EvmChain) and one.readings}


def a_day(network: Network, folder: Path) -> Day:
    """A day of a network after its first runs."""
    chain = cast("EvmChain", network.chain)
    landing, hourly = Landing(folder), [one for one in network.readings if one.every == HOURLY]
    daily = [one for one in network.readings if one.every <= DAILY]

    def run(after: float, readings: Sequence[Reading]) -> int:
        # Where nothing is due nobody is asked.
        return asked(network, readings, landing, round(after * chain.day / HOURS)) if readings else 0

    # Newer blocks than those of the good world: its chain is long enough by then.
    first, _ = run(HOURS, network.readings), run(2 * HOURS, daily)
    hours = [run(2 * HOURS + hour, hourly) for hour in range(1, HOURS + 1)]
    return Day(first, max(hours), sum(hours) + run(3 * HOURS, daily) + at_size(network))


def at_size(network: Network) -> int:
    """How many requests a day's runs take more where a network has its real size."""
    ranked = any(one.name == "holders" for one in network.readings) * RANKED
    return ranked + more(GROWING.get(network.name, ()))


def more(each: Sequence[tuple[int, int]]) -> int:
    """How many questions so many take more than a handful, of so many asked at once."""
    return sum(math.ceil(count / at_once) - 1 for count, at_once in each)


def asked(network: Network, readings: Sequence[Reading], landing: Landing, later: int) -> int:
    """How many requests one run takes, so many blocks after the good world's hour; all of it must land."""
    world, heard = good(network, -later * EVM_SECONDS_A_BLOCK // int(SECONDS_A_BLOCK)), list[Request]()

    def answer(request: Request) -> Reply:
        heard.append(request)
        if request.method == "POST" and (said := json.loads(request.body))["method"] == "eth_getLogs":
            blocks = int(said["params"][0]["toBlock"], 16) - int(said["params"][0]["fromBlock"], 16) + 1
            if blocks > WIDEST:
                return error(-32602, f"eth_getLogs is limited to a {WIDEST} range")
        return world.answer(request)

    told = replace(network, chain=world.network.chain)
    explorer = f"EIP155_{cast('EvmChain', network.chain).number}_EXPLORER_URL"
    with serving(answer) as url, serving(answer) as other:
        addresses = {f"{network.name.upper()}_URL": f"{url},{other}", explorer: url}
        # Of Vana's contracts all are there.
        with patch.dict(os.environ, addresses), patch.object(vana, "ABSENT", frozenset()):
            outcomes = read_network(told, readings, Http(100_000, Retry(0)), landing, lambda _: None)
    failed = {one.reading: one.message for one in outcomes if one.message}
    assert not failed, failed
    return len(heard)


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
        due = [reading for reading in self.read if reading.every.total_seconds() == every]
        if not due:
            return 0, {}
        time = datetime.fromtimestamp(self.node.w3.eth.get_block("latest")["timestamp"], UTC)
        here = replace(self.pace, chain_id=CHAIN, multicall=MULTICALL3, explorer="", since=0)
        chain = replace(here, to_finality=64, pauses=(), clock=lambda: time)
        http = Http(per_second=10_000)
        node, told = chain.head(http, (self.url,)), {}
        for reading in due:
            assert isinstance(reading.read, InParts)
            shelf = self.shelves.setdefault(reading.name, Shelf())
            told[reading.name] = reading.read.read(node, shelf)
            check(told[reading.name], reading.kind, tolerance=reading.tolerance, partial=reading.partial)
            # As a run does: what is of one block alone goes when that has landed.
            shelf.kept = {name: rows for name, rows in shelf.kept.items() if isinstance(name, Lasting)}
        return http.requests, told

    def until_whole(self) -> int:
        """First runs until all readings have told; how many requests they take."""
        return self.run(3_600)[0] + self.run(86_400)[0]


@contextmanager
def locks(count: int) -> Iterator[Economy]:
    """So many locks whose power decays, and a governor with a proposal that is open, at the pace of Ethereum."""
    with ExitStack() as stack:
        node = stack.enter_context(
            anvil("--code-size-limit", "60000", "--gas-limit", "300000000", "--prune-history", "200")
        )
        escrow = node.compiled("Locks", folder="governors")
        node.send(escrow.functions.lock(10**24, 4 * YEAR))
        for first in range(0, count - 1, MADE_AT_ONCE):
            some = min(MADE_AT_ONCE, count - 1 - first)
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
            Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, "", DAILY, InParts(voters(place)), partial=True),
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
        # Later forks store a hash or two a block in contracts, whose roots the node works out anew for each block.
        still = ("--hardfork", "cancun")
        node = stack.enter_context(anvil("--gas-limit", "300000000", "--prune-history", "200", *still))
        made = node.compiled("Token", node.accounts[0])
        # They come one after the other: a block takes the node longer the more there are.
        some = min(MADE_AT_ONCE, -(-holders // max(1, days)))
        starts = range(0, holders, some)
        for number, first in enumerate(starts):
            node.send(made.functions.endow(first, min(some, holders - first), 10**24), gas=100_000_000)
            blocks = days * pace.day
            mined(node, pace, blocks * (number + 1) // len(starts) - blocks * number // len(starts) - 1)
        node.finalize()
        read = InParts(token_holders(str(made.address).lower(), since=0, answers_a_run=answers_a_run))
        found = (Reading("holders", Kind.HOLDINGS, Measure.TOKEN, "", DAILY, read, partial=True),)
        url = stack.enter_context(gated(node.url, WIDEST // scale))[0]
        yield Economy(node, url, pace, found, made)


@contextmanager
def stakers(count: int, entities: int) -> Iterator[Economy]:
    """So many who have shares of entities each, by stand-ins for the contracts of Vana."""
    with ExitStack() as stack:
        node = stack.enter_context(anvil("--gas-limit", "300000000", "--code-size-limit", "60000"))
        made = [node.compiled(name, folder="pools") for name in ("Stakes", "Entities")]
        node.send(made[0].functions.gather(count))
        for number in range(1, entities + 1):
            # Account n has n % 1000 + number of each entity.
            shares = sum(place % 1_000 + number for place in range(1, count + 1))
            node.send(made[1].functions.put(number, f"entity {number}".encode(), shares, shares))
        node.finalize()
        read = InParts(staking.stakers(*(str(one.address).lower() for one in made)))
        found = (Reading("stakers", Kind.HOLDINGS, Measure.STAKE, "", DAILY, read, tolerance=staking.MOST_STAKERS),)
        # No event is read: a block an hour will do.
        yield Economy(node, stack.enter_context(gated(node.url, WIDEST))[0], replace(VANA, day=HOURS), found)


def steady(economy: Economy, hours: int) -> tuple[int, int]:
    """Requests of the dearest hour, and of all these hours with their share of what is read once a day."""
    asked = []
    for _ in range(hours):
        economy.passes()
        asked.append(economy.run(3_600)[0])
    return max(asked), sum(asked) * HOURS // hours + economy.run(86_400)[0]


def main() -> None:
    """Print the table, and what each row took."""
    print("| read | first run | dearest hour | a day | CPU s, node included | s |\n|---|---|---|---|---|---|")
    with TemporaryDirectory() as folder:
        for name, network in of_contracts().items():
            printed(f"all of {name}", partial(a_day, network, Path(folder) / name))
    sizes: dict[str, Callable[[], AbstractContextManager[Economy]]] = {
        "3,000 locks and a governor, Ethereum": partial(locks, 3_000),
        "20,000 stakers of three entities, Vana": partial(stakers, 20_000, ENTITIES),
        # A block takes the node 2 microseconds a holder: of each fifty of many holders one stands for them.
        "a token of 20,000 holders, Base, 864 blocks a day": partial(token, 20_000, 3, scale=50),
        "a token of 1,000 holders, Base, 43,200 blocks a day": partial(token, 1_000, 1),
    }
    for title, made in sizes.items():
        printed(title, partial(on_a_node, made))


def on_a_node(made: Callable[[], AbstractContextManager[Economy]]) -> Day:
    """The same of what is read of a chain of the real size."""
    with made() as economy:
        first = economy.until_whole()
        return Day(first, *steady(economy, HOURS))


def printed(title: str, counted: Callable[[], Day]) -> None:
    """A row of the table."""
    begun, before = time.monotonic(), cpu_seconds()
    day = counted()
    took = f"{cpu_seconds() - before:.0f} | {time.monotonic() - begun:.0f}"
    missed = " MISSED" if day.missed else ""
    print(
        f"| {title} | {day.first} | {day.hour} of {MOST_AN_HOUR} | {day.day} of {MOST_A_DAY}{missed} | {took} |",
        flush=True,
    )


def cpu_seconds() -> float:
    """CPU-seconds of this process and of those that it has waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    main()
