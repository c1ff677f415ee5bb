"""Who decided that vote, and did mine: open proposals first, then one proposal in full."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from questions import ballots, proposals, voting_record
from questions.ballots import Count
from questions.cited import Cited
from questions.proposals import Proposal
from questions.search import Found, one_each, search
from questions.voting_record import Record
from store.addresses import LONGEST_PASTED
from ui import (
    banners,
    charts,
    choose,
    cite,
    draw,
    frame,
    inert,
    labels,
    parties,
    record,
    served,
    stated,
    tables,
    votes,
    without,
    words,
)

PROPOSALS = {
    "network": tables.text("Network", pinned=True),
    "proposal": tables.text("Proposal"),
    "title": tables.text("Title"),
    "status": tables.text("Status"),
    "ends": tables.time("Voting ends"),
    "turnout": tables.percent("Turnout", "Part of what could vote that did."),
    "quorum": tables.percent("Quorum", "Part that must vote, by some rules with a certain choice."),
    "yes": tables.percent("Yes", "Of what voted and did not abstain."),
    "threshold": tables.percent("Needed"),
    "veto": tables.percent("Veto", "Of everything that voted."),
    "veto_threshold": tables.percent("Veto mark"),
    "chain": tables.text("Chain"),
}
OVER = "As they were read; on one that was read while it was open, votes may be over since."
ROUTES = {
    "route": tables.text("If they had", pinned=True),
    "fewest": tables.figures("Fewest voters"),
    "rule": tables.text("Rule that decides"),
    "who": tables.text("For example"),
}


# How an option is said; files keep the chain's own word.
SPOKEN = pl.col("option").str.replace_all("_", " ")


@frame.section
def main() -> None:
    """The page from top to bottom."""
    frame.begin("Who decides this proposal, and does my vote count?")
    found = served.asked(proposals.proposals)
    if not found:
        banners.nothing("No proposal was read yet. Networks without votes on chain have none.")
        return
    now = datetime.now(UTC)
    voting = proposals.still_open(found, now)
    said = f"{words.sentence(words.several(len(voting), 'proposal'))} open for voting"
    st.header(said, anchor=False)
    overview(found, now)
    cite.under(said, lambda: stated.proposals(found), key="proposals", note=OVER)
    chosen = choose.proposal(found, voting)
    standing(chosen, found, now)
    count(chosen)
    participation(chosen)


@frame.section
def standing(chosen: Proposal, found: Sequence[Proposal], now: datetime) -> None:
    """How the proposal stands."""
    numbered = inert.markdown(proposals.numbered(chosen, found))
    st.header(f"{numbered}: {inert.markdown(chosen.title)}", anchor=False)
    st.markdown(votes.stands(chosen, now))
    result(chosen)
    cite.under(votes.stands(chosen, now), lambda: stated.proposal(chosen), key="standing")


@frame.section
def count(chosen: Proposal) -> None:
    """The votes one by one: what would turn it, whose they are, and mine."""
    counted = served.asked(ballots.count, chosen)
    if counted is None:
        banners.nothing("The votes of this proposal were not read. Chains delete them once they have counted.")
        return
    called = served.asked(ballots.names, chosen.network)

    def again() -> list[Cited]:
        return [*stated.recounted(counted, ballots.absent(counted, {})), *stated.proposal(chosen)]

    note = without.EACH_VOTE if counted.kept else without.STAKE_OF_TODAY
    turned(counted, called)
    told = "What would turn it"
    cite.under(told, lambda: [*stated.turning(counted), *stated.proposal(chosen)], key="turned", note=note)
    mine(counted, called)
    voters(counted, called)
    cite.under("Who voted, with how much", again, key="voters", note=note)
    absent(counted, called)
    cite.under("Who did not vote", again, key="absent", note=note)
    labels.objecting()


@frame.section
def overview(found: Sequence[Proposal], now: datetime) -> None:
    """All proposals as a table, open ones first."""
    st.caption("All that were read, open ones first.")
    draw.table(
        votes.with_status(proposals.table(found), now),
        PROPOSALS,
        alt="Proposals with turnout, Yes and veto against what the rules ask for",
        sources=[],
        key="proposals",
        rows=6,
    )


@frame.section
def result(chosen: Proposal) -> None:
    """The count as one bar of all that could vote, with the quorum on it."""
    if not chosen.shares:
        banners.nothing("No count of this proposal was read.")
        return
    rows = pl.DataFrame(chosen.shares, schema=["option", "share"], orient="row")
    quorum, power = (
        [] if chosen.quorum is None else [(chosen.quorum, "quorum")],
        chosen.electorate.power,
    )
    draw.show(
        draw.Chart(
            "tally",
            charts.tally(rows, quorum),
            rows.with_columns(spoken=SPOKEN),
            {"spoken": tables.text("Option"), "share": tables.percent(f"Of all {power}")},
            f"Of all {power}: {', '.join(f'{option} {words.share(part)}' for option, part in chosen.shares)}.",
            [votes.source(chosen)],
            votes.counting(chosen),
        )
    )


@frame.section
def turned(counted: Count, called: dict[str, str]) -> None:
    """What would have turned it, along each route."""
    st.header("What would turn it", anchor=False)
    caution = votes.differs(counted)
    if caution:
        st.caption(caution)
    if counted.proposal.rule is None:
        banners.nothing("The rule of this vote was not read, so nothing can be said.")
        return
    st.markdown(votes.turning(counted, called))
    rows = votes.routes(counted, called)
    draw.table(
        rows,
        ROUTES,
        alt="Fewest voters whose different choice turns the result, by route",
        sources=[votes.stake_source(counted)],
        key="routes",
    )


@frame.section
def mine(counted: Count, called: dict[str, str]) -> None:
    """How an address votes, or is voted for."""
    st.header(votes.my_vote(counted), anchor=False)
    text = st.text_input(
        "Your address",
        key="q",
        max_chars=LONGEST_PASTED,
        placeholder=votes.begins(counted.proposal.spelling),
        help="Nothing is stored and no wallet is asked: the address is looked up in the stake that was read.",
        bind="query-params",
    )
    if not text:
        return
    found = served.asked(search, text)
    known = [one for one in found if one.network == counted.proposal.network]
    if not known:
        banners.nothing(votes.unknown(text, found, counted))
        return
    carried(counted, called, choose.one_of(one_each(known)))


@frame.section
def carried(counted: Count, called: dict[str, str], who: Found) -> None:
    """How the tokens of the address count, validator by validator."""
    held, network = counted.stake, counted.proposal.network
    # Shares that were read while the vote was open are all there; of today's stake only what voters hold.
    own = held.delegations if held.exact else served.asked(ballots.newest_delegations, network, who.canonical)
    past = served.asked(voting_record.record, network)
    operator = ballots.operator_of(counted, who)
    weight = ballots.weight(counted, who, own)
    if operator:
        weighs = votes.counts(weight, counted.proposal, "What it votes with")
        st.markdown(f"{votes.as_validator(counted, operator, called)} {weighs} {record.of_one(past, operator)}")
    rows = record.beside(parties.called(ballots.mine(counted, who, own, called), network), past)
    weighs = "" if operator else votes.counts(weight, counted.proposal)
    represented = f"{votes.represented(rows, counted, who)} {weighs}".strip()
    st.markdown(represented)
    if not rows.is_empty():
        draw.table(
            rows,
            votes.carried(counted),
            alt="How the tokens of the address count, validator by validator",
            sources=[votes.stake_source(counted)],
            key="mine",
        )
    cite.under(represented, lambda: stated.proposal(counted.proposal), key="mine", note=without.ONE_ADDRESS)


@frame.section
def voters(counted: Count, called: dict[str, str]) -> None:
    """Everybody who voted, by power."""
    rows = parties.called(ballots.voters(counted, called), counted.proposal.network)
    st.header("Who voted, with how much", anchor=False)
    draw.table(
        rows.with_columns(spoken=SPOKEN),
        {
            "party": tables.text("Voter", pinned=True),
            "role": tables.text("As"),
            "spoken": tables.text("Voted"),
            "share": tables.bar(f"Of all {counted.proposal.electorate.power}", most=votes.largest(rows)),
            "own_tokens": tables.number("Own"),
            **votes.for_others(counted),
            "address": tables.text("Address"),
        },
        alt="Voters by the power that their vote carried",
        sources=[votes.stake_source(counted)],
        key="voters",
    )


@frame.section
def absent(counted: Count, called: dict[str, str]) -> None:
    """Those who have not voted."""
    rows = parties.called(ballots.absent(counted, called), counted.proposal.network)
    st.header(votes.not_voted(rows, counted), anchor=False)
    if not rows.is_empty():
        draw.table(
            rows,
            {
                "party": tables.text(counted.proposal.electorate.voter.capitalize(), pinned=True),
                "share": tables.bar(f"Of all {counted.proposal.electorate.power}", most=votes.largest(rows)),
                "address": tables.text("Address"),
            },
            alt=f"{counted.proposal.electorate.voter.capitalize()}s that have not voted, by power",
            sources=[votes.stake_source(counted)],
            key="absent",
            rows=8,
        )


@frame.section
def participation(chosen: Proposal) -> None:
    """Turnout over time, and how often and with how much each voter votes."""
    over = served.asked(voting_record.ended, chosen.network)
    found = served.asked(voting_record.record, chosen.network)
    st.header("Who takes part", anchor=False)
    if over:
        st.markdown(record.habits(over, found))
    turnout(chosen, over)
    if over:
        cite.under("Who takes part", lambda: stated.turnouts(over), key="participation", note=without.HABITS)
    if found is None:
        banners.nothing("Of no vote that is over were the votes read one by one.")
        return
    validators(chosen, found)


@frame.section
def turnout(chosen: Proposal, over: Sequence[Proposal]) -> None:
    """Turnout of the votes that are over."""
    rows = voting_record.turnout_over_time(over)
    if rows.height < 2:
        return
    draw.show(
        draw.Chart(
            "turnout",
            record.turnout(rows, chosen.electorate),
            rows,
            record.TURNOUT,
            f"Turnout of {rows.height} votes, the last {words.share(rows['turnout'][-1])}, with the quorum.",
            [votes.source(chosen)],
            "Turnout as the chain counted it.",
        )
    )


@frame.section
def validators(chosen: Proposal, found: Record) -> None:
    """How often, with how much and how each voter voted."""
    called = served.asked(ballots.names, chosen.network)
    party = pl.col("address").replace_strict(called, default="", return_dtype=pl.String)
    draw.table(
        parties.called(found.validators.with_columns(party=party), chosen.network),
        record.columns(found, chosen.electorate),
        alt=f"How often, with how much and how each {chosen.electorate.voter} voted on the proposals that are over",
        sources=[record.source(chosen, found)],
        key="participation",
        rows=8,
    )
    if found.draws:
        st.caption(record.simulated(found, chosen.electorate))


main()
