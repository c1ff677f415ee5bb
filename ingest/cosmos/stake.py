"""Stake on a Cosmos chain at one block: validators, their power, their delegators, and who they say they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import polars as pl

from analytics.decimals import ONE
from analytics.votes.tally import Validator, power_of
from ingest.cosmos.governance import bond_denom, in_voting_period
from ingest.cosmos.lcd import VALIDATORS, Lcd
from ingest.endpoints import Contradiction
from ingest.fields import address, decimal, fixed, flag, instant, not_negative, once, own, text, whole, word
from ingest.network import Memo
from store.faults import BadData
from store.rows import Facts, Kind, frame, holdings, observation

POOL: Final = "/cosmos/staking/v1beta1/pool"
LAST_HOURS: Final = timedelta(hours=3)
LONGEST_TEXT: Final = 10_000

Json = dict[str, Any]
# A validator, its operator address, and its delegators with their shares in 1e-18.
Delegated = tuple[Json, str, list[tuple[str, int]]]


def every_validator(node: Lcd) -> list[Json]:
    """All validators of the staking module, in whatever state."""
    return node.pages(VALIDATORS, "validators", validators_told)


def bonded_validators(node: Lcd) -> list[Json]:
    """The validators that sign blocks, of which there are some."""
    return node.pages(VALIDATORS, "validators", bonded)


def pool_tokens(node: Lcd, name: str) -> int:
    """Tokens in one of the two pools of the staking module."""
    return node.get(POOL, lambda body: not_negative(body, "pool", name))


def validators_told(rows: list[Json]) -> list[Json]:
    """Rows of validators, each once, with what it has and whether it signs."""
    for row in rows:
        word(row, "status"), flag(row, "jailed"), not_negative(row, "tokens")
        if fixed(row, "delegator_shares") < 0:
            raise BadData(f"{operator_of(row)} has {row['delegator_shares']} shares")
    return once(rows, operator_of)


def bonded(rows: list[Json]) -> list[Json]:
    """Rows of the validators that sign blocks, of which there are some, with stake."""
    signing = [row for row in validators_told(rows) if row["status"] == "BOND_STATUS_BONDED"]
    if not signing:
        raise BadData("no bonded validator")
    all_tokens(signing)
    for row in signing:
        if whole(row, "tokens") and not fixed(row, "delegator_shares"):
            raise BadData(f"{operator_of(row)} signs blocks without shares")
    return signing


def all_tokens(validators: Sequence[Json]) -> int:
    """Tokens of some validators together; raises BadData where they have none."""
    total = sum(whole(row, "tokens") for row in validators)
    if total <= 0:
        raise BadData(f"{len(validators)} validators have {total} tokens together")
    return total


def operator_of(validator: Json) -> str:
    """The operator address of a validator."""
    return address(validator, "operator_address")


def validators(node: Lcd) -> Facts:
    """Tokens bonded with each validator that signs blocks: its own and its delegators', from the staking module.

    Jailed, unbonding and waiting validators hold tokens too but no power; they are not counted. The chain's own total
    is the balance of the bonded pool: what anybody sent there beside is nobody's stake, and is told as not covered.
    """
    rows = [("validators", operator_of(row), whole(row, "tokens")) for row in bonded_validators(node)]
    return Facts(holdings(rows), reported={"validators": pool_tokens(node, "bonded_tokens")})


def consensus_power(reduction: int) -> Callable[[Lcd], Facts]:
    """The reading of consensus power where `reduction` base units make one unit of power."""

    def consensus(node: Lcd) -> Facts:
        """Power of each validator in deciding blocks: its bonded tokens in whole tokens, as CometBFT counts them.

        Read from the staking module. A block needs more than two thirds of this power.
        """
        bonded = bonded_validators(node)
        return Facts(holdings(("validators", operator_of(row), whole(row, "tokens") // reduction) for row in bonded))

    return consensus


def delegators(node: Lcd, memo: Memo) -> Facts:
    """Bonded tokens of each delegator, over all validators that sign blocks and behind each of them.

    From the staking module: a delegator's shares of a validator times the validator's tokens, with the chain's own
    eighteen decimals, summed, cut to whole base units at the end. Exchanges and liquid staking modules appear as one
    delegator each. The shares of every validator add up exactly to the chain's own figure; cutting loses less than one
    base unit a delegator.
    """
    rows, reported = delegated(_delegations(node, memo))
    reported["delegators"] = pool_tokens(node, "bonded_tokens")
    return Facts(holdings(rows), reported=reported)


def delegated(delegations: Iterable[Delegated]) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """Tokens of every delegator, behind each validator and over all, and the tokens of each validator."""
    held: dict[str, int] = defaultdict(int)
    rows, reported = [], {}
    for validator, operator, found in delegations:
        stake = Validator(whole(validator, "tokens"), fixed(validator, "delegator_shares"))
        population = f"delegators@{operator}"
        reported[population] = stake.tokens
        for delegator, shares in found:
            tokens = power_of(shares, stake)
            rows.append((population, delegator, tokens // ONE))
            held[delegator] += tokens
    rows += [("delegators", delegator, tokens // ONE) for delegator, tokens in held.items()]
    return rows, reported


def shares(node: Lcd, memo: Memo) -> Facts:
    """Every delegation to a signing validator in shares, exactly, while a proposal is open for voting.

    With the votes of the same block the tally can be repeated to the last base unit; tokens would be rounded.
    """
    voting = in_voting_period(node)
    return _share_facts(node, memo) if voting else Facts(frame(Kind.OBSERVATIONS, []), empty=True)


def closing_shares(node: Lcd, memo: Memo) -> Facts:
    """Every delegation in shares, exactly, in the last three hours of a proposal's voting period."""
    soon = node.block.time + LAST_HOURS
    closing = [row for row in in_voting_period(node) if instant(row, "voting_end_time") <= soon]
    return _share_facts(node, memo) if closing else Facts(frame(Kind.OBSERVATIONS, []), empty=True)


