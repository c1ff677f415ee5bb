"""Render (compute): the keys of RENDER on Solana, its supply, and what is burned for jobs."""

from ingest.network import Network
from ingest.solana.control import Watched
from ingest.solana.token import spl_token

# know.rendernetwork.com
MINT = "rndrizKT3MK1iimdxRdWabcF7Zg7AR5T4nud4EkHBof"
# Account of the token from which what jobs cost is burned: that of the wallet
# rbrnm7nPhfhBxPSh8qhRFrhB5MLnJGMNoyNQPvSi7vq (DefiLlama's dimension-adapters), which is an ordinary key. That it burns
# is an act of whoever has that key, and no rule.
BURNS = "GqE7wcwRw86xxMz4pNq5cV3BkM64h3bvajQRQbigYqTX"

NETWORK = spl_token(
    Network(
        name="render",
        title="Render",
        stack="compute",
        token="RENDER",
        unit="1e-8 RENDER",
        decimals=8,
        address="base58",
        colour=8,
        prices={"RENDER": "render-token"},
    ),
    Watched(MINT, burns=BURNS),
)
