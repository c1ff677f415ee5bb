"""Akash (compute): stake, delegations, emission, governance and the compute market of akashnet-2."""

from ingest.akash import bme as akash_bme
from ingest.akash import compute as akash_compute
from ingest.akash import control as akash_control
from ingest.akash import supply as akash_supply
from ingest.cosmos.lcd import CosmosChain
from ingest.cosmos.readings import RULES, readings
from ingest.network import Network

ENDPOINTS = (
    "https://rest-akash.ecostake.com",
    "https://akash-api.polkachu.com",
    "https://akash-rest.publicnode.com",
    "https://api.akashnet.net:443",
    "https://rpc.akt.dev/rest",
    "https://rest.lavenderfive.com:443/akash",
)

# Base units that make one unit of consensus power (the SDK's power reduction; its default).
POWER = 10**6

READINGS = readings(
    "uakt",
    POWER,
    *akash_control.READINGS,
    *akash_compute.READINGS,
    *akash_bme.READINGS,
    # Its last reading asks once a provider.
    *akash_supply.READINGS,
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
    chain_ids=("akashnet-1",),
)
