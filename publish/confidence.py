"""How well a population is known: is all of it read, is its total the chain's, and does a second endpoint agree."""

from collections.abc import Mapping
from typing import Any, Final

from analytics.power.confidence import Confidence
from store.rows import Measure

# The chain tells the total of these as what an account has, and anybody can send it something that is nobody's stake.
# One part in 10,000 moves no number that is printed; to take more from a network's letter costs a stranger that much
# for ever: 15,000 AKT of 150 million.
POOLED: Final = ("validators", "delegators")
SENT_BESIDE: Final = 1e-4
ROUNDING: Final = 1e-9


def confidence(row: Mapping[str, Any], reviewed: float = 1.0) -> Confidence:
    """The confidence in one population of one snapshot.

    row: measure, population, n_all, total and reported_total in whole base units, coverage, and whether it is
    witnessed. reviewed: part of the total whose holders somebody has looked into.
    """
    total, reported, coverage = int(row["total"]), row["reported_total"], row["coverage"]
    missing = None if reported is None else abs(total - int(reported))
    beside = SENT_BESIDE if row["measure"] == Measure.STAKE and row["population"] in POOLED else 0
    return Confidence(
        census=coverage is None or coverage >= 1 - max(beside, ROUNDING),
        # Rounding down loses less than one base unit a holder.
        total_matches=missing is not None and missing <= max(row["n_all"], beside * total),
        endpoints_agree=row["witnessed"],
        reviewed=min(1.0, reviewed),
        coverage=min(1.0, coverage) if coverage is not None else 1.0,
    )
