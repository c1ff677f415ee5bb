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
# A subnet's token outside of its pool, in base units.
OUTSIDE: Final = 2_000_000 * 10**9


def chain(network: Network, time: datetime) -> list[Row]:
    """How many tokens there are."""
    return [observation("issuance", time, ISSUED * 10**network.decimals, network.unit)]


def control(_: Network, time: datetime) -> list[Row]:
    """Who rules: a multisig of which two keys must sign."""
    return [
        observation("rule", time, "sudo", ""),
        observation("sudo_signers", time, "verified", ""),
        observation("sudo_threshold", time, 2, "keys"),
        observation("two_stage", time, "rule ready, pallets absent", ""),
    ]


def _token(network: Network) -> str:
    """The base unit of subnets' own tokens, where the network has such."""
    return next((unit for unit, told in network.all_units.items() if unit != network.unit and told.decimals), "")


def subnets(network: Network, time: datetime) -> list[Row]:
    """How much of a subnet's weight decides, what its token costs, and how much of it there is."""
    rows, own = [], _token(network)
    price = f"{network.token} an {network.all_units[own].token}" if own else network.token
    for place, subnet in enumerate(SUBNETS, 1):
        rows += [
            observation("kappa", time, KAPPA, "of 65535", subject=subnet),
            observation("price", time, 1 / (4 + place), price, subject=subnet),
            observation("alpha_outside", time, OUTSIDE, own, subject=subnet),
        ]
    return rows


def conviction(network: Network, time: datetime) -> list[Row]:
    """How far each subnet is from being taken over; one in three is not old enough."""
    height = int(time.timestamp()) // 6
    rows = [
        observation("takeover_rule", time, "one hotkey has more than 18 % of it", ""),
        observation("takeover_per_cent", time, 18, "per cent"),
    ]
    for place, subnet in enumerate(SUBNETS, 1):
        needs, best, own = OUTSIDE * 18 // 100 + 1, OUTSIDE * (place % 11) // 100, OUTSIDE * (place % 5) // 100
        told = {"takeover_needs": needs, "conviction_challenger": best, "conviction_owner": own}
        told |= {"takeover_missing": max(0, needs - best), "conviction_total": best + own}
        rows += [observation(name, time, amount, _token(network), subject=subnet) for name, amount in told.items()]
        rows.append(observation("takeover_from", time, height + (1 if place % 3 == 0 else -1), "block", subject=subnet))
    return rows


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    "chain": (chain, 30),
    "control": (control, 30),
    "subnets": (subnets, 0),
    "conviction": (conviction, 0),
}
