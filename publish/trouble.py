"""What is broken now, by the ledger: what failed when it was last asked for, whose fault it is, and since when."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from store.ledger import Run, RunError
from store.rows import Cause, Time

SCHEMA = pl.Schema({**dict.fromkeys(("network", "reading", "host", "cause", "message"), pl.String()), "since": Time})


def troubles(runs: Sequence[Run]) -> pl.DataFrame:
    """A row for each reading that failed when it was last asked for and host that is to blame; runs: oldest first.

    since: the start of the first run of those in which it failed in a row.
    """
    failing: dict[tuple[str, str], tuple[str, Run, RunError]] = {}
    for run in runs:
        failed = {(error["network"], error["reading"]): error for error in run["errors"] if error["network"]}
        failing = {place: told for place, told in failing.items() if not _was_read(run, *place)}
        for place, error in failed.items():
            since = failing[place][0] if place in failing else run["started"]
            failing[place] = (since, run, error)
    rows = [row for told in failing.values() for row in _rows(*told)]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _was_read(run: Run, network: str, reading: str) -> bool:
    """Whether a run read this; of one that does not say what it read, whether it said of no failure."""
    if "read" in run:
        return f"{network}/{reading}" in run["read"]
    return all((error["network"], error["reading"]) != (network, reading) for error in run["errors"])


def _rows(since: str, run: Run, error: RunError) -> Iterator[dict[str, Any]]:
    place = {"network": error["network"], "reading": error["reading"], "since": datetime.fromisoformat(since)}
    faults = [
        fault
        for fault in run.get("faults", ())
        if fault["network"] == error["network"] and error["reading"] in fault["readings"]
    ]
    for fault in faults:
        yield {**place, **{name: fault[name] for name in ("host", "cause", "message")}}
    if not faults:
        yield {**place, "host": "", "cause": Cause.DOWN, "message": f"{error['error']}: {error['message']}"}
