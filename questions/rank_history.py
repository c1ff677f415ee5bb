"""Where an entity's addresses stood on past days: of each population only the largest hundred of a day are kept."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from questions.entity import Member, link
from questions.populations import heading, things
from questions.standing import Together
from store.addresses import display
from store.mart import Mart
from store.reference import PROTOCOL
from store.visible import self_said

RANKS: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "name", "population", "things", "address"), pl.String()),
        "addresses": pl.Int64(),
        "time": pl.Datetime("us", "UTC"),
        "rank": pl.Int64(),
        "share": pl.Float64(),
        "amount_tokens": pl.Float64(),
        "unit": pl.String(),
        "height": pl.Int64(),
        **dict.fromkeys(("chain_id", "hash", "endpoint"), pl.String()),
        "simulated": pl.Boolean(),
    }
)
# What `address` says of a party, on all days alike.
ALL: Final = "all its addresses"
_RANKED: Final = """
    SELECT coalesce(n.title, s.network) AS title, s.network, p.name, r.address, 1 AS addresses, s.time, r.rank,
           r.amount / greatest(d.total, coalesce(d.reported_total, 0)) AS share,
           r.amount::DOUBLE / 10.0 ** coalesce(u.decimals, 0) AS tokens, coalesce(u.token, s.unit) AS unit, s.height,
           s.chain_id, s.hash, s.endpoint, s.simulated
    FROM ranked r JOIN snapshot s ON s.id = r.snapshot JOIN population p ON p.id = r.population
    JOIN distribution d ON d.snapshot = r.snapshot AND d.population = r.population AND d.grouping = 'address'
    LEFT JOIN network n ON n.name = s.network
    LEFT JOIN unit u ON u.network = s.network AND u.unit = s.unit
    WHERE (s.network, r.address) IN (SELECT (unnest(?::VARCHAR[]), unnest(?::VARCHAR[])))
    ORDER BY s.network, p.name, r.address, s.time
"""
# Of addresses that are kept, by the labels in force on that day; a protocol's are nobody's. What a party has at smaller
# addresses is not kept: it had at least so much, and others with many smaller ones may have stood higher. The whole is
# that of `counted_total`, on all days.
_OF_PARTY: Final = """
    WITH days AS (
        SELECT DISTINCT r.snapshot, r.population FROM ranked r JOIN snapshot s ON s.id = r.snapshot
        JOIN entity e ON e.network = s.network AND e.address = r.address WHERE e.entity = ?1
    ),
    labelled AS (
        SELECT r.snapshot, r.population, r.address, any_value(r.amount) AS amount, any_value(e.entity) AS entity,
               any_value(e.kind) AS kind
        FROM ranked r SEMI JOIN days USING (snapshot, population) JOIN snapshot s ON s.id = r.snapshot
        LEFT JOIN entity e ON e.network = s.network AND e.address = r.address
            AND in_force(e.valid_from, e.valid_to, s.time)
        GROUP BY ALL
    ),
    parties AS (
        SELECT snapshot, population, coalesce(entity, address) AS party, sum(amount) AS amount, count(*) AS addresses
        FROM labelled WHERE kind IS NULL OR NOT list_contains(?2::VARCHAR[], kind) GROUP BY ALL
    ),
    placed AS (SELECT *, rank() OVER (PARTITION BY snapshot, population ORDER BY amount DESC) AS rank FROM parties)
    SELECT r.snapshot, r.population, coalesce(n.title, s.network) AS title, s.network, p.name, r.party, r.addresses,
           s.time, r.rank, r.amount / (d.total + CASE WHEN w.reported_total - w.total > w.n_all
                                                 THEN w.reported_total - w.total ELSE 0 END) AS share,
           r.amount::DOUBLE / 10.0 ** coalesce(u.decimals, 0) AS tokens, coalesce(u.token, s.unit) AS unit, s.height,
           s.chain_id, s.hash, s.endpoint, s.simulated
    FROM placed r JOIN snapshot s ON s.id = r.snapshot JOIN population p ON p.id = r.population
    JOIN size_under('control') d ON d.snapshot = r.snapshot AND d.population = r.population
    JOIN distribution w ON w.snapshot = r.snapshot AND w.population = r.population AND w.grouping = 'address'
    LEFT JOIN network n ON n.name = s.network
    LEFT JOIN unit u ON u.network = s.network AND u.unit = s.unit
    WHERE r.party = ?1 ORDER BY s.network, p.name, s.time
"""
_SINCE: Final = """
    SELECT s.network, r.address, min(s.time) AS since FROM ranked r JOIN snapshot s ON s.id = r.snapshot
    WHERE r.address IN (SELECT unnest(?::VARCHAR[])) GROUP BY ALL
