"""The dashboard as a web server: app.py behind the border of ui/border.py. `python -m ingest serve` starts it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.beside import listening
from ui.border import Border
from ui.shell import picture_route
from ui.site import routes
from ui.warm import warmed


@asynccontextmanager
async def _running(app: st.App) -> AsyncIterator[None]:
    async with listening(app), warmed(app):
        yield


app = st.App(
    Path(__file__).parent / "app.py",
    routes=[*routes(), picture_route()],
    middleware=[Middleware(Border)],
    lifespan=_running,
)
