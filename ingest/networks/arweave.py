"""Arweave (data): who finds its blocks and is paid for them, and what is stored and put by."""

from collections import Counter, defaultdict
from typing import Final

from analytics.power.paths import Action, Side
from ingest.arweave.node import WEEK, ArweaveChain, ArweaveNode
from ingest.arweave.rewards import undivided
from ingest.network import DAILY, Network, Reading, Rule, Way, counted
from store.columns import Column
from store.rows import Facts, Kind, Measure, frame, holdings, observation

# Public gateways that pass blocks on.
ENDPOINTS: Final = ("https://arweave.net", "https://permagate.io", "https://ar-io.dev")
# Names that the developers of its node give to nodes: the first and last to some of their own, the others each to many.
PEERS: Final = (
    "http://tip-1.arweave.xyz:1984",
    "http://europe.peers.arweave.xyz:1984",
    "http://north-america.peers.arweave.xyz:1984",
    "http://asia.peers.arweave.xyz:1984",
    "http://peers.arweave.xyz:1984",
    "http://tip-2.arweave.xyz:1984",
)

MAJORITY: Final = Rule(Measure.VOTING_POWER, "miners", "decide which blocks count", 1, 2, strict=True)


def state(node: ArweaveNode) -> Facts:
    """How much data was uploaded, what is put by to pay for keeping it, and what it costs, as the block's header says.

    The endowment is what uploads paid and miners were not paid yet. Each field of the header is held to the block's
    hash, which two peers and a gateway give.
    """
    pinned, time = node.header, node.block.time
    undivided(pinned.denomination)
    rows = [
        observation("weave_size", time, pinned.weave_size, "bytes"),
        observation("endowment", time, pinned.endowment, "winston"),
        observation("price_per_gib_minute", time, pinned.price, "winston"),
        observation("denomination", time, pinned.denomination, "steps"),
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def rewards(node: ArweaveNode) -> Facts:
    """What each address of a miner was paid for the blocks of the last 90 days, in AR.

    Every block's reward is proved by the newest header: its hash over all of them follows from each and their order,
    and two peers and a gateway give that header. Rewards are paid out thirty days later. An address may be a pool, and
    several may be one miner.
    """
    undivided(node.header.denomination)
    history, paid = node.history(), defaultdict[str, int](int)
    for reward in history.rewards:
        paid[reward.miner] += reward.amount
    return Facts(holdings(("miners", miner, amount) for miner, amount in sorted(paid.items())), since=history.since)


def blocks(node: ArweaveNode) -> Facts:
    """How many of the last 5,040 blocks, those of seven days, each address of a miner found.

    Proved as the rewards are, of which these are the last. It estimates who has how much of the power to find blocks;
    who stores which data is not on the chain. An address may be a pool, and several may be one miner.
    """
    found = Counter(reward.miner for reward in node.history().rewards[-WEEK:])
    return Facts(
        holdings(("miners", miner, count) for miner, count in sorted(found.items())),
        reported={"miners": min(WEEK, len(node.history().rewards))},
    )


def _by_majority(action: Action, effect: str = "") -> Way:
    name = "miners who find more than 1/2 of the blocks"
    return Way(action, Side.FORCE, name, MAJORITY, "ar_block_cache.erl: the chain of most work", takes=0, effect=effect)


NETWORK = Network(
    name="arweave",
    title="Arweave",
    stack="data",
    token="AR",
    unit="winston",
    decimals=12,
    address="base64url",
    chain=ArweaveChain("arweave.N.1", ENDPOINTS, PEERS),
    readings=(
        Reading("state", Kind.OBSERVATIONS, None, "", DAILY, state, headline=True),
        Reading(
            "rewards",
            Kind.HOLDINGS,
            Measure.EMISSION,
            "winston",
            DAILY,
            rewards,
            headline=True,
            of_now="nodes tell the rewards of 90 days, and of those before a past day not all",
        ),
        Reading("blocks", Kind.HOLDINGS, Measure.VOTING_POWER, "blocks", DAILY, blocks, headline=True),
    ),
    rules=(MAJORITY,),
    # Nodes go back 18 blocks at most for a chain of more work (ar.hrl, CHECKPOINT_DEPTH).
    ways=(_by_majority(Action.CENSOR), _by_majority(Action.SEIZE, "take back what was paid in the last 18 blocks")),
    units=counted("blocks"),
    scorecard={
        Column.VOTING_POWER: "blocks/miners",
        # Whose address is a pool's passes most of it on.
        Column.EMISSION_BY_OPERATOR: "rewards/miners",
    },
    colour=11,
    prices={"AR": "arweave"},
    credit="Arweave's blocks: nodes and gateways that answer everybody.",
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
state:
  weave_size | | bytes | how much data was uploaded, without the copies that miners keep
  endowment | | winston | what is put by to pay for keeping it
  price_per_gib_minute | | winston | what to keep one GiB for one minute is reckoned at, by the chain's own estimate
  denomination | | steps | how often winston were divided by a thousand, and one
rewards:
  miners | <address> | | what was paid for the blocks of 90 days
blocks:
  miners | <address> | | blocks found of the last 5,040
"""
