"""Say what is stored, how old it is, what broke, and who can be asked."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import randrange
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from ingest import job, recording, verifying
from ingest.archive.known import remembered
from ingest.commands.codes import DISK, FRESH, PARTIAL, STALE, USAGE
from ingest.commands.guards import landed, published
from ingest.commands.options import Names, duration, networks_named
from ingest.commands.telling import log, said, say, whole_output
from ingest.doctor import examined
from ingest.network import Network
from ingest.networks import networks
from ingest.standing import REMEDY, Standing, line
from ingest.transport import Http
from ingest.upkeep import rotten
from ingest.verifying import Gone
from questions import cited
from questions.cited import Found, NotCited
from questions.freshness import disk, freshness, knows, last_runs, torn
from questions.trouble import Trouble, grouped, offline, troubles
from store.disk import FAULTS
from store.faults import ReadingError
from store.landing import SAMPLE, Landing
from store.mart import NoMart, data_folder, mirrored, served_folder
from store.rows import AHEAD

# Of so many numbers one is drawn, by which a sample is drawn again.
SEEDS = 2**32
# What to do about an archive that contradicts.
DISPUTED = "ask a node (verify --node) and delete what is wrong: the file that is named, or the one in landing"


def verify(
    link: Annotated[
        str,
        typer.Argument(help="A link to a number, from Cite and reproduce of a page; of any host.", show_default=False),
    ] = "",
    landing: Annotated[
        bool, typer.Option("--landing", help="Also every landing file, part of a long reading and line of the ledger.")
    ] = False,
    node: Annotated[
        bool, typer.Option("--node", help="Of a link: read its block again from a node that still serves it.")
    ] = False,
    sample: Annotated[
        int, typer.Option(min=0, help="Read so many random snapshots again from nodes that still serve their blocks.")
    ] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="With --sample: draw the same again as under this.")] = None,
) -> None:
    """Compare what is stored with the hashes that were written with it; 0: all is whole, 4: not, one line a file.

    With a link: compute its number again from what landed, with --node from a node too; with --sample: compare random
    snapshots with what nodes tell of their blocks. 0: equal, 4: different, 3: not there any more, no longer served, or
    the curated files of data/reference, which are named, are others than those that it was published with.
    """
    if sample:
        if link or node or landing:
            raise typer.BadParameter("--sample draws by itself: it goes with --seed alone")
        raise typer.Exit(_sampled(sample, randrange(SEEDS) if seed is None else seed))
    if link or node:
        raise typer.Exit(_verified(link, node=node))
    torn = 0
    for message in rotten(landed(data_folder()), landing=landing):
        say(message)
        torn += 1
    raise typer.Exit(STALE if torn else FRESH)


def _sampled(most: int, seed: int) -> int:
    """Say of random snapshots whether nodes tell the same of their blocks; the exit code."""
    data = landed(data_folder())
    chosen, of = verifying.drawn(Landing(data), networks(), most, seed)
    codes = []
    with Http() as http:
        for one in chosen:
            try:
                why = verifying.compared(data, one, http)
                said, code = (f"DIFFERENT: {why}", STALE) if why else ("equal", FRESH)
            except Gone as reason:
                said, code = f"no longer served: {reason}", PARTIAL
            except ReadingError as error:
                said, code = str(error), STALE
            say(f"{one.called}: {said}")
            codes.append(code)
    told = f"{codes.count(FRESH)} equal, {codes.count(STALE)} different, {codes.count(PARTIAL)} no longer served"
    say(f"{told}; {len(chosen)} of {of} that nodes may still tell, drawn by --seed {seed}")
    return STALE if STALE in codes else max(codes, default=FRESH)


def _verified(link: str, *, node: bool) -> int:
    """Say of a link's number whether it comes out again; the exit code."""
    try:
        origin = cited.linked(link)
    except NotCited as error:
        raise typer.BadParameter(str(error)) from error
    data = data_folder()
    with suppress(NoMart):
        data = served_folder(data)
    if node and not verifying.of_one_snapshot(origin):
        raise typer.BadParameter("this number rests on many readings: a node can be asked for one of them only")
    if node and data.name == SAMPLE:
        raise typer.BadParameter("this number is simulated: there is no node to ask")
    with published(data) as mart:
        said = cited.found(mart, origin)
        if data.name == SAMPLE:
            say("SIMULATED: no number here is of a real network")
        say(f"published: {'not in what is served now' if said is None else repr(said.value)} ({mart.path.name})")
        if not verifying.of_one_snapshot(origin):
            log.info(
                "it rests on many readings: those of its networks are built again, and all where that is not enough"
            )
        for name, how in verifying.changed(mart).items():
            kept = "; labels are those of the mart" if name == verifying.LABELS else ""
            say(f"reference: changed since this was published: {how}{kept}")
        why = verifying.incomparable(mart, origin)
        codes = [_compared("landing", said, lambda: verifying.from_landing(data, mart, origin, networks()), why)]
        if node:
            with Http() as http:
                labels = verifying.labels_of(mart, origin)
                told = partial(verifying.from_node, origin, networks(), http, labels)
                codes.append(_compared("node", said, told))
    return STALE if STALE in codes else max(codes)


