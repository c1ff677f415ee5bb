"""The smallest set of voters whose different choice would have turned a past vote, all others unchanged.

Each way out is looked at by itself: the set stays home (boycott), or votes abstain, no, veto or yes. A vote passes when
three sums are large enough: power that voted (quorum), vetoes that are few (veto), Yes among those who did not abstain
(threshold). A voter who switches adds a fixed amount to each of the three, so:

* a vote that passed is turned by breaking one of them: the voters with the largest effect on it, exactly;
* a vote that failed is turned by meeting all three: exact where one decides or few voters matter, else two bounds.

Powers are in one unit and ratios are exact, as in `governance`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import accumulate

from analytics.governance import SEARCH_STEPS, Ballots, fewest
from analytics.tally import ONE, Thresholds

ROUTES = ("boycott", "abstain", "no", "veto", "yes")
RULES = ("quorum", "veto", "threshold")
# What a voter's switch, or all ballots, add to the three sums.
Sums = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Cast:
    """What a voter could carry and how it voted; a split vote has several options, who did not vote has none."""

    voter: str
    power: int
    yes: int = 0
    abstain: int = 0
    no: int = 0
    veto: int = 0

    def __post_init__(self) -> None:
        if min(self.yes, self.abstain, self.no, self.veto) < 0 or self.used > self.power:
            raise ValueError(f"{self.voter} voted with {self.used} of {self.power}")

    @property
    def used(self) -> int:
        return self.yes + self.abstain + self.no + self.veto


@dataclass(frozen=True, slots=True)
class Flip:
    """How a vote could have turned along one route.

    fewest: no smaller set can. voters: a set that can, or None where none was found; exact when it has `fewest`
    members. rule: the one it breaks (a vote that passed), or the one that asks for most voters.
    """

    route: str
    fewest: int
    voters: tuple[str, ...] | None
    rule: str

    @property
    def is_exact(self) -> bool:
        return self.voters is not None and len(self.voters) == self.fewest


def ballots(bonded: int, casts: Iterable[Cast]) -> Ballots:
    """The count of all votes."""
    casts = list(casts)
    return Ballots(
        bonded,
        sum(cast.yes for cast in casts),
        sum(cast.abstain for cast in casts),
        sum(cast.no for cast in casts),
        sum(cast.veto for cast in casts),
    )


def flips(bonded: int, casts: Sequence[Cast], rule: Thresholds) -> dict[str, Flip | None]:
    """For each route the smallest set that turns the vote; None where not even all voters together can.

    casts: everybody with power, also who did not vote.
    """
    passed = ballots(bonded, casts).outcome(rule) == "passed"
    sums = _sums(ballots(bonded, casts), rule)
    find = _broken if passed else _met
    found = {}
    for route in ROUTES:
        effects = [(_effect(cast, route, rule), cast.voter) for cast in casts]
        found[route] = find(route, sums, [(effect, voter) for effect, voter in effects if any(effect)])
    return found


def _sums(count: Ballots, rule: Thresholds) -> Sums:
    """The three sums; a vote passes when none is negative (the last must exceed zero, hence minus one)."""
    deciding = count.total - count.abstain
    return (
        count.total * ONE - rule.quorum * count.bonded,
        count.total * rule.veto - count.veto * ONE,
        count.yes * ONE - rule.threshold * deciding - 1,
    )


def _effect(cast: Cast, route: str, rule: Thresholds) -> Sums:
    """What the three sums gain when the voter takes the route with all its power."""
    now = Ballots(0, cast.yes, cast.abstain, cast.no, cast.veto)
    then = Ballots(0) if route == "boycott" else Ballots(0, **{route: cast.power})
    before, after = _sums(now, rule), _sums(then, rule)
    return (after[0] - before[0], after[1] - before[1], after[2] - before[2])


def _broken(route: str, sums: Sums, effects: Sequence[tuple[Sums, str]]) -> Flip | None:
    """Fewest voters that make one of the sums negative."""
    found = []
    for rule, name in enumerate(RULES):
        losses = sorted(((-effect[rule], voter) for effect, voter in effects if effect[rule] < 0), reverse=True)
        count = fewest((loss for loss, _ in losses), sums[rule] + 1)
        if count is not None:
            found.append(Flip(route, count, tuple(voter for _, voter in losses[:count]), name))
    return min(found, key=lambda flip: flip.fewest, default=None)


def _met(route: str, sums: Sums, effects: Sequence[tuple[Sums, str]]) -> Flip | None:
    """Few voters that make no sum negative: bounds by each rule alone, then a search between them."""
    sizes = [_possible_sizes(sums[rule], [effect[rule] for effect, _ in effects]) for rule in range(len(RULES))]
    lower, most = max(size.start for size in sizes), min(size.stop for size in sizes) - 1
    rule = RULES[max(range(len(RULES)), key=lambda rule: sizes[rule].start)]
    voters = min(_greedy_sets(sums, effects), key=len, default=None)
    search = _Search(sums, sorted(effects, key=lambda effect: -_progress(sums, effect[0])))
    while lower <= most and (voters is None or lower < len(voters)):
        better = search.of_size(lower)
        if better is None:
            return Flip(route, lower, None if voters is None else tuple(voters), rule)
        if better:
            return Flip(route, lower, tuple(better), rule)
        lower += 1
    return None if voters is None else Flip(route, lower, tuple(voters), rule)


def _possible_sizes(missing: int, gains: Sequence[int]) -> range:
    """How many voters can meet one rule: the largest gains first, until they turn to losses that spoil it."""
    reached = enumerate(accumulate(sorted(gains, reverse=True), initial=missing))
    possible = [size for size, total in reached if total >= 0]
    return range(possible[0], possible[-1] + 1) if possible else range(len(gains) + 1, len(gains) + 1)


def _greedy_sets(sums: Sums, effects: Sequence[tuple[Sums, str]]) -> Iterator[list[str]]:
    """Sets that meet all rules, by the largest effect on one rule, or on what is still missing of all."""
    for rule in range(len(RULES)):
        yield from _until_met(sums, sorted(effects, key=lambda effect: -effect[0][rule]))
    yield from _until_met(sums, sorted(effects, key=lambda effect: -_progress(sums, effect[0])))


def _progress(sums: Sums, effect: Sums) -> float:
    """Part of what is missing that the effect gives, over all rules."""
    return sum(min(gain / -missing, 1.0) for missing, gain in zip(sums, effect, strict=True) if missing < 0)


def _until_met(sums: Sums, effects: Iterable[tuple[Sums, str]]) -> Iterator[list[str]]:
    voters: list[str] = []
    for effect, voter in effects:
        if min(sums) >= 0:
            break
        sums = _added(sums, effect)
        voters.append(voter)
    if min(sums) >= 0:
        yield voters


def _added(sums: Sums, effect: Sums) -> Sums:
    return (sums[0] + effect[0], sums[1] + effect[1], sums[2] + effect[2])


@dataclass(slots=True)
class _Search:
    """Exact search for a set of voters that meets all rules, most promising first."""

    start: Sums
    effects: Sequence[tuple[Sums, str]]
    steps: int = SEARCH_STEPS

    def of_size(self, size: int) -> list[str] | None:
        """Voters that suffice, [] where no set of this size does, None when all sizes together take too long."""
        return self._search([], self.start, self.effects, size)

    def _search(
        self, voters: list[str], sums: Sums, among: Sequence[tuple[Sums, str]], places: int
    ) -> list[str] | None:
        if not places:
            return voters if min(sums) >= 0 else []
        self.steps -= 1 + len(among)
        if self.steps < 0:
            return None
        if len(among) < places:
            return []
        for rule in range(len(RULES)):
            if sums[rule] + sum(nlargest(places, (effect[rule] for effect, _ in among))) < 0:
                return []
        (effect, voter), rest = among[0], among[1:]
        with_it = self._search([*voters, voter], _added(sums, effect), rest, places - 1)
        return with_it if with_it or with_it is None else self._search(voters, sums, rest, places)
