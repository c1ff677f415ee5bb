"""Blocks of Arweave: a header whose every field is held to the hash that names the block.

A block is named by sha384(sha256(all its fields) || signature) since fork 2.6 (ar_block.erl, generate_signed_hash and
indep_hash2); which fields, and in which order, is that of fork 2.9 (height 1602350). The chunks of data in an answer
are no part of it, their hashes are.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256, sha384
from typing import Any, Final

from ingest.fields import listed, not_negative, optional, table, text
from store.addresses import base64url
from store.faults import BadData, SourceChanged

# Its fields are these from here on; no older block is asked for.
FORK_2_9: Final = 1_602_350
# A hash that names a block, and any other hash, in letters.
NAME: Final = re.compile(r"[A-Za-z0-9_-]{64}")
# Seconds of which a time can be made.
LATEST: Final = 10**11


@dataclass(frozen=True, slots=True)
class Header:
    """What a block says; rewards: the hash over all that miners were paid up to it."""

    hash: str
    previous: str
    height: int
    time: datetime
    rewards: bytes
    weave_size: int
    endowment: int
    price: int
    denomination: int


def header(body: Any) -> Header:
    """The header in an answer; raises BadData where its fields are not those that its hash names."""
    height = not_negative(body, "height")
    if height < FORK_2_9:
        raise SourceChanged(f"block {height} is older than fork 2.9")
    signed = sha256(b"".join(write(body) for write in SIGNED)).digest()
    name = sha384(signed + _bytes(body, "signature")).digest()
    if base64url(name) != text(body, "indep_hash"):
        raise BadData(f"the fields of block {height} do not hash to its name")
    return Header(
        hash=base64url(name),
        previous=text(body, "previous_block"),
        height=height,
        time=_time(body),
        rewards=_bytes(body, "reward_history_hash"),
        weave_size=not_negative(body, "weave_size"),
        endowment=not_negative(body, "reward_pool"),
        price=not_negative(body, "price_per_gib_minute"),
        denomination=not_negative(body, "denomination"),
    )


def named(value: object) -> str:
    """The name of a block; raises SourceChanged where it is none."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise SourceChanged(f"{str(value)[:80]!r} is no name of a block")
    return value


def _time(body: Any) -> datetime:
    seconds = not_negative(body, "timestamp")
    if seconds >= LATEST:
        raise BadData(f"timestamp is {seconds}")
    return datetime.fromtimestamp(seconds, UTC)


# --- how the fields are written for their hash ------------------------------------------------------------------------

Write = Callable[[Any], bytes]


def _bytes(body: Any, *names: str) -> bytes:
    """Bytes that are written in base64 for addresses on the web, without padding, in the one spelling there is."""
    value = text(body, *names)
    try:
        found = urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError as error:
        raise SourceChanged(f"{'.'.join(names)} is no base64url: {value[:80]!r}") from error
    if base64url(found) != value:
        raise SourceChanged(f"{'.'.join(names)} is no base64url: {value[:80]!r}")
    return found


def _counted(content: bytes, size: int, what: str) -> bytes:
    """Bytes after their number, itself in so many bytes."""
    return _fitted(len(content), size, what) + content


def _fitted(number: int, size: int, what: str) -> bytes:
    """A number in so many bytes; raises BadData where it does not fit."""
    if number >= 256**size:
        raise BadData(f"{what} is {number}")
    return number.to_bytes(size, "big")


