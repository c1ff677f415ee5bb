"""Fewest validators and delegators with a third, half or two thirds of 50,000 delegators' stake, all by lot."""

from functools import partial

from analytics.power.coverage import Covered
from analytics.power.delegations import Delegations
from benchmarks import OURS, Case, Work
from tests.worlds.delegations import drawn

NEEDS = {"1/3": (1, 3), "1/2": (1, 2), "2/3": (2, 3)}


def coalition(delegators: int, *, seed: int, need: str) -> Work:
    """The two bounds, with all that is to be done from the delegations on; upper - lower is what is left open."""
    delegations = drawn(seed, delegators)
    numerator, denominator = NEEDS[need]
    enough = sum(power for *_, power in delegations) * numerator // denominator + 1

    def work() -> dict[str, float]:
        found = Covered(Delegations.of(delegations), enough).fewest()
        return {"lower": found.lower, "upper": found.upper, "allowed": max(1, found.upper / 20)}

    return work


CASES = tuple(
    Case(
        f"> {need} of {{:,}} delegators, lot {seed}",
        OURS,
        partial(coalition, seed=seed, need=need),
        sizes=(5_000, 50_000),
        limit=1.0,
    )
    for seed in (1, 2, 3)
    for need in NEEDS
)
