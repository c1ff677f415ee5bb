"""How close a chain is to standing still, and how much of its power changed hands."""

from collections.abc import Mapping
from itertools import accumulate


def further(present: Mapping[str, int], absent: int) -> int:
    """Fewest further operators whose silence stops blocks: with what is absent they have a third of all power.

    present: power of each operator that signs, in whole units; absent: of all who do not. Zero: they have a third.
    """
    total = sum(present.values()) + absent
    largest = sorted(present.values(), reverse=True)
    return sum(3 * silent < total for silent in accumulate(largest, initial=absent))


def churn(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """Share of an amount that other parties have than had it before: half the sum of all changes of shares.

    Raises ZeroDivisionError where nobody had or has anything.
    """
    then, now = sum(before.values()), sum(after.values())
    # Over one denominator, in whole numbers until the last division.
    moved = sum(abs(after.get(one, 0) * then - before.get(one, 0) * now) for one in before.keys() | after.keys())
    return moved / (2 * then * now)
