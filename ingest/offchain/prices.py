"""Dollar prices of the tokens, from two public sources; both are stored, analytics judges them.

DefiLlama is asked first, CoinGecko without a key second. A price is kept with the time at which its source made it; a
price that its source itself doubts is kept under another name, so that nothing takes it for one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from ingest.fields import listed, number, table
from ingest.network import DAILY, HOURLY, Reading
from ingest.offchain.feed import Feed, Told, reading
from store.faults import SourceChanged
from store.rows import Facts, observation

ADDRESSES: Final = ("https://coins.llama.fi", "https://api.coingecko.com/api/v3")
LLAMA, GECKO = 0, 1
# The smallest question that each answers.
PROBES: Final = ("/prices/current/coingecko:ethereum", "/ping")
SOURCES: Final = ("defillama", "coingecko")
CLOSES: Final = 30
# DefiLlama's own measure of how sure it is, from 0 to 1.
SURE: Final = 0.9
# A time beyond the year 5138 is told in milliseconds, one before September 2001 is no time of a price of a token.
SMALLEST_SECONDS, LARGEST_SECONDS = 10**9, 10**11

# CoinGecko's ids of tokens; DefiLlama knows them too.
Tokens = Mapping[str, str]
Read = Callable[[Feed], Facts]


def readings(tokens: Tokens, closed: Sequence[str]) -> tuple[Reading[Feed], ...]:
    """Prices now and at the end of each day; CoinGecko is asked once a token for the ends, so for `closed` alone."""
    return (
        reading("now_defillama", now_defillama(tokens), HOURLY, unit="usd", headline=True),
        reading("now_coingecko", now_coingecko(tokens), HOURLY, unit="usd", headline=True),
        reading("closes_defillama", closes_defillama(tokens), DAILY, unit="usd"),
        reading("closes_coingecko", closes_coingecko(tokens, closed), DAILY, unit="usd"),
    )


def now_defillama(tokens: Tokens) -> Read:
    """The reading of DefiLlama's prices now."""

    def now(feed: Feed) -> Facts:
        """Prices in dollars now, of every token, from DefiLlama's coins interface, each with the time it was made."""
        return feed.get(f"/prices/current/{_ids(tokens)}", judge, place=LLAMA).facts()

    def judge(body: Any) -> Told:
        coins, told = table(body, "coins"), Told()
        for token, coin_id in tokens.items():
            if f"coingecko:{coin_id}" in coins:
                with told.unless_wrong(token):
                    coin = table(coins, f"coingecko:{coin_id}")
                    sure = coin.get("confidence") is not None and number(coin, "confidence") >= SURE
                    name = "price_usd" if sure else "doubted_price_usd"
                    told.rows.append(_priced(token, number(coin, "timestamp"), number(coin, "price"), LLAMA, name))
        return _some(told, LLAMA, tokens)

    return now


def now_coingecko(tokens: Tokens) -> Read:
    """The reading of CoinGecko's prices now."""

    def now(feed: Feed) -> Facts:
        """Prices in dollars now, of every token, from CoinGecko without a key, each with the time it was made."""
        asked = {"ids": ",".join(tokens.values()), "vs_currencies": "usd", "include_last_updated_at": "true"}
        return feed.get("/simple/price", judge, asked, place=GECKO).facts()

    def judge(body: Any) -> Told:
        coins, told = table(body), Told()
        for token, coin_id in tokens.items():
            with told.unless_wrong(token):
                # A coin that is not traded any more is absent, or there without a price.
                coin = table(coins, coin_id) if coin_id in coins else {}
                if coin.get("usd") is not None:
                    told.rows.append(_priced(token, number(coin, "last_updated_at"), number(coin, "usd"), GECKO))
        return _some(told, GECKO, tokens)

    return now


