"""A Filecoin node that answers JSON-RPC as lotus does, over a small invented state; all that it can prove, it can."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ingest.filecoin.tipsets import GENESIS
from tests.worlds.filecoin_state import Cid, Store, address, number
from tests.worlds.servers import Reply, Request

GENESIS_SECONDS = 1598306400
TIB = 2**40
MINIMUM = 10 * TIB
# Programs of actors, as links to their code: what they say is nobody's business but that they differ.
CODES = {name: Cid(bytes.fromhex("0155a0e40220") + name.encode().ljust(32)) for name in ("multisig", "account", "evm")}


@dataclass(frozen=True)
class Miner:
    owner: str
    raw: int
    qa: int
    pledged: int = 5 * 10**18
    locked: int = 10**18

    @property
    def counts(self) -> bool:
        return self.raw >= MINIMUM


@dataclass(frozen=True)
class State:
    """What is so on the chain; heights from `base` on have blocks, but for those that `null` says have none."""

    base: int
    head: int
    miners: Mapping[str, Miner]
    null: frozenset[int] = frozenset()
    allocators: Mapping[str, int] = field(default_factory=lambda: {"f01500": 2**50, "f01501": 2**45})
    signers: tuple[str, ...] = ("f0101", "f0102", "f0103")
    needed: int = 2
    evm: frozenset[str] = frozenset()
    # Blocks a tipset, and wins of the first of them.
    blocks: int = 3
    genesis: str = GENESIS
    # A reward that is set anew in each epoch, and one that f02 tells of another.
    reward: int = 37 * 10**18 + 1
    f3: int | None = 0
    # Whether it says what is final.
    finalizes: bool = True
    # What other fields of f02 are called, by the names that they have here.
    renamed: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A method's own error: its code and words."""


