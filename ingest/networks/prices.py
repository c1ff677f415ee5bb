"""Dollar prices of the networks' tokens, off chain."""

from collections.abc import Sequence

from ingest.network import Network
from ingest.offchain import prices
from ingest.offchain.feed import Feed, OffChain


def network(others: Sequence[Network]) -> Network[Feed]:
    """The prices of every token that a network names; of the networks' own tokens also those at the ends of days."""
    tokens = {token: coin for one in others for token, coin in one.prices.items()}
    closed = dict.fromkeys(one.token for one in others if one.chain and one.token in one.prices)
    return Network(
        name="prices",
        title="Prices (off chain)",
        stack="",
        token="USD",
        unit="usd",
        decimals=0,
        address="",
        chain=OffChain("prices", prices.ADDRESSES, probes=prices.PROBES),
        readings=prices.readings(tokens, tuple(closed)),
        credit="Prices: CoinGecko and DefiLlama, under the terms of their free interfaces; "
        "each price names its source.",
    )
