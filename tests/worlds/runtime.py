"""Metadata (V15) of a runtime that tests declare: storage items and calls by name, types in a small spelling.

`u64`, `bool`, `[u8;32]`, `Vec<u16>`, `Compact<u64>`, `Option<u32>`, `(u16,u64)`, `{free:u64,frozen:u64}`,
`account`, which clients know by its name, and an enumeration of bare names: `Other|Normal`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.substrate.metadata import HASHERS, MAGIC
from ingest.substrate.node import ACCOUNT
from ingest.substrate.scale import PRIMITIVES, Kind, compact

NONE, SOME, EMPTY = b"\0", b"\1", b"\0"


@dataclass(frozen=True)
class Stored:
    """A storage item: hasher and type of each key, type of the value, and the default; an optional one has none."""

    keys: tuple[tuple[str, str], ...]
    value: str
    default: str | None = None


@dataclass(frozen=True)
class Asked:
    """A runtime call: types of its arguments and of its answer."""

    arguments: tuple[str, ...]
    answer: str


def text(told: str) -> bytes:
    return compact(len(told.encode())) + told.encode()


def vec(parts: Iterable[bytes]) -> bytes:
    found = list(parts)
    return compact(len(found)) + b"".join(found)


def split(told: str, at: str) -> list[str]:
    """The parts between separators that stand in no bracket."""
    parts, depth = [""], 0
    for letter in told:
        depth += (letter in "([{<") - (letter in ")]}>")
        if letter == at and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def inside(told: str) -> str:
    """What stands between < and >."""
    return told[told.index("<") + 1 : -1]


@dataclass
class Types:
    """The registry: each spelling is one type, those inside before those around them."""

    entries: list[bytes] = field(default_factory=list)
    known: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, told: str) -> bytes:
        """The encoded number of a type."""
        if told not in self.known:
            path, definition = self._defined(told)
            self.known[told] = compact(len(self.entries))
            self.entries.append(self.known[told] + vec(map(text, path)) + EMPTY + definition + EMPTY)
        return self.known[told]

    def _defined(self, told: str) -> tuple[list[str], bytes]:
        """Path and definition, as scale-info encodes them."""
        if told.startswith("Option<"):
            some = text("Some") + vec([NONE + self(inside(told)) + NONE + EMPTY]) + b"\1" + EMPTY
            return ["Option"], bytes([Kind.VARIANT]) + vec([text("None") + EMPTY + b"\0" + EMPTY, some])
        if told == "account":
            return [ACCOUNT], bytes([Kind.COMPOSITE]) + vec([NONE + self("[u8;32]") + NONE + EMPTY])
        if "|" in told:
            cases = [text(name) + EMPTY + bytes([place]) + EMPTY for place, name in enumerate(told.split("|"))]
            return ["Named"], bytes([Kind.VARIANT]) + vec(cases)
        return [], self._nameless(told)

    def _nameless(self, told: str) -> bytes:
        if told in PRIMITIVES:
            return bytes([Kind.PRIMITIVE, PRIMITIVES.index(told)])
        if told[0] == "[":
            member, length = split(told[1:-1], ";")
            return bytes([Kind.ARRAY]) + int(length).to_bytes(4, "little") + self(member)
        if told[0] == "(":
            return bytes([Kind.TUPLE]) + vec([self(member) for member in split(told[1:-1], ",")])
        if told[0] == "{":
            members = [member.partition(":")[::2] for member in split(told[1:-1], ",")]
            return bytes([Kind.COMPOSITE]) + vec(
                SOME + text(name) + self(kind) + NONE + EMPTY for name, kind in members
            )
        kind = {"Vec": Kind.SEQUENCE, "Compact": Kind.COMPACT}[told.partition("<")[0]]
        return bytes([kind]) + self(inside(told))


def metadata_of(pallets: Mapping[str, Mapping[str, Stored]], calls: Mapping[str, Asked]) -> bytes:
    """The blob that a node with this runtime would hand out."""
    types = Types()
    unit = types("()")
    stored = vec(_pallet(name, items, types) for name, items in pallets.items())
    extrinsic = b"\4" + unit * 4 + EMPTY + unit
    apis = vec(_api(title, call, types) for title, call in calls.items())
    return MAGIC + bytes([15]) + vec(types.entries) + stored + extrinsic + apis


def _pallet(name: str, items: Mapping[str, Stored], number: Callable[[str], bytes]) -> bytes:
    storage = SOME + text(name) + vec(_item(item, one, number) for item, one in items.items())
    calls = events = errors = NONE
    return text(name) + storage + calls + events + EMPTY + errors + b"\0" + EMPTY


def _item(name: str, one: Stored, number: Callable[[str], bytes]) -> bytes:
    default = bytes.fromhex(one.default or "")
    head = text(name) + (b"\0" if one.default is None else b"\1")
    return head + _shape(one.keys, number) + number(one.value) + compact(len(default)) + default + EMPTY


def _shape(keys: Sequence[tuple[str, str]], number: Callable[[str], bytes]) -> bytes:
    if not keys:
        return b"\0"
    names = [name for name, *_ in HASHERS]
    hashers = vec(bytes([names.index(hasher)]) for hasher, _ in keys)
    of = keys[0][1] if len(keys) == 1 else f"({','.join(kind for _, kind in keys)})"
    return b"\1" + hashers + number(of)


def _api(title: str, call: Asked, number: Callable[[str], bytes]) -> bytes:
    api, _, name = title.partition("_")
    arguments = vec(text(f"argument{place}") + number(kind) for place, kind in enumerate(call.arguments))
    return text(api) + vec([text(name) + arguments + number(call.answer) + EMPTY]) + EMPTY
