"""JSON-RPC of Substrate nodes by POST: what their errors mean, and what a block is.

Errors beside those of store.rows and ingest/endpoints.py:

    AskSmaller
    └── TooMuch     ask for fewer keys
    Absent
    ├── NotStored   none of the keys that were asked for has a value
    └── NotServed   the runtime has no such call: an older way may answer
        └── Lacking the node has no such method, or a proxy before it lets none through: all are asked
"""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeVar

from ingest.endpoints import Absent, AskSmaller, Rotation, Unanswered
from ingest.fields import listed, part, text
from ingest.substrate.metadata import twox128
from ingest.substrate.scale import compact
from ingest.transport import AnswerTooLarge, Http, bare
from store.faults import Cause, ReadingError, SourceChanged, SourceDown
from store.rows import Block

WITNESSES_ASKED: Final = 2
NO_METHOD: Final = -32601
# Of a state that a node keeps no more; they only name the cause.
NO_STATE: Final = ("already discarded", "UnknownBlock", "unknown Block", "Header was not found")
# Words of substrate's own executor; of whatever else a node says another one is asked.
NO_CALL: Final = ("Function to start was not found", "Exported method")
# Words of nodes and of proxies that let some methods through only.
NO_METHOD_WORDS: Final = re.compile(r"method not found|not (allowed|whitelisted)|unsafe to be called", re.IGNORECASE)
# Words of nodes and proxies that would answer less.
TOO_MUCH_WORDS: Final = re.compile(r"too (big|large)|(size|body|response) limit", re.IGNORECASE)
NOW: Final = "0x" + (twox128("Timestamp") + twox128("Now")).hex()
HASH: Final = re.compile(r"0x[0-9a-f]{64}")

T = TypeVar("T")
# Asks one endpoint for a method with parameters.
Ask = Callable[..., Any]


class NotStored(Absent):
    """None of the keys that were asked for has a value: nodes say so too of a state that they no longer have."""


class NotServed(Absent):
    """The runtime has no such call."""


class Lacking(NotServed):
    """Who answered has no such method; each of several proxies may let another one through, so all are asked."""

    enough: ClassVar[int] = sys.maxsize
    doubtful: ClassVar[bool] = True


class TooMuch(AskSmaller):
    """An endpoint refuses the size of a question or of its answer."""


class Rpc:
    """Endpoints of one chain, each asked for its genesis before anything else."""

    def __init__(self, http: Http, genesis: str, endpoints: Sequence[str]) -> None:
        self.rotation = Rotation([endpoint.strip() for endpoint in endpoints if endpoint.strip()])
        self.genesis = genesis
        self.http = http
        self._proved: set[str] = set()

    def ask(self, question: Callable[[Ask], T]) -> T:
        """What a question makes of the answers of one endpoint, the first of which it can make anything."""
        return self.ask_each(lambda endpoint: question(self.of(endpoint)))

    def ask_each(self, question: Callable[[str], T]) -> T:
        """The same of a question that must know whom it asks; what is too much for one is another's to answer."""

        def as_it_is(endpoint: str) -> T:
            try:
                return question(endpoint)
            except AskSmaller as error:
                raise SourceDown(str(error)) from error

        return self.rotation.ask(as_it_is)

    def ask_or_less(self, question: Callable[[Ask], T]) -> T:
        """The same of a question that can be made smaller; raises TooMuch where nobody answers it as it is.

        What is too much for one is asked of all first: an endpoint that answers a key at a time would use up what a
        reading may ask.
        """
        refused: list[AskSmaller] = []

        def noted(endpoint: str) -> T:
            try:
                return question(self.of(endpoint))
            except AskSmaller as error:
                refused.append(error)
                raise SourceDown(str(error)) from error

        try:
            return self.rotation.ask(noted)
        except Unanswered:
            if refused:
                raise refused[0] from None
            raise

    def of(self, endpoint: str) -> Ask:
        """Asks one endpoint; raises SourceDown, NotServed or SourceChanged."""
        return partial(self._ask, endpoint)

    def _ask(self, endpoint: str, method: str, *params: Any) -> Any:
        if endpoint not in self._proved:
            genesis = self._post(endpoint, "chain_getBlockHash", 0)
            if genesis != self.genesis:
                raise SourceDown(f"{bare(endpoint)} is a node of another chain: its genesis is {str(genesis)[:80]}")
            self._proved.add(endpoint)
        return self._post(endpoint, method, *params)

    def _post(self, endpoint: str, method: str, *params: Any) -> Any:
        asked, where = self.http.requests, f"{bare(endpoint)} {method}"
        try:
            answer = self.http.post(endpoint, {"jsonrpc": "2.0", "id": asked, "method": method, "params": params})
        except AnswerTooLarge as error:
            raise TooMuch(str(error)) from error
        if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise TooMuch(f"{where}: status {answer.status}")
        body = answer.json()
        # Proxies, and nodes that could not read the question, refuse it with an id of null.
        if isinstance(body, dict) and body.get("error") is not None:
            raise _refusal(body["error"], where)
        if answer.status != 200:
            raise SourceDown(f"{where}: status {answer.status}")
        if not isinstance(body, dict) or body.get("id") != asked:
            raise SourceChanged(f"{where}: no answer to this question: {str(body)[:80]}")
        if "result" not in body:
            raise SourceChanged(f"{where}: neither result nor error")
        if not answer.is_ascii:
            raise SourceChanged(f"{where}: letters or digits that are no hexadecimal ones")
        return body["result"]


