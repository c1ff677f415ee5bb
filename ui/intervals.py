"""What readers are told of intervals: what they say of a population that was read completely, and what they cannot."""

from typing import Final

import streamlit as st

from questions.resampled import SWEPT, Told
from questions.scenario import QUESTIONS
from ui import inert, tables, words

NOTE: Final = "95 % of resampled populations lie between the two."
LOW: Final = tables.number("95% from", NOTE)
HIGH: Final = tables.number("95% to", NOTE)


def explained(told: Told | None) -> None:
    """What a band is, of how many resampled populations, by which method; nothing where nothing was resampled."""
    if told is None:
        return
    heavy = (
        f"The largest of {inert.markdown(', '.join(told.heavy), 600)} are so far ahead (tail index of 2 or less) that "
        "the band is narrower than it should be. "
        if told.heavy
        else ""
    )
    st.caption(
        "The grey band is no error: everybody was counted. It holds 95 % of "
        f"{words.count(told.replicates)} populations that are drawn anew from the same parties, each counted never, "
        "once or several times. A wide band says that the number hangs on a few parties. "
        f"{heavy}Method {told.method}."
    )


def only() -> str:
    """Which scenarios are resampled."""
    told = {"percent": "{:g} %", "count": "{:g}"}
    asked = [QUESTIONS[kind] for kind in SWEPT]
    named = (f"{one.title.lower()} ({told[one.unit].format(one.usual)})" for one in asked)
    return f"Only these scenarios are resampled: {', '.join(named)}."
