"""The JSON-RPC client of Substrate chains: proves endpoints, names one final block, reads everything at its hash."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary

import polars as pl
from numpy.typing import NDArray

from ingest.endpoints import AskSmaller, Rotation
from ingest.network import Memo, is_of_now
from ingest.substrate import columns
from ingest.substrate.columns import Rows
from ingest.substrate.keys import Keys, stored
from ingest.substrate.metadata import Item, Metadata, metadata
from ingest.substrate.rpc import Ask, NotServed, NotStored, Rpc, at, block_at, confirm, newest, unhexed
from ingest.substrate.scale import compact
from ingest.transport import Http, bare
from store.faults import Cause, SourceChanged, SourceDown
from store.rows import Block

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
    """A Substrate chain by the hash of its first block, with public endpoints that answer JSON-RPC by POST.

    archives: endpoints that are asked for the past alone, beside the others.
    """

    genesis: str
    endpoints: tuple[str, ...]
    oldest_head: timedelta = OLDEST_HEAD
    clock: Callable[[], datetime] = now
    archives: tuple[str, ...] = ()

    @property
    def chain_id(self) -> str:
        """The hash of the first block: names may change, this cannot."""
        return self.genesis

    def head(self, http: Http, endpoints: Sequence[str]) -> "Substrate":
        """The newest final block of the first endpoint that proves itself: genesis, a head younger than five minutes.

        A second endpoint, where one answers, must have the same block.
        """
        rpc = Rpc(http, self.genesis, endpoints)

        def proved(endpoint: str) -> Substrate:
            block, version = newest(rpc.of(endpoint))
            if not is_of_now(block, self.clock(), self.oldest_head):
                why = f"is at block {block.height} of {block.time:%Y-%m-%d %H:%M}"
                raise SourceDown(f"{bare(endpoint)} {why}").of(Cause.BEHIND, why)
            return Substrate(rpc, block, version, confirm(rpc, endpoint, block))

        return rpc.ask_each(proved)

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "Substrate":
        """The chain at a block of the past; raises SourceDown when no endpoint has its state any more."""
        rpc = Rpc(http, self.genesis, endpoints)
        return Substrate(rpc, *rpc.ask(lambda ask: at(ask, height)))

    def past(self, http: Http, endpoints: Sequence[str]) -> "SubstratePast":
        """The past as the first of some endpoints tells it; no other one is asked for anything."""
        return SubstratePast(self, Rpc(http, self.genesis, endpoints[:1]))


@dataclass(frozen=True, slots=True)
class SubstratePast:
    """The past of a Substrate chain at one endpoint: a block's time is part of its state, so both are kept or none."""

    chain: SubstrateChain
    rpc: Rpc

    def newest(self) -> Block:
        """The newest final block."""
        return self.rpc.ask(newest)[0]

    def block(self, height: int) -> Block:
        """Hash and time of a block, for which its state must be kept."""
        return self.rpc.ask(partial(block_at, height=height))

    def at(self, height: int) -> "Substrate":
        """The chain at a block of the past."""
        return Substrate(self.rpc, *self.rpc.ask(partial(at, height=height)))


# Stands for a value that is not stored.
ABSENT: Final = object()
# The name of the type of an account in every runtime's metadata.
ACCOUNT: Final = "AccountId32"


