"""The dashboard as a web server: app.py behind the border of ui/border.py. `python -m ingest serve` starts it."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.border import Border
from ui.shell import picture_route
from ui.site import routes

app = st.App(Path(__file__).parent / "app.py", routes=[*routes(), picture_route()], middleware=[Middleware(Border)])
