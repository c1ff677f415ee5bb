"""What a Substrate runtime says of itself (metadata V14 to V16): its types, storage items and runtime calls."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Final, TypeVar

import xxhash

from ingest.parsing import shallow
from ingest.substrate.scale import PRIMITIVES, Cursor, Field, Kind, Registry, Type, Variant
from store.faults import SourceChanged

N = TypeVar("N", int, str, tuple[str, str])

MAGIC: Final = b"meta"
VERSIONS: Final = (14, 15, 16)

# Hashers in frame-metadata's order: bytes they put before a key, and whether the key itself follows.
HASHERS: Final = (
    ("Blake2_128", 16, False),
    ("Blake2_256", 32, False),
    ("Blake2_128Concat", 16, True),
    ("Twox128", 16, False),
    ("Twox256", 32, False),
    ("Twox64Concat", 8, True),
    ("Identity", 0, True),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One storage item: how its keys are made and which type its values have."""

    pallet: str
    name: str
    hashers: tuple[str, ...]
    keys: tuple[int, ...]
    value: int
    default: bytes | None

    @property
    def title(self) -> str:
        """Pallet and name, as the chain spells them."""
        return f"{self.pallet}.{self.name}"

    @property
    def prefix(self) -> bytes:
        """The 32 bytes with which every key of the item starts."""
        return twox128(self.pallet) + twox128(self.name)

    def key(self, *parts: bytes) -> bytes:
        """The storage key of encoded key parts; fewer parts than the item has give the start of a group of keys."""
        if len(parts) > len(self.hashers):
            raise ValueError(f"{self.title} has {len(self.hashers)} keys, not {len(parts)}")
        return self.prefix + b"".join(hashed(name, part) for name, part in zip(self.hashers, parts, strict=False))


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the runtime that answers questions: its argument types and the type of its answer."""

    api: str
    name: str
    arguments: tuple[int, ...]
    answer: int

    @property
    def title(self) -> str:
        """The name under which `state_call` knows it."""
        return f"{self.api}_{self.name}"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Types, storage items and runtime calls of one runtime; V14 does not tell of calls."""

    version: int
    types: Registry
    pallets: tuple[str, ...] = field(repr=False)
    items: Mapping[tuple[str, str], Item] = field(repr=False)
    calls: Mapping[str, Call] = field(repr=False)

    def item(self, pallet: str, name: str) -> Item:
        """A storage item; raises SourceChanged where this runtime has none of that name."""
        if (pallet, name) not in self.items:
            raise SourceChanged(f"this runtime has no storage item {pallet}.{name}")
        return self.items[pallet, name]

    def call(self, title: str) -> Call:
        """A runtime call; raises SourceChanged where this runtime has none of that name."""
        if title not in self.calls:
            raise SourceChanged(f"this runtime has no call {title}")
        return self.calls[title]


def twox128(text: str) -> bytes:
    """The hash by which pallets and items are found: two xxh64 with seeds 0 and 1."""
    raw = text.encode()
    return b"".join(xxhash.xxh64_intdigest(raw, seed).to_bytes(8, "little") for seed in (0, 1))


def hashed(hasher: str, part: bytes) -> bytes:
    """One encoded key part as it stands in a storage key."""
    if hasher == "Identity":
        return part
    if hasher == "Twox64Concat":
        return xxhash.xxh64_intdigest(part).to_bytes(8, "little") + part
    if hasher == "Blake2_128Concat":
        return blake2b(part, digest_size=16).digest() + part
    raise SourceChanged(f"keys hashed by {hasher} cannot be computed here")


