"""Votes in sentences: how a proposal stands, what would turn it, how an address is represented."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter

import polars as pl

from analytics.decimals import ONE
from analytics.votes.rules import Ballots
from analytics.votes.tally import Majority
from questions import ballots
from questions.ballots import Count, Turn, Weight
from questions.proposals import CANCELLED, GONE, WAITING, Proposal, fraction
from questions.search import Found, misspelled
from store.addresses import account
from store.rows import Decision
from ui import inert, tables, words
from ui.provenance import Provenance

STATUS = {
    "voting_period": "open for voting",
    "deposit_period": "collecting deposits",
    "pending": "waiting for its vote to begin",
    "passed": "passed",
    "rejected": "rejected",
    "failed": "passed, but could not be carried out",
    "succeeded": "passed, not yet on its way",
    "queued": "passed, waiting to be carried out",
    "executed": "passed and carried out",
    "expired": "passed, not carried out in time",
    CANCELLED: "taken back",
    GONE: "no longer open on the chain: cancelled, its deposit lapsed, or ended since",
}
ROUTES = {
    "boycott": "stayed home",
    "abstain": "abstained",
    "no": "voted No",
    "veto": "vetoed",
    "yes": "voted Yes",
}
OUTCOMES = {
    "passed": "pass",
    "quorum": "fail for want of a quorum",
    "vetoed": "fail by veto",
    "rejected": "fail: too few Yes",
    "abstained": "fail: everybody abstained",
    "no stake": "fail: no stake is bonded",
}
# An expedited proposal that does not pass has not failed.
EXPEDITED = {
    why: "pass" if why == "passed" else said.replace("fail", "not pass as expedited", 1)
    for why, said in OUTCOMES.items()
}
# Counts that differ by more than this part of the bonded tokens are told.
APART = 0.005
RULES = {"quorum": "the quorum", "veto": "the veto", "threshold": "the share of Yes"}
# What counts for the quorum where not all that was voted does.
COUNTS = {"yes": "Yes", "abstain": "abstentions", "no": "No"}


def with_status(rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """A table of proposals with the status in words; a vote that was read while it was open may be over."""
    over = (pl.col("status") == "voting_period") & (pl.col("ends") <= now)
    return rows.with_columns(
        status=pl.when(over).then(pl.lit("was open when read")).otherwise(pl.col("status").replace(STATUS))
    )


def stands(one: Proposal, now: datetime) -> str:
    """How a proposal stands, as sentences of Markdown."""
    return " ".join(part for part in (_state(one, now), _turnout(one), _result(one), _otherwise(one)) if part)


def _state(one: Proposal, now: datetime) -> str:
    """Open until when, or how it ended; a vote that was read while it was open may be over."""
    state = words.sentence(STATUS.get(one.status, inert.markdown(one.status)))
    if one.voting_end is None or one.is_gone:
        return f"**{state}.**"
    if one.status in WAITING:
        begins = f" Voting begins on {words.moment(one.voting_start)}." if one.voting_start else ""
        return f"**{state}.**{begins}"
    if not one.is_open:
        return f"**{state}.** Voting ended on {words.day(one.voting_end)}."
    if one.voting_end > now:
        voting = "The expedited vote" if one.expedited else "Voting"
        return (
            f"**{state}.** {voting} ends in {words.duration(one.voting_end - now)}, on {words.moment(one.voting_end)}."
        )
    return f"**Was open when it was read, on {words.day(one.read_at)}; how it ended was not read.**"


def _turnout(one: Proposal) -> str:
    if one.turnout is None:
        untold = isinstance(one.rule, Majority) and one.rule.power is None and one.counts
        return (
            f"Which part of the {one.electorate.power} voted is not known: how much all is was not read."
            if untold
            else ""
        )
    voted, rule = f"{words.share(one.turnout)} of the {one.electorate.power} voted", one.rule
    if not isinstance(rule, Majority):
        return f"{voted}{_of_needed(one)}."
    counted = words.listed([COUNTS[option] for option in rule.counts])
    quorum = f"{words.share(one.quorate)}{_of_needed(one)}"
    return f"{voted}; for the quorum {counted} count{'s' if len(rule.counts) == 1 else ''}: {quorum}."


def _of_needed(one: Proposal) -> str:
    return "" if one.quorum is None else f" of the {words.share(one.quorum)} needed"


def _result(one: Proposal) -> str:
    """What the chain's rule makes of the count; a contract asks for so much power, of however much."""
    if one.expedited and one.counts and one.rule is None and not one.is_gone:
        return "What an expedited vote needs was not read, so that nothing is told of its result."
    if one.is_gone or not (one.counts and one.rule):
        return ""
    if one.bonded is None and not isinstance(one.rule, Majority):
        return ""
    outcome = (EXPEDITED if one.expedited and one.is_open else OUTCOMES)[_outcome(one)]
    decided = f"By this count it {'would' if one.is_open else 'had to'} **{outcome}**"
    if one.rule.veto is None and one.yes is None:
        return f"{decided}: nobody voted for or against it."
    if one.rule.veto is None:
        needed = words.share(fraction(one.rule.threshold))
        mark = "more than half" if one.rule.quota is None else f"{needed} or more"
        return f"{decided}: Yes {words.share(one.yes)} of what was voted for or against, where {mark} is needed."
    return (
        f"{decided}: Yes {words.share(one.yes)} of the {words.share(fraction(one.rule.threshold))} needed, "
        f"veto {words.share(one.veto)} of the {words.share(fraction(one.rule.veto))} that stop it."
    )


