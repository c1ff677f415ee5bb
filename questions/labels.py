"""Why an address is said to be somebody's: the labels of its party with their evidence, ended ones too."""

from typing import Final

import polars as pl

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
