"""Olas on Base: services and their owners, what mechs are paid, and who can change their contracts.

OLAS here is a copy of what a bridge holds on Ethereum: it does not vote, and is never added.
"""

from collections.abc import Mapping
from typing import Final

from ingest.evm.base import BASE
from ingest.network import Network, Unit, counted
from ingest.olas.chains import Mediator, on_a_chain
from ingest.olas.mechs import Tracker

# valory-xyz/autonolas-registries at 1c5606f3 and autonolas-tokenomics at ad17cc1e, docs/configuration.json and
# scripts/audit_chains/ownable_owners.csv: by that list one key owned the service manager, the bridger of identities and
# the manager of liquidity in February 2026. ai-registry-mech at 53811b7e, docs/configuration.json, has the marketplace
# and the trackers. The registry has the address that the timelock has on Ethereum, and is another contract.
MESSENGER: Final = "0xe49cb081e8d96920c38aa7ab90cb0294ab4bc8ea"
OLAS: Final = "0x54330d28ca3357f294334bdc454a032e7f353416"
# USD Coin, as ACP is paid in it (acp-node-v2): where the tracker's own token() is another one, what it paid is refused.
USDC: Final = "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913"
CONTRACTS: Final[Mapping[str, str]] = {
    "registry": "0x3c1ff68f5aa342d296d4dee4bb1cacca912d95fe",
    "service_manager": "0x1262136cac6a06a782dc94eb3a3df0b4d09ff6a6",
    "identity_bridger": "0x67722c823010ceb4bed5325fe109196c0f67d053",
    "liquidity_manager": "0x2acd313b892c9922e470e4950e907d5eaa70fc2a",
    "staking_factory": "0x1cee30d08943eb58eff84dd1ab44a6ee6feff63a",
    "dispenser": "0x9ec97be9ff55ff11606ce7c589956f7bf3d0b241",
    "marketplace": "0xf24ee42eda0fc9b33b7d41b06ee8ccd2ef7c5020",
}
# What the owner of most of them obeys, the timelock on Ethereum.
RULES: Final = Mediator(MESSENGER, "sourceGovernor()", "olas", "0x3c1ff68f5aa342d296d4dee4bb1cacca912d95fe")
# A million credits of a subscription are 0.99 USDC (tokenCreditRatio there, scripts/deployment).
TRACKERS: Final[Mapping[str, Tracker]] = {
    "aeth": Tracker("0xb3921f8d8215603f0bd521341ac45ea8f2d274c1"),
    "uusdc": Tracker("0x0443c55e151dba13fae079518f9dd01ff9c21cb2", USDC),
    "aolas": Tracker("0x43fb32f25dce34eb76c78c7a42c8f40f84bcd237", OLAS),
    "credit": Tracker("0xaafbeef195bdab1bb6f3dc9ceba875cd72499230"),
}

NETWORK = on_a_chain(
    Network(
        name="olas_base",
        title="Olas on Base",
        stack="agents",
        token="OLAS",
        unit="aolas",
        decimals=18,
        address="hex",
        chain=BASE,
        colour=18,
        units={"aeth": Unit("ETH", 18), "uusdc": Unit("USDC", 6), **counted("credit")},
        prices={"OLAS": "autonolas", "ETH": "ethereum", "USDC": "usd-coin"},
    ),
    CONTRACTS,
    RULES,
    TRACKERS,
)
