"""Make the mart anew from what has landed, resample it, thin it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from ingest import cluster
from ingest.archive.share import shared
from ingest.commands.codes import archive_code
from ingest.commands.guards import clustered, filled, locked, noted, publish, published, tell_published
from ingest.commands.options import Names, Scheduler, Workers, networks_named
from ingest.commands.telling import log
from ingest.networks import networks
from ingest.sample.world import build_sample, side_by_side
from ingest.site import write_site
from ingest.sweeping import forget_unused, parts, sweep_part
from ingest.upkeep import prune as pruned
from store.landing import SAMPLE, Landing
from store.mart import data_folder

T = TypeVar("T")
R = TypeVar("R")


def rebuild(workers: Workers = 0, scheduler: Scheduler = "") -> None:
    """Build the mart afresh from landing: the same tables, whatever happened before and whoever shares the work."""
    data = filled(data_folder())
    with noted(data), _sharing(workers, scheduler) as shared:
        publish(data, afresh=True, shared=shared if workers or scheduler else None)
        Landing(data).parts.forget_measured()


def sweep(network: Names = None, workers: Workers = 0, scheduler: Scheduler = "") -> None:
    """Resample every day of the populations on the scorecard, as it is and under scenarios, and publish.

    Only what is not computed yet; what was cut off goes on where it was.
    """
    data = filled(data_folder())
    named = [one.name for one in networks_named(network)] if network else []
    with noted(data):
        with published(data) as mart:
            tasks = parts(mart, data, named)
        log.info("parts to compute: %d", len(tasks))
        with _sharing(workers, scheduler) as shared:
            for _ in shared(sweep_part, tasks, [part.name for part in tasks]):
                pass
        publish(data)
        with published(data) as mart:
            forget_unused(mart, Landing(data))


@contextmanager
def _sharing(workers: int, scheduler: str) -> Iterator[cluster.Mapped]:
    """Where heavy work is done, with a bar; a cluster that fails is told."""
    console = Console(stderr=True)
    with (
        clustered(),
        cluster.sharing(workers, scheduler) as shared,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        yield partial(_watched, progress, shared)


def _watched(
    progress: Progress, shared: cluster.Mapped, function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]
) -> Iterator[R]:
    bar = progress.add_task(f"{len(tasks)} parts", total=len(tasks))
    for found in shared(function, tasks, keys):
        progress.advance(bar)
        yield found


def prune() -> None:
    """Thin what is older than a week to one snapshot a day, put months that are over into one file each, rebuild.

    Every stored file is looked at first, as by `verify --landing`. With DEAI_ARCHIVE set the archive is pruned too.
    """
    data = filled(data_folder())
    share = shared(data, networks())
    with noted(data):
        done = pruned(data, networks(), datetime.now(UTC), share)
    log.info("snapshots thinned: %d, months written: %d", done.thinned, done.months)
    tell_published(done.published, done.torn)
    raise typer.Exit(archive_code(share.errors))


def sample() -> None:
    """Build the simulated sample, in the folder `sample` beside the real data."""
    data = data_folder() / SAMPLE
    with locked(data):
        log.info("published %s", build_sample(data, processes=side_by_side()))
        write_site(data)
