"""Endpoints of one chain: which there are, which is asked next, and whose answer counts.

A question is put to an endpoint together with its judge: what turns the answer into what was asked for, or says why it
is none. Whatever the judge raises is that endpoint's reason, as silence is, and the next one is asked. Errors beside
those of store.rows:

    ReadingError
    ├── AskSmaller      the question is too wide for an endpoint; whoever asks narrows it
    ├── SourceDown
    │   └── Unanswered  every endpoint was asked, each with its reason
    │       └── Unconfirmed  one endpoint lacks it in words that may be a proxy's, and no other one answers
    ├── SourceChanged
    │   └── Absent      the chain has no such thing, an endpoint says; the next one that answers must say so too
    └── BadData
        └── Contradiction  an answer contradicts another one, and nobody knows which of them is wrong
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from analytics.impossible import Impossible
from ingest.allowance import Exhausted
from ingest.settings import WrongSetting
from ingest.transport import bare, host
from store.faults import BadData, Fault, ReadingError, SourceChanged, SourceDown

T = TypeVar("T")
A = TypeVar("A")


class AskSmaller(ReadingError):
    """The question is too wide for an endpoint: whoever asks narrows it."""


class Unanswered(SourceDown):
    """Every endpoint was asked, and none gave an answer that holds; each has its reason."""


class Unconfirmed(Unanswered):
    """One endpoint lacks it, in words that may be a proxy's, and no other one answers."""


class Absent(SourceChanged):
    """An endpoint says that the chain has no such thing: true once `enough` say so, or nobody else answers.

    doubtful: said in words that may be those of a proxy, so that one alone is not believed.
    """

    enough: ClassVar[int] = 2
    doubtful: ClassVar[bool] = False


class AbsentHere(Absent):
    """An endpoint does not keep it; each may keep something else, so all are asked."""

    enough = sys.maxsize


class Contradiction(BadData):
    """An answer contradicts another one, and nobody knows which of them is wrong."""


class Rotation:
    """Endpoints of one chain, the best first; one that fails goes to the end of the line."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = list(dict.fromkeys(endpoints))

    @property
    def first(self) -> str:
        """The endpoint that is asked first."""
        return self._endpoints[0]

    @property
    def endpoints(self) -> tuple[str, ...]:
        """All endpoints, the best first."""
        return tuple(self._endpoints)

    def ask(self, question: Callable[[str], T]) -> T:
        """The first endpoint's answer that holds; the one that is asked leads, also in questions within the question.

        Raises Unanswered with every endpoint's reason, or Contradiction where one of these is; Absent where the chain
        has no such thing. What may not be asked, is too wide, or was answered by nobody within the question is no
        endpoint's fault: it is raised as it is.
        """
        reasons: list[ReadingError] = []
        faults: list[Fault] = []
        absent: list[tuple[str, Absent]] = []
        for endpoint in self.endpoints:
            self._put(endpoint, 0)
            try:
                answer = question(endpoint)
            except (Exhausted, AskSmaller, Unanswered):
                raise
            except Absent as error:
                absent.append((endpoint, error))
                if len(absent) >= error.enough:
                    break
            except (ReadingError, Impossible) as error:
                reasons.append(_named(error, bare(endpoint)))
                faults.append(reasons[-1].at(host(endpoint)))
                self.distrust(endpoint)
            else:
                for lacking, _ in absent:
                    self.distrust(lacking)
                return answer
        if absent:
            self._put(absent[0][0], 0)
            raise self._lacking([error for _, error in absent], reasons)
        unanswered = _unanswered(reasons)
        unanswered.faults = tuple(faults)
        raise unanswered

    def distrust(self, endpoint: str) -> None:
        """Ask this endpoint after all others."""
        self._put(endpoint, len(self._endpoints))

    def _put(self, endpoint: str, place: int) -> None:
        self._endpoints.remove(endpoint)
        self._endpoints.insert(place, endpoint)

    def _lacking(self, absent: Sequence[Absent], reasons: Sequence[ReadingError]) -> ReadingError:
        """What it means that the thing is absent, and no endpoint has it."""
        if absent[0].doubtful and len(absent) < 2:
            others = "; ".join(map(str, reasons)) or "there is none"
            return Unconfirmed(f"{absent[0]}, and no other endpoint answers: {others}")
        return absent[0]


@contextmanager
def required() -> Iterator[None]:
    """What is asked inside cannot be done without: an endpoint that lacks it is down."""
    try:
        yield
    except Absent as error:
        raise SourceDown(str(error)) from error


class Answers:
    """Questions of one node, each asked once: an answer is remembered until a judge refuses it."""

    def __init__(self, rotation: Rotation) -> None:
        self._rotation = rotation
        self._known: dict[str, tuple[str, Any]] = {}

    def ask(self, name: str, question: Callable[[str], A], judge: Callable[[A], T]) -> T:
        """What the judge makes of the answer to a question of this name; raises as Rotation.ask does."""

        def judged(endpoint: str, answer: A) -> T:
            try:
                return judge(answer)
            except (Absent, AskSmaller):
                raise
            except (ReadingError, Impossible) as error:
                raise _named(error, f"{bare(endpoint)}{name}") from error

        def asked(endpoint: str) -> T:
            answer = question(endpoint)
            found = judged(endpoint, answer)
            self.know(name, endpoint, answer)
            return found

        if name in self._known:
            try:
                return judged(*self._known[name])
            except (ReadingError, Impossible):
                # It may have satisfied another judge; now all others are asked before its giver.
                giver, _ = self._known.pop(name)
                self._rotation.distrust(giver)
        return self._rotation.ask(asked)

    def know(self, name: str, endpoint: str, answer: Any) -> None:
        """Remember an answer."""
        self._known[name] = (endpoint, answer)

    def forget(self) -> None:
        """Ask everything anew."""
        self._known.clear()


def _named(error: Exception, where: str) -> ReadingError:
    """The reason with the address before it, unless it begins with one."""
    kind = Contradiction if isinstance(error, Contradiction) else SourceDown
    told = str(error)
    found = kind(told if told.startswith(("http://", "https://")) else f"{where}: {told}")
    known = error if isinstance(error, ReadingError) else BadData(told)
    return found.of(known.origin.cause, known.origin.reason or told)


def _unanswered(reasons: Sequence[ReadingError]) -> ReadingError:
    # A question within a question has told some of them already.
    told = dict.fromkeys(one for reason in reasons for one in str(reason).split("; "))
    text = "; ".join(told) or "no endpoint is configured"
    # Where an answer contradicts an earlier one, that one may be wrong: whoever asked for both may ask for both anew.
    return Contradiction(text) if any(isinstance(one, Contradiction) for one in reasons) else Unanswered(text)


def named(variable: str) -> tuple[str, ...]:
    """The addresses that an environment variable names, separated by commas; none where it is not set.

    Raises WrongSetting where one cannot be an endpoint; it may hold a key, so it is not repeated.
    """
    found = tuple(address.strip() for address in os.environ.get(variable, "").split(",") if address.strip())
    for number, address in enumerate(found, 1):
        if not _is_endpoint(address):
            raise WrongSetting(
                f"{variable}: address {number} must be http://HOST[:PORT][/PATH] or https://..., without ? or #"
            )
    return found


def _is_endpoint(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and not {"?", "#"} & set(address)
