"""Who could force or stop something, by which keys or votes, and how few parties that takes.

Alternatives are separate paths, of which the one with the fewest parties counts. What a path needs together (a multisig
and the owner of a timelock, votes and a guardian) are its quorums; parties that serve several of them count once.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from typing import Final, Protocol

from analytics.power.confidence import Confidence

# Sets of parties that the search for overlapping quorums looks at.
SEARCH_STEPS: Final = 20_000
# All of whom nobody has shown who they are, where they are taken for one.
UNLABELLED: Final = "all without a label, as one"


class Action(StrEnum):
    """What can be forced or stopped."""

    CHANGE_RULES = "change the rules"
    MINT = "mint or redirect"
    SEIZE = "seize or evict"
    HALT = "halt"
    CENSOR = "censor"


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
class Fewest:
    """How few it takes: between `lower` and `upper` parties, both included; `parties` are so many as `upper`."""

    lower: int
    parties: tuple[str, ...]

    @property
    def upper(self) -> int:
        return len(self.parties)


class Need(Protocol):
    """Enough of something that parties have, of which some together are needed."""

    @property
    def everybody(self) -> Collection[str]:
        """All parties that have some of it."""
        ...

    def fewest(self) -> Fewest:
        """How few of them meet it."""
        ...

    def merged(self, party: Callable[[str], str]) -> "Need":
        """The same, where parties of one name by `party` are one."""
        ...

    def eased(self, more: int) -> bool:
        """Whether fewer meet it beside somebody, who may be one of them, with so much more."""
        ...

    def beside(self, party: str) -> "Need | None":
        """What the others must give where one party gives all it has; None where that is enough."""
        ...

    def labelled(self, known: Collection[str]) -> float:
        """Part of it, from 0 to 1, that known parties have."""
        ...

    def alone(self) -> frozenset[str]:
        """Those who meet it by themselves."""
        ...

    def needed(self) -> frozenset[str]:
        """Those without whom all others together do not meet it."""
        ...


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

    @classmethod
    def known(cls, votes: Mapping[str, int], need: int) -> "Quorum | None":
        """So much of the votes that are known; None where they are too few, and others have the rest."""
        return cls(votes, need) if need <= sum(votes.values()) else None

    @property
    def everybody(self) -> Collection[str]:
        """All who have a vote or could."""
        return self.votes.keys()

    def fewest(self) -> Fewest:
        """The largest first: exact."""
        order = sorted(self.votes, key=lambda party: -self.votes[party])
        reached = accumulate(self.votes[party] for party in order)
        found = order[: next(count for count, votes in enumerate(reached, 1) if votes >= self.need)]
        return Fewest(len(found), tuple(found))

    def eased(self, more: int) -> bool:
        """Whether fewer of them are enough beside somebody, who may be one of them, with so many votes more."""
        left = self.need - more
        return left <= 0 or replace(self, need=left).fewest().upper < self.fewest().upper

    def merged(self, party: Callable[[str], str]) -> "Quorum":
        """The same votes, added up by who has them."""
        votes: dict[str, int] = {}
        for one, amount in self.votes.items():
            votes[party(one)] = votes.get(party(one), 0) + amount
        return replace(self, votes=votes)

    def beside(self, party: str) -> "Quorum | None":
        """The votes of the others, and how many of them are missing."""
        left = self.need - self.votes.get(party, 0)
        return Quorum({one: votes for one, votes in self.votes.items() if one != party}, left) if left > 0 else None

    def labelled(self, known: Collection[str]) -> float:
        """Part of the votes that known parties have."""
        return sum(amount for party, amount in self.votes.items() if party in known) / sum(self.votes.values())

    def alone(self) -> frozenset[str]:
        """Those who have enough votes by themselves."""
        return frozenset(party for party, votes in self.votes.items() if votes >= self.need)

    def needed(self) -> frozenset[str]:
        """Those without whom all other votes are too few."""
        spare = sum(self.votes.values()) - self.need
        return frozenset(party for party, votes in self.votes.items() if votes > spare)


@dataclass(frozen=True, slots=True)
class _Labelled:
    """Who is behind a name if all whom no label names are one; equal for equal labels, so that a need can keep it."""

    names: frozenset[str]

    def __call__(self, one: str) -> str:
        return one if one in self.names else UNLABELLED


@dataclass(frozen=True, slots=True)
class Path:
    """One way to force or to stop something: all of `needs` together. Alternatives are separate paths.

    name: what a voter reads ("sudo multisig 2 of 3"). missing: why nobody knows who holds it; then there is no number.
    unread: whether it only has not been read yet. effect: what it does, where that is less than the action ("stop
    finality"); then it is told and counts nowhere.
    seconds: the shortest time from the start to the effect; None: not known. confidence and snapshots are of what was
    read of it. basis: which way it is and how it was read, without the numbers in its name: two counts are of one thing
    where these are the same.
    """

    action: Action
    side: Side
    name: str
    needs: tuple[Need, ...] = ()
    by: By = By.KEYS
    missing: str = ""
    unread: bool = False
    effect: str = ""
    seconds: int | None = None
    confidence: Confidence = field(default_factory=Confidence)
    snapshots: tuple[int, ...] = ()
    basis: str = ""

    def __post_init__(self) -> None:
        if bool(self.needs) == bool(self.missing):
            raise ValueError(f"{self.name}: a path has holders or a reason why they are not known")

    @classmethod
    def unknown(
        cls, action: Action, side: Side, name: str, why: str, *, unread: bool = False, effect: str = ""
    ) -> "Path":
        """A way that exists, of which nobody can say who holds it."""
        return cls(action, side, name, missing=why, unread=unread, effect=effect)

    @property
    def how(self) -> str:
        """What is done, and by which way."""
        return f"{self.effect or self.action} by {self.name}"


def fewest(path: Path) -> Fewest:
    """How few parties meet all needs of a path; one that serves two of them counts once.

    Of several needs together that too many parties serve the least is between what the hardest takes and what was
    found. Only quorums can be needed together; raises ValueError for another need among several.
    """
    return _together(path.needs)


def _together(needs: Sequence[Need]) -> Fewest:
    if len(needs) == 1:
        return needs[0].fewest()
    quorums = [need for need in needs if isinstance(need, Quorum)]
    if len(quorums) < len(needs):
        raise ValueError("only quorums can be counted together")
    sets = [need.fewest().parties for need in quorums]
    if sum(len(need.votes) for need in quorums) == len(frozenset().union(*(need.votes for need in quorums))):
        together = tuple(party for members in sets for party in members)
        return Fewest(len(together), together)
    votes = {party: tuple(need.votes.get(party, 0) for need in quorums) for need in quorums for party in need.votes}
    missing = tuple(need.need for need in quorums)
    order = sorted(votes, key=lambda party: -sum(min(v / m, 1) for v, m in zip(votes[party], missing, strict=True)))
    search = _Search()
    for size in range(max(map(len, sets)), len(votes) + 1):
        try:
            found = search.of_size(missing, [(party, votes[party]) for party in order], size)
        except _TooManyError:
            return Fewest(size, tuple(dict.fromkeys(party for members in sets for party in members)))
        if found is not None:
            return Fewest(size, tuple(found))
    raise AssertionError("each quorum can be met, so all parties together meet them")


def alone(path: Path) -> frozenset[str]:
    """Those who can go a path by themselves: each need is met by them."""
    return frozenset.intersection(*(need.alone() for need in path.needs))


def needed(path: Path) -> frozenset[str]:
    """Those without whom nobody can go a path: some need is not met by all others."""
    return frozenset().union(*(need.needed() for need in path.needs))


def at_worst(needs: Sequence[Need], labelled: Collection[str]) -> int:
    """How few it takes if all without a label are one party, who may also be one of those that have a label."""
    party = _Labelled(frozenset(labelled))
    merged = [need.merged(party) for need in needs]
    apart = _together(merged).lower
    if apart == 1 or not any(UNLABELLED in need.everybody for need in merged):
        return apart
    left = [rest for need in merged if (rest := need.beside(UNLABELLED)) is not None]
    # Of those who are needed beside them, one is they.
    return min(apart, _together(left).lower)


class _TooManyError(Exception):
    """The search has looked at as many sets as it may."""


@dataclass(slots=True)
class _Search:
    """Depth-first search for a set of parties of a given size that has all votes."""

    steps: int = SEARCH_STEPS

    def of_size(
        self, missing: tuple[int, ...], among: list[tuple[str, tuple[int, ...]]], places: int
    ) -> list[str] | None:
        if all(votes <= 0 for votes in missing):
            return []
        self.steps -= 1
        if self.steps < 0:
            raise _TooManyError
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
