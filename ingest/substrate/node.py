"""The JSON-RPC client of Substrate chains: proves endpoints, names one final block, reads everything at its hash."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from itertools import islice, pairwise
from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary

import polars as pl
from numpy.typing import NDArray

from ingest.endpoints import Rotation
from ingest.network import Memo, is_of_now
from ingest.substrate import columns
from ingest.substrate.columns import Rows
from ingest.substrate.metadata import Item, Metadata, metadata
from ingest.substrate.rpc import NotServed, Rpc, confirm, first_from, hash_at, pinned, unhexed
from ingest.substrate.scale import compact
from ingest.transport import Http, bare
from store.rows import Block, SourceChanged, SourceDown

# What substrate nodes hand out at most for one page of keys.
KEYS_A_PAGE: Final = 1000
PAGES_A_PART: Final = 10
OLDEST_HEAD: Final = timedelta(minutes=5)
METADATA_VERSION: Final = 15

Key = tuple[int | str | bytes, ...]
T = TypeVar("T")
parsed = lru_cache(maxsize=8)(metadata)


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SubstrateChain:
    """A Substrate chain by the hash of its first block, with public endpoints that answer JSON-RPC by POST."""

    genesis: str
    endpoints: tuple[str, ...]
    oldest_head: timedelta = OLDEST_HEAD
    clock: Callable[[], datetime] = now

    @property
    def chain_id(self) -> str:
        """The hash of the first block: names may change, this cannot."""
        return self.genesis

    def head(self, http: Http, endpoints: Sequence[str]) -> "Substrate":
        """The newest final block of the first endpoint that proves itself: genesis, a head younger than five minutes.

        A second endpoint, where one answers, must have the same block.
        """
        rpc = Rpc(http, self.genesis, endpoints)

        def newest(endpoint: str) -> Substrate:
            node = Substrate(rpc, *pinned(rpc, endpoint, rpc.ask(endpoint, "chain_getFinalizedHead")))
            if not is_of_now(node.block, self.clock(), self.oldest_head):
                found = node.block
                raise SourceDown(f"{bare(endpoint)} is at block {found.height} of {found.time:%Y-%m-%d %H:%M}")
            node.witness = confirm(rpc, endpoint, node.block)
            return node

        return rpc.first_proved(newest)

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "Substrate":
        """The chain at a block of the past; raises SourceDown when no endpoint has its state any more."""
        rpc = Rpc(http, self.genesis, endpoints)

        def then(endpoint: str) -> Substrate:
            return Substrate(rpc, *pinned(rpc, endpoint, hash_at(rpc, endpoint, height)))

        return rpc.first_proved(then)

    def days(
        self, http: Http, endpoints: Sequence[str], since: date, until: date, step: timedelta = timedelta(days=1)
    ) -> Iterator[tuple[datetime, int]]:
        """The first block at or after midnight (UTC) of the days of a period, oldest first: for backfill.

        Raises SourceDown when no endpoint keeps states that old.
        """
        rpc = Rpc(http, self.genesis, endpoints)
        newest = self.head(http, endpoints).block
        low: Block | None = None
        moment = datetime.combine(since, time(), UTC)
        while moment <= min(datetime.combine(until, time(), UTC), newest.time):
            low = rpc.rotation.ask(partial(first_from, rpc, moment, low, newest))
            yield moment, low.height
            moment += step


# The name of the type of an account in every runtime's metadata.
ACCOUNT: Final = "AccountId32"


class Substrate:
    """Proved endpoints of one chain, pinned to one final block; every question is asked once, then remembered."""

    def __init__(self, rpc: Rpc, block: Block, spec_version: int) -> None:
        self.block = block
        self.spec_version = spec_version
        self.witness = ""
        self._rpc = rpc
        self._stored: dict[bytes, bytes | None] = {}
        self._answers: dict[tuple[str, bytes], Any] = {}
        self._found: dict[str, Any] = {}
        self._metadata: Metadata | None = None

    @property
    def chain_id(self) -> str:
        """The hash of the first block."""
        return self._rpc.genesis

    @property
    def endpoint(self) -> str:
        """The endpoint that is asked first."""
        return self._rpc.rotation.first

    @property
    def rotation(self) -> Rotation:
        """The endpoints, the best first."""
        return self._rpc.rotation

    def forget(self) -> None:
        """Ask everything anew at the same block."""
        for told in (self._stored, self._answers, self._found):
            told.clear()
        self._metadata = None
        _blobs.pop(self._rpc.http, None)

    @property
    def runtime_version(self) -> str:
        """The version of the runtime whose rules hold at this block."""
        return str(self.spec_version)

    def ask(self, method: str, *params: Any) -> Any:
        """The plain answer of a node's method, from the first endpoint that gives one."""
        return self._rpc.any(method, *params)

    @property
    def metadata(self) -> Metadata:
        """What the runtime of this block says of itself; asked once a version of the runtime."""
        if self._metadata is None:
            blobs = _blobs.setdefault(self._rpc.http, {})
            key = (self.chain_id, self.spec_version)
            if key not in blobs:
                blobs[key] = self._blob()
            self._metadata = parsed(blobs[key])
        return self._metadata

    def _blob(self) -> bytes:
        version = METADATA_VERSION.to_bytes(4, "little")
        try:
            wrapped = self._call_raw("Metadata_metadata_at_version", version)
        except NotServed:
            wrapped = b"\0"
        if wrapped[:1] == b"\1":
            return wrapped
        return unhexed(self.ask("state_getMetadata", self.block.hash), "metadata")

    def has(self, pallet: str, name: str) -> bool:
        """Whether this block's runtime has a storage item of that name."""
        return (pallet, name) in self.metadata.items

    def answers(self, title: str) -> bool:
        """Whether this block's runtime has a call of that name and says what its answer looks like.

        Old runtimes answered bytes, whose meaning only the caller's source code told.
        """
        call = self.metadata.calls.get(title)
        return call is not None and not self.metadata.types.opaque(call.answer)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` finds, found once for this block: several readings use the stake map."""
        if name not in self._found:
            self._found[name] = make()
        return cast("T", self._found[name])

    def call(self, title: str, arguments: bytes = b"") -> Any:
        """What a function of the runtime answers at the pinned block, read by the type that metadata gives it.

        Raises SourceChanged where the runtime has no such call (see `answers`) or answers another shape.
        """
        key = (title, arguments)
        if key not in self._answers:
            answer = self.metadata.call(title).answer
            self._answers[key] = self.metadata.types.value(answer, self._call_raw(title, arguments), title)
        return self._answers[key]

    def _call_raw(self, title: str, arguments: bytes) -> bytes:
        return unhexed(self.ask("state_call", title, "0x" + arguments.hex(), self.block.hash), title)

    def value(self, pallet: str, name: str, *key: int | str | bytes) -> Any:
        """The value of a storage item; what is absent reads as the runtime reads it: its default, or None.

        An account that is absent is None, though the runtime reads the account of zeros: that one is nobody.
        """
        return self.values(pallet, name, [key])[0]

    def values(self, pallet: str, name: str, wanted: Sequence[Key]) -> list[Any]:
        """The values of a storage item under computed keys, in their order."""
        return self.table(pallet, (name,), wanted)[name]

    def table(self, pallet: str, names: Sequence[str], wanted: Sequence[Key]) -> dict[str, list[Any]]:
        """Values of several items under the same keys, asked together, a thousand keys a request."""
        items = {name: self.metadata.item(pallet, name) for name in names}
        places = {name: [item.key(*self._encoded(item, key)) for key in wanted] for name, item in items.items()}
        self._load([place for found in places.values() for place in found])
        return {name: [self._decoded(items[name], place) for place in found] for name, found in places.items()}

    def _encoded(self, item: Item, key: Key) -> list[bytes]:
        types = self.metadata.types
        return [encoded(part, types.width(type_id)) for part, type_id in zip(key, item.keys, strict=False)]

    def _decoded(self, item: Item, place: bytes) -> Any:
        raw = self._stored[place]
        if raw is None and (item.default is None or self.metadata.types[item.value].path == ACCOUNT):
            return None
        return self.metadata.types.value(item.value, item.default or b"" if raw is None else raw, item.title)

    def _load(self, places: Iterable[bytes]) -> None:
        missing = [place for place in dict.fromkeys(places) if place not in self._stored]
        for start in range(0, len(missing), KEYS_A_PAGE):
            chunk = ["0x" + place.hex() for place in missing[start : start + KEYS_A_PAGE]]
            for place, found in zip(missing[start : start + KEYS_A_PAGE], self._query(chunk), strict=True):
                self._stored[place] = None if found is None else unhexed(found, "storage")

    def _query(self, places: Sequence[str]) -> list[str | None]:
        """Values under storage keys; raises SourceChanged unless the answer has exactly these keys in this order."""
        answer = self.ask("state_queryStorageAt", places, self.block.hash)
        try:
            [changes] = answer
            block, pairs = changes["block"], changes["changes"]
            keys, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise SourceChanged(f"{bare(self.endpoint)}: storage answers as {str(answer)[:80]}") from error
        if block != self.block.hash:
            raise SourceDown(f"{bare(self.endpoint)} answered at block {block}, not {self.block.hash}")
        if keys != list(places):
            raise SourceChanged(
                f"{bare(self.endpoint)}: {len(keys)} values for {len(places)} keys, or in another order"
            )
        return values

    def pages(self, item: Item, *key: int | str | bytes, after: str = "") -> Iterator[tuple[list[str], list[str]]]:
        """Stored keys and values of an item (of those that start with `key`, that follow `after`), a page at a time."""
        prefix = "0x" + item.key(*self._encoded(item, key)).hex()
        for places in self._key_pages(prefix, after or prefix):
            yield places, [_present(found, place) for place, found in zip(places, self._query(places), strict=True)]

    def _key_pages(self, prefix: str, last: str) -> Iterator[list[str]]:
        while True:
            page = self.ask("state_getKeysPaged", prefix, KEYS_A_PAGE, last, self.block.hash)
            if not isinstance(page, list) or not all(isinstance(place, str) for place in page):
                raise SourceChanged(f"{bare(self.endpoint)}: keys under {prefix} come as {str(page)[:80]}")
            if len(page) > KEYS_A_PAGE:
                raise SourceChanged(f"{bare(self.endpoint)}: {len(page)} keys, {KEYS_A_PAGE} were asked for")
            # Some servers hand out the last key for ever; a server that begins anew would hide all that follows.
            if set(page) <= {last}:
                return
            if page[0] <= last or any(after <= before for before, after in pairwise(page)):
                raise SourceChanged(f"{bare(self.endpoint)}: keys under {prefix} come twice or unordered")
            if not page[-1].startswith(prefix) or not page[0].startswith(prefix):
                raise SourceChanged(f"{bare(self.endpoint)}: keys under {prefix} leave their group")
            yield page
            last = page[-1]

    def rows(self, pallet: str, name: str, *key: int | str | bytes) -> Rows:
        """All rows of a map of fixed-width values as columns, decoded without a Python object a row."""
        item = self.metadata.item(pallet, name)
        places: list[str] = []
        found: list[str] = []
        for page, texts in self.pages(item, *key):
            places += page
            found += texts
        return columns.rows(self.metadata.types, item, places, found)

    def parts(self, pallet: str, name: str, memo: Memo) -> Rows:
        """All rows of a large map; `memo` keeps ten thousand at a time, so that a reading that was cut off goes on."""
        item = self.metadata.item(pallet, name)
        last = "0x" + item.prefix.hex()
        kept: list[pl.DataFrame] = []
        while True:
            part = memo(f"{item.title}-{len(kept):05d}", partial(self._part, item, last))
            if part.is_empty():
                break
            kept.append(part)
            last = part["key"][-1]
        whole = pl.concat(kept) if kept else part
        return columns.rows(self.metadata.types, item, whole["key"].to_list(), whole["value"].to_list())

    def _part(self, item: Item, last: str) -> pl.DataFrame:
        pages = list(islice(self.pages(item, after=last), PAGES_A_PART))
        found = {
            "key": [place for places, _ in pages for place in places],
            "value": [text for _, texts in pages for text in texts],
        }
        return pl.DataFrame(found, schema={"key": pl.String, "value": pl.String})

    def map(self, pallet: str, name: str, *key: int | str | bytes) -> list[tuple[Any, ...]]:
        """All rows of a small map whatever its values are: (key, ..., value) as Python values."""
        item = self.metadata.item(pallet, name)
        types = self.metadata.types
        found = []
        for places, texts in self.pages(item, *key):
            parts = [_spelled(column) for column in columns.keys(types, item, places)]
            read = [types.value(item.value, unhexed(text, item.title), item.title) for text in texts]
            found += list(zip(*parts, read, strict=True))
        return found


def encoded(part: int | str | bytes, width: int | None) -> bytes:
    """A key part or an argument as bytes: numbers little-endian in the width of their type, accounts as they are."""
    if width is None:
        raise SourceChanged(f"{part!r} is a key of no fixed width")
    raw = part.to_bytes(width, "little") if isinstance(part, int) else part
    if isinstance(raw, str):
        raw = unhexed(raw, "a key")
    if len(raw) != width:
        raise SourceChanged(f"{part!r} has {len(raw)} bytes as a key, the runtime's metadata says {width}")
    return raw


def listed(parts: Sequence[bytes]) -> bytes:
    """A list as the argument of a runtime call."""
    return compact(len(parts)) + b"".join(parts)


def _present(text: str | None, place: str) -> str:
    if text is None:
        raise SourceChanged(f"a key that was listed has no value: {place}")
    return text


def _spelled(column: NDArray[Any]) -> list[Any]:
    return columns.addresses(column) if column.dtype == columns.ACCOUNT else columns.whole(column)


# Metadata of a run by chain and version of the runtime: a megabyte that only an upgrade changes.
_blobs: WeakKeyDictionary[Http, dict[tuple[str, int], bytes]] = WeakKeyDictionary()
