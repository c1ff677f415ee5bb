"""The search on top of every page: it leads to whom it names, or to those whom it may mean."""

from typing import Final

import streamlit as st

from questions.entity import named
from questions.search import beginnings, respelled
from store.addresses import LONGEST_PASTED
from ui import inert, served

PAGE: Final = "pages/entity.py"
FIELD: Final = "find"
ASKED: Final = "what the search on top was asked"


def box() -> None:
    """The field; what is written there is asked once, so that going back in the browser leads back."""
    st.text_input(
        "Find an address, a link or a name",
        key=FIELD,
        max_chars=LONGEST_PASTED,
        placeholder="Find: address, link or name",
        help=f"Whole or cut short: {', '.join(served.asked(beginnings))}; a link to one, or a name.",
        icon=":material/search:",
        label_visibility="collapsed",
        width=380,
        on_change=_ask,
    )
    text = st.session_state.pop(ASKED, "").strip()
    if text:
        st.switch_page(PAGE, query_params=_query(text))


def _ask() -> None:
    st.session_state[ASKED] = st.session_state[FIELD]
    st.session_state[FIELD] = ""


def _query(text: str) -> dict[str, str]:
    """What the address of the page says: whom, where somebody is meant; what was asked, where that says more."""
    whose = served.asked(named, text)
    asked = {"q": text} if not whose or served.asked(respelled, text) else {}
    return {"of": whose, **asked} if whose else asked


def lead(of: str) -> None:
    """To the page of an entity."""
    st.switch_page(PAGE, query_params={"of": of})


def link(of: str, name: str) -> None:
    """A link to the page of an entity by its name."""
    label = f"All about {inert.markdown(name)}"
    st.page_link(PAGE, label=label, icon=":material/person_search:", query_params={"of": of})


def moved(text: str) -> None:
    """Where a link of before leads that searched on the page itself."""
    label = f"What is known of {inert.markdown(text, 60)} has a page of its own"
    st.page_link(PAGE, label=label, icon=":material/person_search:", query_params=_query(text))
