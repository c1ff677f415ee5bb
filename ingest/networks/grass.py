"""Grass (data): the keys of GRASS on Solana, and its supply."""

from ingest.network import Network
from ingest.solana.control import Watched
from ingest.solana.token import spl_token

# grass-foundation.gitbook.io
MINT = "Grass7B4RdKfBCjTKgSqnXkqjwiGvQyFbuSCUJr3XXjs"

NETWORK = spl_token(
    Network(
        name="grass",
        title="Grass",
        stack="data",
        token="GRASS",
        unit="1e-9 GRASS",
        decimals=9,
        address="base58",
        colour=13,
        prices={"GRASS": "grass"},
    ),
    Watched(MINT),
)
