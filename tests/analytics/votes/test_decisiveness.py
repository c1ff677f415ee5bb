"""Who decides under quorum, abstention and veto: simulation against enumeration."""

from itertools import product

import numpy as np
import pytest

from analytics.decimals import ONE, scaled
from analytics.spread.backend import working_cupy
from analytics.votes.decisiveness import (
    ABSENT,
    ABSTAIN,
    NO,
    VETO,
    YES,
    Decisiveness,
    Floats,
    PastVotes,
    blocs,
    decisiveness,
)
from analytics.votes.rules import Ballots
from analytics.votes.tally import Thresholds

USUAL = Thresholds(quorum=scaled("0.334"), threshold=scaled("0.5"), veto=scaled("0.334"))


def past(powers: list[int], votes: list[list[int]], silent: int = 0, rule: Thresholds = USUAL) -> PastVotes:
    return PastVotes(tuple(powers), np.array(votes, dtype=np.int8), sum(powers) + silent, rule)


def ballots(history: PastVotes, profile: tuple[int, ...]) -> Ballots:
    sums = [0] * 5
    for power, option in zip(history.powers, profile, strict=True):
        sums[option] += power
    return Ballots(history.bonded, sums[YES], sums[ABSTAIN], sums[NO], sums[VETO])


def is_contested(history: PastVotes, profile: tuple[int, ...]) -> bool:
    count = ballots(history, profile)
    deciding = count.total - count.abstain
    return deciding > 0 and abs(count.yes * ONE - history.rule.threshold * deciding) <= history.margin * deciding


def enumerated(history: PastVotes, keep: float, *, contested: bool) -> Floats:
    """Helped, hurt and abstaining of each voter, over every profile with its chance."""
    proposals, voters = history.votes.shape
    usual = [[float((history.votes[:, v] == option).mean()) for option in range(5)] for v in range(voters)]
    found, weight = np.zeros((3, voters)), 0.0
    for like in history.votes:
        chances = [[(1 - keep) * p + keep * (option == like[v]) for option, p in enumerate(usual[v])]
                   for v in range(voters)]  # fmt: skip
        options = [[option for option in range(5) if chances[v][option]] for v in range(voters)]
        for profile in product(*options):
            if contested and not is_contested(history, profile):
                continue
            chance = float(np.prod([chances[v][option] for v, option in enumerate(profile)])) / proposals
            weight += chance
            passed = ballots(history, profile).outcome(history.rule) == "passed"
            for voter, option in enumerate(profile):
                home = (*profile[:voter], ABSENT, *profile[voter + 1 :])
                if passed != (ballots(history, home).outcome(history.rule) == "passed"):
                    row = 2 if option == ABSTAIN else int(passed != (option == YES))
                    found[row, voter] += chance
    return found / weight


def assert_within_error(found: Decisiveness, expected: Floats) -> None:
    for values, right in zip((found.helped, found.hurt, found.abstaining), expected, strict=True):
        assert (np.abs(values - right) <= found.error).all()


CASES = {
    "quorum": past([30, 20, 10, 4], [[1, 0, 3, 3], [1, 1, 0, 0], [0, 3, 1, 2]], silent=36),
    "veto": past([25, 25, 20, 15, 15], [[1, 1, 4, 1, 4], [1, 1, 1, 4, 2], [3, 1, 4, 0, 1]]),
    "equal": past([1] * 6, [[1, 1, 1, 3, 3, 3], [1, 3, 1, 3, 1, 0], [2, 1, 1, 3, 3, 3]]),
    "twelve": past([34, 21, 13, 8, 5, 3, 2, 1, 1, 1, 1, 1], [[1, 1, 3, 3, 1, 0, 1, 3, 0, 1, 1, 1], [1] * 12,
                                                         [3, 1, 1, 3, 1, 1, 0, 3, 1, 1, 0, 1]], silent=20),
}  # fmt: skip


@pytest.mark.parametrize("name", ["quorum", "veto", "equal"])
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.9])
def test_simulation_agrees_with_enumeration_within_its_stated_error(name: str, keep: float) -> None:
    found = decisiveness(CASES[name], seed=7, keep=keep, draws=20_000)
    assert_within_error(found.all, enumerated(CASES[name], keep, contested=False))
    assert found.contested.votes > 100
    assert_within_error(found.contested, enumerated(CASES[name], keep, contested=True))
    assert float(found.all.error.max()) < 0.02


