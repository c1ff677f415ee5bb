"""What readers are told of resampled numbers: ends of the same block, and of whose tail they say too little."""

from datetime import UTC, datetime

import polars as pl

from analytics.spread.metrics import METRICS
from questions.resampled import POWER, beside, curve, newest, one_band, told

DAYS = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]


def found(**more: object) -> pl.DataFrame:
    rows = [
        {"network": name, "title": name.title(), "reading": "stake", "population": "all", "time": day, "tail": tail}
        for name, tail in (("akash", 1.5), ("fetch", 2.5))
        for day in DAYS
    ]
    ends = {"resampled_low": 2.0, "resampled_high": 4.0, "replicates": 1000, "resampled_by": "abc"}
    return pl.DataFrame([{**row, **ends, "value": 3.0, **more} for row in rows])


def test_a_block_that_was_not_resampled_has_no_ends() -> None:
    read = found().select("network", "title", "reading", "population", "time", "value")
    both = beside(read, found().filter(time=DAYS[0]))
    assert both["resampled_low"].to_list() == [2.0, None, 2.0, None]
    assert beside(read, found().clear())["resampled_low"].null_count() == 4


def test_the_network_with_a_heavy_tail_is_named() -> None:
    said = told(found())
    assert said
    assert (said.replicates, said.method, said.heavy) == (1000, "abc", ("Akash",))
    assert told(found().clear()) is None
    # Of a power index there is nothing resampled.
    assert told(found(resampled_low=None)) is None


def scenarios() -> pl.DataFrame:
    return pl.concat(
        found().filter(network="akash").with_columns(metric=pl.lit(metric), scenario=pl.lit(scenario))
        for scenario in ("", "cap")
        for metric in ("decides_1", "top_1", "effective_parties")
    )


def test_metrics_come_in_their_order_as_it_is_beside_the_scenario() -> None:
    rows = newest(scenarios())
    order = [*METRICS, *POWER]
    assert rows["metric"].to_list() == [name for name in order if name in ("decides_1", "top_1", "effective_parties")]
    assert {"value", "resampled_low", "value_then", "resampled_high_then"} <= set(rows.columns)


def test_only_the_scenario_has_a_band_where_there_is_one() -> None:
    rows = one_band(curve(scenarios(), "top_1", "Capped"))
    assert rows.select("title", "resampled_low").rows() == [
        ("As it is", None), ("As it is", None), ("Capped", 2.0), ("Capped", 2.0)
    ]  # fmt: skip
    alone = one_band(curve(scenarios().filter(scenario=""), "top_1", "Capped"))
    assert alone["resampled_low"].null_count() == 0
