"""Voting power: validators by the integral, ten thousand delegators by FFT, against exact integers and powerindices."""

import importlib

import numpy as np

from analytics.power.indices import Game, PowerIndex, banzhaf, shapley_shubik, shapley_shubik_exact
from benchmarks import OURS, Case, Skip, Work

# powerindices counts sets of voters in 64 bits: right for 60 voters, wrong from 67 on.
FEW = 60


def validators(voters: int, total: int) -> Game:
    """Seeded weights as heavy-tailed as a validator set (lognormal, sigma 1.5), `total` in all, simple majority."""
    raw = np.random.default_rng(1).lognormal(0, 1.5, voters)
    weights = np.maximum(1, np.floor(raw / raw.sum() * total)).astype(int).tolist()
    weights[int(np.argmax(raw))] += total - sum(weights)
    return Game(tuple(weights), total // 2 + 1)


def numbers(power: PowerIndex) -> dict[str, float]:
    """What is compared with peers, and the error that is stated (a peer has none)."""
    return {"largest": float(power.value.max()), "median": float(np.median(power.value)), "stated": power.error}


def a_hundred(total: int) -> Work:
    """Shapley-Shubik by the integral."""
    game = validators(100, total)
    return lambda: numbers(shapley_shubik(game))


def a_hundred_exactly(total: int) -> Work:
    """The same game in Python integers: the lower bound of error."""
    game = validators(100, total)

    def work() -> dict[str, float]:
        values = [float(value) for value in shapley_shubik_exact(game)]
        return {"largest": max(values), "median": float(np.median(values))}

    return work


def few(total: int) -> Work:
    """Shapley-Shubik of as many voters as powerindices can count."""
    game = validators(FEW, total)
    return lambda: numbers(shapley_shubik(game))


def powerindices(total: int) -> Work:
    """PyPI's powerindices, dynamic programming in 64 bits."""
    try:
        peer = importlib.import_module("powerindices")
    except ImportError:
        raise Skip("powerindices is not installed (requirements-bench.txt)") from None
    game = validators(FEW, total)

    def work() -> dict[str, float]:
        values = [float(value) for value in peer.compute_ssi(game.quota, list(game.weights))]
        return {"largest": max(values), "median": float(np.median(values))}

    return work


def delegators(voters: int) -> Work:
    """Shapley-Shubik of thousands, rounded to a million units."""
    game = validators(voters, 10**18)
    return lambda: numbers(shapley_shubik(game))


def coins(voters: int) -> Work:
    """Banzhaf of thousands, rounded to a million units."""
    game = validators(voters, 10**18)
    return lambda: numbers(banzhaf(game))


CASES = (
    Case("Shapley-Shubik, 100 voters, total weight {:,}", OURS, a_hundred, sizes=(10_000, 100_000), limit=0.15),
    Case("Shapley-Shubik, 100 voters, total weight {:,}, against integers", OURS, a_hundred, sizes=(10_000,)),
    Case(
        "Shapley-Shubik, 100 voters, total weight {:,}, against integers",
        "exact integers",
        a_hundred_exactly,
        sizes=(10_000,),
    ),
    Case("Shapley-Shubik, 60 voters, total weight {:,}", OURS, few, sizes=(500, 2_000)),
    Case("Shapley-Shubik, 60 voters, total weight {:,}", "powerindices", powerindices, sizes=(500, 2_000), beat=5),
    Case("Shapley-Shubik, {:,} voters, total weight 1,000,000", OURS, delegators, sizes=(1_000, 10_000), limit=30),
    Case("Banzhaf, {:,} voters, total weight 1,000,000", OURS, coins, sizes=(1_000, 10_000), limit=30),
)
