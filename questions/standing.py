"""Where an address stands: its place and share in every population that has it, on every network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from questions.entity import Entity
from questions.populations import Population
from questions.power import GROUPING
from questions.ranking import counted_total, outvoted_by, ranking
from questions.search import Found
from store.mart import Mart
from store.reference import PROTOCOL
from store.rows import SINK

# Measures whose amounts are votes: about blocks, about rules, or as keys of a multisig.
VOTING: Final = ("voting_power", "stake", "control")


# By number, of all spellings at once: holdings are as many as all their holders together.
_STANDS: Final = """
    SELECT o.snapshot, o.population, o.holder, o.amount FROM holding o
    SEMI JOIN (SELECT unnest(?::INTEGER[]) AS holder) mine ON mine.holder = o.holder
"""
# How many parties hold more, of each place in which anybody does. A sink is none; its name is compared with two ends,
# so that of millions of addresses few are looked at.
_ABOVE: Final = """
    SELECT mine.place, count(*) AS more FROM holding o JOIN (
        SELECT unnest(?1::INTEGER[]) AS snapshot, unnest(?2::INTEGER[]) AS population,
               unnest(?3::VARCHAR[])::DECIMAL(38, 0) AS amount, unnest(range(len(?1))) AS place
    ) mine ON mine.snapshot = o.snapshot AND mine.population = o.population AND o.amount > mine.amount
    WHERE o.holder NOT IN (SELECT id FROM holder WHERE address BETWEEN ?4 AND ?4 || '~')
    GROUP BY mine.place
"""
_NUMBERS: Final = """
    SELECT h.id, h.network, h.address FROM holder h
    SEMI JOIN (SELECT unnest(?1::VARCHAR[]) AS address) asked ON asked.address = h.address
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one address stands in one population: its place, and what it has of how much.

    address: as its users write it; canonical: as the mart spells it. others: fewest other addresses that together have
    more, where this is a vote; None where it is none, or where all others together have less.
    """

    population: Population
    address: str
    canonical: str
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


def standing(mart: Mart, known: Sequence[Population], *found: Found) -> list[Standing]:
    """Where some addresses stand in every population that has them: first where they vote, the largest share first."""
    by_number = _by_number(mart, found)
    if not by_number:
        return []
    by_id = {(one.snapshot, one.population_id): one for one in known}
    rows = mart.table(_STANDS, list(by_number))
    held = [
        (by_number[holder], by_id[snapshot, population], int(amount))
        for snapshot, population, holder, amount in rows.iter_rows()
        if (snapshot, population) in by_id
    ]
    stands = [
        Standing(among, one.address, one.canonical, rank, amount, _others(mart, among, rank, amount))
        for (one, among, amount), rank in zip(held, _ranks(mart, held), strict=True)
    ]
    return sorted(stands, key=lambda one: (votes(one.population), one.share, one.population.key), reverse=True)


def _by_number(mart: Mart, found: Sequence[Found]) -> dict[int, Found]:
    """Holders by their number in `holder`; who was not found by an address is looked up."""
    known = {one.number: one for one in found if one.number is not None}
    unknown = {(one.network, one.canonical): one for one in found if one.number is None}
    rows = mart.table(_NUMBERS, [address for _, address in unknown]).iter_rows() if unknown else ()
    return known | {number: unknown[who] for number, *pair in rows if (who := (pair[0], pair[1])) in unknown}


def _ranks(mart: Mart, held: Sequence[tuple[Found, Population, int]]) -> list[int]:
    """Places in populations: after all who hold more."""
    amounts = [str(amount) for _, _, amount in held]
    snapshots, numbers = [one.snapshot for _, one, _ in held], [one.population_id for _, one, _ in held]
    more = dict(mart.table(_ABOVE, snapshots, numbers, amounts, SINK).iter_rows())
    return [more.get(place, 0) + 1 for place in range(len(held))]


@dataclass(frozen=True, slots=True)
class Together:
    """Where a party stands in one population with all its addresses that labels put together.

    whole: what is counted once parties are put together and protocol accounts left out. others: as of an address.
    """

    population: Population
    party: str
    rank: int
    amount: int
    whole: int
    addresses: int
    others: int | None

    @property
    def share(self) -> float:
        """Part of what is counted."""
        return self.amount / self.whole if self.whole else 0.0

    @property
    def amount_tokens(self) -> float:
        """What it has, in the unit that readers know."""
        return float(self.amount) / 10.0**self.population.token_decimals


# Labelled holders are few; of the others only those that have more are counted.
_TOGETHER: Final = """
    WITH label AS (
        SELECT holder, any_value(entity) AS entity, any_value(kind) AS kind FROM holder_label
        WHERE network = ?1 AND in_force(valid_from, valid_to, ?4) GROUP BY holder
    ),
    merged AS (
        SELECT l.entity, sum(o.amount) AS amount, count(*) AS addresses
        FROM holding o JOIN label l ON l.holder = o.holder
        WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0 AND NOT list_contains(?6::VARCHAR[], l.kind)
        GROUP BY l.entity
    ),
    mine AS MATERIALIZED (SELECT amount, addresses FROM merged WHERE entity = ?5),
    larger AS (
        SELECT o.holder FROM holding o
        WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > (SELECT amount FROM mine)
    )
    SELECT amount, addresses,
           1 + (SELECT count(*) FROM merged m WHERE m.amount > mine.amount)
           + (SELECT count(*) FROM larger g JOIN holder h ON h.id = g.holder
              WHERE NOT is_sink(h.address) AND g.holder NOT IN (SELECT holder FROM label)) AS rank
    FROM mine
"""


def together(mart: Mart, population: Population, party: str) -> Together | None:
    """Where a party stands in a population; None where it has nothing there, or is none that decides (a bridge)."""
    rows = mart.table(
        _TOGETHER,
        population.network,
        population.snapshot,
        population.population_id,
        population.time,
        party,
        list(PROTOCOL),
    )
    if rows.is_empty():
        return None
    amount, addresses, rank = (int(number) for number in rows.row(0))
    whole = counted_total(mart, population, GROUPING)
    others = _others(mart, population, rank, amount, GROUPING)
    return Together(population, party, rank, amount, whole, addresses, others)


def parties(mart: Mart, among: Sequence[Population], one: Entity) -> dict[tuple[int, int], Together]:
    """Where the parties of an entity stand, by snapshot and population, first where they vote, the largest first."""
    slugs = {member.network: member.party for member in one.members if member.party}
    found = [
        stands
        for population in {(one.snapshot, one.population_id): one for one in among}.values()
        if (slug := slugs.get(population.network)) and (stands := together(mart, population, slug))
    ]
    found.sort(key=lambda one: (votes(one.population), one.share, one.population.key), reverse=True)
    return {(one.population.snapshot, one.population.population_id): one for one in found}


def votes(population: Population) -> bool:
    """Whether the amounts of a population are votes among its parties; delegators of one validator decide nothing."""
    return population.measure in VOTING and "@" not in population.population


def _others(mart: Mart, population: Population, rank: int, amount: int, grouping: str = "address") -> int | None:
    """Fewest others that together have more than the one at this rank, which holds this amount."""
    if not votes(population) or 2 * amount >= population.total:
        return None
    if rank > 1:
        return 1
    # The thousand largest are nearly always enough.
    few = outvoted_by(ranking(mart, population, grouping), 1)
    return few or outvoted_by(ranking(mart, population, grouping, population.n), 1)
