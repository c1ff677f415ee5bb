"""JSON-RPC of Substrate nodes by POST: what their errors mean, and how a block is found.

Errors beside those of store.rows:

    NotServed       the node has no such method, or the runtime no such call: an older way may answer
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from ingest.endpoints import Absent, Rotation
from ingest.substrate.metadata import twox128
from ingest.transport import Http, bare
from store.rows import Block, ReadingError, SourceChanged, SourceDown

# Bittensor's block time, only to guess heights with.
BLOCK_TIME: Final = timedelta(seconds=12)
WITNESSES_ASKED: Final = 2
NO_METHOD: Final = -32601
INTERNAL: Final = -32603
# Words of substrate's own messages (sc-rpc, sc-client-api, sp-state-machine, jsonrpsee); codes differ between versions.
NO_CALL: Final = ("Method not found", "Function to start was not found", "Exported method")
NO_STATE: Final = ("already discarded", "UnknownBlock", "unknown Block", "Header was not found")
FAILED: Final = ("Execution failed", "unreachable", "trap")
TOO_MUCH: Final = ("too big", "too large", "rate limit", "limit exceeded", "Too many")

T = TypeVar("T")


class NotServed(Absent):
    """The node has no such method, or the runtime no such call."""


class Rpc:
    """Endpoints of one chain, each asked for its genesis before anything else."""

    def __init__(self, http: Http, genesis: str, endpoints: Sequence[str]) -> None:
        self.rotation = Rotation([endpoint.strip() for endpoint in endpoints if endpoint.strip()])
        self.genesis = genesis
        self.http = http
        self._proved: set[str] = set()

    def ask(self, endpoint: str, method: str, *params: Any) -> Any:
        """One endpoint's answer; raises SourceDown, NotServed or SourceChanged."""
        if endpoint not in self._proved:
            genesis = self._post(endpoint, "chain_getBlockHash", 0)
            if genesis != self.genesis:
                raise SourceDown(f"{bare(endpoint)} is a node of another chain: its genesis is {genesis}")
            self._proved.add(endpoint)
        return self._post(endpoint, method, *params)

    def first_proved(self, prove: Callable[[str], T]) -> T:
        """What the first endpoint proves; one that answers in another shape is passed over as one that is down."""

        def proved(endpoint: str) -> T:
            try:
                return prove(endpoint)
            except SourceChanged as error:
                raise SourceDown(str(error)) from error

        return self.rotation.ask(proved)

    def any(self, method: str, *params: Any) -> Any:
        """The answer of the first endpoint that gives one."""
        return self.rotation.ask(lambda endpoint: self.ask(endpoint, method, *params))

    def _post(self, endpoint: str, method: str, *params: Any) -> Any:
        asked = self.http.requests
        answer = self.http.post(endpoint, {"jsonrpc": "2.0", "id": asked, "method": method, "params": params})
        if answer.status != 200:
            raise SourceDown(f"{bare(endpoint)} {method}: status {answer.status}")
        body = answer.json()
        if not isinstance(body, dict) or body.get("id") != asked:
            raise SourceChanged(f"{bare(endpoint)} {method}: no answer to this question: {str(body)[:80]}")
        if body.get("error") is not None:
            raise _refusal(body["error"], f"{bare(endpoint)} {method}")
        if "result" not in body:
            raise SourceChanged(f"{bare(endpoint)} {method}: neither result nor error")
        if not answer.is_ascii:
            raise SourceChanged(f"{bare(endpoint)} {method}: letters or digits that are no hexadecimal ones")
        return body["result"]


def _refusal(error: Any, where: str) -> ReadingError:
    if not isinstance(error, dict):
        return SourceChanged(f"{where}: {str(error)[:200]}")
    text = f"{error.get('message')} {error.get('data') or ''}"
    reason = f"{where}: {error.get('code')} {text[:200]}"
    if any(words in text for words in NO_STATE + TOO_MUCH):
        return SourceDown(reason)
    if error.get("code") == NO_METHOD or any(words in text for words in NO_CALL):
        return NotServed(reason)
    # An internal error, or a call that needs more than the node grants it, is one node's; another may answer.
    if error.get("code") == INTERNAL or any(words in text for words in FAILED):
        return SourceDown(reason)
    return SourceChanged(reason)


