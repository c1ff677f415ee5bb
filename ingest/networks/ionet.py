"""io.net (compute): the keys of IO on Solana, and its supply."""

from ingest.network import Network
from ingest.solana.control import Watched
from ingest.solana.token import spl_token

# docs.io.net
MINT = "BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K"

NETWORK = spl_token(
    Network(
        name="ionet",
        title="io.net",
        stack="compute",
        token="IO",
        unit="1e-8 IO",
        decimals=8,
        address="base58",
        colour=12,
        prices={"IO": "io"},
    ),
    Watched(MINT),
)
