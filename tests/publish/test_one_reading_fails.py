"""No letter, word or count changes when a reading of something else fails."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import duckdb
import polars as pl
import pytest

from publish import evidence
from questions.populations import populations
from store.mart import current, fetched

pytestmark = pytest.mark.slow

Rows = dict[tuple[str, ...], dict[str, Any]]


class Marred:
    """A copy of a mart from which snapshots can be taken, and put back."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def table(self, query: str, *parameters: object) -> pl.DataFrame:
        return fetched(self.connection.sql(query, params=list(parameters)))

    def rows(self) -> tuple[Rows, Rows]:
        """Verdicts by network, measure and axis; power by network, grouping, side and action."""
        verdicts, power = evidence.verdict_rows(self), evidence.power_rows(self)["power"]
        return (
            {(row["network"], row["measure"], row["axis"]): row for row in verdicts.iter_rows(named=True)},
            {(row["network"], row["grouping"], row["side"], row["action"]): row for row in power.iter_rows(named=True)},
        )


@pytest.fixture
def marred(hamlet: Path, tmp_path: Path) -> Iterator[Marred]:
    copy = tmp_path / "mart.duckdb"
    copyfile(current(hamlet), copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        yield Marred(connection)


def test_what_fails_changes_its_own_measure_and_the_ways_that_rest_on_it(marred: Marred) -> None:
    verdicts, power = marred.rows()
    read = marred.table(
        """
        SELECT network, max(reading) AS reading, measure FROM snapshot WHERE kind = 'holdings'
        GROUP BY network, measure ORDER BY ALL
        """
    )
    told = {(one.network, one.reading, one.in_column) for one in populations(marred)}
    gated = set(marred.table("SELECT network, reading, measure FROM gate").iter_rows())
    used = set(marred.table("SELECT network, measure FROM way").iter_rows())
    assert read.height > 5
    for network, reading, measure in read.iter_rows():
        marred.connection.execute("BEGIN")
        marred.connection.execute("DELETE FROM snapshot WHERE network = ? AND reading = ?", [network, reading])
        left, left_power = marred.rows()
        marred.connection.execute("ROLLBACK")
        for key, row in verdicts.items():
            own = told if key[2] == "math" else gated
            if (network, reading, key[1]) not in own or key[0] != network:
                assert left[key] == row, f"{network} {reading} fails"
        for key, row in power.items():
            # Of a network of which nothing is left there is no row.
            if (key[0] != network or (network, measure) not in used) and (key in left_power or key[0] != network):
                assert left_power[key] == row, f"{network} {reading} fails"
