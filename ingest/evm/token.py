"""A network that is a token of an EVM chain (ERC-20): its supply, its holders, and who can change it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ingest.allowance import REPLAY
from ingest.evm import keys, powers
from ingest.evm.calls import Call
from ingest.evm.holders import token_holders
from ingest.evm.node import EvmNode
from ingest.network import DAILY, HOURLY, Earlier, InParts, Memo, Network, Reading, Since, counted
from store.columns import Column
from store.rows import Facts, Kind, Measure, frame, observation
from store.spelling import ADDRESS

# The contract whose holders are read, by its name among a network's contracts.
TOKEN: Final = "token"
# Powers are of a contract by its name, or of a multisig, timelock or proxy admin by its address.
POWERS: Final = ("<word>/<word>", f"{ADDRESS}/<word>")
# What readers are told of a token: keys are compared contract by contract, so none of their populations stands for all.
SCORECARD: Final[Mapping[Column, str]] = {Column.TOKEN: "holders/holders", Column.CONTROL: ""}

Read = Callable[[EvmNode], Facts]
ReadInParts = Callable[[EvmNode, Memo], Facts]
ReadSince = Callable[[EvmNode, Earlier], Facts]
NOTHING: Final[Mapping[str, str]] = {}


def erc20(  # noqa: PLR0913  each is what a token may have of its own
    network: Network[EvmNode],
    contracts: Mapping[str, str],
    *,
    locked: Mapping[str, str] = NOTHING,
    more: tuple[Reading[EvmNode], ...] = (),
    methods: Mapping[str, str] = NOTHING,
    special: Mapping[str, Mapping[str, powers.Actions]] = powers.NOTHING,
    since: int | None = None,
    own_pauses: Collection[str] = (),
) -> Network[EvmNode]:
    """The network of an ERC-20: supply, holders and keys are read, and what power those keys are is told.

    contracts: addresses by name; `token` is the token, the others can change or release it. locked: what holds tokens
    that do not circulate, by the name of the observation. more: readings of its own, also in the place of the usual
    ones of these names. methods: in whose words readers are told how `supply`, `control` and `control_state` were read,
    where the usual ones do not do. special: what powers over a contract can do, by its name, where that is not what
    they usually can. since: the first block whose logs are read, where that is not the first that public nodes of the
    chain still have. own_pauses: names of contracts whose paused() is not Pausable's.
    """
    counts = supply(contracts[TOKEN], locked, network.unit)
    who, what = control(contracts, since), control_state(contracts, own_pauses)
    for name, read in (("supply", counts), ("control", who), ("control_state", what)):
        read.__doc__ = methods.get(name, read.__doc__)
    told, held, power = Kind.OBSERVATIONS, Kind.HOLDINGS, Measure.CONTROL
    holders = InParts(token_holders(contracts[TOKEN], since=since))
    own = {reading.name for reading in more}
    first: Reading[EvmNode] = Reading("supply", told, Measure.TOKEN, "", HOURLY, counts, headline=True)
    # What takes long comes last.
    last: tuple[Reading[EvmNode], ...] = (
        Reading("control", held, power, "key", DAILY, InParts(who), headline=True, names=POWERS, limits=REPLAY),
        Reading("control_state", told, power, "", DAILY, Since("control", what), newest_only=True),
        Reading("holders", held, Measure.TOKEN, network.unit, DAILY, holders, partial=True, limits=REPLAY),
    )
    return replace(
        network,
        readings=(first, *more, *(one for one in last if one.name not in own)),
        ways=(*powers.ways(contracts, special), *network.ways),
        units={**counted("key"), **network.units},
        parties={**powers.PARTIES, **network.parties},
        scorecard={**SCORECARD, **network.scorecard},
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


def control(contracts: Mapping[str, str], since: int | None, beside: keys.Beside = keys.nothing) -> ReadInParts:
    """The reading of who can change a token's contracts; beside: powers that the usual questions do not tell."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Keys that can mint, burn, pause or change the token; one holder per key and power, each counts one.

        From the roles (getRoleMember), owners and proxy slots (EIP-1967) of its contracts, and of the multisigs and
        timelocks that hold keys of them: there `signers` are the owners of a Safe, of whom its threshold must sign, and
        a `module` acts without them. Where a contract does not list who has its roles, the events of granting and
        revoking are read, and each is asked for (hasRole). Who holds a contract's `unknown` keys nobody could tell yet.
        Keys, not people: one person may hold several.
        """
        return keys.keys(node, memo, contracts, since, beside)

    return read


def control_state(contracts: Mapping[str, str], own_pauses: Collection[str] = ()) -> ReadSince:
    """The reading of what stands behind those keys."""

    def read(node: EvmNode, earlier: Earlier) -> Facts:
        """What stands behind the keys of the token: keys or contracts, thresholds of multisigs, delays, pauses.

        Subject is the address. A key that borrows the code of a contract (EIP-7702) is a key still. What a contract
        says of itself proves nothing: that it is a Safe is `proved` by its code and all that it stores.
        """
        return keys.states(node, contracts, earlier, own_pauses)

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
  contract | <address> | | the name of a contract of the network
  delegated | <address> | address | the contract whose code a key borrows
  threshold | <address> | signatures | how many signers of a multisig must sign
  guard | <address> | address | a contract that may refuse what the signers of a multisig want
  proved | <address> | | the Safe that a multisig is by its code and storage; missing where it is not proved
  version | <address> | | version of a contract, by its own word
  paused | <address> | | true or false
  delay | <address> | s | how long a timelock waits
  executor | <address> | | anyone, where a timelock lets everybody carry out what has waited
  proxy_admin | <address> | address | who can replace a proxy's code
  implementation | <address> | address | a proxy's code
  beacon | <address> | address | the contract that tells a proxy its code
"""
