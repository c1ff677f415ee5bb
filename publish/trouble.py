"""What is broken now, by the ledger: what failed when it was last asked for, whose fault it is, and since when."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl

from store.faults import Cause
from store.rows import Time

SCHEMA = pl.Schema({**dict.fromkeys(("network", "reading", "host", "cause", "message"), pl.String()), "since": Time})
ERRORS: Final = pl.List(pl.Struct(dict.fromkeys(("network", "reading", "error", "message"), pl.String())))
PLACE: Final = ("network", "reading")


def errors(runs: pl.DataFrame) -> pl.DataFrame:
    """What failed in runs, one row each: run, network, reading, error, message; and the columns of its run."""
    failed = runs.filter(pl.col("errors") != "[]").rename({"id": "run"})
    told = failed.with_columns(pl.col("errors").str.json_decode(ERRORS)).explode("errors")
    return told.unnest("errors").select(
        "run", *PLACE, "error", "message", pl.exclude("run", *PLACE, "error", "message")
    )


def troubles(runs: pl.DataFrame) -> pl.DataFrame:
    """A row for each reading that failed when it was last asked for and host that is to blame.

    runs: the ledger (store.ledger.COLUMNS), oldest first. since: the start of the first run of those in which it failed
    in a row.
    """
    placed = runs.with_row_index("at")
    failed = errors(placed).filter(pl.col("network") != "")
    last = (
        pl.concat([_read(placed), _not_failed(placed, failed)]).group_by(PLACE).agg(pl.col("at").max().alias("read_at"))
    )
    failing = (
        failed.join(last, on=PLACE, how="left", maintain_order="left")
        .filter(pl.col("at") >= pl.col("read_at").fill_null(0))
        .group_by(PLACE, maintain_order=True)
        .agg(pl.col("started").first().alias("since"), pl.col("error", "message", "faults").last())
    )
    return pl.DataFrame([row for one in failing.iter_rows(named=True) for row in _rows(one)], SCHEMA, orient="row")


def _read(runs: pl.DataFrame) -> pl.DataFrame:
    """The last run in which each reading landed, of those that say what did: network, reading, at."""
    # Most runs read the same: each list is looked at once.
    lists = runs.drop_nulls("read").group_by("read").agg(pl.col("at").max())
    named = lists.select("at", pl.col("read").str.json_decode(pl.List(pl.String()))).explode("read").drop_nulls("read")
    parts = pl.col("read").str.splitn("/", 2).struct.rename_fields(PLACE)
    return named.select(parts.struct.unnest(), "at")


def _not_failed(runs: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """The last run in which each reading did not fail that fails in some, of those that do not say what they read."""
    silent = runs.filter(pl.col("read").is_null()).select("at")
    asked = failed.select(PLACE).unique().join(silent, how="cross")
    return asked.join(failed, on=[*PLACE, "at"], how="anti").select(*PLACE, "at")


def _rows(failing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    network, reading = failing["network"], failing["reading"]
    place = {"network": network, "reading": reading, "since": datetime.fromisoformat(failing["since"])}
    faults = [
        fault
        for fault in json.loads(failing["faults"] or "[]")
        if fault["network"] == network and reading in fault["readings"]
    ]
    for fault in faults:
        yield {**place, **{name: fault[name] for name in ("host", "cause", "message")}}
    if not faults:
        yield {**place, "host": "", "cause": Cause.DOWN, "message": f"{failing['error']}: {failing['message']}"}
