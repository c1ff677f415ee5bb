"""Vana: stand-ins of our own at its contracts' places on a real node, read by its own readings.

Its contracts are in no package: those here are invented, and answer in the shapes of both their versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from urllib3.util import Retry

from ingest.evm.holders import EXPLORER_PAGES
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmChain, EvmNode
from ingest.evm.provider import Provider as Asked
from ingest.evm.roles import ROLES, from_logs
from ingest.evm.vana import VANA
from ingest.network import DAILY, HOURLY, Reading
from ingest.networks.vana import (
    CONTRACTS,
    DEPOSIT,
    ENTITIES,
    EPOCHS,
    LOCKED,
    NETWORK,
    REGISTRY,
    REWARDS,
    REWARDS_TREASURY,
    STAKING,
    TREASURY,
)
from ingest.transport import Http
from ingest.vana.validators import DAYS
from store.faults import BadData, SourceChanged, SourceDown
from store.rows import Facts
from tests.ingest.evm.test_node import NOW
from tests.worlds.evm_contracts import Contracts, contract, view
from tests.worlds.evm_node import Anvil, Shelf, anvil, at_their_places, compiled, gated
from tests.worlds.evm_provider import Provider
from tests.worlds.servers import Reply, Request, serving

if TYPE_CHECKING:
    from web3.contract import Contract

READINGS = {reading.name: reading for reading in NETWORK.readings}
# In an hour, and in a day, in which nothing happened.
AN_HOUR, A_DAY = 60, 500
HOSTILE = (b"nan", b"1e9", b"inf", b"=cmd|' /C calc'!A0", b"\xff\xfe\0", b"x" * 5_000)
KEYS = [bytes([number]) * 48 for number in (1, 2, 3)]


@dataclass(frozen=True)
class Place:
    """The chain with everybody on it; stand-ins by the address at which they are."""

    node: Anvil
    contracts: Mapping[str, Contract]
    safe: str

    @property
    def accounts(self) -> list[str]:
        return [account.lower() for account in self.node.accounts]

    def send(self, place: str, function: str, *arguments: object) -> None:
        self.node.send(self.contracts[place].functions[function](*arguments))

    def pinned(self, **changed: object) -> EvmNode:
        """Our own client at the newest final block, as which everything of before counts."""
        self.node.finalize()
        return pinned(self.node.url, **changed)


def pinned(url: str, **changed: object) -> EvmNode:
    chain: EvmChain = replace(VANA, endpoints=(url,), pauses=(), to_finality=64, **changed)  # type: ignore[arg-type]
    return chain.head(Http(per_second=10_000), (url,))


def read(reading: str, node: EvmNode, shelf: Shelf | None = None) -> Facts:
    one: Reading[EvmNode] = READINGS[reading]
    memo = shelf or Shelf()
    facts = one.facts(node, memo, lambda: [READINGS["control"].facts(node, memo, list).rows])
    NETWORK.check(one, facts)
    return facts


def held(facts: Facts) -> dict[str, dict[str, int]]:
    """Amounts by population and holder."""
    found: dict[str, dict[str, int]] = {}
    for row in facts.rows.to_dicts():
        found.setdefault(row["population"], {})[row["holder"]] = int(row["amount"])
    return found


def told(facts: Facts) -> dict[tuple[str, str], str]:
    return {(name, subject): said for name, subject, said in facts.rows.select("name", "subject", "exact").iter_rows()}


def deployed(safes: list[str], node: Anvil) -> Mapping[str, Contract]:
    """What is read of them stands in no package: a contract of ours at the place of each, and a Safe, two of three."""
    safes.append(str(node.safe(node.accounts[4:7], 2).address))
    made = {
        STAKING: "Stakes",
        ENTITIES: "Entities",
        TREASURY: "Vault",
        REGISTRY: "Registry",
        EPOCHS: "Epochs",
        REWARDS: "Epochs",
        REWARDS_TREASURY: "Vault",
        DEPOSIT: "Deposits",
    }
    return {place: node.compiled(name, folder="pools") for place, name in made.items()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Each contract's admin is the Safe, beside the key that began it."""
    folder, safes, gas = tmp_path_factory.mktemp("vana"), list[str](), ("--gas-limit", "300000000")
    moved = at_their_places(folder, partial(deployed, safes), *gas, chain=1480)
    with moved as (node, contracts):
        node.ask("anvil_setCode", VANA.multicall, compiled()["Calls"]["runtime"])
        one = Place(node, contracts, safes[0].lower())
        for address in contracts.keys() - {DEPOSIT}:
            one.send(address, "begin", safes[0])
        yield one


