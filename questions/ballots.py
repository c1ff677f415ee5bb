"""Whose power each vote on a proposal carried: the chain's own count, repeated over the stake that is known best.

While a vote is open its readings keep every delegation in shares, and the count is exact. Where they are missing, the
newest stake stands in: who voted is certain then, with how much is as of that later block. A contract says with each
vote what it weighs; of those who did not vote the newest power stands in.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import polars as pl

from analytics.decimals import ONE, product
from analytics.votes.flip import LOOKED_AT, ROUTES, Cast, Flip, Vote, casts, flips, followers
from analytics.votes.tally import (
    OPTIONS,
    PASSED,
    Choice,
    Tally,
    Validator,
    VotingPower,
    choices,
    power_of,
    stake,
    tally,
)
from questions.proposals import Proposal
from questions.search import Found
from store import addresses
from store.mart import Tables
from store.rows import Decision
from store.visible import self_said

_VOTES: Final = """
    SELECT v.proposal, v.voter, v.option, v.weight, v.height, v.power, v.overrides FROM vote v
    WHERE v.network = ? AND v.chain_id = ? AND v.proposal = ?
"""
# A thousand addresses are no answer: of a set that turns a vote so many are named, and how many they are is told.
NAMED: Final = 20
_TURNS: Final = """
    SELECT f.route, f.fewest, f.most, f.voters, f.rule
    FROM recount r LEFT JOIN flip f USING (network, chain_id, proposal)
    WHERE r.network = ? AND r.chain_id = ? AND r.proposal = ?
"""
# The mart has what counts for some proposal: of what was read while this one was open, the last is its own.
_COUNTED: Final = """
    SELECT id, height, time FROM snapshot
    WHERE network = ? AND chain_id = ? AND time BETWEEN ?::TIMESTAMPTZ AND ?::TIMESTAMPTZ
        AND id IN (SELECT snapshot FROM share)
    ORDER BY time DESC, reading DESC LIMIT 1
"""
_SHARES: Final = """
    SELECT s.name, concat_ws('|', d.address, o.address) AS subject, s.exact
    FROM share s JOIN holder o ON o.id = s.operator LEFT JOIN holder d ON d.id = s.delegator
    WHERE s.snapshot = ? ORDER BY ALL
"""
_VALIDATORS: Final = """
    SELECT address, amount, height, time FROM held
    WHERE network = ? AND measure = 'stake' AND population = 'validators'
"""
# Where a contract counts: those who could vote now, by the population that stands for the network.
_VOTERS: Final = """
    SELECT h.address, h.amount, h.height, h.time
    FROM held h JOIN scorecard c ON c.network = h.network AND c.measure = h.measure
        AND c.reading = h.reading AND c.population = h.population
    WHERE h.network = ? AND h.measure = 'voting_power' AND h.amount > 0 AND NOT is_sink(h.address)
    ORDER BY h.address
"""
# What all delegators of a validator have, a row each.
_BEHIND: Final = """
    SELECT p.name.substr(12) AS operator, d.snapshot, d.population, d.total
    FROM newest s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    WHERE s.network = ? AND s.measure = 'stake' AND starts_with(p.name, 'delegators@')
"""
# Long addresses are modules' and contracts': some are keyless.
_DELEGATED: Final = """
    SELECT d.population, d.delegator, d.amount FROM delegated d
    WHERE d.network = ?1 AND (d.delegator IN (SELECT unnest(?2::VARCHAR[])) OR len(d.delegator) > ?3)
    ORDER BY d.population, d.delegator
"""
_OF_ALL_VOTERS: Final = "SELECT population, delegator, amount FROM delegated WHERE network = ?"
# By number, so that of a million delegators none is looked at who is not asked for.
_OWN: Final = """
    WITH asked AS (
        SELECT id, address FROM holder WHERE network = ?1 AND address IN (SELECT unnest(?2::VARCHAR[]))
    )
    SELECT a.address, p.name.substr(12) AS operator, o.amount FROM holding o JOIN asked a ON a.id = o.holder
    JOIN population p ON p.id = o.population JOIN newest s ON s.id = o.snapshot
    WHERE s.network = ?1 AND s.measure = 'stake' AND starts_with(p.name, 'delegators@')
