"""What several commands are told: networks, readings, durations, workers."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from ingest.network import Network, Reading
from ingest.networks import networks
from store.described import IMPORTED

Names = Annotated[list[str] | None, typer.Option()]


Workers = Annotated[
    int, typer.Option(min=0, help="Share the work among so many processes of this machine; 0: this one does it.")
]


Scheduler = Annotated[
    str,
    typer.Option(
        envvar="DEAI_DASK", help="Or among the workers of a Dask cluster: tcp://HOST:PORT or tls://HOST:PORT."
    ),
]


def refuse_unknown(wanted: list[str] | None, readings: Sequence[Reading]) -> None:
    """Wrong usage where a reading was named that none of these is."""
    known = {one.name for one in readings}
    for name in wanted or ():
        if name not in known:
            raise typer.BadParameter(f"{name!r} is no reading; there are {', '.join(sorted(known))}")


def networks_named(names: list[str] | None) -> list[Network]:
    """The networks of these names, each once; all where none is named."""
    return [network_named(name) for name in dict.fromkeys(names or networks())]


def network_named(name: str) -> Network:
    """The network of a name; wrong usage where there is none."""
    known = networks()
    if name.startswith(IMPORTED):
        raise typer.BadParameter(f"{name!r} was imported from a file: nobody is asked for it")
    if name not in known:
        raise typer.BadParameter(f"{name!r} is no network; there are {', '.join(known)}")
    return known[name]


def duration(text: str) -> timedelta | None:
    """A duration as people write it, such as 30m, 6h or 2d; None where nothing is said."""
    if not text:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if not re.fullmatch("[0-9]{1,5}[mhd]", text):
        raise typer.BadParameter(f"{text!r} is no age; write 30m, 6h or 2d")
    return timedelta(**{units[text[-1]]: int(text[:-1])})
