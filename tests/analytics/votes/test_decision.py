"""What the chain decides: one answer for the tally, the page, flips and simulated votes, and it is the chain's."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.decimals import ONE, scaled
from analytics.votes.decisiveness import _passes
from analytics.votes.flip import Vote, _sums
from analytics.votes.rules import Ballots
from analytics.votes.tally import FAILURES, OPTIONS, Tally, Thresholds, conditions

# Shares that small ballots hit exactly, or miss by less than the chain's last digit (a third).
QUORUMS = ("0", "0.25", "0.333333333333333333", "0.334", "0.5", "1")
PASS_MARKS = ("0.333333333333333333", "0.333333333333333334", "0.5", "0.666666666666666666", "0.667")
VETOES = ("0.25", "0.333333333333333333", "0.334", "0.5", "1")
MANY = 200_000

Counts = NDArray[np.int64]


RULES = [
    Thresholds(scaled(quorum), scaled(mark), scaled(veto))
    for quorum in QUORUMS
    for mark in PASS_MARKS
    for veto in VETOES
]


def drawn() -> tuple[Counts, Counts]:
    """Under which rule each ballot is; and its yes, abstain, no, veto and silent power: half of them very small."""
    random = np.random.default_rng(5)
    powers = random.integers(0, np.array([5, 2**30]).repeat(MANY // 2), (5, MANY))
    return random.integers(0, len(RULES), MANY), powers * (random.random((5, MANY)) < 0.7)


def by_the_chain(under: Counts, powers: Counts) -> NDArray[np.str_]:
    """x/gov/keeper/tally.go, line by line, in whole numbers of any size; a quotient is LegacyDec's Quo."""
    quorum, mark, veto_mark = np.array([(r.quorum, r.threshold, r.veto) for r in RULES], dtype=object)[under].T
    yes, abstain, no, veto, silent = powers.astype(object)
    total, bonded = yes + abstain + no + veto, yes + abstain + no + veto + silent

    def quo(part: NDArray[np.object_], whole: NDArray[np.object_]) -> NDArray[np.object_]:
        cut = part * 10**36 // np.where(whole == 0, 1, whole)
        units, rest = cut // 10**18, cut % 10**18
        up = (rest > 5 * 10**17) | ((rest == 5 * 10**17) & (units % 2 == 1))
        rounded: NDArray[np.object_] = units + np.where(up, 1, 0)
        return rounded

    steps = (
        bonded == 0,
        quo(total, bonded) < quorum,
        total - abstain == 0,
        quo(veto, total) > veto_mark,
        ~(quo(yes, total - abstain) > mark).astype(bool),
    )
    names = ("no stake", "quorum", "abstained", "vetoed", "rejected")
    return np.select([step.astype(bool) for step in steps], names, "passed")


@pytest.mark.slow
def test_200_000_random_ballots_are_decided_as_the_chain_decides_them() -> None:
    under, powers = drawn()
    expected = by_the_chain(under, powers)
    assert {*expected.tolist()} == {*FAILURES, "passed"}
    for place, rule in enumerate(RULES):
        mine, right = powers[:, under == place], expected[under == place]
        yes, abstain, no, veto, _ = mine
        bonded, total = mine.sum(axis=0), yes + abstain + no + veto
        holds = conditions(rule, bonded=bonded, total=total, yes=yes, abstain=abstain, veto=veto)
        assert (np.select([~one for one in holds], FAILURES, "passed") == right).all()
        assert (_passes(rule, bonded, [yes, abstain, no, veto]) == (right == "passed")).all()
        # Without stake there is nothing to turn: flips are asked of votes that some stake can decide.
        least = np.stack(_sums(bonded.astype(object), Vote(*mine[:4].astype(object)), rule)).min(axis=0)
        assert ((least >= 0) & (bonded > 0) == (right == "passed")).all()


@pytest.mark.slow
def test_the_page_and_the_tally_decide_one_ballot_as_the_chain_does() -> None:
    under, powers = (table[..., ::10] for table in drawn())
    expected = by_the_chain(under, powers).tolist()
    for row, place, right in zip(powers.T.tolist(), under.tolist(), expected, strict=True):
        exact = {option: power * ONE for option, power in zip(OPTIONS, row[:4], strict=True)}
        assert Ballots(sum(row), *row[:4]).outcome(RULES[place]) == right
        assert Tally(exact, exact, sum(exact.values()), sum(row), {}).outcome(RULES[place]) == right
