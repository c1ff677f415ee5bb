"""A good server for every network, found by what its chain is: small, invented, with an answer to every question.

A network whose family is known needs no line here; a question that a world has no answer to is told by the contract.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from ingest.arweave.node import ArweaveChain
from ingest.cosmos.lcd import CosmosChain
from ingest.evm.node import EvmChain
from ingest.filecoin.chain import FilecoinChain
from ingest.network import Chain, Network
from ingest.offchain.feed import OffChain
from ingest.solana.node import SolanaChain
from ingest.substrate.node import SubstrateChain
from tests.worlds.arweave_chain import HISTORY
from tests.worlds.good.arweave import arweave
from tests.worlds.good.clock import NOW, SECONDS_A_BLOCK
from tests.worlds.good.cosmos import cosmos
from tests.worlds.good.evm import SECONDS_A_BLOCK as EVM_SECONDS_A_BLOCK
from tests.worlds.good.evm import evm
from tests.worlds.good.filecoin import filecoin
from tests.worlds.good.off_chain import off_chain
from tests.worlds.good.solana import solana
from tests.worlds.good.substrate import substrate
from tests.worlds.servers import Reply, Request

Answer = Callable[[Request], Reply]


@dataclass(frozen=True)
class Good:
    """A network whose clock is the world's, and the answers of its servers."""

    network: Network
    answer: Answer


def good(network: Network, blocks_ago: int = 0) -> Good:
    """The good world of a network's family, now or some blocks ago; raises LookupError for a family that has none."""
    time = NOW - timedelta(seconds=SECONDS_A_BLOCK * blocks_ago)
    match network.chain:
        case CosmosChain() as chain:
            return _with(network, replace(chain, clock=lambda: time), cosmos(network, time, blocks_ago))
        case SubstrateChain() as chain:
            return _with(network, replace(chain, clock=lambda: time), substrate(chain.genesis, blocks_ago))
        case EvmChain() as chain:
            ago = blocks_ago * int(SECONDS_A_BLOCK) // EVM_SECONDS_A_BLOCK
            return _with(network, replace(chain, clock=lambda: time, pauses=()), partial(evm, blocks_ago=ago))
        case FilecoinChain() as chain:
            return _with(network, replace(chain, clock=lambda: time, pauses=()), filecoin(time))
        case OffChain() as chain:
            return _with(network, replace(chain, clock=lambda: time), partial(off_chain, blocks_ago))
        case ArweaveChain() as chain:
            small = replace(chain, history=HISTORY, clock=lambda: time)
            return _with(network, small, arweave(time, blocks_ago))
        case SolanaChain() as chain:
            return _with(network, replace(chain, clock=lambda: time), solana(network, time, blocks_ago))
        case other:
            raise LookupError(f"{network.name}: no good world of a {type(other).__name__}")


def _with(network: Network, chain: Chain, answer: Answer) -> Good:
    return Good(replace(network, chain=chain), answer)
