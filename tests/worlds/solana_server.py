"""A server of Solana's JSON-RPC in front of accounts that a test gives, and bytes of such accounts.

The face is home-made, as validators answer; the accounts may be those of a real virtual machine.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from ingest.solana.accounts import (
    CLOCK,
    LOADER,
    OF_SQUADS_4,
    SQUADS_4,
    SYSVAR,
    TOKEN,
    Account,
    programdata,
)
from ingest.solana.pda import derived, on_curve
from store.addresses import base58, unbase58
from tests.worlds.servers import Reply, Request
from tests.worlds.spoiled import batched

GENESIS: Final = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
SLOT: Final = 400_000_000
NOW: Final = datetime(2026, 11, 30, 12, tzinfo=UTC)
VERSION: Final = "3.0.6"
# Where an error is answered: its code and text.
Refusal = tuple[int, str]


def key(number: int) -> str:
    """An address that a key can sign for."""
    return next(text for place in range(256) if on_curve(raw := _hash(number, place)) and (text := base58(raw)))


def _hash(*parts: object) -> bytes:
    return sha256(repr(parts).encode()).digest()


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def maybe(holder: str, size: int = 4) -> bytes:
    """An address that may be missing, as the token program keeps it."""
    return number(bool(holder), size) + (unbase58(holder) if holder else bytes(32))


def account(owner: str, data: bytes) -> Account:
    return Account(owner, data, len(data))


def mint(minter: str = "", freezer: str = "", supply: int = 10**15, decimals: int = 8) -> bytes:
    return maybe(minter) + number(supply, 8) + bytes([decimals, 1]) + maybe(freezer)


def extended(extensions: Sequence[tuple[int, bytes]], **of: Any) -> bytes:
    """A mint of token-2022 with extensions by their numbers."""
    after = b"".join(number(kind, 2) + number(len(value), 2) + value for kind, value in extensions)
    return mint(**of) + bytes(83) + b"\1" + after


def token_account(of: str, owner: str, amount: int = 7) -> bytes:
    return unbase58(of) + unbase58(owner) + number(amount, 8) + maybe("") + b"\1" + bytes(12 + 8) + maybe("")


def token_multisig(needed: int, signers: Sequence[str]) -> bytes:
    keys = b"".join(map(unbase58, signers))
    return bytes([needed, len(signers), 1]) + keys.ljust(11 * 32, b"\0")


def program(address: str, upgrader: str = "", slot: int = 5) -> dict[str, Account]:
    """A program with its code; the code itself is some bytes after its head."""
    place = programdata(address)
    code = number(3, 4) + number(slot, 8) + maybe(upgrader, 1) + b"\x7fELF" * 2_000
    return {address: account(LOADER, number(2, 4) + unbase58(place)), place: account(LOADER, code)}


def squads_4(
    needed: int, members: Mapping[str, int], *, config: str = "", delay: int = 0, create_key: str = ""
) -> tuple[str, Account]:
    """A multisig of Squads v4 at its address; members with what they may do (2: vote)."""
    created = unbase58(create_key or key(900))
    data = OF_SQUADS_4 + created + (unbase58(config) if config else bytes(32)) + number(needed, 2) + number(delay, 4)
    data += bytes(16) + b"\0" + b"\xff" + number(len(members), 4)
    data += b"".join(unbase58(member) + bytes([mask]) for member, mask in members.items()) + bytes(66)
    return derived([b"multisig", b"multisig", created], SQUADS_4), account(SQUADS_4, data)


@dataclass(frozen=True)
class Move:
    """A transaction: what accounts of a token had before and after it, by their addresses."""

    number: int
    time: datetime
    mint: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    failed: bool = False

    @property
    def signature(self) -> str:
        return base58(_hash("one", self.number) + _hash("two", self.number))

    @property
    def slot(self) -> int:
        return SLOT - int((NOW - self.time).total_seconds() / 0.4)

    @property
    def accounts(self) -> list[str]:
        return list(dict.fromkeys((*self.before, *self.after)))

    @property
    def error(self) -> Any:
        return {"InstructionError": [0, {"Custom": 1}]} if self.failed else None

    @property
    def listed(self) -> dict[str, Any]:
        """As it stands in the list of an account's transactions."""
        return {
            "signature": self.signature,
            "slot": self.slot,
            "err": self.error,
            "memo": None,
            "blockTime": int(self.time.timestamp()),
            "confirmationStatus": "finalized",
        }

    @property
    def told(self) -> dict[str, Any]:
        """As it is told by itself."""
        held = {"preTokenBalances": self.before, "postTokenBalances": self.after}
        balances = {name: [self._held(*one) for one in of.items()] for name, of in held.items()}
        return {
            "slot": self.slot,
            "blockTime": int(self.time.timestamp()),
            "meta": {"err": self.error, "fee": 5000, "preBalances": [1] * (len(self.accounts) + 1), **balances},
            "transaction": {"signatures": [self.signature], "message": {"accountKeys": [*self.accounts, TOKEN]}},
            "version": "legacy",
        }

    def _held(self, address: str, amount: int) -> dict[str, Any]:
        told = {"amount": str(amount), "decimals": 8, "uiAmount": amount / 10**8, "uiAmountString": str(amount / 10**8)}
        return {"accountIndex": self.accounts.index(address), "mint": self.mint, "uiTokenAmount": told}


