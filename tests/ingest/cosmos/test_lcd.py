"""The client of Cosmos chains: proves endpoints, pins one block, gives complete lists or an error."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from urllib3.util import Retry

from ingest.cosmos.lcd import CosmosChain, Lcd, NotFound, NotServed
from ingest.endpoints import Contradiction
from ingest.fields import listed, table, text, whole
from ingest.transport import Http
from store.faults import BadData, SourceDown
from tests.worlds.lcd import Answer, State, Validator, chain, failure
from tests.worlds.servers import Reply, Request, serving

STATE = State([Validator(number, 10**12 + number, (10**12 + number) * 10**18) for number in range(7)])
POOL = "/cosmos/staking/v1beta1/pool"
VALIDATORS = "/cosmos/staking/v1beta1/validators"


@contextmanager
def pinned(*answers: Answer, chain_id: str = "akashnet-2") -> Iterator[Lcd]:
    """A node over servers that answer so, without pauses or retries."""
    with ExitStack() as stack:
        endpoints = [stack.enter_context(serving(answer)) for answer in answers]
        http = stack.enter_context(Http(per_second=10_000, patience=Retry(0)))
        yield CosmosChain(chain_id, ()).head(http, endpoints)


def but(answer: Answer, path: str, reply: Reply) -> Answer:
    """The same node with another answer at one path, once it is proved."""

    def other(request: Request) -> Reply:
        return reply if request.path == path and request.params.get("pagination.limit") != "1" else answer(request)

    return other


def test_the_head_is_two_blocks_below_the_newest_with_its_time_and_version() -> None:
    with pinned(chain(STATE)) as node:
        assert node.block.height == STATE.head - 2
        assert node.block.time == STATE.time - timedelta(seconds=12)
        assert node.runtime_version == "node 1.2.3 v0.53.5"
        assert node.chain_id == "akashnet-2"


def test_every_question_goes_to_the_pinned_block() -> None:
    heights = set()

    def watch(request: Request) -> Reply:
        if request.path == POOL:
            heights.add(request.headers.get("x-cosmos-block-height"))
        return chain(STATE)(request)

    with pinned(watch) as node:
        node.get(POOL, table)
        assert heights == {str(STATE.head - 2)}


def test_a_question_is_asked_once() -> None:
    asked = []

    def watch(request: Request) -> Reply:
        asked.append(request.path)
        return chain(STATE)(request)

    with pinned(watch) as node:
        assert node.get(POOL, table) == node.get(POOL, table)
        assert node.pages(VALIDATORS, "validators", list) == node.pages(VALIDATORS, "validators", list)
        assert asked.count(POOL) == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (replace(STATE, chain_id="sandbox-01"), "is a node of sandbox-01, not of akashnet-2"),
        (replace(STATE, time=datetime.now(UTC) - timedelta(hours=1)), "is at block 998 of"),
        (replace(STATE, time=datetime.now(UTC) + timedelta(days=1)), "is at block 998 of"),
        (replace(STATE, validators=[]), "knows no bonded validator"),
    ],
)
def test_an_endpoint_that_cannot_prove_itself_is_passed_over(state: State, reason: str) -> None:
    with pytest.raises(SourceDown, match=reason), pinned(chain(state)):
        pass
    with pinned(chain(state), chain(STATE)) as node:
        assert len(node.pages(VALIDATORS, "validators", list)) == 7


def test_an_endpoint_with_another_block_than_two_others_is_passed_over() -> None:
    def forged(request: Request) -> Reply:
        reply = chain(STATE)(request)
        if "/blocks/" in request.path:
            return Reply({**reply.body, "block_id": {"hash": "AAAA"}})  # type: ignore[dict-item]
        return reply

    with pytest.raises(SourceDown, match="disagree about block 998"), pinned(forged, chain(STATE)):
        pass
    with pinned(forged, chain(STATE), chain(STATE)) as node:
        assert node.block.hash == node.block_at(998).hash != "000000"


def test_an_endpoint_with_an_old_state_under_the_asked_height_is_passed_over() -> None:
    def old(request: Request) -> Reply:
        headers = {**request.headers, "x-cosmos-block-height": "17"}
        lie = {"grpc-metadata-x-cosmos-block-height": request.headers.get("x-cosmos-block-height", str(STATE.head))}
        return replace(chain(STATE)(replace(request, headers=headers)), headers=lie)

    with pytest.raises(SourceDown, match="disagree about block 998"), pinned(old, chain(STATE)):
        pass
    with pinned(old, chain(STATE), chain(STATE)) as node:
        assert node.get(POOL, table) == STATE.pool()
    with pinned(but(chain(STATE), POOL, failure(500, 2, "broken")), chain(STATE), old) as node:
        assert node.get(POOL, table) == STATE.pool()


def test_an_endpoint_that_ignores_the_height_is_not_believed() -> None:
    def newest(request: Request) -> Reply:
        reply = chain(STATE)(request)
        if request.path == POOL:
            return replace(reply, headers={"grpc-metadata-x-cosmos-block-height": "1000"})
        return reply

    with pinned(newest) as node, pytest.raises(SourceDown, match="answered at height 1000, not 998"):
        node.get(POOL, table)
    with pinned(newest, chain(STATE)) as node:
        assert whole(node.get(POOL, table), "pool", "bonded_tokens") == 7 * 10**12 + 21


def test_a_list_is_whole_whatever_page_size_a_server_allows() -> None:
    for most in (1, 2, 3, 100):
        with pinned(chain(replace(STATE, most=most))) as node:
            assert len(node.pages(VALIDATORS, "validators", list)) == 7


def test_a_list_that_ends_early_is_an_error() -> None:
    def short(request: Request) -> Reply:
        reply = chain(STATE)(request)
        if request.path == VALIDATORS and request.params["pagination.limit"] != "1":
            rows = [row.encoded("akash") for row in STATE.validators][:5]
            return replace(reply, body={"validators": rows, "pagination": {"next_key": None, "total": "7"}})
        return reply

    with pinned(short) as node, pytest.raises(SourceDown, match="5 of 7 rows came"):
        node.pages(VALIDATORS, "validators", list)


def test_a_page_that_repeats_is_an_error() -> None:
    def circle(request: Request) -> Reply:
        reply = chain(STATE)(request)
        if request.path == VALIDATORS and request.params["pagination.limit"] != "1":
            rows = [row.encoded("akash") for row in STATE.validators][:5]
            return replace(reply, body={"validators": rows, "pagination": {"next_key": "AAAA"}})
        return reply

    with pinned(circle) as node, pytest.raises(SourceDown, match="page AAAA came twice"):
        node.pages(VALIDATORS, "validators", list)


def test_an_answer_too_large_for_grpc_is_asked_again_in_smaller_pages() -> None:
    limits = []

    def small(request: Request) -> Reply:
        limit = int(request.params.get("pagination.limit", "1"))
        if request.path == VALIDATORS and limit > 1:
            limits.append(limit)
            if limit > 4:
                return failure(429, 8, "grpc: received message larger than max (5242880 vs. 4194304)")
        return chain(STATE)(request)

    with pinned(small) as node:
        assert len(node.pages(VALIDATORS, "validators", list)) == 7
    assert limits == [1000, 500, 250, 125, 62, 31, 15, 7, 3, 3, 3, 3]


def test_the_newest_version_that_is_served_is_read() -> None:
    with pinned(chain(STATE)) as node:
        path, body = node.first(["/cosmos/staking/v1/pool", POOL], table)
        assert (path, body) == (POOL, STATE.pool())
        with pytest.raises(NotServed, match="akashnet-2 serves none of /cosmos/gov/v1/params/tallying"):
            node.first(["/cosmos/gov/v1/params/tallying"], table)


@pytest.mark.parametrize(
    "reply",
    [
        failure(500, 2, "panic message redacted to hide potentially sensitive system info"),
        failure(503, 14, "connection refused"),
        failure(400, 3, "version does not exist"),
        Reply({"error": {"code": -32000, "message": "over quota"}}),
        Reply({"code": 2, "message": "wrong", "details": []}),
        Reply([]),
        Reply(b"<html>hello</html>", headers={"content-type": "text/html"}),
        Reply(b'{"pool": {"bonded_tok'),
        Reply(b""),
    ],
)
def test_an_endpoint_that_fails_is_replaced_by_the_next(reply: Reply) -> None:
    with pinned(but(chain(STATE), POOL, reply)) as node, pytest.raises(SourceDown):
        node.get(POOL, table)
    with pinned(but(chain(STATE), POOL, reply), chain(STATE)) as node:
        assert node.get(POOL, table) == STATE.pool()


def test_what_one_endpoint_lacks_is_missing_only_where_the_next_one_lacks_it_too() -> None:
    lacking, broken = (but(chain(STATE), POOL, failure(*told)) for told in ((404, 5, "not found"), (500, 2, "broken")))
    with pinned(lacking, chain(STATE)) as node:
        assert node.get(POOL, table) == STATE.pool()
    for others in ([], [lacking], [broken]):
        with pinned(lacking, *others) as node, pytest.raises(NotFound, match="not found"):
            node.get(POOL, table)


GATEWAY = failure(501, 12, "Not Implemented")
PROXY = Reply(b"<html>501 Not Implemented</html>", 501, {"content-type": "text/html"})
BROKEN = failure(500, 2, "broken")


def test_a_route_that_the_software_lacks_is_missing_where_the_next_one_lacks_it_too_or_is_silent() -> None:
    lacking = but(chain(STATE), POOL, GATEWAY)
    for other in (lacking, but(chain(STATE), POOL, BROKEN)):
        with pinned(lacking, other) as node, pytest.raises(NotServed):
            node.get(POOL, table)
    with pinned(lacking, chain(STATE)) as node:
        assert node.get(POOL, table) == STATE.pool()


def test_a_route_that_a_proxy_lacks_is_asked_of_another() -> None:
    lacking = but(chain(STATE), POOL, PROXY)
    with pinned(lacking, chain(STATE)) as node:
        assert node.get(POOL, table) == STATE.pool()
    with pinned(lacking, but(chain(STATE), POOL, GATEWAY)) as node, pytest.raises(NotServed):
        node.get(POOL, table)
    broken, silent = but(chain(STATE), POOL, BROKEN), pytest.raises(SourceDown, match="no other")
    with pinned(lacking, broken) as node, silent:
        node.get(POOL, table)


def test_an_older_route_is_tried_before_the_doubt_about_a_newer_one_counts() -> None:
    newer, silent = "/cosmos/staking/v1/pool", pytest.raises(SourceDown, match="v1/pool is not served, and no other")
    with pinned(but(chain(STATE), newer, PROXY), but(chain(STATE), newer, BROKEN)) as node:
        assert node.first([newer, POOL], table) == (POOL, STATE.pool())
        with silent:
            node.first([newer, "/cosmos/staking/v0/pool"], table)


def test_an_endpoint_of_another_chain_is_not_asked_when_the_first_fails() -> None:
    broken = but(chain(STATE), POOL, failure(500, 2, "broken"))
    other = chain(replace(STATE, chain_id="akash-testnet"))
    with pinned(broken, other) as node, pytest.raises(SourceDown, match="is of akash-testnet, not of akashnet-2"):
        node.get(POOL, table)


def test_a_past_block_is_read_while_somebody_has_its_state() -> None:
    with serving(chain(STATE)) as endpoint, Http(per_second=10_000, patience=Retry(0)) as http:
        node = CosmosChain("akashnet-2", ()).at(http, [endpoint], 17)
        assert node.block.height == 17
        assert node.block.time == STATE.time - timedelta(seconds=6 * (1000 - 17))
        with pytest.raises(SourceDown, match="bigger then the chain length"):
            CosmosChain("akashnet-2", ()).at(http, [endpoint], 1001)


# --- what a judge refuses, and lists that nobody counts ---------------------------------------------------------------

COINS = [{"denom": denom, "amount": amount} for denom, amount in (("uakt", "5"), ("ibc/1", "7"), ("ibc/2", "9"))]
FUND = "/cosmos/distribution/v1beta1/community_pool"


def funded(*coins: dict[str, str]) -> Answer:
    return chain(replace(STATE, bodies={FUND: {"pool": list(coins)}}))


def denoms(body: dict[str, Any]) -> list[str]:
    return [text(coin, "denom") for coin in listed(body, "pool")]


def test_what_a_judge_refuses_is_asked_of_the_next_endpoint() -> None:
    def only_akt(body: dict[str, Any]) -> list[str]:
        if denoms(body) != ["uakt"]:
            raise BadData("holds other coins")
        return denoms(body)

    with pinned(funded(*COINS), funded(COINS[0])) as node:
        assert node.get(FUND, denoms) == ["uakt", "ibc/1", "ibc/2"]
    with pinned(funded(COINS[1]), funded(COINS[0])) as node, pytest.raises(Contradiction, match="tells other"):
        node.get(FUND, only_akt)
    with pinned(funded(COINS[1])) as node, pytest.raises(SourceDown, match=f"{FUND}: holds other coins"):
        node.get(FUND, only_akt)


@pytest.mark.parametrize("order", [1, -1], ids=["the cut one first", "the whole one first"])
def test_a_list_that_nobody_counts_is_whole_where_one_endpoint_has_more_than_the_other(order: int) -> None:
    for cut in ([], COINS[:1], COINS[1:], COINS[::-1]):
        with pinned(*[funded(*cut), funded(*COINS)][::order]) as node:
            assert sorted(node.get(FUND, denoms)) == ["ibc/1", "ibc/2", "uakt"]


def test_of_two_that_contradict_each_other_a_third_one_decides() -> None:
    other = {**COINS[0], "amount": "6"}
    with pinned(funded(other), funded(COINS[0])) as node, pytest.raises(Contradiction, match="tells other"):
        node.get(FUND, denoms)
    with pinned(funded(other), funded(*COINS), funded(*COINS)) as node:
        assert node.get(FUND, denoms) == ["uakt", "ibc/1", "ibc/2"]


def test_a_row_that_comes_twice_counts_once_where_another_endpoint_has_it_once() -> None:
    with pinned(funded(*COINS, COINS[0]), funded(*COINS)) as node:
        assert node.get(FUND, denoms) == ["uakt", "ibc/1", "ibc/2"]


def test_newer_software_has_more_to_tell() -> None:
    older, newer = (chain(replace(STATE, bodies={FUND: {"pool": [], **more}})) for more in ({}, {"params": {"a": "1"}}))
    with pinned(older, newer) as node:
        assert node.get(FUND, lambda body: "params" in body)


def test_an_older_block_that_is_not_older_is_asked_of_the_next_endpoint() -> None:
    path = "/cosmos/base/tendermint/v1beta1/blocks/900"
    young = Reply(replace(STATE, time=STATE.time + timedelta(days=1)).block(900))
    with pinned(but(chain(STATE), path, young)) as node, pytest.raises(SourceDown, match="block 998 of"):
        node.block_at(900)
    with pinned(but(chain(STATE), path, young), chain(STATE)) as node:
        assert node.block_at(900).time < node.block.time


def test_an_endpoint_that_lacks_the_block_is_asked_to_confirm_a_list_once() -> None:
    asked: list[str] = []

    def behind(request: Request) -> Reply:
        asked.append(request.path)
        return failure(500, 2, "version does not exist")

    with pinned(funded(*COINS), behind) as node:
        proving = len(asked)
        for place in range(3):
            node.get(FUND, denoms, {"place": str(place)})
    assert len(asked) - proving <= 1
