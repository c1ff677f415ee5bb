"""What proves a Safe: its code, that which it hands its calls to, and a storage that has nothing but what it tells.

The code is invented and taken for the published one; test_control.py has real Safes on a real node.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from eth_utils.crypto import keccak
from urllib3.util import Retry

from ingest.evm import safes
from ingest.evm.node import EvmChain
from ingest.evm.safes import HANDLER_SLOT, proved
from ingest.evm.storage import root
from ingest.transport import Http
from tests.ingest.evm.test_node import NOW
from tests.worlds.evm_provider import Provider, result
from tests.worlds.servers import Reply, Request, serving

SAFE, SINGLETON, HANDLER = f"0x{0xE1:040x}", f"0x{0xE2:040x}", f"0x{0xE3:040x}"
ANN, BEN, MODULE = f"0x{0xA1:040x}", f"0x{0xA2:040x}", f"0x{0xB1:040x}"
CODE = {SAFE: b"\x01", SINGLETON: b"\x02", HANDLER: b"\x03"}


def place(key: int, mapping: int) -> int:
    """The slot of a key of a mapping that is declared at a slot."""
    return int.from_bytes(keccak(key.to_bytes(32) + mapping.to_bytes(32)))


def words(*owners: str) -> dict[int, int]:
    """A Safe without modules, of which one owner must sign: circles of modules (slot 1) and of owners (slot 2)."""
    around = [1, *(int(one, 16) for one in owners), 1]
    circle = {place(one, 2): after for one, after in pairwise(around)}
    return {0: int(SINGLETON, 16), 3: len(owners), 4: 1, place(1, 1): 1, **circle}


@dataclass
class Storage:
    """A provider of one contract's words, and of a proof of all of them."""

    held: Mapping[int, int]
    code: Mapping[str, bytes] = field(default_factory=lambda: CODE)
    provider: Provider = field(default_factory=Provider)

    def __call__(self, request: Request) -> Reply:
        question = json.loads(request.body)
        match question["method"], question["params"]:
            case "eth_getCode", (address, _):
                return result(f"0x{self.code.get(address, b'').hex()}")
            case "eth_getStorageAt", (_, slot, _):
                return result(f"0x{self.held.get(int(slot, 16), 0):064x}")
            case "eth_getProof", _:
                return result({"storageHash": root(self.held)})
        return self.provider(request)


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    for known, address in (("PROXIES", SAFE), ("SINGLETONS", SINGLETON), ("HANDLERS", HANDLER)):
        monkeypatch.setattr(safes, known, {f"0x{keccak(CODE[address]).hex()}": "Safe of a test"})


def told(storage: Storage, *owners: str, modules: tuple[str, ...] = ()) -> str:
    with serving(storage) as url, Http(100_000, Retry(0)) as http:
        node = EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW).head(http, (url,))
        return proved(node, SAFE, owners, modules)


def test_a_safe_is_one_whose_storage_is_what_it_tells() -> None:
    assert told(Storage(words(ANN, BEN)), ANN, BEN) == "Safe of a test"
    with_handler = {**words(ANN), HANDLER_SLOT: int(HANDLER, 16)}
    assert told(Storage(with_handler), ANN) == "Safe of a test"


def test_an_owner_or_a_module_that_is_not_told_leaves_it_unproved() -> None:
    assert told(Storage(words(ANN, BEN)), ANN) == ""
    hidden = {place(1, 1): int(MODULE, 16), place(int(MODULE, 16), 1): 1}
    assert told(Storage({**words(ANN), **hidden}), ANN) == ""
    assert told(Storage({**words(ANN), **hidden}), ANN, modules=(MODULE,)) == "Safe of a test"


@pytest.mark.parametrize("stranger", [SAFE, SINGLETON, HANDLER])
def test_code_that_nobody_published_is_no_safe(stranger: str) -> None:
    held = {**words(ANN), HANDLER_SLOT: int(HANDLER, 16)}
    assert told(Storage(held, {**CODE, stranger: b"\xff"}), ANN) == ""
