"""What happened to the networks, in lines that anybody can read: by keyboard, on a phone, aloud."""

from datetime import datetime
from typing import Final

import polars as pl

from ui import inert, words

NONE: Final = "No event in this period."


def listed(events: pl.DataFrame) -> str:
    """A line an event, by the number that stands on the charts; events: mark, time, called, title, source."""
    rows = events.sort("time").select("mark", "time", "called", "title", "source").iter_rows()
    return "\n".join(_line(*row) for row in rows) or NONE


def _line(mark: str, time: datetime, called: str, title: str, source: str | None) -> str:
    whose, what = inert.markdown(called), inert.markdown(title, 300)
    who = inert.link(source) if source else "simulated"
    return f"* **{inert.markdown(mark)}** · {words.day(time)} · {whose}: {what} ({who})"
