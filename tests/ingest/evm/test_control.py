"""Who can change real contracts on a real node: owners, proxies, multisigs with their modules, timelocks, keys."""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from web3 import Web3
from web3.contract import Contract

from ingest.evm.keys import DEPTH, PROXY_SLOTS, explored, is_key, keys, states
from ingest.evm.safes import GUARD_SLOT, HANDLER_SLOT
from ingest.evm.storage import root
from tests.worlds.each import each
from tests.worlds.evm_node import Anvil, Shelf, anvil, pinned

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with anvil("--hardfork", "prague") as node:
        yield node


def place(contract: Contract) -> str:
    return str(contract.address).lower()


def found(chain: Anvil, **contracts: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Who has which power over the contracts and whoever holds keys of them."""
    chain.finalize()
    return {name: dict(held) for name, held in explored(pinned(chain.url), Shelf(), contracts, 0).items()}


def said(chain: Anvil, **contracts: str) -> dict[tuple[str, str], str]:
    """What is told of everybody, by subject and name, from the keys that were read before."""
    chain.finalize()
    node = pinned(chain.url)
    rows = states(node, contracts, [pl.DataFrame(), keys(node, Shelf(), contracts, 0).rows]).rows
    return {(subject, name): exact for name, subject, exact in rows.select("name", "subject", "exact").iter_rows()}


def test_an_owner_behind_a_proxy_behind_a_multisig_is_found(chain: Anvil) -> None:
    """Upgradeable code: proxy -> its admin contract -> the Safe that owns that -> the signers."""
    safe = chain.safe(chain.accounts[1:6], 3)
    logic = chain.compiled("Owned", chain.accounts[6])
    proxy = chain.compiled("Upgradeable", logic.address, safe.address)
    plain = chain.compiled("Owned", chain.accounts[7])
    chain.send(plain.functions.pause(), sender=7)
    contracts = {"proxy": place(proxy), "plain": place(plain)}
    held, told = found(chain, **contracts), said(chain, **contracts)
    (admin,) = held["proxy"]["proxy_admin"]
    assert held[admin] == {"owner": (place(safe),)}
    assert held[place(safe)].keys() == {"signers"}
    assert set(held[place(safe)]["signers"]) == {account.lower() for account in chain.accounts[1:6]}
    assert held["plain"] == {"owner": (chain.accounts[7].lower(),)}
    assert told[place(proxy), "implementation"] == place(logic)
    assert told[place(safe), "threshold"] == "3"
    assert told[place(plain), "paused"] == "true"
    assert told[place(plain), "contract"] == "plain"
    assert told[chain.accounts[1].lower(), "account"] == "key"
    assert DEPTH > 3


def test_a_timelock_tells_its_proposers_its_delay_and_that_anyone_may_carry_out(chain: Anvil) -> None:
    delay = chain.compiled("Delay", 172_800, [chain.accounts[1]])
    owned = chain.compiled("Owned", delay.address)
    held, told = found(chain, owned=place(owned)), said(chain, owned=place(owned))
    ada = chain.accounts[1].lower()
    assert held[place(delay)] == {"admin": (place(delay),), "proposer": (ada,), "executor": (ada,), "canceller": (ada,)}
    assert (told[place(delay), "delay"], told.get((place(delay), "executor"))) == ("172800", None)


def test_each_module_of_a_multisig_is_told_over_several_pages_and_its_guard(chain: Anvil) -> None:
    safe = chain.safe(chain.accounts[1:4], 2)
    modules = [f"0x{number:040x}" for number in range(0xA000, 0xA000 + 23)]
    head = 1
    # Safe keeps its modules in a circle, in a mapping in its second slot.
    for module in (*(int(module, 16) for module in modules), 1):
        key = Web3.solidity_keccak(["uint256", "uint256"], [head, 1]).to_0x_hex()
        chain.ask("anvil_setStorageAt", safe.address, key, f"0x{module:064x}")
        head = module
    chain.ask("anvil_setStorageAt", safe.address, hex(GUARD_SLOT), f"0x{0xB000:064x}")
    owned = chain.compiled("Owned", safe.address)
    held, told = found(chain, owned=place(owned)), said(chain, owned=place(owned))
    assert held[place(safe)]["module"] == tuple(modules)
    assert "unknown" not in held[place(safe)]
    assert told[place(safe), "guard"] == f"0x{0xB000:040x}"


EVE = 0xE7E
# Slots of what a Safe stores, by the order of its variables.
MODULE, OWNER = (int(Web3.solidity_keccak(["uint256", "uint256"], [EVE, place]).hex(), 16) for place in (1, 2))


def test_a_safe_is_proved_by_its_code_and_by_all_that_it_stores(chain: Anvil) -> None:
    """Whoever deploys a Safe can have it act for a module, an owner or a handler that it does not tell of."""
    safe, bare = chain.safe(chain.accounts[1:6], 3), chain.compiled("Bare")
    proxy, handler = str(safe.address), chain.of_safe("handler/CompatibilityFallbackHandler")
    owned = place(chain.compiled("Owned", proxy))
    singleton = f"0x{int(chain.ask('eth_getStorageAt', proxy, '0x0', 'latest'), 16):040x}"
    code = {one: chain.ask("eth_getCode", one, "latest") for one in (proxy, singleton)}

    def stored(slot: int, word: int) -> tuple[str, str, str, str]:
        return "anvil_setStorageAt", proxy, f"0x{slot:064x}", f"0x{word:064x}"

    for change, known in (
        (("anvil_mine", "0x1"), "Safe 1.4.1"),
        (stored(HANDLER_SLOT, int(handler.address, 16)), "Safe 1.4.1"),
        (stored(GUARD_SLOT, EVE), "Safe 1.4.1"),
        (stored(HANDLER_SLOT, int(owned, 16)), None),
        (stored(MODULE, 1), None),
        (stored(OWNER, 1), None),
        (stored(0, int(bare.address, 16)), None),
        (("anvil_setCode", singleton, code[singleton] + "00"), None),
        (("anvil_setCode", proxy, code[proxy] + "00"), None),
    ):
        before = chain.ask("evm_snapshot")
        chain.ask(*change)
        assert said(chain, owned=owned).get((place(safe), "proved")) == known, change
        assert chain.ask("evm_revert", before)


def test_the_root_of_a_storage_is_that_of_the_node(chain: Anvil) -> None:
    some = str(chain.compiled("Bare").address)
    words = {slot: (1 << slot % 250) + slot for slot in range(60)}
    for count, (slot, word) in enumerate(words.items()):
        if count in (0, 1, 2):
            chain.finalize()
            assert pinned(chain.url).storage(some) == root(dict(list(words.items())[:count]))
        chain.ask("anvil_setStorageAt", some, f"0x{slot:064x}", f"0x{word:064x}")
    chain.finalize()
    found = pinned(chain.url).storage(some)
    assert found == root(words | {1000: 0})
    assert found != root(words | {1000: 1})


def test_a_key_that_borrows_code_is_a_key(chain: Anvil) -> None:
    """EIP-7702: the account signs that a contract's code may act for it."""
    eve, code = chain.accounts[8].lower(), chain.compiled("Owned", chain.accounts[0])
    chain.ask("anvil_setCode", eve, "0xef0100" + place(code)[2:])
    owned = chain.compiled("Owned", chain.accounts[8])
    assert found(chain, owned=place(owned)) == {"owned": {"owner": (eve,)}, eve: {}}
    told = said(chain, owned=place(owned))
    assert (told[eve, "account"], told[eve, "delegated"]) == ("key", place(code))


@each(("code", "key"), [(b"", True), (b"\xef\x01\x00" + bytes(20), True), (b"\xef\x01\x00", False), (b"\1", False)])
def test_what_has_code_of_its_own_is_no_key(code: bytes, key: bool) -> None:
    assert is_key(code) == key


def slots(chain: Anvil, contract: str, **words: int) -> None:
    for name, word in words.items():
        chain.ask("anvil_setStorageAt", contract, hex(PROXY_SLOTS[name]), f"0x{word:064x}")


def test_code_that_nobody_known_can_replace_has_unknown_keys(chain: Anvil) -> None:
    roles = chain.compiled("Bare")
    slots(chain, roles.address, implementation=0xC0DE)
    assert found(chain, it=place(roles)) == {"it": {"unknown": (place(roles),)}}
    slots(chain, roles.address, proxy_admin=0xABBA)
    assert found(chain, it=place(roles))["it"] == {"proxy_admin": (f"0x{0xABBA:040x}",)}


def test_a_beacon_and_an_admin_of_old_proxies_are_found(chain: Anvil) -> None:
    bare, beacon = chain.compiled("Bare"), chain.compiled("Owned", chain.accounts[2])
    slots(chain, bare.address, beacon=int(beacon.address, 16), old_proxy_admin=0xABBA, old_implementation=0xC0DE)
    held = found(chain, it=place(bare))
    assert held["it"] == {"proxy_admin": (f"0x{0xABBA:040x}",), "beacon": (place(beacon),)}
    assert held[place(beacon)] == {"owner": (chain.accounts[2].lower(),)}


def test_whoever_a_contract_names_in_other_words_is_found(chain: Anvil) -> None:
    named = chain.compiled("Named", *chain.accounts[1:6])
    powers: dict[str, Any] = found(chain, it=place(named))["it"]
    expected = zip(("minter", "manager", "governor", "timelock", "controller"), chain.accounts[1:6], strict=True)
    assert powers == {power: (account.lower(),) for power, account in expected}


def test_roles_whose_history_is_not_read_to_its_end_have_unknown_holders(
    chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = chain.compiled("Roles")
    chain.finalize()
    monkeypatch.setattr("ingest.evm.keys.ANSWERS_A_RUN", 0)
    assert found(chain, it=place(roles))["it"] == {"unknown": (place(roles),)}


def test_whoever_claims_endless_members_hides_no_other_and_has_unknown_keys(chain: Anvil) -> None:
    # Answers 1000 to whatever it is asked: PUSH2 1000, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.
    liar = "0x" + "66" * 20
    chain.ask("anvil_setCode", liar, "0x6103e85f5260205ff3")
    honest = chain.compiled("Owned", chain.accounts[7])
    held = found(chain, liar=liar, honest=place(honest))
    assert held["liar"]["unknown"] == (liar,)
    assert held["honest"] == {"owner": (chain.accounts[7].lower(),)}
