"""Who takes part and who matters: votes on all proposals that are over, weighed with the stake that is newest.

A proposal that was open when it was read last says nothing yet of who stays away, and is left out. Its own stake is
known for the few proposals that were read in shares alone; one stake for all makes them comparable.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.impossible import Impossible
from analytics.votes.decisiveness import ABSENT, ABSTAIN, NO, VETO, YES, PastVotes, Simulated, blocs, decisiveness
from analytics.votes.participation import (
    Concentration,
    Silent,
    Taken,
    Turnouts,
    concentration,
    never_voters,
    override_rate,
    used_of_paper,
)
from analytics.votes.tally import Rule
from questions import ballots
from questions.ballots import Stake
from questions.proposals import Proposal, proposals
from store.addresses import account, keyless
from store.mart import Mart

# Fewer than these do not say how people are used to vote.
FEWEST_PROPOSALS: Final = 3
DRAWS: Final = 4_000
SEED: Final = 1
LATEST: Final = 6
CODES: Final = {"yes": YES, "abstain": ABSTAIN, "no": NO, "no_with_veto": VETO}
WORDS: Final = {ABSENT: "absent", YES: "yes", ABSTAIN: "abstain", NO: "no", VETO: "veto"}

_VOTES: Final = """
    SELECT o.place, v.voter, v.option, v.weight FROM vote v JOIN (
        SELECT unnest(?2::VARCHAR[]) AS chain_id, unnest(?3::VARCHAR[]) AS proposal, unnest(range(len(?3))) AS place
    ) o USING (chain_id, proposal)
    WHERE v.network = ?1
"""


@dataclass(frozen=True, slots=True)
class Record:
    """How validators voted on the proposals that are over.

    validators: address, share (of all bonded), voted (on how many of them), proposals (how many there are), used
    (part of its power, over all of them, that its votes carried; null where delegations were not read), latest (its
    last votes, newest first), alike (others with the same votes), decides and close (simulated chance to turn the
    result its way: of all votes, of close ones; null where too few proposals are known). overridden: part of the
    delegated stake that voted for itself, None where delegations were not read. error and close_error: of `decides`
    and `close`, three standard errors; None where they are.
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
    """The voting record of a network's validators; None where no ended vote or no stake was read.

    Raises Impossible where a vote has lost its weight.
    """
    over = ended(mart, network)
    cast = mart.table(_VOTES, network, [one.chain_id for one in over], [one.number for one in over])
    if cast["weight"].null_count():
        raise Impossible(f"votes of {network} are stored without their weights")
    # Counted among those whose votes were read.
    cast = cast.with_columns(pl.col("place").rank("dense") - 1)
    stake = ballots.stake_of_voters(mart, network) if cast.height else None
    rule = next((one.rule for one in reversed(over) if one.rule and not one.expedited), None)
    return recorded(stake, cast, rule) if stake and any(_powers(stake)) else None


