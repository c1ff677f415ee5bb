"""Votes on proposals that are over, from the transactions that cast them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from ingest.cosmos.past_votes import past_votes
from store.faults import SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.ingest.cosmos.test_lcd import but, pinned
from tests.ingest.cosmos.test_stake import at_once
from tests.worlds.lcd import State, Validator, account, chain, failure, governed, proposal
from tests.worlds.servers import Reply, Request

STATE = State([Validator(0, 100, 100 * 10**18)])
ENDED = STATE.time - timedelta(days=30)
TXS = "/cosmos/tx/v1beta1/txs"
OPTION = {"yes": "VOTE_OPTION_YES", "no": "VOTE_OPTION_NO"}


def moment(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def vote(voter: int, option: str, number: str = "1") -> dict[str, Any]:
    kind = "/cosmos.gov.v1.MsgVote"
    return {"@type": kind, "proposal_id": number, "voter": account(voter), "option": OPTION[option]}


def split(voter: int) -> dict[str, Any]:
    options = [{"option": OPTION[name], "weight": "0.500000000000000000"} for name in ("yes", "no")]
    kind = "/cosmos.gov.v1beta1.MsgVoteWeighted"
    return {"@type": kind, "proposal_id": "1", "voter": account(voter), "options": options}


def on_behalf(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"@type": "/cosmos.authz.v1beta1.MsgExec", "grantee": account(77), "msgs": list(messages)}


def transaction(height: int, *messages: dict[str, Any], code: int = 0, days: float = 1) -> dict[str, Any]:
    """A transaction of so many days before the vote ended."""
    time = moment(ENDED - timedelta(days=days))
    body = {"messages": list(messages)}
    digest = sha256(f"{height} {messages}".encode()).hexdigest().upper()
    return {"height": str(height), "txhash": digest, "code": code, "timestamp": time, "tx": {"body": body}}


def indexed(
    found: Sequence[dict[str, Any]],
    *,
    submission: dict[str, Any] | None = None,
    submitted: bool = True,
    lost: int = 0,
    before_50: bool = False,
) -> State:
    """A node that finds these transactions; `lost` more are counted but never come."""

    first = [transaction(1, *([submission] if submission else []))] if submitted else []

    def search(request: Request) -> dict[str, Any]:
        query = request.params["events" if before_50 else "query"]
        rows: Sequence[dict[str, Any]] = first if "submit" in query else found
        if before_50:
            start, limit = int(request.params["pagination.offset"]), int(request.params["pagination.limit"])
        else:
            limit = int(request.params["limit"])
            start = (int(request.params["page"]) - 1) * limit
        total = str(len(rows) + lost)
        body = {"tx_responses": rows[start : start + limit]}
        return {**body, "pagination": {"total": total}} if before_50 else {**body, "pagination": None, "total": total}

    proposals = [
        {**proposal(1, "PASSED", ENDED), "voting_start_time": moment(ENDED - timedelta(days=7))},
        proposal(2, "REJECTED", STATE.time - timedelta(days=91)),
        proposal(3, "VOTING_PERIOD", STATE.time + timedelta(days=1)),
    ]
    return governed(replace(STATE, bodies={TXS: search}), proposals, {})


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
        assert past_votes(node, at_once).rows.height == 250


def test_an_index_that_begins_after_the_proposal_is_not_believed() -> None:
    found = [transaction(10, vote(1, "yes"))]
    late, whole = chain(indexed(found[:0], submitted=False)), chain(indexed(found))
    with pinned(late) as node:
        assert past_votes(node, at_once).empty
    dead = but(late, TXS, failure(503, 14, "connection refused"))
    with pinned(dead, late) as node:
        assert past_votes(node, at_once).empty
    with pinned(late, whole) as node:
        assert choices(past_votes(node, at_once)) == {(account(1), "yes", "1.0", 10)}


def test_a_node_without_an_index_is_told_apart_from_one_that_is_down() -> None:
    without = failure(500, 2, "transaction indexing is disabled")
    state = indexed([transaction(10, vote(1, "yes"))])
    with pinned(but(chain(state), TXS, without)) as node:
        assert past_votes(node, at_once).empty
    down = but(chain(state), TXS, failure(503, 14, "connection refused"))
    with pinned(down, but(chain(state), TXS, without)) as node, pytest.raises(SourceDown, match="connection refused"):
        past_votes(node, at_once)


def searching(answer: Callable[[list[dict[str, Any]], int], tuple[list[dict[str, Any]], int]]) -> State:
    """A node whose searches for votes are answered so, from what it would have found and the page that is asked for."""
    found = [transaction(10 + number // 2, vote(number, "yes")) for number in range(250)]
    state = indexed(found)
    whole = state.bodies[TXS]

    def search(request: Request) -> dict[str, Any]:
        if "submit" in request.params["query"]:
            return whole(request)  # type: ignore[no-any-return]
        rows, total = answer(found, int(request.params["page"]))
        return {"tx_responses": rows, "total": str(total)}

    return replace(state, bodies={**state.bodies, TXS: search})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda found, _: (found[:100], 250), "100 of 250 transactions came, then no new one"),
        (lambda found, page: (found[50 * page - 50 :][:100], 350), "250 of 350 transactions came, then no new one"),
        (lambda found, _: (found, 0), "250 transactions came, 0 are counted"),
    ],
    ids=["page 1 again and again", "pages that overlap", "no count"],
)
def test_a_node_that_ignores_the_page_loses_no_vote_without_a_word(answer: Any, reason: str) -> None:
    with pinned(chain(searching(answer))) as node, pytest.raises(SourceDown, match=reason):
        past_votes(node, at_once)


def test_pages_that_overlap_count_each_transaction_once() -> None:
    state = searching(lambda found, page: (found[50 * page - 50 :][:100], 250))
    with pinned(chain(state)) as node:
        assert past_votes(node, at_once).rows.height == 250


def test_the_last_vote_counts_though_the_newest_come_first() -> None:
    found = [transaction(10, vote(1, "yes")), transaction(11, vote(1, "no")), transaction(11, vote(1, "yes"))]
    for order in (found, found[::-1]):
        with pinned(chain(indexed(order))) as node:
            assert choices(past_votes(node, at_once)) == {(account(1), "yes", "1.0", 11)}


@pytest.mark.parametrize(("asked", "kept"), [(True, [2]), (False, [1, 2])])
def test_votes_of_an_expedited_vote_that_went_on_as_a_regular_one_do_not_count(asked: bool, kept: list[int]) -> None:
    """Voting began a week before its end, an expedited vote would have ended after a day; its votes are deleted."""
    submission = {"@type": "/cosmos.gov.v1.MsgSubmitProposal", "title": "Proposal 1", "expedited": asked}
    cast = [transaction(10, vote(1, "yes"), days=6.5), transaction(11, vote(2, "no"), days=5.5)]
    state = indexed(cast, submission=submission)
    with pinned(chain(state)) as node:
        voters = past_votes(node, at_once).rows["voter"].to_list()
    assert voters == [account(number) for number in kept]


def test_a_search_that_loses_transactions_is_an_error() -> None:
    lossy = indexed([transaction(10, vote(1, "yes"))], lost=3)
    with pinned(chain(lossy)) as node, pytest.raises(SourceDown, match="1 of 4 transactions came"):
        past_votes(node, at_once)


def test_votes_that_one_endpoint_indexes_and_does_not_tell_are_not_taken_for_none() -> None:
    state = indexed([transaction(10, vote(1, "yes"))])
    late = chain(indexed([], submitted=False))

    def broken(request: Request) -> Reply:
        if "proposal_vote" in request.params.get("query", ""):
            return failure(500, 2, "no more")
        return chain(state)(request)

    with pinned(broken, late) as node, pytest.raises(SourceDown, match="no more"):
        past_votes(node, at_once)
    with pinned(broken, late, chain(state)) as node:
        assert past_votes(node, at_once).rows.height == 1
