"""FET and SingularityNET at Ethereum's public endpoints: what is there, and what does not change in a day."""

from collections.abc import Iterator

import polars as pl
import pytest

from ingest.evm.ethereum import ENDPOINTS, ETHEREUM
from ingest.evm.holders import balances, participants, ranking
from ingest.evm.logs import TRANSFER, Wanted, segments
from ingest.evm.node import EvmNode
from ingest.evm.refusals import Unable
from ingest.job import endpoints
from ingest.network import Network, Reading
from ingest.networks import fet, singularitynet
from ingest.transport import Http
from store.faults import SourceDown
from store.impossible import check
from store.rows import Facts
from tests.worlds.evm_node import Shelf

pytestmark = pytest.mark.slow

SHORT = [
    (network, reading)
    for network in (fet.NETWORK, singularitynet.NETWORK)
    for reading in network.readings
    if not reading.long
]


@pytest.fixture(scope="module")
def node() -> Iterator[EvmNode]:
    with Http() as http:
        yield ETHEREUM.head(http, endpoints(fet.NETWORK))


def facts(node: EvmNode, reading: Reading, network: Network = fet.NETWORK) -> Facts:
    """What a reading finds, after what it compares, which was read at the same block."""
    earlier = [facts(node, one, network).rows for one in network.readings if one.name == reading.after]
    found = reading.facts(node, Shelf(), lambda: earlier)
    check(found, reading.kind, tolerance=reading.tolerance, partial=reading.partial)
    return found


@pytest.mark.parametrize(("network", "reading"), SHORT, ids=[f"{n.name}.{r.name}" for n, r in SHORT])
def test_a_reading_passes_the_gate(node: EvmNode, network: Network, reading: Reading) -> None:
    found = facts(node, reading, network)
    assert found.empty or not found.rows.is_empty()


def test_supply_is_that_of_the_merger_or_more(node: EvmNode) -> None:
    """2,630,547,141 FET since May 2024; fetch.ai, "FET token supply increased"."""
    rows = facts(node, fet.NETWORK.readings[0]).rows
    assert rows.filter(pl.col("name") == "total_supply")["value"][0] > 2e27


def test_somebody_can_mint_or_nobody_but_the_admin_keys_are_known(node: EvmNode) -> None:
    control = next(reading for reading in fet.NETWORK.readings if reading.name == "control")
    assert "bridge/admin" in set(facts(node, control).rows["population"])


def test_the_explorer_ranks_the_largest_holders(node: EvmNode) -> None:
    ranked = ranking(node.http, ETHEREUM.explorers, fet.FET)
    assert len(ranked) > 500
    supply = facts(node, fet.NETWORK.readings[0]).rows["exact"].cast(pl.Float64)[0]
    assert sum(balances(node, fet.FET, ranked)) > supply / 2


def test_a_day_of_transfers_is_read(node: EvmNode) -> None:
    stretches = segments(node.block.height - 7_200, node.block.height)
    assert len(participants(node, fet.FET, Shelf(), stretches, 100)) > 100


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_endpoint_proves_itself_and_says_how_far_back_its_logs_go(endpoint: str) -> None:
    with Http() as http:
        one = ETHEREUM.head(http, [endpoint])
        list(one.logs(Wanted((fet.FET,), (TRANSFER,)), one.block.height - 100, one.block.height, len))
        try:
            list(one.logs(Wanted((fet.FET,), (TRANSFER,)), 15_000_000, 15_000_010, len))
        except (SourceDown, Unable) as error:
            print(f"{endpoint}: no logs before the merge: {error}")  # noqa: T201 - make live is read by a person
