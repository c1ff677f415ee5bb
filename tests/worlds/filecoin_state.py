"""Objects of a Filecoin state, written by code of our own that shares nothing with the reading: DAG-CBOR and maps.

That maps are written as the chain's own library writes them is shown by equal hashes (tests/ingest/filecoin).
"""

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any

BLAKE = bytes.fromhex("0171a0e40220")


class Cid(bytes):
    """The hash of an object, with what it is of."""

    @property
    def text(self) -> str:
        return _text(self)

    @property
    def json(self) -> dict[str, str]:
        return {"/": self.text}


@lru_cache(maxsize=1_000)
def _text(told: bytes) -> str:
    return "b" + base64.b32encode(told).decode().lower().rstrip("=")


def cid(content: bytes) -> Cid:
    return Cid(BLAKE + blake2b(content, digest_size=32).digest())


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for low, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 256**width:
            return bytes([major << 5 | low]) + number.to_bytes(width)
    raise ValueError(number)


def cbor(value: Any) -> bytes:  # noqa: PLR0911 - a kind of value each
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case Cid():
            return b"\xd8\x2a" + cbor(b"\0" + bytes(value))
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case dict():
            return _head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())
        case list() | tuple():
            return _head(4, len(value)) + b"".join(map(cbor, value))
    raise TypeError(value)


def number(value: int) -> bytes:
    """A large number as states write it."""
    return b"\0" + value.to_bytes((value.bit_length() + 7) // 8) if value else b""


def address(actor: str) -> bytes:
    """The bytes of f0<number>."""
    left, found = int(actor[2:]), b""
    while left >= 128:
        found, left = found + bytes([left % 128 + 128]), left // 128
    return b"\0" + found + bytes([left])


class Store(dict[str, bytes]):
    """Objects by their names."""

    def put(self, value: Any) -> Cid:
        content = cbor(value)
        name = cid(content)
        self[name.text] = content
        return name

    def map(self, entries: Mapping[bytes, Any], depth: int = 0) -> Cid:
        """A map: five bits of each key's hash a level, at most three pairs in a place."""
        places: dict[int, list[bytes]] = {}
        for key in sorted(entries):
            bits = int.from_bytes(sha256(key).digest())
            places.setdefault(bits >> 251 - 5 * depth & 31, []).append(key)
        taken = sum(1 << place for place in places)
        pointers = [self._pointer(entries, places[place], depth) for place in sorted(places)]
        return self.put([taken.to_bytes((taken.bit_length() + 7) // 8), pointers])

    def _pointer(self, entries: Mapping[bytes, Any], keys: Sequence[bytes], depth: int) -> Any:
        if len(keys) <= 3:
            return [[key, entries[key]] for key in keys]
        return self.map({key: entries[key] for key in keys}, depth + 1)
