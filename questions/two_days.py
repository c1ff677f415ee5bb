"""One metric at two days side by side, and whether the two can be compared: only what was counted alike.

Nothing is ever read between two readings: a day without one is told by the nearest that there is.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from questions.words import day as written
from questions.words import listed, several, share

SERIES: Final = ("network", "title", "column", "reading", "population", "metric", "grouping")
# What is told of each of the two readings; the second's end in `_then`.
TOLD: Final = (
    "value", "time", "chain_id", "height", "hash", "endpoint", "simulated", "n", "coverage",
    "method_version", "read_as", "labels_version",
)  # fmt: skip
# From this part of the chain's own total on, all of it was read.
CENSUS: Final = 0.9999


def two_days(rows: pl.DataFrame, first: date, second: date) -> pl.DataFrame:
    """Each series at both days: TOLD of the reading nearest to the first and to the second (ending in `_then`).

    rows: of questions.history, with the column of the scorecard in which a series stands. change: the second value less
    the first, null where they are not compared; why: why not, empty where they are; apart: which day has no reading.
    """
    both = _nearest(rows, first).join(
        _nearest(rows, second), on=SERIES[:-1], how="inner", suffix="_then", maintain_order="left", nulls_equal=True
    )
    found = [(_why(row, first, second), _apart(row, first, second)) for row in both.iter_rows(named=True)]
    why, apart = (pl.Series([one[place] for one in found], dtype=pl.String) for place in (0, 1))
    change = pl.when(pl.col("why") == "").then(pl.col("value_then") - pl.col("value"))
    return both.with_columns(why=why, apart=apart).with_columns(change=change)


def _nearest(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """Of each series the reading nearest to a day, the last one of that day; of two as near the earlier."""
    of = pl.col("time").dt.date()
    near = rows.with_columns(off=(of - pl.lit(day)).abs(), of=of).sort(
        "off", "of", "time", descending=[False, False, True]
    )
    first = near.group_by(SERIES[:-1], maintain_order=True).first()
    order = rows.select(SERIES[:-1]).unique(maintain_order=True)
    found = order.join(first, on=SERIES[:-1], how="left", maintain_order="left", nulls_equal=True)
    return found.select(*SERIES, *TOLD)


def _apart(row: Mapping[str, Any], first: date, second: date) -> str:
    """Which of the days has no reading, and which reading is told in its place, as sentences."""
    told = []
    for asked, end in ((first, ""), (second, "_then")):
        read = row[f"time{end}"].date()
        if read != asked:
            off = several(abs((read - asked).days), "day")
            side = "later" if read > asked else "earlier"
            told.append(f"No reading on {written(asked)}: nearest {off} {side}.")
    return " ".join(told)


def _why(row: Mapping[str, Any], first: date, second: date) -> str:
    """Why two readings are not compared; empty where they are."""
    if (row["chain_id"], row["height"]) == (row["chain_id_then"], row["height_then"]):
        return "the same reading is the nearest to both days" if first != second else "both days are the same"
    return listed([*_undefined(row), *_unlike(row)])


def _undefined(row: Mapping[str, Any]) -> Iterator[str]:
    """At which of the two there is no value, and why."""
    for end, which in (("", "first"), ("_then", "second")):
        if row[f"value{end}"] is None:
            partly = row[f"coverage{end}"] is not None and row[f"coverage{end}"] < 1
            yield f"not defined at the {which}: {'read in part' if partly else 'too few parties'}"


def _unlike(row: Mapping[str, Any]) -> Iterator[str]:
    """In what two readings differ beside the parties themselves."""
    if row["chain_id"] != row["chain_id_then"]:
        yield f"another chain ({row['chain_id']}, then {row['chain_id_then']})"
    if row["method_version"] != row["method_version_then"]:
        yield f"another method of counting ({row['method_version']}, then {row['method_version_then']})"
    if row["read_as"] != row["read_as_then"]:
        yield "another method of reading"
    if (row["grouping"], row["labels_version"]) != (row["grouping_then"], row["labels_version_then"]):
        yield "other labels"
    before, after = (_part(row[f"coverage{end}"]) for end in ("", "_then"))
    if before != after:
        yield f"another part was read ({before}, then {after})"


def _part(coverage: float | None) -> str:
    """How much was read: all of it, so many whole per cent, or not told by the chain."""
    if coverage is None:
        return "no total to compare with"
    return "all" if coverage >= CENSUS else share(round(coverage, 2))
