"""The readings that every Cosmos chain has."""

from collections.abc import Callable

from analytics.power.paths import Action, Side
from ingest.allowance import REPLAY
from ingest.cosmos import control, emission, governance, liquid, past_votes, stake
from ingest.cosmos.lcd import Lcd
from ingest.network import DAILY, HOURLY, InParts, Reading, Rule, Vote, Way, counted
from store.columns import Column
from store.rows import Facts, Kind, Measure

# Each delegator's tokens are cut to whole base units, so the sum is short by less than one a delegator.
MOST_DELEGATORS = 10**6

# Subjects that are no address: a token, a module, a module's parameter of one token.
DENOM = ("<denom>",)
PARAMETER = ("<word>", "<word>|<denom>")
MODULES = ("<word>",)

# CometBFT commits a block with more than two thirds of the power: a third is enough to stop it.
_HALT = Rule(Measure.VOTING_POWER, "validators", "halt the chain", 1, 3, strict=False)
_CENSOR = Rule(Measure.VOTING_POWER, "validators", "decide every block alone", 2, 3, strict=True)
RULES = (_HALT, Rule(Measure.VOTING_POWER, "validators", "fork the chain by signing twice", 1, 3, strict=True), _CENSOR)

# What readers are told of every Cosmos chain.
UNITS = counted("power")
PARTIES = {"pool": "pools"}
SCORECARD = {
    Column.STAKE: "delegators/delegators",
    Column.STAKE_BY_OPERATOR: "validators/validators",
    Column.VOTING_POWER: "consensus/validators",
    Column.EMISSION_BY_OPERATOR: "emission/stakers",
}


# The shorter of the two counts: a proposal whose whole deposit comes with it is put to the vote in the same block
# (x/gov, keeper/deposit.go), and an expedited one, which SDK 0.45 does not know, ends sooner.
VOTED_IN = ("voting_period|gov", "expedited_voting_period|gov")


def _by_power(action: Action, rule: Rule) -> Way:
    share = f"{'more than ' if rule.strict else ''}{rule.numerator}/{rule.denominator}"
    name = f"{rule.population} with {share} of the power"
    return Way(action, Side.FORCE, name, rule, "CometBFT, types/validation.go", takes=0)


def _by_vote(action: Action, on: str, source: str) -> tuple[Way, Way]:
    """A vote that nobody else can stop, and one that keeps it from passing: that holds from when it is cast."""
    force = Vote(Measure.STAKE, "validators", "gov", "pass", "all others veto", behind="delegators")
    stop = Vote(Measure.STAKE, "validators", "gov", "veto", "all others vote Yes", behind="delegators")
    return (
        Way(action, Side.FORCE, f"governance vote{on}, all others against", force, source, takes=VOTED_IN),
        Way(action, Side.STOP, f"governance veto{on}, all others for", stop, source, takes=0),
    )


# Governance counts bonded tokens, and a delegator can vote with what is its own at any validator. What others may do at
# worst decides how much it takes to force or to stop a vote whatever they do. What it can do beside changing rules:
# raise inflation and the part of it that goes to the pool, and spend the pool (x/mint, x/distribution); name the
# program that all must run from a block on, which can move any balance (x/upgrade: fetchd v0.14, Akash v2.1.0).
WAYS = (
    _by_power(Action.HALT, _HALT),
    _by_power(Action.CENSOR, _CENSOR),
    *_by_vote(Action.CHANGE_RULES, "", "x/gov"),
    *_by_vote(Action.MINT, " on inflation or the pool", "x/gov, x/mint, x/distribution"),
    *_by_vote(Action.SEIZE, " for an upgrade", "x/gov, x/upgrade"),
)


def readings(unit: str, power_reduction: int, *of_its_own: Reading[Lcd]) -> tuple[Reading[Lcd], ...]:
    """Stake, governance, emission and control of a chain that stakes `unit`, and what it alone has.

    What takes long comes last: many nodes keep a block for a minute only, after which nothing more can be read at it.
    """
    minting = (_economy(emission.economy), *_emission(unit), _parameters(control.parameters))
    return (*_stake(unit, power_reduction), *_governance(), *minting, *_control(), *of_its_own, *_long(unit))