def _outcome(one: Proposal) -> str:
    if one.rule is None or one.counts is None:
        return ""
    yes, abstain, no, veto = one.counts.values()
    return Ballots(one.bonded or 0, yes, abstain, no, veto).outcome(one.rule)


def _otherwise(one: Proposal) -> str:
    """What becomes of an expedited proposal that does not pass: it is voted on once more, by the regular rule."""
    if not (one.expedited and one.is_open):
        return ""
    needed = "by a mark that was not read"
    if one.regular:
        needed = f"with more than {words.share(fraction(one.regular.threshold))} of Yes"
    return (
        f"An expedited proposal that does not pass goes on as a regular one, which passes {needed}: "
        "its votes are dropped, and all vote anew until the regular voting period is over."
    )


def turning(counted: Count, called: Mapping[str, str]) -> str:
    """The smallest set that turns the result, as a sentence."""
    possible = [flip for flip in counted.flips.values() if flip is not None]
    if not possible:
        return "No set of voters turns it by changing its choice, all others unchanged."
    sets = [(flip.most, flip) for flip in possible if flip.most is not None]
    if not sets:
        fewest = min(flip.fewest for flip in possible)
        return f"It takes at least {words.several(fewest, 'voter')} who choose otherwise, all others unchanged."
    members, least = min(sets, key=itemgetter(0))
    is_exact = all(flip.fewest >= members for flip in possible)
    fewer = "" if is_exact else " Perhaps fewer would do."
    several = words.several(members, "voter")
    many = f"**{words.sentence(several) if is_exact else f'At most {several}'}**"
    who = inert.markdown(who_of(least, called), 200)
    if counted.proposal.is_open:
        return f"{many} would be enough, if they {ROUTES[least.route]} and all others stay as they are: {who}.{fewer}"
    return (
        f"{many} would have been enough, had they {ROUTES[least.route]} and all others voted as they did: {who}.{fewer}"
    )


def who_of(flip: Turn, called: Mapping[str, str]) -> str:
    """The first members of a set that turns a vote."""
    named = [inert.plain(called.get(one, "")) or words.short(one) for one in flip.voters[:5]]
    more = (flip.most or 0) - len(named)
    return words.listed([*named, f"{more} more"] if more else named)


def routes(counted: Count, called: Mapping[str, str]) -> pl.DataFrame:
    """One row a route: how few would have been enough, by which rule, and who."""
    return pl.DataFrame(
        [
            {
                "route": ROUTES[route],
                "fewest": _fewest(flip),
                "rule": "" if flip is None else RULES[flip.rule],
                "who": "" if flip is None else who_of(flip, called),
            }
            for route, flip in counted.flips.items()
        ]
    )


