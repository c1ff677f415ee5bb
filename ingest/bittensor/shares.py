"""Shares of a hotkey's stake, in the chain's two formats, and what they are worth to the last rao.

Old rows are U64F64 (bits over 2^64); new ones a decimal mantissa and exponent. The runtime turns an old share into a
new one before it counts, cutting to 21 digits, and so does this file (source: primitives/share-pool of the chain).
"""

from typing import Final

# A mantissa has 21 digits: it is above a tenth of this and at most this.
LARGEST: Final = 10**21
DIGITS: Final = 21
TWO64: Final = 2**64

Share = tuple[int, int]
NONE: Final[Share] = (0, 0)


def whole(number: int) -> Share:
    """A whole number as a share."""
    return _normal(number, 0)


def from_bits(bits: int) -> Share:
    """A U64F64 number as the runtime turns it into a share: whole part and fraction apart, then added."""
    integer, fraction = divmod(bits, TWO64)
    return _sum(whole(integer), _quotient(whole(fraction), whole(TWO64)))


def worth(alpha: int, share: Share, total: Share) -> int:
    """What a share of a pool with `alpha` is worth, rounded down; without shares in the pool nothing, as on chain."""
    if 0 in (share[0], alpha, total[0]):
        return 0
    power = share[1] - total[1]
    return alpha * share[0] * _ten(power) // (total[0] * _ten(-power))


def _ten(power: int) -> int:
    return int(10 ** max(power, 0))


def _normal(mantissa: int, exponent: int) -> Share:
    if mantissa == 0:
        return NONE
    while mantissa > LARGEST:
        mantissa, exponent = mantissa // 10, exponent + 1
    while mantissa <= LARGEST // 10:
        mantissa, exponent = mantissa * 10, exponent - 1
    return mantissa, exponent


def _quotient(one: Share, other: Share) -> Share:
    return _normal(one[0] * LARGEST // other[0], one[1] - other[1] - DIGITS)


def _sum(one: Share, other: Share) -> Share:
    if not (one[0] and other[0]):
        return one if one[0] else other
    if one[1] < other[1]:
        one, other = other, one
    return _normal(one[0] + other[0] // 10 ** min(one[1] - other[1], DIGITS + 1), one[1])
