"""How numbers, times and addresses are written on pages, in files and in feeds."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import isclose
from typing import Final

import numpy as np

MISSING: Final = "–"
NUMERALS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Less of the whole reads as nothing with one decimal, and as all where it lacks.
LEAST: Final = 0.0005
# Shares on which something turns.
MARKS: Final = (1 / 3, 1 / 2, 2 / 3)
MOST_PLACES: Final = 5


def count(number: int | None) -> str:
    """12345 as 12,345."""
    return MISSING if number is None else f"{number:,}"


def decimal(number: float | None, places: int = 1) -> str:
    """A number with so many places; whole numbers stay whole."""
    if number is None:
        return MISSING
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.{places}f}"


def share(part: float | None) -> str:
    """A fraction as percent, never rounded to nothing, to all, or to a threshold on which something turns."""
    if part is None:
        return MISSING
    if 0 < part < LEAST:
        return "under 0.1%"
    if 1 - LEAST <= part < 1:
        return "over 99.9%"
    return f"{part:.{0 if whole(part * 100) else share_places(part)}%}"


def whole(number: float) -> bool:
    """Whether a number is whole, but for what floats lose: only such a one goes without decimals beside others."""
    return isclose(number, round(number), rel_tol=1e-9)


def share_places(part: float, marks: Sequence[float] = MARKS) -> int:
    """How many decimals a fraction as percent needs: one, more where it would read as what it is not."""
    if 0 < part < LEAST or 1 - LEAST <= part < 1:
        return 2
    return next((places for places in range(1, MOST_PLACES) if not _reads_as_mark(part, places, marks)), MOST_PLACES)


def most_share_places(parts: Sequence[float], marks: Sequence[float] = MARKS) -> int:
    """The most decimals that one of some fractions needs: only those near an end or a mark need more than one."""
    found = np.array(parts, np.float64)
    near = np.abs(found[:, None] - [0, 1, *marks]).min(axis=1, initial=1) < LEAST
    return max((share_places(part, marks) for part in found[near].tolist()), default=1)


def _reads_as_mark(part: float, places: int, marks: Sequence[float]) -> bool:
    """Whether so many decimals make a share read as a threshold that it does not meet exactly."""
    return any(
        abs(part - mark) < LEAST
        and f"{part:.{places}%}" == f"{mark:.{places}%}"
        and not isclose(part, mark, rel_tol=1e-7)
        for mark in marks
    )


def numeral(number: int) -> str:
    """Small counts as words, as in prose: one, two, … nine, 10."""
    return NUMERALS[number] if 0 <= number < len(NUMERALS) else f"{number:,}"


def several(number: int, thing: str, things: str = "") -> str:
    """A count with its noun: one validator, 12 validators."""
    return f"{numeral(number)} {thing if number == 1 else things or thing + 's'}"


# Short for several words, and written in capitals.
CAPITALS: Final = {"bme": "BME", "cpu": "CPU", "gpu": "GPU", "gpus": "GPUs"}


def reading(name: str, coins: Mapping[str, str]) -> str:
    """The name of a reading as a reader hears it: gpu_offers is GPU offers, price_in_<unit> names the unit's token.

    coins: tokens by how the chain calls their units.
    """
    head, _, tail = name.rpartition("_")
    told = f"{head}_in_{coins[tail]}" if head and tail in coins else name
    return sentence(" ".join(CAPITALS.get(word, word) for word in told.split("_")))


def coin(unit: str) -> str:
    """How a chain calls a unit, without how fine it is counted: without the factor before it."""
    return unit.rpartition(" ")[2]


def one(things: str) -> str:
    """One of several: validators, a validator; parties, a party."""
    return things[:-3] + "y" if things.endswith("ies") else things.removesuffix("s")


def counted(number: int, things: str) -> str:
    """How many of what, in figures: 1 admin, 100 validators."""
    return f"{count(number)} {one(things) if number == 1 else things}".strip()


def moment(time: datetime) -> str:
    """22 Nov 2026, 13:54 UTC."""
    return f"{time.day} {time:%b %Y, %H:%M} UTC"


def day(time: date) -> str:
    """22 Nov 2026."""
    return f"{time.day} {time:%b %Y}"


def duration(length: timedelta) -> str:
    """A length of time in its largest sensible unit."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 1:
        return "under 1 min"
    if minutes < 100:
        return f"{minutes} min"
    if minutes < 72 * 60:
        return f"{minutes // 60} h"
    days = minutes // (24 * 60)
    return f"{days} days" if days < 730 else f"{days // 365} years"


def delay(seconds: int | None) -> str:
    """How soon something can have its effect at the earliest: at once, after 3 days, or that it is not known."""
    if seconds is None:
        return "time not known"
    return f"after {duration(timedelta(seconds=seconds))}" if seconds else "at once"


def short(address: str) -> str:
    """An address short enough for a table, long enough to tell two apart: fetch1qxy4…7k3d."""
    prefix, separator, tail = address.partition("1")
    head = f"{prefix}1{tail[:4]}" if separator and prefix.isalpha() and prefix.islower() and tail else address[:8]
    return address if len(address) <= len(head) + 8 else f"{head}…{address[-6:]}"


def sentence(text: str) -> str:
    """The first letter in upper case, nothing else changed."""
    return text[:1].upper() + text[1:]


def listed(words: list[str]) -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
