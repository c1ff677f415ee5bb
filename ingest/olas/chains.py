"""Olas on chains beside Ethereum: services, mechs, and keys; what rules there obeys the timelock on Ethereum.

valory-xyz/autonolas-governance at 9527ff6b, contracts/bridges: HomeMediator.sol (foreignGovernor) and
OptimismMessenger.sol (sourceGovernor) carry out what that one address of Ethereum sends over the chain's own bridge,
and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ingest.allowance import REPLAY
from ingest.evm import powers
from ingest.evm.calls import Call
from ingest.evm.node import EvmNode
from ingest.evm.powers import RULES, SEIZE, Actions
from ingest.evm.token import POWERS, Read, control, control_state
from ingest.network import DAILY, InParts, Network, Reading, Since, counted
from ingest.olas.mechs import Tracker, mechs
from ingest.olas.services import registry, services
from store.columns import Column
from store.faults import SourceChanged
from store.rows import Facts, Kind, Measure, frame, observation

# Whoever manages a registry may end anybody's service (autonolas-registries at 1c5606f3, ServiceRegistryL2.sol,
# terminate); whoever owns the registry names the manager, and whoever owns the manager replaces it.
EVICTS: Final[Mapping[str, Mapping[str, Actions]]] = {
    "registry": {"owner": (RULES, SEIZE), "manager": (RULES, SEIZE)},
    "service_manager": {"owner": (RULES, SEIZE)},
}


@dataclass(frozen=True, slots=True)
class Mediator:
    """A contract that carries out what one contract of another chain sends; asks: the function that names that one.

    of, timelock: the network of that other chain, and the contract there.
    """

    address: str
    asks: str
    of: str
    timelock: str


def mediator(one: Mediator) -> Read:
    """The reading of whom a mediator obeys."""

    def read(node: EvmNode) -> Facts:
        """Whom the contract obeys that owns most others on this chain: one contract of another chain, over the bridge.

        Read from that contract at one final block. Who rules the bridge itself is not read.
        """
        said = node.call(Call(one.address, one.asks, returns=("address",)))
        if said != one.timelock:
            raise SourceChanged(f"{one.asks} of {one.address} is {said}, not {one.timelock}")
        row = observation("ruled_by", node.block.time, f"{one.of} {said}", "", subject=one.address)
        return Facts(frame(Kind.OBSERVATIONS, [row]))

    return read


def on_a_chain(
    network: Network[EvmNode], contracts: Mapping[str, str], rules: Mediator, trackers: Mapping[str, Tracker]
) -> Network[EvmNode]:
    """The network of Olas on another chain.

    contracts: addresses by name, `registry` and `marketplace` among them. trackers: by what they are paid in, as its
    reading is called; the unit is that of the network which ends so.
    """
    told, held, place = Kind.OBSERVATIONS, Kind.HOLDINGS, contracts["registry"]
    who, what = control(contracts, 0), control_state(contracts)
    market = contracts["marketplace"]
    spent = tuple(
        Reading(
            f"mechs_{unit}",
            held,
            Measure.COMPUTE_SPEND,
            unit,
            DAILY,
            InParts(mechs(market, one)),
            limits=REPLAY,
        )
        for unit, one in trackers.items()
    )
    readings: tuple[Reading[EvmNode], ...] = (
        Reading("services", held, Measure.COMPUTE_SUPPLY, "service", DAILY, services(place)),
        Reading("registry", told, Measure.COMPUTE_SUPPLY, "", DAILY, registry(place, market)),
        Reading("mediator", told, Measure.CONTROL, "", DAILY, mediator(rules)),
        *spent,
        Reading(
            "control", held, Measure.CONTROL, "key", DAILY, InParts(who), headline=True, names=POWERS, limits=REPLAY
        ),
        Reading("control_state", told, Measure.CONTROL, "", DAILY, Since("control", what), newest_only=True),
    )
    first, *_ = trackers
    return replace(
        network,
        readings=readings,
        ways=(*powers.ways(contracts, EVICTS), *network.ways),
        units={**counted("key", "service"), **network.units},
        parties={**powers.PARTIES, "recipients": "mechs", "senders": "requesters", **network.parties},
        scorecard={
            Column.COMPUTE_SUPPLY: "",
            Column.COMPUTE_SPEND: f"mechs_{first}/recipients",
            Column.CONTROL: "",
        },
    )


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
mediator:
  ruled_by | <address> | | the network and the contract that a contract of this chain obeys
"""
