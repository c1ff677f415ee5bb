"""Bittensor at finney's public endpoints: what is there, and what does not change in a day."""

from collections.abc import Iterator

import pytest

from ingest.bittensor.chain import chain
from ingest.bittensor.control import sudo
from ingest.bittensor.subnets import subnets
from ingest.job import endpoints
from ingest.network import Reading
from ingest.networks.bittensor import NETWORK
from ingest.substrate.node import Substrate
from ingest.transport import Http
from store.impossible import check
from tests.worlds.memo import no_memo

pytestmark = pytest.mark.slow

SHORT = [reading for reading in NETWORK.readings if not reading.long]


@pytest.fixture(scope="module")
def node() -> Iterator[Substrate]:
    assert NETWORK.chain is not None
    with Http() as http:
        found = NETWORK.chain.head(http, endpoints(NETWORK))
        assert isinstance(found, Substrate)
        yield found


@pytest.mark.parametrize("reading", SHORT, ids=[reading.name for reading in SHORT])
def test_a_reading_passes_the_gate(node: Substrate, reading: Reading) -> None:
    facts = reading.facts(node, no_memo, list)
    check(facts, reading.kind, tolerance=reading.tolerance, partial=reading.partial)
    assert facts.empty or not facts.rows.is_empty()


def test_the_sudo_key_is_still_the_published_two_of_three(node: Substrate) -> None:
    assert len(sudo(node).signers) == 3


def test_issuance_is_between_the_halving_and_the_supply(node: Substrate) -> None:
    told = dict(chain(node).rows.select("name", "value").iter_rows())
    assert 11.2e6 < told["issuance"] / 1e9 < 21e6
    assert 0.3 < told["root_share"] < 1


def test_there_are_about_as_many_subnets_as_are_said(node: Substrate) -> None:
    """128 registered since 2025; a limit that votes may change."""
    assert 64 <= len(subnets(node)) <= 1025
