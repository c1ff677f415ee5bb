"""What stands in the state of a Cosmos chain (an export, a genesis): stake, names, parameters, proposals and votes.

Known shapes: SDK 0.34 to 0.53. Older software writes null for an empty list, a number for the state of a validator, and
keeps modules and parameters under other names; what is nowhere to be found is named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from analytics.votes.tally import choices, stake, tally
from ingest.cosmos.proposals import LONGEST_TEXT, Json, identity, proposal_row, rows_of, spelled, status, vote_rows
from ingest.cosmos.stake import Delegated, delegated, operator_of, share_rows
from ingest.fields import address, decimal, fixed, optional, part, table, text, whole
from store.addresses import account
from store.faults import BadData, SourceChanged
from store.rows import Block, Facts, Kind, Measure, frame, holdings, observation

# The state of a validator as SDK 0.34 to 0.39 number it.
BOND: Final = {"0": "unbonded", "1": "unbonding", "2": "bonded"}

PAIR: Final = ("<address>|<address>",)
OF_DELEGATORS: Final = ("delegators", "delegators@<address>")

VALIDATORS: Final = "Tokens bonded with each validator that signs blocks, from the staking module of a state export."
DELEGATORS: Final = (
    "Tokens of each delegator at validators that sign blocks: its shares' part of each validator's tokens, with the "
    "chain's own eighteen decimals, summed, then cut to whole base units. From the staking module of a state export."
)
CONSENSUS: Final = (
    "Power of each validator in deciding blocks, in whole tokens, as the staking module of a state export told it to "
    "CometBFT last. A block needs more than two thirds of this power."
)
NAMES: Final = "What validators call themselves, from the staking module of a state export."
CHAIN: Final = "Supply, bonded tokens, community pool and governance thresholds of a state export."
PROPOSALS: Final = (
    "Proposals and their final tallies, from the gov module of a state export. Its tallies of open votes are empty: "
    "those are counted by the chain's rule from the votes and delegations of the same export, and where it holds no "
    "vote they are not counted."
)
VOTES: Final = "Votes on proposals that were open when the state was exported, from the gov module."
SHARES: Final = (
    "Every delegation to a signing validator in shares, exactly, from the staking module of a state export that holds "
    "votes: with them the tally can be repeated to the last base unit."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One reading's worth of an imported state; others, names: who may be named in it, as for a Reading."""

    reading: str
    kind: Kind
    measure: Measure | None
    unit: str
    method: str
    facts: Facts
    tolerance: int = 0
    newest_only: bool = False
    others: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def parts(state: Json, block: Block) -> list[Part]:
    """The readings in the state of a Cosmos chain; raises SourceChanged where its shape is not known."""
    unit = text(state, "staking", "params", "bond_denom")
    every = rows_of(part(state, "staking"), "validators")
    bonded = _bonded(state, every)
    delegations = _delegations(state, every, bonded)
    tokens = {operator: whole(row, "tokens") for operator, row in bonded.items()}
    readings = [
        Part("validators", Kind.HOLDINGS, Measure.STAKE, unit, VALIDATORS, _validators(tokens)),
        *_consensus(part(state, "staking")),
        _delegators(delegations, unit),
        Part("names", Kind.OBSERVATIONS, None, "", NAMES, _names(every, block.time), newest_only=True),
        Part("economy", Kind.OBSERVATIONS, None, "", CHAIN, _chain(state, sum(tokens.values()), unit, block.time)),
    ]
    gov = optional(state, "gov")
    if gov is None or (optional(gov, "proposals") is None and "proposals" not in gov):
        return readings
    return readings + _governance(gov, unit, block, lambda: share_rows(delegations, unit, block.time))


