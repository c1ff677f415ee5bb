"""Who takes part and who matters: votes on all proposals that are over, weighed with the stake that is newest.

A proposal that was open when it was read last says nothing yet of who stays away, and is left out. Its own stake is
known for the few proposals that were read in shares alone; one stake for all makes them comparable.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.votes.decisiveness import ABSENT, ABSTAIN, NO, VETO, YES, PastVotes, Simulated, blocs, decisiveness
from analytics.votes.participation import (
    Concentration,
    Silent,
    Turnout,
    concentration,
    never_voters,
    override_rate,
    used_of_paper,
)
from analytics.votes.tally import Choice, Rule, choices
from questions import ballots
from questions.ballots import Stake
from questions.proposals import Proposal, fraction, proposals
from store.addresses import account, keyless
from store.mart import Mart

# Fewer than these do not say how people are used to vote.
FEWEST_PROPOSALS: Final = 3
DRAWS: Final = 4_000
SEED: Final = 1
LATEST: Final = 6
CODES: Final = {"yes": YES, "abstain": ABSTAIN, "no": NO, "no_with_veto": VETO}
WORDS: Final = {ABSENT: "absent", YES: "yes", ABSTAIN: "abstain", NO: "no", VETO: "veto"}

_VOTES: Final = "SELECT chain_id, proposal, voter, option, weight FROM vote WHERE network = ?"


@dataclass(frozen=True, slots=True)
class Record:
    """How validators voted on the proposals that are over.

    validators: address, share (of all bonded), voted and of (proposals), used (part of its power, over all of them,
    that its votes carried; null where delegations were not read), latest (its last votes, newest first), alike (others
    with the same votes), decides and close (simulated chance to turn the result its way: of all votes, of close
    ones; null where too few proposals are known). overridden: part of the delegated stake that voted for itself, None
    where delegations were not read. error and close_error: of `decides` and `close`, three standard errors; None where
    they are.
    """

    validators: pl.DataFrame
    proposals: int
    silent: Silent
    overridden: float | None
    error: float | None
    close_error: float | None
    draws: int
    close_draws: int
    height: int
    time: datetime


def record(mart: Mart, network: str) -> Record | None:
    """The voting record of a network's validators; None where no ended vote or no stake was read."""
    over = ended(mart, network)
    votes = _votes(mart, network, over)
    stake = ballots.newest_stake(mart, network, set[str]().union(*votes.values())) if votes else None
    rule = next((one.rule for one in reversed(over) if one.rule and not one.expedited), None)
    return recorded(stake, votes, rule) if stake and any(_powers(stake)) else None


def recorded(stake: Stake, votes: Mapping[str, Mapping[str, Choice]], rule: Rule | None) -> Record:
    """The record of these votes over one stake; votes: proposal to voter to choice, the oldest proposal first."""
    table = _choices_of(stake, votes)
    turnouts = _turnouts(stake, votes)
    simulated = _simulated(stake, table, rule)
    operators = list(stake.validators)
    bonded = turnouts[-1].bonded
    used = used_of_paper(turnouts)
    alike = {voter: len(bloc) - 1 for bloc in blocs(table, _powers(stake)) for voter in bloc}
    rows = pl.DataFrame(
        {
            "address": operators,
            "share": [stake.validators[one].tokens / bonded for one in operators],
            "voted": (table != ABSENT).sum(axis=0, dtype=np.int64),
            "of": np.full(len(operators), len(votes), np.int64),
            "used": [float(used.get(one, 0)) if stake.by_delegator else None for one in operators],
            "latest": [" · ".join(WORDS[code] for code in column[::-1][:LATEST]) for column in table.T.tolist()],
            "alike": [alike[place] for place in range(len(operators))],
            "decides": None if simulated is None else simulated.all.helped,
            "close": None if simulated is None else simulated.contested.helped,
        },
        schema_overrides={"used": pl.Float64, "decides": pl.Float64, "close": pl.Float64},
    )
    return Record(
        rows.with_columns(pl.col("decides", "close").fill_nan(None)).sort("share", "address", descending=[True, False]),
        len(votes),
        never_voters(turnouts),
        float(override_rate(turnouts)) if turnouts[-1].delegated and stake.by_delegator else None,
        None if simulated is None else float(simulated.all.error.max()),
        float(simulated.contested.error.max()) if simulated is not None and simulated.contested.votes else None,
        0 if simulated is None else DRAWS,
        0 if simulated is None else simulated.contested.votes,
        stake.height,
        stake.time,
    )


