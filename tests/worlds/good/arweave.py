"""A good gateway and good peers of a small Arweave, all in one."""

from datetime import datetime

from tests.worlds.arweave_chain import SECONDS_A_BLOCK as SECONDS
from tests.worlds.arweave_chain import TOP, Small
from tests.worlds.good.clock import SECONDS_A_BLOCK


def arweave(time: datetime, blocks_ago: int) -> Small:
    """Its answers, where its pinned block is as old as such a block is."""
    return Small(int(time.timestamp()) - 20 * SECONDS, top=TOP - int(blocks_ago * SECONDS_A_BLOCK) // SECONDS)
