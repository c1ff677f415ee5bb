"""How old the data is, whether the last run worked, and how much room it takes."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from questions import words
from store.mart import Mart
from store.rows import AHEAD, LEFT_OUT, Time

# A reading is stale when its newest block is older than this many of its cadences.
CADENCES = 2
DAY_SECONDS = 86_400

_FRESHNESS = """
    WITH wanted AS (
        SELECT network, name AS reading, every_seconds FROM reading
        UNION ALL
        SELECT network, reading, NULL FROM newest ANTI JOIN reading ON reading.network = newest.network
            AND reading.name = newest.reading
    ),
    failed AS (
        SELECT e.network, e.reading, e.error, e.message FROM run_error e
        WHERE e.run = (SELECT max_by(id, started) FROM run)
    )
    SELECT w.network, coalesce(n.title, w.network) AS title,
           w.reading, s.time, s.height, s.hash, s.chain_id, s.n, s.endpoint, s.runtime_version,
           coalesce(s.simulated, false) AS simulated, w.every_seconds, f.error, f.message,
           (SELECT string_agg(o.subject || ': ' || o.exact, '; ' ORDER BY o.subject) FROM observation o
            WHERE o.snapshot = s.id AND starts_with(o.name, ?)) AS left_out
    FROM wanted w
    LEFT JOIN newest s ON s.network = w.network AND s.reading = w.reading
    LEFT JOIN failed f ON f.network = w.network AND f.reading = w.reading
    LEFT JOIN network n ON n.name = w.network
    ORDER BY w.network, w.reading
"""


def freshness(mart: Mart, now: datetime, max_age: timedelta | None = None) -> pl.DataFrame:
    """Each reading's newest block, its age in seconds, its state, the error of the last run, and what was left out.

    state: fresh; stale (older than twice its cadence, and than max_age where one is given, or of the future, which says
    nothing of the present); never read; imported (has no cadence); simulated (nothing is read on a schedule). called:
    the reading as a reader hears it.
    """
    age = (pl.lit(now, Time) - pl.col("time")).dt.total_seconds()
    # A reading that is due once a day is not late after six hours, whatever age the hourly ones are allowed.
    limit = pl.max_horizontal(pl.lit((max_age or timedelta()).total_seconds()), CADENCES * pl.col("every_seconds"))
    state = (
        pl.when(pl.col("every_seconds").is_null())
        .then(pl.lit("imported"))
        .when(pl.col("time").is_null())
        .then(pl.lit("never read"))
        .when("simulated")
        .then(pl.lit("simulated"))
        .when((pl.col("age_seconds") > limit) | (pl.col("age_seconds") < -AHEAD.total_seconds()))
        .then(pl.lit("stale"))
        .otherwise(pl.lit("fresh"))
    )
    due = pl.when(~pl.col("simulated")).then(pl.col("time") + pl.duration(seconds=pl.col("every_seconds")))
    rows = mart.table(_FRESHNESS, f"{LEFT_OUT}:")
    coins = _coins(mart)
    called = [
        words.reading(name, coins.get(network, {})) for network, name in rows.select("network", "reading").iter_rows()
    ]
    told = rows.with_columns(age_seconds=age, next=due, called=pl.Series(called, dtype=pl.String))
    return told.with_columns(state=state)


def _coins(mart: Mart) -> Mapping[str, Mapping[str, str]]:
    """Of each network the tokens by how it calls their units."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for network, unit, token in mart.table("SELECT network, unit, token FROM unit").iter_rows():
        found[network][words.coin(unit)] = token
    return found


def simulated(mart: Mart) -> bool:
    """Whether every fact of this mart is invented."""
    return bool(mart.table("SELECT coalesce(any_value(simulated), false) AS simulated FROM meta")["simulated"][0])


