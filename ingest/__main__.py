"""The command line: python -m ingest COMMAND.

Exit codes: 0 all fresh; 1 an error of our own; 2 wrong usage; 3 some readings failed, the rest is published, or a
cluster went away; 4 stale, a torn file, or nothing could be read; 5 there are alerts; 74 the disk is full, fails or is
read-only; 75 another run holds the lock; 130 or 143 interrupted by INT or TERM.
"""

from ingest import stopping

# Before the second that the other imports take, in which a signal would end in a trace.
if __name__ == "__main__":
    stopping.heed()

import atexit
import io
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, TypeVar

import polars as pl
import polars.selectors as cs
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from typer.core import TyperGroup

from files import changes
from files.site import CHANGES
from ingest import alerts as alerting
from ingest import cluster, job, recording
from ingest.backfill import Backfill, Cost, Day, Lacking, Period, lacking, readable, untold
from ingest.doctor import examined
from ingest.importer import LAST_BLOCK, Imported, import_as, import_file
from ingest.network import Archive, Network, Reading
from ingest.networks import networks
from ingest.publication import build
from ingest.sample.world import build_sample
from ingest.serve import serve_dashboard
from ingest.settings import WrongSetting, site_address
from ingest.site import write_site
from ingest.spoken import spoken
from ingest.standing import REMEDY, Standing, line
from ingest.state_file import Mismatch
from ingest.sweeping import forget_unused, parts, sweep_part
from ingest.told import Told
from ingest.transport import Http, bare
from ingest.upkeep import prune as pruned
from ingest.upkeep import rotten
from questions.freshness import disk, freshness, last_runs, torn
from questions.trouble import Trouble, grouped, offline, troubles
from store.described import IMPORTED
from store.disk import FAULTS, replace
from store.landing import SAMPLE, Landing
from store.ledger import Run
from store.mart import Damaged, Mart, NoMart, data_folder, opened, prove, site_folder
from store.rows import AHEAD, FORMULA_STARTS, NEGATIVE_NUMBER, ReadingError

# Where a dry run of a backfill reads a day, below the data, and drops it again.
PROBED = "probed"
T = TypeVar("T")
R = TypeVar("R")
FRESH, UNEXPECTED, USAGE, PARTIAL, STALE, ALERTS, DISK, LOCKED = 0, 1, 2, 3, 4, 5, 74, 75


class Commands(TyperGroup):
    """Commands to which a wrong setting is wrong usage, as a wrong option is; a disk that fails is told as one."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is asked for."""
        try:
            return super().invoke(ctx)
        except WrongSetting as error:
            name = ctx.invoked_subcommand
            asked = self.commands[name].make_context(name, [], ctx, resilient_parsing=True)
            raise typer.BadParameter(str(error), ctx=asked) from error
        except OSError as error:
            if error.errno not in FAULTS:
                raise
            log.error("cannot read %s: %s", error.filename or data_folder(), error.strerror)
            raise typer.Exit(DISK) from error


