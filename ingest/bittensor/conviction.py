"""Who could take over a subnet of Bittensor: conviction of locked stake, and how much of it the chain asks for.

Whoever locks a subnet's token for a hotkey gathers conviction for it; the hotkey with most of it gets the subnet once
the subnet is a year old and there is enough (source: subtensor, pallets/subtensor/src/staking/lock.rs).
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.bittensor.subnets import PALLET, ROOT, Subnet, spelled, subnets
from ingest.substrate import columns
from ingest.substrate.node import Substrate
from store.rows import Facts, Kind, frame, observation

YEAR: Final = 7200 * 365 + 1800
# Conviction has 64 binary places; less than a hundred of both is nothing; the chain's exponential ends at -40.
ONE: Final = 2**64
NOTHING: Final = 100
LOWEST: Final = -40.0
ITEMS: Final = ("HotkeyLock", "DecayingHotkeyLock", "OwnerLock", "DecayingOwnerLock")
ALPHA: Final = "rao alpha"

NOT_HERE: Final = "not on this runtime"
NO_TAKEOVER: Final = "locks are kept, and take no subnet over"


@dataclass(frozen=True, slots=True)
class Takeover:
    """What the runtime asks for from a version on: a part of all alpha outside the pool, or of what is nobody's alone.

    alone: one hotkey must have it by itself, and more than it; else all locks together, and at least it. eligible:
    without what the protocol has and what is burned.
    """

    since: int
    per_cent: int
    eligible: bool
    alone: bool

    @property
    def told(self) -> str:
        """The rule in words."""
        what = "alpha outside of the pool" + (", the protocol's and burned apart" if self.eligible else "")
        who = f"one hotkey has more than {self.per_cent} %" if self.alone else f"all locks are {self.per_cent} %"
        return f"{who} of {what}, and the subnet is a year old"

    def needs(self, alpha: int) -> int | None:
        """Fewest whole units of conviction; where there is no alpha nothing is enough."""
        if not alpha:
            return None
        return self.per_cent * alpha // 100 + 1 if self.alone else -(-self.per_cent * alpha // 100)

    def missing(self, needs: int, total: int, owner: int, challenger: int) -> int:
        """What the best challenger lacks, all else equal: of what the rule asks, and of more than the owner has."""
        return max(0, needs - (challenger if self.alone else total), owner + 1 - challenger)


# Pull requests 2800 (spec 425), 3077 (spec 446) and 3083 (spec 447) of RaoFoundation/subtensor, the newest first.
RULES: Final = (Takeover(447, 18, True, True), Takeover(446, 10, True, False), Takeover(425, 10, False, False))


@dataclass(frozen=True, slots=True)
class Lock:
    """Stake that is locked, and the conviction it had gathered when it was written down last, in 2^-64."""

    mass: int
    conviction: int
    written: int

    def at(self, block: int, rates: "Rates", *, owner: bool, kept: bool) -> int:
        """Its conviction at a block, in whole units, as roll_forward_lock has it but for the last digits of exp.

        kept: the lock stays until it is given up; others decay. owner: it is for the subnet owner's hotkey, whose
        conviction is all that is locked.
        """
        past = max(0, block - self.written)
        unlocked, matured = rates.decay(past, rates.unlock), rates.decay(past, rates.maturity)
        mass = self.mass if kept else int(unlocked * self.mass)
        grown = matured * (self.conviction / ONE) + self.mass * rates.gathered(past, kept=kept)
        conviction = mass if owner else int(grown)
        return 0 if mass < NOTHING and conviction < NOTHING else conviction


@dataclass(frozen=True, slots=True)
class Rates:
    """In how many blocks locked mass is unlocked, and conviction matures, to one part in e."""

    unlock: int
    maturity: int

    def decay(self, blocks: int, rate: int) -> float:
        """What is left after some blocks, of 1."""
        if not blocks:
            return 1.0
        return math.exp(max(LOWEST, -blocks / rate)) if rate else 0.0

    def gathered(self, blocks: int, *, kept: bool) -> float:
        """Conviction that locked mass gathers in some blocks, as part of the mass."""
        unlocked, matured = self.decay(blocks, self.unlock), self.decay(blocks, self.maturity)
        if kept:
            return 1 - matured
        if self.unlock == self.maturity:
            return blocks / self.maturity * matured if self.maturity else 0.0
        if not self.unlock or not self.maturity:
            return 0.0
        return max(0.0, self.unlock * (unlocked - matured) / (self.unlock - self.maturity))


def conviction(node: Substrate) -> Facts:
    """By which rule a subnet can be taken over; conviction on each subnet, its owner's, the best other's, and the need.

    The rule is chosen by the version of the runtime. Conviction is computed at this block from the locks as they were
    written, by the chain's own formula. On a runtime that keeps no locks the rule says so, and nothing is counted.
    """
    rule = next((rule for rule in RULES if node.spec_version >= rule.since), None)
    if not all(node.has(PALLET, name) for name in ITEMS):
        return Facts(frame(Kind.OBSERVATIONS, [observation("takeover_rule", node.block.time, NOT_HERE, "")]))
    rows = [observation("takeover_rule", node.block.time, rule.told if rule else NO_TAKEOVER, "")]
    if rule:
        rows.append(observation("takeover_per_cent", node.block.time, rule.per_cent, "per cent"))
    every = [subnet for subnet in subnets(node) if subnet.netuid != ROOT]
    by_hotkey = _by_hotkey(node, every)
    owners = _owners(node, {key for found in by_hotkey.values() for key in found})
    for subnet in every:
        needs = rule.needs(_alpha(node, subnet, rule)) if rule else None
        found = _found(subnet, by_hotkey[subnet.netuid], owners)
        for name, value, unit in _told(subnet, found, rule, needs):
            rows.append(observation(name, node.block.time, value, unit, subject=subnet.label))
    return Facts(frame(Kind.OBSERVATIONS, rows))


@dataclass(frozen=True, slots=True)
class Found:
    """Conviction on a subnet: of all locks, the most of a hotkey of its owner, and of anybody else, whose that is."""

    total: int
    owner: int
    challenger: int
    who: str


def _found(subnet: Subnet, by_hotkey: Mapping[str, int], owners: Mapping[str, str]) -> Found:
    """A challenger is a hotkey of another coldkey than the subnet's owner's."""
    owner = spelled(subnet.columns["SubnetOwner"]) if subnet.get("SubnetOwner", None) else ""
    others = {key: amount for key, amount in by_hotkey.items() if owners.get(key, owner) != owner}
    own = max((amount for key, amount in by_hotkey.items() if key not in others), default=0)
    best = max(sorted(others), key=lambda key: others[key], default="")
    return Found(sum(by_hotkey.values()), own, others.get(best, 0), owners.get(best, ""))


def _told(
    subnet: Subnet, found: Found, rule: Takeover | None, needs: int | None
) -> Iterator[tuple[str, int | str, str]]:
    """What is told of a subnet."""
    yield "conviction_total", found.total, ALPHA
    yield "conviction_owner", found.owner, ALPHA
    yield "conviction_challenger", found.challenger, ALPHA
    if found.who:
        yield "challenger", found.who, "address"
    if rule and needs is not None:
        yield "takeover_needs", needs, ALPHA
        yield "takeover_missing", rule.missing(needs, found.total, found.owner, found.challenger), ALPHA
        yield "takeover_from", int(subnet.columns["NetworkRegisteredAt"]) + YEAR, "block"


def _alpha(node: Substrate, subnet: Subnet, rule: Takeover) -> int:
    """Alpha of which the rule asks a part."""
    outside = int(subnet.columns["SubnetAlphaOut"])
    if not rule.eligible:
        return outside
    protocol = int(node.value(PALLET, "SubnetProtocolAlpha", subnet.netuid))
    return max(0, outside - protocol - int(node.value("AlphaAssets", "AlphaBurned", subnet.netuid)))


def _by_hotkey(node: Substrate, every: list[Subnet]) -> dict[int, dict[str, int]]:
    """Conviction of each hotkey by netuid, in whole units of the subnet's token."""
    block = node.block.height
    rates = Rates(int(node.value(PALLET, "UnlockRate")), int(node.value(PALLET, "MaturityRate")))
    found: dict[int, dict[str, int]] = {subnet.netuid: defaultdict(int) for subnet in every}
    for name, kept in (("HotkeyLock", True), ("DecayingHotkeyLock", False)):
        for netuid, hotkey, lock in _locks(node, name):
            if netuid in found:
                found[netuid][hotkey] += lock.at(block, rates, owner=False, kept=kept)
    table = node.table(PALLET, ("OwnerLock", "DecayingOwnerLock"), [(subnet.netuid,) for subnet in every])
    for name, kept in (("OwnerLock", True), ("DecayingOwnerLock", False)):
        for subnet, told in zip(every, table[name], strict=True):
            if told is not None and subnet.get("SubnetOwnerHotkey", None):
                lock = Lock(int(told["locked_mass"]), int(told["conviction"]), int(told["last_update"]))
                hotkey = spelled(subnet.columns["SubnetOwnerHotkey"])
                found[subnet.netuid][hotkey] += lock.at(block, rates, owner=True, kept=kept)
    return {netuid: {key: amount for key, amount in keys.items() if amount} for netuid, keys in found.items()}


