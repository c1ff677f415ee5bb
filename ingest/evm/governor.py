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

from analytics.votes.tally import Majority, outcome
from ingest.evm.calls import UNREADABLE, Call, decode
from ingest.evm.events import WORD, Event, History, address, history, signature
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.landing import Lasting
from store.rows import LARGEST_AMOUNT, BadData, SourceChanged

ANSWERS_A_RUN: Final = 150
CREATED: Final = signature(
    "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)"
)
CAST: Final = signature("VoteCast(address,uint256,uint8,uint256,string)")
CAST_WITH_PARAMS: Final = signature("VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)")
# Topics after the first; how long its data is only each event itself says.
SHAPES: Final = {CREATED: (0, None), CAST: (1, None), CAST_WITH_PARAMS: (1, None)}
# Texts as bytes: what a proposer writes need not be UTF-8.
CREATION: Final = (
    *("uint256", "address", "address[]", "uint256[]", "bytes[]", "bytes[]", "uint256", "uint256", "bytes"),
)
ACTIONS: Final = ("address[]", "uint256[]", "bytes[]", "bytes32")
LONGEST_TITLE: Final = 300
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
    is the hash of what it would do.
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
# Virtual-Protocol/protocol-contracts at 007c904f, contracts/governance: GovernorCountingVP.sol, _quorumReached (For and
# Abstain against the quorum at the deadline), _voteSucceeded; VirtualProtocolDAOV2.sol, quorum and pastTotalSupply (a
# part of what setTotalSupply typed in), clock. Of two versions one refuses the fourth choice and the other writes it
# down uncounted; one weighs a vote at its own time, the other at the snapshot: what was counted stands in the event.
TYPED: Final = Dialect(
    "support=bravo&quorum=for,abstain",
    ("yes", "abstain"),
    clock=SECONDS,
    at_end=True,
    power_of="",
    power="pastTotalSupply(uint256)",
    unheard=(3,),
)


@dataclass(frozen=True, slots=True)
class Governor:
    """A governor of a network: where it stands, since which block, and how it counts."""

    address: str
    since: int
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Created:
    """A proposal as it was made."""

    number: int
    proposer: str
    targets: tuple[str, ...]
    title: str
    block: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A proposal as its contract tells it: yes, abstain and no; quorum and all power where it says them yet."""

    status: str
    counts: tuple[int, int, int]
    start: int
    end: int
    quorum: int | None
    power: int | None


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a governor tells at one block: its proposals by number, and all votes that were read.

    whole_since: the block from which on all its events were read. proved: whether its rule is its dialect's; why not.
    """

    governor: Governor
    created: Mapping[int, Created]
    standing: Mapping[int, Standing]
    votes: Mapping[int, Mapping[str, Mapping[str, int]]]
    heights: Mapping[int, Mapping[str, int]]
    whole_since: int
    doubt: str

    def told(self, number: int) -> bool:
        """Whether the votes that were read are all that the contract counted; raises BadData where some are hidden."""
        sums = dict.fromkeys(SUPPORT, 0)
        for parts in self.votes.get(number, {}).values():
            for option, power in parts.items():
                sums[option] += power
        if (sums["yes"], sums["abstain"], sums["no"]) == self.standing[number].counts:
            return True
        if self.created[number].block >= self.whole_since:
            yes, abstain, no = self.standing[number].counts
            counted = {"no": no, "yes": yes, "abstain": abstain}
            raise BadData(f"proposal {number}: its votes add up to {sums}, {self.governor.address} counts {counted}")
        return False


def assembly(node: EvmNode, memo: Memo, governor: Governor, answers: AnswersLeft) -> Assembly:
    """All that a governor tells at the pinned block, as far as its history is read by now, the newest first."""
    told = history(node, memo, governor.address, SHAPES, governor.since, answers)
    created = {one.number: one for one in _created(governor, told)}
    standing = dict(zip(created, standings(node, governor, list(created)), strict=True))
    votes, heights = cast(governor, told.events)
    # The newest blocks are read first: what is not read is the oldest.
    whole_since = governor.since if not told.unread else node.block.height + 1
    return Assembly(governor, created, standing, votes, heights, whole_since, doubt(node, governor, standing.values()))


