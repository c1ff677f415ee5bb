"""How many independent opinions judge a subnet's miners: validators that set the same weights are one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from analytics.power.opinions import grouped, opinions
from ingest.bittensor.subnets import MECHANISM_STRIDE, PALLET, Subnet
from ingest.bittensor.validators import Seat, seats
from ingest.substrate.node import Substrate
from store.rows import Facts, Kind, frame, observation

Weights = Sequence[tuple[int, int]]


def weight_opinions(node: Substrate) -> Facts:
    """How many different opinions the validators of each subnet have on its miners, from the weights they set.

    Rows of weights that are equal, or differ in at most one part in fifty, are one opinion, as large as the stake
    weight of all who share it. Subnets with several mechanisms are judged by each of them apart.
    """
    rows = []
    for subject, stakes, weights in _judged(node):
        groups = grouped(stakes, opinions(_matrix(weights)))
        shares = np.array(groups, dtype=np.float64) / max(1, sum(groups))
        told = {"validators_weighing": len(stakes), "opinions": len(groups), "largest_opinion": float(shares.max())}
        told["effective_opinions"] = float(1 / (shares * shares).sum())
        units = {"largest_opinion": "share"}
        rows += [
            observation(name, node.block.time, value, units.get(name, "validators"), subject=subject)
            for name, value in told.items()
        ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _judged(node: Substrate) -> Iterator[tuple[str, list[int], list[Weights]]]:
    """Each subnet's mechanism with the stake weights and the rows of its validators that have both."""
    places: dict[tuple[Subnet, int], list[Seat]] = defaultdict(list)
    for seat in seats(node):
        for mechanism in range(max(1, int(seat.subnet.get("MechanismCountCurrent", 1)))):
            places[seat.subnet, mechanism].append(seat)
    keys = [(_index(subnet, mechanism), seat.uid) for (subnet, mechanism), there in places.items() for seat in there]
    rows = dict(zip(keys, node.values(PALLET, "Weights", keys), strict=True))
    for (subnet, mechanism), there in places.items():
        stake: list[int] = subnet.get("StakeWeight", [])
        found = [
            (stake[seat.uid], rows[_index(subnet, mechanism), seat.uid]) for seat in there if seat.uid < len(stake)
        ]
        weighing = [(weight, row) for weight, row in found if weight and any(share for _, share in row)]
        if weighing:
            subject = subnet.label if mechanism == 0 else f"{subnet.label}/mechanism:{mechanism}"
            yield subject, [weight for weight, _ in weighing], [row for _, row in weighing]


def _index(subnet: Subnet, mechanism: int) -> int:
    return subnet.netuid + MECHANISM_STRIDE * mechanism


def _matrix(weights: Sequence[Weights]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows of (uid, weight) as a table with a column for each uid."""
    table = np.zeros((len(weights), 1 + max(uid for row in weights for uid, _ in row)))
    for place, row in enumerate(weights):
        for uid, weight in row:
            table[place, uid] = weight
    return table


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
weight_opinions:
  validators_weighing | <subnet>[/mechanism:<number>] | validators | validators that weigh miners
  opinions | <subnet>[/mechanism:<number>] | validators | different opinions among them
  largest_opinion | <subnet>[/mechanism:<number>] | share | stake weight of the largest opinion
  effective_opinions | <subnet>[/mechanism:<number>] | validators | how many equal opinions would be as spread
"""
