"""The pages of one list of a Cosmos chain: put together, and refused where no list of a chain can be like that.

Whoever answers may send pages without end, the same page again, or fewer rows than there are; each of it is SourceDown.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from store.faults import SourceDown

# The largest lists of known chains, all delegations to one validator, have some hundred pages.
MOST_PAGES: Final = 5_000


def has_list(told: Any) -> bool:
    """Whether there is a list anywhere in an answer."""
    return isinstance(told, list) or (isinstance(told, dict) and any(map(has_list, told.values())))


def holds(one: Any, other: Any) -> bool:
    """Whether one answer has all that the other has, in whatever order; newer software has more fields."""
    if one == other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return all(name in one and holds(one[name], told) for name, told in other.items())
    if isinstance(one, list) and isinstance(other, list):
        return all(any(holds(mine, told) for mine in one) for told in other)
    return False


def size(told: Any) -> int:
    """How much is told: of two answers that hold each other the larger one tells something twice."""
    return len(json.dumps(told))


@dataclass(slots=True)
class Pages:
    """Rows of a list as its pages come; `where` names the list and the block."""

    where: str
    rows: list[Any] = field(default_factory=list)
    count: int = 0
    keys: set[str] = field(default_factory=set)
    seen: set[bytes] = field(default_factory=set)

    def take(self, rows: list[Any], counted: int, key: str) -> None:
        """Add a page; raises SourceDown where it cannot be the next page of this list."""
        if key and not rows:
            raise SourceDown(f"{self.where}: an empty page says that more follow")
        self._refuse_repeated(rows, key)
        self.rows += rows
        # Akash's own modules count the rows of the page, others all rows where they are asked: the larger one is meant.
        if counted > len(rows):
            self.expect(counted)
        self._refuse_more()

    def expect(self, count: int) -> None:
        """Remember how many rows the chain counts in all; 0 where it does not count."""
        self.count = max(self.count, count)

    def whole(self) -> list[Any]:
        """All rows, once no page follows; raises SourceDown where the chain counts more."""
        if len(self.rows) < self.count:
            raise SourceDown(f"{self.where}: {len(self.rows)} of {self.count} rows came")
        return self.rows

    def _refuse_repeated(self, rows: list[Any], key: str) -> None:
        if key in self.keys:
            raise SourceDown(f"{self.where}: page {key} came twice")
        if key:
            self.keys.add(key)
        page = {sha256(json.dumps(row, sort_keys=True).encode()).digest() for row in rows}
        if page & self.seen:
            raise SourceDown(f"{self.where}: a row came on two pages")
        if len(page) < len(rows):
            raise SourceDown(f"{self.where}: a row came twice on a page")
        self.seen |= page

    def _refuse_more(self) -> None:
        if self.count and len(self.rows) > self.count:
            raise SourceDown(f"{self.where}: {len(self.rows)} rows came, the chain counts {self.count}")
        if len(self.keys) >= MOST_PAGES:
            raise SourceDown(f"{self.where}: no end after {MOST_PAGES} pages")
