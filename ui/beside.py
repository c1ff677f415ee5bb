"""Several processes for one dashboard: a file that a page made is kept by the process that ran the page.

A browser's websocket stays with one process, and so does its session; but the file behind a download button is asked
for over another connection, which any process may take. One that does not have it asks those beside it.
"""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import quote

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A folder that nobody else may enter, with a socket for each process; where it is not set there is but one.
FOLDER: Final = "DEAI_BESIDE"
PATIENCE_SECONDS: Final = 10.0
END_SECONDS: Final = 1.0
NOT_FOUND: Final = 404


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[None]:
    """Answers the processes beside this one as long as it is open."""
    if not (folder := os.environ.get(FOLDER)):
        yield
        return
    own = Path(folder) / f"{os.getpid()}"
    # The last of them removed it, if all ended at once and are started again.
    own.parent.mkdir(mode=0o700, exist_ok=True)
    own.unlink(missing_ok=True)
    # In a thread, with the loop of its own that such a server begins.
    server = uvicorn.Server(uvicorn.Config(app, uds=str(own), lifespan="off", log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        # It may be about to make its socket.
        thread.join(END_SECONDS)
        own.unlink(missing_ok=True)
        # Not empty as long as another one is there.
        with suppress(OSError):
            own.parent.rmdir()


async def made_here_or_beside(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the file of this process, or with that of one beside it."""
    lacking = False

    async def told(message: Message) -> None:
        nonlocal lacking
        if message["type"] == "http.response.start" and message["status"] == NOT_FOUND:
            lacking = True
        if not lacking:
            await send(message)

    # Who asks over such a socket is a process beside this one: it asks the others itself.
    asked_beside = not (scope.get("server") or ("", 0))[1]
    await app(scope, receive, send if asked_beside else told)
    if lacking:
        found = await run_in_threadpool(_beside, scope["path"], Headers(scope=scope).get("host", ""))
        await (found or Response("Not found", NOT_FOUND, media_type="text/plain"))(scope, receive, send)


def _beside(path: str, host: str) -> Response | None:
    for other in _others():
        with suppress(OSError, HTTPException):
            connection = _Beside(other)
            connection.request("GET", quote(path), headers={"Host": host, "Accept-Encoding": "identity"})
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            if answer.status != NOT_FOUND:
                told = {
                    name: answer.headers[name]
                    for name in ("Content-Type", "Content-Disposition")
                    if name in answer.headers
                }
                return Response(body, answer.status, told)
    return None


def _others() -> Iterator[Path]:
    if folder := os.environ.get(FOLDER):
        yield from (path for path in sorted(Path(folder).iterdir()) if path.name != f"{os.getpid()}")


class _Beside(HTTPConnection):
    """A connection to a process of the same machine, by its socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.connect(str(self._path))
