"""Who holds stake on Bittensor: by hotkey and coldkey in TAO, by coldkey on each subnet in its own token."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Final

import polars as pl

from ingest.bittensor.positions import positions
from ingest.bittensor.subnets import ONE, ROOT, Subnet, subnets
from ingest.fields import part
from ingest.network import Memo
from ingest.substrate.node import Substrate, encoded
from store.rows import Facts, Kind, frame, holdings, observation

EXIT: Final = "SwapRuntimeApi_sim_swap_alpha_for_tao"
LARGEST: Final = 100
# A position of less than this share of its holder's stake is left at spot price: it moves no price.
SMALL: Final = 0.01


def stake(node: Substrate, memo: Memo) -> Facts:
    """Stake by hotkey and by coldkey, in TAO: alpha at each subnet's spot price, and TAO staked on the root.

    From the runtime's stake map at one block. Spot prices are the runtime's own; selling all of a large position would
    bring less (see `exit_value`). Holders cannot override what their hotkey votes, so hotkeys are shown beside them.
    """
    found = _in_tao(node, memo)
    rows = []
    for population, key in (("hotkeys", "hotkey"), ("coldkeys", "coldkey")):
        sums = found.group_by(key).agg(pl.col("rao").sum())
        rows += [(population, holder, int(rao)) for holder, rao in sums.iter_rows()]
    return Facts(holdings(rows))


def stake_alpha(node: Substrate, memo: Memo) -> Facts:
    """Stake on each subnet by coldkey, in the subnet's own token (TAO on the root, netuid 0).

    Tokens of different subnets are different things: compare within a subnet only. The chain's own total is all alpha
    outside the pool; what stakers do not have of it is unclaimed dividends, the protocol's own and pending emission.
    """
    labels = {subnet.netuid: f"{subnet.label}/coldkeys" for subnet in subnets(node)}
    sums = positions(node, memo).group_by("netuid", "coldkey").agg(pl.col("alpha").sum())
    rows = [(labels[netuid], coldkey, int(alpha)) for netuid, coldkey, alpha in sums.iter_rows() if netuid in labels]
    have: dict[str, int] = defaultdict(int)
    for population, _, alpha in rows:
        have[population] += alpha
    # The two counters may drift apart by roundings (see positions): coverage is then one.
    reported = {
        labels[subnet.netuid]: max(int(subnet.get("SubnetAlphaOut", 0)), have[labels[subnet.netuid]])
        for subnet in subnets(node)
        if subnet.netuid != ROOT and labels[subnet.netuid] in have and "SubnetAlphaOut" in subnet.columns
    }
    return Facts(holdings(rows), reported)


def exit_value(node: Substrate, memo: Memo) -> Facts:
    """What the hundred largest coldkeys would get for their stake if each sold all of it, alone, at this block.

    The runtime simulates each sale with its fees and its effect on the price; positions below one percent of a
    holder's stake are counted at spot price. Root stake is TAO and sells at par.
    """
    found = _in_tao(node, memo)
    sums = found.group_by("coldkey").agg(pl.col("rao").sum()).sort("rao", "coldkey", descending=[True, False])
    top = dict(sums.head(LARGEST).iter_rows())
    by_subnet: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for coldkey, netuid, alpha in found.select("coldkey", "netuid", "alpha").iter_rows():
        if coldkey in top:
            by_subnet[coldkey][netuid] += alpha
    known = {subnet.netuid: subnet for subnet in subnets(node)}
    rows = []
    for coldkey, marked in top.items():
        parts = [(known[netuid], alpha) for netuid, alpha in sorted(by_subnet[coldkey].items())]
        rao = memo(f"exit-{coldkey}", partial(_sale, node, parts, marked))["rao"][0]
        rows.append(observation("exit_value", node.block.time, rao, "rao", subject=coldkey))
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _sale(node: Substrate, parts: Iterable[tuple[Subnet, int]], marked: int) -> pl.DataFrame:
    return pl.DataFrame({"rao": [sum(_sold(node, subnet, alpha, marked) for subnet, alpha in parts)]})


def _sold(node: Substrate, subnet: Subnet, alpha: int, marked: int) -> int:
    """What a position would bring, in rao."""
    spot = subnet.tao(alpha)
    if subnet.netuid == ROOT or subnet.get("SubnetMechanism", 1) == 0 or spot < marked * SMALL:
        return spot
    answer = node.call(EXIT, encoded(subnet.netuid, 2) + encoded(alpha, 8))
    return int(part(answer, "tao_amount"))


def _in_tao(node: Substrate, memo: Memo) -> pl.DataFrame:
    """Positions with what they are worth at spot price, in rao."""
    price = pl.DataFrame(
        [(subnet.netuid, subnet.price) for subnet in subnets(node)],
        schema={"netuid": pl.Int32(), "price": pl.Int128()},
        orient="row",
    )
    worth = pl.col("alpha").cast(pl.Int128) * pl.col("price") // ONE
    return positions(node, memo).join(price, on="netuid").with_columns(worth.alias("rao"))


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
stake:
  coldkeys | <address> | | owners of stake, with its worth in TAO
  hotkeys | <address> | | validators' and miners' keys, with the stake behind them
stake_alpha:
  <subnet>/coldkeys | <address> | | owners of a subnet's token that is staked
exit_value:
  exit_value | <address> | rao | what a coldkey would get if it sold its stake in the pools
"""
