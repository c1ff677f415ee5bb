"""What happened to the networks, in lines that anybody can read: by keyboard, on a phone, aloud."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import polars as pl

from ui import inert, words

NONE: Final = "No event in this period."


def listed(events: pl.DataFrame) -> str:
    """A line an event, by the number that stands on the charts; events: mark, time, called, title, source."""
    rows = events.sort("time").select("mark", "time", "called", "title", "source").iter_rows()
    return "\n".join(_line(*row) for row in rows) or NONE


def _line(mark: str, time: datetime, called: str, title: str, source: str | None) -> str:
    whose, what, who = inert.markdown(called), inert.markdown(title, 300), inert.markdown(_source(source))
    return f"* **{inert.markdown(mark)}** · {words.day(time)} · {whose}: {what} ({who})"


def _source(source: str | None) -> str:
    """Who says so: the host; the whole address stands in the table."""
    return urlsplit(source or "").hostname or "simulated"
