"""The states of the data, said before any number: none yet, one network missing, old, failed, simulated."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from questions.trouble import Trouble
from ui import inert, words

FEW: Final = 3
BROKEN: Final = "This part of the page failed"
MORE: Final = "and {} more, on the page Data and method"


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


def missing(networks: Sequence[tuple[str, str]]) -> None:
    """Networks that were never read; the others are shown. networks: titles with reasons, empty if told elsewhere."""
    lines = [(title, inert.markdown(reason, 150)) for title, reason in networks]
    alike: dict[str, list[str]] = defaultdict(list)
    for title, reason in lines:
        alike[reason].append(title)
    # The headline has named them all: what is so of several needs not be said of each, and of all not of any.
    of_all = next(iter(alike)) if len(alike) == 1 else ""
    why = "" if of_all else _list([(_first(titles), reason) for reason, titles in alike.items() if reason])
    said = " ".join(filter(None, (f"**{_are(lines, 'missing')}**", of_all, "The other networks are shown.")))
    st.warning(f"{said}{why}", icon=":material/link_off:")


def stale(networks: Sequence[tuple[str, datetime, timedelta | None]], now: datetime) -> None:
    """Facts are old. networks: titles, the time they are of, and the cadence of those that are read on a schedule."""
    lines = [(title, f"of {words.day(time)}, {words.age(time, now)}{_due(every)}") for title, time, every in networks]
    st.warning(
        f"**{_are(lines, 'old')}** The numbers below are of that time.{_list(lines)}", icon=":material/schedule:"
    )


def _first(titles: Sequence[str]) -> str:
    return words.listed(list(titles)) if len(titles) <= FEW else f"{titles[0]} and {len(titles) - 1} more"


def _due(every: timedelta | None) -> str:
    return f", due every {words.duration(every)}" if every else ""


def _are(lines: Sequence[tuple[str, str]], state: str) -> str:
    """This network and that one are old."""
    return (
        f"{words.listed([inert.markdown(title) for title, _ in lines])} {'is' if len(lines) == 1 else 'are'} {state}."
    )


def _list(lines: Sequence[tuple[str, str]]) -> str:
    """The first few with their reasons; the headline named them all, and numbers must stay in sight."""
    return _few([f"{inert.markdown(title)}: {reason}" for title, reason in lines])


def _few(lines: Sequence[str]) -> str:
    """Lines of a list; that there is one more would take as much room as that one."""
    cut = len(lines) - FEW
    shown = [*lines[:FEW], MORE.format(cut)] if cut > 1 else lines
    return "".join(f"\n* {line}" for line in shown)


def imported(networks: Sequence[tuple[str, datetime, str]], now: datetime) -> None:
    """What the mark "(imported)" means. networks: titles, the time they are of, and where they are from."""
    lines = [
        (title, f"of {words.day(time)}, {words.age(time, now)}, {inert.markdown(place)}")
        for title, time, place in networks
    ]
    st.info(
        f"**{words.listed([inert.markdown(title) for title, _ in lines])}: not read from a chain by this program.** "
        "The numbers are those of a state file from the disk of whoever serves this page, of the time that was told "
        f"with it.{_list(lines)}",
        icon=":material/upload_file:",
    )


def failed(time: datetime, troubles: Sequence[Trouble], now: datetime) -> None:
    """Something cannot be read: one line a host, however many readings that stopped, and why, as the host said it."""
    lines = _few([_trouble(one) for one in troubles])
    headline = f"**The last run, {words.age(time, now)}, did not get everything.** What was read before is shown."
    st.error(f"{headline}{lines}", icon=":material/error:")


def damaged(files: Sequence[str], unpublished: datetime | None) -> None:
    """Stored files that are not what was written. unpublished: when a run began that this database does not know."""
    run = (
        f" The run of {words.moment(unpublished)} is not in this database: it is at work, or was interrupted."
        if unpublished
        else ""
    )
    if not files:
        st.info(run.strip(), icon=":material/pending:")
        return
    one = len(files) == 1
    said = f"**{words.sentence(words.several(len(files), 'stored file'))} {'is' if one else 'are'} torn.**"
    rest = f"What {'it holds' if one else 'they hold'} is left out, the rest is shown."
    lines = "".join(f"\n* {inert.markdown(file, 300)}" for file in files)
    st.error(f"{said} {rest}{run}{lines}", icon=":material/broken_image:")


def _trouble(one: Trouble) -> str:
    since = f" since {words.day(one.since)}, {one.since:%H:%M} UTC" if one.since else ""
    says, why, hurts = (inert.markdown(text, 200) for text in (one.says, one.message, one.hurts))
    return f"{says}{since} ({why}): {hurts}"


def short_history() -> None:
    """Curves have little to show yet: the one command that gives them a past."""
    st.info(
        "**Less than a week of history.** `python -m ingest backfill` reads what stood on each day of the last 26 "
        "weeks, from nodes that keep old states. It says what that costs before it starts, and goes on where it was "
        "cut off.",
        icon=":material/history:",
    )


def broken(what: str, reason: str) -> None:
    """A part of the page failed, at its place; the others are not touched by it."""
    st.error(
        f"**{BROKEN}: {inert.markdown(what, 200)}.** {inert.markdown(words.sentence(reason), 300)}. "
        "The rest of the page holds.",
        icon=":material/report:",
    )


def nothing(reason: str) -> None:
    """A blank place says why it is blank."""
    st.info(inert.markdown(reason, 300), icon=":material/remove:")
