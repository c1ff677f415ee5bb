"""A mart that was published under verdict rule v1 opens in plain DuckDB, and reads as docs/verdicts.md says."""

import re
from pathlib import Path

import duckdb
import pytest

from analytics.power.confidence import Confidence
from analytics.power.count import counts
from analytics.power.paths import Action, By, Quorum, Side
from analytics.power.paths import Path as Way
from analytics.power.verdict import Blank, Evidence, Math, Setting, State, verdict
from store.mart import Mart, Outdated
from tests.worlds.documented import DOCS, table

# The table as version 1.3.0 made it.
VERDICT = """
    CREATE TABLE verdict (
        network VARCHAR, measure VARCHAR, axis VARCHAR, state VARCHAR, number DOUBLE, words VARCHAR, letter VARCHAR,
        text VARCHAR, reason VARCHAR, how VARCHAR, note VARCHAR, parties VARCHAR, stable INTEGER, settings INTEGER,
        by_address DOUBLE, excluded VARCHAR, version VARCHAR
    );
    CREATE TABLE meta (layout VARCHAR); INSERT INTO meta VALUES ('of 1.3.0')
"""
SURE = Confidence(True, True, True, reviewed=1.0)


def published(path: Path, rows: list[tuple[str, ...]]) -> None:
    """A mart of rule v1 with the rows of the documented table."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(VERDICT)
        for axis, number, printed, _ in rows:
            state, reason = ("rated", "") if number else (printed, "a bridge: not published")
            text = f"{printed} (B)" if number else f"{printed}: {reason}"
            connection.execute(
                "INSERT INTO verdict (network, measure, axis, state, number, text, reason, version) "
                "VALUES ('akash', 'stake', ?, ?, ?, ?, ?, 'verdict rule v1')",
                [axis, state, float(number) if number else None, text, reason],
            )


def by_v2(axis: str, number: float) -> str:
    """What rule v2 prints of a number of which nobody knows how many of its parties have a label."""
    if axis == "math":
        return verdict(Evidence("n", "m", Math({Setting(): number}, SURE), Blank(State.NOT_READ, "-"))).math.said
    votes = {f"x{place}": 1 for place in range(int(number))}
    way = Way(Action.HALT, Side(axis), "a way", (Quorum(votes, int(number)),), By.VOTES)
    return counts([way], frozenset())[0 if axis == "force" else len(Action) + 1].words


def test_rows_of_rule_v1_are_read_as_documented(tmp_path: Path) -> None:
    documented, path = table("Rows of rule v1"), tmp_path / "mart-000007.duckdb"
    published(path, documented)
    (query,) = re.findall(r"```sql\n(.*?)```", DOCS, flags=re.DOTALL)
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    found = {(axis, number): text for _, _, axis, number, text, _, _ in rows}
    assert len(found) == len(documented)
    for axis, told, printed, read in documented:
        number = float(told) if told else None
        assert found[axis, number].startswith(printed)
        assert read == by_v2(axis, number) if number else read.startswith("not known")


def test_the_program_says_that_a_mart_of_rule_v1_is_to_be_built_again(tmp_path: Path) -> None:
    path = tmp_path / "mart-000007.duckdb"
    published(path, [])
    before = path.read_bytes()
    with pytest.raises(Outdated, match="python -m ingest rebuild"):
        Mart(path)
    assert path.read_bytes() == before
