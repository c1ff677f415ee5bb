"""How often a voter decides, if nothing is known about how people vote: Shapley-Shubik and Banzhaf, "a priori".

A weighted game [quota; weights] is won by every set of voters whose weights reach the quota. A voter is decisive for a
set of others that loses without the voter and wins with it. Banzhaf: the chance of that when each other voter flips a
fair coin. Shapley-Shubik: when all lean towards Yes with one common, unknown chance t, uniform between 0 and 1 (which
is the same as being the pivot of a random queue). Neither is influence: real voters do not flip coins.

Three ways, chosen by `shapley_shubik` and `banzhaf`:

* exact: generating function in Python integers, for games with few different sums;
* the multilinear extension (Owen 1972): integral over t of the chance to be decisive, by Gauss-Legendre nodes, the sum
  of the others by dynamic programming. It is a polynomial in t of degree n - 1, so ceil(n / 2) nodes are exact, and
  fewer are enough when few parties weigh most;
* the same with divide and conquer by FFT, for thousands of voters.

Weights of 10^27 base units are first rounded to `units`; `low` and `high` then hold for the game that was asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, gcd, log, sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.power.multilinear import (
    EPSILON,
    NODES,
    ONE_BY_ONE,
    Floats,
    Nodes,
    chance_to_decide,
    decisive,
    gauss_legendre,
    nodes_for,
)
from analytics.spread.backend import NUMPY, Backend, backend

A_PRIORI = "a priori"
# Python-integer steps that the exact method may take; about one CPU-second.
EXACT_STEPS = 2_000_000
# Weights are rounded to this many units in all.
UNITS, UNITS_FOR_MANY, MANY = 100_000, 1_000_000, 500
# The sum of all Shapley values is one; its residual is the error that is reported, and above this more nodes are taken.
TOLERANCE = 1e-8
# A set of voters may be further from its true sum than allowed with at most this chance.
UNLIKELY = 1e-12
GPU_BYTES = 1 << 32


@dataclass(frozen=True, slots=True)
class Game:
    """Who weighs how much, and the weight that wins: a set wins when its sum is at least the quota."""

    weights: tuple[int, ...]
    quota: int

    def __post_init__(self) -> None:
        if any(weight < 0 for weight in self.weights):
            raise ValueError(f"a voter has weight {min(self.weights)}")
        if not 0 < self.quota <= self.total:
            raise ValueError(f"a quota of {self.quota} cannot decide: all weights add up to {self.total}")

    @property
    def total(self) -> int:
        return sum(self.weights)


@dataclass(frozen=True, slots=True)
class PowerIndex:
    """One index over all voters, in the order of the weights.

    value: chance to be decisive. low, high: bounds for the game as asked, whatever the rounding. error: what the
    arithmetic may add. units: total weight after rounding, or None where nothing was rounded.
    """

    index: str
    value: Floats
    low: Floats
    high: Floats
    error: float
    units: int | None
    method: str
    kind: str = A_PRIORI

    @property
    def share(self) -> Floats:
        """Part of all decisive moments that is each voter's."""
        return np.asarray(self.value / self.value.sum(), dtype=np.float64)

    @property
    def tail(self) -> NDArray[np.bool_]:
        """Voters too small for the rounding: of them only "< high" is known."""
        return np.asarray((self.low < self.high / 2) & (self.high > 0), dtype=np.bool_)

    def text(self, voter: int) -> str:
        """The index of one voter in percent, or "< x" where the rounding hides it."""
        if self.tail[voter]:
            return f"< {max(ceil(self.high[voter] * 10_000), 1) / 100:.2f} %"
        return f"{100 * self.value[voter]:.2f} %"


def shapley_shubik(game: Game, units: int | None = None) -> PowerIndex:
    """How often each voter is the pivot of a random queue."""
    if exact_steps(game) <= EXACT_STEPS:
        return _exactly("Shapley-Shubik", [float(value) for value in shapley_shubik_exact(game)])
    return _shapley_shubik_of(_Rounded.of(game, units or _default_units(game)))