app = typer.Typer(
    cls=Commands, help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
log = logging.getLogger("ingest")


class Log(StrEnum):
    """How a run tells of itself on stderr."""

    TEXT = "text"
    JSON = "json"


class Lines(logging.Formatter):
    """One line of text a record, and the indented lines of its trace; what servers wrote forges none."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join([f"{record.levelname} {spoken(record.getMessage())}", *self.trace(record)])

    def trace(self, record: logging.LogRecord) -> list[str]:
        """The lines of a record's trace; none where it has none."""
        lines = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return ["  " + " " * (len(line) - len(line.lstrip(" "))) + spoken(line) for line in lines]


class JsonLines(Lines):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": datetime.now(UTC).isoformat(), "level": record.levelname, "message": record.getMessage()}
        said = _said({**entry, **getattr(record, "fields", {})})
        return json.dumps({**said, "trace": "\n".join(self.trace(record))} if record.exc_info else said)


def _said(told: Any) -> Any:
    """A JSON document whose texts may be said."""
    if isinstance(told, dict):
        return {name: _said(part) for name, part in told.items()}
    if isinstance(told, list):
        return [_said(part) for part in told]
    return spoken(told) if isinstance(told, str) else told


Names = Annotated[list[str] | None, typer.Option()]


@app.callback()
def main(log_as: Annotated[Log, typer.Option("--log", help="Form of the log on stderr.")] = Log.TEXT) -> None:
    """Read, store and publish who holds power in decentralized AI."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_as is Log.JSON else Lines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # Loggers of libraries outlive the interpreter, the root one with them: its handler would hold this module, and with
    # it DuckDB, which writes 40 lines about what was never let go.
    atexit.register(logging.getLogger().removeHandler, handler)
    # Each retry is not news; what came of it is.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    # Told before anything is read, and not at the end of it.
    site_address()
    try:
        data_folder()
    except NoMart as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def run(
    network: Names = None,
    reading: Names = None,
    due: Annotated[bool, typer.Option("--due/--all", help="Only what is due, or everything.")] = True,
    dry_run: Annotated[bool, typer.Option(help="Say what would be read; ask nobody.")] = False,
) -> None:
    """Read what is due, publish a mart. For cron."""
    data, now = data_folder(), datetime.now(UTC)
    work = _work(data, network, reading, now, due=due)
    if dry_run:
        for one, wanted in work:
            _say(f"{one.name}: {', '.join(r.name for r in wanted)} from {', '.join(map(bare, job.endpoints(one)))}")
        return
    if not work:
        log.info("nothing is due")
        return
    with _locked(data), Http() as http, _told() as tell:
        report = job.run(data, work, http, started=now, progress=tell)
    for message in report.torn:
        log.error(message)
    raise typer.Exit(_code(report))


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917  each is an option
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="A Cosmos SDK state export or genesis, the finney genesis snapshot or its raw chain spec.",
        ),
    ],
    network: Annotated[str, typer.Option(help="Name of the network it belongs to.")] = "",
    as_: Annotated[
        str, typer.Option("--as", help="Any other Cosmos SDK chain: a new name under which it is shown, as imported.")
    ] = "",
    time: Annotated[
        str | None,
        typer.Option(
            help="When the chain was in this state: 2024-09-25, 2024-09-25T12:00:00Z; UTC where it has no zone."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="With --as: its name on pages.")] = None,
    stack: Annotated[str | None, typer.Option(help="With --as: compute, data, model or agents.")] = None,
    token: Annotated[str | None, typer.Option(help="With --as: what its users call the token.")] = None,
    decimals: Annotated[int | None, typer.Option(help="With --as: 6 where a million base units are a token.")] = None,
    unit: Annotated[str | None, typer.Option(help="With --as: base unit of the stake, such as uatom.")] = None,
    prefix: Annotated[str | None, typer.Option(help="With --as: how addresses begin, such as cosmos.")] = None,
    chain_id: Annotated[str | None, typer.Option(help="With --as: id of the chain.")] = None,
    height: Annotated[
        int | None, typer.Option(min=0, max=LAST_BLOCK, help="With --as: block of the state, where the file has none.")
    ] = None,
) -> None:
    """Import a chain's state from a file (JSON, or JSON in gzip): all of it, or nothing.

    With --as a file and its options must agree; what neither says is asked for.
    """
    data, now = data_folder(), datetime.now(UTC)
    told = Told(
        title, stack, token, decimals, unit, prefix, chain_id, height, None if time is None else _past(time, now)
    )
    with _noted(data):
        try:
            for found in _imported(file, network, as_, told, Landing(data), now):
                there = ": already there" if found.was_there else ""
                log.info("%s %s at block %d%s", *found.snapshot.place[::2], found.snapshot.block.height, there)
        except Mismatch as error:
            raise typer.BadParameter(str(error)) from error
        _publish(data)


def _imported(file: Path, network: str, name: str, told: Told, landing: Landing, now: datetime) -> Iterator[Imported]:
    """What lands of a state file: as the network that it is of, or as one of its own."""
    if bool(network) == bool(name):
        raise typer.BadParameter("give --network, of which the file is a state, or --as with a new name")
    if name:
        return import_as(file, name, told, landing, networks().values(), now)
    if told.time is None or told != Told(time=told.time):
        raise typer.BadParameter("--network needs --time, and takes no other option: the rest is known of it")
    return import_file(file, _network(network), told.time, landing)


def _past(text: str, now: datetime) -> datetime:
    """A time as people and chains write it (ISO 8601); clocks may differ by a few minutes, no more."""
    try:
        found = datetime.fromisoformat(text)
        then = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is no time such as 2024-09-25 or 2024-09-25T12:00:00Z") from error
    if then > now + AHEAD:
        raise typer.BadParameter(f"{text} is in the future: no chain was in any state then")
    return then


@app.command()
def backfill(  # noqa: PLR0913, PLR0917  each is an option
    network: Names = None,
    reading: Names = None,
    weeks: Annotated[int, typer.Option(min=1, help="How far back, where --since does not say it.")] = 26,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, UTC.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, UTC; yesterday where it is not said.")
    ] = None,
    step: Annotated[str, typer.Option(help="Time between two blocks, such as 1d or 6h.")] = "1d",
    most: Annotated[
        int | None,
        typer.Option(min=1, help="For cron: only so many days of each network of which nothing landed, the newest."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Ask for one day of each network, say what all cost, land nothing.")] = (
        False
    ),
) -> None:
    """Read what past days lack from nodes that keep old states, one block a day, and publish.

    What it costs is told before it starts, from one day; what has landed is not asked for again.
    """
    data, now = data_folder(), datetime.now(UTC).replace(tzinfo=None)
    last = until or now - timedelta(days=1)
    first, pace = since or last - timedelta(weeks=weeks, days=-1), _duration(step)
    if not pace or not first <= last <= now:
        raise typer.BadParameter("since, until and step: past days in their order, with some time between two blocks")
    period, chosen = Period(first.date(), last.date(), pace), _with_past(network, reading)
    with _noted(data), Http() as http:
        landing, days = Landing(data), list[Lacking]()
        for one in chosen:
            found = list(lacking(one, readable(one, reading or ()), period, landing))
            days += found if most is None else [day for day in found if not day.landed][:most]
            log.info("%s: %d days lack something", one.name, len(found))
        for one in _chosen(network):
            for why, names in untold(one).items() if one.chain else ():
                log.info("%s: not of the past: %s", one.name, f"{', '.join(names)}: {why}" if names else why)
        became = _read_past(Backfill(chosen, http), days, data, dry_run=dry_run) if days else FRESH
        if not dry_run:
            # Also where nothing is lacking: what landed before may not have been published.
            _publish(data)
    raise typer.Exit(became)


def _with_past(names: list[str] | None, readings: list[str] | None) -> list[Network]:
    """The networks whose past can be read; raises BadParameter where one, or a reading, was named that has none."""
    chosen = _chosen(names)
    known = [one for one in chosen if isinstance(one.chain, Archive)]
    for one in chosen:
        if names and one not in known:
            raise typer.BadParameter(f"{one.name} cannot be read at past days: {next(iter(untold(one)))}")
    _refuse_unknown(readings, [reading for one in known for reading in one.readings])
    for name in readings or ():
        said = [(one.name, r.no_past) for one in known for r in one.readings if r.name == name]
        if all(why for _, why in said):
            raise typer.BadParameter(f"{name} of {said[0][0]} cannot be read at past days: {said[0][1]}")
    return known


def _read_past(past: Backfill, days: Sequence[Lacking], data: Path, *, dry_run: bool) -> int:
    """Read one day of each network, say what the others cost, read them; the exit code."""
    first = {day.network.name: day for day in reversed(days)}
    rest = [day for day in days if first[day.network.name] is not day]
    console, failed, landed = Console(stderr=True), 0, 0
    landing = Landing(data / PROBED) if dry_run else Landing(data)
    with _told() as tell, Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("days", total=len(days))

        def heard(day: Day) -> None:
            nonlocal failed, landed
            for outcome in day.outcomes:
                failed, landed = failed + bool(outcome.error), landed + (not outcome.error)
                if outcome.error:
                    tell(outcome)
            progress.advance(bar, day.over)

        try:
            for day in past.read(list(first.values()), landing):
                heard(day)
                if day.over and day.height:
                    log.info("%s: %d requests for a day", day.network, day.requests)
            _say_cost(past.cost(rest), rest)
            if not dry_run:
                _read_rest(past, rest, landing, heard)
        finally:
            if dry_run:
                landing.discard()
    return FRESH if not failed else PARTIAL if landed else STALE


def _say_cost(cost: Cost, days: Sequence[Lacking]) -> None:
    text = "%d days more take about %d requests at %d endpoints: %s at their pace"
    log.info(text, len(days), cost.requests, cost.endpoints, cost.duration)


def _read_rest(past: Backfill, days: Sequence[Lacking], landing: Landing, heard: Callable[[Day], None]) -> None:
    """Read days; tells ten times how far it came and, by the time it took so far, how long the others take."""
    start, done = time.monotonic(), 0
    for day in past.read(days, landing):
        heard(day)
        done += day.over
        if day.over and done * 10 // len(days) > (done - 1) * 10 // len(days):
            left = timedelta(seconds=round((time.monotonic() - start) / done * (len(days) - done)))
            log.info("%d of %d days done, the others take about %s", done, len(days), left)


Workers = Annotated[
    int, typer.Option(min=0, help="Share the work among so many processes of this machine; 0: this one does it.")
]
Scheduler = Annotated[
    str,
    typer.Option(
        envvar="DEAI_DASK", help="Or among the workers of a Dask cluster: tcp://HOST:PORT or tls://HOST:PORT."
    ),
]


@app.command()
def rebuild(workers: Workers = 0, scheduler: Scheduler = "") -> None:
    """Build the mart afresh from landing: the same tables, whatever happened before and whoever shares the work."""
    data = _filled(data_folder())
    with _noted(data), _sharing(workers, scheduler) as shared:
        _publish(data, afresh=True, shared=shared if workers or scheduler else None)
        Landing(data).forget_measured()


@app.command()
def sweep(network: Names = None, workers: Workers = 0, scheduler: Scheduler = "") -> None:
    """Resample every day of the populations on the scorecard, as it is and under scenarios, and publish.

    Only what is not computed yet; what was cut off goes on where it was.
    """
    data = _filled(data_folder())
    named = [one.name for one in _chosen(network)] if network else []
    with _noted(data):
        with _published(data) as mart:
            tasks = parts(mart, data, named)
        log.info("%d parts are to be computed", len(tasks))
        with _sharing(workers, scheduler) as shared:
            for _ in shared(sweep_part, tasks, [part.name for part in tasks]):
                pass
        _publish(data)
        with _published(data) as mart:
            forget_unused(mart, Landing(data))


@contextmanager
def _sharing(workers: int, scheduler: str) -> Iterator[cluster.Mapped]:
    """Where heavy work is done, with a bar; a cluster that fails is told, what it has done stays."""
    console = Console(stderr=True)
    try:
        with (
            cluster.sharing(workers, scheduler) as shared,
            Progress(console=console, disable=not console.is_terminal) as progress,
        ):
            yield partial(_watched, progress, shared)
    except cluster.Lost as error:
        log.error("%s: what is computed stays, and the next time goes on from there", error)
        raise typer.Exit(PARTIAL) from error


def _watched(
    progress: Progress, shared: cluster.Mapped, function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]
) -> Iterator[R]:
    bar = progress.add_task(f"{len(tasks)} parts", total=len(tasks))
    for found in shared(function, tasks, keys):
        progress.advance(bar)
        yield found


@app.command()
def prune() -> None:
    """Thin what is older than a week to one snapshot a day, put months that are over into one file each, rebuild.

    Every stored file is looked at first, as by `verify --landing`.
    """
    data = _filled(data_folder())
    with _noted(data):
        done = pruned(data, networks(), datetime.now(UTC))
    log.info("%d snapshots thinned, %d months written", done.thinned, done.months)
    _tell_published(done.published, done.torn)


@app.command()
def verify(
    landing: Annotated[
        bool, typer.Option("--landing", help="Also every landing file, part of a long reading and line of the ledger.")
    ] = False,
) -> None:
    """Compare what is stored with the hashes that were written with it; 0: all is whole, 4: not, one line a file."""
    torn = 0
    for message in rotten(_landed(data_folder()), landing=landing):
        _say(message)
        torn += 1
    raise typer.Exit(STALE if torn else FRESH)


@app.command()
def status(
    max_age: Annotated[
        str, typer.Option(help="Nothing is stale that is younger than this, such as 6h, or than twice its cadence.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say what broke, on which host, since when, and what to do; then how old each reading is.

    Exits 4 when something is stale, never read or torn, or the last run failed. A reading is stale when it is older
    than twice its cadence (an hour, a day), and than --max-age where it is given.
    """
    data = data_folder()
    with _published(data) as mart:
        rows = freshness(mart, datetime.now(UTC), _duration(max_age))
        runs = last_runs(mart, 1).to_dicts()
        generation = mart.table("FROM meta").to_dicts()[0]
        broken = torn(mart)
        unknown = _unpublished(Landing(data), mart)
        broken_hosts = troubles(mart)
    sizes = disk(data)
    failed = job.remark(data)
    standing = Standing(rows, broken_hosts, broken, failed, runs[0]["started"] if runs else None)
    with _whole_output():
        if as_json:
            document = {
                **generation,
                "last_run": runs[0] if runs else None,
                "unpublished_run": unknown,
                "failed": failed or None,
                "disk_bytes": sizes,
                "torn": broken,
                "summary": standing.lines,
                "trouble": [_trouble(one) for one in broken_hosts],
                "readings": rows.to_dicts(),
            }
            typer.echo(json.dumps(_said(document), default=str))
        else:
            for text in standing.lines:
                _say(text)
            _say("")
            _show(rows, runs, sizes)
            for message in broken:
                _say(f"{message}; {REMEDY}")
            if unknown:
                _say(
                    f"not published: {unknown['argv']} of {unknown['started'][:16]} UTC, at work or {unknown['status']}"
                )
            if failed:
                _say(f"the last run failed: {failed}")
    if failed or broken or rows["state"].is_in(["stale", "never read"]).any():
        raise typer.Exit(STALE)


@app.command()
def sample() -> None:
    """Build the simulated sample, in the folder `sample` beside the real data."""
    data = data_folder() / SAMPLE
    with _locked(data):
        log.info("published %s", build_sample(data))
        write_site(data)


@app.command()
def doctor(
    network: Names = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Read everything once, within bounds, and write what was answered to this new folder."),
    ] = None,
) -> None:
    """Ask each endpoint for its chain, its newest block and its version; say what it refuses.

    What cannot be used comes first, one line a host. Sources off chain have no block: each is asked one small question.
    Exits 3 where some addresses cannot be used, 4
    where none can; with --record where some readings fail, and where all do.
    """
    if record is not None:
        raise typer.Exit(_recorded(_chosen(network), record))
    with Http() as http:
        found = [seen for one in _chosen(network) for seen in examined(one, http)]
    usable = [seen.usable for seen in found]
    _say(f"{sum(usable)} of {len(found)} addresses can be used")
    unusable = grouped(failing for seen in found for failing in seen.failing)
    for trouble in unusable if any(usable) else offline(unusable):
        _say(line(trouble))
    _say("")
    for seen in found:
        _say(f"{seen.network} {seen.address}: {seen.said}")
    for name in () if network else Landing(data_folder()).descriptions():
        _say(f"{name}: imported from a file, nobody is asked")
    raise typer.Exit(FRESH if all(usable) else PARTIAL if any(usable) else STALE)


