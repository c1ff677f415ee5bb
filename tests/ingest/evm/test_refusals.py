"""What providers really said, recorded in public threads, and what it must lead to."""

import json

import pytest

from ingest.evm.refusals import Busy, TooWide, Unable, result
from ingest.transport import Answer
from store.faults import Cause, ReadingError, SourceChanged, SourceDown
from tests.worlds.each import each

URL = "https://rpc.test.org/v3/0123456789abcdef0123456789abcdef"

ALCHEMY = (
    "You can make eth_getLogs requests with up to a 500 block range. Based on your parameters, this block range should"
    " work: [0x7e9b85, 0x7e9d78]"
)

# (HTTP status, JSON-RPC code, message, data, what it means)
RECORDED = [
    # infura/infura#237
    (200, -32602, "range 1000000 exceeds limit of 10000", None, TooWide),
    # aurora-is-near/aurora-relayer#327, status-im/nimbus-eth2#1823
    (200, -32005, "query returned more than 10000 results", None, TooWide),
    # ponder-sh/ponder#724 (zkSync)
    (
        200,
        -32602,
        "Query returned more than 10000 results. Try with this block range [0x118dc91, 0x1198cc3].",
        None,
        TooWide,
    ),
    # HorizenOfficial/Sidechains-SDK#835, after Alchemy
    (
        200,
        -32602,
        "Log response size exceeded. You can make eth_getLogs requests with up to a 10000 response size."
        " Limit some parameters and try again.",
        None,
        TooWide,
    ),
    # bobanetwork/boba_legacy#827 (Tenderly): the reason is in the data
    (200, -32602, "invalid params", {"payload": "range 9009594 is bigger than range limit 2000"}, TooWide),
    # rotki/rotki#8875 (1rpc)
    (200, -32000, "eth_getLogs is limited to a 1000 blocks range", None, TooWide),
    (200, -32005, "query timeout exceeded", None, TooWide),
    # AlphaWallet/alpha-wallet-ios#5277
    (200, -32600, "block range too high", None, TooWide),
    # enviodev/hyperindex#605 (Morph)
    (
        200,
        -32000,
        "block range is larger than max block range, block range = 5120, max block range = 5000",
        None,
        TooWide,
    ),
    # moonbeam-foundation/moonbeam#3250
    (200, -32000, "block range is too wide (maximum 1024)", None, TooWide),
    # OffchainLabs/arbitrum-sdk#609 (QuickNode): HTTP 413 with JSON in the body
    (413, -32614, "eth_getLogs is limited to a 10,000 range", None, TooWide),
    # circlefin/arc-node#383
    (200, -32600, "Query exceeds max block range of 10000", None, TooWide),
    (200, -32602, "query exceeds max block range 100000", None, TooWide),
    # cartesi/rollups-node#655, BobTheBuidler/dank_mids#772 (Alchemy)
    (400, -32600, ALCHEMY, None, TooWide),
    (200, -32000, "Response is too big", None, TooWide),
    (200, -32000, "Memory capacity exceeded", None, TooWide),
    (200, -32005, "rate limit exceeded", None, Busy),
    (200, -32005, "daily request count exceeded, request rate limited", None, Busy),
    (429, -32005, "project ID request rate exceeded", None, Busy),
    (429, 429, "Your app has exceeded its compute units per second capacity", None, Busy),
    (503, -32000, "service unavailable", None, Busy),
    (500, -32603, "Internal error", None, Busy),
    # ethereum/go-ethereum#31939, NethermindEth/nethermind#12089, paradigmxyz/reth#21304
    (200, 4444, "pruned history unavailable", None, Unable),
    (200, -32000, "Receipt not available for From block 14319330.", None, Unable),
    # erigontech/erigon#13198
    (
        200,
        -32000,
        "state transitaion failed: seek with txNum=1962853355 but data before txNum=2662500000 is not available",
        None,
        Unable,
    ),
    (200, -32000, "missing trie node 9f1a (path ) state 0x9f1a is not available", None, Unable),
    (200, -32601, "the method eth_getLogs does not exist/is not available", None, Unable),
    # anvil with --prune-history
    (200, -32602, "BlockOutOfRangeError: block height is 5 but requested was 3", None, Unable),
    (401, -32000, "Unauthorized: You must authenticate your request with an API key", None, Unable),
    (403, None, "forbidden", None, Unable),
    # A range in decimal numbers, from and to.
    (200, -32602, "query exceeds max results 20000, retry with the range 8284709-8284907", None, TooWide),
    # Limits of plans that cost nothing.
    (200, -32600, "ranges over 10000 blocks are not supported on freetier", None, TooWide),
    (200, 35, "ranges over 10000 blocks are not supported on freetier", None, TooWide),
    (403, -32701, "archive requests are not available on your plan", None, Unable),
    (200, -32000, "archive state is not served here, please use an archive node", None, Unable),
    (200, -32602, "invalid argument 0: hex string without 0x prefix", None, Unable),
    (400, -32700, "parse error", None, Unable),
    # Nobody knows this one: it is this provider's reason, and no other's.
    (200, -32099, "no logs today", None, Unable),
    (200, 3, "execution reverted: not yours", "0x", Unable),
    (418, None, "I am a teapot", None, Unable),
]

