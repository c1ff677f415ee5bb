"""Filecoin as a whole: what an hour costs a public node, and what readers are told of who holds power."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.filecoin.chain import FilecoinChain, FilecoinNode
from ingest.filecoin.tipsets import time_of
from ingest.job import read_network
from ingest.network import HOURLY, Network
from ingest.networks.filecoin import NETWORK
from ingest.publication import build
from ingest.transport import Http
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from tests.worlds.each import each
from tests.worlds.filecoin_at import HEAD, STATE
from tests.worlds.filecoin_node import TIB, Miner, Node, State
from tests.worlds.servers import Reply, Request, serving

HOUR = 120
# Filecoin in mid-2026: 622 miners of 267 owners had enough power to win blocks.
MINERS = {
    f"f0{1_000 + 7 * place}": Miner(f"f0{9_000 + place % 267}", (11 + place) * TIB, (15 + place) * TIB)
    for place in range(650)
}
LARGE = State(HEAD - HOUR - 5, HEAD, MINERS, blocks=5)

# All power, in bytes: 20 digits.
QUALITY_ADJUSTED = 17_293_822_569_102_704_640


@each("unit", ["bytes", "bytes of DataCap"])
def test_power_is_told_in_numbers_that_can_be_read_and_that_a_browser_holds(unit: str) -> None:
    told = NETWORK.all_units[unit]
    assert QUALITY_ADJUSTED / 10**told.decimals < 10**9
    # The least miner that may win blocks has ten TiB, and is seen.
    assert 10 * TIB / 10**told.decimals >= 0.01
    assert told.token.startswith({12: "TB", 15: "PB"}[told.decimals])


class Counting:
    """A node whose head moves, and which counts its HTTP requests by their first method."""

    def __init__(self, state: State, head: int) -> None:
        self.node = Node(replace(state, head=head))
        self.asked: Counter[str] = Counter()

    def __call__(self, request: Request) -> Reply:
        questions = json.loads(request.body)
        assert len(questions) <= 50
        self.asked[questions[0]["method"].removeprefix("Filecoin.")] += 1
        return self.node(request)


def at(head: int) -> Network[FilecoinNode]:
    """The network two minutes after a height."""
    time = time_of(head) + timedelta(minutes=2)
    return replace(NETWORK, chain=FilecoinChain("fil:f", (), pauses=(), clock=lambda: time))


def hour(data: Path, state: State, head: int) -> Counter[str]:
    """What two endpoints are asked for the readings of an hour."""
    network = at(head)
    wanted = [reading for reading in network.readings if reading.every == HOURLY]
    server, witness = Counting(state, head), Counting(state, head)
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(server) as one,
        serving(witness) as other,
        Http(10_000, Retry(0)) as http,
    ):
        patch.setenv("FILECOIN_URL", f"{one},{other}")
        told = read_network(network, wanted, http, Landing(data), lambda _: None)
        assert [outcome.message for outcome in told if outcome.error] == []
    return server.asked + witness.asked


@pytest.mark.slow
def test_an_hour_costs_forty_requests_at_most(tmp_path: Path) -> None:
    first = hour(tmp_path, LARGE, HEAD - HOUR)
    steady = hour(tmp_path, LARGE, HEAD)
    assert steady.total() <= 40, steady
    assert steady["StateMinerPower"] + steady["StateMinerInfo"] >= 26
    assert first["ChainReadObj"] > steady["ChainReadObj"]
    landed = {path.parent.name: contents(path)[-1].snapshot for path in sorted(Landing(tmp_path).files())}
    assert landed["wins"].reported["miners"] > 0
    rows = pl.concat(pl.read_parquet(path) for path in Landing(tmp_path).files() if path.parent.name == "power")
    assert rows.filter(population="miners").height == 2 * len(MINERS)


# --- what readers are told --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mart of the readings of two times at a small chain."""
    data = tmp_path_factory.mktemp("filecoin")
    for head in (HEAD - 10, HEAD):
        network = at(head)
        with (
            pytest.MonkeyPatch.context() as patch,
            serving(Counting(STATE, head)) as url,
            Http(10_000, Retry(0)) as http,
        ):
            patch.setenv("FILECOIN_URL", url)
            told = read_network(network, network.readings, http, Landing(data), lambda _: None)
            assert [outcome.message for outcome in told if outcome.error] == []
    build(data, {"filecoin": NETWORK})
    return data


@pytest.mark.slow
def test_two_owners_with_more_than_half_of_the_power_censor_and_nothing_else_counts(published: Path) -> None:
    with opened(published) as mart:
        rows = mart.table("FROM power WHERE grouping = 'control' AND side = 'force'").rows_by_key("action", named=True)
        paths = mart.table("FROM path WHERE grouping = 'control'").to_dicts()
    # 57 and 54 of 148 TiB; the largest alone has less than half.
    (whole,), (censor,), (rules,) = rows[""], rows["censor"], rows["change the rules"]
    assert (whole["number"], whole["how"]) == (2, "censor by owners of miners with more than 1/2 of the power")
    assert json.loads(censor["parties"]) == ["f02001", "f02000"]
    assert rules["state"] == "not verifiable"
    assert "FIP-0001" in rules["text"]
    assert all(rows[action][0]["number"] is None for action in ("mint or redirect", "halt", "seize or evict"))
    # The root key's signers, two of three, are told with what they can do, which is no minting of FIL.
    less = {(one["action"], one["side"]): (one["number"], one["effect"]) for one in paths if one["effect"]}
    assert less["mint or redirect", "force"][0] == less["mint or redirect", "stop"][0] == 2
    assert "and no FIL" in less["mint or redirect", "force"][1]
    assert less["halt", "force"] == (1, "stop fast finality where it runs, and no block")
