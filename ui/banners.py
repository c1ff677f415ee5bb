"""The states of the data, said before any number: none yet, one network missing, old, failed, simulated."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from ui import inert, words


def no_data(folder: str) -> None:
    """There is no database yet: the two commands that make one."""
    st.info(
        f"No data yet in `{inert.plain(folder).replace('`', '')}`. Read the networks with `python -m ingest run`, "
        "or look at simulated numbers first with `python -m ingest sample`.",
        icon=":material/database_off:",
    )


def simulated() -> None:
    """Every number is invented, so that nobody quotes one."""
    st.warning(
        "**Simulated numbers.** This is the sample; nothing here says anything about a real network.",
        icon=":material/science:",
    )


def missing(title: str, reason: str) -> None:
    """One network could not be read; the others are shown."""
    st.warning(
        f"**{inert.markdown(title)} is missing.** {inert.markdown(reason, 300)} The other networks are shown.",
        icon=":material/link_off:",
    )


def stale(title: str, time: datetime, every: timedelta, now: datetime) -> None:
    """Facts are older than twice their schedule."""
    st.warning(
        f"**{inert.markdown(title)} is old.** Read {words.age(time, now)}, due every {words.duration(every)}. "
        "The numbers below are of that time.",
        icon=":material/schedule:",
    )


def failed(time: datetime, errors: Sequence[tuple[str, str]], now: datetime) -> None:
    """The last run did not get everything: what, and why, as the source said it."""
    lines = "".join(f"\n* {inert.markdown(what)}: {inert.markdown(why, 300)}" for what, why in errors[:5])
    more = f"\n* and {len(errors) - 5} more, on the page Data and method" if len(errors) > 5 else ""
    st.error(
        f"**The last run, {words.age(time, now)}, did not get everything.** What it got before is shown.{lines}{more}",
        icon=":material/error:",
    )


def nothing(reason: str) -> None:
    """A blank place says why it is blank."""
    st.info(inert.markdown(reason, 300), icon=":material/remove:")
