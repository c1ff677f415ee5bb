"""Who decides on Bittensor: the consensus weight of validators, after child keys, by the coldkey that owns them.

A validator's weight on a subnet is its alpha there plus its root TAO times the chain's TAO weight; it may lend parts of
both to child hotkeys. Holders cannot override what a hotkey votes, so their stake counts where it is delegated.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ingest.bittensor.emission import tao_a_day
from ingest.bittensor.subnets import PALLET, ROOT, Subnet, accounts, subnets
from ingest.substrate.node import Substrate
from store.rows import Facts, SourceChanged, holdings

# Shares of child keys, the TAO weight: of 2^64 - 1. The chain multiplies in 32 binary places, and so does this file.
ALL: Final = 2**64 - 1
PLACES: Final = 32

Stake = tuple[bytes, int]
Relations = Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Seat:
    """One place on a subnet whose holder may validate."""

    subnet: Subnet
    uid: int
    hotkey: bytes


def validators(node: Substrate) -> Facts:
    """How much of the daily TAO emission each party's validators decide over, by the coldkey that owns them.

    On each subnet a validator's part is its stake weight in the last epoch (alpha, plus root TAO times the TAO weight,
    after child keys). Subnets count by the TAO that they get in a day, because their own tokens cannot be added up.
    Weights are stored in 65535ths; those without a validator's permit do not count.
    """
    if not node.has(PALLET, "StakeWeight"):
        raise SourceChanged(f"runtime {node.runtime_version} does not record stake weights")
    behind = owners(node)
    decided: dict[str, int] = defaultdict(int)
    for subnet, seats in _by_subnet(node).items():
        weights = subnet.get("StakeWeight", [])
        parts = [(seat.hotkey, weights[seat.uid]) for seat in seats if seat.uid < len(weights) and weights[seat.uid]]
        for hotkey, rao in _allotted(tao_a_day(subnet), parts):
            decided[behind[hotkey]] += rao
    rows = [("validators", owner, rao) for owner, rao in decided.items() if rao]
    return Facts(holdings(rows), empty=not rows)


def subnet_validators(node: Substrate) -> Facts:
    """Consensus weight of each subnet's validators by the coldkey that owns them, after child keys, at this block.

    Weight is alpha plus root TAO times the TAO weight (the chain adds them one to one), computed as the chain does from
    TotalHotkeyAlpha, ChildKeys and ParentKeys. Only hotkeys with a validator's permit count.
    """
    behind = owners(node)
    weights = consensus_weights(node, [(seat.subnet.netuid, seat.hotkey) for seat in seats(node)])
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for seat, weight in zip(seats(node), weights, strict=True):
        sums[f"{seat.subnet.label}/validators", behind[seat.hotkey]] += weight
    rows = [(population, owner, weight) for (population, owner), weight in sums.items() if weight]
    return Facts(holdings(rows), empty=not rows)


def consensus_weights(node: Substrate, places: Sequence[tuple[int, bytes]]) -> list[int]:
    """The chain's stake weight of hotkeys on subnets (netuid, hotkey), rounded down."""
    keys = [(hotkey, netuid) for netuid, hotkey in places]
    lent = node.table(PALLET, ("ChildKeys", "ParentKeys"), keys)
    parents = [
        (key, netuid) for (_, netuid), mothers in zip(keys, lent["ParentKeys"], strict=True) for _, key in mothers
    ]
    wanted = dict.fromkeys([*keys, *parents, *((hotkey, ROOT) for hotkey, _ in [*keys, *parents])])
    alpha = dict(zip(wanted, node.values(PALLET, "TotalHotkeyAlpha", list(wanted)), strict=True))
    rates = {netuid: tao_weight(node, netuid) for netuid in {netuid for netuid, _ in places}}
    weights = []
    for (hotkey, netuid), children, mothers in zip(keys, lent["ChildKeys"], lent["ParentKeys"], strict=True):
        own = inherited(alpha[hotkey, netuid], children, [(part, alpha[key, netuid]) for part, key in mothers])
        tao = alpha[hotkey, ROOT]
        if not _weight_by_subnet(node):
            tao = inherited(tao, children, [(part, alpha[key, ROOT]) for part, key in mothers])
        weights.append(own + (tao * rates[netuid] >> PLACES))
    return weights


def inherited(own: int, children: Relations, parents: Iterable[tuple[int, int]]) -> int:
    """Stake that counts for a hotkey: its own, less what it lends to children, plus what parents lend to it."""
    lent = sum(own * _part(part) for part, _ in children)
    borrowed = sum(stake * _part(part) for part, stake in parents)
    return (max((own << PLACES) - lent, 0) + borrowed) >> PLACES


def tao_weight(node: Substrate, netuid: int) -> int:
    """What one TAO on the root counts in consensus, in 2^-32."""
    return _part(int(node.value(PALLET, "TaoWeight", *((netuid,) if _weight_by_subnet(node) else ()))))


def _weight_by_subnet(node: Substrate) -> bool:
    """Whether the runtime is one of the first with alpha (spec 218): a TAO weight for each subnet, no TAO lent."""
    return bool(node.metadata.item(PALLET, "TaoWeight").keys)


def _part(share: int) -> int:
    return (share << PLACES) // ALL


def _allotted(total: int, weights: Sequence[Stake]) -> Iterator[Stake]:
    """A total shared out by weights, exactly: what rounding down leaves goes on to the next."""
    all_weights, given, seen = sum(weight for _, weight in weights), 0, 0
    for hotkey, weight in weights:
        seen += weight
        reached = total * seen // all_weights
        yield hotkey, reached - given
        given = reached


def owners(node: Substrate) -> dict[bytes, str]:
    """The coldkey behind each hotkey that may validate."""
    return node.once("validator owners", lambda: accounts(node, [seat.hotkey for seat in seats(node)]))


def _by_subnet(node: Substrate) -> Mapping[Subnet, list[Seat]]:
    found: dict[int, list[Seat]] = defaultdict(list)
    for seat in seats(node):
        found[seat.subnet.netuid].append(seat)
    return {subnet: found[subnet.netuid] for subnet in subnets(node) if found[subnet.netuid]}


def seats(node: Substrate) -> list[Seat]:
    """Every place whose holder may validate, by subnet and uid."""
    return node.once("seats", partial(_permitted, node))


def _permitted(node: Substrate) -> list[Seat]:
    """Every place with a validator's permit, the root's apart, its hotkey read under a computed key.

    A permit outlives the place that it was for: where no hotkey stands nobody validates.
    """
    places = [
        (subnet, uid)
        for subnet in subnets(node)
        if subnet.netuid != ROOT
        for uid, permitted in enumerate(subnet.get("ValidatorPermit", []))
        if permitted and uid < subnet.get("SubnetworkN", 0)
    ]
    hotkeys = node.values(PALLET, "Keys", [(subnet.netuid, uid) for subnet, uid in places])
    return [Seat(subnet, uid, hotkey) for (subnet, uid), hotkey in zip(places, hotkeys, strict=True) if hotkey]


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
validators:
  validators | <address> | | validators, with their weight on all subnets
subnet_validators:
  <subnet>/validators | <address> | | validators of a subnet, with their weight after child keys
"""
