"""The dashboard's table of contents: one line a page."""

import streamlit as st

PAGES = [
    st.Page("pages/scorecard.py", title="Scorecard", icon=":material/scoreboard:", default=True),
    st.Page("pages/power.py", title="Who holds power", icon=":material/groups:"),
    st.Page("pages/proposals.py", title="Proposals and votes", icon=":material/how_to_vote:"),
    st.Page("pages/whatif.py", title="What if", icon=":material/tune:"),
    st.Page("pages/trends.py", title="Trends", icon=":material/timeline:"),
    st.Page("pages/markets.py", title="Compute and emissions", icon=":material/storefront:"),
    st.Page("pages/sources.py", title="Data and method", icon=":material/verified:"),
]

st.set_page_config("DeAI Observatory", "🔭", layout="wide")
st.navigation(PAGES, position="top").run()