def metadata(raw: bytes) -> Metadata:
    """The metadata in a blob: bare, or in the option and length that `Metadata_metadata_at_version` puts around it."""
    start = raw.find(MAGIC, 0, 16)
    if start < 0:
        raise SourceChanged(f"no metadata: it starts with {raw[:16].hex()}")
    cursor = Cursor(raw[start + len(MAGIC) :], "metadata")
    version = cursor.number(1)
    if version not in VERSIONS:
        raise SourceChanged(f"metadata V{version} is not known here")
    try:
        return _metadata(cursor, version)
    except (ValueError, IndexError, RecursionError) as error:
        raise SourceChanged(f"metadata V{version} does not read as such: {error}") from error


def _metadata(cursor: Cursor, version: int) -> Metadata:
    shallow()
    types = Registry(_types(cursor))
    types.refuse_endless()
    pallets = cursor.many(partial(_pallet, cursor, version))
    items = [item for _, found in pallets for item in _unpacked(found, types)]
    calls: list[Call] = []
    if version > 14:
        _extrinsic(cursor, version)
        calls = [call for api in cursor.many(partial(_api, cursor, version)) for call in api]
    for type_id in (one for item in items for one in (*item.keys, item.value)):
        types[type_id]
    for type_id in (one for call in calls for one in (*call.arguments, call.answer)):
        types[type_id]
    _once("a pallet", [name for name, _ in pallets])
    return Metadata(
        version,
        types,
        tuple(name for name, _ in pallets),
        dict(zip(_once("an item", [(item.pallet, item.name) for item in items]), items, strict=True)),
        dict(zip(_once("a call", [call.title for call in calls]), calls, strict=True)),
    )


def _once(what: str, names: list[N]) -> list[N]:
    """Names of which none may be there twice: the second would hide the first."""
    if len(set(names)) < len(names):
        raise SourceChanged(f"metadata: {what} is there twice")
    return names


def _types(cursor: Cursor) -> list[Type]:
    found = []
    for expected in range(cursor.count()):
        if cursor.compact() != expected:
            raise SourceChanged(f"metadata: type {expected} is not at its place")
        found.append(_type(cursor))
    return found


def _type(cursor: Cursor) -> Type:
    path = cursor.many(cursor.text)
    cursor.many(lambda: (cursor.text(), cursor.option(cursor.compact)))
    found = _definition(cursor, Kind(cursor.number(1)), path[-1] if path else "")
    cursor.many(cursor.text)
    return found


def _definition(cursor: Cursor, kind: Kind, path: str) -> Type:
    if kind is Kind.COMPOSITE:
        return Type(kind, path, fields=_fields(cursor))
    if kind is Kind.VARIANT:
        cases = cursor.many(partial(_variant, cursor))
        _once("a case", [case.name for case in cases])
        _once("a case", [case.index for case in cases])
        return Type(kind, path, variants=tuple(cases))
    if kind is Kind.TUPLE:
        return Type(kind, path, fields=tuple(Field("", member) for member in cursor.many(cursor.compact)))
    if kind is Kind.PRIMITIVE:
        return Type(kind, path, primitive=PRIMITIVES[cursor.number(1)])
    length = cursor.number(4) if kind is Kind.ARRAY else 0
    found = Type(kind, path, length=length, inner=cursor.compact())
    if kind is Kind.BITS:
        cursor.compact()
    return found


def _fields(cursor: Cursor) -> tuple[Field, ...]:
    """Members, all of which have a name of their own, or none has one."""
    found = cursor.many(partial(_field, cursor))
    if any(field.name for field in found):
        _once("a member", [field.name for field in found])
    return tuple(found)


def _field(cursor: Cursor) -> Field:
    name = cursor.option(cursor.text) or ""
    type_id = cursor.compact()
    cursor.option(cursor.text)
    cursor.many(cursor.text)
    return Field(name, type_id)


def _variant(cursor: Cursor) -> Variant:
    name = cursor.text()
    fields = _fields(cursor)
    index = cursor.number(1)
    cursor.many(cursor.text)
    return Variant(name, index, fields)


