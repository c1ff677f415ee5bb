"""History from an archive node: one block a day, found by its time, read once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.backfill import Period, backfill, remaining
from ingest.bittensor.subnets import PALLET
from ingest.network import Network
from ingest.networks import akash, bittensor
from ingest.substrate.node import SubstrateChain
from ingest.transport import Http
from store.landing import Landing
from store.rows import SourceDown
from tests.worlds.bittensor_world import World
from tests.worlds.moving_chain import command, finished
from tests.worlds.substrate_server import GENESIS, Node, blob, serves

PERIOD = Period(date(2025, 11, 20), date(2025, 11, 22))
READINGS = [reading for reading in bittensor.READINGS if reading.name in ("chain", "subnets", "subnet_emission")]


@pytest.fixture
def world(runtime: bytes) -> World:
    made = World(Node(runtime, 424))
    made.subnet(1)
    made.root()
    return made


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(per_second=1e6) as session:
        yield session


def network(url: str) -> Network:
    clock = datetime(2025, 11, 22, 8, 27, tzinfo=UTC)
    chain = SubstrateChain(GENESIS, (url,), clock=lambda: clock)
    return Network("bittensor", "Bittensor", "model", "TAO", "rao", 9, "ss58:42", chain, tuple(READINGS))


def test_each_day_is_landed_under_its_own_block_and_time(world: World, http: Http, tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    with serves(world.node) as url:
        days = list(backfill(network(url), READINGS, PERIOD, landing, http, [url]))
    assert [day.moment.date() for day in days] == [date(2025, 11, day) for day in (20, 21, 22)]
    assert not [outcome for day in days for outcome in day.outcomes if outcome.error]
    files = landing.files()
    assert len(files) == 3 * len(READINGS)
    assert {path.stem for path in files} == {str(day.height) for day in days}
    assert [later.height - day.height for day, later in pairwise(days)] == [7200, 7200]


def test_what_has_landed_is_not_asked_for_again(world: World, http: Http, tmp_path: Path) -> None:
    with serves(world.node) as url:
        first = list(backfill(network(url), READINGS, PERIOD, Landing(tmp_path), http, [url]))
        again = list(backfill(network(url), READINGS, PERIOD, Landing(tmp_path), http, [url]))
    assert [day.height for day in again] == [day.height for day in first]
    assert sum(day.requests for day in again) < sum(day.requests for day in first) / 1.5
    assert world.node.asked.count("state_getKeysPaged") == 2 * PERIOD.days


def test_a_reading_that_a_runtime_cannot_give_stops_no_other(shared: Path, http: Http, tmp_path: Path) -> None:
    old = World(Node(blob(shared, 240), 240))
    for netuid in (b"\0\0", b"\1\0"):
        old.put("NetworksAdded", [netuid], b"\1")
    old.put("TotalNetworks", [], b"\2\0")
    for pallet, total in ((PALLET, "TotalStake"), (PALLET, "TotalIssuance"), ("Balances", "TotalIssuance")):
        old.put(total, [], b"\1" * 8, pallet=pallet)
    wanted = [reading for reading in bittensor.READINGS if reading.name in ("alpha_emission", "chain")]
    with serves(old.node) as url:
        days = list(backfill(network(url), wanted, PERIOD, Landing(tmp_path), http, [url]))
    found = {outcome.reading: outcome.error for outcome in days[0].outcomes}
    assert found == {"chain": "", "alpha_emission": "SourceDown"}


def test_a_node_that_has_forgotten_the_period_is_source_down(world: World, http: Http, tmp_path: Path) -> None:
    world.node.oldest = world.node.height - 300
    with serves(world.node) as url, pytest.raises(SourceDown, match="already discarded"):
        list(backfill(network(url), READINGS, PERIOD, Landing(tmp_path), http, [url]))


def test_a_chain_whose_blocks_are_not_found_by_time_is_named(http: Http, tmp_path: Path) -> None:
    with pytest.raises(SourceDown, match="akash has no chain"):
        list(backfill(akash.NETWORK, (), PERIOD, Landing(tmp_path), http, ["http://127.0.0.1:1"]))


def test_the_rest_is_estimated_from_the_days_done(world: World, http: Http, tmp_path: Path) -> None:
    with serves(world.node) as url:
        days = backfill(network(url), READINGS, PERIOD, Landing(tmp_path), http, [url])
        first = next(days)
        requests, time = remaining([first], PERIOD, per_second=2.0)
    assert requests == 2 * first.requests
    assert time == timedelta(seconds=first.requests)


@pytest.mark.slow
def test_the_command_says_which_networks_keep_old_states(tmp_path: Path) -> None:
    period = ("--since", "2026-01-01", "--until", "2026-01-02")
    code, _, errors = finished(command(tmp_path, "backfill", "--network", "akash", *period))
    assert code == 2
    assert "akash cannot be read at past days" in errors
    code, _, errors = finished(
        command(tmp_path, "backfill", "--network", "bittensor", *period, BITTENSOR_URL="http://127.0.0.1:9")
    )
    assert code == 4
    assert "127.0.0.1:9" in errors
