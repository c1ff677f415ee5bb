"""The curated facts of data/reference: who owns an address, what happened, what was published or is not, shared hosts.

One reader for all files: a row that lacks evidence, or has a word that nobody knows, is refused with its file and name.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.rows import BadData, Time

REFERENCE: Final = Path(__file__).parent.parent / "data" / "reference"

# Not a party that decides: what they hold belongs to nobody or to the protocol.
PROTOCOL: Final = ("bridge", "burn", "escrow", "migration", "staking", "protocol")
CUSTODIAN: Final = "custodian"

ENTITIES: Final = pl.Schema(
    {
        "network": pl.String(),
        "address": pl.String(),
        "entity": pl.String(),
        "name": pl.String(),
        "kind": pl.String(),
        "valid_from": Time,
        "valid_to": Time,
        "source": pl.String(),
        "recorded_at": Time,
    }
)
EVENTS: Final = pl.Schema(
    {"time": Time, "network": pl.String(), "title": pl.String(), "source": pl.String(), "kind": pl.String()}
)
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
BLANKS: Final = pl.Schema(dict.fromkeys(("network", "measure", "axis", "state", "reason", "source"), pl.String()))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A file of rows: the list that it holds, the column that names a row, its columns.

    usual: what a column is where a row leaves it out; all others must say something. words: the only ones of a column.
    """

    rows: str
    named: str
    schema: pl.Schema
    usual: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_ENTITIES: Final = _Sheet(
    "entity",
    "address",
    ENTITIES,
    usual={"valid_from": None, "valid_to": None},
    words={"kind": (*PROTOCOL, CUSTODIAN, "multisig", "operator")},
)
_EVENTS: Final = _Sheet("event", "title", EVENTS, usual={"kind": ""})
_PUBLISHED: Final = _Sheet(
    "published",
    "title",
    PUBLISHED,
    usual={"at_least": False},
    words={"kind": ("report", "press", "probe", "derived")},
)
_BLANKS: Final = _Sheet(
    "blank",
    "reason",
    BLANKS,
    words={"axis": ("both", "power"), "state": ("not applicable", "not read", "not verifiable")},
)

_HOSTS: Final = _Sheet(
    "host",
    "host",
    pl.Schema({"host": pl.String(), "kind": pl.String()}),
    words={"kind": ("shared", "hosting")},
)


def entities(path: Path = REFERENCE / "entities.toml") -> pl.DataFrame:
    """Who is behind an address, by network and address; raises BadData, also where two claim one at one time."""
    found = _read(path, _ENTITIES).sort("network", "address", "valid_from")
    _refuse_overlaps(found, path)
    return found


def events(path: Path = REFERENCE / "events.toml") -> pl.DataFrame:
    """What happened to the networks, in order of time."""
    return _read(path, _EVENTS).sort("time")


def published(path: Path = REFERENCE / "published.toml") -> pl.DataFrame:
    """Figures that others published; raises BadData for a period that ends before it starts, or no dollars."""
    found = _read(path, _PUBLISHED).sort("network", "period_start", "kind")
    for title, start, end, value in found.select("title", "period_start", "period_end", "value_usd").iter_rows():
        if start > end:
            raise _wrong(path, title, f"has no period of days: {start} to {end}")
        if not value > 0:
            raise _wrong(path, title, f"is {value:g} dollars")
    return found


def blanks(path: Path = REFERENCE / "blanks.toml") -> pl.DataFrame:
    """What a network does not have, or cannot show, with the reason."""
    return _read(path, _BLANKS)


def hosts(kind: str, path: Path = REFERENCE / "hosts.toml") -> tuple[str, ...]:
    """Hosts that many parties share, of one kind."""
    return tuple(_read(path, _HOSTS).filter(kind=kind)["host"])


def _read(path: Path, sheet: _Sheet) -> pl.DataFrame:
    """The rows of a file, none where there is no such file; raises BadData naming the file and the row."""
    if not path.exists():
        return pl.DataFrame(schema=sheet.schema)
    try:
        entries = tomllib.loads(path.read_text()).get(sheet.rows, [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadData(f"{path.name}: {error}") from error
    return pl.DataFrame([_row(path, sheet, entry) for entry in entries], schema=sheet.schema, orient="row")


def _row(path: Path, sheet: _Sheet, entry: dict[str, Any]) -> dict[str, Any]:
    name = entry.get(sheet.named)
    unknown = entry.keys() - sheet.schema.keys()
    if unknown:
        raise _wrong(path, name, f"has no column {', '.join(sorted(unknown))}")
    missing = [column for column in sheet.schema if column not in sheet.usual and entry.get(column) in (None, "")]
    if missing:
        raise _wrong(path, name, f"has no {', '.join(missing)}")
    whole = {**sheet.usual, **entry}
    for column, words in sheet.words.items():
        if whole[column] not in words:
            raise _wrong(path, name, f"is a {whole[column]!r}; known: {', '.join(words)}")
    return {column: _value(path, name, column, sheet.schema[column], whole[column]) for column in sheet.schema}


def _value(path: Path, name: object, column: str, kind: pl.DataType, value: object) -> object:
    """A value as its column has it; raises BadData for another type: Polars would make something of it."""
    match kind, value:
        case _, None:
            return None
        case pl.Datetime(), datetime() if value.utcoffset() is None:
            raise _wrong(path, name, f"has a {column} without a zone: {value}")
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
    raise _wrong(path, name, f"has a {column} that cannot be {value!r}")


def _wrong(path: Path, name: object, fault: str) -> BadData:
    return BadData(f"{path.name}: {name} {fault}")


def _refuse_overlaps(found: pl.DataFrame, path: Path) -> None:
    before = pl.col("valid_to").shift().over("network", "address")
    follows = pl.col("address").is_first_distinct().over("network", "address").not_()
    overlap = found.filter(
        follows & (before.is_null() | pl.col("valid_from").is_null() | (pl.col("valid_from") < before))
    )
    if not overlap.is_empty():
        raise _wrong(path, overlap["address"][0], "belongs to two entities at one time")
