"""Akash (compute): stake, delegations, emission and governance of akashnet-2."""

from ingest.cosmos import CosmosChain
from ingest.cosmos_stake import validators
from ingest.network import HOURLY, Network, Reading, Rule
from store.rows import Kind, Measure

ENDPOINTS = (
    "https://rest-akash.ecostake.com",
    "https://akash-api.polkachu.com",
    "https://akash-rest.publicnode.com",
    "https://api.akashnet.net:443",
    "https://rpc.akt.dev/rest",
    "https://rest.lavenderfive.com:443/akash",
)

READINGS = (Reading("validators", Kind.HOLDINGS, Measure.STAKE, "uakt", HOURLY, validators, headline=True),)

# CometBFT commits a block with more than two thirds of the power: a third is enough to stop it.
RULES = (
    Rule(Measure.VOTING_POWER, "validators", "halt the chain", 1, 3, strict=False),
    Rule(Measure.VOTING_POWER, "validators", "fork the chain by signing twice", 1, 3, strict=True),
    Rule(Measure.VOTING_POWER, "validators", "decide every block alone", 2, 3, strict=True),
)

NETWORK = Network(
    name="akash",
    title="Akash",
    stack="compute",
    token="AKT",
    unit="uakt",
    decimals=6,
    address="bech32:akash",
    chain=CosmosChain("akashnet-2", ENDPOINTS),
    readings=READINGS,
    rules=RULES,
)
