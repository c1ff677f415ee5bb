"""The root of a storage, worked out with the RLP of another library; test_control.py has those of a real node."""

from collections.abc import Sequence

import rlp
from eth_utils.crypto import keccak

from ingest.evm.storage import root


def path(slot: int) -> str:
    """Where a word stands in the trie: the digits of the hash of its slot."""
    return keccak(slot.to_bytes(32)).hex()


def leaf(digits: str, word: int) -> bytes:
    """The hash of a leaf: the rest of its path after 3 (odd) or 20 (even), and its word as RLP within RLP."""
    rest = bytes.fromhex(f"3{digits}" if len(digits) % 2 else f"20{digits}")
    return keccak(rlp.encode([rest, rlp.encode(word)]))


def branch(ways: dict[str, bytes]) -> Sequence[bytes]:
    return [*(ways.get(digit, b"") for digit in "0123456789abcdef"), b""]


def test_a_storage_without_words_has_the_root_of_the_empty_trie() -> None:
    """Ethereum yellow paper, section 4.1; a word of zero is none."""
    empty = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert root({}) == root({7: 0}) == empty


def test_two_words_part_at_the_first_digit_of_their_paths() -> None:
    one, other = path(0), path(1)
    assert (one[0], other[0]) == ("2", "b")
    ways = {"2": leaf(one[1:], 5), "b": leaf(other[1:], 2**200)}
    assert root({0: 5, 1: 2**200}) == root({1: 2**200, 9: 0, 0: 5}) == f"0x{keccak(rlp.encode(branch(ways))).hex()}"


def test_what_two_paths_share_stands_before_their_branch() -> None:
    one, other = path(6), path(8)
    assert (one[:2], other[:2]) == ("f6", "f3")
    ways = branch({"6": leaf(one[2:], 1), "3": leaf(other[2:], 2)})
    # 1 is what goes on, here by the odd number of one digit.
    shared = [bytes.fromhex("1f"), keccak(rlp.encode(ways))]
    assert root({6: 1, 8: 2}) == f"0x{keccak(rlp.encode(shared)).hex()}"
