"""A good endpoint of Solana: a token that one key mints and another freezes, and a wallet from which is burned."""

from datetime import datetime, timedelta
from typing import Any, Final

from ingest.network import Network
from ingest.solana.accounts import SYSTEM, TOKEN, Account
from ingest.solana.control import Watched
from ingest.solana.node import SolanaChain
from tests.worlds.solana_server import SLOT, Cluster, Move, account, key, token, token_account
from tests.worlds.spoiled import Answer

SLOTS_A_BLOCK: Final = 15


def solana(network: Network[Any], time: datetime, blocks_ago: int = 0) -> Answer:
    """The endpoint of a network's accounts, at a time or some blocks before."""
    chain = network.chain
    assert isinstance(chain, SolanaChain)
    assert isinstance(chain.watch, Watched)
    accounts, place = of_token(chain.watch, network.decimals), chain.watch.burns or SYSTEM
    slot = SLOT - blocks_ago * SLOTS_A_BLOCK
    return Cluster(accounts.get, slot=slot, time=time, moves=moves(chain.watch.mint, place, time))


def of_token(watched: Watched, decimals: int) -> dict[str, Account]:
    """The accounts of a token whose program one key can replace."""
    found = token(watched.mint, key(1), key(2), key(3), decimals=decimals)
    if watched.burns:
        found[watched.burns] = account(TOKEN, token_account(watched.mint, key(4)))
    return found


def moves(mint: str, place: str, time: datetime) -> list[Move]:
    """What came to an account and was burned there, the newest first: three times a week apart, and one that failed."""
    times = [time - timedelta(hours=1 + 60 * week) for week in range(5)]
    found = [Move(number, at, mint, {place: 900}, {place: 900 - 100 * number}) for number, at in enumerate(times, 1)]
    return [found[0], Move(9, times[0] - timedelta(hours=1), mint, {place: 5}, {place: 5}, failed=True), *found[1:]]