def _governance(gov: Json, unit: str, block: Block, shares: Callable[[], pl.DataFrame]) -> list[Part]:
    votes = frame(Kind.VOTES, [row for vote in rows_of(gov, "votes") for row in _votes(vote, block.height)])
    proposals = rows_of(gov, "proposals")
    voted = set(votes["proposal"])
    counted = [identity(row) for row in proposals if status(row) == "voting_period" and identity(row) in voted]
    held = shares() if counted else frame(Kind.OBSERVATIONS, [])
    ballots = {number: choices(votes, number) for number in counted}
    tallies = {number: tally(*stake(held), cast, account=account).options for number, cast in ballots.items()}
    rows = [proposal_row(row, unit, _tally(row, tallies)) for row in proposals]
    told = Facts(frame(Kind.PROPOSALS, rows), empty=not rows)
    found = [
        Part("proposals", Kind.PROPOSALS, None, unit, PROPOSALS, told),
        Part("votes", Kind.VOTES, None, "", VOTES, Facts(votes, empty=votes.is_empty())),
    ]
    if counted:
        kept = Facts(held)
        found.append(Part("shares", Kind.OBSERVATIONS, None, "", SHARES, kept, newest_only=True, others=PAIR))
    return found


def _bonded(state: Json, validators: Sequence[Json]) -> dict[str, Json]:
    """Validators that sign blocks, by operator address; raises SourceChanged where there are none yet."""
    bonded = {operator_of(row): row for row in validators if _bond(row) == "bonded"}
    if len({operator_of(row) for row in validators}) < len(validators):
        raise BadData("a validator appears twice")
    first = len(_first_transactions(state))
    if first and not bonded:
        raise SourceChanged(
            f"a genesis of {first} gen_txs and no validator: its stake begins with the first block; "
            "import an export of a later one"
        )
    if not bonded:
        raise BadData("staking.validators names nobody who signs blocks")
    for operator, row in bonded.items():
        if fixed(row, "delegator_shares") <= 0:
            raise BadData(f"{operator} signs blocks with {row['delegator_shares']} shares")
    return bonded


def _bond(validator: Json) -> str:
    told = str(part(validator, "status"))
    found = BOND.get(told, spelled(told, "BOND_STATUS_"))
    if found not in BOND.values():
        raise SourceChanged(f"{operator_of(validator)} has status {told[:80]!r}, which is not known")
    return found


def _first_transactions(state: Json) -> list[Any]:
    """Transactions of a genesis that make the first validators, wherever the software keeps them."""
    genutil = optional(state, "genutil") or {}
    return rows_of(genutil, "gen_txs") or rows_of(genutil, "gentxs") or rows_of(state, "gentxs")


def _delegations(state: Json, validators: Sequence[Json], bonded: Mapping[str, Json]) -> list[Delegated]:
    held: dict[str, list[tuple[str, int]]] = {operator_of(row): [] for row in validators}
    for row in rows_of(part(state, "staking"), "delegations"):
        operator = address(row, "validator_address")
        if operator not in held:
            raise BadData(f"a delegation is to {operator[:80]!r}, whom staking.validators does not name")
        held[operator].append((address(row, "delegator_address"), fixed(row, "shares")))
    return [(row, operator, held[operator]) for operator, row in bonded.items()]


def _validators(tokens: Mapping[str, int]) -> Facts:
    rows = (("validators", operator, amount) for operator, amount in tokens.items())
    return Facts(holdings(rows), {"validators": sum(tokens.values())})


def _delegators(delegations: Sequence[Delegated], unit: str) -> Part:
    for validator, operator, found in delegations:
        if len(dict(found)) < len(found):
            raise BadData(f"{operator}: a delegator of it appears twice")
        shares, told = sum(own for _, own in found), fixed(validator, "delegator_shares")
        if shares != told:
            raise BadData(f"{operator}: delegations are worth {decimal(shares)} of its {decimal(told)} shares")
    rows, reported = delegated(delegations)
    facts = Facts(holdings(rows), {**reported, "delegators": sum(reported.values())})
    # Rounding down loses less than one unit a holder.
    most = sum(1 for population, _, _ in rows if population == "delegators")
    return Part("delegators", Kind.HOLDINGS, Measure.STAKE, unit, DELEGATORS, facts, most, names=OF_DELEGATORS)


