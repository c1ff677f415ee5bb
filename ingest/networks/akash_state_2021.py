"""The state of akashnet-1 as a testnet genesis (2021): a genesis file can be imported."""

from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS
from ingest.network import Network
from store.rows import Decision

NETWORK = Network(
    name="akash_state_2021",
    title="Akash 2021",
    stack="compute",
    token="AKT",
    unit="uakt",
    decimals=6,
    address="bech32:akash",
    rules=RULES,
    ways=WAYS,
    chain_ids=("akashnet-1", "akashnet-2-testnet-2"),
    tokens_vote=True,
    decision=Decision.STAKE_TALLY,
    units=UNITS,
    parties=PARTIES,
    scorecard=SCORECARD,
    colour=9,
)
