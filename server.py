"""The dashboard as a web server: app.py behind the border of ui/border.py. `python -m ingest serve` starts it."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from ui.beside import listening
from ui.border import Border
from ui.shell import picture_route
from ui.site import routes
from ui.warm import warmed


def _told() -> dict[str, Any]:
    """Options of Streamlit by the environment variables that it names, which its own command line alone would read."""
    told: dict[str, Any] = {}
    for name, option in config.get_config_options().items():
        text = os.environ.get(option.env_var)
        if text is None:
            continue
        if option.multiple:
            told[name] = text.split()
        elif option.type is bool:
            told[name] = text.lower() in {"1", "true", "yes", "on"}
        else:
            told[name] = option.type(text)
    return told


# What Streamlit says of a changed option is meant for a server that runs already.
told = _told()
logging.disable(logging.WARNING)
config.get_config_options(force_reparse=True, options_from_flags=told)
logging.disable(logging.NOTSET)


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
