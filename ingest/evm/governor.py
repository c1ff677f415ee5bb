"""Governor contracts: what was proposed, how each proposal stands, who voted with how much, and by which rule.

Governors share the names of their functions and not their rule: which options make the quorum, of what, and when, is
told by a dialect, a fact of the network's file with its source. The contract is asked whether it is so: by its name of
the way it counts, and by its own word on every vote that is over. Where it says otherwise its rule is not proved, and
nobody is told what its votes decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import polars as pl
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from analytics.decimals import ONE
from analytics.votes.tally import Majority, outcome
from ingest.evm.bulk import numbers
from ingest.evm.calls import UNREADABLE, Call, decode
from ingest.evm.events import WORD, Event, History, Keeping, Shapes, address, at_least, histories, signature
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import BadData, SourceChanged
from store.parts import Lasting
from store.rows import LARGEST_AMOUNT

ANSWERS_A_RUN: Final = 150
CREATED: Final = signature(
    "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)"
)
CAST: Final = signature("VoteCast(address,uint256,uint8,uint256,string)")
CAST_WITH_PARAMS: Final = signature("VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)")
# How a rule was changed, by the name of the number: the event has the old and the new value.
CHANGES: Final[Mapping[str, str]] = {
    signature("VotingDelaySet(uint256,uint256)"): "voting_delay",
    signature("VotingPeriodSet(uint256,uint256)"): "voting_period",
    signature("ProposalThresholdSet(uint256,uint256)"): "proposal_threshold",
    signature("QuorumNumeratorUpdated(uint256,uint256)"): "quorum_numerator",
    signature("TotalSupplyUpdated(uint256,uint256)"): "quorum_base",
}
# Topics after the first, and the fewest words: texts and lists may be empty, how long they are is always told.
SHAPES: Final[Shapes] = {
    CREATED: (0, at_least(14)),
    CAST: (1, at_least(5)),
    CAST_WITH_PARAMS: (1, at_least(7)),
    **dict.fromkeys(CHANGES, (0, 2)),
}
# Texts as bytes: what a proposer writes need not be UTF-8.
CREATION: Final = (
    *("uint256", "address", "address[]", "uint256[]", "bytes[]", "bytes[]", "uint256", "uint256", "bytes"),
)
ACTIONS: Final = ("address[]", "uint256[]", "bytes[]", "bytes32")
LONGEST_TITLE: Final = 300
# By how much a chain may be faster than its pace says, over the days of a vote.
DAY_OFF: Final = timedelta(days=1)
# IGovernor.ProposalState, by number, in the words of all chains.
STATES: Final = ("pending", "voting_period", "cancelled", "rejected", "succeeded", "queued", "expired", "executed")
# What the contract works out anew from the count each time that it is asked.
COUNTED: Final[Mapping[str, bool]] = {"rejected": False, "succeeded": True, "queued": True}
# GovernorCountingSimple.VoteType, by number.
SUPPORT: Final = ("no", "yes", "abstain")
# GovernorCountingFractional.VOTE_TYPE_FRACTIONAL: against, for and abstain in sixteen bytes each stand in the params.
FRACTIONAL: Final = 255
PART: Final = 16
BLOCKS, SECONDS = "blocknumber", "timestamp"
SMALLEST: Final = Decimal(1).scaleb(-18)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a kind of governor counts, as its source says.

    mode: what COUNTING_MODE() answers. clock: what CLOCK_MODE() answers, or what counts where there is no such
    function. tally: the function of a proposal that tells its count, and so many words; places: of yes, abstain and no
    among them. times: places of the snapshot and the deadline there; None where proposalSnapshot and proposalDeadline
    tell them. counts: the options that make the quorum. quorum: the function that tells how much it needs; at_end: at
    the deadline, not at the snapshot. power: the function that tells all power, of the contract that power_of names, or
    of the governor itself. unheard: choices that are written down and not counted. hashed: whether a proposal's number
    is the hash of what it would do. pace: seconds from one moment of the clock to the next, where it counts neither the
    chain's blocks nor seconds. quota: the function that tells which part of Yes and No must be Yes, and of how many
    parts; None where more Yes than No passes. overrides: the contract, and its function, that tell with whom power was
    at a moment, where a vote of it takes it from the vote of its delegate; None where each votes with what is with her.
    """

    mode: str
    counts: tuple[str, ...]
    clock: str = BLOCKS
    tally: tuple[str, int] = ("proposalVotes(uint256)", 3)
    places: tuple[int, int, int] = (1, 2, 0)
    times: tuple[int, int] | None = None
    quorum: str = "quorum(uint256)"
    at_end: bool = False
    power_of: str = "token()"
    power: str = "getPastTotalSupply(uint256)"
    unheard: tuple[int, ...] = ()
    hashed: bool = True
    pace: float = 0.0
    quota: tuple[str, int] | None = None
    overrides: tuple[str, str] | None = None


