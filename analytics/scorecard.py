"""One row a network and measure: over how many it is spread, how few can force something, and how that changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from analytics import history, rules
from analytics.populations import Population, headlines
from store.mart import Mart

HEADLINE: Final = "effective_parties"
GROUPING: Final = "control"


@dataclass(frozen=True, slots=True)
class Cell:
    """What the scorecard says of one population; k and action are None where the chain's rules name no path."""

    population: Population
    m: float | None
    m_address: float | None
    k: int | None
    action: str | None
    change: float | None
    labelled: bool


def cells(mart: Mart, known: Sequence[Population]) -> list[Cell]:
    """The cell of every network and measure, in the order of networks and measures."""
    measures = list(dict.fromkeys(one.measure for one in known))
    chosen = [one for measure in measures for one in headlines([o for o in known if o.measure == measure])]
    return [_cell(mart, one) for one in sorted(chosen, key=lambda one: (one.stack, one.network, one.measure))]


def _cell(mart: Mart, one: Population) -> Cell:
    values = rules.values(mart, one, GROUPING)
    own = [rule for rule in rules.thresholds(mart, one) if rule.own]
    counts = [(values[rule.metric].count, rule.action) for rule in own if rule.metric in values]
    fewest = min(((k, action) for k, action in counts if k is not None), default=(None, None))
    series = f"{one.network} {one.reading} {one.population}"
    past = history.history(mart, one.measure, HEADLINE, GROUPING, [series])
    return Cell(
        population=one,
        m=values[HEADLINE].value,
        m_address=rules.values(mart, one, "address")[HEADLINE].value,
        k=fewest[0],
        action=fewest[1],
        change=history.thirty_day_change(past),
        labelled=values[HEADLINE].grouping == GROUPING,
    )


def table(found: Sequence[Cell]) -> pl.DataFrame:
    """The cells as a frame, one row each."""
    return pl.DataFrame(
        [
            {
                "stack": one.population.stack,
                "network_id": one.population.network,
                "network": one.population.title,
                "measure": one.population.measure,
                "population": one.population.population,
                "m": one.m,
                "m_address": one.m_address,
                "k": one.k,
                "action": one.action,
                "change_30d": one.change,
                "n": one.population.n,
                "block": one.population.height,
                "time": one.population.time,
            }
            for one in found
        ],
        schema_overrides={"k": pl.Int64, "action": pl.String, "change_30d": pl.Float64, "m": pl.Float64},
    )


# Where the words begin: below 2 one party, below 5 a handful, below 15 a committee, else broad.
BANDS: Final = ((15, "broad"), (5, "a committee"), (2, "a handful"), (0, "one party"))


def word(parties: float) -> str:
    """The word for a number of parties."""
    return next(word for least, word in BANDS if parties >= least)
