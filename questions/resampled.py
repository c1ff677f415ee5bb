"""What sweeps have computed: how much the numbers of a day hang on a few parties, as it is and under a scenario."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from analytics.spread.bootstrap import FINITE_VARIANCE
from analytics.spread.metrics import METRICS
from questions.populations import Population
from store.mart import Mart

AS_IT_IS: Final = ""
# Scenarios that ask for no party; each is resampled at its usual number.
SWEPT: Final = ("cap", "remove", "turnout")
# What a sweep computes beside the metrics.
LARGEST_DECIDES: Final = "decides_1"
POWER: Final = {
    LARGEST_DECIDES: "How often the largest party decides",
    "deciding_parties": "Effective parties by how often each decides",
}
SERIES: Final = ("network", "reading", "population", "time")
BESIDE: Final = ("resampled_low", "resampled_high", "tail", "replicates", "resampled_by")
# Of a population that the grouping changes only what was computed under it; of others what is so under any.
_SWEPT: Final = """
    SELECT s.network, coalesce(n.title, s.network) AS title, s.reading, p.name AS population, s.time, s.height,
           s.chain_id, s.hash, w.grouping,
           w.scenario, w.number, w.metric, w.value, w.low AS resampled_low, w.high AS resampled_high, w.tail,
           w.replicates, w.method_version AS resampled_by
    FROM sweep w
    JOIN snapshot s ON s.id = w.snapshot
    JOIN population p ON p.id = w.population
    LEFT JOIN network n ON n.name = s.network
    LEFT JOIN distribution d ON d.snapshot = w.snapshot AND d.population = w.population AND d.grouping = ?1
    WHERE w.grouping = coalesce(d.grouping, 'address') AND {which}
    ORDER BY s.network, s.reading, p.name, s.time, w.metric, w.scenario
"""
_OF_SERIES: Final = _SWEPT.format(
    which="""
        w.metric = ?2 AND w.scenario = ''
        AND list_contains(?3::VARCHAR[], s.network || ' ' || s.reading || ' ' || p.name)
    """
)
_OF_POPULATION: Final = _SWEPT.format(
    which="""
        s.network = ?2 AND s.reading = ?3 AND p.name = ?4 AND (w.scenario = '' OR (w.scenario = ?5 AND w.number = ?6))
    """
)


@dataclass(frozen=True, slots=True)
class Told:
    """What readers are told of intervals: of how many resampled populations, by which method.

    heavy: networks of which the tail is so heavy that the ends are too near.
    """

    replicates: int
    method: str
    heavy: tuple[str, ...]


def history(mart: Mart, metric: str, grouping: str, series: list[str]) -> pl.DataFrame:
    """One metric of some populations as they are, day by day, with the ends between which 95 % of resampled ones lie.

    series: "network reading population" of each.
    """
    return mart.table(_OF_SERIES, grouping, metric, series)


def scenario(mart: Mart, population: Population, grouping: str, kind: str, number: float) -> pl.DataFrame:
    """Every metric of a population, as it is and under a scenario, day by day; none of a scenario that is not swept."""
    where = (population.network, population.reading, population.population)
    return mart.table(_OF_POPULATION, grouping, *where, kind, number)


def beside(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """A history with what was resampled at the same blocks (BESIDE), null where nothing was."""
    return rows.join(found.select(*SERIES, *BESIDE), on=SERIES, how="left", maintain_order="left")


def told(rows: pl.DataFrame) -> Told | None:
    """What there is to say of resampled series; None where nothing was resampled."""
    found = rows.drop_nulls("resampled_low")
    if found.is_empty():
        return None
    last = found.sort("time").group_by("network", "reading", "population", maintain_order=True).last()
    heavy = last.filter(pl.col("tail") <= FINITE_VARIANCE)["title"].unique().sort()
    return Told(last["replicates"][-1], last["resampled_by"][-1], tuple(heavy))


def curve(found: pl.DataFrame, metric: str, then: str) -> pl.DataFrame:
    """One metric day by day, a series as it is and one under the scenario, called `then`: the last in order."""
    title = pl.when(pl.col("scenario") == AS_IT_IS).then(pl.lit("As it is")).otherwise(pl.lit(then))
    return found.filter(metric=metric).with_columns(title=title, network=title).sort("scenario", "time")


def one_band(rows: pl.DataFrame) -> pl.DataFrame:
    """Series of which only the last keeps its ends: two bands over each other could not be told apart."""
    last = pl.col("title") == pl.col("title").last()
    return rows.with_columns(pl.when(last).then(pl.col("resampled_low", "resampled_high")))


def newest(found: pl.DataFrame) -> pl.DataFrame:
    """The newest day of a population and scenario: a row a metric, as it is and then, each with its ends."""
    last = found.filter(pl.col("time") == pl.col("time").max())
    now = last.filter(scenario=AS_IT_IS).select("metric", "value", "resampled_low", "resampled_high")
    then = last.filter(pl.col("scenario") != AS_IT_IS).select("metric", "value", "resampled_low", "resampled_high")
    order = pl.DataFrame({"metric": [*METRICS, *POWER]})
    both = now.join(then, on="metric", how="left", suffix="_then")
    return order.join(both, on="metric", how="inner", maintain_order="left")