# OpenZeppelin Contracts 5.7.0 (4.8.3 alike), governance/extensions: GovernorCountingSimple.sol, proposalVotes line 44
# (against, for, abstain), _quorumReached line 52 (For and Abstain against the quorum at the snapshot), _voteSucceeded
# line 61 (more For than Against); GovernorVotesQuorumFraction.sol, quorum line 62 (a part of getPastTotalSupply).
SIMPLE: Final = Dialect("support=bravo&quorum=for,abstain", ("yes", "abstain"))
# GovernorCountingFractional.sol beside them, _quorumReached line 86 and _voteSucceeded line 94: the same rule, but a
# vote can be split and cast in parts (_countVote line 129).
SPLIT: Final = Dialect("support=bravo,fractional&quorum=for,abstain&params=fractional", ("yes", "abstain"))
# OpenZeppelin Contracts 4.8.3, governance/compatibility/GovernorCompatibilityBravo.sol: _quorumReached line 248 (For
# alone against the quorum at the snapshot), _voteSucceeded line 256, proposals line 170 (snapshot, deadline, for,
# against, abstain are its words 3 to 7; there is no proposalVotes, and no CLOCK_MODE).
FOR_ALONE: Final = Dialect(
    "support=bravo&quorum=bravo", ("yes",), tally=("proposals(uint256)", 10), places=(5, 7, 6), times=(3, 4)
)
# Virtual-Protocol/protocol-contracts at ba4aef6f, contracts/governance: GovernorCountingVP.sol, _quorumReached line 48
# (For and Abstain against the quorum at the deadline), _voteSucceeded line 57 (more For than Against), _countVote line
# 74 (the fourth choice counts nothing); VirtualProtocolDAOV2.sol, quorum line 166 and pastTotalSupply line 178 (a part
# of what setTotalSupply, line 128, typed in), clock line 200. Of two versions one refuses the fourth choice and the
# other writes it down uncounted; one (82283e4) weighs a vote at its own time, the other (a35aa7b) at the snapshot: what
# was counted stands in the event.
TYPED: Final = Dialect(
    "support=bravo&quorum=for,abstain",
    ("yes", "abstain"),
    clock=SECONDS,
    at_end=True,
    power_of="",
    power="pastTotalSupply(uint256)",
    unheard=(3,),
)
# livepeer/protocol at f225b10c, contracts/treasury: GovernorCountingOverridable.sol, COUNTING_MODE line 77,
# _quorumReached line 108 (all three against the quorum at the snapshot), _voteSucceeded line 119 (For against `quota`
# parts of For and Against, in a million, rounded down), _handleVoteOverrides line 175 (a vote of power that was with
# another, who has his own with himself, is taken from that one's vote; the event tells all power that she has, line
# 152); LivepeerGovernor.sol, quorumDenominator line 78, votes line 85; contracts/bonding/BondingVotes.sol, clock and
# CLOCK_MODE (rounds). A round is 5,760 blocks of Ethereum (deployments/arbitrumMainnet/RoundsManager.json).
OVERRIDABLE: Final = Dialect(
    "support=bravo&quorum=for,abstain,against",
    ("yes", "abstain", "no"),
    clock="livepeer_round",
    pace=5_760 * 12.0,
    quota=("quota()", 1_000_000),
    overrides=("votes()", "delegatedAt(address,uint256)"),
)


@dataclass(frozen=True, slots=True)
class Governor:
    """A governor of a network: where it stands, since which block, and how it counts.

    named: what it calls itself, where no list of the network's own names its address: of another contract that stands
    there nothing is told.
    """

    address: str
    since: int
    dialect: Dialect
    named: str = ""


@dataclass(frozen=True, slots=True)
class Created:
    """A proposal as it was made."""

    number: int
    proposer: str
    targets: tuple[str, ...]
    title: str
    block: int


