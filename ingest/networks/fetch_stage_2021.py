"""The staging state of fetchhub-2 (2021): a genesis file can be imported."""

from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS
from ingest.network import Network
from store.rows import Decision

NETWORK = Network(
    name="fetch_stage_2021",
    title="Fetch.ai staging 2021",
    stack="agents",
    token="FET",
    unit="atestfet",
    decimals=18,
    address="bech32:fetch",
    rules=RULES,
    ways=WAYS,
    chain_ids=("andromeda-1",),
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units=UNITS,
    parties=PARTIES,
    scorecard=SCORECARD,
    colour=10,
)
