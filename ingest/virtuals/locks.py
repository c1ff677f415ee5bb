"""Who has locked VIRTUAL and votes with it, for how long it can be locked, and of what it is a copy.

Virtual-Protocol/protocol-contracts at ba4aef6f, contracts/token/veVirtual.sol.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.events import address, history, signature
from ingest.evm.governance import NAMING
from ingest.evm.governor import ANSWERS_A_RUN
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import BadData, SourceChanged, SourceDown
from store.rows import Facts, Kind, frame, holdings, observation

STAKED: Final = signature("Stake(address,uint256,uint256,uint8)")

Read = Callable[[EvmNode], Facts]
ReadInParts = Callable[[EvmNode, Memo], Facts]


@dataclass(frozen=True, slots=True)
class Escrow:
    """Where a token is locked, and since which block."""

    address: str
    token: str
    since: int


def lockers(escrow: Escrow) -> ReadInParts:
    """The reading of who has locked how much."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """VIRTUAL that everybody has locked, by the escrow's word (stakedAmountOf) at one final block.

        Known from its events of locking (Stake), the newest first. Locks that ran out stay until they are withdrawn:
        they count here and do not vote. All that the escrow holds is the total: what is not known yet, or was sent
        there without a lock, is shown as missing coverage.
        """
        locked = _locked(node, memo, escrow)
        return Facts(
            _held("lockers", locked), reported={"lockers": _all_locked(node, escrow)}, empty=not any(locked.values())
        )

    return read


def voters(escrow: Escrow) -> ReadInParts:
    """The reading of who can vote with how much."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """What everybody who has locked VIRTUAL can vote with now, by the escrow's word (balanceOf) at one final block.

        A lock of the longest time votes with all of it, a shorter one with its part of that time; both fall to nothing
        at their end, but for a lock that renews itself: it never falls. The escrow tells no total: that of those who
        are known is all there is once they have all that is locked. Until then what others have locked, which votes
        with no more than that, is shown as missing coverage.
        """
        locked = _locked(node, memo, escrow)
        power = dict(zip(locked, _of_each(node, escrow.address, "balanceOf(address)", locked), strict=True))
        unknown = _all_locked(node, escrow) - sum(locked.values())
        if unknown < 0:
            raise BadData(f"{-unknown} more is locked in {escrow.address} than it holds")
        if more := [one for one, amount in locked.items() if power[one] > amount]:
            raise BadData(f"{escrow.address} gives {more[0]} {power[more[0]]} votes for {locked[more[0]]}")
        total = sum(power.values()) + unknown
        return Facts(_held("voters", power), reported={"voters": total}, empty=not any(power.values()))

    return read


def _locked(node: EvmNode, memo: Memo, escrow: Escrow) -> dict[str, int]:
    """What each who ever locked something has there, as far as the escrow's events are read by now."""
    token = node.call(Call(escrow.address, "baseToken()", returns=("address",)))
    if token != escrow.token:
        raise SourceChanged(f"{escrow.address} is not proved: it locks {token}, not {escrow.token}")
    answers = AnswersLeft.a_run(ANSWERS_A_RUN, node.chain.day)
    found = history(node, memo, escrow.address, {STAKED: (1, 3)}, escrow.since, answers, NAMING)
    known = sorted({address(event.topics[0]) for event in found.events})
    if not known:
        raise SourceDown(
            f"no event names who locked in {escrow.address}; {found.unread} blocks are left for later runs"
        )
    return dict(zip(known, _of_each(node, escrow.address, "stakedAmountOf(address)", known), strict=True))


def _of_each(node: EvmNode, contract: str, function: str, holders: Iterable[str]) -> list[int]:
    return numbers(node, contract, function, [(int(holder, 16),) for holder in holders])


def _all_locked(node: EvmNode, escrow: Escrow) -> int:
    return int(node.call(Call(escrow.token, "balanceOf(address)", (escrow.address,))))


def _held(population: str, amounts: Mapping[str, int]) -> Any:
    return holdings((population, holder, amount) for holder, amount in amounts.items() if amount)


def lock_terms(escrow: str) -> Read:
    """The reading of how long one can lock."""

    def read(node: EvmNode) -> Facts:
        """For how long VIRTUAL can be locked at most, and whether a key has freed all locks at once, by the escrow's
        word.

        Whoever has its ADMIN_ROLE sets both (setMaxWeeks, setAdminUnlocked); with the longest time all votes change.
        """
        time = node.block.time
        weeks = node.call(Call(escrow, "maxWeeks()"))
        free = node.call(Call(escrow, "adminUnlocked()", returns=("bool",)))
        rows = [
            observation("max_weeks", time, int(weeks), "weeks", subject=escrow),
            observation("admin_unlocked", time, str(free).lower(), "", subject=escrow),
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def copy(token: str, of: str) -> Read:
    """The reading of which token this is a copy of."""

    def read(node: EvmNode) -> Facts:
        """Of which token of Ethereum VIRTUAL on Base is a copy, and which bridge mints it, by the copy's own word.

        What is here the bridge holds there, of the token itself (copy_of).
        """
        asked = [Call(token, function, returns=("address",)) for function in ("remoteToken()", "bridge()")]
        rows = [
            observation(name, node.block.time, said[0], "address", subject=token)
            for name, said in zip(("copy_of", "bridge"), node.calls(asked), strict=True)
            if said
        ]
        if not rows or rows[0]["exact"] != of:
            raise SourceChanged(f"{token} is not proved to be a copy of {of}: it says {rows}")
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
lockers:
  lockers | <address> | | who has locked how much
voters:
  voters | <address> | | who can vote with how much
lock_terms:
  max_weeks | <address> | weeks | the longest time of a lock
  admin_unlocked | <address> | | true where a key has freed all locks at once
copy:
  copy_of | <address> | address | the token of Ethereum of which this is a copy
  bridge | <address> | address | the bridge that mints it
"""
