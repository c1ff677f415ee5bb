"""Decimal numbers as Cosmos chains compute them (LegacyDec): whole numbers of 1e-18, each step rounded half to even."""

from decimal import Decimal
from functools import cache
from typing import Any, Final

from analytics.impossible import Impossible

PLACES: Final = 18
ONE: Final = 10**PLACES
# A quotient is cut at this part of one before it is rounded.
FINE: Final = ONE * ONE
# Numbers of 36 places are multiplied nine digits at a time, so that wholes below 2^33 stay within int64.
DIGITS: Final = 10**9


def quotient(numerator: int, denominator: int) -> int:
    """A quotient of two decimals as the chain computes it: cut at 36 decimals, then rounded half to even at 18."""
    return _rounded(numerator * ONE * ONE // denominator)


def product(left: int, right: int) -> int:
    """A product of two decimals as the chain computes it."""
    return _rounded(left * right)


def least(part: int) -> int:
    """The least ratio, in 1e-36, that rounds to a part in 1e-18: half a unit below it rounds up where it is even."""
    return part * ONE - ONE // 2 + part % 2


def reaching(part: int, whole: Any) -> Any:
    """Fewest units whose quotient by the whole, as the chain computes it, is at least the part.

    whole: any integer, or an int64 array of numbers below 2^33.
    """
    first, second, third, last = _digits(part)
    found = (last * whole) // DIGITS
    found = (third * whole + found) // DIGITS
    found = (second * whole + found) // DIGITS
    # Negative twice, since division rounds down and the fewest units are rounded up.
    return -((first * whole + found) // DIGITS)


def part_of(part: int, whole: Any) -> Any:
    """A part, in 1e-18, of whole units, rounded down; of an int64 array of numbers below 2^33 one each."""
    high, low = divmod(part, DIGITS)
    return (high * whole + (low * whole) // DIGITS) // DIGITS


@cache
def _digits(part: int) -> tuple[int, int, int, int]:
    """The least ratio that rounds to a part, negative, in four times nine digits."""
    rest, last = divmod(-least(part), DIGITS)
    rest, third = divmod(rest, DIGITS)
    first, second = divmod(rest, DIGITS)
    return first, second, third, last


def scaled(number: str | Decimal) -> int:
    """A decimal number in 1e-18, exactly; raises Impossible where it has more decimals."""
    sign, digits, exponent = Decimal(number).as_tuple()
    if not isinstance(exponent, int) or exponent < -PLACES:
        raise Impossible(f"{number!r} is no number with at most {PLACES} decimals")
    unsigned: int = int("".join(map(str, digits))) * int(10 ** (PLACES + exponent))
    return -unsigned if sign else unsigned


def _rounded(number: int) -> int:
    whole, rest = divmod(number, ONE)
    half = ONE // 2
    return whole + (rest > half or (rest == half and whole % 2 == 1))
