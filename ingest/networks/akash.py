"""Akash (compute): stake, delegations, emission, governance and the compute market of akashnet-2."""

from dataclasses import replace

from ingest.akash import bme as akash_bme
from ingest.akash import compute as akash_compute
from ingest.akash import control as akash_control
from ingest.akash import supply as akash_supply
from ingest.cosmos.lcd import CosmosChain
from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, readings
from ingest.network import Network, Unit, counted
from store.rows import Decision, Measure

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

# Leases are paid in these; their prices have 18 decimals of the smallest coin. An ACT is minted for a dollar of AKT.
MONEY = {"uact": Unit("ACT", 6, usd=1.0), "uakt": Unit("AKT", 6), "uusdc": Unit("USDC", 6)}

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
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units={
        **UNITS,
        **{akash_compute.UNIT.format(name): replace(unit, decimals=unit.decimals + 18) for name, unit in MONEY.items()},
        **counted(*akash_supply.RESOURCES.values()),
    },
    parties=PARTIES,
    scorecard={
        **SCORECARD,
        Measure.COMPUTE_SPEND: "leases_uact/providers",
        Measure.COMPUTE_SUPPLY: "leased_cpu/providers",
    },
    colour=2,
    prices={"AKT": "akash-network", "USDC": "usd-coin"},
)
