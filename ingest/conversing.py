"""Conversations with a host: cut where an answer does not come in time, and taken up again after a passing fault."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from socket import SHUT_RDWR, socket
from typing import Any, Final, Self
from weakref import WeakKeyDictionary, WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from ingest import deadlines, stopping

# For the head of an answer; a server that drips bytes would otherwise hold a run for ever.
HEAD_SECONDS: Final = 60.0
# The longest wait that an endpoint may demand before it is left for the next one.
WAIT_SECONDS: Final = 30.0


class Unwilling(HTTPError):
    """A server wants more time than we care to give."""


class Dripping(Unwilling):
    """A server sends, but so slowly that its answer never comes."""


class Patience(Retry):
    """Asks again what failed in passing, when the server says so, within reason."""

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            seconds = super().parse_retry_after(retry_after)
        except (HTTPError, ValueError, OverflowError) as error:
            raise Unwilling(f"asks to wait {retry_after[:40]!r}") from error
        if seconds > WAIT_SECONDS:
            raise Unwilling(f"asks to wait {seconds:.0f} s")
        return seconds

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        *others: Any,
        **named: Any,
    ) -> Self:
        stopping.check()
        left = super().increment(method, url, response, *others, **named)
        if response is not None:
            # What it says is not wanted, and would otherwise be read to an end that may never come.
            response.close()
        return left

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        asked = None if response is None else self.get_retry_after(response)
        stopping.sleep(asked or self.get_backoff_time())


# 429 is left out: with Retry-After urllib3 waits by itself, without it the caller rotates (a Cosmos 429 may mean
# "answer too large", which no waiting mends).
# Nobody listening is no matter of patience: the next endpoint is asked at once.
PATIENCE = Patience(
    total=3,
    connect=0,
    status_forcelist=(502, 503, 504),
    allowed_methods=None,
    backoff_factor=0.5,
    raise_on_status=False,
    raise_on_redirect=False,
    redirect=False,
    respect_retry_after_header=True,
    # A long wait is refused, never shortened.
    retry_after_max=10**9,
)


class _Prompt(HTTPConnection):
    """A connection that is cut where no whole head of an answer comes in time, however busily it drips."""

    def connect(self) -> None:
        super().connect()
        with _connecting:
            _connected.add(self.sock)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 itself does
        # It lets go of it where this answer is the last one.
        connected = self.sock
        with within(HEAD_SECONDS, connected, "no whole head of an answer"):
            answer = super().getresponse()
            heard_on[answer] = connected
        return answer


class _PromptTls(_Prompt, HTTPSConnection):
    pass


@contextmanager
def within(seconds: float, connected: socket | None, what: str) -> Iterator[None]:
    """Hang up where what is read inside does not come in time: what was cut may look broken, or whole."""

    def hang_up() -> None:
        if connected is not None:
            with suppress(OSError):
                socket.shutdown(connected, SHUT_RDWR)

    with deadlines.within(seconds, hang_up) as waiting:
        try:
            yield
        except (HTTPException, HTTPError, OSError):
            if not waiting.late:
                raise
    if waiting.late:
        raise Dripping(f"sent {what} within {seconds:.0f} s")


# Sockets in use: a connection lets go of its own while an answer is still read from it.
_connected: WeakSet[socket] = WeakSet()


heard_on: WeakKeyDictionary[BaseHTTPResponse, socket] = WeakKeyDictionary()


_connecting = threading.Lock()


@stopping.wakes
def hang_up() -> None:
    """End every conversation, so that nobody waits for the rest of an answer."""
    with _connecting:
        for one in _connected:
            with suppress(OSError):
                socket.shutdown(one, SHUT_RDWR)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Prompt


class _PoolTls(HTTPSConnectionPool):
    ConnectionCls = _PromptTls


class Adapter(HTTPAdapter):
    """Makes prompt connections, also through a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        # A SOCKS proxy has connections of its own.
        if type(manager) is ProxyManager:
            manager.pool_classes_by_scheme = POOLS
        return manager


POOLS: Final = {"http": _Pool, "https": _PoolTls}
