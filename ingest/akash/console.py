"""The Akash console's public interface: daily history since 2021, capacity, GPUs, and earnings of providers.

An indexer's own account of the chain, not the chain. Fields are those of its OpenAPI schema; one that is missing,
renamed or null is a change of the source. Recent days are restated when prices are, so every fetch is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

import polars as pl

from ingest.fields import amount, day_or_time, flag, listed, number, some, table, text, word
from ingest.network import DAILY, HOURLY, Reading, Since
from ingest.offchain.feed import TODAY, Feed, Told, reading
from store.faults import BadData, SourceChanged
from store.rows import Facts, Kind, frame, observation
from store.spelling import ANY

ADDRESS: Final = "https://console-api.akash.network"
PROBE: Final = "/v1/network-capacity"
SOURCE: Final = "akash console"
RESTATED: Final = "restated:"
FETCHED: Final = "fetched"
STATES: Final = ("active", "pending", "available", "total")
EARNING_DAYS: Final = 30
# How far back the indexer computes days anew.
MAY_BE_RESTATED: Final = timedelta(days=7)

# `dailyUUsdcSpent` and `dailyUActSpent` are one merged series, USDC + ACT, under two names: it is kept once.
STABLE: Final = ("dailyUUsdcSpent", "dailyUActSpent")
SPEND: Final[Mapping[str, str]] = {
    "dailyUUsdSpent": "1e-6 usd",
    "dailyUAktSpent": "uakt",
    "dailyUStableSpent": "1e-6 usdc+act",
}
USE: Final[Mapping[str, str]] = {
    "dailyLeaseCount": "leases",
    "activeLeaseCount": "leases",
    "activeGPU": "gpus",
    "activeCPU": "millicores",
    "activeMemory": "bytes",
    "activeStorage": "bytes",
    "gpuUtilization": "percent",
}
BACKING: Final[Mapping[str, str]] = {
    "outstandingAct": "uact",
    "vaultAkt": "uakt",
    "collateralRatio": "ratio",
    "dailyActMinted": "uact",
    "dailyActBurnedForAkt": "uact",
    "dailyAktBurnedForAct": "uakt",
    "dailyAktReminted": "uakt",
}
EARNED: Final[Mapping[str, tuple[str, str]]] = {
    "totalUAktEarned": ("uakt", "uakt"),
    "totalUActEarned": ("ustable", "1e-6 usdc+act"),
    "totalUUsdEarned": ("uusd", "1e-6 usd"),
}
RESOURCES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "cpu": (("cpu",), "millicores"),
    "gpu": (("gpu",), "gpus"),
    "memory": (("memory",), "bytes"),
    "storage": (("storage", "total"), "bytes"),
}


def spend_history(feed: Feed) -> Facts:
    """What tenants spent each day since 2021 as the Akash console's indexer counts it (accrual: prices of running
    leases times blocks), in dollars at each day's AKT price, in AKT, and in stablecoins (USDC + ACT merged, never to be
    added twice). The last day is running and told apart. Recent days may be restated.
    """
    merged, again = (_series(feed, name, "dailyUStableSpent") for name in STABLE)
    # Between the two answers the running day grows, a new one may begin, and the last days may be restated.
    last = merged[-1][1] - MAY_BE_RESTATED
    whole, repeated = ({day: value for _, day, value in series if day < last} for series in (merged, again))
    if any(whole[day] != repeated[day] for day in whole.keys() & repeated.keys()):
        raise SourceChanged(f"{' and '.join(STABLE)} differ: they were one merged series, and may now be added")
    told = [
        *_series(feed, "dailyUUsdSpent", "dailyUUsdSpent"),
        *_series(feed, "dailyUAktSpent", "dailyUAktSpent"),
        *merged,
    ]
    seconds = int(feed.block.time.timestamp())
    fetched = observation(FETCHED, feed.block.time, seconds, "unix seconds", source=SOURCE)
    return Facts(frame(Kind.OBSERVATIONS, [fetched, *_daily(told, SPEND)]))


def use_history(feed: Feed) -> Facts:
    """Leases begun and running and resources leased each day since 2021, as the Akash console's indexer counts them."""
    return _independent(feed, USE)


def backing_history(feed: Feed) -> Facts:
    """ACT in circulation, the vault behind it, and what was minted and burned each day since March 2026, as the Akash
    console's indexer counts it.
    """
    return _independent(feed, BACKING)


def restatements(_: Feed, fetched: Sequence[pl.DataFrame]) -> Facts:
    """Days whose figure the Akash console changed after it was whole: the old figure, and when it was fetched."""
    changes = [change for old, new in pairwise(fetched) for change in restated(old, new)]
    return Facts(frame(Kind.OBSERVATIONS, changes), empty=True)


