"""Who could vote with which power: every delegation with its delegator and its validator, by parties."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Exact = NDArray[np.object_]  # of whole numbers of Python

# All power together in floats: sums of whole numbers up to so many are exact.
UNITS: Final = 2**50


@dataclass(frozen=True, eq=False)
class Delegations:
    """Parties by number, the `count` that have a validator first, and what each delegates to each, a row.

    power: above nothing, in whole base units of any size. A validator's row to itself is what nobody else votes with.
    """

    names: tuple[str, ...]
    count: int
    delegator: Ints
    validator: Ints
    power: Exact
    _merged: dict[object, "Delegations"] = field(default_factory=dict, init=False, repr=False)
    _known: dict[frozenset[str], int] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, int]]) -> "Delegations":
        """From (delegator, validator, power)."""
        found = list(rows)
        number = {name: place for place, name in enumerate(dict.fromkeys(name for *pair, _ in found for name in pair))}
        one = np.array([number[one] for one, _, _ in found], np.int64)
        other = np.array([number[other] for _, other, _ in found], np.int64)
        return cls.coded(tuple(number), one, other, np.array([power for *_, power in found], np.object_))

    @classmethod
    def coded(cls, names: Sequence[str], delegator: Ints, validator: Ints, power: Exact) -> "Delegations":
        """From rows by place in names, of which some may be the same; raises ValueError for negative power.

        Names come in their order, each pair once, and who has nothing not at all.
        """
        if (power < 0).any():
            raise ValueError("a delegation has negative power")
        some = (power > 0).astype(np.bool_)
        delegator, validator, power = delegator[some], validator[some], power[some]
        validators = _ordered(names, validator)
        others = [name for name in _ordered(names, delegator) if name not in validators]
        number = {name: place for place, name in enumerate((*validators, *others))}
        to = np.array([number.get(name, 0) for name in names], np.int64)
        pairs = to[delegator] * len(number) + to[validator]
        order = pairs.argsort(kind="stable")
        starts = np.flatnonzero(np.diff(pairs[order], prepend=-1))
        pairs = pairs[order][starts]
        power = np.add.reduceat(power[order], starts) if len(starts) else power
        return cls(tuple(number), len(validators), *np.divmod(pairs, max(len(number), 1)), power)

    def merged(self, party: Callable[[str], str]) -> "Delegations":
        """The same power, where those of one name by `party` are one; kept for whoever asks again."""
        if party not in self._merged:
            called = tuple(map(party, self.names))
            same = called == self.names
            self._merged[party] = self if same else self.coded(called, self.delegator, self.validator, self.power)
        return self._merged[party]

    def voted(self, voting: Collection[str]) -> "Delegations":
        """The same where these parties vote themselves and all others leave it to the validator: each row is one's."""
        themselves = np.array([name in voting for name in self.names], np.bool_)
        voter = np.where(themselves[self.delegator], self.delegator, self.validator)
        return self.coded(self.names, voter, voter, self.power)

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Delegator, validator and power."""
        for one, other, power in zip(self.delegator.tolist(), self.validator.tolist(), self.power, strict=True):
            yield self.names[one], self.names[other], power

    def known(self, parties: frozenset[str]) -> int:
        """Power of which all who could vote with it are among some parties; kept for whoever asks again."""
        if parties not in self._known:
            inside = np.array([name in parties for name in self.names], np.bool_)
            self._known[parties] = int(self.power[inside[self.delegator] & inside[self.validator]].sum())
        return self._known[parties]

    @cached_property
    def total(self) -> int:
        return int(self.power.sum())

    @cached_property
    def units(self) -> Floats:
        """Power of each row in parts of all, rounded up: whoever has enough has it here too."""
        return np.asarray(-(-self.power * UNITS // self.total), np.float64)

    def in_units(self, power: int) -> int:
        """Power as parts of all, rounded up."""
        return -(-power * UNITS // self.total)

    @cached_property
    def carried(self) -> Floats:
        """What each party has by itself, in units."""
        own = summed(self.validator, np.where(self.delegator == self.validator, 0, self.units), len(self.names))
        return own + summed(self.delegator, self.units, len(self.names))


def _ordered(names: Sequence[str], places: Ints) -> dict[str, None]:
    """The names at some places in their order, each once; fast where they come in order, as they do but once."""
    wanted = np.zeros(len(names), np.bool_)
    wanted[places] = True
    return dict.fromkeys(sorted(compress(names, wanted.tolist())))


def summed(places: Ints, values: Floats, count: int) -> Floats:
    """Values by place, of `count` places."""
    return np.bincount(places, values, count).astype(np.float64)
