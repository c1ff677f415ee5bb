"""Who takes part, in sentences, a curve and a table: the voting record of a network's validators."""

from collections.abc import Sequence

import polars as pl

from questions import voting_record
from questions.proposals import Electorate, Proposal
from questions.voting_record import Record
from store.rows import Decision
from ui import curves, tables, words
from ui.provenance import Provenance


def habits(over: Sequence[Proposal], found: Record | None) -> str:
    """Usual turnout, who stays away, how much is overridden and how few propose, as sentences."""
    told = [_turnout(over)]
    if found is not None and over:
        told += [_silent(found, over[-1].electorate), _overridden(found)]
    return " ".join(part for part in [*told, _proposers(over)] if part)


def _turnout(over: Sequence[Proposal]) -> str:
    usual = voting_record.usual_turnout(over)
    if usual is None:
        return ""
    counted = sum(one.turnout is not None for one in over)
    if counted == 1:
        return f"Turnout of the one vote that is over: **{words.share(usual)}**."
    return f"Usual turnout, the median of {words.several(counted, 'vote')} that are over: **{words.share(usual)}**."


def _silent(found: Record, who_votes: Electorate) -> str:
    if found.proposals == 1:
        return _silent_on_one(found, who_votes)
    read = f"the {words.several(found.proposals, 'proposal')} whose votes were read"
    if not found.silent.voters:
        return f"Every {who_votes.voter} voted on at least one of {read}."
    who = words.several(len(found.silent.voters), who_votes.voter)
    share = words.share(float(found.silent.share))
    return f"**{words.sentence(who)}**, with {share} of the {who_votes.power}, voted on none of {read}."


def _silent_on_one(found: Record, who_votes: Electorate) -> str:
    """Who stayed away from the only vote that was read."""
    one = "on the one proposal whose votes were read"
    if not found.silent.voters:
        return f"Every {who_votes.voter} voted {one}."
    who = words.sentence(words.several(len(found.silent.voters), who_votes.voter))
    return f"**{who}**, with {words.share(float(found.silent.share))} of the {who_votes.power}, did not vote {one}."


def _overridden(found: Record) -> str:
    if found.overridden is None:
        return ""
    return f"Of what is delegated, **{words.share(found.overridden)}** voted for itself instead of with its validator."


def _proposers(over: Sequence[Proposal]) -> str:
    found = voting_record.proposers(over)
    if found is None:
        return ""
    who = words.several(found.parties, "account")
    return f"{words.sentence(who)} made the proposals; {words.numeral(found.more_than_half)} made more than half."


def of_one(found: Record | None, operator: str) -> str:
    """How often a validator voted before, as a sentence; empty where nothing is known."""
    known = pl.DataFrame() if found is None else found.validators.filter(address=operator)
    if known.is_empty():
        return ""
    voted, of = known.select("voted", "proposals").row(0)
    times = f"**{words.numeral(voted)} of {words.numeral(of)}**"
    return f"It voted on {times} proposals that are over and whose votes were read."


def beside(rows: pl.DataFrame, found: Record | None) -> pl.DataFrame:
    """Rows with an address of a validator, and how often it voted as `voted_on`: 9 of 12, or empty."""
    counts = [] if found is None else found.validators.select("address", "voted", "proposals").rows()
    known = {address: f"{voted} of {of}" for address, voted, of in counts}
    told = [known.get(address, "") for address in rows["address"]]
    return rows.with_columns(pl.Series("voted_on", told, dtype=pl.String))


def turnout(rows: pl.DataFrame, electorate: Electorate) -> curves.Drawn:
    """Turnout of each vote against the quorum, over time."""
    # The chart draws one line a network; here the lines are what is asked for and what came.
    parts = [
        rows.select("time", network=pl.lit(column), title=pl.lit(column.capitalize()), value=pl.col(column))
        for column in ("turnout", "quorum")
    ]
    return curves.daily(pl.concat(parts).drop_nulls("value"), y=f"Of the {electorate.power}", form=".0%", height=280)


TURNOUT = {
    "proposal": tables.text("Proposal", pinned=True),
    "title": tables.text("Title"),
    "time": tables.time("Voting ended"),
    "turnout": tables.percent("Turnout", "Part of what could vote that did, by the chain's own count."),
    "quorum": tables.percent("Quorum"),
}


def columns(found: Record, electorate: Electorate) -> tables.Columns:
    """The columns of the record's table; those of which nothing is known are left out."""
    most = float(found.validators["share"].max() or 1.0)  # type: ignore[arg-type]
    told = {
        "party": tables.text(electorate.voter.capitalize(), pinned=True),
        "share": tables.bar(f"Of all {electorate.power}", most=most),
        "voted": tables.count("Voted on"),
        "proposals": tables.count(
            "Of proposals", "Proposals that are over and whose votes were read one by one, as they were read last."
        ),
        "used": tables.proportion("Power used", "Part of its power, over all of them, that its own votes carried."),
        "latest": tables.text("Last votes", "The newest first."),
        "alike": tables.count(
            "Voted alike", f"Other {electorate.voter}s with the same vote every time. No proof of one owner."
        ),
        "decides": tables.proportion(
            "Decides (drawn votes)", "How often its vote turns the result its way, rather than staying home."
        ),
        "close": tables.proportion("Decides close votes (drawn)", "The same where Yes is within 10 points of enough."),
        "address": tables.text("Address"),
    }
    empty = {
        name for name in ("used", "decides", "close") if found.validators[name].null_count() == found.validators.height
    }
    return {name: column for name, column in told.items() if name not in empty}


def simulated(found: Record, electorate: Electorate) -> str:
    """What the simulated columns are; empty where there are none."""
    if not found.draws:
        return ""
    many = words.several(found.close_draws, "vote")
    close = (
        f"; for the {many} that were close, by at most {words.share(found.close_error)}" if found.close_draws else ""
    )
    return (
        f"Drawn at random: {words.count(found.draws)} votes. Each starts from one of these "
        f"{words.count(found.proposals)} proposals; every {electorate.voter} keeps its vote there half of the time, "
        f"and else casts its vote of any of them. Off by at most {words.share(found.error)}{close}."
    )


def source(one: Proposal, found: Record) -> Provenance:
    """Where the power of validators comes from."""
    return Provenance(
        one.network_title,
        f"{one.electorate.voter}s",
        one.token,
        found.height,
        found.time,
        one.endpoint,
        grouping=f"the newest {'power' if one.decision is Decision.MAJORITY else 'stake'}, for all votes",
        n=found.validators.height,
        simulated=one.simulated,
        chain_id=one.chain_id,
    )
