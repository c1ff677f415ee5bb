"""What grows with the years, on one machine: the metrics of a mart, and the files of a reading."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks import OURS, Case, Work
from benchmarks.verdicts import sample
from ingest.networks import networks
from ingest.publication import build
from ingest.publication import ledger as ledger_tables
from questions.history import history
from store.draft import Draft
from store.landing import SAMPLE, Landing
from store.ledger import Ledger
from store.mart import NoMart, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.conftest import ROOT

END: Final = datetime(2026, 11, 29, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
# Of a network readings, of each snapshot populations, groupings and metrics.
READINGS, POPULATIONS, GROUPINGS, METRICS = 10, 5, ("address", "control", "ownership"), 20
A_SNAPSHOT: Final = POPULATIONS * len(GROUPINGS) * METRICS
MANY_METHODS: Final = """
    INSERT INTO metric
    SELECT m.* REPLACE (m.method_version || '.' || r.i AS method_version) FROM metric m, range({times}) r(i)
"""
ONE: Final = ("fet reading-3 population 3",)
ELEVEN: Final = (
    *(f"fet reading-{reading} population {reading % POPULATIONS}" for reading in range(READINGS)),
    "fet reading-3 population 4",
)
FILLED: Final = (
    f"INSERT INTO population SELECT range, 'population ' || range FROM range({POPULATIONS})",
    f"""
    INSERT INTO snapshot BY NAME
    SELECT i::INTEGER AS id, 'fet' AS network, 'eip155:1' AS chain_id, 'reading-' || i % {READINGS} AS reading,
           'holdings' AS kind, 'token' AS measure, 'afet' AS unit, i AS height,
           TIMESTAMPTZ '2020-01-01' + to_hours(i // {READINGS}) AS time,
           '' AS endpoint, false AS simulated, i || '.parquet' AS file
    FROM range({{snapshots}}) r(i)
    """,
    f"""
    INSERT INTO metric BY NAME
    SELECT i::INTEGER AS snapshot, p::INTEGER AS population, g AS grouping, 'metric ' || m AS metric,
           random() AS value, 'v2' AS method_version, if(g = 'address', '', 'abc') AS labels_version,
           'numpy' AS backend
    FROM range({{snapshots}}) r(i), range({POPULATIONS}) s(p), (SELECT unnest({list(GROUPINGS)}) AS g),
         range({METRICS}) t(m)
    """,
    f"""
    INSERT INTO distribution BY NAME
    SELECT i::INTEGER AS snapshot, p::INTEGER AS population, g AS grouping, '' AS labels_version, 9 AS n
    FROM range({{snapshots}}) r(i), range({POPULATIONS}) s(p), (SELECT unnest({list(GROUPINGS)}) AS g)
    """,
)


def trend(populations: Sequence[str], rows: int) -> Work:
    """What *Trends* asks of a mart with so many rows of metrics, hour by hour, of some populations."""
    data = ROOT / "build" / "bench" / f"years-{rows}"
    try:
        opened(data).close()
    except NoMart:
        with Draft(data, afresh=True, memory=2 * 10**9) as draft:
            for statement in FILLED:
                draft.execute(statement.format(snapshots=rows // A_SNAPSHOT))
            draft.publish(END)
    mart = opened(data)

    def work() -> dict[str, float]:
        return {"points": float(history(mart, "metric 7", "control", list(populations)).height)}

    return work


def hourly(hour: int) -> Snapshot:
    """Provenance of a reading so many hours ago."""
    time = END - timedelta(hours=hour)
    block = Block(int(time.timestamp()) // 12, "0" * 64, time)
    return Snapshot("fet", "eip155:1", "holders", Kind.HOLDINGS, Measure.TOKEN, "afet", block, "Invented.", "invented")


@contextmanager
def reading_of(files: int) -> Iterator[Landing]:
    """A landing folder with so many files of one reading, all but three of them names alone, and five years before."""
    with TemporaryDirectory() as folder:
        landing, facts = Landing(Path(folder)), Facts(holdings([("holders", "0x1", 1)]))
        landing.land_months((hourly(24 * 30 * month), facts) for month in range(30, 90))
        paths = [landing.land(hourly(hour), facts) for hour in (0, files // 2, files - 1)]
        for hour in range(files):
            path = paths[0].with_name(f"{hourly(hour).block.height}.parquet")
            if not path.exists():
                os.link(paths[2], path)
        # As a copy of the folder has them: the oldest was written last.
        os.utime(paths[2])
        yield landing


def build_of_hour(rows: int) -> Work:
    """A build with one new reading, of a mart of the sample of 180 days with so many rows of metrics."""
    whole = sample(180)
    data = ROOT / "build" / "bench" / f"hourly-{rows}" / SAMPLE
    if not data.exists():
        shutil.copytree(whole, data)
    mart = opened(data)
    known = int(mart.table("SELECT count(*) AS n FROM metric")["n"].item())
    mart.close()
    if times := rows // known - 1:
        with Draft(data, memory=2 * 10**9) as draft:
            draft.execute(MANY_METHODS.format(times=times))
            draft.publish(END)
    build(data, networks())
    hours = count(1 + int((datetime.now(UTC) - END) / HOUR))

    def work() -> dict[str, float]:
        one = replace(hourly(-next(hours)), simulated=True)
        Landing(data).land(one, Facts(holdings(("holders", f"0x{place:040x}", place) for place in range(1, 1000))))
        build(data, networks())
        return {}

    return work


def line(hour: int, readings: Sequence[str]) -> dict[str, Any]:
    """What a run of so many hours ago tells, of which every fifth failed somewhere."""
    started = END - timedelta(hours=hour)
    failed = {"network": "akash", "reading": "validators", "message": f"https://lcd.example: no answer to {hour}"}
    return {
        "id": f"{started:%Y%m%dT%H%M%S%f}-{hour}",
        "started": started.isoformat(),
        "finished": (started + timedelta(seconds=90)).isoformat(),
        **dict.fromkeys(("landed", "requests"), len(readings)),
        **{"status": "partial" if hour % 5 == 0 else "fresh", "argv": "run", "version": "1", "host": "invented"},
        "errors": [{**failed, "error": "SourceDown"}] if hour % 5 == 0 else [],
        "faults": [{**failed, "readings": ["validators"], "host": "lcd.example", "cause": "silent"}],
        "read": list(readings),
    }


def ledger_of(runs: int) -> Work:
    """The ledger as each build reads it, two days after the last pruning: one run an hour, as long as real ones."""
    folder = ROOT / "build" / "bench" / f"ledger-{runs}"
    known = networks().values()
    readings = [f"{one.name}/{reading.name}" for one in known for reading in one.readings if reading.every <= HOUR]
    ledger = Ledger(folder)
    if not folder.exists():
        for hour in range(runs):
            ledger.record(line(hour, readings)["id"], line(hour, readings))
        ledger.pack(END - timedelta(days=1))

    def work() -> dict[str, float]:
        rows, errors = ledger.runs()
        tables = ledger_tables(rows)
        assert (rows.height, tables["run_error"].height, errors) == (runs, -(-runs // 5), [])
        return {name: float(table.height) for name, table in tables.items()}

    return work


def newest(files: int) -> Work:
    """When a reading was read last, which each run asks of each reading."""
    context = reading_of(files)
    landing = context.__enter__()

    def work() -> dict[str, float]:
        assert landing.newest("fet", "eip155:1", "holders") == END
        return {"files": float(files)} if context else {}

    return work


def one_day(back: int, files: int) -> Work:
    """A day of a reading, so many hours ago."""
    context = reading_of(files)
    landing = context.__enter__()
    height = hourly(back or files // 2).block.height

    def work() -> dict[str, float]:
        found = landing.between("fet", "eip155:1", "holders", height, height + 1)
        return {"snapshots": float(len(found))} if context else {}

    return work


CASES = (
    Case(
        "one population's trend, {:,} rows of metrics",
        OURS,
        partial(trend, ONE),
        sizes=(1_200_000, 12_000_000),
        limit=0.05,
    ),
    Case(
        "trend of eleven populations, {:,} rows of metrics",
        OURS,
        partial(trend, ELEVEN),
        sizes=(1_200_000, 12_000_000),
        limit=0.05,
    ),
    Case("hourly build with {:,} rows of metrics", OURS, build_of_hour, sizes=(4_800_000, 48_000_000), limit=3),
    Case("ledger of {:,} runs, and its tables", OURS, ledger_of, sizes=(1_000, 8_000), limit=0.05),
    Case("newest of a reading of {:,} files, the oldest written last", OURS, newest, sizes=(20_000,), limit=0.02),
    Case("a day of a reading of {:,} files", OURS, partial(one_day, 0), sizes=(20_000,), limit=0.05),
    Case("a day of sixty months before {:,} files", OURS, partial(one_day, 24 * 30 * 60), sizes=(20_000,), limit=0.05),
)
