"""A network that is a token of an EVM chain (ERC-20): its supply, its holders, and who can change it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ingest.allowance import REPLAY
from ingest.evm import keys
from ingest.evm.calls import Call
from ingest.evm.holders import token_holders
from ingest.evm.node import EvmNode
from ingest.network import DAILY, HOURLY, InParts, Network, Reading, counted
from store.rows import Facts, Kind, Measure, frame, observation
from store.spelling import ADDRESS

# The contract whose holders are read, by its name among a network's contracts.
TOKEN: Final = "token"
# Powers are of a contract by its name, or of a multisig, timelock or proxy admin by its address.
POWERS: Final = ("<word>/<word>", f"{ADDRESS}/<word>")
# What readers are told of a token: keys are compared contract by contract, so none of their populations stands for all.
SCORECARD: Final[Mapping[Measure, str]] = {Measure.TOKEN: "holders/holders", Measure.CONTROL: ""}

Read = Callable[[EvmNode], Facts]
NOTHING: Final[Mapping[str, str]] = {}


def erc20(
    network: Network[EvmNode],
    contracts: Mapping[str, str],
    *,
    locked: Mapping[str, str] = NOTHING,
    more: tuple[Reading[EvmNode], ...] = (),
    methods: Mapping[str, str] = NOTHING,
) -> Network[EvmNode]:
    """The network of an ERC-20: supply, holders and keys are read, and what power those keys are is told.

    contracts: addresses by name; `token` is the token, the others can change or release it. locked: what holds tokens
    that do not circulate, by the name of the observation. more: readings of its own. methods: in whose words readers
    are told how `supply`, `control` and `control_state` were read, where the usual ones do not do.
    """
    reads: dict[str, Read] = {
        "supply": supply(contracts[TOKEN], locked, network.unit),
        "control": control(contracts),
        "control_state": control_state(contracts),
    }
    for name, method in methods.items():
        reads[name].__doc__ = method
    return replace(
        network,
        readings=_readings(network, contracts[TOKEN], reads, more),
        ways=(*keys.ways(contracts), *network.ways),
        units={**counted("key"), **network.units},
        parties={**keys.PARTIES, **network.parties},
        scorecard={**SCORECARD, **network.scorecard},
    )


def _readings(
    network: Network[EvmNode], token: str, reads: Mapping[str, Read], more: tuple[Reading[EvmNode], ...]
) -> tuple[Reading[EvmNode], ...]:
    """What takes long comes last."""
    told, held, power = Kind.OBSERVATIONS, Kind.HOLDINGS, Measure.CONTROL
    holders = InParts(token_holders(token))
    return (
        Reading("supply", told, Measure.TOKEN, "", HOURLY, reads["supply"], headline=True),
        *more,
        Reading("control", held, power, "key", DAILY, reads["control"], headline=True, names=POWERS),
        Reading("control_state", told, power, "", DAILY, reads["control_state"], newest_only=True),
        Reading("holders", held, Measure.TOKEN, network.unit, DAILY, holders, partial=True, limits=REPLAY),
    )


def supply(token: str, locked: Mapping[str, str], unit: str) -> Read:
    """The reading of a token's supply."""

    def read(node: EvmNode) -> Facts:
        """Total supply of the token, and the parts of it that contracts hold.

        Read from the token contract (totalSupply, balanceOf) at one final block.
        """
        time, places = node.block.time, locked.values()
        asked = [Call(token, "totalSupply()"), *(Call(token, "balanceOf(address)", (place,)) for place in places)]
        total, *parts = whole_numbers(node, asked)
        rows = [observation("total_supply", time, total, unit)]
        rows += [
            observation(name, time, amount, unit, subject=place)
            for (name, place), amount in zip(locked.items(), parts, strict=True)
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def control(contracts: Mapping[str, str]) -> Read:
    """The reading of who can change a token's contracts."""

    def read(node: EvmNode) -> Facts:
        """Keys that can mint, burn, pause or change the token; one holder per key and power, each counts one.

        From the roles (getRoleMember), owner and proxy slots (EIP-1967) of its contracts, and of the multisigs and
        timelocks that hold keys of them: there `signers` are the owners of a Safe, of whom its threshold must sign.
        Keys, not people: one person may hold several.
        """
        return keys.keys(node, contracts)

    return read


def control_state(contracts: Mapping[str, str]) -> Read:
    """The reading of what stands behind those keys."""

    def read(node: EvmNode) -> Facts:
        """What stands behind the keys of the token: keys or contracts, thresholds of multisigs, delays, pauses.

        Subject is the address. A contract with roles that it does not list is marked so: its members are then unknown,
        not absent.
        """
        return keys.states(node, contracts)

    return read


def whole_numbers(node: EvmNode, calls: Sequence[Call]) -> list[int]:
    """Whole numbers that must be there; raises SourceChanged for a function that is gone."""
    # Asked together, answered below from memory: one request for all.
    node.calls(calls)
    return [int(node.call(call)) for call in calls]


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
supply:
  total_supply | | <unit> | all tokens on this chain
  <contract>_locked | <address> | <unit> | what a contract holds of it
  burned | <address> | <unit> | what lies where nobody has a key
control:
  <contract>/<power> | <address> | | who has this power over a contract of the network, one each
  <address>/<power> | <address> | | who has this power over a multisig, timelock or proxy admin, one each
control_state:
  account | <address> | | key or contract
  threshold | <address> | signatures | how many signers of a multisig must sign
  version | <address> | | version of a contract
  paused | <address> | | true or false
  delay | <address> | s | how long a timelock waits
  proxy_admin | <address> | address | who can replace a proxy's code
  implementation | <address> | address | a proxy's code
  roles | <address> | | a contract with roles that does not list who has them
"""
