"""Simulated facts beside the simulated spend of Akash: prices, what backs ACT, who providers are, who signed for them.

No simulated history of the console: published figures are never held against invented ones.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import sin
from typing import Any, Final

from ingest.offchain.prices import SOURCES
from store.rows import observation

Told = tuple[str, str, list[dict[str, Any]]]
DAY: Final = timedelta(days=1)
# Dollars a token, and how far the price wanders over the year.
PRICES: Final = {"AKT": (0.54, 0.2), "USDC": (1.0, 0.0), "TAO": (320.0, 0.15), "FET": (0.25, 0.2)}
# The second source tells a little more, now and then enough for a range.
APART: Final = 0.015
BACKING: Final = (
    ("circuit_breaker", "", "mint_status_healthy", ""),
    ("collateral_ratio", "", "1.31", "ratio"),
    ("warn_threshold", "", "0.95", "ratio"),
    ("halt_threshold", "", "0.9", "ratio"),
    ("mints_allowed", "", 1, ""),
    ("refunds_allowed", "", 1, ""),
    ("outstanding_act", "", 420_000 * 10**6, "uact"),
    ("vault_balances", "uakt", 1_020_000 * 10**6, "uakt"),
)


def market(end: datetime, days: int, *, providers: Sequence[str], auditors: Sequence[str]) -> Iterator[Told]:
    """(network, reading, observations) of the market around the simulated spend."""
    for source, reading in zip(SOURCES, ("closes_defillama", "closes_coingecko"), strict=True):
        yield "prices", reading, list(_prices(end, days, source))
    told = (observation(name, end, exact, unit, subject=subject) for name, subject, exact, unit in BACKING)
    yield "akash", "bme", list(told)
    yield (
        "akash",
        "provider_text",
        [
            # Some organisations run several providers.
            observation(
                "host_uri", end, f"https://provider{place}.compute{place // 3}.example:8443", "", subject=provider
            )
            for place, provider in enumerate(providers)
        ],
    )
    yield (
        "akash",
        "provider_audits",
        [
            observation(f"audited_by:{auditor}", end, "tier", "", subject=provider)
            for rank, auditor in enumerate(auditors)
            for provider in providers[: len(providers) // (3 * rank + 1)]
        ],
    )


def _prices(end: datetime, days: int, source: str) -> Iterator[dict[str, Any]]:
    for token, (usd, wander) in PRICES.items():
        for back in range(days):
            apart = APART * (1 + sin(back)) if source == SOURCES[1] else 0.0
            price = usd * (1 + wander * sin(back / 40)) * (1 + apart * (wander > 0))
            yield observation("price_usd", end - back * DAY, round(price, 6), "usd", subject=token, source=source)
