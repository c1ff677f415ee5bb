"""Vana's own chain: all its public keyless providers, as chainlist.org lists them (August 2026)."""

from typing import Final

from ingest.evm.node import EvmChain

ENDPOINTS: Final = (
    "https://rpc.vana.org",
    "https://evm-rpc-vana.josephtran.xyz",
    "https://evm-rpc-vana.j-node.net",
    "https://islander-vana-rpc.spidernode.net",
)
# vana-com/vana-smart-contracts, deployments-official/vana: its own Multicall3, of block 716,763. Before that block, and
# where the nodes name no final block, nothing is read: how deep a final one lies there nobody has said.
VANA: Final = EvmChain(
    "eip155:1480",
    ENDPOINTS,
    explorer="https://vanascan.io",
    multicall="0xD8d2dFca27E8797fd779F8547166A2d3B29d360E",
    day=14_400,
    seconds=6.0,
    finality="as its validators name it",
    to_finality=None,
)
