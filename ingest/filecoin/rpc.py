"""JSON-RPC of Filecoin's nodes and gateways: several questions at once, each answer matched by its number.

Measured on a real go-jsonrpc server: a method's own error comes with HTTP 200, an unknown method or wrong parameters
with HTTP 500 and a JSON-RPC body, an empty list with 400. In a list each element is answered, failures as elements.
Errors beside those of store.rows and ingest/endpoints.py:

    SourceDown
    ├── Busy        wait, then ask again
    └── Lacking     who answers has no such method, or lets none through
    Absent
    └── Off         fast finality (F3) does not run, a node says
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from ingest.endpoints import Absent
from ingest.transport import Http, bare
from store.faults import Cause, ReadingError, SourceChanged, SourceDown

NO_SUCH_METHOD: Final = -32601
# lotus, gateway: what it says when its tokens are used up, and what proxies before it say.
WAIT: Final = re.compile(r"server busy|connection limited|rate.?limit|too many requests|try again", re.IGNORECASE)
NO_METHOD: Final = re.compile(r"method .*not (found|allowed|supported|whitelisted)", re.IGNORECASE)
F3_OFF: Final = re.compile(r"f3 is (disabled|not running)|f3 not (enabled|running)", re.IGNORECASE)
# Most questions in one request: each costs a gateway's tokens, for which it waits five seconds at most.
AT_ONCE: Final = 50

# A method without its prefix, and its parameters.
Call = tuple[str, tuple[Any, ...]]


class Busy(SourceDown):
    """Who answers asks for patience."""

    cause = Cause.REFUSES


class Lacking(SourceDown):
    """Who answers has no such method, or lets none through."""

    cause = Cause.LACKS


class Off(Absent):
    """Fast finality (F3) does not run."""


@dataclass(frozen=True, slots=True)
class Source:
    """One address that answers JSON-RPC."""

    http: Http
    address: str

    @property
    def name(self) -> str:
        """The address as it may be shown."""
        return bare(self.address)

    def results(self, calls: Sequence[Call]) -> list[Any]:
        """The results of some methods in the order in which they were asked; raises what a refusal means."""
        return [result_of(told) for told in self.told(calls)]

    def told(self, calls: Sequence[Call]) -> list[Any]:
        """The same, with what a refusal means in the place of a result."""
        question = [
            {"jsonrpc": "2.0", "id": number, "method": f"Filecoin.{method}", "params": list(params)}
            for number, (method, params) in enumerate(calls)
        ]
        answers = self._numbered(self._body(question), len(calls))
        return [self._result(answers[number], method) for number, (method, _) in enumerate(calls)]

    def _body(self, question: object) -> list[Any]:
        answer = self.http.post(self.address, question)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Busy(f"{self.name}: status {answer.status}")
        body = answer.json()
        if isinstance(body, dict) and body.get("error") is not None:
            raise _refusal(body["error"], self.name)
        if answer.status != HTTPStatus.OK:
            raise SourceDown(f"{self.name}: status {answer.status}")
        if not isinstance(body, list):
            raise SourceChanged(f"{self.name}: no list of answers: {str(body)[:80]}")
        return body

    def _numbered(self, body: Sequence[Any], count: int) -> dict[int, Any]:
        """Each answer by its number, of which none is missing and none there twice."""
        told: dict[int, Any] = {}
        for one in body:
            number = one.get("id") if isinstance(one, dict) else None
            if type(number) is not int or number not in range(count) or number in told:
                raise SourceChanged(f"{self.name}: an answer to no question, or a second one: {str(one)[:80]}")
            told[number] = one
        if len(told) != count:
            raise SourceChanged(f"{self.name}: {len(told)} answers to {count} questions")
        return told

    def _result(self, told: Any, method: str) -> Any:
        if told.get("error") is not None:
            return _refusal(told["error"], f"{self.name} {method}")
        if "result" not in told:
            raise SourceChanged(f"{self.name} {method}: neither result nor error")
        return told["result"]


def result_of(told: Any) -> Any:
    """A result; raises what stands in its place."""
    if isinstance(told, ReadingError):
        raise told
    return told


def _refusal(error: Any, where: str) -> ReadingError:
    """What a refusal means: patience, another one to ask, or that there is no such thing."""
    code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, error)
    says = f"{where}: {code if type(code) is int else ''} {str(message)[:300]}"
    if F3_OFF.search(says):
        return Off(says)
    if WAIT.search(says):
        return Busy(says)
    if code == NO_SUCH_METHOD or NO_METHOD.search(says):
        return Lacking(says)
    return SourceDown(says)
