"""Who holds an ERC-20 token: seed and verify, or a replay of all transfers where somebody has an archive node.

Public nodes keep no logs from before the merge (EIP-4444) and no list of holders. So candidates come from an
explorer's ranking and from the transfers since the merge; what each of them holds is then asked of the token itself,
all at one final block. How much is missing is known exactly: total supply less the sum of what was found.
"""

import json
import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

import polars as pl

from ingest.endpoints import Rotation
from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.logs import (
    NOBODY,
    TRANSFER,
    AnswersLeft,
    Segment,
    Wanted,
    added,
    net_changes,
    segments,
    transfers,
)
from ingest.evm.node import EvmNode
from ingest.evm.provider import Provider
from ingest.fields import listed, part, table, text
from ingest.network import Memo
from ingest.transport import Http, bare
from store.addresses import NotAnAddress, address
from store.faults import BadData, SourceChanged, SourceDown
from store.parts import Lasting
from store.rows import Facts, holdings

EXPLORER_PAGES: Final = 20
# Why those of a past day are not known where no event is read.
RANKED_NOW: Final = "an explorer ranks the holders of now alone"
# A pinned block's state is kept for 128 blocks (25 minutes), of which finality takes 13: little time is left.
ANSWERS_A_RUN: Final = 150
SPOT_CHECKS: Final = 100
# One of so many whom an explorer ranks may have sold all that he had meanwhile.
FEW: Final = 10

log = logging.getLogger(__name__)


def token_holders(
    token: str,
    *,
    since: int | None = None,
    answers_a_run: int = ANSWERS_A_RUN,
    segment_blocks: int = 0,
) -> Callable[[EvmNode, Memo], Facts]:
    """The reading of any ERC-20 token's holders.

    since: the first block that is read, where that is not the chain's. answers_a_run: how much of the history one run
    reads. segment_blocks: the stretch of blocks that is read and kept as one part, where that is not the chain's.
    """

    def holders(node: EvmNode, memo: Memo) -> Facts:
        """Balance of every known holder, asked of the token contract (balanceOf) at one final block.

        Holders are known from an explorer's ranking and from the Transfer events that public nodes still serve: those
        of Ethereum since the merge (September 2022). The part of totalSupply that no known holder has is shown as
        missing coverage. Where an archive node is configured, all transfers since the first are replayed instead,
        and the result is proved: minted less burned equals totalSupply, nobody is below zero, and a hundred balances
        drawn by lot equal what the contract says.
        """
        supply, blocks = int(node.call(Call(token, "totalSupply()"))), segment_blocks or node.chain.day
        archive = node.archive()
        if archive is not None:
            stretches = segments(deployed(archive, token), node.block.height, blocks)
            held = replayed(archive, token, memo, stretches, supply)
        else:
            ranked = ranking(node.http, node.chain.explorers, token)
            first = node.chain.since if since is None else since
            stretches = segments(first, node.block.height, blocks)
            held = verified(node, token, {*ranked, *participants(node, token, memo, stretches, answers_a_run)})
        rows = holdings(("holders", holder, amount) for holder, amount in sorted(held.items()) if amount)
        return Facts(rows, reported={"holders": supply})

    return holders


def ranked_holders(token: str) -> Callable[[EvmNode], Facts]:
    """The reading of the largest holders of an ERC-20 that moves too often to read every move of it."""

    def holders(node: EvmNode) -> Facts:
        """Balance of each of the largest holders, asked of the token contract (balanceOf) at one final block.

        Who they are an explorer's ranking says, a thousand at most. The part of totalSupply that all others have is
        shown as missing coverage.
        """
        held = Rotation(node.chain.explorers).ask(partial(_largest, node, token))
        rows = holdings(("holders", holder, amount) for holder, amount in sorted(held.items()) if amount)
        return Facts(rows, reported={"holders": int(node.call(Call(token, "totalSupply()")))})

    return holders