def _recorded(chosen: Sequence[Network], folder: Path) -> int:
    """Record all networks that have a chain or a source; the exit code."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter(f"{folder} is there already: name a new folder")
    came: dict[str, int] = dict.fromkeys((recording.READ, recording.CUT, recording.FAILED), 0)

    def heard(network: str, reading: str, told: Mapping[str, Any]) -> None:
        came[told["became"]] += 1
        rows = f", {told['rows']} rows" if "rows" in told else ""
        why = f" {told['error']} {told['message']}" if "error" in told else ""
        log.info("%s %s: %s%s%s", network, reading, told["became"], rows, why)

    try:
        bundle = recording.record([one for one in chosen if one.chain], folder.resolve(), heard)
    except OSError as error:
        log.error("cannot write to %s: %s", error.filename or folder, error.strerror or error)
        return DISK if error.errno in FAULTS else USAGE
    told = ", ".join(f"{count} {what}" for what, count in came.items())
    _say(f"readings: {told}; {bundle.size / 2**20:.1f} MiB in {folder}: docs/first_contact.md says what to do with it")
    return STALE if not came[recording.READ] + came[recording.CUT] else PARTIAL if came[recording.FAILED] else FRESH


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="A table of the mart, such as metric or holding.")],
    file: Annotated[Path, typer.Argument(help="Where to write: .csv, .json or .parquet.")],
) -> None:
    """Write a table of the published mart to a file."""
    with _published(data_folder()) as mart:
        tables = mart.table("SELECT table_name FROM information_schema.tables ORDER BY 1")["table_name"].to_list()
        if table not in tables:
            raise typer.BadParameter(f"{table!r} is no table; there are {', '.join(tables)}")
        rows = mart.table(f'FROM "{table}"')
    try:
        replace(file.resolve(), _written(rows, file))
    except OSError as error:
        text = f"cannot write {file}: {error.strerror or error}"
        if error.errno not in FAULTS:
            raise typer.BadParameter(text) from error
        log.error(text)
        raise typer.Exit(DISK) from error
    log.info("%d rows of %s in %s", rows.height, table, file)


def _written(rows: pl.DataFrame, file: Path) -> memoryview:
    """Rows as a file's content, in memory: where a disk is full, Polars does not always say so."""
    if not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}")
    content = io.BytesIO()
    match file.suffix:
        case ".csv":
            starts = f"^([{''.join(map(re.escape, FORMULA_STARTS))}])"
            texts = cs.string()
            number = texts.str.contains(NEGATIVE_NUMBER)
            told = pl.when(number).then(texts).otherwise(texts.str.replace(starts, "'$1"))
            rows.with_columns(told).write_csv(content)
        case ".json":
            rows.write_json(content)
        case ".parquet":
            rows.write_parquet(content)
        case _:
            raise typer.BadParameter(f"{file.name}: the ending must be .csv, .json or .parquet")
    return content.getbuffer()