# What proxies answer without any JSON.
PAGES = [
    (413, b"<html><title>413 Request Entity Too Large</title></html>", TooWide),
    (429, b"<html><title>429 Too Many Requests</title></html>", Busy),
    (502, b"<html><title>502 Bad Gateway</title></html>", Busy),
    (503, b"", Busy),
    (504, b"<html><title>504 Gateway Time-out</title></html>", Busy),
    (401, b"", Unable),
    (403, b"<html>Access denied</html>", Unable),
    (404, b"not found", Unable),
]


def answer(status: int, body: object) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(URL, status, {}, content)


def meaning(status: int, body: object) -> type[BaseException]:
    with pytest.raises(ReadingError) as raised:
        result(answer(status, body))
    assert "0123456789abcdef" not in str(raised.value), "a key must not reach a log"
    return raised.type


@each(("status", "code", "message", "data", "meant"), RECORDED)
def test_recorded_refusals_are_understood_in_both_forms(
    status: int, code: int | None, message: str, data: object, meant: type[ReadingError]
) -> None:
    error = {"message": message, **({"code": code} if code is not None else {}), **({"data": data} if data else {})}
    assert meaning(status, {"jsonrpc": "2.0", "id": 1, "error": error}) is meant
    if status == 200:
        assert meaning(400, {"jsonrpc": "2.0", "id": 1, "error": error}) is meant
        assert meaning(200, [{"jsonrpc": "2.0", "id": 1, "error": error}]) is meant


@pytest.mark.parametrize(("status", "page", "meant"), PAGES)
def test_proxies_that_answer_without_json_are_understood(status: int, page: bytes, meant: type[ReadingError]) -> None:
    assert meaning(status, page) is meant


@each(
    ("message", "blocks"),
    [
        (ALCHEMY, 0x7E9D78 - 0x7E9B85 + 1),
        ("Try with this block range [0x118dc91, 0x1198cc3].", 0x1198CC3 - 0x118DC91 + 1),
        ("query exceeds max results 20000, retry with the range 8284709-8284907", 199),
        ("query exceeds max results 20000", None),
    ],
)
def test_the_range_that_a_provider_proposes_is_taken(message: str, blocks: int | None) -> None:
    with pytest.raises(TooWide) as raised:
        result(answer(400, {"error": {"code": -32600, "message": message}}))
    assert raised.value.blocks == blocks


@pytest.mark.parametrize("body", [{}, {"jsonrpc": "2.0", "id": 1}, [], "pong", 7, None, [{}, {}]])
def test_an_answer_without_result_or_error_is_no_answer(body: object) -> None:
    assert meaning(200, body) is SourceChanged


def test_a_result_under_an_http_error_is_not_believed() -> None:
    assert meaning(502, {"jsonrpc": "2.0", "id": 1, "result": []}) is Busy


def test_a_result_beside_an_error_is_not_believed() -> None:
    assert meaning(200, {"jsonrpc": "2.0", "id": 1, "result": [], "error": {"code": 1, "message": "half"}}) is Unable


def test_broken_json_is_no_answer() -> None:
    with pytest.raises(SourceDown, match="without JSON"):
        result(answer(200, b'{"jsonrpc":"2.0","result":[{"addr'))


@pytest.mark.parametrize("code", [[], {}, [4444], "4444", None, 1.5])
def test_a_refusal_whose_code_is_no_number_is_understood_by_its_words(code: object) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "rate limit"}}).encode()
    with pytest.raises(Busy):
        result(Answer(URL, 200, {}, body))


# In the words of geth, erigon, reth, anvil and gateways; the last two are of other things.
KEPT = {
    "missing trie node 9f1a (path ) state 0x9f1a is not available": False,
    "header not found": False,
    "historical state 5f4c is not available": False,
    "required historical state unavailable (reexec=128)": False,
    "state at block #20000000 is pruned": False,
    "state histories haven't been fully indexed yet, state has been pruned": False,
    "distance to target block exceeds maximum proof window": False,
    "BlockOutOfRangeError: block height is 5 but requested was 3": False,
    "archive requests are not available on your plan": False,
    "no logs today": True,
    "execution reverted: not yours": True,
}


@each(("said", "kept"), KEPT.items())
def test_a_state_that_is_kept_no_more_is_told_as_that(said: str, kept: bool) -> None:
    with pytest.raises(Unable) as raised:
        result(answer(200, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": said}}))
    assert (raised.value.cause is not Cause.LACKS) == kept
