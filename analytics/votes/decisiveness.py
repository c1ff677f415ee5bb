"""How often a voter decides on a chain with quorum, abstention and veto, if people vote as they did before.

The four rules do not make a simple game: a No can lift a Yes over the quorum, so that voting hurts one's own side. Each
simulated vote starts from a past proposal of the chain: every voter keeps its vote of then with the chance `keep`, and
else casts its vote of another past proposal, drawn for it alone. `keep` = 0: everybody votes independently as it is
used to; `keep` = 1: history repeats. A voter decides where the outcome would differ had it stayed home.

Simulated: a number comes with its error (three standard errors), which holds for the model, not for the future.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.decimals import ONE, reaching
from analytics.spread.backend import NUMPY, Backend
from analytics.votes.tally import Rule, passes

Floats = NDArray[np.float64]

ABSENT, YES, ABSTAIN, NO, VETO = range(5)
# Simulated votes at once: with a hundred voters their arrays stay near the cache of a CPU; a GPU wants more.
AT_ONCE, AT_ONCE_ON_GPU = 2_000, 200_000
# Ratios are compared in int64 (`tally.conditions`), so all power must stay below 2^33.
POWER_BITS = 33


@dataclass(frozen=True, slots=True)
class PastVotes:
    """Power of each voter now, and what each chose on past proposals: proposals x voters, ABSENT to VETO.

    bonded: all power that the quorum counts, also of those who are not listed. margin: how far the part of Yes may be
    from the threshold, in 1e-18, for a vote to be called contested.
    """

    powers: tuple[int, ...]
    votes: NDArray[np.int8]
    bonded: int
    rule: Rule
    margin: int = ONE // 10

    def __post_init__(self) -> None:
        if self.votes.ndim != 2 or self.votes.shape[1] != len(self.powers) or not len(self.votes):
            raise ValueError(f"votes of {self.votes.shape} do not fit {len(self.powers)} voters")
        if not ((self.votes >= ABSENT) & (self.votes <= VETO)).all():
            raise ValueError("a vote is none of absent, yes, abstain, no, veto")
        if min(self.powers) < 0 or sum(self.powers) > self.bonded:
            raise ValueError("a voter has negative power, or all have more than is bonded")


@dataclass(frozen=True, slots=True)
class Decisiveness:
    """Chance of each voter to turn the outcome by voting instead of staying home.

    helped: towards its own side (Yes wants it passed; No and veto want it failed). hurt: against it. abstaining: while
    it abstained. error: of the three together, three standard errors. votes: simulated votes behind the numbers; where
    there are none, the numbers are NaN.
    """

    helped: Floats
    hurt: Floats
    abstaining: Floats
    error: Floats
    votes: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """Over all simulated votes, and over the contested ones alone."""

    all: Decisiveness
    contested: Decisiveness
    seed: int
    keep: float


def decisiveness(
    past: PastVotes, *, seed: int, keep: float = 0.5, draws: int = 100_000, backend: Backend = NUMPY
) -> Simulated:
    """Signed chance to decide, by Monte Carlo over the chain's own past proposals.

    The same seed gives the same numbers on the same array library.
    """
    xp = backend.xp
    if not 0 <= keep <= 1:
        raise ValueError(f"votes are kept with a chance of {keep}")
    shift = max(0, past.bonded.bit_length() - POWER_BITS)
    powers = xp.asarray([power >> shift for power in past.powers], dtype=xp.int64)
    votes = xp.asarray(past.votes)
    random = xp.random.default_rng(seed)
    at_once = AT_ONCE if backend.name == "numpy" else AT_ONCE_ON_GPU
    counts = xp.zeros((2, 3, len(past.powers)), dtype=xp.int64)
    contested = 0
    for start in range(0, draws, at_once):
        profiles = _profiles(votes, random, min(at_once, draws - start), keep, xp)
        turned, close = _turned(profiles, powers, past, past.bonded >> shift, xp)
        counts[0] += turned.sum(axis=1)
        counts[1] += turned[:, close].sum(axis=1)
        contested += int(close.sum())
    everywhere, where_contested = backend.host(counts)
    return Simulated(_rates(everywhere, draws), _rates(where_contested, contested), seed, keep)


def _profiles(votes: Any, random: Any, draws: int, keep: float, xp: Any) -> Any:
    """Votes of everybody in each simulated proposal: draws x voters."""
    proposals, voters = votes.shape
    like = random.integers(0, proposals, (draws, 1))
    own = random.integers(0, proposals, (draws, voters))
    kept = random.random((draws, voters)) < keep
    return votes[xp.where(kept, like, own), xp.arange(voters)]


def _passes(rule: Rule, bonded: int, sums: Sequence[Any]) -> Any:
    """Whether votes pass; sums are yes, abstain, no and veto power."""
    yes, abstain, _, veto = sums
    return passes(rule, bonded=bonded, total=sum(sums), yes=yes, abstain=abstain, veto=veto)


def _contested(rule: Rule, margin: int, sums: Sequence[Any]) -> Any:
    """Whether Yes is within the margin of the threshold, both ends included, and somebody said Yes or No."""
    yes, _, no, veto = sums
    deciding = yes + no + veto
    low, high = max(rule.threshold - margin, 0), min(rule.threshold + margin, ONE)
    return (deciding > 0) & (yes >= reaching(low, deciding)) & (yes < reaching(high + 1, deciding))


def _turned(profiles: Any, powers: Any, past: PastVotes, bonded: int, xp: Any) -> tuple[Any, Any]:
    """Whether each voter helped its side, hurt it, or decided by abstaining; and which votes were contested.

    3 x draws x voters; draws.
    """
    sums = [((profiles == option) * powers).sum(axis=1)[:, None] for option in (YES, ABSTAIN, NO, VETO)]
    others = [
        power - (profiles == option) * powers for power, option in zip(sums, (YES, ABSTAIN, NO, VETO), strict=True)
    ]
    passed, without = _passes(past.rule, bonded, sums), _passes(past.rule, bonded, others)
    lifted, sunk = passed & ~without, ~passed & without
    for_it, against = profiles == YES, (profiles == NO) | (profiles == VETO)
    helped, hurt = (lifted & for_it) | (sunk & against), (sunk & for_it) | (lifted & against)
    turned = xp.stack([helped, hurt, (lifted | sunk) & (profiles == ABSTAIN)])
    return turned, _contested(past.rule, past.margin, sums)[:, 0]


def _rates(counts: NDArray[np.int64], votes: int) -> Decisiveness:
    if not votes:
        nothing = np.full(counts.shape[1], np.nan)
        return Decisiveness(nothing, nothing, nothing, nothing, 0)
    helped, hurt, abstaining = counts / votes
    share = np.minimum((counts / votes).max(axis=0), 0.5)
    return Decisiveness(helped, hurt, abstaining, 3 * np.sqrt(share * (1 - share) / votes) + 9 / votes, votes)


def blocs(votes: NDArray[np.int8], powers: Sequence[int]) -> list[tuple[int, ...]]:
    """Voters whose votes were the same on every proposal, most powerful bloc first; who never voted stands alone.

    Voting alike is no proof of one owner; over few or undisputed proposals it proves nothing at all.
    """
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for voter, choices in enumerate(votes.T):
        alone = () if choices.any() else (voter,)
        groups[(choices.tobytes(), *alone)].append(voter)
    return sorted(map(tuple, groups.values()), key=lambda bloc: -sum(powers[voter] for voter in bloc))
