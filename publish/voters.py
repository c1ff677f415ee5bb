"""Votes of a chain's governance as ways to power: what wins whatever all others do, and who has so much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from analytics.decimals import ONE
from analytics.power.acts import unread
from analytics.power.coverage import Covered
from analytics.power.delegations import Delegations
from analytics.power.paths import By, Path, Quorum
from analytics.votes import rules
from analytics.votes.tally import Thresholds
from publish.look import LATE, Look, Votes
from store.addresses import account, keyless

TALLY: Final = ("quorum", "threshold", "veto_threshold")
# Tokens of all tokenised shares of a chain, by its own account.
LIQUID: Final = "liquid_staked"


def by_vote(look: Look) -> Iterator[Path]:
    """A vote that is won whatever all others do, by voters together with those who can vote for themselves.

    As they voted of late, who did not vote leaves it to the voter that has its power.
    """
    way = look.way
    power = look.alone(way["measure"], way["population"])
    # States of old carry their parameters without a module.
    told = [look.said(name, way["module"]) or look.said(name) for name in TALLY]
    known, rest = sum(power.values()), look.rest(way["measure"], way["population"])
    if None in told or not known:
        yield look.unknown(way["name"], "its rule or its voters have not been read", unread=True)
        return
    quorum, threshold, veto = (int(Fraction(text or 0) * ONE) for text in told)
    cases = {(one.name, one.case): one for one in rules.levers(Thresholds(quorum, threshold, veto), Fraction(1))}
    # Whose power was not read votes as all others do.
    need = cases[way["ballot"], way["against"]].need(known + rest)
    if need is None or not 0 < need <= known + rest:
        return
    found = list(_paths(look, need)) if need <= known else []
    yield from found
    if rest and (not found or any(one.eased(rest) for path in found for one in path.needs)):
        yield look.partly(way["name"], unread(rest, known + rest))


def _paths(look: Look, need: int) -> Iterator[Path]:
    way = look.way
    if way["behind"]:
        yield from _with_delegators(look, need)
    else:
        yield look.path(way["name"], Quorum(look.votes(way["measure"], way["population"]), need), by=By.VOTES)


@dataclass(frozen=True, eq=False)
class Stake:
    """Whose the power of each voter is by address, a validator's account as the validator, and what nobody has read.

    accounts: the account that votes for each validator. tokenised: power that nobody votes with but its validator.
    missing: validators of whose delegators nothing was read.
    """

    delegations: Delegations
    unread: Mapping[str, int]
    accounts: Mapping[str, str]
    tokenised: int
    missing: int

    @classmethod
    def of(cls, power: Votes, read: Delegations) -> "Stake":
        """Power by validator, as its delegators share it; they may have been read some time before.

        What is rounded away is the validator's, and so is what nobody votes with (tokenised shares). What a validator
        has less by now all behind it have less; whose what it has more is nobody has read.
        """
        accounts = {validator: account(validator) for validator in power}
        delegator, validator = read.delegator, read.validator
        tokens = np.array([power.get(name, 0) for name in read.names[: read.count]], np.object_)
        behind, parts = np.full(read.count, 0, np.object_), np.full(read.count, 0, np.object_)
        np.add.at(behind, validator, read.power)
        # Each delegator's tokens are cut to whole units.
        more = tokens - behind > np.bincount(validator, minlength=read.count)
        grown = {read.names[one]: int(tokens[one] - behind[one]) for one in np.flatnonzero(more).tolist()}
        tokens = np.where(more, behind, tokens)
        part = read.power * tokens[validator] // behind[validator]
        np.add.at(parts, validator, part)
        nobody = keyless(read.names)
        keys = np.array([name not in nobody for name in read.names], np.bool_)
        every = np.arange(read.count)
        delegations = Delegations.coded(
            read.names,
            np.concatenate([np.where(keys[delegator], delegator, validator), every]),
            np.concatenate([validator, every]),
            np.concatenate([part, tokens - parts]),
        )
        known = set(read.names[: read.count])
        missing = {one: tokens for one, tokens in power.items() if tokens and one not in known}
        own = {key: validator for validator, key in accounts.items()}
        tokenised = int(read.power[~keys[delegator]].sum())
        merged = delegations.merged(lambda one: own.get(one, one))
        return cls(merged, missing | grown, accounts, tokenised, len(missing))


def stake(look: Look) -> Stake:
    """Whose the power of each voter of a way is, made once for all ways that look at it."""
    measure, voters, prefix = look.way["measure"], look.way["population"], f"{look.way['behind']}@"
    power, known = look.alone(measure, voters), look.known
    shown = known.once(
        (measure, voters, prefix, "read"), lambda: known.weakest(measure, [f"{prefix}{one}" for one in power])
    )
    look.see_all(shown.items())
    return known.once((measure, voters, prefix), lambda: Stake.of(power, known.behind(measure, prefix)))


def _with_delegators(look: Look, need: int) -> Iterator[Path]:
    """The way where a delegation can be voted by its delegator or by its validator."""
    held, name, coverage = stake(look), look.way["name"], ""
    if held.missing:
        name = f"{name}, delegators of {held.missing} of {len(held.accounts)} {look.way['population']} not read"
        # Who joins where nobody's delegators were read changes nothing of how it is read.
        none = held.missing == len(held.accounts)
        coverage = f"delegators of {'all' if none else held.missing} not read"
    voting, proposals = look.voted() if look.grouping == LATE else (None, 0)
    if voting is not None:
        name = f"{name}, delegators as they voted on the last {proposals}"
        if not proposals:
            yield look.unknown(look.way["name"], "who voted on its last proposals has not been read", unread=True)
            return
    yield look.path(name, covered(look, held, need, voting), by=By.VOTES, coverage=coverage)


def covered(look: Look, held: Stake, need: int, voting: frozenset[str] | None = None) -> Covered:
    """The delegations by parties, made once for all ways that need as much, under whichever groupings name the same.

    voting: who votes for themselves, so that each delegation has one voter; None: whoever likes.
    """
    measure, once, doubted = look.way["measure"], look.known.once, _doubted(look, held)

    def named() -> frozenset[tuple[str, str]]:
        found = look.named(measure)
        # A validator is who is said to have it, or the account that votes for it.
        found |= {one: found[own] for one, own in held.accounts.items() if own in found and one not in found}
        return frozenset(found.items())

    parties = once((measure, look.grouping, "parties"), named)

    def shared() -> Delegations:
        called = dict(parties)
        rows = held.delegations if voting is None else held.delegations.voted(voting)
        return rows.merged(lambda one: called.get(one, one)) if called else rows

    def made() -> Covered:
        called = dict(parties)
        unread = tuple((called.get(one, one), power) for one, power in held.unread.items())
        return Covered(once((measure, parties, voting), shared), need, unread, doubted)

    return once((measure, parties, voting, need, doubted), made)


def _doubted(look: Look, held: Stake) -> int:
    """Tokenised shares that the chain tells of beside those that are known by their account, where it was read."""
    told = look.said(LIQUID)
    return 0 if told is None else max(0, int(told) - held.tokenised - len(held.delegations.names))
