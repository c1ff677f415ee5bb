"""How much of what the parts of a network get is decided by few: for each part the fewest parties that decide it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from analytics.power.paths import Quorum
from analytics.spread.batches import Threshold

# How few are told of: one, two, three, five.
FEW: Final = (1, 2, 3, 5)


def deciding_set(votes: Mapping[str, int], numerator: int, denominator: int) -> tuple[str, ...]:
    """The fewest parties that together reach at least a part of all votes, the largest first.

    Empty where nobody has a vote. A part of nothing is reached by whoever has most.
    """
    total = sum(votes.values())
    if not total:
        return ()
    need = Threshold(numerator, denominator, strict=False).need(total) if numerator else 1
    return Quorum(votes, need).fewest().parties


def decided(parts: Sequence[tuple[int, int | None]], by: int) -> tuple[Fraction, Fraction]:
    """Share of an amount that so few parties or fewer decide over, and the share of which it is not known.

    parts: of each part of the network its amount in whole base units, and how few decide it: 0 nobody does, None not
    known. Raises ZeroDivisionError where nothing is decided over.
    """
    total = sum(amount for amount, _ in parts)
    few = sum(amount for amount, fewest in parts if fewest is not None and 0 < fewest <= by)
    unknown = sum(amount for amount, fewest in parts if fewest is None)
    return Fraction(few, total), Fraction(unknown, total)
