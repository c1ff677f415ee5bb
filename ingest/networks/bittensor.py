"""Bittensor (model): stake, emission, validators, balances and control of the finney chain."""

from ingest.bittensor import chain, control, conviction, emission, names, opinions, root, stake, validators
from ingest.bittensor.ways import GATES, SCORING, WAYS
from ingest.network import DAILY, HOURLY, InParts, Network, Reading, Rule, Since, Unit, counted
from ingest.substrate.node import SubstrateChain
from ingest.substrate.ways import FINALITY
from store.columns import Column
from store.rows import SINK, Kind, Measure

GENESIS = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03"
ENDPOINTS = (
    "https://entrypoint-finney.opentensor.ai",
    "https://lite.chain.opentensor.ai",
    "https://lite.sub.latent.to",
    "https://bittensor-finney.api.onfinality.io/public",
    "https://archive.chain.opentensor.ai",
    "https://archive.sub.latent.to",
)

RAO = "rao"
# Tokens of different subnets are different things: amounts of this unit compare within one subnet only.
ALPHA = "rao alpha"
# Holders and subjects that are no account: subnets, their mechanisms, and what no party gets.
SUBNET = ("subnet:<number>.<number>",)
MECHANISM = (*SUBNET, "subnet:<number>.<number>/mechanism:<number>")
SINKS = (f"{SINK}<word>",)

READINGS = (
    Reading("chain", Kind.OBSERVATIONS, None, "", HOURLY, chain.chain, headline=True),
    Reading("subnets", Kind.OBSERVATIONS, None, "", HOURLY, chain.subnet_numbers, headline=True, others=SUBNET),
    Reading(
        "subnet_emission",
        Kind.HOLDINGS,
        Measure.EMISSION,
        RAO,
        HOURLY,
        emission.subnet_emission,
        headline=True,
        others=SUBNET,
    ),
    Reading("validators", Kind.HOLDINGS, Measure.VOTING_POWER, RAO, HOURLY, validators.validators, headline=True),
    Reading("control_keys", Kind.HOLDINGS, Measure.CONTROL, "keys", HOURLY, control.control_keys, headline=True),
    Reading("grandpa", Kind.HOLDINGS, Measure.CONTROL, "votes", HOURLY, control.grandpa, headline=True),
    Reading("subnet_owners", Kind.HOLDINGS, Measure.CONTROL, "subnets", HOURLY, control.subnet_owners, headline=True),
    Reading("control", Kind.OBSERVATIONS, None, "", HOURLY, control.control, headline=True, others=SUBNET),
    Reading(
        "gated_emission",
        Kind.HOLDINGS,
        Measure.EMISSION,
        RAO,
        HOURLY,
        emission.gated_emission,
        headline=True,
        others=(f"{SINK}unowned",),
    ),
    Reading("alpha_emission", Kind.HOLDINGS, Measure.EMISSION, ALPHA, DAILY, emission.alpha_emission, others=SINKS),
    Reading("emission_parts", Kind.OBSERVATIONS, None, "", DAILY, emission.emission_parts, others=SUBNET),
    Reading("subnet_validators", Kind.HOLDINGS, Measure.VOTING_POWER, ALPHA, HOURLY, validators.subnet_validators),
    Reading("names", Kind.OBSERVATIONS, None, "", DAILY, Since("names", names.names), newest_only=True, others=SUBNET),
    Reading("conviction", Kind.OBSERVATIONS, None, "", DAILY, conviction.conviction, others=SUBNET),
    Reading("opinions", Kind.OBSERVATIONS, None, "", DAILY, opinions.weight_opinions, others=MECHANISM),
    # Stake first: the readings after it use the same map, read once.
    Reading("stake", Kind.HOLDINGS, Measure.STAKE, RAO, DAILY, InParts(stake.stake)),
    Reading("stake_alpha", Kind.HOLDINGS, Measure.STAKE, ALPHA, DAILY, InParts(stake.stake_alpha), partial=True),
    Reading("recipients", Kind.HOLDINGS, Measure.EMISSION, RAO, DAILY, InParts(emission.recipients), others=SINKS),
    Reading("root_dividends", Kind.OBSERVATIONS, None, "", DAILY, InParts(root.root_dividends), others=SUBNET),
    Reading("exit_value", Kind.OBSERVATIONS, None, "", DAILY, InParts(stake.exit_value)),
    Reading("balances", Kind.HOLDINGS, Measure.TOKEN, RAO, DAILY, InParts(chain.balances)),
)

# Sudo is a multisig of two of three (proved by `control_keys`). Yuma consensus takes for each miner the weight that
# kappa of the stake weight supports, on each subnet by itself: no majority of all subnets decides anything.
RULES = (
    Rule(Measure.CONTROL, "sudo", "change the rules, the runtime and any balance", 2, 3, strict=False),
    *FINALITY,
    Rule(
        Measure.VOTING_POWER,
        "validators",
        "hold half of the consensus weight, subnets weighted by TAO",
        1,
        2,
        strict=True,
    ),
)

NETWORK = Network(
    name="bittensor",
    title="Bittensor",
    stack="model",
    token="TAO",
    unit="rao",
    decimals=9,
    address="ss58:42",
    chain=SubstrateChain(GENESIS, ENDPOINTS),
    readings=READINGS,
    rules=RULES,
    ways=WAYS,
    gates=GATES,
    deciding=SCORING,
    tokens_vote=True,
    units={ALPHA: Unit("alpha", 9), **counted("keys", "votes", "subnets")},
    parties={
        "sudo": "sudo keys",
        "authorities": "block authorities",
        "grandpa": "finality voters",
        "owner": "owners",
    },
    parts={"subnet": "Subnet"},
    scorecard={
        Column.STAKE: "stake/coldkeys",
        Column.STAKE_BY_OPERATOR: "stake/hotkeys",
        Column.VOTING_POWER: "validators/validators",
        Column.EMISSION: "recipients/recipients",
        Column.TOKEN: "balances/coldkeys",
        Column.CONTROL: "control_keys/sudo",
    },
    colour=1,
    prices={"TAO": "bittensor"},
)
