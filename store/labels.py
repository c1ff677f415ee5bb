"""Who is behind an address: the curated rows of data/reference/entities.toml."""

import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

import polars as pl

from store.rows import BadData, Time

REFERENCE: Final = Path(__file__).parent.parent / "data" / "reference"
# Not a party that decides: what they hold belongs to nobody or to the protocol.
PROTOCOL: Final = ("bridge", "burn", "escrow", "migration", "staking", "protocol")
CUSTODIAN: Final = "custodian"
KINDS: Final = (*PROTOCOL, CUSTODIAN, "multisig", "operator")

ENTITIES = pl.Schema(
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
OPTIONAL: Final = ("valid_from", "valid_to")


def entities(path: Path = REFERENCE / "entities.toml") -> pl.DataFrame:
    """Entity rows; raises BadData naming the row that lacks evidence or claims an address twice at one time."""
    if not path.exists():
        return pl.DataFrame(schema=ENTITIES)
    rows = [_row(entry) for entry in tomllib.loads(path.read_text()).get("entity", [])]
    found = pl.DataFrame(rows, schema=ENTITIES, orient="row").sort("network", "address", "valid_from")
    _refuse_overlaps(found)
    return found


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    missing = [column for column in ENTITIES if column not in entry and column not in OPTIONAL]
    if missing:
        raise BadData(f"entities.toml: {entry.get('address')} has no {', '.join(missing)}")
    if entry["kind"] not in KINDS:
        raise BadData(f"entities.toml: {entry['address']} is a {entry['kind']!r}; known: {', '.join(KINDS)}")
    return {column: _value(entry.get(column)) for column in ENTITIES}


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return value


def _refuse_overlaps(found: pl.DataFrame) -> None:
    before = pl.col("valid_to").shift().over("network", "address")
    follows = pl.col("address").is_first_distinct().over("network", "address").not_()
    overlap = found.filter(
        follows & (before.is_null() | pl.col("valid_from").is_null() | (pl.col("valid_from") < before))
    )
    if not overlap.is_empty():
        raise BadData(f"entities.toml: {overlap['address'][0]} belongs to two entities at one time")
