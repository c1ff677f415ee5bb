"""Bittensor's stake map: three ways to the same positions, both share formats, to the last rao."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bittensor.positions import DELEGATES, STAKES, positions
from ingest.bittensor.shares import from_bits, whole, worth
from ingest.bittensor.stake import exit_value, stake, stake_alpha
from ingest.bittensor.subnets import spelled, subnets
from ingest.substrate.node import Substrate
from ingest.substrate.scale import compact
from store.faults import BadData, SourceChanged
from store.impossible import check
from store.rows import Kind
from tests.ingest.substrate.test_node import at_head
from tests.worlds.bittensor_world import World, account, by_coldkeys, by_delegates, safe_float, u, vec
from tests.worlds.memo import no_memo
from tests.worlds.substrate_server import Node, blob, renamed

HOTKEY, ALICE, BOB = account("hotkey"), account("alice"), account("bob")
bits = st.integers(1, 2**127)
amounts = st.integers(1, 21 * 10**15)


def exact(share: tuple[int, int]) -> Fraction:
    return Fraction(share[0]) * Fraction(10) ** share[1]


@given(bits)
def test_an_old_share_becomes_a_new_one_of_the_same_size(number: int) -> None:
    assert abs(exact(from_bits(number)) / Fraction(number, 2**64) - 1) < Fraction(1, 10**18)


@given(bits, amounts)
def test_whoever_has_all_shares_has_all_stake_in_both_formats(number: int, alpha: int) -> None:
    assert worth(alpha, from_bits(number), from_bits(number)) == alpha
    assert worth(alpha, whole(number), whole(number)) == alpha


@given(st.lists(st.integers(1, 10**18), min_size=1, max_size=8), amounts)
def test_worth_is_the_exact_fraction_rounded_down(parts: list[int], alpha: int) -> None:
    total = sum(parts)
    for part in parts:
        assert worth(alpha, whole(part), whole(total)) == alpha * part // total
        # An old share in a pool that has migrated already: the rao differs only where the fraction is whole.
        mixed = worth(alpha, from_bits(part << 64), whole(total))
        assert mixed == alpha * part // total


def test_a_share_in_a_pool_without_shares_is_worth_nothing_as_on_chain() -> None:
    assert worth(10**9, whole(5), (0, 0)) == 0


@contextmanager
def lived(runtime: bytes, netuids: tuple[int, ...] = (1, 2, 3), seed: int = 0) -> Iterator[tuple[World, Substrate]]:
    made = World(Node(runtime, 424), seed)
    for netuid in netuids:
        made.subnet(netuid)
    made.root()
    made.stakes()
    with at_head(made.node) as node:
        yield made, node


def expected(world: World) -> dict[tuple[str, str, int], int]:
    """Exact fractions of every pool, rounded down."""
    found = {}
    for (hotkey, netuid), parts in world.shares.items():
        for coldkey, part in parts.items():
            amount = world.alpha[hotkey, netuid] * part // sum(parts.values())
            if amount:
                found[spelled(hotkey), spelled(coldkey), netuid] = amount
    return found


def mapped(found: pl.DataFrame) -> dict[tuple[str, str, int], int]:
    return {(hotkey, coldkey, netuid): alpha for hotkey, coldkey, netuid, alpha in found.iter_rows()}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_old_and_new_shares_mixed_in_one_pool_give_exact_positions(runtime: bytes, seed: int) -> None:
    with lived(runtime, seed=seed) as (world, node):
        assert mapped(positions(node, no_memo)) == expected(world)


@pytest.mark.slow
def test_one_request_for_all_delegates_is_taken_where_netuids_have_no_gap(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.node.calls[DELEGATES] = by_delegates(world)
        assert mapped(positions(node, no_memo)) == expected(world)
        before = len(world.node.asked)
        stake(node, no_memo), stake_alpha(node, no_memo)
        assert len(world.node.asked) == before


def test_behind_a_gap_in_the_netuids_the_list_of_delegates_is_not_trusted(runtime: bytes) -> None:
    with lived(runtime, netuids=(1, 2, 4)) as (world, node):
        world.node.calls[DELEGATES] = by_delegates(world)
        world.node.replies[STAKES] = by_coldkeys(world)
        assert mapped(positions(node, no_memo)) == expected(world)
        # Pages of keys were asked for the subnets alone; prices and stake are the two calls beside metadata.
        assert world.node.asked.count("state_getKeysPaged") == 2
        assert world.node.asked.count("state_call") == 3


@pytest.mark.slow
def test_lists_that_miss_stake_on_the_root_are_not_taken(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        del world.shares[world.whale, 0]
        world.node.calls[DELEGATES] = by_delegates(world)
        world.node.replies[STAKES] = by_coldkeys(world)
        found = positions(node, no_memo)
        assert found.filter(pl.col("netuid") == 0)["alpha"].sum() > 0.99 * 5_400_000 * 10**9


@pytest.mark.slow
def test_shares_that_do_not_make_up_what_hotkeys_have_are_refused(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        hotkey = world.hotkey(1, world.neurons - 1)
        world.put("TotalHotkeySharesV2", [hotkey, u(16, 1)], safe_float(10**9))
        world.node.drop("SubtensorModule", "TotalHotkeyShares", (hotkey, u(16, 1)))
        with pytest.raises(BadData, match="positions on subnet 1 are worth"):
            positions(node, no_memo)


@pytest.mark.slow
def test_stakers_cannot_have_more_than_is_outside_the_pool(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("SubnetAlphaOut", [u(16, 2)], u(64, 5))
        with pytest.raises(BadData, match=r"subnet:2\.0: stakers have"):
            positions(node, no_memo)


def test_stake_is_marked_in_tao_by_hotkey_and_by_coldkey(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        facts = stake(node, no_memo)
        check(facts, Kind.HOLDINGS)
        sums = dict(facts.rows.group_by("population").agg(pl.col("amount").sum()).iter_rows())
        marked = sum(amount * world.price(netuid) // 10**9 for (_, _, netuid), amount in expected(world).items())
        assert int(sums["hotkeys"]) == int(sums["coldkeys"]) == marked


@pytest.mark.slow
def test_stake_of_a_netuid_that_was_registered_again_is_another_population(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("RegisteredSubnetCounter", [u(16, 2)], u(64, 1))
        facts = stake_alpha(node, no_memo)
        check(facts, Kind.HOLDINGS, partial=True)
        names = {f"subnet:{label}/coldkeys" for label in ("0.0", "1.0", "2.1", "3.0")}
        assert set(facts.rows["population"]) == names
        assert facts.reported == dict.fromkeys(names - {"subnet:0.0/coldkeys"}, 4 * 10**15)


@pytest.mark.slow
def test_selling_all_stake_brings_what_the_runtime_says(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        bring = 7 * 10**9
        world.node.calls["SwapRuntimeApi_sim_swap_alpha_for_tao"] = u(64, bring) + bytes(40)
        facts = exit_value(node, no_memo)
        check(facts, Kind.OBSERVATIONS)
        held: dict[str, dict[int, int]] = {}
        for (_, coldkey, netuid), amount in expected(world).items():
            there = held.setdefault(coldkey, {})
            there[netuid] = there.get(netuid, 0) + amount
        for coldkey, value in facts.rows.select("subject", "exact").iter_rows():
            spots = {netuid: amount * world.price(netuid) // 10**9 for netuid, amount in held[coldkey].items()}
            small = {netuid for netuid, spot in spots.items() if netuid and spot < sum(spots.values()) / 100}
            kept = sum(spot for netuid, spot in spots.items() if netuid == 0 or netuid in small)
            assert int(value) == pytest.approx(kept + bring * (len(spots) - 1 - len(small)), abs=4)


def test_subnets_that_the_chain_counts_otherwise_are_refused(runtime: bytes) -> None:
    with lived(runtime) as (world, node):
        world.put("TotalNetworks", [], u(16, 9))
        with pytest.raises(BadData, match="4 subnets are registered"):
            subnets(node)


def early(shared: Path, **names: str) -> World:
    """Spec 218, some of whose items go by other names: layouts of runtimes that lie nowhere as a file."""
    made = World(Node(renamed(blob(shared, 218), names), 218))
    made.put("NetworksAdded", [u(16, 0)], b"\1")
    made.put("NetworksAdded", [u(16, 1)], b"\1")
    made.put("TotalNetworks", [], u(16, 2))
    return made


@pytest.mark.slow
def test_shares_of_a_pool_that_was_closed_are_absent(shared: Path) -> None:
    made = early(
        shared, LastHotkeyEmissionOnNetuid="AlphaSharePoolEpoch", LastHotkeyColdkeyEmissionOnNetuid="AlphaShareEpoch"
    )
    key = [HOTKEY, u(16, 1)]
    made.put("SubnetAlphaOut", [u(16, 1)], u(64, 10**12))
    made.put("TotalHotkeyAlpha", key, u(64, 10**9))
    made.put("TotalHotkeyShares", key, u(64, 100))
    made.put("AlphaSharePoolEpoch", key, u(64, 3))
    for coldkey, shares, epoch in ((ALICE, 100, 3), (BOB, 900, 2), (account("carol"), 50, None)):
        made.put("Alpha", [HOTKEY, coldkey, u(16, 1)], u(64, shares))
        if epoch is not None:
            made.put("AlphaShareEpoch", [HOTKEY, coldkey, u(16, 1)], u(64, epoch))
    with at_head(made.node) as node:
        assert mapped(positions(node, no_memo)) == {(spelled(HOTKEY), spelled(ALICE), 1): 10**9}


@pytest.mark.slow
def test_stake_before_dtao_is_tao_on_the_root(shared: Path) -> None:
    made = early(shared, Alpha="Alpho")
    made.put("Stake", [HOTKEY, ALICE], u(64, 5 * 10**9))
    made.put("Stake", [HOTKEY, BOB], u(64, 0))
    with at_head(made.node) as node:
        assert mapped(positions(node, no_memo)) == {(spelled(HOTKEY), spelled(ALICE), 0): 5 * 10**9}


@pytest.mark.slow
def test_a_pool_whose_curve_is_unknown_has_no_price(runtime: bytes) -> None:
    names = {"SwapRuntimeApi": "SwopRuntimeApi"}
    made = World(Node(renamed(runtime, names), 424))
    made.subnet(1)
    made.root()
    with at_head(made.node) as node, pytest.raises(SourceChanged, match="curve is not known"):
        subnets(node)


@pytest.mark.slow
def test_a_list_of_delegates_without_stake_by_subnet_is_not_taken(shared: Path) -> None:
    # Spec 240 told one sum of TAO for each nominator.
    made = World(Node(blob(shared, 240), 240))
    for netuid in (0, 1):
        made.put("NetworksAdded", [u(16, netuid)], b"\1")
    made.put("TotalNetworks", [], u(16, 2))
    made.put("TotalHotkeyAlpha", [HOTKEY, u(16, 0)], u(64, 10**9))
    made.put("TotalHotkeyShares", [HOTKEY, u(16, 0)], u(128, 3 << 64))
    made.put("Alpha", [HOTKEY, ALICE, u(16, 0)], u(128, 3 << 64))
    one = HOTKEY + compact(0) + vec([ALICE + compact(5)]) + ALICE + compact(0) * 4
    made.node.calls[DELEGATES] = vec([one])
    with at_head(made.node) as node:
        assert mapped(positions(node, no_memo)) == {(spelled(HOTKEY), spelled(ALICE), 0): 10**9}
