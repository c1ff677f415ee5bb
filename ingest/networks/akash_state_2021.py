"""The state of akashnet-1 as a testnet genesis (2021): a genesis file can be imported."""

from ingest.network import Network

NETWORK = Network(
    name="akash_state_2021",
    title="Akash 2021",
    stack="compute",
    token="AKT",
    unit="uakt",
    decimals=6,
    address="bech32:akash",
    chain_ids=("akashnet-1", "akashnet-2-testnet-2"),
)
