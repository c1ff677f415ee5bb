"""Numbers, balances, names and control keys of Bittensor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest import job
from ingest.bittensor.chain import balances, chain, emission_at, subnet_numbers
from ingest.bittensor.control import (
    COUNCIL,
    SIGNERS,
    THRESHOLD,
    control,
    control_keys,
    grandpa,
    multisig,
    rule,
    subnet_owners,
)
from ingest.bittensor.names import names
from ingest.bittensor.subnets import pool_account, spelled
from ingest.networks import networks
from ingest.publication import build
from ingest.substrate.node import Substrate
from ingest.substrate.scale import compact
from ingest.transport import Http
from store.addresses import ss58, unss58
from store.faults import BadData
from store.impossible import check
from store.landing import Landing
from store.mart import opened
from store.rows import Facts, Kind
from tests.ingest.substrate.test_node import at_head
from tests.worlds.bittensor_world import SUDO, World, account, u, vec
from tests.worlds.memo import no_memo
from tests.worlds.own_runtime import own_runtime_with
from tests.worlds.runtime import Stored
from tests.worlds.substrate_server import Node, blob, renamed, state

ONE = 10**9


@contextmanager
def lived(runtime: bytes) -> Iterator[tuple[World, Substrate]]:
    made = World(Node(runtime, 424))
    made.subnet(1)
    made.subnet(9)
    made.root()
    with at_head(made.node) as node:
        yield made, node


def observed(facts: Facts) -> dict[tuple[str, str], str]:
    check(facts, Kind.OBSERVATIONS)
    return {
        (name, subject): exact for name, subject, exact in facts.rows.select("name", "subject", "exact").iter_rows()
    }


def held(facts: Facts) -> dict[str, dict[str, int]]:
    check(facts, Kind.HOLDINGS)
    found: dict[str, dict[str, int]] = {}
    for population, holder, amount in facts.rows.iter_rows():
        found.setdefault(population, {})[holder] = int(amount)
    return found


def test_the_published_signers_derive_the_sudo_key() -> None:
    assert ss58(multisig(tuple(unss58(text) for text in SIGNERS), THRESHOLD)) == SUDO
    assert ss58(multisig(tuple(unss58(text) for text in reversed(SIGNERS)), THRESHOLD)) == SUDO
    assert ss58(multisig(tuple(unss58(text) for text in SIGNERS), 3)) != SUDO


def test_signers_of_the_sudo_key_are_listed_where_they_are_proved(runtime: bytes) -> None:
    with lived(runtime) as (_, node):
        assert held(control_keys(node))["sudo"] == {spelled(unss58(text)): 1 for text in SIGNERS}
        assert observed(control(node))["sudo_signers", ""] == "verified"
        assert observed(control(node))["rule", ""] == "sudo"
        assert observed(control(node))["two_stage", ""] == "rule ready, pallets absent"


def test_a_sudo_key_that_has_moved_has_no_signers_and_is_called_unverified(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("Key", [], account("another"), pallet="Sudo")
        assert "sudo" not in held(control_keys(node))
        found = observed(control(node))
        assert found["sudo_signers", ""] == "unverified"
        assert ("sudo_threshold", "") not in found


def test_block_authorities_and_final_votes_are_counted(runtime: bytes) -> None:
    with lived(runtime) as (_, node):
        assert len(held(control_keys(node))["authorities"]) == 20
        assert sum(held(grandpa(node))["grandpa"].values()) == 19


def test_councils_of_old_runtimes_are_read_where_the_pallets_are(shared: Path) -> None:
    with at_head(Node(blob(shared, 218), 218, state(shared, "raonet_state_218.json.gz"))) as node:
        found = held(control_keys(node))
        assert {name: len(keys) for name, keys in found.items()} == {"authorities": 2, "triumvirate": 3, "senate": 3}
        assert observed(control(node))["rule", ""] == "sudo, triumvirate, senate"
        # Metadata V14 tells of no runtime calls: the votes are read from storage.
        assert held(grandpa(node))["grandpa"] == dict.fromkeys(held(grandpa(node))["grandpa"], 1)


@pytest.mark.slow
def test_a_pallet_of_government_that_is_not_known_makes_the_rule_unknown(runtime: bytes) -> None:
    made = Node(renamed(runtime, {"Contracts": "Referenda"}), 424)
    assert rule(made.metadata.pallets, keyed=True) == "rule unknown"


STAGES = ("MultiCollective", "SignedVoting", "Referenda")


@pytest.mark.parametrize(
    ("pallets", "keyed", "who"),
    [
        (("Aura",), True, "rule unknown"),
        (("Sudo", "RandomnessCollectiveFlip"), True, "sudo"),
        (("Sudo",), False, "nobody"),
        (("Sudo", *COUNCIL), True, "sudo, triumvirate, senate"),
        (("Sudo", *COUNCIL[:2]), True, "rule unknown"),
        (("Sudo", *STAGES), True, "sudo, proposers, triumvirate, reviewers"),
        (("Sudo", *STAGES), False, "proposers, triumvirate, reviewers"),
        (STAGES, False, "proposers, triumvirate, reviewers"),
        (("Sudo", *STAGES[1:]), True, "rule unknown"),
        (("Sudo", *STAGES, *COUNCIL), True, "rule unknown"),
        (("Sudo", *STAGES, "Democracy"), True, "rule unknown"),
    ],
)
def test_the_rule_is_chosen_by_the_pallets_that_are_there(pallets: tuple[str, ...], keyed: bool, who: str) -> None:
    assert rule(("System", *pallets), keyed=keyed) == who


def test_bodies_of_the_two_stage_system_are_read_where_its_pallets_are() -> None:
    members = Stored(
        (("Blake2_128Concat", "Proposers|Triumvirate|Economic|Building|EconomicEligible"),), "Vec<account>", "00"
    )
    made = World(
        Node(own_runtime_with({"MultiCollective": {"Members": members}, "SignedVoting": {}, "Referenda": {}}), 480)
    )
    made.subnet(1)
    made.root()
    names = (["p"], ["t1", "t2", "t3"], ["e", "both"], ["both", "b"], ["nobody"])
    for index, keys in enumerate(names):
        made.put("Members", [bytes([index])], vec(map(account, keys)), pallet="MultiCollective")
    with at_head(made.node) as node:
        found = held(control_keys(node))
        assert observed(control(node))["rule", ""] == "sudo, proposers, triumvirate, reviewers"
        assert ("two_stage", "") not in observed(control(node))
    assert {body: set(found[body]) for body in ("proposers", "triumvirate", "reviewers")} == {
        "proposers": {spelled(account("p"))},
        "triumvirate": {spelled(account(key)) for key in ("t1", "t2", "t3")},
        "reviewers": {spelled(account(key)) for key in ("e", "both", "b")},
    }


def test_subnets_that_the_root_switched_off_are_named(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("SubnetEmissionEnabled", [u(16, 9)], b"\0")
        world.put("SubnetEmissionEnabled", [u(16, 1)], b"\1")
        found = observed(control(node))
        assert found["subnets_switched_off", ""] == "1"
        assert found["emission_switch", "subnet:9.0"] == "off"
        assert ("emission_switch", "subnet:1.0") not in found


def test_owners_of_subnets_are_counted_by_coldkey(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        assert held(subnet_owners(node))["subnet_owners"] == {spelled(world.owners[world.hotkey(1, 0)]): 2}


@pytest.mark.parametrize(
    ("issuance", "rao"),
    [
        (0, ONE),
        (10_500_000 * ONE - 1, ONE),
        (10_500_000 * ONE, ONE // 2),
        (15_750_000 * ONE, ONE // 4),
        (21 * 10**15, 0),
    ],
)
def test_block_emission_halves_with_issuance(issuance: int, rao: int) -> None:
    assert emission_at(issuance) == rao


def test_numbers_of_the_chain_and_of_each_subnet(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("MinerBurned", [u(16, 9)], u(128, 2**32))
        world.put("Incentive", [u(16, 1)], vec([u(16, 65_535)]))
        world.put("Incentive", [u(16, 9)], vec([u(16, 65_535)]))
        found = observed(chain(node))
        assert found["emission", ""] == str(3600 * ONE)
        assert found["subnets_registered", ""] == found["subnets_emitting", ""] == "2"
        assert found["subnets_paying_miners", ""] == "1"
        assert found["spec_version", ""] == "424"
        assert float(found["tao_weight", ""]) == pytest.approx(0.18)
        assert float(found["root_share", ""]) == pytest.approx(5.4 / 7.4)
        each = observed(subnet_numbers(node))
        assert float(each["price", "subnet:9.0"]) == world.price(9) / ONE
        assert float(each["miner_burned", "subnet:9.0"]) == 1.0
        assert each["tempo", "subnet:1.0"] == "360"


@pytest.mark.slow
def test_balances_are_a_census_equal_to_the_chains_own_issuance(shared: Path) -> None:
    with at_head(Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))) as node:
        facts = balances(node, no_memo)
        check(facts, Kind.HOLDINGS)
        assert facts.reported == {"coldkeys": 1_806_985_925_437_484}
        largest = max(held(facts)["coldkeys"].values())
        assert (len(facts.rows), largest // ONE) == (3000, 71_412)


def test_a_balance_that_is_missing_is_noticed(shared: Path) -> None:
    genesis = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    prefix = "0x" + genesis.metadata.item("System", "Account").prefix.hex()
    genesis.order.remove(next(key for key in genesis.order if key.startswith(prefix)))
    with at_head(genesis) as node, pytest.raises(BadData, match="the chain reports"):
        check(balances(node, no_memo), Kind.HOLDINGS)


def text(content: str) -> bytes:
    raw = content.encode()
    return compact(len(raw)) + raw


def test_names_are_stored_as_they_came(runtime: bytes) -> None:
    hostile = "<script>alert(1)</script>\u202e=HYPERLINK()"
    with lived(runtime) as (world, node):
        fields = [hostile, "https://evil.example", "", "", "", "", ""]
        world.put("IdentitiesV2", [account("someone")], b"".join(text(field) for field in fields))
        validator = world.hotkey(9, world.neurons - 1)
        world.put("IdentitiesV2", [world.owners[validator]], text("Taostats") + compact(0) * 6)
        subnet = ["Chutes", "https://github.com/x", "", "https://chutes.ai", "", "", "", ""]
        world.put("SubnetIdentitiesV3", [u(16, 9)], b"".join(text(field) for field in subnet))
        world.put("TokenSymbol", [u(16, 9)], text("ι"))
        found = observed(names(node, []))
        assert found["moniker", spelled(account("someone"))] == hostile
        assert found["moniker", spelled(validator)] == found["moniker", spelled(world.owners[validator])] == "Taostats"
        assert found["moniker", "subnet:9.0"] == "Chutes"
        assert found["website", "subnet:9.0"] == "https://chutes.ai"
        assert found["symbol", "subnet:9.0"] == "ι"


def called(data: Path, day: int, node: Substrate) -> dict[str, str]:
    """What subnets are called in a mart, after a run on a day."""
    node.block = replace(node.block, height=node.block.height + day, time=node.block.time + timedelta(days=day))
    network = networks()["bittensor"]
    wanted = [reading for reading in network.readings if reading.name == "names"]
    with Http() as http:
        (outcome,) = job.read_at(network, wanted, lambda: node, http, Landing(data))
    assert outcome.error == "", outcome.message
    build(data, {})
    with opened(data) as mart:
        told = mart.table("SELECT subject, exact FROM observation WHERE name = 'moniker' AND subject LIKE 'subnet:%'")
    return dict(told.iter_rows())


@pytest.mark.slow
def test_a_subnet_does_not_get_the_name_of_the_one_that_had_its_netuid(runtime: bytes, tmp_path: Path) -> None:
    """SubnetIdentitiesV3 of a netuid that is given again may be the old one's (subtensor, issue 2572)."""

    def identity(name: str) -> bytes:
        return b"".join(text(field) for field in (name, "https://github.com/x", "", "https://x.ai", "", "", "", ""))

    # Day, registrations of the netuid, what the chain has as its identity, and what the subnets are called.
    story = [
        (0, 0, "Chutes", {"subnet:9.0": "Chutes"}),
        (1, 1, "Chutes", {"subnet:9.0": "Chutes"}),
        (2, 1, "Chutes", {"subnet:9.0": "Chutes"}),
        (3, 1, "Affine", {"subnet:9.0": "Chutes", "subnet:9.1": "Affine"}),
        (4, 2, "Chutes", {"subnet:9.0": "Chutes", "subnet:9.1": "Affine"}),
        (5, 3, "Targon", {"subnet:9.0": "Chutes", "subnet:9.1": "Affine", "subnet:9.3": "Targon"}),
    ]
    for day, count, stored, told in story:
        with lived(runtime) as (world, node):
            world.put("SubnetIdentitiesV3", [u(16, 9)], identity(stored))
            world.put("RegisteredSubnetCounter", [u(16, 9)], u(64, count))
            assert called(tmp_path, day, node) == told


