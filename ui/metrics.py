"""How metrics are written: counts whole, shares in per cent, indices with decimals."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import polars as pl
from streamlit.elements.lib.column_types import ColumnConfig

from analytics.spread.metrics import METRICS
from ui import tables

# In one column all numbers have the same decimals, so that each kind has a table of its own.
KINDS: Final[Mapping[str, tuple[str, Callable[[str], ColumnConfig]]]] = {
    "count": ("How many parties", tables.count),
    "share": ("Shares of the whole", tables.percent),
    # An index up to 1 moves in thousandths.
    "index": ("Indices", partial(tables.number, places=3)),
}


def kind(metric: str) -> str:
    """Whether a metric counts parties, is a share of the whole, or an index."""
    # Beside the metrics there are the counts of a chain's own thresholds.
    if metric not in METRICS or metric.startswith("nc_"):
        return "count"
    return "share" if METRICS[metric].share else "index"


def every(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> pl.DataFrame:
    """All metrics before and after, one row each, with its kind."""
    reads = [str(METRICS[name].reads) if name in METRICS else "power is spread" for name in before]
    return pl.DataFrame(
        {
            "kind": [kind(name) for name in before],
            "metric": [METRICS[name].title if name in METRICS else name for name in before],
            "before": list(before.values()),
            "after": [after[name] for name in before],
            "higher": [read.removeprefix("power is ") for read in reads],
        },
        schema_overrides={"before": pl.Float64, "after": pl.Float64},
    )


def form(metric: str) -> str:
    """How values of a metric are written on axes."""
    return ".1%" if METRICS[metric].share else ",.3~g"


def places(metric: str) -> int:
    """How many decimals a change is told with: an index up to 1 moves in thousandths, an entropy in hundredths."""
    least, most = METRICS[metric].bounds
    if METRICS[metric].share or least == 1:
        return 1
    return 3 if most == 1 else 2
