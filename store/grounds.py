"""What the last steps of a build follow from: where nothing of it has changed, what the build before made stands.

A ground is a hash of facts, labels and declarations, and of the program itself: whoever changes a step changes it.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from store.mart import Tables
from store.reference import REFERENCE

ROOMS: Final = ("analytics", "publish", "questions", "store")
# Where a snapshot's rows lie says nothing of them.
_WHOLE: Final = """
    SELECT '{table}' AS name, md5(string_agg(row, ' ' ORDER BY row)) AS hash FROM (
        SELECT hash(t)::VARCHAR AS row FROM (SELECT {columns} FROM {table}) t)
"""
TABLES: Final = (
    *("network", "unit", "word", "scorecard", "reading", "rule", "way", "gate", "deciding", "entity", "reported"),
)
_ALL: Final = " UNION ALL ".join(
    _WHOLE.format(table=table, columns=columns)
    for table, columns in ({**dict.fromkeys(TABLES, "*"), "snapshot": "* EXCLUDE (file, schema_version)"}).items()
)


def everything(mart: Tables, *curated: pl.DataFrame) -> str:
    """The ground of all that is made of the newest holdings; curated: what it says that stands in no table yet."""
    told = sorted(mart.table(_ALL).iter_rows())
    return _hashed(program(), _text(sorted(REFERENCE.glob("*.toml"))), *told, *(one.write_json() for one in curated))


def of_rows(rows: pl.DataFrame, *more: str) -> str:
    """The ground of what follows from these rows."""
    return _hashed(program(), rows.write_json(), *more)


def program() -> str:
    """Names the program by its own text, and by what it is installed with."""
    return _PROGRAM


def _text(files: Iterable[Path]) -> str:
    return _hashed(*(f"{path.name} {path.read_bytes()!r}" for path in files))


def _hashed(*told: object) -> str:
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:16]


def _installed() -> str:
    root = Path(__file__).parent.parent
    rooms = (path for room in ROOMS for path in (root / room).rglob("*.py"))
    return _text(sorted([*rooms, *root.glob("requirements.txt")]))


# Read when it is loaded: a run that waits for the network while the program is updated builds with the old one.
_PROGRAM: Final = _installed()
