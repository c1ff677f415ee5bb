"""Akash and Fetch.ai at their public endpoints: shapes, exact totals, and what does not change in a day."""

from collections.abc import Iterator

import polars as pl
import pytest

from ingest.cosmos.governance import dialect
from ingest.cosmos.lcd import Lcd
from ingest.job import endpoints
from ingest.network import Network, Reading
from ingest.networks import akash, fetch
from ingest.transport import Http
from store.impossible import check
from store.rows import Facts
from tests.worlds.memo import no_memo

pytestmark = pytest.mark.slow
NETWORKS = {"akash": akash.NETWORK, "fetch": fetch.NETWORK}
SHORT = ("validators", "consensus", "names", "economy", "emission", "parameters", "signing", "open_proposals", "votes")


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Network:
    return NETWORKS[request.param]


@pytest.fixture(scope="module")
def node(network: Network) -> Iterator[Lcd]:
    assert network.chain
    with Http() as http:
        found = network.chain.head(http, endpoints(network))
        assert isinstance(found, Lcd)
        yield found


def facts(network: Network, node: Lcd, name: str) -> Facts:
    reading: Reading = next(one for one in network.readings if one.name == name)
    found = reading.facts(node, no_memo, list)
    check(found, reading.kind, tolerance=reading.tolerance)
    return found


@pytest.mark.parametrize("name", SHORT)
def test_a_reading_passes_the_gate(network: Network, node: Lcd, name: str) -> None:
    found = facts(network, node, name)
    assert found.empty == found.rows.is_empty()
    # Nobody may be voting at the moment; everything else is always there.
    assert name == "votes" or not found.empty


def test_the_validator_set_is_of_a_size_that_the_parameters_allow(network: Network, node: Lcd) -> None:
    parameters = facts(network, node, "parameters").rows
    most = parameters.filter((pl.col("name") == "max_validators") & (pl.col("subject") == "staking"))["value"][0]
    assert 10 < len(facts(network, node, "validators").rows) <= most


def test_governance_is_read_in_the_dialect_of_the_chain(network: Network, node: Lcd) -> None:
    assert dialect(node) in ("/cosmos/gov/v1", "/cosmos/gov/v1beta1")
    rows = facts(network, node, "parameters").rows.filter(pl.col("subject") == "gov")
    assert {"quorum", "threshold", "veto_threshold", "voting_period"} <= set(rows["name"])


def test_a_block_takes_some_seconds(network: Network, node: Lcd) -> None:
    rows = facts(network, node, "economy").rows
    assert 1 < rows.filter(pl.col("name") == "block_time")["value"][0] < 15


@pytest.mark.parametrize("address", [(name, address) for name, one in NETWORKS.items() for address in endpoints(one)])
def test_each_endpoint_proves_itself(address: tuple[str, str]) -> None:
    name, endpoint = address
    chain = NETWORKS[name].chain
    assert chain
    with Http() as http:
        assert chain.head(http, [endpoint]).chain_id == chain.chain_id