def _pallet(cursor: Cursor, version: int) -> tuple[str, Sequence[Item]]:
    name = cursor.text()
    items = cursor.option(lambda: (cursor.text(), cursor.many(partial(_item, cursor, version, name)))[1]) or []
    for _ in ("calls", "events"):
        cursor.option(partial(_each, cursor.compact, partial(_cases_deprecated, cursor, version)))
    cursor.many(partial(_constant, cursor, version))
    cursor.option(partial(_each, cursor.compact, partial(_cases_deprecated, cursor, version)))
    if version > 15:
        cursor.many(partial(_each, cursor.text, cursor.compact, partial(cursor.many, cursor.text)))
        cursor.many(partial(_view, cursor))
    cursor.number(1)
    if version > 14:
        cursor.many(cursor.text)
    _deprecated(cursor, version)
    return name, items


def _item(cursor: Cursor, version: int, pallet: str) -> Item:
    name = cursor.text()
    optional = cursor.number(1) == 0
    hashers: list[str] = []
    key = -1
    if cursor.number(1):
        hashers = [HASHERS[index][0] for index in cursor.many(lambda: cursor.number(1))]
        key = cursor.compact()
    value = cursor.compact()
    default = cursor.raw()
    cursor.many(cursor.text)
    _deprecated(cursor, version)
    keys = (key,) if hashers else ()
    return Item(pallet, name, tuple(hashers), keys, value, None if optional else default)


def _unpacked(items: Iterable[Item], types: Registry) -> Iterable[Item]:
    """Items whose several keys, one tuple in metadata, stand one by one."""
    for item in items:
        keys = item.keys
        if len(item.hashers) > 1:
            keys = tuple(field.type for field in types[keys[0]].fields)
        if len(keys) != len(item.hashers):
            raise SourceChanged(f"{item.title} has {len(item.hashers)} hashers for {len(keys)} keys")
        yield Item(item.pallet, item.name, item.hashers, keys, item.value, item.default)


def _constant(cursor: Cursor, version: int) -> None:
    _each(cursor.text, cursor.compact, cursor.raw, partial(cursor.many, cursor.text))
    _deprecated(cursor, version)


def _view(cursor: Cursor) -> None:
    _each(partial(cursor.take, 32), cursor.text, partial(cursor.many, partial(_each, cursor.text, cursor.compact)))
    _each(cursor.compact, partial(cursor.many, cursor.text))
    _deprecated(cursor, 16)


def _api(cursor: Cursor, version: int) -> list[Call]:
    api = cursor.text()
    calls = cursor.many(partial(_call, cursor, version, api))
    cursor.many(cursor.text)
    if version > 15:
        cursor.compact()
    _deprecated(cursor, version)
    return calls


def _call(cursor: Cursor, version: int, api: str) -> Call:
    name = cursor.text()
    arguments = tuple(type_id for _, type_id in cursor.many(lambda: (cursor.text(), cursor.compact())))
    answer = cursor.compact()
    cursor.many(cursor.text)
    _deprecated(cursor, version)
    return Call(api, name, arguments, answer)


def _extrinsic(cursor: Cursor, version: int) -> None:
    if version == 15:
        cursor.number(1)
        for _ in range(4):
            cursor.compact()
    else:
        cursor.many(lambda: cursor.number(1))
        for _ in range(3):
            cursor.compact()
        cursor.many(lambda: (cursor.number(1), cursor.many(cursor.compact)))
    cursor.many(lambda: (cursor.text(), cursor.compact(), cursor.compact()))
    if version == 15:
        cursor.compact()


def _deprecated(cursor: Cursor, version: int) -> None:
    if version > 15 and cursor.number(1) == 2:
        _each(cursor.text, partial(cursor.option, cursor.text))


def _cases_deprecated(cursor: Cursor, version: int) -> None:
    if version > 15:
        cursor.many(partial(_each, partial(cursor.number, 1), partial(_deprecated, cursor, version)))


def _each(*reads: Callable[[], object]) -> None:
    """Reads members that nothing here needs."""
    for read in reads:
        read()
