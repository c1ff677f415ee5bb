"""Exchange landing and marts with an archive, and follow one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest import job, stopping
from ingest.archive.exchange import DISPUTED
from ingest.archive.following import Follower
from ingest.archive.objects import Objects
from ingest.archive.share import ARCHIVE, Share, address_of, shared
from ingest.commands.codes import FRESH, PARTIAL, STALE, archive_code
from ingest.commands.guards import landed, locked
from ingest.commands.telling import log, say
from ingest.networks import networks
from store.faults import ReadingError, SourceDown
from store.mart import NoMart, data_folder

UNITS = {"s": 1, "m": 60, "h": 3600}


def push() -> None:
    """Bring to the archive (DEAI_ARCHIVE) what has landed here and is not there; nothing is ever written over.

    Exits 3 where the archive is down; 4 where a file is torn, or another host has landed other facts of the same block.
    """
    data = landed(data_folder())
    with _sharing(data) as share:
        log.info("%d files pushed", share.push())


def pull() -> None:
    """Fetch what the archive (DEAI_ARCHIVE) has and this host lacks; the next `run` or `rebuild` publishes it.

    Exits 3 where the archive is down; 4 where a file is not what was written, cannot be true, or contradicts one here.
    """
    with _sharing(data_folder()) as share:
        log.info("%d files pulled", share.pull())


def publish() -> None:
    """Bring the mart that is published here to the archive (DEAI_ARCHIVE); where that has a newer one, it stays.

    Exits 3 where the archive is down, 4 where nothing is published here or what is there is no archive.
    """
    with _sharing(landed(data_folder())) as share:
        try:
            if said := share.publish():
                log.info(said)
        except NoMart as error:
            log.error(error)
            raise typer.Exit(STALE) from error


def follow(
    archive: Annotated[
        str, typer.Argument(help="s3://bucket/prefix or an https address; else DEAI_ARCHIVE.", show_default=False)
    ] = "",
    every: Annotated[str, typer.Option(help="How often it is asked, such as 60s or 5m.")] = "60s",
    once: Annotated[bool, typer.Option("--once", help="Ask once and leave; for cron.")] = False,
) -> None:
    """Take over each mart that the archive publishes, until INT or TERM; pages show it from the next click on.

    With --once: 3 where the archive is down, 4 where what it names is not what it says.
    """
    data, pause = data_folder(), _seconds(every)
    follower = Follower(data, Objects(_address(archive)))
    while True:
        code = _looked(follower)
        if once:
            raise typer.Exit(code)
        stopping.sleep(pause)


def _looked(follower: Follower) -> int:
    """Look once; what came is told. The exit code that it earns."""
    try:
        if made := follower.look():
            log.info("published %s", made.name)
    except (job.Locked, SourceDown) as error:
        log.warning(error)
        return PARTIAL
    except (ReadingError, NoMart) as error:
        log.error(error)
        return STALE
    return FRESH


def disputes() -> None:
    """List what hosts have landed of the same blocks and do not agree on, as the archive keeps it.

    Exits 4 where there is something, 3 where the archive is down.
    """
    objects = Objects(_address(""))
    try:
        found = sorted(one.name for one in objects.listed(DISPUTED))
    except SourceDown as error:
        log.error(error)
        raise typer.Exit(PARTIAL) from error
    for name in found:
        _, _, rest = name.partition("/")
        say(f"{objects.address}/{name} against {rest.partition('/')[2]}")
    raise typer.Exit(STALE if found else FRESH)


def _address(told: str) -> str:
    if found := address_of(told):
        return found
    raise typer.BadParameter(f"no archive is named: set {ARCHIVE}, such as s3://bucket/prefix")


@contextmanager
def _sharing(data: Path) -> Iterator[Share]:
    """The archive, under the lock of this host; the ledger hears what fails, and the command ends with its code."""
    started = datetime.now(UTC)
    _address("")
    share = shared(data, networks())
    with locked(data):
        yield share
        job.note_errors(data, share.errors, started)
    raise typer.Exit(archive_code(share.errors))


def _seconds(text: str) -> float:
    if not re.fullmatch("[0-9]{1,5}[smh]", text) or not int(text[:-1]):
        raise typer.BadParameter(f"{text!r} is no time; write 60s, 5m or 1h")
    return int(text[:-1]) * UNITS[text[-1]]
