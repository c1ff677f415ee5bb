"""Stake on a Cosmos chain at one block: validators, their power, their delegators, and who they say they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import polars as pl

from analytics.decimals import ONE
from analytics.votes.tally import Validator, power_of
from ingest.cosmos.governance import in_voting_period
from ingest.cosmos.lcd import VALIDATORS, Lcd
from ingest.fields import address, decimal, fixed, instant, own, part, text, whole
from ingest.network import Memo
from store.rows import BadData, Facts, Kind, frame, holdings, observation

POOL: Final = "/cosmos/staking/v1beta1/pool"
LAST_HOURS: Final = timedelta(hours=3)
LONGEST_TEXT: Final = 10_000

Json = dict[str, Any]
# A validator, its operator address, and its delegators with their shares in 1e-18.
Delegated = tuple[Json, str, list[tuple[str, int]]]


def every_validator(node: Lcd) -> list[dict[str, Any]]:
    """All validators of the staking module, in whatever state."""
    return node.pages(VALIDATORS, "validators")


def bonded_validators(node: Lcd) -> list[dict[str, Any]]:
    """The validators that sign blocks; raises BadData when there are none."""
    bonded = [row for row in every_validator(node) if part(row, "status") == "BOND_STATUS_BONDED"]
    if not bonded:
        raise BadData(f"no bonded validator at block {node.block.height} of {node.chain_id}")
    return bonded


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
    return Facts(holdings(rows), reported={"validators": whole(node.get(POOL), "pool", "bonded_tokens")})


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
    reported["delegators"] = whole(node.get(POOL), "pool", "bonded_tokens")
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
    unit = text(node.get("/cosmos/staking/v1beta1/params"), "params", "bond_denom")
    return Facts(share_rows(_delegations(node, memo), unit, node.block.time))


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
    rows = []
    for validator in every_validator(node):
        operator = operator_of(validator)
        for name in ("moniker", "identity", "website"):
            said = text(validator, "description", name)[:LONGEST_TEXT]
            if said:
                rows.append(observation(name, node.block.time, said, "", subject=operator))
        rate = text(validator, "commission", "commission_rates", "rate")
        rows.append(observation("commission", node.block.time, rate, "ratio", subject=operator))
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _delegations(node: Lcd, memo: Memo) -> Iterator[Delegated]:
    """Bonded validators with their delegators' shares in 1e-18; raises BadData where they do not add up."""
    for validator in bonded_validators(node):
        operator = operator_of(validator)
        kept = memo(operator, partial(_delegation_frame, node, operator))
        found = [(delegator, fixed({"shares": written}, "shares")) for delegator, written in kept.iter_rows()]
        total, told = sum(amount for _, amount in found), fixed(validator, "delegator_shares")
        if total != told:
            raise BadData(f"delegations to {operator} at block {node.block.height}: {total} of {told} e-18 shares")
        yield validator, operator, found


def _delegation_frame(node: Lcd, operator: str) -> pl.DataFrame:
    rows = node.pages(f"{VALIDATORS}/{operator}/delegations", "delegation_responses")
    rows = own(rows, operator, "delegation", "validator_address")
    found = [(address(row, "delegation", "delegator_address"), text(row, "delegation", "shares")) for row in rows]
    return pl.DataFrame(found, schema={"delegator": pl.String(), "shares": pl.String()}, orient="row")


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
