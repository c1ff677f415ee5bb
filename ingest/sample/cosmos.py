"""Simulated Cosmos chains: one set of delegations, from which every reading of stake and every tally follows.

A delegation is a pair of places, of a delegator and of a validator; the account behind the validator at a place is the
delegator at the same place. Amounts are whole millionths of a token, so that they add up to the last base unit.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from analytics.decimals import ONE
from analytics.votes.tally import Validator
from ingest.cosmos.lcd import CosmosChain
from ingest.network import Network
from ingest.sample.draw import Floats, Row, Whole, address, dice, held, parties, wandered
from store.rows import observation
from store.spelling import ADDRESS

MILLION: Final = 10**6
VALIDATORS: Final = 100
DELEGATORS: Final = 20_000
# Validators that miss a block.
ABSENT: Final = 4
# Days that a vote takes.
VOTING: Final = 7
# A delegator is with one to this many validators.
MOST: Final = 3
# Standard deviations of the logs: of what validators hold, of what delegators hold, and of how these split it.
POPULARITY: Final = 1.3
WEALTH: Final = 2.4
SPLIT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Economy:
    """Whole tokens that are there, that are bonded, and that are minted in a day; inflation where it is told."""

    supply: int
    bonded: int
    minted: int
    quorum: float
    inflation: float | None = None


# What real chains showed in 2026, rounded, by chain id; any other is drawn in a usual size, with the SDK's own quorum.
ECONOMIES: Final[Mapping[str, Economy]] = {
    "akashnet-2": Economy(295_868_912, 88_500_000, 32_000, 0.2, inflation=0.04),
    "fetchhub-4": Economy(1_150_000_000, 480_000_000, 90_000, 0.334),
}
USUAL: Final = Economy(100_000_000, 50_000_000, 20_000, 0.334)


@dataclass(frozen=True, slots=True)
class Chain:
    """A Cosmos chain; token: base units of one, each called `unit`."""

    network: str
    prefix: str
    denom: str
    token: int
    economy: Economy

    @property
    def account(self) -> str:
        """How accounts are spelled."""
        return f"bech32:{self.prefix}"

    @property
    def operator(self) -> str:
        """How validators are spelled."""
        return f"bech32:{self.prefix}valoper"

    @property
    def unit(self) -> int:
        """Base units of a millionth of a token."""
        return self.token // MILLION


def chain_of(network: Network) -> Chain | None:
    """The chain that is simulated for a network; none where it is not of the Cosmos family."""
    if not isinstance(network.chain, CosmosChain):
        return None
    economy = ECONOMIES.get(network.chain.chain_id, USUAL)
    prefix = network.address.partition(":")[2]
    return Chain(network.name, prefix, network.unit, 10**network.decimals, economy)


@dataclass(frozen=True, slots=True)
class Logs:
    """Log sizes on the newest day, and the phases of the waves on which they wander."""

    newest: Floats
    phase: Floats

    def weights(self, back: int) -> Floats:
        """Sizes `back` days before the newest day, on any scale."""
        return np.exp(self.newest + wandered(self.phase, back) - wandered(self.phase, 0))


@dataclass(frozen=True, slots=True)
class Delegations:
    """Who is with whom, by place and in the order of the validators, and how much of it."""

    delegator: Whole
    validator: Whole
    logs: Logs


@cache
def _popularity(chain: Chain) -> Logs:
    """How much validators attract, the first the most."""
    random = dice(f"{chain.network} popularity")
    newest = np.sort(random.normal(0.0, POPULARITY, VALIDATORS))[::-1]
    return Logs(newest, random.uniform(0, 2 * np.pi, VALIDATORS))


@cache
def _delegations(chain: Chain) -> Delegations:
    """Each delegator chooses by popularity; the account behind a validator chooses that one first."""
    random = dice(f"{chain.network} delegations")
    attraction = _popularity(chain).weights(0)
    chosen = random.choice(VALIDATORS, (DELEGATORS, MOST), p=attraction / attraction.sum())
    chosen[:VALIDATORS, 0] = np.arange(VALIDATORS)
    counts = np.arange(MOST) < random.integers(1, MOST + 1, (DELEGATORS, 1))
    # Who chose a validator twice is with it once.
    validator, delegator = np.divmod(np.unique(chosen[counts] * DELEGATORS + np.nonzero(counts)[0]), DELEGATORS)
    wealth = random.normal(0.0, WEALTH, DELEGATORS)
    newest = wealth[delegator] + random.normal(0.0, SPLIT, len(delegator))
    return Delegations(delegator, validator, Logs(newest, random.uniform(0, 2 * np.pi, len(delegator))))


def _parts(total: int, weights: Floats) -> Whole:
    """A total in whole parts by weight: between the rounded ends of a running sum, so that nothing is lost."""
    running = np.cumsum(weights)
    ends: Whole = np.rint(running / running[-1] * total).astype(np.int64)
    return np.diff(ends, prepend=0)


def _bonded(chain: Chain, back: int) -> Whole:
    """Millionths of a token with each validator."""
    return _parts(chain.economy.bonded * MILLION, _popularity(chain).weights(back))


def _delegated(chain: Chain, back: int) -> Whole:
    """Millionths of a token of each delegation; those to a validator add up to what is bonded with it."""
    delegations = _delegations(chain)
    starts = np.searchsorted(delegations.validator, np.arange(1, VALIDATORS))
    of_each = np.split(delegations.logs.weights(back), starts)
    return np.concatenate(
        [_parts(int(total), weights) for total, weights in zip(_bonded(chain, back), of_each, strict=True)]
    )


def validators(chain: Chain, back: int) -> pl.DataFrame:
    """Base units bonded with each validator."""
    return held("validators", parties(ADDRESS, chain.operator, VALIDATORS), _bonded(chain, back), unit=chain.unit)


def consensus(chain: Chain, back: int) -> pl.DataFrame:
    """Whole tokens bonded with each validator."""
    return held("validators", parties(ADDRESS, chain.operator, VALIDATORS), _bonded(chain, back) // MILLION, unit=1)


def delegators(chain: Chain, back: int) -> pl.DataFrame:
    """Base units of each delegator over all validators; on the newest day behind each validator too."""
    delegations, amounts = _delegations(chain), _delegated(chain, back)
    everybody = parties(ADDRESS, chain.account, DELEGATORS)
    sums = np.zeros(DELEGATORS, np.int64)
    np.add.at(sums, delegations.delegator, amounts)
    over_all = held("delegators", everybody, sums, unit=chain.unit)
    if back:
        return over_all
    behind = held("", everybody.gather(delegations.delegator), amounts, unit=chain.unit)
    operators = parties(ADDRESS, chain.operator, VALIDATORS).gather(delegations.validator)
    return pl.concat([over_all, behind.with_columns(population="delegators@" + operators)])


def emission(chain: Chain, back: int) -> pl.DataFrame:
    """Base units minted in a day: three tenths to stakers, by validator in proportion to their stake."""
    stakers = chain.economy.minted * MILLION * 3 // 10
    pool = np.array([chain.economy.minted * MILLION - stakers])
    return pl.concat(
        [
            held(
                "stakers",
                parties(ADDRESS, chain.operator, VALIDATORS),
                _parts(stakers, _bonded(chain, back).astype(np.float64)),
                unit=chain.unit,
            ),
            # An account that delegates nothing.
            held("pool", pl.Series([address(chain.account, DELEGATORS)]), pool, unit=chain.unit),
        ]
    )


def stake(chain: Chain, back: int, voters: Collection[int]) -> tuple[dict[str, Validator], list[tuple[str, str, int]]]:
    """All validators, and the delegations of those who vote (by place): what a tally needs."""
    delegations, amounts = _delegations(chain), _delegated(chain, back)
    tokens = [int(parts) * chain.unit for parts in _bonded(chain, back)]
    voting = np.flatnonzero(np.isin(delegations.delegator, list(voters)))
    return (
        {address(chain.operator, place): Validator(amount, amount * ONE) for place, amount in enumerate(tokens)},
        [
            (
                address(chain.account, int(delegations.delegator[pair])),
                address(chain.operator, int(delegations.validator[pair])),
                int(amounts[pair]) * chain.unit * ONE,
            )
            for pair in voting
        ],
    )


def economy(chain: Chain, time: datetime) -> list[Row]:
    """Supply, bonded tokens and inflation."""
    told = chain.economy
    rows = [
        observation("supply", time, told.supply * chain.token, chain.denom),
        observation("bonded", time, told.bonded * chain.token, chain.denom),
    ]
    return rows if told.inflation is None else [*rows, observation("inflation", time, told.inflation, "ratio")]


def parameters(chain: Chain, time: datetime) -> list[Row]:
    """What a vote needs and how long it takes, what faults cost: as in the SDK."""
    told = {
        "gov": (("quorum", chain.economy.quorum), ("threshold", 0.5), ("veto_threshold", 0.334)),
        "slashing": (("slash_fraction_downtime", 0.01), ("slash_fraction_double_sign", 0.05)),
    }
    shares = [
        observation(name, time, value, "ratio", subject=module) for module, rows in told.items() for name, value in rows
    ]
    return [*shares, observation("voting_period", time, VOTING * 86_400, "s", subject="gov")]


def signing(chain: Chain, time: datetime) -> list[Row]:
    """Who did not sign the block before: some of the smaller validators."""
    tokens = _bonded(chain, 0)
    absent = dice(f"{chain.network} absent").choice(np.arange(VALIDATORS // 4, VALIDATORS), ABSENT, replace=False)
    share = 1 - int(tokens[absent].sum()) / int(tokens.sum())
    away = [
        observation(
            "absent", time, int(tokens[place]) * chain.unit, chain.denom, subject=address(chain.operator, place)
        )
        for place in absent.tolist()
    ]
    return [observation("signing_share", time, share, "ratio"), *away]


def names(chain: Chain, time: datetime) -> list[Row]:
    """Names of validators; two share a website, four of five such pairs an identity too: they claim one operator."""
    rows = []
    for place in range(VALIDATORS):
        subject = address(chain.operator, place)
        rows.append(observation("moniker", time, f"Sample validator {place + 1}", "", subject=subject))
        pair = place // 2
        rows.append(observation("website", time, f"https://operator{pair}.example", "", subject=subject))
        if pair % 5:
            rows.append(observation("identity", time, f"{pair:016X}", "", subject=subject))
    return rows


def keyholders(chain: Chain, time: datetime) -> list[Row]:
    """What stands behind the keys: keys alone, on a chain that lets nobody else mint."""
    rows = [observation("account", time, "key", "", subject=address(chain.account, place)) for place in (0, 1)]
    return [*rows, observation("token_factory", time, "absent", "", subject=chain.denom)]


def feeders(chain: Chain, time: datetime) -> list[Row]:
    """One contract makes a price."""
    rows = [observation(name, time, 1, "count") for name in ("oracle_needed", "oracle_needed_to_stop")]
    rows.append(observation("account", time, "contract", "", subject=address(chain.account, 0)))
    return [*rows, observation("max_price_staleness_period", time, 3_600, "s", subject="oracle")]


# What follows from the delegations, by reading; days between two snapshots of their history.
HOLDINGS: Final[Mapping[str, tuple[Callable[[Chain, int], pl.DataFrame], int]]] = {
    "validators": (validators, 1),
    "consensus": (consensus, 15),
    "delegators": (delegators, 30),
    "emission": (emission, 1),
}
# What a chain tells of itself, by reading; days between two snapshots, 0 for the newest day alone.
TOLD: Final[Mapping[str, tuple[Callable[[Chain, datetime], list[Row]], int]]] = {
    "economy": (economy, 30),
    "parameters": (parameters, 30),
    "names": (names, 0),
    "signing": (signing, 0),
    "control_state": (keyholders, 0),
    "oracle_feeders": (feeders, 0),
}
