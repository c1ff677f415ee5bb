"""How few validators and delegators have enough of a vote together, where a delegation counts with either of the two.

A validator votes with all that is delegated to it but what its delegators vote themselves. So a coalition has each
delegation whose delegator or whose validator takes part, once, as long as no delegator outside votes for itself: none
that is smaller can have as much.

analytics/power/covering.py has how few that takes.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property

from analytics.power.covering import fewest
from analytics.power.paths import Fewest


@dataclass(frozen=True)
class Covered:
    """Enough power of delegations, each of which counts once where its delegator or its validator takes part.

    delegations: (delegator, validator, power) by the names of the parties; the validator twice where nobody else can
    vote for it. A party may be both, and have several. unread: power of validators of whom nobody has read whose it is:
    they have it, and so may whoever else.
    """

    delegations: tuple[tuple[str, str, int], ...]
    need: int
    unread: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        powers = [*(power for *_, power in self.delegations), *(power for _, power in self.unread)]
        if any(power < 0 for power in powers):
            raise ValueError("a delegation has negative power")
        if not 0 < self.need <= sum(powers):
            raise ValueError(f"{self.need} of {sum(powers)} can never be together")

    @property
    def everybody(self) -> Collection[str]:
        """All validators and delegators."""
        return {party for one, other, _ in self.delegations for party in (one, other)} | {one for one, _ in self.unread}

    def fewest(self) -> Fewest:
        """Between which numbers the fewest parties are that have the need, and who suffices.

        If who suffices could do without what was not read, it would be fewer: that bounds the number from below.
        """
        return self._fewest

    @cached_property
    def _fewest(self) -> Fewest:
        found = fewest((*self.delegations, *((one, one, power) for one, power in self.unread)), self.need)
        if not self.unread:
            return found
        least = self.need - sum(power for _, power in self.unread)
        return Fewest(fewest(self.delegations, least).lower if least > 0 else 1, found.parties)

    def merged(self, party: Callable[[str], str]) -> "Covered":
        """The same delegations, where parties of one name by `party` are one."""
        powers: dict[tuple[str, str], int] = defaultdict(int)
        for one, other, power in self.delegations:
            powers[party(one), party(other)] += power
        delegations = tuple((*pair, power) for pair, power in powers.items())
        return replace(self, delegations=delegations, unread=tuple((party(one), power) for one, power in self.unread))

    def labelled(self, known: Collection[str]) -> float:
        """Part of the power of which everybody is known who could vote with it."""
        of_known = sum(power for one, other, power in self.delegations if one in known and other in known)
        return of_known / (sum(power for *_, power in self.delegations) + sum(power for _, power in self.unread))
