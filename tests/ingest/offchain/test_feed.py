"""Sources that are no chain: what is wrong costs nothing else its place, and what stands still is refused."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.akash import console
from ingest.network import Network, Reading
from ingest.networks import networks
from ingest.offchain.feed import Feed, OffChain
from ingest.transport import Http
from store.faults import BadData, SourceDown
from store.impossible import check
from store.mart import opened
from store.rows import Facts, Kind
from tests.ingest.offchain.test_prices import Source
from tests.worlds.memo import no_memo
from tests.worlds.moving_chain import command, finished
from tests.worlds.servers import Reply, Request, serving

NOW = datetime(2026, 7, 17, 20, 7, tzinfo=UTC)
STATES = {"active": 1, "pending": 1, "available": 1, "total": 3}
MODEL = {"model": "h100", "ram": "80Gi", "interface": "SXM5", "allocatable": 8, "allocated": 4}
PRICES = networks()["prices"].readings
EARNED = {"totalUAktEarned": 1, "totalUUsdcEarned": 2, "totalUActEarned": 2, "totalUUsdEarned": 3.5}
COINS = {"bittensor": 300.0, "fetch-ai": 0.3, "akash-network": 0.54}


def invented(changed: Mapping[str, Any] | None = None, *, last: datetime = NOW) -> Callable[[Request], Reply]:
    """Both price services and the console, whose last day and last price are of this time; answers at paths instead."""
    days = [f"{last - timedelta(days=back):%Y-%m-%d}" for back in (2, 1, 0)]
    usual = {
        "/v1/graph-data/": {"snapshots": [{"date": day, "value": 5} for day in days]},
        "/v1/network-capacity": {
            "activeProviderCount": 60,
            "resources": {"cpu": STATES, "gpu": STATES, "memory": STATES, "storage": {"total": STATES}},
        },
        "/v1/gpu": {"gpus": {"total": MODEL, "details": {"nvidia": [MODEL, {**MODEL, "ram": "40Gi"}]}}},
        "/v1/providers": [{"owner": owner, "isOnline": True} for owner in ("akash1one", "akash1two")],
        "/v1/provider-earnings/": {"earnings": EARNED},
    }
    first = dict(changed or {})
    bodies = {**first, **{path: body for path, body in usual.items() if path not in first}}

    def answer(request: Request) -> Reply:
        for start, body in bodies.items():
            if request.path.startswith(start):
                return body if isinstance(body, Reply) else Reply(body)
        return Source(usd=COINS, made=last).answer(request)

    return answer


@contextmanager
def feed(answer: Callable[[Request], Reply], now: datetime = NOW) -> Iterator[Feed]:
    with serving(answer) as address, Http(10_000, Retry(0)) as http:
        yield OffChain("the source", (), lambda: now).head(http, [address, address])


def off_chain() -> Iterator[tuple[Network, Reading]]:
    for network in networks().values():
        if isinstance(network.chain, OffChain):
            yield from ((network, reading) for reading in network.readings)


# What their source gives no time to is a figure of the fetch; it cannot be said to stand still.
UNTIMED = ("capacity", "gpus", "earnings")
ASKING = [pytest.param(one, id=f"{network.name}-{one.name}") for network, one in off_chain() if not one.after]


def left_out(facts: Facts) -> dict[str, str]:
    check(facts, Kind.OBSERVATIONS)
    notes = facts.rows.filter(pl.col("name").str.starts_with("left_out:"))
    return dict(notes.select("subject", "exact").iter_rows())


# --- what stands still: a new reading is covered by being a reading of such a source ----------------------------------


@pytest.mark.parametrize("reading", ASKING)
def test_an_invented_source_that_moves_is_read_whole(reading: Reading) -> None:
    with feed(invented()) as source:
        assert left_out(reading.facts(source, no_memo, list)) == {}


@pytest.mark.parametrize("reading", ASKING)
def test_an_invented_source_that_stands_still_is_down(reading: Reading) -> None:
    with feed(invented(last=NOW - timedelta(days=3))) as source:
        if reading.name not in UNTIMED:
            with pytest.raises(SourceDown, match=r"stands still: .* nothing newer than 2026-07-14"):
                reading.facts(source, no_memo, list)
            return
        assert set(reading.facts(source, no_memo, list).rows["time"]) <= {NOW, NOW.replace(hour=0, minute=0)}


@pytest.mark.parametrize("reading", ASKING)
def test_an_invented_source_that_is_a_day_late_is_read(reading: Reading) -> None:
    with feed(invented(last=NOW - timedelta(days=1))) as source:
        assert left_out(reading.facts(source, no_memo, list)) == {}


def test_an_invented_series_that_stands_still_is_left_out_where_others_move() -> None:
    old = {"snapshots": [{"date": "2026-07-01", "value": 5}]}
    answer = invented({"/v1/graph-data/activeGPU": old})
    (use, spend) = (by_name(console.READINGS, name) for name in ("use_history", "spend_history"))
    with feed(answer) as source:
        facts = use.facts(source, no_memo, list)
    assert left_out(facts) == {"activeGPU": "its source tells nothing newer than 2026-07-01 00:00 UTC"}
    assert not facts.rows["name"].str.starts_with("activeGPU").any()
    assert {"activeCPU", "activeCPU_today"} <= set(facts.rows["name"])
    # What is added up is whole or not at all.
    with (
        feed(invented({"/v1/graph-data/dailyUAktSpent": old})) as source,
        pytest.raises(SourceDown, match="AktSpent"),
    ):
        spend.facts(source, no_memo, list)


# --- one that is wrong among many -------------------------------------------------------------------------------------


def by_name(readings: tuple[Reading, ...], name: str) -> Reading:
    return next(one for one in readings if one.name == name)


def point(day: int, usd: object) -> dict[str, Any]:
    return {"timestamp": int((NOW - timedelta(days=day)).timestamp()), "price": usd}


SECONDS = int(NOW.timestamp())
SURE = {"confidence": 0.99, "timestamp": SECONDS}
LLAMA_NOW = {f"coingecko:{name}": {"price": usd, **SURE} for name, usd in COINS.items()}
GECKO_NOW = {name: {"usd": usd, "last_updated_at": SECONDS} for name, usd in COINS.items()}
LLAMA_DAYS = {f"coingecko:{name}": {"prices": [point(1, usd), point(0, usd)]} for name, usd in COINS.items()}
GOOD = {"snapshots": [{"date": f"{NOW - timedelta(days=back):%Y-%m-%d}", "value": 5} for back in (1, 0)]}
WRONG = [
    ("now_defillama", "/prices/", {"coins": {**LLAMA_NOW, "coingecko:cudos": {"price": 0, **SURE}}}, "CUDOS", "is 0"),
    ("now_defillama", "/prices/", {"coins": {**LLAMA_NOW, "coingecko:cudos": {"price": 1}}}, "CUDOS", "timestamp"),
    ("now_defillama", "/prices/", {"coins": {**LLAMA_NOW, "coingecko:cudos": None}}, "CUDOS", "no object"),
    ("now_coingecko", "/simple/", {**GECKO_NOW, "cudos": {"usd": 0, "last_updated_at": SECONDS}}, "CUDOS", "is 0"),
    ("now_coingecko", "/simple/", {**GECKO_NOW, "cudos": {"usd": 1}}, "CUDOS", "last_updated_at"),
    (
        "now_coingecko",
        "/simple/",
        {**GECKO_NOW, "cudos": {"usd": 1, "last_updated_at": 10**9 + 5}},
        "CUDOS",
        "newer than 2001",
    ),
    ("closes_defillama", "/chart/", {"coins": {**LLAMA_DAYS, "coingecko:cudos": {"prices": None}}}, "CUDOS", "no list"),
    (
        "closes_defillama",
        "/chart/",
        {"coins": {**LLAMA_DAYS, "coingecko:cudos": {"prices": [point(1, 1), point(0, 0)]}}},
        "CUDOS",
        "is 0",
    ),
    ("closes_coingecko", "/coins/fetch-ai/", {"prices": [[1]]}, "FET", "not [time, price]"),
    ("use_history", "/v1/graph-data/activeGPU", {"snapshots": []}, "activeGPU", "is empty"),
    ("backing_history", "/v1/graph-data/vaultAkt", {"snapshots": [{"date": "2026-07-17"}]}, "vaultAkt", "value"),
    ("gpus", "/v1/gpu", {"gpus": {"total": MODEL, "details": {"nvidia": [MODEL, {}]}}}, "a model of nvidia", "model"),
    (
        "gpus",
        "/v1/gpu",
        {"gpus": {"total": MODEL, "details": {"nvidia": [MODEL] * 2}}},
        "a model of nvidia",
        "told twice",
    ),
    (
        "earnings",
        "/v1/provider-earnings/akash1two",
        {"earnings": {**EARNED, "totalUActEarned": 7}},
        "akash1two",
        "differ",
    ),
    ("earnings", "/v1/providers", [{"owner": "akash1one", "isOnline": True}, {"owner": "x"}], "x", "isOnline"),
]


@pytest.mark.parametrize(("name", "path", "body", "thing", "reason"), WRONG)
def test_one_invented_thing_that_is_wrong_is_left_out_and_told(
    name: str, path: str, body: Any, thing: str, reason: str
) -> None:
    reading = by_name(PRICES + console.READINGS, name)
    with feed(invented({path: body})) as source:
        facts = reading.facts(source, no_memo, list)
    told = left_out(facts)
    assert list(told) == [thing]
    assert reason in told[thing]
    with feed(invented()) as source:
        whole = reading.facts(source, no_memo, list)
    others = pl.col("subject").ne(thing) & ~pl.col("name").str.starts_with(thing) & (pl.col("unit") != "")
    assert set(facts.rows.filter(others)["subject"]) <= set(whole.rows["subject"])
    assert facts.rows.filter(others).height >= 3


def test_invented_points_of_a_price_cost_each_other_nothing() -> None:
    days = {**LLAMA_DAYS, "coingecko:fetch-ai": {"prices": [point(2, 0.3), point(1, None), point(0, 0.3)]}}
    with feed(invented({"/chart/": {"coins": days}})) as source:
        facts = by_name(PRICES, "closes_defillama").facts(source, no_memo, list)
    assert facts.rows.filter(subject="FET", name="price_usd").height == 2
    assert "price is no number" in left_out(facts)["FET"]


def test_of_an_invented_source_of_which_nothing_is_right_the_first_reason_is_told() -> None:
    dead = {f"coingecko:{name}": {"price": 0, **SURE} for name in COINS}
    with (
        feed(invented({"/prices/": {"coins": dead}})) as source,
        pytest.raises(SourceDown, match="the price of AKT is 0"),
    ):
        by_name(PRICES, "now_defillama").facts(source, no_memo, list)


def test_an_invented_series_that_is_added_to_others_is_never_left_out() -> None:
    answer = invented({"/v1/graph-data/dailyUAktSpent": {"snapshots": []}})
    with feed(answer) as source, pytest.raises(SourceDown, match="is empty"):
        by_name(console.READINGS, "spend_history").facts(source, no_memo, list)


def test_a_day_that_begins_between_two_invented_answers_is_no_change_of_the_source() -> None:
    more = {"snapshots": [*GOOD["snapshots"], {"date": f"{NOW + timedelta(days=1):%Y-%m-%d}", "value": 0}]}
    answer = invented({"/v1/graph-data/dailyUActSpent": more, "/v1/graph-data/": GOOD})
    with feed(answer) as source:
        facts = by_name(console.READINGS, "spend_history").facts(source, no_memo, list)
    assert facts.rows.filter(name="dailyUStableSpent").height == 1


@pytest.mark.slow
def test_a_run_lands_the_other_prices_and_status_says_what_is_left_out(tmp_path: Path) -> None:
    """The answers are invented; a token without a market is told at price 0."""
    now = datetime.now(UTC)
    seconds = int(now.timestamp())
    gecko = {name: {"usd": usd, "last_updated_at": seconds} for name, usd in COINS.items()}
    answer = invented({"/simple/": {**gecko, "cudos": {"usd": 0, "last_updated_at": seconds}}}, last=now)
    with serving(answer) as address:
        run = ("run", "--network=prices", "--reading=now_coingecko", "--all")
        code, _, errors = finished(command(tmp_path, *run, PRICES_URL=f"{address},{address}"))
    assert code == 0, errors
    assert "now_coingecko: CUDOS is left out: coingecko: the price of CUDOS is 0" in errors
    with opened(tmp_path) as mart:
        told = mart.table("SELECT subject, value FROM observation WHERE name = 'price_usd' ORDER BY subject").rows()
    assert told == [("AKT", 0.54), ("FET", 0.3), ("TAO", 300.0)]
    _, output, _ = finished(command(tmp_path, "status"))
    assert "prices: left out of now_coingecko: CUDOS: coingecko: the price of CUDOS is 0" in output


# --- addresses that stand in for others (invented) --------------------------------------------------------------------


@contextmanager
def rounds(*answers: Callable[[Request], Reply]) -> Iterator[Feed]:
    """A source of one address, with an address for each of these."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(answer)) for answer in answers]
        http = stack.enter_context(Http(10_000, Retry(0)))
        yield OffChain("the source", ("https://one",), lambda: NOW).head(http, addresses)


