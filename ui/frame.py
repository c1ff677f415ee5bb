"""What every page is made of: its question, the state of the data, and sections that fail one by one."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec

import polars as pl
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from analytics.impossible import Impossible
from questions import freshness, history, trouble
from questions.populations import Population, populations
from store.faults import ReadingError
from store.mart import NoMart, data_folder
from ui import banners, cite, find, served
from ui.provenance import Provenance

P = ParamSpec("P")

log = logging.getLogger(__name__)


def section(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that may fail without the others: what failed is told at its place, by the part's docstring.

    Everything that a page draws is in a section, the page itself being the outermost.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except (ReadingError, NoMart, Impossible) as error:
            _tell(draw, str(error))
        # The one place that catches all: a reader must not lose a page to a fault in one part of it. Streamlit's own
        # stop and rerun are no Exceptions and pass.
        except Exception as error:
            log.exception("%s.%s", draw.__module__, draw.__qualname__)
            _tell(draw, f"an error of ours ({type(error).__name__}); the server's log has its trace")

    return drawn


def _tell(draw: Callable[..., None], reason: str) -> None:
    what = (draw.__doc__ or draw.__name__).splitlines()[0].rstrip(".")
    banners.broken(what, reason)


def begin(question: str) -> list[Population]:
    """The page's question as its title, the state of the data; what can be looked at. Stops where there is nothing."""
    _leave_discovery()
    top = st.container(horizontal=True, vertical_alignment="center")
    top.title(question, anchor=False)
    try:
        served.folder()
    except NoMart:
        banners.no_data(str(data_folder()))
        st.stop()
    with top:
        search()
    sought()
    state()
    cite.asked()
    known = served.asked(populations)
    if not known:
        banners.nothing("The database has no holdings yet. The page Data and method says what was tried.")
        st.stop()
    return known


def _leave_discovery() -> None:
    """Start again through app.py when Streamlit found this page by itself.

    Until app.py has run once in a process, Streamlit takes every file of a folder named pages/ for a page of its own
    making: without this the first reader who follows a link would get a page without title, layout and navigation.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@section
def search() -> None:
    """The search on top."""
    if not st.context.is_embedded:
        find.box()


@section
def sought() -> None:
    """Whom the search on top may mean."""
    find.found()


@section
def state() -> None:
    """Banners for simulated, missing, stale and failed, each only when it is so."""
    now = datetime.now(UTC)
    if served.asked(freshness.simulated):
        banners.simulated()
        return
    imported = served.asked(freshness.imported)
    if not imported.is_empty():
        banners.imported(imported.rows(), now)
    # To the minute, so that the answer can be kept.
    networks = served.asked(freshness.by_network, now.replace(second=0, microsecond=0))
    # Of what was imported it is told above how old it is.
    due = networks.filter(~pl.col("title").is_in(imported["title"].to_list()))
    stale = due.filter(state="stale").select("title", "oldest", pl.duration(seconds="every_seconds"))
    if not stale.is_empty():
        banners.stale(stale.rows(), now)
    runs = served.asked(freshness.last_runs, 1)
    # Before the first run nobody has missed anything; a state that was imported can be old all the same.
    if runs.is_empty():
        return
    found = served.asked(trouble.troubles)
    # What stopped them is told once, with all that it stopped.
    explained = [name for one in found for name, _ in one.titles]
    reason = pl.when(pl.col("network").is_in(explained)).then(pl.lit("")).otherwise(pl.lit("Never read."))
    missing = networks.filter(state="missing").select("title", reason)
    if not missing.is_empty():
        banners.missing(missing.rows())
    if found:
        banners.failed(runs["started"][0], found, now)


@section
def past() -> None:
    """What gives the curves a past, while they have less than a week."""
    if 0 < served.asked(history.days_read) < history.WEEK:
        banners.short_history()


def source(population: Population, grouping: str = "", unit: str = "") -> Provenance:
    """Where the numbers of a population come from."""
    return Provenance(
        network=population.title,
        population=population.thing,
        unit=unit or population.token_unit,
        height=population.height,
        time=population.time,
        source=population.endpoint,
        method=population.method,
        grouping=grouping,
        n=population.n,
        simulated=population.simulated,
        chain_id=population.chain_id,
        hash=population.hash,
    )