# --- stakes -----------------------------------------------------------------------------------------------------------


def staked(place: Place, version: int) -> EvmNode:
    """Ada and Ben have shares of two entities that are worth more than a unit each, Cam of one."""
    ada, ben, cam = place.node.accounts[:3]
    for contract_ in (STAKING, ENTITIES):
        place.send(contract_, "upgrade", version)
    if not place.contracts[STAKING].functions.activeStakersListCount().call():
        for who, number, shares in ((ada, 1, 10), (ben, 1, 20), (cam, 2, 7)):
            place.send(STAKING, "put", who, number, shares)
        place.send(STAKING, "change", ada, 2, 3)
        for number, name, pool, shares in ((1, b"nan", 100, 30), (2, b"=1e9 \xff\0", 11, 10), (3, b"", 0, 0)):
            place.send(ENTITIES, "put", number, name, pool, shares)
    return place.pinned()


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
def test_shares_of_either_version_are_worth_their_part_of_what_an_entity_holds(place: Place, version: int) -> None:
    """One word a stake, or five. Of 100 for 30 shares 33 and 66 are told: a unit is lost to rounding."""
    ada, ben, cam = place.accounts[:3]
    facts = read("stakers", staked(place, version))
    assert held(facts) == {
        "entity:1/stakers": {ada: 33, ben: 66},
        "entity:2/stakers": {ada: 3, cam: 7},
        "stakers": {ada: 36, ben: 66, cam: 7},
    }
    assert facts.reported == {"entity:1/stakers": 100, "entity:2/stakers": 11, "stakers": 111}
    assert held(read("entities", place.pinned())) == {"entities": {"entity:1": 100, "entity:2": 11}}


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
def test_names_that_look_like_numbers_are_names(place: Place, version: int) -> None:
    facts = read("staking", staked(place, version))
    found = told(facts)
    assert [found["entity_name", f"entity:{number}"] for number in (1, 2, 3)] == ["nan", "=1e9 \ufffd\ufffd", ""]
    assert facts.rows.filter(name="entity_name")["value"].to_list() == [None] * 3
    assert found["entity_rewards_left", "entity:1"] == "7"
    assert (found["active_stakers", ""], found["staking_version", ""]) == ("3", str(version))
    assert ("bonding_period", "") in found or version == 1


@pytest.mark.slow
def test_shares_that_are_not_all_there_are_refused(place: Place) -> None:
    """A staker whom the list leaves out, and a version of which nobody has read what its words are."""
    dee = place.node.accounts[3]
    staked(place, 2)
    place.send(STAKING, "change", dee, 2, 1)
    place.send(ENTITIES, "put", 2, b"two", 12, 11)
    with pytest.raises(BadData, match="entity:2 has 11 shares, its stakers 10"):
        read("stakers", place.pinned())
    place.send(STAKING, "change", dee, 2, 0)
    place.send(ENTITIES, "put", 2, b"=1e9 \xff\0", 11, 10)
    place.send(STAKING, "upgrade", 9)
    assert read("stakers", place.pinned()).reported["stakers"] == 111, "its first words add up to all shares"
    place.send(STAKING, "change", dee, 1, 0)


# --- data pools and rewards -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rewarded(place: Place) -> Place:
    """Six data pools with hostile names, two eligible; an epoch that is closed and one that is not; two payments."""
    for number, name in enumerate(HOSTILE):
        place.send(REGISTRY, "put", name, place.node.accounts[number % 2], 2 if number < 3 else 1)
    for number, reward, closed in ((1, 900, True), (2, 1_000, True), (3, 1_000, False)):
        place.send(EPOCHS, "put", number, reward, closed)
    for number, reward, penalty, bonus in ((1, 600, 10, 0), (2, 400, 0, 7)):
        place.send(EPOCHS, "write", 2, number, reward, penalty, bonus)
    place.send(REWARDS, "pay", 2, 1, 1, 60, 60)
    place.send(REWARDS, "pay", 2, 2, 1, 40, 30)
    place.send(REWARDS, "pay", 2, 1, 2, 60, 55)
    return place


