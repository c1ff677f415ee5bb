"""Read past days from nodes that keep old states."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ingest.backfill import Backfill, Cost, Day, Lacking, Period, lacking, readable, untold
from ingest.commands.codes import FRESH, PARTIAL, STALE
from ingest.commands.guards import clustered, noted, publish
from ingest.commands.options import Names, Scheduler, Workers, duration, networks_named, refuse_unknown
from ingest.commands.telling import log, told
from ingest.elsewhere import reading_elsewhere
from ingest.network import Archive, Network
from ingest.transport import Http
from store.landing import Landing
from store.mart import data_folder

# Where a dry run of a backfill reads a day, below the data, and drops it again.
PROBED = "probed"


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
    workers: Workers = 0,
    scheduler: Scheduler = "",
) -> None:
    """Read what past days lack from nodes that keep old states, one block a day, and publish.

    What it costs is told before it starts, from one day; what has landed is not asked for again.
    """
    data, now = data_folder(), datetime.now(UTC).replace(tzinfo=None)
    last = until or now - timedelta(days=1)
    first, pace = since or last - timedelta(weeks=weeks, days=-1), duration(step)
    if not pace or not first <= last <= now:
        raise typer.BadParameter("since, until and step: past days in their order, with some time between two blocks")
    period, chosen = Period(first.date(), last.date(), pace), _with_past(network, reading)
    with noted(data), Http() as http:
        landing, days = Landing(data), list[Lacking]()
        for one in chosen:
            found = list(lacking(one, readable(one, reading or ()), period, landing))
            days += found if most is None else [day for day in found if not day.landed][:most]
            log.info("%s: %d days lack something", one.name, len(found))
        for one in networks_named(network):
            for why, names in untold(one).items() if one.chain else ():
                log.info("%s: not of the past: %s", one.name, f"{', '.join(names)}: {why}" if names else why)
        became = FRESH
        if days:
            with clustered(), reading_elsewhere(workers, scheduler, chosen, data) as reads:
                became = _read_past(Backfill(chosen, http, reads), days, data, dry_run=dry_run)
        if not dry_run:
            # Also where nothing is lacking: what landed before may not have been published.
            publish(data)
    raise typer.Exit(became)


def _with_past(names: list[str] | None, readings: list[str] | None) -> list[Network]:
    """The networks whose past can be read; raises BadParameter where one, or a reading, was named that has none."""
    chosen = networks_named(names)
    known = [one for one in chosen if isinstance(one.chain, Archive)]
    for one in chosen:
        if names and one not in known:
            raise typer.BadParameter(f"{one.name} cannot be read at past days: {next(iter(untold(one)))}")
    refuse_unknown(readings, [reading for one in known for reading in one.readings])
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
    with told() as tell, Progress(console=console, disable=not console.is_terminal) as progress:
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
            if landed:
                _say_cost(past.cost(rest), rest)
            elif rest:
                log.warning("nobody served a day: what %d more take is not known", len(rest))
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
