"""Why an address is said to be somebody's: the labels of its party with their evidence, ended ones too."""

from typing import Final

import polars as pl

from questions.entity import Entity, link
from store import addresses
from store.mart import Mart

_BEHIND: Final = """
    SELECT name, kind, address, valid_from, valid_to, source, recorded_at, checked_at FROM entity
    WHERE network = ?1 AND recorded_at IS NOT NULL
        AND (entity = ?2 OR entity IN (SELECT entity FROM entity WHERE network = ?1 AND address = ?2))
    ORDER BY valid_to IS NOT NULL, recorded_at DESC, address
"""


def behind(mart: Mart, network: str, party: str) -> pl.DataFrame:
    """The curated labels of a party, those in force first. party: the slug of its entity, or any of its addresses."""
    return mart.table(_BEHIND, network, party)


_OF: Final = """
    SELECT e.name, e.kind, coalesce(n.title, e.network) AS network, e.network AS net, e.address,
           coalesce(n.address, '') AS spelling, e.source, e.valid_from, e.valid_to, e.recorded_at, e.checked_at
    FROM entity e LEFT JOIN network n ON n.name = e.network
    WHERE e.entity IN (SELECT unnest(?::VARCHAR[]))
        OR (e.network, e.address) IN (SELECT (unnest(?::VARCHAR[]), unnest(?::VARCHAR[])))
    ORDER BY e.valid_to IS NOT NULL, e.network, e.name, e.address
"""


def of(mart: Mart, one: Entity) -> pl.DataFrame:
    """All labels of an entity's addresses and of its party, ended ones last; of: what a link to an address carries."""
    slugs = sorted({one.party, *(member.party for member in one.members)} - {""})
    members = [member.network for member in one.members], [member.canonical for member in one.members]
    rows = mart.table(_OF, slugs, *members)
    pairs = rows.select("address", "spelling").iter_rows()
    shown = pl.Series("address", [addresses.display(*pair) for pair in pairs], dtype=pl.String)
    links = [link(*pair) for pair in rows.select("net", "address").iter_rows()]
    return rows.with_columns(shown, of=pl.Series(links, dtype=pl.String)).drop("net", "spelling")
