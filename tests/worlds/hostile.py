"""Hostile servers, invented: answers that never end, or are larger than anybody holds, and lists without end.

Each stops by itself, after far more than the program may take.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from ingest.arweave.node import ArweaveChain
from ingest.cosmos.lcd import CosmosChain
from ingest.evm.node import EvmChain
from ingest.filecoin.chain import FilecoinChain
from ingest.network import Network
from ingest.offchain.feed import OffChain
from ingest.solana.node import SolanaChain
from ingest.substrate.node import SubstrateChain
from tests.worlds.filecoin_state import BLAKE, Cid, cbor
from tests.worlds.good import Good
from tests.worlds.lcd import account
from tests.worlds.servers import Raw, Reply, Request
from tests.worlds.solana_server import key, mint
from tests.worlds.spoiled import batched

Answer = Callable[[Request], Reply | Raw]
T = TypeVar("T")
KIB: Final = 2**10
# 256 MiB by the piece, or a minute of drops.
MANY: Final = 4096
DRIP: Final = 0.02
HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED: Final = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def _sized(body: bytes, *more: bytes) -> list[bytes]:
    """A whole answer with whatever other headers."""
    return [b"\r\n".join([HEAD[:-2], *more, b"content-length: %d" % len(body), b"", body])]


def _status(line: str, *headers: str) -> list[bytes]:
    return ["\r\n".join([f"HTTP/1.1 {line}", *headers, "content-length: 2", "", "{}"]).encode()]


def _after(start: bytes, piece: bytes, times: int = MANY) -> Iterable[bytes]:
    return chain([start], repeat(piece, times))


# 256 MiB of blanks in 256 KiB.
BOMB: Final = gzip.compress(b" " * 2**20) * 256

# --- in whatever protocol ---------------------------------------------------------------------------------------------

# How many bytes an answer may have, and how many elements, is what a test says: these are more.
SPEAKERS: Final[Mapping[str, Callable[[], Raw]]] = {
    "never a word": lambda: Raw(repeat(b"", MANY), DRIP),
    "hangs up at once": lambda: Raw([]),
    "hangs up in the midst": lambda: Raw([HEAD + b"content-length: 900\r\n\r\n{"]),
    "no HTTP": lambda: Raw([b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(range(256)) * 64]),
    "drips the head": lambda: Raw(_after(HEAD + b"x: ", b"x"), DRIP),
    "drips the body": lambda: Raw(_after(HEAD + b"content-length: 90000\r\n\r\n", b" "), DRIP),
    "drips the length of a chunk": lambda: Raw(_after(CHUNKED + b"2;", b"x"), DRIP),
    "drips what follows the last chunk": lambda: Raw(_after(CHUNKED + b"2\r\n{}\r\n0\r\n", b"x: x\r\n"), DRIP),
    "chunks without end": lambda: Raw(_after(CHUNKED, b"10000\r\n" + b" " * 64 * KIB + b"\r\n")),
    "headers without end after the last chunk": lambda: Raw(_after(CHUNKED + b"0\r\n", b"x: x\r\n" * KIB, 2**20)),
    "a body without end or length": lambda: Raw(_after(HEAD + b"connection: close\r\n\r\n", b" " * 64 * KIB)),
    "a body of a terabyte": lambda: Raw(_after(HEAD + b"content-length: %d\r\n\r\n" % 2**40, b" " * 64 * KIB)),
    "elements without end": lambda: Raw(_sized(b"[" + b"{}," * 300_000 + b"{}]")),
    "nested without end": lambda: Raw(_sized(b"[" * 50_000)),
    "a bomb of gzip": lambda: Raw(_sized(BOMB, b"content-encoding: gzip")),
    "a bomb within a bomb": lambda: Raw(_sized(gzip.compress(BOMB), b"content-encoding: gzip, gzip")),
    "nothing, packed a thousand times": lambda: Raw(_sized(gzip.compress(b"") * 45_000, b"content-encoding: gzip")),
    "redirects without end": lambda: Raw(_status("302 Found", "location: /")),
    "a day's wait, too many questions": lambda: Raw(_status("429 Too Many Requests", "retry-after: 86400")),
    "a day's wait, too busy": lambda: Raw(_status("503 Service Unavailable", "retry-after: 86400")),
    "too busy for ever": lambda: Raw(_status("503 Service Unavailable", "retry-after: 0")),
    "continues without end": lambda: Raw(repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * KIB, MANY)),
    "drips that it continues": lambda: Raw(repeat(b"HTTP/1.1 100 Continue\r\n\r\n", MANY), DRIP),
    "hints without end": lambda: Raw(repeat(b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n" * KIB, MANY)),
    "headers without end": lambda: Raw(_after(HEAD, b"x: x\r\n" * KIB)),
    "a header without end": lambda: Raw(_after(HEAD + b"x: ", b"x" * 64 * KIB)),
}


# --- lists, by the kind of a chain ------------------------------------------------------------------------------------

FRESH, EMPTY, SAME = "pages without end", "empty pages without end", "one page without end"


# The reading whose list has no end, by family.
LISTS: Final[dict[type, str]] = {
    CosmosChain: "delegators",
    SubstrateChain: "balances",
    EvmChain: "holders",
    FilecoinChain: "allocators",
    OffChain: "earnings",
    ArweaveChain: "rewards",
    SolanaChain: "control",
}


def list_of(network: Network) -> str:
    """The reading whose list has no end; raises LookupError for a family that has none here."""
    return _of_its_family(LISTS, network)


def listers(good: Good) -> dict[str, Answer]:
    """Servers of a family that are good but for a list that never ends; raises LookupError as list_of does."""
    return _of_its_family(LISTERS, good.network)(good)


def _of_its_family(table: Mapping[type, T], network: Network) -> T:
    if type(network.chain) not in table:
        raise LookupError(f"{network.name}: no list of a {type(network.chain).__name__} without end")
    return table[type(network.chain)]


def _authorities(good: Good) -> Answer:
    """A mint of which another address mints each time: accounts always lead to one more."""
    asked: list[int] = []

    def other(request: Request) -> Reply:
        told: Any = good.answer(request).body
        if json.loads(request.body)["method"] == "getMultipleAccounts":
            asked.append(0)
            minted = told["result"]["value"][1]
            minted["data"] = [base64.b64encode(mint(key(1_000 + len(asked)), decimals=8)).decode(), "base64"]
        return Reply(told)

    return partial(batched, other)


def _nothing(good: Good) -> Answer:
    """Accounts that are not there, without end."""

    def other(request: Request) -> Reply:
        told: Any = good.answer(request).body
        if json.loads(request.body)["method"] == "getMultipleAccounts":
            told["result"]["value"] += [None] * 200_000
        return Reply(told)

    return partial(batched, other)


def _delegations(good: Good, how: str) -> Answer:
    """Delegations of a validator, one a page or none, each page with a key that was never there before."""
    prefix = good.network.address.partition(":")[2]

    def answer(request: Request) -> Reply | Raw:
        if not request.path.endswith("/delegations"):
            return good.answer(request)
        reply = good.answer(replace(request, params={}))
        place = int.from_bytes(base64.b64decode(request.params.get("pagination.key", "")))
        row = json.loads(reply.encoded())["delegation_responses"][0]
        delegator = account(place if how == FRESH else 0, prefix)
        row = {**row, "delegation": {**row["delegation"], "delegator_address": delegator}}
        key = base64.b64encode((place + 1).to_bytes(4)).decode()
        rows = [] if how == EMPTY else [row]
        body = {"delegation_responses": rows, "pagination": {"next_key": key, "total": str(10**12)}}
        return Reply(body, headers=reply.headers)

    return answer


def _accounts(good: Good, how: str) -> Answer:
    """Accounts of a chain: after each key comes another, or none does, or the first ones come again."""

    def answer(request: Request) -> Reply | Raw:
        asked = json.loads(request.body)
        match asked["method"], asked["params"]:
            case "state_getKeysPaged", [prefix, _, *rest]:
                after = int(rest[0][len(prefix) :] or "0", 16) + 1 if how == FRESH and rest and rest[0] else 0
                keys = [] if how == EMPTY else [f"{prefix}{place:096x}" for place in range(after, after + 1000)]
                return _result(asked, keys)
            case "state_queryStorageAt", [keys, *block]:
                changes = [[key, "0x" + bytes(56).hex()] for key in keys]
                return _result(asked, [{"block": block[0], "changes": changes}])
        return good.answer(request)

    return answer


def _logs(good: Good, how: str) -> Answer:
    """Logs that are told block by block alone, or in no range at all, or in every range the same one."""

    def answer(request: Request) -> Reply | Raw:
        asked = json.loads(request.body or "{}")
        if asked.get("method") != "eth_getLogs":
            return good.answer(request)
        query = asked["params"][0]
        wide = int(query["toBlock"], 16) - int(query["fromBlock"], 16)
        if how == EMPTY or (how == FRESH and wide):
            error = {"code": -32602, "message": f"range {wide} exceeds limit of 1"}
            return Reply({"jsonrpc": "2.0", "id": asked["id"], "error": error})
        first = {**query, "fromBlock": "0x0", "toBlock": hex(10**9)}
        whole = replace(request, body=json.dumps({**asked, "params": [first]}).encode())
        return _result(asked, json.loads(good.answer(whole).encoded())["result"][:1] if how == SAME else [])

    return answer


def _objects(good: Good, how: str) -> Answer:
    """Objects of a map: each leads to a new one, or is empty, or is the first one again."""

    def node(place: int) -> bytes:
        below = Cid(BLAKE + place.to_bytes(32))
        return cbor([b"\1", [] if how == EMPTY else [below]])

    def answer(request: Request) -> Reply | Raw:
        asked = json.loads(request.body)
        if asked[0]["method"] != "Filecoin.ChainReadObj":
            return good.answer(request)
        names = [one["params"][0]["/"] for one in asked]
        places = [int.from_bytes(name.encode()[-8:]) if how == FRESH else 0 for name in names]
        told = [base64.b64encode(node(place)).decode() for place in places]
        return Reply([{"jsonrpc": "2.0", "id": place, "result": one} for place, one in enumerate(told)])

    return answer


def _providers(good: Good, how: str) -> Answer:
    """Ten thousand providers, each of which is asked for, or none."""

    def answer(request: Request) -> Reply | Raw:
        if request.path.endswith("/providers"):
            many = range(0 if how == EMPTY else 10_000)
            return Reply([{"owner": account(place), "isOnline": True} for place in many])
        return good.answer(request)

    return answer


def _rewards(good: Good, how: str) -> Answer:
    """Rewards of blocks that there never were, or of none, or the right ones for ever."""

    def answer(request: Request) -> Reply | Raw:
        if not request.path.startswith("/reward_history"):
            return good.answer(request)
        whole = good.answer(request).encoded()
        pieces = {FRESH: bytes(64 * KIB), EMPTY: b"", SAME: whole * 8}
        return Raw(_after(HEAD + b"connection: close\r\n\r\n", pieces[how], 0 if how == EMPTY else MANY))

    return answer


def _result(asked: Mapping[str, Any], told: object) -> Reply:
    return Reply({"jsonrpc": "2.0", "id": asked["id"], "result": told})


def _however(server: Callable[[Good, str], Answer], *hows: str) -> Callable[[Good], dict[str, Answer]]:
    return lambda good: {how: server(good, how) for how in hows}


LISTERS: Final[dict[type, Callable[[Good], dict[str, Answer]]]] = {
    CosmosChain: _however(_delegations, FRESH, EMPTY, SAME),
    SubstrateChain: _however(_accounts, FRESH, EMPTY, SAME),
    EvmChain: _however(_logs, FRESH, EMPTY, SAME),
    FilecoinChain: _however(_objects, FRESH, EMPTY, SAME),
    OffChain: _however(_providers, FRESH, EMPTY),
    ArweaveChain: _however(_rewards, FRESH, EMPTY, SAME),
    SolanaChain: lambda good: {FRESH: _authorities(good), EMPTY: _nothing(good)},
}
