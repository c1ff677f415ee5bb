"""The readings of networks that governor contracts decide for: proposals, votes, the rule with its history, voters."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import polars as pl

from ingest.allowance import REPLAY
from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.events import Keeping, address, history, naming, signature
from ingest.evm.governor import (
    ANSWERS_A_RUN,
    BLOCKS,
    CHANGES,
    SECONDS,
    Assembly,
    Governor,
    assemblies,
    mistaken,
    moments,
    proposal_row,
    weights,
)
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import DAILY, HOURLY, InParts, Memo, Reading
from store.faults import SourceChanged, SourceDown
from store.parts import Lasting
from store.rows import Facts, Kind, Measure, frame, holdings, observation

# Votes on what ended before are all told once a week, by `past_votes`.
LATELY: Final = timedelta(days=7)
# What a governor is asked about its rule, by the name of the observation; of what is not there nothing is told.
SETTINGS: Final[Mapping[str, str]] = {
    "voting_delay": "votingDelay()",
    "voting_period": "votingPeriod()",
    "proposal_threshold": "proposalThreshold()",
    "quorum_numerator": "quorumNumerator()",
    "quorum_denominator": "quorumDenominator()",
    "quota": "quota()",
    # Where a key types in of how much the quorum is a part.
    "quorum_base": "latestTotalSupply()",
    # Of a contract that keeps a list: those that are not read yet are missing among the proposals.
    "proposals": "proposalCount()",
}
# How long what was voted waits: with the timelock, and by a governor that lets it wait longer (Olas' governorDelay).
WAITS: Final[Mapping[str, str]] = {"timelock_delay": "getMinDelay()", "governor_delay": "governorDelay()"}
DELEGATED: Final = signature("DelegateVotesChanged(address,uint256,uint256)")
# Who locked, or was delegated to, is the first topic.
NAMING: Final = Keeping(judge=naming(0))

Read = Callable[[EvmNode, Memo], Facts]


def readings(governors: Sequence[Governor], unit: str) -> tuple[Reading[EvmNode], ...]:
    """Proposals, votes and rules of governors; unit: of the power that they count."""
    return (
        Reading("proposals", Kind.PROPOSALS, None, unit, HOURLY, InParts(proposals(governors)), limits=REPLAY),
        Reading("votes", Kind.VOTES, None, unit, HOURLY, InParts(votes(governors)), limits=REPLAY),
        Reading("past_votes", Kind.VOTES, None, unit, 7 * DAILY, InParts(past_votes(governors)), limits=REPLAY),
        Reading("rules", Kind.OBSERVATIONS, Measure.CONTROL, "", DAILY, InParts(rules(governors, unit)), limits=REPLAY),
    )


def proposals(governors: Sequence[Governor]) -> Read:
    """The reading of proposals."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Every proposal that a governor contract was given, with its count, its quorum and its state at one block.

        From its events (ProposalCreated), and its own word on each (state, proposalVotes or proposals, quorum); all
        power is that of which the quorum is a part. When a vote in the future ends is by the pace of the chain where
        the contract counts blocks. What makes the quorum is told where nothing that the contract says contradicts it.
        """
        assemblies = _assemblies(node, memo, governors)
        names = _names(assemblies)
        rows = [row for one in assemblies for row in _proposals(node, memo, one, names)]
        return Facts(frame(Kind.PROPOSALS, rows), empty=not rows)

    return read


def _assemblies(node: EvmNode, memo: Memo, governors: Sequence[Governor]) -> list[Assembly]:
    for governor in governors:
        if why := mistaken(node, governor):
            raise SourceChanged(f"{governor.address} is not proved: it {why}")
    return assemblies(node, memo, governors, _a_run(node))


def _a_run(node: EvmNode) -> AnswersLeft:
    return AnswersLeft.a_run(ANSWERS_A_RUN, node.chain.day)


def _names(assemblies: Sequence[Assembly]) -> dict[tuple[str, int], str]:
    """What proposals are called, by governor and number: their number.

    It is the hash of actions and words, which anybody may propose at a second governor of the network too: the later
    one is called by that governor's address as well.
    """
    made = [(one.block, told.governor.address, one.number) for told in assemblies for one in told.created.values()]
    first: dict[int, str] = {}
    for _, governor, number in sorted(made):
        first.setdefault(number, governor)
    return {
        (governor, number): str(number) if first[number] == governor else f"{number}@{governor}"
        for _, governor, number in made
    }


def _proposals(
    node: EvmNode, memo: Memo, told: Assembly, names: Mapping[tuple[str, int], str]
) -> Iterator[dict[str, Any]]:
    counts = None if told.doubt else ",".join(told.governor.dialect.counts)
    for number, one in told.created.items():
        name, times = names[told.governor.address, number], moments(node, memo, told, one)
        yield proposal_row(name, one, told.standing[number], times, counts)


def votes(governors: Sequence[Governor]) -> Read:
    """The reading of votes on what is open or has ended of late."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Who voted what with how much, on proposals that are open or ended within seven days.

        From the events of voting (VoteCast, VoteCastWithParams) with the power that the contract counted. Told where
        they add up to the contract's own count, to the last unit.
        """
        return _votes(node, memo, governors, late=True)

    return read


def past_votes(governors: Sequence[Governor]) -> Read:
    """The reading of votes on what ended before."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Who voted what with how much, on proposals that ended more than seven days ago.

        From the events of voting (VoteCast, VoteCastWithParams) with the power that the contract counted, newest first,
        over several runs. Told where they add up to the contract's own count, to the last unit.
        """
        return _votes(node, memo, governors, late=False)

    return read


def _votes(node: EvmNode, memo: Memo, governors: Sequence[Governor], *, late: bool) -> Facts:
    assemblies = _assemblies(node, memo, governors)
    names = _names(assemblies)
    rows = [
        row
        for told in assemblies
        for number in told.created
        if _is_late(told, number) == late and told.told(number)
        for row in _cast(told, number, names[told.governor.address, number])
    ]
    return Facts(frame(Kind.VOTES, rows), empty=not rows)


def _is_late(told: Assembly, number: int) -> bool:
    return told.clock.ago(told.standing[number].end) <= LATELY.total_seconds()


def _cast(told: Assembly, number: int, name: str) -> Iterator[dict[str, Any]]:
    for voter, parts in told.votes.get(number, {}).items():
        for option, weight, power in weights(parts):
            yield {
                "proposal": name,
                "voter": voter,
                "option": option,
                "weight": weight,
                "height": told.heights[number][voter],
                "power": power,
                "overrides": told.overrides.get(number, {}).get(voter),
            }


def rules(governors: Sequence[Governor], unit: str) -> Read:
    """The reading of the rule by which governors decide, and of how it was changed."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """How a governor contract decides: delay, period, threshold and quorum, now and as they were changed.

        Subject is the contract. From its functions, and from its events of changes at the time of their blocks.
        `quorum_counts` are the options that make the quorum, by its source; `rule` says whether anything that the
        contract says contradicts that. `to_effect` is the shortest time from a proposal to its effect, by the pace of
        the chain where the contract counts blocks. `unread_blocks` are left for later runs, the oldest last.
        """
        proved = [one for one in governors if not mistaken(node, one)]
        told = assemblies(node, memo, proved, _a_run(node))
        # Asked together, answered below from memory: one request for all.
        node.calls([call for one in proved for call in (*_settings(one), _timelock(one))])
        rows = [
            observation("rule", node.block.time, f"not proved: {mistaken(node, one)}", "", subject=one.address)
            for one in governors
            if one not in proved
        ]
        rows += [row for one in told for row in _rule(node, memo, one, unit)]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def _rule(node: EvmNode, memo: Memo, told: Assembly, unit: str) -> Iterator[dict[str, object]]:
    governor, now, subject = told.governor, node.block.time, told.governor.address
    yield from changes(node, memo, told, unit)
    yield observation("quorum_counts", now, ",".join(governor.dialect.counts), "", subject=subject)
    yield observation("rule", now, f"not proved: {told.doubt}" if told.doubt else "proved", "", subject=subject)
    waits = _waits(node, governor)
    for name, delay in waits.items():
        yield observation(name, now, delay, "s", subject=subject)
    if (voting := _voting(node, governor)) is not None:
        yield observation("to_effect", now, voting + max(waits.values(), default=0), "s", subject=subject)


def changes(node: EvmNode, memo: Memo, told: Assembly, unit: str) -> Iterator[dict[str, object]]:
    """The numbers of a rule as they are and as they were, and of how many blocks the changes are not read yet."""
    now, subject = node.block.time, told.governor.address
    units = _units(told.clock.mode, unit)
    times = _times(node, memo, subject, [event.block for event in told.changes])
    # Of several changes in one block the last counts.
    changed = {(CHANGES[event.kind], times[event.block]): event.words[1] for event in told.changes}
    answers = node.calls(_settings(told.governor))
    said = {(name, now): one[0] for name, one in zip(SETTINGS, answers, strict=True) if one}
    for (name, time), value in {**changed, **said}.items():
        yield observation(name, time, int(value), units[name], subject=subject)
    yield observation("unread_blocks", now, told.unread, "blocks", subject=subject)


def _settings(governor: Governor) -> list[Call]:
    return [Call(governor.address, function) for function in SETTINGS.values()]


def _timelock(governor: Governor) -> Call:
    return Call(governor.address, "timelock()", returns=("address",))


def _units(clock: str, unit: str) -> Mapping[str, str]:
    time = {BLOCKS: "blocks", SECONDS: "s"}.get(clock, "rounds")
    return {
        "voting_delay": time,
        "voting_period": time,
        "proposal_threshold": unit,
        "quorum_numerator": "parts",
        "quorum_denominator": "parts",
        "quota": "parts",
        "quorum_base": unit,
        "proposals": "proposals",
    }


def _times(node: EvmNode, memo: Memo, contract: str, blocks: Sequence[int]) -> dict[int, datetime]:
    """Times of blocks with changes; those of a stretch of blocks that is over are asked once."""
    stretches: dict[int, list[int]] = defaultdict(list)
    for block in dict.fromkeys(blocks):
        stretches[block // node.chain.day].append(block)
    found: dict[int, datetime] = {}
    for number, within in stretches.items():
        make = partial(_asked, node, within)
        last = (number + 1) * node.chain.day - 1
        kept = memo(Lasting(f"final-times-{contract}-to-{last}"), make) if last <= node.block.height else make()
        found |= dict(zip(within, kept["time"].to_list(), strict=True))
    return found


def _asked(node: EvmNode, blocks: Sequence[int]) -> pl.DataFrame:
    found = [_time(node, block) for block in blocks]
    return pl.DataFrame({"time": found}, schema={"time": pl.Datetime("us", "UTC")})


def _time(node: EvmNode, block: int) -> datetime:
    return node.ask(lambda provider: provider.block(block)).time


def _waits(node: EvmNode, governor: Governor) -> dict[str, int]:
    """How long what was voted waits, in seconds, of those that tell it."""
    (timelock,) = node.calls([_timelock(governor)])
    whose = {"timelock_delay": timelock[0]} if timelock else {}
    asked = {name: Call(whose.get(name, governor.address), function) for name, function in WAITS.items()}
    told = node.calls(list(asked.values()))
    return {name: int(said[0]) for name, said in zip(asked, told, strict=True) if said}


def _voting(node: EvmNode, governor: Governor) -> int | None:
    """Seconds from a proposal to the end of its vote; None where the contract does not tell them."""
    told = node.calls([Call(governor.address, SETTINGS[name]) for name in ("voting_delay", "voting_period")])
    each = node.chain.seconds if governor.dialect.clock == BLOCKS else 1
    return round(sum(int(one[0]) for one in told) * each) if all(told) else None


def delegates(token: str, since: int) -> Read:
    """The reading of who has how much of the votes of an ERC20Votes token."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Votes of everybody to whom somebody delegated, or who did so himself (getVotes), at one final block.

        Known from the events of delegation (DelegateVotesChanged). What nobody delegated votes with nobody: it is part
        of the supply, of which the quorum is a part, and is shown as missing coverage.
        """
        told = history(node, memo, token, {DELEGATED: (1, 2)}, since, _a_run(node), NAMING)
        known = sorted({event.topics[0] for event in told.events})
        if not known:
            raise SourceDown(f"no event names a delegate of {token}")
        votes = numbers(node, token, "getVotes(address)", [(one,) for one in known])
        rows = [("voters", address(one), power) for one, power in zip(known, votes, strict=True) if power]
        return Facts(holdings(rows), reported={"voters": int(node.call(Call(token, "totalSupply()")))}, empty=not rows)

    return read


@dataclass(frozen=True, slots=True)
class Locks:
    """A contract where tokens are locked and vote with power that decays: where, since when, and how it is asked.

    deposited: the event of a lock, whose first topic is who locked, and its topics and words. locked, power: what one
    has; all_locked, all_power: of all. words: how many words `locked` returns, the amount first. votes: the contract
    that tells power, where it is another one.
    """

    address: str
    since: int
    deposited: str
    shape: tuple[int, int]
    locked: str = "balanceOf(address)"
    all_locked: str = "totalSupply()"
    power: str = "getVotes(address)"
    all_power: str = "totalSupplyLocked()"
    words: int = 1
    votes: str = ""


def lockers(locks: Locks) -> Read:
    """The reading of who has locked how much."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """What everybody has locked, by the contract's word at one final block; it adds up to all that it holds.

        Known from its events of locking. Locks that ran out stay until they are withdrawn: they count here and do not
        vote.
        """
        return _of_locks(node, memo, locks, "lockers", (locks.address, locks.locked, locks.all_locked), locks.words)

    return read


def voters(locks: Locks) -> Read:
    """The reading of who can vote with how much."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Power of everybody who has locked something, by the contract's word at one final block; it decays.

        Known from the events of locking. It adds up to the contract's own total.
        """
        return _of_locks(node, memo, locks, "voters", (locks.votes or locks.address, locks.power, locks.all_power))

    return read


def _of_locks(
    node: EvmNode, memo: Memo, locks: Locks, population: str, asked: tuple[str, str, str], words: int = 1
) -> Facts:
    """What a function says of everybody who ever locked; left for later runs while some are not known."""
    whose, function, total = asked
    shapes = {locks.deposited: locks.shape}
    told = history(node, memo, locks.address, shapes, locks.since, _a_run(node), NAMING)
    known = sorted({event.topics[0] for event in told.events})
    if not known:
        raise SourceDown(f"no event names who locked in {locks.address}")
    amounts = numbers(node, whose, function, [(one,) for one in known], words)
    rows = [(population, address(one), amount) for one, amount in zip(known, amounts, strict=True) if amount]
    return Facts(holdings(rows), reported={population: int(node.call(Call(whose, total)))}, empty=not rows)


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
rules:
  voting_delay | <address> | blocks or s or rounds | from a proposal to the begin of its vote
  voting_period | <address> | blocks or s or rounds | how long a vote takes
  proposal_threshold | <address> | <unit> | power that one needs to propose
  quorum_numerator | <address> | parts | of the quorum
  quorum_denominator | <address> | parts | of the quorum
  quota | <address> | parts | of a million of Yes and No, that must be Yes, where the contract has such a rule
  quorum_base | <address> | <unit> | of which the quorum is a part, where a key types it in
  proposals | <address> | proposals | how many were ever made, where the contract keeps a list
  quorum_counts | <address> | | options that make the quorum
  rule | <address> | | proved, or what contradicts the rule that was read in the source
  timelock_delay | <address> | s | how long the timelock waits with what was voted
  governor_delay | <address> | s | how long the governor itself lets the timelock wait
  to_effect | <address> | s | from a proposal to its effect, by the shortest way
  unread_blocks | <address> | blocks | blocks with changes of the rule that were not read yet
delegates:
  voters | <address> | | who can vote with how much
lockers:
  lockers | <address> | | who has locked how much
voters:
  voters | <address> | | who can vote with how much
"""
