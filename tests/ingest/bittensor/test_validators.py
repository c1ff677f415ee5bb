"""Who decides on Bittensor: consensus weight after child keys, by owner, and how many opinions there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bittensor.chain import chain as chain_numbers
from ingest.bittensor.control import subnet_owners
from ingest.bittensor.opinions import weight_opinions
from ingest.bittensor.subnets import spelled
from ingest.bittensor.validators import consensus_weights, inherited, seats, subnet_validators, validators
from ingest.networks.bittensor import NETWORK
from ingest.substrate.node import Substrate
from store.faults import BadData, SourceChanged
from store.impossible import check
from store.rows import Kind
from tests.ingest.substrate.test_node import at_head
from tests.worlds.bittensor_world import World, account, u, vec
from tests.worlds.own_runtime import own_runtime
from tests.worlds.substrate_server import Node, blob, renamed

ALL = 2**64 - 1
HALF = ALL // 2
READINGS = {reading.name: reading for reading in NETWORK.readings}
# What the runtime reads where no account is stored.
NOBODY = spelled(bytes(32))


@contextmanager
def lived(runtime: bytes, *, mechanisms: int = 1) -> Iterator[tuple[World, Substrate]]:
    made = World(Node(runtime, 424))
    made.subnet(1)
    made.subnet(5, mechanisms=mechanisms)
    made.root()
    with at_head(made.node) as node:
        yield made, node


def test_what_is_lent_to_a_child_counts_for_the_child() -> None:
    assert inherited(1000, [(HALF, b"child")], []) == 500
    assert inherited(1000, [], [(HALF, 400)]) == 1199  # the chain cuts shares to 32 binary places
    assert inherited(1000, [(ALL, b"child")], [(ALL, 7)]) == 7


@given(st.integers(0, 21 * 10**15), st.lists(st.integers(0, ALL), max_size=5))
def test_lending_never_makes_stake(own: int, shares: list[int]) -> None:
    lent = [share // max(1, len(shares)) for share in shares]
    kept = inherited(own, [(share, b"") for share in lent], [])
    passed = sum(inherited(0, [], [(share, own)]) for share in lent)
    assert own - 2 * len(lent) - own * len(lent) // 2**31 - 1 <= kept + passed <= own


def test_weight_is_alpha_and_eighteen_hundredths_of_root_tao(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        hotkey = world.hotkey(1, world.neurons - 1)
        [weight] = consensus_weights(node, [(1, hotkey)])
        assert weight == pytest.approx(world.alpha[hotkey, 1] + 0.18 * world.alpha[hotkey, 0], rel=1e-9)


def test_weight_moves_from_parent_to_child_on_that_subnet_alone(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        parent, child = (world.hotkey(1, world.neurons - place) for place in (1, 2))
        before = consensus_weights(node, [(1, parent), (1, child), (5, parent)])
        world.put("ChildKeys", [parent, u(16, 1)], vec([u(64, ALL) + child]))
        world.put("ParentKeys", [child, u(16, 1)], vec([u(64, ALL) + parent]))
    with at_head(world.node) as node:
        after = consensus_weights(node, [(1, parent), (1, child), (5, parent)])
        assert after[0] == 0
        assert after[1] == pytest.approx(before[0] + before[1], abs=2)
        assert after[2] == before[2]


def test_hotkeys_of_one_owner_are_one_validator_and_those_without_permit_none(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        facts = subnet_validators(node)
        check(facts, Kind.HOLDINGS)
        one = facts.rows.filter(pl.col("population") == "subnet:1.0/validators")
        owners = {spelled(world.owners[world.hotkey(1, uid)]) for uid in range(world.neurons - 4, world.neurons)}
        assert set(one["holder"]) == owners
        assert len(owners) == 2


def test_every_rao_of_emission_is_decided_over_by_somebody(runtime: bytes) -> None:
    with lived(runtime) as (_, node):
        facts = validators(node)
        check(facts, Kind.HOLDINGS)
        assert int(facts.rows["amount"].sum()) == (4_000_001 + 4_000_005) * 7200


def told(node: Substrate) -> dict[tuple[str, str], float]:
    facts = weight_opinions(node)
    check(facts, Kind.OBSERVATIONS)
    return {
        (subject, name): value for name, subject, value in facts.rows.select("name", "subject", "value").iter_rows()
    }


def weigh(world: World, index: int, uid: int, row: list[int]) -> None:
    value = vec(u(16, miner) + u(16, weight) for miner, weight in enumerate(row))
    world.put("Weights", [u(16, index), u(16, uid)], value)


def test_validators_that_copy_weights_are_one_opinion(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        for uid, row in ((12, [100, 200]), (13, [50, 100]), (14, [200, 100]), (15, [200, 101])):
            weigh(world, 1, uid, row)
        found = told(node)
        assert found["subnet:1.0", "validators_weighing"] == 4
        assert found["subnet:1.0", "opinions"] == 2
        first, second, third, fourth = (world.alpha[world.hotkey(1, uid), 1] for uid in (12, 13, 14, 15))
        one, other = first + second, third + fourth
        effective = (one + other) ** 2 / (one**2 + other**2)
        assert found["subnet:1.0", "effective_opinions"] == pytest.approx(effective)
        assert found["subnet:1.0", "largest_opinion"] == pytest.approx(max(one, other) / (one + other))
        assert ("subnet:5.0", "opinions") not in found


def test_mechanisms_are_judged_apart_and_make_no_phantom_subnets(runtime: bytes) -> None:
    with lived(runtime, mechanisms=2) as (world, node):
        for uid in (12, 13):
            weigh(world, 5, uid, [1, 2])
            weigh(world, 5 + 4096, uid, [uid % 2, 1 - uid % 2])
        found = told(node)
        assert found["subnet:5.0", "opinions"] == 1
        assert found["subnet:5.0/mechanism:1", "opinions"] == 2
        assert {subject for subject, _ in found} == {"subnet:5.0", "subnet:5.0/mechanism:1"}


@pytest.mark.slow
def test_spec_218_had_a_tao_weight_for_each_subnet(shared: Path) -> None:
    made = World(Node(blob(shared, 218), 218))
    hotkey = account("validator")
    made.put("TaoWeight", [u(16, 1)], u(64, ALL))
    made.put("TaoWeight", [u(16, 2)], u(64, 0))
    for netuid, amount in ((0, 100), (1, 7), (2, 9)):
        made.put("TotalHotkeyAlpha", [hotkey, u(16, netuid)], u(64, amount))
    with at_head(made.node) as node:
        assert consensus_weights(node, [(1, hotkey), (2, hotkey)]) == [107, 9]


@pytest.mark.slow
def test_a_runtime_that_records_no_stake_weights_is_named(runtime: bytes) -> None:
    made = World(Node(renamed(runtime, {"StakeWeight": "StakeWoight"}), 424))
    made.put("NetworksAdded", [u(16, 0)], b"\1")
    made.node.calls["SwapRuntimeApi_current_alpha_price_all"] = vec([])
    with at_head(made.node) as node, pytest.raises(SourceChanged, match="stake weights"):
        validators(node)


def test_validators_whom_nobody_owns_are_parties_of_their_own(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        hotkeys = [world.hotkey(1, uid) for uid in range(world.neurons - 4, world.neurons)]
        for hotkey in hotkeys[:3]:
            world.node.drop("SubtensorModule", "Owner", (hotkey,))
        for name, facts in (("validators", validators(node)), ("subnet_validators", subnet_validators(node))):
            NETWORK.check(READINGS[name], facts)
            assert {spelled(hotkey) for hotkey in hotkeys[:3]} <= set(facts.rows["holder"])
            assert NOBODY not in set(facts.rows["holder"])


def test_a_permit_for_a_place_that_nobody_has_is_no_validator(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.node.drop("SubtensorModule", "Keys", (u(16, 1), u(16, world.neurons - 1)))
        assert [seat.uid for seat in seats(node) if seat.subnet.netuid == 1] == [0, 12, 13, 14]
        assert NOBODY not in set(subnet_validators(node).rows["holder"])


def test_a_subnet_that_nobody_owns_makes_no_party_of_nobody(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.node.drop("SubtensorModule", "SubnetOwner", (u(16, 1),))
        assert subnet_owners(node).rows.height == 1
        assert NOBODY not in set(subnet_owners(node).rows["holder"])


def test_a_node_without_state_has_no_subnets_and_no_totals(runtime: bytes) -> None:
    with at_head(Node(runtime, 424)) as node, pytest.raises(BadData, match="it has no state"):
        validators(node)
    made = World(Node(runtime, 424))
    made.subnet(1)
    made.root()
    made.node.drop("SubtensorModule", "TotalIssuance", ())
    with at_head(made.node) as node, pytest.raises(BadData, match="TotalIssuance is 0"):
        chain_numbers(node)


def amounts(node: Substrate, population: str) -> dict[str, int]:
    rows = subnet_validators(node).rows.filter(pl.col("population") == population)
    return {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}


def last_update(world: World, *ago: int) -> None:
    value = vec(u(64, world.node.height - blocks) for blocks in ago)
    world.put("LastUpdate", [u(16, 1)], value)


def test_who_sets_no_weights_within_the_cutoff_decides_nothing(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        # 13.889 epochs of 360 blocks are 5,000 blocks: the last that counts is 5,000 ago.
        last_update(world, *[0] * 12, 5000, 5000, 5001, 5001)
        [active, gone] = [spelled(world.owners[world.hotkey(1, uid)]) for uid in (12, 14)]
        assert set(amounts(node, "subnet:1.0/validators")) == {active}
        assert gone in amounts(node, "subnet:5.0/validators"), "which it still judges"
        facts = validators(node)
        assert int(facts.rows["amount"].sum()) == (4_000_001 + 4_000_005) * 7200


def test_blocks_of_the_cutoff_were_told_as_such_before() -> None:
    made = World(Node(renamed(own_runtime(), {"ActivityCutoffFactorMilli": "ActivityCutoff"}), 381))
    made.subnet(1)
    made.put("ActivityCutoff", [u(16, 1)], u(32, 10))
    last_update(made, *[0] * 12, 10, 11, 11, 11)
    made.root()
    with at_head(made.node) as node:
        assert [seat.uid for seat in seats(node)] == [12]


def test_the_hotkey_of_a_subnets_owner_validates_without_a_permit_since_spec_396(runtime: bytes) -> None:
    for spec, uids in ((396, [0, 12, 13, 14, 15]), (395, [12, 13, 14, 15])):
        made = World(Node(runtime, spec))
        made.subnet(1)
        made.root()
        with at_head(made.node) as node:
            assert [seat.uid for seat in seats(node)] == uids


def test_weight_below_the_least_stake_counts_for_the_owner_alone(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        owner = world.hotkey(1, 0)
        for hotkey, alpha in ((owner, 5), *((world.hotkey(1, uid), uid) for uid in range(12, 16))):
            world.put("TotalHotkeyAlpha", [hotkey, u(16, 1)], u(64, alpha))
            world.put("TotalHotkeyAlpha", [hotkey, u(16, 0)], u(64, 0))
        world.put("StakeThreshold", [], u(64, 14))
        assert amounts(node, "subnet:1.0/validators") == {
            spelled(world.owners[owner]): 5,
            spelled(world.owners[world.hotkey(1, 14)]): 14 + 15,
        }


def test_a_runtime_that_does_not_tell_the_cutoff_is_named() -> None:
    made = World(Node(renamed(own_runtime(), {"ActivityCutoffFactorMilli": "ActivityCutoffFactorMulli"}), 424))
    made.subnet(1)
    made.root()
    with at_head(made.node) as node, pytest.raises(SourceChanged, match="inactive"):
        validators(node)
