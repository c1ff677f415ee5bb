"""Olas' emission: for which staking programs voters vote, what is projected, and what was claimed.

valory-xyz/autonolas-governance at 9527ff6b, contracts/VoteWeighting.sol: the first of all nominees is an empty
placeholder (constructor); a vote is a part of the slope at which the voter's power decays, for the end of the lock
(voteForNomineeWeights), and weighs slope times what is left of it at the begin of the week (nomineeRelativeWeight).
autonolas-tokenomics at ad17cc1e, contracts: Tokenomics.sol, mapEpochStakingPoints; Dispenser.sol, its three events.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from eth_utils.crypto import keccak

from ingest.evm.calls import Call
from ingest.evm.events import MANY_WORDS, Event, Keeping, Shapes, address, decoded, history, lately, signature
from ingest.evm.governance import Read
from ingest.evm.governor import ANSWERS_A_RUN
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.evm.token import Read as ReadAtOnce
from ingest.evm.token import whole_numbers
from ingest.network import Memo
from store.faults import BadData, SourceDown
from store.rows import Facts, Kind, frame, holdings, observation

WEEK: Final = 7 * 86_400
DAY: Final = 86_400
PERIOD_DAYS: Final = 30
ALL: Final = 10**18
VOTED: Final = signature("VoteForNominee(address,bytes32,uint256,uint256,uint256)")
VOTES: Final = {VOTED: (2, 3)}
# Votes change a few times a month: four days are one part.
PART_DAYS: Final = 4
DEVELOPED: Final = signature("IncentivesClaimed(address,uint256,uint256,uint256[],uint256[])")
STAKED: Final = signature("StakingIncentivesClaimed(address,uint256,bytes32,uint256,uint256,uint256)")
STAKED_MANY: Final = signature(
    "StakingIncentivesBatchClaimed(address,uint256[],bytes32[][],uint256[][],uint256,uint256,uint256)"
)
CLAIMS: Final[Shapes] = {DEVELOPED: (1, MANY_WORDS), STAKED: (1, 5), STAKED_MANY: (1, MANY_WORDS)}
DEVELOPED_DATA: Final = ("uint256", "uint256", "uint256[]", "uint256[]")
MANY: Final = ("uint256[]", "bytes32[][]", "uint256[][]", "uint256", "uint256", "uint256")
# Of an account in 32 bytes those before the 20 of an EVM address.
PADDING: Final = bytes(12)


class Nominee(NamedTuple):
    """A staking program that can be voted for: its account in 32 bytes, and the number of its chain."""

    account: bytes
    chain: int

    @property
    def name(self) -> str:
        """Chain and address; of a chain without such addresses the bytes."""
        evm = self.account.startswith(PADDING)
        return f"{self.chain}:0x{self.account[12:].hex()}" if evm else f"{self.chain}:bytes_{self.account.hex()}"

    @property
    def key(self) -> bytes:
        """The hash under which contracts keep it."""
        return keccak(self.account + self.chain.to_bytes(32))


def nominees(weighting: str) -> ReadAtOnce:
    """The reading of what staking programs got of the emission votes."""

    def read(node: EvmNode) -> Facts:
        """Power that stands behind each staking program in this week's emission votes, by the contract's own word.

        The holder is the chain's number and the program's address (getAllNominees, nomineeRelativeWeight at one final
        block). What nobody counted yet this week has no weight there, and is missing.
        """
        rows = [("nominees", one.name, weight) for one, weight in _weights(node, weighting).items() if weight]
        return Facts(holdings(rows), empty=not rows)

    return read


def _nominees(node: EvmNode, weighting: str) -> list[Nominee]:
    listed = node.call(Call(weighting, "getAllNominees()", returns=("(bytes32,uint256)[]",)))
    found = [Nominee(*one) for one in listed]
    if found[:1] != [Nominee(bytes(32), 0)] or len(set(found)) != len(found):
        raise BadData(f"{weighting} lists nominees without its placeholder, or twice: {str(listed)[:200]}")
    return found[1:]


def _weights(node: EvmNode, weighting: str) -> dict[Nominee, int]:
    """Base units of power behind each; the contract tells a part of 1e18, rounded down, and the sum."""
    time, known = int(node.block.time.timestamp()), _nominees(node, weighting)
    function = "nomineeRelativeWeight(bytes32,uint256,uint256)"
    asked = [Call(weighting, function, (*one, time), ("uint256", "uint256")) for one in known]
    return {one: part * total // ALL for one, (part, total) in zip(known, _answered(node, asked), strict=True)}


def _answered(node: EvmNode, asked: Sequence[Call]) -> Iterator[tuple[int, ...]]:
    for call, one in zip(asked, node.calls(asked), strict=True):
        if not one:
            raise BadData(f"{call.to} does not answer {call.function} of {call.arguments}")
        yield one


def emission_voters(weighting: str, since: int) -> Read:
    """The reading of who votes on emission with how much."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Power with which each voter decides where staking emission goes, over all programs, in this week.

        Known from the events of voting (VoteForNominee); how much of it is left the contract says (voteUserSlopes): a
        vote decays with the lock that it was cast with, and stands until it ran out. Votes for programs that were
        removed do not count. Against the contract's own sum, where that is not smaller: removed programs may have taken
        too much of it.
        """
        told = history(
            node,
            memo,
            weighting,
            VOTES,
            since,
            AnswersLeft(ANSWERS_A_RUN),
            Keeping(PART_DAYS * node.chain.day),
        )
        running = {one.key: one for one in _nominees(node, weighting)}
        powers = _voted(node, weighting, told.events, running)
        if not powers:
            raise SourceDown(f"no event names who votes at {weighting} ({told.unread} blocks are not read yet)")
        total = sum(powers.values())
        said = _sum(node, weighting, next(iter(running.values())))
        rows = [("emission_voters", voter, power) for voter, power in sorted(powers.items()) if power]
        return Facts(holdings(rows), {"emission_voters": said} if said >= total else {}, empty=not rows)

    return read


def _voted(node: EvmNode, weighting: str, events: Iterable[Event], running: dict[bytes, Nominee]) -> dict[str, int]:
    week = int(node.block.time.timestamp()) // WEEK * WEEK
    cast = {(one.topics[0], Nominee(one.topics[1].to_bytes(32), one.words[0]).key) for one in events}
    votes = sorted(vote for vote in cast if vote[1] in running)
    function, shape = "voteUserSlopes(address,bytes32)", ("uint256", "uint256", "uint256")
    asked = [Call(weighting, function, (address(voter), key), shape) for voter, key in votes]
    powers: dict[str, int] = defaultdict(int)
    for (voter, _), (slope, _, end) in zip(votes, _answered(node, asked), strict=True):
        powers[address(voter)] += slope * max(0, end - week)
    return dict(powers)


def _sum(node: EvmNode, weighting: str, anybody: Nominee) -> int:
    time = int(node.block.time.timestamp())
    call = Call(weighting, "nomineeRelativeWeight(bytes32,uint256,uint256)", (*anybody, time), ("uint256", "uint256"))
    ((_, total),) = _answered(node, [call])
    return total


def emission(tokenomics: str, unit: str) -> ReadAtOnce:
    """The reading of what is projected to be emitted."""

    def read(node: EvmNode) -> Facts:
        """What the schedule of inflation allows a day, and what of it this epoch has for staking: projected, not paid.

        Read from the contract (inflationPerSecond, epochCounter, mapEpochStakingPoints) at one final block.
        """
        time = node.block.time
        functions = ("inflationPerSecond()", "epochCounter()", "epochLen()")
        a_second, epoch, length = whole_numbers(node, [Call(tokenomics, function) for function in functions])
        point = Call(tokenomics, "mapEpochStakingPoints(uint256)", (epoch,), ("uint256",) * 4)
        ((staking, most, least, _),) = _answered(node, [point])
        rows = [
            observation("projected_a_day", time, a_second * DAY, unit),
            observation("epoch", time, epoch, "epochs"),
            observation("epoch_length", time, length, "s"),
            observation("staking_of_epoch", time, staking, unit),
            observation("most_of_program", time, most, unit),
            observation("least_weight", time, least, "1e-4"),
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def claimed(dispenser: str) -> Read:
    """The reading of what was claimed."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """OLAS that staking programs and developers were paid in the last thirty days: claimed, not projected.

        From the events of the dispenser (IncentivesClaimed, StakingIncentivesClaimed, StakingIncentivesBatchClaimed).
        A program is its chain's number and its address; it pays its stakers by its own rules. After a first run the
        period is as long as was read by then.
        """
        blocks = round(PERIOD_DAYS * DAY / node.chain.seconds)
        answers = AnswersLeft(ANSWERS_A_RUN)
        told, period = lately(node, memo, dispenser, CLAIMS, blocks, answers, _paid)
        paid: dict[tuple[str, str], int] = defaultdict(int)
        for event in told:
            for population, who, amount in _paid(event):
                paid[population, who] += amount
        rows = [(*key, amount) for key, amount in sorted(paid.items()) if amount]
        return Facts(holdings(rows), since=period.since, empty=not rows)

    return read


def _paid(event: Event) -> list[tuple[str, str, int]]:
    """Population, recipient and OLAS of each part of a claim; what developers get beside is ether."""
    if event.kind == DEVELOPED:
        _, paid, _, _ = decoded(event, DEVELOPED_DATA)
        return [("developers", address(event.topics[0]), paid)]
    if event.kind == STAKED:
        chain, target, amount = event.words[:3]
        return [("programs", Nominee(target.to_bytes(32), chain).name, amount)]
    chains, targets, amounts, *_ = decoded(event, MANY)
    if [len(one) for one in targets] != [len(one) for one in amounts] or len(chains) != len(targets):
        raise BadData(f"a claim in block {event.block} has {len(targets)} lists of programs for {len(chains)} chains")
    return [
        ("programs", Nominee(target, chain).name, amount)
        for chain, some, paid in zip(chains, targets, amounts, strict=True)
        for target, amount in zip(some, paid, strict=True)
    ]


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
nominees:
  nominees | <number>:<address> or <number>:bytes_<word> | | staking programs with the power that votes for them
emission_voters:
  emission_voters | <address> | | who votes on emission with how much
emission:
  projected_a_day | | <unit> | what the schedule of inflation allows a day
  epoch | | epochs | the epoch that runs
  epoch_length | | s | how long an epoch takes
  staking_of_epoch | | <unit> | what the epoch has for staking programs
  most_of_program | | <unit> | the most that one program may get of an epoch
  least_weight | | 1e-4 | part of all votes that a program needs to be paid
claimed:
  programs | <number>:<address> or <number>:bytes_<word> | | what staking programs were paid in thirty days
  developers | <address> | | what developers of agents and components were paid in thirty days
"""
