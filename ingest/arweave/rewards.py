"""What the miners of Arweave were paid, block by block, held to the hash that a header has over all of it.

An entry is: 32 bytes of the miner's address, the network's hash rate and the reward, each after one byte of its
length, and three bytes of denomination; the oldest comes first (ar_serialize.erl, reward_history_to_binary). Since
fork 2.8 a header's hash is sha256(sha256(entry of its block) || hash of the block before) (ar_rewards.erl,
reward_history_hash): the newest header's proves them all. Other entries, or the same in another order, lead to no such
hash whatever hash they are said to begin with; so it does not matter who tells that one.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple

from store.addresses import base64url
from store.faults import BadData, SourceChanged

ADDRESS: Final = 32
DENOMINATION: Final = 3
# Amounts of another denomination would be a thousand times as many base units, and one more of them a thousand more.
UNDIVIDED: Final = 1


class Reward(NamedTuple):
    """What a miner was paid for one block, in winston; link: the hash over all rewards up to it."""

    miner: str
    amount: int
    link: bytes = b""


def proved(stream: bytes, start: bytes, end: bytes, count: int) -> list[Reward]:
    """The rewards of so many blocks, the oldest first; raises BadData where they lead to another hash.

    start: the hash of the block before the first; end: that of the last. Raises SourceChanged where they are proved
    and one is of another denomination.
    """
    link, denominations, found = start, set[int](), list[Reward]()
    for entry, reward, denomination in _entries(stream, count):
        link = sha256(sha256(entry).digest() + link).digest()
        denominations.add(denomination)
        found.append(reward._replace(link=link))
    if len(found) != count:
        raise BadData(f"{len(found)} rewards, not those of {count} blocks")
    if link != end:
        raise BadData("the rewards do not lead to the hash of the block")
    for denomination in sorted(denominations):
        undivided(denomination)
    return found


def undivided(denomination: int) -> None:
    """Raises SourceChanged where an amount is of another denomination than the first."""
    if denomination != UNDIVIDED:
        raise SourceChanged(f"amounts are of denomination {denomination}, not {UNDIVIDED}: they cannot be added up")


def _entries(stream: bytes, most: int) -> Iterator[tuple[bytes, Reward, int]]:
    """Each entry as it came, with what it says; raises BadData where one is cut off, or there are too many."""
    place = 0
    for number in range(most + 1):
        if place == len(stream):
            return
        start, place = place, place + ADDRESS
        _, place = _number(stream, place, number)
        amount, place = _number(stream, place, number)
        denomination, place = stream[place : place + DENOMINATION], place + DENOMINATION
        if place > len(stream):
            raise BadData(f"reward {number} is cut off")
        reward = Reward(base64url(stream[start : start + ADDRESS]), amount)
        yield stream[start:place], reward, int.from_bytes(denomination, "big")
    raise BadData(f"more rewards than those of {most} blocks")


def _number(stream: bytes, place: int, number: int) -> tuple[int, int]:
    """A number after its length, and where the next field begins."""
    if place >= len(stream):
        raise BadData(f"reward {number} is cut off")
    end = place + 1 + stream[place]
    return int.from_bytes(stream[place + 1 : end], "big"), end