def test_text_that_is_no_utf8_is_replaced_and_long_text_is_cut(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("IdentitiesV2", [account("long")], text("x" * 20_000) + compact(0) * 6)
        world.put("IdentitiesV2", [account("odd")], compact(2) + b"\xff\xfe" + compact(0) * 6)
        found = observed(names(node, []))
        assert len(found["moniker", spelled(account("long"))]) == 10_000
        assert found["moniker", spelled(account("odd"))] == "\ufffd\ufffd"


def test_pools_are_accounts_without_a_key_and_are_named(runtime: bytes) -> None:
    # From the chain's own list, docs/special-account-ids.md.
    assert ss58(pool_account(0)) == "5EYCAe5jLQhn6ofDSvqF6iY53erXNkwhyE1aCEgvi1NNs91F"
    assert ss58(pool_account(55)) == "5EYCAe5jLQhn6ofDSw6AuBVRCr2PZCWpS9hbV6Tt9QUTghER"
    with lived(runtime) as (_, node):
        found = observed(names(node, []))
        assert found["moniker", spelled(pool_account(9))] == "pool of subnet 9"
        assert found["moniker", spelled(pool_account(0))] == "pool of the root"


def test_every_owner_row_is_a_public_key(runtime: bytes) -> None:
    with lived(runtime) as (_, node):
        rows = pl.concat([reading(node).rows for reading in (control_keys, grandpa, subnet_owners)])
        assert rows["holder"].str.contains("^0x[0-9a-f]{64}$").all()