def ended(mart: Mart, network: str) -> list[Proposal]:
    """Proposals of a network whose vote is over, the oldest first."""
    found = [one for one in proposals(mart) if one.network == network and one.voting_end]
    return [one for one in reversed(found) if one.is_over]


def turnout_over_time(over: Sequence[Proposal]) -> pl.DataFrame:
    """The chain's own turnout and the quorum at the end of each vote: proposal, title, time, turnout, quorum."""
    rows = [
        (one.number, one.title, one.voting_end, one.turnout, fraction(one.rule.quorum) if one.rule else None)
        for one in over
    ]
    schema = ["proposal", "title", "time", "turnout", "quorum"]
    return pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None).drop_nulls("turnout")


def usual_turnout(over: Sequence[Proposal]) -> float | None:
    """Median part of the bonded tokens that voted, by the chain's own counts; None where none is known."""
    known = [one.turnout for one in over if one.turnout is not None]
    return median(known) if known else None


def proposers(over: Sequence[Proposal]) -> Concentration | None:
    """How few made the proposals; None where no proposer is known."""
    known = Counter(one.proposer for one in over if one.proposer)
    return concentration(known) if known else None


def _votes(mart: Mart, network: str, over: Sequence[Proposal]) -> dict[str, dict[str, Choice]]:
    """What each voter chose, for the proposals whose votes were read."""
    parts = mart.table(_VOTES, network).partition_by("chain_id", "proposal", as_dict=True)
    read = [(one, parts.get((one.chain_id, one.number))) for one in over]
    return {f"{one.chain_id}:{one.number}": choices(rows, one.number) for one, rows in read if rows is not None}


def _choices_of(stake: Stake, votes: Mapping[str, Mapping[str, Choice]]) -> NDArray[np.int8]:
    """What each validator chose on each proposal: proposals x validators; of a split vote its largest part."""
    voters = [account(operator) for operator in stake.validators]
    return np.array([[_code(chosen.get(voter)) for voter in voters] for chosen in votes.values()], np.int8)


def _code(choice: Choice | None) -> int:
    return CODES[max(choice, key=lambda option: choice[option])] if choice else ABSENT


def _powers(stake: Stake) -> tuple[int, ...]:
    return tuple(validator.tokens for validator in stake.validators.values())


def _turnouts(stake: Stake, votes: Mapping[str, Mapping[str, Choice]]) -> list[Turnout]:
    """Each proposal's used and paper power over one stake, in base units.

    A validator's own stake stays its own, and so do tokenised shares, for which nobody votes.
    """
    ever, nobody = set().union(*votes.values()), keyless(delegator for delegator, _, _ in stake.delegations)
    own, others = 0, []
    for delegator, operator, shares in stake.delegations:
        validator = stake.validators[operator]
        power = shares * validator.tokens // validator.shares if validator.shares else 0
        if delegator == account(operator) or delegator in nobody:
            own += power
        elif delegator in ever:
            others.append((delegator, operator, power))
    bonded = sum(_powers(stake))
    paper = Counter({operator: validator.tokens for operator, validator in stake.validators.items()})
    for delegator, _, power in others:
        paper[delegator] += power
    found = []
    for proposal, chosen in votes.items():
        taken: Counter[str] = Counter()
        used: Counter[str] = Counter()
        for delegator, operator, power in others:
            if delegator in chosen:
                taken[operator] += power
                used[delegator] += power
        for operator, validator in stake.validators.items():
            if account(operator) in chosen:
                used[operator] = validator.tokens - taken[operator]
        found.append(Turnout(proposal, bonded, paper, used, bonded - own, taken.total()))
    return found


def _simulated(stake: Stake, table: NDArray[np.int8], rule: Rule | None) -> Simulated | None:
    if rule is None or len(table) < FEWEST_PROPOSALS:
        return None
    powers = _powers(stake)
    return decisiveness(PastVotes(powers, table, sum(powers), rule), seed=SEED, draws=DRAWS)
