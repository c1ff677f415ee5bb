"""The staging state of fetchhub-2 (2021): a genesis file can be imported."""

from ingest.network import Network

NETWORK = Network(
    name="fetch_stage_2021",
    title="Fetch.ai staging 2021",
    stack="agents",
    token="FET",
    unit="atestfet",
    decimals=18,
    address="bech32:fetch",
    chain_ids=("andromeda-1",),
)
