"""Every query of docs/cookbook.md gives what it says, in plain DuckDB and in Polars, on a published mart."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
import pytest

from store.mart import current
from store.sealed import literal
from tests.conftest import ROOT

TEXT: Final = (ROOT / "docs" / "cookbook.md").read_text()
# By its heading the SQL of a query, and the same in Polars where it is told.
QUERIES: Final = {
    title: (re.search(r"```sql\n(.*?)```", part, re.DOTALL), re.search(r"```python\n(.*?)```", part, re.DOTALL))
    for title, _, part in (part.partition("\n") for part in TEXT.split("\n## ")[1:])
}
# What a person can work out of the small world: of 1000, 500, 333, ... of twelve the first three have over half.
KNOWN: Final = {
    "The same without labels": ("akash", "validators", "validators", 3.0),
    "How few are enough": ("akash", "validators", "nc_ge_1_3", 2.0),
}


@pytest.fixture(scope="module")
def plain(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file of the mart in DuckDB itself, with nothing of ours; a copy, since pages of this process have it open."""
    copy = shutil.copy(current(hamlet), tmp_path_factory.mktemp("plain"))
    with duckdb.connect(str(copy), read_only=True) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def test_there_are_ten_queries_and_most_are_told_in_polars_too() -> None:
    assert len(QUERIES) >= 10
    assert sum(python is not None for _, python in QUERIES.values()) >= 8


@pytest.mark.parametrize("title", QUERIES)
def test_a_query_gives_rows_and_polars_gives_the_same(
    title: str, plain: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sql, python = QUERIES[title]
    assert sql
    rows = plain.sql(sql[1].strip().rstrip(";")).pl().rows()
    # Nobody has a label in the small world.
    assert rows or title == "What a label changes"
    if python is None:
        return

    def table(name: str) -> pl.DataFrame:
        path = tmp_path / f"{name}.parquet"
        if not path.exists():
            plain.execute(f"COPY (FROM {name}) TO '{literal(path)}' (FORMAT parquet)")
        return pl.read_parquet(path)

    same = eval(python[1].strip(), {"pl": pl, "table": table})
    assert len(same.rows()) == len(rows)
    for one, other in zip(same.rows(), rows, strict=True):
        assert all(alike(a, b) for a, b in zip(one, other, strict=True)), (one, other)


def alike(one: object, other: object) -> bool:
    """The same number, text or moment; of two decimals that are divided the last digit may differ."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-15)
    return one == other


@pytest.mark.parametrize("title", list(KNOWN))
def test_a_query_gives_what_a_person_can_work_out(title: str, plain: duckdb.DuckDBPyConnection) -> None:
    sql, _ = QUERIES[title]
    assert sql
    assert KNOWN[title] in plain.execute(sql[1].strip().rstrip(";")).fetchall()


def test_the_readme_leads_to_the_cookbook() -> None:
    assert "docs/cookbook.md" in (ROOT / "README.md").read_text()
