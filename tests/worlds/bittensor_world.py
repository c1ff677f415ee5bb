"""An invented Bittensor in the storage layout of a real runtime (spec 424), dealt out by the chain's own rules.

The epoch below follows the chain's source (coinbase/run_coinbase.rs) step by step, in whole rao, and is written apart
from the reader's code: it goes forward from what a block issues, the reader back from what was recorded.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from ingest.substrate.scale import Cursor, compact
from store.addresses import unss58
from tests.worlds.substrate_server import Node

PALLET = "SubtensorModule"
ALPHA_A_BLOCK = 10**9
CUT = 11_796
TAO_WEIGHT = int(0.18 * 2**64)
SUDO = "5DcSqBNqCmfdJZRGFSwwcRb2dZdJHZuKK8Tb1Gx8gbmF5E8s"
ROOT_TAO = 5_400_000 * 10**9


def account(name: str) -> bytes:
    """A made-up key."""
    return blake2b(name.encode(), digest_size=32).digest()


def u(bits: int, number: int) -> bytes:
    return number.to_bytes(bits // 8, "little")


def vec(parts: Iterable[bytes]) -> bytes:
    found = list(parts)
    return compact(len(found)) + b"".join(found)


@dataclass
class Told:
    """What the simulated chain paid in one epoch of a subnet; by coldkey, nominators by hotkey."""

    issued: int = 0
    owner: int = 0
    withheld: int = 0
    claimable: int = 0
    recycled: int = 0
    scored: bool = True
    miners: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    takes: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    nominators: dict[bytes, int] = field(default_factory=dict)


@dataclass
class World:
    """Writes an invented chain into a node; `seed` decides everything."""

    node: Node
    seed: int = 0
    neurons: int = 16
    root_kept: bool = True

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.netuids: list[int] = []
        self.told: dict[int, Told] = {}
        self.owners: dict[bytes, bytes] = {}
        self.alpha: dict[tuple[bytes, int], int] = defaultdict(int)
        self.shares: dict[tuple[bytes, int], dict[bytes, int]] = {}
        self.whale = account(f"whale {self.seed}")

    def put(self, name: str, key: Sequence[bytes], value: bytes, pallet: str = PALLET) -> None:
        self.node.put(pallet, name, tuple(key), value)

    def root(self) -> None:
        """The root subnet and the numbers of the whole chain; called last, when all subnets are there."""
        self.put("NetworksAdded", [u(16, 0)], b"\1")
        self.put("TotalNetworks", [], u(16, len(self.netuids) + 1))
        self.put("SubnetTAO", [u(16, 0)], u(64, ROOT_TAO))
        self.put("SubnetOwnerCut", [], u(16, CUT))
        self.put("TaoWeight", [], u(64, TAO_WEIGHT))
        self.put("TotalIssuance", [], u(64, 11_200_000 * 10**9))
        self.put("TotalStake", [], u(64, 7_400_000 * 10**9))
        self.put("TotalIssuance", [], u(64, 11_100_000 * 10**9), pallet="Balances")
        self.put("Key", [], unss58(SUDO), pallet="Sudo")
        self.put("Authorities", [], vec(account(f"author {place}") for place in range(20)), pallet="Aura")
        votes = vec(account(f"voter {place}") + u(64, 1) for place in range(19))
        self.node.calls["GrandpaApi_grandpa_authorities"] = votes
        self.owners[self.whale] = self.whale
        self.alpha[self.whale, 0] = ROOT_TAO - sum(amount for (_, netuid), amount in self.alpha.items() if netuid == 0)
        prices = vec(u(16, netuid) + u(64, self.price(netuid)) for netuid in [0, *self.netuids])
        self.node.calls["SwapRuntimeApi_current_alpha_price_all"] = prices
        for (hotkey, netuid), amount in self.alpha.items():
            self.put("TotalHotkeyAlpha", [hotkey, u(16, netuid)], u(64, amount))
        for hotkey, coldkey in self.owners.items():
            self.put("Owner", [hotkey], coldkey)

    def price(self, netuid: int) -> int:
        return 10**7 * (1 + netuid % 7) if netuid else 10**9

    def hotkey(self, netuid: int, uid: int) -> bytes:
        found = account(f"hotkey {netuid} {uid} {self.seed}")
        # A coldkey in two runs several hotkeys.
        self.owners.setdefault(found, account(f"coldkey {uid // 2} {self.seed}"))
        return found

    def subnet(self, netuid: int, *, blocks: int = 360, validators: int = 4, mechanisms: int = 1) -> None:
        """Register a subnet, fill its places and let one epoch of `blocks` blocks end."""
        self.netuids.append(netuid)
        key = [u(16, netuid)]
        owner_hotkey = self.hotkey(netuid, 0)
        tokens = {"SubnetAlphaIn": 3 * 10**15, "SubnetAlphaOut": 4 * 10**15, "SubnetAlphaOutEmission": ALPHA_A_BLOCK}
        numbers = {"SubnetTaoInEmission": 3_000_000 + netuid, "SubnetExcessTao": 1_000_000, "SubnetTAO": 2 * 10**13}
        for name, number in (tokens | numbers | {"FirstEmissionBlockNumber": 5}).items():
            self.put(name, key, u(64, number))
        self.put("NetworksAdded", key, b"\1")
        self.put("SubtokenEnabled", key, b"\1")
        self.put("SubnetMechanism", key, u(16, 1))
        self.put("Tempo", key, u(16, blocks))
        self.put("SubnetworkN", key, u(16, self.neurons))
        self.put("SubnetOwner", key, self.owners[owner_hotkey])
        self.put("SubnetOwnerHotkey", key, owner_hotkey)
        self.put("SubnetMovingPrice", key, u(128, 2**33 if self.root_kept else 1))
        self.put("MechanismCountCurrent", key, u(8, mechanisms))
        self.put("Uids", [*key, owner_hotkey], u(16, 0))
        for mechanism in range(mechanisms):
            self.put("LastUpdate", [u(16, netuid + 4096 * mechanism)], vec([u(64, self.node.height)] * self.neurons))
        for uid in range(self.neurons):
            self.put("Keys", [*key, u(16, uid)], self.hotkey(netuid, uid))
        permits = [uid >= self.neurons - validators for uid in range(self.neurons)]
        self.put("ValidatorPermit", key, vec(bytes([permit]) for permit in permits))
        weights = [self.random.randrange(1, 10**4) if permit else 0 for permit in permits]
        self.put("StakeWeight", key, vec(u(16, weight) for weight in weights))
        for uid, weight in enumerate(weights):
            if weight:
                self.alpha[self.hotkey(netuid, uid), netuid] += weight * 10**9
                self.alpha[self.hotkey(netuid, uid), 0] += weight * 10**8
        self._epoch(netuid, blocks, [uid for uid, permit in enumerate(permits) if permit], mechanisms)

    def _epoch(self, netuid: int, blocks: int, validators: list[int], mechanisms: int) -> None:
        owner_a_block = ALPHA_A_BLOCK * CUT // 65_535
        rest = ALPHA_A_BLOCK - owner_a_block
        weighted = 0.18 * ROOT_TAO
        root_share = weighted / (weighted + 7 * 10**15)
        server, root = rest // 2, int(root_share * rest / 2)
        pending = {"server": server * blocks, "validator": (rest - server - root) * blocks, "root": root * blocks}
        if not self.root_kept:
            pending["root"] = 0
        told = Told(issued=ALPHA_A_BLOCK * blocks, owner=owner_a_block * blocks)
        self.told[netuid] = told
        told.recycled = 0 if self.root_kept else root * blocks
        told.scored = self.random.random() < 0.9
        self._miners(netuid, sum(pending.values()) if told.scored else 0, mechanisms)
        alpha = pending["validator"] + (0 if told.scored else pending["server"])
        self._dividends(netuid, validators, alpha, pending["root"])

    def _miners(self, netuid: int, epoch: int, mechanisms: int) -> None:
        """Half of what an epoch deals out, by mechanism and incentive; what the owner's keys earn is withheld."""
        told, owner = self.told[netuid], self.owners[self.hotkey(netuid, 0)]
        for mechanism in range(mechanisms):
            shares = [self.random.random() ** 4 if uid < self.neurons * 3 // 4 else 0.0 for uid in range(self.neurons)]
            parts = [share / sum(shares) if epoch else 0.0 for share in shares]
            index = u(16, netuid + 4096 * mechanism)
            self.put("Incentive", [index], vec(u(16, int(part * 65_535)) for part in parts))
            for uid, part in enumerate(parts):
                earned = int(epoch / mechanisms / 2 * part)
                coldkey = self.owners[self.hotkey(netuid, uid)]
                if coldkey == owner:
                    told.withheld += earned
                else:
                    told.miners[coldkey] += earned

    def _dividends(self, netuid: int, validators: list[int], alpha: int, root: int) -> None:
        told = self.told[netuid]
        shares = [self.random.random() + 0.01 for _ in validators]
        for uid, share in zip(validators, shares, strict=True):
            hotkey = self.hotkey(netuid, uid)
            rate = self.random.choice([0, 5_898, 11_796])
            self.put("Delegates", [hotkey], u(16, rate))
            for name, pot in (("AlphaDividendsPerSubnet", alpha), ("RootAlphaDividendsPerSubnet", root)):
                paid = int(pot * share / sum(shares))
                take = paid * rate // 65_535
                told.takes[self.owners[hotkey]] += take
                if paid - take:
                    self.put(name, [u(16, netuid), hotkey], u(64, paid - take))
                if name == "RootAlphaDividendsPerSubnet":
                    told.claimable += paid - take
                else:
                    told.nominators[hotkey] = paid - take

    def lock(self, name: str, key: Sequence[bytes], mass: int, conviction: int, ago: int = 0) -> None:
        """Locked stake with the conviction that it had some blocks ago."""
        self.put(name, key, u(64, mass) + u(128, conviction << 64) + u(64, self.node.height - ago))

    def stakes(self, coldkeys: int = 5, of: int = 0) -> None:
        """Shares of every hotkey's pools, old format and new mixed, as the lazy migration leaves them.

        of: how many stakers there are to draw from; the same few everywhere where 0.
        """
        for hotkey, netuid in list(self.alpha):
            drawn = self.random.sample(range(of), coldkeys) if of else range(coldkeys)
            stakers = {account(f"staker {place} {self.seed}"): self.random.randrange(1, 10**6) for place in drawn}
            self.shares[hotkey, netuid] = stakers
            self._total(hotkey, netuid, sum(stakers.values()))
            for coldkey, part in stakers.items():
                key = [hotkey, coldkey, u(16, netuid)]
                if self.random.random() < 0.5:
                    self.put("Alpha", key, u(128, part << 64))
                else:
                    self.put("AlphaV2", key, safe_float(part))

    def _total(self, hotkey: bytes, netuid: int, shares: int) -> None:
        key = [hotkey, u(16, netuid)]
        if self.random.random() < 0.5:
            self.put("TotalHotkeyShares", key, u(128, shares << 64))
        else:
            self.put("TotalHotkeySharesV2", key, safe_float(shares))


def safe_float(number: int) -> bytes:
    """A whole number as the chain normalises it: 21 digits and an exponent."""
    mantissa, exponent = number, 0
    while 0 < mantissa <= 10**20:
        mantissa, exponent = mantissa * 10, exponent - 1
    return u(128, mantissa) + exponent.to_bytes(8, "little", signed=True)


def by_delegates(world: World) -> bytes:
    """What the runtime's list of all delegates would answer, encoded by hand."""
    stakes: dict[bytes, dict[bytes, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for hotkey, netuid, coldkey, alpha in _held(world):
        stakes[hotkey][coldkey].append(compact(netuid) + compact(alpha))
    return vec(
        hotkey + compact(0) + vec(coldkey + vec(found) for coldkey, found in held.items()) + hotkey + compact(0) * 4
        for hotkey, held in stakes.items()
    )


def by_coldkeys(world: World) -> Callable[[bytes], bytes]:
    """What the runtime would answer for any list of coldkeys; the chain lists all of them from now on."""
    stakes: dict[bytes, list[bytes]] = defaultdict(list)
    for hotkey, netuid, coldkey, alpha in _held(world):
        stakes[coldkey].append(hotkey + coldkey + compact(netuid) + compact(alpha) + compact(0) * 4 + b"\1")
    for index, coldkey in enumerate(stakes):
        world.put("StakingColdkeysByIndex", [u(64, index)], coldkey)
    world.put("NumStakingColdkeys", [], u(64, len(stakes)))

    def answer(arguments: bytes) -> bytes:
        cursor = Cursor(arguments)
        return vec(coldkey + vec(stakes[coldkey]) for coldkey in cursor.many(lambda: cursor.take(32)))

    return answer


def _held(world: World) -> Iterator[tuple[bytes, int, bytes, int]]:
    for (hotkey, netuid), parts in world.shares.items():
        total = sum(parts.values())
        for coldkey, part in parts.items():
            yield hotkey, netuid, coldkey, world.alpha[hotkey, netuid] * part // total
