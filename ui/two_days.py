"""One metric at two days, in a sentence and in columns: both values, what changed, and why it is not compared."""

from datetime import date
from typing import Final

import polars as pl

from analytics.spread.metrics import METRICS
from store.columns import ABOUT
from ui import metrics, tables, words

BESIDE: Final = {
    "time": tables.time("Read at"),
    "height": tables.identity("Block"),
    "time_then": tables.time("Then read at"),
    "height_then": tables.identity("Then block"),
}


def headline(rows: pl.DataFrame, metric: str, first: date, second: date) -> str:
    """What is compared, and of how many it can be said what changed."""
    compared = rows.filter(pl.col("why") == "").height
    told = f"{METRICS[metric].title} on {words.day(first)} and on {words.day(second)}"
    return f"{told}: {words.numeral(compared) if compared else 'none'} of {words.count(rows.height)} can be compared"


def shown(rows: pl.DataFrame, metric: str) -> pl.DataFrame:
    """The rows with what readers call each measure, the change in points where it is one of a share, and the notes."""
    why = pl.when(pl.col("why") != "").then(pl.format("Not compared: {}.", "why")).otherwise(pl.lit(""))
    changed = pl.col("change") * (100 if METRICS[metric].share else 1)
    return rows.with_columns(
        what=pl.col("column").replace({str(one): about.title for one, about in ABOUT.items()}),
        # What reads as nothing has no sign of less.
        changed=pl.when(changed.round(_places(metric)) == 0).then(0.0).otherwise(changed),
        note=pl.concat_str(why, "apart", separator=" ").str.strip_chars(),
    )


def columns(metric: str, first: date, second: date) -> tables.Columns:
    """Both values with the same decimals, what changed, and which readings they are of."""
    share, places = METRICS[metric].share, _places(metric)
    of = (("value", words.day(first)), ("value_then", words.day(second)))
    values = {name: tables.percent(day) if share else tables.number(day, places=places) for name, day in of}
    return {
        "title": tables.text("Network", pinned=True),
        "what": tables.text("What"),
        **values,
        "changed": tables.signed("Change, points" if share else "Change", places=places),
        **BESIDE,
        "note": tables.text("Note"),
    }


def _places(metric: str) -> int:
    """Decimals of values and changes alike."""
    return 0 if metrics.kind(metric) == "count" else metrics.places(metric)
