"""The exit codes, and which one a run has earned."""

from collections.abc import Iterator

from ingest import job
from store.rows import ReadingError

FRESH, UNEXPECTED, USAGE, PARTIAL, STALE, ALERTS, DISK, LOCKED = 0, 1, 2, 3, 4, 5, 74, 75


def code(report: job.Report) -> int:
    """What a run exits with."""
    known = set(kinds(ReadingError))
    if any(outcome.error not in known for outcome in report.errors):
        return UNEXPECTED
    if report.torn or len(report.errors) == len(report.outcomes):
        return STALE
    return PARTIAL if report.errors else FRESH


def kinds(error: type[Exception]) -> Iterator[str]:
    """The names of an error and of all that are of its kind."""
    yield error.__name__
    for kind in error.__subclasses__():
        yield from kinds(kind)
