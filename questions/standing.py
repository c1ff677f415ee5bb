"""Where an address stands: its place and share in every population that has it, on every network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from questions.populations import Population
from questions.ranking import outvoted_by, ranking
from questions.search import Found, spelled
from store import addresses
from store.mart import Mart

# Measures whose amounts are votes: about blocks, about rules, or as keys of a multisig.
VOTING: Final = ("voting_power", "stake", "control")


_STANDS: Final = """
    WITH mine AS (
        SELECT o.snapshot, o.population, o.amount FROM holding o
        WHERE o.holder = (SELECT id FROM holder WHERE network = ? AND address = ?)
    )
    SELECT m.snapshot, m.population AS population_id, m.amount,
           (SELECT count(*) + 1 FROM holding o
            WHERE o.snapshot = m.snapshot AND o.population = m.population AND o.amount > m.amount) AS rank
    FROM mine m
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one address stands in one population: its place, and what it has of how much.

    address: as its users write it. others: fewest other addresses that together have more, where this is a vote; None
    where it is none, or where all others together have less.
    """

    population: Population
    address: str
    rank: int
    amount: int
    others: int | None

    @property
    def share(self) -> float:
        """Part of everything that there is, also where not all of it was read."""
        there_is = self.population.total + self.population.unread
        return self.amount / there_is if there_is else 0.0

    @property
    def amount_tokens(self) -> float:
        """What it has, in the unit that readers know."""
        return float(self.amount) / 10.0**self.population.token_decimals


def standing(mart: Mart, known: Sequence[Population], found: Found) -> list[Standing]:
    """Where one address stands in every population that has it."""
    by_id = {(one.snapshot, one.population_id): one for one in known}
    rows = mart.table(_STANDS, found.network, found.canonical).iter_rows()
    stands = []
    for snapshot, population, amount, rank in rows:
        among = by_id.get((snapshot, population))
        if among is not None:
            others = _others(mart, among, int(rank), int(amount))
            stands.append(Standing(among, found.address, int(rank), int(amount), others))
    return stands


def everywhere(mart: Mart, known: Sequence[Population], found: Found) -> list[Standing]:
    """Where a key stands on all networks, by all its spellings: first where it votes, then the largest share first."""
    try:
        same = spelled(mart, addresses.address(found.canonical))
    except addresses.NotAnAddress:
        same = [found]
    stands = [one for spelling in same for one in standing(mart, known, spelling)]
    return sorted(stands, key=lambda one: (votes(one.population), one.share, one.population.key), reverse=True)


def votes(population: Population) -> bool:
    """Whether the amounts of a population are votes among its parties; delegators of one validator decide nothing."""
    return population.measure in VOTING and "@" not in population.population


def _others(mart: Mart, population: Population, rank: int, amount: int) -> int | None:
    """Fewest others that together have more than the address at this rank, which holds this amount."""
    if not votes(population) or 2 * amount >= population.total:
        return None
    if rank > 1:
        return 1
    # The thousand largest are nearly always enough.
    few = outvoted_by(ranking(mart, population, "address"), 1)
    return few or outvoted_by(ranking(mart, population, "address", population.n), 1)
