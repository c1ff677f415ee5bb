"""Votes on proposals that are over, from the transactions that cast them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ingest.cosmos_votes import past_votes, votes_cast
from store.rows import Facts, Kind, SourceDown, check
from tests.lcd import State, Validator, account, chain, failure, governed, proposal
from tests.servers import Request
from tests.test_cosmos import but, pinned
from tests.test_cosmos_stake import at_once

STATE = State([Validator(0, 100, 100 * 10**18)])
ENDED = STATE.time - timedelta(days=30)
OPTION = {"yes": "VOTE_OPTION_YES", "no": "VOTE_OPTION_NO"}


def vote(voter: int, option: str, number: str = "1") -> dict[str, Any]:
    kind = "/cosmos.gov.v1.MsgVote"
    return {"@type": kind, "proposal_id": number, "voter": account(voter), "option": OPTION[option]}


def split(voter: int) -> dict[str, Any]:
    options = [{"option": OPTION[name], "weight": "0.500000000000000000"} for name in ("yes", "no")]
    kind = "/cosmos.gov.v1beta1.MsgVoteWeighted"
    return {"@type": kind, "proposal_id": "1", "voter": account(voter), "options": options}


def on_behalf(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"@type": "/cosmos.authz.v1beta1.MsgExec", "grantee": account(77), "msgs": list(messages)}


def transaction(height: int, *messages: dict[str, Any], code: int = 0) -> dict[str, Any]:
    return {"height": str(height), "code": code, "tx": {"body": {"messages": list(messages)}}}


def indexed(
    found: Sequence[dict[str, Any]], *, submitted: bool = True, lost: int = 0, before_50: bool = False
) -> State:
    """A node that finds these transactions; `lost` more are counted but never come."""

    def search(request: Request) -> dict[str, Any]:
        query = request.params["events" if before_50 else "query"]
        rows: Sequence[dict[str, Any]] = ([transaction(1)] if submitted else []) if "submit" in query else found
        if before_50:
            start, limit = int(request.params["pagination.offset"]), int(request.params["pagination.limit"])
        else:
            limit = int(request.params["limit"])
            start = (int(request.params["page"]) - 1) * limit
        total = str(len(rows) + lost)
        body = {"tx_responses": rows[start : start + limit]}
        return {**body, "pagination": {"total": total}} if before_50 else {**body, "pagination": None, "total": total}

    proposals = [
        proposal(1, "PASSED", ENDED),
        proposal(2, "REJECTED", STATE.time - timedelta(days=91)),
        proposal(3, "VOTING_PERIOD", STATE.time + timedelta(days=1)),
    ]
    return governed(replace(STATE, bodies={"/cosmos/tx/v1beta1/txs": search}), proposals, {})


def choices(facts: Facts) -> set[tuple[str, str, str, int]]:
    rows = facts.rows.select("voter", "option", "weight", "height").rows()
    return {(voter, option, f"{weight:.1f}", height) for voter, option, weight, height in rows}


def test_the_last_vote_of_a_voter_counts() -> None:
    found = [
        transaction(10, vote(1, "yes"), vote(2, "no", number="9")),
        transaction(11, vote(3, "no"), code=5),
        transaction(12, on_behalf(split(4), on_behalf(vote(5, "no")))),
        transaction(13, vote(1, "no"), {"@type": "/cosmos.bank.v1beta1.MsgSend"}),
    ]
    with pinned(chain(indexed(found))) as node:
        facts = past_votes(node, at_once)
    check(facts, Kind.VOTES)
    assert facts.rows["proposal"].unique().to_list() == ["1"]
    assert choices(facts) == {
        (account(1), "no", "1.0", 13),
        (account(4), "yes", "0.5", 12),
        (account(4), "no", "0.5", 12),
        (account(5), "no", "1.0", 12),
    }


@pytest.mark.parametrize("before_50", [False, True])
def test_all_pages_of_a_search_are_read(before_50: bool) -> None:
    found = [transaction(number + 1, vote(number, "yes")) for number in range(250)]
    with pinned(chain(indexed(found, before_50=before_50))) as node:
        assert votes_cast(node, "1").height == 250


def test_an_index_that_begins_after_the_proposal_is_not_believed() -> None:
    found = [transaction(10, vote(1, "yes"))]
    late, whole = chain(indexed(found[:0], submitted=False)), chain(indexed(found))
    with pinned(late) as node:
        assert past_votes(node, at_once).empty
    with pinned(late, whole) as node:
        assert choices(past_votes(node, at_once)) == {(account(1), "yes", "1.0", 10)}


def test_a_node_without_an_index_is_told_apart_from_one_that_is_down() -> None:
    path, without = "/cosmos/tx/v1beta1/txs", failure(500, 2, "transaction indexing is disabled")
    state = indexed([transaction(10, vote(1, "yes"))])
    with pinned(but(chain(state), path, without)) as node:
        assert past_votes(node, at_once).empty
    down = but(chain(state), path, failure(503, 14, "connection refused"))
    with pinned(down, but(chain(state), path, without)) as node, pytest.raises(SourceDown, match="connection refused"):
        past_votes(node, at_once)


def test_a_search_that_loses_transactions_is_an_error() -> None:
    lossy = indexed([transaction(10, vote(1, "yes"))], lost=3)
    with pinned(chain(lossy)) as node, pytest.raises(SourceDown, match="1 of 4 transactions came"):
        past_votes(node, at_once)
