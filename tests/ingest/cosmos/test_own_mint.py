"""Chains with a mint module of their own: another route seals their blocks, and nothing asks for the SDK's mint.

Invented answers in the form of the SDK's bank module: no node of such a chain was run. Real nodes are sealed by that
module in tests/ingest/cosmos/test_nodes.py.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from urllib3.util import Retry

from ingest.cosmos.lcd import PROVISIONS, CosmosChain, Lcd
from ingest.cosmos.readings import readings, readings_beside_mint
from ingest.network import Network
from ingest.networks import networks
from ingest.transport import Http
from store.faults import SourceDown
from tests.worlds.contract import clean
from tests.worlds.lcd import Answer, State, Validator, chain, failure
from tests.worlds.servers import Reply, Request, serving

SUPPLY_OF = "/cosmos/bank/v1beta1/supply/by_denom"
ROUTE = f"{SUPPLY_OF}?denom=uown"


def supply(request: Request) -> Reply:
    """So much of a denom as the height says; the SDK tells nought of a denom that it does not know."""
    height = request.headers.get("x-cosmos-block-height", "0")
    denom = request.params["denom"]
    return Reply({"amount": {"denom": denom, "amount": height if denom == "uown" else "0"}})


NOT_SERVED = failure(501, 12, "Not Implemented")
STATE = State([Validator(0, 10**6, 10**24)], denom="uown", bodies={PROVISIONS: NOT_SERVED, SUPPLY_OF: supply})


@contextmanager
def pinned(*answers: Answer, sealed_by: str = ROUTE) -> Iterator[Lcd]:
    with ExitStack() as stack:
        endpoints = [stack.enter_context(serving(answer)) for answer in answers]
        http = stack.enter_context(Http(per_second=10_000, patience=Retry(0)))
        yield CosmosChain(STATE.chain_id, (), sealed_by=sealed_by).head(http, endpoints)


def test_a_chain_without_annual_provisions_is_sealed_by_the_route_that_it_names() -> None:
    with pytest.raises(SourceDown, match="annual_provisions is not served"), pinned(chain(STATE), sealed_by=PROVISIONS):
        pass
    with pinned(chain(STATE), chain(STATE)) as node:
        assert node.block.height == STATE.head - 2
        assert node.witness


def test_what_seals_a_block_is_asked_at_its_height_and_compared() -> None:
    def older(request: Request) -> Reply:
        """A node that answers with another state under the height that was asked for."""
        reply = chain(STATE)(request)
        if request.path != SUPPLY_OF:
            return reply
        return replace(reply, body={"amount": {"denom": "uown", "amount": "17"}})

    with pytest.raises(SourceDown, match="disagree about block 998"), pinned(older, chain(STATE)):
        pass
    with pinned(older, chain(STATE), chain(STATE)) as node:
        assert node.get(SUPPLY_OF, lambda body: body["amount"]["amount"], {"denom": "uown"}) == "998"


def test_what_seals_a_block_is_remembered() -> None:
    asked = []

    def watched(request: Request) -> Reply:
        asked.append(request.path)
        return chain(STATE)(request)

    with pinned(watched) as node:
        node.get(SUPPLY_OF, lambda body: body, {"denom": "uown"})
    assert asked.count(SUPPLY_OF) == 1


def own_mint() -> Network:
    """A network like the first Cosmos one, of a chain whose mint module is its own."""
    like = next(one for one in networks().values() if isinstance(one.chain, CosmosChain) and one.readings)
    route = f"{SUPPLY_OF}?denom={like.unit}"
    told = readings_beside_mint(like.unit, 10**6)
    return replace(like, name="own_mint", readings=told, chain=CosmosChain("own-1", ("https://a",), sealed_by=route))


@pytest.mark.slow
def test_nothing_that_is_read_of_such_a_chain_asks_the_mint_module(tmp_path: Path) -> None:
    network = own_mint()
    asked = {name for reading in network.readings for name in clean(network, reading, tmp_path).asked}
    assert len(asked) > 20
    assert [name for name in asked if "/mint/" in " ".join(name)] == []


def test_a_reading_of_the_mint_module_fails_on_such_a_chain(tmp_path: Path) -> None:
    of_sdk = {one.name: one for one in readings("uakt", 10**6)}
    for name in ("economy", "emission", "emission_split", "parameters"):
        with pytest.raises(LookupError, match=r"SourceDown.*/mint/v1beta1/.* is not served"):
            clean(own_mint(), of_sdk[name], tmp_path)


def test_only_what_the_mint_module_tells_is_left_out() -> None:
    every, beside = ({one.name for one in found("uown", 1)} for found in (readings, readings_beside_mint))
    assert every - beside == {"emission", "emission_split"}
    assert beside < every
