"""Take a chain's state from a file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest.commands.guards import noted, publish
from ingest.commands.options import network_named
from ingest.commands.telling import log
from ingest.importer import LAST_BLOCK, Imported, import_as, import_file
from ingest.networks import networks
from ingest.state_file import Mismatch
from ingest.told import Told
from store.landing import Landing
from store.mart import data_folder
from store.rows import AHEAD


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
    with noted(data):
        try:
            for found in _imported(file, network, as_, told, Landing(data), now):
                there = ": already there" if found.was_there else ""
                log.info("%s %s at block %d%s", *found.snapshot.place[::2], found.snapshot.block.height, there)
        except Mismatch as error:
            raise typer.BadParameter(str(error)) from error
        publish(data)


def _imported(file: Path, network: str, name: str, told: Told, landing: Landing, now: datetime) -> Iterator[Imported]:
    """What lands of a state file: as the network that it is of, or as one of its own."""
    if bool(network) == bool(name):
        raise typer.BadParameter("give --network, of which the file is a state, or --as with a new name")
    if name:
        return import_as(file, name, told, landing, networks().values(), now)
    if told.time is None or told != Told(time=told.time):
        raise typer.BadParameter("--network needs --time, and takes no other option: the rest is known of it")
    return import_file(file, network_named(network), told.time, landing)


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
