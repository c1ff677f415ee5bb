"""Publish an archive of what has landed as static files, and take one that somebody else publishes."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ingest.archive import static
from ingest.archive.mirror import Mirrored, Own, Wanted, archive_address, archive_http, mirror_mart
from ingest.archive.mirror import mirror as mirrored
from ingest.archive.signing import NotSigned
from ingest.commands.codes import PARTIAL, STALE
from ingest.commands.guards import landed, locked, publish
from ingest.commands.options import Names, network_named
from ingest.commands.telling import log
from ingest.networks import networks
from ingest.settings import WrongSetting
from ingest.site import write_site
from store.described import IMPORTED
from store.landing import SAMPLE
from store.mart import NoMart, data_folder

Signers = Annotated[
    Path | None,
    typer.Option(
        envvar="DEAI_SIGNERS", exists=True, dir_okay=False, help="Who must have signed it: allowed signers of OpenSSH."
    ),
]


def publish_archive(
    folder: Annotated[Path, typer.Argument(help="Where the files are written; any web server can serve them.")],
    key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="An SSH key that signs it, or the public one of an agent's."),
    ] = None,
) -> None:
    """Write what has landed, a month in a file, and the newest mart as an archive of static files; for cron.

    What is there stays, what is new is added. Exits 4 where a file is torn, or the archive has other facts of a block.
    """
    data = landed(data_folder())
    if folder.resolve().is_relative_to(data.resolve()):
        raise typer.BadParameter(f"{folder} is in the data folder {data}: name one beside it")
    with locked(data), locked(folder):
        try:
            done = static.publish_archive(data, folder, key)
        except static.Simulated as error:
            raise typer.BadParameter(str(error)) from error
        except (NotSigned, NoMart) as error:
            log.error("%s: the archive stays as it was", error)
            raise typer.Exit(STALE) from error
    log.info("new files in %s: %d of %d", folder, done.written, done.files)
    for message in (*done.torn, *done.disputed):
        log.error(message)
    if done.torn or done.disputed:
        raise typer.Exit(STALE)


def mirror(
    url: Annotated[str, typer.Argument(help="Address of an archive, such as https://example.org/deai.")],
    marts_only: Annotated[bool, typer.Option("--marts-only", help="The newest mart alone, to be looked at.")] = False,
    network: Names = None,
    reading: Names = None,
    since: Annotated[str, typer.Option(help="Months from that of this day on, such as 2026-10-01.")] = "",
    signers: Signers = None,
    over: Annotated[
        bool, typer.Option("--over", help="With --marts-only: also over a mart that was built here, or is newer.")
    ] = False,
) -> None:
    """Take what an archive has and this data folder lacks, each file proved and each row checked, and publish a mart.

    It goes on where it was cut off. Exits 3 where some files did not come, 4 where some are refused, where the archive
    tells of a block otherwise than what is here (both are kept), or where nothing came.
    """
    data = data_folder()
    try:
        address = archive_address(url)
    except WrongSetting as error:
        raise typer.BadParameter(str(error)) from error
    if data.name == SAMPLE:
        raise typer.BadParameter(f"{data} is simulated: nothing real belongs there")
    wanted = Wanted(frozenset(_named(network)), frozenset(reading or ()), _day(since) if since else date.min)
    if marts_only and (network or reading or since):
        raise typer.BadParameter("--marts-only takes the mart as it is, with all that is in it")
    with locked(data):
        try:
            if marts_only:
                _take_mart(address, data, signers, over=over)
            else:
                _take_months(address, data, wanted, signers)
        except Own as error:
            raise typer.BadParameter(f"{error}; --over takes it all the same") from error
        except (NotSigned, NoMart) as error:
            log.error(error)
            raise typer.Exit(STALE) from error


def _take_mart(address: str, data: Path, signers: Path | None, *, over: bool) -> None:
    with archive_http() as http:
        made = mirror_mart(address, data, http, signers, over=over)
    if made is None:
        log.info("the mart of %s is here already", address)
        return
    write_site(data)
    log.info("published %s, mirrored from %s", made.name, address)


def _take_months(address: str, data: Path, wanted: Wanted, signers: Path | None) -> None:
    with archive_http() as http:
        came = mirrored(address, data, http, networks(), wanted, signers)
    log.info(
        "new snapshots: %d, in %d of %d months, mirrored from %s", came.snapshots, came.files, came.wanted, address
    )
    for message in came.beside:
        log.info(message)
    for message in (*came.refused, *came.disputed, *came.silent):
        log.error(message)
    if came.files or not (data / "CURRENT").exists():
        publish(data)
    if code := _code(came):
        raise typer.Exit(code)


def _code(came: Mirrored) -> int:
    if came.refused or came.disputed:
        return STALE
    return PARTIAL if came.silent else 0


def _named(names: list[str] | None) -> list[str]:
    """Names of networks, of the program or imported."""
    return [name if name.startswith(IMPORTED) else network_named(name).name for name in names or ()]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day such as 2026-10-01") from error
