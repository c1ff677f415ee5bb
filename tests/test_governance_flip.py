"""Who could have turned a past vote, along each route, all others unchanged."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.flip import Cast, ballots, flips
from analytics.governance import Ballots
from analytics.tally import Thresholds, scaled

USUAL = Thresholds(quorum=scaled("0.334"), threshold=scaled("0.5"), veto=scaled("0.334"))


def cast(voter: str, power: int, option: str) -> Cast:
    return Cast(voter, power) if option == "absent" else Cast(voter, power, **{option: power})


def turned(bonded: int, casts: list[Cast], chosen: tuple[Cast, ...], route: str) -> bool:
    """Whether the outcome differs once these voters took the route."""
    then = [Cast(c.voter, c.power, **({} if route == "boycott" else {route: c.power})) for c in chosen]
    others = [c for c in casts if c not in chosen]
    before, after = ballots(bonded, casts).outcome(USUAL), ballots(bonded, others + then).outcome(USUAL)
    return (before == "passed") != (after == "passed")


def looked_at_all(bonded: int, casts: list[Cast], route: str) -> int | None:
    for size in range(len(casts) + 1):
        if any(turned(bonded, casts, chosen, route) for chosen in combinations(casts, size)):
            return size
    return None


votes = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from(["absent", "yes", "yes", "abstain", "no", "veto"])),
    min_size=1,
    max_size=7,
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(votes, st.integers(0, 25))
def test_the_smallest_set_is_the_one_found_by_looking_at_all(drawn: list[tuple[int, str]], silent: int) -> None:
    casts = [cast(f"v{place}", power, option) for place, (power, option) in enumerate(drawn)]
    bonded = sum(c.power for c in casts) + silent
    for route, flip in flips(bonded, casts, USUAL).items():
        expected = looked_at_all(bonded, casts, route)
        assert (flip.fewest if flip else None) == expected, route
        if flip:
            assert flip.is_exact
            assert flip.voters is not None
            assert turned(bonded, casts, tuple(c for c in casts if c.voter in flip.voters), route)


def test_a_passed_vote_turns_by_quorum_threshold_or_veto() -> None:
    casts = [cast("a", 20, "yes"), cast("b", 15, "yes"), cast("c", 5, "no"), cast("d", 60, "absent")]
    found = flips(100, casts, USUAL)
    boycott, no, veto, abstain = found["boycott"], found["no"], found["veto"], found["abstain"]
    assert boycott is not None
    assert (boycott.fewest, boycott.voters, boycott.rule) == (1, ("a",), "quorum")  # 20 of 100 voted
    assert no is not None
    assert (no.voters, no.rule) == (("d",), "threshold")  # 35 of 100 said Yes
    assert veto is not None
    assert veto.fewest == 1
    assert abstain is not None
    assert abstain.fewest == 2  # 5 No against 0 Yes needs both; one leaves 15 against 5
    assert found["yes"] is None


def test_a_vote_that_missed_the_quorum_turns_by_any_large_absentee_even_by_no() -> None:
    casts = [cast("a", 30, "yes"), cast("b", 4, "absent"), cast("c", 29, "absent"), cast("d", 37, "absent")]
    found = flips(100, casts, USUAL)
    for route in ("yes", "abstain", "no"):
        flip = found[route]
        assert flip is not None
        assert flip.fewest == 1, route
    assert found["no"] is not None
    assert found["no"].voters in {("b",), ("c",)}  # d's 37 No would outvote the Yes
    assert found["boycott"] is None


def test_a_vetoed_vote_needs_vetoes_withdrawn() -> None:
    casts = [cast("a", 60, "yes"), cast("b", 20, "veto"), cast("c", 20, "veto")]
    found = flips(100, casts, USUAL)
    for route in ("boycott", "abstain", "no", "yes"):
        flip = found[route]
        assert flip is not None
        assert flip.fewest == 1, route
        assert flip.rule == "veto"
    assert found["veto"] is None


def test_split_votes_switch_with_all_their_power() -> None:
    casts = [Cast("a", 40, yes=30, no=10), cast("b", 25, "yes"), cast("c", 30, "no")]
    assert ballots(100, casts) == Ballots(100, yes=55, no=40)
    no = flips(100, casts, USUAL)["no"]
    assert no is not None
    assert no.fewest == 1


def test_thousands_of_voters_get_a_set_and_a_bound() -> None:
    casts = [cast(f"v{place}", 10**20 + 997 * place, "yes" if place % 2 else "veto") for place in range(3_000)]
    found = flips(4 * 10**23, casts, USUAL)
    for route in ("boycott", "abstain", "no", "yes"):
        flip = found[route]
        assert flip is not None
        assert flip.voters is not None
        # Half vetoed: at least 498 of 1,500 must switch to bring the vetoes to 33.4 % of all 3,000.
        assert 490 <= flip.fewest <= len(flip.voters) <= 760
    assert found["veto"] is None


def test_more_votes_than_power_are_refused() -> None:
    with pytest.raises(ValueError, match="v voted with 11 of 10"):
        Cast("v", 10, yes=6, no=5)
