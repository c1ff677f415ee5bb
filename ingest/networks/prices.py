"""Dollar prices of the networks' tokens, off chain."""

from ingest import prices
from ingest.network import Network
from ingest.offchain import OffChain

NETWORK = Network(
    name="prices",
    title="Prices (off chain)",
    stack="",
    token="USD",
    unit="usd",
    decimals=0,
    address="",
    chain=OffChain("prices", prices.ADDRESSES, probes=prices.PROBES),
    readings=prices.READINGS,
)
