"""How it stands, in five lines at most: what broke, on which host, since when, what to do; one where all is well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from questions.trouble import Trouble
from store.rows import AHEAD

LINES: Final = 5
REMEDY: Final = "restore it from a backup, or delete it and the next run reads again, or import it again"
SHOWN: Final = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the data: its readings as questions.freshness tells them, what is broken, how commands ended.

    failed: what kept the last writer from its end. last_run: when it began. disputed: files of which an archive has
    other facts.
    """

    readings: pl.DataFrame
    troubles: Sequence[Trouble] = ()
    torn: Sequence[str] = ()
    failed: str = ""
    last_run: datetime | None = None
    disputed: Sequence[str] = ()

    @property
    def lines(self) -> list[str]:
        """What is wrong, the gravest first, or that all is well."""
        found = [
            *self._disk(),
            *self._clock(),
            *map(line, self.troubles),
            *self._rot(),
            *self._disputes(),
            *self._unread(),
            *self._late(),
        ]
        if len(found) > LINES:
            found = [*found[: LINES - 1], f"and {len(found) - LINES + 1} more, below"]
        return found or [self._well()]

    def _disk(self) -> Iterator[str]:
        if self.failed:
            yield f"the last run failed: {self.failed}. Do: make room, or mend the disk; the next run goes on"

    def _clock(self) -> Iterator[str]:
        if ahead := self._places(self._ahead):
            yield f"of a time to come: {_readings(ahead)}. Do: set the clock of this machine"

    def _rot(self) -> Iterator[str]:
        if self.torn:
            what = "1 file is" if len(self.torn) == 1 else f"{len(self.torn)} files are"
            yield f"{what} torn, named below. Do: {REMEDY}"

    def _disputes(self) -> Iterator[str]:
        if self.disputed:
            what = "1 file" if len(self.disputed) == 1 else f"{len(self.disputed)} files"
            yield f"other hosts have landed other facts than {what} here. Do: look, then remove the one that is wrong"

    def _unread(self) -> Iterator[str]:
        if len(unread := self._places(pl.col("state") == "never read")) == self.readings.height and unread:
            yield "nothing was ever read. Do: python -m ingest run"
        elif quiet := self._unexplained(unread):
            yield f"never read, though nothing failed: {_readings(quiet)}. Do: python -m ingest run"

    def _late(self) -> Iterator[str]:
        if late := self._unexplained(self._places((pl.col("state") == "stale") & ~self._ahead)):
            began = f"the last run began {self.last_run:{SHOWN}} UTC" if self.last_run else "no run is known"
            yield f"old, though nothing failed: {_readings(late)}; {began}. Do: see whether cron or the timer runs"

    def _well(self) -> str:
        states = self.readings["state"].value_counts(sort=True).rows()
        counted = ", ".join(f"{count} {state}" for state, count in states) or "nothing is to be read"
        began = f"; the last run began {self.last_run:{SHOWN}} UTC" if self.last_run else ""
        return f"all is well: {counted}{began}"

    @property
    def _ahead(self) -> pl.Expr:
        return pl.col("age_seconds").fill_null(0) < -AHEAD.total_seconds()

    def _places(self, which: pl.Expr) -> list[tuple[str, str]]:
        return self.readings.filter(which).select("network", "reading").rows()

    def _unexplained(self, places: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Readings that no trouble stopped."""
        stopped = {place for one in self.troubles for place in one.readings}
        return [place for place in places if place not in stopped]


def line(one: Trouble) -> str:
    """A trouble on one line: which host, what it does, since when, what it stopped, and what to do."""
    since = f" since {one.since:{SHOWN}} UTC" if one.since else ""
    return f"{one.says}{since} ({one.message}): {one.hurts}. Do: {one.remedy}"


def _readings(places: Sequence[tuple[str, str]]) -> str:
    """So many readings of these networks are or were."""
    count = "1 reading" if len(places) == 1 else f"{len(places)} readings"
    return f"{count} of {', '.join(dict.fromkeys(network for network, _ in places))}"