def _locks(node: Substrate, name: str) -> Iterator[tuple[int, str, Lock]]:
    """Netuid, hotkey and lock of every row of a map."""
    rows = node.rows(PALLET, name)
    values: Any = rows.values
    parts = [columns.whole(values[part]) for part in ("locked_mass", "conviction", "last_update")]
    for netuid, hotkey, *lock in zip(columns.whole(rows.keys[0]), columns.addresses(rows.keys[1]), *parts, strict=True):
        yield netuid, hotkey, Lock(*lock)


def _owners(node: Substrate, hotkeys: set[str]) -> dict[str, str]:
    """The coldkey of each hotkey that has one: nobody can take a subnet over with a hotkey of nobody."""
    known = sorted(hotkeys)
    found = node.values(PALLET, "Owner", [(hotkey,) for hotkey in known])
    return {hotkey: spelled(owner) for hotkey, owner in zip(known, found, strict=True) if owner}


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
conviction:
  takeover_rule | | | when a subnet goes to whoever has most conviction on it, or that this runtime has no such rule
  takeover_per_cent | | per cent | how much of a subnet's token that takes
  conviction_total | <subnet> | rao alpha | conviction of all locks
  conviction_owner | <subnet> | rao alpha | the most of a hotkey of the subnet's owner
  conviction_challenger | <subnet> | rao alpha | the most of a hotkey of anybody else
  challenger | <subnet> | address | whose hotkey that is
  takeover_needs | <subnet> | rao alpha | conviction that a takeover needs
  takeover_missing | <subnet> | rao alpha | conviction that the best challenger lacks, all else equal
  takeover_from | <subnet> | block | block from which the subnet is old enough
"""