"""

# Those who delegate most, with all that they delegate.
_LARGEST: Final = """
    WITH own AS (
        SELECT o.holder, p.name.substr(12) AS operator, o.amount FROM holding o
        JOIN population p ON p.id = o.population JOIN newest s ON s.id = o.snapshot
        WHERE s.network = ?1 AND s.measure = 'stake' AND starts_with(p.name, 'delegators@')
    ),
    largest AS (SELECT holder FROM own GROUP BY holder ORDER BY sum(amount) DESC, holder LIMIT ?2)
    SELECT h.address, own.operator, own.amount
    FROM own SEMI JOIN largest USING (holder) JOIN holder h ON h.id = own.holder ORDER BY ALL
"""

_MAJORITY: Final = "SELECT 1 FROM network WHERE name = ? AND decision = 'majority'"

Delegations = Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Stake:
    """Bonded validators and their delegators who matter for a vote, at a block.

    exact: read while the vote was open. by_delegator: whether it was read at all who delegates.
    """

    validators: Mapping[str, Validator]
    delegations: Delegations
    height: int
    time: datetime
    exact: bool
    by_delegator: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """How few would have turned a vote along one route: at least `fewest`, at most `most`, of whom the first are named.

    most: None where no set was found that does. rule: the one that they break, or that asks for most of them.
    """

    route: str
    fewest: int
    most: int | None
    voters: tuple[str, ...]
    rule: str

    @property
    def is_exact(self) -> bool:
        """Whether just so many are needed."""
        return self.most == self.fewest


@dataclass(frozen=True, slots=True)
class Count:
    """A proposal counted again: who carried how much, and what would have turned it, by route.

    flips: None along a route on which not even all voters together turn it; empty where the rule is not known. kept:
    whether the mart has them: not of votes that are over and whose stake was not read while they were open.
    """

    proposal: Proposal
    stake: Stake
    votes: Mapping[str, Mapping[str, int]]
    tally: Tally
    flips: Mapping[str, Turn | None]
    kept: bool = False


def count(mart: Tables, proposal: Proposal) -> Count | None:
    """The count of a proposal; None where its votes or its stake were not read."""
    found = _counted(mart, proposal)
    if found is None:
        return None
    kept = mart.table(_TURNS, proposal.network, proposal.chain_id, proposal.number)
    if kept.height:
        return replace(found.again, flips=_kept(kept.drop_nulls("route")), kept=True)
    return replace(found.again, flips={one: _turn(flip) if flip else None for one, flip in _flips(found).items()})


def turned(mart: Tables, proposal: Proposal) -> tuple[Count, Mapping[str, Flip | None]] | None:
    """The same with what would turn it, worked out anew by the chain's rule: for whoever builds a mart."""
    found = _counted(mart, proposal)
    if found is None:
        return None
    return found.again, _flips(found)


def _flips(found: "_Counted") -> Mapping[str, Flip | None]:
    rule = found.again.proposal.rule
    return flips(found.again.tally.bonded * found.unit, found.voters(), rule, found.following()) if rule else {}


def _turn(flip: Flip) -> Turn:
    voters = flip.voters
    return Turn(flip.route, flip.fewest, None if voters is None else len(voters), (voters or ())[:NAMED], flip.rule)


def _kept(rows: pl.DataFrame) -> dict[str, Turn | None]:
    """What a build has found, by route in the order of `flips`."""
    told = {row["route"]: row for row in rows.iter_rows(named=True)}
    return {
        route: None
        if told[route]["fewest"] is None
        else Turn(**{**told[route], "voters": tuple(json.loads(told[route]["voters"]))})
        for route in ROUTES
        if route in told
    }


class _Counted(NamedTuple):
    """A count, all who could have chosen otherwise, and in which part of a base unit their power is.

    following: who left it to others; None where they were not read.
    """

    again: Count
    voters: Callable[[], list[Cast]]
    following: Callable[[], list[Cast] | None]
    unit: int


