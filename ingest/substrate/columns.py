"""Storage rows of fixed layout as columns: hex text in, NumPy arrays out, without a Python object a row.

The layout is what the runtime's own metadata says; nothing here knows an item by name.
"""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ingest.substrate.metadata import HASHERS, Item
from ingest.substrate.scale import Kind, Registry
from store.faults import SourceChanged

NUMBERS: Final = {"bool": "u1"} | {f"{sign}{8 * width}": f"<{sign}{width}" for sign in "ui" for width in (1, 2, 4, 8)}
# Integers that NumPy lacks stand as two 64-bit words, the lower first.
WORDS: Final = np.dtype([("low", "<u8"), ("high", "<u8")])
SIGNED_WORDS: Final = np.dtype([("low", "<u8"), ("high", "<i8")])
PREFIX: Final = 32
ACCOUNT: Final = np.dtype(("V", 32))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one storage item: a column per key, and the values as one column or one of named parts."""

    keys: tuple[NDArray[Any], ...]
    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)


def layout(types: Registry, type_id: int) -> np.dtype[Any]:
    """The NumPy type of a SCALE type of fixed width; raises SourceChanged where the width varies."""
    shape = types[types.leaf(type_id)]
    if shape.kind is Kind.PRIMITIVE and shape.primitive in NUMBERS:
        return np.dtype(NUMBERS[shape.primitive])
    if shape.kind is Kind.PRIMITIVE and shape.primitive in ("u128", "i128"):
        return WORDS if shape.primitive == "u128" else SIGNED_WORDS
    if shape.kind is Kind.ARRAY and types[shape.inner].primitive == "u8":
        return np.dtype(("V", shape.length))
    if shape.kind in (Kind.COMPOSITE, Kind.TUPLE) and shape.fields:
        names = [field.name or f"part{place}" for place, field in enumerate(shape.fields)]
        return np.dtype([(name, layout(types, field.type)) for name, field in zip(names, shape.fields, strict=True)])
    if shape.kind is Kind.VARIANT and types.width(type_id) == 1:
        return np.dtype("u1")
    raise SourceChanged(f"{shape.path or shape.kind.name.lower()} has no fixed width: it cannot be read as a column")


def key_layout(types: Registry, item: Item) -> np.dtype[Any]:
    """The NumPy type of a whole storage key: prefix, then each hash and the key that follows it."""
    widths = {name: (width, follows) for name, width, follows in HASHERS}
    parts: list[tuple[str, Any]] = [("prefix", ("V", PREFIX))]
    for place, (hasher, type_id) in enumerate(zip(item.hashers, item.keys, strict=True)):
        width, follows = widths[hasher]
        if not follows:
            raise SourceChanged(f"{item.title}: {hasher} hides the key")
        if width:
            parts.append((f"hash{place}", ("V", width)))
        parts.append((f"key{place}", layout(types, type_id)))
    return np.dtype(parts)


def unhexed(texts: Sequence[str], width: int, what: str) -> bytes:
    """The bytes of 0x-texts of one width; raises SourceChanged for any other width or letter."""
    joined = "".join(texts).encode()
    stride = 2 + 2 * width
    # One wrong width among many could be made up by another: the "0x" before each row shows it.
    if len(joined) != stride * len(texts):
        odd = next((text for text in texts if len(text) != stride), "")
        raise SourceChanged(f"{what}: {odd[:80]!r} has {len(odd) // 2 - 1} bytes, the runtime's metadata says {width}")
    table = np.frombuffer(joined, "u1").reshape(len(texts), stride)
    if len(texts) and not (np.all(table[:, 0] == ord("0")) and np.all(table[:, 1] == ord("x"))):
        raise SourceChanged(f"{what}: rows of unequal width")
    try:
        return binascii.unhexlify(np.ascontiguousarray(table[:, 2:]).data)
    except binascii.Error as error:
        raise SourceChanged(f"{what}: a row is not hexadecimal") from error


def values(types: Registry, type_id: int, texts: Sequence[str], what: str) -> NDArray[Any]:
    """Values of one fixed-width type from their 0x-texts."""
    dtype = layout(types, type_id)
    return np.frombuffer(unhexed(texts, dtype.itemsize, what), dtype)


def keys(types: Registry, item: Item, texts: Sequence[str]) -> tuple[NDArray[Any], ...]:
    """The key columns of an item from storage keys as 0x-texts; raises SourceChanged for keys of another item."""
    dtype = key_layout(types, item)
    table = np.frombuffer(unhexed(texts, dtype.itemsize, item.title), dtype)
    if len(table) and not np.all(table["prefix"] == np.frombuffer(item.prefix, ("V", PREFIX))):
        raise SourceChanged(f"{item.title}: a key of another item is among the answers")
    return tuple(table[f"key{place}"] for place in range(len(item.keys)))


def rows(types: Registry, item: Item, key_texts: Sequence[str], value_texts: Sequence[str]) -> Rows:
    """All of an item's rows as columns; keys and values must be as many."""
    if len(key_texts) != len(value_texts):
        raise SourceChanged(f"{item.title}: {len(key_texts)} keys, {len(value_texts)} values")
    return Rows(keys(types, item, key_texts), values(types, item.value, value_texts, item.title))


def joined(pages: Sequence[Rows]) -> Rows:
    """Pages of rows, of which there is at least one, as one."""
    keys = tuple(np.concatenate(parts) for parts in zip(*(page.keys for page in pages), strict=True))
    return Rows(keys, np.concatenate([page.values for page in pages]))


def addresses(column: NDArray[Any]) -> list[str]:
    """Canonical spelling (0x and 64 digits) of a column of 32-byte accounts."""
    text = np.ascontiguousarray(column).tobytes().hex()
    return ["0x" + text[start : start + 64] for start in range(0, len(text), 64)]


def whole(column: NDArray[Any]) -> list[int]:
    """A column of integers, also those of two words, as Python integers."""
    if column.dtype.names == ("low", "high"):
        pairs = zip(column["low"].tolist(), column["high"].tolist(), strict=True)
        return [high * 2**64 + low for low, high in pairs]
    return [int(number) for number in column.tolist()]