def banzhaf(game: Game, units: int | None = None) -> PowerIndex:
    """How often each voter decides when all others flip fair coins."""
    if exact_steps(game) <= EXACT_STEPS:
        others = 2 ** (len(game.weights) - 1)
        return _exactly("Banzhaf", [float(Fraction(swings, others)) for swings in banzhaf_swings(game)])
    rounded = _Rounded.of(game, units or _default_units(game))
    coin = Nodes(np.array([0.5]), np.array([1.0]), mirrored=False)
    found = chance_to_decide(rounded.weights, rounded.quota, rounded.slack, coin)
    smallest = int(rounded.weights[rounded.weights > 0].min())
    error = EPSILON * min(len(game.weights), 2 * ONE_BY_ONE) * (rounded.quota / smallest + 1)
    return _power("Banzhaf", rounded, found, error)


def shapley_shubik_many(
    weights: NDArray[np.int64], quotas: NDArray[np.int64], on: Backend | None = None, at_once: int | None = None
) -> Floats:
    """Shapley-Shubik values of many games at once (days x merge scenarios): games x voters.

    weights: games x voters, small whole numbers (`rounded`), zeros where a game has fewer voters. quotas: one a
    game. at_once: games in one step; one is best on a CPU, as many as GPU_BYTES hold on a GPU. The same values as one
    by one, to 1e-12; whatever other games there are changes nothing.
    """
    on = on or backend()
    totals = weights.sum(axis=-1)
    if (weights < 0).any() or (quotas <= 0).any() or (quotas > totals).any():
        raise ValueError("a weight is negative, or a quota is not between one and the total")
    values = np.empty(weights.shape)
    counts = _node_counts(weights)
    for count in np.unique(counts).tolist():
        nodes = gauss_legendre(count, 0.0, 1.0, mirrored=True)
        alike = np.flatnonzero(counts == count)
        step = at_once or _games_at_once(on, count, int(totals[alike].max()))
        for start in range(0, len(alike), step):
            some = alike[start : start + step]
            values[some] = on.host(decisive(weights[some], quotas[some], weights[some], nodes, on=on)[0, ...])
    return values


