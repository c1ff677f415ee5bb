"""What simulated EVM chains tell of themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from ingest.network import Network
from ingest.sample.draw import Row, address
from store.rows import observation

# Who holds the powers over a simulated token: three, each one key.
POWERS: Final = ("minter", "pauser", "admin")
HOLDERS: Final = 3


def control_state(network: Network, time: datetime) -> list[Row]:
    """What holds the powers: keys, no contracts."""
    return [
        observation("account", time, "key", "", subject=address(network.address, place)) for place in range(HOLDERS)
    ]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {"control_state": (control_state, 30)}
