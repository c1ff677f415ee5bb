"""The files of each publish under /data: those of the data that pages show, and nothing beside them."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send
from streamlit.config import get_option

from store.mart import NoMart, data_folder, served_folder, site_folder
from ui.packed import ASK_AGAIN, Files

NOTHING: Final = "Nothing is published yet."


async def files(scope: Scope, receive: Receive, send: Send) -> None:
    """One file; the folder is looked up each time, since the first real data takes the place of the sample."""
    folder = _folder()
    if folder is None:
        await PlainTextResponse(NOTHING, 404)(scope, receive, send)
        return
    # No link out of the folder is followed.
    await Files(folder, ASK_AGAIN, html=True)(scope, receive, send)


def _folder() -> Path | None:
    """Where the files are; None before the first publish, and where one of an earlier version wrote none."""
    try:
        folder = site_folder(served_folder(data_folder()))
    except NoMart:
        return None
    return folder if folder.is_dir() else None


def base() -> str:
    """The path under which the dashboard is served, without a slash at its end."""
    own = get_option("server.baseUrlPath").strip("/")
    return f"/{own}" if own else ""


def prefix() -> str:
    """Where the files stand, below the path under which the dashboard is served."""
    return f"{base()}/data"


async def with_a_slash(request: Request) -> RedirectResponse:  # noqa: ARG001
    """The folder itself; told in relative words, whatever stands before it."""
    return RedirectResponse("data/", 308)


def routes() -> list[BaseRoute]:
    """All that is asked at that address and below it."""
    return [Route(prefix(), with_a_slash), Mount(prefix(), app=files)]
