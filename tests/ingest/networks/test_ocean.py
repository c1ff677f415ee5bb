"""Ocean and the conversion of its token: contracts at their addresses on a real node, read by the network's readings.

The conversion is a contract of ours that keeps the published one's rule; locks are those of Ocean's own package.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.evm.ethereum import ETHEREUM
from ingest.evm.governance import lockers
from ingest.evm.logs import Logs
from ingest.evm.node import EvmChain, EvmNode
from ingest.networks import ocean
from ingest.networks.ocean import DEAD, ESCROW, FET, LOCKS, MERGED, MIGRATOR, NETWORK, OCEAN, WHOLE
from ingest.transport import Http
from store.faults import SourceChanged, SourceDown
from store.rows import Facts
from tests.worlds.evm_node import Anvil, Shelf, at_their_places

if TYPE_CHECKING:
    from web3.contract import Contract

READINGS = {reading.name: reading for reading in NETWORK.readings}
RATE = MERGED[0].rate
# What was minted for the conversion, and what three converted: a Safe of two of three, and two keys.
HELD = 1_000_000 * WHOLE
SAFE_GIVES, OTHERS = 661_000 * WHOLE, (7 * WHOLE, 3)
# Where some sent OCEAN that made no FET of it.
SENT = 5 * WHOLE


def test_its_contracts_are_those_of_the_projects_own_list(shared: Path) -> None:
    told = json.loads((shared / "evm" / "contracts.json").read_text())
    listed = [*told["ocean_and_asi_migration"]["contracts"], *told["cudos"]["contracts"]]
    known = {one["lower"] for one in listed if one["chain_id"] == 1}
    assert {OCEAN, ESCROW, MIGRATOR, FET, *(one.address for one in MERGED)} <= known
    events = told["ocean_and_asi_migration"]["abi"]
    topics = {one["topic0"] for of in events.values() for one in of if one["kind"] == "event"}
    assert {ocean.MIGRATED, LOCKS.deposited} <= topics


def test_what_was_minted_is_each_token_by_its_rate() -> None:
    """866,700,367 for AGIX and 610,849,199 for OCEAN make the 1,477,549,566 of the announcement of 2024-05-03."""
    by_symbol = {one.symbol: one for one in MERGED}
    of_alliance = by_symbol["OCEAN"].minted + by_symbol["AGIX"].minted
    assert of_alliance == 1_477_549_566 * WHOLE
    assert ocean.BEFORE + of_alliance == 2_630_547_141 * WHOLE
    # All of OCEAN's cap, and 118.344 CUDOS for one FET.
    assert 1_410_000_000 * by_symbol["OCEAN"].rate // WHOLE == 610_848_660
    assert 0 <= WHOLE - by_symbol["CUDOS"].rate * 118_344 // 1_000 < 119, "cut to a whole base unit"


@dataclass(frozen=True)
class Ethereum:
    node: Anvil
    safe: str
    owners: list[str]
    contracts: dict[str, Contract]


def deployed(kind: str, *, to: str = FET) -> Callable[[Anvil], Mapping[str, Contract]]:
    """The tokens and the conversion, which is a clone as the published one makes them."""

    def made(node: Anvil) -> Mapping[str, Contract]:
        coins = {
            one.address: node.compiled("Coin", one.symbol, len(str(one.whole)) - 1, 10**9 * one.whole) for one in MERGED
        }
        from web3.logs import DISCARD

        model = node.compiled(kind)
        (event,) = model.events.Cloned().process_receipt(node.send(model.functions.clone()), DISCARD)
        clone: Contract = node.w3.eth.contract(event["args"]["made"], abi=model.abi)
        place = node.w3.to_checksum_address
        node.send(clone.functions.initialize(place(OCEAN), place(to), RATE, place(DEAD)))
        return {**coins, FET: node.compiled("Coin", "FET", 18, 2 * 10**9 * WHOLE), MIGRATOR: clone}

    return made


@pytest.fixture(scope="module")
def ethereum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ethereum]:
    with at_their_places(tmp_path_factory.mktemp("ethereum"), deployed("Migrator")) as (node, contracts):
        token, migrator = contracts[OCEAN], contracts[MIGRATOR]
        node.send(contracts[FET].functions.transfer(migrator.address, HELD))
        safe = node.safe(node.accounts[4:7], 2)
        givers = ((str(safe.address), SAFE_GIVES), *zip(node.accounts[1:3], OTHERS, strict=True))
        node.ask("anvil_impersonateAccount", safe.address)
        node.ask("anvil_setBalance", safe.address, hex(10**20))
        for who, amount in givers:
            node.send(token.functions.transfer(who, amount))
            for call in (token.functions.approve(migrator.address, amount), migrator.functions.migrateTokens(amount)):
                sent = call.transact({"from": who, "gas": 1_000_000})
                assert node.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)["status"] == 1
        node.send(token.functions.transfer(node.w3.to_checksum_address(DEAD), SENT))
        fet = contracts[FET]
        for receiver, amount in ((7, 90_000 * WHOLE), (8, 5), (8, 7)):
            sent = fet.functions.transfer(node.accounts[receiver], amount).transact({"from": safe.address})
            assert node.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)["status"] == 1
        node.send(fet.functions.transfer(node.accounts[8], 1))
        node.finalize()
        yield Ethereum(node, str(safe.address).lower(), [one.lower() for one in node.accounts[4:7]], contracts)


@pytest.fixture
def node(ethereum: Ethereum, monkeypatch: pytest.MonkeyPatch) -> EvmNode:
    return pinned(ethereum.node, monkeypatch)


def pinned(node: Anvil, monkeypatch: pytest.MonkeyPatch) -> EvmNode:
    """The newest final block; a local chain is younger than the merge."""
    monkeypatch.setattr(ocean, "ETHEREUM", replace(ETHEREUM, since=0))
    return EvmChain("eip155:1", (node.url,), pauses=()).head(Http(per_second=10_000), (node.url,))


def read(name: str, node: EvmNode) -> Facts:
    facts = READINGS[name].facts(node, Shelf(), list)
    NETWORK.check(READINGS[name], facts)
    return facts


def told(facts: Facts) -> dict[tuple[str, str], str]:
    return {(name, who): exact for name, who, exact in facts.rows.select("name", "subject", "exact").iter_rows()}


@pytest.mark.slow
def test_what_is_left_and_what_came_are_what_the_contracts_say(node: EvmNode) -> None:
    found = told(read("migration", node))
    paid = sum(amount * RATE // WHOLE for amount in (SAFE_GIVES, *OTHERS))
    assert {who for (name, who), said in found.items() if name == "proof" and said == "proved"} == {
        MIGRATOR,
        *(one.address for one in MERGED),
    }
    assert found["left", MIGRATOR] == str(HELD - paid)
    assert found["conversion_ratio", MIGRATOR] == found["stated_rate", OCEAN] == str(RATE)
    assert found["burn_address", MIGRATOR] == DEAD
    assert (found["old_token_burnable", MIGRATOR], found["recoverable", MIGRATOR]) == ("false", "false")
    assert ("paused", MIGRATOR) not in found
    assert found["old_burned", OCEAN] == str(SAFE_GIVES + sum(OTHERS) + SENT)
    assert found["old_supply", MERGED[1].address] == str(10**17), "eight decimals"


@pytest.mark.slow
def test_converters_are_those_of_the_events_and_the_rest_of_what_was_burned_is_told(
    node: EvmNode, ethereum: Ethereum
) -> None:
    facts = read("converters", node)
    keys = [account.lower() for account in ethereum.node.accounts[1:3]]
    assert {who: int(amount) for _, who, amount in facts.rows.iter_rows()} == {
        ethereum.safe: SAFE_GIVES,
        **dict(zip(keys, OTHERS, strict=True)),
    }
    assert facts.reported["converters"] - sum(facts.rows["amount"].to_list()) == SENT


@pytest.mark.slow
def test_the_largest_conversion_has_its_block_and_its_time_and_who_signs_for_it(
    node: EvmNode, ethereum: Ethereum
) -> None:
    rows = read("conversions", node).rows
    found = rows.filter(subject=ethereum.safe)
    said = dict(found.select("name", "exact").iter_rows())
    assert (said["conversion"], said["conversion_got"]) == (str(SAFE_GIVES), str(SAFE_GIVES * RATE // WHOLE))
    block = ethereum.node.w3.eth.get_block(int(said["conversion_block"]))
    (time,) = found.filter(name="conversion")["time"]
    assert time == datetime.fromtimestamp(block["timestamp"], UTC)
    assert (said["threshold"], said["version"]) == ("2", "1.4.1")
    assert sorted(rows.filter(name="signer")["subject"]) == sorted(ethereum.owners)
    assert rows.filter(name="converted")["exact"].to_list()[-1] == str(SAFE_GIVES + sum(OTHERS))
    assert rows.filter(name="unread_blocks")["exact"].to_list() == ["0"]


@pytest.mark.slow
def test_what_the_largest_converter_sent_since_is_told_of_it_alone(node: EvmNode, ethereum: Ethereum) -> None:
    rows = read("conversions", node).rows
    said = told(Facts(rows))
    assert said["sent_total", ethereum.safe] == str(90_000 * WHOLE + 12)
    assert (said["sent_to", ethereum.safe], said["sent_unread_blocks", ethereum.safe]) == ("2", "0")
    accounts = [account.lower() for account in ethereum.node.accounts]
    sent: dict[str, int] = defaultdict(int)
    for receiver, amount in rows.filter(name="sent").select("subject", "exact").iter_rows():
        sent[receiver] += int(amount)
    assert sent == {accounts[7]: 90_000 * WHOLE, accounts[8]: 12}


@pytest.mark.slow
def test_a_version_out_of_which_somebody_can_take_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_their_places(tmp_path, deployed("Recoverable")) as (chain, _):
        chain.finalize()
        found = told(read("migration", pinned(chain, monkeypatch)))
    assert (found["recoverable", MIGRATOR], found["paused", MIGRATOR]) == ("true", "false")


@pytest.mark.slow
def test_an_address_that_proves_to_be_something_else_stops_its_readings_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_their_places(tmp_path, deployed("Migrator", to=OCEAN)) as (chain, _):
        chain.finalize()
        node = pinned(chain, monkeypatch)
        found = told(read("migration", node))
        assert found["proof", MIGRATOR] == "not proved: its new token is another"
        assert found["proof", OCEAN] == "proved"
        assert ("left", MIGRATOR) not in found
        for name in ("converters", "conversions"):
            with pytest.raises(SourceChanged, match="is not proved: its new token is another"):
                read(name, node)


@pytest.mark.slow
def test_an_event_that_is_not_by_the_contracts_own_rate_is_refused(
    node: EvmNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Any = EvmNode.logs
    shelf = Shelf()

    def a_unit_more(of: EvmNode, *asked: Any) -> Any:
        def cheated(logs: Logs) -> Any:
            more = [f"{data[:-1]}{(int(data[-1], 16) + 1) % 16:x}" for data in logs.data]
            return read_as(replace(logs, data=more))

        *before, read_as = asked
        return whole(of, *before, cheated)

    monkeypatch.setattr(EvmNode, "logs", a_unit_more)
    with pytest.raises(SourceDown, match="not by its own rate"):
        READINGS["converters"].facts(node, shelf, list)
    assert not shelf.kept, "nothing of it is kept"


# --- locks, by the code that Ocean published --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(find_spec("artifacts") is None, reason="ocean-contracts is not installed")
def test_what_is_locked_adds_up_to_the_unit_and_stays_when_its_power_is_gone(tmp_path: Path) -> None:
    tokens: list[Contract] = []

    def locks(node: Anvil) -> Mapping[str, Contract]:
        # It keeps the address of its token, which stays where it was made.
        tokens.append(node.compiled("Coin", "OCEAN", 18, 10**9 * WHOLE))
        made = json.loads((files("artifacts") / "veOCEAN.json").read_text())
        return {ESCROW: node.deploy(made["abi"], made["bytecode"], tokens[0].address, "veOCEAN", "veOCEAN", "1")}

    week = 7 * 86_400
    with at_their_places(tmp_path, locks) as (chain, contracts):
        escrow = contracts[ESCROW]
        token = chain.w3.eth.contract(tokens[0].address, abi=tokens[0].abi)
        now = chain.w3.eth.get_block("latest")["timestamp"]
        for place, weeks in enumerate((4, 52, 200), start=1):
            chain.send(token.functions.transfer(chain.accounts[place], 1_000 * WHOLE))
            chain.send(token.functions.approve(escrow.address, 1_000 * WHOLE), sender=place)
            chain.send(escrow.functions.create_lock(place * 100 * WHOLE, now + weeks * week), sender=place)
        chain.send(escrow.functions.increase_amount(7), sender=2)
        chain.ask("evm_increaseTime", 60 * week)
        chain.finalize()
        newest = datetime.fromtimestamp(chain.w3.eth.get_block("latest")["timestamp"], UTC)
        years_on = EvmChain("eip155:1", (chain.url,), pauses=(), clock=lambda: newest)
        node = years_on.head(Http(per_second=10_000), (chain.url,))
        facts = lockers(replace(LOCKS, since=0))(node, Shelf())
        left = [escrow.functions.balanceOf(chain.accounts[place]).call() for place in (1, 2, 3)]
    held = {who: int(amount) for _, who, amount in facts.rows.iter_rows()}
    assert sorted(held.values()) == [100 * WHOLE, 200 * WHOLE + 7, 300 * WHOLE]
    assert facts.reported == {"lockers": sum(held.values())}
    assert left[:2] == [0, 0]
    assert left[2] > 0
