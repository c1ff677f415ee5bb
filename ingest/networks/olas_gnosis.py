"""Olas on Gnosis Chain: services and their owners, what mechs are paid, and who can change their contracts.

OLAS here is a copy of what a bridge holds on Ethereum: it does not vote, and is never added.
"""

from collections.abc import Mapping
from typing import Final

from ingest.evm.gnosis import GNOSIS
from ingest.network import Network, Unit, counted
from ingest.olas.chains import Mediator, on_a_chain
from ingest.olas.mechs import Tracker

# valory-xyz/autonolas-registries at 1c5606f3 and autonolas-tokenomics at ad17cc1e, docs/configuration.json and
# scripts/audit_chains/ownable_owners.csv: by that list one key owned the service manager and the bridger of identities
# in February 2026. ai-registry-mech at 53811b7e, docs/configuration.json, has the marketplace and the trackers.
MEDIATOR: Final = "0x15bd56669f57192a97df41a2aa8f4403e9491776"
OLAS: Final = "0xce11e14225575945b8e6dc0d4f2dd4c570f79d9f"
CONTRACTS: Final[Mapping[str, str]] = {
    "registry": "0x9338b5153ae39bb89f50468e608ed9d764b755fd",
    "service_manager": "0x068a4f0946cf8c7f9c1b58a3b5243ac8843bf473",
    "identity_bridger": "0x6e8f740f23f07ce129daa59786926feca8c2d2f3",
    "staking_factory": "0xb0228ca253a88bc8eb4ca70bcac8f87b381f4700",
    "dispenser": "0x5b6c538c7b2e0b44fa8a3b7a0532ef797b07d0e9",
    "marketplace": "0x735faab1c4ec41128c367afb5c3bac73509f70bb",
}
# What the owner of most of them obeys, the timelock on Ethereum.
RULES: Final = Mediator(MEDIATOR, "foreignGovernor()", "olas", "0x3c1ff68f5aa342d296d4dee4bb1cacca912d95fe")
# A million credits of a subscription are 0.99 xDAI (tokenCreditRatio there, scripts/deployment).
TRACKERS: Final[Mapping[str, Tracker]] = {
    "axdai": Tracker("0x21ce6799a22a3da84b7c44a814a9c79ab1d2a50d"),
    "aolas": Tracker("0x53bd432516707a5212a70216284a99a563aac1d1", OLAS),
    "credit": Tracker("0x7d686bd1fd3cff6e45a40165154d61043af7d67c"),
}

NETWORK = on_a_chain(
    Network(
        name="olas_gnosis",
        title="Olas on Gnosis Chain",
        stack="agents",
        token="OLAS",
        unit="aolas",
        decimals=18,
        address="hex",
        chain=GNOSIS,
        colour=17,
        units={"axdai": Unit("xDAI", 18), **counted("credit")},
        prices={"OLAS": "autonolas", "xDAI": "xdai"},
    ),
    CONTRACTS,
    RULES,
    TRACKERS,
)
