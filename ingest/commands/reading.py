"""Ask the networks for what is due."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest import job
from ingest.archive.share import shared
from ingest.commands.codes import code
from ingest.commands.guards import locked
from ingest.commands.options import Names, networks_named, refuse_unknown
from ingest.commands.telling import log, say, told
from ingest.network import Network, Reading
from ingest.networks import networks
from ingest.serve import serve_dashboard
from ingest.transport import Http, bare
from store.landing import Landing
from store.mart import data_folder


def run(
    network: Names = None,
    reading: Names = None,
    due: Annotated[bool, typer.Option("--due/--all", help="Only what is due, or everything.")] = True,
    dry_run: Annotated[bool, typer.Option(help="Say what would be read; ask nobody.")] = False,
) -> None:
    """Read what is due, publish a mart. For cron. With DEAI_ARCHIVE set, exchange it with other hosts."""
    data, now = data_folder(), datetime.now(UTC)
    share = shared(data, networks())
    work = _work(data, network, reading, now, due=due)
    if dry_run:
        for one, wanted in work:
            say(f"{one.name}: {', '.join(r.name for r in wanted)} from {', '.join(map(bare, job.endpoints(one)))}")
        return
    if not work and not share:
        log.info("nothing is due")
        return
    with locked(data), Http() as http, told() as tell:
        came = share.begin()
        # What another host has read meanwhile is due no more.
        work = _work(data, network, reading, now, due=due) if came else work
        if work or came:
            report = job.run(data, work, http, started=now, progress=tell, share=share)
        else:
            log.info("nothing is due")
            report = job.exchanged(data, share, now)
    for message in report.torn:
        log.error(message)
    raise typer.Exit(code(report))


def _work(
    data: Path, network: list[str] | None, reading: list[str] | None, now: datetime, *, due: bool
) -> list[tuple[Network, tuple[Reading, ...]]]:
    landing, work = Landing(data), []
    for one in networks_named(network):
        wanted = job.due(one, landing, now) if due else one.readings
        wanted = tuple(r for r in wanted if not reading or r.name in reading)
        if wanted:
            work.append((one, wanted))
    refuse_unknown(reading, [r for one in networks_named(network) for r in one.readings])
    return work


def serve(
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that share the readers, each about one core.")
    ] = 1,
) -> None:
    """Serve the dashboard; the first time ask the networks for their headlines, or build the sample without them."""
    serve_dashboard(data_folder(), processes)
