"""What a simulated Arweave tells: who finds its blocks and is paid for them, what is stored and put by."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from ingest.network import Network
from ingest.sample.draw import DAY, Row
from store.rows import observation

# In the sizes of August 2026: a block in two minutes, 0.17 AR each.
MINERS: Final = 60
A_WEEK: Final = 5_040
# What a day's blocks are paid: rates of the sample are of a day.
A_DAY: Final = 122
SKEW: Final = 1.4
BEGAN: Final = datetime(2018, 6, 8, tzinfo=UTC)


def state(_: Network, time: datetime) -> list[Row]:
    """What is stored and put by, a little more each day."""
    days = (time - BEGAN) // DAY
    return [
        observation("weave_size", time, days * 130 * 10**9, "bytes"),
        observation("endowment", time, days * 115 * 10**12, "winston"),
        observation("price_per_gib_minute", time, 4_897, "winston"),
        observation("denomination", time, 1, "steps"),
    ]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {"state": (state, 7)}
