"""The readings that every Cosmos chain has."""

from ingest.allowance import REPLAY
from ingest.cosmos import control as cosmos_control
from ingest.cosmos import emission as cosmos_emission
from ingest.cosmos import governance as cosmos_governance
from ingest.cosmos import past_votes as cosmos_votes
from ingest.cosmos import stake as cosmos_stake
from ingest.cosmos.lcd import Lcd
from ingest.network import DAILY, HOURLY, InParts, Reading, Rule, counted
from store.rows import Kind, Measure

# Each delegator's tokens are cut to whole base units, so the sum is short by less than one a delegator.
MOST_DELEGATORS = 10**6

# Subjects that are no address: a token, a module, a module's parameter of one token.
DENOM = ("<denom>",)
PARAMETER = ("<word>", "<word>|<denom>")

# CometBFT commits a block with more than two thirds of the power: a third is enough to stop it.
RULES = (
    Rule(Measure.VOTING_POWER, "validators", "halt the chain", 1, 3, strict=False),
    Rule(Measure.VOTING_POWER, "validators", "fork the chain by signing twice", 1, 3, strict=True),
    Rule(Measure.VOTING_POWER, "validators", "decide every block alone", 2, 3, strict=True),
)

# What readers are told of every Cosmos chain.
UNITS = counted("power")
PARTIES = {"pool": "pools"}
SCORECARD = {
    Measure.STAKE: "validators/validators",
    Measure.VOTING_POWER: "consensus/validators",
    Measure.EMISSION: "emission/stakers",
}


def readings(unit: str, power_reduction: int, *of_its_own: Reading[Lcd]) -> tuple[Reading[Lcd], ...]:
    """Stake, governance, emission and control of a chain that stakes `unit`, and what it alone has.

    What takes long comes last: many nodes keep a block for a minute only, after which nothing more can be read at it.
    """
    return (
        *_stake(unit, power_reduction),
        *_governance(),
        *_emission(unit),
        *_control(),
        *of_its_own,
        *_long(unit),
    )


def _stake(unit: str, power_reduction: int) -> tuple[Reading[Lcd], ...]:
    consensus = cosmos_stake.consensus_power(power_reduction)
    return (
        # The pool may hold more than the validators: anybody can send tokens to its account.
        Reading(
            "validators",
            Kind.HOLDINGS,
            Measure.STAKE,
            unit,
            HOURLY,
            cosmos_stake.validators,
            partial=True,
            headline=True,
        ),
        Reading("consensus", Kind.HOLDINGS, Measure.VOTING_POWER, "power", HOURLY, consensus, headline=True),
        Reading("names", Kind.OBSERVATIONS, None, "", DAILY, cosmos_stake.names, headline=True, newest_only=True),
    )


def _emission(unit: str) -> tuple[Reading[Lcd], ...]:
    emission, split = cosmos_emission.emission, cosmos_emission.emission_split
    return (
        Reading("economy", Kind.OBSERVATIONS, None, "", HOURLY, cosmos_emission.economy, headline=True, others=DENOM),
        Reading("emission", Kind.HOLDINGS, Measure.EMISSION, unit, DAILY, emission, headline=True),
        Reading(
            "emission_split",
            Kind.OBSERVATIONS,
            Measure.EMISSION,
            "",
            DAILY,
            split,
            headline=True,
            others=("<address>|<denom>",),
        ),
    )


def _control() -> tuple[Reading[Lcd], ...]:
    parameters = cosmos_control.parameters
    return (
        Reading(
            "parameters", Kind.OBSERVATIONS, Measure.CONTROL, "", DAILY, parameters, headline=True, others=PARAMETER
        ),
        Reading("signing", Kind.OBSERVATIONS, None, "", HOURLY, cosmos_control.signing, newest_only=True),
    )


def _governance() -> tuple[Reading[Lcd], ...]:
    open_proposals = cosmos_governance.open_proposals
    return (
        Reading("open_proposals", Kind.PROPOSALS, None, "", HOURLY, open_proposals, headline=True),
        Reading("votes", Kind.VOTES, None, "", HOURLY, cosmos_governance.votes, headline=True),
        Reading(
            "deposits",
            Kind.OBSERVATIONS,
            None,
            "",
            HOURLY,
            cosmos_governance.deposits,
            others=("<number>|<address>|<denom>",),
        ),
        Reading("proposals", Kind.PROPOSALS, None, "", DAILY, cosmos_governance.proposals),
    )


def _long(unit: str) -> tuple[Reading[Lcd], ...]:
    """One request a validator, a contract or a proposal and more; each keeps its parts."""
    shares, closing, delegators = cosmos_stake.shares, cosmos_stake.closing_shares, cosmos_stake.delegators
    stake, lost, control, authorities = Measure.STAKE, MOST_DELEGATORS, Measure.CONTROL, cosmos_control.authorities
    told, pair, words = Kind.OBSERVATIONS, ("<address>|<address>",), ("<word>",)
    return (
        Reading("closing_shares", told, None, "", HOURLY, InParts(closing), newest_only=True, others=pair),
        Reading("shares", told, None, "", DAILY, InParts(shares), newest_only=True, others=pair),
        Reading(
            "delegators",
            Kind.HOLDINGS,
            stake,
            unit,
            DAILY,
            InParts(delegators),
            tolerance=lost,
            partial=True,
            names=("delegators", "delegators@<address>"),
        ),
        Reading("authorities", told, control, "", DAILY, InParts(authorities), newest_only=True, others=words),
        Reading("past_votes", Kind.VOTES, None, "", 7 * DAILY, InParts(cosmos_votes.past_votes), limits=REPLAY),
    )
