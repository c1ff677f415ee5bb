"""Votes on proposals that are over, found again in the transactions that cast them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import polars as pl

from ingest.cosmos.governance import every_proposal, parameters
from ingest.cosmos.lcd import Ask, Lcd
from ingest.cosmos.pages import MOST_PAGES
from ingest.cosmos.proposals import identity, vote_rows
from ingest.endpoints import AbsentHere
from ingest.fields import address, duration, instant, listed, moment, optional, part, text, whole
from ingest.network import Memo
from store.faults import ReadingError, SourceDown
from store.rows import VOTES, Facts

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
    The last vote of a voter counts, and none that an expedited vote had before it went on as a regular one.
    """
    ended = [row for row in every_proposal(node) if _ended_lately(node, row)]
    found = [memo(f"proposal-{identity(row)}", partial(votes_cast, node, row)) for row in ended]
    # A part that was kept before an update lacks the columns that are new.
    rows = pl.concat([VOTES.to_frame(), *found], how="diagonal")
    return Facts(rows, empty=rows.is_empty())


def votes_cast(node: Lcd, proposal: Json) -> pl.DataFrame:
    """The last vote of every voter on a proposal, by its transactions; nothing where no endpoint indexes them.

    Raises SourceDown where none that answers could be asked, or the one that has them does not tell them.
    """
    number, reasons = identity(proposal), list[str]()
    looked = indexed = False

    def cast(ask: Ask) -> pl.DataFrame:
        nonlocal looked, indexed
        try:
            # An index that has the first transaction of a proposal has all later ones.
            submitted = _all_found(ask, f"submit_proposal.proposal_id='{number}'")
            looked = True
            if not submitted:
                raise AbsentHere(f"no transaction that submitted proposal {number}")
            indexed = True
            return _last_votes(ask, number, node.block.height, _counted_from(node, proposal, submitted))
        except AbsentHere:
            raise
        except ReadingError as error:
            reasons.append(str(error))
            raise

    try:
        return node.unpinned(cast)
    except AbsentHere as error:
        if indexed or (reasons and not looked):
            raise SourceDown("; ".join(reasons)) from error
        return VOTES.to_frame()


def _counted_from(node: Lcd, proposal: Json, submitted: list[Json]) -> datetime:
    """Since when votes count: where an expedited vote fails, the chain deletes its votes and a regular one goes on."""
    messages = _messages([message for row in submitted for message in listed(row, "tx", "body", "messages")])
    hurried = [row for row in messages if row.get("expedited") is True and row.get("title") == proposal.get("title")]
    if not hurried or proposal.get("expedited"):
        return datetime.min.replace(tzinfo=UTC)
    return instant(proposal, "voting_start_time") + duration(parameters(node), "expedited_voting_period")


def _last_votes(ask: Ask, proposal: str, until: int, since: datetime) -> pl.DataFrame:
    last: dict[str, list[Json]] = {}
    for response in _in_order(_all_found(ask, f"proposal_vote.proposal_id='{proposal}'")):
        height = whole(response, "height")
        if height > until or whole(response, "code") or instant(response, "timestamp") < since:
            continue
        for message in _messages(listed(response, "tx", "body", "messages")):
            if _is_vote(message) and str(whole(message, "proposal_id")) == proposal:
                last[address(message, "voter")] = vote_rows(proposal, message, height)
    return pl.DataFrame([row for rows in last.values() for row in rows], schema=VOTES, orient="row")


def _in_order(found: list[Json]) -> list[Json]:
    """Transactions as the chain executed them, though a node may answer the newest first."""
    heights = [whole(response, "height") for response in found]
    if heights and heights[0] > heights[-1]:
        found = found[::-1]
    # Those of one block stay in the order in which they came.
    return sorted(found, key=lambda response: whole(response, "height"))


def _ended_lately(node: Lcd, proposal: Json) -> bool:
    end = moment(proposal, "voting_end_time")
    return end is not None and node.block.time - LOOK_BACK <= end < node.block.time


def _all_found(ask: Ask, query: str) -> list[Json]:
    """All transactions of a search, each once; raises SourceDown when other than it counts come."""
    transactions: dict[str, Json] = {}
    for page in range(1, MOST_PAGES):
        rows, total = _search(ask, query, page)
        before = len(transactions)
        transactions |= {text(row, "txhash"): row for row in rows}
        if len(transactions) > total:
            raise SourceDown(f"search for {query}: {len(transactions)} transactions came, {total} are counted")
        if len(transactions) == total:
            return list(transactions.values())
        if len(transactions) == before:
            raise SourceDown(f"search for {query}: {len(transactions)} of {total} transactions came, then no new one")
    raise SourceDown(f"search for {query}: no end after {MOST_PAGES} pages")


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
    try:
        body = ask(TXS, asked)
    except SourceDown as error:
        if NO_INDEX in str(error):
            raise AbsentHere(str(error)) from error
        raise
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
