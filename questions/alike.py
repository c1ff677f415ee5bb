"""What validators say alike of themselves, and what it would change if those who claim one operator were one."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from questions.entity import Entity
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


_SAYS: Final = """
    SELECT coalesce(n.title, a.network) AS network, a.name, a.address, a.network || ':' || a.address AS of, a.share,
           a.alike || ': ' || a.said AS said
    FROM alike a LEFT JOIN network n ON n.name = a.network
    WHERE (a.alike, a.said) IN (SELECT (alike, said) FROM alike
                                WHERE (network, address) IN (SELECT (unnest(?1::VARCHAR[]), unnest(?2::VARCHAR[]))))
        AND (a.joined OR a.network IN (SELECT unnest(?1::VARCHAR[])))
    ORDER BY a.joined DESC, a.alike, a.said, a.share DESC, a.network, a.address
"""


def says(mart: Mart, one: Entity) -> pl.DataFrame:
    """Who says the same as the addresses of an entity: network, party (its name, if any), address, of, share, said."""
    rows = mart.table(_SAYS, [member.network for member in one.members], [member.canonical for member in one.members])
    names = pl.Series("party", [self_said(name) or "" for name in rows["name"]], dtype=pl.String)
    return rows.drop("name").with_columns(names)


def _members(group: pl.DataFrame, population: Population) -> tuple[tuple[str, float], ...]:
    rows = group.select("name", "address", "share").iter_rows()
    return tuple(
        (self_said(name) or addresses.display(address, population.spelling), share) for name, address, share in rows
    )
