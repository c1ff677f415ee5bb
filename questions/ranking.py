"""Who holds how much of a population: ranks, shares, running sums under a grouping; and where an address stands."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import polars as pl

from analytics.spread.metrics import lorenz
from questions.populations import Population, in_tokens
from questions.power import common
from store import addresses
from store.domains import domain
from store.mart import Mart
from store.reference import CUSTODIAN, PROTOCOL
from store.visible import self_said

GROUPINGS: Final = ("address", "control", "ownership")
LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "address": (),
    "control": PROTOCOL,
    "ownership": (*PROTOCOL, CUSTODIAN),
}
# No flow has so many sinks.
SINKS: Final = 20
# Labelled holders are few: they are merged apart, so that millions of others need only a sort of their top.
_TOP: Final = """
    WITH label AS (
        SELECT holder, any_value(entity) AS entity, any_value(name) AS name, any_value(kind) AS kind,
               any_value(source) AS evidence
        FROM holder_label
        WHERE network = ?1 AND in_force(valid_from, valid_to, ?5)
        GROUP BY holder
    ),
    sink AS (SELECT id AS holder FROM holder WHERE network = ?1 AND is_sink(address)),
    apart AS (SELECT holder FROM label WHERE ?4 <> 'address'),
    merged AS (
        SELECT arg_max(o.holder, o.amount) AS holder, sum(o.amount) AS amount,
               list(o.holder ORDER BY o.amount DESC, o.holder) AS members
        FROM holding o JOIN label l ON l.holder = o.holder
        WHERE ?4 <> 'address' AND o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0
            AND NOT list_contains(?6::VARCHAR[], l.kind)
        GROUP BY l.entity
    ),
    -- Holdings lie in order of their amounts: the least of the first so many is hardly less than that of the largest,
    -- and never more, so that few are sorted.
    enough AS (
        SELECT coalesce(min(amount), 0) AS amount FROM (
            SELECT amount FROM holding WHERE snapshot = ?2 AND population = ?3 AND amount > 0 LIMIT ?8)
    ),
    largest AS (
        SELECT holder, amount FROM holding
        WHERE snapshot = ?2 AND population = ?3 AND amount > 0 AND amount >= (SELECT amount FROM enough)
        ORDER BY amount DESC, holder
        LIMIT ?8
    ),
    single AS (
        SELECT o.holder, o.amount, [o.holder] AS members
        FROM largest o ANTI JOIN apart ON apart.holder = o.holder ANTI JOIN sink ON sink.holder = o.holder
    ),
    top AS (
        SELECT * FROM (FROM merged UNION ALL FROM single)
        ORDER BY amount DESC, holder LIMIT ?7
    )
"""
_AMOUNTS_OF_TOP: Final = f"{_TOP} SELECT amount FROM top ORDER BY amount DESC, holder"
_RANKED: Final = f"""
    {_TOP},
    spelled AS MATERIALIZED (SELECT t.*, h.address FROM top t JOIN holder h ON h.id = t.holder),
    others AS (
        SELECT m.holder, list(h.address ORDER BY m.place) AS addresses
        FROM (SELECT holder, unnest(members) AS member, generate_subscripts(members, 1) AS place
              FROM spelled WHERE len(members) > 1) m
        JOIN holder h ON h.id = m.member GROUP BY m.holder
    ),
    called AS (SELECT entity, list(DISTINCT name ORDER BY name) AS names FROM label GROUP BY entity)
    SELECT t.address, l.entity, l.name, l.kind, l.evidence, own.name AS own_name, len(t.members) AS members, t.amount,
           others.addresses, called.names
    FROM spelled t
    LEFT JOIN others ON others.holder = t.holder
    LEFT JOIN label l ON l.holder = t.holder LEFT JOIN called ON called.entity = l.entity AND len(t.members) > 1
    LEFT JOIN own_name own ON own.network = ?1 AND own.address = t.address
    ORDER BY t.amount DESC, t.holder
