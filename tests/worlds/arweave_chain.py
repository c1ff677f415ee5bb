"""A small Arweave, invented: blocks whose names hash their fields, and a history of rewards that links them.

Written from the rule of the chain (ar_block.erl, ar_rewards.erl) a second time, apart from the program's own: what both
make of the recorded blocks of the chain itself is compared in tests/ingest/arweave.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256, sha384
from typing import Any, Final

from tests.worlds.servers import Reply, Request

TOP: Final = 2_000_000
HISTORY: Final = 90
SECONDS_A_BLOCK: Final = 120
KEPT: Final = 50
DEPTH: Final = 20
# Blocks of 90 by miner: one has more than half.
SHARES: Final[Mapping[str, int]] = {"pool": 50, "second": 30, "third": 10}


def letters(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def miner(name: str) -> bytes:
    return sha256(name.encode()).digest()


def sized(content: bytes, size: int) -> bytes:
    return len(content).to_bytes(size, "big") + content


def number(value: int, size: int = 1) -> bytes:
    return sized(value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"), size)


def entry(address: bytes, amount: int, hash_rate: int = 277_911_468, denomination: int = 1) -> bytes:
    """What the history says of one block."""
    return address + number(hash_rate) + number(amount) + denomination.to_bytes(3, "big")


def linked(start: bytes, entries: Iterable[bytes]) -> bytes:
    """The hash over all entries behind another hash."""
    link = start
    for one in entries:
        link = sha256(sha256(one).digest() + link).digest()
    return link


def name_of(body: Mapping[str, Any]) -> str:
    """The name of a block: the hash of its fields and its signature."""
    clock = body["nonce_limiter_info"]
    signed = (
        *(texts(body, 1, "previous_block"), numbers(body, 1, "timestamp"), texts(body, 2, "nonce")),
        *(numbers(body, 1, "height"), numbers(body, 2, "diff", "cumulative_diff"), numbers(body, 1, "last_retarget")),
        *(texts(body, 1, "hash"), numbers(body, 2, "block_size", "weave_size")),
        texts(body, 1, "reward_addr", "tx_root", "wallet_list", "hash_list_merkle"),
        numbers(body, 1, "reward_pool", "packing_2_5_threshold", "strict_data_split_threshold"),
        *(number(int(part)) for name in ("usd_to_ar_rate", "scheduled_usd_to_ar_rate") for part in body[name]),
        *(many(body["tags"], 2), many(body["txs"], 1), numbers(body, 1, "reward"), numbers(body, 2, "recall_byte")),
        *(texts(body, 1, "hash_preimage"), numbers(body, 2, "recall_byte2"), texts(body, 2, "reward_key")),
        *(numbers(body, 1, "partition_number"), raw(clock["output"]), clock["global_step_number"].to_bytes(8, "big")),
        *(raw(clock["seed"]), raw(clock["next_seed"])),
        *(clock[name].to_bytes(32, "big") for name in ("zone_upper_bound", "next_zone_upper_bound")),
        *(sized(raw(clock["prev_output"]), 1), steps(clock["checkpoints"]), steps(clock["last_step_checkpoints"])),
        *(texts(body, 1, "previous_solution_hash"), numbers(body, 1, "price_per_gib_minute")),
        *(numbers(body, 1, "scheduled_price_per_gib_minute"), raw(body["reward_history_hash"])),
        *(numbers(body, 1, "debt_supply"), fixed(body, 3, "kryder_plus_rate_multiplier")),
        *(fixed(body, 1, "kryder_plus_rate_multiplier_latch"), fixed(body, 3, "denomination")),
        *(numbers(body, 1, "redenomination_height"), proof(body["double_signing_proof"])),
        numbers(body, 2, "previous_cumulative_diff", "merkle_rebase_support_threshold"),
        *(sized(raw(body[poa][path]), 3) for poa in ("poa", "poa2") for path in ("data_path", "tx_path")),
        *(raw(body["chunk_hash"]), texts(body, 1, "chunk2_hash"), raw(body["block_time_history_hash"])),
        *(number(int(clock[name])) for name in ("vdf_difficulty", "next_vdf_difficulty")),
        *(fixed(body, 1, "packing_difficulty"), texts(body, 1, "unpacked_chunk_hash", "unpacked_chunk2_hash")),
        fixed(body, 1, "replica_format"),
    )
    return letters(sha384(sha256(b"".join(signed)).digest() + raw(body["signature"])).digest())


def texts(body: Mapping[str, Any], size: int, *names: str) -> bytes:
    return b"".join(sized(raw(body[name]), size) if name in body else bytes(size) for name in names)


def numbers(body: Mapping[str, Any], size: int, *names: str) -> bytes:
    return b"".join(number(int(body[name]), size) if name in body else bytes(size) for name in names)


def fixed(body: Mapping[str, Any], size: int, name: str) -> bytes:
    return int(body[name]).to_bytes(size, "big")


def many(rows: Sequence[str], size: int) -> bytes:
    return len(rows).to_bytes(2, "big") + b"".join(sized(raw(row), size) for row in reversed(rows))


def steps(rows: Sequence[str]) -> bytes:
    return len(rows).to_bytes(2, "big") + b"".join(map(raw, rows))


def proof(told: Mapping[str, str]) -> bytes:
    if not told:
        return b"\0"
    once = [
        sized(raw(told[f"sig{place}"]), 2)
        + number(int(told[f"cdiff{place}"]), 2)
        + number(int(told[f"prev_cdiff{place}"]), 2)
        + raw(told[f"preimage{place}"])
        for place in (1, 2)
    ]
    return b"\1" + sized(raw(told["pub_key"]), 2) + b"".join(once)


def fake_name(height: int) -> str:
    """The name of a block of which nothing is asked."""
    return letters(sha384(f"block {height}".encode()).digest())


def block(height: int, time: int, rewards: bytes, **other: Any) -> dict[str, Any]:
    """A block as a node tells it, under the name that its fields have."""
    some = {name: letters(sha256(f"{name} {height}".encode()).digest()) for name in ("a", "b", "c", "d", "e", "f")}
    wide = letters(sha384(f"wide {height}".encode()).digest())
    body: dict[str, Any] = {
        **{"replica_format": 1, "packing_difficulty": 10, "unpacked_chunk_hash": some["a"]},
        **{"unpacked_chunk2_hash": some["b"], "chunk2_hash": some["c"], "chunk_hash": some["d"]},
        **{"merkle_rebase_support_threshold": "151066495197430", "block_time_history_hash": some["e"]},
        **{"recall_byte": "43220778741187", "recall_byte2": "228771411583164", "hash_preimage": some["f"]},
        **{"reward": "177199943757", "previous_solution_hash": some["a"], "partition_number": 12},
        "nonce_limiter_info": {
            **{"output": some["b"], "global_step_number": 111_558_526, "seed": wide, "next_seed": wide},
            **{"zone_upper_bound": 389 * 10**12, "next_zone_upper_bound": 390 * 10**12, "prev_output": some["c"]},
            **{"last_step_checkpoints": [some["d"], some["e"]], "checkpoints": [some["f"]]},
            **{"vdf_difficulty": "1111546", "next_vdf_difficulty": "1111546"},
        },
        "poa": {"option": "1", "tx_path": some["a"], "data_path": some["b"], "chunk": some["c"] * 9},
        "poa2": {"option": "1", "tx_path": some["d"], "data_path": some["e"], "chunk": some["f"] * 9},
        **{"signature": wide * 4, "reward_key": some["a"] * 4, "price_per_gib_minute": "4897"},
        **{"scheduled_price_per_gib_minute": "4893", "reward_history_hash": letters(rewards), "debt_supply": "0"},
        **{"kryder_plus_rate_multiplier": "1", "kryder_plus_rate_multiplier_latch": "0", "denomination": "1"},
        **{"redenomination_height": 0, "double_signing_proof": {}, "previous_cumulative_diff": "5408328492203220"},
        **{"usd_to_ar_rate": ["1", "10"], "scheduled_usd_to_ar_rate": ["1", "10"], "packing_2_5_threshold": "0"},
        **{"strict_data_split_threshold": "30607159107830", "nonce": "dQ", "previous_block": fake_name(height - 1)},
        **{"timestamp": time, "last_retarget": time, "diff": str(2**256 - 2**228), "height": height},
        **{"hash": some["b"], "txs": [some["c"], some["d"]], "tx_root": some["e"], "wallet_list": wide},
        **{"reward_addr": some["f"], "tags": [], "reward_pool": "345318594187004827"},
        **{"weave_size": "389381078163702", "block_size": "11010048", "cumulative_diff": "5408328770114688"},
        "hash_list_merkle": wide,
        **other,
    }
    return {**body, "indep_hash": name_of(body)}


@dataclass(frozen=True)
class Small:
    """A node, or a gateway, of a small Arweave whose pinned block is of some time.

    paid: what each block's miner was paid, the oldest first. of_its_own: paths that it answers otherwise.
    """

    time: int
    paid: Sequence[bytes] = tuple(
        entry(miner(name), 170_000_000_000 + place) for name, blocks in SHARES.items() for place in range(blocks)
    )
    top: int = TOP
    of_its_own: Mapping[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.top - DEPTH

    @cached_property
    def before(self) -> dict[str, Any]:
        """The block before the first whose reward is told."""
        past = self.time - len(self.paid) * SECONDS_A_BLOCK
        return block(self.height - len(self.paid), past, sha256(b"long ago").digest())

    @cached_property
    def pinned(self) -> dict[str, Any]:
        end = linked(raw(self.before["reward_history_hash"]), self.paid)
        return block(self.height, self.time, end)

    @cached_property
    def blocks(self) -> dict[int, dict[str, Any]]:
        """The blocks of whose rewards the history tells, and the one before them, by their height."""
        first, found = self.before, {self.before["height"]: self.before, self.height: self.pinned}
        for many in range(1, len(self.paid)):
            link = linked(raw(first["reward_history_hash"]), self.paid[:many])
            height = first["height"] + many
            found[height] = block(height, first["timestamp"] + many * SECONDS_A_BLOCK, link)
        return found

    @property
    def recent(self) -> list[str]:
        heights = range(self.top, self.top - KEPT, -1)
        return [self.pinned["indep_hash"] if one == self.height else fake_name(one) for one in heights]

    def __call__(self, request: Request) -> Reply:
        """What it answers, whatever part it has."""
        self.asked.append(request.path)
        return self.of_its_own.get(request.path.split("/")[1]) or self._told(request.path)

    def _told(self, path: str) -> Reply:
        blocks = {one["indep_hash"]: one for one in self.blocks.values()}
        match path.strip("/").split("/"):
            case ["info"]:
                told = {"version": 5, "release": 92, "height": self.top, "current": fake_name(self.top), "peers": 277}
                return Reply({"network": "arweave.N.1", **told, "queue_length": 0, "node_state_latency": 1})
            case ["recent_hash_list"]:
                return Reply(self.recent)
            case ["block", "hash", name] if name in blocks:
                return Reply(blocks[name])
            case ["block_index", first, last] if first == last and int(last) in self.blocks:
                return Reply([self.blocks[int(last)]["indep_hash"]])
            case ["reward_history", name] if name == self.pinned["indep_hash"]:
                return Reply(b"".join(self.paid))
        return Reply(b"Block not found.", 404)
