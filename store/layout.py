"""The layout of the mart: its tables and views as store/schema.sql has them, each with what is said there of it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCHEMA: Final = Path(__file__).with_name("schema.sql").read_text()
# A mart of another layout is built again, also where only a comment differs: comments are in the mart.
LAYOUT: Final = hashlib.sha256(SCHEMA.encode()).hexdigest()[:12]

_OBJECT: Final = re.compile(
    r"(?P<said>(?:^--.*\n)+)CREATE (?P<kind>TABLE|VIEW|MACRO) (?P<name>\w+)(?P<body>(?s:.*?));$", re.MULTILINE
)
_COLUMN: Final = re.compile(r"^    (?P<name>\w+) (?P<type>[A-Z]+(?:\([\d, ]+\))?),? +-- (?P<said>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its type, and what it means."""

    name: str
    type: str
    said: str


@dataclass(frozen=True, slots=True)
class Told:
    """A table, view or macro of the mart; only tables have columns of their own."""

    kind: str
    name: str
    said: str
    columns: tuple[Column, ...] = ()


def objects() -> list[Told]:
    """Everything that the mart has, in the order of the schema."""
    return [_told(one) for one in _OBJECT.finditer(SCHEMA)]


def _told(one: re.Match[str]) -> Told:
    said = " ".join(line.removeprefix("--").strip() for line in one["said"].splitlines())
    kind = "MACRO TABLE" if one["kind"] == "MACRO" and " AS TABLE" in one["body"] else one["kind"]
    columns = [Column(**column.groupdict()) for column in _COLUMN.finditer(one["body"])] if kind == "TABLE" else []
    return Told(kind, one["name"], said, tuple(columns))


def comments() -> Iterator[str]:
    """Statements that put what is said of tables, columns, views and macros into the mart."""
    for one in objects():
        yield f"COMMENT ON {one.kind} {one.name} IS {_quoted(one.said)}"
        for column in one.columns:
            yield f"COMMENT ON COLUMN {one.name}.{column.name} IS {_quoted(column.said)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