def _fewest(flip: Turn | None) -> str:
    if flip is None:
        return "cannot turn it"
    if flip.is_exact:
        return words.count(flip.fewest)
    return f"{flip.fewest} or more" if flip.most is None else f"{flip.fewest} to {flip.most}"


def as_validator(counted: Count, operator: str, called: Mapping[str, str]) -> str:
    """What a validator voted, and what that means for those who delegate to it, as sentences."""
    name = inert.markdown(inert.plain(called.get(operator, "")) or words.short(operator))
    share = f"{words.share(ballots.carried(counted, operator))} of the {counted.proposal.electorate.power}"
    vote, for_others = counted.votes.get(account(operator)), counted.proposal.decision is Decision.STAKE_TALLY
    if vote:
        said = f"**{name}** voted **{ballots.options(vote)}**, with {share}."
        return f"{said} Who delegates to it and does not vote is counted so." if for_others else said
    have = "has not voted" if counted.proposal.is_open else "did not vote"
    said = f"**{name}** {have}; with it are {share}."
    return f"{said} Who delegates to it and does not vote is not counted." if for_others else said


def represented(rows: pl.DataFrame, counted: Count, who: Found) -> str:
    """How the tokens of an address are represented, as a sentence."""
    if rows.is_empty():
        own = ballots.own_vote(counted, who)
        said = f"This address voted **{ballots.options(own)}** itself. " if own else ""
        if counted.proposal.decision is Decision.MAJORITY:
            return f"{said}No voting power of it was read."
        return f"{said}No delegation of it to a validator that signs blocks is in the stake that was read."
    tokens = words.decimal(float(rows["tokens"].sum()), 2)
    kinds = rows["counts_as"].unique().to_list()
    if len(kinds) == 1:
        return f"**{tokens} {counted.proposal.token}** count as: **{kinds[0]}**."
    with_whom = words.several(rows.height, counted.proposal.electorate.voter)
    return f"**{tokens} {counted.proposal.token}** with {with_whom}; they count in different ways."


def counts(weight: Weight | None, one: Proposal, what: str = "That") -> str:
    """Whether what was told of last counts: its part, whether it alone turns the result, how to vote otherwise.

    What does not count as yet is no part of what voted: it is told as one of all that would vote with it.
    """
    if weight is None:
        return ""
    choices = words.listed([f"**{option.replace('_', ' ')}**" for option in weight.turns]).replace(" and ", " or ")
    if one.is_open:
        alone = f"turns the result if it votes {choices}" if choices else "does not turn the result, whatever it votes"
    else:
        alone = f"would have turned the result with {choices}" if choices else "could not have turned the result"
    said = f"{what} {_part_of_all(weight, is_open=one.is_open)}: alone it {alone}."
    if weight.inherits and one.is_open and one.voting_end:
        said += f" To count otherwise than its validators it votes itself before {words.moment(one.voting_end)}."
    if weight.silent and one.is_open and one.voting_end:
        said += f" To count it votes before {words.moment(one.voting_end)}."
    return said


def _part_of_all(weight: Weight, *, is_open: bool) -> str:
    share = words.share(weight.part)
    if not weight.adds:
        return f"is {share} of what voted"
    return f"would be {share} of all that votes with it" if is_open else f"is {share} of what would have voted with it"


def unknown(text: str, found: Sequence[Found], counted: Count) -> str:
    """Why nothing can be told of what was pasted: no address, of another chain, or without stake."""
    here = counted.proposal.network_title
    elsewhere = list(dict.fromkeys(one.title for one in found))
    if elsewhere:
        return f"Known on {words.listed(elsewhere)}, not on {here}: choose one of its proposals above."
    wrong = misspelled(text)
    return f"{words.sentence(wrong)}." if wrong else f"Nobody of that address or name holds stake on {here}."


