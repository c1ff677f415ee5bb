"""A state of 20,000 miners that go-state-types and go-hamt-ipld wrote, served by go-jsonrpc: nothing of it is ours."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from ingest.filecoin import control
from ingest.filecoin.chain import FilecoinChain, FilecoinNode
from ingest.filecoin.power import every_claim, power, storage, totals
from ingest.filecoin.rpc import Lacking
from ingest.filecoin.tipsets import time_of
from ingest.filecoin.wins import finality
from ingest.networks.filecoin import NETWORK
from ingest.transport import Http
from store.faults import SourceDown
from store.rows import Facts
from tests.worlds.filecoin_node import TIB
from tests.worlds.filecoin_server import HEIGHT, running
from tests.worlds.filecoin_state import Store, address, number

pytestmark = pytest.mark.slow

CHAIN = FilecoinChain("fil:f", (), pauses=(), clock=lambda: time_of(HEIGHT + 5))
MINERS, FIRST, WITH_POWER = 20_000, 1_000, 32


def raw(place: int) -> int:
    """Bytes of the miner at a place, as the server makes them."""
    return 0 if place % WITH_POWER else (place // WITH_POWER % 40 + 1) * TIB


RAW = {f"f0{FIRST + place}": raw(place) for place in range(MINERS)}
LARGE = {miner: size for miner, size in RAW.items() if size >= 10 * TIB}


def written() -> tuple[Store, str]:
    """The map of claims as our own worlds write it, and its name."""
    store = Store()
    # 13 is the kind of proof that the server's miners have.
    return store, store.map({address(name): [13, number(size), number(2 * size)] for name, size in RAW.items()}).text


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as address_:
        yield address_


@pytest.fixture
def node(url: str) -> Iterator[FilecoinNode]:
    with Http(10_000) as http:
        yield CHAIN.head(http, [url])


def amounts(facts: Facts, population: str = "miners") -> dict[str, int]:
    rows = facts.rows.filter(population=population)
    return {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}


def checked(name: str, facts: Facts) -> Facts:
    NETWORK.check(next(one for one in NETWORK.readings if one.name == name), facts)
    return facts


def test_the_census_is_exact(node: FilecoinNode) -> None:
    facts = checked("power", power(node, []))
    assert amounts(facts) == {miner: 2 * size for miner, size in LARGE.items()}
    assert facts.reported == dict.fromkeys(("miners", "owners"), 2 * sum(LARGE.values()))
    assert sum(amounts(facts, "owners").values()) == 2 * sum(LARGE.values())
    assert len(amounts(facts, "owners")) == 5
    assert amounts(checked("storage", storage(node, []))) == {miner: size for miner, size in RAW.items() if size}
    # 1,180 objects in twenty-five requests or so, 1,100 questions in twenty-two, and what begins and proves.
    assert node.http.requests < 90


def test_maps_are_written_by_our_worlds_as_the_chains_own_library_writes_them(node: FilecoinNode) -> None:
    store, claims = written()
    assert claims == totals(node).claims
    allocators = {address(f"f0{50_000 + place}"): number(place * TIB) for place in range(1_000)}
    assert store.map(allocators).text == control.registry(node).allocators


def test_a_walk_takes_each_object_of_the_map_once(node: FilecoinNode, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    objects = FilecoinNode.objects

    def counted(self: FilecoinNode, names: list[str]) -> dict[str, bytes]:
        asked.extend(names)
        return objects(self, names)

    monkeypatch.setattr(FilecoinNode, "objects", counted)
    assert every_claim(node) == {miner: (size, 2 * size) for miner, size in RAW.items() if size}
    # The map's, and the state of power before it.
    assert len(asked) == len(set(asked)) == len(written()[0]) + 1


def test_keys_and_allocators_are_proved_through_a_real_tree_of_actors(node: FilecoinNode) -> None:
    assert control.registry(node).signers == tuple(f"f0{place}" for place in range(101, 106))
    assert control.registry(node).needed == 3
    facts = checked("allocators", control.allocators(node))
    assert amounts(facts, "allocators") == {f"f0{50_000 + place}": place * TIB for place in range(1, 1_000)}


def test_errors_have_the_shapes_that_were_measured(url: str, shared: Path) -> None:
    told = json.loads((shared / "other" / "filecoin_jsonrpc_answers.json").read_text())
    asked: dict[str, Any] = {
        "method_failed": {"id": 2, "method": "Filecoin.ChainGetTipSetByHeight", "params": [5, None]},
        "unknown_method": {"id": 3, "method": "Filecoin.Nope", "params": []},
        "wrong_count": {"id": 4, "method": "Filecoin.StateMinerPower", "params": ["f01000"]},
        "wrong_type": {"id": 5, "method": "Filecoin.StateMinerPower", "params": [7, None]},
    }
    for name, question in asked.items():
        answer = requests.post(url, json={"jsonrpc": "2.0", **question}, timeout=30)
        assert (answer.status_code, answer.json()) == (told[name]["http"], told[name]["body"]), name
    empty, no_json = requests.post(url, json=[], timeout=30), requests.post(url, data="x", timeout=30)
    assert (empty.status_code, empty.json()) == (told["empty_batch"]["http"], told["empty_batch"]["body"])
    assert (no_json.status_code, no_json.json()) == (told["no_json"]["http"], told["no_json"]["body"])


def test_a_refusal_among_many_answers_is_told_and_the_server_is_not_down(node: FilecoinNode) -> None:
    good = node.state("StateMinerPower", "f01000")
    for call, kind, why in (
        (("Nope", ()), Lacking, "not found"),
        (("ChainGetTipSetByHeight", (5, None)), SourceDown, "lookbacks of more than 24h0m0s"),
        (("StateMinerPower", ("f01000",)), SourceDown, "wrong param count"),
        (("StateMinerInfo", ("f07", None)), SourceDown, "actor not found"),
        (("ChainReadObj", ({"/": node.tipset.parents[0][:-1] + "a"},)), SourceDown, "invalid|could not find"),
    ):
        with pytest.raises(SourceDown, match=why) as error:
            node.ask([good, call], lambda told: told)
        assert kind is SourceDown or "-32601" in str(error.value)
    assert finality(node).rows.select("name", "exact").rows() == [("f3", "off")]


def test_a_chain_with_another_first_block_is_refused(url: str) -> None:
    other = replace(CHAIN, genesis="bafy2bzacebt5wxzyrgizu2uunetxtkc6aom3ult236vviv2nseiwnquu6anha")
    with Http(10_000) as http, pytest.raises(SourceDown, match="node of another chain"):
        other.head(http, [url])