@app.command()
def alerts(
    rules: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True, help="Which changes are wanted.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell changes of late that rules want, each once, here and to a webhook. For cron, after `run`.

    Exits 5 where there are some, 3 where the webhook did not take them (the next call tells them again), 4 where no
    changes are told: nothing but the sample was published.
    """
    data = _landed(data_folder())
    wanted = _rules(rules)
    known = changes.known(_changes(data))
    if known is None:
        log.error("no changes are told in %s: `python -m ingest run` writes them", site_folder(data))
        raise typer.Exit(STALE)
    memory = data / f"alerts-{sha256(str(rules.resolve()).encode()).hexdigest()[:12]}.json"
    found = alerting.due(wanted, known, alerting.remembered(memory))
    with _whole_output():
        if as_json:
            typer.echo(json.dumps(_said(alerting.document(found))))
        else:
            for text in alerting.lines(found):
                _say(text)
    if found and wanted.webhook:
        try:
            with Http(patience=alerting.INSISTENT) as http:
                alerting.send(wanted.webhook, alerting.document(found), http)
        except ReadingError as error:
            log.error("alerts were not sent: %s", error)
            raise typer.Exit(PARTIAL) from error
    alerting.remember(memory, known)
    raise typer.Exit(ALERTS if found else FRESH)


def _rules(file: Path) -> alerting.Rules:
    try:
        return alerting.rules(file.read_text())
    except (alerting.WrongRules, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error


def _changes(data: Path) -> bytes | None:
    try:
        return (site_folder(data) / CHANGES).read_bytes()
    except FileNotFoundError:
        return None


@app.command()
def serve() -> None:
    """Serve the dashboard; the first time ask the networks for their headlines, or build the sample without them."""
    serve_dashboard(data_folder())


def _work(
    data: Path, network: list[str] | None, reading: list[str] | None, now: datetime, *, due: bool
) -> list[tuple[Network, tuple[Reading, ...]]]:
    landing, work = Landing(data), []
    for one in _chosen(network):
        wanted = job.due(one, landing, now) if due else one.readings
        wanted = tuple(r for r in wanted if not reading or r.name in reading)
        if wanted:
            work.append((one, wanted))
    _refuse_unknown(reading, [r for one in _chosen(network) for r in one.readings])
    return work


def _refuse_unknown(wanted: list[str] | None, readings: Sequence[Reading]) -> None:
    known = {one.name for one in readings}
    for name in wanted or ():
        if name not in known:
            raise typer.BadParameter(f"{name!r} is no reading; there are {', '.join(sorted(known))}")


def _chosen(names: list[str] | None) -> list[Network]:
    return [_network(name) for name in dict.fromkeys(names or networks())]


def _network(name: str) -> Network:
    known = networks()
    if name.startswith(IMPORTED):
        raise typer.BadParameter(f"{name!r} was imported from a file: nobody is asked for it")
    if name not in known:
        raise typer.BadParameter(f"{name!r} is no network; there are {', '.join(known)}")
    return known[name]


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    try:
        with job.lock(data):
            yield
    except job.Locked as error:
        log.error(error)
        raise typer.Exit(LOCKED) from error
    except ReadingError as error:
        log.error(error)
        raise typer.Exit(STALE) from error
    except OSError as error:
        log.error("cannot write to %s: %s", error.filename or data, error.strerror or error)
        raise typer.Exit(DISK if error.errno in FAULTS else USAGE) from error


@contextmanager
def _whole_output() -> Iterator[None]:
    """Print all at once; a reader that has left (`status | head -1`) changes nothing."""
    whole = io.StringIO()
    with redirect_stdout(whole):
        yield
    try:
        sys.stdout.write(whole.getvalue())
        sys.stdout.flush()
    except BrokenPipeError:
        _nobody_reads()


def _nobody_reads() -> None:
    """What is still to be printed goes nowhere; Python flushes once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _noted(data: Path) -> Iterator[None]:
    """Locks as a run does; the ledger hears where a signal ends the command."""
    started = datetime.now(UTC)
    with _locked(data), stopping.noting(lambda: job.note_interrupted(data, started)):
        yield


@contextmanager
def _published(data: Path) -> Iterator[Mart]:
    try:
        prove(data)
        with opened(data) as mart:
            yield mart
    except Damaged as error:
        log.error(error)
        raise typer.Exit(STALE) from error
    except NoMart as error:
        log.error("%s; pages show %s", error, SAMPLE if (data / SAMPLE / "CURRENT").exists() else "nothing")
        if failed := job.remark(data):
            log.error("the last run failed: %s", failed)
        raise typer.Exit(STALE) from error


def _landed(data: Path) -> Path:
    """The folder, if it is there: a mistyped one is refused and not made."""
    if not data.is_dir():
        raise typer.BadParameter(f"there is no folder {data}: is DEAI_DATA right?")
    return data


def _unpublished(landing: Landing, mart: Mart) -> Run | None:
    """The newest line of the ledger where the mart lacks it: of a command that was interrupted, or is at work."""
    newest = landing.newest_run()
    known = newest is None or not mart.table("FROM run WHERE id = ?", newest["id"]).is_empty()
    return None if known else newest


def _filled(data: Path) -> Path:
    """The folder, unless it has lost its landing files: what was published is not replaced by an empty mart."""
    landing = Landing(_landed(data))
    if (data / "CURRENT").exists() and not landing.files():
        log.error("nothing is in %s any more: what was published stays", landing.folder)
        raise typer.Exit(STALE)
    return data


def _publish(data: Path, *, afresh: bool = False, shared: cluster.Mapped | None = None) -> None:
    published, torn = build(data, networks(), afresh=afresh, shared=shared)
    write_site(data)
    _tell_published(published, torn)


def _tell_published(published: Path, torn: Sequence[str]) -> None:
    log.info("published %s", published.name)
    for message in torn:
        log.error(message)
    if torn:
        raise typer.Exit(STALE)


@contextmanager
def _told() -> Iterator[job.Progress]:
    """Logs each outcome as it comes; one error that stopped many readings of a network is told once in full."""
    alike: dict[tuple[str, str, str], list[str]] = {}

    def tell(outcome: job.Outcome) -> None:
        seen = alike.setdefault((outcome.network, outcome.error, outcome.message), [])
        seen.append(outcome.reading)
        if not outcome.error or len(seen) == 1:
            _log(outcome)

    yield tell
    for (network, error, _message), (_first, *others) in alike.items():
        if error and others:
            log.warning(
                "%s: the same stopped %d more: %s",
                network,
                len(others),
                names := ", ".join(dict.fromkeys(others)),
                extra={"fields": {"network": network, "reading": names, "error": error}},
            )


def _log(outcome: job.Outcome) -> None:
    level = logging.WARNING if outcome.error else logging.INFO
    text = f"{outcome.network} {outcome.reading}: {outcome.error or 'landed'} {outcome.message}".strip()
    log.log(level, text, extra={"fields": dict(outcome.told)})


def _code(report: job.Report) -> int:
    known = set(_kinds(ReadingError))
    if any(outcome.error not in known for outcome in report.errors):
        return UNEXPECTED
    if report.torn or len(report.errors) == len(report.outcomes):
        return STALE
    return PARTIAL if report.errors else FRESH


def _kinds(error: type[Exception]) -> Iterator[str]:
    """The names of an error and of all that are of its kind."""
    yield error.__name__
    for kind in error.__subclasses__():
        yield from _kinds(kind)


def _say(text: str) -> None:
    """Print a line that may hold what servers wrote; a reader that has left (`doctor | head -1`) changes nothing."""
    try:
        typer.echo(spoken(text))
    except BrokenPipeError:
        _nobody_reads()


def _duration(text: str) -> timedelta | None:
    if not text:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if not re.fullmatch("[0-9]{1,5}[mhd]", text):
        raise typer.BadParameter(f"{text!r} is no age; write 30m, 6h or 2d")
    return timedelta(**{units[text[-1]]: int(text[:-1])})


def _age(seconds: int) -> str:
    if seconds < -AHEAD.total_seconds():
        return "of the future"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _show(rows: pl.DataFrame, runs: list[dict[str, object]], sizes: dict[str, int]) -> None:
    table = Table(box=None)
    for title in ("network", "reading", "state", "age", "block", "last error"):
        table.add_column(title, overflow="fold")
    for row in rows.iter_rows(named=True):
        age = "" if row["age_seconds"] is None else _age(row["age_seconds"])
        table.add_row(row["network"], row["reading"], row["state"], age, str(row["height"] or ""), row["error"] or "")
    for one in runs:
        _say(f"last run {one['started']:%Y-%m-%d %H:%M} UTC: {one['status']}, {one['errors']} errors")
    counted = rows.group_by("state", maintain_order=True).len()
    _say("readings: " + ", ".join(f"{count} {state}" for state, count in counted.iter_rows()))
    _show_errors(rows.filter(pl.col("error").is_not_null()))
    for network, reading, left_out in rows.drop_nulls("left_out").select("network", "reading", "left_out").iter_rows():
        _say(f"{network}: left out of {reading}: {left_out}")
    _say("disk: " + ", ".join(f"{name} {size / 2**20:.1f} MiB" for name, size in sizes.items()))
    Console(file=sys.stdout, soft_wrap=True).print(table)


def _trouble(one: Trouble) -> dict[str, object]:
    """A trouble for programs."""
    told = {"hosts": list(one.hosts), "cause": one.cause, "message": one.message, "since": one.since}
    return {**told, "readings": [f"{network}/{reading}" for network, reading in one.readings], "do": one.remedy}


def _show_errors(failed: pl.DataFrame) -> None:
    """Each error of the last run in full, once for all the readings that it stopped; no terminal cuts it."""
    alike = failed.group_by("network", "error", "message", maintain_order=True).agg(
        pl.col("reading").str.join(", "), pl.col("endpoint").drop_nulls().first()
    )
    for network, error, message, readings, endpoint in alike.iter_rows():
        before = f"; last read from {endpoint}" if endpoint else ""
        _say(f"{network}: {error}: {message}{before} ({readings})")


class _FaultsTold(AbstractContextManager[None]):
    """Logs a fault of our own with its trace, as everything is logged: Python would print what servers wrote."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not stopping.came():
            log.critical("an error of ours; please report it", exc_info=error)
            sys.exit(UNEXPECTED)


if __name__ == "__main__":
    with stopping.orderly(), _FaultsTold():
        app()