@dataclass(frozen=True, slots=True)
class Clock:
    """What a governor counts time in: its word, the moment at the pinned block, and seconds from one to the next."""

    mode: str
    now: int
    pace: float

    def ago(self, moment: int) -> float:
        """Seconds since a moment, at the usual pace; less than none where it is to come."""
        return (self.now - moment) * self.pace


@dataclass(frozen=True, slots=True)
class Standing:
    """A proposal as its contract tells it: yes, abstain and no; quorum and all power where it says them yet.

    quota: which part of Yes and No must be Yes, in 1e-18; None where more Yes than No passes.
    """

    status: str
    counts: tuple[int, int, int]
    start: int
    end: int
    quorum: int | None
    power: int | None
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a governor tells at one block: its proposals by number, and all votes that were read.

    votes: power by proposal, voter and option, as the contract counted it. overrides: by proposal and voter, from whose
    vote hers took its power. changes: the events by which its rule was changed. unread: how many of its blocks are left
    for later runs. doubt: why its rule is not proved.
    """

    governor: Governor
    clock: Clock
    created: Mapping[int, Created]
    standing: Mapping[int, Standing]
    votes: Mapping[int, Mapping[str, Mapping[str, int]]]
    overrides: Mapping[int, Mapping[str, str]]
    heights: Mapping[int, Mapping[str, int]]
    changes: Sequence[Event]
    unread: int
    doubt: str

    def hides(self, number: int) -> bool:
        """Whether votes are missing that were read, or there are more than were counted."""
        return not self.unread and self._sums(number) != self.standing[number].counts

    def told(self, number: int) -> bool:
        """Whether the votes that were read are all that the contract counted; raises BadData where some are hidden."""
        if self.hides(number):
            said, read = self.standing[number].counts, self._sums(number)
            where = f"proposal {number} of {self.governor.address}"
            raise BadData(f"{where}: its votes add up to {read} (yes, abstain, no), it counts {said}")
        return self._sums(number) == self.standing[number].counts

    def _sums(self, number: int) -> tuple[int, int, int]:
        cast = self.votes.get(number, {}).values()
        yes, abstain, no = (sum(parts.get(option, 0) for parts in cast) for option in ("yes", "abstain", "no"))
        return yes, abstain, no


def assemblies(node: EvmNode, memo: Memo, governors: Sequence[Governor], answers: AnswersLeft) -> list[Assembly]:
    """All that governors tell at the pinned block, as far as their history is read by now, the newest first.

    Where votes do not add up to what one counts, the days of that vote are read once more: what was kept of them is of
    a node that hid some.
    """
    if not governors:
        return []
    since = {one.address: one.since for one in governors}
    asked = partial(histories, node, memo, since, SHAPES, answers)
    judge = partial(_judged, {one.address: one for one in governors})
    found = _assembled(node, governors, asked(Keeping(judge=judge)))
    hiding = [(told, number) for told in found for number in told.created if told.hides(number)]
    if not hiding:
        return found
    first = min(told.created[number].block for told, number in hiding)
    last = max(_last_block(node, told, number) for told, number in hiding)
    return _assembled(node, governors, asked(Keeping(judge=judge, doubted=range(first, last + 1))))


def _last_block(node: EvmNode, found: Assembly, number: int) -> int:
    """The block in which a vote ends, or one after it; by the pace of the chain where other moments are counted."""
    end = found.standing[number].end
    if found.clock.mode == BLOCKS:
        return end
    over = found.clock.ago(end) - DAY_OFF.total_seconds()
    return node.block.height - max(0, int(over / node.chain.seconds))


def _assembled(node: EvmNode, governors: Sequence[Governor], told: Mapping[str, History]) -> list[Assembly]:
    made = [_made(one, told[one.address].events) for one in governors]
    _ask_together(node, list(zip(governors, made, strict=True)))
    return [
        _one_assembled(node, one, told[one.address], by_number) for one, by_number in zip(governors, made, strict=True)
    ]


def _made(governor: Governor, events: Iterable[Event]) -> dict[int, Created]:
    found = [created(governor, event) for event in events if event.kind == CREATED]
    return {one.number: one for one in found}


def _ask_together(node: EvmNode, made: Sequence[tuple[Governor, Iterable[int]]]) -> None:
    """Asks what is answered below from memory: two requests for all governors, not some for each."""
    node.calls([call for governor, numbers in made for call in (*_of_itself(governor), *_of_each(governor, numbers))])
    needs = [
        call
        for governor, numbers in made
        for call in _of_moments(node, governor, _counted_at(governor, _times(node, governor, list(numbers))))
    ]
    node.calls(needs)


def _one_assembled(node: EvmNode, governor: Governor, told: History, by_number: Mapping[int, Created]) -> Assembly:
    standing = dict(zip(by_number, standings(node, governor, list(by_number)), strict=True))
    votes, heights = cast(governor, told.events)
    known = {number: voters for number, voters in votes.items() if number in standing}
    taken = _overrides(node, governor, standing, known)
    counted = {number: _counted(number, voters, taken.get(number, {})) for number, voters in known.items()}
    why = doubt(node, governor, standing.values())
    changes = [event for event in told.events if event.kind in CHANGES]
    now = clock(node, governor)
    return Assembly(governor, now, by_number, standing, counted, taken, heights, changes, told.unread, why)


def _overrides(
    node: EvmNode, governor: Governor, standing: Mapping[int, Standing], votes: Mapping[int, Mapping[str, Any]]
) -> dict[int, dict[str, str]]:
    """By proposal, the voters whose power was with another, who had his own with himself, and that one."""
    if not governor.dialect.overrides:
        return {}
    contract, function = governor.dialect.overrides
    whose = node.call(Call(governor.address, contract, returns=("address",)))
    voted = [(int(voter, 16), standing[number].start) for number, voters in votes.items() for voter in voters]
    beyond = _with(node, whose, function, voted)
    # Only from who keeps his own is anything taken.
    theirs = _with(node, whose, function, [(delegate, moment) for (_, moment), delegate in beyond.items()])
    found: dict[int, dict[str, str]] = {}
    for number, voters in votes.items():
        moment = standing[number].start
        delegates = {voter: beyond[int(voter, 16), moment] for voter in voters}
        found[number] = {
            voter: address(delegate)
            for voter, delegate in delegates.items()
            if delegate not in (0, int(voter, 16)) and theirs[delegate, moment] == delegate
        }
    return found


def _with(node: EvmNode, whose: str, function: str, asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """With whom the power of accounts was at moments."""
    questions = list(dict.fromkeys(asked))
    return dict(zip(questions, numbers(node, whose, function, questions) if questions else (), strict=True))


def _counted(
    number: int, voters: Mapping[str, Mapping[str, int]], taken: Mapping[str, str]
) -> dict[str, dict[str, int]]:
    """What was counted of each vote: less what those took from it who voted themselves."""
    found = {voter: dict(parts) for voter, parts in voters.items()}
    for voter, delegate in taken.items():
        for option in found.get(delegate, {}):
            found[delegate][option] -= sum(voters[voter].values())
            if found[delegate][option] < 0:
                raise BadData(f"proposal {number}: more was taken from the vote of {delegate} than it had")
    return found


def _judged(governors: Mapping[str, Governor], event: Event) -> None:
    written(governors[event.contract], event)


def written(governor: Governor, event: Event) -> None:
    """Raises BadData for an event that no such governor writes."""
    if event.kind == CREATED:
        created(governor, event)
    elif event.kind not in CHANGES and event.words[1] not in governor.dialect.unheard:
        address(event.topics[0])
        _parts(governor, event)


def created(governor: Governor, event: Event) -> Created:
    """A proposal from the event of its making; raises BadData where its number is not that of what it would do."""
    try:
        number, proposer, targets, values, _, calls, _, _, text = decode(CREATION, _data(event))
    except UNREADABLE as error:
        raise BadData(f"{governor.address} made a proposal in block {event.block} of unknown shape: {error}") from error
    hashed = int.from_bytes(keccak(encode(ACTIONS, (targets, values, calls, keccak(text)))))
    if governor.dialect.hashed and hashed != number:
        raise BadData(f"proposal {number} of {governor.address} is of other actions or words: they hash to {hashed}")
    return Created(number, proposer, tuple(dict.fromkeys(targets)), _title(text), event.block)


def _title(text: bytes) -> str:
    lines = (line.strip("# \t\r") for line in text.decode("utf-8", "replace").splitlines())
    return next((line for line in lines if line), "")[:LONGEST_TITLE]


def _data(event: Event) -> bytes:
    return b"".join(word.to_bytes(WORD // 2) for word in event.words)


def cast(
    governor: Governor, events: Iterable[Event]
) -> tuple[dict[int, dict[str, dict[str, int]]], dict[int, dict[str, int]]]:
    """What each option got by each voter, by proposal, and the block of each one's last vote."""
    votes: dict[int, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    heights: dict[int, dict[str, int]] = defaultdict(dict)
    for event in events:
        if event.kind not in (CAST, CAST_WITH_PARAMS) or event.words[1] in governor.dialect.unheard:
            continue
        number, voter = event.words[0], address(event.topics[0])
        for option, power in _parts(governor, event).items():
            votes[number][voter][option] += power
        heights[number][voter] = event.block
    return votes, heights


def _parts(governor: Governor, event: Event) -> Mapping[str, int]:
    """What each option got by one vote; raises BadData for a vote that no such contract casts."""
    _, support, weight = event.words[:3]
    where = f"a vote at {governor.address} in block {event.block}"
    if support < len(SUPPORT):
        return {SUPPORT[support]: weight}
    if support != FRACTIONAL or event.kind != CAST_WITH_PARAMS or governor.dialect.mode != SPLIT.mode:
        raise BadData(f"{where} is for option {support}")
    parts = _fractions(event)
    if sum(parts) != weight:
        raise BadData(f"{where} weighs {weight}, its parts are {parts}")
    found = {option: power for option, power in zip(SUPPORT, parts, strict=True) if power}
    return found or {"abstain": 0}


def _fractions(event: Event) -> tuple[int, ...]:
    """Against, for and abstain from the params of a vote that is split."""
    try:
        (_, _, _, _, params) = decode(("uint256", "uint8", "uint256", "bytes", "bytes"), _data(event))
    except UNREADABLE as error:
        raise BadData(f"a vote in block {event.block} has params of unknown shape: {error}") from error
    if len(params) != len(SUPPORT) * PART:
        raise BadData(f"a split vote in block {event.block} has params of {len(params)} bytes")
    return tuple(int.from_bytes(params[place : place + PART]) for place in range(0, len(params), PART))


def standings(node: EvmNode, governor: Governor, numbers: Sequence[int]) -> list[Standing]:
    """How proposals stand at the pinned block, by the contract's own word; raises SourceChanged where it has none."""
    dialect = governor.dialect
    states = _all(node, [_state(governor, one) for one in numbers])
    tallies = _all(node, [_tally(governor, one) for one in numbers])
    times = _times(node, governor, numbers)
    needs = _needs(node, governor, _counted_at(governor, times))
    quota = _quota(node, governor)
    return [
        Standing(_status(governor, state[0]), _counts(dialect, tally), *time, *need, quota)
        for state, tally, time, need in zip(states, tallies, times, needs, strict=True)
    ]


def _state(governor: Governor, number: int) -> Call:
    return Call(governor.address, "state(uint256)", (number,))


def _tally(governor: Governor, number: int) -> Call:
    function, words = governor.dialect.tally
    return Call(governor.address, function, (number,), ("uint256",) * words)


def _ends(governor: Governor, number: int) -> tuple[Call, Call]:
    """What tells when a vote begins and ends, where its count does not."""
    of = partial(Call, governor.address)
    return of("proposalSnapshot(uint256)", (number,)), of("proposalDeadline(uint256)", (number,))


def _times(node: EvmNode, governor: Governor, numbers: Sequence[int]) -> list[tuple[int, int]]:
    """When the vote on each proposal begins and ends, by the governor's clock."""
    if governor.dialect.times:
        start, end = governor.dialect.times
        return [(tally[start], tally[end]) for tally in _all(node, [_tally(governor, one) for one in numbers])]
    asked = [call for one in numbers for call in _ends(governor, one)]
    said = [moment for (moment,) in _all(node, asked)]
    return list(zip(said[::2], said[1::2], strict=True))


def _counted_at(governor: Governor, times: Sequence[tuple[int, int]]) -> list[int]:
    """The moments whose power the quorums are of."""
    return [end if governor.dialect.at_end else start for start, end in times]


def _of_itself(governor: Governor) -> list[Call]:
    """What a governor is asked whatever it was proposed."""
    dialect = governor.dialect
    contracts = [one for one in (dialect.power_of, dialect.overrides and dialect.overrides[0]) if one]
    return [
        *(Call(governor.address, function, returns=("string",)) for function in ("COUNTING_MODE()", "CLOCK_MODE()")),
        Call(governor.address, "clock()"),
        *(Call(governor.address, function, returns=("address",)) for function in contracts),
        *([Call(governor.address, dialect.quota[0])] if dialect.quota else []),
    ]


def _of_each(governor: Governor, numbers: Iterable[int]) -> Iterator[Call]:
    """What it is asked of each proposal."""
    for one in numbers:
        yield _state(governor, one)
        yield _tally(governor, one)
        yield from () if governor.dialect.times else _ends(governor, one)


def _quota(node: EvmNode, governor: Governor) -> int | None:
    """Which part of Yes and No must be Yes, in 1e-18; None where more Yes than No passes."""
    if not governor.dialect.quota:
        return None
    function, parts = governor.dialect.quota
    said = int(node.call(Call(governor.address, function)))
    if said > parts:
        raise SourceChanged(f"{governor.address} passes what has {said} of {parts} parts")
    return said * ONE // parts


def _all(node: EvmNode, calls: Sequence[Call]) -> list[tuple[int, ...]]:
    """What calls return, each of which must return something."""
    found = node.calls(calls)
    for call, one in zip(calls, found, strict=True):
        if not one:
            raise SourceChanged(f"{call.to} does not answer {call.function} of {call.arguments}")
    return found


def _status(governor: Governor, state: int) -> str:
    if state >= len(STATES):
        raise SourceChanged(f"{governor.address} has a proposal in the unknown state {state}")
    return STATES[state]


def _counts(dialect: Dialect, tally: Sequence[int]) -> tuple[int, int, int]:
    yes, abstain, no = (_limited(tally[place]) for place in dialect.places)
    return yes, abstain, no


def _limited(amount: int) -> int:
    if amount > LARGEST_AMOUNT:
        raise BadData(f"{amount} base units do not fit 38 digits")
    return amount


def _of_moments(node: EvmNode, governor: Governor, moments: Sequence[int]) -> list[Call]:
    """What tells the quorum and all power at moments."""
    dialect = governor.dialect
    whose = governor.address
    if dialect.power_of and moments:
        whose = node.call(Call(governor.address, dialect.power_of, returns=("address",)))
    return [
        Call(to, function, (moment,) if "uint256" in function else ())
        for moment in moments
        for to, function in ((governor.address, dialect.quorum), (whose, dialect.power))
    ]


def _needs(node: EvmNode, governor: Governor, moments: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """Quorum and all power at each moment; None where it is still to come, or is beyond any amount.

    A key that types in a number beyond 38 digits hides its own rule by it, and nothing else.
    """
    said = node.calls(_of_moments(node, governor, moments))
    told = [int(one[0]) if one and one[0] <= LARGEST_AMOUNT else None for one in said]
    return list(zip(told[::2], told[1::2], strict=True))


def doubt(node: EvmNode, governor: Governor, standing: Iterable[Standing]) -> str:
    """Why the rule of a governor is not proved; empty where nothing that it says contradicts its dialect."""
    (mode,) = node.calls([Call(governor.address, "COUNTING_MODE()", returns=("string",))])
    if mode != (governor.dialect.mode,):
        return f"counts by {str(mode[0] if mode else 'nothing that it says')[:100]!r}"
    for one in standing:
        passed, rule = COUNTED.get(one.status), rule_of(governor, one)
        if passed is None or rule is None:
            continue
        yes, abstain, no = one.counts
        says = outcome(rule, bonded=rule.power or 0, total=yes + abstain + no, yes=yes, abstain=abstain, veto=0)
        if (says == "passed") != passed:
            return f"calls {one.status} what has {yes} yes, {no} no and {abstain} abstain of {one.quorum} needed"
    return ""


def rule_of(governor: Governor, one: Standing) -> Majority | None:
    """The rule of a proposal; None where the contract does not tell its quorum yet."""
    if one.quorum is None:
        return None
    return Majority(one.quorum, one.power, governor.dialect.counts, one.quota)


def mistaken(node: EvmNode, governor: Governor) -> str:
    """Why the contract at an inferred address is not the governor that was meant; empty where it is."""
    if not governor.named:
        return ""
    (said,) = node.calls([Call(governor.address, "name()", returns=("string",))])
    told = repr(said[0][:80]) if said else "nothing"
    return "" if said == (governor.named,) else f"calls itself {told}, not {governor.named!r}"


def clock(node: EvmNode, governor: Governor) -> Clock:
    """What a governor counts time in; raises SourceChanged for a clock that is not its dialect's."""
    mode, moment = Call(governor.address, "CLOCK_MODE()", returns=("string",)), Call(governor.address, "clock()")
    said, at = node.calls([mode, moment])
    found = dict(part.partition("=")[::2] for part in said[0].split("&")).get("mode", "") if said else ""
    dialect, height = governor.dialect, node.block.height
    if (found or dialect.clock) != dialect.clock:
        raise SourceChanged(f"{governor.address} counts time in {found[:80]!r}, not in {dialect.clock}")
    if dialect.clock == SECONDS:
        return Clock(SECONDS, int(node.block.time.timestamp()), 1.0)
    if dialect.clock == BLOCKS:
        # Of a rollup they may be those of the chain below it.
        if at and at[0] != height:
            raise SourceChanged(f"{governor.address} counts other blocks: {at[0]} is its number of block {height}")
        return Clock(BLOCKS, height, node.chain.seconds)
    return Clock(dialect.clock, int(node.call(moment)), dialect.pace)


def moments(node: EvmNode, memo: Memo, told: Assembly, one: Created) -> tuple[datetime, datetime, datetime]:
    """When a proposal was made, and when its vote begins and ends; of what is to come, and of rounds, by their pace.

    Each is asked once when it is past.
    """
    ends = (told.standing[one.number].start, told.standing[one.number].end)
    known = sum(moment < told.clock.now for moment in ends)

    def make() -> pl.DataFrame:
        found = [_time_of_block(node, one.block), *(_moment(node, told.clock, moment) for moment in ends[:known])]
        return pl.DataFrame({"time": found}, schema={"time": pl.Datetime("us", "UTC")})

    stage = "" if known == len(ends) else f"-{known}"
    past = memo(Lasting(f"final-times-{told.governor.address}-{one.number:x}-{ends[-1]}{stage}"), make)
    submitted, *begun = list[datetime](past["time"])
    start, end = [*begun, *(_moment(node, told.clock, moment) for moment in ends[known:])]
    if told.clock.mode in (BLOCKS, SECONDS):
        return submitted, start, end
    return submitted, max(submitted, start), max(submitted, start, end)


def _moment(node: EvmNode, clock: Clock, moment: int) -> datetime:
    try:
        if clock.mode == SECONDS:
            return datetime.fromtimestamp(moment, UTC)
        if clock.mode == BLOCKS and moment <= clock.now:
            return _time_of_block(node, moment)
        return node.block.time - timedelta(seconds=clock.ago(moment))
    except (OverflowError, ValueError, OSError) as error:
        raise BadData(f"a vote ends at {clock.mode} {moment}") from error


def _time_of_block(node: EvmNode, height: int) -> datetime:
    return node.ask(lambda provider: provider.block(height)).time


def weights(parts: Mapping[str, int]) -> Iterator[tuple[str, Decimal, int]]:
    """Each option of a voter with its part of what she carried, and that; who carried nothing voted all the same."""
    whole = sum(parts.values())
    for option, power in parts.items():
        weight = (Decimal(power) / whole).quantize(SMALLEST) if whole else Decimal(1)
        yield option, min(max(weight, SMALLEST), Decimal(1)), power


def proposal_row(
    name: str, one: Created, standing: Standing, times: Sequence[datetime], counts: str | None
) -> dict[str, Any]:
    """A proposal as a row of PROPOSALS; counts: the options that make its quorum, None where that is not proved."""
    submitted, start, end = times
    yes, abstain, no = standing.counts
    return {
        "proposal": name,
        "title": one.title,
        "type": f"calls {', '.join(one.targets[:5])}"[:LONGEST_TITLE] if one.targets else "",
        "status": standing.status,
        "proposer": one.proposer,
        "submitted": submitted,
        "voting_start": start,
        "voting_end": end,
        "deposit": 0,
        "yes": yes,
        "abstain": abstain,
        "no": no,
        "no_with_veto": 0,
        "expedited": False,
        "power": standing.power,
        "quorum": standing.quorum,
        "quorum_counts": counts,
        "quota": None if standing.quota is None else Decimal(standing.quota).scaleb(-18),
    }
