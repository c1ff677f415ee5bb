"""Logs: every one of them or an error, decoded exactly."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import Retry

from ingest.endpoints import Rotation
from ingest.evm.events import Keeping, history
from ingest.evm.logs import (
    NOBODY,
    TRANSFER,
    AnswersLeft,
    Logs,
    Span,
    Wanted,
    added,
    changes_frame,
    columns,
    net_changes,
    segments,
    transfers,
)
from ingest.evm.node import EvmChain, EvmNode
from ingest.transport import Http
from store.faults import BadData, SourceDown
from tests.worlds.each import each
from tests.worlds.evm_node import Shelf
from tests.worlds.evm_provider import FINAL, TOKEN, Provider, error, provider, result, transfer
from tests.worlds.examples import examples
from tests.worlds.servers import Reply, serving

WANTED = Wanted((TOKEN,), (TRANSFER,))
NOW = datetime.fromtimestamp(1_800_000_000, UTC)
# 300 transfers in uneven crowds: nobody for long, then 100 in one block.
LOGS = [
    transfer(block, index, 1 + block % 7, 1 + index % 5, block + index)
    for block in (5, 1500, 1501, 9999, 10_000)
    for index in range(60)
]


def node(*urls: str, pauses: tuple[float, ...] = (0.0, 0.0)) -> EvmNode:
    chain = EvmChain("eip155:1", urls, pauses=pauses, clock=lambda: NOW)
    return chain.head(Http(per_second=100_000, patience=Retry(0)), urls)


@pytest.fixture
def served() -> Iterator[Callable[..., tuple[str, Provider]]]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(provider(**settings))


def read(of: EvmNode, first: int = 0, last: int = FINAL) -> list[tuple[int, int]]:
    """(block, amount) of every transfer that is read."""

    def told(logs: Logs) -> list[tuple[int, int]]:
        return list(zip(logs.block, transfers(logs, TOKEN).amount, strict=True))

    return [one for piece in of.logs(WANTED, first, last, told) for one in piece]


EVERY = [(int(log["blockNumber"], 16), int(log["data"], 16)) for log in LOGS]


def test_the_recorded_mainnet_answer_decodes_to_the_expected_transfers(shared: Path) -> None:
    folder = shared / "evm" / "ethereum_etl_recorded" / "block_with_transfers"
    found = json.loads((folder / "web3_response.eth_getFilterLogs_0x0.json").read_text())["result"]
    with (folder / "expected_token_transfers.csv").open() as file:
        expected = list(csv.DictReader(file))
    token = expected[0]["token_address"]
    logs = columns(found, Wanted((token,), (TRANSFER,)), 0x76250, 0x76250)
    decoded = transfers(logs, token)
    assert logs.block == [int(row["block_number"]) for row in expected]
    assert decoded.sender == [row["from_address"] for row in expected]
    assert decoded.receiver == [row["to_address"] for row in expected]
    assert decoded.amount == [int(row["value"]) for row in expected]


ODD_LOGS = [
    ({"blockNumber": "0x65"}, "lies outside"),
    ({"blockNumber": "-0x64"}, "unknown shape"),
    ({"blockNumber": None}, "unknown shape"),
    ({"logIndex": None}, "unknown shape"),
    ({"blockHash": None}, "unknown shape"),
    ({"blockHash": "0x64"}, "unknown shape"),
    ({"blockHash": "0x" + "ee" * 32}, "has another block hash"),
    ({"address": "0x" + "bb" * 20}, "is of 0xbbbb"),
    ({"address": None}, "unknown shape"),
    ({"removed": True}, "was removed"),
    ({"logIndex": "0x1"}, "is there twice"),
    ({"topics": []}, "unknown shape"),
    ({"topics": None}, "unknown shape"),
    ({"topics": TRANSFER}, "unknown shape"),
    ({"topics": ["0x" + "cc" * 32]}, "with the topic 0xcccc"),
    ({"topics": [TRANSFER]}, "no ERC-20 transfer"),
    ({"topics": [TRANSFER, "0x" + "ab" * 32, f"0x{2:064x}"]}, "no ERC-20 transfer"),
    ({"data": "0x"}, "no ERC-20 transfer"),
    ({"data": "0x" + "0" * 63}, "unknown shape"),
]


@each(("changed", "complaint"), ODD_LOGS)
def test_a_log_that_was_not_asked_for_is_refused(changed: dict[str, Any], complaint: str) -> None:
    found = [transfer(100, 0, 1, 2, 7, **changed), transfer(100, 1, 1, 2, 7)]
    with pytest.raises(BadData, match=complaint):
        transfers(columns(found, WANTED, 100, 100), TOKEN)


@each("log", [None, {}, [], "log", 7])
def test_what_is_no_log_is_refused(log: object) -> None:
    with pytest.raises(BadData, match="unknown shape"):
        columns([log], WANTED, 100, 100)


def with_first(but: Any, logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**logs[0], **but}, *logs[1:]]


ODD_LISTS: dict[str, Callable[..., object]] = {
    "null": lambda _: None,
    "an object": lambda _: {},
    "a text": lambda _: "none",
    "each twice": lambda logs: logs * 2,
    **{f"one with {but}": partial(with_first, but) for but, _ in ODD_LOGS},
    "one that is null": lambda logs: [None, *logs[1:]],
    "of another fork": lambda logs: [
        {**log, "blockHash": "0x" + "ee" * 32} if log["blockNumber"] == hex(FINAL) else log for log in logs
    ],
}


@pytest.mark.slow
@each("odd", ODD_LISTS.values(), ids=lambda odd: next(name for name, one in ODD_LISTS.items() if one is odd))
def test_logs_that_cannot_be_are_that_providers_reason(odd: Callable[..., object]) -> None:
    """Invented: the next provider is asked; where there is none, the reading ends with the reason."""
    (block_5, later) = ([log for log in LOGS if (log["blockNumber"] == "0x5") is so] for so in (True, False))

    def spoilt(number: int, method: str) -> Reply | None:
        return result(odd([*block_5, *later])) if method == "eth_getLogs" else None

    with provider(mood=spoilt) as (bad, _), provider(logs=LOGS) as (good, _):
        assert read(node(bad, good)) == EVERY
        with pytest.raises(SourceDown, match=bad):
            read(node(bad))


def test_logs_in_another_order_are_put_in_the_order_of_the_chain(served: Callable[..., tuple[str, Provider]]) -> None:
    url, _ = served(logs=LOGS[::-1])
    assert read(node(url)) == EVERY


# As many logs in as many blocks; nobody else transfers.
CROWDS = {
    "evenly": dict.fromkeys(range(100, 215), 2),
    "all in one half": dict.fromkeys(range(100, 110), 23),
    "all in one block": {777: 230},
    "as many as the cap in one block": {777: 100},
    "as many as the cap": {100: 60, 900: 40},
}


def crowd(blocks: dict[int, int]) -> list[dict[str, Any]]:
    return [transfer(block, index, 1, 2, 1 + index) for block, count in blocks.items() for index in range(count)]


@pytest.mark.slow
@each("name", CROWDS)
def test_a_provider_that_cuts_its_answers_hides_no_log(name: str) -> None:
    """Invented: it answers the first hundred logs of any question, and says nothing of the others."""
    logs = crowd(CROWDS[name])
    every = [(int(log["blockNumber"], 16), int(log["data"], 16)) for log in logs]
    with provider(logs=logs, silent_cap=100) as (cuts, seen), provider(logs=logs) as (good, _):
        assert read(node(cuts, good), 0, 999) == every
        seen.asked.clear()
        one = node(cuts)
        if name == "all in one block":
            with pytest.raises(SourceDown, match="hands out 100 of 230 logs in block 777"):
                read(one, 0, 999)
        else:
            assert read(one, 0, 999) == every
    assert one.spans[cuts].caps == ({100} if name in ("evenly", "all in one half") else set())
    # Each doubt costs two questions a halving, and a cap is doubted once; then four blocks of 23 logs fit a question.
    assert len(seen.logs_asked) < 80


@pytest.mark.slow
@each("refusal", [error(-32008, "response is too big"), error(-32601, "no such method"), result(None), result([None])])
def test_a_doubted_block_without_receipts_is_asked_of_another_provider(refusal: Reply) -> None:
    """Invented: a block of exactly a hundred logs, whose receipts one provider does not give."""

    def mood(_: int, method: str) -> Reply | None:
        return refusal if method == "eth_getBlockReceipts" else None

    logs = crowd({777: 100})
    with provider(logs=logs, mood=mood) as (lacks, seen), provider(logs=logs) as (good, _):
        assert len(read(node(lacks, good), 777, 777)) == 100
        with pytest.raises(SourceDown, match=lacks):
            read(node(lacks, pauses=()), 777, 777)
    assert len(seen.asked) < 40


@each(("count", "doubted"), [(99, False), (100, True), (137, False), (950, False), (1000, True), (2500, True)])
def test_round_numbers_are_doubted(count: int, doubted: bool) -> None:
    assert Span().doubts(count) is doubted
    assert all(Span().doubts(number) for number in (1024, 5_000, 8192, 10_000, 20_000, 100_000))


@pytest.mark.parametrize("found", [None, {}, "none", 0])
def test_what_is_no_list_is_not_taken_for_no_logs(found: object) -> None:
    with pytest.raises(BadData):
        columns(found, WANTED, 0, 1)


def test_spelling_of_addresses_does_not_matter() -> None:
    found = [transfer(100, 0, 1, 2, 7, address="0x" + "AA" * 20)]
    found[0]["topics"][1] = "0x" + "0" * 24 + "AB" * 20
    assert transfers(columns(found, WANTED, 100, 100), TOKEN).sender == ["0x" + "ab" * 20]


@pytest.mark.parametrize(
    "limits",
    [
        {},
        pytest.param({"blocks_allowed": 50}, marks=pytest.mark.slow),
        pytest.param({"blocks_allowed": 1}, marks=pytest.mark.slow),
        {"logs_allowed": 60},
        {"logs_allowed": 119, "blocks_allowed": 800},
        {"blocks_allowed": 500, "refusal": error(-32614, "eth_getLogs is limited to a 500 range", 413)},
        {"blocks_allowed": 500, "refusal": Reply(b"<html>413 Request Entity Too Large</html>", 413)},
    ],
    ids=str,
)
def test_every_log_is_read_through_every_cap(
    served: Callable[..., tuple[str, Provider]], limits: dict[str, Any]
) -> None:
    last = FINAL if limits.get("blocks_allowed") != 1 else 200
    url, _ = served(logs=LOGS, **limits)
    assert read(node(url), 0, last) == [log for log in EVERY if log[0] <= last]


def test_a_proposed_range_is_asked_next(served: Callable[..., tuple[str, Provider]]) -> None:
    said = "You can make eth_getLogs requests with up to a 300 block range. ... should work: [0x0, 0x12b]"
    url, seen = served(logs=LOGS, blocks_allowed=300, refusal=error(-32600, said, 400))
    assert read(node(url), 0, 599) == EVERY[:60]
    ranges = [
        (int(q["fromBlock"], 16), int(q["toBlock"], 16)) for method, [*ps] in seen.asked if "Logs" in method for q in ps
    ]
    assert ranges == [(0, 599), (0, 299), (300, 599)]


def test_one_block_that_is_too_much_for_all_is_an_error(served: Callable[..., tuple[str, Provider]]) -> None:
    url, _ = served(logs=LOGS, logs_allowed=59)
    with pytest.raises(SourceDown, match="block 5 alone is too much"):
        read(node(url))


@pytest.mark.slow
def test_one_block_that_is_too_much_for_one_provider_is_asked_of_another(
    served: Callable[..., tuple[str, Provider]],
) -> None:
    (small, _), (large, _) = served(logs=LOGS, logs_allowed=59), served(logs=LOGS)
    assert read(node(small, large)) == EVERY


@pytest.mark.parametrize(
    "refusal",
    [
        error(4444, "pruned history unavailable"),
        error(-32601, "the method eth_getLogs does not exist/is not available"),
        Reply(b"<html>403 Forbidden</html>", 403),
        Reply(b"", 401),
    ],
    ids=["pruned", "no method", "forbidden", "unauthorised"],
)
def test_a_provider_that_cannot_is_replaced_by_one_that_can(
    served: Callable[..., tuple[str, Provider]], refusal: Reply
) -> None:
    unable, _ = served(mood=lambda _, method: refusal if method == "eth_getLogs" else None)
    able, _ = served(logs=LOGS)
    assert read(node(unable, able)) == EVERY
    with pytest.raises(SourceDown):
        read(node(unable))


def test_a_provider_on_another_fork_is_not_asked(served: Callable[..., tuple[str, Provider]]) -> None:
    """It would answer for blocks that never became final."""
    pruned, _ = served(mood=lambda number, method: error(4444, "pruned") if method == "eth_getLogs" else None)
    forked, asked = served(logs=LOGS, hashes=lambda height: "0x" + "ff" * 32)
    with pytest.raises(SourceDown, match="not 0x0"):
        read(replace(node(pruned), rotation=Rotation([pruned, forked])))
    assert all(method != "eth_getLogs" for method, _ in asked.asked)


@pytest.mark.parametrize(
    "busy",
    [
        error(-32005, "rate limit exceeded"),
        Reply(b"<html>429 Too Many Requests</html>", 429),
        Reply(b"<html>504 Gateway Time-out</html>", 504),
        Reply(b"<html>502 Bad Gateway</html>", 502),
        Reply(b'{"jsonrpc":"2.0","id":1,"result":[{"addr', 200),
    ],
    ids=["rate limit", "429", "504", "502", "half an answer"],
)
def test_patience_brings_all_logs_and_impatience_an_error(
    served: Callable[..., tuple[str, Provider]], busy: Reply
) -> None:
    def every_second(number: int, method: str) -> Reply | None:
        return busy if method == "eth_getLogs" and number % 2 else None

    url, _ = served(logs=LOGS, blocks_allowed=2000, mood=every_second)
    assert read(node(url)) == EVERY
    always, _ = served(logs=LOGS, mood=lambda _, method: busy if method == "eth_getLogs" else None)
    with pytest.raises(SourceDown):
        read(node(always))


def test_an_unknown_error_is_one_providers_reason(served: Callable[..., tuple[str, Provider]]) -> None:
    def refuses(_: int, method: str) -> Reply | None:
        return error(-32099, "no logs today") if method == "eth_getLogs" else None

    (strange, _), (good, _) = served(mood=refuses), served(logs=LOGS)
    assert read(node(strange, good)) == EVERY
    with pytest.raises(SourceDown, match=f"{strange}/ answered 200 -32099: no logs today"):
        read(node(strange))


@pytest.mark.slow
@each("proposed", ["0-9999", "5-4", "9999-0", "0x0-0x270f", "7", "0-99999999999"])
def test_a_proposed_range_that_is_not_smaller_is_not_taken(proposed: str) -> None:
    said = error(-32602, f"query exceeds max results 5, retry with the range {proposed}")
    with provider(logs=LOGS, blocks_allowed=300, refusal=said) as (url, seen):
        assert read(node(url), 0, 599) == EVERY[:60]
    assert len(seen.asked) < 20


MOODS = [None, None, None, error(-32005, "rate limit"), error(4444, "pruned"), Reply(b"", 502), Reply(b"{", 200)]
MOODS += [error(-32602, "range is too wide"), error(-32099, "no logs today"), result(None), result([None])]


@pytest.mark.slow
@examples(12)
@given(
    st.lists(st.sampled_from(MOODS), min_size=20, max_size=20),
    st.lists(
        st.tuples(st.integers(200, 4000), st.integers(50, 200), st.sampled_from([10**9, 100])), min_size=2, max_size=2
    ),
)
def test_whatever_providers_do_there_are_all_logs_or_an_error(
    moods: list[Reply | None], limits: list[tuple[int, int, int]]
) -> None:
    def mood(number: int, method: str) -> Reply | None:
        return moods[number % len(moods)] if method == "eth_getLogs" else None

    with ExitStack() as stack:
        urls = [
            stack.enter_context(
                provider(logs=LOGS, mood=mood, blocks_allowed=blocks, logs_allowed=logs, silent_cap=cap)
            )[0]
            for blocks, logs, cap in limits
        ]
        with suppress(SourceDown):
            assert read(node(*urls)) == EVERY


def test_blocks_after_the_pinned_one_are_never_asked(served: Callable[..., tuple[str, Provider]]) -> None:
    url, _ = served(logs=LOGS)
    with pytest.raises(ValueError, match="after the pinned block"):
        read(node(url), 0, FINAL + 1)


def test_a_span_halves_when_refused_and_doubles_while_answers_are_small() -> None:
    span = Span()
    assert span.blocks == 10_000
    span.widen(10_000, 10)
    assert span.blocks == 20_000
    span.widen(20_000, 1250)
    assert span.blocks == 20_000, "a quarter of the target is enough"
    span.narrow(20_000, None)
    assert span.blocks == 10_000
    for _ in range(40):
        span.narrow(span.blocks, None)
    assert span.blocks == 1


def widths_asked(limit: int, answers: int) -> list[int]:
    """Widths that a span asks of a provider with a fixed limit and no logs, once the limit is found."""
    span = Span()
    asked: list[int] = []
    while len(asked) < answers:
        asked.append(span.blocks)
        if span.blocks > limit:
            span.narrow(span.blocks, None)
        else:
            span.widen(span.blocks, 0)
    return asked


@pytest.mark.parametrize("limit", [1, 3, 500, 10_000])
def test_a_fixed_limit_is_found_and_seldom_tried_again(limit: int) -> None:
    asked = widths_asked(limit, 400)
    assert sum(width > limit for width in asked) < 25
    assert sum(width * 2 > limit for width in asked) > 375


def test_a_span_recovers_after_a_crowded_stretch() -> None:
    span = Span()
    while span.blocks > 1:
        span.narrow(span.blocks, None)
    answers = 0
    while span.blocks < 2000:
        span.widen(span.blocks, 0)
        answers += 1
    assert answers < 20


def test_segments_are_cut_at_the_same_blocks_whoever_asks() -> None:
    def cut(first: int, last: int) -> list[tuple[int, int, bool]]:
        return [(piece.first, piece.last, piece.finished) for piece in segments(first, last, 10)]

    assert cut(5, 25) == [(20, 25, False), (10, 19, True), (5, 9, True)]
    assert cut(0, 29) == [(20, 29, True), (10, 19, True), (0, 9, True)]
    assert cut(7, 7) == [(7, 7, False)]


@examples(50)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 10**38 - 1)), max_size=30),
    st.integers(0, 30),
)
def test_changes_add_up_the_same_however_they_are_cut(moves: list[tuple[int, int, int]], cut: int) -> None:
    logs = [transfer(index, 0, *move) for index, move in enumerate(moves)]

    def changes(part: list[dict[str, Any]]) -> pl.DataFrame | None:
        try:
            return net_changes([transfers(columns(part, WANTED, 0, 100), TOKEN)])
        except BadData:
            return None

    expected: dict[str, int] = {}
    for sender, receiver, amount in moves:
        for party, change in ((sender, -amount), (receiver, amount)):
            name = f"0x{party:040x}"
            expected[name] = expected.get(name, 0) + change
    parts = [changes(logs[:cut]), changes(logs[cut:])]
    if all(part is not None for part in parts):
        assert added([part for part in parts if part is not None]) == expected
        assert sum(expected.values()) == 0


def test_a_change_of_39_digits_is_refused() -> None:
    with pytest.raises(BadData, match="does not fit 38 digits"):
        changes_frame({NOBODY: 10**38})


def test_an_answer_of_a_stranger_is_no_answer() -> None:
    with serving(lambda _: Reply(b"<html>Welcome</html>")) as url, pytest.raises(SourceDown):
        node(url)


@pytest.mark.slow
def test_no_logs_at_all_is_confirmed_by_a_second_provider(served: Callable[..., tuple[str, Provider]]) -> None:
    """Invented, after nodes that answer nothing for what they have pruned, or not indexed yet; parts last for good."""
    (forgot, _), (good, _) = served(), served(logs=LOGS)
    assert read(node(forgot, good)) == EVERY
    assert read(node(good, forgot)) == EVERY
    assert read(node(forgot)) == []
    (one, asked), (other, confirms), (third, idle) = served(), served(), served()
    assert read(node(one, other, third)) == []
    assert len(asked.logs_asked) == len(confirms.logs_asked) < 10
    assert idle.logs_asked == []


def test_no_logs_is_an_answer_too(served: Callable[..., tuple[str, Provider]]) -> None:
    url, _ = served(mood=lambda _, method: result([]) if method == "eth_getLogs" else None)
    assert read(node(url)) == []


# --- several contracts in one question --------------------------------------------------------------------------------

SISTER = "0x" + "dd" * 20
BOTH = replace(WANTED, contracts=(TOKEN, SISTER))
SISTERS = [{**log, "address": SISTER, "logIndex": hex(100 + int(log["logIndex"], 16))} for log in LOGS[60:70]]


def of_both(of: EvmNode) -> list[tuple[str, int]]:
    """(contract, block) of every log of two contracts."""

    def told(logs: Logs) -> list[tuple[str, int]]:
        return list(zip(logs.contract, logs.block, strict=True))

    return sorted(one for piece in of.logs(BOTH, 0, FINAL, told) for one in piece)


TRUE = sorted((log["address"], int(log["blockNumber"], 16)) for log in [*LOGS, *SISTERS])
MANY = error(-32005, "query returned more than 100 results")


class Node(Provider):
    """Answers as a node does: logs of the contracts that are asked for, and no others."""

    def _logs(self, query: dict[str, Any]) -> Reply:
        asked = [query["address"]] if isinstance(query["address"], str) else query["address"]
        kept = [log for log in self.logs if log["address"] in asked]
        return Provider._logs(replace(self, logs=kept), query)


@contextmanager
def nodes(*logs: Sequence[dict[str, Any]], **limits: Any) -> Iterator[tuple[list[str], list[Provider]]]:
    """Addresses and states of nodes with these logs."""
    made: list[Provider] = [Node(sorted(of, key=lambda log: int(log["blockNumber"], 16)), **limits) for of in logs]
    with ExitStack() as stack:
        yield [stack.enter_context(serving(one)) for one in made], made


@pytest.mark.slow
@each(
    "limits",
    [{}, {"blocks_allowed": 700}, {"logs_allowed": 100}, {"logs_allowed": 100, "refusal": MANY}, {"silent_cap": 100}],
)
def test_logs_of_two_contracts_are_whole_whatever_a_provider_allows(limits: dict[str, Any]) -> None:
    """The more contracts, the sooner a question is too wide."""
    with nodes([*LOGS, *SISTERS], **limits) as (urls, _):
        assert of_both(node(*urls)) == TRUE


def test_of_whom_one_provider_has_no_log_another_is_asked() -> None:
    """As of a contract alone: who shows the logs of one and hides those of the other is found out."""
    with nodes(LOGS, [*LOGS, *SISTERS]) as ((hides, shows), _):
        for urls in ((hides, shows), (shows, hides)):
            assert of_both(node(*urls)) == TRUE
    with nodes(LOGS, LOGS) as (two, (_, other)):
        assert of_both(node(*two)) == sorted((TOKEN, block) for block, _ in EVERY)
    # The other one is asked for no more than what the first has not.
    assert [params[0]["address"] for params in other.logs_asked] == [SISTER] * len(other.logs_asked)
    assert other.logs_asked


def test_where_each_provider_hides_another_contract_nothing_is_told() -> None:
    with nodes(LOGS, SISTERS) as (urls, _), pytest.raises(SourceDown, match="contradict each other on logs of"):
        of_both(node(*urls, pauses=()))


# --- few blocks a question --------------------------------------------------------------------------------------------


@pytest.mark.slow
@each("allowed", [1, 7, 100, 10_000])
def test_however_few_blocks_a_question_may_have_the_oldest_are_read_in_the_end(allowed: int) -> None:
    """The stretch that has only begun is read in each run, and takes all that a run may ask but for a quarter."""
    shapes, keeping, shelf, left = {TRANSFER: (2, 1)}, Keeping(300), Shelf(), []
    with provider(logs=LOGS, blocks_allowed=allowed) as (url, _):
        pinned = node(url)
        for _ in range(8):
            told = history(replace(pinned, remembered={}), shelf, TOKEN, shapes, 8_400, AnswersLeft(8), keeping)
            left.append(told.unread)
    whole = [one for one in left if not one]
    assert whole, left
    assert left == sorted(left, reverse=True)
    assert len({*left}) == len(left) - len(whole) + 1, "each run reads something of what was left"
    assert len(told.events) == 120
