"""Votes of a chain's governance as ways to power: what wins whatever all others do, and who has so much."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Final

from analytics.decimals import ONE
from analytics.power.coverage import Covered
from analytics.power.delegations import Delegations
from analytics.power.paths import By, Path, Quorum
from analytics.votes import rules
from analytics.votes.tally import Thresholds
from publish.look import LATE, Look, Votes
from store.addresses import account, keyless

TALLY: Final = ("quorum", "threshold", "veto_threshold")


def by_vote(look: Look) -> Iterator[Path]:
    """A vote that is won whatever all others do, by voters together with those who can vote for themselves.

    As they voted of late, who did not vote leaves it to the voter that has its power.
    """
    way = look.way
    power = look.holders(way["measure"], way["population"])
    # States of old carry their parameters without a module.
    told = [look.said(name, way["module"]) or look.said(name) for name in TALLY]
    total = sum(power.values())
    if None in told or not total:
        yield look.unknown(way["name"], "its rule or its voters have not been read", unread=True)
        return
    quorum, threshold, veto = (int(Fraction(text or 0) * ONE) for text in told)
    cases = {(one.name, one.case): one for one in rules.levers(Thresholds(quorum, threshold, veto), Fraction(1))}
    need = cases[way["ballot"], way["against"]].need(total)
    if need is None or not 0 < need <= total:
        return
    if way["behind"]:
        yield from _with_delegators(look, need)
    else:
        yield look.path(way["name"], Quorum(look.votes(way["measure"], way["population"]), need), by=By.VOTES)


@dataclass(frozen=True, eq=False)
class Stake:
    """Whose the power of each voter is by address, a validator's account as the validator, and what nobody has read.

    accounts: the account that votes for each validator.
    """

    delegations: Delegations
    unread: Mapping[str, int]
    accounts: Mapping[str, str]

    @classmethod
    def of(cls, power: Votes, behind: Mapping[str, Votes]) -> "Stake":
        """Power by validator, as its delegators share it; they may have been read some hours before.

        What is rounded away is the validator's, and so is what nobody votes with (tokenised shares).
        """
        validators = {account(validator): validator for validator in power}
        nobody = keyless({delegator for held in behind.values() for delegator in held})
        rows: list[tuple[str, str, int]] = []
        unread = {}
        for validator, tokens in power.items():
            read = sum(behind[validator].values())
            if not read:
                unread[validator] = tokens
                continue
            parts = [(one, amount * tokens // read) for one, amount in behind[validator].items()]
            rows.append((validator, validator, tokens - sum(part for _, part in parts)))
            rows += [(validator if one in nobody else validators.get(one, one), validator, part) for one, part in parts]
        left = {validator: tokens for validator, tokens in unread.items() if tokens}
        return cls(Delegations.of(rows), left, {validator: own for own, validator in validators.items()})


def stake(look: Look) -> Stake:
    """Whose the power of each voter of a way is, made once for all ways that look at it."""
    way = look.way
    power = look.holders(way["measure"], way["population"])
    behind = {voter: look.holders(way["measure"], f"{way['behind']}@{voter}") for voter in power}
    return look.known.once((way["measure"], way["population"], way["behind"]), lambda: Stake.of(power, behind))


def _with_delegators(look: Look, need: int) -> Iterator[Path]:
    """The way where a delegation can be voted by its delegator or by its validator."""
    held, name = stake(look), look.way["name"]
    if held.unread:
        name = f"{name}, delegators of {len(held.unread)} of {len(held.accounts)} {look.way['population']} not read"
    voting, proposals = look.voted() if look.grouping == LATE else (None, 0)
    if voting is not None:
        name = f"{name}, delegators as they voted on the last {proposals}"
        if not proposals:
            yield look.unknown(look.way["name"], "who voted on its last proposals has not been read", unread=True)
            return
    yield look.path(name, covered(look, held, need, voting), by=By.VOTES)


def covered(look: Look, held: Stake, need: int, voting: Collection[str] | None = None) -> Covered:
    """The delegations by parties, made once for all ways that need as much.

    voting: who votes for themselves, so that each delegation has one voter; None: whoever likes.
    """
    party = cache(partial(_party, look, held.accounts))
    kept = look.known.once
    by_party = kept(
        (id(held), look.grouping),
        lambda: (held.delegations if voting is None else held.delegations.voted(voting)).merged(party),
    )
    unread = tuple((party(one), power) for one, power in held.unread.items())
    return kept((id(held), look.grouping, need), lambda: Covered(by_party, need, unread))


def _party(look: Look, accounts: Mapping[str, str], address: str) -> str:
    """Who is behind an address; of a validator, as is said of it or of the account that votes for it."""
    named = look.party(look.way["measure"], address)
    if named == address in accounts:
        of_account = look.party(look.way["measure"], accounts[address])
        return named if of_account == accounts[address] else of_account
    return named
