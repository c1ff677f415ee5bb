"""Fetch.ai (agents): stake, delegations, emission and governance of fetchhub-4."""

from ingest.cosmos.lcd import CosmosChain
from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS, readings
from ingest.network import Network
from store.rows import Decision

ENDPOINTS = (
    "https://rest-fetchhub.fetch.ai",
    "https://fetch-api.polkachu.com",
    "https://fetch-rest.publicnode.com",
    "https://fetchhub-mainnet-lcd.autostake.com",
    "https://fetch-api.highstakes.ch",
    "https://fetchhub-api.kleomedes.network",
)

# Base units that make one unit of consensus power (the SDK's power reduction; fetchd sets one FET).
POWER = 10**18

READINGS = readings("afet", POWER)

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
    ways=WAYS,
    chain_ids=("fetchhub-1", "fetchhub-2", "fetchhub-3"),
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units=UNITS,
    parties=PARTIES,
    scorecard=SCORECARD,
    colour=3,
    prices={"FET": "fetch-ai"},
)