CAPACITY = by_name(console.READINGS, "capacity")
USE = by_name(console.READINGS, "use_history")


@pytest.mark.parametrize(
    "reply", [Reply(None), Reply({}), Reply([]), Reply("come back later"), Reply(b"<html>"), Reply({}, 501)], ids=str
)
def test_an_invented_answer_that_is_none_is_asked_of_the_next_address(reply: Reply) -> None:
    with rounds(invented({"/v1/network-capacity": reply}), invented()) as source:
        assert CAPACITY.facts(source, no_memo, list).rows.height == 17
        assert source.rotation.first == source.endpoint
    with rounds(invented({"/v1/network-capacity": reply})) as source, pytest.raises(SourceDown, match="capacity"):
        CAPACITY.facts(source, no_memo, list)


def read_by_a_run(source: Feed, reading: Reading) -> Facts:
    """As a run reads: what is refused is asked again, led by the next address."""

    def facts(_: str) -> Facts:
        try:
            return reading.facts(source, no_memo, list)
        except (SourceDown, BadData):
            source.forget()
            raise

    return source.rotation.ask(facts)


@pytest.mark.slow
def test_what_an_invented_address_tells_in_part_is_taken_once_no_other_tells_all() -> None:
    dead: dict[str, Any] = {"snapshots": []}
    still = {"snapshots": [{"date": "2026-07-01", "value": 5}]}
    one, two = (invented({f"/v1/graph-data/{name}": dead for name in names}) for names in (("activeGPU",), USED))
    with rounds(one, invented()) as source:
        assert left_out(read_by_a_run(source, USE)) == {}
    with rounds(two, one) as source:
        assert set(left_out(read_by_a_run(source, USE))) == {"activeGPU"}
    with rounds(invented({"/v1/graph-data/activeGPU": still}), invented()) as source:
        assert left_out(read_by_a_run(source, USE)) == {}


USED = ("activeGPU", "activeCPU")


def test_an_invented_source_that_stands_still_leaves_it_to_the_next_address() -> None:
    with rounds(invented(last=NOW - timedelta(days=3)), invented()) as source:
        assert left_out(read_by_a_run(source, by_name(console.READINGS, "spend_history"))) == {}


def test_addresses_beyond_those_of_a_source_stand_in_for_its_own_in_their_order() -> None:
    asked: list[str] = []

    def heard(name: str, reply: Reply | None = None) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            asked.append(name)
            return reply or invented()(request)

        return answer

    answers = [heard("llama", Reply(b"", 500)), heard("gecko"), heard("second llama"), heard("second gecko")]
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(answer)) for answer in answers]
        http = stack.enter_context(Http(10_000, Retry(0)))
        source = OffChain("prices", ("https://one", "https://two"), lambda: NOW).head(http, addresses)
        assert left_out(by_name(PRICES, "now_defillama").facts(source, no_memo, list)) == {}
    assert asked == ["llama", "second llama"]
