"""Past days of a real EVM node: the block of each by its time, and what a contract said there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ingest.backfill import Backfill, Day, Period, lacking, readable
from ingest.evm.node import EvmChain
from ingest.evm.token import erc20
from ingest.network import Network
from ingest.transport import Http
from store.faults import Cause
from store.landed import contents
from store.landing import Landing
from tests.worlds.evm_node import CHAIN, Anvil, anvil

pytestmark = pytest.mark.slow

DAY: Final = 86_400
DAYS: Final = 6
SUPPLY: Final = 10**18


@contextmanager
def minting(*options: str) -> Iterator[tuple[Anvil, Network]]:
    """A chain of six days and a block an hour, on each of which one token more is minted, and its network."""
    midnight = int(time.time()) // DAY * DAY
    with anvil("--timestamp", str(midnight - DAYS * DAY - 3_600), *options) as node:
        token = node.compiled("Token", node.accounts[0])
        for day in range(DAYS + 1):
            node.send(token.functions.mint(node.accounts[1], SUPPLY))
            # The next of its blocks are those of the hours of the day, and the last ones stand for finality.
            node.ask("anvil_mine", hex(24 if day < DAYS else 70), hex(3_600 if day < DAYS else 1))
        chain = EvmChain(CHAIN, (node.url,), pauses=())
        named = Network("token", "Token", "agents", "T", "at", 18, "hex", chain)
        yield node, erc20(named, {"token": str(token.address).lower()})


def read(network: Network, folder: Path) -> tuple[Landing, list[Day]]:
    """What became of the days of the chain."""
    landing, today = Landing(folder), datetime.now(UTC).date()
    period = Period(today - (DAYS - 1) * timedelta(days=1), today - timedelta(days=1))
    with Http(per_second=10_000) as http:
        days = list(lacking(network, readable(network), period, landing))
        return landing, list(Backfill([network], http).read(days, landing))


def test_each_day_is_read_at_its_first_block_as_the_contract_was_then(tmp_path: Path) -> None:
    with minting() as (node, network):
        landing, days = read(network, tmp_path)
        assert [outcome.message for day in days for outcome in day.outcomes if outcome.error] == []
        assert len(days) == DAYS - 1
        for day in days:
            assert day.height is not None
            times = [node.w3.eth.get_block(height)["timestamp"] for height in (day.height - 1, day.height)]
            assert times[0] < day.moment.timestamp() <= times[1]
    told = {}
    for path in landing.files():
        (one,) = contents(path)
        (supply,) = landing.read(path, one.snapshot.key).filter(name="total_supply")["exact"]
        told[one.snapshot.block.time.date()] = int(supply) // SUPPLY
    first = min(told)
    assert {day: minted - told[first] for day, minted in told.items()} == {
        first + timedelta(days=number): number for number in range(DAYS - 1)
    }


def test_a_node_that_prunes_says_that_it_keeps_no_state_that_old(tmp_path: Path) -> None:
    with minting("--prune-history") as (_, network):
        _, days = read(network, tmp_path)
    assert {day.height for day in days} == {None}
    assert {fault.cause for day in days for one in day.outcomes for fault in one.faults} == {Cause.LACKS}
