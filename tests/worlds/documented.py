"""The tables of docs/verdicts.md, for the tests that read them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

Row = tuple[str, ...]
DOCS: Final = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text()


def tables(text: str = DOCS) -> Mapping[tuple[str, int], list[Row]]:
    """Rows without their head, by the heading above a table and its place below it."""
    found: dict[tuple[str, int], list[Row]] = {}
    heading, place, code, before = "", 0, False, ""
    for line in text.splitlines():
        code ^= line.startswith("```")
        if line.startswith("#") and not code:
            heading, place = line.lstrip("# "), 0
        elif line.startswith("|") and not code:
            place += not before.startswith("|")
            row = tuple(cell.strip() for cell in line.strip()[1:-1].split("|"))
            found.setdefault((heading, place), []).append(row)
        before = line
    return {key: rows[2:] for key, rows in found.items()}


def table(heading: str, place: int = 1) -> list[Row]:
    """Rows of a table under a heading of docs/verdicts.md, by default the first."""
    rows = tables()[heading, place]
    assert len(rows) > 1
    return rows
