"""Tables of the Akash compute market: spend and its concentration, its history.

Plain frames in, plain frames out. Dollars are made here and in analytics.prices, and nowhere else; where a figure
cannot be told in dollars the row has none and says why.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, Final

import polars as pl

from analytics.decimals import ONE
from analytics.prices import Dollars, NoPrice, Price, closes, dollars, minted, price_at
from analytics.prices import total as sum_of
from analytics.spread.metrics import distribution

MICRO: Final = 10**6
FINE: Final = "1e-18 "
# The five columns of spend, by the start of their readings' names. They are never added to each other.
COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "leases": ("R", "Run rate, projected for a day"),
    "accrued": ("A", "Accrued by leases"),
    "settled": ("S", "Settled by the chain"),
    "deposited": ("D", "Deposited by payers, net"),
    "external_least": ("E", "From outsiders, at least"),
    "external_most": ("E", "From outsiders, at most"),
}
POPULATIONS: Final = ("providers", "payers", "tenants", "auditors")
DAILY_USD: Final = "dailyUUsdSpent"

Costs = Mapping[str, Price | NoPrice]


@dataclass(frozen=True, slots=True)
class Coin:
    """How money of a denom is called; amounts are in 1e-18 of a millionth of it. dollar: it is minted for a dollar."""

    token: str
    dollar: bool = False


Money = Mapping[str, Coin]
# Every address stands for itself.
NOBODY_KNOWN: Final[Mapping[str, str]] = {}


def costs(observations: pl.DataFrame, at: datetime, money: Money) -> dict[str, Price | NoPrice]:
    """What a unit of each denom costs at a time: by design and circuit breaker, or by its prices."""
    breaker = _breaker(_breakers(observations), at)
    return {
        denom: minted(coin.token, at, breaker) if coin.dollar else price_at(observations, coin.token, at)
        for denom, coin in money.items()
    }


def costs_by_day(observations: pl.DataFrame, days: Iterable[date], money: Money) -> dict[date, Costs]:
    """What a unit of each denom cost at the end of each day."""
    known = sorted(set(days))
    priced = {denom: closes(observations, coin.token, known) for denom, coin in money.items() if not coin.dollar}
    found: dict[date, Costs] = {}
    states = _breakers(observations)
    for day in known:
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
        breaker = _breaker(states, end)
        by_design = {denom: minted(coin.token, end, breaker) for denom, coin in money.items() if coin.dollar}
        found[day] = {**by_design, **{denom: by_day[day] for denom, by_day in priced.items()}}
    return found


def columns(totals: pl.DataFrame, at_cost: Costs, money: Money) -> pl.DataFrame:
    """R, A, S, D and E in each denom and in dollars.

    totals: reading, unit, total (whole 1e-18 units), since, time. Without a price low_usd and high_usd are null and
    `notes` says why.
    """
    rows = []
    for reading, unit, total, since, until in totals.select("reading", "unit", "total", "since", "time").iter_rows():
        denom = unit.removeprefix(FINE)
        name = reading.removesuffix(f"_{denom}")
        if name in COLUMNS:
            column, title = COLUMNS[name]
            told = {"column": column, "title": title, "token": _called(denom, money), "tokens": _tokens(total)}
            rows.append({**told, **_in_dollars(int(total), denom, at_cost), "since": since, "until": until})
    order = {title: place for place, (_, title) in enumerate(COLUMNS.values())}
    found = pl.DataFrame(rows, schema=COLUMNS_SCHEMA, orient="row")
    return found.sort(pl.col("title").replace_strict(order, return_dtype=pl.Int8), "token")


def parties(holdings: pl.DataFrame, at_cost: Costs, entities: Mapping[str, str] = NOBODY_KNOWN) -> pl.DataFrame:
    """Who is paid, who pays and who opens the gate, in dollars over all denoms that have a price, largest first.

    holdings: unit, population, holder, amount. entities: whose an address is; addresses of one entity are one party,
    any other stands for itself. Columns: population, rank, party (the entity, else the address), holder (the party's
    largest address), addresses (how many), low_usd, high_usd, share and cumulative (of the population's dollars, at
    the low price).
    """
    priced = {denom: cost for denom, cost in at_cost.items() if isinstance(cost, Price)}
    rows = []
    for unit, population, holder, amount in holdings.select("unit", "population", "holder", "amount").iter_rows():
        cost = priced.get(unit.removeprefix(FINE))
        if cost:
            tokens = _tokens(amount)
            rows.append((population, holder, tokens * cost.low, tokens * cost.high))
    schema = {"population": pl.String, "holder": pl.String, "low_usd": pl.Float64, "high_usd": pl.Float64}
    spent = _merged(pl.DataFrame(rows, schema=schema, orient="row"), entities)
    share = pl.col("low_usd") / pl.col("low_usd").sum().over("population")
    return (
        spent.sort(["population", "low_usd", "party"], descending=[False, True, False])
        .with_columns(share.alias("share"), pl.int_range(1, pl.len() + 1).over("population").alias("rank"))
        .with_columns(pl.col("share").cum_sum().over("population").alias("cumulative"))
        .select("population", "rank", "party", "holder", "addresses", "low_usd", "high_usd", "share", "cumulative")
    )


def _merged(spent: pl.DataFrame, entities: Mapping[str, str]) -> pl.DataFrame:
    """Dollars by party, over denoms and over the party's addresses, with its largest address."""
    by_address = (
        spent.group_by("population", "holder", maintain_order=True)
        .sum()
        .sort(["low_usd", "holder"], descending=[True, False])
    )
    owner = pl.Series([entities.get(holder, holder) for holder in by_address["holder"]], dtype=pl.String)
    return (
        by_address.with_columns(owner.alias("party"))
        .group_by("population", "party", maintain_order=True)
        .agg(pl.col("holder").first(), pl.len().alias("addresses"), pl.col("low_usd", "high_usd").sum())
    )


