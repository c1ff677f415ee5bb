"""The dashboard's table of contents: one line a page."""

import streamlit as st

from ui import embed

PAGES = [
    st.Page("pages/scorecard.py", title="Scorecard", icon=":material/scoreboard:", default=True),
    st.Page("pages/power.py", title="Who holds power", icon=":material/groups:"),
    st.Page("pages/entity.py", title="Who is this", icon=":material/person_search:"),
    st.Page("pages/proposals.py", title="Proposals and votes", icon=":material/how_to_vote:"),
    st.Page("pages/whatif.py", title="What if", icon=":material/tune:"),
    st.Page("pages/trends.py", title="Trends", icon=":material/timeline:"),
    st.Page("pages/markets.py", title="Compute and emissions", icon=":material/storefront:"),
    st.Page("pages/migration.py", title="Migration", icon=":material/merge:"),
    st.Page("pages/claims.py", title="Claims", icon=":material/fact_check:"),
    st.Page("pages/sources.py", title="Data and method", icon=":material/verified:"),
]

# The icon comes first: a page's own would be fetched from a third party for the browser's tab.
st.set_page_config(page_icon="🔭", layout="wide")
page = st.navigation(PAGES, position="hidden" if st.context.is_embedded else "top")
st.set_page_config(page_title=f"{page.title} · DeAI Observatory")
with embed.explained():
    page.run()
