"""What would change: a cap, a split, a merger, an exit; before and after side by side."""

from collections.abc import Callable, Sequence

import polars as pl
import streamlit as st

from analytics.spread.metrics import HEADLINE, METRICS
from questions import ranking, resampled, scenario
from questions import thresholds as rules
from questions.cited import Cited
from questions.populations import Population
from questions.scenario import QUESTIONS, Answer, Scenario
from ui import (
    banners,
    charts,
    choose,
    cite,
    colours,
    curves,
    downloads,
    draw,
    frame,
    intervals,
    metrics,
    parties,
    served,
    stated,
    tables,
    without,
    words,
)
from ui.provenance import Provenance

TOPS = ("top_1", "top_3", "top_10")
SHOWN = ("effective_parties", "nc_ge_1_3", "nc_gt_1_2", "nc_gt_2_3", "top_1", "top_10")
DAYS = "As sweeps have computed it, a scenario at its usual number."


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("What would change?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        network = choose.network(known)
        of_network = [one for one in known if one.network == network]
        measure = choose.measure(of_network)
        population = choose.population([one for one in of_network if one.measure == measure])
    grouping = choose.grouping()
    asked = ask(parties.named(served.asked(ranking.ranking, population, grouping)))
    try:
        found = served.asked(scenario.answer, population, grouping, asked)
    # That something cannot be is an answer too, such as a cap below equal shares.
    except ValueError as reason:
        banners.nothing(f"This cannot be: {reason}.")
        return
    said = headline(population, asked, found)
    st.header(said, anchor=False)
    if caution := of_what(asked, found):
        st.markdown(caution)
    numbers(found)
    values = served.asked(rules.values, population, grouping)

    def numbered(names: Sequence[str]) -> list[Cited]:
        then = stated.supposed(population, grouping, asked, found, names)
        return [*then, *stated.spread(population, grouping, values, [name for name in names if name in values])]

    cite.under(said, lambda: numbered(SHOWN), key="scenario", note=without.AFTER)
    source = [frame.source(population, choose.GROUPINGS[grouping].lower())]
    moved(population, source, found, lambda: [*numbered(TOPS), *stated.amounts([population])])
    every_metric(source, found, lambda: numbered(list(found.after)))
    day_by_day(population, source, grouping, asked)


def ask(ranks: pl.DataFrame) -> Scenario:
    """The scenario of the address line, changed by one Apply."""
    kind = choose.question()
    question = QUESTIONS[kind]
    st.caption(question.explained)
    with st.form("scenario"), st.container(horizontal=True, vertical_alignment="bottom"):
        number = choose.amount(question) if question.unit else 0.0
        chosen = choose.parties(question, ranks) if question.asks != "none" else ()
        st.form_submit_button("Apply", icon=":material/play_arrow:", on_click=choose.applied, args=(question,))
    return Scenario(kind, number, chosen)


# How the number of a question is said with it.
NUMBERED = {"cap": " at {}%", "spread": " at {}%", "split": " into {}", "remove": " {}", "turnout": " of {}%"}


def headline(population: Population, asked: Scenario, found: Answer) -> str:
    """What is asked, and the change of the headline metric and of how few have a third, as a sentence."""
    before, after = found.before["effective_parties"], found.after["effective_parties"]
    number = NUMBERED.get(asked.kind, "").format(f"{asked.number:g}")
    name = f"{population.title}, {QUESTIONS[asked.kind].title.lower()}{number}"
    third = [words.decimal(values["nc_ge_1_3"]) for values in (found.before, found.after)]
    few = f"still {third[0]}" if third[0] == third[1] else f"{third[0]} to {third[1]}"
    return f"{name}: from {words.decimal(before)} to {words.decimal(after)} effective parties, {few} for one third"


def of_what(asked: Scenario, found: Answer) -> str:
    """Of which whole a cap is a share: what is cut off leaves less, of which the capped have more than the cap."""
    most = found.after["top_1"]
    if asked.kind != "cap" or most is None or most * 100 <= asked.number:
        return ""
    return f"Capped at {asked.number:g}% of today's whole, which is {words.share(most)} of what then counts."


@frame.section
def numbers(found: Answer) -> None:
    """Before and after of the main metrics as cards."""
    # As wide as the longest change and the value before it, at any width of the page.
    with st.grid(3, min_column_width=220):
        for name in SHOWN:
            metric = METRICS[name]
            change = words.delta(found.before[name], found.after[name], as_share=metric.share)
            same = change == words.UNCHANGED
            st.metric(
                words.SHORT.get(name, metric.title),
                words.value(found.after[name], as_share=metric.share),
                delta_description=f"was {words.value(found.before[name], as_share=metric.share)}",
                delta=change,
                delta_color="off" if same else "normal" if metric.reads == "power is spread" else "inverse",
                delta_arrow="off" if same else "auto",
                help=metric.meaning,
                border=True,
                height="stretch",
            )


@frame.section
def moved(
    population: Population, source: Sequence[Provenance], found: Answer, numbers: Callable[[], Sequence[Cited]]
) -> None:
    """The changed ranking."""
    rows = parties.scenario_rows(found.parties)
    st.header("The largest, before and after", anchor=False)
    draw.show(
        draw.Chart(
            "before-after",
            charts.before_after(rows, colour=colours.of_network(population.colour).colour),
            rows,
            {
                "name": tables.text("Party", pinned=True),
                "before": tables.percent("Before"),
                "after": tables.percent("After"),
                "address": tables.text("Address"),
            },
            f"Shares of the largest {population.thing} before and after.",
            source,
            "Shares are of what counts in each case.",
        )
    )
    cite.under("The largest, before and after", numbers, key="moved", note=without.AFTER)


@frame.section
def every_metric(source: Sequence[Provenance], found: Answer, numbers: Callable[[], Sequence[Cited]]) -> None:
    """Every metric before and after."""
    st.header("Every metric", anchor=False)
    rows = metrics.every(found.before, found.after)
    downloads.buttons(rows, "every-metric", source, key="every-metric")
    with st.grid(3, min_column_width=340):
        for kind, (heading, written) in metrics.KINDS.items():
            part = rows.filter(kind=kind)
            with st.container():
                st.markdown(f"**{heading}**")
                tables.show(
                    part,
                    {
                        "metric": tables.text("Metric", pinned=True),
                        "before": written("Before"),
                        "after": written("After"),
                        "higher": tables.text("Higher is", "What a higher value says of power."),
                    },
                    alt=f"{heading} before and after",
                    key=f"every-metric-{kind}",
                    rows=part.height,
                )
    draw.source_line(source)
    cite.under("Every metric before and after", numbers, key="every-metric", note=without.AFTER)


@frame.section
def day_by_day(population: Population, source: Sequence[Provenance], grouping: str, asked: Scenario) -> None:
    """How the scenario would have changed every day, and how much each number hangs on a few parties."""
    found = served.asked(resampled.scenario, population, grouping, asked.kind, asked.number)
    if found.is_empty():
        return
    then = QUESTIONS[asked.kind].title
    st.header("Day by day, resampled", anchor=False)
    rows = resampled.curve(found, HEADLINE, then)
    draw.show(
        draw.Chart(
            "resampled",
            curves.daily(resampled.one_band(rows), y=METRICS[HEADLINE].title),
            rows,
            {
                "title": tables.text("Scenario", pinned=True),
                "time": tables.time("Time"),
                "value": tables.number(METRICS[HEADLINE].title),
                "resampled_low": intervals.LOW,
                "resampled_high": intervals.HIGH,
                "height": tables.count("Block"),
                "resampled_by": tables.text("Method"),
            },
            f"{METRICS[HEADLINE].title} of {population.title}, day by day, as it is and under the scenario.",
            source,
        )
    )
    intervals.explained(resampled.told(found))
    if rows["title"].n_unique() == 1:
        st.caption(intervals.only())
    draw.table(
        resampled.newest(found).with_columns(title=titles(pl.col("metric"))),
        {
            "title": tables.text("Metric", pinned=True),
            "value": tables.number("As it is"),
            "resampled_low": intervals.LOW,
            "resampled_high": intervals.HIGH,
            "value_then": tables.number("Then"),
            "resampled_low_then": intervals.LOW,
            "resampled_high_then": intervals.HIGH,
        },
        alt="Every metric of the newest day that was resampled, as it is and under the scenario, with its ends",
        sources=source,
        key="resampled-metrics",
    )
    cite.under("Day by day, resampled", lambda: stated.swept(found, HEADLINE), key="resampled", note=DAYS)


def titles(metric: pl.Expr) -> pl.Expr:
    """Metrics and power indices as readers know them."""
    return metric.replace({**{name: one.title for name, one in METRICS.items()}, **resampled.POWER})


main()