def recorded(stake: Stake, cast: pl.DataFrame, rule: Rule | None) -> Record:
    """The record of some votes over one stake; cast: place of the proposal (the oldest 0), voter, option, weight."""
    proposals = int(cast["place"].max()) + 1  # type: ignore[arg-type]
    table = _choices_of(stake, cast, proposals)
    turnouts = _turnouts(stake, cast, proposals)
    simulated = _simulated(stake, table, rule)
    operators = list(stake.validators)
    bonded = turnouts.bonded
    used = used_of_paper(turnouts)
    alike = {voter: len(bloc) - 1 for bloc in blocs(table, _powers(stake)) for voter in bloc}
    rows = pl.DataFrame(
        {
            "address": operators,
            "share": [stake.validators[one].tokens / bonded for one in operators],
            "voted": (table != ABSENT).sum(axis=0, dtype=np.int64),
            "proposals": np.full(len(operators), proposals, np.int64),
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
        proposals,
        never_voters(turnouts),
        float(override_rate(turnouts)) if turnouts.delegated and stake.by_delegator else None,
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
    rows = [(one.number, one.title, one.voting_end, one.turnout, one.quorum) for one in over]
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


def _choices_of(stake: Stake, cast: pl.DataFrame, proposals: int) -> NDArray[np.int8]:
    """What each validator chose on each proposal: proposals x validators; of a split vote its largest part."""
    places = {account(operator): place for place, operator in enumerate(stake.validators)}
    theirs = cast.filter(pl.col("voter").is_in(list(places)))
    # The largest part is written last; of equal ones the first by name, as the mart has them.
    last = theirs.sort("weight", "option", descending=[False, True])
    table = np.full((proposals, len(places)), ABSENT, np.int8)
    chosen = last["option"].replace_strict(CODES, return_dtype=pl.Int8).to_numpy()
    table[last["place"].to_numpy(), last["voter"].replace_strict(places, return_dtype=pl.Int64).to_numpy()] = chosen
    return table


@dataclass(frozen=True, slots=True)
class _Voted:
    """On which proposals each voter voted: its row, and a bit a proposal in rows of bytes; the last row has none."""

    rows: Mapping[str, int]
    bits: NDArray[np.uint8]

    def of(self, voters: Iterable[str]) -> NDArray[np.uint8]:
        """The bits of some accounts."""
        return self.bits[[self.rows.get(one, -1) for one in voters]]


def _voted(cast: pl.DataFrame, proposals: int) -> _Voted:
    by_voter = cast.group_by("voter").agg("place")
    held = np.zeros((by_voter.height + 1, proposals), np.bool_)
    held[np.repeat(np.arange(by_voter.height), by_voter["place"].list.len()), by_voter["place"].explode()] = True
    rows = {voter: row for row, voter in enumerate(by_voter["voter"])}
    return _Voted(rows, np.packbits(held, axis=1, bitorder="little"))


def _powers(stake: Stake) -> tuple[int, ...]:
    return tuple(validator.tokens for validator in stake.validators.values())


def _turnouts(stake: Stake, cast: pl.DataFrame, proposals: int) -> Turnouts:
    """Used and paper power over one stake, in base units.

    A validator's own stake stays its own, and so do tokenised shares, for which nobody votes.
    """
    voted, nobody = _voted(cast, proposals), keyless(delegator for delegator, _, _ in stake.delegations)
    accounts = {operator: account(operator) for operator in stake.validators}
    paper = {operator: validator.tokens for operator, validator in stake.validators.items()}
    places, powers = {operator: place for place, operator in enumerate(paper)}, _powers_of(stake)
    of = np.array([places[operator] for _, operator, _ in stake.delegations], np.int64)
    # What is a validator's own, or nobody's, nobody takes.
    own = np.array([who == accounts[to] or who in nobody for who, to, _ in stake.delegations], np.bool_)
    bits, theirs = voted.of(who for who, _, _ in stake.delegations), voted.of(accounts.values())
    voting = ~own & bits.any(axis=1)
    most = sum(paper.values()) * proposals
    sums = _taken(of[voting], powers[voting], bits[voting], theirs, np.int64 if most < 2**63 else np.object_)
    sums_of = [Taken(operator, *map(int, column)) for operator, column in zip(paper, sums.T, strict=True)]
    of_each = {one: int.from_bytes(row, "little") for one, row in zip(paper, theirs, strict=True)}
    return Turnouts(proposals, paper, of_each, sums_of, sum(paper.values()) - int(powers[own].sum()))


def _powers_of(stake: Stake) -> NDArray[np.object_]:
    """What each delegation carries, in base units: whole numbers of any length."""
    held = [(shares, stake.validators[operator]) for _, operator, shares in stake.delegations]
    return np.array([shares * one.tokens // one.shares if one.shares else 0 for shares, one in held], np.object_)


def _taken(
    of: NDArray[np.int64],
    powers: NDArray[np.object_],
    bits: NDArray[np.uint8],
    theirs: NDArray[np.uint8],
    kind: Any,
) -> NDArray[Any]:
    """What voters take from each validator, once, for each of their votes, and for each that it casts too.

    of: the place of the validator, and kind: what holds every sum.
    """
    sums, taken = np.zeros((3, len(theirs)), kind), powers.astype(kind)
    for row, times in zip(sums, (1, _counted(bits), _counted(bits & theirs[of])), strict=True):
        np.add.at(row, of, taken * times)
    return sums


def _counted(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many bits are set in each row."""
    found: NDArray[np.int64] = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return found


def _simulated(stake: Stake, table: NDArray[np.int8], rule: Rule | None) -> Simulated | None:
    if rule is None or len(table) < FEWEST_PROPOSALS:
        return None
    powers = _powers(stake)
    return decisiveness(PastVotes(powers, table, sum(powers), rule), seed=SEED, draws=DRAWS)
