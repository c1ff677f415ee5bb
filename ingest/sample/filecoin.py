"""What a simulated chain of storage miners tells of itself."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from ingest.filecoin.tipsets import EPOCH, GENESIS_TIME
from ingest.network import Network
from ingest.sample.draw import Row, address
from store.rows import observation

# What the one real chain showed in mid-2026, rounded (filcensus, 2026-05 and 2026-06).
MINERS: Final = 622
OWNERS: Final = 267
REGISTERED: Final = 749_781
RAW: Final = 171 * 10**16 * 1153 // 1000
QUALITY_ADJUSTED: Final = 15 * 2**60
PLEDGED: Final = 83_800_000
# Coins in base units: what an epoch mints for five wins, and so far for all.
EPOCH_REWARD: Final = 17 * 10**18
MINTED: Final = 420_000_000
ROOT_SIGNERS, NEEDED = 5, 3
# Epochs between the newest certificate of fast finality and the time of the sample.
LATE: Final = 4


def chain(network: Network, time: datetime) -> list[Row]:
    """Totals, and what is minted."""
    token, height = 10**network.decimals, int((time - GENESIS_TIME) / EPOCH)
    told = (
        ("tipset", f"{height} simulated", ""),
        ("miner_count", REGISTERED, "count"),
        ("miners_above_minimum", MINERS, "count"),
        ("raw_power", RAW, "bytes"),
        ("qa_power", QUALITY_ADJUSTED, "bytes"),
        ("this_epoch_reward", EPOCH_REWARD, network.unit),
        ("total_storage_power_reward", MINTED * token, network.unit),
        ("pledge_total", PLEDGED * token, network.unit),
    )
    return [observation(name, time, exact, unit) for name, exact, unit in told]


def finality(_: Network, time: datetime) -> list[Row]:
    """The newest certificate of fast finality."""
    epoch = int((time - GENESIS_TIME) / EPOCH) - LATE
    return [
        observation("f3_epoch", time, epoch, "count"),
        observation("f3_age", time, LATE * EPOCH.seconds, "s"),
    ]


def root_threshold(network: Network, time: datetime) -> list[Row]:
    """How many of the signers must act together."""
    return [
        observation("root_threshold", time, NEEDED, "count"),
        observation("root_key", time, address(network.address, ROOT_SIGNERS), "address"),
    ]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    "chain": (chain, 30),
    "finality": (finality, 30),
    "root_threshold": (root_threshold, 30),
}
