"""The small world as it is, and with something planted in it: what a later publish would have found."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from files.changes import Known, begun, compared
from files.watched import Watched, watched
from questions import scorecard
from questions.populations import populations
from store.mart import Mart, current

Plant = Callable[..., Mart]

# Two keys of a bridge on Fetch.ai, as a reading of keys would have found them.
KEYS = """
    INSERT INTO snapshot BY NAME SELECT * REPLACE (
        90001 AS id, 'control' AS reading, 'control' AS measure, 'Read from a test.' AS method)
        FROM snapshot WHERE network = 'fetch' AND reading = 'validators' ORDER BY time DESC LIMIT 1;
    INSERT INTO population VALUES (90001, 'bridge/admin');
    INSERT INTO holder VALUES (90001, 'fetch', 'fetch1aaaa'), (90002, 'fetch', 'fetch1bbbb'),
        (90003, 'fetch', 'fetch1cccc');
    INSERT INTO holding VALUES (90001, 90001, 90001, 1), (90001, 90001, 90002, 1);
    INSERT INTO observation BY NAME SELECT id AS snapshot, network, 'sudo_threshold' AS name, '' AS subject, time,
        '2' AS exact FROM snapshot WHERE id = 90001;
    INSERT INTO way BY NAME SELECT 'fetch' AS network, 'sudo_threshold' AS needed;
"""


def plant(hamlet: Path, path: Path, sql: str, minutes: int) -> None:
    """Writes a mart of the hamlet some minutes later, with keys, after some SQL."""
    copy(current(hamlet), path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"SET TimeZone = 'UTC'; {KEYS} {sql}")
        connection.execute(f"UPDATE meta SET built = built + INTERVAL {minutes} MINUTE")


@pytest.fixture
def planted(hamlet: Path, tmp_path: Path) -> Iterator[Plant]:
    """Makes such marts."""
    opened: list[Mart] = []

    def made(sql: str = "", minutes: int = 5) -> Mart:
        path = tmp_path / f"mart-{len(opened) + 2:06d}.duckdb"
        plant(hamlet, path, sql, minutes)
        opened.append(Mart(path))
        return opened[-1]

    yield made
    for mart in opened:
        mart.close()


def seen(mart: Mart) -> tuple[list[Watched], datetime]:
    """What is watched in a mart, and when it was built."""
    built = mart.table("SELECT built FROM meta").item()
    return watched(mart, scorecard.rows(mart, populations(mart)), built), built


@pytest.fixture(scope="session")
def before(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Known:
    """What a later publish is compared with: the hamlet as it is, with keys."""
    path = tmp_path_factory.mktemp("before") / "mart-000002.duckdb"
    plant(hamlet, path, "", 1)
    with Mart(path) as mart:
        found, built = seen(mart)
    return compared(begun(built, ""), found, built)
