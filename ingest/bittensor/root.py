"""Dividends of root stakers on Bittensor: they are not paid but become claimable, subnet by subnet."""

from collections import defaultdict
from typing import Final

import polars as pl

from ingest.bittensor.positions import positions
from ingest.bittensor.subnets import PALLET, ROOT, subnets
from ingest.network import Memo
from ingest.substrate.node import Substrate
from store.faults import SourceChanged
from store.rows import Facts, Kind, frame, observation

# Claims are stored by subnet, hotkey and coldkey, which is millions of rows; the largest positions tell most of it.
LARGEST: Final = 200
FIXED: Final = 2**32


def root_dividends(node: Substrate, memo: Memo) -> Facts:
    """What the largest two hundred root stakers could claim on each subnet, have claimed, and have not, in its token.

    Claimable is the hotkey's rate times the position's TAO; claimed is the chain's own mark, which also counts what was
    set off when stake was added. `root_coverage` is the part of all root stake that these positions have.
    """
    if not node.has(PALLET, "RootClaimable"):
        raise SourceChanged(f"runtime {node.runtime_version} has no claimable root dividends")
    root = positions(node, memo).filter(pl.col("netuid") == ROOT).sort("alpha", "hotkey", "coldkey", descending=True)
    largest = root.head(LARGEST)
    hotkeys = largest["hotkey"].unique().sort().to_list()
    rates = dict(zip(hotkeys, node.values(PALLET, "RootClaimable", [(hotkey,) for hotkey in hotkeys]), strict=True))
    labels = {subnet.netuid: subnet.label for subnet in subnets(node)}
    claims = [
        (netuid, hotkey, coldkey, max(0, rate) * stake // FIXED)
        for hotkey, coldkey, _, stake in largest.iter_rows()
        for netuid, rate in rates[hotkey]
        if netuid in labels
    ]
    claimed = node.values(PALLET, "RootClaimed", [(netuid, hotkey, coldkey) for netuid, hotkey, coldkey, _ in claims])
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (netuid, _, _, owed), mark in zip(claims, claimed, strict=True):
        for place, amount in enumerate((owed, mark, max(0, owed - mark))):
            sums[netuid][place] += amount
    rows = [
        observation(f"root_{name}", node.block.time, amount, "rao alpha", subject=labels[netuid])
        for netuid, amounts in sorted(sums.items())
        for name, amount in zip(("claimable", "claimed", "unclaimed"), amounts, strict=True)
    ]
    if not root.is_empty():
        coverage = sum(largest["alpha"]) / sum(root["alpha"])
        rows.append(observation("root_coverage", node.block.time, coverage, "share"))
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
root_dividends:
  root_claimable | <subnet> | rao alpha | what the largest root stakers earned of the subnet's token
  root_claimed | <subnet> | rao alpha | what they have claimed of it
  root_unclaimed | <subnet> | rao alpha | what they have not claimed yet
  root_coverage | | share | part of all root stake that these positions have
"""
