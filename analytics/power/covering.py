"""The fewest parties that have enough of delegations together, each of which counts once with either of two parties.

A covering problem (a partial vertex cover of parties), of which these are known:

* from above: the largest gain first, which suffices;
* from below: a price on every party. Power flows from each delegation to its two ends, no more than the price into
  each; k parties have no more than the flow leaves over and k prices (the dual of the linear programme);
* between: each choice of validators costs a known part of that bound, so most need no look; for one that is left the
  best delegators are those with most at other validators.

Bounds are computed on powers rounded up to 2^-50 of all, whole numbers that a double adds up exactly; whether a
coalition suffices is decided on the powers themselves.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.power.delegations import UNITS, Delegations, Floats, Ints, summed
from analytics.power.paths import Fewest

Mask = NDArray[np.bool_]
Choices = NDArray[np.int8]

# Prices that are tried, as parts of what the last party adds that is taken; rounds in which a flow is filled.
PRICES: Final = (0.5, 0.65, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.5, 2.0)
ROUNDS: Final = 16
# Delegations that the search looks at before it leaves two bounds; what a step costs beside, and how many times as
# much it takes to look at one exactly. Together about a third of a CPU-second.
WORK, STEP, EXACTLY = 12_000_000, 4_000, 30
UNDECIDED, INSIDE, OUTSIDE = 0, 1, 2


def fewest(delegations: Delegations, need: int) -> Fewest:
    """Between which numbers the fewest parties are that have the need, and who suffices.

    need: more than nothing, and no more than all.
    """
    graph = _Graph(delegations, need)
    members, last = graph.greedily()
    lower, upper = graph.at_least(), len(members)
    if lower < upper:
        flow = max((_Flow.at(graph, max(1, int(last * part))) for part in PRICES), key=_Flow.at_least)
        lower = max(lower, flow.at_least())
    for size in range(lower, upper):
        found = _Search(graph, flow, size, WORK // (upper - lower)).coalition()
        if found:
            members = found
            break
        lower += found is not None and size == lower
    return Fewest(lower, tuple(graph.held.names[one] for one in members))


@dataclass(frozen=True, slots=True)
class _Graph:
    """Delegations of which some parties need enough: in the powers themselves, and `need` in units, rounded up."""

    held: Delegations
    enough: int

    @property
    def need(self) -> int:
        return self.held.in_units(self.enough)

    @property
    def total(self) -> int:
        return int(self.held.units.sum())

    def at_least(self) -> int:
        """Fewest if nobody's power overlapped."""
        return 1 + int(np.searchsorted(np.cumsum(np.sort(self.held.carried)[::-1]), self.need))

    def counted(self, members: Sequence[int] | Ints) -> Mask:
        """Which rows count for some parties."""
        inside = np.zeros(len(self.held.names), np.bool_)
        inside[members] = True
        return np.asarray(inside[self.held.delegator] | inside[self.held.validator])

    def suffices(self, members: Sequence[int]) -> bool:
        """Whether some parties have the need, in the powers themselves."""
        return bool(self.held.power[self.counted(members)].sum() >= self.enough)

    def greedily(self) -> tuple[list[int], float]:
        """Parties by largest gain that have the need together, and what the last of them added."""
        held, need = self.held, self.need
        gains, open_ = held.carried.copy(), np.ones(len(held.units), np.bool_)
        by_validator = np.argsort(held.validator, kind="stable")
        members: list[int] = []
        reached = gain = 0.0
        while reached < need or not self.suffices(members):
            best = int(gains.argmax())
            gain = float(gains[best])
            first, last = np.searchsorted(held.delegator, (best, best + 1))
            start, end = np.searchsorted(held.validator, (best, best + 1), sorter=by_validator)
            rows = np.concatenate([np.arange(first, last), by_validator[start:end]])
            rows = rows[open_[rows]]
            open_[rows] = False
            np.subtract.at(gains, held.delegator[rows], held.units[rows])
            np.subtract.at(gains, held.validator[rows], held.units[rows])
            gains[best] = -1
            reached += gain
            members.append(best)
        return members, gain


