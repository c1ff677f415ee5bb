"""Fetch.ai (agents): stake, delegations, emission and governance of fetchhub-4."""

from ingest.cosmos import keys
from ingest.cosmos.lcd import CosmosChain
from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS, readings
from ingest.network import Network, counted
from store.columns import Column
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

# fetchai/fetchd, app/upgrade_network_config.go (fetchhub-4). Since fetchd v0.15.0 the admin of `afet` in the token
# factory is the bridge (app/upgrades.go).
KEYS = keys.Named(
    "afet",
    bridges={"bridge": "fetch1qxxlalvsdjd07p07y3rc5fu6ll8k4tmetpha8n"},
    contracts={
        "almanac": "fetch1mezzhfj7qgveewzwzdk6lz5sae4dunpmmsjr9u7z0tpmdsae8zmquq3y0y",
        "names": "fetch1479lwv5vy8skute5cycuz727e55spkhxut0valrcm38x9caa2x8q99ef0q",
    },
)

READINGS = readings("afet", POWER, *keys.readings(KEYS))

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
    ways=(*WAYS, *keys.ways(KEYS)),
    chain_ids=("fetchhub-1", "fetchhub-2", "fetchhub-3"),
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units={**UNITS, **counted("key")},
    parties=PARTIES,
    # Keys are compared power by power, so none of their populations stands for all.
    scorecard={**SCORECARD, Column.CONTROL: ""},
    colour=3,
    prices={"FET": "fetch-ai"},
)
