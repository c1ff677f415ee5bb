"""One metric at two days, in a sentence and in columns: both values, what changed, and why it is not compared."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from analytics.spread.metrics import METRICS
from store.columns import ABOUT
from ui import metrics, tables, words


def headline(rows: pl.DataFrame, metric: str, first: date, second: date) -> str:
    """What is compared, and of how many it can be said what changed."""
    compared = rows.filter(pl.col("why") == "").height
    told = f"{METRICS[metric].title} on {words.day(first)} and on {words.day(second)}"
    return f"{told}: {words.numeral(compared) if compared else 'none'} of {words.count(rows.height)} can be compared"


def shown(rows: pl.DataFrame, metric: str) -> pl.DataFrame:
    """The rows with what readers call each measure, the change in points where it is one of a share, and the notes."""
    why = pl.when(pl.col("why") != "").then(pl.format("Not compared: {}.", "why")).otherwise(pl.lit(""))
    return rows.with_columns(
        what=pl.col("column").replace({str(one): about.title for one, about in ABOUT.items()}),
        changed=pl.Series(_changes(rows, metric), dtype=pl.String),
        note=pl.concat_str(why, "apart", separator=" ").str.strip_chars(),
    )


def _changes(rows: pl.DataFrame, metric: str) -> Iterator[str | None]:
    """What changed as it is between the two values as they are written; nothing where they are not compared."""
    share, places = METRICS[metric].share, _places(metric)
    for before, after, why in rows.select("value", "value_then", "why").iter_rows():
        compared = not why and before is not None and after is not None
        # In words: a spreadsheet would take a sign for a formula.
        yield words.moved(before, after, share, places).removesuffix(" points") if compared else None


def columns(metric: str, first: date, second: date) -> tables.Columns:
    """Both values with the same decimals, what changed, and which readings they are of."""
    share, places = METRICS[metric].share, _places(metric)
    of = (("value", words.day(first)), ("value_then", words.day(second)))
    values = {name: tables.percent(day) if share else tables.number(day, places=places) for name, day in of}
    return {
        "title": tables.text("Network", pinned=True),
        "what": tables.text("What"),
        **values,
        "changed": tables.figures("Change, points" if share else "Change"),
        "note": tables.text("Note"),
        "time": tables.time(f"Read for {words.day(first)}"),
        "height": tables.identity("Its block"),
        "time_then": tables.time(f"Read for {words.day(second)}"),
        "height_then": tables.identity("Its block"),
    }


def _places(metric: str) -> int:
    """Decimals of values and changes alike."""
    return 0 if metrics.kind(metric) == "count" else metrics.places(metric)
