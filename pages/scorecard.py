"""Which parts are really decentralized, in math and in power: every network and measure at first glance."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

import polars as pl
import streamlit as st

from analytics.power.paths import Action, Side
from questions import emission, freshness, offchain, power, proposals, scorecard
from questions import planned as coming
from questions import yardsticks as facts
from questions.cited import Cited
from questions.offchain import OffChain
from questions.planned import Planned
from questions.populations import Population, headlines
from questions.proposals import Proposal
from questions.scorecard import Cell, Row
from store.columns import ABOUT, Column
from store.rows import Measure
from ui import (
    answers,
    banners,
    card,
    choose,
    cite,
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
    stated,
    tables,
    words,
    yardsticks,
)
from ui.provenance import Provenance

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
    found = served.asked(scorecard.rows, known)
    answer(found, known)
    frame.past()
    with st.container(horizontal=True):
        chosen = choose.layer({stack: title for stack, (title, _) in STACK.items() if of_layer(found, stack) or stack})
        by = choose.order()
    shown = scorecard.ordered(found if chosen == choose.ALL_LAYERS else of_layer(found, chosen), list(STACK), by)
    networks(shown, known, by, [*STACK] if chosen == choose.ALL_LAYERS else [NAMES.get(chosen, chosen)])
    legend(shown)
    to_compare(shown)
    against(divided(shown)[0])
    labels.objecting()
    everything(found)


# What the address calls the layer that has no name.
NAMES = {"other": ""}


def of_layer(found: Sequence[Row], stack: str) -> list[Row]:
    """The networks of one layer of the stack."""
    return [row for row in found if row.stack == NAMES.get(stack, stack)]


@frame.section
def answer(found: Sequence[Row], known: Sequence[Population]) -> None:
    """The answer: a sentence for the field, and one a layer of the stack."""
    now = datetime.now(UTC)
    dated = {row.network: matrix.as_of(matrix.read_at(row, of_network(row, known)), now) for row in found}
    mark = " :gray[(simulated)]" if served.asked(freshness.simulated) else ""
    st.header(f"{answers.field(*divided(found))}{mark}", anchor=False)
    st.markdown(f"{answers.broad(divided(found)[0])}{mark}")
    lines = [
        f"* **{title}.** {told}{mark}"
        for stack, (title, _) in STACK.items()
        if (told := answers.layer(*divided(of_layer(found, stack)), dated))
    ]
    st.markdown("\n".join(lines))
    cite.under(answers.field(*divided(found)), lambda: numbers(divided(found)[0]), key="scorecard")


def numbers(read: Sequence[Row]) -> list[Cited]:
    """All that is said of networks: how few can force and stop what, and how spread each resource is."""
    return [*stated.power([row.power for row in read], actions=(power.ANY, *Action)), *stated.cells(read)]


def divided(found: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Networks of which something was read, and those of which nothing was."""
    unread = [matrix.unread(row) for row in found]
    return [r for r, u in zip(found, unread, strict=True) if not u], [
        r for r, u in zip(found, unread, strict=True) if u
    ]


def of_network(row: Row, known: Sequence[Population]) -> list[Population]:
    """The populations of a network."""
    return [one for one in known if one.network == row.network]


@frame.section
def networks(shown: Sequence[Row], known: Sequence[Population], by: str, stacks: Sequence[str]) -> None:
    """A row a network, on a phone a card, by layer or in another order; what was never read is folded away."""
    read, unread = divided(shown)
    if by != "layer":
        rows(read, known, named=True)
        cite.under("Networks", lambda: numbers(read), key="networks")
        never(unread, "all")
    for stack in stacks:
        title, what = STACK[stack]
        if by == "layer" and (stack or of_layer(shown, stack)):
            st.header(f"{title}: {what}" if what else title, anchor=False)
            rows(of_layer(read, stack), known, named=False)
            if stack and not of_layer(read, stack):
                st.markdown("Nothing of this layer has been read yet.")
            never(of_layer(unread, stack), stack)
            if layer := of_layer(read, stack):
                cite.under(f"{title}: {what}", partial(numbers, layer), key=f"layer-{stack}")
        planned(stack)


@frame.section
def rows(read: Sequence[Row], known: Sequence[Population], *, named: bool) -> None:
    """A row a network; named: whether each says its layer, since no heading does."""
    votes = proposals.still_open(served.asked(proposals.proposals), datetime.now(UTC))
    for row in read:
        own = [one for one in votes if one.network == row.network]
        network(row, of_network(row, known), own, STACK[row.stack][0] if named else "")


