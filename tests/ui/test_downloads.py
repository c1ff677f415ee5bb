"""A downloaded file stands on its own: every row says where it comes from."""

import io
from datetime import UTC, datetime

import polars as pl

from ui import downloads
from ui.provenance import Provenance, line, with_provenance

TIME = datetime(2026, 11, 22, 13, 46, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 13, 54, tzinfo=UTC)


def source(network: str, height: int | None = 19_870_442, *, simulated: bool = False) -> Provenance:
    return Provenance(
        network=network,
        population="validators",
        unit="uakt",
        height=height,
        time=TIME,
        source="https://lcd.example",
        grouping="operator",
        n=100,
        simulated=simulated,
    )


def test_the_line_under_a_chart_says_unit_block_age_and_source() -> None:
    assert line([source("Akash")], NOW) == (
        "Akash · 100 validators, operator · in uakt · block 19,870,442 · 8 min ago · source lcd\\.example"
    )


def test_simulated_facts_say_so_in_every_line() -> None:
    assert line([source("Akash", simulated=True)], NOW).endswith("**simulated**")


def test_a_price_without_a_block_says_when_it_was_fetched() -> None:
    assert "fetched 22 Nov 2026, 13:46 UTC" in line([source("Akash", None)], NOW)


def test_two_networks_have_two_lines_and_the_same_source_one() -> None:
    assert line([source("Akash"), source("Akash"), source("Fetch.ai")], NOW).count("\n") == 1


def test_every_row_of_a_csv_says_its_block_and_source() -> None:
    frame = pl.DataFrame({"name": ["a", "b"], "share": [0.7, 0.3]})
    read = pl.read_csv(io.BytesIO(downloads.csv(with_provenance(frame, [source("Akash")]))))
    assert read["source_block"].to_list() == [19_870_442] * 2
    assert read["source_endpoint"].to_list() == ["https://lcd.example"] * 2
    assert read["network"].to_list() == ["Akash"] * 2
    assert read["source_simulated"].to_list() == [False] * 2


def test_rows_of_several_networks_have_their_own_source() -> None:
    frame = pl.DataFrame({"network": ["Akash", "Fetch.ai"], "m": [29.0, 21.0]})
    told = with_provenance(frame, [source("Fetch.ai", 7), source("Akash", 5)])
    assert told["source_block"].to_list() == [5, 7]


def test_a_table_without_a_source_of_its_own_says_that_it_is_simulated() -> None:
    """Counts over a network rest on many readings; their file must not pass for one of a real network."""
    frame = pl.DataFrame({"network": ["akash", "fet"], "number": [3, 1]})
    read = pl.read_csv(io.BytesIO(downloads.csv(downloads.marked(with_provenance(frame, []), simulated=True))))
    assert read["mart_simulated"].to_list() == [True, True]
    assert downloads.marked(frame, simulated=False).columns == frame.columns


def test_a_csv_opens_in_excel_as_utf8() -> None:
    assert downloads.csv(pl.DataFrame({"name": ["Ω"]})).startswith(b"\xef\xbb\xbf")


def test_parquet_keeps_types_and_drops_invisible_letters() -> None:
    frame = pl.DataFrame(
        {"name": ["=1+1", "a\u200bb", None], "amount": [1, 2, 3]},
        schema={"name": pl.String, "amount": pl.Decimal(38, 0)},
    )
    read = pl.read_parquet(io.BytesIO(downloads.parquet(frame)))
    assert read["name"].to_list() == ["=1+1", "ab", None]
    assert read.schema == frame.schema


def test_every_file_has_the_columns_that_say_what_its_rows_are_also_where_nothing_is_known() -> None:
    wanted = {f"source_{name}" for name in ("metric", "population", "grouping", "block", "hash", "time", "chain")}
    wanted |= {"network", "source_method_version", "source_simulated"}
    for sources in ([], [source("Akash")], [source("Akash"), source("Fetch.ai", 7)]):
        for frame in (pl.DataFrame({"n": [1]}), pl.DataFrame({"network": ["Akash"], "rule": ["v3"]})):
            told = with_provenance(frame, sources, "stake")
            assert wanted <= {*told.columns}
            assert told["source_metric"].to_list() == ["stake"]
            assert told["source_method_version"].to_list() == ["v3" if "rule" in frame.columns else None]


def test_each_row_of_a_history_says_its_own_block_hash_metric_and_version() -> None:
    rows = pl.DataFrame(
        {
            "network": ["akash", "akash"],
            "population": ["validators", "validators"],
            "metric": ["gini", "gini"],
            "height": [7, 8],
            "hash": ["aa", "bb"],
            "chain_id": ["akashnet-1", "akashnet-2"],
            "method_version": ["v1", "v2"],
        }
    )
    told = with_provenance(rows, [source("Akash"), source("Fetch.ai")], "gini-history")
    columns = [f"source_{name}" for name in ("block", "hash", "chain", "metric", "method_version")]
    assert told.select(columns).rows() == [(7, "aa", "akashnet-1", "gini", "v1"), (8, "bb", "akashnet-2", "gini", "v2")]