def differs(counted: Count) -> str:
    """What to know where the votes, counted again, do not give the chain's own count; empty where they do."""
    said, again = counted.proposal.counts, counted.tally.options
    if not said or not counted.tally.bonded:
        return ""
    apart = max(abs(said[option] - again[option]) for option in said) / counted.tally.bonded
    if apart < APART:
        return ""
    turnout = counted.tally.turnout / ONE / counted.tally.bonded
    return (
        f"The votes that were read, counted over {stake_source(counted).grouping}, give a turnout of "
        f"{words.share(turnout)} where the chain's own count says otherwise: votes or stake changed in between, or "
        "were not all read. What follows is of the votes that were read."
    )


def not_voted(absent: pl.DataFrame, counted: Count) -> str:
    """How many validators have not voted, and what is with them."""
    have = "have not voted" if counted.proposal.is_open else "did not vote"
    share = words.share(float(absent["share"].sum())) if not absent.is_empty() else "0%"
    voters = counted.proposal.electorate
    who = words.sentence(words.several(absent.height, voters.voter))
    return f"{who} {have}; {share} of the {voters.power} {'are' if voters.power.endswith('s') else 'is'} with them"


def counting(one: Proposal) -> str:
    """What each option counts for, as a sentence."""
    if isinstance(one.rule, Majority):
        counted = words.listed([COUNTS[option] for option in one.rule.counts])
        return (
            f"For the quorum {counted} count{'s' if len(one.rule.counts) == 1 else ''}; the result is Yes against No."
        )
    return "Abstentions count for the quorum and not for the result; vetoes are counted among everything that voted."


def my_vote(counted: Count) -> str:
    """What the part of an address is called."""
    return "My validator, my vote" if counted.proposal.decision is Decision.STAKE_TALLY else "My vote"


def begins(spelling: str) -> str:
    """How an address of a network begins."""
    kind, _, prefix = spelling.partition(":")
    return f"{prefix}1…" if prefix else "0x…" if kind == "hex" else ""


def for_others(counted: Count) -> tables.Columns:
    """The columns of power that is voted with for others; none where nobody does."""
    if counted.proposal.decision is Decision.MAJORITY:
        return {}
    return {
        "inherited_tokens": tables.number("Inherited", "Of delegators who did not vote."),
        "overridden_tokens": tables.number("Overridden", "Taken back by delegators who voted for themselves."),
    }


def largest(rows: pl.DataFrame) -> float:
    """The largest share, as the full length of a bar."""
    return float(rows["share"].max() or 1.0)  # type: ignore[arg-type]


def source(one: Proposal) -> Provenance:
    """Where the chain's own count comes from."""
    return Provenance(
        one.network_title,
        "",
        one.token,
        one.height,
        one.read_at,
        one.endpoint,
        one.method,
        simulated=one.simulated,
        chain_id=one.chain_id,
        hash=one.hash,
    )


def stake_source(counted: Count) -> Provenance:
    """Where the power of voters comes from."""
    one, held = counted.proposal, counted.stake
    newest = "the newest stake" if one.is_open else "stake of today, not of the vote"
    exact = "stake while the vote was open" if held.exact else newest
    if one.decision is Decision.MAJORITY:
        exact = "power as the contract counted it, of those who did not vote as it is today"
    return Provenance(
        one.network_title,
        f"{one.electorate.voter}s",
        one.token,
        held.height,
        held.time,
        one.endpoint,
        grouping=exact,
        n=len(held.validators),
        simulated=one.simulated,
        chain_id=one.chain_id,
    )


def carried(counted: Count) -> tables.Columns:
    """The columns of how an address's tokens count."""
    return {
        "party": tables.text(counted.proposal.electorate.voter.capitalize(), pinned=True),
        "tokens": tables.number(counted.proposal.token),
        "validator_voted": tables.text(f"The {counted.proposal.electorate.voter} voted"),
        "counts_as": tables.text("These tokens count as"),
        "voted_on": tables.text("It voted on", "Of the proposals that are over and whose votes were read."),
    }
