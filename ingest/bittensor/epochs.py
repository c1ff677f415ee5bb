"""How the tokens that a subnet issued in its last epoch were split, from what the chain recorded of it.

Of the alpha that a subnet issues each block the owner's cut is taken first; half of the rest is for miners and half
for validators. What miners keyed to the subnet's owner earn is withheld (burned or recycled). A part of the validators'
half belongs to root stakers and becomes claimable; while the prices of all subnets add up to less than one TAO it is
recycled instead. (Source: coinbase/run_coinbase.rs of the chain, 2025-11 to 2026-08.)

How many blocks the epoch had is nowhere stored: the dividends that were paid must be a whole number of blocks' worth.
Where they are not (a subnet that changed its rules within the epoch), its parts are `unexplained`, and said so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ingest.bittensor.subnets import MECHANISM_STRIDE, PALLET, ROOT, Subnet, accounts, spelled, subnets
from ingest.substrate import columns
from ingest.substrate.node import Substrate
from store.faults import BadData, SourceChanged

SHARES: Final = 2**16 - 1
FIXED: Final = 2**32
# Blocks by which paid dividends may miss a whole number: roundings of 2^-32 a neuron, and the root's share drifting.
NOT_WHOLE: Final = 0.1
# Largest part of an epoch that roundings of 1/65535 and miners who have left since may leave over.
LOST: Final = 0.05
# One in this many subnets may be unexplained at a time; more means that the rules have changed.
UNEXPLAINED: Final = 10

Parts = Mapping[str, int]
Paid = Mapping[tuple[int, bytes], int]


@dataclass(frozen=True, slots=True)
class Split:
    """One epoch of one subnet, in its own token: who got what of `issued`. Roles by coldkey, nominators by hotkey.

    blocks: length of the epoch. validators: everything paid through a validator's hotkey, takes and nominators' part.
    """

    subnet: Subnet
    blocks: int
    issued: int
    owner: Parts = field(default_factory=dict)
    miners: Parts = field(default_factory=dict)
    validators: Parts = field(default_factory=dict)
    takes: Parts = field(default_factory=dict)
    nominators: Parts = field(default_factory=dict)
    withheld: int = 0
    claimable: int = 0
    recycled: int = 0
    pending: int = 0
    unexplained: int = 0

    @property
    def rounding(self) -> int:
        """What rounding left over, and what miners earned whose place another has taken since."""
        return self.issued - sum(self.sinks.values()) - sum(map(_sum, (self.owner, self.miners, self.validators)))

    @property
    def sinks(self) -> dict[str, int]:
        """What nobody got, or has not got yet; rounding apart."""
        names = ("withheld", "claimable", "recycled", "pending", "unexplained")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def splits(node: Substrate) -> tuple[Split, ...]:
    """The last epoch of every subnet that issues tokens; raises SourceChanged where the rules are other ones.

    Every split adds up to what the chain says that the subnet issued.
    """
    return node.once("splits", partial(_splits, node))


def _splits(node: Substrate) -> tuple[Split, ...]:
    if not node.has(PALLET, "RootAlphaDividendsPerSubnet"):
        raise SourceChanged(f"runtime {node.runtime_version} does not record root dividends in alpha")
    emitting = [subnet for subnet in subnets(node) if _emits(subnet)]
    paid, rooted = _paid(node, "AlphaDividendsPerSubnet"), _paid(node, "RootAlphaDividendsPerSubnet")
    epochs = [_measured(node, subnet, paid, rooted) for subnet in emitting]
    miners = _hotkeys(node, epochs)
    mining = [hotkey for by_uid in miners.values() for hotkey in by_uid.values()]
    hotkeys = mining + [hotkey for _, hotkey in paid | rooted]
    coldkeys = accounts(node, hotkeys)
    splits = tuple(_split(epoch, miners[epoch.subnet.netuid], coldkeys) for epoch in epochs)
    odd = [split.subnet.label for split in splits if split.unexplained]
    if len(odd) > max(1, len(splits) // UNEXPLAINED):
        raise SourceChanged(f"emission does not add up on {len(odd)} of {len(splits)} subnets: {', '.join(odd[:10])}")
    for split in splits:
        prove(split)
    return splits


def prove(split: Split) -> None:
    """Raises BadData unless the parts of a split add up to what was issued, none of them below zero."""
    if split.rounding < 0 or any(part < 0 for part in split.sinks.values()):
        raise BadData(f"{split.subnet.label}: parts of an epoch exceed the {split.issued} alpha that were issued")


def _emits(subnet: Subnet) -> bool:
    started = subnet.get("FirstEmissionBlockNumber", 1) is not None and subnet.get("SubtokenEnabled", True)
    return subnet.netuid != ROOT and started and bool(subnet.get("SubnetAlphaOutEmission", 0))


def _paid(node: Substrate, name: str) -> dict[tuple[int, bytes], int]:
    """Dividends of the last epoch by netuid and hotkey, the validators' takes not among them."""
    rows = node.rows(PALLET, name)
    hotkeys = [bytes(hotkey) for hotkey in rows.keys[1]]
    return dict(zip(zip(rows.keys[0].tolist(), hotkeys, strict=True), columns.whole(rows.values), strict=True))