def _consensus(staking: Json) -> list[Part]:
    """Who decides blocks. A genesis that was not exported has it not: its chain counts it from the stake."""
    powers = rows_of(staking, "last_validator_powers") if optional(staking, "exported") is True else []
    if not powers:
        return []
    # Until SDK 0.39 the names begin with a capital.
    told = [{name.lower(): value for name, value in table(row).items()} for row in powers]
    rows = holdings(("validators", address(row, "address"), whole(row, "power")) for row in told)
    facts = Facts(rows, {"validators": whole(staking, "last_total_power")})
    return [Part("consensus", Kind.HOLDINGS, Measure.VOTING_POWER, "power", CONSENSUS, facts)]


def _names(validators: Sequence[Json], time: datetime) -> Facts:
    rows = [
        observation(name, time, text(row, "description", name)[:LONGEST_TEXT], "", subject=operator_of(row))
        for row in validators
        for name in ("moniker", "identity", "website")
        if optional(part(row, "description"), name)
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _chain(state: Json, bonded: int, unit: str, time: datetime) -> Facts:
    # SDK 0.34 calls the module `distr`; until 0.37 its parameters stand in the module itself.
    pool = _at(state, "distribution") or _at(state, "distr") or {}
    found = {
        "bonded": (bonded, unit),
        "supply": (_coin(_at(state, "bank", "supply") or _at(state, "supply", "supply"), unit), unit),
        "community_pool": (_coin(_at(pool, "fee_pool", "community_pool"), unit), unit),
        "community_tax": (_at(pool, "params", "community_tax") or _at(pool, "community_tax"), "share"),
        **{name: (value, "share") for name, value in _thresholds(optional(state, "gov") or {}).items()},
    }
    rows = [observation(name, time, str(value), of) for name, (value, of) in found.items() if value is not None]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _thresholds(gov: Json) -> dict[str, Any]:
    told = _at(gov, "params") or _at(gov, "tally_params") or {}
    names = ("quorum", "threshold", "expedited_threshold", "veto_threshold")
    found = {name: optional(told, name) for name in names}
    # Until SDK 0.39.
    return found | ({"veto_threshold": told["veto"]} if "veto" in told else {})


def _coin(coins: Any, denom: str) -> Any:
    held = [part(coin, "amount") for coin in rows_of({"coins": coins}, "coins") if text(coin, "denom") == denom]
    return held[0] if held else None


def _at(state: Any, *path: str) -> Any:
    for name in path:
        state = state.get(name) if isinstance(state, dict) else None
    return state


def _votes(row: Json, height: int) -> list[Json]:
    """The options of a vote; SDK 0.34 keeps the number of the proposal around it."""
    return vote_rows(str(whole(row, "proposal_id")), optional(row, "vote") or row, height)


def _tally(proposal: Json, counted: Mapping[str, Mapping[str, int]]) -> Json | None:
    """The final tally of a proposal, or that of its votes while it is open; exports state zeros for these."""
    if status(proposal) == "voting_period":
        own = counted.get(identity(proposal))
        return None if own is None else dict(own)
    return None if status(proposal) == "deposit_period" else optional(proposal, "final_tally_result")


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
validators:
  validators | <address> | | validators that sign blocks by operator, with their bonded tokens
consensus:
  validators | <address> | | validators that sign blocks by operator, with their consensus power
delegators:
  delegators | <address> | | who delegates, with its bonded tokens over all validators
  delegators@<address> | <address> | | who delegates to this operator
names:
  moniker | <address> | | what a validator calls itself
  identity | <address> | | keybase identity that a validator names
  website | <address> | | website that a validator names
economy:
  bonded | | <denom> | tokens that are staked with signing validators
  supply | | <denom> | all tokens
  community_pool | | <denom> | what governance can spend
  community_tax | | share | part of the rewards that goes to the community pool
  quorum | | share | part of all stake that must vote
  threshold | | share | Yes among what voted and did not abstain that passes a proposal
  expedited_threshold | | share | the same of an expedited one
  veto_threshold | | share | vetoes among what voted that reject a proposal
shares:
  validator_tokens | <address> | <denom> | bonded tokens of a validator
  validator_shares | <address> | shares | shares of all its delegators
  shares | <address>|<address> | shares | shares that a delegator has of an operator
"""