def _refusal(error: Any, where: str) -> ReadingError:
    """What a refusal means: that there is no such call or method, or whatever else one endpoint has."""
    code, message, more = (
        (error.get(name) for name in ("code", "message", "data")) if isinstance(error, dict) else ("", error, "")
    )
    told = f"{message} {more or ''}"
    reason = f"{where}: {code} {told[:200]}"
    if any(words in told for words in NO_CALL):
        return NotServed(reason)
    if code == NO_METHOD or NO_METHOD_WORDS.search(told):
        return Lacking(reason)
    if TOO_MUCH_WORDS.search(told):
        return TooMuch(reason)
    found = SourceDown(reason)
    return found.of(Cause.LACKS) if any(words in told for words in NO_STATE) else found


def hash_at(ask: Ask, height: int) -> str:
    """The hash of the block at a height; raises SourceDown where the node has no such block."""
    found = ask("chain_getBlockHash", height)
    if found is None:
        raise SourceDown(f"knows no block {height}")
    return _hash(found)


def pinned(ask: Ask, block_hash: str) -> tuple[Block, int]:
    """The block of a hash, which must be that of its header, and the version of the runtime that made its state."""
    header = ask("chain_getHeader", block_hash)
    if header is None:
        raise SourceDown(f"knows no block {block_hash}")
    height = _height(header)
    if hashed(header) != block_hash:
        raise SourceDown(f"the header of block {height} has the hash {hashed(header)}, not {block_hash}")
    version = part(ask("state_getRuntimeVersion", block_hash), "specVersion")
    if not isinstance(version, int) or isinstance(version, bool):
        raise SourceChanged(f"the runtime of block {height} has the version {str(version)[:80]!r}")
    return Block(height, block_hash, _time_at(ask, block_hash, height)), version


def newest(ask: Ask) -> tuple[Block, int]:
    """The newest final block, and the version of its runtime."""
    return pinned(ask, _hash(ask("chain_getFinalizedHead")))


def at(ask: Ask, height: int) -> tuple[Block, int]:
    """The block at a height, and the version of its runtime."""
    block, version = pinned(ask, hash_at(ask, height))
    if block.height != height:
        raise SourceDown(f"answered block {block.height} for block {height}")
    return block, version


def hashed(header: Any) -> str:
    """The hash of a header: blake2b-256 of its parts, as every Substrate chain has it."""
    digest = [unhexed(entry, "a digest") for entry in listed(header, "digest", "logs")]
    parent, state, calls = (unhexed(part(header, name), name) for name in ("parentHash", "stateRoot", "extrinsicsRoot"))
    whole = parent + compact(_height(header)) + state + calls + compact(len(digest)) + b"".join(digest)
    return "0x" + blake2b(whole, digest_size=32).hexdigest()


def _height(header: Any) -> int:
    number = text(header, "number")
    if not re.fullmatch(r"0x[0-9a-f]{1,16}", number):
        raise SourceChanged(f"a header's number is {number[:80]!r}")
    return int(number, 16)


def _hash(told: Any) -> str:
    if not isinstance(told, str) or not HASH.fullmatch(told):
        raise SourceChanged(f"{str(told)[:80]!r} is no hash of a block")
    return told


def block_at(ask: Ask, height: int) -> Block:
    """Hash and time of the block at a height."""
    block_hash = hash_at(ask, height)
    return Block(height, block_hash, _time_at(ask, block_hash, height))


def confirm(rpc: Rpc, endpoint: str, block: Block) -> str:
    """The first other endpoint that has a block of this height, which must be the same; empty where none has."""
    others = [other for other in rpc.rotation.endpoints if other != endpoint]
    for other in others[:WITNESSES_ASKED]:
        try:
            seen = hash_at(rpc.of(other), block.height)
            if seen != block.hash:
                # Who has no header of that hash is no witness.
                pinned(rpc.of(other), seen)
        except ReadingError:
            continue
        if seen != block.hash:
            raise SourceDown(f"{bare(endpoint)} and {bare(other)} disagree about block {block.height}")
        return other
    return ""


def _time_at(ask: Ask, block_hash: str, height: int) -> datetime:
    told = unhexed(ask("state_getStorage", NOW, block_hash), f"the time of block {height}")
    try:
        return datetime.fromtimestamp(int.from_bytes(told, "little") / 1000, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise SourceChanged(f"block {height} has the time {told.hex()[:40]}") from error


def unhexed(text: Any, what: str) -> bytes:
    """The bytes of a 0x-text; raises SourceChanged for anything else."""
    if not isinstance(text, str) or text[:2] != "0x":
        raise SourceChanged(f"{what}: {str(text)[:80]!r} is no hexadecimal value")
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise SourceChanged(f"{what}: {text[:80]!r} is no hexadecimal value") from error