@dataclass(frozen=True, slots=True)
class _Flow:
    """Power that flows to parties, no more than the price to each.

    rows: those of the graph whose power has two ends. A delegator who has no more than the price is never worth it:
    what it has is its validator's alone. flow: of each row. alone, alone_flow: of each validator. left: what each party
    could still take.
    """

    graph: _Graph
    price: int
    rows: Ints
    flow: Floats
    alone: Floats
    alone_flow: Floats
    left: Floats

    @classmethod
    def at(cls, graph: _Graph, price: int) -> "_Flow":
        held = graph.held
        parties, worth = len(held.names), held.carried > price
        worth[: held.count] = True
        two = worth[held.delegator] & (held.delegator != held.validator)
        alone = summed(held.validator[~two], held.units[~two], held.count)
        alone_flow = np.minimum(alone, price)
        left = np.full(parties, float(price))
        left[: held.count] -= alone_flow
        one, other, power = held.delegator[two], held.validator[two], held.units[two]
        flow = np.zeros_like(power)
        for _ in range(ROUNDS):
            asked = summed(one, power - flow, parties) + summed(other, power - flow, parties)
            part = np.minimum(1, left / np.maximum(asked, 1))
            more = np.floor((power - flow) * np.minimum(part[one], part[other]))
            flow += more
            left -= summed(one, more, parties) + summed(other, more, parties)
        return cls(graph, price, np.flatnonzero(two), flow, alone, alone_flow, left)

    @property
    def value(self) -> int:
        return int(self.flow.sum() + self.alone_flow.sum())

    def at_least(self) -> int:
        """Fewest parties that have the need: k have no more than what did not flow, and k prices."""
        return -((self.graph.total - self.graph.need - self.value) // self.price)


class _Search:
    """Search for a coalition of one size: which validators take part; the best delegators then follow.

    Of a coalition that has the need no more than `spare` is lost against the bound of the flow: what its members could
    have taken beside, what did not flow of delegations outside it, and what flowed twice where both ends are members.
    """

    def __init__(self, graph: _Graph, flow: _Flow, size: int, work: int) -> None:
        self.graph, self.size, self.work = graph, size, work
        self.spare = graph.total - flow.value + flow.price * size - graph.need
        self.count = count = graph.held.count
        self.room, self.dry_alone = flow.left[:count], flow.alone - flow.alone_flow
        delegator, validator, dry = (
            graph.held.delegator[flow.rows],
            graph.held.validator[flow.rows],
            graph.held.units[flow.rows],
        )
        dry = dry - flow.flow
        # A party with a validator that delegates to another: to be decided at both ends.
        own = delegator < count
        self.between = (delegator[own], validator[own], flow.flow[own], dry[own])
        found, self.delegator = np.unique(delegator[~own], return_inverse=True)
        self.validator, self.flow, self.dry = validator[~own], flow.flow[~own], dry[~own]
        self.delegators_room = flow.left[found]

    def coalition(self) -> list[int] | None:
        """Members of a coalition that has the need, [] where there is none, None where the search took too long."""
        stack = [np.full(self.count, UNDECIDED, np.int8)]
        while stack:
            state = stack.pop()
            losses = self.narrowed(state)
            if self.work < 0:
                return None
            if losses is None:
                continue
            if (state != UNDECIDED).all():
                if members := self.completed(state == INSIDE):
                    return members
                continue
            inside, outside = losses
            either = np.minimum(inside, outside) * UNITS**0.5 + np.maximum(inside, outside)
            chosen = int(np.where(state == UNDECIDED, either, -1).argmax())
            for choice in (INSIDE, OUTSIDE) if inside[chosen] > outside[chosen] else (OUTSIDE, INSIDE):
                stack.append(state.copy())
                stack[-1][chosen] = choice
        return []

    def narrowed(self, state: Choices) -> tuple[Floats, Floats] | None:
        """Decide what is left no choice; what each validator would lose inside and outside, None where none is left."""
        while True:
            self.work -= STEP + len(self.validator)
            lost, inside, outside = self.losses(state)
            open_ = state == UNDECIDED
            never, always = open_ & (lost + inside > self.spare), open_ & (lost + outside > self.spare)
            state[never], state[always] = OUTSIDE, INSIDE
            if lost > self.spare or (never & always).any() or (state == INSIDE).sum() > self.size:
                return None
            if not (never | always).any():
                return inside, outside

    def losses(self, state: Choices) -> tuple[float, Floats, Floats]:
        """What is lost by what is decided, and what each validator would lose beside inside and outside.

        A delegator does what costs less; it may be decided last, since delegators have nothing with each other.
        """
        decided = state[self.validator]
        inside = self.delegators_room + self.of_each(np.where(decided == INSIDE, self.flow, 0))
        outside = self.of_each(np.where(decided == OUTSIDE, self.dry, 0))
        least = np.minimum(inside, outside)
        lost = least.sum() + self.room[state == INSIDE].sum() + self.dry_alone[state == OUTSIDE].sum()
        inside, outside, least = inside[self.delegator], outside[self.delegator], least[self.delegator]
        more_inside = np.minimum(inside + self.flow, outside) - least
        more_outside = np.minimum(inside, outside + self.dry) - least
        into = self.room + summed(self.validator, more_inside, self.count)
        out = self.dry_alone + summed(self.validator, more_outside, self.count)
        one, other, flow, dry = self.between
        for here, there in ((one, other), (other, one)):
            into += summed(here, np.where(state[there] == INSIDE, flow, 0), self.count)
            out += summed(here, np.where(state[there] == OUTSIDE, dry, 0), self.count)
        both = [(state[one] == choice) & (state[other] == choice) for choice in (INSIDE, OUTSIDE)]
        return float(lost + flow[both[0]].sum() + dry[both[1]].sum()), into, out

    def of_each(self, values: Floats) -> Floats:
        """Values of delegations by delegator."""
        return summed(self.delegator, values, len(self.delegators_room))

    def completed(self, inside: Mask) -> list[int]:
        """These validators with the delegators who have most elsewhere, or [] where that is not enough."""
        graph, members = self.graph, np.flatnonzero(inside)
        places, open_ = self.size - len(members), ~graph.counted(members)
        rest = summed(graph.held.delegator[open_], graph.held.units[open_], len(graph.held.names))[self.count :]
        self.work -= len(open_)
        best = np.sort(rest)[max(0, len(rest) - places) :].sum()
        if graph.held.units[~open_].sum() + best < graph.need:
            return []
        # Rounded up it is enough; now as it is.
        self.work -= EXACTLY * len(open_)
        held: dict[int, int] = defaultdict(int)
        rows = np.flatnonzero(open_ & (graph.held.delegator >= self.count))
        for delegator, power in zip(graph.held.delegator[rows].tolist(), graph.held.power[rows], strict=True):
            held[delegator] += power
        found = [*members.tolist(), *nlargest(places, held, key=held.__getitem__)]
        return found if graph.suffices(found) else []
