"""Who uses the power it has: used against paper power, who never votes, how much overrides, how few propose.

Counts and shares are exact: whole base units and fractions.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from analytics.spread.batches import Threshold
from analytics.votes.rules import fewest


class Taken(NamedTuple):
    """What delegators who vote themselves take from their validator, in base units.

    votes: the same, counted anew for each proposal on which they vote. both: for each on which the validator does too.
    """

    validator: str
    power: int
    votes: int
    both: int


@dataclass(frozen=True, slots=True)
class Turnouts:
    """Who voted on which of some proposals, all weighed with one stake, in base units.

    paper: what each validator could have carried. voted: on which proposals it voted, a bit each. taken: by delegators
    who vote themselves. delegated: bonded power of everybody but the validators' own.
    """

    proposals: int
    paper: Mapping[str, int]
    voted: Mapping[str, int]
    taken: Sequence[Taken]
    delegated: int

    def __post_init__(self) -> None:
        if not self.proposals:
            raise ValueError("no proposal: participation is not known")
        if strangers := self.voted.keys() - self.paper.keys():
            raise ValueError(f"{min(strangers)} voted without power")
        left = Counter(self.paper)
        for one in self.taken:
            left[one.validator] -= one.power
        short = min(left, key=left.__getitem__, default="")
        if (short and left[short] < 0) or any(one.power < 0 for one in self.taken):
            raise ValueError(f"more power was taken from {short} than it has")
        if not sum(one.power for one in self.taken) <= self.delegated <= self.bonded:
            raise ValueError("more power was used than is bonded")

    @property
    def bonded(self) -> int:
        """What all validators could have carried."""
        return sum(self.paper.values())


def used_of_paper(turnouts: Turnouts) -> dict[str, Fraction]:
    """For each validator with power: the part of it, over all proposals, that its votes carried."""
    used = Counter({one: turnouts.voted.get(one, 0).bit_count() * power for one, power in turnouts.paper.items()})
    for one in turnouts.taken:
        # It is missing where both voted.
        used[one.validator] -= one.both
    return {one: Fraction(used[one], turnouts.proposals * power) for one, power in turnouts.paper.items() if power}


@dataclass(frozen=True, slots=True)
class Silent:
    """Validators with power that voted on no proposal, and their part of the bonded power."""

    voters: tuple[str, ...]
    share: Fraction


def never_voters(turnouts: Turnouts) -> Silent:
    """Who never voted, largest first."""
    silent = sorted(one for one, power in turnouts.paper.items() if power and not turnouts.voted.get(one))
    silent.sort(key=lambda one: -turnouts.paper[one])
    return Silent(tuple(silent), Fraction(sum(turnouts.paper[one] for one in silent), turnouts.bonded))


def override_rate(turnouts: Turnouts) -> Fraction:
    """Part of the delegated power, over all proposals, that voted for itself."""
    if not turnouts.delegated:
        raise ValueError("no power is delegated: there is nothing to override")
    overridden = sum(one.votes for one in turnouts.taken)
    return Fraction(overridden, turnouts.delegated * turnouts.proposals)


@dataclass(frozen=True, slots=True)
class Concentration:
    """How few stand behind something: parties with any, the largest part, effective parties, fewest with over half."""

    parties: int
    largest: Fraction
    effective: Fraction
    more_than_half: int


def concentration(amounts: Mapping[str, int]) -> Concentration:
    """Of proposals by proposer, or of deposits by depositor."""
    total = sum(amounts.values())
    if total <= 0 or min(amounts.values()) < 0:
        raise ValueError("nothing to divide among the parties")
    half = fewest(amounts.values(), Threshold(1, 2, strict=True).need(total))
    assert half is not None  # all together have more than half
    return Concentration(
        sum(amount > 0 for amount in amounts.values()),
        Fraction(max(amounts.values()), total),
        Fraction(total**2, sum(amount**2 for amount in amounts.values())),
        half,
    )
