"""How few validators and delegators have enough of a vote together, where a delegation counts with either of the two.

A validator votes with all that is delegated to it but what its delegators vote themselves. So a coalition has each
delegation whose delegator or whose validator takes part, once, as long as no delegator outside votes for itself: none
that is smaller can have as much. analytics/power/covering.py has how few that takes.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analytics.power.covering import fewest
from analytics.power.delegations import Delegations
from analytics.power.paths import Fewest


@dataclass(frozen=True, eq=False)
class Covered:
    """Enough power of delegations, each of which counts once where its delegator or its validator takes part.

    A party may be both, and have several. unread: (validator, power) of which nobody has read whose it is: the
    validator has it, and so may whoever else. doubted: power among the delegations of which it is not known whether
    its delegator can vote with it.
    """

    delegations: Delegations
    need: int
    unread: tuple[tuple[str, int], ...] = ()
    doubted: int = 0

    def __post_init__(self) -> None:
        if any(power < 0 for _, power in self.unread):
            raise ValueError("a validator has negative power")
        if not 0 < self.need <= self._total:
            raise ValueError(f"{self.need} of {self._total} can never be together")

    @property
    def everybody(self) -> Collection[str]:
        """All validators and delegators."""
        return {*self.delegations.names, *(one for one, _ in self.unread)}

    def fewest(self) -> Fewest:
        """Between which numbers the fewest parties are that have the need, and who suffices whatever is not known.

        If all that was not read, and all that is doubted, helped who is few, it would be fewer: that bounds from below.
        """
        return self._fewest

    @cached_property
    def _fewest(self) -> Fewest:
        least = self.need - self._total + self.delegations.total - self.doubted
        enough = min(self.need + self.doubted, self._total)
        held = self.delegations
        if self.unread:
            held = Delegations.of([*held.rows(), *((one, one, power) for one, power in self.unread)])
        found = fewest(held, enough)
        if least == enough:
            return found
        return Fewest(fewest(self.delegations, least).lower if least > 0 else 1, found.parties)

    def merged(self, party: Callable[[str], str]) -> "Covered":
        """The same, where parties of one name by `party` are one."""
        unread = tuple((party(one), power) for one, power in self.unread)
        return replace(self, delegations=self.delegations.merged(party), unread=unread)

    def eased(self, more: int) -> bool:
        """Whether they could be fewer than they could anyway beside somebody with so much power more."""
        left = self.need - more
        return left <= 0 or replace(self, need=left).fewest().lower < self.fewest().lower

    def beside(self, party: str) -> "Covered | None":
        """The delegations with which one party has nothing to do, and what is missing of them."""
        rest = [row for row in self.delegations.rows() if party not in row[:2]]
        unread = tuple((one, power) for one, power in self.unread if one != party)
        left = self.need - self._total + sum(row[-1] for row in rest) + sum(power for _, power in unread)
        return replace(self, delegations=Delegations.of(rest), need=left, unread=unread) if left > 0 else None

    def labelled(self, known: Collection[str]) -> float:
        """Part of the power of which everybody is known who could vote with it."""
        return self.delegations.known(frozenset(known)) / self._total

    def alone(self) -> frozenset[str]:
        """Those with whom enough power has to do, whatever is not known of it."""
        held = self.delegations
        own = np.where(held.delegator == held.validator, 0, held.power)
        reach = np.full(len(held.names), 0, np.object_)
        np.add.at(reach, held.validator, held.power)
        np.add.at(reach, held.delegator, own)
        enough = min(self.need + self.doubted, self._total)
        unread: Counter[str] = Counter()
        for one, power in self.unread:
            unread[one] += power
        return frozenset(one for one, power in zip(held.names, reach, strict=True) if power + unread[one] >= enough)

    def needed(self) -> frozenset[str]:
        """Those without whose own power, that nobody else can vote with, the rest is too little."""
        held, spare = self.delegations, self._total - self.need
        rows = zip(held.delegator.tolist(), held.validator.tolist(), held.power, strict=True)
        return frozenset(held.names[one] for one, other, power in rows if one == other and power > spare)

    @property
    def _total(self) -> int:
        return self.delegations.total + sum(power for _, power in self.unread)
