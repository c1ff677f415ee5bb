"""How few can decide a vote on a Cosmos chain, and how few can stop one.

Two things blur the count of validators. A delegator who votes takes its stake away from the validator, so a validator's
power lies between its tokens (nobody overrides) and what it keeps (everybody does): `brackets` gives the count at both
ends and at the override rate that was observed. And validators and delegators can act together: their stake overlaps,
so the smallest coalition is a covering problem, which `coalition` solves exactly where that is possible and between two
bounds elsewhere.

All powers of one call are in the same unit (base units, or 1e-18 of them); thresholds are in 1e-18, as chains store
them. Ratios are compared as the chain rounds them, at 18 decimals.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from analytics.spread.batches import Threshold
from analytics.votes.tally import Account, Thresholds, outcome


@dataclass(frozen=True, slots=True)
class Ballots:
    """Power by option, of everybody who voted, and all bonded power."""

    bonded: int
    yes: int = 0
    abstain: int = 0
    no: int = 0
    veto: int = 0

    @property
    def total(self) -> int:
        return self.yes + self.abstain + self.no + self.veto

    def outcome(self, rule: Thresholds) -> str:
        """What the chain decides: passed, or why not."""
        return outcome(rule, bonded=self.bonded, total=self.total, yes=self.yes, abstain=self.abstain, veto=self.veto)


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that enough power can do or stop, whatever the others do in the stated case.

    succeeds: whether a coalition with so much power of so much bonded power can; more power never spoils it.
    """

    name: str
    side: str  # do | stop
    case: str
    succeeds: Callable[[int, int], bool]
    by_vote: bool = True  # only in votes can delegators override their validator

    def need(self, bonded: int) -> int | None:
        """Least power that succeeds, or None where even all of it does not."""
        if not self.succeeds(bonded, bonded):
            return None
        low, high = -1, bonded
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.succeeds(middle, bonded) else (middle, high)
        return high


