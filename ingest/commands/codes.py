"""The exit codes, and which one a run has earned."""

from collections.abc import Collection, Iterator

from ingest import job
from ingest.archive.objects import ArchiveDown
from store.faults import ReadingError
from store.ledger import RunError

FRESH, UNEXPECTED, USAGE, PARTIAL, STALE, ALERTS, DISK, LOCKED = 0, 1, 2, 3, 4, 5, 74, 75


def code(report: job.Report) -> int:
    """What a run exits with."""
    known = set(kinds(ReadingError))
    if any(outcome.error not in known for outcome in report.errors):
        return UNEXPECTED
    if report.torn or (report.outcomes and len(report.errors) == len(report.outcomes)):
        return STALE
    return max(archive_code(report.archive), PARTIAL if report.errors else FRESH)


def archive_code(errors: Collection[RunError]) -> int:
    """What an exchange with an archive exits with: it is down, or something there is wrong or disputed."""
    kinds_of = {error["error"] for error in errors}
    return FRESH if not kinds_of else PARTIAL if kinds_of == {ArchiveDown.__name__} else STALE


def kinds(error: type[Exception]) -> Iterator[str]:
    """The names of an error and of all that are of its kind."""
    yield error.__name__
    for kind in error.__subclasses__():
        yield from kinds(kind)
