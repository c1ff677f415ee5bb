"""Who could take over a subnet: the rule by version of the runtime, and conviction by the chain's own formula."""

import math

import pytest

from ingest.bittensor.conviction import YEAR, Lock, Rates, conviction
from ingest.bittensor.subnets import spelled
from store.impossible import check
from store.rows import Kind
from tests.ingest.substrate.test_node import at_head
from tests.worlds.bittensor_world import World, u
from tests.worlds.own_runtime import own_runtime
from tests.worlds.substrate_server import Node, renamed

SAME, FASTER = Rates(934_866, 934_866), Rates(934_866, 311_622)
HALF = round(934_866 * math.log(2))
# Alpha outside of the pool in World.subnet.
ALPHA = 4 * 10**15


def told(world: World) -> dict[tuple[str, str], str]:
    with at_head(world.node) as node:
        facts = conviction(node)
    check(facts, Kind.OBSERVATIONS)
    return {
        (name, subject): exact for name, subject, exact in facts.rows.select("name", "subject", "exact").iter_rows()
    }


def lived(spec: int, runtime: bytes | None = None) -> World:
    world = World(Node(runtime or own_runtime(), spec))
    world.subnet(1)
    world.root()
    return world


@pytest.mark.parametrize(
    ("lock", "rates", "past", "flags", "expected"),
    [
        # A lock that is kept: half of the mass after the half-life, from nothing; three quarters from half.
        (Lock(10**12, 0, 0), SAME, HALF, {"owner": False, "kept": True}, 5 * 10**11),
        (Lock(10**12, (5 * 10**11) << 64, 0), SAME, HALF, {"owner": False, "kept": True}, 75 * 10**10),
        # One that decays: m t/tau exp(-t/tau), most after tau blocks.
        (Lock(10**12, 0, 0), SAME, 934_866, {"owner": False, "kept": False}, int(10**12 / math.e)),
        # Rates that differ: tau (e^-t/tau - e^-t/sigma) / (tau - sigma).
        (Lock(10**12, 0, 0), FASTER, 934_866, {"owner": False, "kept": False}, 1.5e12 * (math.exp(-1) - math.exp(-3))),
        # For the owner's hotkey all that is locked counts at once.
        (Lock(10**12, 0, 0), SAME, 0, {"owner": True, "kept": True}, 10**12),
        (Lock(10**12, 0, 0), SAME, HALF, {"owner": True, "kept": False}, 5 * 10**11),
        # Nothing has passed: as it was written. Less than a hundred of both is nothing.
        (Lock(10**12, 7 << 64, 0), SAME, 0, {"owner": False, "kept": True}, 7),
        (Lock(99, 99 << 64, 0), SAME, 0, {"owner": False, "kept": True}, 0),
        (Lock(99, 100 << 64, 0), SAME, 0, {"owner": False, "kept": True}, 100),
        (Lock(10**12, 0, 0), Rates(0, 0), 5, {"owner": False, "kept": True}, 10**12),
        (Lock(10**12, 0, 0), Rates(0, 0), 5, {"owner": False, "kept": False}, 0),
    ],
)
def test_conviction_grows_as_the_chain_has_it(
    lock: Lock, rates: Rates, past: int, flags: dict[str, bool], expected: float
) -> None:
    assert lock.at(past, rates, **flags) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("spec", "per_cent", "needs"),
    [
        (424, None, None),
        (425, "10", ALPHA // 10),
        (445, "10", ALPHA // 10),
        (446, "10", (ALPHA - 3 * 10**15) // 10),
        (447, "18", (ALPHA - 3 * 10**15) * 18 // 100 + 1),
        (471, "18", (ALPHA - 3 * 10**15) * 18 // 100 + 1),
    ],
)
def test_the_need_is_that_of_the_runtimes_version(spec: int, per_cent: str | None, needs: int | None) -> None:
    world = lived(spec)
    world.put("SubnetProtocolAlpha", [u(16, 1)], u(64, 2 * 10**15))
    world.put("AlphaBurned", [u(16, 1)], u(64, 10**15), pallet="AlphaAssets")
    world.put("NetworkRegisteredAt", [u(16, 1)], u(64, 77))
    found = told(world)
    assert found.get(("takeover_per_cent", "")) == per_cent
    assert found.get(("takeover_needs", "subnet:1.0")) == (None if needs is None else str(needs))
    assert found.get(("takeover_from", "subnet:1.0")) == (None if needs is None else str(77 + YEAR))
    assert found["conviction_total", "subnet:1.0"] == "0"


def test_nothing_can_be_taken_over_of_alpha_that_is_nobodys() -> None:
    world = lived(447)
    world.put("AlphaBurned", [u(16, 1)], u(64, 2 * ALPHA), pallet="AlphaAssets")
    assert ("takeover_needs", "subnet:1.0") not in told(world)


def test_the_owners_own_hotkeys_are_no_challengers() -> None:
    world = lived(447)
    # uid 1 has the coldkey of uid 0, the owner's; uid 4 and 5 have another one.
    for uid, amount in ((1, 900), (4, 300), (5, 200)):
        world.lock("HotkeyLock", [u(16, 1), world.hotkey(1, uid)], 10**6, amount)
    world.lock("DecayingHotkeyLock", [u(16, 1), world.hotkey(1, 5)], 10**6, 150)
    world.lock("OwnerLock", [u(16, 1)], 2000, 0)
    world.lock("DecayingOwnerLock", [u(16, 1)], 500, 0)
    world.lock("HotkeyLock", [u(16, 9), world.hotkey(1, 5)], 10**6, 10**6)
    found = told(world)
    assert found["conviction_total", "subnet:1.0"] == str(900 + 300 + 350 + 2500)
    assert found["conviction_owner", "subnet:1.0"] == "2500"
    assert found["conviction_challenger", "subnet:1.0"] == "350"
    assert found["challenger", "subnet:1.0"] == spelled(world.owners[world.hotkey(1, 5)])


@pytest.mark.parametrize(
    ("spec", "locks", "missing"),
    [
        # 18 % of 4,000,000 alpha and a unit, by one hotkey alone.
        (447, {}, 72 * 10**13 + 1),
        (447, {4: 70 * 10**13, 6: 10**15 // 2}, 2 * 10**13 + 1),
        (447, {4: 80 * 10**13}, 0),
        # More than the owner's hotkey has, where that is more.
        (447, {4: 80 * 10**13, 1: 90 * 10**13}, 10 * 10**13 + 1),
        # 10 % by all locks together, the owner's among them, of which the challenger's must be the most.
        (425, {}, 40 * 10**13),
        (425, {4: 10**13, 6: 10**13}, 38 * 10**13),
        (425, {4: 10**13, 1: 30 * 10**13}, 29 * 10**13 + 1),
    ],
)
def test_what_the_best_challenger_lacks_is_told(spec: int, locks: dict[int, int], missing: int) -> None:
    world = lived(spec)
    for uid, amount in locks.items():
        world.lock("HotkeyLock", [u(16, 1), world.hotkey(1, uid)], 10**15, amount)
    assert told(world)["takeover_missing", "subnet:1.0"] == str(missing)


def test_a_hotkey_that_nobody_owns_challenges_nobody() -> None:
    world = lived(447)
    world.lock("HotkeyLock", [u(16, 1), world.hotkey(1, 5)], 10**6, 300)
    world.node.drop("SubtensorModule", "Owner", (world.hotkey(1, 5),))
    found = told(world)
    assert found["conviction_challenger", "subnet:1.0"] == "0"
    assert ("challenger", "subnet:1.0") not in found


def test_a_runtime_without_locks_says_so_and_counts_nothing() -> None:
    found = told(lived(381, renamed(own_runtime(), {"OwnerLock": "OwnerLuck"})))
    assert found == {("takeover_rule", ""): "not on this runtime"}
