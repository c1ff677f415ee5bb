"""Simulated facts beside simulated amounts: prices, what backs a token, who providers are and who signed for them.

No simulated history of the console: published figures are never held against invented ones.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from math import sin
from typing import Final

from ingest.network import Network
from ingest.networks import networks
from ingest.offchain.prices import SOURCES
from ingest.sample.draw import DAY, DAYS, Row, address
from ingest.sample.looks import denominations
from store.rows import observation

# Dollars a coin, by its id at the sources, and how far the price wanders over the year.
PRICES: Final = {
    "akash-network": (0.54, 0.2),
    "usd-coin": (1.0, 0.0),
    "bittensor": (320.0, 0.15),
    "fetch-ai": (0.25, 0.2),
    "arweave": (6.0, 0.2),
    "filecoin": (1.3, 0.2),
}
# The second source tells a little more, now and then enough for a range.
APART: Final = 0.015
PROVIDERS: Final = 60
AUDITORS: Final = 3


def backing(network: Network, end: datetime) -> list[Row]:
    """What backs the token that stands for dollars, in which most is paid, on the newest day."""
    dollar, token = denominations(network)[0], network.unit
    told = (
        ("circuit_breaker", "", "mint_status_healthy", ""),
        ("collateral_ratio", "", "1.31", "ratio"),
        ("warn_threshold", "", "0.95", "ratio"),
        ("halt_threshold", "", "0.9", "ratio"),
        ("mints_allowed", "", 1, ""),
        ("refunds_allowed", "", 1, ""),
        ("outstanding_act", "", 420_000 * 10**6, dollar),
        ("vault_balances", token, 1_020_000 * 10**6, token),
    )
    return [observation(name, end, exact, unit, subject=subject) for name, subject, exact, unit in told]


def providers(network: Network, end: datetime) -> list[Row]:
    """Addresses on the web of providers; some organisations run several."""
    return [
        observation("host_uri", end, f"https://provider{place}.compute{place // 3}.example:8443", "", subject=provider)
        for place, provider in enumerate(_providers(network))
    ]


def audits(network: Network, end: datetime) -> list[Row]:
    """Who signed for which providers."""
    known = _providers(network)
    return [
        observation(f"audited_by:{address(network.address, rank)}", end, "tier", "", subject=provider)
        for rank in range(AUDITORS)
        for provider in known[: len(known) // (3 * rank + 1)]
    ]


def closes(source: str, _: Network, end: datetime) -> list[Row]:
    """Prices of every day, by one source."""
    rows = []
    coins = {token: coin for one in networks().values() for token, coin in one.prices.items() if coin in PRICES}
    for token, (usd, wander) in ((token, PRICES[coin]) for token, coin in coins.items()):
        for back in range(DAYS):
            apart = APART * (1 + sin(back)) if source == SOURCES[1] else 0.0
            price = usd * (1 + wander * sin(back / 40)) * (1 + apart * (wander > 0))
            rows.append(
                observation("price_usd", end - back * DAY, round(price, 6), "usd", subject=token, source=source)
            )
    return rows


def _providers(network: Network) -> list[str]:
    return [address(network.address, place) for place in range(PROVIDERS)]


# Told of the newest day alone, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    **{f"closes_{source}": (partial(closes, source), 0) for source in SOURCES},
    "bme": (backing, 0),
    "provider_text": (providers, 0),
    "provider_audits": (audits, 0),
}
