"""Maps of Filecoin's states (HAMTs), read object by object, each of which is compared with its name.

A key's place is its sha256, five bits a level, the first bits first. A node is [bits, pointers]: a bit for each of the
32 places that is taken; a pointer leads to a node below, or is a list of up to three pairs (go-hamt-ipld v3; actors
before v3 wrote a pointer as {"0": link} or {"1": pairs}).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from ingest.filecoin.cbor import Link, decoded, named
from store.faults import BadData

BITS: Final = 5
PAIR: Final = 2
# The contents of objects by their names.
Fetch = Callable[[Sequence[str]], Mapping[str, bytes]]


def key_of(actor: str) -> bytes:
    """The key of an actor: the bytes of its address f0<number>."""
    number, found = int(actor[2:]), bytearray(b"\0")
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def actor_of(key: bytes) -> str:
    """The address whose bytes a key is; raises BadData."""
    number = sum((byte & 127) << 7 * place for place, byte in enumerate(key[1:]))
    found = f"f0{number}"
    if key[:1] != b"\0" or len(key) > 10 or key_of(found) != key:
        raise BadData(f"{key.hex()[:80]} is no actor's address")
    return found


def pairs(root: str, fetch: Fetch) -> Iterator[tuple[bytes, Any]]:
    """All keys of a map with their values, level by level."""
    level = [root]
    while level:
        below = []
        for content in _each(level, fetch):
            for pointer in _node(content)[1]:
                if isinstance(pointer, Link):
                    below.append(named(pointer))
                else:
                    yield from pointer
        level = below


def found(root: str, keys: Sequence[bytes], fetch: Fetch) -> dict[bytes, Any]:
    """The values of some keys of a map; a key that is not in it has none."""
    values: dict[bytes, Any] = {}
    places = dict.fromkeys(keys, root)
    depth = 0
    while places:
        objects = fetch(list(dict.fromkeys(places.values())))
        nodes = {name: _node(content) for name, content in objects.items()}
        below = {}
        for key, name in places.items():
            pointer = _pointer(nodes[name], key, depth)
            if isinstance(pointer, Link):
                below[key] = named(pointer)
            else:
                values.update((one, value) for one, value in pointer if one == key)
        places, depth = below, depth + 1
    return values


def _each(names: Sequence[str], fetch: Fetch) -> Iterator[bytes]:
    objects = fetch(names)
    return (objects[name] for name in names)


def _pointer(node: tuple[int, list[Any]], key: bytes, depth: int) -> Any:
    """Where a key leads at a level: to a node below, or to pairs, of which there may be none."""
    taken, pointers = node
    digest = int.from_bytes(sha256(key).digest())
    if (depth + 1) * BITS > 256:
        raise BadData("a map has more levels than a key has bits")
    place = digest >> 256 - (depth + 1) * BITS & 2**BITS - 1
    if not taken >> place & 1:
        return []
    return pointers[(taken & (1 << place) - 1).bit_count()]


def _node(content: bytes) -> tuple[int, list[Any]]:
    """The places that are taken in a node, and what is there; raises BadData."""
    match decoded(content):
        case [bytes(bits), list(pointers)] if int.from_bytes(bits).bit_count() == len(pointers):
            return int.from_bytes(bits), [_unwrapped(one) for one in pointers]
        case other:
            raise BadData(f"no node of a map: {str(other)[:80]}")


def _unwrapped(pointer: Any) -> Any:
    match pointer:
        case {"0": inner} | {"1": inner}:
            return _unwrapped(inner)
        case Link():
            return pointer
        case [*entries] if all(_is_pair(one) for one in entries):
            return entries
        case other:
            raise BadData(f"no pointer of a map: {str(other)[:80]}")


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) == PAIR and isinstance(entry[0], bytes)
