"""What simulated tokens of Solana tell of themselves: a vault of a multisig 2 of 3 mints, a key freezes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import sin
from typing import Final

from ingest.network import Network
from ingest.sample.draw import DAY, Row, address
from store.rows import observation

# By place among the simulated addresses.
VAULT, FREEZER = 0, 4
SIGNERS: Final = (1, 2, 3)
NEEDED: Final = 2
TOKENS: Final = 500_000_000
DAYS_TOLD: Final = 31


def supply(network: Network, time: datetime) -> list[Row]:
    """All tokens there are."""
    return [observation("total_supply", time, TOKENS * 10**network.decimals, network.unit)]


def control_state(network: Network, time: datetime) -> list[Row]:
    """What holds the powers: a vault with its signers, and a key."""
    vault = address(network.address, VAULT)
    told = [
        ("account", VAULT, "contract"),
        *(("account", place, "key") for place in (*SIGNERS, FREEZER)),
        ("stands_for", VAULT, "Squads v4, vault 0"),
        ("proved", VAULT, "Squads v4"),
    ]
    rows = [observation(name, time, exact, "", subject=address(network.address, place)) for name, place, exact in told]
    return [*rows, observation("threshold", time, NEEDED, "signatures", subject=vault)]


def burns(network: Network, time: datetime) -> list[Row]:
    """What was burned on each of the last days, from one account."""
    amounts = [int(4_000 + 1_500 * sin(back)) * 10**network.decimals for back in range(1, DAYS_TOLD + 1)]
    return [observation("burned", time - back * DAY, amount, network.unit) for back, amount in enumerate(amounts, 1)]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    "supply": (supply, 15),
    "burns": (burns, 0),
    "control_state": (control_state, 30),
}
