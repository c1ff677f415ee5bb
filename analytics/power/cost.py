"""What it costs to stop a chain: how much those control who can do it, and how little of that is their own to lose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Bond:
    """What is bonded with an operator, and the part of it that is its own, in base units."""

    bonded: int
    own: int


@dataclass(frozen=True, slots=True)
class Coalition:
    """Operators who reach a need together, in base units; no set of operators that reaches it has less than `least`."""

    operators: tuple[str, ...]
    bonded: int
    own: int
    least: int


def cheapest(bonds: Mapping[str, Bond], need: int) -> Coalition:
    """The operators who reach `need` with the least of their own.

    In the order of own per bonded token, each time with the one who completes it for least; whoever is not needed is
    left out, dearest first. `least` is what the order costs where the last operator could be taken in part: a bound of
    the covering problem, so that `own` is too high by less than one operator's own. Raises ValueError where all
    together do not reach the need.
    """
    order = sorted(bonds, key=lambda one: (Fraction(bonds[one].own, bonds[one].bonded or 1), -bonds[one].bonded, one))
    if not 0 < need <= sum(bond.bonded for bond in bonds.values()):
        raise ValueError(f"{need} base units are not bonded")
    found: list[tuple[str, ...]] = []
    bonded = own = 0
    for place, one in enumerate(order):
        missing = need - bonded
        if missing <= 0:
            break
        ends = [other for other in order[place:] if bonds[other].bonded >= missing]
        if ends:
            found.append((*order[:place], min(ends, key=lambda other: bonds[other].own)))
        in_part = Fraction(bonds[one].own * min(missing, bonds[one].bonded), bonds[one].bonded or 1)
        least, bonded, own = own + in_part, bonded + bonds[one].bonded, own + bonds[one].own
    coalitions = [_needed(chosen, bonds, need) for chosen in found]
    best = min(coalitions, key=lambda chosen: (_own(chosen, bonds), len(chosen), -_bonded(chosen, bonds), chosen))
    return Coalition(best, _bonded(best, bonds), _own(best, bonds), -(-least.numerator // least.denominator))


def _needed(chosen: Sequence[str], bonds: Mapping[str, Bond], need: int) -> tuple[str, ...]:
    """A set without those whom it does not need, the dearest left out first."""
    spare = _bonded(chosen, bonds) - need
    kept = list(chosen)
    for one in sorted(chosen, key=lambda one: (-bonds[one].own, bonds[one].bonded, one)):
        if bonds[one].bonded <= spare:
            spare -= bonds[one].bonded
            kept.remove(one)
    return tuple(kept)


def _bonded(chosen: Sequence[str], bonds: Mapping[str, Bond]) -> int:
    return sum(bonds[one].bonded for one in chosen)


def _own(chosen: Sequence[str], bonds: Mapping[str, Bond]) -> int:
    return sum(bonds[one].own for one in chosen)
