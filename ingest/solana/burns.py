"""How much of a token was burned from one account, day by day, by the transactions that touched it.

What a transaction burns is what all its accounts together have less of the token afterwards. Transactions are final:
what those of a day that is over burned is kept for good, and asked for once.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from itertools import takewhile
from typing import Any, Final

import polars as pl

from ingest.fields import listed, number, optional, part, table, text
from ingest.network import Memo
from ingest.solana.accounts import TOKEN, TOKEN_2022
from ingest.solana.control import Watched
from ingest.solana.node import FINAL, Solana
from store.addresses import BASE58
from store.faults import BadData, SourceChanged, SourceDown
from store.parts import Lasting
from store.rows import Facts, Kind, frame, observation

DAYS: Final = 31
# What nodes list at most in one answer; an account with more pages in a month is none that only burns.
A_PAGE, PAGES = 1_000, 20
# Transactions that are asked for in one run; what is over is left for later runs, the newest days first.
A_RUN: Final = 150
# So many are kept together.
A_PART: Final = 50
# 64 bytes in base58.
SIGNATURE: Final = re.compile(f"[{BASE58}]{{64,88}}")


@dataclass(frozen=True, slots=True)
class Move:
    """A transaction that touched an account; failed: it changed nothing."""

    signature: str
    slot: int
    seconds: int
    failed: bool

    @property
    def day(self) -> date:
        """Its day in UTC."""
        return datetime.fromtimestamp(self.seconds, UTC).date()


def burns(watched: Watched, unit: str) -> Callable[[Solana, Memo], Facts]:
    """The reading of what was burned from the account of a network from which is burned."""

    def read(node: Solana, memo: Memo) -> Facts:
        """Tokens burned from that account on each of the last 31 whole days (UTC), however little.

        From the final transactions that touched the account (getSignaturesForAddress, compared with a second endpoint)
        and what all accounts in each had of the token before and after it (getTransaction). Days to which the lists do
        not reach back are left out, and so is what one run cannot read.
        """
        today = node.block.time.date()
        found = moves(node, watched.burns, datetime.combine(today - timedelta(days=DAYS), time(), UTC))
        if not found:
            raise SourceDown(f"{node.endpoint} lists no transaction of {watched.burns}: it keeps no history")
        rows = [
            observation("burned", datetime.combine(day, time(), UTC), amount, unit)
            for day, amount in _daily(node, memo, watched, found)
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)

    return read


class _Enough(Exception):
    """A run has asked for as many transactions as it may."""


def _daily(node: Solana, memo: Memo, watched: Watched, found: list[Move]) -> Iterator[tuple[date, int]]:
    """Days and what was burned on them, the newest first, as far as all their transactions are listed and read."""
    left = A_RUN

    def burned(own: Sequence[Move]) -> pl.DataFrame:
        nonlocal left
        if len(own) > left:
            raise _Enough
        left -= len(own)
        return _burned(node, watched, own)

    for back in range(1, DAYS + 1):
        day = node.block.time.date() - timedelta(days=back)
        if day <= found[-1].day:
            return
        own = [one for one in found if one.day == day and not one.failed]
        parts = [own[start : start + A_PART] for start in range(0, len(own), A_PART)]
        with suppress(_Enough):
            kept = [memo(_name(node, watched, day, part), partial(burned, part)) for part in parts]
            yield day, sum(int(one["burned"][0]) for one in kept)


def _name(node: Solana, watched: Watched, day: date, own: Sequence[Move]) -> str:
    """The name under which some transactions of a day are kept: for good, unless one endpoint alone tells of them.

    Of these transactions and no others, so that what a list hid once is asked for where the next one has it.
    """
    which = sha256(" ".join(one.signature for one in own).encode()).hexdigest()[:16]
    name = f"final-burned-{watched.burns}-{day}-{which}"
    return Lasting(name) if node.witness else name


def _burned(node: Solana, watched: Watched, own: Sequence[Move]) -> pl.DataFrame:
    """What some transactions burned together; a second endpoint that answers must tell them alike."""
    how = {"encoding": "json", "maxSupportedTransactionVersion": 0, **FINAL}
    amounts = [node.ask_two("getTransaction", [one.signature, how], partial(_change, watched, one)) for one in own]
    return pl.DataFrame({"burned": [str(sum(amounts))]}, schema={"burned": pl.String})


def moves(node: Solana, address: str, since: datetime) -> list[Move]:
    """Transactions that touched an account up to the slot, the newest first, and the first of before `since`."""
    found: list[Move] = []
    for _ in range(PAGES):
        before = {"before": found[-1].signature} if found else {}
        how = {"limit": A_PAGE, "minContextSlot": node.block.height, **FINAL, **before}
        page, whole = node.ask_two("getSignaturesForAddress", [address, how], partial(_page, node.block.height, found))
        found += page
        if not whole or (found and found[-1].seconds < since.timestamp()):
            older = [one for one in found if one.seconds < since.timestamp()]
            return [*takewhile(lambda one: one.seconds >= since.timestamp(), found), *older[:1]]
    raise SourceDown(f"{address} was touched by more than {A_PAGE * PAGES:,} transactions since {since:%Y-%m-%d}")


def _page(slot: int, before: list[Move], told: Any) -> tuple[list[Move], bool]:
    """Transactions of a page, none of them after a slot, and whether more may follow."""
    rows = listed(told)
    found = [_move(row) for row in rows]
    order = [one.slot for one in (*before[-1:], *found)]
    if order != sorted(order, reverse=True):
        raise BadData("transactions are listed out of their order")
    names = [one.signature for one in (*before, *found)]
    if len(set(names)) != len(names):
        raise BadData("a transaction is listed twice")
    return [one for one in found if one.slot <= slot], len(rows) == A_PAGE


def _move(row: Any) -> Move:
    signature, error = text(row, "signature"), part(row, "err")
    if not SIGNATURE.fullmatch(signature):
        raise SourceChanged(f"{signature[:80]!r} is no signature")
    return Move(signature, _whole(row, "slot"), _seconds(row), error is not None)


def _change(watched: Watched, move: Move, told: Any) -> int:
    """How much less of a token the accounts of a transaction have afterwards; nothing where they have more."""
    if told is None:
        raise SourceDown(f"has no transaction {move.signature}")
    signatures, meta = listed(told, "transaction", "signatures"), table(told, "meta")
    if signatures[:1] != [move.signature] or _whole(told, "slot") != move.slot or _seconds(told) != move.seconds:
        raise SourceChanged(f"asked for the transaction {move.signature} of slot {move.slot}, got another one")
    if optional(meta, "err") is not None:
        raise BadData(f"{move.signature} failed, and was listed as one that did not")
    accounts = _accounts(watched.burns, told)
    # Without a token program no token moves, and nodes tell of none: anybody can send the account what is no token.
    moves_tokens = any(one in accounts for one in (TOKEN, TOKEN_2022))
    place = accounts.index(watched.burns) if moves_tokens else None
    before, after = (_held(meta, name, watched.mint, place) for name in ("preTokenBalances", "postTokenBalances"))
    return max(0, before - after)


def _accounts(address: str, told: Any) -> list[Any]:
    """The accounts of a transaction, one of them at an address: its own, then those of tables that it names."""
    more = optional(part(told, "meta"), "loadedAddresses") or {"writable": [], "readonly": []}
    accounts = [
        *listed(told, "transaction", "message", "accountKeys"),
        *listed(more, "writable"),
        *listed(more, "readonly"),
    ]
    if accounts.count(address) != 1:
        raise SourceChanged(f"a transaction of {address} names it {accounts.count(address)} times")
    if len(accounts) != (count := len(listed(told, "meta", "preBalances"))):
        raise SourceChanged(f"a transaction of {address} names {len(accounts)} accounts, and had {count}")
    return accounts


def _held(meta: Mapping[str, Any], name: str, mint: str, place: int | None) -> int:
    """What all accounts of a token hold together, each told once, the one at a place among them, or none at all."""
    rows = listed(meta, name)
    places = [_whole(row, "accountIndex") for row in rows]
    if len(set(places)) != len(places) or (place not in places if place is not None else places):
        told = sum(one == place for one in places)
        raise BadData(f"{name} tells of account {place} {told} times, of others {len(places)} times")
    return sum(_amount(row) for row in rows if text(row, "mint") == mint)


def _amount(row: Any) -> int:
    told = text(row, "uiTokenAmount", "amount")
    if not (told.isascii() and told.isdecimal() and len(told) <= 20):
        raise SourceChanged(f"an amount is {told[:80]!r}")
    return int(told)


def _seconds(row: Any) -> int:
    """When it was, in seconds since 1970, within the years that there are."""
    found = _whole(row, "blockTime")
    if found > 2**33:
        raise SourceChanged(f"a transaction is of {found} seconds after 1970")
    return found


def _whole(row: Any, name: str) -> int:
    found = number(row, name)
    if not isinstance(found, int) or found < 0:
        raise SourceChanged(f"{name} is {found}")
    return found


# What the reading tells, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
burns:
  burned | | <unit> | what was burned on a day, which begins at that time
"""