@pytest.mark.slow
def test_twelve_voters_agree_with_enumeration() -> None:
    found = decisiveness(CASES["twelve"], seed=7, draws=100_000)
    assert_within_error(found.all, enumerated(CASES["twelve"], 0.5, contested=False))
    assert_within_error(found.contested, enumerated(CASES["twelve"], 0.5, contested=True))


def test_a_no_that_lifts_a_yes_over_the_quorum_hurts_its_own_side() -> None:
    found = decisiveness(past([30, 4], [[YES, NO]], silent=66), seed=1, draws=100)
    assert found.all.helped.tolist() == [1, 0]
    assert found.all.hurt.tolist() == [0, 1]


def test_an_abstention_that_makes_the_quorum_decides_without_a_side() -> None:
    found = decisiveness(past([30, 4], [[YES, ABSTAIN]], silent=66), seed=1, draws=100)
    assert found.all.abstaining.tolist() == [0, 1]
    assert found.all.helped.tolist() == [1, 0]


def test_ties_follow_the_chains_rule_exactly() -> None:
    # Yes needs more than one half; 3e27 base units must not become floats.
    tied = past([3 * 10**27, 3 * 10**27], [[YES, NO]])
    assert decisiveness(tied, seed=1, draws=10).all.helped.tolist() == [0, 1]
    # One of three is 0.333333333333333333 to the chain: more than the number below, not more than itself.
    for mark, helped in (("0.333333333333333332", [1, 0]), ("0.333333333333333333", [0, 1])):
        rule = Thresholds(quorum=0, threshold=scaled(mark), veto=ONE)
        assert decisiveness(past([1, 2], [[YES, NO]], rule=rule), seed=1, draws=10).all.helped.tolist() == helped


def test_thresholds_count_to_their_last_digit() -> None:
    rule = Thresholds(quorum=0, threshold=scaled("0.5000000009"), veto=ONE)
    short = past([2**31 + 2, 2**31 - 2], [[YES, NO]], rule=rule)  # of 2^32, Yes needs more than 2^31 + 3.9
    assert decisiveness(short, seed=1, draws=10).all.helped.tolist() == [0, 1]


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, again, other = (decisiveness(CASES["veto"], seed=seed, draws=5_000) for seed in (1, 1, 2))
    assert (first.all.helped == again.all.helped).all()
    assert (first.all.helped != other.all.helped).any()


def test_without_a_contested_vote_there_is_no_number() -> None:
    found = decisiveness(past([1, 1], [[YES, YES]]), seed=1, draws=50)
    assert found.contested.votes == 0
    assert np.isnan(found.contested.helped).all()


@pytest.mark.gpu
def test_a_gpu_agrees_with_numpy_within_both_errors() -> None:
    device = working_cupy()
    if device.name != "cupy":
        pytest.skip(device.reason)
    here = decisiveness(CASES["veto"], seed=3, draws=100_000)
    there = decisiveness(CASES["veto"], seed=3, draws=100_000, backend=device)
    assert (np.abs(here.all.helped - there.all.helped) <= here.all.error + there.all.error).all()


def test_voters_who_always_agree_are_a_bloc_and_silent_ones_are_not() -> None:
    votes = np.array([[1, 1, 3, 0, 0, 1], [3, 3, 1, 0, 0, 3], [0, 0, 1, 0, 0, 1]], dtype=np.int8)
    assert blocs(votes, [10, 5, 30, 1, 2, 14]) == [(2,), (0, 1), (5,), (4,), (3,)]


@pytest.mark.parametrize(
    ("powers", "votes", "message"),
    [
        ([1, 1], [[1]], "do not fit"),
        ([1, 1], [[1, 5]], "none of absent"),
        ([2, -1], [[1, 1]], "negative"),
    ],
)
def test_impossible_histories_are_refused(powers: list[int], votes: list[list[int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        past(powers, votes)
    with pytest.raises(ValueError, match="chance"):
        decisiveness(past([1], [[1]]), seed=1, keep=1.5)
