"""Bittensor's stake map: which coldkey has how much alpha with which hotkey on which subnet, at one block.

Three ways, the cheapest first: the runtime's list of delegates (one request), its answers coldkey by coldkey, and the
stored shares themselves.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import polars as pl

from ingest.bittensor.shares import NONE, Share, from_bits, whole, worth
from ingest.bittensor.subnets import PALLET, ROOT, spelled, subnets
from ingest.fields import part
from ingest.network import Memo
from ingest.substrate import columns
from ingest.substrate.columns import Rows
from ingest.substrate.node import Substrate, listed
from ingest.substrate.rpc import NotServed
from store.faults import BadData, SourceDown

log = logging.getLogger(__name__)

DELEGATES: Final = "DelegateInfoRuntimeApi_get_delegates"
STAKES: Final = "StakeInfoRuntimeApi_get_stake_info_for_coldkeys"
# Coldkeys a request: the node walks every subnet for each of them.
BATCH: Final = 250
COMPLETE: Final = 0.995
# By how much the chain's own counters may differ: positions are rounded down, old pools have shares of nobody, swaps
# round the supply. A list cut short, or shares of one pool valued in another, is far beyond it.
DRIFT: Final = 0.01
ROUNDED: Final = 10**6

POSITIONS: Final = pl.Schema({"hotkey": pl.String(), "coldkey": pl.String(), "netuid": pl.Int32(), "alpha": pl.Int64()})
Position = tuple[str, str, int, int]
Pool = tuple[str, int]
Stake = tuple[str, str, int]


def positions(node: Substrate, memo: Memo) -> pl.DataFrame:
    """Every stake position above zero: hotkey, coldkey, netuid and alpha (TAO on the root), in base units."""
    return node.once("positions", partial(_positions, node, memo))


def _positions(node: Substrate, memo: Memo) -> pl.DataFrame:
    for way in (_by_delegates, _by_coldkeys):
        try:
            found = way(node, memo)
        except (NotServed, SourceDown) as error:
            log.info("stake is read another way: %s", error)
            continue
        if _whole(node, found):
            return _checked(node, found)
        log.info("stake is read another way: %s misses some of it", way.__name__)
    return _checked(node, _by_shares(node, memo))


def _whole(node: Substrate, found: pl.DataFrame) -> bool:
    """Whether the runtime's lists have all stake: hotkeys or coldkeys that it does not list show on the root."""
    root = sum(found.filter(pl.col("netuid") == ROOT)["alpha"])
    return bool(root >= COMPLETE * node.value(PALLET, "SubnetTAO", ROOT)) and not found.is_empty()


def _checked(node: Substrate, found: pl.DataFrame) -> pl.DataFrame:
    """Refuses a map in which a subnet's stakers have more than its whole token supply outside the pool."""
    have = dict(found.group_by("netuid").agg(pl.col("alpha").sum()).iter_rows())
    for subnet in subnets(node):
        issued = subnet.get("SubnetAlphaOut", None)
        if subnet.netuid != ROOT and issued is not None and have.get(subnet.netuid, 0) > issued * (1 + DRIFT):
            raise BadData(f"{subnet.label}: stakers have {have[subnet.netuid]} alpha, {issued} are out")
    return found.filter(pl.col("alpha") > 0)


def _by_delegates(node: Substrate, memo: Memo) -> pl.DataFrame:
    """One request for all positions with a delegate.

    Until mid-2026 the runtime took a subnet's place in its list for its netuid, so that behind a gap in the netuids the
    pools of other subnets were used: its list is taken only when there is no gap.
    """
    netuids = [subnet.netuid for subnet in subnets(node)]
    if not node.answers(DELEGATES) or netuids != list(range(len(netuids))):
        raise NotServed(f"{DELEGATES} does not count stake behind a gap in the netuids")
    return memo("delegates", lambda: _frame(_delegated(node.call(DELEGATES))))


def _delegated(delegates: Iterable[Mapping[str, Any]]) -> Iterator[Position]:
    for delegate in delegates:
        hotkey = spelled(part(delegate, "delegate_ss58"))
        for coldkey, stakes in part(delegate, "nominators"):
            # Early in 2025 there was one sum of TAO for each nominator instead of stakes by subnet.
            if not isinstance(stakes, list):
                raise NotServed(f"{DELEGATES} does not tell stake by subnet")
            for netuid, alpha in stakes:
                yield hotkey, spelled(coldkey), netuid, alpha


def _by_coldkeys(node: Substrate, memo: Memo) -> pl.DataFrame:
    """The runtime's own answers for every coldkey that it lists as staking."""
    if not (node.answers(STAKES) and node.has(PALLET, "StakingColdkeysByIndex")):
        raise NotServed(f"{STAKES} has no list of coldkeys to go by")
    count = node.value(PALLET, "NumStakingColdkeys")
    indexed = node.values(PALLET, "StakingColdkeysByIndex", [(index,) for index in range(count)])
    coldkeys = [coldkey for coldkey in indexed if coldkey is not None]
    parts = [
        memo(f"coldkeys-{start:07d}", partial(_batch, node, coldkeys[start : start + BATCH]))
        for start in range(0, len(coldkeys), BATCH)
    ]
    return pl.concat(parts) if parts else _frame(())


