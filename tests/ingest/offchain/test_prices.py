"""Dollar prices: what two sources tell, and when no figure is shown."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import Retry

from analytics.decimals import ONE
from analytics.prices import (
    ABSURD,
    Dollars,
    NoPrice,
    Price,
    Quote,
    closes,
    dollars,
    minted,
    price,
    price_at,
    total,
)
from ingest.network import Reading
from ingest.networks import networks
from ingest.offchain import prices as offchain
from ingest.offchain.feed import Feed, OffChain
from store.faults import SourceChanged, SourceDown
from store.impossible import check
from store.rows import Facts, Kind, frame, observation
from tests.worlds.examples import examples
from tests.worlds.memo import no_memo
from tests.worlds.servers import Reply, Request, serving

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
READINGS = networks()["prices"].readings
TOKENS = {"TAO": "bittensor", "FET": "fetch-ai", "AKT": "akash-network", "OCEAN": "ocean-protocol"}
now_defillama, now_coingecko, closes_defillama = (
    read(TOKENS) for read in (offchain.now_defillama, offchain.now_coingecko, offchain.closes_defillama)
)
closes_coingecko = offchain.closes_coingecko(TOKENS, ("AKT", "TAO", "FET"))


@dataclass(frozen=True)
class Source:
    """Both services in one: prices by CoinGecko id, made at `made`; answers at paths instead of these."""

    usd: Mapping[str, float] = field(default_factory=lambda: {"akash-network": 0.54, "bittensor": 300.0})
    made: datetime = NOON
    confidence: float = 0.99
    bodies: Mapping[str, Any] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        for start, body in {**self.answers(request), **self.bodies}.items():
            if request.path.startswith(start):
                return body if isinstance(body, Reply) else Reply(body)
        return Reply({"error": "not found"}, 404)

    def answers(self, request: Request) -> dict[str, Any]:
        seconds = int(self.made.timestamp())
        coins = {
            f"coingecko:{name}": {"price": usd, "symbol": "X", "timestamp": seconds, "confidence": self.confidence}
            for name, usd in self.usd.items()
        }
        points = {
            name: {"symbol": "X", "confidence": 0.99, "prices": self.days(self.usd[name.partition(":")[2]])}
            for name, coin in coins.items()
        }
        return {
            "/prices/current/": {"coins": coins},
            "/simple/price": {name: {"usd": usd, "last_updated_at": seconds} for name, usd in self.usd.items()},
            "/chart/": {"coins": points},
            "/coins/": {"prices": [[point["timestamp"] * 1000, point["price"]] for point in self.days(0.54)]},
        }

    def days(self, usd: float) -> list[dict[str, float]]:
        midnight = self.made.replace(hour=0)
        return [
            {"timestamp": int((midnight - timedelta(days=days)).timestamp()), "price": usd * (1 + days)}
            for days in (2, 1, 0, 0)
        ]


@contextmanager
def feed(answer: Callable[[Request], Reply]) -> Iterator[Feed]:
    from ingest.transport import Http

    with serving(answer) as address, Http(10_000, Retry(0)) as http:
        yield OffChain("prices", (), lambda: NOON).head(http, [address, address])


def told(facts: Facts) -> list[tuple[str, str, float, datetime]]:
    check(facts, Kind.OBSERVATIONS)
    return facts.rows.select("source", "subject", "value", "time").rows()


def test_both_sources_are_stored_with_the_time_their_price_was_made() -> None:
    made = NOON - timedelta(minutes=7)
    with feed(Source(made=made).answer) as prices:
        assert told(now_defillama(prices)) == [("defillama", "TAO", 300.0, made), ("defillama", "AKT", 0.54, made)]
        assert told(now_coingecko(prices)) == [("coingecko", "TAO", 300.0, made), ("coingecko", "AKT", 0.54, made)]


def test_each_source_is_asked_once_for_all_tokens() -> None:
    asked = []

    def watch(request: Request) -> Reply:
        asked.append((request.path, dict(request.params)))
        return Source().answer(request)

    with feed(watch) as prices:
        now_defillama(prices)
        now_coingecko(prices)
    assert [path for path, _ in asked] == [
        "/prices/current/" + ",".join(f"coingecko:{name}" for name in TOKENS.values()),
        "/simple/price",
    ]
    assert asked[1][1] == {
        "ids": ",".join(TOKENS.values()),
        "vs_currencies": "usd",
        "include_last_updated_at": "true",
    }


def test_days_end_at_midnight_and_a_point_that_comes_twice_counts_once() -> None:
    midnight = NOON.replace(hour=0)
    with feed(Source(usd={"akash-network": 0.54}).answer) as prices:
        days = [(row[2], row[3]) for row in told(closes_defillama(prices))]
        assert days == [(0.54 * (1 + back), midnight - timedelta(days=back)) for back in (2, 1, 0)]
        rows = [row for row in told(closes_coingecko(prices)) if row[1] == "AKT"]
        assert [(row[2], row[3]) for row in rows] == days


def test_a_price_that_its_source_doubts_is_never_taken_for_one() -> None:
    with feed(Source(confidence=0.5).answer) as prices:
        facts = now_defillama(prices)
    assert set(facts.rows["name"]) == {"doubted_price_usd"}
    assert price_at(facts.rows, "AKT", NOON) == NoPrice("no source told a price")


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
@pytest.mark.parametrize(
    "answer",
    [
        Reply({"error": "rate limited"}, 429),
        Reply({"status": {"error_code": 1020}}, 403),
        Reply(b"<html>busy</html>"),
        Reply(b'{"coins": '),
    ],
    ids=["429", "403", "html", "torn"],
)
def test_a_source_that_does_not_answer_is_down(reading: Reading, answer: Reply) -> None:
    with feed(lambda _: answer) as prices, pytest.raises(SourceDown, match=r"127\.0\.0\.1"):
        reading.facts(prices, no_memo, list)


@pytest.mark.parametrize(
    ("read", "body", "reason"),
    [
        (now_defillama, {"coins": {}}, "defillama knows none of the tokens"),
        (now_defillama, {}, "no coins in the answer"),
        (now_defillama, {"coins": {"coingecko:akash-network": None}}, "coingecko:akash-network is no object"),
        (now_defillama, {"coins": {"coingecko:akash-network": {"price": 1, "confidence": "high"}}}, "confidence"),
        (now_defillama, {"coins": {"coingecko:akash-network": {"price": 1}}}, "timestamp"),
        (now_coingecko, {}, "coingecko knows none of the tokens"),
        (now_coingecko, [], "answer is no object"),
        (now_coingecko, {"akash-network": {"usd": 1}}, "last_updated_at"),
        (now_coingecko, {"akash-network": {"usd": "1", "last_updated_at": 5}}, "usd is no number"),
        (now_coingecko, {"akash-network": {"usd": -1, "last_updated_at": 5}}, "price of AKT is -1"),
        (now_coingecko, {"akash-network": {"usd": 1, "last_updated_at": 10**12}}, "was made at"),
        # Time and price in each other's place.
        (now_coingecko, {"akash-network": {"usd": 1784246820, "last_updated_at": 0.54}}, "was made at"),
        (closes_coingecko, {"prices": [[1]]}, "not \\[time, price\\]"),
        (closes_coingecko, {"prices": None}, "prices is no list"),
    ],
)
def test_an_answer_of_another_shape_is_named(read: Callable[[Feed], Facts], body: Any, reason: str) -> None:
    with feed(lambda _: Reply(body)) as prices, pytest.raises((SourceDown, SourceChanged), match=reason):
        read(prices)


def test_a_token_that_is_not_traded_any_more_costs_no_other_its_price() -> None:
    gone = {
        "cudos": {},
        "singularitynet": {"usd": None},
        "akash-network": {"usd": 0.54, "last_updated_at": 1_784_246_820},
    }
    with feed(lambda _: Reply(gone)) as prices:
        assert [row[:3] for row in told(now_coingecko(prices))] == [("coingecko", "AKT", 0.54)]


def test_a_price_without_a_word_on_its_certainty_is_doubted() -> None:
    coins = {"coins": {"coingecko:akash-network": {"price": 0.54, "timestamp": 1_784_246_820}}}
    with feed(lambda _: Reply(coins)) as prices:
        assert now_defillama(prices).rows["name"].to_list() == ["doubted_price_usd"]


# --- which figure may be shown ----------------------------------------------------------------------------------------


def quote(source: str, usd: float, hours: float = 0) -> Quote:
    return Quote(source, usd, NOON - timedelta(hours=hours))


LAST = Price(0.54, 0.54, ("defillama",), NOON - timedelta(days=1))


def test_sources_that_agree_give_the_first_ones_figure() -> None:
    found = price([quote("coingecko", 0.545, 1), quote("defillama", 0.54, 2)], NOON)
    assert found == Price(0.54, 0.54, ("defillama", "coingecko"), NOON - timedelta(hours=2))


def test_sources_more_than_two_percent_apart_give_a_range() -> None:
    found = price([quote("defillama", 0.50), quote("coingecko", 0.52)], NOON)
    assert found == Price(
        0.50, 0.52, ("defillama", "coingecko"), NOON, ("sources differ: defillama 0.5, coingecko 0.52",)
    )
    assert isinstance(price([quote("defillama", 1.0), quote("coingecko", 1.02)], NOON), Price)


def test_sources_that_contradict_each_other_give_no_figure() -> None:
    found = price([quote("defillama", 0.54), quote("coingecko", 54.0)], NOON)
    assert found == NoPrice("sources contradict each other: defillama 0.54, coingecko 54")


def test_no_price_and_a_stale_price_give_no_figure() -> None:
    assert price([], NOON) == NoPrice("no source told a price")
    found = price([quote("defillama", 0.54, 100)], NOON)
    assert found == NoPrice("stale: the newest price is of 2026-07-13 08:00 UTC from defillama")


@pytest.mark.parametrize("usd", [54.0, 0.0054, 0.0, -1.0, math.inf, math.nan])
def test_an_absurd_price_is_no_figure_and_is_told(usd: float) -> None:
    alone = price([quote("defillama", usd)], NOON, LAST)
    assert isinstance(alone, NoPrice)
    assert "is absurd" in alone.reason
    beside = price([quote("defillama", usd), quote("coingecko", 0.54)], NOON, LAST)
    assert isinstance(beside, Price)
    assert (beside.low, beside.high, beside.sources) == (0.54, 0.54, ("coingecko",))
    assert any("is absurd" in note for note in beside.notes)


def test_one_source_is_shown_as_one() -> None:
    found = price([quote("coingecko", 0.54)], NOON)
    assert isinstance(found, Price)
    assert found.notes == ("one source only: coingecko 0.54",)


def test_the_quote_nearest_to_the_asked_time_counts() -> None:
    found = price([quote("defillama", 0.50, 5), quote("defillama", 0.54, 1), quote("coingecko", 0.54, 1)], NOON)
    assert found == Price(0.54, 0.54, ("defillama", "coingecko"), NOON - timedelta(hours=1))


@given(
    usd=st.lists(st.floats(min_value=1e-6, max_value=1e6), min_size=0, max_size=3),
    hours=st.lists(st.floats(min_value=0, max_value=48), min_size=3, max_size=3),
    known=st.booleans(),
)
@examples(200)
def test_no_figure_is_ever_silent(usd: list[float], hours: list[float], known: bool) -> None:
    sources = ("defillama", "coingecko", "akash oracle")
    quotes = [quote(source, one, age) for source, one, age in zip(sources, usd, hours, strict=False)]
    found = price(quotes, NOON, LAST if known else None)
    if isinstance(found, NoPrice):
        assert found.reason
        return
    assert found.sources
    assert NOON - timedelta(hours=6) <= found.time <= NOON
    assert found.low <= found.high <= found.low * 2
    # Fewer than two agreeing sources, a range, or a refused source: all are noted.
    assert found.notes or (len(found.sources) > 1 and found.low == found.high)
    if known:
        assert LAST.low / ABSURD <= found.low <= found.high <= LAST.high * ABSURD


def test_a_days_close_is_the_price_at_its_last_midnight() -> None:
    rows = [
        observation("price_usd", NOON.replace(hour=0) + timedelta(days=days), usd, "usd", subject="AKT", source=source)
        for source in ("defillama", "coingecko")
        for days, usd in ((0, 0.5), (1, 0.6))
    ]
    observations = frame(Kind.OBSERVATIONS, rows)
    days = [date(2026, 7, 16), date(2026, 7, 17), date(2026, 7, 18)]
    first, second, third = closes(observations, "AKT", days).values()
    assert isinstance(first, Price)
    assert isinstance(second, Price)
    assert (first.low, first.high, second.low, second.high) == (0.5, 0.5, 0.6, 0.6)
    assert third == NoPrice("no source told a price")
    assert set(closes(observations, "TAO", days).values()) == {NoPrice("no source told a price")}


def test_a_close_that_jumps_hundredfold_is_held_against_the_day_before() -> None:
    rows = [
        observation(
            "price_usd", NOON.replace(hour=0) + timedelta(days=days), usd, "usd", subject="AKT", source="defillama"
        )
        for days, usd in ((-1, 0.55), (0, 0.5), (1, 50.0), (2, 0.52))
    ]
    observations = frame(Kind.OBSERVATIONS, rows)
    found = closes(observations, "AKT", [NOON.date() + timedelta(days=days) for days in (-1, 0, 1)])
    assert [isinstance(one, Price) for one in found.values()] == [True, False, True]
    assert isinstance(price_at(observations, "AKT", NOON.replace(hour=1) + timedelta(days=1)), NoPrice)
    assert isinstance(price_at(observations, "AKT", NOON.replace(hour=1) + timedelta(days=2)), Price)


# --- dollars ----------------------------------------------------------------------------------------------------------


def test_a_days_spend_in_act_is_its_dollars_while_the_circuit_breaker_is_healthy() -> None:
    day = 7_534_761_378 * ONE
    found = dollars(day, minted("ACT", NOON, "mint_status_healthy"))
    assert isinstance(found, Dollars)
    assert found.low_usd == found.high_usd == pytest.approx(7534.761378)
    assert found.notes == ()


@pytest.mark.parametrize("breaker", ["mint_status_warning", "mint_status_halt_cr", "mint_status_halt_oracle", None])
def test_act_is_flagged_when_the_circuit_breaker_is_not_known_to_be_healthy(breaker: str | None) -> None:
    found = dollars(ONE, minted("ACT", NOON, breaker))
    assert isinstance(found, Dollars)
    assert "circuit breaker" in found.notes[0]
    assert breaker is None or "1 ACT may not be worth a dollar" in found.notes[0]


def test_an_amount_without_a_price_has_no_dollars_and_neither_has_its_sum() -> None:
    known = dollars(ONE * 10**6, minted("ACT", NOON, "mint_status_healthy"))
    missing = dollars(ONE, NoPrice("stale"))
    assert missing == NoPrice("stale")
    assert total([known, missing]) == NoPrice("stale")
    assert total([]) == NoPrice("nothing to add up")


def test_a_sum_keeps_the_range_the_notes_and_the_oldest_time_of_its_parts() -> None:
    range_of_akt = price([quote("defillama", 0.50, 3), quote("coingecko", 0.60)], NOON)
    found = total(
        [dollars(10**6 * ONE, range_of_akt), dollars(10**6 * ONE, minted("ACT", NOON, "mint_status_healthy"))]
    )
    assert isinstance(found, Dollars)
    assert (found.low_usd, found.high_usd) == (1.5, 1.6)
    assert found.time == NOON - timedelta(hours=3)
    assert found.sources == ("defillama", "coingecko", "design")
    assert found.notes == ("sources differ: defillama 0.5, coingecko 0.6",)


def test_quotes_come_from_the_observations_of_every_source() -> None:
    with feed(Source(made=NOON).answer) as prices:
        both = pl.concat([now_defillama(prices).rows, now_coingecko(prices).rows])
    found = price([Quote(*row) for row in both.filter(subject="AKT").select("source", "value", "time").rows()], NOON)
    assert found == Price(0.54, 0.54, ("defillama", "coingecko"), NOON)
