"""Sources that are no chain: an answer has no block, so it is named by the second at which it was fetched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from math import isfinite
from typing import Any

from ingest.cosmos_json import part
from ingest.transport import Http, bare
from store.rows import Block, SourceChanged, SourceDown


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
    """One fetch of a source; each question is asked once, then remembered."""

    def __init__(self, *, http: Http, chain_id: str, endpoints: list[str], block: Block) -> None:
        self.block = block
        self.chain_id = chain_id
        self.endpoints = endpoints
        self.endpoint = endpoints[0] if endpoints else ""
        self.witness = ""
        self.runtime_version = ""
        self._http = http
        self._bodies: dict[tuple[str, Any], Any] = {}

    def get(self, path: str, params: Mapping[str, str] | None = None, *, place: int = 0) -> Any:
        """The body at one of the source's addresses, the first if none is named; raises SourceDown."""
        if place >= len(self.endpoints):
            raise SourceDown(f"{self.chain_id} has {len(self.endpoints)} addresses; number {place + 1} is asked")
        self.endpoint = self.endpoints[place]
        url = self.endpoint + path
        key = (url, tuple(sorted((params or {}).items())))
        if key not in self._bodies:
            answer = self._http.get(url, params)
            if answer.status != HTTPStatus.OK:
                reason = answer.content[:200].decode("utf-8", "replace")
                raise SourceDown(f"{bare(url)} answered {answer.status}: {reason}")
            self._bodies[key] = answer.json()
        return self._bodies[key]


def number(body: Any, *names: str) -> int | float:
    """A finite number; raises SourceChanged naming the field that is missing, null or something else."""
    found = part(body, *names)
    if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
        raise SourceChanged(f"{'.'.join(names)} is no number: {str(found)[:80]!r}")
    return found


def rows(body: Any, *names: str) -> list[Any]:
    """A list; raises SourceChanged naming the field."""
    found = part(body, *names) if names else body
    if not isinstance(found, list):
        raise SourceChanged(f"{'.'.join(names) or 'the answer'} is no list: {str(found)[:80]!r}")
    return found


def text(body: Any, *names: str) -> str:
    """A text that is not empty; raises SourceChanged naming the field."""
    found = part(body, *names)
    if not isinstance(found, str) or not found:
        raise SourceChanged(f"{'.'.join(names)} is no text: {str(found)[:80]!r}")
    return found


def day_or_time(body: Any, *names: str) -> datetime:
    """A time as web services write it (2026-07-17 or 2026-07-17T20:07:00.000Z); raises SourceChanged."""
    found = text(body, *names)
    try:
        time = datetime.fromisoformat(found)
    except ValueError as error:
        raise SourceChanged(f"{'.'.join(names)} is no time: {found[:80]!r}") from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def word(body: Any, *names: str) -> str:
    """A text that may be empty; raises SourceChanged naming the field."""
    found = part(body, *names)
    if not isinstance(found, str):
        raise SourceChanged(f"{'.'.join(names)} is no text: {str(found)[:80]!r}")
    return found


def flag(body: Any, *names: str) -> bool:
    """True or false; raises SourceChanged naming the field."""
    found = part(body, *names)
    if not isinstance(found, bool):
        raise SourceChanged(f"{'.'.join(names)} is neither true nor false: {str(found)[:80]!r}")
    return found


def table(body: Any, *names: str) -> Mapping[str, Any]:
    """An object whose keys are names; raises SourceChanged naming the field."""
    found = part(body, *names)
    if not isinstance(found, Mapping):
        raise SourceChanged(f"{'.'.join(names)} is no object: {str(found)[:80]!r}")
    return found
