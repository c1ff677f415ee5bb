"""Requests and bytes that Bittensor costs a public node: `python -m benchmarks.budget`.

Counted on a local server that holds an invented chain of the size of finney (128 subnets of 256 neurons, 300,000 stake
positions, 20,000 accounts) in the storage layout of a real runtime, spec 424. Public nodes allow about a request a
second, so requests are seconds.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from ingest.bittensor.positions import DELEGATES, STAKES
from ingest.network import HOURLY, Reading
from ingest.networks.bittensor import READINGS
from ingest.substrate.node import Substrate, SubstrateChain
from ingest.transport import Http
from store.impossible import check
from tests.conftest import SHARED
from tests.worlds.bittensor_world import World, account, by_coldkeys, by_delegates, u
from tests.worlds.memo import no_memo
from tests.worlds.substrate_server import GENESIS, Node, blob, serves

SUBNETS, NEURONS, VALIDATORS, STAKERS, ACCOUNTS = 128, 256, 64, 18, 20_000
LONG_AGO = timedelta(days=36_500)
STAKE = ("stake", "stake_alpha")


def chain(
    subnets: int = SUBNETS, neurons: int = NEURONS, validators: int = VALIDATORS, stakers: int = STAKERS
) -> World:
    """An invented chain; every hotkey with a permit has a pool on its subnet and one on the root."""
    world = World(Node(blob(SHARED, 424), 424), neurons=neurons)
    for netuid in range(1, subnets + 1):
        world.subnet(netuid, validators=validators)
    world.root()
    world.stakes(stakers, of=20_000)
    return world


def accounts(world: World, count: int) -> None:
    """Free balances of this many accounts, whose sum is the chain's issuance."""
    for place in range(count):
        info = u(32, 0) * 4 + u(64, 10**9 + place) + u(64, 0) * 2 + u(128, 1 << 127)
        world.put("Account", [account(f"account {place}")], info, pallet="System")
    total = count * 10**9 + count * (count - 1) // 2
    world.put("TotalIssuance", [], u(64, total), pallet="Balances")


@contextmanager
def pinned(world: World) -> Iterator[Substrate]:
    """The chain as a run sees it: proved, and pinned to its head."""
    with serves(world.node) as url, Http(per_second=1e6) as http:
        world.node.asked.clear()
        world.node.sent = 0
        yield SubstrateChain(GENESIS, (url,), oldest_head=LONG_AGO).head(http, [url])


def read(node: Substrate, readings: Sequence[Reading]) -> int:
    """Rows that the readings find, checked as a run checks them."""
    rows = 0
    for reading in readings:
        facts = reading.facts(node, no_memo, list)
        check(facts, reading.kind, tolerance=reading.tolerance, partial=reading.partial)
        rows += facts.rows.height
    return rows


def chosen(wanted: Callable[[Reading], bool]) -> tuple[Reading, ...]:
    """Readings of the network file that are wanted; no simulated sale, whose requests depend on who holds what."""
    return tuple(reading for reading in READINGS if wanted(reading) and reading.name != "exit_value")


def lines(world: World) -> Iterator[tuple[str, int, float, int, float]]:
    """What is read, requests, megabytes, rows and CPU-seconds."""
    daily = {reading.name for reading in READINGS if reading.every != HOURLY} - {*STAKE, "balances"}
    runs: list[tuple[str, Callable[[Reading], bool], dict[str, bytes]]] = [
        ("headline", lambda reading: reading.headline, {}),
        ("hourly, headline among it", lambda reading: reading.every == HOURLY, {}),
        ("stake map, list of delegates", lambda reading: reading.name in STAKE, {DELEGATES: by_delegates(world)}),
        ("stake map, coldkey by coldkey", lambda reading: reading.name in STAKE, {STAKES: b""}),
        ("stake map, stored shares", lambda reading: reading.name in STAKE, {}),
        ("balances of 20,000 accounts", lambda reading: reading.name == "balances", {}),
        ("all other daily readings", lambda reading: reading.name in daily, {DELEGATES: by_delegates(world)}),
    ]
    for title, wanted, answers in runs:
        world.node.calls.update(answers)
        if STAKES in answers:
            world.node.replies[STAKES] = by_coldkeys(world)
        start = time.process_time()
        with pinned(world) as node:
            rows = read(node, chosen(wanted))
        yield title, len(world.node.asked), world.node.sent / 1e6, rows, time.process_time() - start
        for name in answers:
            del world.node.calls[name]
            world.node.replies.pop(name, None)


def main() -> None:
    """Print the table."""
    world = chain()
    accounts(world, ACCOUNTS)
    positions = sum(len(parts) for parts in world.shares.values())
    print(f"{SUBNETS} subnets of {NEURONS} neurons, {positions:,} stake rows\n")
    print("| reading | requests | MB | rows | CPU s, server included |\n|---|---|---|---|---|")
    for title, requests, megabytes, rows, seconds in lines(world):
        print(f"| {title} | {requests} | {megabytes:.1f} | {rows:,} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    main()
