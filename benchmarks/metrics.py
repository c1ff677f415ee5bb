"""Concentration metrics against sorting alone, DuckDB, ClickHouse, Polars, PySAL, IneqPy and the Edinburgh index."""

import importlib
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np

from analytics.spread.backend import NUMPY, Backend
from analytics.spread.batches import Floats, Ints
from analytics.spread.bootstrap import resampled_parties
from analytics.spread.bounds import partly_read
from analytics.spread.groups import widths as own_widths
from analytics.spread.metrics import measure
from benchmarks import OURS, Case, Skip, Work

# What all peers can say, for a fair comparison of numbers; ours computes the full set.
SHARED = ("nc_gt_1_3", "nc_gt_1_2", "nc_gt_2_3", "hhi", "shannon", "theil", "gini", "top_1", "top_3")
GROUP_SIZE = 1_000


def simulated(holders: int) -> Ints:
    """Seeded lognormal amounts in base units, as heavy-tailed as token balances (sigma 2.5)."""
    return (np.random.default_rng(1).lognormal(0, 2.5, holders) * 1e9).astype(np.int64) + 1


def full_set(holders: int) -> Work:
    """All our metrics of one distribution."""
    amounts = simulated(holders)
    return lambda: {name: float(value[0]) for name, value in measure(amounts).values.items()}


def wide(holders: int) -> Work:
    """All our metrics of amounts of up to 30 digits, in two words each."""
    amounts = simulated(holders)
    words = np.stack([amounts * 2**31, amounts >> 12], axis=1)
    return lambda: {name: float(value[0]) for name, value in measure(words).values.items()}


def partly(holders: int) -> Work:
    """All our metrics and their bounds, where as much again was not read."""
    amounts = simulated(holders)
    words = np.stack([amounts * 2**31, amounts >> 12], axis=1)
    rest = int(amounts.sum()) * 2**31

    def work() -> dict[str, float]:
        partly_read(words, rest)
        return {}

    return work


def gini_and_theil(holders: int) -> Work:
    """Two of our metrics."""
    amounts = simulated(holders)
    return lambda: {name: float(value[0]) for name, value in measure(amounts, metrics=("gini", "theil")).values.items()}


def bootstrap(parties: int) -> Work:
    """Ten replicates of all metrics of a sample; the draws alone are about a third of it."""
    amounts = simulated(parties)

    def work() -> dict[str, float]:
        resampled_parties(amounts, seed=1, replicates=10, on=NUMPY)
        return {}

    return work


def sort_alone(holders: int) -> Work:
    """One np.sort: below this no method that needs the order can go."""
    amounts = simulated(holders)

    def work() -> dict[str, float]:
        np.sort(amounts)
        return {}

    return work


def grouped(groups: int) -> tuple[Ints, Ints]:
    """Amounts and offsets of groups of a thousand."""
    return simulated(groups * GROUP_SIZE), np.arange(0, groups * GROUP_SIZE + 1, GROUP_SIZE)


def mean(values: Any) -> float:
    """One number for a column of thousands."""
    return float(np.mean(np.asarray(values, dtype=np.float64)))


def groups_ours(groups: int) -> Work:
    """All our metrics of many groups."""
    amounts, offsets = grouped(groups)
    return lambda: {name: mean(value) for name, value in measure(amounts, offsets).values.items()}


def mixed(groups: int) -> tuple[Ints, Ints]:
    """Amounts and offsets of groups of 1 to 20,000, most of them small, in two words as the build measures them."""
    sizes = np.exp(np.random.default_rng(4).uniform(0, np.log(20_000), groups)).astype(np.int64)
    amounts = simulated(int(sizes.sum()))
    return np.stack([amounts, np.zeros_like(amounts)], axis=1), np.append(0, np.cumsum(sizes))


def differing(together: dict[str, Floats], alone: list[dict[str, Floats]]) -> float:
    """How many numbers of groups are not, bit for bit, those that each has when it is measured by itself."""
    return float(
        sum(
            not np.array_equal(values[place : place + 1], one[name], equal_nan=True)
            for name, values in together.items()
            for place, one in enumerate(alone)
        )
    )


