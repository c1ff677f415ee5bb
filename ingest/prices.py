"""Dollar prices of the tokens, from two public sources; both are stored, analytics judges them.

DefiLlama is asked first, CoinGecko without a key second. A price is kept with the time at which its source made it; a
price that its source itself doubts is kept under another name, so that nothing takes it for one.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ingest.network import DAILY, HOURLY, Reading
from ingest.offchain import Feed, number, rows, table
from store.rows import Facts, Kind, SourceChanged, frame, observation

ADDRESSES: Final = ("https://coins.llama.fi", "https://api.coingecko.com/api/v3")
LLAMA, GECKO = 0, 1
# The smallest question that each answers.
PROBES: Final = ("/prices/current/coingecko:bittensor", "/ping")
SOURCES: Final = ("defillama", "coingecko")
# CoinGecko's ids; DefiLlama knows them too.
TOKENS: Final[Mapping[str, str]] = {
    "TAO": "bittensor",
    "FET": "fetch-ai",
    "AKT": "akash-network",
    "AGIX": "singularitynet",
    "OCEAN": "ocean-protocol",
    "CUDOS": "cudos",
    "USDC": "usd-coin",
}
# Flows of these are told in dollars day by day; CoinGecko is asked once a token.
CLOSED_DAILY: Final = ("AKT", "TAO", "FET")
CLOSES: Final = 30
# DefiLlama's own measure of how sure it is, from 0 to 1.
SURE: Final = 0.9
# A time beyond the year 5138 is told in milliseconds.
LARGEST_SECONDS: Final = 10**11


def now_defillama(feed: Feed) -> Facts:
    """Prices in dollars now, of every token, from DefiLlama's coins interface, each with the time it was made."""
    coins = table(feed.get(f"/prices/current/{_ids()}", place=LLAMA), "coins")
    told = []
    for token, coin_id in TOKENS.items():
        if f"coingecko:{coin_id}" in coins:
            coin = table(coins, f"coingecko:{coin_id}")
            sure = coin.get("confidence") is not None and number(coin, "confidence") >= SURE
            name = "price_usd" if sure else "doubted_price_usd"
            told.append(_priced(token, number(coin, "timestamp"), number(coin, "price"), LLAMA, name))
    return _facts(told, LLAMA)


def now_coingecko(feed: Feed) -> Facts:
    """Prices in dollars now, of every token, from CoinGecko without a key, each with the time it was made."""
    asked = {"ids": ",".join(TOKENS.values()), "vs_currencies": "usd", "include_last_updated_at": "true"}
    coins = table({"answer": feed.get("/simple/price", asked, place=GECKO)}, "answer")
    told = []
    for token, coin_id in TOKENS.items():
        # A coin that is not traded any more is absent, or there without a price.
        coin = table(coins, coin_id) if coin_id in coins else {}
        if coin.get("usd") is not None:
            told.append(_priced(token, number(coin, "last_updated_at"), number(coin, "usd"), GECKO))
    return _facts(told, GECKO)


def closes_defillama(feed: Feed) -> Facts:
    """Prices in dollars at midnight UTC of the last 30 days, of every token, from DefiLlama's coins interface."""
    first = _midnight(feed) - timedelta(days=CLOSES)
    asked = {"start": str(int(first.timestamp())), "span": str(CLOSES + 1), "period": "1d"}
    coins = table(feed.get(f"/chart/{_ids()}", asked, place=LLAMA), "coins")
    told = []
    for token, coin_id in TOKENS.items():
        if f"coingecko:{coin_id}" in coins:
            points = rows(coins, f"coingecko:{coin_id}", "prices")
            told += [_priced(token, number(point, "timestamp"), number(point, "price"), LLAMA) for point in points]
    return _facts(told, LLAMA)


def closes_coingecko(feed: Feed) -> Facts:
    """Prices in dollars at midnight UTC of the last 30 days, of AKT, TAO and FET, from CoinGecko without a key."""
    asked = {"vs_currency": "usd", "days": str(CLOSES), "interval": "daily"}
    told = []
    for token in CLOSED_DAILY:
        points = rows(feed.get(f"/coins/{TOKENS[token]}/market_chart", asked, place=GECKO), "prices")
        told += [_priced(token, *_pair(point), GECKO) for point in points]
    return _facts(told, GECKO)


def _ids() -> str:
    return ",".join(f"coingecko:{coin_id}" for coin_id in TOKENS.values())


def _priced(token: str, made: float, usd: float, source: int, name: str = "price_usd") -> dict[str, Any]:
    if usd <= 0:
        raise SourceChanged(f"{SOURCES[source]}: the price of {token} is {usd}")
    if not 0 < made < LARGEST_SECONDS:
        raise SourceChanged(f"{SOURCES[source]}: the price of {token} was made at {made}")
    return observation(name, datetime.fromtimestamp(made, UTC), usd, "usd", subject=token, source=SOURCES[source])


def _pair(point: Any) -> tuple[float, float]:
    """Seconds and dollars in CoinGecko's [milliseconds, dollars]."""
    if not isinstance(point, list) or len(point) != 2:
        raise SourceChanged(f"prices holds {str(point)[:80]!r}, not [time, price]")
    named = {"time": point[0], "price": point[1]}
    return number(named, "time") / 1000, number(named, "price")


def _facts(told: list[dict[str, Any]], source: int) -> Facts:
    if not told:
        raise SourceChanged(f"{SOURCES[source]} knows none of the tokens: {', '.join(TOKENS)}")
    return Facts(frame(Kind.OBSERVATIONS, _once(told)))


def _once(told: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A chart may end with the same point twice: midnight and now, when it is midnight."""
    return iter({(row["name"], row["subject"], row["time"]): row for row in told}.values())


def _midnight(feed: Feed) -> datetime:
    return feed.block.time.replace(hour=0, minute=0, second=0, microsecond=0)


def _reading(name: str, read: Callable[[Feed], Facts], every: timedelta, *, headline: bool = False) -> Reading:
    return Reading(name, Kind.OBSERVATIONS, None, "usd", every, read, headline=headline)


READINGS: Final = (
    _reading("now_defillama", now_defillama, HOURLY, headline=True),
    _reading("now_coingecko", now_coingecko, HOURLY, headline=True),
    _reading("closes_defillama", closes_defillama, DAILY),
    _reading("closes_coingecko", closes_coingecko, DAILY),
)