def _counted(mart: Tables, proposal: Proposal) -> _Counted | None:
    rows = mart.table(_VOTES, proposal.network, proposal.chain_id, proposal.number)
    votes = choices(rows, proposal.number)
    if proposal.decision is Decision.MAJORITY:
        return _weighed(mart, proposal, rows, votes)
    held = stake_of(mart, proposal, votes) if votes else None
    if held is None:
        return None
    validators, delegations = held.validators, held.delegations
    counted = tally(validators, delegations, votes, account=addresses.account)
    voters = partial(casts, validators, delegations, votes, counted, account=addresses.account)
    following = partial(_following, mart, proposal.network, held, votes)
    return _Counted(Count(proposal, held, votes, counted, {}), voters, following, ONE)


def _following(mart: Tables, network: str, held: Stake, votes: Mapping[str, Choice]) -> list[Cast] | None:
    """Delegators who left it to their validators; of today's stake those with most, None where it has no delegators."""
    if not held.by_delegator:
        return None
    delegations = held.delegations
    if not held.exact:
        # Who voted, or validates, is no follower, and may be among those with most.
        enough = LOOKED_AT + 1 + len(votes) + len(held.validators)
        delegations = [
            (who, operator, int(amount) * ONE)
            for who, operator, amount in mart.table(_LARGEST, network, enough).iter_rows()
        ]
    nobodys = addresses.keyless(who for who, *_ in delegations)
    return followers(held.validators, delegations, votes, account=addresses.account, keyless=nobodys)


def _weighed(mart: Tables, proposal: Proposal, rows: pl.DataFrame, votes: Mapping[str, Choice]) -> _Counted | None:
    """The count of votes that carry their power; None where they were not read."""
    if rows.is_empty() or rows["power"].null_count():
        return None
    cast: dict[str, dict[str, int]] = defaultdict(dict)
    for voter, option, power in rows.select("voter", "option", "power").iter_rows():
        cast[voter][option] = int(power)
    carried = {voter: sum(parts.values()) for voter, parts in cast.items()}
    overrides = dict(rows.select("voter", "overrides").drop_nulls().iter_rows())
    held = _voters(mart, proposal.network, carried, overrides)
    if held is None:
        held = _held(carried, proposal.height, proposal.read_at)
    options = {option: sum(parts.get(option, 0) for parts in cast.values()) for option in OPTIONS}
    counted = Tally(
        options=options,
        exact={option: power * ONE for option, power in options.items()},
        turnout=sum(carried.values()) * ONE,
        bonded=proposal.bonded or sum(one.tokens for one in held.validators.values()),
        voters={voter: VotingPower(own=power * ONE) for voter, power in carried.items()},
    )
    # A contract compares whole units, and rounds to them.
    # Where a vote takes power from a delegate's, others who left it to one may do so as well: they were not read.
    following = _not_read if overrides else list[Cast]
    voters = partial(_everybody, held, cast, overrides)
    return _Counted(Count(proposal, held, votes, counted, {}), voters, following, 1)


def _not_read() -> None:
    return None


def _everybody(held: Stake, cast: Mapping[str, Mapping[str, int]], overrides: Mapping[str, str]) -> list[Cast]:
    """All who could vote where a contract counts, with what they voted."""
    return [
        Cast(voter, one.tokens, Vote(**cast.get(voter, {})), _at_home(one.tokens, cast.get(overrides.get(voter, ""))))
        for voter, one in held.validators.items()
    ]


def _at_home(power: int, delegate: Mapping[str, int] | None) -> Vote:
    """How power votes that a voter took from a delegate's vote, if she stays home: as the delegate did."""
    return Vote(**{max(delegate, key=lambda option: delegate[option]): power}) if delegate else Vote()


