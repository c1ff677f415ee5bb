"""Figures that others published: the curated rows of data/reference/published.toml."""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.labels import REFERENCE
from store.rows import BadData

PUBLISHED: Final = pl.Schema(
    {
        "network": pl.String(),
        "metric": pl.String(),
        "title": pl.String(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "value_usd": pl.Float64(),
        "at_least": pl.Boolean(),
        "who": pl.String(),
        "kind": pl.String(),
        "source": pl.String(),
        "note": pl.String(),
        "recorded_at": pl.Date(),
    }
)
KINDS: Final = ("report", "press", "probe", "derived")


def published(path: Path = REFERENCE / "published.toml") -> pl.DataFrame:
    """One row a figure; raises BadData naming the row that lacks its period, value or source."""
    rows = [_row(entry) for entry in tomllib.loads(path.read_text()).get("published", [])]
    return pl.DataFrame(rows, schema=PUBLISHED, orient="row").sort("network", "period_start", "kind")


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    entry = {"at_least": False, **entry}
    title = entry.get("title")
    missing = [column for column in PUBLISHED if entry.get(column) in (None, "")]
    if missing:
        raise BadData(f"published.toml: {title!r} has no {', '.join(missing)}")
    if entry["kind"] not in KINDS:
        raise BadData(f"published.toml: {title!r} is a {entry['kind']!r}; known: {', '.join(KINDS)}")
    days = [entry[name] for name in ("period_start", "period_end", "recorded_at")]
    if not all(isinstance(day, date) and not isinstance(day, datetime) for day in days) or days[0] > days[1]:
        raise BadData(f"published.toml: {title!r} has no period of days: {days[0]} to {days[1]}")
    if not entry["value_usd"] > 0:
        raise BadData(f"published.toml: {title!r} is {entry['value_usd']} dollars")
    return {column: float(entry[column]) if column == "value_usd" else entry[column] for column in PUBLISHED}
