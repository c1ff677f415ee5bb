"""Why effective parties changed in thirty days, as the mart tells it."""

from typing import Final

from analytics.spread.change import Change
from questions.populations import Population
from store.mart import Mart

_CHANGE: Final = """
    SELECT before, after, by_population, by_labels, by_price, by_moves FROM change
    WHERE snapshot = ? AND population = ?
"""


def month(mart: Mart, population: Population) -> Change | None:
    """The change split into its causes; None where no day near thirty days ago was read, or too many hold something."""
    rows = mart.table(_CHANGE, population.snapshot, population.population_id)
    return Change(*rows.row(0)) if rows.height else None
