"""The mart says what its tables and columns are, and one of another layout is built again."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from store.draft import Draft
from store.landing import Landing
from store.layout import SCHEMA, objects
from store.mart import Damaged, Mart, Outdated, current, generation, opened
from tests.store.test_draft import NOON, build, snapshot, stake

pytestmark = pytest.mark.slow

OBJECTS = """
    SELECT 'TABLE' AS kind, table_name AS name, comment FROM duckdb_tables()
    UNION ALL SELECT 'VIEW', view_name, comment FROM duckdb_views() WHERE NOT internal
    UNION ALL SELECT if(function_type = 'macro', 'MACRO', 'MACRO TABLE'), function_name, comment
    FROM duckdb_functions() WHERE NOT internal
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Landing(tmp_path).land(snapshot(1), stake(1, 2, 3))
    build(tmp_path)
    return tmp_path


def test_every_table_view_and_macro_has_a_comment(data: Path) -> None:
    with opened(data) as found:
        rows = found.table(OBJECTS)
    assert sorted(rows.rows()) == sorted((one.kind, one.name, one.said) for one in objects())


def test_every_column_of_a_table_has_a_comment(data: Path) -> None:
    with opened(data) as found:
        rows = found.table(
            "SELECT c.table_name || '.' || column_name AS name, c.comment FROM duckdb_columns() c "
            "JOIN duckdb_tables() USING (table_oid) WHERE NOT c.internal"
        )
    assert rows.filter(rows["comment"].is_null() | (rows["comment"] == ""))["name"].to_list() == []
    assert rows.height == sum(len(one.columns) for one in objects()) > 150


def test_the_schema_has_nothing_but_what_is_told(data: Path) -> None:
    assert len(re.findall("^CREATE ", SCHEMA, re.MULTILINE)) == len(objects())


def test_duckdb_1_5_reads_every_view(data: Path) -> None:
    program = Path(sys.executable).with_name("duckdb")
    for one in objects():
        query = {"VIEW": f"FROM {one.name}", "MACRO TABLE": f"FROM {one.name}('control')"}.get(one.kind)
        if query:
            told = subprocess.run(
                [program, "-readonly", str(current(data)), "-c", query], capture_output=True, text=True, check=False
            )
            assert (told.returncode, told.stderr) == (0, ""), one.name


# What the version before published lacked: the column itself; or it had another layout.
OTHERS = ("ALTER TABLE meta DROP COLUMN layout; DROP TABLE share", "UPDATE meta SET layout = 'another'")


@pytest.mark.parametrize("change", OTHERS)
def test_a_mart_of_another_version_is_refused_in_words_and_built_afresh(data: Path, change: str) -> None:
    path = current(data)
    with duckdb.connect(str(path)) as connection:
        connection.execute(change)
    (data / "CURRENT").write_text(path.name)
    with pytest.raises(Outdated, match=r"another version of this program: `python -m ingest rebuild`"):
        Mart(path)
    assert generation(build(data)) == generation(path) + 1
    with opened(data) as found:
        assert found.table("SELECT n FROM distribution")["n"].to_list() == [3]


def test_a_draft_of_a_mart_of_now_starts_from_it(data: Path) -> None:
    with Draft(data) as draft:
        assert draft.table("SELECT count(*) AS n FROM holding")["n"][0] == 3
        draft.publish(NOON)


def test_a_mart_that_is_asked_reads_no_other_file(data: Path) -> None:
    with opened(data) as mart:
        for query in (f"FROM read_text('{__file__}')", f"ATTACH '{data / 'other.duckdb'}'"):
            with pytest.raises(Damaged, match=r"Permission Error|disabled by config"):
                mart.table(query)
        with pytest.raises(duckdb.InvalidInputException, match="while database is running"):
            mart.table("SET enable_external_access = true")
        # Whoever else opens it in this process shares it.
        with opened(data) as again:
            assert again.table("SELECT 1 AS one").item() == 1
