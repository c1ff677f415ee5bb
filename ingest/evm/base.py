"""Base: public keyless providers, those that say to keep no traces first, as chainlist.org lists them (August 2026)."""

from typing import Final

from ingest.evm.node import EvmChain

ENDPOINTS: Final = (
    "https://mainnet.base.org",
    "https://base-rpc.publicnode.com",
    "https://base.drpc.org",
    "https://base.meowrpc.com",
    "https://public.1rpc.io/base",
    "https://base.api.pocket.network",
)
# What two minutes of blocks were built upon can still go with a block of Ethereum: only the name says what is final.
BASE: Final = EvmChain(
    "eip155:8453",
    ENDPOINTS,
    explorer="https://base.blockscout.com",
    day=43_200,
    seconds=2.0,
    finality="its batch is in a final block of Ethereum, 13 to 20 minutes",
    to_finality=None,
)