def _largest(node: EvmNode, token: str, explorer: str) -> dict[str, int]:
    """What each holds whom an explorer ranks; BadData where many hold nothing: it ranks others."""
    held = verified(node, token, {*chain.from_iterable(_pages(node.http, explorer, token))})
    without = sum(not amount for amount in held.values())
    if without * FEW > len(held):
        raise BadData(f"{bare(explorer)} ranks {without} of {len(held)} who hold no {token}")
    return held


def ranking(http: Http, explorers: Sequence[str], token: str) -> tuple[str, ...]:
    """The largest holders as a Blockscout ranks them: at most twenty pages, fewer when it goes down meanwhile.

    Raises SourceDown when the pages of every explorer have an unknown shape, or a next one with nothing new.
    """
    if not explorers:
        return ()
    return Rotation(explorers).ask(lambda explorer: _ranking(http, explorer, token))


def _ranking(http: Http, explorer: str, token: str) -> tuple[str, ...]:
    holders: dict[str, None] = {}
    try:
        for page in _pages(http, explorer, token):
            holders |= dict.fromkeys(page)
    except SourceDown as error:
        log.warning("%s ranks no more than %d holders of %s: %s", bare(explorer), len(holders), token, error)
    return tuple(holders)


def _pages(http: Http, explorer: str, token: str) -> Iterator[list[str]]:
    """Those on each page of a token's ranking."""
    return ranked_pages(http, f"{explorer}/api/v2/tokens/{token}/holders", _named)


def ranked_pages(http: Http, url: str, named: Callable[[list[Any], str], list[str]]) -> Iterator[list[str]]:
    """The pages of a ranking of holders, at most twenty; named: who is named by the rows of a page at an address.

    Raises SourceDown where a page is not there, SourceChanged where it has an unknown shape, or nothing new and a next.
    """
    holders: set[str] = set()
    params: dict[str, str] = {}
    for _ in range(EXPLORER_PAGES):
        rows, following = _ranked(_page(http, url, params), url)
        page = named(rows, url)
        if following and holders >= set(page):
            raise SourceChanged(f"{bare(url)} has a page with nothing new, and a next one")
        holders |= set(page)
        yield page
        if not following:
            break
        # What the explorer hands out is sent back as it is, as JSON writes it: its own meaning changes with versions.
        params = {name: _as_sent(value) for name, value in following.items() if value is not None}


def _ranked(page: Any, url: str) -> tuple[list[Any], dict[str, Any]]:
    """The rows on a page of a ranking, and what to ask the next with."""
    try:
        return listed(page, "items"), dict(table(part(page, "next_page_params") or {}))
    except SourceChanged as error:
        raise SourceChanged(f"{bare(url)} has an unknown shape: {error}") from error


def _named(rows: list[Any], url: str) -> list[str]:
    """The holders on a page; a row that names nobody is left out. Raises SourceChanged where none can be understood."""
    holders, wrong = [], []
    for row in rows:
        try:
            holders.append(account(text(row, "address", "hash")))
        except SourceChanged as error:
            wrong.append(error)
    if wrong and not holders:
        raise SourceChanged(f"{bare(url)} has an unknown shape: {wrong[0]!r} in {str(rows)[:200]}") from wrong[0]
    if wrong:
        log.warning("%s: %d of %d rows name no holder and are left out: %r", bare(url), len(wrong), len(rows), wrong[0])
    return holders


def account(told: str) -> str:
    """An account of the chain as it is stored; raises SourceChanged for what is none, or of another kind of chain."""
    try:
        found = address(told)
    except NotAnAddress as error:
        raise SourceChanged(str(error)) from error
    if found.kind != "evm":
        raise SourceChanged(f"{told!r} is no address of an EVM chain")
    return found.canonical


