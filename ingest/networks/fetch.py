"""Fetch.ai (agents): stake, delegations, emission and governance of fetchhub-4."""

from ingest.cosmos import CosmosChain
from ingest.cosmos_stake import validators
from ingest.network import HOURLY, Network, Reading, Rule
from store.rows import Kind, Measure

ENDPOINTS = (
    "https://rest-fetchhub.fetch.ai",
    "https://fetch-api.polkachu.com",
    "https://fetch-rest.publicnode.com",
    "https://fetchhub-mainnet-lcd.autostake.com",
    "https://fetch-api.highstakes.ch",
    "https://fetchhub-api.kleomedes.network",
)

READINGS = (Reading("validators", Kind.HOLDINGS, Measure.STAKE, "afet", HOURLY, validators, headline=True),)

# CometBFT commits a block with more than two thirds of the power: a third is enough to stop it.
RULES = (
    Rule(Measure.VOTING_POWER, "validators", "halt the chain", 1, 3, strict=False),
    Rule(Measure.VOTING_POWER, "validators", "fork the chain by signing twice", 1, 3, strict=True),
    Rule(Measure.VOTING_POWER, "validators", "decide every block alone", 2, 3, strict=True),
)

NETWORK = Network(
    name="fetch",
    title="Fetch.ai",
    stack="agents",
    token="FET",
    unit="afet",
    decimals=18,
    address="bech32:fetch",
    chain=CosmosChain("fetchhub-4", ENDPOINTS),
    readings=READINGS,
    rules=RULES,
)
