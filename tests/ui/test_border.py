"""The border by itself: which requests reach the dashboard, which messages, and what is on every answer."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg

from ui.border import Border

# Of all that a browser can say, what pages of ours make it say.
SAID: Final = {"rerun_script", "stop_script", "app_heartbeat"}
OPERATIONS: Final = {"deferred_file", "dataframe_chunk"}
OURS: Final = "127.0.0.1:8501"


def run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """In a thread of its own: a browser's tests leave their loop running in this one."""
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, Border(app)(scope, receive, send)).result()


def answered(kind: str, path: str = "/", method: str = "GET", **headers: str) -> list[Message]:
    """What is answered where the dashboard itself would say yes to everything."""
    sent: list[Message] = []

    async def yes(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("yes")(scope, receive, send)
        else:
            await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": f"{kind}.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    run(yes, {"type": kind, "path": path, "method": method, "headers": named}, receive, send)
    return sent


@pytest.mark.parametrize(
    ("path", "method", "host", "status"),
    [
        ("/power", "GET", OURS, 200),
        ("/_stcore/health", "HEAD", OURS, 200),
        ("/_stcore/metrics", "GET", OURS, 403),
        ("/_stcore/upload_file/a/b", "PUT", OURS, 403),
        ("/power", "POST", OURS, 405),
        ("/power", "GET", "evil.example", 421),
    ],
)
def test_what_no_page_needs_is_refused_and_every_answer_has_its_headers(
    path: str, method: str, host: str, status: int
) -> None:
    start, *_ = answered("http", path, method, host=host)
    headers = dict(start["headers"])
    assert start["status"] == status
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'; script-src 'self' 'sha256-")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"host": OURS}, "websocket.accept"),
        ({"host": OURS, "origin": f"http://{OURS}"}, "websocket.accept"),
        ({"host": OURS, "origin": "http://evil.example"}, "websocket.close"),
        ({"host": "evil.example"}, "websocket.close"),
    ],
)
def test_only_a_page_of_the_same_name_opens_a_websocket(headers: dict[str, str], kind: str) -> None:
    told: Any = answered("websocket", "/_stcore/stream", **headers)
    assert [message["type"] for message in told] == [kind]


def said(kind: str, operation: str = "") -> bytes:
    """A browser's message of a kind; operation: what it asks of the server beside a rerun."""
    message = BackMsg()
    field = BackMsg.DESCRIPTOR.fields_by_name[kind]
    if operation:
        getattr(message.backend_operation_request, operation).SetInParent()
    elif field.message_type:
        getattr(message, kind).SetInParent()
    else:
        setattr(message, kind, True)
    return bytes(message.SerializeToString())


KINDS: Final = [field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields]
PAYLOADS: Final = [field.name for field in BackendOperationRequest.DESCRIPTOR.oneofs_by_name["payload"].fields]
MESSAGES: Final = {
    **{kind: (said(kind), kind in SAID) for kind in KINDS if kind != "backend_operation_request"},
    **{payload: (said("backend_operation_request", payload), payload in OPERATIONS) for payload in PAYLOADS},
    "nothing": (b"", False),
    "no message": (b"no message at all", False),
}


@pytest.mark.parametrize(("message", "heard"), MESSAGES.values(), ids=MESSAGES)
def test_only_what_pages_make_a_browser_say_is_heard(message: bytes, heard: bool) -> None:
    arrived: list[bytes] = []
    messages: Iterator[Message] = iter(
        [{"type": "websocket.receive", "bytes": message}, {"type": "websocket.disconnect"}]
    )

    async def streamlit(_: Scope, receive: Receive, __: Send) -> None:
        while (one := await receive())["type"] == "websocket.receive":
            arrived.append(one["bytes"])

    async def receive() -> Message:
        return next(messages)

    async def send(_: Message) -> None:
        raise AssertionError("nothing is answered")

    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [(b"host", b"127.0.0.1")]}
    run(streamlit, scope, receive, send)
    assert arrived == ([message] if heard else [])
