"""Few validators and delegators with enough of a vote together: against brute force, by hand, and at full size."""

from random import Random

import numpy as np
import pytest

from analytics.power import covering
from analytics.power.coverage import Covered
from analytics.power.delegations import Delegations
from tests.worlds.delegations import drawn
from tests.worlds.each import each

ONE, OTHER = ("d", "V", 40), ("e", "V", 20)


@each(
    ("delegations", "need", "fewest", "parties"),
    [
        # V has 60 and d has 70: together 90, not 130; V and W have all 100.
        ((ONE, OTHER, ("d", "W", 30), ("f", "W", 10)), 70, 1, {"d"}),
        ((ONE, OTHER, ("d", "W", 30), ("f", "W", 10)), 91, 2, {"V", "W"}),
        # A delegator alone, whom no validator reaches.
        ((("d", "V", 30), ("d", "W", 30), ("d", "X", 30), ("X", "X", 10)), 90, 1, {"d"}),
        # The same when nobody votes for what it holds at X.
        ((("d", "V", 30), ("d", "W", 30), ("X", "X", 30), ("X", "X", 10)), 90, 2, {"d", "X"}),
        # One who runs V and W, and delegates to X.
        ((("a", "one", 30), ("b", "one", 30), ("one", "X", 30), ("c", "X", 10)), 90, 1, {"one"}),
        # Several validators of one, to which one delegator gave three times.
        ((("a", "one", 1), ("a", "one", 1), ("a", "one", 1), ("a", "X", 9)), 12, 1, {"a"}),
        # Nothing adds nothing, and nobody is named for it.
        ((("a", "V", 0), ("b", "V", 5), ("b", "W", 0)), 5, 1, {"V"}),
        # One unit of 2^100 decides.
        ((("a", "V", 2**100), ("b", "W", 2**100 - 1), ("c", "X", 1)), 2**101 - 1, 2, {"V", "W"}),
        ((("a", "V", 2**100), ("b", "W", 2**100 - 1), ("c", "X", 1)), 2**101, 3, {"V", "W", "X"}),
    ],
)
def test_a_delegation_counts_once_with_its_delegator_or_its_validator(
    delegations: tuple[tuple[str, str, int], ...], need: int, fewest: int, parties: set[str]
) -> None:
    found = Covered(Delegations.of(delegations), need).fewest()
    assert (found.lower, found.upper, set(found.parties)) == (fewest, fewest, parties)


@each("need", (1, 20, 40, 60, 90, 120, 139, 140))
def test_who_is_enough_alone_and_without_whom_the_rest_is_too_little(need: int) -> None:
    """By definition: of the rows with which one has to do, and of those with which anybody else has."""
    rows = (ONE, OTHER, ("d", "W", 30), ("f", "W", 10), ("V", "V", 25), ("W", "X", 15))
    found = Covered(Delegations.of(rows), need)
    everybody = {name for *pair, _ in rows for name in pair}
    enough = {one for one in everybody if sum(power for a, b, power in rows if one in (a, b)) >= need}
    rest = {one: sum(power for a, b, power in rows if {a, b} != {one}) for one in everybody}
    assert found.alone() == enough
    assert found.needed() == {one for one, power in rest.items() if power < need}


def test_what_nobody_has_read_makes_nobody_enough_who_might_not_have_it() -> None:
    delegations = Delegations.of([ONE, ("e", "W", 30)])
    assert Covered(delegations, 45, (("V", 10),)).alone() == {"V"}
    assert Covered(delegations, 45, (("V", 10),), doubted=6).alone() == frozenset()
    assert Covered(delegations, 75, (("V", 10),)).needed() == frozenset()


@each(("delegations", "need"), [((), 1), ((ONE,), 0), ((ONE,), -1), ((ONE,), 41), (((*ONE[:2], -1), OTHER), 1)])
def test_what_cannot_be_asked_is_refused(delegations: tuple[tuple[str, str, int], ...], need: int) -> None:
    with pytest.raises(ValueError, match=r"never be together|negative"):
        Covered(Delegations.of(delegations), need)


def test_of_equal_coalitions_the_same_is_named_in_whatever_order_they_were_read() -> None:
    delegations = [(f"d{place % 7}", f"V{place % 5}", 10) for place in range(70)]
    found = {Covered(Delegations.of(delegations), 400).fewest()}
    for seed in range(5):
        Random(seed).shuffle(delegations)
        found.add(Covered(Delegations.of(delegations), 400).fewest())
    assert len(found) == 1


