"""The smallest set of voters whose different choice would have turned a past vote, all others unchanged.

Each way out is looked at by itself: the set stays home (boycott), or votes abstain, no, veto or yes. A vote passes when
three sums are large enough: power that voted (quorum), vetoes that are few (veto), Yes among those who did not abstain
(threshold). A voter who switches adds a fixed amount to each of the three, so:

* a vote that passed is turned by breaking one of them: the voters with the largest effect on it, exactly;
* a vote that failed is turned by meeting all three: exact where one decides or few voters matter, else two bounds.

A delegator who stays home does not take its power away: it falls to its validator, if that one votes. And a silent
validator's account may have delegated to others, who vote with that power until the account votes. What such voters
achieve depends on whether the others are in the set as well; it lies between two sums, and so does the size.

Voters are all who voted, and validators who did not. Delegators who left it to their validators (followers) may vote as
well, and take that power from them: one who turns it alone is told, and of several together only how few could be
enough. A set is exact where neither voters nor followers can do with fewer; where followers were not read, one may.
Powers are in one unit and ratios are as the chain rounds them, as in `rules`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from heapq import nlargest
from itertools import accumulate

from analytics.decimals import FINE, ONE, least, product
from analytics.votes.rules import SEARCH_STEPS, Ballots, fewest
from analytics.votes.tally import Account, Choice, Majority, Rule, Tally, Validator, power_of, tally

ROUTES = ("boycott", "abstain", "no", "veto", "yes")
RULES = ("quorum", "veto", "threshold")
# More than any power: amounts have at most 38 digits, and are in 1e-18 here.
ABOVE_ALL = 10**56
# Of those who left it to their validators so many are looked at; all others count as the largest of them at best.
LOOKED_AT = 500
# What a switch, or all ballots, add to the three sums.
Sums = tuple[int, int, int]
Effects = Sequence[tuple[Sums, str]]


@dataclass(frozen=True, slots=True)
class Vote:
    """Power by option; split votes have several, who did not vote has none."""

    yes: int = 0
    abstain: int = 0
    no: int = 0
    veto: int = 0

    @property
    def total(self) -> int:
        return self.yes + self.abstain + self.no + self.veto


@dataclass(frozen=True, slots=True)
class Cast:
    """What a voter could carry and how it voted.

    at_home: how its validators would vote with that power if it stayed home. shared, shared_silent: power that its
    validators carry, as they voted or silently, until it votes.
    """

    voter: str
    power: int
    vote: Vote = field(default_factory=Vote)
    at_home: Vote = field(default_factory=Vote)
    shared: Vote = field(default_factory=Vote)
    shared_silent: int = 0

    def __post_init__(self) -> None:
        for vote in (self.vote, self.at_home):
            if min(vote.yes, vote.abstain, vote.no, vote.veto) < 0 or vote.total > self.power:
                raise ValueError(f"{self.voter} has {self.power}, of which {vote.total} votes")


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
    def is_one(self) -> bool:
        """Whether somebody turns it alone, than which nothing is smaller."""
        return self.voters is not None and len(self.voters) == 1

    @property
    def is_exact(self) -> bool:
        return self.voters is not None and len(self.voters) == self.fewest


def casts(
    validators: Mapping[str, Validator],
    delegations: Iterable[tuple[str, str, int]],
    votes: Mapping[str, Choice],
    counted: Tally | None = None,
    *,
    account: Account,
) -> list[Cast]:
    """Voters of a past vote, in 1e-18 base units. counted: what `tally.tally` makes of the same, where it is known."""
    delegations = list(delegations)
    count = counted or tally(validators, delegations, votes, account=account)
    left = {operator: validator.shares for operator, validator in validators.items()}
    elsewhere: dict[str, list[Vote]] = defaultdict(list)
    silent: dict[str, int] = defaultdict(int)
    for delegator, operator, shares in delegations:
        if operator not in validators:
            continue
        left[operator] -= shares if delegator in votes else 0
        if account(operator) != delegator:
            power = power_of(shares, validators[operator])
            choice = votes.get(account(operator), {})
            elsewhere[delegator].append(_vote(power, choice))
            silent[delegator] += 0 if choice else power
    found = []
    for voter, carried in count.voters.items():
        vote, at_home = _vote(carried.used, votes[voter]), ballots(elsewhere[voter])
        # Weighted votes are rounded one by one, and may exceed the whole by 1e-18.
        found.append(Cast(voter, max(carried.used, vote.total, at_home.total), vote, at_home))
    for operator, validator in validators.items():
        voter = account(operator)
        if voter not in votes:
            shared = ballots(elsewhere[voter])
            power = power_of(left[operator], validator)
            found.append(Cast(voter, power, shared=shared, shared_silent=silent[voter]))
    return found


def followers(
    validators: Mapping[str, Validator],
    delegations: Iterable[tuple[str, str, int]],
    votes: Mapping[str, Choice],
    *,
    account: Account,
    keyless: Collection[str] = (),
) -> list[Cast]:
    """Delegators who left it to their validators, who have most first: nothing is theirs until they vote.

    Of those who are not looked at each stands as the first of them, since no more than their number and power counts.
    keyless: delegators for whom nobody votes (tokenised shares).
    """
    at_the_table = {*votes, *map(account, validators), *keyless}
    left: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for delegator, operator, shares in delegations:
        if delegator not in at_the_table and operator in validators:
            left[delegator].append((power_of(shares, validators[operator]), operator))
    by_power = sorted(left, key=lambda one: (-sum(power for power, _ in left[one]), one))
    found = [_follower(one, left[one], votes, account) for one in by_power[: LOOKED_AT + 1]]
    return [*found, *found[LOOKED_AT:] * (len(by_power) - len(found))]


def _follower(delegator: str, left: Iterable[tuple[int, str]], votes: Mapping[str, Choice], account: Account) -> Cast:
    behind = [(power, votes.get(account(operator), {})) for power, operator in left]
    shared = ballots(_vote(power, choice) for power, choice in behind)
    return Cast(delegator, 0, shared=shared, shared_silent=sum(power for power, choice in behind if not choice))


def _left_to_others(cast: Cast) -> int:
    return cast.shared.total + cast.shared_silent


def _vote(power: int, choice: Choice) -> Vote:
    options = {"veto" if option == "no_with_veto" else option: weight for option, weight in choice.items()}
    return Vote(**{option: product(power, weight) for option, weight in options.items()})


def ballots(votes: Iterable[Vote]) -> Vote:
    """All votes together."""
    votes = list(votes)
    return Vote(
        sum(vote.yes for vote in votes),
        sum(vote.abstain for vote in votes),
        sum(vote.no for vote in votes),
        sum(vote.veto for vote in votes),
    )


def flips(
    bonded: int, voters: Sequence[Cast], rule: Rule, following: Sequence[Cast] | None = None
) -> dict[str, Flip | None]:
    """For each route the smallest set that turns the vote; None where not even all voters together can.

    following: delegators who left it to their validators, as `followers` has them; None where they were not read.
    """
    count = ballots(cast.vote for cast in voters)
    sums = _sums(bonded, count, rule)
    passed = Ballots(bonded, count.yes, count.abstain, count.no, count.veto).outcome(rule) == "passed"
    find = _broken if passed else _met
    found = {}
    for route in routes(rule):
        effects = [(_effects(cast, route, rule), cast.voter) for cast in voters]
        least = [(low, voter) for (low, _), voter in effects]
        most = [(high, voter) for (_, high), voter in effects]
        among_voters = find(route, sums, least, most)
        every = _Everybody(route, rule, sums, passed, voters, following)
        found[route] = among_voters if among_voters and among_voters.is_one else every.bounded(among_voters)
    return found


def routes(rule: Rule) -> tuple[str, ...]:
    """What a voter may do otherwise: not every rule has a veto."""
    return tuple(route for route in ROUTES if route != "veto" or "no_with_veto" in rule.options)


def _sums(bonded: int, vote: Vote, rule: Rule) -> Sums:
    """The three sums; a vote passes when none is negative.

    They are `tally.conditions`, made sums that a voter's switch adds to. Where a ratio is that of its threshold to the
    last digit, its parts settle what the chain asks for: fewer vetoes than that of any who voted, some who chose.
    """
    if isinstance(rule, Majority):
        quorate = rule.quorate(yes=vote.yes, abstain=vote.abstain, no=vote.no)
        agreed = vote.yes - vote.no - 1
        if rule.quota is not None:
            # At least the part of all, rounded down, is more than one unit less than the part.
            agreed = vote.yes * ONE - rule.quota * (vote.yes + vote.no) + ONE - 1
        reached = quorate * rule.power - rule.needed * bonded if rule.power else quorate - rule.needed
        return (reached, 0, agreed)
    total, deciding = vote.total, vote.total - vote.abstain
    return (
        total * FINE - least(rule.quorum) * bonded,
        (least(rule.veto + 1) * total - vote.veto * FINE) * ABOVE_ALL - total,
        (vote.yes * FINE - least(rule.threshold + 1) * deciding) * ABOVE_ALL + deciding - 1,
    )


def _effects(cast: Cast, route: str, rule: Rule) -> tuple[Sums, Sums]:
    """What the three sums gain, at least and at most, when the voter takes the route with all its power."""
    sure, doubtful = _parts(cast, route, rule)
    least = most = sure
    for one in doubtful:
        least = _added(least, (min(one[0], 0), min(one[1], 0), min(one[2], 0)))
        most = _added(most, (max(one[0], 0), max(one[1], 0), max(one[2], 0)))
    return least, most


def _parts(cast: Cast, route: str, rule: Rule) -> tuple[Sums, list[Sums]]:
    """What the three sums gain surely, and by each power that counts by others of whom some may be in the set."""
    if route == "boycott":
        sure = _move(cast.vote, Vote(), rule)
        doubtful = [_move(Vote(), vote, rule) for vote in _by_option(cast.at_home)]
    else:
        sure = _move(cast.vote, Vote(**{route: cast.power}), rule)
        doubtful = [_move(vote, Vote(**{route: vote.total}), rule) for vote in _by_option(cast.shared)]
        if cast.shared_silent:
            doubtful.append(_move(Vote(), Vote(**{route: cast.shared_silent}), rule))
    return sure, doubtful


def _by_option(vote: Vote) -> Iterator[Vote]:
    """A vote cut by option, without the options that it has not."""
    parts = (Vote(yes=vote.yes), Vote(abstain=vote.abstain), Vote(no=vote.no), Vote(veto=vote.veto))
    return (part for part in parts if part.total)


def _move(before: Vote, after: Vote, rule: Rule) -> Sums:
    """What the three sums gain when power votes otherwise: they are linear in it."""
    yes, abstain, no, veto = _gains(rule)
    more = (after.yes - before.yes, after.abstain - before.abstain, after.no - before.no, after.veto - before.veto)
    return (
        more[0] * yes[0] + more[1] * abstain[0] + more[2] * no[0] + more[3] * veto[0],
        more[0] * yes[1] + more[1] * abstain[1] + more[2] * no[1] + more[3] * veto[1],
        more[0] * yes[2] + more[1] * abstain[2] + more[2] * no[2] + more[3] * veto[2],
    )


@cache
def _gains(rule: Rule) -> tuple[Sums, Sums, Sums, Sums]:
    """What a unit of each option adds to the three sums."""
    nothing = _sums(0, Vote(), rule)
    each = [_sums(0, one, rule) for one in (Vote(yes=1), Vote(abstain=1), Vote(no=1), Vote(veto=1))]
    yes, abstain, no, veto = ((one[0] - nothing[0], one[1] - nothing[1], one[2] - nothing[2]) for one in each)
    return yes, abstain, no, veto


@dataclass(frozen=True, slots=True)
class _Everybody:
    """All who could turn a vote along one route: voters, and those who left it to others, who have most first."""

    route: str
    rule: Rule
    sums: Sums
    passed: bool
    voters: Sequence[Cast]
    following: Sequence[Cast] | None

    def bounded(self, among_voters: Flip | None) -> Flip | None:
        """The set of voters, with the fewest of everybody who could; whoever turns it alone instead."""
        alone = self._alone()
        if alone or self.route == "boycott" or (among_voters is None and self.passed):
            # Who is not there cannot stay home; and all voters have among them whatever followers could take away.
            return alone or among_voters
        if self.following is None:
            # What followers move is part of what their validators would: where that is too little, theirs is.
            most = [(_effects(cast, self.route, self.rule)[0 if self.passed else 1], "") for cast in self.voters]
            sizes, hardest = _sizes_to_meet(self.sums, most)
            in_reach = among_voters or sizes.start <= len(most)
            return self._at_least(1, among_voters, hardest) if in_reach else None
        if not self.following:
            return among_voters
        at_best = self._at_best(among_voters)
        return self._at_least(at_best.fewest, among_voters, at_best.rule) if at_best else among_voters

    def _at_least(self, size: int, found: Flip | None, rule: str) -> Flip:
        return replace(found, fewest=min(size, found.fewest)) if found else Flip(self.route, size, None, rule)

    def _alone(self) -> Flip | None:
        """One who turns it when all others stay as they are."""
        for cast in [*self.voters, *(self.following or ())[:LOOKED_AT]]:
            sure, doubtful = _parts(cast, self.route, self.rule)
            after = reduce(_added, doubtful, _added(self.sums, sure))
            if (min(after) < 0) == self.passed:
                spoilt = after if self.passed else self.sums
                rule = next(name for name, total in zip(RULES, spoilt, strict=True) if total < 0)
                return Flip(self.route, 1, (cast.voter,), rule)
        return None

    def _at_best(self, found: Flip | None) -> Flip | None:
        """How few of all could be enough, if whatever is in doubt went their way."""
        looked_at = [*self.voters, *(self.following or ())[:LOOKED_AT]]
        effects = [(_effects(cast, self.route, self.rule)[0 if self.passed else 1], cast.voter) for cast in looked_at]
        effects += self._rest()
        if self.passed:
            return _fewest_to_break(self.route, self.sums, effects)
        sizes, rule = _sizes_to_meet(self.sums, effects)
        search = _Search(self.sums, sorted(effects, key=lambda effect: -_progress(self.sums, effect[0])))
        size = next((size for size in sizes if (found and size >= found.fewest) or search.of_size(size) != []), None)
        return None if size is None else Flip(self.route, size, None, rule)

    def _rest(self) -> Effects:
        """Followers who are not looked at: each as if it had the largest part of them, where that does most."""
        rest = (self.following or ())[LOOKED_AT:]
        if not rest:
            return []
        power, best = _left_to_others(rest[0]), min if self.passed else max
        moved = [Vote(yes=power), Vote(abstain=power), Vote(no=power), Vote(veto=power), Vote()]
        gains = [(0, 0, 0), *(_move(one, Vote(**{self.route: power}), self.rule) for one in moved)]
        reached = (best(one[0] for one in gains), best(one[1] for one in gains), best(one[2] for one in gains))
        return [(reached, "")] * len(rest)


def _broken(route: str, sums: Sums, least: Effects, most: Effects) -> Flip | None:
    """Fewest voters that make one of the sums negative: surely (largest gains counted), and at best."""
    lowest = _fewest_to_break(route, sums, least)
    if lowest is None:
        return None
    surely = _fewest_to_break(route, sums, most)
    return Flip(route, lowest.fewest, None, lowest.rule) if surely is None else Flip(
        route, lowest.fewest, surely.voters, surely.rule
    )  # fmt: skip


def _fewest_to_break(route: str, sums: Sums, effects: Effects) -> Flip | None:
    found = []
    for rule, name in enumerate(RULES):
        losses = sorted(((-effect[rule], voter) for effect, voter in effects if effect[rule] < 0), reverse=True)
        count = fewest((loss for loss, _ in losses), sums[rule] + 1)
        if count is not None:
            found.append(Flip(route, count, tuple(voter for _, voter in losses[:count]), name))
    return min(found, key=lambda flip: flip.fewest, default=None)


def _met(route: str, sums: Sums, least: Effects, most: Effects) -> Flip | None:
    """Few voters that make no sum negative: surely (least gains counted), and at best."""
    surely = _fewest_to_meet(route, sums, [(effect, voter) for effect, voter in least if any(effect)])
    if least == most:
        return surely
    sizes, rule = _sizes_to_meet(sums, most)
    if not sizes:
        return None
    return Flip(route, sizes.start, surely.voters if surely else None, rule)


def _sizes_to_meet(sums: Sums, effects: Effects) -> tuple[range, str]:
    """How many voters can meet each rule alone, and which rule asks for most."""
    sizes = [_possible_sizes(sums[rule], [effect[rule] for effect, _ in effects]) for rule in range(len(RULES))]
    hardest = max(range(len(RULES)), key=lambda rule: sizes[rule].start)
    return range(sizes[hardest].start, min(size.stop for size in sizes)), RULES[hardest]


def _possible_sizes(missing: int, gains: Sequence[int]) -> range:
    """How many voters can meet one rule: the largest gains first, until they turn to losses that spoil it."""
    reached = enumerate(accumulate(sorted(gains, reverse=True), initial=missing))
    possible = [size for size, total in reached if total >= 0]
    return range(possible[0], possible[-1] + 1) if possible else range(len(gains) + 1, len(gains) + 1)


def _fewest_to_meet(route: str, sums: Sums, effects: Effects) -> Flip | None:
    """Bounds by each rule alone, then a search between them."""
    sizes, rule = _sizes_to_meet(sums, effects)
    voters = min(_greedy_sets(sums, effects), key=len, default=None)
    search = _Search(sums, sorted(effects, key=lambda effect: -_progress(sums, effect[0])))
    for size in sizes:
        if voters is not None and size >= len(voters):
            break
        better = search.of_size(size)
        if better is None:  # it takes too long: two bounds remain
            return Flip(route, size, None if voters is None else tuple(voters), rule)
        if better:
            return Flip(route, size, tuple(better), rule)
    return None if voters is None else Flip(route, len(voters), tuple(voters), rule)


def _greedy_sets(sums: Sums, effects: Effects) -> Iterator[list[str]]:
    """Sets that meet all rules, by the largest effect on one rule, or on what is still missing of all."""
    for rule in range(len(RULES)):
        yield from _until_met(sums, sorted(effects, key=lambda effect: -effect[0][rule]))
    yield from _until_met(sums, sorted(effects, key=lambda effect: -_progress(sums, effect[0])))


def _progress(sums: Sums, effect: Sums) -> float:
    """Part of what is missing that the effect gives, over all rules."""
    return sum(min(gain / -missing, 1.0) for missing, gain in zip(sums, effect, strict=True) if missing < 0)


def _until_met(sums: Sums, effects: Effects) -> Iterator[list[str]]:
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
    effects: Effects
    steps: int = SEARCH_STEPS

    def of_size(self, size: int) -> list[str] | None:
        """Voters that suffice, [] where no set of this size does, None when all sizes together take too long."""
        return self._search([], self.start, self.effects, size)

    def _search(self, voters: list[str], sums: Sums, among: Effects, places: int) -> list[str] | None:
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
