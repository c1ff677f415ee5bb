"""Controls whose choice is part of the page's address, so that a link shows the same thing to the next reader.

Streamlit's own `bind` writes labels into the address. Ours change (a proposal is open, then it is not) and some are
written by strangers; these controls write the stable keys behind them instead. A key that is gone is told, and the
first is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui import inert

NOTED: Final = "the address of the open page"
# Of the field beside a slider, whose key it follows.
TYPED: Final = " typed"


def choice(
    label: str, keys: Sequence[str], told: Callable[[str], str], *, key: str, default: str = "", **look: Any
) -> str:
    """One of several in a menu; the first, or `default`, unless the address says otherwise."""
    first = default or keys[0]
    _begin(key, keys, first, told)
    chosen = str(st.selectbox(label, keys, format_func=told, key=key, **look))
    _note(key, chosen, first)
    return chosen


def segments(label: str, told: dict[str, str], *, key: str, default: str, **look: Any) -> str:
    """One of a few, all in sight."""
    _begin(key, list(told), default, told.__getitem__)
    # None for a moment after a change of pages that share the control.
    chosen = st.segmented_control(label, list(told), format_func=told.__getitem__, key=key, required=True, **look)
    _note(key, str(chosen or default), default)
    return str(chosen or default)


def several(
    label: str, keys: Sequence[str], told: Callable[[str], str], *, key: str, default: Sequence[str], **look: Any
) -> tuple[str, ...]:
    """Any number of several; keys hold no commas."""
    _go_back(key)
    if key in st.session_state:
        before = list(st.session_state[key])
    else:
        before = [one for one in st.query_params.get(key, "").split(",") if one]
        for gone in [one for one in before if one not in keys][:1]:
            _tell(gone, "the others" if any(one in keys for one in before) else "the first")
    wanted = [one for one in before if one in keys]
    # Nobody may be chosen on purpose, but not because those who were chosen are of another network.
    if not wanted and (before or key not in st.session_state):
        wanted = list(default)
        st.query_params.pop(key, None)
    if st.session_state.get(key) != wanted:
        st.session_state[key] = wanted
    chosen = tuple(st.multiselect(label, keys, format_func=told, key=key, **look))
    _note(key, ",".join(chosen), ",".join(default))
    return chosen


def number(label: str, low: int, high: int, *, key: str, default: int) -> int:
    """A whole number between two others."""
    _begin_number(key, low, high, default)
    chosen = int(st.number_input(label, low, high, step=1, key=key))
    _note(key, f"{chosen}", f"{default}")
    return chosen


def slid_or_typed(label: str, low: float, high: float, *, key: str, default: float, step: float) -> float:
    """A number between two others, slid or typed; both stand in a form whose button calls `settle`."""
    if _begin_number(key, low, high, default) or key + TYPED not in st.session_state:
        st.session_state[key + TYPED] = st.session_state[key]
    chosen = float(st.slider(label, low, high, step=step, format="%g", key=key))
    st.number_input("or typed", low, high, step=step, format="%g", key=key + TYPED, width=130)
    _note(key, f"{chosen:g}", f"{default:g}")
    return chosen


def settle(key: str, default: float) -> None:
    """Of a number that is slid or typed, what was typed anew counts, else what was slid; then both say it."""
    typed = st.session_state.get(key + TYPED)
    if typed is None:
        return
    if f"{typed:g}" != st.query_params.get(key, f"{default:g}"):
        st.session_state[key] = typed
    else:
        st.session_state[key + TYPED] = st.session_state[key]


def _begin_number(key: str, low: float, high: float, default: float) -> bool:
    """The number that the address says, where none is chosen: whether that was so."""
    _go_back(key)
    if low <= st.session_state.get(key, low - 1) <= high:
        return False
    asked = st.query_params.get(key, f"{default:g}")
    found = _number(asked)
    if not low <= found <= high:
        found = default
        st.query_params.pop(key, None)
        _tell(asked, f"{default:g}")
    st.session_state[key] = type(low)(found)
    return True


def _number(text: str) -> float:
    """The number that a text is; one that is between no two others where it is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def days(told: Mapping[str, str], first: date, last: date, *, default: Mapping[str, date]) -> tuple[date, ...]:
    """Days between two others, in the address as 2026-11-30: all of them where one is not the usual one.

    told: labels by keys.
    """
    for key in told:
        _begin_day(key, first, last, default[key])
    # Not `required`, by which Streamlit says of a group of fields what may be said of a field only; empty is as usual.
    chosen = {
        key: st.date_input(label, min_value=first, max_value=last, key=key, format="YYYY-MM-DD") or default[key]
        for key, label in told.items()
    }
    said = {key: one.isoformat() for key, one in chosen.items()}
    # At once: each write is a place to which Back leads.
    if any(st.query_params.get(key, default[key].isoformat()) != one for key, one in said.items()):
        st.query_params.update(said)
    for key in told:
        _noted()[key] = st.query_params.get(key, "")
    return tuple(chosen.values())