def closes_defillama(tokens: Tokens) -> Read:
    """The reading of DefiLlama's prices at the ends of days."""

    def closes(feed: Feed) -> Facts:
        """Prices in dollars at midnight UTC of the last 30 days, of every token, from DefiLlama's coins interface."""
        first = _midnight(feed) - timedelta(days=CLOSES)
        asked = {"start": str(int(first.timestamp())), "span": str(CLOSES + 1), "period": "1d"}
        return feed.get(f"/chart/{_ids(tokens)}", judge, asked, place=LLAMA).facts()

    def judge(body: Any) -> Told:
        coins, told = table(body, "coins"), Told()
        for token, coin_id in tokens.items():
            if f"coingecko:{coin_id}" in coins:
                with told.unless_wrong(token):
                    for point in listed(coins, f"coingecko:{coin_id}", "prices"):
                        with told.unless_wrong(token):
                            told.rows.append(_priced(token, number(point, "timestamp"), number(point, "price"), LLAMA))
        return _some(told, LLAMA, tokens)

    return closes


def closes_coingecko(tokens: Tokens, closed: Sequence[str]) -> Read:
    """The reading of CoinGecko's prices of some tokens at the ends of days."""

    def closes(feed: Feed) -> Facts:
        asked = {"vs_currency": "usd", "days": str(CLOSES), "interval": "daily"}
        told = Told()
        for token in closed:
            path = f"/coins/{tokens[token]}/market_chart"
            told.add(feed.get(path, partial(_closes, token), asked, place=GECKO))
        return _some(told, GECKO, tokens).facts()

    *others, last = closed
    closes.__doc__ = (
        f"Prices in dollars at midnight UTC of the last {CLOSES} days, of {', '.join(others)} and {last}, "
        "from CoinGecko without a key."
    )
    return closes


def _ids(tokens: Tokens) -> str:
    return ",".join(f"coingecko:{coin_id}" for coin_id in tokens.values())


def _priced(token: str, made: float, usd: float, source: int, name: str = "price_usd") -> dict[str, Any]:
    if usd <= 0:
        raise SourceChanged(f"{SOURCES[source]}: the price of {token} is {usd}")
    if not SMALLEST_SECONDS < made < LARGEST_SECONDS:
        raise SourceChanged(f"{SOURCES[source]}: the price of {token} was made at {made}")
    return observation(name, datetime.fromtimestamp(made, UTC), usd, "usd", subject=token, source=SOURCES[source])


def _pair(point: Any) -> tuple[float, float]:
    """Seconds and dollars in CoinGecko's [milliseconds, dollars]."""
    if not isinstance(point, list) or len(point) != 2:
        raise SourceChanged(f"prices holds {str(point)[:80]!r}, not [time, price]")
    named = {"time": point[0], "price": point[1]}
    return number(named, "time") / 1000, number(named, "price")


def _closes(token: str, body: Any) -> Told:
    """CoinGecko's prices of a token at the ends of days."""
    told = Told()
    with told.unless_wrong(token):
        for point in listed(body, "prices"):
            with told.unless_wrong(token):
                told.rows.append(_priced(token, *_pair(point), GECKO))
    return told


def _some(told: Told, source: int, tokens: Tokens) -> Told:
    if not told.rows:
        known = f"{SOURCES[source]} knows none of the tokens: {', '.join(tokens)}"
        raise SourceChanged(str(next(iter(told.wrong.values()), known)))
    return Told(_once(told.rows), told.wrong)


def _once(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A chart may end with the same point twice: midnight and now, when it is midnight."""
    return list({(row["name"], row["subject"], row["time"]): row for row in told}.values())


def _midnight(feed: Feed) -> datetime:
    return feed.block.time.replace(hour=0, minute=0, second=0, microsecond=0)


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
now_defillama:
  price_usd | <token> | usd | price in dollars
  doubted_price_usd | <token> | usd | a price that its own source doubts
now_coingecko:
  price_usd | <token> | usd | price in dollars
  doubted_price_usd | <token> | usd | a price that its own source doubts
closes_defillama:
  price_usd | <token> | usd | price in dollars
  doubted_price_usd | <token> | usd | a price that its own source doubts
closes_coingecko:
  price_usd | <token> | usd | price in dollars
  doubted_price_usd | <token> | usd | a price that its own source doubts
"""
