"""The files of each publish under /data: those of the data that pages show, and nothing beside them."""

from typing import Final

from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from streamlit.config import get_option

from store.mart import NoMart, data_folder, served_folder, site_folder

NOTHING: Final = "Nothing is published yet."


async def files(scope: Scope, receive: Receive, send: Send) -> None:
    """One file; the folder is looked up each time, since the first real data takes the place of the sample."""
    try:
        folder = site_folder(served_folder(data_folder()))
    except NoMart:
        await PlainTextResponse(NOTHING, 404)(scope, receive, send)
        return
    # No link out of the folder is followed.
    await StaticFiles(directory=folder, html=True, check_dir=False)(scope, receive, send)


def prefix() -> str:
    """Where the files stand, below the path under which the dashboard is served."""
    base = get_option("server.baseUrlPath").strip("/")
    return f"/{base}/data" if base else "/data"


def route() -> Mount:
    """All that is asked below that address."""
    return Mount(prefix(), app=files)
