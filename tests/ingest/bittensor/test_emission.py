"""Emission of Bittensor: what each subnet issues is split without loss, and nobody's part is called somebody's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest.bittensor.emission import alpha_emission, emission_parts, gated_emission, recipients, subnet_emission
from ingest.bittensor.epochs import splits
from ingest.bittensor.subnets import spelled
from ingest.substrate.node import Substrate
from store.faults import SourceChanged
from store.impossible import check
from store.rows import Kind
from tests.ingest.substrate.test_node import at_head
from tests.worlds.bittensor_world import ALPHA_A_BLOCK, World, u
from tests.worlds.memo import no_memo
from tests.worlds.substrate_server import Node, blob

DAY_OF_ALPHA = ALPHA_A_BLOCK * 7200


@contextmanager
def lived(runtime: bytes, seed: int = 0, **world: bool) -> Iterator[tuple[World, Substrate]]:
    """A chain with four subnets of different epochs, one with two mechanisms, and a gap in the netuids."""
    made = World(Node(runtime, 424), seed, **world)
    made.subnet(1)
    made.subnet(2, blocks=99, validators=2)
    made.subnet(7, blocks=1440, mechanisms=2)
    made.subnet(8, blocks=361)
    made.root()
    made.stakes()
    with at_head(made.node) as node:
        yield made, node


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("root_kept", [True, False])
def test_parts_of_random_subnets_are_what_the_chain_paid(runtime: bytes, seed: int, root_kept: bool) -> None:
    with lived(runtime, seed, root_kept=root_kept) as (world, node):
        found = {split.subnet.netuid: split for split in splits(node)}
        assert set(found) == {1, 2, 7, 8}
        for netuid, told in world.told.items():
            split = found[netuid]
            assert (split.issued, split.unexplained, split.pending) == (told.issued, 0, 0)
            assert sum(split.owner.values()) == told.owner
            # Incentives are stored in 65535ths: a miner may lose one of them.
            near = told.issued / 65_535
            assert split.withheld == pytest.approx(told.withheld, abs=near * 2)
            assert set(split.miners) <= {spelled(coldkey) for coldkey in told.miners}
            for coldkey, earned in told.miners.items():
                assert split.miners.get(spelled(coldkey), 0) == pytest.approx(earned, abs=near * 4)
            assert split.nominators == {spelled(hotkey): net for hotkey, net in told.nominators.items() if net}
            assert split.claimable == told.claimable
            for coldkey, take in told.takes.items():
                assert split.takes.get(spelled(coldkey), 0) == pytest.approx(take, abs=8)
            # While the root's part is recycled miners get half of what is left: half of the root's part is nobody's.
            lost = told.recycled * 3 // 2 if told.scored else told.recycled
            assert split.recycled == pytest.approx(lost, abs=8 * split.blocks)


def test_roles_and_sinks_add_up_to_what_is_issued_in_a_day(runtime: bytes) -> None:
    with lived(runtime) as (_, node):
        facts = alpha_emission(node)
        check(facts, Kind.HOLDINGS)
        assert facts.since == node.block.time - timedelta(days=1)
        subnet = facts.rows.with_columns(pl.col("population").str.split("/").list.first().alias("subnet"))
        sums = subnet.group_by("subnet").agg(pl.col("amount").sum())
        assert {name: int(amount) for name, amount in sums.iter_rows()} == dict.fromkeys(
            ("subnet:1.0", "subnet:2.0", "subnet:7.0", "subnet:8.0"), DAY_OF_ALPHA
        )
        roles = set(facts.rows["population"].str.split("/").list.last())
        assert roles == {"owner", "miners", "validators"}


def test_the_parts_are_observations_whose_sum_is_what_was_issued(runtime: bytes) -> None:
    with lived(runtime) as (_, node):
        facts = emission_parts(node)
        check(facts, Kind.OBSERVATIONS)
        for _, rows in facts.rows.group_by("subject"):
            parts = {name: int(amount) for name, amount in rows.select("name", "exact").iter_rows()}
            issued = parts.pop("emission_issued")
            assert issued == DAY_OF_ALPHA
            assert sum(parts.values()) == issued
            assert {"emission_withheld", "emission_takes", "emission_claimable"} <= set(parts)


@pytest.mark.slow
def test_recipients_of_all_subnets_get_the_whole_emission_at_spot_price(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        facts = recipients(node, no_memo)
        check(facts, Kind.HOLDINGS)
        total = sum(DAY_OF_ALPHA * world.price(netuid) // 10**9 for netuid in world.netuids)
        assert int(facts.rows["amount"].sum()) == total == facts.reported["recipients"]
        sinks = facts.rows.filter(pl.col("holder").str.starts_with("sink:"))
        assert {"sink:withheld", "sink:claimable", "sink:rounding"} <= set(sinks["holder"])
        people = facts.rows.filter(~pl.col("holder").str.starts_with("sink:"))
        expected = 0
        for netuid, told in world.told.items():
            paid = told.owner + sum(sum(parts.values()) for parts in (told.miners, told.takes, told.nominators))
            expected += paid * DAY_OF_ALPHA // told.issued * world.price(netuid) // 10**9
        assert int(people["amount"].sum()) == pytest.approx(expected, rel=1e-3)


def test_tao_by_subnet_is_read_and_switched_off_subnets_are_not_listed(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("SubnetTaoInEmission", [u(16, 2)], u(64, 0))
        world.put("SubnetExcessTao", [u(16, 2)], u(64, 0))
        facts = subnet_emission(node)
        check(facts, Kind.HOLDINGS)
        assert {holder: int(amount) for _, holder, amount in facts.rows.iter_rows()} == {
            f"subnet:{netuid}.0": (4_000_000 + netuid) * 7200 for netuid in (1, 7, 8)
        }


def test_a_subnet_whose_first_epoch_has_not_ended_is_pending(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        for uid in range(world.neurons):
            for name in ("AlphaDividendsPerSubnet", "RootAlphaDividendsPerSubnet"):
                world.node.drop("SubtensorModule", name, (u(16, 2), world.hotkey(2, uid)))
        split = next(split for split in splits(node) if split.subnet.netuid == 2)
        assert split.sinks == {"pending": ALPHA_A_BLOCK}


@pytest.mark.slow
def test_one_subnet_that_does_not_add_up_is_unexplained_and_many_are_an_error(runtime: bytes) -> None:
    def paid_half_a_block_more(world: World, netuid: int) -> None:
        hotkey = world.hotkey(netuid, world.neurons - 1)
        more = world.told[netuid].nominators[hotkey] + ALPHA_A_BLOCK // 5
        world.put("AlphaDividendsPerSubnet", [u(16, netuid), hotkey], u(64, more))

    with lived(runtime) as (world, node):
        paid_half_a_block_more(world, 1)
        split = next(split for split in splits(node) if split.subnet.netuid == 1)
        assert split.sinks == {"unexplained": ALPHA_A_BLOCK}
        assert split.rounding == 0
    with lived(runtime) as (world, node):
        for netuid in (1, 7):
            paid_half_a_block_more(world, netuid)
        with pytest.raises(SourceChanged, match="does not add up on 2 of 4"):
            splits(node)


def test_a_runtime_without_root_dividends_in_alpha_is_named(shared: Path) -> None:
    with at_head(Node(blob(shared, 240), 240)) as node, pytest.raises(SourceChanged, match="runtime 240"):
        splits(node)


def test_nobody_earns_for_hotkeys_and_subnets_whom_nobody_owns(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        orphans = [world.hotkey(1, uid) for uid in range(world.neurons)]
        for hotkey in orphans:
            world.node.drop("SubtensorModule", "Owner", (hotkey,))
        world.node.drop("SubtensorModule", "SubnetOwner", (u(16, 2),))
        facts = alpha_emission(node)
        check(facts, Kind.HOLDINGS)
        held = set(facts.rows["holder"])
        assert spelled(bytes(32)) not in held
        assert {spelled(hotkey) for hotkey in orphans} & held
        # The cut of a subnet without an owner is explained by no rule.
        unowned = next(split for split in splits(node) if split.subnet.netuid == 2)
        assert unowned.unexplained == world.told[2].owner
        assert not unowned.owner


def test_emission_is_gated_by_who_owns_the_subnets(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        owner = world.owners[world.hotkey(1, 0)]
        other = world.owners[world.hotkey(2, 15)]
        world.put("SubnetOwner", [u(16, 2)], other)
        world.node.drop("SubtensorModule", "SubnetOwner", (u(16, 7),))
        facts = gated_emission(node)
        check(facts, Kind.HOLDINGS)
        amounts = {holder: int(amount) for _, holder, amount in facts.rows.iter_rows()}
    a_day = {netuid: (4_000_000 + netuid) * 7200 for netuid in (1, 2, 7, 8)}
    assert amounts == {spelled(owner): a_day[1] + a_day[8], spelled(other): a_day[2], "sink:unowned": a_day[7]}
    assert sum(amounts.values()) == int(subnet_emission(node).rows["amount"].sum())