@pytest.mark.slow
def test_data_pools_are_counted_by_owner_and_their_names_stay_text(rewarded: Place) -> None:
    ada, ben = rewarded.accounts[:2]
    node = rewarded.pinned()
    assert held(read("pools", node)) == {"owners": {ada: 2, ben: 1}}
    facts = read("directory", node)
    found = told(facts)
    assert [found["pool_name", f"pool:{number}"] for number in range(1, 7)] == [
        "nan",
        "1e9",
        "inf",
        "=cmd|' /C calc'!A0",
        "\ufffd\ufffd\ufffd",
        "x" * 200,
    ]
    assert facts.rows.filter(name="pool_name")["value"].drop_nulls().is_empty()
    assert (found["pools", ""], found["pools_eligible", ""], found["pools_registered", ""]) == ("6", "3", "3")
    assert ("pool_token", "pool:1") not in found, "it has none"


@pytest.mark.slow
def test_what_was_used_of_each_payment_was_paid_by_pool_and_owner(rewarded: Place) -> None:
    """Of 160 that were sent 145 found a buyer: the rest went back."""
    ada, ben = rewarded.accounts[:2]
    facts = read("rewards", rewarded.pinned())
    assert held(facts) == {"pools": {"pool:1": 115, "pool:2": 30}, "owners": {ada: 115, ben: 30}}
    assert facts.since is not None


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
def test_rewards_of_the_newest_closed_epoch_are_told_as_keys_wrote_them(rewarded: Place, version: int) -> None:
    rewarded.send(EPOCHS, "upgrade", version)
    found = told(read("epochs", rewarded.pinned()))
    assert (found["epoch", ""], found["epoch_reward", ""], found["epochs", ""]) == ("2", "1000", "3")
    written = {key: said for key, said in found.items() if key[0].startswith("written_")}
    rewards = {("written_reward", "pool:1"): "600", ("written_reward", "pool:2"): "400"}
    if version == 1:
        assert written == rewards
    else:
        assert written.items() >= rewards.items()
        assert (written["written_penalty", "pool:1"], written["written_bonus", "pool:2"]) == ("10", "7")


# --- keys and validators ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_roles_are_those_that_contracts_have_now_with_the_multisig_behind_them(place: Place) -> None:
    me, ada, ben = place.accounts[:3]
    place.send(STAKING, "flip", ROLES["maintainer"], place.node.accounts[1], 1)
    place.send(REWARDS_TREASURY, "flip", ROLES["custodian"], place.node.accounts[1], 2)
    place.send(REWARDS_TREASURY, "flip", ROLES["custodian"], place.node.accounts[2], 3)
    found = held(read("control", place.pinned()))
    assert set(found["staking/admin"]) == set(found["treasury/admin"]) == {me, place.safe}
    assert set(found["staking/maintainer"]) == {ada}
    assert set(found["rewards_treasury/custodian"]) == {ben}, "granted and revoked in one block is revoked"
    assert set(found[f"{place.safe}/signers"]) == set(place.accounts[4:7])
    assert set(found["validators/owner"]) == {me}
    assert not [name for name in found if name.endswith("/unknown")]
    # Of contracts that stand nowhere there are no keys.
    assert not [name for name in found if name.startswith(("performance/", "pools_treasury/"))]


@pytest.mark.slow
def test_keys_are_allowed_to_validate_as_the_contract_says_now(place: Place) -> None:
    ada = place.accounts[1]
    to_ada = bytes([1]) + bytes(11) + bytes.fromhex(ada[2:])
    for key in KEYS[:2]:
        place.send(DEPOSIT, "allow", key)
    place.send(DEPOSIT, "deposit", KEYS[0], to_ada)
    place.send(DEPOSIT, "refuse", KEYS[1])
    place.send(DEPOSIT, "open", True)
    place.send(DEPOSIT, "deposit", KEYS[2], bytes(32))
    place.send(DEPOSIT, "open", False)
    found = told(read("validators", place.pinned()))
    names = [f"validator:{key.hex()}" for key in KEYS]
    assert found["restricted", ""] == "true"
    assert (found["deposits", ""], found["unread_blocks", ""]) == ("2", "0")
    assert [found["validator_allowed", name] for name in names] == ["true", "false", "false"]
    assert [found["validator_deposited", name] for name in names] == ["true", "false", "true"]
    assert found["validator_pays", names[0]] == ada
    assert ("validator_pays", names[2]) not in found, "that is a key of the consensus layer"


