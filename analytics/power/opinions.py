"""Who thinks alike: validators that set the same weights are one opinion, however many keys it has."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Rows that put this much or less of their weight elsewhere count as the same opinion: one part in fifty.
ALIKE = 0.02


def opinions(weights: Floats, alike: float = ALIKE) -> NDArray[np.intp]:
    """For each validator the number of the group that sets the same weights, or nearly.

    weights: a row a validator, a column a miner, any non-negative scale; rows of zeros are opinions of their own. Two
    rows are alike when at most `alike` of the weight would have to move to make them equal; groups are chained, so
    that a copier who lags a little behind is with the one whom it copies.
    """
    rows = np.asarray(weights, dtype=np.float64)
    sums = rows.sum(axis=1, keepdims=True)
    shares = np.divide(rows, sums, out=np.zeros_like(rows), where=sums > 0)
    group = np.arange(len(rows))
    for row in np.flatnonzero(sums[:, 0] > 0):
        moved = np.abs(shares[row + 1 :] - shares[row]).sum(axis=1) / 2
        near = row + 1 + np.flatnonzero((moved <= alike) & (sums[row + 1 :, 0] > 0))
        joined = np.unique(group[np.append(near, row)])
        group[np.isin(group, joined)] = joined[0]
    return np.unique(group, return_inverse=True)[1]


def grouped(stakes: Sequence[int], groups: NDArray[np.intp]) -> list[int]:
    """Stake of each group, in whole units."""
    sums = [0] * (int(groups.max()) + 1 if len(groups) else 0)
    for stake, group in zip(stakes, groups.tolist(), strict=True):
        sums[group] += stake
    return sums
