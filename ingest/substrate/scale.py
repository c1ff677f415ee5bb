"""SCALE, the byte format of Substrate chains: a cursor, and values read by the types that a runtime declares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any, Final, TypeVar

from ingest.parsing import shallow
from store.faults import SourceChanged

T = TypeVar("T")

# Names of the primitive types in the order of scale-info's TypeDefPrimitive, and their widths in bytes.
INTEGERS: Final = {f"{sign}{bits}": bits // 8 for sign in "ui" for bits in (8, 16, 32, 64, 128, 256)}
PRIMITIVES: Final = ("bool", "char", "str", *INTEGERS)
WIDTHS: Final = {"bool": 1, "char": 4, **INTEGERS}
# The least numbers that take one, two and four bytes when they are told compactly.
LEAST: Final = (0, 1 << 6, 1 << 14)
# So many values of fixed number in one value of a type, as fields and places of arrays; known ones have some hundred.
MOST_PARTS: Final = 100_000


class Kind(IntEnum):
    """What a type is made of, with scale-info's numbers."""

    COMPOSITE = 0
    VARIANT = 1
    SEQUENCE = 2
    ARRAY = 3
    TUPLE = 4
    PRIMITIVE = 5
    COMPACT = 6
    BITS = 7


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a composite or variant; members of tuples have no name."""

    name: str
    type: int


@dataclass(frozen=True, slots=True)
class Variant:
    """One case of an enumeration."""

    name: str
    index: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """One entry of a runtime's type registry; which members are set depends on its kind."""

    kind: Kind
    path: str = ""
    fields: tuple[Field, ...] = ()
    variants: tuple[Variant, ...] = ()
    inner: int = -1
    length: int = 0
    primitive: str = ""


class Cursor:
    """Reads bytes from the front; every short read is SourceChanged, never a shorter value."""

    __slots__ = ("_at", "_raw", "_what")

    def __init__(self, raw: bytes, what: str = "answer") -> None:
        self._raw = raw
        self._at = 0
        self._what = what

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self._raw) - self._at

    def take(self, width: int) -> bytes:
        """The next bytes."""
        if width > self.left:
            raise SourceChanged(
                f"{self._what} ends after {len(self._raw)} bytes, {width - self.left} more were announced"
            )
        self._at += width
        return self._raw[self._at - width : self._at]

    def number(self, width: int, *, signed: bool = False) -> int:
        """A little-endian integer of fixed width."""
        return int.from_bytes(self.take(width), "little", signed=signed)

    def compact(self) -> int:
        """An integer of one to 67 bytes whose two lowest bits tell its width."""
        first = self.number(1)
        mode = first & 3
        width = (first >> 2) + 4
        if mode == 3:
            found, least = self.number(width), 1 << (30 if width == 4 else 8 * width - 8)
        else:
            found, least = (self.number((1 << mode) - 1) << 8 | first) >> 2, LEAST[mode]
        # Every number has one spelling; the chain's own codec refuses a longer one too.
        if found < least:
            raise SourceChanged(f"{self._what} tells {found} in more bytes than it takes")
        return found

    def count(self) -> int:
        """How many elements follow; each takes at least a byte, so more than the bytes left is refused."""
        found = self.compact()
        if found > self.left:
            raise SourceChanged(f"{self._what} announces {found} elements in {self.left} bytes")
        return found

    def raw(self) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.compact())

    def text(self) -> str:
        """A string, which is UTF-8 wherever the chain itself has one; what people wrote comes as bytes."""
        try:
            return self.raw().decode()
        except UnicodeDecodeError as error:
            raise SourceChanged(f"{self._what} has a text that is no UTF-8") from error

    def many(self, read: Callable[[], T]) -> list[T]:
        """A list of what `read` reads."""
        return [read() for _ in range(self.count())]

    def option(self, read: Callable[[], T]) -> T | None:
        """A value that may be absent."""
        flag = self.number(1)
        if flag > 1:
            raise SourceChanged(f"{self._what}: an optional value starts with {flag}")
        return read() if flag else None

    def end(self) -> None:
        """Refuses bytes that nothing has read: they would mean that the type is not what was assumed."""
        if self.left:
            raise SourceChanged(f"{self._what} has {self.left} bytes too many")