def _share_facts(node: Lcd, memo: Memo) -> Facts:
    return Facts(share_rows(_delegations(node, memo), bond_denom(node), node.block.time))


def share_rows(delegations: Iterable[Delegated], unit: str, time: datetime) -> pl.DataFrame:
    """Tokens and shares of validators, and every delegation to them, as the chain writes them."""
    rows = []
    for validator, operator, found in delegations:
        rows.append(observation("validator_tokens", time, text(validator, "tokens"), unit, subject=operator))
        told = text(validator, "delegator_shares")
        rows.append(observation("validator_shares", time, told, "shares", subject=operator))
        for delegator, amount in found:
            subject = f"{delegator}|{operator}"
            rows.append(observation("shares", time, decimal(amount), "shares", subject=subject))
    return frame(Kind.OBSERVATIONS, rows)


def names(node: Lcd) -> Facts:
    """What validators say of themselves in the staking module: name, keybase identity, website; and their commission.

    Nobody checks these texts: anyone can write any name.
    """

    def told(validators: list[Json]) -> list[dict[str, Any]]:
        return [row for validator in validators_told(validators) for row in _said(validator, node.block.time)]

    return Facts(frame(Kind.OBSERVATIONS, node.pages(VALIDATORS, "validators", told)))


def _said(validator: Json, time: datetime) -> Iterator[dict[str, Any]]:
    operator = operator_of(validator)
    for name in ("moniker", "identity", "website"):
        if said := text(validator, "description", name)[:LONGEST_TEXT]:
            yield observation(name, time, said, "", subject=operator)
    rate = text(validator, "commission", "commission_rates", "rate")
    yield observation("commission", time, rate, "ratio", subject=operator)


def _delegations(node: Lcd, memo: Memo) -> Iterator[Delegated]:
    """Bonded validators with their delegators' shares in 1e-18, which add up to the validator's own."""
    for validator in bonded_validators(node):
        operator = operator_of(validator)
        kept = memo(operator, partial(_delegation_frame, node, operator, fixed(validator, "delegator_shares")))
        yield validator, operator, [(delegator, fixed({"shares": held}, "shares")) for delegator, held in kept.rows()]


def _delegation_frame(node: Lcd, operator: str, shares: int) -> pl.DataFrame:
    def told(rows: list[Json]) -> pl.DataFrame:
        own(rows, operator, "delegation", "validator_address")
        once(rows, _delegator)
        total = sum(fixed(row, "delegation", "shares") for row in rows)
        if total != shares:
            raise Contradiction(f"delegations to {operator}: {total} of {shares} e-18 shares")
        found = [(_delegator(row), text(row, "delegation", "shares")) for row in rows]
        return pl.DataFrame(found, schema={"delegator": pl.String(), "shares": pl.String()}, orient="row")

    return node.pages(f"{VALIDATORS}/{operator}/delegations", "delegation_responses", told)


def _delegator(row: Json) -> str:
    return address(row, "delegation", "delegator_address")


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
validators:
  validators | <address> | | validators that sign blocks by operator, with their bonded tokens
consensus_power:
  validators | <address> | | validators that sign blocks by operator, with their power as CometBFT counts it
delegators:
  delegators | <address> | | who delegates, with its bonded tokens over all validators
  delegators@<address> | <address> | | who delegates to this operator
names:
  moniker | <address> | | what a validator calls itself
  identity | <address> | | keybase identity that a validator names
  website | <address> | | website that a validator names
  commission | <address> | ratio | part of the rewards that a validator keeps
shares:
  validator_tokens | <address> | <denom> | bonded tokens of a validator
  validator_shares | <address> | shares | shares of all its delegators
  shares | <address>|<address> | shares | shares that a delegator has of an operator
closing_shares:
  validator_tokens | <address> | <denom> | bonded tokens of a validator
  validator_shares | <address> | shares | shares of all its delegators
  shares | <address>|<address> | shares | shares that a delegator has of an operator
"""