def mixed_by(widths: Callable[[Ints, Backend], Ints], groups: int) -> Work:
    """All our metrics of groups of mixed sizes, padded to such widths."""
    amounts, offsets = mixed(groups)

    def measured(some: Ints, starts: Ints | None = None) -> dict[str, Floats]:
        with patch("analytics.spread.groups.widths", widths):
            return measure(some, starts, on=NUMPY).values

    alone = [measured(amounts[start:stop]) for start, stop in pairwise(offsets.tolist())]
    changed = differing(measured(amounts, offsets), alone)

    def work() -> dict[str, float]:
        measured(amounts, offsets)
        return {"differing numbers": changed}

    return work


def mixed_ours(groups: int) -> Work:
    """A group's width comes of its own size."""
    return mixed_by(own_widths, groups)


def mixed_widest(groups: int) -> Work:
    """As up to 1.0.0: the width is that of the widest group whose size has as many bits."""

    def widest(sizes: Ints, _: Backend) -> Ints:
        bits = np.frexp(sizes.astype(np.float64))[1]
        most = np.zeros(int(bits.max()) + 1, dtype=np.int64)
        np.maximum.at(most, bits, sizes)
        wide: Ints = most[bits]
        return wide

    return mixed_by(widest, groups)


def groups_duckdb(groups: int) -> Work:
    """One window query of DuckDB."""
    import duckdb
    import pyarrow as pa

    amounts, _ = grouped(groups)
    con = duckdb.connect()
    con.execute("set enable_progress_bar = false")
    frame = pa.table({"g": np.repeat(np.arange(groups), GROUP_SIZE), "v": amounts})
    con.register("frame", frame)
    con.execute("create table held as select * from frame")
    query = """
    with ranked as (
        select g, v, sum(v) over w as top, row_number() over w as k, sum(v) over (partition by g) as total,
               count(*) over (partition by g) as n
        from held window w as (partition by g order by v desc rows unbounded preceding)
    ), found as (
        select min(k) filter (3 * top > total) as nc_gt_1_3, min(k) filter (2 * top > total) as nc_gt_1_2,
               min(k) filter (3 * top > 2 * total) as nc_gt_2_3, 10000 * sum((v / total) ** 2) as hhi,
               -sum(v / total * log2(v / total)) as shannon, ln(any_value(n)) + sum(v / total * ln(v / total)) as theil,
               sum((n + 1 - 2 * k) * v / total) / any_value(n) as gini,
               max(v / total) as top_1, sum(v / total) filter (k <= 3) as top_3
        from ranked group by g
    )
    select * from found
    """

    def work() -> dict[str, float]:
        found = con.sql(query).fetchnumpy()
        return {name: mean(found[name]) for name in SHARED}

    return work


def groups_polars(groups: int) -> Work:
    """One group_by of Polars, sorting inside the aggregation."""
    import polars as pl

    amounts, _ = grouped(groups)
    frame = pl.DataFrame({"g": np.repeat(np.arange(groups), GROUP_SIZE), "v": amounts})
    v, total = pl.col("v").sort(descending=True), pl.col("v").sum()
    share, top, n = v / total, v.cum_sum(), pl.len()
    rank = pl.int_range(1, n + 1)
    columns = {
        "nc_gt_1_3": (3 * top <= total).sum() + 1,
        "nc_gt_1_2": (2 * top <= total).sum() + 1,
        "nc_gt_2_3": (3 * top <= 2 * total).sum() + 1,
        "hhi": 10_000 * (share**2).sum(),
        "shannon": -(share * share.log(2)).sum(),
        "theil": n.log() + (share * share.log()).sum(),
        "gini": ((n.cast(pl.Int64) + 1 - 2 * rank) * share).sum() / n,
        "top_1": share.first(),
        "top_3": share.head(3).sum(),
    }
    query = frame.lazy().group_by("g").agg(**columns)

    def work() -> dict[str, float]:
        found = query.collect()
        return {name: mean(found[name].to_numpy()) for name in SHARED}

    return work


