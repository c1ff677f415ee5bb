"""Solana's mainnet: its first block, and public keyless endpoints that are known by name (none was reached yet)."""

from typing import Final

from ingest.solana.node import SolanaChain, Watch

GENESIS: Final = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
ENDPOINTS: Final = (
    "https://api.mainnet-beta.solana.com",
    "https://solana-rpc.publicnode.com",
    "https://solana.drpc.org",
    "https://solana.api.onfinality.io/public",
    "https://public.rpc.solanavibestation.com",
)


def mainnet(watch: Watch) -> SolanaChain:
    """The chain, with the accounts of one network of it."""
    return SolanaChain(GENESIS, ENDPOINTS, watch)
