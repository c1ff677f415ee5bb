"""How a number changed from day to day, for every network that has it, with the days on which the method changed."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from questions.populations import Population
from store.mart import Mart

# What stands on a curve where its method changed; events have numbers.
CHANGED: Final = "m"

# By number: of a mart's metrics, which are many, only those of the wanted snapshots and populations are looked at.
_TOLD: Final = """
    WITH series AS (
        SELECT split_part(name, ' ', 1) AS network, split_part(name, ' ', 2) AS reading,
               name[length(network) + length(reading) + 3:] AS population
        FROM (SELECT DISTINCT unnest(?3::VARCHAR[]) AS name)
    ),
    wanted AS MATERIALIZED (
        SELECT s.id AS snapshot, p.id AS population, p.name
        FROM series x JOIN snapshot s USING (network, reading) JOIN population p ON p.name = x.population
    ),
    told AS (
        SELECT m.*, x.name FROM metric m JOIN wanted x USING (snapshot, population)
        WHERE m.metric = ?1 AND may_tell(m.grouping, ?2)
        QUALIFY row_number() OVER (
            PARTITION BY m.snapshot, m.population
            ORDER BY precedence(m.grouping, ?2, m.labels_version, m.method_version) DESC
        ) = 1
    )
"""
_HISTORY: Final = f"""
    {_TOLD}
    SELECT s.network, coalesce(w.title, s.network) AS title, coalesce(w.stack, '') AS stack, s.measure, s.reading,
           m.name AS population, s.time, s.chain_id, s.height, s.hash, s.endpoint, s.simulated,
           m.metric, m.value, m.low, m.high, m.method_version, s.method AS read_as, m.grouping, m.labels_version,
           d.n, d.coverage
    FROM told m
    JOIN snapshot s ON s.id = m.snapshot
    JOIN distribution d ON d.snapshot = m.snapshot AND d.population = m.population AND d.grouping = 'address'
    LEFT JOIN network w ON w.name = s.network
    ORDER BY s.network, s.reading, m.name, s.time
"""
_VALUES: Final = f"""
    {_TOLD}
    SELECT s.network, s.reading, m.name AS population, m.snapshot, m.population AS population_id, s.time, m.value,
           m.low, m.high
    FROM told m JOIN snapshot s ON s.id = m.snapshot
"""


# What a change over a week needs; below it curves are dots.
WEEK: Final = 7

_DAYS: Final = """
    SELECT coalesce(max(days), 0) AS days FROM (
        SELECT count(DISTINCT time::DATE) AS days FROM snapshot
        WHERE kind = 'holdings' AND NOT simulated
        GROUP BY network, reading
    )
"""


def days_read(mart: Mart) -> int:
    """On how many days the reading with the longest history was read; none of what is simulated."""
    return int(mart.table(_DAYS)["days"][0])


def history(mart: Mart, metric: str, grouping: str, series: list[str]) -> pl.DataFrame:
    """One metric of some populations over time: network, title, population, time, value, n, coverage, block, version.

    series: "network reading population" of each.
    """
    return mart.table(_HISTORY, metric, grouping, series)


def values(mart: Mart, metric: str, grouping: str, series: list[str]) -> pl.DataFrame:
    """The same without what it is read from, in no order: network, reading, population, snapshot, population_id, time,
    value, low, high.
    """
    return mart.table(_VALUES, metric, grouping, series)


def in_columns(rows: pl.DataFrame, known: Sequence[Population], first: str) -> pl.DataFrame:
    """A history with the column of the scorecard in which each series stands; those of the first column come first."""
    stands = pl.DataFrame(
        [(one.network, one.reading, one.population, one.in_column) for one in known],
        schema=["network", "reading", "population", "column"],
        orient="row",
    )
    other = pl.col("column") != first
    found = rows.join(stands, on=["network", "reading", "population"], how="inner", maintain_order="left")
    return found.sort(other, maintain_order=True)


def since(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """The last so many days of a history, counted from its newest row; all of it for 0."""
    return rows if not days else rows.filter(pl.col("time") >= pl.col("time").max() - pl.duration(days=days))


def within(events: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Events between the first and the last time of some rows."""
    return events.filter(pl.col("time").is_between(rows["time"].min(), rows["time"].max()))


def version_breaks(rows: pl.DataFrame) -> pl.DataFrame:
    """Days on which a series goes on under another version of its method: mark, time, network, title."""
    before = pl.col("method_version").shift().over("network", "reading", "population")
    changed = rows.filter(before.is_not_null() & (pl.col("method_version") != before))
    return changed.select(
        "time", "network", mark=pl.lit(CHANGED), title=pl.format("Method changed to {}", "method_version")
    )


def with_value(rows: pl.DataFrame) -> pl.DataFrame:
    """The series that have a value at all."""
    return rows.filter(pl.col("value").is_not_null().any().over("network", "reading", "population"))


def undefined(rows: pl.DataFrame) -> list[tuple[str, str]]:
    """The series without any value, each with its reason: title, why."""
    never = rows.filter(pl.col("value").is_null().all().over("network", "reading", "population"))
    # Of what was read in part, only metrics with certain bounds have a value; the others lack parties to compare.
    why = pl.when((pl.col("coverage") < 1).any()).then(pl.lit("read in part")).otherwise(pl.lit("too few parties"))
    reasons = never.group_by("title", "reading", "population", maintain_order=True).agg(why=why)
    return [(str(title), str(reason)) for title, reason in reasons.select("title", "why").iter_rows()]


def ends(rows: pl.DataFrame, days: int) -> tuple[float, float] | None:
    """The value of so many days before (of the nearest day, three off at most), for 0 the first, and the newest one.

    None where one lacks.
    """
    if not days:
        told = rows.drop_nulls("value").sort("time")
        return (float(told["value"][0]), float(told["value"][-1])) if told.height > 1 else None
    return next(iter(_ends(rows.with_columns(one=0), days, ["one"]).values()), None)


def changes(rows: pl.DataFrame, days: int, *series: str) -> dict[tuple[Any, ...], float]:
    """The newest less the other of many series, by the columns that name them; of those that have both."""
    return {key: newest - value for key, (value, newest) in _ends(rows, days, series).items()}


def _ends(rows: pl.DataFrame, days: int, series: Sequence[str]) -> dict[tuple[Any, ...], tuple[float, float]]:
    told = rows.drop_nulls("value").sort("time")
    if told.is_empty():
        return {}
    told = told.with_columns(newest=pl.col("value").last().over(series))
    gap = (pl.col("time") - pl.col("time").max().over(series) + pl.duration(days=days)).abs()
    near = told.with_columns(gap=gap).filter(pl.col("gap") <= pl.duration(days=3)).sort("gap", maintain_order=True)
    first = near.group_by(series, maintain_order=True).first()
    named = first.select(*series, "value", "newest").iter_rows()
    return {tuple(key): (value, newest) for *key, value, newest in named}


def events(mart: Mart) -> pl.DataFrame:
    """What happened to the networks, numbered in order of time (column mark), each by its own title (column called)."""
    return mart.table(
        """
        SELECT e.*, coalesce(n.title, e.network) AS called,
               row_number() OVER (ORDER BY e.time, e.rowid)::VARCHAR AS mark
        FROM event e LEFT JOIN network n ON n.name = e.network ORDER BY e.time, e.rowid
        """
    )
