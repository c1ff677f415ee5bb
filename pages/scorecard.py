"""Which parts are really decentralized, in math and in power: every network and measure at first glance."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from questions import offchain, proposals, scorecard
from questions import yardsticks as facts
from questions.offchain import OffChain
from questions.proposals import Proposal
from questions.scorecard import Cell, Said
from store.columns import ABOUT, Column
from ui import (
    banners,
    choose,
    colours,
    dots,
    downloads,
    draw,
    frame,
    inert,
    labels,
    matrix,
    served,
    tables,
    words,
    yardsticks,
)
from ui.provenance import Provenance

# Of a larger group only so many are named.
NAMED = 5

# The layers of the stack: a short name and what happens there.
STACK = {
    "compute": ("Compute", "hardware rented by many"),
    "data": ("Data", "sets, storage and markets"),
    "model": ("Models", "training and research paid in tokens"),
    "agents": ("Agents", "services, inference and programs that pay each other"),
    "": ("Other networks", ""),
}

CELLS = {
    "title": tables.text("Network", pinned=True),
    "measure": tables.text("Of"),
    "word_m": tables.text("Math"),
    "m": tables.number("Equal parties", "How many equal parties would be as concentrated."),
    "sensitivity_m": tables.text("Sensitivity", "In how many ways of counting the word stays the same."),
    "word_k": tables.text("Power"),
    "k": tables.count("Fewest to force", "Fewest parties that can force something, by the shortest path."),
    "path": tables.text("What, and how"),
    "who": tables.text("By whom"),
    "note": tables.text("Caution"),
    "k_stop": tables.count("Fewest to stop", "Fewest parties that can stop a change."),
    "path_stop": tables.text("Stop what, and how"),
    "who_stop": tables.text("Stopped by whom"),
    "change_30d": tables.number("Math in 30 days"),
    "n": tables.count("Parties"),
    "population": tables.text("Among"),
    "rule": tables.text("Rule"),
}


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Which parts are really decentralized?")
    st.markdown(
        "**Math** is over how many parties a resource is spread. **Power** is how few can force something. "
        "A network can look good in one and bad in the other."
    )
    cells = sorted(served.asked(scorecard.cells, known), key=lambda one: list(STACK).index(one.stack))
    overview(cells)
    against(cells)
    to_compare()
    for stack, (title, what) in STACK.items():
        layer = [one for one in cells if one.stack == stack]
        if layer:
            st.header(f"{title}: {what}" if what else title, anchor=False)
        for network in dict.fromkeys(one.network for one in layer):
            about([one for one in layer if one.network == network])
    labels.objecting()


@frame.section
def overview(cells: Sequence[Cell]) -> None:
    """Every network and column at first glance."""
    st.table(
        matrix.matrix(cells, {stack: title for stack, (title, _) in STACK.items()}, datetime.now(UTC)),
        border="horizontal",
        hide_index=True,
        alt="Networks by measure: over how many equal parties each is spread, and how few can force or stop something",
    )
    draw.source_line(
        [source(one) for one in cells if one.population],
        "Large numbers: how many equal parties would be as concentrated, and the change in 30 days. Can force, can "
        "stop: the fewest parties. The letter says how sure a word is, from A to C. Two words: another way of counting "
        "or bands half as high again, would give the other. Nothing in a cell: the network has no such thing.",
    )
    downloads.buttons(told(cells), "scorecard", [], key="scorecard")


def source(one: Cell) -> Provenance:
    """Where a cell's numbers come from."""
    assert one.population is not None
    return frame.source(one.population, choose.GROUPINGS[scorecard.GROUPING].lower())


@frame.section
def against(cells: Sequence[Cell]) -> None:
    """Math against power, one dot a network and measure that has both."""
    rows = told(cells)
    both = rows.filter(pl.col("m").is_not_null() & pl.col("k").is_not_null())
    st.header("Math against power", anchor=False)
    if both.is_empty():
        banners.nothing("No network has both numbers yet.")
        return
    compared = served.asked(facts.yardsticks)
    draw.show(
        draw.Chart(
            "math-against-power",
            dots.math_against_power(
                both,
                paints=colours.of_networks(one.population for one in cells if one.population),
                yardsticks=compared,
            ),
            rows,
            CELLS,
            "; ".join(
                f"{title}, {measure}: math {words.decimal(m)}, power {k}"
                for title, measure, m, k in both.select("title", "measure", "m", "k").iter_rows()
            ),
            [source(one) for one in cells if one.population and one.force.number is not None],
            f"{dots.symbols_explained(both)}  \nRight is more spread, up is harder to capture; a dot just above a "
            "number has that number. Counts of different networks rank nobody by themselves.  \n"
            f"{yardsticks.explained(compared)}",
        )
    )


