"""How commands tell: the log on stderr, lines on stdout; what servers wrote forges none of them."""

import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any

import typer

from ingest import job, stopping
from ingest.commands.codes import UNEXPECTED
from ingest.spoken import spoken

log = logging.getLogger("ingest")


class Log(StrEnum):
    """How a run tells of itself on stderr."""

    TEXT = "text"
    JSON = "json"


class Lines(logging.Formatter):
    """One line of text a record, and the indented lines of its trace; what servers wrote forges none."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join([f"{record.levelname} {spoken(record.getMessage())}", *self.trace(record)])

    def trace(self, record: logging.LogRecord) -> list[str]:
        """The lines of a record's trace; none where it has none."""
        lines = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return ["  " + " " * (len(line) - len(line.lstrip(" "))) + spoken(line) for line in lines]


class JsonLines(Lines):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": datetime.now(UTC).isoformat(), "level": record.levelname, "message": record.getMessage()}
        line = said({**entry, **getattr(record, "fields", {})})
        return json.dumps({**line, "trace": "\n".join(self.trace(record))} if record.exc_info else line)


def said(told: Any) -> Any:
    """A JSON document whose texts may be said."""
    if isinstance(told, dict):
        return {name: said(part) for name, part in told.items()}
    if isinstance(told, list):
        return [said(part) for part in told]
    return spoken(told) if isinstance(told, str) else told


@contextmanager
def whole_output() -> Iterator[None]:
    """Print all at once; a reader that has left (`status | head -1`) changes nothing."""
    whole = io.StringIO()
    with redirect_stdout(whole):
        yield
    try:
        sys.stdout.write(whole.getvalue())
        sys.stdout.flush()
    except BrokenPipeError:
        _nobody_reads()


def _nobody_reads() -> None:
    """What is still to be printed goes nowhere; Python flushes once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def told() -> Iterator[job.Progress]:
    """Logs each outcome as it comes; one error that stopped many readings of a network is told once in full."""
    alike: dict[tuple[str, str, str], list[str]] = {}

    def tell(outcome: job.Outcome) -> None:
        seen = alike.setdefault((outcome.network, outcome.error, outcome.message), [])
        seen.append(outcome.reading)
        if not outcome.error or len(seen) == 1:
            _log(outcome)

    yield tell
    for (network, error, _message), (_first, *others) in alike.items():
        if error and others:
            log.warning(
                "%s: the same stopped %d more: %s",
                network,
                len(others),
                names := ", ".join(dict.fromkeys(others)),
                extra={"fields": {"network": network, "reading": names, "error": error}},
            )


def _log(outcome: job.Outcome) -> None:
    level = logging.WARNING if outcome.error else logging.INFO
    text = f"{outcome.network} {outcome.reading}: {outcome.error or 'landed'} {outcome.message}".strip()
    log.log(level, text, extra={"fields": dict(outcome.told)})


def say(text: str) -> None:
    """Print a line that may hold what servers wrote; a reader that has left (`doctor | head -1`) changes nothing."""
    try:
        typer.echo(spoken(text))
    except BrokenPipeError:
        _nobody_reads()


class FaultsTold(AbstractContextManager[None]):
    """Logs a fault of our own with its trace, as everything is logged: Python would print what servers wrote."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not stopping.came():
            log.critical("an error of ours; please report it", exc_info=error)
            sys.exit(UNEXPECTED)
