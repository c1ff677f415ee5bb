"""Who says the same of themselves: one party under the grouping `claimed`, or not confirmed and merged nowhere."""

from typing import Final

import polars as pl

from store.mart import Mart

_ALIKE: Final = """
    SELECT alike, said, list(address ORDER BY share DESC, address) AS addresses,
           list(name ORDER BY share DESC, address) AS names, sum(share) AS share, bool_and(joined) AS joined
    FROM alike WHERE network = ? GROUP BY alike, said ORDER BY joined DESC, share DESC, said
"""


def alike(mart: Mart, network: str) -> pl.DataFrame:
    """Validators that say the same, a row for each text: what is alike, the text, who, their share, whether joined."""
    return mart.table(_ALIKE, network)