class Registry:
    """The types that a runtime declares, and how their values read."""

    def __init__(self, types: Sequence[Type]) -> None:
        self._types = tuple(types)
        self._readers: dict[int, Callable[[Cursor], Any]] = {}

    def __getitem__(self, type_id: int) -> Type:
        return self._types[type_id]

    def leaf(self, type_id: int) -> int:
        """The type behind wrappers of one member: NetUid(u16) is u16."""
        found = self._types[type_id]
        if found.kind in (Kind.COMPOSITE, Kind.TUPLE) and len(found.fields) == 1:
            return self.leaf(found.fields[0].type)
        return type_id

    def width(self, type_id: int) -> int | None:
        """Bytes that every value of the type takes, or None where that varies."""
        shape = self._types[type_id]
        if shape.kind is Kind.PRIMITIVE:
            return WIDTHS.get(shape.primitive)
        if shape.kind is Kind.ARRAY:
            inner = self.width(shape.inner)
            return None if inner is None else inner * shape.length
        if shape.kind in (Kind.COMPOSITE, Kind.TUPLE):
            return self._sum(shape.fields)
        if shape.kind is Kind.VARIANT and shape.variants and not any(case.fields for case in shape.variants):
            return 1
        return None

    def _sum(self, fields: Sequence[Field]) -> int | None:
        widths = [self.width(field.type) for field in fields]
        return None if None in widths else sum(width for width in widths if width is not None)

    def refuse_endless(self) -> None:
        """Raises SourceChanged where a type has itself as a part, or more parts than any, without a byte between.

        Raises IndexError where a type has a part that is none of these.
        """
        known: dict[int, int] = {}
        for type_id in range(len(self._types)):
            self._count(type_id, known)

    def _count(self, type_id: int, known: dict[int, int]) -> int:
        """Of how many parts a value consists, whatever it is; lists and cases begin with a byte of their own."""
        if type_id not in known:
            # What is asked for while it is counted is a part of itself.
            known[type_id] = MOST_PARTS + 1
            shape = self._types[type_id]
            members = [*shape.fields, *(member for case in shape.variants for member in case.fields)]
            parts = [member.type for member in members] + ([shape.inner] if shape.inner >= 0 else [])
            for part in parts:
                self._types[part]
            fixed = [] if shape.kind in (Kind.VARIANT, Kind.SEQUENCE, Kind.COMPACT, Kind.BITS) else parts
            times = shape.length if shape.kind is Kind.ARRAY and not self._of_bytes(shape) else 1
            known[type_id] = 1 + times * sum(self._count(part, known) for part in fixed)
        if known[type_id] > MOST_PARTS:
            raise SourceChanged(f"the type {self._types[type_id].path or type_id} has parts without end")
        return known[type_id]

    def _of_bytes(self, shape: Type) -> bool:
        return self._types[shape.inner].primitive == "u8"

    def opaque(self, type_id: int) -> bool:
        """Whether values of the type are bytes of unknown meaning."""
        found = self._types[type_id]
        return found.kind is Kind.SEQUENCE and self._of_bytes(found)

    def value(self, type_id: int, raw: bytes, what: str = "value") -> Any:
        """The value in `raw`, all of it; raises SourceChanged when bytes are missing or left over.

        Structures become dicts, tuples tuples, byte sequences bytes, options None or the value, and other
        enumerations (name, value), as is an option of an option.
        """
        cursor = Cursor(raw, what)
        shallow()
        try:
            found = self.reader(type_id)(cursor)
        except RecursionError as error:
            raise SourceChanged(f"{what} is nested without end") from error
        cursor.end()
        return found

    def reader(self, type_id: int) -> Callable[[Cursor], Any]:
        """The function that reads one value of the type from a cursor."""
        if type_id not in self._readers:
            # Types may contain themselves (calls in calls): the name stands before its reader is made.
            self._readers[type_id] = partial(self._late, type_id)
            self._readers[type_id] = self._made(self._types[type_id])
        return self._readers[type_id]

    def _late(self, type_id: int, cursor: Cursor) -> Any:
        return self._readers[type_id](cursor)

    def _made(self, shape: Type) -> Callable[[Cursor], Any]:
        if shape.kind is Kind.PRIMITIVE:
            return _primitive(shape.primitive)
        if shape.kind is Kind.COMPACT:
            return Cursor.compact
        if shape.kind in (Kind.SEQUENCE, Kind.ARRAY):
            return self._elements(shape)
        if shape.kind is Kind.VARIANT:
            return self._cases(shape)
        if shape.kind is Kind.BITS:
            raise SourceChanged(f"bit sequences are not read here ({shape.path or 'unnamed'})")
        return self._members(shape.fields)

    def _elements(self, found: Type) -> Callable[[Cursor], Any]:
        if self._of_bytes(found):
            return Cursor.raw if found.kind is Kind.SEQUENCE else lambda cursor: cursor.take(found.length)
        # Each byte of an answer could announce as many of them as there are bytes.
        if found.kind is Kind.SEQUENCE and self.width(found.inner) == 0:
            raise SourceChanged(f"lists of what takes no bytes are not read here ({found.path or 'unnamed'})")
        read = self.reader(found.inner)
        if found.kind is Kind.SEQUENCE:
            return lambda cursor: cursor.many(lambda: read(cursor))
        return lambda cursor: [read(cursor) for _ in range(found.length)]

    def _members(self, fields: tuple[Field, ...]) -> Callable[[Cursor], Any]:
        reads = [self.reader(field.type) for field in fields]
        if len(reads) == 1:
            return reads[0]
        if fields and fields[0].name:
            names = [field.name for field in fields]
            return lambda cursor: {name: read(cursor) for name, read in zip(names, reads, strict=True)}
        return lambda cursor: tuple([read(cursor) for read in reads])

    def _is_option(self, found: Type) -> bool:
        """Whether None can say that nothing is there; of an option of an option it could say two things."""
        inner = [self._types[member.type].path for case in found.variants for member in case.fields]
        return found.path == "Option" and inner != ["Option"]

    def _cases(self, found: Type) -> Callable[[Cursor], Any]:
        cases = {case.index: (case.name, self._members(case.fields)) for case in found.variants}
        option = self._is_option(found)

        def read(cursor: Cursor) -> Any:
            index = cursor.number(1)
            if index not in cases:
                raise SourceChanged(f"{found.path or 'an enumeration'} has no case {index}")
            name, members = cases[index]
            inner = members(cursor)
            if option:
                return inner if index else None
            return (name, inner)

        return read


def _primitive(name: str) -> Callable[[Cursor], Any]:
    if name == "str":
        return Cursor.text
    if name == "bool":
        return _flag
    width, signed = WIDTHS[name], name[0] == "i"
    return lambda cursor: cursor.number(width, signed=signed)


def _flag(cursor: Cursor) -> bool:
    found = cursor.number(1)
    if found > 1:
        raise SourceChanged(f"a yes-or-no value is {found}")
    return bool(found)


def compact(number: int) -> bytes:
    """The compact spelling of a whole number, as the arguments of a runtime call need it."""
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    width = max(4, (number.bit_length() + 7) // 8)
    return bytes([(width - 4) << 2 | 3]) + number.to_bytes(width, "little")
