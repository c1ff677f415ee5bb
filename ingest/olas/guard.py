"""What the guard of Olas' community multisig lets it schedule, and whether the multisig may lift the guard itself.

The guard has no list of what it permits, but every change of it is an event with the hash of all that was changed: a
list that was read elsewhere and has this hash is all there is. valory-xyz/autonolas-governance at 9527ff6b,
contracts/multisigs: GuardCM.sol, checkTransaction (of what the multisig has the timelock do only `schedule` and
`scheduleBatch` are looked at), setTargetSelectorChainIds (how a permission is kept), pause (the multisig lifts the
guard where voters let the proposal to check on them fail); VerifyData.sol.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from eth_utils.crypto import keccak

from analytics.power.paths import Action
from ingest.evm import safes
from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.events import MANY_WORDS, History, Shapes, history, signature
from ingest.evm.governance import Read
from ingest.evm.governor import ANSWERS_A_RUN, Governor
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import SourceChanged
from store.rows import Facts, Kind, frame, observation

SET: Final = signature("SetTargetSelectors(address[],bytes4[],uint256[],bool[])")
MOVED: Final = signature("GovernorUpdated(address)")
SHAPES: Final[Shapes] = {SET: (2, MANY_WORDS), MOVED: (1, 0)}
# What a guard answers that looks at what is scheduled, and the state of a proposal that voters let fail.
IN_FORCE, DEFEATED = 1, 3
# What comes of a function that the multisig may schedule; of any other here none of the five actions.
ACTIONS: Final[Mapping[str, Action]] = {"pause()": Action.HALT}
ANYTHING: Final = "anything"


class Permission(NamedTuple):
    """A function of a contract of some chain that the multisig may have the timelock call."""

    target: str
    function: str
    chain: int

    @property
    def selector(self) -> bytes:
        """The first four bytes of such a call."""
        return keccak(text=self.function)[:4]

    @property
    def key(self) -> int:
        """The word under which the guard keeps it."""
        return int(self.target, 16) | int.from_bytes(self.selector) << 160 | self.chain << 192

    @property
    def name(self) -> str:
        """How readers are told of it."""
        return f"{self.target}/{self.function.partition('(')[0]}@{self.chain}"


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard, the multisig and the timelock that it stands between, and the governor that it asks.

    permitted: what its owners let it permit, in the order in which they did so, as their own list says.
    """

    address: str
    multisig: str
    timelock: str
    governor: Governor
    permitted: tuple[Permission, ...]


def guard(of: Guard) -> Read:
    """The reading of a guard."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """What the community's multisig may have the timelock do, and whether it can lift that limit itself.

        From the guard contract: it lets through what it permits, and is lifted by the timelock at any time, and by the
        multisig where the proposal to check on the voters was defeated. Its list is whole where the hash of every
        change (SetTargetSelectors) is that of the list which its owners published; `permits` is told only then.
        """
        # Asked together, answered below from memory: one request for all.
        names = [Call(of.address, name, returns=("address",)) for name in ("multisig()", "owner()", "governor()")]
        own = [Call(of.address, name) for name in ("paused()", "governorCheckProposalId()")]
        node.calls([*names, *own, Call(of.multisig, "getThreshold()")])
        _refuse_another(node, of)
        return Facts(frame(Kind.OBSERVATIONS, list(_told(node, memo, of))))

    return read


def _refuse_another(node: EvmNode, of: Guard) -> None:
    for function, expected in (("multisig()", of.multisig), ("owner()", of.timelock)):
        said = node.call(Call(of.address, function, returns=("address",)))
        if said != expected:
            raise SourceChanged(f"{function} of the guard {of.address} is {said}, not {expected}")


def _told(node: EvmNode, memo: Memo, of: Guard) -> Iterator[dict[str, object]]:
    def row(name: str, exact: str | int, unit: str = "", subject: str = of.address) -> dict[str, object]:
        return observation(name, node.block.time, exact, unit, subject=subject)

    in_force = _in_force(node, of)
    state = _check_state(node, of)
    yield row("in_force", _word(in_force))
    yield row("may_be_lifted", _word(state == DEFEATED))
    yield row("multisig_threshold", node.call(Call(of.multisig, "getThreshold()")), "signatures", "")
    allowed = _allowed(node, of)
    for one, is_allowed in allowed.items():
        yield row("may_schedule", _word(is_allowed), subject=one.name)
    told = history(node, memo, of.address, SHAPES, of.governor.since, AnswersLeft(ANSWERS_A_RUN))
    yield row("unread_blocks", told.unread, "blocks")
    if not in_force or state == DEFEATED:
        yield row("permits", ANYTHING)
    elif _is_whole(node, of, told):
        does = (ACTIONS.get(one.function) for one, is_allowed in allowed.items() if is_allowed)
        yield row("permits", ", ".join(dict.fromkeys(filter(None, does))) or "nothing")


def _in_force(node: EvmNode, of: Guard) -> bool:
    """Whether the multisig asks this guard, and it is not paused."""
    stands = safes.addressed(node.slot(of.multisig, safes.GUARD_SLOT)) == of.address
    return stands and int(node.call(Call(of.address, "paused()"))) == IN_FORCE


def _check_state(node: EvmNode, of: Guard) -> int | None:
    """State of the proposal by which the multisig may show that nobody votes; None where nobody made it."""
    asked = node.call(Call(of.address, "governor()", returns=("address",)))
    number = int(node.call(Call(of.address, "governorCheckProposalId()")))
    (state,) = node.calls([Call(asked, "state(uint256)", (number,))])
    return int(state[0]) if state else None


def _allowed(node: EvmNode, of: Guard) -> dict[Permission, bool]:
    keys = [(one.key,) for one in of.permitted]
    said = numbers(node, of.address, "mapAllowedTargetSelectorChainIds(uint256)", keys)
    return {one: bool(word) for one, word in zip(of.permitted, said, strict=True)}


def _is_whole(node: EvmNode, of: Guard, told: History) -> bool:
    """Whether nothing else was ever permitted: every change is the known list, and no change came before.

    A guard that names a governor which it was not given later is no older than that governor.
    """
    moved = any(event.kind == MOVED for event in told.events)
    asks = node.call(Call(of.address, "governor()", returns=("address",)))
    known = _hashes(of.permitted)
    changes = all(event.topics == known for event in told.events if event.kind == SET)
    return changes and not told.unread and not moved and asks == of.governor.address


def _hashes(permitted: Sequence[Permission]) -> tuple[int, int]:
    """What an event says of arrays: the hash of their words one after the other."""
    targets = b"".join(int(one.target, 16).to_bytes(32) for one in permitted)
    selectors = b"".join(one.selector.ljust(32, b"\0") for one in permitted)
    return int.from_bytes(keccak(targets)), int.from_bytes(keccak(selectors))


def _word(so: bool) -> str:
    return "true" if so else "false"


# What the reading tells, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
guard:
  in_force | <address> | | true where the multisig asks this guard and it is not paused
  may_be_lifted | <address> | | true where the multisig may lift it alone, since the proposal to check on voters failed
  may_schedule | <address>/<word>@<number> | | whether it permits a function of a contract on a chain
  permits | <address> | | what the multisig can do through the timelock: actions, nothing, anything; missing where the list is not proved to be whole
  multisig_threshold | | signatures | how many signers of the multisig must sign
  unread_blocks | <address> | blocks | blocks with changes of its list that were not read yet
"""  # noqa: E501 - a row each
