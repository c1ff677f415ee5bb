"""One metric of networks over time as it is drawn and told, made once of each mart and choice.

Of some thirty networks a chart each and what stands beside it take a tenth of a second; every reader sees the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from analytics.spread.metrics import METRICS
from questions import history, resampled
from questions import two_days as compared
from questions.populations import Population
from store.mart import Mart
from ui import choose, colours, curves, happenings, metrics, two_days, words
from ui.curves import Drawn


@dataclass(frozen=True, slots=True)
class Panels:
    """One small chart a network: figures and alternative texts by title, what happened, whether a method changed."""

    figures: Mapping[str, Drawn]
    alts: Mapping[str, str]
    happened: str
    changed: bool


@dataclass(frozen=True, slots=True)
class OverTime:
    """A metric over time: the days of the series that have a value, in a sentence and as curves.

    lacking: which networks have no value, and why. panels: None where each was read once. told: of intervals.
    """

    rows: pl.DataFrame
    said: str
    lacking: str
    panels: Panels | None
    together: Drawn | None
    told: resampled.Told | None


def names(known: Sequence[Population]) -> list[str]:
    """The series of some populations, as histories are asked for."""
    return [f"{one.network} {one.reading} {one.population}" for one in known]


def over_time(mart: Mart, known: list[Population], metric: str, days: int, grouping: str) -> OverTime:
    """The metric of each population that has it, of the last so many days."""
    read = history.since(history.history(mart, metric, grouping, names(known)), days)
    found = history.since(resampled.history(mart, metric, grouping, names(known)), days)
    lacking = left_out(read, metric)
    rows = history.with_value(resampled.beside(read, found))
    if rows.is_empty():
        return OverTime(rows, "", lacking, None, None, None)
    paints, form = colours.of_networks(known), metrics.form(metric)
    # Without a second day there is no line of which a small chart could show more.
    small = None if curves.once(rows) else _panels(rows, history.events(mart), metric, paints)
    # All bands over each other would hide the lines.
    lines = rows.drop("resampled_low", "resampled_high")
    drawn = curves.daily(lines, y=METRICS[metric].title, paints=paints, form=form)
    return OverTime(rows, headline(rows, metric, days), lacking, small, drawn, resampled.told(rows))


def headline(rows: pl.DataFrame, metric: str, days: int) -> str:
    """What changed in the chosen time, network by network."""
    said = []
    for (title,), part in rows.group_by("title", maintain_order=True):
        ends = history.ends(part, days)
        if ends is not None:
            said.append(f"{title} {words.moved(*ends, METRICS[metric].share, metrics.places(metric))}")
    return f"{METRICS[metric].title} {choose.SPANS[str(days)]}: {'; '.join(said) or 'too short a history'}"


def left_out(rows: pl.DataFrame, metric: str) -> str:
    """Which networks have no value, and why, as sentences; empty where all have one."""
    return " ".join(
        f"{METRICS[metric].title} is not defined for {title}: {why}." for title, why in history.undefined(rows)
    )


def _panels(rows: pl.DataFrame, events: pl.DataFrame, metric: str, paints: colours.Paints) -> Panels:
    figures, alts, happened, changed = {}, {}, [], False
    for (network, title), part in rows.group_by(["network", "title"], maintain_order=True):
        breaks = history.version_breaks(part)
        changed |= not breaks.is_empty()
        own = history.within(events.filter(network=network), part)
        happened.append(own)
        name = f"{title}: {part['population'][0]}"
        marked = pl.concat([own, breaks], how="diagonal")
        figures[name] = curves.panel(part, paints=paints, form=metrics.form(metric), events=marked)
        first, last = part.drop_nulls("value")["value"][[0, -1]]
        alts[name] = f"{title}: {METRICS[metric].title} from {first:.3g} to {last:.3g}."
    return Panels(figures, alts, happenings.listed(pl.concat(happened)), changed)


def at_two_days(
    mart: Mart, known: list[Population], column: str, metric: str, grouping: str, first: date, second: date
) -> pl.DataFrame:
    """The metric of each population at two days, as it is shown; those of a column of the scorecard come first."""
    read = history.history(mart, metric, grouping, names(known))
    return two_days.shown(compared.two_days(history.in_columns(read, known, column), first, second), metric)


def deciding(mart: Mart, known: list[Population], grouping: str, days: int) -> tuple[pl.DataFrame, Drawn | None]:
    """How often the largest party of each population decides, day by day, and its curves where there are any."""
    found = resampled.history(mart, resampled.LARGEST_DECIDES, grouping, names(known))
    rows = history.since(found, days).drop_nulls("value")
    lines, paints = rows.drop("resampled_low", "resampled_high"), colours.of_networks(known)
    drawn = None if rows.is_empty() else curves.daily(lines, y="Share of all orders", paints=paints, form=".1%")
    return rows, drawn
