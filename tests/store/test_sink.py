"""Who is nobody is spelled in one place in Python and in one in SQL, and the two agree."""

from pathlib import Path

import duckdb

from store.layout import SCHEMA
from store.rows import SINK
from tests.conftest import ROOT

ROOMS = ("analytics", "files", "ingest", "pages", "publish", "questions", "store", "ui")


def places() -> list[str]:
    """Every line of the product that spells a sink, comments and docstrings aside."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".sql")]
    return [
        f"{Path(path).relative_to(ROOT)}: {line.strip()}"
        for path in files
        for line in path.read_text().splitlines()
        if '"sink:' in line or "'sink:" in line
    ]


def test_a_sink_is_spelled_once_in_python_and_once_in_sql() -> None:
    assert sorted(line.partition(":")[0] for line in places()) == ["store/rows.py", "store/schema.sql"], places()


def test_the_two_agree() -> None:
    with duckdb.connect() as connection:
        connection.execute(SCHEMA)
        told = connection.execute("SELECT is_sink(?), is_sink(?)", [f"{SINK}burned", SINK.removesuffix(":")]).fetchone()
    assert told == (True, False)
