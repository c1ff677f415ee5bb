"""Made-up token (compute): who holds it on Ethereum, and who can change it. What a new network's file looks like."""

from ingest.evm.ethereum import ETHEREUM
from ingest.evm.token import erc20
from ingest.network import Network

TOKEN = "0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
DEAD = "0x000000000000000000000000000000000000dead"

NETWORK = erc20(
    Network(
        name="made_up",
        title="Made-up",
        stack="compute",
        token="MADE",
        unit="amade",
        decimals=18,
        address="hex",
        chain=ETHEREUM,
        colour=7,
        prices={"MADE": "made-up"},
    ),
    {"token": TOKEN},
    locked={"dead_locked": DEAD},
)
