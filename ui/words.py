"""How numbers, times and addresses are written: the same everywhere, readable aloud."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from questions.words import (
    MISSING,
    coin,
    count,
    counted,
    day,
    decimal,
    delay,
    duration,
    listed,
    moment,
    most_share_places,
    numeral,
    one,
    reading,
    sentence,
    several,
    share,
    share_places,
    short,
    whole,
)

__all__ = [
    "MISSING",
    "SHORT",
    "age",
    "between",
    "block",
    "change",
    "coin",
    "count",
    "counted",
    "day",
    "decimal",
    "delay",
    "delta",
    "duration",
    "listed",
    "moment",
    "most_share_places",
    "moved",
    "numeral",
    "one",
    "reading",
    "sentence",
    "several",
    "share",
    "share_places",
    "short",
    "tokens",
    "usd",
    "value",
    "whole",
]

# Titles of metrics that fit on a card.
SHORT: Final = {
    "nc_ge_1_3": "For one third",
    "nc_gt_1_2": "For over half",
    "nc_gt_2_3": "For over two thirds",
    "top_10": "Largest ten",
}
SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


def tokens(base_units: int | Decimal | None, decimals: int, token: str = "") -> str:
    """Base units as tokens, 1,234 or 1.23 million: always cut, never rounded up to more than there is."""
    if base_units is None:
        return MISSING
    units, whole = int(base_units), 10**decimals
    return f"{_scaled(units, whole)} {token}".strip()


def _scaled(units: int, whole: int) -> str:
    for scale, name in SCALES:
        if units >= scale * whole:
            return f"{_hundredths(units, scale * whole)} {name}"
    if units >= 1000 * whole:
        return f"{units // whole:,}"
    return "under 0.01" if 0 < units * 100 < whole else _hundredths(units, whole)


def _hundredths(units: int, whole: int) -> str:
    parts = units * 100 // whole
    return f"{parts // 100:,}" + (f".{parts % 100:02}" if parts % 100 else "")


def usd(dollars: float | None) -> str:
    """Dollars, in millions where there are millions; what is above nothing never reads as nothing."""
    if dollars is None:
        return MISSING
    if 0 < abs(dollars) < 1:
        return "under 1 USD"
    return f"{dollars / 1e6:,.2f} million USD" if abs(dollars) >= 1e6 else f"{dollars:,.0f} USD"


def change(before: float | None, after: float | None, places: int = 0) -> str:
    """From before to after, with the sign spelled: up 2, down 0.3, unchanged."""
    if before is None or after is None:
        return MISSING
    size = round(abs(after - before), places)
    if not size:
        return "unchanged"
    return f"{'up' if after > before else 'down'} {size:,.{places}f}"


def moved(difference: float, as_share: bool = False, places: int = 1) -> str:
    """A difference with its direction: up 2.1, down 3 points, unchanged."""
    size = abs(difference) * 100 if as_share else abs(difference)
    if not round(size, places):
        return "unchanged"
    text = decimal(round(size) if whole(size) else size, places)
    return f"{'up' if difference > 0 else 'down'} {text}{' points' if as_share else ''}"


def value(number: float | None, *, as_share: bool) -> str:
    """The value of a metric: a share in per cent, or a number."""
    return share(number) if as_share else decimal(number)


def between(number: float | None, bounds: tuple[float, float] | None, *, as_share: bool) -> str:
    """The value of a metric; where not everything was read the range in which it lies: 142.7–258.1."""
    if bounds is None:
        return value(number, as_share=as_share)
    low, high = (value(one, as_share=as_share) for one in bounds)
    return low if low == high else f"{low}–{high}"


def delta(before: float | None, after: float | None, *, as_share: bool) -> str | int | None:
    """The change of a metric for its arrow: +2.1, +2, -10.2 points; zero where nothing is to be seen."""
    if before is None or after is None:
        return None
    size = (after - before) * (100 if as_share else 1)
    return f"{size:+,.{0 if whole(size) else 1}f}{' points' if as_share else ''}" if round(size, 1) else 0


def age(time: datetime, now: datetime) -> str:
    """How long ago: 8 min, 26 h, 3 days; a clock that runs ahead is said so."""
    return "in the future" if time - now > timedelta(minutes=5) else f"{duration(now - time)} ago"


def block(height: int) -> str:
    """A block by its height: block 19,870,442."""
    return f"block {height:,}"
