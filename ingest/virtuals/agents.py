"""Agents that are registered, who founded them and who owns them.

Virtual-Protocol/protocol-contracts at ba4aef6f, contracts/virtualPersona/AgentNftV2.sol.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.events import address
from ingest.evm.logs import NOBODY
from ingest.evm.node import EvmNode
from ingest.virtuals.market import summed
from store.faults import SourceChanged
from store.rows import SINK, Facts, Kind, frame, holdings, observation

# IAgentNft.sol line 7: virtualInfos(id) -> DAO, token, founder, account.
AN_AGENT: Final = ("address",) * 4
NOBODY_ELSE: Final = f"{SINK}nobody"

Read = Callable[[EvmNode], Facts]


def agents(place: str) -> Read:
    """The reading of who founded agents, and who owns them."""

    def read(node: EvmNode) -> Facts:
        """Agents in the registry (AgentNftV2), by who founded them and by who owns their token; each counts one.

        Registered, not proved to run, and no supply of compute. From the contract (virtualInfos, ownerOf) for each
        number that it gave. Most are owned by a vault of the protocol, which so has the account of each. Agents that
        are still on a bonding curve have no number yet. Founders that the registry does not name are nobody.
        """
        every = [(number,) for number in range(1, _agents(node, place) + 1)]
        said = node.calls([Call(place, "virtualInfos(uint256)", one, AN_AGENT) for one in every])
        if not all(said):
            raise SourceChanged(f"{place} does not know agent {1 + said.index(())} of {len(every)}")
        owned = numbers(node, place, "ownerOf(uint256)", every)
        rows = [("founders", *one) for one in _each(founder for _, _, founder, _ in said)]
        rows += [("owners", *one) for one in _each(address(who) for who in owned)]
        return Facts(holdings(rows), reported=dict.fromkeys(("founders", "owners"), len(every)), empty=not every)

    return read


def _agents(node: EvmNode, place: str) -> int:
    return int(node.call(Call(place, "totalSupply()")))


def _each(names: Iterable[str]) -> list[tuple[str, int]]:
    """How often each is named; nobody is a sink."""
    return summed((NOBODY_ELSE if name == NOBODY else name, 1) for name in names)


def registry(place: str) -> Read:
    """The reading of how many agents there are."""

    def read(node: EvmNode) -> Facts:
        """How many agents are registered, and how many of them whoever has the registry's ADMIN_ROLE struck off."""
        every = [(number,) for number in range(1, _agents(node, place) + 1)]
        struck = sum(numbers(node, place, "isBlacklisted(uint256)", every))
        counts = {"agents": len(every), "blacklisted": struck}
        rows = [observation(name, node.block.time, count, "agents") for name, count in counts.items()]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
agents:
  founders | <address> or sink:nobody | | who founded agents, by the registry
  owners | <address> or sink:nobody | | who owns the tokens of agents, and so the account of each
registry:
  agents | | agents | agents that are registered
  blacklisted | | agents | agents that were struck off
"""
