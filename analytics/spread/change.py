"""Why a number differs from that of thirty days ago: its causes, replaced one at a time."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Known:
    """What a number is computed from; each part may change in a month for another reason."""

    population: Set[str]
    labels: Mapping[str, str]
    prices: Mapping[str, float]
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """Why a number differs from that of 30 days ago; the four parts add up to after - before."""

    before: float
    after: float
    population: float
    relabelling: float
    price: float
    moves: float


def decomposed(before: Known, after: Known, number: Callable[[Known], float]) -> Change:
    """Replace one part at a time, in this order: who is counted, who is whom, what it costs, who holds what.

    What is left for the last step are real moves. The order is part of the rule: another one gives other parts.
    """
    steps = [before]
    for part in ("population", "labels", "prices", "amounts"):
        steps.append(replace(steps[-1], **{part: getattr(after, part)}))
    at = [number(step) for step in steps]
    return Change(at[0], at[-1], *(later - earlier for earlier, later in pairwise(at)))
