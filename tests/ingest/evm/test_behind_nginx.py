"""Networks that contracts decide for, through a real nginx before a good provider, which fails in the midst of a run.

Each case gives complete rows by way of a second endpoint, or a clear error without one; never fewer rows.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl
import pytest
from urllib3.util import Retry

import ingest.transport
from ingest.evm.node import EvmChain
from ingest.network import Network
from ingest.networks import networks
from ingest.transport import Http
from store.faults import SourceDown
from tests.worlds.each import each
from tests.worlds.evm_node import Shelf
from tests.worlds.good import good
from tests.worlds.servers import Reply, Request, free_port, listening, nginx, serving

pytestmark = pytest.mark.slow

# What is read of each network.
READ: Final[Mapping[str, tuple[str, ...]]] = {
    "olas": ("proposals", "votes", "rules", "voters", "guard"),
    "virtuals": ("proposals", "past_votes", "rules", "voters", "spend"),
    "ocean": ("lockers", "converters", "conversions", "migration"),
}
# How nginx spoils an answer of the provider (a header that it obeys), and what is said of it.
FAULTS: Final[Mapping[str, tuple[dict[str, str], str]]] = {
    "rate-limited": ({"X-Accel-Redirect": "/said/429"}, "answered 429"),
    "nobody-behind": ({"X-Accel-Redirect": "/closed"}, "answered 502"),
    "cut": ({"X-Accel-Redirect": "/torn"}, "the answer was cut off"),
    "slow": ({"X-Accel-Limit-Rate": "1000"}, "sent no whole answer within"),
    "html": ({"X-Accel-Redirect": "/html"}, "answered 200 without JSON: '<html>"),
}
RULES: Final = """
location / {{ proxy_pass {provider}; }}
location /said/429 {{ internal; return 429; }}
location /closed {{ internal; proxy_pass http://127.0.0.1:{closed}; }}
location /torn {{ internal; proxy_pass http://127.0.0.1:{torn}; }}
location /html {{ internal; default_type text/html; return 200 "<html>Checking your browser</html>"; }}
"""
BEGUN: Final = (
    b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"jsonrpc":"2.0","result":['
)
# Questions for logs and calls that are answered before the first that is not.
ANSWERED: Final = 2

ROWS = dict[str, pl.DataFrame]


@dataclass
class Upstream:
    """Good providers of some networks, at /<network>/<fault>/<run>: the fault befalls each run after some questions."""

    asked: dict[str, int] = field(default_factory=dict)

    def __call__(self, request: Request) -> Reply:
        _, network, fault, *_ = request.path.split("/")
        reply = good(networks()[network]).answer(request)
        if json.loads(request.body)["method"] not in ("eth_getLogs", "eth_call"):
            return reply
        self.asked[request.path] = number = self.asked.get(request.path, 0) + 1
        return replace(reply, headers=FAULTS[fault][0]) if fault in FAULTS and number > ANSWERED else reply


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with serving(Upstream()) as url:
        yield url


@pytest.fixture(scope="module")
def front(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(BEGUN) as torn:
        rules = RULES.format(provider=provider, closed=free_port(), torn=torn)
        with nginx(tmp_path_factory.mktemp("nginx"), rules) as url:
            yield url


@pytest.fixture(scope="module")
def clean(front: str) -> dict[str, ROWS]:
    return {name: read(name, f"{front}/{name}/none/clean") for name in READ}


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is what these tests are about, not how long."""
    monkeypatch.setattr(ingest.transport, "ANSWER_SECONDS", 0.3)


def read(name: str, *urls: str) -> ROWS:
    """The rows of each reading, all at one block."""
    network: Network = good(networks()[name]).network
    assert isinstance(network.chain, EvmChain)
    node = network.chain.head(Http(per_second=100_000, patience=Retry(0)), urls)
    readings = {one.name: one for one in network.readings}
    return {one: readings[one].facts(node, Shelf(), list).rows for one in READ[name]}


def same(found: ROWS, expected: ROWS) -> bool:
    return all(rows.sort(rows.columns).equals(expected[name].sort(rows.columns)) for name, rows in found.items())


CASES: Final = [(name, fault) for name in READ for fault in FAULTS]


@each(("name", "fault"), CASES)
def test_what_fails_in_the_midst_costs_no_rows_while_another_answers(
    name: str, fault: str, front: str, provider: str, clean: dict[str, ROWS]
) -> None:
    assert all(rows.height for rows in clean[name].values())
    # Of another host: one that kept us waiting is given up.
    assert same(read(name, f"{front}/{name}/{fault}/first", f"{provider}/{name}/none/other"), clean[name])


@each(("name", "fault"), CASES)
def test_what_fails_in_the_midst_alone_is_a_clear_error(name: str, fault: str, front: str) -> None:
    with pytest.raises(SourceDown, match=FAULTS[fault][1]):
        read(name, f"{front}/{name}/{fault}/alone")
