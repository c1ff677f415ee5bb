"""Who could force or stop something, by which keys or votes, and how few parties that takes.

Alternatives are separate paths, of which the one with the fewest parties counts. What a path needs together (a multisig
and the owner of a timelock, votes and a guardian) are its quorums; parties that serve several of them count once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

# Sets of parties that the search for overlapping quorums looks at.
SEARCH_STEPS = 20_000


class Action(StrEnum):
    """What can be forced or stopped."""

    CHANGE_RULES = "change the rules"
    MINT = "mint or redirect"
    SEIZE = "seize or evict"
    HALT = "halt or censor"


class Side(StrEnum):
    """Whether a path makes something happen or keeps it from happening."""

    FORCE = "force"
    STOP = "stop"


class By(StrEnum):
    """What counts on a path."""

    KEYS = "keys"
    VOTES = "votes"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Quorum:
    """Enough of some votes: signers with one each, or validators with their stake."""

    votes: Mapping[str, int]
    need: int

    def __post_init__(self) -> None:
        if any(vote < 0 for vote in self.votes.values()):
            raise ValueError("a party has negative votes")
        if not 0 < self.need <= sum(self.votes.values()):
            raise ValueError(f"{self.need} of {sum(self.votes.values())} votes can never be together")

    @classmethod
    def of_signers(cls, count: int, keys: Sequence[str]) -> "Quorum":
        """Any k of n keys; `keys` names the party behind each, so that a party with two keys is named twice."""
        return cls({party: keys.count(party) for party in keys}, count)


@dataclass(frozen=True, slots=True)
class Path:
    """One way to force or to stop something: all of `needs` together. Alternatives are separate paths.

    name: what a voter reads ("sudo multisig 2 of 3"). missing: why nobody knows who holds it; then there is no number.
    """

    action: Action
    side: Side
    name: str
    needs: tuple[Quorum, ...]
    independence_shown: bool
    by: By = By.KEYS
    missing: str = ""

    def __post_init__(self) -> None:
        if bool(self.needs) == bool(self.missing):
            raise ValueError(f"{self.name}: a path has holders or a reason why they are not known")

    @classmethod
    def unknown(cls, action: Action, side: Side, name: str, why: str) -> "Path":
        """A way that exists, of which nobody can say who holds it."""
        return cls(action, side, name, (), independence_shown=False, missing=why)


def fewest_parties(path: Path) -> tuple[str, ...]:
    """Smallest set of parties that meets all needs of a path; a party that serves two of them counts once.

    Raises ValueError where so many parties serve several needs that it cannot be counted exactly.
    """
    sets = [_largest_first(need) for need in path.needs]
    if sum(len(need.votes) for need in path.needs) == len(frozenset().union(*(need.votes for need in path.needs))):
        return tuple(party for members in sets for party in members)
    votes = {
        party: tuple(need.votes.get(party, 0) for need in path.needs) for need in path.needs for party in need.votes
    }
    missing = tuple(need.need for need in path.needs)
    order = sorted(votes, key=lambda party: -sum(min(v / m, 1) for v, m in zip(votes[party], missing, strict=True)))
    search = _Search(path.name)
    for size in range(max(map(len, sets)), len(votes) + 1):
        found = search.of_size(missing, [(party, votes[party]) for party in order], size)
        if found is not None:
            return tuple(found)
    raise AssertionError(f"{path.name}: each quorum can be met, so all parties together meet them")


def _largest_first(quorum: Quorum) -> list[str]:
    """Fewest parties that meet one quorum."""
    order = sorted(quorum.votes, key=lambda party: -quorum.votes[party])
    reached = accumulate(quorum.votes[party] for party in order)
    return order[: next(count for count, votes in enumerate(reached, 1) if votes >= quorum.need)]


@dataclass(slots=True)
class _Search:
    """Depth-first search for a set of parties of a given size that has all votes."""

    name: str
    steps: int = SEARCH_STEPS

    def of_size(
        self, missing: tuple[int, ...], among: list[tuple[str, tuple[int, ...]]], places: int
    ) -> list[str] | None:
        if all(votes <= 0 for votes in missing):
            return []
        self.steps -= 1
        if self.steps < 0:
            raise ValueError(f"{self.name}: too many parties serve several needs to count them exactly")
        for need, votes in enumerate(missing):
            if sum(sorted((party[1][need] for party in among), reverse=True)[:places]) < votes:
                return None
        (party, gives), rest = among[0], among[1:]
        left = tuple(votes - given for votes, given in zip(missing, gives, strict=True))
        with_it = self.of_size(left, rest, places - 1)
        if with_it is not None:
            return [party, *with_it]
        # Who gives no more than a party that does not help does not help either.
        stronger = [other for other in rest if any(o > g for o, g in zip(other[1], gives, strict=True))]
        return self.of_size(missing, stronger, places) if stronger else None