def by_network(mart: Mart, now: datetime) -> pl.DataFrame:
    """One row a network: its state in words, and what is behind it.

    state: fresh; stale (some reading is); missing (none was ever read). Columns: network, title, state, oldest (time of
    the oldest newest block), every_seconds (null where nothing is read on a schedule).
    """
    titles = mart.table("SELECT name AS network, title FROM network")
    rows = freshness(mart, now)
    # An imported state has no schedule; it is as old as one that is read once a day would be.
    aged = (pl.col("state") == "imported") & (pl.col("age_seconds") > CADENCES * DAY_SECONDS)
    stale = (pl.col("state") == "stale") | aged
    found = rows.group_by("network").agg(
        oldest=pl.col("time").filter(stale).min(),
        every_seconds=pl.col("every_seconds").filter(stale).min(),
        read=pl.col("time").count(),
        stale=stale.any(),
    )
    worst = pl.when("stale").then(pl.lit("stale")).otherwise(pl.lit("fresh"))
    state = pl.when(pl.col("read") == 0).then(pl.lit("missing")).otherwise(worst)
    told = found.with_columns(state=state).join(titles, on="network", how="left")
    return told.with_columns(title=pl.coalesce("title", "network")).drop("read", "stale").sort("network")


def imported(mart: Mart) -> pl.DataFrame:
    """The networks that are known from state files alone: title, newest time, and the name of its file."""
    return mart.table(
        """
        SELECT n.title, max(s.time) AS time, max_by(s.endpoint, row(s.time, s.id)) AS endpoint
        FROM network n JOIN snapshot s ON s.network = n.name WHERE n.imported GROUP BY n.title ORDER BY n.title
        """
    )


def last_runs(mart: Mart, limit: int = 50) -> pl.DataFrame:
    """The ledger, newest run first, with the number of its errors."""
    return mart.table(
        """
        SELECT r.*, (SELECT count(*) FROM run_error e WHERE e.run = r.id) AS errors
        FROM run r ORDER BY started DESC LIMIT ?
        """,
        limit,
    )


def torn(mart: Mart) -> list[str]:
    """What is said of each file that was torn when this mart was built, by whichever command."""
    return mart.table("FROM torn ORDER BY message")["message"].to_list()


def knows(mart: Mart, run: str) -> bool:
    """Whether this mart was published by a run or after it; one that it lacks is at work, or was interrupted."""
    return not mart.table("FROM run WHERE id = ?", run).is_empty()


def run_errors(mart: Mart, limit: int = 200) -> pl.DataFrame:
    """What failed, newest first, one row a reason: the network, its readings, how often, and when last (started).

    called: the readings as a reader hears them.
    """
    rows = mart.table(
        """
        SELECT max(r.started) AS started, coalesce(n.title, e.network) AS network, any_value(e.network) AS name,
               string_agg(DISTINCT e.reading, ', ' ORDER BY e.reading) AS reading, count(*) AS times, e.error, e.message
        FROM run_error e JOIN run r ON r.id = e.run LEFT JOIN network n ON n.name = e.network
        GROUP BY coalesce(n.title, e.network), e.error, e.message
        ORDER BY started DESC, times DESC, network, e.message LIMIT ?
        """,
        limit,
    )
    coins = _coins(mart)
    called = [
        ", ".join(words.reading(one, coins.get(name, {})) for one in readings.split(", "))
        for name, readings in rows.select("name", "reading").iter_rows()
    ]
    return rows.drop("name").with_columns(called=pl.Series(called, dtype=pl.String))


def labels(mart: Mart) -> pl.DataFrame:
    """Who is said to be behind which address, with the evidence."""
    return mart.table(
        """
        SELECT e.*, coalesce(n.title, e.network) AS title FROM entity e LEFT JOIN network n ON n.name = e.network
        ORDER BY e.network, e.name, e.address, e.valid_from
        """
    )


def credits(mart: Mart) -> list[str]:
    """Thanks to those who serve the networks, beside public nodes; once where they serve several."""
    return mart.table("SELECT credit FROM network WHERE credit <> '' GROUP BY credit ORDER BY min(name)")[
        "credit"
    ].to_list()


def disk(data: Path) -> dict[str, int]:
    """Bytes on disk: landing, the published marts, and the sample."""
    parts = {"landing": data / "landing", "sample": data / "sample"}
    sizes = {name: sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) for name, folder in parts.items()}
    return {**sizes, "marts": sum(path.stat().st_size for path in data.glob("mart-*.duckdb"))}
