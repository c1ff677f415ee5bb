"""The search on top of every page: it shows whom it names, or those whom it may mean, each with a link.

Nobody is led anywhere by it: Streamlit leaves a step of its own in the browser's history where a page leads on by
itself, so that going back would not undo it.
"""

from typing import Final

import streamlit as st

from questions.candidates import Candidates, candidates
from questions.entity import entity, named
from questions.populations import populations
from questions.search import beginnings, misspelled, respelled
from store.addresses import LONGEST_PASTED
from ui import banners, inert, link, served, words
from ui import entity as told

FIELD: Final = "find"
ASKED: Final = "what the search on top was asked"
# So many are shown on top of another page.
FEW: Final = 5


def box() -> None:
    """The field; what is written there is asked once."""
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


def _ask() -> None:
    st.session_state[ASKED] = st.session_state[FIELD].strip()
    st.session_state[FIELD] = ""


def found() -> None:
    """Whom the search on top may mean, in the run in which it was asked."""
    text = st.session_state.pop(ASKED, "")
    if not text:
        return
    whose = served.asked(named, text)
    one = served.asked(entity, whose) if whose else None
    if one is not None:
        # What is said of a spelling of another chain stands on the page.
        more = {"q": text} if served.asked(respelled, text) else {}
        link.entity(whose, told.called(one), **more)
        return
    several = served.asked(candidates, served.asked(populations), text)
    cards(several, text, FEW)
    if len(several.found) > FEW:
        link.search(text, f"All {words.count(len(several.found))} candidates")


def cards(several: Candidates, text: str, most: int) -> None:
    """Those whom a search may mean, each with what tells it from others."""
    if not several.found:
        wrong = misspelled(text)
        banners.nothing(f"{words.sentence(wrong)}." if wrong else "Nobody of that address or name is known here.")
        return
    st.markdown(told.asked_which(several, text))
    for one in several.found[:most]:
        with st.container(border=True, gap="xxsmall"):
            link.entity(one.key, inert.plain(one.name) or words.short(one.address))
            st.markdown(told.candidate(one))
