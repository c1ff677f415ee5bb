"""A good server for every network, found by what its chain is: small, invented, with an answer to every question.

A network whose family is known needs no line here; a question that a world has no answer to is told by the contract.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from ingest.arweave.node import ArweaveChain
from ingest.cosmos.lcd import CosmosChain
from ingest.evm.node import EvmChain
from ingest.filecoin.chain import FilecoinChain
from ingest.network import Network
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
from tests.worlds.good.of_contracts import told
from tests.worlds.good.off_chain import off_chain
from tests.worlds.good.solana import solana
from tests.worlds.good.substrate import substrate
from tests.worlds.servers import Reply, Request

Answer = Callable[[Request], Reply]
SINCE: Final[dict[str, int]] = told("SINCE")


@dataclass(frozen=True)
class Good:
    """A network whose clock is the world's, and the answers of its servers."""

    network: Network
    answer: Answer


def good(network: Network, blocks_ago: int = 0) -> Good:
    """The good world of a network's family, now or some blocks ago; raises LookupError for a family that has none."""
    time = NOW - timedelta(seconds=SECONDS_A_BLOCK * blocks_ago)
    if type(network.chain) not in SERVERS:
        raise LookupError(f"{network.name}: no good world of a {type(network.chain).__name__}")
    answer = SERVERS[type(network.chain)](network, time, blocks_ago)
    chain: Any = network.chain
    return Good(replace(network, chain=replace(chain, clock=lambda: time, **OWN.get(type(chain), {}))), answer)


def _genesis(network: Network) -> str:
    assert isinstance(network.chain, SubstrateChain)
    return network.chain.genesis


def _evm_chain(network: Network) -> EvmChain:
    """Of a network that is read since a block of its own, the chain since that."""
    chain = cast("EvmChain", network.chain)
    return replace(chain, since=SINCE.get(network.name, chain.since))


# Answers of each family's servers: of a network, at a time so many blocks ago.
SERVERS: Final[dict[type, Callable[[Network, datetime, int], Answer]]] = {
    CosmosChain: cosmos,
    SubstrateChain: lambda network, _, ago: substrate(_genesis(network), ago),
    EvmChain: lambda network, _, ago: partial(
        evm, chain=_evm_chain(network), blocks_ago=ago * int(SECONDS_A_BLOCK) // EVM_SECONDS_A_BLOCK
    ),
    FilecoinChain: lambda _, time, __: filecoin(time),
    OffChain: lambda _, __, ago: partial(off_chain, ago),
    ArweaveChain: lambda _, time, ago: arweave(time, ago),
    SolanaChain: solana,
}
# What a chain does otherwise in a test: it waits for nobody, and its history is short.
OWN: Final[dict[type, dict[str, Any]]] = {
    EvmChain: {"pauses": ()},
    FilecoinChain: {"pauses": ()},
    ArweaveChain: {"history": HISTORY},
}