def concentration(spent: pl.DataFrame) -> pl.DataFrame:
    """How concentrated spend is among providers, payers, tenants and auditors.

    spent: as `parties` gives it. of_spend: the population's part of all spend; below one for auditors where orders
    demand no signature.
    """
    all_usd = float(spent.filter(population="providers")["low_usd"].sum())
    rows = []
    for population in POPULATIONS:
        held = spent.filter((pl.col("population") == population) & (pl.col("low_usd") > 0))
        if held.is_empty():
            continue
        found = distribution([round(usd * MICRO) for usd in held["low_usd"]])
        told = {name: found[name] for name in ("effective_parties", "nc_gt_1_2", "top_1", "top_3", "hhi")}
        usd = float(held["low_usd"].sum())
        rows.append({"population": population, "parties": held.height, "usd": usd, "of_spend": usd / all_usd, **told})
    return pl.DataFrame(rows, schema=CONCENTRATION_SCHEMA, orient="row")


def daily(observations: pl.DataFrame) -> pl.DataFrame:
    """Dollars spent on each whole day since 2021 as the Akash console counts them: time, value."""
    whole = observations.filter(pl.col("name") == DAILY_USD)
    return whole.select("time", (pl.col("value") / MICRO).alias("value")).sort("time")


def claimed_points(claims: pl.DataFrame) -> pl.DataFrame:
    """Others' figures for a chart of dollars a day: each period's average at its middle (time, value, title)."""
    days = (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    return claims.select(
        (pl.col("period_start") + pl.duration(days=days // 2))
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .alias("time"),
        (pl.col("claimed") / days).alias("value"),
        pl.format("{} ({})", "says", "who").alias("title"),
    )


def against_console(run_rates: pl.DataFrame, by_day: Mapping[date, Costs], days: pl.DataFrame) -> pl.DataFrame:
    """The on-chain run rate beside the console's figure of the same day.

    run_rates: time, unit, total of every reading. Columns: day, readings, low_usd, high_usd (of the day's mean in each
    denom, at the day's close; null where a denom has no price, and `notes` says why), console_usd, ratio.
    """
    rows = []
    day = pl.col("time").dt.date().alias("day")
    told = run_rates.group_by(day, "unit", maintain_order=True).agg(pl.col("total").cast(pl.Float64).mean())
    means: dict[date, list[tuple[str, float]]] = defaultdict(list)
    for when, unit, mean in told.filter(pl.col("total") > 0).iter_rows():
        means[when].append((unit, mean))
    for when, readings in run_rates.group_by(day, maintain_order=True).agg(pl.col("time").n_unique()).iter_rows():
        parts = [_dollars(int(mean), unit.removeprefix(FINE), by_day[when]) for unit, mean in means[when]]
        found = sum_of(parts)
        usd = (found.low_usd, found.high_usd) if isinstance(found, Dollars) else (None, None)
        notes = "; ".join(found.notes) if isinstance(found, Dollars) else found.reason
        rows.append((when, readings, *usd, notes))
    ours = pl.DataFrame(rows, schema=RUN_RATES_SCHEMA, orient="row")
    theirs = days.select(pl.col("time").dt.date().alias("day"), pl.col("value").alias("console_usd"))
    middle = (pl.col("low_usd") + pl.col("high_usd")) / 2
    ratio = pl.when(pl.col("console_usd") > 0).then(middle / pl.col("console_usd"))
    return ours.join(theirs, on="day", how="left").with_columns(ratio.alias("ratio")).sort("day")


def _called(denom: str, money: Money) -> str:
    return money[denom].token if denom in money else denom


def _tokens(amount: Any) -> float:
    return int(amount) / (ONE * MICRO)


def _breakers(observations: pl.DataFrame) -> list[tuple[datetime, str]]:
    """Every state of the circuit breaker that was read, the oldest first."""
    states = observations.filter(pl.col("name") == "circuit_breaker").sort("time", maintain_order=True)
    return [(time, str(state)) for time, state in states.select("time", "exact").iter_rows()]


def _breaker(states: Sequence[tuple[datetime, str]], at: datetime) -> str | None:
    """The newest state of the circuit breaker at a time; None where it was not read."""
    place = bisect_right(states, at, key=itemgetter(0))
    return states[place - 1][1] if place else None


def _dollars(total: int, denom: str, at_cost: Costs) -> Dollars | NoPrice:
    return dollars(total, at_cost.get(denom, NoPrice(f"no price is read for {denom}")))


def _in_dollars(total: int, denom: str, at_cost: Costs) -> dict[str, Any]:
    found = _dollars(total, denom, at_cost)
    if isinstance(found, Dollars):
        told = {"sources": ", ".join(found.sources), "priced_at": found.time, "notes": "; ".join(found.notes)}
        return {"low_usd": found.low_usd, "high_usd": found.high_usd, **told}
    return {"low_usd": None, "high_usd": None, "sources": "", "priced_at": None, "notes": found.reason}


_TIME: Final = pl.Datetime("us", "UTC")
COLUMNS_SCHEMA: Final = pl.Schema(
    {
        "column": pl.String(),
        "title": pl.String(),
        "token": pl.String(),
        "tokens": pl.Float64(),
        "low_usd": pl.Float64(),
        "high_usd": pl.Float64(),
        "sources": pl.String(),
        "priced_at": _TIME,
        "notes": pl.String(),
        "since": _TIME,
        "until": _TIME,
    }
)
RUN_RATES_SCHEMA: Final = pl.Schema(
    {
        "day": pl.Date(),
        "readings": pl.Int64(),
        "low_usd": pl.Float64(),
        "high_usd": pl.Float64(),
        "notes": pl.String(),
    }
)
CONCENTRATION_SCHEMA: Final = pl.Schema(
    {
        "population": pl.String(),
        "parties": pl.Int64(),
        "usd": pl.Float64(),
        "of_spend": pl.Float64(),
        "effective_parties": pl.Float64(),
        "nc_gt_1_2": pl.Float64(),
        "top_1": pl.Float64(),
        "top_3": pl.Float64(),
        "hhi": pl.Float64(),
    }
)
