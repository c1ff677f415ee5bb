"""The rule of contracts that count votes: more Yes than No, and a quorum of some options, against counting by hand."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.decimals import ONE
from analytics.votes.decisiveness import PastVotes, decisiveness
from analytics.votes.flip import Cast, Vote, flips, routes
from analytics.votes.rules import Ballots
from analytics.votes.tally import Majority, Thresholds, passes
from tests.worlds.each import each

ALL = ("yes", "abstain", "no")
COUNTS = [("yes",), ("yes", "abstain"), ALL]
OPTIONS = ("absent", *ALL)


def outcome(rule: Majority, yes: int, abstain: int, no: int) -> str:
    return Ballots(rule.power or 0, yes=yes, abstain=abstain, no=no).outcome(rule)


@each(
    ("counts", "votes", "told"),
    [
        # A quorum of 40 of 100, to the last unit.
        (("yes",), (40, 60, 0), "passed"),
        (("yes",), (39, 60, 0), "quorum"),
        (("yes", "abstain"), (20, 20, 19), "passed"),
        (("yes", "abstain"), (20, 19, 19), "quorum"),
        (("yes", "abstain"), (20, 20, 20), "rejected"),
        (ALL, (14, 13, 13), "passed"),
        (ALL, (13, 14, 13), "rejected"),
        (ALL, (0, 40, 0), "rejected"),
    ],
)
def test_a_quorum_is_made_by_what_the_contract_counts_and_half_is_no_majority(
    counts: tuple[str, ...], votes: tuple[int, int, int], told: str
) -> None:
    assert outcome(Majority(40, 100, counts), *votes) == told


def test_what_a_contract_asks_for_is_not_rounded_in_another_unit() -> None:
    """A third of a supply, cut to whole units as contracts cut it: one unit less is not enough."""
    supply = 10**27 + 1
    rule = Majority(supply // 3, supply, ("yes",))
    for less, told in ((0, "passed"), (1, "quorum")):
        finer = Ballots(supply * ONE, yes=(supply // 3 - less) * ONE)
        assert finer.outcome(rule) == told


def test_a_base_of_nothing_asks_for_nothing() -> None:
    """As long as the key that types it in has typed none, one vote decides."""
    assert outcome(Majority(0, 0, ("yes", "abstain")), 1, 0, 0) == "passed"
    assert outcome(Majority(0, 0, ("yes", "abstain")), 0, 0, 0) == "rejected"


def test_of_a_power_that_is_not_told_the_quorum_is_no_share_but_still_so_much() -> None:
    """Three are needed of however many; five said Yes and two No, so that the five alone turn it."""
    rule = Majority(3, None, ("yes",))
    assert rule.quorum is None
    found = flips(7, [Cast("a", 5, Vote(yes=5)), Cast("b", 2, Vote(no=2))], rule, [])
    told = {route: None if flip is None else flip.voters for route, flip in found.items()}
    assert told == {"boycott": ("a",), "abstain": ("a",), "no": ("a",), "yes": None}
    assert [outcome(rule, *votes) for votes in ((2, 0, 0), (3, 0, 0))] == ["quorum", "passed"]


def test_a_quorum_of_unknown_options_is_refused() -> None:
    for wrong in [(("no_with_veto",), 1), (("yes",), -1)]:
        with pytest.raises(ValueError, match="no quorum"):
            Majority(wrong[1], 10, wrong[0])


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=5),
    st.data(),
    st.sampled_from(COUNTS),
    st.integers(0, 12),
    st.booleans(),
)
def test_no_smaller_set_turns_it_than_is_told(
    powers: list[int], data: st.DataObject, counts: tuple[str, ...], needed: int, told: bool
) -> None:
    chosen = [data.draw(st.sampled_from(OPTIONS)) for _ in powers]
    rule = Majority(needed, sum(powers) if told else None, counts)
    voters = [Cast(str(place), power, of(option, power)) for place, (power, option) in enumerate(zip(powers, chosen))]  # noqa: B905
    found = flips(sum(powers), voters, rule, [])
    assert set(found) == {"boycott", *ALL}
    was = counted(rule, powers, chosen)
    for route, flip in found.items():
        other = "absent" if route == "boycott" else route
        sets = [
            group
            for size in range(len(powers) + 1)
            for group in combinations(range(len(powers)), size)
            if counted(rule, powers, [other if one in group else chosen[one] for one in range(len(powers))]) != was
        ]
        if flip is None:
            assert sets == []
        else:
            assert flip.fewest == len(sets[0])
            assert flip.voters is not None
            assert len(flip.voters) == flip.fewest


def of(option: str, power: int) -> Vote:
    return Vote() if option == "absent" else Vote(**{option: power})


def counted(rule: Majority, powers: list[int], chosen: list[str]) -> bool:
    sums = {option: sum(p for p, c in zip(powers, chosen, strict=True) if c == option) for option in ALL}
    return sum(sums[option] for option in rule.counts) >= rule.needed and sums["yes"] > sums["no"]


def test_arrays_are_counted_as_numbers_are() -> None:
    votes = np.array(list(product(range(5), repeat=3)), np.int64)
    for counts in COUNTS:
        rule = Majority(4, 12, counts)
        found = passes(rule, bonded=12, total=votes.sum(1), yes=votes[:, 0], abstain=votes[:, 1], veto=0)
        assert found.tolist() == [outcome(rule, *row) == "passed" for row in votes.tolist()]


def test_who_decides_alone_is_told_by_the_simulation() -> None:
    """One with more than all others together, and more than the quorum, decides every vote it takes part in."""
    past = PastVotes((10, 3, 3), np.array([[1, 3, 3], [3, 1, 1], [1, 1, 3]], np.int8), 16, Majority(10, 16, ("yes",)))
    found = decisiveness(past, seed=1, draws=200)
    assert (found.all.helped + found.all.hurt)[0] > 0.3
    assert (found.all.helped + found.all.hurt)[1:].tolist() == [0, 0]


def test_a_veto_is_no_way_out_where_there_is_none() -> None:
    assert "veto" not in routes(Majority(1, 1, ("yes",)))
    assert "veto" in routes(Thresholds(1, 1, 1))
