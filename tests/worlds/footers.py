"""Parquet files of which the footer and the headers of pages say something else than their writer did.

Thrift is read and written here by code that shares nothing with what is tried (store/unpacked.py).
"""

import io
from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

MAGIC: Final = b"PAR1"
# Kinds of Thrift's compact protocol.
INT32, INT64, BYTES, LIST, STRUCT = 5, 6, 8, 9, 12

# Fields of a struct by their numbers, each with its kind.
Struct = dict[int, tuple[int, Any]]


class Reader:
    """Reads structs, and remembers what kind everything was of."""

    def __init__(self, content: bytes, place: int = 0) -> None:
        self._content = content
        self.place = place

    def struct(self) -> Struct:
        found: Struct = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._signed()
            found[field] = (head & 15, self._value(head & 15))
        return found

    def _value(self, kind: int) -> Any:
        match kind:
            case 1 | 2:
                return None
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._signed()
            case 8:
                length = self._number()
                self.place += length
                return self._content[self.place - length : self.place]
            case 9 | 10:
                head = self._byte()
                many = self._number() if head >> 4 == 15 else head >> 4
                inner = 3 if head & 15 in (1, 2) else head & 15
                return head & 15, [self._value(inner) for _ in range(many)]
        assert kind == STRUCT, kind
        return self.struct()

    def _signed(self) -> int:
        number = self._number()
        return number >> 1 ^ -(number & 1)

    def _number(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found

    def _byte(self) -> int:
        self.place += 1
        return self._content[self.place - 1]


def number(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + number(rest) if rest else bytes([low])


def struct(fields: Struct) -> bytes:
    """A struct as Thrift writes it."""
    text, last = b"", 0
    for field, (kind, value) in sorted(fields.items()):
        step = field - last
        text += (bytes([step << 4 | kind]) if step < 16 else bytes([kind]) + _signed(field)) + _value(kind, value)
        last = field
    return text + b"\0"


def _signed(value: int) -> bytes:
    return number(value << 1 if value >= 0 else -value * 2 - 1)


def _value(kind: int, value: Any) -> bytes:
    match kind:
        case 1 | 2:
            return b""
        case 3:
            return bytes([value])
        case 4 | 5 | 6:
            return _signed(value)
        case 8:
            return number(len(value)) + bytes(value)
        case 9 | 10:
            inner, items = value
            head = bytes([len(items) << 4 | inner]) if len(items) < 15 else bytes([0xF0 | inner]) + number(len(items))
            return head + b"".join(_value(3 if inner in (1, 2) else inner, item) for item in items)
    assert kind == STRUCT, kind
    return struct(value)


def parquet(table: pa.Table, **options: Any) -> bytes:
    """A file as pyarrow writes it."""
    file = io.BytesIO()
    pq.write_table(
        table, file, **{"compression": "zstd", "use_dictionary": False, "write_statistics": False, **options}
    )
    return file.getvalue()


def respoken(content: bytes, change: Callable[[Struct, bytearray], None]) -> bytes:
    """A file whose footer says something else; what comes before it may grow."""
    length = int.from_bytes(content[-8:-4], "little")
    before = bytearray(content[: -8 - length])
    footer = Reader(content, len(before)).struct()
    change(footer, before)
    told = struct(footer)
    return bytes(before) + told + len(told).to_bytes(4, "little") + MAGIC


def column(footer: Struct, place: int = 0) -> Struct:
    """What a footer tells of a column of its first group of rows: 5 values, 7 bytes, 9 first page, 11 dictionary."""
    groups: list[Struct] = footer[4][1][1]
    told: Struct = groups[0][1][1][1][place][3][1]
    return told
