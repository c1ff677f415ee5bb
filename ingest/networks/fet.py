"""FET as an ERC-20 on Ethereum: who holds it, who can mint it, and the bridge to the Fetch.ai chain.

ERC-20 FET does not vote: binding votes are those of the Fetch.ai chain (network `fetch`), by native FET. What the
bridge holds here is the part that exists there, so the two supplies are never added up.
"""

from collections.abc import Mapping
from typing import Final

from ingest.evm.calls import Call
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.node import EvmNode
from ingest.evm.powers import EVERYTHING, HALT, MINT, Actions
from ingest.evm.token import erc20, whole_numbers
from ingest.network import HOURLY, Network, Reading
from store.faults import SourceChanged
from store.rows import Facts, Kind, Measure, frame, observation

# trustwallet/assets, singnet/dev-portal; the first FET of 2019 was another contract.
FET: Final = "0xaea46a60368a7bd060eec7df8cba43b7ef41ad85"
# fetchai/fetch-ethereum-bridge-v1, ethereum/scripts/deployment_manifest.json
BRIDGE: Final = "0x947872ad4d95e89e513d7202550a810ac1b626cc"
# fetchai/website-token-information, CONTRACT_OWNER_ADDRESS and the staking contract of 2020 and 2021
STAKING: Final = "0x351bac612b50e87b46e4b10a282f632d41397de2"
# singnet/platform-contracts, package/networks/MultiPartyEscrow.json
ESCROW: Final = "0xdf8d4826e016afa8803d94a716feb70ad5d2b8ac"
# Where those send tokens who burn them without the token's own burn().
DEAD: Final = "0x000000000000000000000000000000000000dead"

CONTRACTS: Final[Mapping[str, str]] = {"token": FET, "bridge": BRIDGE}
LOCKED: Final[Mapping[str, str]] = {
    "bridge_locked": BRIDGE,
    "staking_locked": STAKING,
    "escrow_locked": ESCROW,
    "burned": DEAD,
}
# What a role of the bridge can do (fetchai/fetch-ethereum-bridge-v1, Bridge.sol of 2026). Its admin mints to it, burns,
# withdraws any amount to anywhere, sets caps, pauses and deletes it; a relayer releases tokens to whom it names.
BRIDGE_POWERS: Final[Mapping[str, Actions]] = {
    "admin": EVERYTHING,
    "relayer": (MINT,),
    # Pauses both directions alone; only the admin can end it.
    "monitor": (HALT,),
    # Sets to zero what relayers may release.
    "approver": (HALT,),
}
# View functions of the bridge, by the name of the observation, with units.
BRIDGE_STATE: Final[Mapping[str, tuple[str, str]]] = {
    "bridge_supply": ("getSupply()", "afet"),
    "bridge_cap": ("getCap()", "afet"),
    "bridge_swap_max": ("getSwapMax()", "afet"),
    "bridge_swap_min": ("getSwapMin()", "afet"),
    "bridge_swap_fee": ("getSwapFee()", "afet"),
    "bridge_fees_accrued": ("getFeesAccrued()", "afet"),
    "bridge_swaps": ("getNextSwapId()", "swaps"),
    "bridge_relay_eon": ("getRelayEon()", ""),
    "bridge_reverse_allowance": ("getReverseAggregatedAllowance()", "afet"),
    "bridge_reverse_allowance_approver_cap": ("getReverseAggregatedAllowanceApproverCap()", "afet"),
}
# Blocks from which on a side of the bridge stands still.
BRIDGE_PAUSES: Final[Mapping[str, str]] = {
    "bridge_public_paused": "getPausedSinceBlockPublicApi()",
    "bridge_relayer_paused": "getPausedSinceBlockRelayerApi()",
}


# How readers are told of what every token has: of FET there are two, and this one does not vote.
SUPPLY_METHOD: Final = """
    Total supply of the FET token on Ethereum, and the parts of it that contracts hold.

    What the bridge holds (bridge_locked) exists as native FET on the Fetch.ai chain; the two are never added up.
    Read from the token contract (totalSupply, balanceOf) at one final block.
    """
CONTROL_METHOD: Final = """
    Keys that can mint, burn, pause or change FET and its bridge; one holder per key and power, each counts one.

    ERC-20 FET does not vote, so these keys decide, not its holders. From the roles (getRoleMember), owners and proxy
    slots (EIP-1967) of the two contracts, and of the multisigs and timelocks that hold keys of them: there `signers`
    are the owners of a Safe, of whom its threshold must sign, and a `module` acts without them. Where a contract does
    not list who has its roles, the events of granting and revoking are read, and each is asked for (hasRole). Who holds
    a contract's `unknown` keys nobody could tell yet. Keys, not people: one person may hold several.
    """
STATE_METHOD: Final = """
    What stands behind the keys of FET and its bridge: keys or contracts, thresholds of multisigs, delays, pauses.

    Subject is the address. A key that borrows the code of a contract (EIP-7702) is a key still.
    """


def bridge(node: EvmNode) -> Facts:
    """State of the bridge between ERC-20 FET and native FET: what is on the other side, caps, limits, fees, pauses.

    bridge_supply is the amount that is presently native; relayers alone release tokens, admins set caps and limits,
    withdraw and mint. Read from the view functions of the bridge contract at one final block.
    """
    (token,) = node.calls([Call(BRIDGE, "getToken()", returns=("address",))])
    if token != (FET,):
        raise SourceChanged(f"the bridge {BRIDGE} is for the token {token}, not for {FET}")
    said = whole_numbers(node, [Call(BRIDGE, function) for function, _ in BRIDGE_STATE.values()])
    since = whole_numbers(node, [Call(BRIDGE, function) for function in BRIDGE_PAUSES.values()])
    rows = [
        observation(name, node.block.time, value, unit, subject=BRIDGE)
        for (name, (_, unit)), value in zip(BRIDGE_STATE.items(), said, strict=True)
    ]
    rows += [
        observation(name, node.block.time, "true" if block <= node.block.height else "false", "", subject=BRIDGE)
        for name, block in zip(BRIDGE_PAUSES, since, strict=True)
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


NETWORK = erc20(
    Network(
        name="fet",
        title="FET on Ethereum",
        stack="agents",
        token="FET",
        unit="afet",
        decimals=18,
        address="hex",
        chain=ETHEREUM,
        colour=4,
        # With the tokens that became FET.
        prices={"FET": "fetch-ai", "AGIX": "singularitynet", "OCEAN": "ocean-protocol"},
        credit="Ethereum's list of holders: Blockscout.",
    ),
    CONTRACTS,
    locked=LOCKED,
    special={"bridge": BRIDGE_POWERS},
    more=(Reading("bridge", Kind.OBSERVATIONS, Measure.CONTROL, "", HOURLY, bridge, headline=True),),
    methods={"supply": SUPPLY_METHOD, "control": CONTROL_METHOD, "control_state": STATE_METHOD},
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
bridge:
  bridge_<what> | <address> | [<unit>] | state of the bridge: supply on the other side, caps, limits, fees, swaps, pauses
"""  # noqa: E501 - a row each
