"""A good node of an invented Bittensor: subnets with a gap in the netuids, stakers, names, weights and balances."""

from ingest.substrate.scale import compact
from tests.worlds.bittensor_world import World, account, by_coldkeys, u, vec
from tests.worlds.lcd import Answer
from tests.worlds.own_runtime import own_runtime
from tests.worlds.substrate_server import HEIGHT, Node


class Paged(Node):
    """A node that hands out a few keys a page, whatever is asked."""

    def state_getKeysPaged(self, prefix: str, count: int, start: str, block: str) -> list[str]:  # noqa: N802
        return super().state_getKeysPaged(prefix, min(count, 6), start, block)


def substrate(genesis: str, blocks_ago: int) -> Answer:
    """The answers of a node whose storage is the same at every block."""
    node = Paged(own_runtime(), 424, genesis=genesis, height=HEIGHT - blocks_ago)
    world = World(node, neurons=4)
    for netuid in (1, 2, 6):
        world.subnet(netuid, validators=2, mechanisms=1 + netuid % 2)
    # So much that to sell it would move the price, which the runtime is asked for.
    world.alpha[world.hotkey(6, 0), 6] = 2 * 10**15
    world.root()
    world.stakes(3)
    coldkeys = [account(f"coldkey {number}") for number in range(14)]
    info = u(32, 0) * 4 + u(64, 10**9) + u(64, 7) + u(64, 0) + u(128, 1 << 127)
    for coldkey in coldkeys:
        world.put("Account", [coldkey], info, pallet="System")
    world.put("TotalIssuance", [], u(64, len(coldkeys) * (10**9 + 7)), pallet="Balances")
    for number, coldkey in enumerate(coldkeys[:3]):
        world.put("IdentitiesV2", [coldkey], compact(2) + f"c{number}".encode() + b"\0" * 6)
    for netuid in world.netuids:
        world.put("Weights", [u(16, netuid), u(16, 3)], vec(u(16, uid) + u(16, 9) for uid in (0, 1)))
    world.lock("HotkeyLock", [u(16, 1), world.hotkey(1, 3)], 10**15, 10**14)
    world.lock("DecayingHotkeyLock", [u(16, 2), world.hotkey(2, 2)], 10**15, 10**14, 7)
    world.lock("OwnerLock", [u(16, 1)], 10**14, 10**14)
    for (hotkey, netuid), _ in list(world.alpha.items()):
        if netuid == 0:
            world.put("RootClaimable", [hotkey], vec([u(16, 1) + (2**31).to_bytes(16, "little")]))
    node.calls["SwapRuntimeApi_sim_swap_alpha_for_tao"] = u(64, 7 * 10**9) + bytes(40)
    node.replies["StakeInfoRuntimeApi_get_stake_info_for_coldkeys"] = by_coldkeys(world)
    return node.answer