def peer(package: str, module: str) -> ModuleType:
    """A peer's module; raises Skip where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Skip(f"{package} is not installed ({error}): pip install -r requirements-bench.txt") from error


def pysal(holders: int) -> Work:
    """Gini and Theil of PySAL's inequality."""
    gini = peer("inequality", "inequality.gini").Gini
    theil = peer("inequality", "inequality.theil").Theil
    # Of whole numbers its Gini is wrong from n x total = 2^63 on; of floats it is right.
    amounts = simulated(holders).astype(np.float64)
    return lambda: {"gini": float(gini(amounts).g), "theil": float(theil(amounts).T)}


def ineqpy(holders: int) -> Work:
    """Gini and Theil of IneqPy."""
    inequality = peer("ineqpy", "ineqpy.inequality")
    amounts = simulated(holders)
    return lambda: {"gini": float(inequality.gini(amounts)), "theil": float(inequality.theil(amounts))}


def gini_alone(holders: int) -> Work:
    """One of our metrics."""
    amounts = simulated(holders)
    return lambda: {"gini": float(measure(amounts, metrics=("gini",)).values["gini"][0])}


def clickhouse(holders: int) -> Work:
    """ClickHouse's own gini() of a column that it holds in memory."""
    import pyarrow as pa

    session = peer("chdb", "chdb.session").Session()
    frame = pa.table({"v": simulated(holders)})
    session.query("CREATE DATABASE bench ENGINE = Atomic")
    session.query("CREATE TABLE bench.held (v Int64) ENGINE = Memory")
    session.query("INSERT INTO bench.held SELECT v FROM Python(frame)")
    assert frame.num_rows == int(str(session.query("SELECT count() FROM bench.held", "CSV")))
    return lambda: {"gini": float(str(session.query("SELECT gini(v) FROM bench.held", "CSV")))}


def checkout(name: str) -> Path:
    """Folder of one repository of the Edinburgh index; raises Skip where EDI_PATH names none."""
    if not os.environ.get("EDI_PATH"):
        raise Skip("EDI_PATH is not set")
    folder = Path(os.environ["EDI_PATH"]) / f"{name}-decentralization"
    if not folder.is_dir():
        raise Skip(f"{folder} is missing; EDI_PATH holds the checkouts side by side")
    return folder


def edinburgh(holders: int) -> Work:
    """The nine metrics of the Edinburgh tokenomics index, from its own code."""
    sys.path.insert(0, str(checkout("tokenomics")))
    theirs: Any = importlib.import_module("tokenomics_decentralization.metrics")
    unsorted = [int(amount) for amount in simulated(holders)]

    def work() -> dict[str, float]:
        entries = sorted(unsorted, reverse=True)
        total = sum(entries)
        theirs.compute_tau(entries, total, 0.33)
        theirs.compute_tau(entries, total, 0.66)
        theirs.compute_total_entities(entries, total)
        return {
            "nc_ge_1_2_edi": theirs.compute_tau(entries, total, 0.5),
            "hhi": theirs.compute_hhi(entries, total),
            "shannon": theirs.compute_shannon_entropy(entries, total),
            "theil": theirs.compute_theil_index(entries, total),
            "gini": theirs.compute_gini(entries, total),
            "top_1": theirs.compute_max_power_ratio(entries, total),
        }

    return work


def edinburgh_gini(holders: int) -> Work:
    """Gini and Theil of the Edinburgh consensus index, from its own code."""
    sys.path.insert(0, str(checkout("consensus")))
    gini: Any = importlib.import_module("consensus_decentralization.metrics.gini")
    theil: Any = importlib.import_module("consensus_decentralization.metrics.theil_index")
    amounts = [int(amount) for amount in np.sort(simulated(holders))[::-1]]
    np.seterr(over="ignore")
    return lambda: {"gini": float(gini.compute_gini(amounts)), "theil": float(theil.compute_theil_index(amounts))}