def test_what_was_not_read_could_be_anybodys() -> None:
    known = Delegations.of((("a", "V", 30), ("b", "V", 20), ("c", "W", 10)))
    # X has 40 of whom nobody knows from whom: with it two have 80; if a had it, V alone would do.
    found = Covered(known, 80, unread=(("X", 40),)).fewest()
    assert (found.lower, set(found.parties)) == (1, {"V", "X"})
    found = Covered(known, 100, unread=(("X", 40),)).fewest()
    assert (found.lower, found.upper) == (2, 3)
    assert Covered(Delegations.of(()), 50, unread=(("X", 40), ("Y", 30))).fewest().lower == 1


def test_what_is_doubted_counts_for_nobody_and_may_count_for_all() -> None:
    held = Delegations.of((("a", "V", 30), ("b", "W", 25), ("c", "X", 20), ("d", "Y", 25)))
    found = Covered(held, 50, doubted=10).fewest()
    assert (found.lower, found.upper) == (2, 3)
    assert Covered(held, 100, doubted=10).fewest().parties


def test_parties_without_a_label_as_one_and_what_labels_tell() -> None:
    asked = Covered(Delegations.of((("a", "V", 30), ("b", "W", 50), ("c", "W", 20))), 81)
    assert asked.fewest().upper == 2
    assert asked.merged(lambda one: "rest" if one in {"V", "W"} else one).fewest().upper == 1
    assert asked.labelled({"a", "V", "b"}) == 0.3
    assert asked.everybody == {"a", "b", "c", "V", "W"}


def overlapping(seed: int) -> Covered:
    """Up to fourteen parties of which some have validators, some delegate and some do both; ties and nothings too."""
    lots = Random(seed)
    names = [f"party {place}" for place in range(lots.randint(1, 14))]
    validators = names[: lots.randint(1, len(names))]
    largest = lots.choice([3, 10, 1000, 2**100])
    delegations = [
        (lots.choice(names), lots.choice(validators), lots.choice([0, largest, largest - 1, lots.randint(1, largest)]))
        for _ in range(lots.randint(1, 4 * len(names)))
    ]
    total = sum(power for *_, power in delegations)
    if not total:
        return overlapping(seed + 10**6)
    need = lots.choice([total // 3 + 1, total // 2 + 1, 2 * total // 3 + 1, total - 1, total, lots.randint(1, total)])
    return Covered(Delegations.of(delegations), min(max(need, 1), total))


def fewest_of_all(asked: Covered) -> int:
    """By every set of parties: what it has is all but what lies among the others."""
    names = {name: None for *pair, _ in asked.delegations.rows() for name in pair}
    bit = {name: 1 << place for place, name in enumerate(names)}
    within = np.zeros(2 ** len(names), np.object_)
    for one, other, power in asked.delegations.rows():
        within[bit[one] | bit[other]] += power
    for place in range(len(names)):
        halves = within.reshape(-1, 2, 1 << place)
        halves[:, 1] += halves[:, 0]
    enough = np.flatnonzero((within[-1] - within[::-1] >= asked.need).astype(np.bool_))
    return min(parties.bit_count() for parties in enough.tolist())


def has(asked: Covered, parties: tuple[str, ...]) -> int:
    inside = set(parties)
    return sum(power for one, other, power in asked.delegations.rows() if one in inside or other in inside)


def agree(seeds: range) -> None:
    for seed in seeds:
        asked = overlapping(seed)
        found = asked.fewest()
        assert found.lower == found.upper == fewest_of_all(asked), seed
        assert len(set(found.parties)) == found.upper, seed
        assert has(asked, found.parties) >= asked.need, seed


@pytest.mark.slow
def test_small_coalitions_are_exact() -> None:
    agree(range(200))


@pytest.mark.slow
def test_two_thousand_small_coalitions_are_exact() -> None:
    agree(range(200, 2000))


@pytest.mark.slow
def test_a_search_that_takes_too_long_leaves_two_bounds_that_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "WORK", 0)
    inexact = 0
    for seed in range(200):
        asked = overlapping(seed)
        found = asked.fewest()
        assert found.lower <= fewest_of_all(asked) <= found.upper, seed
        assert has(asked, found.parties) >= asked.need, seed
        inexact += found.lower < found.upper
    assert inexact


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fifty_thousand_delegators_of_a_hundred_validators_leave_little_open(seed: int) -> None:
    delegations = drawn(seed, 50_000)
    held = Delegations.of(delegations)
    total = held.total
    for need in (-(-total // 3), total // 2 + 1, 2 * total // 3 + 1):
        asked = Covered(held, need)
        found = asked.fewest()
        assert 0 <= found.upper - found.lower <= max(1, found.upper // 20)
        assert has(asked, found.parties) >= need
