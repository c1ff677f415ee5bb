"""A good node of Filecoin: nine miners of four owners, one of them too small, and epochs without a block."""

from datetime import datetime
from functools import cache
from typing import Final

from tests.worlds.filecoin_node import GENESIS_SECONDS, TIB, Miner, Node, State
from tests.worlds.good.clock import NOW

# What is final is some epochs old; the chain of this world begins some epochs earlier.
BEHIND, LENGTH = 2, 60
HEAD: Final = (int(NOW.timestamp()) - GENESIS_SECONDS) // 30 - BEHIND
MINERS: Final = {
    **{
        f"f0{1000 + place}": Miner(f"f0{2000 + place % 3}", (11 + place) * TIB, (15 + place) * TIB)
        for place in range(8)
    },
    "f01008": Miner("f02003", TIB, TIB),
}
STATE: Final = State(HEAD - LENGTH, HEAD, MINERS, frozenset({HEAD - 5, HEAD - 6, HEAD - 30}), evm=frozenset({"f02001"}))


@cache
def filecoin(time: datetime) -> Node:
    """The node whose newest final tipset is some epochs before a time."""
    head = (int(time.timestamp()) - GENESIS_SECONDS) // 30 - BEHIND
    return Node(State(STATE.base, head, MINERS, STATE.null, evm=STATE.evm))
