"""How often each party of a ranking decides, if nothing is known about how parties vote: a priori, by its weight."""

from typing import Final

import polars as pl

from analytics.power.indices import Game, shapley_shubik
from analytics.spread.batches import Threshold
from questions.populations import Population
from questions.power import GROUPING
from questions.ranking import ranking
from questions.standing import votes
from questions.thresholds import DecidingShare, thresholds
from store.mart import Mart

# More parties than this take longer than a reader waits; the tail of more would round to nothing anyway.
MOST_PARTIES: Final = 200


def decisive(mart: Mart, population: Population, grouping: str, threshold: DecidingShare) -> pl.DataFrame | None:
    """Shapley-Shubik index by address: address, decides (a fraction); None where nobody votes, or too many do."""
    found = _index(mart, population, grouping, threshold)
    return None if found is None else found.select("address", "decides")


def _index(mart: Mart, population: Population, grouping: str, threshold: DecidingShare) -> pl.DataFrame | None:
    if not votes(population) or population.n > MOST_PARTIES:
        return None
    rows = ranking(mart, population, grouping, MOST_PARTIES)
    weights = tuple(int(amount) for amount in rows["amount"])
    if not weights:
        return None
    quota = Threshold(threshold.numerator, threshold.denominator, threshold.strict).need(sum(weights))
    return rows.select("address", "of", decides=pl.Series(shapley_shubik(Game(weights, quota)).value))


def decides(mart: Mart, population: Population, address: str) -> tuple[DecidingShare, float] | None:
    """How often an address decides under the first rule of a population; None where nobody votes, or too many do.

    address: as its users write it.
    """
    rule = thresholds(mart, population)[0]
    found = decisive(mart, population, "address", rule)
    if found is None:
        return None
    mine = found.filter(address=address)["decides"]
    return (rule, float(mine[0])) if len(mine) else None


def decides_together(mart: Mart, population: Population, party: str) -> tuple[DecidingShare, float] | None:
    """The same of a party with all its addresses, by its slug."""
    rule = thresholds(mart, population)[0]
    found = _index(mart, population, GROUPING, rule)
    mine = [] if found is None else found.filter(of=party)["decides"].to_list()
    return (rule, float(mine[0])) if mine else None
