"""Who is this: where an address or a party stands, who says so, what it can do, and how it voted."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from questions import a_priori, alike, explorers, labels, own_votes, rank_history, standing
from questions.candidates import candidates
from questions.entity import Entity, entity, named, unread
from questions.populations import Population
from questions.reach import reach
from questions.search import respelled
from questions.standing import Standing, Together
from ui import banners, cite, draw, find, frame, inert, method, parties, served, stated, votes, words
from ui import entity as told

AS_PARTY = "What a party had is what its addresses of that day had together, by the labels in force then."
SHARE = "A share is such an amount as a part of all that there is of its population."


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Who is this, and what can it do?")
    text = st.query_params.get("q", "")
    of = st.query_params.get("of", "") or (served.asked(named, text) if text else "")
    if of:
        one = served.asked(entity, of)
        if one is None:
            banners.nothing(f"The link names '{of}', which is not known here.")
        else:
            about(one, known, text)
    elif text:
        which(text, known)
    else:
        st.header("Nobody was asked for yet", anchor=False)
        st.markdown("Write a name, an address or a link to one into the field on top of this page, or of any other.")
        largest()


@frame.section
def largest() -> None:
    """Who is first in each population of the scorecard, to begin with."""
    draw.table(
        parties.called(served.asked(rank_history.leaders)),
        told.LEADERS,
        alt="The largest address of each population of the scorecard",
        sources=[],
        key="leaders",
    )


@frame.section
def which(text: str, known: Sequence[Population]) -> None:
    """Whom a name or the ends of an address may mean: nobody is chosen for the reader."""
    found = served.asked(candidates, known, text)
    st.header("Which one do you mean?" if found.found else "Nobody was found", anchor=False)
    find.cards(found, text, len(found.found))
    if among := list({one.population.key: one.population for one in found.found if one.population}.values()):
        cite.under("Which one do you mean?", lambda: stated.amounts(among), key="candidates", note=SHARE)


@frame.section
def about(one: Entity, known: Sequence[Population], text: str) -> None:
    """All that is known of an entity."""
    st.header(told.called(one), anchor=False)
    identity(one, text)
    where(one, known)
    power(one)
    past(one, known)
    members(one)
    says(one)
    ballots(one)


@frame.section
def identity(one: Entity, text: str) -> None:
    """Who it is, by whose word, how it is spelled, and where else it can be looked up."""
    st.markdown(told.who(one))
    if not one.party:
        st.markdown(told.spelled(one.members))
        if other_chain := served.asked(respelled, text):
            st.caption(other_chain)
    with st.container(horizontal=True, vertical_alignment="center"):
        for slug, name in told.parties(one):
            label = f"Its party: {inert.markdown(name)}"
            st.page_link("pages/entity.py", label=label, icon=":material/groups:", query_params={"of": slug})
        elsewhere = served.asked(explorers.pages, list(one.members))
        for label, page in zip(told.pages_called(elsewhere), elsewhere[: told.PAGES], strict=False):
            st.link_button(label, page.url, icon=":material/open_in_new:", type="tertiary")


def stands(one: Entity, known: Sequence[Population]) -> tuple[list[Standing], dict[tuple[int, int], Together]]:
    """Where its addresses stand, and where its parties do."""
    found = served.asked(standing.standing, known, *(member.found for member in one.members))
    return found, served.asked(standing.parties, [stand.population for stand in found], one)


@frame.section
def where(one: Entity, known: Sequence[Population]) -> None:
    """Where it stands, alone and with its party."""
    st.header("Where it stands", anchor=False)
    if silent := served.asked(unread, one):
        st.caption(f"Not read yet: {words.listed([inert.markdown(title) for title in silent])}.")
    found, merged = stands(one, known)
    if not found:
        banners.nothing("It holds nothing in the newest data.")
        return
    sources = [
        frame.source(among) for among in {among.key: among for among in (stand.population for stand in found)}.values()
    ]
    if one.party:
        index = [served.asked(a_priori.decides_together, party.population, party.party) for party in merged.values()]
        st.markdown(told.party_place(list(merged.values())))
        rows = told.party_stands(list(merged.values()), index)
    else:
        index = [served.asked(a_priori.decides, stand.population, stand.address) for stand in found]
        st.markdown(told.place(found, merged, next((name for _, name in told.parties(one)), "")))
        rows = told.stands(found, merged, index)
    if rows.is_empty():
        banners.nothing("What it holds counts as nobody's: it is an account of a protocol.")
        return
    draw.table(rows, told.columns(rows), alt="Where it stands", sources=sources, key="stands")
    cite.under(
        "Where it stands",
        lambda: [*stated.standing(found), *stated.together(merged.values())],
        key="stands",
        note=SHARE,
    )


@frame.section
def power(one: Entity) -> None:
    """What it can force, stop and gate."""
    st.header("What it can do", anchor=False)
    rows = served.asked(reach, one)
    st.markdown(told.can(rows))
    if not rows.is_empty():
        draw.table(told.reach(rows), told.REACH, alt="What it can force, stop and gate", sources=[], key="reach")
        cite.under(told.can(rows), lambda: stated.reach(rows), key="reach")


def of_party(one: Entity, known: Sequence[Population]) -> pl.DataFrame:
    """The ranks of its party, the newest of which is where it stands."""
    _, merged = stands(one, known)
    return served.asked(rank_history.ranks_of_party, one.party, list(merged.values()))


@frame.section
def past(one: Entity, known: Sequence[Population]) -> None:
    """Its ranks of past days."""
    st.header("Its rank, day by day", anchor=False)
    rows = served.asked(rank_history.ranks, list(one.members))
    together = of_party(one, known) if one.party else rows.clear()
    said = told.ranked(rows, together)
    st.markdown(said)
    if rows.is_empty():
        return
    lines = told.rank_lines(together) or told.rank_lines(rows)
    alt = told.ranks_alt(together)
    if flat := told.steady(lines):
        st.markdown(flat)
    lines = told.moving(lines)
    # The days of the party stand before those of its addresses, in one table.
    rows = pl.concat([together, rows])
    if lines:
        drawn = {(part["network"][0], part["population"][0]) for part in lines}
        sources = [frame.source(among) for among in known if (among.title, among.heading) in drawn]
        draw.show(draw.Chart("ranks", told.rank_chart(lines), rows, told.rank_columns(rows), alt, sources))
    else:
        draw.table(rows, told.rank_columns(rows), alt=alt, sources=[], key="ranks")
    cite.under(said, lambda: stated.ranks(one.members), key="ranks", note=AS_PARTY if one.party else "")


@frame.section
def members(one: Entity) -> None:
    """Whom labels put together, by which evidence, and how to object."""
    rows = served.asked(labels.of, one)
    st.header("Who says who it is", anchor=False)
    if rows.is_empty():
        st.markdown("No label is about it. A row of the table of labels, with evidence, would be.")
    else:
        draw.table(
            told.members(rows),
            told.MEMBERS,
            alt="Labels of its addresses with their evidence",
            sources=[],
            key="members",
        )
    with st.expander("How to object, and who answers", icon=":material/flag:"):
        st.markdown(method.document("objections"))


@frame.section
def says(one: Entity) -> None:
    """Who says the same of itself: no label, and in no headline."""
    rows = served.asked(alike.says, one)
    if rows.is_empty():
        return
    st.header("Who says the same of itself", anchor=False)
    st.markdown(
        "Who says both the same identity and the same website may be one operator. Nobody checks what they say."
    )
    draw.table(
        parties.called(rows), told.SAID, alt="Validators that say the same of themselves", sources=[], key="says"
    )


@frame.section
def ballots(one: Entity) -> None:
    """How it voted on all proposals."""
    st.header("How it voted", anchor=False)
    rows = served.asked(own_votes.own_votes, one)
    if rows.is_empty():
        st.markdown("No vote of it is known. Chains delete votes once they have counted them.")
        return
    st.markdown(told.voted(rows))
    draw.table(
        votes.with_status(rows, datetime.now(UTC)),
        told.VOTES,
        alt="Its votes, proposal by proposal",
        sources=[],
        key="votes",
    )
    cite.under(told.voted(rows), lambda: stated.ballots(one.members), key="votes")


main()
