"""Controls whose choice is part of the page's address, so that a link shows the same thing to the next reader.

Streamlit's own `bind` writes labels into the address. Ours change (a proposal is open, then it is not) and some are
written by strangers; these controls write the stable keys behind them instead. A key that is gone is ignored.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def choice(
    label: str, keys: Sequence[str], told: Callable[[str], str], *, key: str, default: str = "", **look: Any
) -> str:
    """One of several in a menu; the first, or `default`, unless the address says otherwise."""
    first = default or keys[0]
    _begin(key, keys, first)
    chosen = str(st.selectbox(label, keys, format_func=told, key=key, **look))
    _note(key, chosen, first)
    return chosen


def segments(label: str, told: dict[str, str], *, key: str, default: str, **look: Any) -> str:
    """One of a few, all in sight."""
    _begin(key, list(told), default)
    # None for a moment after a change of pages that share the control.
    chosen = st.segmented_control(label, list(told), format_func=told.__getitem__, key=key, required=True, **look)
    _note(key, str(chosen or default), default)
    return str(chosen or default)


def several(
    label: str, keys: Sequence[str], told: Callable[[str], str], *, key: str, default: Sequence[str]
) -> tuple[str, ...]:
    """Any number of several; keys hold no commas."""
    if key not in st.session_state:
        wanted = [one for one in st.query_params.get(key, "").split(",") if one in keys]
        st.session_state[key] = wanted or list(default)
    chosen = tuple(st.multiselect(label, keys, format_func=told, key=key))
    _note(key, ",".join(chosen), ",".join(default))
    return chosen


def _begin(key: str, keys: Sequence[str], default: str) -> None:
    """What the address says comes first; what was chosen before and is gone now is forgotten."""
    if st.session_state.get(key) not in keys:
        told = st.query_params.get(key)
        st.session_state[key] = told if told in keys else default


def _note(key: str, chosen: str, default: str) -> None:
    """The address says what differs from what a reader sees first, and goes on saying what it said once."""
    if st.query_params.get(key, default) != chosen:
        st.query_params[key] = chosen