def _voters(
    mart: Tables, network: str, carried: Mapping[str, int], overrides: Mapping[str, str] | None = None
) -> Stake | None:
    """Power of everybody now, of those who voted what they carried; None where it was not read.

    overrides: from whose vote a voter took her power; who did not vote has it no more.
    """
    rows = mart.table(_VOTERS, network)
    if rows.is_empty():
        return None
    now = {voter: int(amount) for voter, amount in rows.select("address", "amount").iter_rows()}
    height, time = rows.select("height", "time").row(0)
    for voter, delegate in (overrides or {}).items():
        if delegate in now:
            now[delegate] = max(0, now[delegate] - carried[voter])
    return _held({**now, **carried}, height, time)


def _held(powers: Mapping[str, int], height: int, time: datetime) -> Stake:
    """Power where nobody votes for another: each has what it has, and votes with it alone."""
    validators = {voter: Validator(power, power * ONE) for voter, power in powers.items()}
    delegations = [(voter, voter, power * ONE) for voter, power in powers.items()]
    return Stake(validators, delegations, height, time, exact=True, by_delegator=True)


def stake_of(mart: Tables, proposal: Proposal, whose: Collection[str]) -> Stake | None:
    """The stake that counts for a proposal: the last that was read in shares while it was open, else the newest.

    whose: accounts whose delegations are wanted; those behind validators are always there.
    """
    if proposal.voting_start and proposal.voting_end:
        found = mart.table(_COUNTED, proposal.network, proposal.chain_id, proposal.voting_start, proposal.voting_end)
        for snapshot, height, time in found.iter_rows():
            validators, delegations = stake(mart.table(_SHARES, snapshot))
            return Stake(validators, delegations, height, time, exact=True, by_delegator=True)
    return newest_stake(mart, proposal.network, whose)


def newest_stake(mart: Tables, network: str, whose: Collection[str]) -> Stake | None:
    """Today's stake: tokens of validators, and the amounts of some of their delegators as shares of them.

    whose: those who have voted on some proposal. The two may be of different hours; a delegator's part of its
    validator's tokens is what counts. Where a contract counts, everybody with the power of now.
    """

    def theirs(operators: Collection[str]) -> pl.DataFrame:
        asked = {*whose, *map(addresses.account, operators)}
        return mart.table(_DELEGATED, network, list(asked), min(map(len, operators)))

    return _newest(mart, network, theirs)


def stake_of_voters(mart: Tables, network: str) -> Stake | None:
    """Today's stake as `newest_stake` tells it, with the delegations of all who have ever voted."""
    return _newest(mart, network, lambda _: mart.table(_OF_ALL_VOTERS, network))


def _newest(mart: Tables, network: str, delegated: Callable[[Collection[str]], pl.DataFrame]) -> Stake | None:
    """Today's stake; delegated: population, delegator and amount, of the wanted, by who validates."""
    if not mart.table(_MAJORITY, network).is_empty():
        return _voters(mart, network, {})
    of_validators = mart.table(_VALIDATORS, network)
    if of_validators.is_empty():
        return None
    held, behind = dict.fromkeys(of_validators["address"], 0), mart.table(_BEHIND, network)
    operators = {population: one for one, population in behind.select("operator", "population").iter_rows()}
    for operator, total in zip(behind["operator"], behind["total"].cast(pl.Int128), strict=True):
        if operator in held:
            held[operator] += total * ONE
    rows = delegated(held).with_columns(pl.col("amount").cast(pl.Int128))
    delegations = [
        (who, operator, amount * ONE)
        for population, who, amount in rows.iter_rows()
        if (operator := operators[population]) in held
    ]
    validators = {
        operator: Validator(int(amount), held[operator] or int(amount) * ONE)
        for operator, amount in of_validators.select("address", "amount").iter_rows()
    }
    height, time = of_validators.select("height", "time").row(0)
    return Stake(validators, delegations, height, time, exact=False, by_delegator=any(held.values()))


def newest_delegations(mart: Tables, network: str, who: str) -> Delegations:
    """Today's delegations of an address, in any of its spellings; where a contract counts, what everybody has."""
    if not mart.table(_MAJORITY, network).is_empty():
        held = _voters(mart, network, {})
        return held.delegations if held else []
    rows = mart.table(_OWN, network, list(addresses.address(who).candidates))
    return [(delegator, operator, int(amount) * ONE) for delegator, operator, amount in rows.iter_rows()]


