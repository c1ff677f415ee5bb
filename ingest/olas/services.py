"""Services that are registered on a chain, whose they are, and which of them are deployed.

valory-xyz/autonolas-registries at 1c5606f3, contracts: ServiceRegistryL2.sol (a service is a token that is never
burned, numbered from one; its states, of which `Deployed` has a multisig of bonded agents), StakingBase.sol (a staked
service is owned by the staking program, which says whose it is).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ingest.evm.calls import Call
from ingest.evm.logs import NOBODY
from ingest.evm.node import EvmNode
from ingest.evm.token import Read
from store.faults import SourceChanged
from store.rows import Facts, Kind, frame, holdings, observation

STATES: Final = (
    "non_existent", "pre_registration", "active_registration", "finished_registration", "deployed", "terminated_bonded"
)  # fmt: skip
DEPLOYED: Final = STATES.index("deployed")
# securityDeposit, multisig, configHash, threshold, maxNumAgentInstances, numAgentInstances, state, agentIds
SERVICE: Final = "(uint96,address,bytes32,uint32,uint32,uint32,uint8,uint32[])"
# multisig, owner, nonces, tsStart, reward, inactivity; newer programs tell more behind these
STAKED: Final = "(address,address,uint256[],uint256,uint256,uint256)"


class Service(NamedTuple):
    """A service: its number, the multisig of its agents, how many these are, and its state."""

    number: int
    multisig: str
    agents: int
    state: int


def services(registry: str) -> Read:
    """The reading of whose services are deployed."""

    def read(node: EvmNode) -> Facts:
        """Services that are deployed, by owner; each counts one.

        Deployed is one whose agents have put up their bond and have a multisig: the registry says so (getService); that
        they run no chain tells. Of one that is staked the owner is whom the staking program names (getServiceInfo), not
        the program. Read from contracts at one final block.
        """
        deployed = [one for one in _services(node, registry) if one.state == DEPLOYED]
        owned = Counter(_owners(node, registry, deployed))
        return Facts(holdings(("owners", *one) for one in sorted(owned.items())), empty=not owned)

    return read


def registry(registry: str, marketplace: str) -> Read:
    """The reading of how much is registered."""

    def read(node: EvmNode) -> Facts:
        """How many services are in which state, how many agents the deployed ones have, and what mechs were asked.

        Read from the registry (getService) and the marketplace of mechs (numMechs, numTotalRequests, fee) at one final
        block; all requests ever made, also those that nobody answered.
        """
        time, found = node.block.time, _services(node, registry)
        states = Counter(one.state for one in found)
        rows = [observation(f"services_{STATES[state]}", time, n, "services") for state, n in sorted(states.items())]
        agents = sum(one.agents for one in found if one.state == DEPLOYED)
        rows += [
            observation("services", time, len(found), "services"),
            observation("agents", time, agents, "agents"),
            observation("mechs", time, int(node.call(Call(marketplace, "numMechs()"))), "mechs"),
            observation("requests", time, int(node.call(Call(marketplace, "numTotalRequests()"))), "requests"),
            observation("fee", time, int(node.call(Call(marketplace, "fee()"))), "1e-4"),
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def _services(node: EvmNode, registry: str) -> list[Service]:
    numbers = range(1, int(node.call(Call(registry, "totalSupply()"))) + 1)
    asked = [Call(registry, "getService(uint256)", (number,), (SERVICE,)) for number in numbers]
    return [_service(registry, number, one) for number, one in zip(numbers, node.calls(asked), strict=True)]


def _service(registry: str, number: int, said: tuple[Any, ...]) -> Service:
    if not said or said[0][6] >= len(STATES):
        raise SourceChanged(f"{registry} says of service {number} of those that it has: {said}")
    _, multisig, _, _, _, agents, state, _ = said[0]
    return Service(number, multisig, agents, state)


def _owners(node: EvmNode, registry: str, deployed: Sequence[Service]) -> list[str]:
    """Whose each service is: whom the staking program names that has it, if one has, else who has the token."""
    tokens = [Call(registry, "ownerOf(uint256)", (one.number,), ("address",)) for one in deployed]
    node.calls(tokens)
    holders = [str(node.call(token)) for token in tokens]
    staked = [
        Call(holder, "getServiceInfo(uint256)", (one.number,), (STAKED,))
        for holder, one in zip(holders, deployed, strict=True)
    ]
    return [
        said[0][1] if said and said[0][0] == one.multisig and said[0][1] != NOBODY else holder
        for holder, one, said in zip(holders, deployed, node.calls(staked), strict=True)
    ]


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
services:
  owners | <address> | | whose services are deployed
registry:
  services | | services | services ever registered
  services_<state> | | services | services in this state
  agents | | agents | agents of services that are deployed
  mechs | | mechs | mechs of the marketplace
  requests | | requests | requests to mechs ever made
  fee | | 1e-4 | part of what mechs earn that the marketplace keeps
"""
