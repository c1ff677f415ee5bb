"""The one polite HTTP client: timeouts, caps, Retry-After, a rate per host, and rotation over endpoints.

Errors beside those of store.rows:

    SourceDown
    ├── AnswerTooLarge  an answer is larger than we take; a narrower question may do
    ├── GivenUp         an endpoint that kept us waiting before in this run is not asked again
    └── Exhausted       (ingest/allowance.py) a reading or a run has had all that it may ask for
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from http.client import RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any, Final, Self, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)
from urllib3.util import Retry

from ingest import stopping
from ingest.allowance import READING, RUN, Allowance, Limits, Turns
from ingest.conversing import PATIENCE, Adapter, Dripping, Unwilling, heard_on, within
from ingest.parsing import parsed
from ingest.settings import above_zero
from ingest.spoken import HIDDEN, KEY_LENGTH, addresses, without_keys
from store.disk import FAULTS
from store.faults import Cause, Fault, ReadingError, SourceDown

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
# For one answer as a whole, however it drips.
ANSWER_SECONDS: Final = 120.0
LARGEST_ANSWER: Final = 64 * 2**20
# 64 MiB of `{},{},` are 22 million objects and 1.7 GB once they are parsed. The largest answer known, 10,000 logs of a
# contract, has 160,000 elements.
MOST_ELEMENTS: Final = 2_000_000
REDIRECTS: Final = 3
# Not let in, to be paid, too much asked, forbidden by law.
REFUSALS: Final = (401, 402, 403, 407, 429, 451)
BEYOND_ASCII: Final = re.compile(rb"\\u(?!00[0-7])")
PER_SECOND: Final = 1.0
# Bytes a second that a large file must come at, beyond the time of one answer.
SLOWEST: Final = 2**15
AGENT: Final = "deai-observatory (+read-only chain statistics)"


T = TypeVar("T")


class AnswerTooLarge(SourceDown):
    """An answer is larger than we take; a narrower question may do."""


class GivenUp(SourceDown):
    """An endpoint that kept us waiting before in this run is not asked again."""

    cause = Cause.SILENT


@dataclass(frozen=True, slots=True)
class Question:
    """What a host is asked: a GET with parameters, or a POST of JSON; headers beside those of every question.

    direct: whoever sends elsewhere has not answered.
    """

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; a status of 400 and more is the caller's to read, because nodes put their reasons there."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_ascii(self) -> bool:
        """Whether every letter is, also written as an escape: Python takes digits of every script for numbers."""
        return self.content.isascii() and not BEYOND_ASCII.search(self.content)

    def json(self) -> Any:
        """The parsed body; raises SourceDown for HTML, truncated or otherwise broken or endlessly nested JSON."""
        try:
            return parsed(self.content)
        except ValueError as error:
            start = self.content[:80].decode("utf-8", "replace")
            why = "" if isinstance(error, json.JSONDecodeError) else f" ({error})"
            raise SourceDown(f"{bare(self.url)} answered {self.status} without JSON{why}: {start!r}") from error


# Passes each question on to whoever answers it, and may note, or know already, what comes of it.
Tape = Callable[[Question, Callable[[], Answer]], Answer]


def _unheard(_: Question, ask: Callable[[], Answer]) -> Answer:
    return ask()


class _Own(threading.local):
    """What one thread may ask for, whom it asked last, and how each host answered it."""

    def __init__(self) -> None:
        self.allowance: Allowance | None = None
        self.last = ""
        self.statuses: dict[str, int] = {}


class Http:
    """A session for one run: at most `per_second` requests a second to each host, no cookies, no credentials.

    per_second: DEAI_REQUESTS_PER_SECOND where it is set (for a node of one's own), else what public nodes allow.
    limits: what the whole run may ask for; `allowing` limits what one thread asks for meanwhile. tape: hears every
    question and its answer or SourceDown. turns: who says when a host may be asked, as Turns does for one process.
    """

    def __init__(
        self,
        per_second: float | None = None,
        patience: Retry = PATIENCE,
        limits: Limits = RUN,
        tape: Tape = _unheard,
        turns: Callable[[str, float], float] | None = None,
    ) -> None:
        self._session = requests.Session()
        self._session.trust_env = True
        self._session.auth = _no_credentials
        self._session.headers["User-Agent"] = AGENT
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = Adapter(max_retries=patience, pool_maxsize=16)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._pause = 1.0 / (per_second or above_zero("DEAI_REQUESTS_PER_SECOND", PER_SECOND))
        self._turns = turns or Turns()
        self._lock = threading.Lock()
        self._limits = limits
        self._own = _Own()
        self.begin_anew()
        self._tape = tape
        self.requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        direct: bool = False,
    ) -> Answer:
        """Answer to a GET; raises SourceDown when nobody answers in time or the answer is too large.

        direct: follow no redirect.
        """
        return self._ask(Question("GET", url, params or {}, headers or {}, direct=direct))

    def post(self, url: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Answer to a POST of JSON; raises SourceDown as `get` does."""
        return self._ask(Question("POST", url, headers=headers or {}, body=body))

    def download(self, url: str, take: Callable[[int, Iterator[bytes]], None], *, most: int, start: int = 0) -> None:
        """Give a file to `take` as it comes, so that nothing of it is held: at which byte it begins, and its parts.

        It begins at `start` where the server goes on there, else at 0. most: how many bytes it may have in all. Raises
        AnswerTooLarge beyond, SourceDown as `get` does and for every status but 200 and 206; OSError of a full disk.
        """
        self._own.last = host(url)
        # Packed on the way it would have other bytes, and other places to go on at.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        seconds = ANSWER_SECONDS + most / SLOWEST

        def read(response: requests.Response) -> None:
            begins = _begins(response, start)
            with within(seconds, heard_on.get(response.raw), "no whole file"):
                take(begins, self._parts(response, most - begins))

        self._followed(Question("GET", url, headers=headers), partial(self._opened, read=read))

    @contextmanager
    def allowing(self, whose: str, limits: Limits = READING) -> Iterator[Allowance]:
        """Limits what the questions of this thread may cost inside; `whose` names what they are asked for."""
        self._own.allowance = Allowance(whose, limits)
        self._own.statuses = {}
        try:
            yield self._own.allowance
        except ReadingError as error:
            self._blame(error)
            raise
        finally:
            self._own.allowance = None

    def beside(self) -> "Http":
        """The same client for another worker: at one pace with this one, so that no host is asked more often by both.

        What it counts, may ask for and gives up is its own.
        """
        other = copy(self)
        other.requests, other._own = 0, _Own()
        other.begin_anew()
        return other

    def seconds_for(self, requests: int) -> float:
        """How long so many requests to one host take at the pace of this client."""
        return requests * self._pause

    def begin_anew(self) -> None:
        """Ask again whom it gave up, and for as much as at first: a day of a backfill is a run of its own."""
        self._hosts, self._run = _Hosts(), Allowance("this run", self._limits)

    def _spend(self, where: str, **costs: int) -> None:
        for allowance in (self._run, self._own.allowance):
            if allowance:
                allowance.spend(where, **costs)

    def _ask(self, question: Question) -> Answer:
        self._own.last = place = host(question.url)
        answer = self._tape(question, lambda: self._followed(question, self._answer))
        self._own.statuses[place] = answer.status
        return answer

    def _blame(self, error: ReadingError) -> None:
        """Say which hosts an error is of, where nobody did yet: the one that was asked last; and how each refused."""
        faults = error.faults or (error.at(self._own.last),)
        error.faults = tuple(_refined(one, self._own.statuses.get(one.host, 0)) for one in faults)

    def _followed(self, question: Question, ask: Callable[[Question, str], T | str]) -> T:
        """What comes of a question, after redirects; asked at an address, a redirect is another one."""
        url = question.url
        for _ in range(REDIRECTS + 1):
            host = urlsplit(url).netloc
            self._hosts.refuse_given_up(host, url)
            self._spend(bare(url), requests=1)
            self._wait_turn(host)
            try:
                answer = ask(question, url)
            except (Unwilling, requests.RequestException, HTTPError, OSError) as error:
                stopping.check()
                if isinstance(error, OSError) and error.errno in FAULTS:
                    raise
                raise self._hosts.failed(host, url, error) from error
            stopping.check()
            self._hosts.answered(host)
            if not isinstance(answer, str):
                return answer
            url = answer
        raise SourceDown(f"{bare(url)}: more than {REDIRECTS} redirects")

    def _answer(self, question: Question, url: str) -> Answer | str:
        """The answer, or the address to which it redirects."""
        return self._opened(question, url, self._whole)

    def _opened(self, question: Question, url: str, read: Callable[[requests.Response], T]) -> T | str:
        """What is read of an answer while it comes, or the address to which it redirects."""
        with self._session.request(
            question.method,
            url,
            params=question.params,
            headers=question.headers,
            json=question.body,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            stream=True,
            allow_redirects=False,
        ) as response:
            # What was asked again in passing has cost as much.
            again = response.raw.retries
            self._spend(bare(url), requests=len(again.history) if again else 0)
            if response.is_redirect:
                if question.direct:
                    raise SourceDown(f"{bare(response.url)} redirects, where none is followed")
                return _same_host(response)
            return read(response)

    def _whole(self, response: requests.Response) -> Answer:
        return Answer(response.url, response.status_code, response.headers, self._body(response))

    def _parts(self, response: requests.Response, most: int) -> Iterator[bytes]:
        """The parts of a file as they come; raises AnswerTooLarge where they are more bytes than it may have."""
        where = bare(response.url)
        while part := response.raw.read1(2**18, decode_content=False):
            stopping.check()
            self._spend(where, bytes=len(part))
            if (most := most - len(part)) < 0:
                raise AnswerTooLarge(f"{where}: more bytes than it should have")
            yield part

    def _body(self, response: requests.Response) -> bytes:
        """The whole answer, unpacked; taken as it comes, so that what is too large is never held."""
        where, packed = bare(response.url), bytearray()
        # Between two parts of a chunked answer a server may send for ever what is no part of it.
        with within(ANSWER_SECONDS, heard_on.get(response.raw), "no whole answer"):
            while len(packed) <= LARGEST_ANSWER and (part := response.raw.read1(2**16, decode_content=False)):
                packed += part
                stopping.check()
                self._spend(where, bytes=len(part))
        body = _unpacked(packed, response.headers.get("content-encoding", ""), where)
        elements = sum(map(body.count, (b",", b"[", b"{")))
        if elements > MOST_ELEMENTS:
            raise AnswerTooLarge(f"{where}: more than {MOST_ELEMENTS:,} elements of JSON")
        self._spend(where, elements=elements)
        return body

    def _wait_turn(self, host: str) -> None:
        with self._lock:
            self.requests += 1
        stopping.sleep(self._turns(host, self._pause))


class _Hosts:
    """Which hosts kept us waiting in this run: what cost its time once is not asked again."""

    def __init__(self) -> None:
        self._given_up: dict[str, str] = {}
        # A host may drip one answer of many, as behind a gateway with a slow part; not two in a run.
        self._dripped: set[str] = set()
        # Whether the last question was answered; a host that answered before is given a second chance.
        self._answered: dict[str, bool] = {}

    def refuse_given_up(self, host: str, url: str) -> None:
        """Raises GivenUp for a host that is not asked again."""
        if host in self._given_up:
            raise GivenUp(f"{bare(url)}: not asked, since its host was asked in vain before ({self._given_up[host]})")

    def answered(self, host: str) -> None:
        """A question was answered, in whatever way."""
        self._answered[host] = True

    def failed(self, host: str, url: str, error: Exception) -> SourceDown:
        """What a question without an answer means; remembers a host that drips twice, or is silent again."""
        told = str(error) if isinstance(error, Unwilling) else _reason(error)
        # A refusal costs nothing; a name that is looked up in vain may.
        slow = (TimeoutError, ConnectTimeoutError, NameResolutionError)
        silent = any(isinstance(cause, slow) for cause in _causes(error))
        dripped = isinstance(error, Dripping)
        if (silent or dripped) and (not self._answered.get(host) or host in self._dripped):
            self._given_up[host] = told
        if dripped:
            self._dripped.add(host)
        self._answered[host] = False
        why = f"{bare(url)} {told}" if isinstance(error, Unwilling) else f"{bare(url)}: {told}"
        return SourceDown(why).of(Cause.SILENT, told)


def _begins(response: requests.Response, start: int) -> int:
    """At which byte a file begins that was asked for from `start` on; raises SourceDown for any other answer."""
    if response.status_code == 200 and not response.headers.get("content-encoding"):
        return 0
    if response.status_code == 206 and response.headers.get("content-range", "").startswith(f"bytes {start}-"):
        return start
    raise SourceDown(f"{bare(response.url)} answered {response.status_code} in place of a file")


def _refined(fault: Fault, status: int) -> Fault:
    """A fault of which nothing more is known, by the last status of its host."""
    if fault.cause is not Cause.DOWN or status < 400:
        return fault
    cause = Cause.FAILS if status >= 500 else Cause.REFUSES if status in REFUSALS else Cause.DOWN
    return replace(fault, cause=cause)


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending what a ~/.netrc says."""
    return request


def _unpacked(packed: bytearray, encoding: str, where: str) -> bytes:
    """An answer as it was before it was packed; raises AnswerTooLarge."""
    raw = HTTPResponse(BytesIO(packed), {"content-encoding": encoding}, preload_content=False)
    unpacked = bytearray()
    # By small pieces: of a gzip of many members all that is left of a piece is copied for each of them.
    while len(unpacked) <= LARGEST_ANSWER and (part := raw.read(2**14)):
        unpacked += part
    if max(len(packed), len(unpacked)) > LARGEST_ANSWER:
        raise AnswerTooLarge(f"{where}: more than {LARGEST_ANSWER >> 20} MiB")
    return bytes(unpacked)


def _reason(error: BaseException) -> str:
    """Why there is no answer, in plain words."""
    words: dict[type[BaseException], str] = {
        ProxyError: "the proxy on the way failed",
        SSLError: "no secure connection (TLS)",
        NameResolutionError: "its name is not known",
        ConnectionRefusedError: "refused the connection",
        ConnectTimeoutError: f"took no connection within {CONNECT_SECONDS:.0f} s",
        NewConnectionError: "cannot be reached",
        TimeoutError: f"did not answer within {READ_SECONDS:.0f} s",
        RemoteDisconnected: "hung up without an answer",
        ProtocolError: "the answer was cut off",
        DecodeError: "the answer cannot be unpacked",
    }
    causes = list(_causes(error))
    told = (text for kind, text in words.items() if any(isinstance(cause, kind) for cause in causes))
    return next(told, type(error).__name__)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _same_host(response: requests.Response) -> str:
    target = urljoin(response.url, response.headers["location"])
    before, after = urlsplit(response.url), urlsplit(target)
    try:
        ports = _port(before), _port(after)
    except ValueError as error:
        raise SourceDown(f"{bare(response.url)} redirects to no address") from error
    # From http to https at their usual ports is where the redirects of real nodes go.
    same = after.hostname == before.hostname and (ports[0] == ports[1] or ports == (80, 443))
    if after.scheme != "https" or not same:
        raise SourceDown(f"{bare(response.url)} redirects to {bare(target)}")
    return target


def _port(parts: SplitResult) -> int:
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def host(url: str) -> str:
    """The host of an address as it may be shown, with its port where it has one."""
    return urlsplit(bare(url)).netloc


def bare(url: str) -> str:
    """The address without a query or credentials: keys of providers must not reach a log.

    Of a host that the operator named in a variable such as AKASH_URL no path is told either: it may be a key.
    """
    return _bare(url.partition("?")[0], addresses())


# Asked several times a question, of the same few addresses.
@lru_cache(maxsize=1_000)
def _bare(url: str, configured: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    path = "/".join(HIDDEN if len(segment) >= KEY_LENGTH else segment for segment in parts.path.split("/"))
    if any((parts.hostname or "") in address.lower() for address in configured):
        path = ""
    return without_keys(f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{path}")
