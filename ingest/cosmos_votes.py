"""Votes on proposals that are over, found again in the transactions that cast them."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final

import polars as pl

from ingest.cosmos import Ask, Lcd
from ingest.cosmos_governance import dialect, identity, vote_rows
from ingest.cosmos_json import listed, moment, optional, part, text, whole
from ingest.network import Memo
from store.rows import VOTES, Facts, SourceDown

TXS: Final = "/cosmos/tx/v1beta1/txs"
TXS_A_PAGE: Final = 100
# As a number, because some versions do not know the name.
OLDEST_FIRST: Final = "1"
# Votes while a proposal is open are captured as they come; this fills in what ended before, or while nothing ran.
LOOK_BACK: Final = timedelta(days=90)
# What a node says that keeps no index of transactions.
NO_INDEX: Final = "indexing is disabled"
CAST: Final = {"MsgVote", "MsgVoteWeighted"}
EXECUTED: Final = "/cosmos.authz.v1beta1.MsgExec"

Json = dict[str, Any]


def past_votes(node: Lcd, memo: Memo) -> Facts:
    """Votes on proposals that ended in the last ninety days, from the transactions that cast them.

    The chain itself deletes votes at the count, so this needs an endpoint that indexes transactions back to that which
    submitted the proposal; proposals that none indexes are left out. Votes that a smart contract cast are not found.
    The last vote of a voter counts.
    """
    ended = [row for row in node.pages(f"{dialect(node)}/proposals", "proposals") if _ended_lately(node, row)]
    found = [memo(f"proposal-{number}", partial(votes_cast, node, number)) for number in map(identity, ended)]
    rows = pl.concat([VOTES.to_frame(), *found])
    return Facts(rows, empty=rows.is_empty())


def votes_cast(node: Lcd, proposal: str) -> pl.DataFrame:
    """The last vote of every voter on a proposal, by its transactions; nothing where no endpoint indexes them.

    Raises SourceDown where an endpoint that might index them does not answer and no other one does.
    """
    reasons = []
    for ask in node.unpinned():
        try:
            # An index that has the first transaction of a proposal has all later ones.
            if _search(ask, f"submit_proposal.proposal_id='{proposal}'", 1)[0]:
                return _last_votes(ask, proposal, node.block.height)
        except SourceDown as error:
            if NO_INDEX not in str(error):
                reasons.append(str(error))
    if reasons:
        raise SourceDown("; ".join(reasons))
    return VOTES.to_frame()


def _last_votes(ask: Ask, proposal: str, until: int) -> pl.DataFrame:
    last: dict[str, list[Json]] = {}
    for response in _all_found(ask, f"proposal_vote.proposal_id='{proposal}'"):
        height = whole(response, "height")
        if height > until or whole(response, "code"):
            continue
        for message in _messages(listed(response, "tx", "body", "messages")):
            if _is_vote(message) and str(whole(message, "proposal_id")) == proposal:
                last[text(message, "voter")] = vote_rows(proposal, message, height)
    return pl.DataFrame([row for rows in last.values() for row in rows], schema=VOTES, orient="row")


def _ended_lately(node: Lcd, proposal: Json) -> bool:
    end = moment(part(proposal, "voting_end_time"))
    return end is not None and node.block.time - LOOK_BACK <= end < node.block.time


def _all_found(ask: Ask, query: str) -> Iterator[Json]:
    """All transactions of a search, the oldest first; raises SourceDown when fewer come than it counts."""
    page, seen = 1, 0
    while True:
        found, total = _search(ask, query, page)
        yield from found
        seen += len(found)
        if seen >= total:
            return
        if not found:
            raise SourceDown(f"search for {query}: {seen} of {total} transactions came")
        page += 1


def _search(ask: Ask, query: str, page: int) -> tuple[list[Json], int]:
    """One page of a search. Before SDK 0.50 the query is called `events` and the page an offset; both are sent."""
    asked = {
        "events": query,
        "query": query,
        "order_by": OLDEST_FIRST,
        "page": str(page),
        "limit": str(TXS_A_PAGE),
        "pagination.limit": str(TXS_A_PAGE),
        "pagination.offset": str((page - 1) * TXS_A_PAGE),
        "pagination.count_total": "true",
    }
    body = ask(TXS, asked)
    pagination = optional(body, "pagination") or {}
    totals = (whole(told, "total") for told in (body, pagination) if optional(told, "total"))
    return listed(body, "tx_responses"), next(totals, 0)


def _messages(found: list[Json]) -> Iterator[Json]:
    """Messages, and those that were executed on behalf of another account."""
    for message in found:
        if part(message, "@type") == EXECUTED:
            yield from _messages(listed(message, "msgs"))
        else:
            yield message


def _is_vote(message: Json) -> bool:
    kind = text(message, "@type")
    return kind.startswith("/cosmos.gov.") and kind.rpartition(".")[2] in CAST
