"""The first reader of a process: opens each page once, so that nobody after it waits for imports and first answers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message
from streamlit.config import get_option
from streamlit.file_util import get_static_dir
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui.calm import OURSELVES, calm
from ui.packed import CODES, packed
from ui.shell import pages
from ui.site import base

log = logging.getLogger(__name__)
# Who starts a server does not wait longer for it to listen.
LATEST_SECONDS: Final = 5.0
# A page that takes longer has a fault, which its next reader is told of.
PATIENCE_SECONDS: Final = 60.0


@asynccontextmanager
async def warmed(app: ASGIApp) -> AsyncIterator[None]:
    """A process that begins to listen when its first page is ready, or takes too long; the other pages follow."""
    first = asyncio.create_task(visited(app, [""]))
    others = asyncio.create_task(_others(app, first))
    await asyncio.wait([first], timeout=LATEST_SECONDS)
    try:
        yield
    finally:
        others.cancel()
        with suppress(asyncio.CancelledError):
            await others


async def _others(app: ASGIApp, first: asyncio.Task[None]) -> None:
    # On a core of its own while the first page takes the other.
    for script in {script for page in pages().values() for script in page.scripts}:
        path = Path(get_static_dir()) / script
        await asyncio.to_thread(packed, path, next(iter(CODES)), path.stat().st_mtime_ns)
    await first
    await visited(app, [name for name in pages() if name])


async def visited(app: ASGIApp, names: Iterable[str]) -> None:
    """Opens pages one after the other, as a browser does, but without a network between, and while nobody else does.

    A reader who comes meanwhile has the process for himself: two pages at once take each other's time.
    """
    said: asyncio.Queue[Message] = asyncio.Queue()
    told: asyncio.Queue[Message] = asyncio.Queue()
    scope = {
        "type": "websocket",
        "path": f"{base()}/_stcore/stream",
        "raw_path": f"{base()}/_stcore/stream".encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "ws",
        "headers": [(b"host", _name().encode()), (b"sec-websocket-protocol", b"streamlit")],
        "subprotocols": ["streamlit"],
        "client": OURSELVES,
    }
    await said.put({"type": "websocket.connect"})
    session = asyncio.ensure_future(app(scope, said.get, told.put))
    try:
        for name in names:
            await calm()
            message = BackMsg()
            message.rerun_script.page_name = name
            await said.put({"type": "websocket.receive", "bytes": message.SerializeToString()})
            await asyncio.wait_for(_finished(told), PATIENCE_SECONDS)
    except (TimeoutError, ConnectionError):
        log.warning("the pages were not opened in advance: the first reader of each waits a little")
    finally:
        await said.put({"type": "websocket.disconnect", "code": 1000})
        await session


def _name() -> str:
    """A name to which this server answers."""
    names: list[str] = get_option("server.allowedHosts") or ["localhost"]
    return names[0]


async def _finished(told: asyncio.Queue[Message]) -> None:
    """Takes in what a page sends until it has run."""
    while True:
        message = await told.get()
        if message["type"] == "websocket.close":
            raise ConnectionError
        if not message.get("bytes"):
            continue
        found = ForwardMsg.FromString(message["bytes"])
        if found.WhichOneof("type") == "script_finished" and found.script_finished != found.FINISHED_EARLY_FOR_RERUN:
            return
