"""Contracts of our choice behind a provider of ours: what anvil would answer, where there is no anvil."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tests.worlds.evm_provider import Provider, error, result
from tests.worlds.servers import Reply, Request

AGGREGATE3 = keccak(text="aggregate3((address,bool,bytes)[])")[:4]
# What a contract answers: returned bytes by the bytes that ask.
Views = Mapping[bytes, bytes]


def asked(function: str, *arguments: Any) -> bytes:
    """A question to a contract: the function as Solidity spells it, and its arguments."""
    types = function[function.index("(") + 1 : -1]
    return keccak(text=function)[:4] + encode(types.split(",") if types else [], arguments)


def view(kind: str, value: Any, function: str, *arguments: Any) -> tuple[bytes, bytes]:
    """A question and its answer."""
    return asked(function, *arguments), encode([kind], [value])


def contract(*views: tuple[bytes, bytes]) -> Views:
    return dict(views)


@dataclass
class Contracts:
    """Answers calls of Multicall3 from the views of each contract, and all else as the provider does."""

    contracts: Mapping[str, Views]
    provider: Provider = field(default_factory=Provider)

    def __call__(self, request: Request) -> Reply:
        question = json.loads(request.body)
        method, params = question["method"], question["params"]
        if method == "eth_call":
            return self._called(bytes.fromhex((params[0].get("data") or params[0]["input"])[2:]))
        if method == "eth_getCode":
            return result("0x01" if params[0].lower() in self.contracts else "0x")
        if method == "eth_getStorageAt":
            return result("0x" + "00" * 32)
        return self.provider(request)

    def _called(self, data: bytes) -> Reply:
        if data[:4] != AGGREGATE3:
            return error(-32000, "execution reverted")
        (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
        return result("0x" + encode(["(bool,bytes)[]"], [self._answers(calls)]).hex())

    def _answers(self, calls: Sequence[tuple[str, bool, bytes]]) -> list[tuple[bool, bytes]]:
        found = [self.contracts.get(to.lower(), {}).get(data) for to, _, data in calls]
        return [(True, returned) if returned is not None else (False, b"") for returned in found]
