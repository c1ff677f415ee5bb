"""Where new tokens go: what reaches nobody, how subnets split their own tokens, and which are switched off."""

from typing import Final

import polars as pl

from analytics.holders import SINK
from analytics.populations import Population
from store.mart import Mart

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


def sinks(mart: Mart, population: Population) -> pl.DataFrame:
    """What of a flow reaches nobody: sink (in words), amount_tokens, share of everything."""
    rows = mart.table(
        """
        SELECT h.address, o.amount FROM holding o JOIN holder h ON h.id = o.holder
        WHERE o.snapshot = ? AND o.population = ? AND starts_with(h.address, ?) AND o.amount > 0
        ORDER BY o.amount DESC
        """,
        population.snapshot,
        population.population_id,
        SINK,
    )
    amount = pl.col("amount").cast(pl.Float64)
    everything = population.total + sum(int(lost) for lost in rows["amount"])
    return rows.select(
        sink=pl.col("address").str.strip_prefix(SINK).replace(PARTS),
        amount_tokens=amount / 10.0**population.token_decimals,
        share=amount / float(everything or 1),
    )


def split(mart: Mart, network: str) -> pl.DataFrame:
    """How each subnet splits what it issues in a day: subnet, part, share; empty where it was not read."""
    rows = mart.table(
        """
        SELECT subject AS subnet, substr(name, 10) AS part, value FROM observation
        WHERE network = ? AND starts_with(name, 'emission_') AND value IS NOT NULL
        QUALIFY rank() OVER (PARTITION BY subject ORDER BY time DESC) = 1
        """,
        network,
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
        SELECT o.subject AS subnet, o.time,
               (SELECT any_value(n.exact ORDER BY n.time DESC) FROM observation n
                WHERE n.network = o.network AND n.subject = o.subject AND n.name = 'moniker') AS name
        FROM observation o
        WHERE o.network = ?1 AND o.name = 'emission_switch' AND o.exact = 'off'
            AND o.time = (SELECT max(time) FROM observation WHERE network = ?1 AND name = 'emission_switch')
        ORDER BY o.subject
        """,
        network,
    )
