"""DAG-CBOR as Filecoin's states are written: whole numbers, bytes, texts, lists, maps, and links to other objects.

An object is named by the hash of its bytes (a CID), so that whoever hands it out cannot change it. Errors: BadData for
bytes that are no object, whatever they are.
"""

from base64 import b32decode, b32encode
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

from ingest.fields import text
from store.faults import BadData, SourceChanged

# CIDv1, dag-cbor, blake2b-256 of 32 bytes: what all objects of a state are named by.
HASHED: Final = bytes.fromhex("0171a0e40220")
LENGTH: Final = len(HASHED) + 32
LETTERS: Final = 62
LINK: Final = 42
# Of widths that follow the first byte, by its low bits.
WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
SIMPLE: Final[Mapping[int, Any]] = {20: False, 21: True, 22: None}
# Levels of lists and maps; states have four.
DEEPEST: Final = 32


class Link(bytes):
    """The name of another object."""


def named(link: bytes) -> str:
    """A name as it is written: base32 in small letters behind a b."""
    return "b" + b32encode(link).decode().lower().rstrip("=")


def link_of(body: Any, *names: str) -> str:
    """The name of an object in a JSON answer ({"/": "bafy2bza..."}); raises SourceChanged."""
    told = text(body, *names, "/")
    try:
        raw = b32decode(told[1:].upper() + "=" * (-len(told[1:]) % 8))
    except ValueError as error:
        raise SourceChanged(f"{told[:80]!r} names no object") from error
    # Only one spelling of a name is one: base32 has letters with spare bits.
    if named(raw) != told or len(raw) != LENGTH or not raw.startswith(HASHED):
        raise SourceChanged(f"{told[:80]!r} names no object of a state")
    return told


def name_of(content: bytes) -> str:
    """The name of an object with these bytes."""
    return named(HASHED + blake2b(content, digest_size=32).digest())


def decoded(content: bytes) -> Any:
    """The value that some bytes are, all of them; raises BadData."""
    try:
        value, end = _value(content, 0, 0)
    except (IndexError, UnicodeDecodeError) as error:
        raise BadData(f"an object of {len(content)} bytes ends too early or has text that is none: {error}") from error
    if end != len(content):
        raise BadData(f"an object of {len(content)} bytes ends after {end}")
    return value


def _value(content: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > DEEPEST:
        raise BadData("an object has too many levels")
    major, low = content[at] >> 5, content[at] & 31
    if major == 7:
        if low not in SIMPLE:
            raise BadData(f"an object has a value of a kind {low} that no state has")
        return SIMPLE[low], at + 1
    number, at = _number(content, at + 1, low)
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major in (2, 3):
        return _bytes(content, at, number, major)
    return _nested(content, at, number, major, depth)


def _number(content: bytes, at: int, low: int) -> tuple[int, int]:
    """What follows a first byte: a number, a length, or the kind of a tag."""
    if low < 24:
        return low, at
    if low not in WIDTHS:
        raise BadData("an object has a length that is not told")
    end = at + WIDTHS[low]
    number = int.from_bytes(_some(content, at, end))
    if number < (24 if low == 24 else 256 ** (WIDTHS[low] // 2)):
        raise BadData(f"an object has {number} in more bytes than it needs")
    return number, end


def _some(content: bytes, start: int, end: int) -> bytes:
    if end > len(content):
        raise IndexError(end)
    return content[start:end]


def _bytes(content: bytes, at: int, length: int, major: int) -> tuple[Any, int]:
    found = _some(content, at, at + length)
    return (found if major == 2 else found.decode()), at + length


def _nested(content: bytes, at: int, number: int, major: int, depth: int) -> tuple[Any, int]:
    """A list, a map, or a link to another object."""
    if major == 6:
        value, at = _value(content, at, depth + 1)
        if number != LINK or not isinstance(value, bytes) or value[:1] != b"\0":
            raise BadData(f"an object has a tag {number} that no state has")
        return Link(value[1:]), at
    # Each value takes a byte at least: no list is longer than what is left, whatever it says.
    if number * (major - 3) > len(content) - at:
        raise IndexError(number)
    found = []
    for _ in range(number * (major - 3)):
        value, at = _value(content, at, depth + 1)
        found.append(value)
    if major == 4:
        return found, at
    if not all(isinstance(key, str) for key in found[::2]):
        raise BadData("an object has a name in bytes")
    if len(set(found[::2])) != number:
        raise BadData("an object has a name twice")
    return dict(zip(found[::2], found[1::2], strict=True)), at


def big(value: Any) -> int:
    """A large number: nothing for nought, else a byte for the sign and the digits; raises BadData."""
    if not isinstance(value, bytes) or value[:1] > b"\1":
        raise BadData(f"{str(value)[:80]} is no large number")
    number = int.from_bytes(value[1:])
    return -number if value[:1] == b"\1" else number


def links(value: Any) -> Iterator[str]:
    """The names of all objects that a value leads to."""
    if isinstance(value, Link):
        yield named(value)
    elif isinstance(value, list):
        for one in value:
            yield from links(one)
