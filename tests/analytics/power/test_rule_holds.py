"""What holds of every count, whatever the world: what a label, an unknown way or a split can do to a number."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest

from analytics.power.count import Count, counts
from analytics.power.paths import Action, Path, Quorum, Side
from analytics.power.verdict import COUNT_WORDS, NOT_SHOWN, WORDS, count_word, word
from tests.analytics.power.test_rule_twice import PARTIES, some_path, some_quorum

WORLDS = range(150)


class World:
    """Paths by lot, with parties of whom some have a label."""

    def __init__(self, number: int) -> None:
        self.lots = Random(f"what holds, world {number}")
        self.labelled = frozenset(self.lots.sample(PARTIES, self.lots.randint(0, len(PARTIES))))
        self.paths = [self.path(place) for place in range(self.lots.choice((1, 2, 4)))]
        self.counts = counts(self.paths, self.labelled)

    def path(self, place: int) -> Path:
        """A path with quorums alone, whose parties can be merged and split."""
        found = some_path(self.lots, place)
        needs = tuple(some_quorum(self.lots) for _ in found.needs[:2])
        return replace(found, needs=needs, confidence=replace(found.confidence, verifiable=True))

    def changed(self, paths: Sequence[Path], labelled: frozenset[str] | None = None) -> list[tuple[Count, Count]]:
        """Each count before and after."""
        return list(zip(self.counts, counts(paths, self.labelled if labelled is None else labelled), strict=True))

    def with_votes(self, change: Callable[[Quorum], Quorum]) -> list[Path]:
        """The same paths with other votes."""
        return [
            replace(path, needs=tuple(change(need) for need in path.needs if isinstance(need, Quorum)))
            for path in self.paths
        ]


def strength(count: Count) -> tuple[int, bool]:
    """How broad power is said to be: by the word, and whether it is said without "at most"."""
    sure = not count.words.startswith("at most") and count.words != NOT_SHOWN
    return count.number or 0, sure


def test_a_label_tells_more_and_changes_no_number() -> None:
    for world in map(World, WORLDS):
        for before, after in world.changed(world.paths, world.labelled | {world.lots.choice(PARTIES)}):
            assert (before.state, before.number, before.least) == (after.state, after.number, after.least)
            assert before.lower <= after.lower


@pytest.mark.slow
def test_a_label_that_merges_two_raises_no_number() -> None:
    for world in map(World, WORLDS):
        pair = world.lots.sample(PARTIES, 2)
        names = {party: pair[0] if party in pair else party for party in PARTIES}
        merged = world.with_votes(lambda need, names=names: need.merged(names.__getitem__))  # type: ignore[misc]
        for before, after in world.changed(merged, world.labelled | {pair[0]}):
            assert before.state == after.state
            assert (after.number or 0) <= (before.number or 0)
            assert after.least <= before.least


@pytest.mark.slow
def test_who_splits_into_addresses_lowers_no_number_and_raises_no_lower_one() -> None:
    for world in map(World, WORLDS):
        who, parts = world.lots.choice(PARTIES), world.lots.randint(2, 4)

        def split(need: Quorum, who: str = who, parts: int = parts) -> Quorum:
            votes = {party: amount for party, amount in need.votes.items() if party != who}
            own = need.votes.get(who, 0)
            mine = {f"new {place}": own // parts + (place < own % parts) for place in range(parts)}
            return Quorum(votes | mine, need.need)

        for before, after in world.changed(world.with_votes(split)):
            assert before.state == after.state
            assert (after.number or 0) >= (before.number or 0)
            assert after.lower <= before.lower


def test_a_way_that_nobody_knows_makes_no_headline_better() -> None:
    for world in map(World, WORLDS):
        side, action = world.lots.choice(tuple(Side)), world.lots.choice(tuple(Action))
        hidden = Path.unknown(action, side, "hidden", "not published", unread=world.lots.random() < 0.5)
        for before, after in world.changed([*world.paths, hidden]):
            if after.side != side or after.action not in (action, None):
                assert after == before
                continue
            assert after.number == before.number
            assert after.at_most == (after.number is not None and after.number > 1)
            assert (after.least, after.lower) <= (before.least or 1, before.lower or 1)
            assert strength(after) <= strength(before)


@pytest.mark.slow
def test_another_known_way_raises_no_number_and_stays_on_its_side_and_action() -> None:
    for world in map(World, WORLDS):
        other = replace(world.path(99), effect="")
        if other.missing:
            continue
        for before, after in world.changed([*world.paths, other]):
            if after.side != other.side or after.action not in (other.action, None):
                assert after == before
            else:
                assert after.number is not None
                assert after.number <= (before.number or after.number)
                assert after.lower <= (before.lower or after.lower)


def test_a_way_that_does_less_than_its_action_changes_nothing() -> None:
    for world in map(World, WORLDS):
        less = replace(world.path(99), effect="stop finality")
        for before, after in world.changed([*world.paths, less]):
            assert after == before


def test_more_parties_never_get_a_narrower_word() -> None:
    of_counts = [COUNT_WORDS.index(count_word(number)) for number in range(1, 40)]
    of_spread = [WORDS.index(word(number / 10)) for number in range(10, 400)]
    assert of_counts == sorted(of_counts)
    assert of_spread == sorted(of_spread)
