"""Akash (compute): stake, delegations, emission, governance and the compute market of akashnet-2."""

from dataclasses import replace

from ingest.akash import bme, compute, control, supply
from ingest.cosmos.lcd import CosmosChain
from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS, readings
from ingest.network import Gate, Network, Unit, counted
from store.columns import Column
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

TOKEN, UNIT, DOLLAR = "AKT", "uakt", "uact"
# What tenants can pay with. An ACT is minted for a dollar of AKT; USDC came over Axelar.
MONEY = {DOLLAR: Unit("ACT", 6, usd=1.0), UNIT: Unit(TOKEN, 6), "uusdc": Unit("USDC", 6)}
DENOMS = {
    **{name: name for name in MONEY},
    "uusdc": "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1",
}

READINGS = readings(
    UNIT,
    POWER,
    *control.READINGS,
    *compute.readings(DENOMS),
    *bme.readings(TOKEN, DOLLAR),
    # Its last reading asks once a provider.
    *supply.READINGS,
)

# A lease needs a provider that an auditor signed for, if its order demands that, and runs while somebody pays. Of what
# leases earned, settled or not, in the denomination that most are paid in; what is leased has the same gates.
GATES = tuple(
    Gate(measure, name, f"accrued_{DOLLAR}/{population}")
    for measure in (Measure.COMPUTE_SPEND, Measure.COMPUTE_SUPPLY)
    for name, population in (("auditors", "auditors"), ("wallets that pay", "payers"))
)

NETWORK = Network(
    name="akash",
    title="Akash",
    stack="compute",
    token=TOKEN,
    unit=UNIT,
    decimals=6,
    address="bech32:akash",
    chain=CosmosChain("akashnet-2", ENDPOINTS),
    readings=READINGS,
    rules=RULES,
    ways=(*WAYS, *control.WAYS),
    gates=GATES,
    chain_ids=("akashnet-1",),
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units={
        **UNITS,
        # Leases are priced with 18 decimals of the smallest coin.
        **{compute.UNIT.format(name): replace(one, decimals=one.decimals + 18) for name, one in MONEY.items()},
        **counted("key", *supply.RESOURCES.values()),
    },
    parties=PARTIES,
    scorecard={
        **SCORECARD,
        # Keys are compared power by power, so none of their populations stands for all.
        Column.CONTROL: "",
        # What networks of this field are for; leased CPU is the next choice on the page of who holds power.
        Column.COMPUTE_SUPPLY: "leased_gpu/providers",
        Column.COMPUTE_SPEND: f"leases_{DOLLAR}/providers",
    },
    colour=2,
    prices={TOKEN: "akash-network", "USDC": "usd-coin"},
    credit="Figures that others published: Messari, Akash and the press, each with its page in the table.",
)
