"""A token and the keys to it, read from contracts whose answers stand here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode
from urllib3.util import Retry

from ingest.doctor import examined
from ingest.evm.holders import token_holders
from ingest.evm.logs import NOBODY
from ingest.evm.node import EvmChain, EvmNode
from ingest.job import read_network
from ingest.transport import Http
from store.faults import BadData
from store.landing import Landing
from store.rows import Facts
from tests.ingest.evm.test_node import NOW
from tests.worlds.evm_contracts import Contracts, asked, contract, view
from tests.worlds.evm_node import Shelf
from tests.worlds.evm_provider import Provider, error, transfer
from tests.worlds.made_up import DEAD, NETWORK
from tests.worlds.made_up import TOKEN as MADE_UP
from tests.worlds.memo import no_memo
from tests.worlds.servers import Reply, serving

SAFE, *OWNERS = (f"0x{place:040x}" for place in (0xE1, 0xA1, 0xA2, 0xA3))
SENDER = f"0x{9:040x}"
HOLDERS = {f"0x{place:040x}": 10 * place for place in range(1, 5)}


def balances(amounts: dict[str, int]) -> list[tuple[bytes, bytes]]:
    return [view("uint256", amount, "balanceOf(address)", holder) for holder, amount in amounts.items()]


MODULES = asked("getModulesPaginated(address,uint256)", f"0x{1:040x}", 10)
NO_MODULE = encode(["address[]", "address"], [[], f"0x{1:040x}"])
CONTRACTS = {
    MADE_UP: contract(
        view("uint256", 100, "totalSupply()"),
        view("address", SAFE, "owner()"),
        *balances({**HOLDERS, DEAD: 0, NOBODY: 0, SENDER: 0}),
    ),
    SAFE: contract(
        view("address[]", OWNERS, "getOwners()"), view("uint256", 2, "getThreshold()"), (MODULES, NO_MODULE)
    ),
}
MOVES = [transfer(place, 0, int(SENDER, 16), place, 7, address=MADE_UP) for place in range(1, 5)]


@pytest.fixture
def chain() -> Iterator[EvmChain]:
    with serving(Contracts(CONTRACTS, Provider(logs=MOVES))) as url:
        yield EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW)


def head(chain: EvmChain) -> EvmNode:
    return chain.head(Http(per_second=100_000, patience=Retry(0)), chain.endpoints)


def test_a_network_of_a_token_is_read_whole(chain: EvmChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, landing = replace(NETWORK, chain=chain), Landing(tmp_path)
    ranked = {"items": [{"address": {"hash": holder}, "value": "1"} for holder in HOLDERS], "next_page_params": None}
    with serving(lambda _: Reply(ranked)) as explorer, Http(100_000, Retry(0)) as http:
        monkeypatch.setenv("EIP155_1_EXPLORER_URL", explorer)
        told = read_network(network, network.readings, http, landing, lambda _: None)
    assert [(one.reading, one.message) for one in told] == [(one.name, "") for one in network.readings]
    rows = {
        name: next(iter(landing.between("made_up", "eip155:1", name, -1, 10**9).values()))
        for name in ("supply", "control", "control_state", "holders")
    }
    assert dict(rows["holders"].select("holder", "amount").rows()) == HOLDERS
    assert dict(rows["supply"].select("name", "exact").rows()) == {"total_supply": "100", "dead_locked": "0"}
    keys = set(rows["control"].select("population", "holder").rows())
    assert keys == {("token/owner", SAFE)} | {(f"{SAFE}/signers", owner) for owner in OWNERS}
    states = {
        (name, subject): exact
        for name, subject, exact in rows["control_state"].select("name", "subject", "exact").rows()
    }
    assert states["threshold", SAFE] == "2"
    assert {states["account", owner] for owner in OWNERS} == {"key"}


def test_holders_are_those_whom_transfers_name_with_what_the_token_says(chain: EvmChain) -> None:
    read = token_holders(MADE_UP, since=0)
    facts: Facts = read(head(chain), no_memo)
    found = dict(facts.rows.select("holder", "amount").rows())
    assert {holder: int(amount) for holder, amount in found.items()} == HOLDERS
    assert facts.reported == {"holders": 100}


def test_holders_are_read_by_the_days_of_their_chain_from_its_first_block(chain: EvmChain) -> None:
    fast = replace(chain, day=4_000, since=1)
    shelf = Shelf()
    token_holders(MADE_UP)(head(fast), shelf)
    assert shelf.made == ["final-transfers-4000-7999", "final-transfers-1-3999"]


def test_the_doctor_tells_endpoints_that_keep_no_state_of_their_final_block(
    chain: EvmChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a full node of a rollup refuses: its final block is older than the 128 whose state it keeps."""
    pruned = Provider(mood=lambda _, method: error(-32000, "missing trie node") if method == "eth_call" else None)
    with serving(pruned) as url, Http(100_000, Retry(0)) as http:
        monkeypatch.setenv("MADE_UP_URL", f"{chain.endpoints[0]},{url}")
        kept, dropped = examined(replace(NETWORK, chain=chain), http)
    assert kept.usable
    assert not dropped.usable
    assert "keeps no state of its final block 10000" in dropped.said
    assert "missing trie node" in dropped.said


def test_a_replay_that_does_not_add_up_is_refused(chain: EvmChain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIP155_1_ARCHIVE_URL", chain.endpoints[0])
    with pytest.raises(BadData, match="minted less burned is 0, totalSupply is 100"):
        token_holders(MADE_UP)(head(chain), no_memo)
