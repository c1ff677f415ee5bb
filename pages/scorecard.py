"""Which parts are really decentralized, in math and in power: every network and measure at first glance."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from analytics.power.paths import Side
from questions import emission, offchain, power, proposals, scorecard
from questions import planned as coming
from questions import yardsticks as facts
from questions.offchain import OffChain
from questions.planned import Planned
from questions.populations import Population, headlines
from questions.proposals import Proposal
from questions.scorecard import Cell, Row
from store.columns import ABOUT, Column
from store.rows import Measure
from ui import (
    banners,
    choose,
    colours,
    dots,
    draw,
    frame,
    inert,
    labels,
    market,
    matrix,
    powers,
    served,
    tables,
    words,
    yardsticks,
)
from ui.provenance import Provenance

# Of many open votes only so many are linked.
VOTES = 5

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
    "of": tables.text("Of"),
    "word_m": tables.text("Math"),
    "m": tables.number("At most", "How many equal parties would be as concentrated, if each address is a party."),
    "m_lower": tables.number("At least", "The same if all addresses without a label were one party's."),
    "m_claimed": tables.number("As claimed", "The same if who claims to be one operator is one. Moves no word."),
    "sensitivity_m": tables.text("Sensitivity", "In how many ways of counting the word stays the same."),
    "k_gate": tables.count("Gatekeepers for half", "Fewest of those without whom half of it does not happen."),
    "k_gate_third": tables.count("For a third"),
    "word_gate": tables.text("Gate", "Its word, or why there is none."),
    "gatekeepers": tables.text("Who they are"),
    "change_30d": tables.number("Math in 30 days"),
    "n": tables.count("Parties"),
    "population": tables.text("Among"),
    "rule": tables.text("Rule"),
}
POWER = {
    "title": tables.text("Network", pinned=True),
    "side": tables.text("Side"),
    "action": tables.text("To"),
    "number": tables.count("Fewest", "Parties that are known to be enough."),
    "word": tables.text("In a word"),
    "least": tables.count("At least", "Fewest that it could be, where a way is not known."),
    "if_unlabelled_are_one": tables.count("Unlabelled as one", "If all addresses without a label were one party's."),
    "claimed": tables.count("As claimed", "If who claims to be one operator is one. Moves no word."),
    "voters_of_late": tables.count("Voters of late", "If only those delegators vote who voted of late."),
    "soon": tables.text("How soon", "From the start to the effect, at the earliest."),
    "path": tables.text("By which way"),
    "who": tables.text("By whom"),
    "note": tables.text("Caution"),
    "unknown": tables.text("Not known"),
    "rule": tables.text("Rule"),
}


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Which parts are really decentralized?")
    rows = sorted(served.asked(scorecard.rows, known), key=lambda row: list(STACK).index(row.stack))
    now = datetime.now(UTC)
    read, unread = [row for row in rows if not matrix.unread(row)], [row for row in rows if matrix.unread(row)]
    dated = {row.network: matrix.as_of(row, now) for row in read}
    st.markdown(f"{powers.answer([row.power for row in read], dated)} {matrix.broad(read)}")
    st.markdown(
        "**Power** is of a network as a whole: the fewest parties that can force something on all others, or stop it. "
        "**Math** is over how many equal parties one resource is spread. A network can look good in one and bad in "
        "the other."
    )
    frame.past()
    overview(read)
    if unread:
        st.caption(f"Not read yet: {words.listed([inert.markdown(row.title) for row in unread])}.")
    against(read)
    to_compare()
    for stack, (title, what) in STACK.items():
        layer = [row for row in read if row.stack == stack]
        missing = [row for row in unread if row.stack == stack]
        if layer or missing or stack:
            st.header(f"{title}: {what}" if what else title, anchor=False)
        if not layer and stack:
            st.markdown("Nothing of this layer has been read yet.")
        for row in layer:
            about(row, dated[row.network], [one for one in known if one.network == row.network])
        if missing:
            with st.expander(f"Not read yet: {words.listed([inert.markdown(row.title) for row in missing])}"):
                for row in missing:
                    about(row, "", [])
        planned(stack)
    labels.objecting()
    everything(rows)


@frame.section
def overview(rows: Sequence[Row]) -> None:
    """Every network and column at first glance."""
    st.table(
        matrix.matrix(rows, {stack: title for stack, (title, _) in STACK.items()}, datetime.now(UTC)),
        border="horizontal",
        hide_index=True,
        alt="Networks: how few can force or stop something, and over how many equal parties each resource is spread",
    )
    draw.source_line(
        sources(rows),
        "Can force, can stop: the fewest parties by the shortest way that is known, and how soon at the earliest. "
        "Independence not shown: they may be one party under several names.  \n"
        "At most, at least: over how many equal parties it is spread if each address is a party, and if all addresses "
        "without a label are one party's. As claimed: if those who say that they are one operator are one. Half "
        "needs: without so many gatekeepers half of it does not happen. Arrows: the change in 30 days.  \n"
        "Not shown to be concentrated: many addresses, and nobody has shown whose. A to C: how sure a word is. Empty: "
        "nothing is read of it.",
    )


def sources(rows: Sequence[Row]) -> list[Provenance]:
    """Where the numbers of all cells come from."""
    note = choose.GROUPINGS[power.GROUPING].lower()
    return [frame.source(one, note) for one in populations(rows)]


def populations(rows: Sequence[Row]) -> list[Population]:
    """The populations behind all cells."""
    return [cell.population for row in rows for cell in row.cells.values() if cell.population]


@frame.section
def against(rows: Sequence[Row]) -> None:
    """Math against power: one mark a network, and one for those who gate a measure."""
    points = pl.DataFrame([point for row in rows for point in marks(row)], infer_schema_length=None)
    st.header("Math against power", anchor=False)
    if points.is_empty():
        banners.nothing("No network has both numbers yet.")
        return
    compared = served.asked(facts.yardsticks)
    draw.show(
        draw.Chart(
            "math-against-power",
            dots.math_against_power(points, paints=colours.of_networks(populations(rows)), yardsticks=compared),
            points,
            MARKS,
            "; ".join(
                f"{title}, {of}: math {words.decimal(m)} to {words.decimal(most)}, power {k}"
                for title, of, m, most, k in points.select("title", "of", "m", "most", "k").iter_rows()
            ),
            sources(rows),
            f"{dots.explained(points)}  \nRight is more spread, up is harder to capture; all marks between two lines "
            "have the number beside them. Counts of different networks rank nobody by themselves.  \n"
            f"{yardsticks.explained(compared)}  \n{dots.left_out([row.title for row in rows], points)}",
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


MARKS = {
    "title": tables.text("Network", pinned=True),
    "of": tables.text("Power over"),
    "k": tables.count("Fewest"),
    "word": tables.text("In a word"),
    "path": tables.text("By which way"),
    "m": tables.number("Least spread", "At most so many equal parties."),
    "most": tables.number("Most spread", "At most so many equal parties."),
}


def marks(row: Row) -> Iterator[dict[str, object]]:
    """The marks of one network: itself, and each measure that somebody gates."""
    spread = {
        column: cell.math.number
        for column, cell in row.cells.items()
        if cell.math.number is not None and column != Column.CONTROL
    }
    named = {"network": row.network, "title": row.title}
    said = row.power.of(Side.FORCE)
    if said.number is not None and spread:
        shown = {"gate": False, "independent": not said.note, "word": said.text, "path": said.how}
        least, most = min(spread.values()), max(spread.values())
        yield {**named, **shown, "of": "the network", "m": least, "most": most, "k": said.number}
    for column, m in spread.items():
        gate = row.cells[column].gate
        if gate.number is not None:
            shown = {"gate": True, "independent": gate.number == 1, "word": gate.text, "path": f"by {gate.how}"}
            of = ABOUT[Column(column)].title.lower()
            yield {**named, **shown, "of": of, "m": m, "most": m, "k": int(gate.number)}


@frame.section
def about(row: Row, dated: str, known: list[Population]) -> None:
    """One network: how few can force and stop something, then each action, then what there is no word for."""
    said = row.power.of(Side.FORCE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(row.title, anchor=False, width="content")
        if said.who:
            page = {"net": row.network, "what": said.among, **({"of": said.of} if said.of else {})}
            st.page_link("pages/power.py", label="Who holds power", icon=":material/groups:", query_params=page)
        for vote in open_votes(row.network):
            label = f"Vote open: {vote.number}"
            st.page_link("pages/proposals.py", label=label, icon=":material/how_to_vote:", query_params={"p": vote.key})
    told = (
        f"{words.sentence(dated)}:" * bool(dated),
        powers.forced(said),
        powers.stopped(row.power.of(Side.STOP)),
        powers.beside_all(row.power),
    )
    st.markdown("  \n".join(text for text in told if text))
    if row.power.said:
        with st.expander("Each action: how few can force it, how few can stop it", icon=":material/gavel:"):
            st.table(
                powers.by_action(row.power),
                border="horizontal",
                hide_index=True,
                alt=f"{inert.plain(row.title)}: how few can force, and how few can stop, each of the five actions",
            )
    if lines := [*silences(row), *shared_out(known)]:
        st.caption("  \n".join(lines))
    beside(row.network)


@frame.section
def beside(network: str) -> None:
    """Powers over a network that no chain tells of: always shown, never counted."""
    known = served.asked(offchain.powers, network)
    if known:
        with st.expander(f"Off the chain, counted nowhere: {words.several(len(known), 'power', 'powers')}"):
            st.markdown("  \n".join(map(off_chain, known)))


def off_chain(one: OffChain) -> str:
    """A power off the chain as a sentence, with its evidence."""
    said = f"**{words.sentence(one.kind)}**: {inert.markdown(one.who, 200)} can {inert.markdown(one.power, 300)}."
    return f"{said} {evidence(one)}"


def evidence(one: OffChain | Planned) -> str:
    """When something was written down and looked at, and where it stands."""
    opened = f"opened {one.checked}" if one.checked else "could not be opened"
    return f"Recorded {one.recorded}, {opened}: {' and '.join(inert.markdown(url, 300) for url in one.source.split())}"


@frame.section
def planned(stack: str) -> None:
    """Networks of a layer that are planned: always shown, never counted."""
    for one in served.asked(coming.planned, stack):
        st.subheader(f"{inert.plain(one.title)} (planned)", anchor=False)
        inferred = f" Inferred: {inert.markdown(one.inferred, 300)}." if one.inferred else ""
        st.markdown(f"{words.sentence(inert.markdown(one.says, 300))}.{inferred} Counted nowhere.")
        st.caption(evidence(one))


def silences(row: Row) -> Iterator[str]:
    """What has no number of math, and who gates what."""
    for column, cell in row.cells.items():
        # Keys are no resource: power tells of them.
        if cell.math.number is None and column != Column.CONTROL:
            yield f"{named(cell)}: {inert.markdown(cell.math.text, 200)}"
        if cell.gate.number is not None:
            keepers = powers.who(cell.gate.who)
            yield f"{named(cell)}: {matrix.gated(cell)} ({keepers}), {inert.markdown(cell.gate.text, 200)}"


def shared_out(known: list[Population]) -> Iterator[str]:
    """Of which part of an emission its columns tell, where some of it goes to others, such as a pool."""
    emitted = [one for one in known if one.measure == Measure.EMISSION]
    rows = served.asked(emission.by_population, emitted)
    if not rows.is_empty():
        one = next(iter(headlines(emitted)), emitted[0])
        told = inert.markdown(market.emission_headline(one, rows), 300)
        yield f"{told}. What a column of emission tells is of its own part."


def open_votes(network: str) -> list[Proposal]:
    """The proposals of a network on which votes are still taken, the first few of many."""
    found = proposals.still_open(served.asked(proposals.proposals), datetime.now(UTC))
    return [one for one in found if one.network == network][:VOTES]


@frame.section
def everything(rows: Sequence[Row]) -> None:
    """Every number of the page as two tables: power by network and action, math and gates by network and measure."""
    st.header("All numbers", anchor=False)
    st.subheader("Power, by network and action", anchor=False)
    counted = powers.timed(power.table([row.power for row in rows]))
    draw.table(counted, POWER, alt="Power by network, side and action", sources=[], key="power")
    st.subheader("Math and gates, by network and measure", anchor=False)
    # Keys are no resource: power tells of them.
    told = scorecard.table(rows).filter(pl.col("column") != str(Column.CONTROL))
    told = told.with_columns(
        of=pl.col("column").replace_strict({str(one): about.title for one, about in ABOUT.items()})
    )
    draw.table(told, CELLS, alt="Math and gates by network and measure", sources=[], key="scorecard")


def named(one: Cell) -> str:
    """The column as readers know it."""
    return ABOUT[Column(one.column)].title


main()
