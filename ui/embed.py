"""One chart of a page by itself, for a frame on another page: `?embed=true&chart=KEY`, beside what else is chosen.

The page runs as always, since what is chosen stands in the address; other charts and tables are not drawn, and the
browser leaves the texts between them out of sight. The style for it comes with the first page (ui/shell.py).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urlencode

import streamlit as st

CHART: Final = "chart"
# As ui/inert.py makes names for files: nothing in it can end a style or a link.
KEY: Final = re.compile(r"[a-z0-9-]{1,100}")
LACKING: Final = (
    "This page has no such chart now: what it shows may not have been read, or its link is of another choice."
)
DRAWN: Final = "the chart that is shown by itself"


def named(query: str) -> str:
    """The chart that an address asks for by itself; empty where it asks for the whole page."""
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    chart = asked.get(CHART, "")
    return chart if asked.get("embed") == "true" and KEY.fullmatch(chart) else ""


def only() -> str:
    """The chart that the open page shows by itself; empty where it shows all."""
    chart = st.query_params.get(CHART, "")
    return chart if st.context.is_embedded and KEY.fullmatch(chart) else ""


def style(chart: str) -> str:
    """What leaves all but one chart out of sight."""
    own = f".st-key-alone-{chart}"
    # Columns beside it too, so that it has their width.
    within = "[data-testid=stMain] :is(.stVerticalBlock, .stHorizontalBlock)"
    return f"<style>{within} > :not(:has({own})):not({own}):not({own} *){{display:none}}</style>"


@contextmanager
def alone(chart: str) -> Iterator[bool]:
    """The place of a chart that can be shown by itself; whether it is to be drawn."""
    wanted = only()
    if wanted not in {"", chart}:
        yield False
        return
    with st.container(key=f"alone-{chart}"):
        st.session_state[DRAWN] = bool(wanted)
        yield True


def link(chart: str) -> str:
    """A link to a chart by itself, as Markdown; empty where it is shown so already."""
    if only():
        return ""
    chosen = {name: value for name, value in st.query_params.items() if name != CHART}
    return f"[This chart alone](?{urlencode({**chosen, 'embed': 'true', CHART: chart})})"


@contextmanager
def explained() -> Iterator[None]:
    """A page of which one chart is shown says so where it has none of that name."""
    st.session_state[DRAWN] = False
    try:
        yield
    finally:
        if (chart := only()) and not st.session_state[DRAWN]:
            with st.container(key=f"alone-{chart}"):
                st.markdown(LACKING)
