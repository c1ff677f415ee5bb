"""How numbers, times and addresses are written: the same everywhere, readable aloud."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from questions.words import (
    MARKS,
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
    "MARKS",
    "MISSING",
    "SHORT",
    "UNCHANGED",
    "adding_up",
    "age",
    "apart",
    "between",
    "block",
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
UNCHANGED: Final = "unchanged"
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


def apart(before: float, after: float, places: int = 1) -> float:
    """How far two numbers are apart as they are written: whoever reads both can add it to the first."""
    return round(round(after, places) - round(before, places), places)


def adding_up(parts: Sequence[float], whole: float, places: int = 1) -> list[float]:
    """Parts with so many decimals that add up to a whole with as many: what was rounded furthest gives way."""
    unit = 10**places
    written = [round(part * unit) for part in parts]
    lacking = round(whole * unit) - sum(written)
    step = 1 if lacking > 0 else -1
    furthest = sorted(range(len(parts)), key=lambda place: step * (written[place] - parts[place] * unit))
    for place in furthest[: abs(lacking)]:
        written[place] += step
    return [part / unit for part in written]


def moved(before: float, after: float, as_share: bool = False, places: int = 1) -> str:
    """From one number to another with the direction: up 2.1, down 3 points, unchanged."""
    size = _apart(before, after, as_share, places)
    direction = "up" if size.startswith("+") else "down"
    return UNCHANGED if size == UNCHANGED else f"{direction} {size[1:]}{' points' if as_share else ''}"


def _apart(before: float, after: float, as_share: bool, places: int) -> str:
    """A change with its sign, whole where both ends are."""
    first, last = (end * 100 if as_share else end for end in (before, after))
    size = apart(first, last, places)
    return f"{size:+,.{0 if whole(first) and whole(last) else places}f}" if size else UNCHANGED


def value(number: float | None, *, as_share: bool) -> str:
    """The value of a metric: a share in per cent, or a number."""
    return share(number) if as_share else decimal(number)


def between(number: float | None, bounds: tuple[float, float] | None, *, as_share: bool) -> str:
    """The value of a metric; where not everything was read the range in which it lies: 142.7–258.1."""
    if bounds is None:
        return value(number, as_share=as_share)
    low, high = (value(one, as_share=as_share) for one in bounds)
    return low if low == high else f"{low}–{high}"


def delta(before: float | None, after: float | None, *, as_share: bool) -> str | None:
    """The change of a metric with its sign: +2.1, +2, -10.2 points; unchanged where nothing is to be seen."""
    if before is None or after is None:
        return None
    size = _apart(before, after, as_share, 1)
    return size if size == UNCHANGED or not as_share else f"{size} points"


def age(time: datetime, now: datetime) -> str:
    """How long ago: 8 min, 26 h, 3 days; a clock that runs ahead is said so."""
    return "in the future" if time - now > timedelta(minutes=5) else f"{duration(now - time)} ago"


def block(height: int) -> str:
    """A block by its height: block 19,870,442."""
    return f"block {height:,}"
