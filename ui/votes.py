"""Votes in sentences: how a proposal stands, what would turn it, how an address is represented."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from analytics.ballots import Count
from analytics.flip import Flip
from analytics.governance import Ballots
from analytics.proposals import Proposal, fraction
from ui import inert, words
from ui.provenance import Provenance

STATUS = {
    "voting_period": "open for voting",
    "deposit_period": "collecting deposits",
    "passed": "passed",
    "rejected": "rejected",
    "failed": "passed, but could not be carried out",
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
RULES = {"quorum": "the quorum", "veto": "the veto", "threshold": "the share of Yes"}


def stands(one: Proposal, now: datetime) -> str:
    """How a proposal stands, as sentences of Markdown."""
    return " ".join(part for part in (_state(one, now), _turnout(one), _result(one)) if part)


def _state(one: Proposal, now: datetime) -> str:
    """Open until when, or how it ended; a vote that was read while it was open may be over."""
    state = words.sentence(STATUS.get(one.status, inert.markdown(one.status)))
    if one.voting_end is None:
        return f"**{state}.**"
    if not one.is_open:
        return f"**{state}.** Voting ended on {words.day(one.voting_end)}."
    if one.voting_end > now:
        return f"**{state}.** Voting ends in {words.duration(one.voting_end - now)}, on {words.moment(one.voting_end)}."
    return f"**Was open when it was read, on {words.day(one.read_at)}; how it ended was not read.**"


def _turnout(one: Proposal) -> str:
    if one.turnout is None:
        return ""
    needed = f" of the {words.share(fraction(one.rule.quorum))} needed" if one.rule else ""
    return f"{words.share(one.turnout)} of the bonded tokens voted{needed}."


def _result(one: Proposal) -> str:
    """What the chain's rule makes of the count."""
    if not (one.counts and one.rule and one.bonded):
        return ""
    yes, abstain, no, veto = one.counts.values()
    outcome = OUTCOMES[Ballots(one.bonded, yes, abstain, no, veto).outcome(one.rule)]
    return (
        f"By this count it {'would' if one.is_open else 'had to'} **{outcome}**: "
        f"Yes {words.share(one.yes)} of the {words.share(fraction(one.rule.threshold))} needed, "
        f"veto {words.share(one.veto)} of the {words.share(fraction(one.rule.veto))} that stop it."
    )


def turning(counted: Count, called: Mapping[str, str]) -> str:
    """The smallest set that turns the result, as a sentence."""
    possible = [flip for flip in counted.flips.values() if flip is not None]
    if not possible:
        return "No set of voters turns it by changing its choice, all others unchanged."
    sets = [(flip.voters, flip) for flip in possible if flip.voters is not None]
    if not sets:
        fewest = min(flip.fewest for flip in possible)
        return f"At least {words.several(fewest, 'voter')} would have had to choose otherwise, all others unchanged."
    members, least = min(sets, key=lambda found: len(found[0]))
    fewer = "" if least.is_exact else " Perhaps fewer would do."
    return (
        f"**{words.sentence(words.several(len(members), 'voter'))}** would have been enough, had they "
        f"{ROUTES[least.route]} and all others voted as they did: {inert.markdown(who_of(least, called), 200)}.{fewer}"
    )


def who_of(flip: Flip, called: Mapping[str, str]) -> str:
    """The first members of a set that turns a vote."""
    members = flip.voters or ()
    named = [inert.plain(called.get(one, "")) or words.short(one) for one in members[:5]]
    more = len(members) - len(named)
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


def _fewest(flip: Flip | None) -> str:
    if flip is None:
        return "not even all together"
    if flip.is_exact:
        return words.count(flip.fewest)
    return f"{flip.fewest} or more" if flip.voters is None else f"{flip.fewest} to {len(flip.voters)}"


def represented(rows: pl.DataFrame, counted: Count) -> str:
    """How an address is represented, as a sentence."""
    if rows.is_empty():
        return "This address delegates to no validator that signs blocks: it has no vote here."
    tokens = words.decimal(float(rows["tokens"].sum()), 2)
    kinds = rows["counts_as"].unique().to_list()
    if len(kinds) == 1:
        return f"**{tokens} {counted.proposal.token}** count as: **{kinds[0]}**."
    with_whom = words.several(rows.height, "validator")
    return f"**{tokens} {counted.proposal.token}** with {with_whom}; they count in different ways."


def not_voted(absent: pl.DataFrame, counted: Count) -> str:
    """How many validators have not voted, and what is with them."""
    have = "have not voted" if counted.proposal.is_open else "did not vote"
    share = words.share(float(absent["share"].sum())) if not absent.is_empty() else "0%"
    who = words.sentence(words.several(absent.height, "validator"))
    return f"{who} {have}; {share} of the bonded tokens are with them"


def largest(rows: pl.DataFrame) -> float:
    """The largest share, as the full length of a bar."""
    return float(rows["share"].max() or 1.0)  # type: ignore[arg-type]


def source(one: Proposal) -> Provenance:
    """Where the chain's own count comes from."""
    return Provenance(
        one.network_title, "", one.token, one.height, one.read_at, one.endpoint, one.method, simulated=one.simulated
    )


def stake_source(counted: Count) -> Provenance:
    """Where the power of voters comes from."""
    one, held = counted.proposal, counted.stake
    exact = "stake while the vote was open" if held.exact else "stake of today, not of the vote"
    return Provenance(
        one.network_title,
        "validators",
        one.token,
        held.height,
        held.time,
        one.endpoint,
        grouping=exact,
        n=len(held.validators),
        simulated=one.simulated,
    )
