"""The layout of the mart: its tables and views as store/schema.sql has them, each with what is said there of it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import polars as pl

SCHEMA: Final = Path(__file__).with_name("schema.sql").read_text()
# A mart of another layout is built again, also where only a comment differs: comments are in the mart.
LAYOUT: Final = hashlib.sha256(SCHEMA.encode()).hexdigest()[:12]
# So that analysts' DuckDB 1.5 opens a published mart, and that addresses can be pressed by their letters alone: each is
# another, and what later versions do looks for those that are not. The version stays through copies.
STORAGE_VERSION: Final = "v1.2.0"
# Every object of a mart and the text that defines it; whoever runs a mart from elsewhere compares it.
DEFINED: Final = """
    SELECT 'view' AS kind, view_name AS name, sql FROM duckdb_views() WHERE NOT internal UNION ALL
    SELECT 'macro', function_name, parameters::VARCHAR || macro_definition FROM duckdb_functions() WHERE NOT internal
    UNION ALL SELECT 'table', table_name, sql FROM duckdb_tables() WHERE NOT internal ORDER BY ALL
"""

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


@cache
def empty(*, read: bool) -> bytes:
    """A mart without rows, made once a process: what is said of its columns, if it is read, takes 0.2 CPU-s."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder, "empty.duckdb")
        connection.execute(f"ATTACH {_quoted(str(path))} AS mart (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE mart")
        # At once: hundreds of comments would each be written and synced.
        connection.execute(";".join(["BEGIN", SCHEMA, *(comments() if read else ()), "COMMIT"]))
        connection.execute("USE memory")
        connection.execute("DETACH mart")
        return path.read_bytes()


@cache
def defined() -> pl.DataFrame:
    """What a mart of this program has, as a file says it: the text of a view depends on the version of the storage."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty.duckdb")
        path.write_bytes(empty(read=False))
        with duckdb.connect(path, read_only=True) as fresh:
            found: pl.DataFrame = fresh.sql(DEFINED).pl()
            return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
