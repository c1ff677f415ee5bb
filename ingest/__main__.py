"""The command line: python -m ingest COMMAND.

Exit codes: 0 all fresh; 1 an error of our own; 2 wrong usage; 3 some readings failed, the rest is published, or a
cluster or an archive went away; 4 stale, a torn file, a dispute, or nothing could be read; 5 there are alerts; 74 the
disk is full, fails or is read-only; 75 another run holds the lock; 130 or 143 interrupted by INT or TERM.
"""

from ingest import stopping

# Before the second that the other imports take, in which a signal would end in a trace.
if __name__ == "__main__":
    stopping.heed()

import atexit
import logging
import os
from collections.abc import Callable
from inspect import cleandoc
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ingest.commands.archiving import disputes, follow, publish, pull, push
from ingest.commands.backfilling import backfill
from ingest.commands.codes import DISK
from ingest.commands.importing import import_
from ingest.commands.looking import doctor, status, verify
from ingest.commands.mirroring import mirror, publish_archive
from ingest.commands.reading import run, serve
from ingest.commands.remaking import prune, rebuild, sample, sweep
from ingest.commands.taking import alerts, export
from ingest.commands.telling import FaultsTold, JsonLines, Lines, Log, log
from ingest.settings import WrongSetting, site_address
from ingest.unknown import unknown
from store.disk import FAULTS
from store.mart import NoMart, data_folder


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


def flowing(text: str | None) -> str:
    """A docstring whose paragraphs are a line each: what breaks lines to fit a screen keeps those of ours."""
    return "\n\n".join(part.replace("\n", " ") for part in cleandoc(text or "").split("\n\n"))


app = typer.Typer(
    cls=Commands, help=flowing(__doc__), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

# In the order in which help tells them.
COMMANDS: tuple[Callable[..., None], ...] = (
    *(run, import_, backfill, rebuild, sweep, prune),
    *(push, pull, publish, follow, disputes, publish_archive, mirror),
    *(verify, status, sample, doctor, export, alerts, serve),
)
for _command in COMMANDS:
    app.command(_command.__name__.strip("_").replace("_", "-"), help=flowing(_command.__doc__))(_command)


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
    for line in unknown(os.environ):
        log.warning(line)
    # Told before anything is read, and not at the end of it.
    site_address()
    try:
        data_folder()
    except NoMart as error:
        raise typer.BadParameter(str(error)) from error


if __name__ == "__main__":
    with stopping.orderly(), FaultsTold():
        app()
