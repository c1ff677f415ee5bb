"""How often each party of a ranking decides, if nothing is known about how parties vote: a priori, by its weight."""

from fractions import Fraction
from typing import Final

import polars as pl

from analytics.holders import ranking
from analytics.populations import Population
from analytics.power import Game, quota_for, shapley_shubik
from analytics.rules import Threshold
from store.mart import Mart

# More parties than this take longer than a reader waits; the tail of more would round to nothing anyway.
MOST_PARTIES: Final = 200
VOTING: Final = ("voting_power", "stake", "control")


def decisive(mart: Mart, population: Population, grouping: str, threshold: Threshold) -> pl.DataFrame | None:
    """Shapley-Shubik index by address: address, decides (a fraction); None where nobody votes, or too many do."""
    if population.measure not in VOTING or population.n > MOST_PARTIES:
        return None
    rows = ranking(mart, population, grouping, MOST_PARTIES)
    weights = tuple(int(amount) for amount in rows["amount"])
    if not weights:
        return None
    quota = quota_for(sum(weights), Fraction(threshold.numerator, threshold.denominator), strict=threshold.strict)
    return rows.select("address", decides=pl.Series(shapley_shubik(Game(weights, quota)).value))
