"""CUDOS, the chain that merged into Fetch.ai in 2024: state exports can be imported."""

from ingest.network import Network

NETWORK = Network(
    name="cudos",
    title="CUDOS (merged into Fetch.ai)",
    stack="compute",
    token="CUDOS",
    unit="acudos",
    decimals=18,
    address="bech32:cudos",
    chain_ids=("cudos-1",),
)
