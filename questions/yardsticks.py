"""What else is concentrated, and how much: to compare with."""

import polars as pl

from store.mart import Mart


def yardsticks(mart: Mart) -> pl.DataFrame:
    """The yardsticks, the most concentrated first: title, m_low to m_high, k_low to k_high, deciding, source."""
    return mart.table("FROM yardstick ORDER BY m_high, yardstick")