def _compared(where: str, said: Found | None, compute: Callable[[], Found], incomparable: str = "") -> int:
    """Say how a number that is computed again compares with what is published; the exit code.

    incomparable: why another number says nothing, where curated facts are others than those of what is published.
    """
    try:
        again = compute()
    except Gone as reason:
        say(f"{where}: not there: {reason}")
        return PARTIAL
    except ReadingError as error:
        say(f"{where}: {error}")
        return STALE
    if said is None:
        say(f"{where}: {again.value!r}, and nothing is published to compare it with")
        return PARTIAL
    why = verifying.differs(said, again)
    if why and incomparable:
        say(f"{where}: cannot be compared: {why}, by other curated facts: {incomparable}")
        return PARTIAL
    say(f"{where}: {f'DIFFERENT: {why}' if why else f'equal: {again.value!r}'}; {_rests(again)}")
    return STALE if why else FRESH


def _rests(found: Found) -> str:
    """On which snapshots a number rests, and by which versions it is computed."""
    rows = found.snapshots.to_dicts()
    first = "".join(f"{row['reading']} at block {row['height']}, asked from {row['endpoint']}" for row in rows[:1])
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    versions = {"method": found.method_version, "labels": found.labels_version}
    told = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    return ", ".join(part for part in (f"{first}{more}", told) if part) or "it rests on no snapshot"


def status(
    max_age: Annotated[
        str, typer.Option(help="Nothing is stale that is younger than this, such as 6h, or than twice its cadence.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say what broke, on which host, since when, and what to do; then how old each reading is.

    Exits 4 when something is stale, never read, torn or disputed, or the last run failed. A reading is stale when it is
    older than twice its cadence (an hour, a day), and than --max-age where it is given.
    """
    data = data_folder()
    with published(data) as mart:
        rows = freshness(mart, datetime.now(UTC), duration(max_age))
        runs = last_runs(mart, 1).to_dicts()
        generation = mart.table("FROM meta").to_dicts()[0]
        broken = torn(mart)
        newest = Landing(data).ledger.newest()
        unknown = newest if newest and not knows(mart, newest["id"]) else None
        broken_hosts = troubles(mart)
    sizes = disk(data)
    failed = job.remark(data)
    disputed = [*sorted(remembered(data).disputed.values()), *map(_contradicts, Landing(data).disputed())]
    archive = mirrored(data)
    standing = Standing(rows, broken_hosts, broken, failed, runs[0]["started"] if runs else None, disputed)
    with whole_output():
        if as_json:
            document = {
                **generation,
                "last_run": runs[0] if runs else None,
                "unpublished_run": unknown,
                "failed": failed or None,
                "disk_bytes": sizes,
                "torn": broken,
                "disputed": disputed,
                "mirrored": archive or None,
                "summary": standing.lines,
                "trouble": [_trouble(one) for one in broken_hosts],
                "readings": rows.to_dicts(),
            }
            typer.echo(json.dumps(said(document), default=str))
        else:
            for text in standing.lines:
                say(text)
            say("")
            _show(rows, runs, sizes)
            for message in broken:
                say(f"{message}; {REMEDY}")
            for message in disputed:
                say(message)
            if archive:
                say(f"this mart was not built here: it is mirrored from {archive}")
            if unknown:
                say(
                    f"not published: {unknown['argv']} of {unknown['started'][:16]} UTC, at work or {unknown['status']}"
                )
            if failed:
                say(f"the last run failed: {failed}")
    if failed or broken or disputed or rows["state"].is_in(["stale", "never read"]).any():
        raise typer.Exit(STALE)


def _contradicts(path: Path) -> str:
    """A file that a mirror has left aside, as a line of status."""
    return f"{path} contradicts what is here: an archive has other facts of a block; {DISPUTED}"


def doctor(
    network: Names = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Read everything once, within bounds, and write what was answered to this new folder."),
    ] = None,
) -> None:
    """Ask each endpoint for its chain, its newest block and its version; say what it refuses.

    What cannot be used comes first, one line a host. Sources off chain have no block: each is asked one small question.
    Exits 3 where some addresses cannot be used, 4 where none can; with --record where some readings fail, and where all
    do.
    """
    if record is not None:
        raise typer.Exit(_recorded(networks_named(network), record))
    with Http() as http:
        found = [seen for one in networks_named(network) for seen in examined(one, http)]
    usable = [seen.usable for seen in found if seen.usable is not None]
    say(f"{sum(usable)} of {len(usable)} addresses can be used")
    unusable = grouped(failing for seen in found for failing in seen.failing)
    for trouble in unusable if any(usable) else offline(unusable):
        say(line(trouble))
    say("")
    for seen in found:
        say(f"{seen.network} {seen.address}: {seen.said}")
    for name in () if network else Landing(data_folder()).descriptions():
        say(f"{name}: imported from a file, nobody is asked")
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
    say(f"readings: {told}; {bundle.size / 2**20:.1f} MiB in {folder}: docs/first_contact.md says what to do with it")
    return STALE if not came[recording.READ] + came[recording.CUT] else PARTIAL if came[recording.FAILED] else FRESH


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
        say(f"last run {one['started']:%Y-%m-%d %H:%M} UTC: {one['status']}, {one['errors']} errors")
    counted = rows.group_by("state", maintain_order=True).len()
    say("readings: " + ", ".join(f"{count} {state}" for state, count in counted.iter_rows()))
    _show_errors(rows.filter(pl.col("error").is_not_null()))
    for network, reading, left_out in rows.drop_nulls("left_out").select("network", "reading", "left_out").iter_rows():
        say(f"{network}: left out of {reading}: {left_out}")
    say("disk: " + ", ".join(f"{name} {size / 2**20:.1f} MiB" for name, size in sizes.items()))
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
        say(f"{network}: {error}: {message}{before} ({readings})")
