"""The root of a contract's whole storage from its words: equal roots are equal storages, with nothing left out.

A Merkle Patricia trie (Ethereum yellow paper, appendices B and D): words that are not zero by the hash of their slot.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from eth_utils.crypto import keccak

# Sixteen ways on from a branch, by the digit of the path.
DIGITS: Final = "0123456789abcdef"
# The rest of a path in hexadecimal digits, and the word at its end.
Leaf: TypeAlias = tuple[str, bytes]
Part: TypeAlias = "bytes | list[Part]"


def element(slot: int, place: int) -> int:
    """Where a list that is declared at a slot has one of its elements, of a word each."""
    return (int.from_bytes(keccak(slot.to_bytes(32))) + place) % 2**256


def root(words: Mapping[int, int]) -> str:
    """The root of a storage that has these words in these slots, and zero in every other."""
    leaves = [
        (keccak(slot.to_bytes(32)).hex(), _written(word.to_bytes((word.bit_length() + 7) // 8)))
        for slot, word in words.items()
        if word
    ]
    return f"0x{keccak(_written(_node(leaves) if leaves else b'')).hex()}"


def _node(leaves: Sequence[Leaf]) -> list[Part]:
    """A leaf, the path that several share, or a branch."""
    if len(leaves) == 1:
        ((path, word),) = leaves
        return [_path(path, 2), word]
    first, last = min(leaves)[0], max(leaves)[0]
    # What those share that are farthest apart all share; no two are the same.
    shared = next(place for place, digits in enumerate(zip(first, last, strict=True)) if digits[0] != digits[1])
    if shared:
        return [_path(first[:shared], 0), _named(_node([(path[shared:], word) for path, word in leaves]))]
    ways = ([(path[1:], word) for path, word in leaves if path[0] == digit] for digit in DIGITS)
    return [*(_named(_node(on)) if on else b"" for on in ways), b""]


def _named(node: list[Part]) -> Part:
    """How a node stands in the one above: by its hash, unless it is shorter than that."""
    encoded = _written(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _path(digits: str, kind: int) -> bytes:
    """Digits with what they are before them: 2 ends in a word, 0 goes on; one more where their number is odd."""
    odd = len(digits) % 2
    return bytes.fromhex(f"{kind + odd}{'' if odd else '0'}{digits}")


def _written(part: Part) -> bytes:
    """Bytes, or a list of such and of lists, each after its length (RLP)."""
    kind, content = (0x80, part) if isinstance(part, bytes) else (0xC0, b"".join(map(_written, part)))
    if kind == 0x80 and len(content) == 1 and content[0] < kind:
        return content
    size = b"" if len(content) < 56 else len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([kind + (55 + len(size) if size else len(content))]) + size + content
