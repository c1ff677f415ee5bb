"""Where new tokens go: to which populations, what reaches nobody, how subnets split theirs, which are switched off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from questions import thresholds as rules
from questions.populations import Population, whole
from store.columns import ABOUT
from store.mart import Mart
from store.rows import SINK

# What names of observations of a subnet's own token begin with.
EMITTED: Final = "emission_"
# Parts of a subnet's own token, in the order of a bar; together they are all that it issues.
PARTS: Final = {
    "owner": "Owner",
    "miners": "Miners",
    "takes": "Validators' takes",
    "nominators": "Nominators",
    "claimable": "Root stakers, not claimed yet",
    "withheld": "Withheld from miners of the owner",
    "recycled": "Recycled",
    "pending": "No epoch yet",
    "unexplained": "Unexplained",
    "rounding": "Rounding",
}

# Totals that differ by less than one in so many are one, cut to base units in another way.
SAME: Final = 10**9

# Of a population: its snapshot and its number.
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Flow:
    """What a population gets or pays in a period, and among how many parties.

    amount_tokens: with what reaches nobody. lost: the part of it that reaches nobody. days: how long the period
    is. parties: how many get or pay something, addresses of one party merged. part: of what all populations of its
    reading get; None where it is the only one.
    """

    amount_tokens: float
    lost: float
    days: float
    parties: int
    part: float | None


def flow(mart: Mart, population: Population, known: Sequence[Population]) -> Flow:
    """How much flows to a population, or from it; known: the populations that may share an emission with it."""
    siblings = _siblings(population, known)
    return _flow(mart, population, siblings, _everything(mart, [population, *siblings]))


def _flow(mart: Mart, population: Population, siblings: Sequence[Population], everything: Mapping[Key, int]) -> Flow:
    amount, total = everything[_key(population)], sum(everything[_key(one)] for one in siblings)
    part = amount / total if len(siblings) > 1 and total else None
    lost = 1 - population.total / amount if amount else 0.0
    tokens = amount / 10**population.token_decimals
    return Flow(tokens, lost, _days(population), _parties(mart, population), part)


def by_population(mart: Mart, known: Sequence[Population]) -> pl.DataFrame:
    """Where an emission goes that has several populations, the largest first; empty where it has but one.

    Columns: population, heading, amount_tokens (a day, as all emission is told), share (of everything emitted),
    parties, effective_parties and top_1 (addresses of one party merged).
    """
    rows, shared = [], [(one, siblings) for one in known if len(siblings := _siblings(one, known)) > 1]
    everything = _everything(mart, [one for _, siblings in shared for one in siblings])
    for one, siblings in shared:
        told = _flow(mart, one, siblings, everything)
        if told.part is not None:
            values = rules.values(mart, one, "control")
            size = (values["effective_parties"].value, values["top_1"].value)
            rows.append((one.population, one.heading, told.amount_tokens, told.part, told.parties, *size))
    return pl.DataFrame(rows, schema=BY_POPULATION, orient="row").sort("amount_tokens", descending=True)


def _siblings(population: Population, known: Sequence[Population]) -> list[Population]:
    """All populations among which one emission is shared out, itself among them; none where it is no emission."""
    if population.measure != "emission" or not whole(population.population):
        return []
    together = [one for one in known if one.snapshot == population.snapshot and whole(one.population)]
    return [one for one in together if not _told_again(one, population)]


def _told_again(one: Population, other: Population) -> bool:
    """Whether both tell of the same tokens, by parties of one kind: what miners were paid, and what their owners."""
    names = {one.population, other.population}
    of_a_kind = any(names <= {*about.populations} for about in ABOUT.values() if about.measure == one.measure)
    return len(names) > 1 and of_a_kind and abs(one.total - other.total) * SAME <= other.total


def _days(population: Population) -> float:
    return (population.time - population.since) / timedelta(days=1) if population.since else 1.0


def _key(population: Population) -> Key:
    return population.snapshot, population.population_id


# All at once: each look for sinks takes as long as one for those of all.
_LOST: Final = """
    SELECT snapshot, population_id, sum(amount) FROM held
    WHERE snapshot IN (SELECT unnest(?::INTEGER[])) AND is_sink(address) GROUP BY ALL
"""


def _everything(mart: Mart, populations: Sequence[Population]) -> dict[Key, int]:
    """Base units of each, with what reaches nobody."""
    rows = mart.table(_LOST, list({one.snapshot for one in populations}))
    lost = {(snapshot, population): int(amount) for snapshot, population, amount in rows.iter_rows()}
    return {_key(one): one.total + lost.get(_key(one), 0) for one in populations}


def _parties(mart: Mart, population: Population) -> int:
    """How many parties a population has; as many as addresses where no label touches it."""
    rows = mart.table(
        """
        SELECT n FROM size_under('control') WHERE snapshot = ? AND population = ?
        """,
        population.snapshot,
        population.population_id,
    )
    return int(rows["n"][0])


def sinks(mart: Mart, population: Population) -> pl.DataFrame:
    """What of a flow reaches nobody: sink (in words), amount_tokens, share of everything."""
    rows = mart.table(
        """
        SELECT address, amount FROM held
        WHERE snapshot = ? AND population_id = ? AND is_sink(address) AND amount > 0
        ORDER BY amount DESC
        """,
        population.snapshot,
        population.population_id,
    )
    amount = pl.col("amount").cast(pl.Float64)
    everything = _everything(mart, [population])[_key(population)]
    return rows.select(
        sink=pl.col("address").str.strip_prefix(SINK).replace(PARTS),
        amount_tokens=amount / 10.0**population.token_decimals,
        share=amount / float(everything or 1),
    )


def split(mart: Mart, network: str) -> pl.DataFrame:
    """How each subnet splits what it issues in a day: subnet, part, share; empty where it was not read."""
    rows = mart.table(
        """
        SELECT subject AS subnet, name[length(?2) + 1:] AS part, value FROM observation
        WHERE network = ?1 AND starts_with(name, ?2) AND value IS NOT NULL
        QUALIFY rank() OVER (PARTITION BY subject ORDER BY time DESC) = 1
        """,
        network,
        EMITTED,
    )
    issued = rows.filter(part="issued").select("subnet", issued="value")
    parts = rows.filter(pl.col("part").is_in(list(PARTS))).join(issued, on="subnet", how="inner")
    return parts.filter(pl.col("issued") > 0).select(
        "subnet", part=pl.col("part").replace(PARTS), share=pl.col("value") / pl.col("issued")
    )


def switched_off(mart: Mart, network: str) -> pl.DataFrame:
    """Subnets whose emission the root has switched off, with their own names: subnet, name, time."""
    return mart.table(
        """
        SELECT o.subject AS subnet, o.time, n.name
        FROM observation o LEFT JOIN own_name n ON n.network = o.network AND n.address = o.subject
        WHERE o.network = ?1 AND o.name = 'emission_switch' AND o.exact = 'off'
            AND o.time = (SELECT max(time) FROM observation WHERE network = ?1 AND name = 'emission_switch')
        ORDER BY o.subject
        """,
        network,
    )


BY_POPULATION: Final = pl.Schema(
    {
        "population": pl.String(),
        "heading": pl.String(),
        "amount_tokens": pl.Float64(),
        "share": pl.Float64(),
        "parties": pl.Int64(),
        "effective_parties": pl.Float64(),
        "top_1": pl.Float64(),
    }
)