def levers(rule: Thresholds, turnout: Fraction) -> tuple[Lever, ...]:
    """What can be done and stopped by power on a Cosmos chain.

    turnout: share of the bonded power that votes as a rule, for the cases named "usual turnout".
    """

    def usual(power: int, bonded: int) -> int:
        return max(turnout.numerator * bonded // turnout.denominator - power, 0)

    def passes(power: int, bonded: int, **others: int) -> bool:
        return Ballots(bonded, yes=power, **others).outcome(rule) == "passed"

    def reaches(numerator: int, denominator: int, *, strict: bool) -> Callable[[int, int], bool]:
        part = Threshold(numerator, denominator, strict)
        return lambda power, bonded: power >= part.need(bonded)

    def fails(why: str, bonded: int, **ballots: int) -> bool:
        return Ballots(bonded, **ballots).outcome(rule) == why

    return (
        Lever("halt", "stop", "blocks need more than 2/3", reaches(1, 3, strict=False), by_vote=False),
        Lever("finalise", "do", "more than 2/3 sign a block", reaches(2, 3, strict=True), by_vote=False),
        Lever("pass", "do", "nobody else votes", passes),
        Lever("pass", "do", "usual turnout, the others vote No", lambda c, all_: passes(c, all_, no=usual(c, all_))),
        Lever("pass", "do", "all others vote No", lambda c, all_: passes(c, all_, no=all_ - c)),
        Lever("pass", "do", "all others veto", lambda c, all_: passes(c, all_, veto=all_ - c)),
        Lever(
            "veto", "stop", "usual turnout, the others vote Yes",
            lambda c, all_: fails("vetoed", all_, veto=c, yes=usual(c, all_)),
        ),
        Lever("veto", "stop", "all others vote Yes", lambda c, all_: fails("vetoed", all_, veto=c, yes=all_ - c)),
        Lever("reject", "stop", "all others vote Yes", lambda c, all_: fails("rejected", all_, no=c, yes=all_ - c)),
        Lever("boycott", "stop", "all others vote Yes", lambda c, all_: fails("quorum", all_, yes=all_ - c)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """A bonded validator, or all validators of one operator: its tokens, and those that no delegator can take away.

    kept: its own, and tokenised shares, for which nobody votes.
    """

    name: str
    tokens: int
    kept: int

    def __post_init__(self) -> None:
        if not 0 <= self.kept <= self.tokens:
            raise ValueError(f"{self.name} has {self.tokens} tokens, of which it keeps {self.kept}")

    def power(self, override_rate: Fraction) -> int:
        """Power left when this share of the delegated tokens votes for itself."""
        left = (self.tokens - self.kept) * (1 - override_rate)
        return self.kept + left.numerator // left.denominator


@dataclass(frozen=True, slots=True)
class Bracket:
    """Fewest validators for one lever; None: not even all together. Where delegators cannot override, one count."""

    lever: Lever
    nobody_overrides: int | None
    as_observed: int | None
    everybody_overrides: int | None


def seats(
    validators: Mapping[str, int],
    delegations: Iterable[tuple[str, str, int]],
    *,
    account: Account,
    keyless: Collection[str] = (),
) -> list[Seat]:
    """Validators by tokens, each with what it keeps.

    delegations: (delegator, validator, power). keyless: delegators for whom nobody votes (tokenised shares).
    """
    kept = dict.fromkeys(validators, 0)
    for delegator, validator, power in delegations:
        if delegator in keyless or delegator == account(validator):
            kept[validator] += power
    return [Seat(validator, tokens, kept[validator]) for validator, tokens in validators.items()]


def brackets(seats: Sequence[Seat], levers: Iterable[Lever], override_rate: Fraction) -> list[Bracket]:
    """For each lever the fewest validators: if nobody overrides, at the observed rate, if everybody does who can."""
    if not 0 <= override_rate <= 1:
        raise ValueError(f"an override rate of {override_rate}")
    bonded = sum(seat.tokens for seat in seats)
    rates = (Fraction(0), override_rate, Fraction(1))
    powers = [[seat.power(rate) for seat in seats] for rate in rates]
    found = []
    for lever in levers:
        need = lever.need(bonded)
        counts = [None if need is None else fewest(left, need) for left in powers]
        found.append(Bracket(lever, *(counts if lever.by_vote else counts[:1] * 3)))
    return found


def fewest(powers: Iterable[int], need: int) -> int | None:
    """Fewest of the largest powers that reach the need, or None where all of them do not."""
    if need <= 0:
        return 0
    reached = accumulate(sorted(powers, reverse=True))
    return next((count for count, power in enumerate(reached, 1) if power >= need), None)


def left_to_validators(delegations: Iterable[tuple[str, str, int]], voting: Iterable[str]) -> dict[str, int]:
    """Power left to each validator when these delegators vote themselves.

    delegations: (delegator, validator, power).
    """
    themselves = set(voting)
    left: dict[str, int] = defaultdict(int)
    for delegator, validator, power in delegations:
        left[validator] += 0 if delegator in themselves else power
    return dict(left)


# --- validators and delegators together ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coalition:
    """The smallest coalition has between `fewest` and `len(members)` members; these members suffice."""

    fewest: int
    members: tuple[str, ...]
    power: int

    @property
    def is_exact(self) -> bool:
        return self.fewest == len(self.members)


# Voters that an exact search looks at before it gives up and leaves two bounds; about half a second.
SEARCH_STEPS = 200_000


def parties(
    delegations: Sequence[tuple[str, str, int]],
    operators: Mapping[str, str] | None = None,
    overriding: Iterable[str] = (),
    keyless: Collection[str] = (),
) -> dict[str, frozenset[int]]:
    """Who could vote, and which delegations (by position) each would carry.

    A delegator carries all its own; a validator those of everybody who does not vote: of all but the `overriding`, and
    always those of the `keyless` (tokenised shares), which carry nothing themselves.
    operators: the party behind a validator (its own account, or whoever runs several), which carries them all.
    """
    operators, themselves = operators or {}, set(overriding).difference(keyless)
    carried: dict[str, set[int]] = defaultdict(set)
    for position, (delegator, validator, _) in enumerate(delegations):
        if delegator not in keyless:
            carried[delegator].add(position)
        if delegator not in themselves:
            carried[operators.get(validator, validator)].add(position)
    return {party: frozenset(positions) for party, positions in carried.items()}


def coalition(carried: Mapping[str, frozenset[int]], powers: Sequence[int], need: int) -> Coalition | None:
    """Smallest coalition whose delegations, each counted once, reach the need; None where all together do not.

    The largest gain first gives a coalition that suffices. No coalition of k can have more than what some members have
    plus the k largest gains of the others over them: that bounds the number from below (Nemhauser, Wolsey and Fisher).
    """
    if sum(powers[position] for position in frozenset().union(*carried.values())) < need:
        return None
    search = _Cover(_without_dominated(carried, powers), powers, need)
    members, lower = search.greedily()
    while lower < len(members):
        better = search.of_size(lower)
        if better is None:
            break  # not decided: the bounds stay
        if better:
            members = better
            break
        lower += 1
    power = search.power_of(members)
    return Coalition(lower, tuple(members), power)


def _without_dominated(carried: Mapping[str, frozenset[int]], powers: Sequence[int]) -> dict[str, frozenset[int]]:
    """Leave out who carries one delegation that somebody else carries together with more."""
    elsewhere = {position for positions in carried.values() if len(positions) > 1 for position in positions}
    kept = {
        party: positions for party, positions in carried.items() if len(positions) > 1 or not positions <= elsewhere
    }
    largest_first = sorted(kept, key=lambda party: -sum(powers[position] for position in kept[party]))
    return {party: kept[party] for party in largest_first}


@dataclass(slots=True)
class _Cover:
    """Search for few parties that together carry enough."""

    carried: dict[str, frozenset[int]]
    powers: Sequence[int]
    need: int
    steps: int = SEARCH_STEPS

    def power_of(self, members: Iterable[str]) -> int:
        return sum(self.powers[p] for p in frozenset().union(*(self.carried[member] for member in members)))

    def gains(self, covered: frozenset[int], among: Iterable[str]) -> list[tuple[int, str]]:
        """What each party would add, largest first."""
        found = [(sum(self.powers[p] for p in self.carried[party] - covered), party) for party in among]
        return sorted(found, key=lambda gain: -gain[0])

    def greedily(self) -> tuple[list[str], int]:
        """Members by largest gain, and the fewest that any coalition can have."""
        members: list[str] = []
        covered: frozenset[int] = frozenset()
        reached, lower = 0, 0
        while reached < self.need:
            gains = self.gains(covered, self.carried)
            lower = max(lower, fewest((gain for gain, _ in gains), self.need - reached) or 0)
            members.append(gains[0][1])
            covered |= self.carried[gains[0][1]]
            reached += gains[0][0]
        return members, lower

    def of_size(self, size: int) -> list[str] | None:
        """Members of a coalition of this size, [] where there is none, None when all sizes together take too long."""
        return self._search([], frozenset(), 0, list(self.carried), size)

    def _search(
        self, members: list[str], covered: frozenset[int], reached: int, among: list[str], places: int
    ) -> list[str] | None:
        if reached >= self.need:
            return members
        self.steps -= 1 + len(among)
        if self.steps < 0:
            return None
        gains = self.gains(covered, among)
        if reached + sum(gain for gain, _ in gains[:places]) < self.need:
            return []
        gain, party = gains[0]
        rest = [other for _, other in gains[1:]]
        with_it = self._search([*members, party], covered | self.carried[party], reached + gain, rest, places - 1)
        if with_it or with_it is None:
            return with_it
        return self._search(members, covered, reached, rest, places)
