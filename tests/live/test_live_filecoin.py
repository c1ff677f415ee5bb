"""Filecoin at its public endpoints: each proves itself, the sum of power is the chain's total, blocks add up."""

from collections.abc import Iterator

import polars as pl
import pytest

from ingest.filecoin.chain import FilecoinNode
from ingest.filecoin.wins import chain, wins
from ingest.job import endpoints
from ingest.network import Reading
from ingest.networks.filecoin import NETWORK
from ingest.transport import Http
from store.faults import SourceDown
from store.rows import Facts
from tests.worlds.memo import no_memo

pytestmark = pytest.mark.slow

EPOCHS_BACK = 40


@pytest.fixture(scope="module")
def node() -> Iterator[FilecoinNode]:
    assert NETWORK.chain
    with Http() as http:
        yield NETWORK.chain.head(http, endpoints(NETWORK))


@pytest.mark.parametrize("endpoint", NETWORK.chain.endpoints if NETWORK.chain else ())
def test_an_endpoint_proves_itself(endpoint: str) -> None:
    assert NETWORK.chain
    with Http() as http:
        assert NETWORK.chain.head(http, [endpoint]).block.height > 6_000_000


def facts(node: FilecoinNode, name: str) -> Facts:
    """What a reading finds, once, after what it compares, which was read at the same tipset."""
    return node.once(f"facts of {name}", lambda: _facts(node, name))


def _facts(node: FilecoinNode, name: str) -> Facts:
    reading: Reading = next(one for one in NETWORK.readings if one.name == name)
    other = reading.after if reading.after != name else ""
    found = reading.facts(node, no_memo, lambda: [facts(node, other).rows] if other else [])
    NETWORK.check(reading, found)
    return found


@pytest.mark.parametrize("name", [reading.name for reading in NETWORK.readings])
def test_a_reading_passes_the_gate(node: FilecoinNode, name: str) -> None:
    found = facts(node, name)
    assert found.empty or not found.rows.is_empty()


def test_all_power_is_found(node: FilecoinNode) -> None:
    """A quarter of an hour: the whole map of claims."""
    found = facts(node, "power")
    miners = found.rows.filter(pl.col("population") == "miners")
    assert sum(miners["amount"].to_list()) == found.reported["miners"]


def test_blocks_of_twenty_minutes_are_paid_what_the_reward_actor_paid(node: FilecoinNode) -> None:
    found = wins(node, [chain(before(node, EPOCHS_BACK)).rows, chain(node).rows])
    assert found.reported["miners"] > 0


def before(node: FilecoinNode, epochs: int) -> FilecoinNode:
    """The chain so many epochs ago, or a few more where there is no block."""
    assert NETWORK.chain
    try:
        return NETWORK.chain.at(node.http, endpoints(NETWORK), node.block.height - epochs)
    except SourceDown:
        if epochs > EPOCHS_BACK + 10:
            raise
        return before(node, epochs + 1)
