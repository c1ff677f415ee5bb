"""Lists of Cosmos chains over many pages: whole under every pager that real software has, refused under any other."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import ingest.cosmos.pages
from ingest.cosmos.control import authorities
from ingest.cosmos.lcd import Lcd
from ingest.cosmos.stake import delegators, shares
from store.faults import SourceDown
from store.impossible import check
from store.rows import Kind
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import amounts, at_once
from tests.worlds.lcd import ONE, STAKING, State, Validator, account, chain, failure, page, valoper, voting, wasm_page
from tests.worlds.servers import Reply, Request

# Delegations stand in the store by delegator; every second one is to the other validator.
HELD = [(number, number % 2, ONE) for number in range(2_500)]
STATE = State([Validator(0, 1_250, 1_250 * ONE), Validator(1, 1_250, 1_250 * ONE)], HELD)
DELEGATIONS = f"{STAKING}/validators/{valoper(0)}/delegations"
PAGED = "fetchvaloper12w7xdz2x367ywy6x7k04lsqapkujmqwzjt723a"


@contextmanager
def listing(answer: Callable[[Request], Any]) -> Iterator[Lcd]:
    """A node whose delegations to a validator are answered so."""
    with pinned(chain(replace(STATE, bodies={DELEGATIONS: answer}))) as node:
        yield node


def rows(first: int, past: int) -> list[dict[str, Any]]:
    return [{"number": number} for number in range(first, past)]


@pytest.mark.slow
@pytest.mark.parametrize("sdk", ["0.45", "0.53"])
def test_a_validator_with_more_than_a_thousand_delegations_is_read_whole(sdk: str) -> None:
    with pinned(chain(voting(replace(STATE, sdk=sdk)))) as node:
        facts, held = delegators(node, at_once), shares(node, at_once)
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "delegators") == {account(number): 1 for number in range(2_500)}
    assert len(held.rows) == 2_500 + 2 * 2


def test_a_list_of_one_page_is_asked_once_and_a_longer_one_not_while_it_is_counted() -> None:
    asked: list[dict[str, str]] = []

    def pager(most: int) -> Callable[[Request], dict[str, Any]]:
        def answer(request: Request) -> dict[str, Any]:
            asked.append({name.removeprefix("pagination."): value for name, value in request.params.items()})
            return page(rows(0, 3), "list", request.params, most)

        return answer

    for most in (3, 2):
        with listing(pager(most)) as node:
            assert node.pages(DELEGATIONS, "list", list) == rows(0, 3)
    short, *long = [sorted(one) for one in asked]
    assert short == ["count_total", "limit"]
    assert long == [["count_total", "limit"], ["limit"], ["key", "limit"]]


def test_a_list_of_one_page_that_lost_rows_is_refused() -> None:
    def answer(request: Request) -> dict[str, Any]:
        whole = page(rows(0, 6), "list", request.params, 10)
        return {**whole, "list": whole["list"][:3]}

    with listing(answer) as node, pytest.raises(SourceDown, match="3 of 6 rows came"):
        node.pages(DELEGATIONS, "list", list)


def test_software_that_refuses_to_count_is_read_without_a_count() -> None:
    codes = [{"code_id": str(number), "creator": account(number)} for number in range(1, 8)]
    bodies: dict[str, Any] = {
        "/cosmwasm/wasm/v1/code": lambda request: wasm_page(codes, "code_infos", request.params, 3),
        "/cosmwasm/wasm/v1/codes/params": {"params": {}},
        **{
            f"/cosmwasm/wasm/v1/code/{code['code_id']}/contracts": {"contracts": [], "pagination": {"next_key": None}}
            for code in codes
        },
    }
    with pinned(chain(replace(STATE, bodies=bodies))) as node:
        found = authorities(node, at_once).rows
    assert found["name"].to_list().count("code_creator") == 7


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_outage_does_not_drop_the_count(status: int) -> None:
    def answer(request: Request) -> Any:
        if "pagination.count_total" in request.params:
            return failure(status, 14, "connection refused")
        return page(rows(0, 3), "list", request.params, 2)

    with listing(answer) as node, pytest.raises(SourceDown, match="connection refused"):
        node.pages(DELEGATIONS, "list", list)


def test_a_count_of_the_page_alone_is_no_count_of_the_list() -> None:
    """Akash's own modules: recorded in akash_node_v2_1/leases_page_1.json."""

    def answer(request: Request) -> dict[str, Any]:
        shown = page(rows(0, 7), "list", request.params, 3)
        shown["pagination"]["total"] = str(len(shown["list"]))
        return shown

    with listing(answer) as node:
        assert node.pages(DELEGATIONS, "list", list) == rows(0, 7)


def invented(name: str) -> Callable[[Request], dict[str, Any]]:
    """Lists that no software of a chain gives."""
    fresh = count(1)

    def answer(request: Request) -> dict[str, Any]:
        turn = next(fresh)
        found = {
            "fresh key on empty pages": [],
            "fresh key on the same rows": rows(0, 2),
            "a row twice on a page": rows(0, 2) * 2,
            "new rows without end": rows(2 * turn, 2 * turn + 2),
        }[name]
        return {"list": found, "pagination": {"next_key": f"key {turn}", "total": "9"}}

    return answer


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fresh key on empty pages", "an empty page says that more follow"),
        ("fresh key on the same rows", "a row came on two pages"),
        ("a row twice on a page", "a row came twice on a page"),
        ("new rows without end", "10 rows came, the chain counts 9"),
    ],
)
def test_an_invented_list_without_end_is_left(name: str, reason: str) -> None:
    with listing(invented(name)) as node, pytest.raises(SourceDown, match=f"delegations at block 998: {reason}"):
        node.pages(DELEGATIONS, "list", list)


