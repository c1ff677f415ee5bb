"""Networks of the field that are planned: written down with their source, shown, and counted nowhere."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from store.mart import Mart

_PLANNED: Final = """
    SELECT title, says, inferred, source, recorded_at, checked_at FROM planned WHERE stack = ? ORDER BY rowid
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is of a network that nobody can read yet.

    inferred: what follows from the source and stands nowhere in it. checked: when somebody opened the source; None
    where nobody could.
    """

    title: str
    says: str
    inferred: str
    source: str
    recorded: date
    checked: date | None


def planned(mart: Mart, stack: str) -> list[Planned]:
    """What is planned in a layer, in the order in which it was written down."""
    return [Planned(*row) for row in mart.table(_PLANNED, stack).iter_rows()]