"""


_STANDS: Final = {
    **dict.fromkeys(("snapshot", "population"), pl.Int32),
    **dict.fromkeys(("addresses", "rank"), pl.Int64),
    **dict.fromkeys(("share", "tokens"), pl.Float64),
}


def ranks(mart: Mart, members: Sequence[Member]) -> pl.DataFrame:
    """Rank, share and amount on each day on which an address was among the largest: rows of RANKS, the oldest first."""
    shown = {(one.network, one.canonical): one.address for one in members}
    rows = mart.table(_RANKED, [network for network, _ in shown], [address for _, address in shown])
    return _in_words(mart, rows, lambda network, address: shown[network, address])


def ranks_of_party(mart: Mart, party: str, newest: Sequence[Together]) -> pl.DataFrame:
    """The same of a party on each day, with its addresses among the largest together; `addresses`: how many.

    It had at least so much, since what it had at others is not kept; and its rank is among the largest addresses alone.
    newest: where it stands with all of its addresses, which holds at the block of which it is.
    """
    rows = mart.table(_OF_PARTY, party, list(PROTOCOL))
    rows = rows.update(pl.DataFrame(map(_stands, newest), schema=_STANDS), on=["snapshot", "population"])
    return _in_words(mart, rows.drop("snapshot", "population"), lambda *_: ALL)


def _stands(one: Together) -> tuple[int, int, int, int, float, float]:
    among = one.population
    return among.snapshot, among.population_id, one.addresses, one.rank, one.share, one.amount_tokens


def _in_words(mart: Mart, rows: pl.DataFrame, shown: Callable[[str, str], str]) -> pl.DataFrame:
    words = {(network, name): word for network, name, word in mart.table("FROM word").iter_rows()}
    return pl.DataFrame(
        [
            (title, network, heading(network, name, words), things(network, name, words), shown(network, who), *told)
            for title, network, name, who, *told in rows.iter_rows()
        ],
        schema=RANKS,
        orient="row",
    )


def since(mart: Mart, addresses: Sequence[str]) -> dict[tuple[str, str], datetime]:
    """From when on addresses, as they are stored, are known to be among the largest of a population, by network."""
    found = mart.table(_SINCE, list(addresses)).iter_rows()
    return {(network, address): moment for network, address, moment in found}


_LEADERS: Final = """
    SELECT coalesce(n.title, s.network) AS title, s.network, p.name, s.measure, r.address,
           coalesce(n.address, '') AS spelling,
           r.amount / greatest(d.total, coalesce(d.reported_total, 0)) AS share, e.name AS label, own.name AS own,
           {'chain_id': s.chain_id, 'height': s.height, 'hash': s.hash, 'time': s.time, 'endpoint': s.endpoint,
            'simulated': s.simulated} AS at
    FROM ranked r JOIN newest s ON s.id = r.snapshot JOIN population p ON p.id = r.population
    JOIN distribution d ON d.snapshot = r.snapshot AND d.population = r.population AND d.grouping = 'address'
    LEFT JOIN network n ON n.name = s.network
    LEFT JOIN entity e ON e.network = s.network AND e.address = r.address AND in_force(e.valid_from, e.valid_to, s.time)
    LEFT JOIN own_name own ON own.network = s.network AND own.address = r.address
    WHERE r.rank = 1
    QUALIFY row_number() OVER (PARTITION BY r.snapshot, r.population ORDER BY r.address) = 1
    ORDER BY title, s.measure, p.name
"""


def leaders(mart: Mart) -> pl.DataFrame:
    """The largest address of each population on the scorecard, with what a link to its page carries (of)."""
    words = {(network, name): word for network, name, word in mart.table("FROM word").iter_rows()}
    return pl.DataFrame(
        [
            {
                "network": title,
                "party": label or self_said(own) or "",
                "address": display(address, spelling),
                "of": link(network, address),
                "share": share,
                "population": heading(network, population, words),
                "measure": measure.replace("_", " "),
                **at,
            }
            for title, network, population, measure, address, spelling, share, label, own, at in mart.table(
                _LEADERS
            ).iter_rows()
        ],
        schema={
            **dict.fromkeys(("network", "party", "address", "of"), pl.String),
            "share": pl.Float64,
            **dict.fromkeys(("population", "measure", "chain_id"), pl.String),
            "height": pl.Int64,
            "hash": pl.String,
            "time": pl.Datetime("us", "UTC"),
            "endpoint": pl.String,
            "simulated": pl.Boolean,
        },
    )
