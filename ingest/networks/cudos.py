"""CUDOS, the chain that merged into Fetch.ai in 2024: state exports can be imported."""

from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS
from ingest.network import Network
from store.rows import Decision

NETWORK = Network(
    name="cudos",
    title="CUDOS (merged into Fetch.ai)",
    stack="compute",
    token="CUDOS",
    unit="acudos",
    decimals=18,
    address="bech32:cudos",
    rules=RULES,
    ways=WAYS,
    chain_ids=("cudos-1",),
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units=UNITS,
    parties=PARTIES,
    scorecard=SCORECARD,
    colour=6,
    prices={"CUDOS": "cudos"},
)