def _begin_day(key: str, first: date, last: date, default: date) -> None:
    _go_back(key)
    if first <= (st.session_state.get(key) or date.min) <= last:
        return
    asked = st.query_params.get(key, default.isoformat())
    found = _day(asked)
    if not first <= found <= last:
        found = default
        st.query_params.pop(key, None)
        _tell(asked, default.isoformat())
    st.session_state[key] = found


def _day(text: str) -> date:
    """The day that a text is; one before all others where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def pin(key: str, chosen: str) -> None:
    """The address says this choice always, also where it is the first: the first changes with time."""
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    _noted()[key] = chosen


def respell(key: str, today: Callable[[str], str]) -> None:
    """A choice that an old link spells otherwise is spelled as today; links are kept for years."""
    asked = st.query_params.get(key, "")
    if asked and today(asked) != asked:
        st.query_params[key] = today(asked)


def forget(*keys: str) -> None:
    """What was chosen under these keys is gone, from the session and from the address."""
    for key in keys:
        st.session_state.pop(key, None)
        st.session_state.pop(key + TYPED, None)
        st.query_params.pop(key, None)
        _noted().pop(key, None)


def _begin(key: str, keys: Sequence[str], default: str, told: Callable[[str], str]) -> None:
    """What the address says comes first; what was chosen before and is gone now is forgotten."""
    _go_back(key)
    if st.session_state.get(key) in keys:
        return
    fresh = key not in st.session_state
    asked = st.query_params.get(key, default)
    st.session_state[key] = asked if asked in keys else default
    if asked not in keys:
        st.query_params.pop(key, None)
        if fresh:
            _tell(asked, told(default))


def _tell(asked: str, shown: str) -> None:
    """A link that names what is not here is answered, so that nobody takes the one for the other."""
    st.toast(
        f"The link names '{inert.markdown(asked)}', which is not here; showing {inert.markdown(shown)}.",
        icon=":material/link_off:",
        duration="infinite",
    )


def _note(key: str, chosen: str, default: str) -> None:
    """The address says what differs from what a reader sees first, and goes on saying what it said once."""
    if st.query_params.get(key, default) != chosen:
        st.query_params[key] = chosen
    _noted()[key] = st.query_params.get(key, "")


def _go_back(key: str) -> None:
    """Forget a choice where the address says another thing than after the last run: a reader went back or forth."""
    if _noted().get(key, said := st.query_params.get(key, "")) != said:
        st.session_state.pop(key, None)


def _noted() -> dict[str, str]:
    """What the address said of each choice when the page that is open last ran."""
    context = get_script_run_ctx()
    page = context.page_script_hash if context else ""
    if st.session_state.get(NOTED, ("", {}))[0] != page:
        st.session_state[NOTED] = (page, {})
    noted: dict[str, str] = st.session_state[NOTED][1]
    return noted


# The page on somebody.
ENTITY: Final = "pages/entity.py"


def entity(of: str, name: str, **more: str) -> None:
    """A link to the page of an entity by its name."""
    label = f"All about {inert.markdown(name)}"
    st.page_link(ENTITY, label=label, icon=":material/person_search:", query_params={"of": of, **more})


def search(text: str, label: str) -> None:
    """A link to all whom a text may mean."""
    st.page_link(ENTITY, label=inert.markdown(label), icon=":material/person_search:", query_params={"q": text})
