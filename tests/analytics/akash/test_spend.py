"""Tables of the Akash compute market: five columns, concentration, history, supply."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from analytics.akash import spend as markets
from analytics.akash import supply as compute_supply
from analytics.decimals import ONE
from analytics.prices import NoPrice, Price
from ingest.networks import networks
from ingest.publication import build
from questions import akash_market as market_facts
from questions import cited
from questions.cited import Origin
from store.impossible import check
from store.landing import Landing
from store.mart import Mart
from store.rows import Block, Facts, Kind, Snapshot, frame, holdings, observation

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
TOKEN = 10**6 * ONE
HALF = Price(0.5, 0.5, ("defillama", "coingecko"), NOON)
COSTS: markets.Costs = {"uact": Price(1.0, 1.0, ("design",), NOON), "uakt": HALF, "uusdc": NoPrice("stale")}
MONEY = {"uact": markets.Coin("ACT", dollar=True), "uakt": markets.Coin("AKT"), "uusdc": markets.Coin("USDC")}


def spent(rows: Sequence[tuple[str, str, str, int]]) -> pl.DataFrame:
    """unit, population, holder, tokens."""
    told = [(f"1e-18 {unit}", population, holder, Decimal(tokens * TOKEN)) for unit, population, holder, tokens in rows]
    names = ("unit", "population", "holder", "amount")
    return pl.DataFrame(told, schema=names, orient="row").cast({"amount": pl.Decimal(38, 0)})


MARKET = spent(
    [
        ("uact", "providers", "p1", 60),
        ("uact", "providers", "p2", 20),
        ("uakt", "providers", "p2", 40),
        ("uusdc", "providers", "p3", 999),
        ("uact", "payers", "console", 80),
        ("uakt", "payers", "tenant", 40),
        ("uact", "tenants", "t1", 80),
        ("uakt", "tenants", "t2", 40),
        ("uact", "auditors", "a1", 75),
    ]
)


def test_parties_are_added_over_denoms_in_dollars_and_ranked() -> None:
    found = markets.parties(MARKET, COSTS).filter(population="providers")
    assert found.select("rank", "holder", "low_usd", "share", "cumulative").rows() == [
        (1, "p1", 60.0, 0.6, 0.6),
        (2, "p2", 40.0, 0.4, 1.0),
    ]


def test_each_side_of_the_market_has_its_own_concentration() -> None:
    found = markets.concentration(markets.parties(MARKET, COSTS))
    rows = {row["population"]: row for row in found.iter_rows(named=True)}
    assert rows["providers"]["effective_parties"] == pytest.approx(1 / (0.6**2 + 0.4**2))
    assert rows["payers"]["top_1"] == pytest.approx(0.8)
    assert rows["payers"]["nc_gt_1_2"] == 1
    assert (rows["auditors"]["parties"], rows["auditors"]["of_spend"]) == (1, 0.75)
    assert markets.concentration(markets.parties(MARKET.clear(), COSTS)).is_empty()


def test_concentration_is_that_of_the_low_price_where_prices_are_a_range() -> None:
    wide = {**COSTS, "uakt": Price(0.5, 5.0, ("defillama", "coingecko"), NOON, ("sources differ",))}
    (providers, *_) = markets.concentration(markets.parties(MARKET, wide)).iter_rows(named=True)
    assert (providers["usd"], providers["top_1"]) == pytest.approx((100.0, 0.6))


def test_the_five_columns_stay_apart_by_denom() -> None:
    names = ["leases_uact", "accrued_uact", "settled_uact", "deposited_uact", "external_least_uact",
             "external_most_uact", "leases_uakt", "leases_uusdc", "other_uact"]  # fmt: skip
    totals = pl.DataFrame(
        {
            "reading": names,
            "unit": [f"1e-18 {name.rpartition('_')[2]}" for name in names],
            "total": pl.Series([Decimal(place * TOKEN) for place in range(1, 10)], dtype=pl.Decimal(38, 0)),
            "since": NOON - timedelta(days=1),
            "time": NOON,
        }
    )
    found = markets.columns(totals, COSTS, MONEY)
    assert found.select("column", "token", "tokens", "low_usd").rows() == [
        ("R", "ACT", 1.0, 1.0),
        ("R", "AKT", 7.0, 3.5),
        ("R", "USDC", 8.0, None),
        ("A", "ACT", 2.0, 2.0),
        ("S", "ACT", 3.0, 3.0),
        ("D", "ACT", 4.0, 4.0),
        ("E", "ACT", 5.0, 5.0),
        ("E", "ACT", 6.0, 6.0),
    ]
    unknown = found.filter(token="USDC").row(0, named=True)
    assert (unknown["high_usd"], unknown["notes"]) == (None, "stale")
    assert found.filter(token="AKT")["sources"].item() == "defillama, coingecko"


# --- history ----------------------------------------------------------------------------------------------------------


def console(name: str, values: Sequence[float], first: date = date(2026, 1, 1)) -> pl.DataFrame:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return frame(
        Kind.OBSERVATIONS,
        [observation(name, start + timedelta(days=day), usd * 1e6, "1e-6 usd") for day, usd in enumerate(values)],
    )


def test_claimed_figures_stand_on_the_chart_as_dollars_a_day() -> None:
    quarter = {"period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31), "claimed": 5_000_000.0}
    points = markets.claimed_points(pl.DataFrame([{**quarter, "says": "Compute spend", "who": "somebody"}]))
    assert points.rows() == [(datetime(2026, 2, 15, tzinfo=UTC), 5_000_000 / 90, "Compute spend (somebody)")]


def test_the_run_rate_stands_beside_the_consoles_figure_of_its_day() -> None:
    rates = pl.DataFrame(
        {
            "time": [NOON, NOON + timedelta(hours=1), NOON, NOON + timedelta(days=1)],
            "unit": ["1e-18 uact", "1e-18 uact", "1e-18 uakt", "1e-18 uusdc"],
            "total": [Decimal(7000 * TOKEN), Decimal(8000 * TOKEN), Decimal(100 * TOKEN), Decimal(TOKEN)],
        }
    )
    days = markets.daily(console("dailyUUsdSpent", [7534.76], NOON.date()))
    by_day = {NOON.date(): COSTS, NOON.date() + timedelta(days=1): COSTS}
    first, second = markets.against_console(rates, by_day, days).iter_rows(named=True)
    assert (first["readings"], first["low_usd"], first["console_usd"]) == (2, 7550.0, 7534.76)
    assert first["ratio"] == pytest.approx(7550 / 7534.76)
    assert (second["low_usd"], second["notes"], second["console_usd"], second["ratio"]) == (None, "stale", None, None)


# --- supply -----------------------------------------------------------------------------------------------------------


def text(rows: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    return frame(
        Kind.OBSERVATIONS, [observation(name, NOON, said, "", subject=subject) for name, subject, said in rows]
    )


TOLD = text(
    [
        ("domain", "p1", "farm.example"),
        ("domain", "p2", "farm.example"),
        ("domain", "p3", "other.example"),
        ("organization", "p2", "Farm  Inc"),
        ("organization", "p3", "farm inc"),
        ("domain", "p5", "lone.example"),
    ]
)


def test_providers_that_share_a_domain_or_an_organisation_are_one() -> None:
    found = compute_supply.organisations(["p1", "p2", "p3", "p4", "p5"], TOLD)
    assert found == {"p1": "Farm  Inc", "p2": "Farm  Inc", "p3": "Farm  Inc", "p4": "p4", "p5": "lone.example"}


def test_leased_resources_are_added_by_organisation_in_human_units() -> None:
    rows = [("leased_gpu", "p1", 4), ("leased_gpu", "p2", 2), ("leased_gpu", "p5", 3), ("leased_cpu", "p1", 1500),
            ("leased_memory", "p5", 2**31), ("leased_storage", "p5", 3 * 2**30)]  # fmt: skip
    names = ("reading", "holder", "amount")
    held = pl.DataFrame([(one, two, Decimal(three)) for one, two, three in rows], schema=names, orient="row")
    assert compute_supply.supply(held, TOLD).rows() == [
        ("Farm  Inc", 2, 1.5, 0.0, 0.0, 6.0),
        ("lone.example", 1, 0.0, 2.0, 3.0, 3.0),
    ]


def test_the_gate_is_told_by_spend_and_by_working_providers() -> None:
    audits = text([("audited_by:a1", "p1", "x"), ("audited_by:a2", "p1", "x"), ("audited_by:a1", "gone", "x")])
    found = compute_supply.gate(markets.parties(MARKET, COSTS), audits, {})
    assert found.rows() == [("a1", 75.0, 0.75, 1, 0.5), ("a2", 0.0, 0.0, 1, 0.5), ("", 25.0, 0.25, None, None)]


def test_no_spend_is_free_of_a_signature_where_every_order_demands_one() -> None:
    thirds = [
        ("uact", population, f"{population}{place}", 0.1)
        for population in ("providers", "auditors")
        for place in range(3)
    ]
    rows = [
        (f"1e-18 {unit}", population, holder, Decimal(int(tokens * TOKEN)))
        for unit, population, holder, tokens in thirds
    ]
    spend = pl.DataFrame(rows, schema=("unit", "population", "holder", "amount"), orient="row")
    found = compute_supply.gate(markets.parties(spend, COSTS), text([]), {})
    assert found.filter(auditor="").select("low_usd", "of_spend").rows() == [(0.0, 0.0)]


def test_capacity_is_shown_with_its_age() -> None:
    rows = [
        observation("capacity_gpu_total", NOON - timedelta(hours=hours), value, "gpus")
        for hours, value in ((30, 9), (5, 8))
    ]
    found = compute_supply.capacity(frame(Kind.OBSERVATIONS, rows), NOON)
    assert found.select("name", "value", "age_hours").rows() == [("capacity_gpu_total", 8.0, 5.0)]


def test_backing_is_the_newest_state_of_each_book() -> None:
    rows = [
        observation("vault_balances", NOON, 7, "uakt", subject="uakt"),
        observation("circuit_breaker", NOON - timedelta(hours=1), "mint_status_healthy", ""),
        observation("circuit_breaker", NOON, "mint_status_halt_cr", ""),
        observation("something_else", NOON, 1, ""),
    ]
    found = compute_supply.backing(frame(Kind.OBSERVATIONS, rows))
    assert found.select("name", "exact").rows() == [("circuit_breaker", "mint_status_halt_cr"), ("vault_balances", "7")]


# --- from a mart ------------------------------------------------------------------------------------------------------


def land(landing: Landing, network: str, reading: str, rows: pl.DataFrame, since: datetime | None = None) -> None:
    """Land facts of a reading as a run would."""
    one = next(one for one in networks()[network].readings if one.name == reading)
    chain = networks()[network].chain
    assert chain is not None
    facts = Facts(rows, since=since)
    check(facts, one.kind)
    height = 27_761_552 if network == "akash" else int(NOON.timestamp())
    snapshot = Snapshot(
        network=network, chain_id=chain.chain_id, reading=reading, kind=one.kind, measure=one.measure, unit=one.unit,
        block=Block(height, "", NOON), method=one.method, endpoint="http://127.0.0.1", since=since,
        newest_only=one.newest_only,
    )  # fmt: skip
    landing.land(snapshot, facts)


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    """A mart with one reading of each kind that the market tables need."""
    data = tmp_path_factory.mktemp("data")
    landing = Landing(data)
    sides = [("providers", "p1", 60), ("providers", "p2", 40), ("payers", "console", 100), ("tenants", "t", 100),
             ("auditors", "a1", 75)]  # fmt: skip
    day = NOON - timedelta(days=1)
    for column in ("leases", "accrued"):
        rows = holdings((population, holder, tokens * TOKEN) for population, holder, tokens in sides)
        land(landing, "akash", f"{column}_uact", rows, day)
    land(landing, "akash", "leases_uakt", holdings([("providers", "p2", 100 * TOKEN)]), day)
    land(landing, "akash", "deposited_uact", holdings([("payers", "console", 5 * TOKEN)]), day)
    land(landing, "akash", "leased_gpu", holdings([("providers", "p1", 8)]))
    land(landing, "akash", "provider_text", text([("host_uri", "p1", "https://a.farm.example")]))
    land(landing, "akash", "provider_audits", text([("audited_by:a1", "p1", "tier")]))
    breaker = [observation("circuit_breaker", NOON, "mint_status_healthy", "")]
    land(landing, "akash", "bme", frame(Kind.OBSERVATIONS, breaker))
    for reading, usd in (("now_defillama", 0.5), ("now_coingecko", 0.52)):
        told = observation("price_usd", NOON, usd, "usd", subject="AKT", source=reading.removeprefix("now_"))
        land(landing, "prices", reading, frame(Kind.OBSERVATIONS, [told]))
    land(landing, "akash_console", "spend_history", console("dailyUUsdSpent", [2811.0] * 198))
    land(
        landing,
        "akash_console",
        "capacity",
        frame(Kind.OBSERVATIONS, [observation("capacity_gpu_total", NOON, 247, "gpus")]),
    )
    path, torn = build(data, networks())
    assert not torn
    with Mart(path) as opened:
        yield opened


@pytest.mark.slow
def test_the_mart_tells_the_five_columns_with_the_range_of_its_prices(mart: Mart) -> None:
    rows = market_facts.spend_columns(mart).select("column", "token", "tokens", "low_usd", "high_usd").rows()
    assert rows == [
        ("R", "ACT", 100.0, 100.0, 100.0),
        ("R", "AKT", 100.0, 50.0, 52.0),
        ("A", "ACT", 100.0, 100.0, 100.0),
        ("D", "ACT", 5.0, 5.0, 5.0),
    ]
    notes = dict(market_facts.spend_columns(mart).filter(column="R").select("token", "notes").iter_rows())
    assert notes == {"ACT": "", "AKT": "sources differ: defillama 0.5, coingecko 0.52"}


@pytest.mark.slow
def test_the_mart_tells_who_is_paid_who_pays_and_who_opens_the_gate(mart: Mart) -> None:
    providers = market_facts.spend_parties(mart).filter(population="providers")
    assert providers.select("holder", "low_usd", "high_usd").rows() == [("p2", 90.0, 92.0), ("p1", 60.0, 60.0)]
    found = market_facts.spend_concentration(mart)
    assert found["population"].to_list() == ["providers", "payers", "tenants", "auditors"]
    assert market_facts.gate(mart).rows() == [("a1", 75.0, 0.5, 1, 0.5), ("", 75.0, 0.5, None, None)]
    assert market_facts.spend_unpriced(mart).is_empty()


@pytest.mark.slow
def test_the_mart_holds_what_others_claim_against_the_history(mart: Mart) -> None:
    rows = market_facts.spend_claims(mart)
    words = dict(rows.select("reading", "word").iter_rows())
    assert words["q1-2026"] == "confirmed"
    assert words["quarter"] == "contradicted"
    assert words["all-time"] == words["q3-2025"] == "not read yet"
    assert market_facts.spend_daily(mart).height == 198
    assert market_facts.spend_points(mart).height == rows.height - 1


@pytest.mark.slow
def test_the_mart_sets_the_run_rate_beside_the_console(mart: Mart) -> None:
    (row,) = market_facts.run_rate_against_console(mart).iter_rows(named=True)
    # No close of that day is known, so the AKT part has no dollars and neither has the sum.
    assert (row["day"], row["low_usd"], row["console_usd"]) == (NOON.date(), None, 2811.0)
    assert row["notes"] == "stale: the newest price is of 2026-07-17 12:00 UTC from defillama"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "of", "value"),
    [
        ("spend.low_usd", "Run rate, projected for a day/AKT", 50.0),
        ("spend.high_usd", "Run rate, projected for a day/AKT", 52.0),
        ("spend_side.usd", "providers", 150.0),
        ("spend_party.low_usd", "providers/p2", 90.0),
        ("spend_day.console_usd", str(NOON.date()), 2811.0),
        ("auditor.of_spend", "a1", 0.5),
        ("organisation.gpus", "farm.example", 8.0),
    ],
)
def test_a_number_in_dollars_has_sql_and_says_what_it_rests_on(metric: str, of: str, value: float, mart: Mart) -> None:
    origin = Origin(metric, "akash", of=of)
    assert mart.table(cited.sql(origin))["value"].to_list() == [value]
    found = cited.found(mart, origin)
    assert found is not None
    assert found.value == value
    read = set(found.snapshots["reading"])
    assert read >= {"spend_day": {"leases_uact", "spend_history"}, "organisation": {"leased_gpu"}}.get(
        metric.partition(".")[0], {"leases_uact", "now_coingecko", "now_defillama"}
    )


@pytest.mark.slow
def test_the_mart_tells_supply_capacity_and_backing(mart: Mart) -> None:
    assert market_facts.supply(mart).select("organisation", "gpus").rows() == [("farm.example", 8.0)]
    assert market_facts.capacity(mart, NOON + timedelta(hours=2)).select("value", "age_hours").rows() == [(247.0, 2.0)]
    assert market_facts.backing(mart)["exact"].to_list() == ["mint_status_healthy"]


@pytest.mark.slow
def test_a_mart_without_the_market_gives_empty_tables(tmp_path: Path) -> None:
    path, _ = build(tmp_path, networks())
    with Mart(path) as nothing:
        for table in (
            market_facts.spend_columns, market_facts.spend_parties, market_facts.spend_unpriced,
            market_facts.spend_concentration, market_facts.spend_daily, market_facts.run_rate_against_console,
            market_facts.supply, market_facts.backing,
        ):  # fmt: skip
            assert table(nothing).is_empty(), table.__name__
        assert set(market_facts.spend_claims(nothing)["word"]) == {"not read yet"}