def _node_counts(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many nodes each game needs by its own weights, in steps of eight."""
    largest = weights.max(axis=-1)
    rest = np.maximum((weights**2).sum(axis=-1) - largest**2, 1)
    effective = (weights.sum(axis=-1) - largest) ** 2 / rest
    exact = (np.count_nonzero(weights, axis=-1) + 1) // 2
    wanted = np.minimum(np.maximum(np.ceil(NODES * np.sqrt(effective)), 8), exact)
    counts: NDArray[np.int64] = (-(-wanted // 8) * 8).astype(np.int64)
    return counts


def _games_at_once(on: Backend, nodes: int, total: int) -> int:
    return 1 if on.name == NUMPY.name else max(1, GPU_BYTES // (32 * nodes * total))


def rounded(game: Game, units: int) -> tuple[NDArray[np.int64], int]:
    """The weights of a game in so many units in all, and its quota in them."""
    found = _Rounded.of(game, units)
    return found.weights, found.quota


def _exactly(index: str, values: list[float]) -> PowerIndex:
    value = np.array(values)
    return PowerIndex(index, value, value, value, EPSILON, None, "exact integers")


def _default_units(game: Game) -> int:
    return UNITS_FOR_MANY if len(game.weights) > MANY else UNITS


# --- exact -----------------------------------------------------------------------------------------------------------


def exact_steps(game: Game) -> int:
    """How many integer steps the exact method needs at most: the voters times the different sums below the quota."""
    game = _reduced(game)
    voters = len(game.weights)
    sums = min(game.quota, 1 << voters)
    return (voters + len(set(game.weights))) * sums * ceil((voters + 1) ** 2 / 1000)


def banzhaf_swings(game: Game) -> list[int]:
    """For each voter the number of sets of others that win with the voter only."""
    swings = _swings_by_size(_reduced(game))
    idle = game.weights.count(0)  # each may be in or out of every set
    return [sum(next(swings)) << idle if weight else 0 for weight in game.weights]


def shapley_shubik_exact(game: Game) -> list[Fraction]:
    """For each voter the exact part of all queues in which the voter is the pivot."""
    swings = _swings_by_size(_reduced(game))
    return [_pivots(next(swings)) if weight else Fraction(0) for weight in game.weights]


def _pivots(sizes: list[int]) -> Fraction:
    """Part of all queues: a set of k others stands before the voter in k! (n - 1 - k)! of n! queues."""
    voters = len(sizes)
    return sum((Fraction(sets, voters * comb(voters - 1, size)) for size, sets in enumerate(sizes)), Fraction(0))


def _reduced(game: Game) -> Game:
    """The same game without idle voters, in the smallest whole numbers; who wins alone weighs the quota."""
    weights = [weight for weight in game.weights if weight]
    divisor = gcd(*weights)
    quota = -(-game.quota // divisor)
    return Game(tuple(min(weight // divisor, quota) for weight in weights), quota)


def _swings_by_size(game: Game) -> Iterator[list[int]]:
    """For each voter, for each size of the set of others, the number of sets that win with the voter only."""
    slot = len(game.weights) + 1  # bits that hold the number of sets of one size: at most 2^n
    table = _losing_sets(game, slot)
    swings: dict[int, list[int]] = {}
    for weight in set(game.weights):
        packed = sum(sets for total, sets in _without(table, weight, slot) if total >= game.quota - weight)
        swings[weight] = [packed >> (size * slot) & ((1 << slot) - 1) for size in range(len(game.weights))]
    return (swings[weight] for weight in game.weights)


def _losing_sets(game: Game, slot: int) -> dict[int, int]:
    """Losing sets of voters by their sum; one integer holds their number for each size, `slot` bits apart."""
    table = {0: 1}
    for weight in sorted(game.weights):
        for total, sets in list(table.items()):
            if total + weight < game.quota:
                table[total + weight] = table.get(total + weight, 0) + (sets << slot)
    return dict(sorted(table.items()))


def _without(table: dict[int, int], weight: int, slot: int) -> Iterator[tuple[int, int]]:
    """The table as if one voter of this weight did not exist: polynomial division by 1 + y x^weight."""
    others: dict[int, int] = {}
    for total, sets in table.items():
        others[total] = sets - (others.get(total - weight, 0) << slot)
        yield total, others[total]


# --- rounding --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rounded:
    """A game in at most `units` whole units, and how far a coalition can be from its true sum."""

    weights: NDArray[np.int64]
    quota: int
    slack: int
    idle: NDArray[np.bool_]

    @classmethod
    def of(cls, game: Game, units: int) -> "_Rounded":
        """Largest remainders: all units are given, so a coalition errs by at most half of all rounding."""
        total = game.total
        idle = np.array([weight == 0 for weight in game.weights])
        if total <= units:
            return cls(np.array(game.weights, dtype=np.int64), game.quota, 0, idle)
        floors = [weight * units // total for weight in game.weights]
        rests = [weight * units % total / total for weight in game.weights]
        for voter in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[: units - sum(floors)]:
            floors[voter] += 1
            rests[voter] -= 1
        surely = sum(map(abs, rests)) / 2
        likely = sqrt(log(2 / UNLIKELY) / 2 * sum(rest * rest for rest in rests))  # Hoeffding, independent voters
        quota = -(-game.quota * units // total)
        return cls(np.array(floors, dtype=np.int64), quota, ceil(min(surely, likely)) + 3, idle)


def _power(index: str, rounded: _Rounded, found: Floats, error: float) -> PowerIndex:
    value, low, high = found
    spread = error + (UNLIKELY if rounded.slack else 0.0)
    low, high = np.clip(low - spread, 0, 1), np.where(rounded.idle, 0.0, np.clip(high + spread, 0, 1))
    units = int(rounded.weights.sum()) if rounded.slack else None
    method = "multilinear extension" + (", FFT" if len(rounded.weights) > ONE_BY_ONE else "")
    return PowerIndex(index, value, low, high, error, units, method)


def _shapley_shubik_of(rounded: _Rounded) -> PowerIndex:
    """Integrate with as many nodes as the game needs; the values must add up to one."""
    factor = NODES
    while True:
        nodes = nodes_for(rounded.weights, rounded.quota, factor)
        found = chance_to_decide(rounded.weights, rounded.quota, rounded.slack, nodes)
        error = abs(float(found[0].sum()) - 1) + EPSILON * len(rounded.weights)
        if error <= TOLERANCE or factor > 8 * NODES:
            return _power("Shapley-Shubik", rounded, found, error)
        factor *= 2