def hash_at(rpc: Rpc, endpoint: str, height: int) -> str:
    """The hash of the block at a height; raises SourceDown where the node has no such block."""
    found = rpc.ask(endpoint, "chain_getBlockHash", height)
    if found is None:
        raise SourceDown(f"{bare(endpoint)} knows no block {height}")
    return str(found)


def pinned(rpc: Rpc, endpoint: str, block_hash: str) -> tuple[Block, int]:
    """The block of a hash, and the version of the runtime that made its state."""
    header = rpc.ask(endpoint, "chain_getHeader", block_hash)
    if header is None:
        raise SourceDown(f"{bare(endpoint)} knows no block {block_hash}")
    try:
        height = int(header["number"], 16)
        moment = _time_at(rpc, endpoint, block_hash, height)
        version = int(rpc.ask(endpoint, "state_getRuntimeVersion", block_hash)["specVersion"])
    except (TypeError, ValueError, KeyError) as error:
        raise SourceChanged(f"{bare(endpoint)}: no header or runtime version of block {block_hash}") from error
    return Block(height, block_hash, moment), version


def confirm(rpc: Rpc, endpoint: str, block: Block) -> str:
    """The first other endpoint that has a block of this height, which must be the same; empty where none has."""
    others = [other for other in rpc.rotation.endpoints if other != endpoint]
    for other in others[:WITNESSES_ASKED]:
        try:
            seen = rpc.ask(other, "chain_getBlockHash", block.height)
        except (SourceDown, SourceChanged):
            continue
        if seen is not None:
            if seen != block.hash:
                raise SourceDown(f"{bare(endpoint)} and {bare(other)} disagree about block {block.height}")
            return other
    return ""


def _time_at(rpc: Rpc, endpoint: str, block_hash: str, height: int) -> datetime:
    key = "0x" + (twox128("Timestamp") + twox128("Now")).hex()
    raw = rpc.ask(endpoint, "state_getStorage", key, block_hash)
    if raw is None or len(raw) != 18:
        raise SourceDown(f"{bare(endpoint)}: block {height} has no time: {raw!r}")
    return datetime.fromtimestamp(int.from_bytes(bytes.fromhex(raw[2:]), "little") / 1000, UTC)


def first_from(rpc: Rpc, moment: datetime, low: Block | None, high: Block, endpoint: str) -> Block:
    """The first block at or after a moment, between a block before it (none: the first) and one after it."""
    if low is not None and low.time >= moment:
        return low
    guesses = 0
    while high.height - (low.height if low else 0) > 1:
        guesses += 1
        height = _guess(moment, low, high, halve=guesses % 4 == 0)
        block_hash = hash_at(rpc, endpoint, height)
        block = Block(height, block_hash, _time_at(rpc, endpoint, block_hash, height))
        low, high = (block, high) if block.time < moment else (low, block)
    return high


def _guess(moment: datetime, low: Block | None, high: Block, *, halve: bool) -> int:
    """A height strictly between two blocks: where even block times would put the moment, or now and then the middle."""
    first, last = (low.height if low else 0) + 1, high.height - 1
    if halve:
        return (first + last) // 2
    anchor = low or high
    return min(max(anchor.height + int((moment - anchor.time) / BLOCK_TIME), first), last)


def unhexed(text: Any, what: str) -> bytes:
    """The bytes of a 0x-text; raises SourceChanged for anything else."""
    if not isinstance(text, str) or text[:2] != "0x":
        raise SourceChanged(f"{what}: {str(text)[:80]!r} is no hexadecimal value")
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise SourceChanged(f"{what}: {text[:80]!r} is no hexadecimal value") from error
