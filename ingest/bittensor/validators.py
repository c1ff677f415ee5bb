"""Who decides on Bittensor: the consensus weight of validators, after child keys, by the coldkey that owns them.

A validator's weight on a subnet is its alpha there plus its root TAO times the chain's TAO weight; it may lend parts of
both to child hotkeys. Holders cannot override what a hotkey votes, so their stake counts where it is delegated. Who has
not set weights for longer than the subnet's activity cutoff decides nothing until it sets some again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ingest.bittensor.emission import tao_a_day
from ingest.bittensor.subnets import MECHANISM_STRIDE, PALLET, ROOT, Subnet, accounts, subnets
from ingest.substrate.node import Substrate
from store.faults import SourceChanged
from store.rows import Facts, holdings

# Shares of child keys, the TAO weight: of 2^64 - 1. The chain multiplies in 32 binary places, and so does this file.
ALL: Final = 2**64 - 1
PLACES: Final = 32
# From this runtime on the hotkey of a subnet's owner needs neither a permit nor the least stake (pull request 2532).
OWNER_VALIDATES: Final = 396
THOUSAND: Final = 1000

Stake = tuple[bytes, int]
Relations = Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Seat:
    """One place on a subnet whose holder decides; `owner`: it is that of the subnet's owner."""

    subnet: Subnet
    uid: int
    hotkey: bytes
    owner: bool


def validators(node: Substrate) -> Facts:
    """How much of the daily TAO emission each party's validators decide over, by the coldkey that owns them.

    On each subnet a validator's part is its stake weight in the last epoch (alpha, plus root TAO times the TAO weight,
    after child keys). Subnets count by the TAO that they get in a day, because their own tokens cannot be added up.
    Weights are stored in 65535ths; who has no validator's permit, or set no weights for longer than the subnet's
    activity cutoff, does not count.
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
    TotalHotkeyAlpha, ChildKeys and ParentKeys. Active weight alone counts: of hotkeys with a validator's permit (the
    subnet owner's needs none) that set weights within the activity cutoff and have the least stake that the chain asks.
    """
    behind = owners(node)
    weights = consensus_weights(node, [(seat.subnet.netuid, seat.hotkey) for seat in seats(node)])
    least = int(node.value(PALLET, "StakeThreshold")) if node.has(PALLET, "StakeThreshold") else 0
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for seat, weight in zip(seats(node), weights, strict=True):
        if weight >= least or seat.owner:
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
    """Every place whose holder decides, by subnet and uid."""
    return node.once("seats", partial(_deciding, node))


def _deciding(node: Substrate) -> list[Seat]:
    """Every place with a validator's permit that is active, the root's apart, its hotkey read under a computed key.

    A permit outlives the place that it was for: where no hotkey stands nobody validates.
    """
    every = [subnet for subnet in subnets(node) if subnet.netuid != ROOT]
    own, active = _owners_places(node, every), _active(node, every)
    places = [
        (subnet, uid)
        for subnet in every
        for uid, permitted in enumerate(subnet.get("ValidatorPermit", []))
        if (permitted or own.get(subnet.netuid) == uid) and uid in active[subnet.netuid]
    ]
    hotkeys = node.values(PALLET, "Keys", [(subnet.netuid, uid) for subnet, uid in places])
    found = zip(places, hotkeys, strict=True)
    return [Seat(subnet, uid, hotkey, own.get(subnet.netuid) == uid) for (subnet, uid), hotkey in found if hotkey]


def _owners_places(node: Substrate, every: Sequence[Subnet]) -> Mapping[int, int]:
    """The uid of the owner's hotkey by netuid, where it validates without a permit and stands on the subnet."""
    keys = [(subnet.netuid, key) for subnet in every if (key := subnet.get("SubnetOwnerHotkey", None))]
    if node.spec_version < OWNER_VALIDATES or not keys:
        return {}
    uids = node.values(PALLET, "Uids", keys)
    return {netuid: int(uid) for (netuid, _), uid in zip(keys, uids, strict=True) if uid is not None}


def _active(node: Substrate, every: Sequence[Subnet]) -> Mapping[int, frozenset[int]]:
    """The uids of each netuid that set weights within the activity cutoff, on one of its mechanisms at least."""
    index = [
        (subnet, subnet.netuid + MECHANISM_STRIDE * mechanism)
        for subnet in every
        for mechanism in range(max(1, int(subnet.get("MechanismCountCurrent", 1))))
    ]
    updates = node.values(PALLET, "LastUpdate", [(place,) for _, place in index])
    found: dict[int, set[int]] = {subnet.netuid: set() for subnet in every}
    for (subnet, _), told in zip(index, updates, strict=True):
        oldest, places = node.block.height - cutoff(subnet), range(subnet.get("SubnetworkN", 0))
        found[subnet.netuid] |= {uid for uid, block in zip(places, told, strict=False) if block >= oldest}
    return {netuid: frozenset(uids) for netuid, uids in found.items()}


def cutoff(subnet: Subnet) -> int:
    """Blocks after which a validator that sets no weights is inactive; raises SourceChanged where no item tells it.

    In thousandths of an epoch, at least one block (source: utils/misc.rs, get_activity_cutoff_blocks); before May 2026
    in blocks.
    """
    if "ActivityCutoffFactorMilli" in subnet.columns:
        return max(1, int(subnet.columns["ActivityCutoffFactorMilli"]) * int(subnet.columns["Tempo"]) // THOUSAND)
    if "ActivityCutoff" in subnet.columns:
        return int(subnet.columns["ActivityCutoff"])
    raise SourceChanged("the runtime does not tell after how many blocks a validator is inactive")


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
validators:
  validators | <address> | | validators, with their weight on all subnets
subnet_validators:
  <subnet>/validators | <address> | | validators of a subnet, with their active weight after child keys
"""
