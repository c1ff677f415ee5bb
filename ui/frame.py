"""What every page begins with: its question, the state of the data, and what to do when there is none."""

from datetime import UTC, datetime

import polars as pl
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from analytics import freshness
from analytics.populations import Population, populations
from store.mart import NoMart, data_folder
from ui import banners, served
from ui.provenance import Provenance


def begin(question: str) -> list[Population]:
    """The page's question as its title, the state of the data; what can be looked at. Stops where there is nothing."""
    _leave_discovery()
    st.title(question, anchor=False)
    try:
        served.folder()
    except NoMart:
        banners.no_data(str(data_folder()))
        st.stop()
    state()
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


def state() -> None:
    """Banners for simulated, missing, stale and failed, each only when it is so."""
    now = datetime.now(UTC)
    if served.asked(freshness.simulated):
        banners.simulated()
        return
    runs = served.asked(freshness.last_runs, 1)
    if runs.is_empty():
        return
    # To the minute, so that the answer can be kept.
    networks = served.asked(freshness.by_network, now.replace(second=0, microsecond=0))
    missing = networks.filter(state="missing").select("title", pl.col("reason").fill_null("It was never read."))
    if not missing.is_empty():
        banners.missing(missing.rows())
    stale = networks.filter(state="stale").select("title", "oldest", pl.duration(seconds="every_seconds"))
    if not stale.is_empty():
        banners.stale(stale.rows(), now)
    errors = served.asked(freshness.run_errors, 100).filter(run=runs["id"][0])
    if not errors.is_empty():
        told = [(f"{network} {reading}", message) for network, reading, message in _named(errors)]
        banners.failed(runs["started"][0], told, now)


def _named(errors: pl.DataFrame) -> list[tuple[str, str, str]]:
    return [(row[0], row[1], row[2]) for row in errors.select("network", "reading", "message").iter_rows()]


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
    )