@dataclass(frozen=True)
class Node:
    """Answers questions about a state."""

    state: State

    def __call__(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        if asked == []:
            return Reply({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid request"}}, 400)
        if isinstance(asked, list):
            return Reply([self.answer(one) for one in asked])
        body = self.answer(asked)
        return Reply(body, 500 if body.get("error", {}).get("code", 0) < 0 else 200)

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        envelope = {"jsonrpc": "2.0", "id": asked["id"]}
        method = asked["method"].removeprefix("Filecoin.")
        ask = getattr(self, method, None)
        if ask is None or (method == "ChainGetFinalizedTipSet" and not self.state.finalizes):
            return {**envelope, "error": {"code": -32601, "message": f"method '{asked['method']}' not found"}}
        try:
            return {**envelope, "result": ask(*asked["params"])}
        except Refused as error:
            return {**envelope, "error": {"code": 1, "message": str(error)}}

    # --- the chain ----------------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        return Store()

    @cached_property
    def tipsets(self) -> dict[int, dict[str, Any]]:
        """All tipsets by height, as JSON tells them."""
        found: dict[int, dict[str, Any]] = {}
        parents = [Cid(bytes.fromhex("0171a0e40220") + bytes(32))]
        for height in range(self.state.base, self.state.head + 1):
            if height in self.state.null:
                continue
            found[height] = self._tipset(height, parents)
            parents = [self._cid(one) for one in found[height]["Cids"]]
        return found

    def _tipset(self, height: int, parents: list[Cid]) -> dict[str, Any]:
        winners = sorted(name for name, miner in self.state.miners.items() if miner.counts)
        chosen = [winners[(height + place) % len(winners)] for place in range(min(self.state.blocks, len(winners)))]
        time = GENESIS_SECONDS + 30 * height
        cids, blocks = [], []
        for place, miner in enumerate(chosen):
            header = [address(miner), [], [], [], [], parents, b"\1", height, self.root, *[None] * 3, time, *[None] * 3]
            cids.append(self.store.put(header).json)
            blocks.append(
                {
                    "Miner": miner,
                    "Height": height,
                    "Timestamp": time,
                    "Parents": [one.json for one in parents],
                    "ParentStateRoot": self.root.json,
                    "ElectionProof": {"WinCount": 2 if place == 0 else 1, "VRFProof": "AA=="},
                    "BeaconEntries": [],
                }
            )
        return {"Cids": cids, "Blocks": blocks, "Height": height}

    def _cid(self, told: Mapping[str, str]) -> Cid:
        letters = told["/"][1:].upper()
        return Cid(base64.b32decode(letters + "=" * (-len(letters) % 8)))

    @cached_property
    def by_key(self) -> dict[str, int]:
        return {json.dumps(tipset["Cids"]): height for height, tipset in self.tipsets.items()}

    def _height(self, key: Any) -> int:
        height = self.state.head if key is None else self.by_key.get(json.dumps(key))
        if height is None:
            raise Refused(f"loading tipset {key}: tipset not found")
        return height

    def _at_or_below(self, height: int) -> dict[str, Any]:
        below = [one for one in self.tipsets if one <= height]
        if height > self.state.head or not below:
            raise Refused(f"looking for tipset with height greater than start point or below {self.state.base}")
        return self.tipsets[max(below)]

    def ChainGetGenesis(self) -> Any:
        return {"Cids": [{"/": self.state.genesis}], "Blocks": [], "Height": 0}

    def ChainGetFinalizedTipSet(self) -> Any:
        return self.ChainHead()

    def ChainHead(self) -> Any:
        return self._at_or_below(self.state.head)

    def ChainGetTipSetByHeight(self, height: int, key: Any) -> Any:
        self._height(key)
        return self._at_or_below(height)

    def ChainGetPath(self, first: Any, last: Any) -> Any:
        start, end = self._height(first), self._height(last)
        return [{"Type": "apply", "Val": one} for height, one in self.tipsets.items() if start < height <= end]

    def ChainReadObj(self, name: Mapping[str, str]) -> Any:
        _ = self.tipsets
        if name["/"] not in self.store:
            raise Refused(f"blockstore get: ipld: could not find {name['/']}")
        return base64.b64encode(self.store[name["/"]]).decode()

    def StateNetworkVersion(self, key: Any) -> Any:
        self._height(key)
        return 27

    def F3GetLatestCertificate(self) -> Any:
        if self.state.f3 is None:
            raise Refused("f3 is disabled")
        epochs = [height for height in self.tipsets if height <= self.state.head - self.state.f3][-3:]
        told = [{"Epoch": epoch, "Key": self.tipsets[epoch]["Cids"]} for epoch in epochs]
        return {"GPBFTInstance": 424242, "ECChain": told}

    # --- the state ----------------------------------------------------------------------------------------------------

    @property
    def totals(self) -> dict[str, int]:
        every = self.state.miners.values()
        counted = [one for one in every if one.counts]
        return {
            "TotalRawBytePower": sum(one.raw for one in counted),
            "TotalBytesCommitted": sum(one.raw for one in every),
            "TotalQualityAdjPower": sum(one.qa for one in counted),
            "TotalQABytesCommitted": sum(one.qa for one in every),
            "TotalPledgeCollateral": sum(one.pledged + one.locked for one in every),
        }

    @cached_property
    def power(self) -> Cid:
        every = self.state.miners
        claims = {address(name): [8, number(one.raw), number(one.qa)] for name, one in every.items()}
        sums = [number(total) for total in self.totals.values()]
        counts = [len(every), sum(one.counts for one in every.values())]
        queue, map_of_claims = self.store.map({}), self.store.map(claims)
        return self.store.put([*sums, b"", b"", b"", [], *counts, 0, 0, queue, 0, map_of_claims, None])

    @cached_property
    def root(self) -> Cid:
        """The state's root: actors f04, f06 and f080, and the miners."""
        empty = self.store.map({})
        allocators = self.store.map({address(name): number(cap) for name, cap in self.state.allocators.items()})
        registry = self.store.put([address("f080"), allocators, empty, empty, 1, empty])
        signers = [address(one) for one in self.state.signers]
        multisig = self.store.put([signers, self.state.needed, 7, b"", 0, 0, empty])
        heads = {"f04": self.power, "f06": registry, "f080": multisig}
        miners = {address(name): self._miner(one) for name, one in self.state.miners.items()}
        actors = {name: [CODES["account"], head, 0, b"", None] for name, head in miners.items()}
        actors |= {address(name): [CODES["multisig"], head, 0, b"", None] for name, head in heads.items()}
        return self.store.put([5, self.store.map(actors), empty])

    def _miner(self, one: Miner) -> Cid:
        """A miner's state: information, deposits, locked rewards, vesting, debt, pledge, and what is not read."""
        info = self.store.put([address(one.owner), address("f0999"), [], None, b"", []])
        return self.store.put([info, b"", number(one.locked), info, b"", number(one.pledged), *[None] * 9])

    def StateGetActor(self, actor: str, key: Any) -> Any:
        self._height(key)
        kind = "multisig" if actor == "f080" else "evm" if actor in self.state.evm else "account"
        head = self.power if actor == "f04" else self.root
        delegated = f"f410f{actor}" if kind == "evm" else None
        return {"Code": CODES[kind].json, "Head": head.json, "Nonce": 0, "Balance": "0", "DelegatedAddress": delegated}

    def StateMinerPower(self, miner: str, key: Any) -> Any:
        self._height(key)
        one, total = self.state.miners.get(miner, Miner("f00", 0, 0)), self.totals
        return {
            "MinerPower": {"RawBytePower": str(one.raw), "QualityAdjPower": str(one.qa)},
            "TotalPower": {
                "RawBytePower": str(total["TotalRawBytePower"]),
                "QualityAdjPower": str(total["TotalQualityAdjPower"]),
            },
            "HasMinPower": one.counts,
        }

    def StateMinerInfo(self, miner: str, key: Any) -> Any:
        self._height(key)
        if miner not in self.state.miners:
            raise Refused(f"failed to load miner actor: actor not found: {miner}")
        return {"Owner": self.state.miners[miner].owner, "Worker": "f0999", "SectorSize": 34359738368}

    def StateReadState(self, actor: str, key: Any) -> Any:
        height = self._height(key)
        if actor == "f02":
            return {"Balance": "0", "Code": CODES["account"].json, "State": self._reward(height)}
        one = self.state.miners[actor]
        told = {"InitialPledge": str(one.pledged), "LockedFunds": str(one.locked), "FeeDebt": "0"}
        return {"Balance": "0", "Code": CODES["account"].json, "State": told}

    def _reward(self, height: int) -> dict[str, str]:
        """The reward actor before the tipset of a height: what was paid up to it, and what will be paid for it."""
        below = [one for one in self.tipsets if one < height]
        paid = sum(self._paid(one) for one in below)
        told = {"ThisEpochReward": self._of_epoch(max(below, default=0) + 1), "TotalStoragePowerReward": 10**27 + paid}
        return {self.state.renamed.get(name, name): str(value) for name, value in told.items()}

    def _of_epoch(self, height: int) -> int:
        """Set anew in each epoch, also in those without a block."""
        return self.state.reward - 10**9 * height

    def _paid(self, height: int) -> int:
        reward = self._of_epoch(height)
        return sum(reward * one["ElectionProof"]["WinCount"] // 5 for one in self.tipsets[height]["Blocks"])