def wrong_counts(counts: list[int]) -> dict[str, float]:
    """How many of the counts for half or more are wrong, for 1, 2, 3, ... equal holders."""
    return {"wrong counts": sum(count != (n + 1) // 2 for n, count in enumerate(counts, start=1))}


def equal_holders_ours(most: int) -> Work:
    """Our counts of equal holders."""
    sizes = np.arange(1, most + 1)
    amounts, offsets = np.ones(int(sizes.sum()), dtype=np.int64), np.concatenate([[0], np.cumsum(sizes)])
    name = "nc_ge_1_2_edi"
    return lambda: wrong_counts([int(count) for count in measure(amounts, offsets, metrics=[name]).values[name]])


def equal_holders_edinburgh(most: int) -> Work:
    """The Edinburgh index's counts of equal holders."""
    sys.path.insert(0, str(checkout("consensus")))
    theirs: Any = importlib.import_module("consensus_decentralization.metrics.nakamoto_coefficient")
    return lambda: wrong_counts([theirs.compute_nakamoto_coefficient([1] * n) for n in range(1, most + 1)])


FULL, WIDE = "full metric set, {:,} holders", "full metric set, {:,} holders with 30 digits"
PARTLY = "full metric set with bounds, {:,} holders with 30 digits, read in part"
LARGE = "full metric set, {:,} holders, against sorting them"
GROUPS = "full metric set, {:,} groups of 1,000"
MIXED = "full metric set, {:,} groups of 1 to 20,000"
GINI, GINI_ALONE = "Gini and Theil, {:,} holders", "Gini, {:,} holders"
BOOTSTRAP = "bootstrap of the full set, 10 replicates of {:,} parties"
EQUAL = "holders for half, 1 to {:,} equal holders"
MILLION, TEN_MILLION, GROUPED = (10**4, 10**5, 10**6), (10**6, 10**7), (1_000, 10_000)

CASES = (
    Case(FULL, OURS, full_set, sizes=MILLION, limit=0.022),
    Case(FULL, "Edinburgh tokenomics", edinburgh, sizes=MILLION, beat=20, differs="adds floats"),
    Case(WIDE, OURS, wide, sizes=MILLION),
    Case(PARTLY, OURS, partly, sizes=MILLION, limit=0.3, growth=1.05),
    Case(LARGE, OURS, full_set, sizes=TEN_MILLION),
    Case(LARGE, "np.sort alone", sort_alone, sizes=TEN_MILLION, beat=0.67),
    Case(GROUPS, OURS, groups_ours, sizes=GROUPED),
    Case(GROUPS, "DuckDB window query", groups_duckdb, sizes=GROUPED, beat=8),
    Case(GROUPS, "Polars group_by", groups_polars, sizes=GROUPED, beat=8),
    # At most 1.05 times the CPU-seconds: a number that is the same in any company may not cost more than that.
    Case(MIXED, OURS, mixed_ours, sizes=(400,)),
    Case(MIXED, "width of the widest", mixed_widest, sizes=(400,), beat=0.95, differs="padding by the company"),
    Case(BOOTSTRAP, OURS, bootstrap, sizes=(10**4, 10**6)),
    Case(GINI, OURS, gini_and_theil, sizes=MILLION),
    Case(GINI, "PySAL inequality", pysal, sizes=MILLION, beat=1.5),
    Case(GINI, "IneqPy", ineqpy, sizes=MILLION, beat=1.5, differs="corrects for a sample, n/(n-1)"),
    Case(GINI, "Edinburgh consensus", edinburgh_gini, sizes=MILLION, beat=1.5, differs="n x total overflows int64"),
    Case(GINI_ALONE, OURS, gini_alone, sizes=MILLION),
    Case(GINI_ALONE, "ClickHouse (chdb)", clickhouse, sizes=MILLION, beat=1.5),
    Case(EQUAL, OURS, equal_holders_ours, sizes=(2_000,)),
    Case(EQUAL, "Edinburgh consensus", equal_holders_edinburgh, sizes=(2_000,), beat=1.5, differs="adds floats"),
)
