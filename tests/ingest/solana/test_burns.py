"""What was burned on which day: transactions of an account, each told by two endpoints, and kept for good.

Transactions are invented, in the form of published answers.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.network import Memo
from ingest.solana.burns import A_PAGE, A_RUN, burns
from ingest.solana.control import Watched
from ingest.solana.node import Solana, SolanaChain
from ingest.transport import Http
from store.faults import ReadingError
from store.parts import Lasting
from tests.worlds.servers import serving
from tests.worlds.solana_server import GENESIS, NOW, SLOT, Cluster, Move, account, key, token, token_account

TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
MINT, PLACE, OWNER, USER = key(20), key(21), key(22), key(23)
WATCHED = Watched(MINT, burns=PLACE)
ACCOUNTS = {**token(MINT), PLACE: account(TOKEN, token_account(MINT, OWNER))}
# The day before NOW, which is noon of the 30th of November.
YESTERDAY = datetime(2026, 11, 29, 15, tzinfo=UTC)


def burned(number: int, time: datetime, amount: int, **of: Any) -> Move:
    return Move(number, time, MINT, {PLACE: 10_000}, {PLACE: 10_000 - amount}, **of)


def came(number: int, time: datetime, amount: int) -> Move:
    """Somebody sends tokens there: nothing is burned."""
    return Move(number, time, MINT, {PLACE: 0, USER: amount}, {PLACE: amount, USER: 0})


OLD = burned(99, NOW - timedelta(days=40), 77)
MOVES = [
    # Of today, which is not over.
    burned(1, NOW - timedelta(hours=2), 5),
    burned(2, YESTERDAY, 100),
    came(3, YESTERDAY - timedelta(minutes=1), 900),
    burned(4, YESTERDAY - timedelta(hours=3), 20),
    burned(5, YESTERDAY - timedelta(hours=4), 5_000, failed=True),
    # Two days before: sent and burned at once.
    Move(6, YESTERDAY - timedelta(days=2), MINT, {PLACE: 3, USER: 50}, {PLACE: 3, USER: 10}),
    OLD,
]


def cluster(moves: Any = MOVES, **of: Any) -> Cluster:
    return Cluster(ACCOUNTS.get, moves=moves, **of)


class Kept:
    """A memo that keeps what lasts."""

    def __init__(self) -> None:
        self.frames: dict[str, pl.DataFrame] = {}

    def __call__(self, name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        if name not in self.frames:
            self.frames[name] = make()
        return self.frames[name]


@contextmanager
def heads(*servers: Any) -> Iterator[Solana]:
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(server)) for server in servers]
        http = stack.enter_context(Http(10_000, Retry(0)))
        yield SolanaChain(GENESIS, (), WATCHED, clock=lambda: NOW).head(http, addresses)


def read(*servers: Any, memo: Memo | None = None) -> dict[date, int]:
    """What was burned by day."""
    with heads(*servers) as node:
        rows = burns(WATCHED, "1e-8 T")(node, memo or Kept()).rows
    return {when.date(): int(exact) for when, exact in rows.select("time", "exact").iter_rows()}


def refused(*servers: Any) -> str:
    with pytest.raises(ReadingError) as error:
        read(*servers)
    return str(error.value)


def day(back: int) -> date:
    return NOW.date() - timedelta(days=back)


def test_what_the_accounts_of_a_transaction_lose_together_is_burned_on_its_day() -> None:
    found = read(cluster())
    assert (len(found), found[day(1)], found[day(3)]) == (31, 120, 40)
    assert sum(found.values()) == 160


def test_days_to_which_the_list_does_not_reach_back_are_left_out() -> None:
    found = read(cluster(MOVES[:-1]))
    # Of the day of the last one nobody knows whether another came before it.
    assert found == {day(1): 120, day(2): 0}


def test_an_endpoint_without_history_is_told() -> None:
    assert f"lists no transaction of {PLACE}: it keeps no history" in refused(cluster([]))


def test_a_day_that_is_over_is_asked_for_once() -> None:
    kept, first, again = Kept(), cluster(), cluster()
    assert read(first, memo=kept) == read(again, memo=kept)
    transactions = [name for batch in first.asked for name in batch if name == "getTransaction"]
    assert len(transactions) == 4
    assert ["getGenesisHash", "getTransaction"] not in again.asked
    assert all(name.startswith(f"final-burned-{PLACE}-2026-1") for name in kept.frames)


@pytest.mark.slow
def test_what_one_run_cannot_read_is_left_for_the_next_the_newest_days_first() -> None:
    many = [burned(100 + place, YESTERDAY - timedelta(minutes=place), 1) for place in range(A_RUN)]
    more = [burned(900 + place, YESTERDAY - timedelta(days=2, minutes=place), 1) for place in range(5)]
    found = read(cluster([*many, *more, OLD]))
    assert (found[day(1)], day(3) in found, sum(found.values())) == (A_RUN, False, A_RUN)


@pytest.mark.slow
def test_days_that_were_read_before_leave_a_run_to_older_ones() -> None:
    kept = Kept()
    moves = [burned(100 + one, YESTERDAY - timedelta(days=one // 60, minutes=one % 60), 1) for one in range(240)]
    assert read(cluster([*moves, OLD]), memo=kept)[day(1)] == 60
    found = read(cluster([*moves, OLD]), memo=kept)
    assert (len(found), sum(found.values())) == (31, 240)


@pytest.mark.slow
def test_a_day_with_more_than_one_run_can_read_is_read_in_several() -> None:
    kept = Kept()
    moves = [burned(100 + one, YESTERDAY - timedelta(minutes=one), 1) for one in range(A_RUN + 20)]
    first, second = (read(cluster([*moves, OLD]), memo=kept) for _ in range(2))
    # Days without a transaction are known meanwhile.
    assert (day(1) in first, len(first), second[day(1)]) == (False, 30, A_RUN + 20)


def test_a_transaction_that_was_hidden_once_is_not_hidden_for_good() -> None:
    kept = Kept()
    assert read(cluster([MOVES[0], *MOVES[2:]]), memo=kept)[day(1)] == 20
    assert read(cluster(), memo=kept)[day(1)] == 120


def test_what_one_endpoint_alone_tells_is_not_kept_for_good() -> None:
    alone, two = Kept(), Kept()
    read(cluster(), memo=alone)
    read(cluster(), cluster(), memo=two)
    assert not any(isinstance(name, Lasting) for name in alone.frames)
    assert all(isinstance(name, Lasting) for name in two.frames)
    assert two.frames


def test_whoever_sends_the_account_what_is_no_token_burns_nothing_and_hides_nothing() -> None:
    # A node tells of no account's tokens where no token program is among a transaction's accounts.
    def lamports(told: Any) -> Any:
        if told["transaction"]["signatures"] != [MOVES[2].signature]:
            return told
        message = {"accountKeys": [USER, PLACE, "11111111111111111111111111111111"]}
        meta = {**told["meta"], "preBalances": [1] * 3, "preTokenBalances": [], "postTokenBalances": []}
        return {**told, "meta": meta, "transaction": {**told["transaction"], "message": message}}

    assert read(with_transaction(lamports)) == read(cluster())


def test_transactions_after_the_slot_do_not_count() -> None:
    late = burned(7, NOW + timedelta(seconds=3), 9)
    assert late.slot > SLOT
    assert read(cluster([late, *MOVES])) == read(cluster())


def test_a_list_of_several_pages_is_read_to_the_first_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.solana.burns.A_PAGE", 2)
    server = cluster()
    assert read(server)[day(1)] == 120
    assert sum("getSignaturesForAddress" in batch for batch in server.asked) == 4
    assert A_PAGE == 1_000


def test_two_endpoints_that_list_other_transactions_disagree_and_a_third_decides() -> None:
    hiding = cluster([MOVES[0], *MOVES[2:]])
    assert f"disagree about block {SLOT}: getSignaturesForAddress" in refused(hiding, cluster())


def test_two_endpoints_that_tell_a_transaction_otherwise_disagree() -> None:
    other = cluster([*MOVES[:1], burned(2, YESTERDAY, 101), *MOVES[2:]])
    assert f"disagree about block {SLOT}: getTransaction" in refused(other, cluster())


def with_list(change: Callable[[list[Any]], Any]) -> Cluster:
    return cluster(spoil={"getSignaturesForAddress": change})


def with_transaction(change: Callable[[Any], Any]) -> Cluster:
    return cluster(spoil={"getTransaction": change})


def with_keys(change: Callable[[list[str]], list[str]]) -> Cluster:
    def told(one: Any) -> Any:
        message = {"accountKeys": change(one["transaction"]["message"]["accountKeys"])}
        return {**one, "transaction": {**one["transaction"], "message": message}}

    return with_transaction(told)


def with_meta(**fields: Any) -> Cluster:
    return with_transaction(lambda told: {**told, "meta": {**told["meta"], **fields}})


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (with_list(lambda rows: [*rows, rows[0]]), "out of their order"),
        (with_list(lambda rows: [rows[0], *rows]), "listed twice"),
        (with_list(lambda rows: rows[::-1]), "out of their order"),
        (with_list(lambda rows: [{**rows[0], "signature": "x"}, *rows[1:]]), "is no signature"),
        (with_list(lambda rows: [{**rows[0], "blockTime": None}, *rows[1:]]), "blockTime is no number"),
        (with_list(lambda rows: [{**rows[0], "blockTime": 2**60}, *rows[1:]]), "seconds after 1970"),
        (with_list(lambda rows: [{name: row[name] for name in row if name != "err"} for row in rows]), "no err"),
        (with_list(lambda _: {}), "is no list"),
        (with_transaction(lambda _: None), "has no transaction"),
        (with_transaction(lambda told: {**told, "slot": told["slot"] + 1}), "got another one"),
        (with_transaction(lambda told: {**told, "meta": None}), "meta is no object"),
        (with_meta(err={"InstructionError": []}), "failed, and was listed as one that did not"),
        (with_meta(preTokenBalances=[]), "tells of account 0 0 times"),
        (with_meta(postTokenBalances=None), "is no list"),
        (with_keys(lambda keys: keys[:1]), "names 1 accounts, and had 2"),
        (with_keys(lambda keys: [*keys[:1], USER]), "tells of account None 0 times, of others 1 times"),
        (cluster(refusals={"getTransaction": (-32011, "Transaction history is not available")}), "-32011"),
    ],
)
def test_what_is_no_list_or_no_transaction_is_told(server: Cluster, why: str) -> None:
    assert why in refused(server)
    assert read(server, cluster())[day(1)] == 120


def test_a_transaction_that_names_its_accounts_in_a_table_is_read() -> None:
    def looked_up(told: Any) -> Any:
        keys = told["transaction"]["message"]["accountKeys"]
        message = {**told["transaction"], "message": {"accountKeys": []}}
        meta = {**told["meta"], "loadedAddresses": {"writable": keys, "readonly": []}}
        return {**told, "transaction": message, "meta": meta}

    assert read(with_transaction(looked_up))[day(1)] == 120


def test_an_account_that_is_told_twice_or_in_another_script_is_refused() -> None:
    twice = with_transaction(
        lambda told: {**told, "meta": {**told["meta"], "preTokenBalances": told["meta"]["preTokenBalances"] * 2}}
    )
    assert "tells of account 0 2 times" in refused(twice)

    def arabic(told: Any) -> Any:
        (row,) = told["meta"]["preTokenBalances"]
        row["uiTokenAmount"]["amount"] = "١٢٣"
        return told

    assert "an amount is" in refused(cluster([MOVES[1], OLD], spoil={"getTransaction": arabic}))
