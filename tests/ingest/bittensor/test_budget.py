"""What a public node is asked for at finney's size: at about a request a second, requests are seconds."""

from pathlib import Path

import pytest

from benchmarks.budget import chain, chosen, pinned, read
from ingest.network import HOURLY
from ingest.networks.bittensor import NETWORK
from tests.worlds.bittensor_world import World

pytestmark = pytest.mark.slow

# `make run` must end within a minute.
HEADLINE, HOURLY_READINGS = 60, 180


@pytest.fixture(scope="module")
def finney(shared: Path) -> World:
    """128 subnets of 256 neurons; stake does not matter here."""
    return chain(stakers=1)


def test_headline_readings_take_less_than_a_minute_of_requests(finney: World) -> None:
    with pinned(finney) as node:
        assert read(node, chosen(lambda reading: reading.headline)) > 1000
    assert len(finney.node.asked) < HEADLINE


def test_hourly_readings_take_less_than_three_minutes_of_requests(finney: World) -> None:
    with pinned(finney) as node:
        assert read(node, chosen(lambda reading: reading.every == HOURLY)) > 1000
    assert len(finney.node.asked) < HOURLY_READINGS


def test_all_columns_of_all_subnets_take_a_handful_of_requests(finney: World) -> None:
    subnets = next(reading for reading in NETWORK.readings if reading.name == "subnets")
    with pinned(finney) as node:
        assert len(node.metadata.items) > 300
        before = len(finney.node.asked)
        read(node, [subnets])
    # Beside the columns: two pages of netuids, their values, their count, and prices.
    assert len(finney.node.asked) - before <= 5 + 5
