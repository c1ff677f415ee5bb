"""What a Parquet file from elsewhere would take in memory, by what it says of itself; nothing of it is unpacked.

A few bytes can stand for gigabytes of rows, of letters or of pages, and whatever reads them ends with the machine's
memory. So the headers of all pages are walked first: readers unpack a page into as many bytes as its own header says.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from store.sealed import MAGIC, TAIL, told_by_name

# A note of 744 snapshots, one an hour, is under a megabyte; whoever reads it takes twenty times its bytes at most.
LARGEST_FOOTER: Final = 4 * 2**20
# A header of a page has the least and the largest value of it, which Parquet writers cut short.
LARGEST_HEADER: Final = 2**16
# Values in a footer: a part of a column has forty, and forty million rows of seven columns have a thousand parts. The
# header of a page has twenty.
MOST_VALUES: Final = 250_000
MOST_IN_A_HEADER: Final = 200
DEEPEST: Final = 16
# Bytes that a value takes beside its letters: a decimal, or what points at a text.
WIDTH: Final = 16
DICTIONARY: Final = 2
FIXED_LENGTH: Final = 7
# The field of a page's header that tells more of it, by the kind of the page, and the one of that which tells the
# encoding: values, a dictionary, values of the second version.
TOLD_IN: Final = {0: (5, 2), DICTIONARY: (7, 2), 3: (8, 4)}
# Encodings in which no value stands for more bytes than the page has: all but DELTA_BYTE_ARRAY, where each text begins
# as the one before.
ENCODINGS: Final = (0, 2, 3, 4, 5, 6, 8, 9)

# A byte, as Thrift writes a truth in a list.
TRUTH: Final = 3

Struct = Mapping[int, Any]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Names of the columns of a file, its rows, and the bytes that it takes at most without texts that are shared."""

    columns: tuple[str, ...]
    rows: int
    size: int


def unpacked(path: Path) -> Unpacked:
    """What a file would be when it is read; raises BadData where it is none that could be."""
    with told_by_name(path), path.open("rb") as file:
        footer = _footer(file)
        root, *leaves = footer[2]
        groups = footer[4]
        if any(5 in leaf for leaf in leaves) or len(leaves) != root[5]:
            raise ValueError("it has columns in columns")
        if any(leaf[1] == FIXED_LENGTH and leaf[2] > WIDTH for leaf in leaves):
            raise ValueError(f"it has values of more than {WIDTH} bytes each")
        rows = sum(group[3] for group in groups)
        if min((group[3] for group in groups), default=0) < 0 or rows != footer[3]:
            raise ValueError("it has another number of rows than it says")
        if any(len(group[1]) != len(leaves) for group in groups):
            raise ValueError("it has another number of columns than it says")
        pages = sum(_pages(file, chunk[3], group[3]) for group in groups for chunk in group[1])
        return Unpacked(tuple(leaf[4].decode() for leaf in leaves), rows, pages + rows * len(leaves) * WIDTH)


def _footer(file: BinaryIO) -> Struct:
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    length = int.from_bytes(tail[:4], "little")
    if len(tail) < TAIL or tail[4:] != MAGIC or not 0 < length <= min(LARGEST_FOOTER, size - TAIL):
        raise ValueError(f"a footer of {length} bytes")
    file.seek(size - TAIL - length)
    return _Thrift(file.read(length), MOST_VALUES).struct()


def _pages(file: BinaryIO, column: Struct, rows: int) -> int:
    """Bytes of all pages of a part of a column when they are unpacked.

    Readers begin at the dictionary where one is told of, and end where the part does or where they have all values:
    pages that lie otherwise are seen by some and not by others.
    """
    place = column.get(11, column[9])
    end, size, values = place + column[7], 0, 0
    if place > column[9] or column[5] != rows:
        raise ValueError("it has other pages than it says")
    while place < end and values <= rows:
        file.seek(place)
        thrift = _Thrift(file.read(min(LARGEST_HEADER, end - place)), MOST_IN_A_HEADER)
        header = thrift.struct()
        told = _told(header)
        size += header[2]
        values += 0 if header[1] == DICTIONARY else told[1]
        place += thrift.place + header[3]
    if place != end or values != rows:
        raise ValueError("it has other pages than it says")
    return size


def _told(header: Struct) -> Struct:
    """What the header of a page tells more of it; raises ValueError where the page is none of ours."""
    own, encoding = TOLD_IN.get(header[1], (0, 0))
    told: Struct = header.get(own, {})
    # A reader goes by the kind of a page, whatever else its header has.
    if [field for field, _ in TOLD_IN.values() if field in header] != [own] or told[encoding] not in ENCODINGS:
        raise ValueError("it has a page that is not written as ours are")
    if min(header[2], header[3], told[1]) < 0:
        raise ValueError("it has a page of less than nothing")
    return told


class _Thrift:
    """Reads Thrift's compact protocol, in which Parquet writes what it says of itself."""

    def __init__(self, content: bytes, most: int) -> None:
        self._content = content
        self._left = most
        self.place = 0
        self._plain: Mapping[int, Callable[[], Any]] = {
            1: lambda: True,
            2: lambda: False,
            3: self._byte,
            **dict.fromkeys((4, 5, 6), self._signed),
            7: lambda: self._bytes(8),
            8: lambda: self._bytes(self._number()),
        }

    def struct(self, depth: int = 0) -> Struct:
        """Its fields by their numbers; raises ValueError, IndexError."""
        if depth > DEEPEST:
            raise ValueError("nested without end")
        found: dict[int, Any] = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._signed()
            found[field] = self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError("more values than there is any need of")
        if kind in (9, 10):
            return list(self._list(depth))
        if kind == 12:
            return self.struct(depth + 1)
        if kind not in self._plain:
            raise ValueError(f"a value of kind {kind}")
        return self._plain[kind]()

    def _list(self, depth: int) -> Iterator[Any]:
        head = self._byte()
        for _ in range(self._number() if head >> 4 == 15 else head >> 4):
            # In a list a truth is a byte of its own.
            yield self._value(TRUTH if head & 15 in (1, 2) else head & 15, depth + 1)

    def _signed(self) -> int:
        number = self._number()
        return number >> 1 ^ -(number & 1)

    def _number(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7
            if shift > 63:
                raise ValueError("a number without end")

    def _byte(self) -> int:
        self.place += 1
        return self._content[self.place - 1]

    def _bytes(self, length: int) -> bytes:
        found = self._content[self.place : self.place + length]
        if len(found) < length:
            raise ValueError("it ends too early")
        self.place += length
        return found
