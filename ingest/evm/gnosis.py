"""Gnosis Chain: public keyless providers, as chainlist.org lists them (August 2026)."""

from typing import Final

from ingest.evm.node import EvmChain

ENDPOINTS: Final = (
    "https://rpc.gnosischain.com",
    "https://gnosis-rpc.publicnode.com",
    "https://gnosis.drpc.org",
    "https://public.1rpc.io/gnosis",
)
# Two epochs of 16 slots of five seconds.
GNOSIS: Final = EvmChain(
    "eip155:100",
    ENDPOINTS,
    explorer="https://gnosis.blockscout.com",
    day=17_280,
    seconds=5.0,
    finality="two epochs of its validators, about three minutes",
    to_finality=32,
)