@frame.section
def to_compare() -> None:
    """What else is concentrated, because a number alone says nothing."""
    rows = served.asked(facts.yardsticks)
    if rows.is_empty():
        return
    st.markdown(yardsticks.sentence(rows))
    with st.expander("What they are compared with: shares, sources, days", icon=":material/straighten:"):
        draw.table(
            yardsticks.told(rows),
            yardsticks.COLUMNS,
            alt="Yardsticks: over how many equal parties each is spread, how few decide, and who says so",
            sources=[],
            key="yardsticks",
        )


def told(cells: Sequence[Cell]) -> pl.DataFrame:
    """The cells in words that the chart and the table need."""
    rows = scorecard.table(cells)
    return rows.with_columns(
        network=pl.col("network_id"),
        title=pl.col("network"),
        measure=pl.Series([ABOUT[Column(one.column)].title for one in cells], dtype=pl.String),
        independent=pl.col("note") == "",
    )


@frame.section
def about(cells: Sequence[Cell]) -> None:
    """One network: who can force and who can stop something, in sentences, then what there is no word for."""
    one = matrix.least(cells)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(cells[0].title, anchor=False, width="content")
        if one.force.who:
            page = {"net": one.network, "what": one.force.among, **({"of": one.force.of} if one.force.of else {})}
            st.page_link("pages/power.py", label="Who holds power", icon=":material/groups:", query_params=page)
        for vote in open_votes(one.network):
            label = f"Vote open: {vote.number}"
            st.page_link("pages/proposals.py", label=label, icon=":material/how_to_vote:", query_params={"p": vote.key})
    st.markdown(forced(one.force))
    if one.stop.number is not None:
        st.markdown(stopped(one.stop))
    silent = [one for one in cells if one.math.number is None]
    if silent:
        st.caption("  \n".join(f"{named(one)}: {inert.markdown(one.math.text, 200)}" for one in silent))
    beside(one.network)


@frame.section
def beside(network: str) -> None:
    """Powers over a network that no chain tells of: always shown, never counted."""
    known = served.asked(offchain.powers, network)
    if known:
        with st.expander(f"Off the chain, counted nowhere: {words.several(len(known), 'power', 'powers')}"):
            st.markdown("  \n".join(map(off_chain, known)))


def off_chain(one: OffChain) -> str:
    """A power off the chain as a sentence, with its evidence."""
    opened = f"opened {one.checked}" if one.checked else "could not be opened"
    said = f"**{words.sentence(one.kind)}**: {inert.markdown(one.who, 200)} can {inert.markdown(one.power, 300)}."
    return f"{said} Recorded {one.recorded}, {opened}: {inert.markdown(one.source, 300)}"


def open_votes(network: str) -> list[Proposal]:
    """The proposals of a network on which votes are still taken, the first few of many."""
    found = proposals.still_open(served.asked(proposals.proposals), datetime.now(UTC))
    return [one for one in found if one.network == network][:NAMED]


def forced(said: Said) -> str:
    """The fewest that can force something, and who they are, as a sentence."""
    if said.number is None:
        return f"Power: {inert.markdown(said.text, 200)}."
    return f"**{many(said)}** can {way(said)}: {who(said)}. {verdict(said)}"


def stopped(said: Said) -> str:
    """The fewest that can stop others, and who they are, as a sentence."""
    return f"**{many(said)}** can stop a decision to {way(said)}: {who(said)}. {verdict(said)}"


def way(said: Said) -> str:
    """What is done, and by which way."""
    return inert.markdown(said.how.replace(" by ", ", by ", 1), 200)


def many(said: Said) -> str:
    """So many parties, at the beginning of a sentence."""
    return words.sentence(words.several(int(said.number or 0), "party", "parties"))


def who(said: Said) -> str:
    """The parties by name or short address, the first few of many."""
    named = [inert.plain(one.name) or words.short(one.address) for one in said.who[:NAMED]]
    more = len(said.who) - len(named)
    return words.listed([inert.markdown(one) for one in named] + [f"{more} more"] * bool(more))


def verdict(said: Said) -> str:
    """The word with its letter, and what to be careful of."""
    return words.sentence(inert.markdown(f"{said.text}{', ' + said.note if said.note else ''}.", 200))


def named(one: Cell) -> str:
    """The column as readers know it."""
    return ABOUT[Column(one.column)].title


main()
