"""Powers over a network that no chain tells of: written down with their source, shown, and counted nowhere."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from store.mart import Mart

_POWERS: Final = """
    SELECT kind, power, who, source, recorded_at, checked_at FROM offchain_power WHERE network = ? ORDER BY rowid
"""


@dataclass(frozen=True, slots=True)
class OffChain:
    """One power: what it lets somebody do, and who has it as the source says.

    checked: when somebody opened the source; None where nobody could.
    """

    kind: str
    power: str
    who: str
    source: str
    recorded: date
    checked: date | None


def powers(mart: Mart, network: str) -> list[OffChain]:
    """What is known of a network's powers off the chain, in the order in which they were written down."""
    return [OffChain(*row) for row in mart.table(_POWERS, network).iter_rows()]
