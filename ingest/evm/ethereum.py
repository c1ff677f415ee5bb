"""Ethereum: public keyless providers without tracking, as chainlist.org lists them (August 2026)."""

from typing import Final

from ingest.evm.node import EvmChain

ENDPOINTS: Final = (
    "https://ethereum-rpc.publicnode.com",
    "https://eth.drpc.org",
    "https://rpc.mevblocker.io",
    "https://eth.merkle.io",
    "https://public.1rpc.io/eth",
    "https://eth.meowrpc.com",
)
# The first block after the merge; go-ethereum and reth prune logs before it (go-ethereum#31939).
MERGE: Final = 15_537_394
ETHEREUM: Final = EvmChain(
    "eip155:1",
    ENDPOINTS,
    explorer="https://eth.blockscout.com",
    since=MERGE,
    finality="two epochs of its validators, about 13 minutes",
)
