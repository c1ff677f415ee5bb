"""What the yardsticks measure by our own metrics: math and power as ranges, since only the largest are listed."""

import polars as pl

from analytics.spread.bounds import holder_bounds
from analytics.spread.metrics import HEADLINE, METRICS
from store.faults import BadData


def rows(yardsticks: pl.DataFrame) -> pl.DataFrame:
    """Yardsticks as rows of the table `yardstick`; raises BadData for a rule that is no metric.

    Whoever is not listed has no more than the last that is.
    """
    return pl.DataFrame([_measured(**row) for row in yardsticks.iter_rows(named=True)], infer_schema_length=None)


def _measured(*, amounts: list[int], total: int, rule: str, **told: object) -> dict[str, object]:
    if rule not in METRICS:
        raise BadData(f"yardsticks.toml: {told['yardstick']} has a rule {rule!r}, which is no metric")
    found = holder_bounds(amounts, total, amounts[-1])
    m, k = found[HEADLINE], found[rule]
    numbers = {"m_low": m[0], "m_high": m[1], "k_low": int(k[0]), "k_high": int(k[1])}
    return {**told, **numbers, "rule": rule, "listed": len(amounts), "listed_share": sum(amounts) / total}
