"""Good sources off chain: Akash's console and two sources of prices in one, whatever coin or series is asked for."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tests.worlds import akash_market
from tests.worlds.good.clock import NOW
from tests.worlds.servers import Reply, Request


def off_chain(blocks_ago: int, request: Request) -> Reply:
    """The console of Akash and two sources of prices in one: whatever coin or series is asked for is told.

    What it told some blocks ago of the first day was another figure.
    """
    parts = request.path.strip("/").split("/")
    match parts:
        case ["v1", "graph-data", _]:
            days = [NOW - timedelta(days=days) for days in (4, 3, 2, 1, 0)]
            return Reply(
                {
                    "snapshots": [
                        {"date": f"{day:%Y-%m-%d}", "value": day.day + (blocks_ago and day == days[0])} for day in days
                    ]
                }
            )
        case ["v1", "network-capacity"]:
            states = dict(zip(("active", "pending", "available", "total"), (5, 1, 4, 10), strict=True))
            resources = {**dict.fromkeys(("cpu", "gpu", "memory"), states), "storage": {"total": states}}
            return Reply({"activeProviderCount": 3, "resources": resources})
        case ["v1", "gpu"]:
            counts = {"allocatable": 8, "allocated": 3}
            models = [{"model": name, "ram": "80Gi", "interface": "SXM5", **counts} for name in ("h100", "a100", "t4")]
            return Reply({"gpus": {"total": counts, "details": {"nvidia": models, "amd": models[:1]}}})
        case ["v1", "providers"]:
            return Reply([{"owner": akash_market.provider(number), "isOnline": True} for number in range(3)])
        case ["v1", "provider-earnings", _]:
            earned = ("totalUAktEarned", "totalUUsdcEarned", "totalUActEarned", "totalUUsdEarned")
            return Reply({"earnings": dict.fromkeys(earned, 7)})
    return _priced(parts, request.params)


def _priced(parts: Sequence[str], params: Mapping[str, str]) -> Reply:
    seconds, midnight = int(NOW.timestamp()), NOW.replace(hour=0, minute=0, second=0)
    points = [(int((midnight - timedelta(days=days)).timestamp()), 1.5 + days) for days in (2, 1, 0)]
    match parts:
        case ["prices", "current", ids]:
            coin = {"price": 1.5, "timestamp": seconds, "confidence": 0.99}
            return Reply({"coins": dict.fromkeys(ids.split(","), coin)})
        case ["chart", ids]:
            told = [{"timestamp": made, "price": usd} for made, usd in points]
            return Reply({"coins": {name: {"symbol": "X", "prices": told} for name in ids.split(",")}})
        case [*_, "simple", "price"]:
            coin = {"usd": 1.5, "last_updated_at": seconds}
            return Reply(dict.fromkeys(params["ids"].split(","), coin))
        case [*_, "coins", _, "market_chart"]:
            return Reply({"prices": [[made * 1000, usd] for made, usd in points]})
    return Reply({"message": "Not Found"}, 404)
