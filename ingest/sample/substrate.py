"""What simulated Substrate chains tell of themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from ingest.bittensor.control import SIGNERS
from ingest.bittensor.subnets import spelled
from ingest.network import Network
from ingest.sample.draw import Row
from store.addresses import unss58
from store.rows import observation

# What the one real chain showed in 2026, rounded.
ISSUED: Final = 11_219_409
# Whom labels name: the published signers of its sudo key.
SUDO: Final = tuple(spelled(unss58(signer)) for signer in SIGNERS)
SUBNETS: Final = tuple(f"subnet:{netuid}.0" for netuid in range(1, 129))
# Part of a subnet's active weight that decides, of 65,535.
KAPPA: Final = 32_767


def chain(network: Network, time: datetime) -> list[Row]:
    """How many tokens there are."""
    return [observation("issuance", time, ISSUED * 10**network.decimals, network.unit)]


def control(_: Network, time: datetime) -> list[Row]:
    """Who rules: a multisig of which two keys must sign."""
    return [
        observation("rule", time, "sudo", ""),
        observation("sudo_signers", time, "verified", ""),
        observation("sudo_threshold", time, 2, "keys"),
    ]


def subnets(_: Network, time: datetime) -> list[Row]:
    """How much of a subnet's weight decides."""
    return [observation("kappa", time, KAPPA, "of 65535", subject=subnet) for subnet in SUBNETS]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    "chain": (chain, 30),
    "control": (control, 30),
    "subnets": (subnets, 0),
}