def _as_sent(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def participants(node: EvmNode, token: str, memo: Memo, stretches: Iterable[Segment], answers_a_run: int) -> set[str]:
    """Everybody who took part in a transfer in stretches of blocks, as far as these are read by now.

    What is over `answers_a_run` is left for later runs; finished stretches are kept.
    """
    parties: set[str] = set()
    answers, wanted = AnswersLeft(answers_a_run), Wanted((token,), (TRANSFER,))

    def make(first: int, last: int) -> pl.DataFrame:
        read = partial(transfers, token=token)
        return net_changes(answers.of(node.logs(wanted, first, last, read)))

    found, later = answers.read(stretches, lambda stretch: _kept(memo, stretch, make)["address"].to_list())
    parties.update(*found.values())
    if later:
        log.warning("%d stretches of blocks with transfers of %s are left for later runs", len(later), token)
    return parties - {NOBODY}


def verified(node: EvmNode, token: str, candidates: set[str]) -> dict[str, int]:
    """What each candidate holds at the pinned block, by the token's own word."""
    if not candidates:
        raise SourceDown(f"neither an explorer nor a log names a holder of {token}")
    holders = sorted(candidates)
    return dict(zip(holders, balances(node, token, holders), strict=True))


def balances(node: EvmNode, token: str, holders: Sequence[str]) -> list[int]:
    """What each address holds at the pinned block, by the token's own word."""
    return numbers(node, token, "balanceOf(address)", [(int(holder, 16),) for holder in holders])


def replayed(node: EvmNode, token: str, memo: Memo, stretches: Iterable[Segment], supply: int) -> dict[str, int]:
    """Balances from all transfers since the token exists, audited; raises BadData when the audit fails."""

    def make(first: int, last: int) -> pl.DataFrame:
        wanted = Wanted((token,), (TRANSFER,))
        return net_changes(node.logs(wanted, first, last, partial(transfers, token=token)))

    held = added([_kept(memo, stretch, make) for stretch in stretches])
    issued = -held.pop(NOBODY, 0)
    # Nearly always zero; an old token may count as a holder the address that burned tokens were sent to.
    held[NOBODY] = balances(node, token, [NOBODY])[0]
    if issued + held[NOBODY] != supply:
        raise BadData(f"{token}: minted less burned is {issued}, totalSupply is {supply}")
    below = [holder for holder, amount in held.items() if amount < 0]
    if below:
        raise BadData(f"{token}: {below[0]} has sent {-held[below[0]]} more than it received")
    _spot_check(node, token, held)
    return held


def deployed(node: EvmNode, contract: str) -> int:
    """The block in which a contract was made, by bisection over its code; needs an archive node."""
    without, with_code = -1, node.block.height
    while with_code - without > 1:
        middle = (without + with_code) // 2
        if node.ask(partial(Provider.code, address=contract, height=middle)):
            with_code = middle
        else:
            without = middle
    return with_code


def _spot_check(node: EvmNode, token: str, held: dict[str, int]) -> None:
    """Compares balances drawn by lot (by the block's hash) with what the contract says."""
    drawn = random.Random(node.block.hash).sample(sorted(held), min(SPOT_CHECKS, len(held)))
    for holder, amount in zip(drawn, balances(node, token, drawn), strict=True):
        if amount != held[holder]:
            raise BadData(f"{token}: {holder} holds {amount}, its transfers add up to {held[holder]}")


def _kept(memo: Memo, stretch: Segment, make: Callable[[int, int], pl.DataFrame]) -> pl.DataFrame:
    """A stretch of blocks from the memo; one that is still growing is read anew."""
    if not stretch.finished:
        return make(stretch.first, stretch.last)
    # Parts are a reading's own, and a reading has one token. Of another they would be candidates only, who are asked
    # what they hold, and fail the audit of a replay: nothing wrong would pass.
    name = Lasting(f"final-transfers-{stretch.first}-{stretch.last}")
    return memo(name, lambda: make(stretch.first, stretch.last))


def _page(http: Http, url: str, params: dict[str, str]) -> Any:
    answer = http.get(url, params)
    if answer.status >= 400:
        raise SourceDown(f"{bare(url)} answered {answer.status}")
    return answer.json()


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
token_holders:
  holders | <address> | | accounts and contracts that hold the token
ranked_holders:
  holders | <address> | | the largest accounts and contracts that hold the token
"""
