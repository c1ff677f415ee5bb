"""A small server that answers as a Substrate node does, from a state of our choice: the chain's own keys and bytes."""

import bisect
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ingest.substrate.metadata import Metadata, twox128
from ingest.substrate.node import parsed
from ingest.substrate.scale import compact
from tests.worlds.servers import Reply, Request, serving

GENESIS = "0x" + "2f" * 32
HEIGHT = 7_000_000
# 2025-11-22 08:26:40 UTC
MILLISECONDS = 1_763_800_000_000
BLOCK_MILLISECONDS = 12_000
NOW = "0x" + (twox128("Timestamp") + twox128("Now")).hex()


def header(height: int) -> dict[str, Any]:
    """The header of a made-up block, as nodes write it."""
    log = "0x06617572612096260b2300000000"
    parts = dict.fromkeys(("parentHash", "stateRoot", "extrinsicsRoot"), f"0x{height:064x}")
    return {**parts, "number": hex(height), "digest": {"logs": [log]}}


def hash_of(height: int) -> str:
    """The hash of a made-up block: of its header's parts, one after the other."""
    root, log = height.to_bytes(32), bytes.fromhex("06617572612096260b2300000000")
    whole = root + compact(height) + root + root + compact(1) + log
    found = "0x" + blake2b(whole, digest_size=32).hexdigest() if height else GENESIS
    heights[found] = height
    return found


# Of every block of which somebody has the hash.
heights: dict[str, int] = {}


@dataclass
class Node:
    """What the server knows: storage by key, answers of runtime calls, and which blocks it has forgotten."""

    blob: bytes
    spec_version: int
    state: dict[str, str] = field(default_factory=dict)
    calls: dict[str, bytes] = field(default_factory=dict)
    # Runtime calls whose answer depends on their arguments.
    replies: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    height: int = HEIGHT
    genesis: str = GENESIS
    oldest: int = 0
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    # Tests spoil an answer here: method -> (result -> result).
    spoil: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    errors: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.order = sorted({*self.state, NOW})
        self.sorted = True

    @property
    def metadata(self) -> Metadata:
        return parsed(self.blob)

    def put(self, pallet: str, name: str, key: tuple[bytes, ...], value: bytes) -> None:
        """Store a value under the key that the runtime computes."""
        place = "0x" + self.metadata.item(pallet, name).key(*key).hex()
        if place not in self.state:
            self.order.append(place)
            self.sorted = False
        self.state[place] = "0x" + value.hex()

    def drop(self, pallet: str, name: str, key: tuple[bytes, ...]) -> None:
        """Forget what is stored under a key."""
        place = "0x" + self.metadata.item(pallet, name).key(*key).hex()
        if self.state.pop(place, None) is not None:
            self.order.remove(place)

    def answer(self, request: Request) -> Reply:
        if not self.sorted:
            self.order.sort()
            self.sorted = True
        body = json.loads(request.body)
        self.asked.append(body["method"])
        reply = Reply({"jsonrpc": "2.0", "id": body["id"], **self._result(body["method"], body["params"])})
        self.sent += len(reply.encoded())
        return reply

    def _result(self, method: str, params: list[Any]) -> dict[str, Any]:
        if method in self.errors:
            return {"error": self.errors[method]}
        known: Callable[..., Any] | None = getattr(self, method, None)
        if known is None:
            return {"error": {"code": -32601, "message": "Method not found"}}
        try:
            result = known(*params)
        except LookupError as error:
            return {"error": {"code": -32603, "message": str(error)}}
        except (TypeError, ValueError):
            return {"error": {"code": -32602, "message": "Invalid params"}}
        return {"result": self.spoil.get(method, lambda found: found)(result)}

    def chain_getBlockHash(self, height: int) -> str | None:
        if height == 0:
            return self.genesis
        return hash_of(height) if height <= self.height else None

    def chain_getFinalizedHead(self) -> str:
        return hash_of(self.height)

    def chain_getHeader(self, block: str) -> dict[str, Any]:
        return header(heights[block])

    def state_getRuntimeVersion(self, block: str) -> dict[str, Any]:
        self._remembered(block)
        return {"specName": "node-subtensor", "specVersion": self.spec_version}

    def state_getStorage(self, key: str, block: str) -> str | None:
        self._remembered(block)
        return self._stored(key, block)

    def state_queryStorageAt(self, keys: list[str], block: str) -> list[Any]:
        self._remembered(block)
        return [{"block": block, "changes": [[key, self._stored(key, block)] for key in keys]}]

    def state_getKeysPaged(self, prefix: str, count: int, start: str, block: str) -> list[str]:
        self._remembered(block)
        first = bisect.bisect_right(self.order, start)
        page = self.order[first : first + count]
        return [key for key in page if key.startswith(prefix)]

    def state_getMetadata(self, block: str) -> str:
        self._remembered(block)
        return "0x" + self.blob[self.blob.index(b"meta") :].hex()

    def state_call(self, name: str, arguments: str, block: str) -> str:
        self._remembered(block)
        if name == "Metadata_metadata_at_version":
            return "0x00"
        if name in self.replies:
            return "0x" + self.replies[name](bytes.fromhex(arguments[2:])).hex()
        if name in self.calls:
            return "0x" + self.calls[name].hex()
        raise LookupError(f"Client error: Execution failed: Other: Function to start was not found: {name}")

    def _stored(self, key: str, block: str) -> str | None:
        if key == NOW:
            moment = MILLISECONDS - (self.height - heights[block]) * BLOCK_MILLISECONDS
            return "0x" + moment.to_bytes(8, "little").hex()
        return self.state.get(key)

    def _remembered(self, block: str) -> None:
        if heights[block] < self.oldest:
            raise LookupError(f"Client error: UnknownBlock: State already discarded for {block}")


@contextmanager
def serves(node: Node) -> Iterator[str]:
    """Base address of a server that answers from `node`."""
    with serving(node.answer) as url:
        yield url


def blob(shared: Path, spec_version: int) -> bytes:
    """The metadata of a real runtime."""
    return gzip.decompress((shared / "bittensor" / f"metadata_{spec_version}.scale.gz").read_bytes())


def state(shared: Path, name: str) -> dict[str, str]:
    """The storage of a real chain, key by key."""
    document = json.loads(gzip.decompress((shared / "bittensor" / name).read_bytes()))
    return dict(document["state"])


def renamed(raw: bytes, names: Mapping[str, str]) -> bytes:
    """Metadata in which some items have other names, as in runtimes of which no file is at hand."""
    for old, new in names.items():
        before, after = (compact(len(name)) + name.encode() for name in (old, new))
        if raw.count(before) == 0:
            raise LookupError(f"the metadata has no {old}")
        raw = raw.replace(before, after)
    return raw