"""


def ranking(mart: Mart, population: Population, grouping: str, limit: int = 1000) -> pl.DataFrame:
    """The largest parties of a population (a row of `populations`), the largest first.

    Columns: rank, address (as its users write it), name, name_from (label, chain or nobody), kind, evidence, members
    (how many addresses, of those that have something), addresses (all of them), of (what a link to its page carries),
    amount (base units, exact), base_units (the same as text), amount_tokens, share and cumulative (of what the grouping
    counts, also where not all of it was read).
    """
    rows = _largest(mart, _RANKED, population, grouping, limit)
    rows = rows.select(pl.int_range(1, pl.len() + 1).alias("rank"), pl.all())
    total = float(counted_total(mart, population, grouping))
    share = pl.col("amount").cast(pl.Float64) / total
    # One address of several is told by its own name, a party by that of its label.
    first, second = ("own_name", "name") if grouping == "address" else ("name", "own_name")
    sources = {"name": "label", "own_name": "chain"}
    spelled = partial(addresses.display, spelling=population.spelling)
    # As they are stored, all but those of a few networks.
    shown = _each(rows["address"], spelled) if population.spelling.startswith("ss58") else rows["address"]
    several = _each(rows["addresses"], lambda all_of: ", ".join(map(spelled, all_of)))
    # A party has a page of its own, and so has each address.
    merged = pl.lit(None) if grouping == "address" else pl.col("entity")
    of = pl.coalesce(merged, pl.lit(f"{population.network}:") + pl.col("address"))
    own = _each(rows["own_name"], self_said)
    # A party of several addresses is called by what their labels have in common.
    label = pl.coalesce(_each(rows["names"], common), "name")
    return (
        rows.with_columns(own, name=label, of=of)
        .with_columns(
            address=shown,
            addresses=pl.coalesce(several, shown),
            name_from=pl.when(pl.col(first).is_not_null())
            .then(pl.lit(sources[first]))
            .when(pl.col(second).is_not_null())
            .then(pl.lit(sources[second]))
            .otherwise(pl.lit("nobody")),
            name=pl.coalesce(first, second),
            amount_tokens=in_tokens("amount", population.token_decimals),
            base_units=pl.col("amount").cast(pl.String),
            share=share,
            cumulative=share.cum_sum().clip(0, 1),
        )
        .drop("own_name", "names")
    )


def amounts(mart: Mart, population: Population, grouping: str, limit: int) -> list[int]:
    """What the largest parties of a ranking have, without who they are: addresses of thousands take longer."""
    return _largest(mart, _AMOUNTS_OF_TOP, population, grouping, limit)["amount"].cast(pl.Int128).to_list()


def _largest(mart: Mart, query: str, population: Population, grouping: str, limit: int) -> pl.DataFrame:
    labelled = mart.table("SELECT count(*) AS n FROM holder_label WHERE network = ?", population.network)["n"][0]
    return mart.table(
        query,
        population.network,
        population.snapshot,
        population.population_id,
        grouping,
        population.time,
        list(LEFT_OUT[grouping]),
        limit,
        # Whoever is merged or left out may be among the largest. A number, because for a query DuckDB would sort all.
        limit + int(labelled) + SINKS,
    )


def _each(column: pl.Series, told: Callable[[Any], str | None]) -> pl.Series:
    """What is told of each cell that there is: of thousands of rows few have one."""
    places = column.is_not_null().arg_true()
    found = pl.Series([told(cell) for cell in column.gather(places)], dtype=pl.String)
    return pl.repeat(None, len(column), dtype=pl.String, eager=True).alias(column.name).scatter(places, found)


def counted_total(mart: Mart, population: Population, grouping: str) -> int:
    """What a grouping counts of a population, with what was not read of it, in base units.

    A grouping that no label touches counts everything. So a share is of the same whole as the metrics, which count what
    was not read as dust.
    """
    rows = mart.table(
        """
        SELECT total FROM size_under(?) WHERE snapshot = ? AND population = ?
        """,
        grouping,
        population.snapshot,
        population.population_id,
    )
    return int(rows["total"][0]) + population.unread


_AMOUNTS: Final = """
    WITH label AS (
        SELECT holder, any_value(entity) AS entity, any_value(kind) AS kind FROM holder_label
        WHERE ?4 <> 'address' AND network = ?1 AND in_force(valid_from, valid_to, ?5)
        GROUP BY holder
    ),
    apart AS (
        SELECT holder FROM label UNION ALL SELECT id FROM holder WHERE network = ?1 AND is_sink(address)
    )
    SELECT o.amount::DOUBLE AS amount FROM holding o
    WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0
        -- An anti join takes four times as long.
        AND o.holder NOT IN (SELECT holder FROM apart)
    UNION ALL
    SELECT sum(o.amount)::DOUBLE FROM holding o JOIN label l ON l.holder = o.holder
    WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0 AND NOT list_contains(?6::VARCHAR[], l.kind)
    GROUP BY l.entity
"""


def curve(mart: Mart, population: Population, grouping: str) -> pl.DataFrame:
    """The Lorenz curve of the parties: network, title, holders and amount (running fractions, smallest first)."""
    rows = mart.table(
        _AMOUNTS,
        population.network,
        population.snapshot,
        population.population_id,
        grouping,
        population.time,
        list(LEFT_OUT[grouping]),
    )
    points = lorenz(rows["amount"].to_numpy())
    return pl.DataFrame(
        {"network": population.network, "title": population.title, "holders": points[:, 0], "amount": points[:, 1]}
    )


def names(mart: Mart, network: str) -> dict[str, str]:
    """What the addresses of a network are called: by a label, or in quotation marks by themselves or their host."""
    rows = mart.table(
        """
        SELECT address, name, 0 AS place FROM entity WHERE network = ?1
            AND in_force(valid_from, valid_to, (SELECT max(time) FROM snapshot WHERE network = ?1))
        UNION ALL SELECT address, name, 1 FROM own_name WHERE network = ?1
        UNION ALL SELECT subject, exact, 2 FROM observation WHERE network = ?1 AND name = 'host_uri'
        ORDER BY place DESC
        """,
        network,
    )
    found = {}
    for address, name, place in rows.iter_rows():
        if called := self_said(domain(name) if place == 2 else name) if place else name:
            found[address] = called
    return found


def with_coalition(rows: pl.DataFrame, k: int | None) -> pl.DataFrame:
    """The ranking, marking the k largest: the fewest that reach a threshold."""
    return rows.with_columns(coalition=pl.col("rank") <= (k or 0))


def outvoted_by(rows: pl.DataFrame, rank: int) -> int | None:
    """Fewest other parties, the largest first, that together have more than the party at this rank.

    rows: a ranking. None when all others together have less, so that nothing outvotes it.
    """
    amounts = {place: int(amount) for place, amount in rows.select("rank", "amount").iter_rows()}
    wanted, held = amounts.pop(rank), 0
    for count, amount in enumerate(sorted(amounts.values(), reverse=True), start=1):
        held += amount
        if held > wanted:
            return count
    return None
