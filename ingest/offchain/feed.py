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
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import polars as pl

from analytics.impossible import Impossible
from ingest.endpoints import Answers, Rotation
from ingest.network import Reading
from ingest.transport import Answer, GivenUp, Http, bare
from store.faults import BadData, ReadingError, SourceChanged, SourceDown
from store.rows import LEFT_OUT, Block, Facts, Kind, frame, observation

log = logging.getLogger(__name__)
T = TypeVar("T")

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

    Each address tells something else. Whoever names more of them names all in the same order once more: those are asked
    where the first fail. probes: for each address the path of a small question, which tells whether it answers.
    """

    chain_id: str
    endpoints: tuple[str, ...]
    clock: Callable[[], datetime] = now
    probes: tuple[str, ...] = ()

    def head(self, http: Http, endpoints: Sequence[str]) -> "Feed":
        """The source as it is now; nothing is asked yet."""
        many = len(self.endpoints) or len(endpoints) or 1
        return self._feed(http, [endpoints[start : start + many] for start in range(0, len(endpoints), many)])

    def _feed(self, http: Http, rounds: Sequence[Sequence[str]]) -> "Feed":
        time = self.clock()
        block = Block(int(time.timestamp()), "", time)
        addresses = [[one.rstrip("/") for one in addresses] for addresses in rounds]
        return Feed(http=http, chain_id=self.chain_id, rounds=addresses, block=block)

    def probe(self, http: Http, endpoints: Sequence[str], place: int) -> bool:
        """Ask one address its small question; False when it has none. Raises SourceDown."""
        if not self.probes:
            return False
        self._feed(http, [[endpoints[place]]]).get(self.probes[place % len(self.probes)], lambda _: None)
        return True

    @property
    def no_past(self) -> str:
        """Why it is not read at past days."""
        return "a source off the chain answers for now; what it tells of past days is read with it"

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "Feed":  # noqa: ARG002 - asked of every chain
        """Raises SourceDown: such a source only answers for now."""
        raise SourceDown(f"{self.chain_id} does not answer for the past ({height})")


class Feed:
    """One look at a source; each question is asked once, then remembered.

    rounds: addresses of the source, one a place; where one fails, the next round is asked.
    """

    def __init__(self, *, http: Http, chain_id: str, rounds: Sequence[Sequence[str]], block: Block) -> None:
        self.block = block
        self.chain_id = chain_id
        self.rotation = Rotation([one[0] for one in rounds])
        self.endpoint = self.rotation.endpoints[0] if rounds else ""
        self.witness = ""
        self.runtime_version = ""
        self._http = http
        self._rounds = {one[0]: one for one in rounds}
        self._answers = Answers(self.rotation)
        self._silent: dict[str, str] = {}
        # Of a reading, what was told in part.
        self.in_part: dict[str, list[Facts]] = {}

    def forget(self) -> None:
        """Ask everything anew."""
        self._answers.forget()

    def get(
        self, path: str, judge: Callable[[Any], T], params: Mapping[str, str] | None = None, *, place: int = 0
    ) -> T:
        """What `judge` makes of the body at one of the source's addresses, the first if none is named.

        Raises Unanswered with the reason of each address of that place.
        """

        def asked(leading: str) -> tuple[str, Any]:
            address = self._address(leading, place)
            return address, self._body(address, path, params)

        def judged(told: tuple[str, Any]) -> T:
            self.endpoint, body = told
            try:
                return judge(body)
            except (ReadingError, Impossible) as error:
                raise SourceDown(f"{bare(self.endpoint + path)}: {error}") from error

        name = f"{path}?{urlencode(sorted((params or {}).items()))} of {place}"
        return self._answers.ask(name, asked, judged)

    def _address(self, leading: str, place: int) -> str:
        addresses = self._rounds[leading]
        if place >= len(addresses):
            raise SourceDown(f"{self.chain_id} has {len(addresses)} addresses; number {place + 1} is asked")
        return addresses[place]

    def _body(self, address: str, path: str, params: Mapping[str, str] | None) -> Any:
        answer = self._answer(address, path, params)
        if answer.status != HTTPStatus.OK:
            reason = answer.content[:200].decode("utf-8", "replace")
            raise SourceDown(f"{bare(address + path)} answered {answer.status}: {reason}")
        return answer.json()

    def _answer(self, address: str, path: str, params: Mapping[str, str] | None) -> Answer:
        """An answer of an address; one that is not asked again is down for the reason that was told first."""
        try:
            return self._http.get(address + path, params)
        except GivenUp as error:
            raise SourceDown(self._silent.get(address, str(error))) from error
        except SourceDown as error:
            self._silent.setdefault(address, str(error))
            raise


def reading(
    name: str, read: Callable[[Feed], Facts], every: timedelta, *, together: bool = False, unit: str = "", **more: Any
) -> Reading[Feed]:
    """A reading of a source that is no chain; what stands still in it is left out, whatever it reads.

    together: its series are added up, so that none may be left out: one that stands still refuses all. What is told in
    part is taken once no address tells all.
    """

    @wraps(read)
    def moving(feed: Feed) -> Facts:
        facts = _moving(read(feed), feed, together=together)
        if facts.left_out:
            found = feed.in_part.setdefault(name, [])
            found.append(facts)
            if len(found) < len(feed.rotation.endpoints):
                thing, reason = next(iter(facts.left_out.items()))
                raise BadData(f"{thing}: {reason}")
            facts = min(found, key=lambda one: len(one.left_out))
        return _with_notes(facts, feed, name)

    return Reading(name, Kind.OBSERVATIONS, None, unit, every, moving, **more)


def _moving(facts: Facts, feed: Feed, *, together: bool) -> Facts:
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
    return replace(facts, rows=kept, left_out={**reasons, **facts.left_out})


def _with_notes(facts: Facts, feed: Feed, name: str) -> Facts:
    """The facts, with an observation of each thing that is left out."""
    for thing, reason in facts.left_out.items():
        log.warning("%s: %s is left out: %s", name, thing, reason)
    notes = [
        observation(f"{LEFT_OUT}:{name}", feed.block.time, reason, "", subject=thing, source=feed.chain_id)
        for thing, reason in facts.left_out.items()
    ]
    return replace(facts, rows=pl.concat([facts.rows, frame(Kind.OBSERVATIONS, notes)]))


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

    def add(self, other: "Told") -> None:
        """Rows about other things, from another answer."""
        self.rows.extend(other.rows)
        self.wrong.update(other.wrong)

    def facts(self, since: datetime | None = None) -> Facts:
        """All rows, and what is left out; raises the first reason where nothing else is left."""
        if self.wrong and not self.rows:
            raise next(iter(self.wrong.values()))
        left_out = {thing: str(error) for thing, error in self.wrong.items()}
        return Facts(frame(Kind.OBSERVATIONS, self.rows), since=since, left_out=left_out)
