"""Decimal numbers as Cosmos chains compute them (LegacyDec): whole numbers of 1e-18, each step rounded half to even."""

from decimal import Decimal
from typing import Final

from analytics.impossible import Impossible

PLACES: Final = 18
ONE: Final = 10**PLACES


def quotient(numerator: int, denominator: int) -> int:
    """A quotient of two decimals as the chain computes it: cut at 36 decimals, then rounded half to even at 18."""
    return _rounded(numerator * ONE * ONE // denominator)


def product(left: int, right: int) -> int:
    """A product of two decimals as the chain computes it."""
    return _rounded(left * right)


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
