"""What goes wrong between us and a Cosmos node, through a real nginx in front of a real node.

Each case gives complete data by way of a second endpoint, or a clear error without one; never less data.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from urllib3.util import Retry

import ingest.transport
from analytics.votes.tally import choices
from ingest.cosmos.governance import votes
from ingest.cosmos.lcd import CosmosChain, Lcd
from ingest.cosmos.stake import validators
from ingest.transport import Http
from store.faults import SourceDown
from store.mart import opened
from tests.worlds.cosmos_node import INGEST, Node, running
from tests.worlds.cosmos_world import OPEN
from tests.worlds.lcd import State, Validator, chain
from tests.worlds.moving_chain import command, finished
from tests.worlds.servers import free_port, listening, nginx, serving

pytestmark = pytest.mark.slow
CHAIN = "akashnet-2"
HEIGHT = "Grpc-Metadata-X-Cosmos-Block-Height"
LISTS = "cosmos/gov/v1/proposals/.+/votes"

# What nginx does with requests for votes, everything else going to the node; and what is said of it.
FAILURES = {
    "rate-limited": ("return 429;", "answered 429 without JSON"),
    "entity-too-large": ("return 413;", "answered 413"),
    "nobody-behind": ("proxy_pass http://127.0.0.1:{closed};", "answered 502 without JSON"),
    "no-answer-behind": (
        "proxy_pass http://127.0.0.1:{silent}; proxy_read_timeout 500ms;",
        "answered 504 without JSON",
    ),
    "html": (
        'default_type text/html; return 200 "<html><body>Checking your browser</body></html>";',
        "answered 200 without JSON: '<html><body>Checking",
    ),
    "json-rpc-error": (
        'default_type application/json; return 200 \'{{"error":{{"code":-32000,"message":"quota"}}}}\';',
        "answered 200: .*quota",
    ),
    "truncated": ("{rewrite} proxy_pass http://127.0.0.1:{torn};", "the answer was cut off"),
    "empty": ("return 200;", "answered 200 without JSON: ''"),
    "slow": ("{rewrite} proxy_pass {node}; limit_rate 50;", "sent no whole answer within"),
    "not-implemented": (
        'return 501 \'{{"error":{{"code":-32701,"message":"not implemented"}}}}\';',
        "votes is not served",
    ),
    "older-height": (
        "{rewrite} proxy_pass {node}; proxy_set_header x-cosmos-block-height 1;",
        "answered at height 1, not",
    ),
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running("sdk53", tmp_path_factory.mktemp("node"), CHAIN) as found:
        yield found


@pytest.fixture(scope="module")
def proxy(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real nginx: below /good/ the node, below the name of a failure the node with that failure."""
    begun = (
        b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"delegation_responses":['
    )
    with listening(begun) as torn, listening(None) as silent:
        places = {"closed": free_port(), "torn": torn, "silent": silent, "node": node.url}
        rules = [f"location /good/ {{ proxy_pass {node.url}/; }}"]
        for name, (action, _) in FAILURES.items():
            rules.append(f"location /{name}/ {{ proxy_pass {node.url}/; }}")
            fault = action.format(**places, rewrite=f"rewrite ^/{name}/(.*)$ /$1 break;")
            rules.append(f"location ~ ^/{name}/{LISTS} {{ {fault} }}")
        limit = "limit_req zone=few burst=5 nodelay; limit_req_status 429;"
        rules.append(f"location /crowded/ {{ {limit} proxy_pass {node.url}/; }}")
        zone = "limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;"
        with nginx(tmp_path_factory.mktemp("nginx"), "\n".join(rules), zone) as address:
            yield address


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is what these tests are about, not how long."""
    monkeypatch.setattr(ingest.transport, "ANSWER_SECONDS", 0.5)


def read(node: Node, *endpoints: str) -> Lcd:
    return CosmosChain(node.chain_id, ()).head(Http(per_second=10_000, patience=Retry(0)), endpoints)


def past(node: Node, height: int, *endpoints: str) -> Lcd:
    return CosmosChain(node.chain_id, ()).at(Http(per_second=10_000, patience=Retry(0)), endpoints, height)


def cast(node: Node) -> dict[str, dict[str, int]]:
    """The votes that the genesis of the node had."""
    ballots = node.world.votes[OPEN]
    return {voter: {option.lower(): weight for option, weight in vote.items()} for voter, vote in ballots.items()}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_endpoint_costs_no_data_while_another_works(node: Node, proxy: str, name: str) -> None:
    lcd = read(node, f"{proxy}/{name}", f"{proxy}/good")
    assert choices(votes(lcd).rows, str(OPEN)) == cast(node)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_endpoint_alone_is_a_clear_error(node: Node, proxy: str, name: str) -> None:
    lcd = read(node, f"{proxy}/{name}")
    with pytest.raises(SourceDown, match=FAILURES[name][1]):
        votes(lcd)
    assert len(validators(lcd).rows) == 100


def test_a_crowded_endpoint_is_left_for_another_in_the_midst_of_a_list(node: Node, proxy: str) -> None:
    """A few requests, then 429 without a word of when to come back."""
    height = read(node, f"{proxy}/good").block.height
    lcd = past(node, height, f"{proxy}/crowded", f"{proxy}/good")
    assert lcd.endpoint.endswith("/crowded")
    assert choices(votes(lcd).rows, str(OPEN)) == cast(node)
    assert lcd.endpoint.endswith("/good")


STATE = State([Validator(0, 100, 100 * 10**18)], chain_id=CHAIN)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (replace(STATE, chain_id="sandbox-2"), "is a node of sandbox-2"),
        # Stopped a hundred blocks ago, which took ten minutes.
        (replace(STATE, head=STATE.head - 100, time=STATE.time - timedelta(minutes=10)), "is at block 898 of"),
        (replace(STATE, validators=[]), "knows no bonded validator"),
    ],
    ids=["wrong chain", "stale head", "no state"],
)
def test_a_proxy_to_the_wrong_node_is_passed_over(tmp_path: Path, state: State, reason: str) -> None:
    with serving(chain(state)) as bad, serving(chain(STATE)) as good:
        rules = f"location /bad/ {{ proxy_pass {bad}/; }} location /good/ {{ proxy_pass {good}/; }}"
        with nginx(tmp_path, rules) as address:
            http = Http(per_second=10_000, patience=Retry(0))
            with pytest.raises(SourceDown, match=reason):
                CosmosChain(CHAIN, ()).head(http, [f"{address}/bad"])
            lcd = CosmosChain(CHAIN, ()).head(http, [f"{address}/bad", f"{address}/good"])
            assert (lcd.block.height, len(validators(lcd).rows)) == (998, 1)


def test_a_proxy_that_answers_an_old_state_under_the_asked_height_is_found_out(
    node: Node, proxy: str, tmp_path: Path
) -> None:
    lies = (
        f"proxy_pass {node.url}; proxy_set_header x-cosmos-block-height 3;"
        f"proxy_hide_header {HEIGHT}; add_header {HEIGHT} $http_x_cosmos_block_height;"
    )
    pinned = f"location / {{ if ($http_x_cosmos_block_height = '') {{ proxy_pass {node.url}; }} {lies} }}"
    with nginx(tmp_path, pinned) as liar:
        with pytest.raises(SourceDown, match="disagree about block"):
            read(node, liar, f"{proxy}/good")
        lcd = read(node, liar, f"{proxy}/good", node.url)
        assert len(validators(lcd).rows) == 100


def test_a_cache_that_ignores_the_height_is_not_believed(node: Node, proxy: str, tmp_path: Path) -> None:
    cache = f"proxy_cache_path {tmp_path}/cache keys_zone=stale:1m;"
    rule = f"location / {{ proxy_pass {node.url}; proxy_cache stale; proxy_cache_valid 200 1h; }}"
    with nginx(tmp_path, rule, cache) as cached:
        first = read(node, cached)
        assert len(validators(first).rows) == 100
        with pytest.raises(SourceDown, match=f"answered at height {first.block.height}"):
            past(node, first.block.height - 1, cached)
        assert len(validators(past(node, first.block.height - 1, f"{proxy}/good", cached)).rows) == 100


def test_one_failing_reading_leaves_the_rest_published(node: Node, proxy: str, tmp_path: Path) -> None:
    """The command that cron calls: it ends with 3, and the mart holds everything but what failed."""
    wanted = [f"--reading={name}" for name in ("validators", "consensus", "open_proposals", "votes", "deposits")]
    asked = ("--log", "json", "run", "--network=akash", "--all", *wanted)
    code, _, errors = finished(command(tmp_path, *asked, program=INGEST, AKASH_URL=f"{proxy}/html"))
    assert code == 3, errors
    failed = [line for line in map(json.loads, errors.splitlines()) if line.get("error")]
    assert [(line["reading"], line["error"]) for line in failed] == [("votes", "SourceDown")]
    assert "without JSON" in failed[0]["message"]
    with opened(tmp_path) as mart:
        landed = set(mart.table("SELECT reading FROM snapshot")["reading"])
        assert landed == {"validators", "consensus", "open_proposals", "deposits"}
        assert mart.table("SELECT reading FROM run_error")["reading"].to_list() == ["votes"]


def test_an_unknown_shape_is_told_apart_from_an_endpoint_that_is_down(node: Node, tmp_path: Path) -> None:
    path = "/cosmos/staking/v1beta1/pool"
    other = f"add_header {HEIGHT} $http_x_cosmos_block_height; return 200 '{{}}';"
    rule = f"location / {{ proxy_pass {node.url}; }} location {path} {{ {other} }}"
    with nginx(tmp_path, rule) as renamed:
        lcd = read(node, renamed)
        with pytest.raises(SourceDown, match=r"no pool\.bonded_tokens"):
            validators(lcd)
