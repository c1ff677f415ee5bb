"""What validators say alike of themselves, and what it would change if those who claim one operator were one."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from questions.populations import Population
from store import addresses
from store.mart import Mart
from store.visible import self_said

# Those who hold nothing of the population change nothing in it.
_ALIKE: Final = """
    SELECT a.alike, a.said, a.joined, a.address, a.name, o.amount::DOUBLE / ?3 AS share
    FROM alike a JOIN holder h ON h.network = a.network AND h.address = a.address
    JOIN holding o ON o.holder = h.id AND o.snapshot = ?1 AND o.population = ?2
    WHERE o.amount > 0 ORDER BY o.amount DESC, a.address
"""


@dataclass(frozen=True, slots=True)
class Alike:
    """Validators of a population that say the same: which texts, what they say, who with which share of it.

    joined: whether they count as one beside the headline. A name is what a validator calls itself, in quotation marks.
    """

    by: str
    said: str
    joined: bool
    members: tuple[tuple[str, float], ...]

    @property
    def share(self) -> float:
        """What they have together."""
        return sum(share for _, share in self.members)


def alike(mart: Mart, population: Population) -> list[Alike]:
    """Those who say the same in a population, those who count as one first, then by what they have together."""
    rows = mart.table(_ALIKE, population.snapshot, population.population_id, max(population.total, 1))
    found = [
        Alike(str(by), str(said), bool(joined), _members(group, population))
        for (by, said, joined), group in rows.group_by("alike", "said", "joined", maintain_order=True)
        if group.height > 1
    ]
    return sorted(found, key=lambda one: (not one.joined, -one.share, one.by, one.said))


def _members(group: pl.DataFrame, population: Population) -> tuple[tuple[str, float], ...]:
    rows = group.select("name", "address", "share").iter_rows()
    return tuple(
        (self_said(name) or addresses.display(address, population.spelling), share) for name, address, share in rows
    )