def silent(held: Stake, votes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Validators that did not vote, with the power that nobody took from them, in 1e-18."""
    taken: dict[str, int] = {}
    for delegator, operator, shares in held.delegations:
        if delegator in votes and operator in held.validators:
            taken[operator] = taken.get(operator, 0) + shares
    return {
        operator: power_of(validator.shares - taken.get(operator, 0), validator)
        for operator, validator in held.validators.items()
        if addresses.account(operator) not in votes
    }


def names(mart: Tables, network: str) -> dict[str, str]:
    """What validators call themselves, in quotation marks, by operator and by the account behind it."""
    rows = mart.table("SELECT address, name FROM own_name WHERE network = ?", network)
    told = {address: called for address, name in rows.iter_rows() if (called := self_said(name))}
    return told | {addresses.account(operator): name for operator, name in told.items() if "valoper" in operator}


def voters(found: Count, called: Mapping[str, str]) -> pl.DataFrame:
    """Who voted what with how much: party, role, option, share of all bonded, own, inherited and overridden tokens."""
    accounts = {addresses.account(operator) for operator in found.stake.validators}
    rows = [
        {
            "address": voter,
            "party": called.get(voter, ""),
            "role": found.proposal.electorate.voter if voter in accounts else "delegator",
            "option": options(found.votes[voter]),
            **_powers(power, found),
        }
        for voter, power in found.tally.voters.items()
    ]
    return pl.DataFrame(rows, infer_schema_length=None).sort("share", "address", descending=[True, False])


def _powers(power: VotingPower, found: Count) -> dict[str, float]:
    bonded, whole = found.tally.bonded, 10.0**found.proposal.decimals * ONE
    return {
        "share": power.used / ONE / bonded if bonded else 0.0,
        "own_tokens": power.own / whole,
        "inherited_tokens": power.inherited / whole,
        "overridden_tokens": power.overridden / whole,
    }


def options(choice: Mapping[str, int]) -> str:
    """A choice in words: yes, or 60% yes and 40% no."""
    if len(choice) == 1:
        return next(iter(choice)).replace("_", " ")
    return " and ".join(f"{weight / ONE:.0%} {option.replace('_', ' ')}" for option, weight in choice.items())


def absent(found: Count, called: Mapping[str, str]) -> pl.DataFrame:
    """Validators that have not voted: party, address, and the share of all bonded that is with them."""
    bonded = found.tally.bonded
    rows = [
        {"address": operator, "party": called.get(operator, ""), "share": left / ONE / bonded}
        for operator, left in silent(found.stake, found.votes).items()
    ]
    schema = {"address": pl.String, "party": pl.String, "share": pl.Float64}
    return pl.DataFrame(rows, schema=schema).sort("share", "address", descending=[True, False])


def operator_of(found: Count, who: Found) -> str | None:
    """The operator address of a bonded validator, where this is its operator or its account; else None."""
    try:
        spellings = addresses.address(who.canonical).candidates
    except addresses.NotAnAddress:
        return None
    return next((one for one in spellings if one in found.stake.validators), None)


def carried(found: Count, operator: str) -> float:
    """Part of all bonded tokens that a validator's vote carries, or would carry if it voted."""
    power = found.tally.voters.get(addresses.account(operator))
    used = power.used if power else silent(found.stake, found.votes)[operator]
    return used / ONE / found.tally.bonded if found.tally.bonded else 0.0


def own_vote(found: Count, who: Found) -> Mapping[str, int] | None:
    """What an address voted itself; None where it did not."""
    spellings = addresses.address(who.canonical).candidates
    return next((found.votes[one] for one in spellings if one in found.votes), None)


def mine(found: Count, who: Found, delegations: Delegations, called: Mapping[str, str]) -> pl.DataFrame:
    """How an address is represented: one row a validator that it delegates to.

    delegations: its own, perhaps among those of others.
    Columns: validator, tokens, its vote, and how these tokens count: as the address voted itself, as the validator did,
    or not at all. Empty where the address delegates to no bonded validator.
    """
    own = own_vote(found, who)
    rows = []
    for operator, shares in _delegated(found, who, delegations):
        voted = found.votes.get(addresses.account(operator))
        power = power_of(shares, found.stake.validators[operator])
        rows.append(
            {
                "address": operator,
                "party": called.get(operator, ""),
                "tokens": power / ONE / 10.0**found.proposal.decimals,
                "validator_voted": options(voted) if voted else "did not vote",
                "counts_as": _counts(own, voted),
            }
        )
    schema = {
        "address": pl.String,
        "party": pl.String,
        "tokens": pl.Float64,
        "validator_voted": pl.String,
        "counts_as": pl.String,
    }
    return pl.DataFrame(rows, schema=schema).sort("tokens", descending=True)


@dataclass(frozen=True, slots=True)
class Weight:
    """What an address weighs in a vote: its part of all that votes with it, and by which choices it alone turns it.

    inherits: whether it counts as a validator chose for it. silent: whether nothing of it counts as yet. adds: whether
    some of it does not, so that more would have voted with it.
    """

    part: float
    turns: tuple[str, ...]
    inherits: bool
    silent: bool = False
    adds: bool = False


def weight(found: Count, who: Found, delegations: Delegations) -> Weight | None:
    """What an address weighs, all others as they voted; None where it weighs nothing, or nobody can tell.

    A validator weighs what its vote carries, with all who leave theirs to it, and what it has with others itself.
    """
    rule, now, operator = found.proposal.rule, found.tally, operator_of(found, who)
    if rule is None:
        return None
    parts = list(_carries(found, operator) if operator else _left_to(found, who, delegations))
    exact, turnout, power = dict(now.exact), now.turnout, sum(held for held, _ in parts)
    for held, choice in parts:
        for option, part in (choice or {}).items():
            exact[option] -= product(held, part)
        turnout -= held if choice else 0
    with_it = {option: {**exact, option: exact[option] + power} for option in rule.options}
    outcomes = {
        option: replace(now, exact=one, turnout=turnout + power).outcome(rule) for option, one in with_it.items()
    }
    passes = now.outcome(rule) == PASSED
    turned = tuple(option for option, outcome in outcomes.items() if (outcome == PASSED) != passes)
    counted = any(choice for _, choice in parts)
    inherits = counted and own_vote(found, who) is None
    adds = any(held and not choice for held, choice in parts)
    return Weight(power / (turnout + power), turned, inherits, not counted, adds) if power else None


def _carries(found: Count, operator: str) -> Iterator[tuple[int, Mapping[str, int] | None]]:
    """What a validator's vote carries, or would, and how that counts: as it chose, else as those it delegates to."""
    account = addresses.account(operator)
    power = found.tally.voters.get(account)
    if power:
        yield power.used, found.votes[account]
        return
    yield silent(found.stake, found.votes)[operator], None
    for delegator, other, shares in found.stake.delegations:
        if delegator == account and other != operator and other in found.stake.validators:
            yield power_of(shares, found.stake.validators[other]), found.votes.get(addresses.account(other))


def _left_to(found: Count, who: Found, delegations: Delegations) -> Iterator[tuple[int, Mapping[str, int] | None]]:
    """What an address has with each validator, and how that counts: as it chose itself, else as the validator did."""
    own = own_vote(found, who)
    for operator, shares in _delegated(found, who, delegations):
        held = power_of(shares, found.stake.validators[operator])
        yield held, own or found.votes.get(addresses.account(operator))


def _delegated(found: Count, who: Found, delegations: Delegations) -> Iterator[tuple[str, int]]:
    """The bonded validators of an address, each with the shares that it has of it."""
    mine = addresses.address(who.canonical).candidates
    for delegator, operator, shares in delegations:
        if delegator in mine and operator in found.stake.validators:
            yield operator, shares


def _counts(own: Mapping[str, int] | None, voted: Mapping[str, int] | None) -> str:
    if own:
        return f"{options(own)}: its own vote"
    return f"{options(voted)}: inherited from the validator" if voted else "nothing: neither voted"