@dataclass(frozen=True, slots=True)
class _Epoch:
    """What the chain recorded of a subnet's last epoch; dividends by hotkey, with the take of each beside them."""

    subnet: Subnet
    issued_a_block: int
    owner_a_block: int
    root_kept: bool
    root_share: float
    incentives: tuple[tuple[float, list[int]], ...]
    alpha: Mapping[bytes, tuple[int, int]]
    root: Mapping[bytes, tuple[int, int]]

    @property
    def rest(self) -> int:
        return self.issued_a_block - self.owner_a_block

    @property
    def paid(self) -> int:
        """Everything paid to validators, their nominators and root stakers."""
        return sum(net + take for side in (self.alpha, self.root) for net, take in side.values())

    @property
    def scored(self) -> bool:
        """Whether any miner earned anything; where none did validators got the miners' half."""
        return any(sum(found) for _, found in self.incentives)


def _measured(node: Substrate, subnet: Subnet, paid: Paid, rooted: Paid) -> _Epoch:
    issued = int(subnet.columns["SubnetAlphaOutEmission"])
    cut = int(node.value(PALLET, "SubnetOwnerCut")) if subnet.get("OwnerCutEnabled", True) else 0
    return _Epoch(
        subnet=subnet,
        issued_a_block=issued,
        owner_a_block=issued * (cut * FIXED // SHARES) // FIXED,
        root_kept=_root_kept(node),
        root_share=root_share(node, subnet),
        incentives=_incentives(node, subnet),
        alpha=_with_takes(node, subnet.netuid, paid),
        root=_with_takes(node, subnet.netuid, rooted),
    )


def _root_kept(node: Substrate) -> bool:
    """Whether root stakers keep their part: only while the moving prices of emitting subnets exceed one together."""
    return sum(int(subnet.get("SubnetMovingPrice", 0)) for subnet in subnets(node) if _emits(subnet)) > FIXED


def root_share(node: Substrate, subnet: Subnet) -> float:
    """Part of the validators' half that is for root stakers: weighted root TAO over that and the subnet's tokens."""
    weight = node.value(PALLET, "TaoWeight") / (2**64 - 1) * node.value(PALLET, "SubnetTAO", ROOT)
    tokens = int(subnet.get("SubnetAlphaIn", 0)) + int(subnet.get("SubnetAlphaOut", 0))
    return weight / (weight + tokens) if weight else 0.0


def _incentives(node: Substrate, subnet: Subnet) -> tuple[tuple[float, list[int]], ...]:
    """Each mechanism's part of the subnet's emission, and its incentives by uid (65535 is all of them)."""
    count = max(1, int(subnet.get("MechanismCountCurrent", 1)))
    split = subnet.get("MechanismEmissionSplit", None) or [SHARES / count] * count
    indexes = [(subnet.netuid + MECHANISM_STRIDE * mechanism,) for mechanism in range(count)]
    found = node.values(PALLET, "Incentive", indexes)
    return tuple((part / SHARES, incentive) for part, incentive in zip(split, found, strict=False))


def _with_takes(node: Substrate, netuid: int, paid: Paid) -> dict[bytes, tuple[int, int]]:
    """Dividends with the take that was kept before them, from each validator's rate."""
    mine = {hotkey: amount for (where, hotkey), amount in paid.items() if where == netuid}
    rates = node.values(PALLET, "Delegates", [(hotkey,) for hotkey in mine])
    return {
        hotkey: (net, net * rate // (SHARES - rate) if rate < SHARES else 0)
        for (hotkey, net), rate in zip(mine.items(), rates, strict=True)
    }


def _hotkeys(node: Substrate, epochs: Iterable[_Epoch]) -> dict[int, dict[int, bytes]]:
    """Hotkeys of the uids that earned anything and are still taken, by netuid and uid, asked together."""
    wanted = {
        (epoch.subnet.netuid, uid)
        for epoch in epochs
        for _, incentive in epoch.incentives
        for uid, share in enumerate(incentive)
        if share
    }
    places = sorted(wanted)
    found: dict[int, dict[int, bytes]] = defaultdict(dict)
    for (netuid, uid), hotkey in zip(places, node.values(PALLET, "Keys", places), strict=True):
        if hotkey:
            found[netuid][uid] = hotkey
    return found


def _split(epoch: _Epoch, miners: Mapping[int, bytes], coldkeys: Mapping[bytes, str]) -> Split:
    blocks = _blocks(epoch)
    if blocks == 0:
        return Split(epoch.subnet, 1, epoch.issued_a_block, pending=epoch.issued_a_block)
    found = None if blocks is None else _explained(epoch, blocks, miners, coldkeys)
    if found is None or not 0 <= found.rounding <= found.issued * LOST:
        return Split(epoch.subnet, 1, epoch.issued_a_block, unexplained=epoch.issued_a_block)
    return found


def _explained(epoch: _Epoch, blocks: int, miners: Mapping[int, bytes], coldkeys: Mapping[bytes, str]) -> Split:
    issued, owner = epoch.issued_a_block * blocks, epoch.owner_a_block * blocks
    coldkey = epoch.subnet.columns["SubnetOwner"]
    # The epoch deals out in halves what was kept for miners and validators together.
    earned = (blocks * epoch.rest // 2 + epoch.paid) // 2 if epoch.scored else 0
    by_miner, withheld = _earned(epoch, earned, miners, coldkeys)
    takes = _added((coldkeys[hotkey], take) for side in (epoch.alpha, epoch.root) for hotkey, (_, take) in side.items())
    nets = [(hotkey, net) for hotkey, (net, _) in epoch.alpha.items()]
    return Split(
        subnet=epoch.subnet,
        blocks=blocks,
        issued=issued,
        owner={spelled(coldkey): owner} if owner and coldkey else {},
        miners=by_miner,
        validators=_added([*takes.items(), *((coldkeys[hotkey], net) for hotkey, net in nets)]),
        takes=takes,
        nominators={spelled(hotkey): net for hotkey, net in nets},
        withheld=withheld,
        unexplained=0 if coldkey else owner,
        claimable=sum(net for net, _ in epoch.root.values()),
        recycled=0 if epoch.root_kept else max(0, issued - owner - earned - epoch.paid),
    )


def _blocks(epoch: _Epoch) -> int | None:
    """Blocks of the epoch: 0 where none has ended yet, None where what was paid is no whole number of blocks' worth."""
    if not epoch.paid:
        return 0
    half = epoch.rest / 2
    a_block = half * (1.0 if epoch.root_kept else 1.0 - epoch.root_share) + (0.0 if epoch.scored else half)
    blocks = epoch.paid / a_block
    return round(blocks) if round(blocks) and abs(blocks - round(blocks)) < NOT_WHOLE else None


def _earned(
    epoch: _Epoch, earned: int, miners: Mapping[int, bytes], coldkeys: Mapping[bytes, str]
) -> tuple[dict[str, int], int]:
    """What each miner's coldkey earned, and what was withheld because the miner is keyed to the subnet's owner."""
    owner, owner_hotkey = (epoch.subnet.columns[name] for name in ("SubnetOwner", "SubnetOwnerHotkey"))
    amounts = [
        (miners[uid], int(earned * part) * share // SHARES)
        for part, incentive in epoch.incentives
        for uid, share in enumerate(incentive)
        if share and uid in miners
    ]
    owned = spelled(owner) if owner else ""
    own = {hotkey for hotkey, _ in amounts if coldkeys[hotkey] == owned or hotkey == owner_hotkey}
    withheld = sum(amount for hotkey, amount in amounts if hotkey in own)
    return _added((coldkeys[hotkey], amount) for hotkey, amount in amounts if hotkey not in own), withheld


def _added(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Amounts by party."""
    found: dict[str, int] = defaultdict(int)
    for party, amount in amounts:
        found[party] += amount
    return dict(found)


def _sum(parts: Parts) -> int:
    return sum(parts.values())
