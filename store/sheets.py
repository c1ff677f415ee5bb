"""Files of curated rows: one reader for all, which refuses what lacks a column or has a word that nobody knows.

A row that cannot be is named with its file, itself and its column.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from store.faults import BadData


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A file of rows: the list that it holds, the column that names a row, its columns.

    usual: what a column is where a row leaves it out; all others must say something. words: the only ones of a column.
    """

    rows: str
    named: str
    schema: pl.Schema
    usual: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read(path: Path, sheet: Sheet) -> pl.DataFrame:
    """The rows of a file, none where there is no such file; raises BadData naming the file and the row."""
    return _rows(path, path.read_bytes(), sheet) if path.exists() else pl.DataFrame(schema=sheet.schema)


# Each build reads every file, and a day of builds in one process the same texts.
@lru_cache(maxsize=32)
def _rows(path: Path, text: bytes, sheet: Sheet) -> pl.DataFrame:
    try:
        entries = tomllib.loads(text.decode()).get(sheet.rows, [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadData(f"{path.name}: {error}") from error
    return pl.DataFrame([_row(path, sheet, entry) for entry in entries], schema=sheet.schema, orient="row")


def _row(path: Path, sheet: Sheet, entry: dict[str, Any]) -> dict[str, Any]:
    name = entry.get(sheet.named)
    unknown = entry.keys() - sheet.schema.keys()
    if unknown:
        raise wrong(path, name, f"has no column {', '.join(sorted(unknown))}")
    missing = [column for column in sheet.schema if column not in sheet.usual and entry.get(column) in (None, "")]
    if missing:
        raise wrong(path, name, f"has no {', '.join(missing)}")
    whole = {**sheet.usual, **entry}
    for column, words in sheet.words.items():
        if whole[column] not in words:
            raise wrong(path, name, f"is a {whole[column]!r}; known: {', '.join(words)}")
    return {column: _cell(path, name, column, sheet.schema[column], whole[column]) for column in sheet.schema}


def _cell(path: Path, name: object, column: str, kind: pl.DataType, value: object) -> object:
    """A value of a column, or the whole numbers of a list."""
    if not isinstance(kind, pl.List | pl.Int64):
        return _value(path, name, column, kind, value)
    numbers = value if isinstance(kind, pl.List) else [value]
    if not isinstance(numbers, list) or not all(type(one) is int and abs(one) < 2**63 for one in numbers):
        raise wrong(path, name, f"has a {column} that cannot be {value!r}")
    return value


def _value(path: Path, name: object, column: str, kind: pl.DataType, value: object) -> object:
    """A value as its column has it; raises BadData for another type: Polars would make something of it."""
    match kind, value:
        case _, None:
            return None
        case pl.Datetime(), datetime() if value.utcoffset() is None:
            raise wrong(path, name, f"has a {column} without a zone: {value}")
        case pl.Datetime(), datetime():
            return value.astimezone(UTC)
        # A day is its first moment.
        case pl.Datetime(), date():
            return datetime.combine(value, time(), UTC)
        case pl.Date(), date() if not isinstance(value, datetime):
            return value
        case pl.Float64(), int() | float() if not isinstance(value, bool):
            return float(value)
        case (pl.String(), str()) | (pl.Boolean(), bool()):
            return value
    raise wrong(path, name, f"has a {column} that cannot be {value!r}")


def wrong(path: Path, name: object, fault: str) -> BadData:
    """What is said of a row that cannot be, to be raised."""
    return BadData(f"{path.name}: {name} {fault}")