class Substrate:
    """Proved endpoints of one chain, pinned to one final block; every question is asked once, then remembered."""

    def __init__(self, rpc: Rpc, block: Block, spec_version: int, witness: str = "") -> None:
        self.block = block
        self.spec_version = spec_version
        self.witness = witness
        self._rpc = rpc
        self._stored: dict[bytes, Any] = {}
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
        _known.pop(self._rpc.http, None)

    @property
    def runtime_version(self) -> str:
        """The version of the runtime whose rules hold at this block."""
        return str(self.spec_version)

    def ask(self, question: Callable[[Ask], T]) -> T:
        """What a question makes of the answers of one endpoint; whatever it raises is that endpoint's reason.

        Then the next one is asked. Raises Unanswered with the reasons of all, or NotServed.
        """
        return self._rpc.ask(question)

    @property
    def metadata(self) -> Metadata:
        """What the runtime of this block says of itself; asked once a version of the runtime."""
        if self._metadata is None:
            known = _known.setdefault(self._rpc.http, {})
            key = (self.chain_id, self.spec_version)
            if key not in known:
                known[key] = self._described()
            self._metadata = known[key]
        return self._metadata

    def _described(self) -> Metadata:
        version = METADATA_VERSION.to_bytes(4, "little")

        def newest(ask: Ask) -> Metadata:
            told = self._called(ask, "Metadata_metadata_at_version", version)
            if told[:1] != b"\1":
                raise NotServed(f"has no metadata of version {METADATA_VERSION}")
            return parsed(told)

        def oldest(ask: Ask) -> Metadata:
            return parsed(unhexed(ask("state_getMetadata", self.block.hash), "metadata"))

        try:
            return self.ask(newest)
        except NotServed:
            return self.ask(oldest)

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

    def call(self, title: str, arguments: bytes = b"", judge: Callable[[Any], object] = lambda _: None) -> Any:
        """What a function of the runtime answers at the pinned block, read by the type that metadata gives it.

        Raises SourceChanged where the runtime has no such call (see `answers`). What `judge` raises is the reason of
        the endpoint that gave the answer, as another shape is.
        """
        key = (title, arguments)
        if key not in self._answers:
            types, answer = self.metadata.types, self.metadata.call(title).answer

            def read(ask: Ask) -> Any:
                found = types.value(answer, self._called(ask, title, arguments), title)
                judge(found)
                return found

            self._answers[key] = self.ask(read)
        return self._answers[key]

    def _called(self, ask: Ask, title: str, arguments: bytes) -> bytes:
        return unhexed(ask("state_call", title, "0x" + arguments.hex(), self.block.hash), title)

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
        self._load({place: items[name] for name, found in places.items() for place in found})
        return {name: [self._present(items[name], place) for place in found] for name, found in places.items()}

    def _encoded(self, item: Item, key: Key) -> list[bytes]:
        types = self.metadata.types
        return [encoded(part, types.width(type_id)) for part, type_id in zip(key, item.keys, strict=False)]

    def _present(self, item: Item, place: bytes) -> Any:
        """The value under a key; what is absent reads as its default."""
        found, types = self._stored[place], self.metadata.types
        if found is not ABSENT:
            return found
        if item.default is None or types[item.value].path == ACCOUNT:
            return None
        return types.value(item.value, item.default, item.title)

    def _load(self, items: Mapping[bytes, Item]) -> None:
        missing = [place for place in items if place not in self._stored]
        for start in range(0, len(missing), KEYS_A_PAGE):
            chunk = {place: items[place] for place in missing[start : start + KEYS_A_PAGE]}
            self._stored.update(self._found_under(chunk))

    def _found_under(self, items: Mapping[bytes, Item]) -> dict[bytes, Any]:
        """Values under keys; that not one of them has a value two endpoints must say."""
        try:
            return self._in_halves(items)
        except NotStored:
            return dict.fromkeys(items, ABSENT)

    def _in_halves(self, items: Mapping[bytes, Item]) -> dict[bytes, Any]:
        """Values under keys; of half as many at a time where that is too much for an endpoint."""
        question = partial(self._values, items)
        if len(items) == 1:
            return self.ask(question)
        try:
            return self._rpc.ask_or_less(question)
        except AskSmaller:
            places, middle = list(items), len(items) // 2
            halves = ({place: items[place] for place in some} for some in (places[:middle], places[middle:]))
            return {place: found for half in halves for place, found in self._found_under(half).items()}

    def _values(self, items: Mapping[bytes, Item], ask: Ask) -> dict[bytes, Any]:
        types = self.metadata.types
        texts = stored(ask, ["0x" + place.hex() for place in items], self.block.hash)
        if all(text is None for text in texts):
            raise NotStored(f"none of {len(texts)} keys has a value")
        return {
            place: ABSENT if text is None else types.value(item.value, unhexed(text, item.title), item.title)
            for (place, item), text in zip(items.items(), texts, strict=True)
        }

    def pages(
        self, item: Item, read: Callable[[list[str], list[str]], T], *key: int | str | bytes, after: str = ""
    ) -> Iterator[T]:
        """What `read` makes of stored keys and values of an item, a page at a time, each from one endpoint.

        Of those that start with `key`, that follow `after`. That none follow the last page is shown by the first key
        behind them, of another item: an endpoint must name it and have a value for it. Where endpoints refuse to look
        so far, see Keys.
        """
        prefix = "0x" + item.key(*self._encoded(item, key)).hex()
        last: str | None = after or prefix
        many = KEYS_A_PAGE
        while last is not None:
            question = partial(self._page, Keys(self._rpc, self.block.hash, prefix, many), last, read)
            try:
                found, last = self._rpc.ask_or_less(question) if many > 1 else self.ask(question)
            except AskSmaller:
                many //= 2
                continue
            yield found

    def _page(self, keys: Keys, last: str, read: Callable[[list[str], list[str]], T], ask: Ask) -> tuple[T, str | None]:
        """What is made of a page of keys and their values, and the last of them; None for that where none follow."""
        places, behind = keys.page(ask, last)
        ends = len(places) < keys.most and not any(place.startswith(keys.prefix) for place in behind)
        if not ends and not places:
            raise SourceDown(f"names no key after {last} under {keys.prefix}, and has {behind[0]}")
        asked = places + behind
        texts = stored(ask, asked, self.block.hash) if asked else []
        for place, text in zip(asked, texts, strict=True):
            if not isinstance(text, str):
                raise SourceChanged(f"a key that was listed has no value: {place}")
        return read(places, texts[: len(places)]), None if ends else places[-1]

    def rows(self, pallet: str, name: str, *key: int | str | bytes) -> Rows:
        """All rows of a map of fixed-width values as columns, decoded without a Python object a row."""
        item = self.metadata.item(pallet, name)
        return columns.joined(list(self.pages(item, partial(columns.rows, self.metadata.types, item), *key)))

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
        def read(places: list[str], texts: list[str]) -> pl.DataFrame:
            columns.rows(self.metadata.types, item, places, texts)
            return pl.DataFrame({"key": places, "value": texts}, schema={"key": pl.String, "value": pl.String})

        return pl.concat(list(islice(self.pages(item, read, after=last), PAGES_A_PART)))

    def map(self, pallet: str, name: str, *key: int | str | bytes) -> list[tuple[Any, ...]]:
        """All rows of a small map whatever its values are: (key, ..., value) as Python values."""
        item = self.metadata.item(pallet, name)
        return [row for page in self.pages(item, partial(self._named, item), *key) for row in page]

    def _named(self, item: Item, places: list[str], texts: list[str]) -> list[tuple[Any, ...]]:
        types = self.metadata.types
        parts = [_spelled(column) for column in columns.keys(types, item, places)]
        read = [types.value(item.value, unhexed(text, item.title), item.title) for text in texts]
        return list(zip(*parts, read, strict=True))


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


def _spelled(column: NDArray[Any]) -> list[Any]:
    return columns.addresses(column) if column.dtype == columns.ACCOUNT else columns.whole(column)


# Metadata of a run by chain and version of the runtime: a megabyte that only an upgrade changes.
_known: WeakKeyDictionary[Http, dict[tuple[str, int], Metadata]] = WeakKeyDictionary()