def test_an_invented_list_that_is_never_counted_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.cosmos.pages, "MOST_PAGES", 20)
    asked = count()

    def answer(request: Request) -> Any:
        if "pagination.count_total" in request.params:
            return failure(400, 3, "offset and count queries not supported")
        turn = next(asked)
        return {"list": rows(turn, turn + 1), "pagination": {"next_key": str(turn)}}

    with listing(answer) as node, pytest.raises(SourceDown, match="no end after 20 pages"):
        node.pages(DELEGATIONS, "list", list)
    assert next(asked) == 20


def recorded(shared: Path, name: str) -> dict[str, Any]:
    path = shared / f"cosmos/fetchd_v0_14_1_paging/cosmos_staking_v1beta1_validators_{PAGED}_delegations{name}.json.gz"
    with gzip.open(path) as file:
        found: dict[str, Any] = json.load(file)
    return found


def test_the_recorded_pages_of_a_real_fetchd_are_followed_by_the_key_that_loses_no_row(shared: Path) -> None:
    """The key that fetchd gives while it counts is of a row further on than the key it gives without counting."""
    plain, counting = (recorded(shared, name) for name in ("", "_total"))
    told = plain["body"]["pagination"]["next_key"]
    assert counting["body"]["pagination"] != {"next_key": told, "total": "2939"}
    rest = [{"delegation": {"delegator_address": str(number)}} for number in range(1_939)]
    followed: list[str] = []

    def answer(request: Request) -> Reply | dict[str, Any]:
        if "pagination.key" not in request.params:
            body: dict[str, Any] = (counting if "pagination.count_total" in request.params else plain)["body"]
            return body
        followed.append(request.params["pagination.key"])
        return {"delegation_responses": rest, "pagination": {"next_key": None}}

    with listing(answer) as node:
        found = node.pages(DELEGATIONS, "delegation_responses", list)
    assert followed == [told]
    assert len(found) == 2_939


def capped(rows_held: int, cap: int, *, silent: bool = True) -> Callable[[Request], dict[str, Any]]:
    """An invented server that gives so many rows at most, and does not say that more follow."""

    def answer(request: Request) -> dict[str, Any]:
        shown = page(rows(0, rows_held), "list", request.params, cap)
        told = shown["pagination"]["next_key"]
        limit = int(request.params["pagination.limit"])
        # Where fewer are asked for than it would give, it pages as others do.
        return {**shown, "pagination": {"next_key": None if silent and limit >= cap else told}}

    return answer


@pytest.mark.parametrize("cap", [100, 1_000])
def test_a_full_page_without_a_next_is_asked_for_again_by_half(cap: int) -> None:
    with listing(capped(cap * 3, cap)) as node:
        assert node.pages(DELEGATIONS, "list", list) == rows(0, cap * 3)
    with listing(capped(cap, cap)) as node:
        assert node.pages(DELEGATIONS, "list", list) == rows(0, cap)


@pytest.mark.parametrize("cap", [2, 3, 7])
@pytest.mark.parametrize("held", [1, 2, 3])
def test_a_page_as_long_as_a_cap_that_was_seen_is_asked_for_again_by_half(cap: int, held: int) -> None:
    """Also a list that is whole, and as short as two rows: of these one is asked for."""
    other = f"{STAKING}/validators/{valoper(1)}/delegations"
    bodies = {other: capped(20, cap, silent=False), DELEGATIONS: capped(held * cap, cap)}
    with pinned(chain(replace(STATE, bodies=bodies))) as node:
        assert node.pages(other, "list", list) == rows(0, 20)
        assert node.pages(DELEGATIONS, "list", list) == rows(0, held * cap)


def test_a_list_that_is_cut_in_silence_at_every_length_is_refused_and_the_next_endpoint_asked() -> None:
    def cut(request: Request) -> dict[str, Any]:
        return {"list": rows(0, min(100, int(request.params["pagination.limit"])))}

    bad, good = (chain(replace(STATE, bodies={DELEGATIONS: answer})) for answer in (cut, capped(300, 90, silent=False)))
    with pinned(bad) as node, pytest.raises(SourceDown, match="100 rows, 50 where fewer are asked for, and neither"):
        node.pages(DELEGATIONS, "list", list)
    with pinned(bad, good) as node:
        assert node.pages(DELEGATIONS, "list", list) == rows(0, 300)


def test_a_list_is_begun_anew_at_the_next_endpoint_where_one_fails_in_its_midst() -> None:
    def breaks(request: Request) -> Reply | dict[str, Any]:
        if "pagination.key" in request.params:
            return failure(500, 2, "broken")
        return page(rows(50, 90), "list", request.params, 10)

    bad, good = (
        chain(replace(STATE, bodies={DELEGATIONS: answer}))
        for answer in (breaks, lambda request: page(rows(0, 40), "list", request.params, 10))
    )
    with pinned(bad, good) as node:
        assert node.pages(DELEGATIONS, "list", list) == rows(0, 40)


def test_the_last_rows_of_a_list_come_over_as_many_pages_as_there_are() -> None:
    for held, most, expected in ((40, 3, 10), (40, 1_000, 10), (4, 3, 4)):
        with listing(capped(held, most, silent=False)) as node:
            assert node.newest(DELEGATIONS, "list", list, 10) == rows(0, expected)

    def half(request: Request) -> dict[str, Any]:
        whole = page(rows(0, 8), "list", request.params, 10)
        return {**whole, "list": whole["list"][:4]}

    with listing(half) as node, pytest.raises(SourceDown, match="4 of 8 rows came"):
        node.newest(DELEGATIONS, "list", list, 10)
