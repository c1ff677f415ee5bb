"""How few can decide a vote on a Cosmos chain, and how few can stop one.

Two things blur the count of validators. A delegator who votes takes its stake away from the validator, so a validator's
power lies between its tokens (nobody overrides) and what it keeps (everybody does): `brackets` gives the count at both
ends and at the override rate that was observed. And validators and delegators can act together: their stake overlaps,
so the smallest coalition is a covering problem (analytics/power/coverage.py).

All powers of one call are in the same unit (base units, or 1e-18 of them); thresholds are in 1e-18, as chains store
them. Ratios are compared as the chain rounds them, at 18 decimals.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from analytics.spread.batches import Threshold
from analytics.votes.tally import Account, Rule, Thresholds, outcome


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

    def outcome(self, rule: Rule) -> str:
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


# Voters that an exact search looks at before it gives up and leaves two bounds; about half a second.
SEARCH_STEPS = 200_000
