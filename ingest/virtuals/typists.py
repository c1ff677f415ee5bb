"""Who types in what a quorum is a part of, read from the governor's storage, which no function of it tells.

Virtual-Protocol/protocol-contracts at ba4aef6f, contracts/governance/VirtualProtocolDAOV2.sol.
"""

from collections.abc import Callable, Mapping
from functools import partial

from ingest.evm.calls import Call
from ingest.evm.governor import Governor, mistaken
from ingest.evm.keys import PROXY_SLOTS, UNKNOWN, Powers
from ingest.evm.node import EvmNode
from ingest.evm.safes import addressed
from ingest.evm.storage import element

# VirtualProtocolDAOV2.sol lines 21 to 26, over OpenZeppelin 5.0.2: where the contract stores what no function tells
# (its admin), between what functions do tell.
THRESHOLD_SLOT, PROPOSALS_SLOT, BASES_SLOT, ADMIN_SLOT, NUMERATORS_SLOT = 7, 9, 13, 14, 15
# Bits of the time before the number in a checkpoint (Checkpoints.Trace224 and Trace208).
BASE_BITS, NUMERATOR_BITS = 32, 48


def typists(governor: Governor, agents: str) -> Callable[[EvmNode], Mapping[str, Powers]]:
    """The powers beside those that the usual questions tell; agents: the registry of agents."""

    def told(node: EvmNode) -> dict[str, Powers]:
        """Who types in what the quorum is a part of, and who can replace the registry's code.

        The governor has an admin and no function that tells him. He is read where the contract stores him, where all
        that is stored around him is what its functions tell; else whoever he is is unknown.
        """
        found: dict[str, Powers] = {}
        if not mistaken(node, governor):
            admin = _admin(node, governor.address)
            found["governor"] = {UNKNOWN: (governor.address,)} if admin is None else {"quorum_base": (admin,)}
        if replaces := node.slot(agents, PROXY_SLOTS["proxy_admin"]):
            found["agents"] = {"proxy_admin": (addressed(replaces),)}
        return found

    return told


def _admin(node: EvmNode, governor: str) -> str | None:
    """The governor's admin, who may be nobody; None where what is stored is not as its source says."""
    of = partial(Call, governor)
    functions = ("proposalThreshold()", "proposalCount()", "latestTotalSupply()", "quorumNumerator()")
    said = node.calls([of(function) for function in functions])
    stored = partial(node.slot, governor)
    # Asked together, answered below from memory: one request for all.
    node.slots(governor, (THRESHOLD_SLOT, PROPOSALS_SLOT, BASES_SLOT, ADMIN_SLOT, NUMERATORS_SLOT))
    kept = [
        (stored(THRESHOLD_SLOT),),
        (stored(PROPOSALS_SLOT),),
        _last(node, governor, BASES_SLOT, BASE_BITS),
        _last(node, governor, NUMERATORS_SLOT, NUMERATOR_BITS),
    ]
    return addressed(stored(ADMIN_SLOT)) if kept == list(said) else None


def _last(node: EvmNode, governor: str, slot: int, bits: int) -> tuple[int, ...]:
    """The number in the last checkpoint of a list; none where the list has none."""
    count = node.slot(governor, slot)
    if not 0 < count < 2**bits:
        return ()
    return (node.slot(governor, element(slot, count - 1)) >> bits,)