def readings_beside_mint(unit: str, power_reduction: int, *of_its_own: Reading[Lcd]) -> tuple[Reading[Lcd], ...]:
    """The same of a chain without the SDK's mint module: what it mints, and to whom, it tells by what is of its own."""
    beside = (_economy(emission.economy_beside_mint), _parameters(control.parameters_beside_mint))
    return (*_stake(unit, power_reduction), *_governance(), *beside, *_control(), *of_its_own, *_long(unit))


def _economy(read: Callable[[Lcd], Facts]) -> Reading[Lcd]:
    return Reading("economy", Kind.OBSERVATIONS, None, "", HOURLY, read, headline=True, others=DENOM)


def _parameters(read: Callable[[Lcd], Facts]) -> Reading[Lcd]:
    return Reading("parameters", Kind.OBSERVATIONS, Measure.CONTROL, "", DAILY, read, headline=True, others=PARAMETER)


def _stake(unit: str, power_reduction: int) -> tuple[Reading[Lcd], ...]:
    consensus = stake.consensus_power(power_reduction)
    return (
        # The pool may hold more than the validators: anybody can send tokens to its account.
        Reading(
            "validators",
            Kind.HOLDINGS,
            Measure.STAKE,
            unit,
            HOURLY,
            stake.validators,
            partial=True,
            headline=True,
        ),
        Reading("consensus", Kind.HOLDINGS, Measure.VOTING_POWER, "power", HOURLY, consensus, headline=True),
        Reading("names", Kind.OBSERVATIONS, None, "", DAILY, stake.names, headline=True, newest_only=True),
    )


def _emission(unit: str) -> tuple[Reading[Lcd], ...]:
    return (
        Reading("emission", Kind.HOLDINGS, Measure.EMISSION, unit, DAILY, emission.emission, headline=True),
        Reading(
            "emission_split",
            Kind.OBSERVATIONS,
            Measure.EMISSION,
            "",
            DAILY,
            emission.emission_split,
            headline=True,
            others=("<address>|<denom>",),
        ),
    )


def _control() -> tuple[Reading[Lcd], ...]:
    return (
        Reading("signing", Kind.OBSERVATIONS, None, "", HOURLY, control.signing, newest_only=True),
        Reading(
            "liquid_shares", Kind.OBSERVATIONS, None, "", DAILY, liquid.liquid_shares, newest_only=True, others=MODULES
        ),
    )


def _governance() -> tuple[Reading[Lcd], ...]:
    return (
        Reading("open_proposals", Kind.PROPOSALS, None, "", HOURLY, governance.open_proposals, headline=True),
        Reading("votes", Kind.VOTES, None, "", HOURLY, governance.votes, headline=True),
        Reading(
            "deposits",
            Kind.OBSERVATIONS,
            None,
            "",
            HOURLY,
            governance.deposits,
            others=("<number>|<address>|<denom>",),
            of_now="it is wanted while a vote is open",
        ),
        Reading("proposals", Kind.PROPOSALS, None, "", DAILY, governance.proposals),
    )


def _long(unit: str) -> tuple[Reading[Lcd], ...]:
    """One request a validator, a contract or a proposal and more; each keeps its parts."""
    shares, closing, pair = InParts(stake.shares), InParts(stake.closing_shares), ("<address>|<address>",)
    observed, authorities = Kind.OBSERVATIONS, InParts(control.authorities)
    return (
        Reading("closing_shares", observed, None, "", HOURLY, closing, newest_only=True, others=pair),
        Reading("shares", observed, None, "", DAILY, shares, newest_only=True, others=pair),
        Reading(
            "delegators",
            Kind.HOLDINGS,
            Measure.STAKE,
            unit,
            DAILY,
            InParts(stake.delegators),
            tolerance=MOST_DELEGATORS,
            partial=True,
            names=("delegators", "delegators@<address>"),
        ),
        Reading("authorities", observed, Measure.CONTROL, "", DAILY, authorities, newest_only=True, others=("<word>",)),
        Reading("past_votes", Kind.VOTES, None, "", 7 * DAILY, InParts(past_votes.past_votes), limits=REPLAY),
    )
