"""Which dollar figure may be shown: judges prices of several sources, and says why where it shows none.

There is no figure without its sources and time. Sources that differ by more than 2 % make a range; by more than a
factor of two, or far from the last price that held, no figure at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Final

import polars as pl

from analytics.decimals import ONE

FRESH: Final = timedelta(hours=6)
AGREE: Final = 1.02
CONTRADICT: Final = 2.0
# A price this many times the last good one, or that part of it, is taken for an error of its source.
ABSURD: Final = 5.0
# What counts as the last good price.
REMEMBERED: Final = timedelta(days=7)
# Of the sources that agree, the first of these is shown; those of chains come after them.
ORDER: Final = ("defillama", "coingecko")
HEALTHY: Final = "mint_status_healthy"
MICRO: Final = 10**6


@dataclass(frozen=True, slots=True)
class Quote:
    """What one source says that one token costs."""

    source: str
    usd: float
    time: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """A price that may be shown: one figure, or a range where sources differ; `notes` must be shown with it."""

    low: float
    high: float
    sources: tuple[str, ...]
    time: datetime
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Why no dollar figure is shown."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dollars:
    """An amount in dollars, with what it rests on."""

    low_usd: float
    high_usd: float
    sources: tuple[str, ...]
    time: datetime
    notes: tuple[str, ...] = ()


def price(quotes: Iterable[Quote], at: datetime, last: Price | None = None) -> Price | NoPrice:
    """The price at a time from what the sources say; `last` is the newest price that was shown before.

    Never raises: whatever the sources say, the answer is a price with its notes or the reason why there is none.
    """
    told = sorted(quotes, key=lambda quote: abs(at - quote.time))
    if not told:
        return NoPrice("no source told a price")
    nearest = {quote.source: quote for quote in reversed(told)}
    fresh = sorted((quote for quote in nearest.values() if abs(at - quote.time) <= FRESH), key=_rank)
    if not fresh:
        newest = max(told, key=lambda quote: quote.time)
        return NoPrice(f"stale: the newest price is of {newest.time:%Y-%m-%d %H:%M} UTC from {newest.source}")
    sane = [quote for quote in fresh if not _absurd(quote, at, last)]
    refused = tuple(f"{quote.source}: {quote.usd:g} is absurd" for quote in fresh if quote not in sane)
    if not sane:
        return NoPrice("; ".join((*refused, f"the last good price was {last.low:g}" if last else "")))
    return _agreed(sane, refused)


def quotes(observations: pl.DataFrame, token: str) -> list[Quote]:
    """What every source said a token costs, from observations named price_usd; doubted prices have another name."""
    rows = observations.filter((pl.col("name") == "price_usd") & (pl.col("subject") == token))
    return [Quote(source, value, time) for source, value, time in rows.select("source", "value", "time").iter_rows()]


def closes(observations: pl.DataFrame, token: str, days: Iterable[date]) -> dict[date, Price | NoPrice]:
    """The price at the end of each day in UTC, each held against the one that held before it."""
    told: dict[datetime, list[Quote]] = {}
    for quote in quotes(observations, token):
        told.setdefault(_midnight(quote.time), []).append(quote)
    found: dict[date, Price | NoPrice] = {}
    last: Price | None = None
    for day in sorted(set(days)):
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
        found[day] = judged = price(told.get(end, []), end, last)
        last = judged if isinstance(judged, Price) else last
    return found


def price_at(observations: pl.DataFrame, token: str, at: datetime) -> Price | NoPrice:
    """The price of a token at a time, held against the closes of the week before."""
    week = closes(observations, token, (at.date() - timedelta(days=back) for back in range(8, 1, -1)))
    good = [found for found in week.values() if isinstance(found, Price)]
    return price(quotes(observations, token), at, good[-1] if good else None)


def minted(token: str, made: datetime, breaker: str | None) -> Price:
    """What a token costs that is minted for a dollar; flagged unless the circuit breaker is known to be healthy."""
    if breaker is None:
        return Price(1.0, 1.0, ("design",), made, ("the state of the circuit breaker was not read",))
    if breaker != HEALTHY:
        doubt = f"circuit breaker: {breaker}; 1 {token} may not be worth a dollar"
        return Price(1.0, 1.0, ("design",), made, (doubt,))
    return Price(1.0, 1.0, ("design",), made)


def dollars(amount: int, cost: Price | NoPrice) -> Dollars | NoPrice:
    """An amount of a micro-denom in 1e-18 units (as in analytics.spend) at a price."""
    if isinstance(cost, NoPrice):
        return cost
    tokens = amount / (ONE * MICRO)
    return Dollars(tokens * cost.low, tokens * cost.high, cost.sources, cost.time, cost.notes)


def total(parts: Sequence[Dollars | NoPrice]) -> Dollars | NoPrice:
    """The sum of amounts in dollars; where one part has no figure the sum has none, and says why."""
    reasons = [part.reason for part in parts if isinstance(part, NoPrice)]
    if reasons or not parts:
        return NoPrice("; ".join(dict.fromkeys(reasons)) or "nothing to add up")
    known = [part for part in parts if isinstance(part, Dollars)]
    return Dollars(
        sum(part.low_usd for part in known),
        sum(part.high_usd for part in known),
        tuple(dict.fromkeys(source for part in known for source in part.sources)),
        min(part.time for part in known),
        tuple(dict.fromkeys(note for part in known for note in part.notes)),
    )


def _agreed(quotes: Sequence[Quote], refused: tuple[str, ...]) -> Price | NoPrice:
    low, high = min(quote.usd for quote in quotes), max(quote.usd for quote in quotes)
    said = ", ".join(f"{quote.source} {quote.usd:g}" for quote in quotes)
    if high > low * CONTRADICT:
        return NoPrice("; ".join((f"sources contradict each other: {said}", *refused)))
    notes = refused
    if high > low * AGREE:
        notes = (f"sources differ: {said}", *refused)
    else:
        low = high = quotes[0].usd
    if len(quotes) == 1:
        notes = (f"one source only: {said}", *refused)
    return Price(low, high, tuple(quote.source for quote in quotes), min(quote.time for quote in quotes), notes)


def _midnight(moment: datetime) -> datetime:
    """The midnight that is nearest to a time."""
    return (moment + timedelta(hours=12)).replace(hour=0, minute=0, second=0, microsecond=0)


def _absurd(quote: Quote, at: datetime, last: Price | None) -> bool:
    if not (quote.usd > 0 and isfinite(quote.usd)):
        return True
    if last is None or abs(at - last.time) > REMEMBERED:
        return False
    return quote.usd > last.high * ABSURD or quote.usd < last.low / ABSURD


def _rank(quote: Quote) -> int:
    return ORDER.index(quote.source) if quote.source in ORDER else len(ORDER)
