"""Dollar prices of the networks' tokens, off chain."""

from ingest.network import Network
from ingest.offchain import prices
from ingest.offchain.feed import OffChain

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
