"""Sources that are no chain: an answer has no block, so it is named by the second at which it was fetched.

A reading of such a source is made by `reading`, which refuses what stands still. Rows about independent things (a
price of each token, a figure of each provider) are collected in `Told`: one that is wrong costs no other its place.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import polars as pl

from ingest.endpoints import Rotation
from ingest.network import Reading
from ingest.transport import Answer, GivenUp, Http, bare
from store.rows import (
    LEFT_OUT,
    BadData,
    Block,
    Facts,
    Kind,
    ReadingError,
    SourceChanged,
    SourceDown,
    frame,
    observation,
)

log = logging.getLogger(__name__)

# An indexer that hangs goes on telling its last day; a day's figure is a day late at most.
STANDS_STILL: Final = timedelta(days=2)
# The running day is told under a name of its own, so that no sum takes it for a whole one.
TODAY: Final = "_today"


def now() -> datetime:
    """The time of this machine, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class OffChain:
    """A source by its name in the place of a chain id, with the addresses it is asked at.

    probes: for each address the path of a small question, which tells whether it answers.
    """

    chain_id: str
    endpoints: tuple[str, ...]
    clock: Callable[[], datetime] = now
    probes: tuple[str, ...] = ()

    def head(self, http: Http, endpoints: Sequence[str]) -> "Feed":
        """The source as it is now; nothing is asked yet."""
        time = self.clock()
        block = Block(int(time.timestamp()), "", time)
        return Feed(http=http, chain_id=self.chain_id, endpoints=[one.rstrip("/") for one in endpoints], block=block)

    def probe(self, http: Http, endpoints: Sequence[str], place: int) -> bool:
        """Ask one address its small question; False when it has none. Raises SourceDown."""
        if place >= len(self.probes):
            return False
        self.head(http, endpoints).get(self.probes[place], place=place)
        return True

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "Feed":  # noqa: ARG002 - asked of every chain
        """Raises SourceDown: such a source only answers for now."""
        raise SourceDown(f"{self.chain_id} does not answer for the past ({height})")


class Feed:
    """One look at a source; each question is asked once, then remembered."""

    def __init__(self, *, http: Http, chain_id: str, endpoints: list[str], block: Block) -> None:
        self.block = block
        self.chain_id = chain_id
        self.endpoints = endpoints
        # Each address tells something else, so that none stands in for another.
        self.rotation = Rotation(endpoints[:1])
        self.endpoint = endpoints[0] if endpoints else ""
        self.witness = ""
        self.runtime_version = ""
        self._http = http
        self._bodies: dict[tuple[str, Any], Any] = {}
        self._silent: dict[int, str] = {}

    def forget(self) -> None:
        """Ask everything anew."""
        self._bodies.clear()

    def get(self, path: str, params: Mapping[str, str] | None = None, *, place: int = 0) -> Any:
        """The body at one of the source's addresses, the first if none is named; raises SourceDown."""
        if place >= len(self.endpoints):
            raise SourceDown(f"{self.chain_id} has {len(self.endpoints)} addresses; number {place + 1} is asked")
        self.endpoint = self.endpoints[place]
        url = self.endpoint + path
        key = (url, tuple(sorted((params or {}).items())))
        if key not in self._bodies:
            answer = self._answer(url, params, place)
            if answer.status != HTTPStatus.OK:
                reason = answer.content[:200].decode("utf-8", "replace")
                raise SourceDown(f"{bare(url)} answered {answer.status}: {reason}")
            self._bodies[key] = answer.json()
        return self._bodies[key]

    def _answer(self, url: str, params: Mapping[str, str] | None, place: int) -> Answer:
        """An answer of an address; one that is not asked again is down for the reason that was told first."""
        try:
            return self._http.get(url, params)
        except GivenUp as error:
            raise SourceDown(self._silent.get(place, str(error))) from error
        except SourceDown as error:
            self._silent.setdefault(place, str(error))
            raise


def reading(
    name: str, read: Callable[[Feed], Facts], every: timedelta, *, together: bool = False, unit: str = "", **more: Any
) -> Reading[Feed]:
    """A reading of a source that is no chain; what stands still in it is left out, whatever it reads.

    together: its series are added up, so that none may be left out: one that stands still refuses all.
    """

    @wraps(read)
    def moving(feed: Feed) -> Facts:
        return _moving(read(feed), feed, name, together=together)

    return Reading(name, Kind.OBSERVATIONS, None, unit, every, moving, **more)


def _moving(facts: Facts, feed: Feed, name: str, *, together: bool) -> Facts:
    """The facts without the series of which the source tells no news; raises SourceDown where it tells none at all.

    Rows of the time of the look are figures that the source gives no time to; nothing can be said of those.
    """
    now, rows = feed.block.time, facts.rows
    named = rows.with_columns(series=pl.col("name").str.strip_suffix(TODAY))
    newest = (
        named.filter(pl.col("time") != now).group_by("subject", "series", maintain_order=True).agg(pl.col("time").max())
    )
    still = newest.filter(now - pl.col("time") > STANDS_STILL)
    reasons = {
        subject or series: f"its source tells nothing newer than {time:%Y-%m-%d %H:%M} UTC"
        for subject, series, time in still.iter_rows()
    }
    kept = named.join(still, on=["subject", "series"], how="anti").select(rows.columns)
    if reasons and (together or kept.is_empty()):
        thing, reason = next(iter(reasons.items()))
        raise SourceDown(f"{feed.chain_id} stands still: {thing}: {reason}")
    left_out = {**reasons, **facts.left_out}
    for thing, reason in left_out.items():
        log.warning("%s: %s is left out: %s", name, thing, reason)
    notes = [
        observation(f"{LEFT_OUT}:{name}", now, reason, "", subject=thing, source=feed.chain_id)
        for thing, reason in left_out.items()
    ]
    return replace(facts, rows=pl.concat([kept, frame(Kind.OBSERVATIONS, notes)]))


@dataclass(frozen=True, slots=True)
class Told:
    """Rows about independent things, and why some things are not among them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    wrong: dict[str, ReadingError] = field(default_factory=dict)

    @contextmanager
    def unless_wrong(self, thing: str) -> Iterator[None]:
        """What is added inside is about one thing; of an unknown shape or impossible, it costs no other its place."""
        before = len(self.rows)
        try:
            yield
        except (SourceChanged, BadData) as error:
            del self.rows[before:]
            self.wrong.setdefault(thing, error)

    def facts(self, since: datetime | None = None) -> Facts:
        """All rows, and what is left out; raises the first reason where nothing else is left."""
        if self.wrong and not self.rows:
            raise next(iter(self.wrong.values()))
        left_out = {thing: str(error) for thing, error in self.wrong.items()}
        return Facts(frame(Kind.OBSERVATIONS, self.rows), since=since, left_out=left_out)
