"""Which parts are really decentralized, in math and in power: every network and measure at first glance."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics import scorecard
from analytics.scorecard import Cell
from ui import banners, charts, choose, draw, frame, inert, served, tables, words

STACK = {
    "compute": "Compute: hardware rented by many",
    "data": "Data: sets, storage and markets",
    "model": "Models: training and research paid in tokens",
    "agents": "Agents and inference: services and programs that pay each other",
    "": "Other networks",
}


def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Which parts are really decentralized?")
    st.markdown(
        "**Math** is over how many parties a resource is spread. **Power** is how few can force something. "
        "A network can look good in one and bad in the other."
    )
    cells = served.asked(scorecard.cells, known)
    against(cells)
    for stack in dict.fromkeys(one.population.stack for one in cells):
        st.header(STACK.get(stack, stack), anchor=False)
        layer = [one for one in cells if one.population.stack == stack]
        for network in dict.fromkeys(one.population.network for one in layer):
            matrix_row([one for one in layer if one.population.network == network])


def against(cells: Sequence[Cell]) -> None:
    """Math against power, one dot a network and measure that has both."""
    rows = told(cells)
    both = rows.filter(pl.col("m").is_not_null() & pl.col("k").is_not_null())
    st.header("Math against power", anchor=False)
    if both.is_empty():
        banners.nothing("No network has both numbers yet.")
        return
    rated = [one for one in cells if one.k is not None]
    draw.show(
        draw.Chart(
            "math-against-power",
            charts.math_against_power(both),
            rows,
            {
                "title": tables.text("Network", pinned=True),
                "measure": tables.text("Of"),
                "population": tables.text("Among"),
                "m": tables.number("Math", "How many equal parties would be as concentrated."),
                "word_m": tables.text("In a word"),
                "k": tables.count("Power", "Fewest parties that can force something by the chain's own rules."),
                "path": tables.text("What they can force"),
                "change_30d": tables.number("Math in 30 days"),
                "n": tables.count("Parties"),
            },
            "; ".join(
                f"{title}, {measure}: math {words.decimal(m)}, power {k}"
                for title, measure, m, k in both.select("title", "measure", "m", "k").iter_rows()
            ),
            [frame.source(one.population, choose.GROUPINGS[scorecard.GROUPING].lower()) for one in rated],
            "Right is more spread, up is harder to capture. Counts of different networks rank nobody by themselves.",
        )
    )


def told(cells: Sequence[Cell]) -> pl.DataFrame:
    """The cells in words that the chart and the table need."""
    rows = scorecard.table(cells)
    return rows.with_columns(
        network=pl.col("network_id"),
        title=pl.col("network"),
        measure=pl.Series([choose.MEASURES.get(one.population.measure, one.population.measure) for one in cells]),
        word_m=pl.Series([scorecard.word(one.m) if one.m is not None else "" for one in cells]),
        word_k=pl.Series([scorecard.word(one.k) if one.k is not None else "" for one in cells]),
        path=pl.Series([one.action or "no rule of the chain is known" for one in cells]),
        independent=pl.Series([one.labelled for one in cells]),
    )


def matrix_row(cells: Sequence[Cell]) -> None:
    """One network: a sentence with its weakest path, then one card a measure."""
    population = cells[0].population
    st.subheader(population.title, anchor=False)
    st.markdown(weakest(cells))
    with st.grid(5, min_column_width=190):
        for one in cells:
            card(one)


def weakest(cells: Sequence[Cell]) -> str:
    """The fewest that can force something, as a sentence."""
    rated = [one for one in cells if one.k is not None]
    if not rated:
        return "Not rated: no rule of this chain is known that would say who can force what."
    one = min(rated, key=lambda cell: cell.k or 0)
    who = words.several(one.k or 0, one.population.thing.removesuffix("s"), one.population.thing)
    return f"Weakest path: {inert.markdown(who)} together can {inert.markdown(one.action or '')}."


def card(one: Cell) -> None:
    """One measure: the word, the numbers behind it, the change and the age."""
    st.metric(
        choose.MEASURES.get(one.population.measure, one.population.measure),
        scorecard.word(one.m).capitalize() if one.m is not None else "Not defined",
        None if one.change is None else round(one.change, 1),
        delta_description="parties in 30 days",
        help=f"Spread over {words.decimal(one.m)} equal parties; {words.count(one.population.n)} "
        f"{one.population.thing} at {words.block(one.population.height)}.",
        border=True,
        height="stretch",
    )


main()