def _number(size: int, *names: str) -> Write:
    """A number in as few bytes as it takes, nought in one, after how many these are."""

    def write(body: Any) -> bytes:
        number = not_negative(body, *names)
        return _counted(number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big"), size, ".".join(names))

    return write


def _wide(size: int, *names: str) -> Write:
    return lambda body: _fitted(not_negative(body, *names), size, ".".join(names))


def _raw(size: int, *names: str) -> Write:
    return lambda body: _counted(_bytes(body, *names), size, ".".join(names))


def _exact(length: int, *names: str) -> Write:
    def write(body: Any) -> bytes:
        content = _bytes(body, *names)
        if len(content) != length:
            raise BadData(f"{'.'.join(names)} has {len(content)} bytes, not {length}")
        return content

    return write


def _maybe(write: Write, size: int, name: str) -> Write:
    """What a block of one chunk does not have: no bytes then."""
    return lambda body: bytes(size) if optional(body, name) is None else write(body)


def _list(size: int, name: str) -> Write:
    """The last comes first, as the node puts them together."""

    def write(body: Any) -> bytes:
        rows = listed(body, name)
        told = b"".join(_counted(_bytes({name: row}, name), size, name) for row in reversed(rows))
        return _fitted(len(rows), 2, name) + told

    return write


def _steps(*names: str) -> Write:
    def write(body: Any) -> bytes:
        rows = listed(body, *names)
        return _fitted(len(rows), 2, names[-1]) + b"".join(_exact(32, names[-1])({names[-1]: row}) for row in rows)

    return write


def _rate(name: str) -> Write:
    """A fraction, told as two numbers."""

    def write(body: Any) -> bytes:
        rows = listed(body, name)
        if len(rows) != 2:
            raise SourceChanged(f"{name} is no fraction: {str(rows)[:80]}")
        return b"".join(_number(1, name)({name: row}) for row in rows)

    return write


def _twice(body: Any) -> bytes:
    """The proof that a miner signed two blocks of one height; most blocks have none."""
    proof = table(body, "double_signing_proof")
    return b"\1" + b"".join(write(proof) for write in PROOF) if proof else b"\0"


PROOF: Final = (
    *(_raw(2, "pub_key"), _raw(2, "sig1"), _number(2, "cdiff1"), _number(2, "prev_cdiff1"), _exact(64, "preimage1")),
    *(_raw(2, "sig2"), _number(2, "cdiff2"), _number(2, "prev_cdiff2"), _exact(64, "preimage2")),
)
CLOCK: Final = "nonce_limiter_info"
# All that is signed, in the order in which it is put together.
SIGNED: Final[tuple[Write, ...]] = (
    *(_raw(1, "previous_block"), _number(1, "timestamp"), _raw(2, "nonce"), _number(1, "height")),
    *(_number(2, "diff"), _number(2, "cumulative_diff"), _number(1, "last_retarget"), _raw(1, "hash")),
    *(_number(2, "block_size"), _number(2, "weave_size"), _raw(1, "reward_addr"), _raw(1, "tx_root")),
    *(_raw(1, "wallet_list"), _raw(1, "hash_list_merkle"), _number(1, "reward_pool")),
    *(_number(1, "packing_2_5_threshold"), _number(1, "strict_data_split_threshold")),
    *(_rate("usd_to_ar_rate"), _rate("scheduled_usd_to_ar_rate"), _list(2, "tags"), _list(1, "txs")),
    *(_number(1, "reward"), _number(2, "recall_byte"), _raw(1, "hash_preimage")),
    *(_maybe(_number(2, "recall_byte2"), 2, "recall_byte2"), _raw(2, "reward_key"), _number(1, "partition_number")),
    *(_exact(32, CLOCK, "output"), _wide(8, CLOCK, "global_step_number"), _exact(48, CLOCK, "seed")),
    *(_exact(48, CLOCK, "next_seed"), _wide(32, CLOCK, "zone_upper_bound"), _wide(32, CLOCK, "next_zone_upper_bound")),
    *(_raw(1, CLOCK, "prev_output"), _steps(CLOCK, "checkpoints"), _steps(CLOCK, "last_step_checkpoints")),
    *(_raw(1, "previous_solution_hash"), _number(1, "price_per_gib_minute")),
    *(_number(1, "scheduled_price_per_gib_minute"), _exact(32, "reward_history_hash"), _number(1, "debt_supply")),
    *(_wide(3, "kryder_plus_rate_multiplier"), _wide(1, "kryder_plus_rate_multiplier_latch")),
    *(_wide(3, "denomination"), _number(1, "redenomination_height"), _twice, _number(2, "previous_cumulative_diff")),
    *(_number(2, "merkle_rebase_support_threshold"), _raw(3, "poa", "data_path"), _raw(3, "poa", "tx_path")),
    *(_raw(3, "poa2", "data_path"), _raw(3, "poa2", "tx_path"), _exact(32, "chunk_hash")),
    *(_maybe(_raw(1, "chunk2_hash"), 1, "chunk2_hash"), _exact(32, "block_time_history_hash")),
    *(_number(1, CLOCK, "vdf_difficulty"), _number(1, CLOCK, "next_vdf_difficulty"), _wide(1, "packing_difficulty")),
    _maybe(_raw(1, "unpacked_chunk_hash"), 1, "unpacked_chunk_hash"),
    _maybe(_raw(1, "unpacked_chunk2_hash"), 1, "unpacked_chunk2_hash"),
    _wide(1, "replica_format"),
)
