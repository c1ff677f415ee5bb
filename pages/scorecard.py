"""Which parts are really decentralized, in math and in power: every network and measure at first glance."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from analytics import scorecard
from analytics.scorecard import Cell
from ui import banners, choose, dots, draw, frame, inert, served, tables, words

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
    for stack, title in STACK.items():
        layer = [one for one in cells if one.stack == stack]
        if layer:
            st.header(title, anchor=False)
        for network in dict.fromkeys(one.network for one in layer):
            matrix_row([one for one in layer if one.network == network])


def against(cells: Sequence[Cell]) -> None:
    """Math against power, one dot a network and measure that has both."""
    rows = told(cells)
    both = rows.filter(pl.col("m").is_not_null() & pl.col("k").is_not_null())
    st.header("Math against power", anchor=False)
    if both.is_empty():
        banners.nothing("No network has both numbers yet.")
        return
    draw.show(
        draw.Chart(
            "math-against-power",
            dots.math_against_power(both),
            rows,
            {
                "title": tables.text("Network", pinned=True),
                "measure": tables.text("Of"),
                "word_m": tables.text("Math"),
                "m": tables.number("Equal parties", "How many equal parties would be as concentrated."),
                "sensitivity_m": tables.text("Sensitivity", "In how many ways of counting the word stays the same."),
                "word_k": tables.text("Power"),
                "k": tables.count("Fewest to force", "Fewest parties that can force something, by the shortest path."),
                "path": tables.text("What, and how"),
                "note": tables.text("Caution"),
                "k_stop": tables.count("Fewest to stop", "Fewest parties that can stop a change."),
                "path_stop": tables.text("Stop what, and how"),
                "change_30d": tables.number("Math in 30 days"),
                "n": tables.count("Parties"),
                "population": tables.text("Among"),
                "rule": tables.text("Rule"),
            },
            "; ".join(
                f"{title}, {measure}: math {words.decimal(m)}, power {k}"
                for title, measure, m, k in both.select("title", "measure", "m", "k").iter_rows()
            ),
            [
                frame.source(one.population, choose.GROUPINGS[scorecard.GROUPING].lower())
                for one in cells
                if one.population and one.force.number is not None
            ],
            f"{dots.symbols_explained(both)}  \nRight is more spread, up is harder to capture. "
            "Counts of different networks rank nobody by themselves.",
        )
    )


def told(cells: Sequence[Cell]) -> pl.DataFrame:
    """The cells in words that the chart and the table need."""
    rows = scorecard.table(cells)
    return rows.with_columns(
        network=pl.col("network_id"),
        title=pl.col("network"),
        measure=pl.Series([choose.MEASURES.get(one.measure, one.measure) for one in cells], dtype=pl.String),
        independent=pl.col("note") == "",
    )


def matrix_row(cells: Sequence[Cell]) -> None:
    """One network: a sentence with its weakest path, then one card a measure, then what there is no word for."""
    st.subheader(cells[0].title, anchor=False)
    st.markdown(weakest(cells))
    rated = [one for one in cells if one.math.number is not None]
    if rated:
        with st.grid(5, min_column_width=150):
            for one in rated:
                card(one)
    silent = [one for one in cells if one.math.number is None]
    if silent:
        st.caption("  \n".join(f"{named(one)}: {inert.markdown(one.math.text, 200)}" for one in silent))


def weakest(cells: Sequence[Cell]) -> str:
    """The fewest that can force something, and the fewest that can stop something, as sentences."""
    one = min(cells, key=lambda cell: (cell.force.number is None, cell.force.number or 0))
    if one.force.number is None:
        return f"Power: {inert.markdown(one.force.text, 200)}."
    caution = f", {one.force.note}" if one.force.note else ""
    word = inert.markdown(f"{one.force.text}{caution}", 200)
    force = f"**{who(one.force.number)}** can {inert.markdown(one.force.how, 200)}: {word}."
    if one.stop.number is None:
        return force
    return f"{force} **{who(one.stop.number)}** can stop others: {inert.markdown(one.stop.how, 200)}."


def who(number: float) -> str:
    """So many parties, at the beginning of a sentence."""
    return words.sentence(words.several(int(number), "party", "parties"))


def named(one: Cell) -> str:
    """The measure as readers know it."""
    return choose.MEASURES.get(one.measure, one.measure)


def card(one: Cell) -> None:
    """One measure: the word with its letter, the number behind it, and the change."""
    if one.population is None:
        return
    excluded = ", ".join(f"{kind} {words.share(share)}" for kind, share in one.excluded.items())
    with st.container(border=True, height="stretch"):
        st.metric(
            named(one),
            words.decimal(one.math.number),
            None if one.change is None else round(one.change, 1),
            delta_description="in 30 days",
            help=inert.markdown(
                f"Acts like so many equal parties: {words.count(one.population.n)} {one.population.thing} at "
                f"{words.block(one.population.height)}; the word is {one.math.sensitivity} ways of counting."
                + (f" No parties: {excluded}." if excluded else ""),
                400,
            ),
        )
        st.markdown(f"**{inert.markdown(words.sentence(one.math.text))}**")
        st.caption(f"{words.block(one.population.height)}, {words.age(one.population.time, datetime.now(UTC))}")


main()