def _batch(node: Substrate, coldkeys: list[bytes]) -> pl.DataFrame:
    def of_those_asked(told: list[tuple[bytes, Any]]) -> None:
        if [coldkey for coldkey, _ in told] != coldkeys:
            raise BadData(f"{STAKES} answers for {len(told)} coldkeys, {len(coldkeys)} were asked for")

    told = node.call(STAKES, listed(coldkeys), of_those_asked)
    return _frame(
        (spelled(part(one, "hotkey")), spelled(coldkey), part(one, "netuid"), part(one, "stake"))
        for coldkey, stakes in told
        for one in stakes
    )


def _by_shares(node: Substrate, memo: Memo) -> pl.DataFrame:
    """The stored shares of every pool, both formats, without those of pools that were closed."""
    if not node.has(PALLET, "Alpha") and not node.has(PALLET, "AlphaV2"):
        return _before_alpha(node, memo)
    alpha = _by_pool(node.parts(PALLET, "TotalHotkeyAlpha", memo), int)
    totals = _merged(node, memo, "TotalHotkeyShares", _by_pool)
    shares = _merged(node, memo, "Alpha", _by_position)
    for closed in _closed(node, memo, shares):
        del shares[closed]
    found = _frame(
        (hotkey, coldkey, netuid, worth(alpha.get((hotkey, netuid), 0), share, totals.get((hotkey, netuid), NONE)))
        for (hotkey, coldkey, netuid), share in shares.items()
    )
    _refuse_lost_shares(found, alpha)
    return found


def _merged(node: Substrate, memo: Memo, name: str, keyed: Callable[..., dict[Any, Share]]) -> dict[Any, Share]:
    """Rows of both formats; the migration is lazy, and the runtime reads the old row where there is one."""
    found: dict[Any, Share] = {}
    if node.has(PALLET, f"{name}V2"):
        found |= keyed(node.parts(PALLET, f"{name}V2", memo), tuple)
    if node.has(PALLET, name):
        rows = node.parts(PALLET, name, memo)
        # At the start of dTAO (spec 218) shares were plain u64; U64F64 since.
        found |= keyed(rows, from_bits if rows.values.dtype == columns.WORDS else whole)
    return found


def _numbers(rows: Rows) -> list[Any]:
    if rows.values.dtype.names == ("mantissa", "exponent"):
        return list(zip(columns.whole(rows.values["mantissa"]), rows.values["exponent"].tolist(), strict=True))
    return columns.whole(rows.values)


def _by_pool(rows: Rows, read: Callable[[Any], Any]) -> dict[Pool, Any]:
    hotkeys, netuids = columns.addresses(rows.keys[0]), rows.keys[1].tolist()
    return {
        (hotkey, netuid): read(number) for hotkey, netuid, number in zip(hotkeys, netuids, _numbers(rows), strict=True)
    }


def _by_position(rows: Rows, read: Callable[[Any], Any]) -> dict[Stake, Any]:
    hotkeys, coldkeys = columns.addresses(rows.keys[0]), columns.addresses(rows.keys[1])
    keys = zip(hotkeys, coldkeys, rows.keys[2].tolist(), strict=True)
    return {key: read(number) for key, number in zip(keys, _numbers(rows), strict=True)}


def _closed(node: Substrate, memo: Memo, shares: Iterable[Stake]) -> list[Stake]:
    """Shares of pools that were closed: their epoch is older than the pool's (both 0 where absent)."""
    if not node.has(PALLET, "AlphaSharePoolEpoch"):
        return []
    pools = _by_pool(node.parts(PALLET, "AlphaSharePoolEpoch", memo), int)
    epochs = _by_position(node.parts(PALLET, "AlphaShareEpoch", memo), int)
    return [stake for stake in shares if epochs.get(stake, 0) < pools.get((stake[0], stake[2]), 0)]


def _refuse_lost_shares(found: pl.DataFrame, alpha: Mapping[Pool, int]) -> None:
    """Refuses a map in which the positions on a subnet are not worth what its hotkeys have by the chain's own count."""
    counted: dict[int, int] = {}
    for (_, netuid), amount in alpha.items():
        counted[netuid] = counted.get(netuid, 0) + amount
    have = dict(found.group_by("netuid").agg(pl.col("alpha").sum()).iter_rows())
    for netuid, total in counted.items():
        lost = total - have.get(netuid, 0)
        if not -ROUNDED <= lost <= total * DRIFT + ROUNDED:
            raise BadData(f"positions on subnet {netuid} are worth {have.get(netuid, 0)}, its hotkeys have {total}")


def _before_alpha(node: Substrate, memo: Memo) -> pl.DataFrame:
    """Stake before dTAO (February 2025): TAO by hotkey and coldkey, all of it on the root."""
    rows = node.parts(PALLET, "Stake", memo)
    keys = zip(
        columns.addresses(rows.keys[0]), columns.addresses(rows.keys[1]), columns.whole(rows.values), strict=True
    )
    return _frame((hotkey, coldkey, ROOT, rao) for hotkey, coldkey, rao in keys)


def _frame(found: Iterable[Position]) -> pl.DataFrame:
    return pl.DataFrame(list(found), schema=POSITIONS, orient="row")
