"""Whose delegations a count of votes looks at: of those who voted, who validate, and who may have no key."""

from typing import Final

import polars as pl

from store.addresses import account
from store.draft import Draft

# Of networks that vote: all that stands behind validators.
_BEHIND: Final = """
    SELECT DISTINCT s.network, s.id AS snapshot, p.id AS population, p.name.substr(12) AS operator
    FROM newest s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    WHERE s.measure = 'stake' AND starts_with(p.name, 'delegators@') AND s.network IN (SELECT network FROM vote)
"""
# Accounts of modules and contracts are longer than operators. Of other networks no address is looked at.
_DELEGATED: Final = f"""
    WITH behind AS ({_BEHIND}),
    wanted AS (
        SELECT DISTINCT network, voter AS address FROM vote
        UNION SELECT unnest(?1::VARCHAR[]), unnest(?2::VARCHAR[])
    ),
    shortest AS (SELECT network, min(len(operator)) AS letters FROM behind GROUP BY network),
    few AS MATERIALIZED (
        SELECT id, network, address FROM holder WHERE network IN (SELECT network FROM shortest)
    ),
    asked AS (
        SELECT id, network, address FROM few SEMI JOIN wanted USING (network, address)
        UNION SELECT id, network, address FROM few JOIN shortest USING (network) WHERE len(address) > letters
    )
    SELECT b.network, o.snapshot, o.population, a.address AS delegator, sum(o.amount) AS amount
    FROM holding o JOIN behind b ON b.snapshot = o.snapshot AND b.population = o.population
    JOIN asked a ON a.id = o.holder
    GROUP BY ALL ORDER BY ALL
"""


def rows(draft: Draft) -> pl.DataFrame:
    """Rows of the table `delegated`; after the newest holdings are as they are to be."""
    of = draft.table(f"SELECT DISTINCT network, operator FROM ({_BEHIND}) ORDER BY ALL")
    return draft.table(_DELEGATED, of["network"].to_list(), [account(operator) for operator in of["operator"]])
