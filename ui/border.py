"""What the web may do with the dashboard: under which names it answers, what it can be asked, what browsers may do.

Streamlit was made for its author's own machine: anybody may fill its memory with uploads, empty the caches of all
readers, or put it into a page of his own. No page here needs any of that; server.py puts this border before it.
"""

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.file_util import get_static_dir
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from ui import shell
from ui.beside import made_here_or_beside
from ui.calm import OURSELVES, disturbed
from ui.packed import FOR_EVER, Files
from ui.site import base, prefix

METHODS: Final = ("GET", "HEAD")
# Of Streamlit's own addresses; not uploads, metrics, and the interface for agents.
OPEN: Final = frozenset({"health", "host-config", "stream"})
# What pages send of themselves; not clear_cache, which empties the caches of all readers.
SAID: Final = frozenset({"rerun_script", "stop_script", "app_heartbeat", "deferred_file", "dataframe_chunk"})
FOUND: Final = 200
POLICY_VIOLATION: Final = 1008

OTHER_NAME: Final = "This server does not answer to that name. Its operator can add it: STREAMLIT_SERVER_ALLOWED_HOSTS."
CLOSED: Final = "Not offered here."
READ_ONLY: Final = "Nothing can be written here."


class Border:
    """Answers what a reader's browser needs to ask, refuses all else, and gives every answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = headers(os.environ.get("DEAI_FRAMED_BY", "'self'"))
        folder = Path(get_static_dir()) / "static"
        self._scripts = Files(folder, FOR_EVER, follow_symlink=True)
        self._named = frozenset(f"/static/{path.relative_to(folder)}" for path in folder.rglob("*.*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one websocket, or the server's own beginning and end."""
        if scope["type"] == "http":
            await self._answer(scope, receive, _with(self._headers, send))
        elif scope["type"] == "websocket" and not _own(Headers(scope=scope)):
            await WebSocketClose(POLICY_VIOLATION)(scope, receive, send)
        else:
            await self._app(scope, _heard(receive), _answered(scope, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.endswith("/health"):
            disturbed()
        if refused := _refused(scope):
            await refused(scope, receive, send)
        elif (page := shell.page_at(path)) is not None:
            await shell.answer(page, scope, receive, send)
        elif path.removeprefix(base()) in self._named:
            await self._scripts({**scope, "root_path": f"{base()}/static"}, receive, send)
        elif path.startswith(f"{base()}/media/"):
            await made_here_or_beside(self._app, scope, receive, send)
        elif path.startswith(f"{prefix()}/"):
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _unless_shell(scope, receive, send))


def headers(framed_by: str) -> Mapping[str, str]:
    """The headers of every answer; framed_by: the sites that may show the dashboard in a frame, in the words of CSP."""
    policy = (
        "default-src 'none'",
        f"script-src 'self' {' '.join(_inline_scripts())}",
        # Plotly and Streamlit write styles as they draw; a style runs nothing.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors {framed_by}",
    )
    told = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    # For browsers that do not know frame-ancestors; it can name no other site.
    return told | ({"X-Frame-Options": "SAMEORIGIN"} if framed_by == "'self'" else {})


def _inline_scripts() -> list[str]:
    """The hashes of what stands in Streamlit's own page as a script, and of ours, so that nothing else there runs."""
    page = (Path(get_static_dir()) / "index.html").read_bytes()
    inside = [*re.findall(rb"<script>(.*?)</script>", page, re.DOTALL), shell.LEADS.encode()]
    return [f"'sha256-{b64encode(sha256(one).digest()).decode()}'" for one in inside]


def _refused(scope: Scope) -> PlainTextResponse | None:
    """The answer to what nobody may ask; None for the rest."""
    _, streamlit, own = scope["path"].partition("/_stcore/")
    if not is_host_allowed(Headers(scope=scope).get("host")):
        return PlainTextResponse(OTHER_NAME, 421)
    if streamlit and own not in OPEN:
        return PlainTextResponse(CLOSED, 403)
    if scope["method"] not in METHODS:
        return PlainTextResponse(READ_ONLY, 405, {"Allow": ", ".join(METHODS)})
    return None


def _own(asked: Headers) -> bool:
    """Whether a websocket is opened under a name of ours, and by a page of that very name and port.

    Streamlit itself would take any page of the reader's own machine, and ask a third party for our address first.
    """
    host, origin = asked.get("host"), asked.get("origin")
    return is_host_allowed(host) and (origin is None or urlsplit(origin).netloc == host)


def _with(headers: Mapping[str, str], send: Send) -> Send:
    """Answers with our headers."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return told


def _unless_shell(scope: Scope, receive: Receive, send: Send) -> Send:
    """Answers of Streamlit's, but for its own page, which it gives at any address: there is none of ours there."""
    nowhere = False

    async def told(message: Message) -> None:
        nonlocal nowhere
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            nowhere = message["status"] == FOUND and kind.startswith("text/html")
            if nowhere:
                await shell.answer(None, scope, receive, send)
        if not nowhere:
            await send(message)

    return told


def _heard(receive: Receive) -> Receive:
    """What a reader's browser says, without what no page of ours makes it say."""

    async def heard() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or _kind(message.get("bytes") or b"") in SAID:
                return message

    return heard


def _answered(scope: Scope, send: Send) -> Send:
    """What a reader is sent, noted as such; not what the server sends itself when it opens pages in advance."""
    if scope.get("client") is OURSELVES:
        return send

    async def answered(message: Message) -> None:
        disturbed()
        await send(message)

    return answered


def _kind(said: bytes) -> str:
    """What a browser's message asks for; empty where it is none."""
    message = BackMsg()
    try:
        message.ParseFromString(said)
    except DecodeError:
        return ""
    kind = message.WhichOneof("type") or ""
    return (
        message.backend_operation_request.WhichOneof("payload") or "" if kind == "backend_operation_request" else kind
    )