@pytest.mark.slow
def test_what_one_run_does_not_read_is_told_and_read_by_the_next(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.vana.validators.ANSWERS_A_RUN", 2)
    # Stretches of so many blocks that there are ten at least, whatever other tests have sent before.
    place.node.ask("anvil_mine", hex(10 * DAYS))
    node, shelf = place.pinned(day=1), Shelf()
    unread = [int(told(read("validators", node, shelf))["unread_blocks", ""]) for _ in range(3)]
    assert unread[0] > unread[1] > unread[2]


@pytest.mark.slow
def test_a_place_where_no_deposit_contract_stands_costs_that_reading_alone() -> None:
    with anvil("--chain-id", "1480") as node:
        node.ask("anvil_setCode", VANA.multicall, compiled()["Calls"]["runtime"])
        node.finalize()
        chain = pinned(node.url)
        with pytest.raises(SourceChanged, match="does not answer restricted"):
            read("validators", chain)
        assert set(told(read("supply", chain)).values()) == {"0"}
        assert read("control", chain).empty


# --- the chain's own coin ---------------------------------------------------------------------------------------------


def explorer(holders: list[str], total: str | None, page: int, request: Request) -> Reply:
    """An explorer that ranks holders, so many on a page."""
    start = int(request.params.get("items_count", "0"))
    items = [{"hash": holder, "coin_balance": "1"} for holder in holders[start : start + page]]
    following = {"items_count": start + page} if start + page < len(holders) else None
    return Reply({"items": items, "next_page_params": following, "total_supply": total})


def has_at(account: str, height: int, provider: Asked) -> int:
    return provider.balance(account, height)


@pytest.mark.slow
def test_holders_of_the_coin_have_what_the_chain_says(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The explorer is invented; its total is one that balances contradict, none at all, or one that may be."""
    nobody, node = f"0x{5:040x}", place.pinned()
    has = {account: node.ask(partial(has_at, account, node.block.height)) for account in place.accounts}
    for total, error in (("1", BadData), (None, SourceDown), ("NaN", SourceDown), ("1000000", None)):
        with serving(partial(explorer, [*place.accounts, nobody], total, 50)) as url:
            monkeypatch.setenv("EIP155_1480_EXPLORER_URL", url)
            if error:
                with pytest.raises(error):
                    read("holders", node)
                continue
            facts = read("holders", node)
    assert held(facts) == {"holders": has}
    assert facts.reported == {"holders": 10**24}


@pytest.mark.slow
def test_an_explorer_whose_largest_hold_nothing_is_not_believed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invented one, which ranks the accounts of another chain too; the next is asked."""
    strangers = [f"0x{number:040x}" for number in range(1, 4)]
    ranks = (
        partial(explorer, [*place.accounts, *strangers], "1000000", 50),
        partial(explorer, place.accounts, "7", 50),
    )
    with serving(ranks[0]) as wrong, serving(ranks[1]) as other:
        monkeypatch.setenv("EIP155_1480_EXPLORER_URL", wrong)
        with pytest.raises(SourceDown, match="ranks 13 holders of the coin, of whom 10 hold some"):
            read("holders", place.pinned())
        monkeypatch.setenv("EIP155_1480_EXPLORER_URL", f"{wrong},{other}")
        with pytest.raises(BadData, match="the chain reports 7"):
            read("holders", place.pinned())


@pytest.mark.slow
def test_what_lies_in_contracts_of_the_chains_own_is_told_by_name(place: Place) -> None:
    place.node.ask("anvil_setBalance", TREASURY, hex(5))
    place.node.ask("anvil_setBalance", DEPOSIT, hex(7))
    found = told(read("supply", place.pinned()))
    assert (found["stakes_locked", TREASURY], found["validators_locked", DEPOSIT]) == ("5", "7")
    assert {subject for _, subject in found} == set(LOCKED.values())


# --- what it costs its providers --------------------------------------------------------------------------------------

STAKERS, OF_EACH = 20_000, (1, 2, 3)
# What keeps parts for good, and so costs less on later days.
KEEPING = ("rewards", "control", "validators")


@pytest.mark.slow
def test_an_hour_and_a_day_in_which_nothing_happened_take_few_questions(
    place: Place, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Of twenty thousand stakers with three entities each, at a node that answers ten thousand blocks at once.

    A tenth of its blocks are made, which are asked for in tenths of what is asked for there.
    """
    place.send(STAKING, "gather", STAKERS)
    for number in OF_EACH:
        shares = sum(place_ % 1_000 + number for place_ in range(1, STAKERS + 1))
        place.send(ENTITIES, "put", number, b"crowd", 3 * shares + 1, shares)
    shelf, counts = Shelf(), {}
    try:
        with (
            gated(place.node.url, 1_000) as (url, _),
            serving(partial(explorer, place.accounts, "1000000", 1)) as ranks,
        ):
            monkeypatch.setenv("EIP155_1480_EXPLORER_URL", ranks)
            for readings in (KEEPING, READINGS):
                place.node.mine(VANA.day // 10)
                for one in (READINGS[name] for name in readings):
                    node = pinned(url, day=VANA.day // 10)
                    shelf.kept = {name: kept for name, kept in shelf.kept.items() if name.startswith("final-")}
                    facts = read(one.name, node, shelf)
                    counts[one.name] = node.http.requests
                    if one.name == "stakers":
                        assert facts.rows.height == STAKERS * 4
    finally:
        place.send(STAKING, "gather", 0)
        for number, name, pool, shares in ((1, b"nan", 100, 30), (2, b"=1e9 \xff\0", 11, 10), (3, b"", 0, 0)):
            place.send(ENTITIES, "put", number, name, pool, shares)
    hourly = sum(counts[one.name] for one in NETWORK.readings if one.every == HOURLY)
    record_property("tried", f"{hourly} requests an hour, {counts} a day")
    assert 0 < hourly <= AN_HOUR
    daily = sum(counts[one.name] for one in NETWORK.readings if one.every == DAILY)
    # The explorer has ten pages here, and twenty there.
    assert daily + EXPLORER_PAGES - len(place.accounts) <= A_DAY


# --- facts of the project's own ---------------------------------------------------------------------------------------


def test_its_contracts_are_those_of_the_projects_own_list(shared: Path) -> None:
    listed = json.loads((shared / "evm" / "contracts.json").read_text())["vana"]["contracts"]
    known = {one["lower"]: one for one in listed}
    assert {*CONTRACTS.values()} - known.keys() == {DEPOSIT}, "which the project's script alone names"
    assert VANA.multicall.lower() in known


# Of the receipt of what made the proxy of stakes (vana-com/vana-smart-contracts at ea6a85c7,
# deployments-official/vana/VanaPoolStakingProxy.json): who made it, who was given both roles, and where.
MADE_IN, MAKER = 2_442_348, 0xB11B37A47B120BEAED9B06910D951209D5CF80F1
FIRST_OWNER = "0xfd3e61c018ea22cea7cb15f35cc968f39dc2c3f4"
IN_BLOCK = "0x9a86efb4e8eccbbf40e517ee91377e17804c67fb5107c0e5a99c59803f00721c"
GRANTED = "0x2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d"
MAINTAINER = "0x339759585899103d2ace64958e37e18ccb0504652c81d4a1b8aa80fe2126ab95"


@pytest.mark.slow
def test_roles_of_a_recorded_receipt_are_its_first_owners() -> None:
    """Two logs as the chain wrote them, at an invented provider of them; so is what the contract says today."""
    logs = [
        {
            "address": STAKING,
            "topics": [GRANTED, role, f"0x{int(FIRST_OWNER, 16):064x}", f"0x{MAKER:064x}"],
            "data": "0x",
            "blockNumber": hex(MADE_IN),
            "blockHash": IN_BLOCK,
            "transactionIndex": "0x0",
            "logIndex": hex(index),
            "removed": False,
        }
        for index, role in ((40, f"0x{0:064x}"), (41, MAINTAINER))
    ]
    says = [
        view("bool", True, "hasRole(bytes32,address)", bytes.fromhex(role[2:]), FIRST_OWNER)
        for role in (f"0x{0:064x}", MAINTAINER)
    ]
    recorded = Provider(logs=logs, final=MADE_IN + 100, chain=1480)
    with serving(Contracts({STAKING: contract(*says)}, recorded)) as url, Http(100_000, Retry(0)) as http:
        chain = replace(VANA, endpoints=(url,), pauses=(), clock=lambda: NOW, day=1_000_000)
        members = from_logs(chain.head(http, (url,)), Shelf(), [STAKING], AnswersLeft.all())[STAKING]
    assert members.held == {"admin": (FIRST_OWNER,), "maintainer": (FIRST_OWNER,)}
    assert members.whole
