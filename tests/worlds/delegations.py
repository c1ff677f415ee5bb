"""Delegations by lot, as many and as unequal as those of a large Cosmos chain."""

import numpy as np

VALIDATORS = 100
# Base units of the smallest delegator: a token of eighteen decimals.
TOKEN = 10**18


def drawn(seed: int, delegators: int) -> tuple[tuple[str, str, int], ...]:
    """Delegators whose stake is Pareto (as unequal as "80 of 20"), each with one to five of a hundred validators."""
    lots = np.random.default_rng(seed)
    stake, many = lots.pareto(1.16, delegators) + 1, lots.integers(1, 6, delegators)
    whose = np.repeat(np.arange(delegators), many)
    popular = 1 / np.sqrt(np.arange(1, VALIDATORS + 1))
    where = lots.choice(VALIDATORS, len(whose), p=popular / popular.sum())
    powers = stake[whose] / many[whose] * lots.random(len(whose))
    rows = zip(whose.tolist(), where.tolist(), powers.tolist(), strict=True)
    return tuple((f"delegator {one}", f"validator {other}", int(power * TOKEN)) for one, other, power in rows)
