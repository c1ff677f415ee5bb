"""Through a real nginx as public providers run it: all logs, or an error that says why; never fewer."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from urllib3.util import Retry
from web3.contract import Contract

from ingest.evm.holders import balances
from ingest.evm.logs import NOBODY, TRANSFER, Wanted, transfers
from ingest.evm.node import EvmChain, EvmNode
from ingest.transport import Http
from store.faults import ReadingError, SourceDown
from tests.worlds.evm_node import CHAIN, Anvil, anvil, gated
from tests.worlds.servers import nginx

pytestmark = pytest.mark.slow

PARTIES = 1_000
LOGS = PARTIES + 400


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Anvil, Contract]]:
    """1,400 transfers over some 160 blocks, all final."""
    with anvil() as node:
        token = node.compiled("Token", node.accounts[0])
        for first in range(0, PARTIES, 250):
            node.send(token.functions.endow(first, 250, 10**18))
        for seed in range(20):
            node.send(token.functions.churn(seed, 20, PARTIES))
            node.mine(4)
        node.finalize()
        yield node, token


def pinned(url: str, pauses: tuple[float, ...] = (0.2, 0.4, 0.8), patience: int = 0) -> EvmNode:
    http = Http(per_second=10_000, patience=Retry(patience))
    return EvmChain(CHAIN, (url,), pauses=pauses).head(http, (url,))


def read(node: EvmNode, token: Contract) -> list[int]:
    address = str(token.address).lower()
    read = partial(transfers, token=address)
    return [
        amount
        for move in node.logs(Wanted((address,), (TRANSFER,)), 0, node.block.height, read)
        for amount in move.amount
    ]


def to(upstream: str, more: str = "") -> str:
    return f"location / {{ proxy_pass {upstream}; proxy_set_header content-type application/json; {more} }}"


def test_a_limit_of_requests_a_second_is_waited_out(chain: tuple[Anvil, Contract], tmp_path: Path) -> None:
    node, token = chain
    node.mine(1)
    limited = "limit_req_zone $binary_remote_addr zone=all:1m rate=2r/s; limit_req_status 429;"
    with (
        gated(node.url, blocks_allowed=30) as (upstream, _),
        nginx(tmp_path, to(upstream, "limit_req zone=all burst=6 nodelay;"), limited) as url,
    ):
        assert len(read(pinned(url, pauses=(0.6,) * 20), token)) == LOGS
        with pytest.raises(SourceDown, match="429"):
            [read(pinned(url, pauses=()), token) for _ in range(10)]


def test_a_413_with_a_json_error_narrows_the_range(chain: tuple[Anvil, Contract], tmp_path: Path) -> None:
    node, token = chain
    node.mine(1)
    with gated(node.url, blocks_allowed=50) as (upstream, gate), nginx(tmp_path, to(upstream)) as url:
        assert len(read(pinned(url), token)) == LOGS
        assert gate.refused >= 2


def test_a_413_of_the_proxy_itself_halves_the_question(chain: tuple[Anvil, Contract], tmp_path: Path) -> None:
    """The body of a thousand balances is over the proxy's limit; some proxies say so in JSON-RPC, some in HTML."""
    node, token = chain
    node.mine(1)
    holders = [NOBODY, *(token.functions.party(index).call().lower() for index in range(0, PARTIES, 5))]
    said = """error_page 413 @large; location @large { default_type application/json;
        return 413 '{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"request entity too large"}}'; }"""
    expected = balances(pinned(node.url), str(token.address).lower(), holders)
    assert len(expected) == 201
    assert sum(expected) > 0
    for number, page in enumerate((said, "")):
        folder = tmp_path / str(number)
        folder.mkdir()
        with nginx(folder, f"client_max_body_size 8k; {page} {to(node.url)}") as url:
            assert balances(pinned(url), str(token.address).lower(), holders) == expected


def test_a_504_of_the_proxy_is_asked_again(chain: tuple[Anvil, Contract], tmp_path: Path) -> None:
    node, token = chain
    node.mine(1)
    with (
        gated(node.url, blocks_allowed=100, faults=("", "slow")) as (upstream, gate),
        nginx(tmp_path, to(upstream, "proxy_read_timeout 1s;")) as url,
    ):
        assert len(read(pinned(url), token)) == LOGS
        assert not gate.faults, "the slow answer did happen"
        gate.faults = ["slow"]
        with pytest.raises(SourceDown, match="504"):
            read(pinned(url, pauses=()), token)


def test_a_cut_connection_is_asked_again(chain: tuple[Anvil, Contract], tmp_path: Path) -> None:
    node, token = chain
    node.mine(1)
    with (
        gated(node.url, blocks_allowed=100, faults=("cut", "", "cut")) as (upstream, gate),
        nginx(tmp_path, to(upstream)) as url,
    ):
        assert len(read(pinned(url), token)) == LOGS
        assert not gate.faults, "both cuts did happen"
        gate.faults = ["cut"]
        with pytest.raises(SourceDown):
            read(pinned(url, pauses=()), token)


def test_a_proxy_without_a_node_is_an_error(tmp_path: Path) -> None:
    for number, answer in enumerate(("return 502;", "return 444;", "return 200 '[]';", "return 200 'OK';")):
        folder = tmp_path / str(number)
        folder.mkdir()
        with nginx(folder, f"location / {{ {answer} }}") as url, pytest.raises(ReadingError):
            pinned(url, pauses=())