def restated(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Figures of whole days that a later fetch tells otherwise, under the time at which they were fetched."""
    (fetched,) = old.filter(pl.col("name") == FETCHED)["time"]
    whole = (pl.col("name") != FETCHED) & ~pl.col("name").str.ends_with(TODAY)
    both = old.filter(whole).join(new.filter(whole), on=["name", "time"], how="inner", suffix="_new")
    for row in both.filter(pl.col("exact") != pl.col("exact_new")).iter_rows(named=True):
        name = f"{RESTATED}{row['name']}"
        yield observation(name, row["time"], row["exact"], row["unit"], subject=fetched.isoformat(), source=SOURCE)


def capacity(feed: Feed) -> Facts:
    """What providers had in use, pending, free and in total when the Akash console last asked them; providers say so
    themselves, off chain.
    """

    def judge(body: Any) -> list[dict[str, Any]]:
        found = {
            f"capacity_{name}_{state}": (amount(body, "resources", *path, state), unit)
            for name, (path, unit) in RESOURCES.items()
            for state in STATES
        }
        providers = _told(feed, "capacity_providers", amount(body, "activeProviderCount"), "providers")
        return [providers, *(_told(feed, name, value, unit) for name, (value, unit) in found.items())]

    return Facts(frame(Kind.OBSERVATIONS, feed.get(PROBE, judge)))


def gpus(feed: Feed) -> Facts:
    """GPUs of each model that providers had and had leased when the Akash console last asked them, off chain."""
    total, told = feed.get("/v1/gpu", partial(_gpus, feed))
    return replace(told.facts(), rows=frame(Kind.OBSERVATIONS, [*total, *told.rows]))


def _gpus(feed: Feed, body: Any) -> tuple[list[dict[str, Any]], Told]:
    """GPUs in all, and of each model."""
    total = _counted(feed, table(body, "gpus", "total"), "")
    told, named = Told(), set[str]()
    for vendor, models in table(body, "gpus", "details").items():
        for model in listed({vendor: models}, vendor):
            with told.unless_wrong(f"a model of {vendor}"):
                name = "/".join([vendor, *(text(model, field) for field in ("model", "ram", "interface"))])
                if name in named:
                    raise SourceChanged(f"{name} is told twice")
                told.rows.extend(_counted(feed, model, name))
                named.add(name)
    told.facts()
    return total, told


def earnings(feed: Feed) -> Facts:
    """What each provider earned in the 30 days before today as the Akash console's indexer counts it, in AKT, in
    stablecoins and in dollars at each day's AKT price. Providers that are neither online nor leased are not asked.
    """
    end = feed.block.time.replace(hour=0, minute=0, second=0, microsecond=0)
    period = {"from": f"{end - timedelta(days=EARNING_DAYS):%Y-%m-%d}", "to": f"{end:%Y-%m-%d}"}
    owners, told = feed.get("/v1/providers", _working)
    earned = Told(wrong=dict(told.wrong))
    for owner in owners:
        earned.add(feed.get(f"/v1/provider-earnings/{owner}", partial(_earned, owner, end), period))
    return earned.facts(since=end - timedelta(days=EARNING_DAYS))


def _working(body: Any) -> tuple[list[str], Told]:
    """Providers that are online or leased, and which of them are told wrongly."""
    owners, told = dict[str, None](), Told()
    for row in listed(body):
        with told.unless_wrong(str(row.get("owner", "a provider"))[:80] if isinstance(row, dict) else "a provider"):
            if _works(row):
                owners[word(row, "owner")] = None
    if not owners:
        raise next(iter(told.wrong.values()), SourceChanged("no provider is online or leased"))
    return list(owners), told


def _earned(owner: str, end: datetime, body: Any) -> Told:
    told = Told()
    with told.unless_wrong(owner):
        told.rows.extend(_earnings(owner, end, body))
    return told


def _earnings(owner: str, end: datetime, body: Any) -> Iterator[dict[str, Any]]:
    if number(body, "earnings", "totalUActEarned") != number(body, "earnings", "totalUUsdcEarned"):
        raise SourceChanged(f"earnings of {owner} in USDC and ACT differ: they were one merged figure")
    for field, (name, unit) in EARNED.items():
        earned = amount(body, "earnings", field)
        yield observation(f"earned_30d_{name}", end, earned, unit, subject=owner, source=SOURCE)


def _works(row: Any) -> bool:
    """Whether a provider is online or has leases."""
    online = flag(row, "isOnline")
    return bool(online or row.get("leaseCount"))


Series = tuple[str, datetime, int | float]


def _series(feed: Feed, asked: str, name: str) -> list[Series]:
    return feed.get(f"/v1/graph-data/{asked}", partial(_days, name))


def _days(name: str, body: Any) -> list[Series]:
    """One daily series, oldest day first; the last day gets a name of its own."""
    found = [(day_or_time(row, "date"), amount(row, "value")) for row in some(body, "snapshots")]
    if any(later <= sooner for (sooner, _), (later, _) in pairwise(found)):
        raise BadData(f"days of {name} are not in order")
    return [(name, *one) for one in found[:-1]] + [(name + TODAY, *found[-1])]


def _independent(feed: Feed, units: Mapping[str, str]) -> Facts:
    """Daily series that say something each for itself."""

    def judge(name: str, body: Any) -> Told:
        told = Told()
        with told.unless_wrong(name):
            told.rows.extend(_daily(_days(name, body), units))
        return told

    told = Told()
    for name in units:
        told.add(feed.get(f"/v1/graph-data/{name}", partial(judge, name)))
    return told.facts()


def _daily(told: Sequence[Series], units: Mapping[str, str]) -> list[dict[str, Any]]:
    return [observation(name, day, value, units[name.removesuffix(TODAY)], source=SOURCE) for name, day, value in told]


def _counted(feed: Feed, counts: Any, model: str) -> list[dict[str, Any]]:
    """How many GPUs there are and are leased, of all models or of one."""
    states = ("allocatable", "allocated")
    return [_told(feed, f"gpu_{state}", amount(counts, state), "gpus", model) for state in states]


def _told(feed: Feed, name: str, value: float, unit: str, subject: str = "") -> dict[str, Any]:
    return observation(name, feed.block.time, value, unit, subject=subject, source=SOURCE)


READINGS: Final = (
    reading("spend_history", spend_history, DAILY, newest_only=True, headline=True, together=True),
    reading("use_history", use_history, DAILY, newest_only=True),
    reading("backing_history", backing_history, DAILY, newest_only=True),
    # It compares what was told before, and asks nobody.
    Reading("restatements", Kind.OBSERVATIONS, None, "", DAILY, Since("spend_history", restatements), others=(ANY,)),
    reading("capacity", capacity, HOURLY),
    reading("gpus", gpus, HOURLY, others=(ANY,)),
    reading("earnings", earnings, DAILY),
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
spend_history:
  fetched | | unix seconds | when the series were fetched
  dailyUUsdSpent[_today] | | 1e-6 usd | what tenants spent on a day in dollars; _today, as below: of the running day
  dailyUAktSpent[_today] | | uakt | what tenants spent on a day in AKT
  dailyUStableSpent[_today] | | 1e-6 usdc+act | what tenants spent on a day in stablecoins, USDC and ACT merged
use_history:
  dailyLeaseCount[_today] | | leases | leases that began on a day
  activeLeaseCount[_today] | | leases | leases that ran at the end of a day
  activeGPU[_today] | | gpus | leased GPUs
  activeCPU[_today] | | millicores | leased processors
  activeMemory[_today] | | bytes | leased memory
  activeStorage[_today] | | bytes | leased storage
  gpuUtilization[_today] | | percent | leased GPUs of all
backing_history:
  outstandingAct[_today] | | uact | ACT in circulation
  vaultAkt[_today] | | uakt | what the vault holds
  collateralRatio[_today] | | ratio | what the vault holds over what it owes
  dailyActMinted[_today] | | uact | ACT minted on a day
  dailyActBurnedForAkt[_today] | | uact | ACT burned on a day for AKT
  dailyAktBurnedForAct[_today] | | uakt | AKT burned on a day for ACT
  dailyAktReminted[_today] | | uakt | AKT minted again on a day
restatements:
  restated:<series> | <time> | <unit> | a figure of a whole day that was told otherwise later; the subject is when it was fetched
capacity:
  capacity_providers | | providers | providers that answered
  capacity_<resource>_<state> | | <unit> | cpu, gpu, memory or storage that is active, pending, available, or in total
gpus:
  gpu_allocatable | [<model>] | gpus | GPUs that there are, of all models or of one
  gpu_allocated | [<model>] | gpus | GPUs that are leased, of all models or of one
earnings:
  earned_30d_uakt | <address> | uakt | what a provider earned in AKT in thirty days
  earned_30d_ustable | <address> | 1e-6 usdc+act | what a provider earned in stablecoins in thirty days
  earned_30d_uusd | <address> | 1e-6 usd | what a provider earned in thirty days, in dollars of each day
"""  # noqa: E501 - a row each
