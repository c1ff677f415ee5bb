"""Every day of a population under scenarios, resampled: the heavy work that a sweep puts beside the metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Final

import numpy as np
import polars as pl

from analytics.power.indices import Game, rounded, shapley_shubik_many
from analytics.spread import bootstrap
from analytics.spread.batches import Floats, Ints, Threshold
from analytics.spread.bootstrap import AS_IT_IS, Change, capped, low_turnout, resampled, without_largest
from analytics.spread.groups import Groups
from publish.concentration import method_version
from questions.resampled import POWER, SWEPT
from questions.scenario import QUESTIONS
from store.draft import Distributions

REPLICATES: Final = 1000
# The scenarios of the page What if, at their usual number.
_CHANGES: Final[Mapping[str, Callable[[float], Change]]] = {
    "cap": lambda number: capped(Fraction(str(number)) / 100),
    "remove": lambda number: without_largest(int(number)),
    "turnout": lambda number: low_turnout(Fraction(str(number)) / 100),
}
SCENARIOS: Final[Mapping[tuple[str, float], Change]] = {
    ("", 0.0): AS_IT_IS,
    **{(kind, QUESTIONS[kind].usual): _CHANGES[kind](QUESTIONS[kind].usual) for kind in SWEPT},
}
# How often the largest party decides by more than half if nothing is known of how anybody votes, and how many parties
# that decide equally often would do so: Shapley-Shubik, of weights in so many units, of as many voters at most.
DECIDES: Final = tuple(POWER)
MAJORITY: Final = Threshold(1, 2, strict=True)
UNITS: Final = 10_000
MOST_VOTERS: Final = 200

SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "chain_id", "reading"), pl.String()),
        "height": pl.Int64(),
        **dict.fromkeys(("sha256", "population", "grouping", "scenario"), pl.String()),
        "number": pl.Float64(),
        "metric": pl.String(),
        **dict.fromkeys(("value", "low", "high", "tail"), pl.Float64()),
        "replicates": pl.Int32(),
        **dict.fromkeys(("method_version", "labels_version", "backend"), pl.String()),
    }
)


@dataclass(frozen=True, slots=True)
class Day:
    """One population at one block, by what readers know it by, and the hash of what landed of it."""

    network: str
    chain_id: str
    reading: str
    height: int
    population: str
    sha256: str

    @property
    def seed(self) -> int:
        """Of its draws: the same wherever they are made."""
        told = f"{self.network} {self.chain_id} {self.reading} {self.height} {self.population}"
        return int.from_bytes(sha256(told.encode()).digest()[:8], "little")


def version() -> str:
    """Names the formulas, the scenarios, the draws and how many there are."""
    scenarios = " ".join(f"{kind} {number:g}" for kind, number in SCENARIOS)
    told = (method_version([MAJORITY]), bootstrap.VERSION, REPLICATES, scenarios, *DECIDES, UNITS, MOST_VOTERS)
    return sha256("\n".join(map(str, told)).encode()).hexdigest()[:12]


def rows(groups: Distributions, days: Mapping[int, Day]) -> pl.DataFrame:
    """Metrics of some distributions under every scenario, with their ends: rows of the table `sweep`.

    days: by the place of a distribution what it is; others are left out. No row depends on what else is asked for.
    """
    slices = [groups.amounts[groups.offsets[place] : groups.offsets[place + 1]] for place in days]
    if not slices:
        return pl.DataFrame(schema=SCHEMA)
    of = Groups(np.concatenate(slices), np.cumsum([0, *map(len, slices)]))
    seeds = [day.seed for day in days.values()]
    found = resampled(of, seeds, changes=list(SCENARIOS.values()), replicates=REPLICATES)
    power = decides(found.held)
    nothing = np.full(power.shape, np.nan)
    columns = {"value": (found.value, power), "low": (found.low, nothing), "high": (found.high, nothing)}
    told = {name: np.concatenate(both, axis=-1).reshape(-1) for name, both in columns.items()}
    names, each = (*found.names, *DECIDES), len(SCENARIOS) * (len(found.names) + len(DECIDES))
    known = pl.DataFrame(
        {name: [getattr(day, name) for day in days.values() for _ in range(each)] for name in Day.__slots__}
    )
    return known.with_columns(
        scenario=pl.Series([kind for _ in days for kind, _ in SCENARIOS for _ in names]),
        number=pl.Series([number for _ in days for _, number in SCENARIOS for _ in names]),
        metric=pl.Series([*names] * (len(days) * len(SCENARIOS))),
        grouping=pl.lit(groups.grouping),
        **{name: pl.Series(values, nan_to_null=True) for name, values in told.items()},
        tail=pl.Series(np.repeat(found.tail, each), nan_to_null=True),
        replicates=pl.lit(REPLICATES, pl.Int32),
        method_version=pl.lit(version()),
        labels_version=pl.Series([groups.labels[int(groups.snapshot[place])] for place in days for _ in range(each)]),
        backend=pl.lit(found.backend),
    ).select(*SCHEMA)


def decides(held: Sequence[Sequence[Ints]]) -> Floats:
    """Groups x changes: how often the largest decides, and how many would do so equally often; NaN where undefined."""
    found = np.full((len(held), len(SCENARIOS), len(DECIDES)), np.nan)
    games: dict[int, list[tuple[tuple[int, int], Ints, int]]] = {}
    for group, changed in enumerate(held):
        for change, amounts in enumerate(changed):
            weights = tuple(np.sort(amounts[amounts > 0]).tolist())
            if 0 < len(weights) <= MOST_VOTERS:
                game = rounded(Game(weights, MAJORITY.need(sum(weights))), UNITS)
                games.setdefault(len(weights), []).append(((group, change), *game))
    for alike in games.values():
        shares, quotas = np.array([one[1] for one in alike]), np.array([one[2] for one in alike])
        for (place, _, _), value in zip(alike, shapley_shubik_many(np.sort(shares, axis=-1), quotas), strict=True):
            found[place] = (value.max(), value.sum() ** 2 / (value**2).sum())
    return found