@dataclass
class Cluster:
    """Endpoints of one cluster: accounts by address at a slot, and what one of them may say otherwise.

    refusals: by method. ahead: by how many slots getLatestBlockhash is further on than the accounts. spoil: changes
    what a method tells.
    """

    accounts: Callable[[str], Account | None]
    slot: int = SLOT
    time: datetime = NOW
    genesis: str = GENESIS
    ahead: int = 0
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    spoil: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    moves: Sequence["Move"] = ()
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        body = json.loads(request.body)
        self.asked.append([one["method"] for one in body] if isinstance(body, list) else [body["method"]])
        return batched(self.one, request)

    def one(self, request: Request) -> Reply:
        """The answer to one question."""
        asked = json.loads(request.body)
        method, params = asked["method"], asked["params"]
        head = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            if method in self.refusals:
                raise _Refused(*self.refusals[method])
            found = self._told(method, params)
        except _Refused as refused:
            return Reply({**head, "error": {"code": refused.code, "message": refused.text}})
        return Reply({**head, "result": self.spoil.get(method, lambda told: told)(found)})

    def _told(self, method: str, params: list[Any]) -> Any:
        methods: dict[str, Callable[..., Any]] = {
            "getGenesisHash": lambda: self.genesis,
            "getSlot": lambda: self.slot,
            "getLatestBlockhash": self._latest,
            "getBlock": self._block,
            "getMultipleAccounts": self._accounts,
            "getSignaturesForAddress": self._signatures,
            "getTransaction": self._transaction,
        }
        if method not in methods:
            raise _Refused(-32601, "Method not found")
        return methods[method](*params)

    def _latest(self, _: Any) -> Any:
        there = self.slot + self.ahead
        return _context(there, {"blockhash": self.hash(there), "lastValidBlockHeight": there - 10**7})

    def _signatures(self, address: str, how: Mapping[str, Any]) -> list[Any]:
        """The newest transactions of an account first, those after another one where that is named."""
        told = [move.listed for move in self.moves if address in move.accounts]
        names = [one["signature"] for one in told]
        start = names.index(how["before"]) + 1 if "before" in how else 0
        return told[start : start + how["limit"]]

    def _transaction(self, signature: str, how: Mapping[str, Any]) -> Any:
        assert how["maxSupportedTransactionVersion"] == 0
        return next((move.told for move in self.moves if move.signature == signature), None)

    def hash(self, slot: int) -> str:
        """The hash of the block of a slot."""
        return base58(_hash(self.genesis, slot))

    def _block(self, slot: int, how: Mapping[str, Any]) -> Any:
        assert how["transactionDetails"] == "none"
        if slot > self.slot:
            raise _Refused(-32004, f"Block not available for slot {slot}")
        return {
            "blockhash": self.hash(slot),
            "blockHeight": slot - 10**7,
            "blockTime": int(self.time.timestamp()),
            "parentSlot": slot - 1,
            "previousBlockhash": self.hash(slot - 1),
        }

    def _accounts(self, addresses: list[str], how: Mapping[str, Any]) -> Any:
        assert (how["encoding"], how["commitment"]) == ("base64", "finalized")
        if how.get("minContextSlot", 0) > self.slot:
            raise _Refused(-32016, "Minimum context slot has not been reached")
        start, size = how["dataSlice"]["offset"], how["dataSlice"]["length"]
        return _context(self.slot, [self._account(one, start, size) for one in addresses])

    def _account(self, address: str, start: int, size: int) -> Any:
        clock = number(self.slot, 8) + bytes(24) + number(int(self.time.timestamp()), 8)
        found = account(SYSVAR, clock) if address == CLOCK else self.accounts(address)
        return found and {
            "data": [b64encode(found.data[start : start + size]).decode(), "base64"],
            "executable": False,
            "lamports": 1,
            "owner": found.owner,
            "rentEpoch": 2**64 - 1,
            "space": found.space,
        }


class _Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text


def _context(slot: int, value: Any) -> Any:
    return {"context": {"apiVersion": VERSION, "slot": slot}, "value": value}


def token(minted: str, minter: str = "", freezer: str = "", upgrader: str = "", **of: int) -> dict[str, Account]:
    """A mint of the token program with that program."""
    return {minted: account(TOKEN, mint(minter, freezer, **of)), **program(TOKEN, upgrader)}
