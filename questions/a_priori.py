"""How often each party of a ranking decides, if nothing is known about how parties vote: a priori, by its weight."""

from dataclasses import dataclass
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

# Of more parties than this the rounding would hide what all but a few decide.
MOST_PARTIES: Final = 1_000
# So many parties are counted in finer units: of more a reader would wait too long.
FINE_PARTIES: Final = 100
UNITS: Final = 20_000
# The index, and between which numbers it surely lies.
INDEX: Final = ("decides", "decides_low", "decides_high")


@dataclass(frozen=True, slots=True)
class Decides:
    """How often somebody decides under a rule: between low and high, where weights had to be rounded."""

    rule: DecidingShare
    value: float
    low: float
    high: float


def decisive(mart: Mart, population: Population, grouping: str, threshold: DecidingShare) -> pl.DataFrame | None:
    """Shapley-Shubik index by address; None where nobody votes, or too many do.

    Columns: address, decides (a fraction), decides_low and decides_high, between which it surely lies: the same where
    no weight was rounded, but for what the arithmetic may add.
    """
    found = _index(mart, population, grouping, threshold)
    return None if found is None else found.select("address", *INDEX)


def _index(mart: Mart, population: Population, grouping: str, threshold: DecidingShare) -> pl.DataFrame | None:
    if not votes(population) or population.n > MOST_PARTIES:
        return None
    rows = ranking(mart, population, grouping, MOST_PARTIES)
    weights = tuple(int(amount) for amount in rows["amount"])
    return rows.select("address", "of").hstack(indexed(weights, threshold)) if weights else None


def indexed(weights: tuple[int, ...], threshold: DecidingShare) -> pl.DataFrame:
    """The index of each weight, and its ends: decides, decides_low, decides_high."""
    quota = Threshold(threshold.numerator, threshold.denominator, threshold.strict).need(sum(weights))
    found = shapley_shubik(Game(weights, quota), None if len(weights) <= FINE_PARTIES else UNITS)
    return pl.DataFrame(dict(zip(INDEX, (found.value, found.low, found.high), strict=True)))


def decides(mart: Mart, population: Population, address: str) -> Decides | None:
    """How often an address decides under the first rule of a population; None where nobody votes, or too many do.

    address: as its users write it.
    """
    return _decides(mart, population, "address", pl.col("address") == address)


def decides_together(mart: Mart, population: Population, party: str) -> Decides | None:
    """The same of a party with all its addresses, by its slug."""
    return _decides(mart, population, GROUPING, pl.col("of") == party)


def _decides(mart: Mart, population: Population, grouping: str, who: pl.Expr) -> Decides | None:
    rule = thresholds(mart, population)[0]
    found = _index(mart, population, grouping, rule)
    mine = None if found is None else found.filter(who).select(INDEX)
    return Decides(rule, *mine.row(0)) if mine is not None and mine.height else None
