"""Akash as its console's indexer tells it, off chain: history since 2021, capacity, earnings."""

from ingest.akash import console
from ingest.network import Network
from ingest.offchain.feed import OffChain

NETWORK = Network(
    name="akash_console",
    title="Akash console (off chain)",
    stack="",
    token="AKT",
    unit="uakt",
    decimals=6,
    address="bech32:akash",
    chain=OffChain("console-api.akash.network", (console.ADDRESS,), probes=(console.PROBE,)),
    readings=console.READINGS,
    tokens_vote=True,
    credit="Akash's own history and capacity: the API of the Akash Console.",
)
