"""Who uses the power it has: used against paper power, who never votes, how much overrides, how few propose.

Counts and shares are exact: whole base units and fractions.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analytics.spread.batches import Threshold
from analytics.votes.rules import fewest


@dataclass(frozen=True, slots=True)
class Turnout:
    """One proposal: what each voter could have carried (paper) and what its choice did carry (used), in base units.

    delegated: bonded power of everybody but the validators' own. overridden: of that, what voted for itself and so was
    taken from its validator.
    """

    proposal: str
    bonded: int
    paper: Mapping[str, int]
    used: Mapping[str, int]
    delegated: int
    overridden: int

    def __post_init__(self) -> None:
        strangers = self.used.keys() - self.paper.keys()
        if strangers:
            raise ValueError(f"proposal {self.proposal}: {min(strangers)} voted without power")
        if not 0 <= self.overridden <= self.delegated <= self.bonded or sum(self.used.values()) > self.bonded:
            raise ValueError(f"proposal {self.proposal}: more power was used than is bonded")


def used_of_paper(turnouts: Sequence[Turnout]) -> dict[str, Fraction]:
    """For each voter with power: the part of it, over all proposals, that it used."""
    paper: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for turnout in _some(turnouts):
        paper.update(turnout.paper)
        used.update(turnout.used)
    return {voter: Fraction(used[voter], power) for voter, power in paper.items() if power}


@dataclass(frozen=True, slots=True)
class Silent:
    """Voters with power at the last proposal who voted in none, and their part of the bonded power then."""

    voters: tuple[str, ...]
    share: Fraction


def never_voters(turnouts: Sequence[Turnout]) -> Silent:
    """Who never voted, largest first."""
    last = _some(turnouts)[-1]
    voted = {voter for turnout in turnouts for voter in turnout.used}
    silent = sorted((voter for voter, power in last.paper.items() if power and voter not in voted))
    silent.sort(key=lambda voter: -last.paper[voter])
    return Silent(tuple(silent), Fraction(sum(last.paper[voter] for voter in silent), last.bonded))


def override_rate(turnouts: Sequence[Turnout]) -> Fraction:
    """Part of the delegated power, over all proposals, that voted for itself."""
    delegated = sum(turnout.delegated for turnout in _some(turnouts))
    if not delegated:
        raise ValueError("no power is delegated: there is nothing to override")
    return Fraction(sum(turnout.overridden for turnout in turnouts), delegated)


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


def _some(turnouts: Sequence[Turnout]) -> Sequence[Turnout]:
    if not turnouts:
        raise ValueError("no proposal: participation is not known")
    return turnouts
