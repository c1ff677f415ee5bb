"""Tipsets: the blocks of one height, which are final together, as nodes tell them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ingest.fields import listed, once, part, some, text, whole
from ingest.filecoin.cbor import link_of
from store.faults import BadData, SourceChanged
from store.rows import Block
from store.spelling import is_address

# Of the first block of mainnet (lotus, build/genesis/mainnet.car.zst): its name and its time.
GENESIS: Final = "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2"
GENESIS_TIME: Final = datetime.fromtimestamp(1598306400, UTC)
EPOCH: Final = timedelta(seconds=30)
SPELLING: Final = "f0"
# More wins than this has no block: five are expected of the whole chain in an epoch, and the draw stops at 15.
MOST_WINS: Final = 15
LATEST: Final = 10**9


@dataclass(frozen=True, slots=True)
class Tipset:
    """The blocks of one height: key are their names; wins are told of each miner that won; parents: the key before."""

    height: int
    key: tuple[str, ...]
    parents: tuple[str, ...]
    wins: tuple[tuple[str, int], ...]

    @property
    def block(self) -> Block:
        """The tipset as one block."""
        return Block(self.height, " ".join(self.key), time_of(self.height))


def time_of(height: int) -> datetime:
    """When the blocks of a height are made, by the chain's own rule."""
    return GENESIS_TIME + EPOCH * height


def links_of(body: Any, *names: str) -> tuple[str, ...]:
    """The names in a list of objects' names, each once."""
    return tuple(once([link_of(one) for one in listed(body, *names)], str))


def spelled(key: tuple[str, ...]) -> list[dict[str, str]]:
    """A tipset's key as nodes take it."""
    return [{"/": name} for name in key]


def tipset_of(body: Any) -> Tipset:
    """A tipset of a JSON answer, all of whose blocks agree; raises SourceChanged or BadData."""
    height, key = whole(body, "Height"), links_of(body, "Cids")
    blocks = some(body, "Blocks")
    if len(blocks) != len(key) or not 0 < height < LATEST:
        raise SourceChanged(f"a tipset of height {height} has {len(blocks)} blocks by {len(key)} names")
    parents = [_parents(block, height) for block in blocks]
    if len(set(parents)) != 1:
        raise BadData(f"blocks of height {height} have different parents")
    wins = once([_wins(block) for block in blocks], lambda won: won[0])
    return Tipset(height, key, parents[0], tuple(wins))


def _parents(block: Any, height: int) -> tuple[str, ...]:
    """What a block is built upon, once its height and time are right."""
    if whole(block, "Height") != height:
        raise BadData(f"a block of height {whole(block, 'Height')} is in the tipset of height {height}")
    if whole(block, "Timestamp") != int(time_of(height).timestamp()):
        raise BadData(f"a block of height {height} is of {whole(block, 'Timestamp')}, which is no time of it")
    some(block, "Parents")
    return links_of(block, "Parents")


def _wins(block: Any) -> tuple[str, int]:
    miner, count = actor(block, "Miner"), whole(block, "ElectionProof", "WinCount")
    if not 0 < count <= MOST_WINS:
        raise BadData(f"{miner} has won {count} times with one block")
    return miner, count


def actor(body: Any, *names: str) -> str:
    """The address of an actor, by its number; raises SourceChanged."""
    told = text(body, *names)
    if not is_address(told, SPELLING):
        raise SourceChanged(f"{'.'.join(names)} is no actor's number: {str(part(body, *names))[:80]!r}")
    return told
