"""Render, io.net and Grass at Solana's public endpoints: what is there, and what does not change in a day."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pytest

from ingest.job import endpoints
from ingest.network import Network
from ingest.networks import grass, ionet, render
from ingest.solana.mainnet import ENDPOINTS
from ingest.solana.node import Solana, SolanaChain
from ingest.transport import Http
from store.rows import Facts
from tests.worlds.memo import no_memo

pytestmark = pytest.mark.slow

NETWORKS: tuple[Network[Solana], ...] = (render.NETWORK, ionet.NETWORK, grass.NETWORK)


@contextmanager
def head(network: Network[Solana], *addresses: str) -> Iterator[Solana]:
    with Http() as http:
        assert isinstance(network.chain, SolanaChain)
        yield network.chain.head(http, addresses or endpoints(network))


def facts(network: Network[Solana], name: str) -> Facts:
    """What a reading finds, judged as a run judges it."""
    reading = next(one for one in network.readings if one.name == name)
    with head(network) as node:
        found = reading.facts(node, no_memo, list)
    network.check(reading, found)
    return found


def said(network: Network[Solana], name: str, observed: str) -> list[float]:
    return facts(network, name).rows.filter(pl.col("name") == observed)["value"].to_list()


@pytest.mark.parametrize("network", NETWORKS, ids=lambda one: one.name)
def test_keys_and_what_stands_behind_them_pass_the_gate(network: Network[Solana]) -> None:
    held, told = facts(network, "control"), facts(network, "control_state")
    rows = told.rows.filter(
        pl.col("name").is_in(["mint_authority", "freeze_authority", "stands_for", "upgrade_authority"])
    )
    # What stands here belongs into `known` and `vaults` of the network's file.
    print(network.name, held.rows.rows(), rows.select("name", "subject", "exact").rows())  # noqa: T201 - read by a person
    assert told.rows.filter(pl.col("name") == "token_program").height == 1


def test_supplies_are_of_the_known_size() -> None:
    """532 million RENDER and at most 644; 800 million IO at most; a billion GRASS."""
    assert 3e8 * 1e8 < said(render.NETWORK, "supply", "total_supply")[0] < 7e8 * 1e8
    assert 1e8 * 1e8 < said(ionet.NETWORK, "supply", "total_supply")[0] <= 8e8 * 1e8
    assert said(grass.NETWORK, "supply", "total_supply") == pytest.approx([1e9 * 1e9], rel=0.01)


def test_render_is_burned() -> None:
    """About 4,000 RENDER a day in the quarter to June 2026."""
    assert sum(said(render.NETWORK, "burns", "burned")) > 1_000 * 1e8


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_endpoint_proves_itself_and_takes_three_questions_at_once(endpoint: str) -> None:
    with head(grass.NETWORK, endpoint) as node:
        assert node.accounts
