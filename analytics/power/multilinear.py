"""The chance that a voter decides a weighted game when all others vote Yes with the same chance t.

Owen's multilinear extension (1972): the integral of that chance over t is the Shapley-Shubik index, its value at 1/2
the Banzhaf index. The sum of the others is found by adding voters one by one, or, for thousands, two halves by FFT; one
voter is then taken out again by division of the generating function. Arrays are games x ..., on NumPy or CuPy.
"""

from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.spread.backend import NUMPY, Backend

Floats = NDArray[np.float64]
EPSILON = float(np.finfo(np.float64).eps)
# Up to this many voters are added one by one; above it two halves are joined by FFT.
ONE_BY_ONE = 128
NODES_AT_ONCE = 8
# Quadrature: nodes per square root of effective parties, and half the window in standard deviations of the sum.
NODES, WINDOW = 4.0, 8.0
# Far from the ends of 0 to 1 the nodes lie evenly in the window; near them they are as dense as they must be.
NEAR_AN_END = 0.05


@dataclass(frozen=True, slots=True)
class Nodes:
    """Chances t, at most 1/2, with their weights in the integral; mirrored: each stands for 1 - t as well."""

    chances: Any
    shares: Any
    mirrored: bool


def nodes_for(weights: NDArray[np.int64], quota: int, factor: float) -> Nodes:
    """Gauss-Legendre nodes where somebody can decide, in the game or its dual.

    At t the sum of Yes has mean t and spreads like sqrt(t (1 - t)), as the distance of the nodes does: their number
    follows the number of effective parties beside the largest.
    """
    total = float(weights.sum())
    shares = np.sort(weights) / total
    largest, rest = float(shares[-1]), shares[:-1]
    middle = min(quota / total, 1 - (quota - 1) / total)
    spread = WINDOW / 2 * float(np.sqrt((shares**2).sum()))
    start = max(0.0, (middle - largest) / (1 - largest + EPSILON) - spread)
    end = min(1.0, max(middle, middle / (1 - largest + EPSILON)) + spread)
    mirrored = end > 0.5
    if mirrored:
        start = min(start, 1 - end)
        end = 1 - start
    steepest = min(start * (1 - start), end * (1 - end), 0.25) if start > NEAR_AN_END else 0.25
    effective = float(rest.sum() ** 2 / (rest**2).sum()) if rest.any() else 1.0
    count = ceil(factor * (end - start) / (2 * sqrt(steepest)) * sqrt(effective))
    return gauss_legendre(min(max(8, count), (len(weights) + 1) // 2), start, end, mirrored)


def gauss_legendre(least: int, start: float, end: float, mirrored: bool) -> Nodes:
    """At least so many nodes from start to end; mirrored: only those below 1/2."""
    count = least + least % 2  # even: at 1/2 itself the division by a voter would need every step
    places, shares = np.polynomial.legendre.leggauss(count)
    chances, shares = (start + end) / 2 + (end - start) / 2 * places, shares * (end - start) / 2
    kept = count // 2 if mirrored else count
    return Nodes(chances[:kept], shares[:kept], mirrored)


def chance_to_decide(weights: NDArray[np.int64], quota: int, slack: int, nodes: Nodes) -> Floats:
    """Chance that each voter decides, summed over the nodes: [value, low, high] x voters, of one game.

    slack: by how much the sum of any voters may be wrong; low and high hold whatever it is. A few nodes are taken at a
    time, so that the sums stay in the cache.
    """
    ascending = np.sort(weights)[None]
    distinct, voters = np.unique(weights, return_inverse=True)
    found = np.zeros((3, len(distinct)))
    for start in range(0, len(nodes.chances), NODES_AT_ONCE):
        some = slice(start, start + NODES_AT_ONCE)
        part = Nodes(nodes.chances[some], nodes.shares[some], nodes.mirrored)
        found += decisive(ascending, np.array([quota]), distinct[None], part, slack=slack)[:, 0]
    return np.asarray(found[:, voters])


def decisive(
    weights: NDArray[np.int64],
    quotas: NDArray[np.int64],
    voters: NDArray[np.int64],
    nodes: Nodes,
    *,
    slack: int = 0,
    on: Backend = NUMPY,
) -> Any:
    """Chance that each voter decides, summed over the nodes: [value, low, high] x games x voters.

    weights: games x voters, ascending. quotas: games. voters: games x weights, each of a voter of that game, or 0. What
    decides how much is to be computed is known on the host, so that a device is asked for nothing before the end.
    """
    xp = on.xp
    totals = weights.sum(axis=-1)
    quotas = np.minimum(quotas, totals - quotas + 1)  # the dual game, who can stop, has the same indices
    highest = int((totals - quotas if nodes.mirrored else quotas).max())
    size = min(highest + slack + 1, int(totals.max()) + 1)
    chances, shares = on.array(nodes.chances), on.array(nodes.shares)
    sums = xp.moveaxis(_sums(weights, chances, size, on), 1, 2)
    # One step of the division reads one cache line.
    reached = xp.zeros(sums.shape)
    reached[...] = sums
    reached = xp.cumulative_sum(reached, axis=1)
    edges = _edges(totals, quotas, voters, slack, mirrored=nodes.mirrored).clip(max=size - 1)
    steps = _steps(edges, voters, nodes.chances)
    found = []
    for voter, many in enumerate(steps):
        weight = on.array(voters[:, voter, None])
        held = _at_most(reached, on.array(edges[voter]), weight, chances, many, xp)
        held = xp.reshape(held, (len(totals), -1, 2, 3 if slack else 1, len(nodes.chances)))
        # Values first: of one game and voter, low and high where the weights may be wrong.
        found.append(xp.sum(xp.sum((held[:, :, 0, ...] - held[:, :, 1, ...]) * shares, axis=-1), axis=1))
    told = xp.permute_dims(xp.stack(found), (2, 1, 0))
    return told if slack else xp.concat([told, told, told])


def _edges(
    totals: NDArray[np.int64], quotas: NDArray[np.int64], voters: NDArray[np.int64], slack: int, *, mirrored: bool
) -> NDArray[np.int64]:
    """Sums of the others between which each voter decides: voters x games x edges."""
    wider = np.array([0, -slack, slack] if slack else [0])
    weight = voters.T[:, :, None]
    # Decisive when win < sum of others <= lose; at 1 - t the same holds of what is missing to all others.
    lose = np.broadcast_to(quotas[None, :, None] - 1 + wider, (*weight.shape[:2], len(wider)))
    win = quotas[None, :, None] - 1 - weight - wider
    rest = totals[None, :, None] - weight
    edges = [lose, win, rest - win - 1, rest - lose - 1] if mirrored else [lose, win]
    return np.concatenate(edges, axis=-1)


def _steps(edges: NDArray[np.int64], voters: NDArray[np.int64], chances: Floats) -> list[int]:
    """How many steps the division by each voter takes: until nothing is left, or what is left is nothing."""
    most = (edges // np.maximum(voters.T[:, :, None], 1)).max(axis=(1, 2)) + 1
    largest = float((chances / (1 - chances)).max())
    if largest < 1:
        most = np.minimum(most, ceil(log(EPSILON) / log(largest)))
    return [int(step) for step in np.maximum(most, 1)]


def _at_most(reached: Any, sums: Any, weight: Any, chances: Any, steps: int, xp: Any) -> Any:
    """Chance that the others, without one voter, reach at most each of the sums: games x sums x nodes.

    Division of the generating function by (1 - t) + t x^weight: stable, because t / (1 - t) is at most one. Weights of
    zero need no division.
    """
    games, size, nodes = reached.shape
    ratios = chances / (1 - chances)
    places = sums[..., None] - weight[..., None] * xp.arange(steps)
    rows = xp.clip(places, 0, None) + (xp.arange(games) * size)[:, None, None]
    found = xp.take(xp.reshape(reached, (games * size, nodes)), xp.reshape(rows, (-1,)), axis=0)
    step = xp.asarray(xp.arange(steps), dtype=xp.float64)[:, None]
    powers = (1 - 2 * (step % 2)) * ratios**step / (1 - chances)
    first = xp.asarray(step == 0, dtype=xp.float64) + xp.zeros_like(powers)
    factors = xp.where(weight[..., None, None] > 0, powers, first)
    there = xp.asarray(places >= 0, dtype=xp.float64)[..., None]
    return xp.sum(xp.reshape(found, (*places.shape, nodes)) * there * factors, axis=2)


def _sums(weights: NDArray[np.int64], chances: Any, size: int, on: Backend) -> Any:
    """Chance of each sum of Yes votes below `size` when each voter says Yes with chance t: games x nodes x sums."""
    voters = weights.shape[-1]
    size = min(size, int(weights.sum(axis=-1).max()) + 1)
    if voters <= ONE_BY_ONE:
        return _sums_one_by_one(weights, chances, size, on)
    fft, half = on.xp.fft, voters // 2
    light, heavy = (_sums(part, chances, size, on) for part in (weights[:, :half], weights[:, half:]))
    length = _fast_length(light.shape[-1] + heavy.shape[-1] - 1)
    return fft.irfft(fft.rfft(light, n=length) * fft.rfft(heavy, n=length), n=length)[..., :size]


def _sums_one_by_one(weights: NDArray[np.int64], chances: Any, size: int, on: Backend) -> Any:
    xp, (games, voters) = on.xp, weights.shape
    ratios = (chances / (1 - chances))[:, None]
    sums = xp.zeros((games, chances.shape[0], size))
    sums[..., 0] = 1
    reached = 0
    for voter in range(voters):
        if games == 1:
            weight = int(weights[0, voter])
            below = min(reached, size - 1 - weight) + 1
            if below > 0:
                sums[..., weight : weight + below] += ratios * sums[..., :below]
                reached = weight + below - 1
        else:
            sums = sums + ratios * _shifted(sums, on.array(weights[:, voter]), xp)
    return sums * (1 - chances[:, None]) ** voters


def _shifted(sums: Any, weights: Any, xp: Any) -> Any:
    """The sums of each game moved up by that game's weight."""
    places = xp.arange(sums.shape[-1]) - weights[:, None]
    moved = xp.take_along_axis(sums, xp.clip(places, 0, None)[:, None, :], axis=-1)
    return moved * xp.asarray(places >= 0, dtype=xp.float64)[:, None, :]


def _fast_length(least: int) -> int:
    """A length that FFTs like: 1, 3, 5, 9 or 15 times a power of two."""
    return min(odd << (-(-least // odd) - 1).bit_length() for odd in (1, 3, 5, 9, 15))