@frame.section
def never(unread: Sequence[Row], stack: str) -> None:
    """Networks of which nothing was read, folded away."""
    if not unread:
        return
    titles = words.listed([inert.markdown(row.title) for row in unread])
    fold = st.expander(f"Not read yet: {titles}", key=f"unread-{stack}", bind="query-params")
    if fold.open:
        with fold:
            for row in unread:
                st.subheader(row.title, anchor=False)
                details(row)


@frame.section
def network(row: Row, known: Sequence[Population], votes: Sequence[Proposal], layer: str) -> None:
    """One network: who can force and stop what, and how each resource is spread; layer: where no heading names it."""
    # To the minute, so that a row is written once for all readers.
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    told = (served.generation(), row.network, layer, now, *(vote.key for vote in votes))
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            card.once(told, lambda: at_first_glance(row, known, votes, layer, now)),
            unsafe_allow_html=True,
        )
        fold = st.expander(
            f"{inert.markdown(row.title)} in full", key=f"more-{row.network}", type="compact", bind="query-params"
        )
        if fold.open:
            with fold:
                details(row)


def at_first_glance(row: Row, known: Sequence[Population], votes: Sequence[Proposal], layer: str, now: datetime) -> str:
    """What is always in sight of a network."""
    time = matrix.read_at(row, known)
    dated = matrix.as_of(time, now)
    age = dated or (words.age(time, now) if time else "")
    name = f"**{inert.markdown(row.title)}**  \n:small[{', '.join(filter(None, (layer, age)))}]"
    sides = [can(row, side, known, now, dated=bool(dated)) for side in (Side.FORCE, Side.STOP)]
    spread = spread_out(row, known, now, dated=bool(dated))
    return card.card(row.network, [name, *card.voting(votes)], *sides, spread)


def can(row: Row, side: Side, known: Sequence[Population], now: datetime, *, dated: bool) -> list[str]:
    """How few can force or stop something, by which way and how soon; or which silence it is."""
    said = row.power.of(side)
    if said.number is None:
        return [f":small[:gray[{words.sentence(matrix.SIDES[side])}: {said.state}]]"]
    tile = matrix.power(row, side, known, now)
    return [card.leading(tile, f"{row.network}-{side}", dated=dated), matrix.way(said)]


def spread_out(row: Row, known: Sequence[Population], now: datetime, *, dated: bool) -> list[str]:
    """Over how many equal parties each resource is spread, what has no number, and who else gets some of it."""
    tiles = [card.leading(matrix.spread(cell, now), f"{row.network}-{cell.column}", dated=dated) for cell in row.spread]
    told = [matrix.silences(row), *(f":small[:gray[{part}]]" for part in shared_out(known))]
    return [*card.side_by_side(tiles), *filter(None, told)]


@frame.section
def legend(shown: Sequence[Row]) -> None:
    """What the words mean, and where the numbers come from."""
    draw.source_line(sources(shown), matrix.LEGEND)


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
    others = served.asked(facts.yardsticks)
    draw.show(
        draw.Chart(
            "math-against-power",
            dots.math_against_power(points, paints=colours.of_networks(populations(rows)), yardsticks=others),
            points,
            MARKS,
            "; ".join(
                f"{title}, {of}: math {words.decimal(m)} to {words.decimal(most)}, power {k}"
                for title, of, m, most, k in points.select("title", "of", "m", "most", "k").iter_rows()
            ),
            sources(rows),
            f"{dots.explained(points)}  \nRight is more spread, up is harder to capture; lanes between two lines "
            "have the number beside them. Counts of different networks rank nobody by themselves.  \n"
            f"{dots.left_out([row.title for row in rows], points)}",
        )
    )
    cite.under("Math against power", lambda: numbers(rows), key="against")


@frame.section
def to_compare(shown: Sequence[Row]) -> None:
    """What else is concentrated, because a number alone says nothing."""
    rows = served.asked(facts.yardsticks)
    if rows.is_empty():
        return
    st.markdown(yardsticks.sentence(rows, [cell.most or 0 for row in shown for cell in row.spread]))
    cite.under("What they are compared with", lambda: stated.yardsticks(rows), key="yardsticks")
    label = "What they are compared with: shares, sources, days"
    fold = st.expander(label, key="yardsticks", icon=":material/straighten:", bind="query-params")
    if fold.open:
        with fold:
            compared(rows)


