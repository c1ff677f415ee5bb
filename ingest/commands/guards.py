"""What has to hold before a command works and after: the lock, a mart that is whole, landing that is there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from ingest import cluster, job, stopping
from ingest.commands.codes import DISK, LOCKED, PARTIAL, STALE, USAGE
from ingest.commands.telling import log
from ingest.networks import networks
from ingest.publication import build
from ingest.site import write_site
from store.disk import FAULTS
from store.faults import ReadingError
from store.landing import SAMPLE, Landing
from store.mart import Damaged, Mart, NoMart, opened, prove


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the lock on the folder; who cannot have it leaves with the reason and its exit code."""
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
def noted(data: Path) -> Iterator[None]:
    """Locks as a run does; the ledger hears where a signal ends the command."""
    started = datetime.now(UTC)
    with locked(data), stopping.noting(lambda: job.note_interrupted(data, started)):
        yield


@contextmanager
def clustered() -> Iterator[None]:
    """A cluster that fails is told; what it has done stays."""
    try:
        yield
    except cluster.Lost as error:
        log.error("%s: what is done stays, and the next time goes on from there", error)
        raise typer.Exit(PARTIAL) from error


@contextmanager
def published(data: Path) -> Iterator[Mart]:
    """The mart that readers see, whole; without one the command says why and leaves."""
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


def landed(data: Path) -> Path:
    """The folder, if it is there: a mistyped one is refused and not made."""
    if not data.is_dir():
        raise typer.BadParameter(f"there is no folder {data}: is DEAI_DATA right?")
    return data


def filled(data: Path) -> Path:
    """The folder, unless it has lost its landing files: what was published is not replaced by an empty mart."""
    landing = Landing(landed(data))
    if (data / "CURRENT").exists() and not landing.files():
        log.error("nothing is in %s any more: what was published stays", landing.folder)
        raise typer.Exit(STALE)
    return data


def publish(data: Path, *, afresh: bool = False, shared: cluster.Mapped | None = None) -> None:
    """Build the next mart and the files beside it."""
    made, torn = build(data, networks(), afresh=afresh, shared=shared)
    write_site(data)
    tell_published(made, torn)


def tell_published(made: Path, torn: Sequence[str]) -> None:
    """Say which mart there is now, and which files of landing were left out."""
    log.info("published %s", made.name)
    for message in torn:
        log.error(message)
    if torn:
        raise typer.Exit(STALE)