def _created(governor: Governor, told: History) -> Iterator[Created]:
    for event in told.events:
        if event.kind == CREATED:
            yield created(governor, event)


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
    dialect, of = governor.dialect, partial(Call, governor.address)
    function, words = dialect.tally
    asked = [(of("state(uint256)", (one,)), of(function, (one,), ("uint256",) * words)) for one in numbers]
    states = _all(node, [state for state, _ in asked])
    tallies = _all(node, [tally for _, tally in asked])
    if dialect.times:
        start, end = dialect.times
        times = [(tally[start], tally[end]) for tally in tallies]
    else:
        starts = _all(node, [of("proposalSnapshot(uint256)", (one,)) for one in numbers])
        ends = _all(node, [of("proposalDeadline(uint256)", (one,)) for one in numbers])
        times = [(start[0], end[0]) for start, end in zip(starts, ends, strict=True)]
    needs = _needs(node, governor, [end if dialect.at_end else start for start, end in times])
    return [
        Standing(_status(governor, state[0]), _counts(dialect, tally), *time, *need)
        for state, tally, time, need in zip(states, tallies, times, needs, strict=True)
    ]


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


def _needs(node: EvmNode, governor: Governor, moments: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """Quorum and all power at each moment; None where the contract has none to tell, since it is still to come."""
    dialect = governor.dialect
    whose = governor.address
    if dialect.power_of:
        whose = node.call(Call(governor.address, dialect.power_of, returns=("address",)))
    calls = [
        Call(to, function, (moment,) if "uint256" in function else ())
        for moment in moments
        for to, function in ((governor.address, dialect.quorum), (whose, dialect.power))
    ]
    told = [_limited(int(one[0])) if one else None for one in node.calls(calls)]
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
        says = outcome(rule, bonded=rule.power, total=yes + abstain + no, yes=yes, abstain=abstain, veto=0)
        if (says == "passed") != passed:
            return f"calls {one.status} what has {yes} yes, {no} no and {abstain} abstain of {one.quorum} needed"
    return ""


def rule_of(governor: Governor, one: Standing) -> Majority | None:
    """The rule of a proposal; None where the contract does not tell its quorum yet."""
    if one.quorum is None:
        return None
    return Majority(one.quorum, one.power or 0, governor.dialect.counts)


def clock(node: EvmNode, governor: Governor) -> str:
    """What a governor counts time in; raises SourceChanged for a clock that nobody knows."""
    (said,) = node.calls([Call(governor.address, "CLOCK_MODE()", returns=("string",))])
    mode = dict(part.partition("=")[::2] for part in said[0].split("&")).get("mode", "") if said else ""
    found = mode or governor.dialect.clock
    if found not in (BLOCKS, SECONDS) or found != governor.dialect.clock:
        raise SourceChanged(f"{governor.address} counts time in {found[:80]!r}, not in {governor.dialect.clock}")
    return found


def moments(node: EvmNode, memo: Memo, governor: Governor, one: Created, standing: Standing) -> tuple[datetime, ...]:
    """When a proposal was made, and when its vote begins and ends; of blocks to come by the pace of the chain."""
    past = standing.end < (node.block.height if governor.dialect.clock == BLOCKS else node.block.time.timestamp())

    def make() -> pl.DataFrame:
        times = (one.block, standing.start, standing.end)
        found = [_time_of_block(node, one.block), *(_moment(node, governor, time) for time in times[1:])]
        return pl.DataFrame({"time": found}, schema={"time": pl.Datetime("us", "UTC")})

    name = f"final-times-{governor.address}-{one.number:x}-{standing.end}"
    return tuple((memo(Lasting(name), make) if past else make())["time"].to_list())


def _moment(node: EvmNode, governor: Governor, time: int) -> datetime:
    if governor.dialect.clock == BLOCKS:
        return _time_of_block(node, time)
    try:
        return datetime.fromtimestamp(time, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise BadData(f"{governor.address} has a vote that ends {time} seconds after 1970") from error


def _time_of_block(node: EvmNode, height: int) -> datetime:
    if height <= node.block.height:
        return node.ask(lambda provider: provider.block(height)).time
    try:
        return node.block.time + timedelta(seconds=node.chain.seconds * (height - node.block.height))
    except OverflowError as error:
        raise BadData(f"a vote ends at block {height}") from error


def weights(parts: Mapping[str, int]) -> Iterator[tuple[str, Decimal, int]]:
    """Each option of a voter with its part of what she carried, and that; who carried nothing voted all the same."""
    whole = sum(parts.values())
    for option, power in parts.items():
        weight = (Decimal(power) / whole).quantize(SMALLEST) if whole else Decimal(1)
        yield option, min(max(weight, SMALLEST), Decimal(1)), power


def proposal_row(one: Created, standing: Standing, times: Sequence[datetime], counts: str | None) -> dict[str, Any]:
    """A proposal as a row of PROPOSALS; counts: the options that make its quorum, None where that is not proved."""
    submitted, start, end = times
    yes, abstain, no = standing.counts
    return {
        "proposal": str(one.number),
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
    }