@frame.section
def compared(rows: pl.DataFrame) -> None:
    """The yardsticks with their shares and sources."""
    draw.table(
        yardsticks.told(rows),
        yardsticks.COLUMNS,
        alt="Yardsticks: over how many equal parties each is spread, how few decide, and who says so",
        sources=[],
        key="compared",
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
    spread = {column: cell.most for column, cell in row.resources.items() if cell.most is not None}
    named = {"network": row.network, "title": row.title, "layer": STACK[row.stack][0] if row.stack else ""}
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
def details(row: Row) -> None:
    """One network in full: who can force and stop something, each action, and what there is no number for."""
    told = (
        powers.forced(row.power.of(Side.FORCE)),
        powers.stopped(row.power.of(Side.STOP)),
        powers.beside_all(row.power),
    )
    st.markdown("  \n".join(text for text in told if text))
    if row.power.said:
        st.table(
            powers.by_action(row.power),
            border="horizontal",
            hide_index=True,
            alt=f"{inert.plain(row.title)}: how few can force, and how few can stop, each of the five actions",
        )
    if lines := [*in_words(row)]:
        st.caption("  \n".join(lines))
    beside(row.network)


@frame.section
def beside(network: str) -> None:
    """Powers over a network that no chain tells of: always shown, never counted."""
    known = served.asked(offchain.powers, network)
    if known:
        st.markdown(f"**Off the chain, counted nowhere: {words.several(len(known), 'power', 'powers')}**")
        st.markdown("  \n".join(map(off_chain, known)))


def off_chain(one: OffChain) -> str:
    """A power off the chain as a sentence, with its evidence."""
    said = f"**{words.sentence(one.kind)}**: {inert.markdown(one.who, 200)} can {inert.markdown(one.power, 300)}."
    return f"{said} {evidence(one)}"


def evidence(one: OffChain | Planned) -> str:
    """When something was written down and looked at, and where it stands."""
    opened = f"opened {words.day(one.checked)}" if one.checked else "could not be opened"
    pages = words.listed([inert.link(url) for url in one.source.split()])
    return f"Recorded {words.day(one.recorded)}, {opened}: {pages}"


@frame.section
def planned(stack: str) -> None:
    """Networks of a layer that are planned: always shown, never counted."""
    for one in served.asked(coming.planned, stack):
        st.subheader(f"{inert.plain(one.title)} (planned)", anchor=False)
        inferred = f" Inferred: {inert.markdown(one.inferred, 300)}." if one.inferred else ""
        st.markdown(f"{words.sentence(inert.markdown(one.says, 300))}.{inferred} Counted nowhere.")
        st.caption(evidence(one))


def in_words(row: Row) -> Iterator[str]:
    """Both ends of each number of math or why there is none, and who gates what."""
    for cell in row.resources.values():
        yield f"{named(cell)}: {matrix.ends(cell)}{inert.markdown(cell.math.text, 200)}"
        if cell.gate.number is not None:
            keepers = powers.who(cell.gate.who)
            yield f"{named(cell)}: {matrix.gated(cell)} ({keepers}), {inert.markdown(cell.gate.text, 200)}"


def shared_out(known: Sequence[Population]) -> Iterator[str]:
    """Of which part of an emission its columns tell, where some of it goes to others, such as a pool."""
    emitted = [one for one in known if one.measure == Measure.EMISSION]
    rows = served.asked(emission.by_population, emitted) if emitted else pl.DataFrame()
    if not rows.is_empty():
        one = next(iter(headlines(emitted)), emitted[0])
        told = inert.markdown(market.emission_headline(one, rows), 300)
        yield f"{told}. What a column of emission tells is of its own part."


@frame.section
def everything(rows: Sequence[Row]) -> None:
    """Every number of the page as two tables: power by network and action, math and gates by network and measure."""
    st.header("All numbers", anchor=False)
    label = "Two tables with CSV and Parquet: power by network and action, math and gates by network and measure"
    fold = st.expander(label, key="all", icon=":material/table_rows:", bind="query-params")
    if fold.open:
        with fold:
            tabled(rows)
    cite.under("All numbers of the scorecard", lambda: numbers(rows), key="everything")


@frame.section
def tabled(rows: Sequence[Row]) -> None:
    """The two tables of every number."""
    st.subheader("Power, by network and action", anchor=False)
    counted = power.placed(power.table([row.power for row in rows]), served.asked(power.read_at))
    draw.table(powers.timed(counted), POWER, alt="Power by network, side and action", sources=[], key="power")
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
