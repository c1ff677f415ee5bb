"""Controls that several pages share; each is part of the page's address, so that a link shows the same thing."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.holders import Found
from analytics.metrics import METRICS
from analytics.populations import Population
from analytics.proposals import Proposal
from analytics.rules import Threshold
from analytics.scenario import QUESTIONS, Question
from ui import inert, words

MEASURES = {
    "stake": "Stake",
    "voting_power": "Voting power",
    "emission": "Emission",
    "compute_supply": "Compute supply",
    "compute_spend": "Compute spend",
    "token": "Tokens",
    "control": "Control",
}
GROUPINGS = {
    "control": "One party once",
    "address": "Plain addresses",
    "ownership": "Without custodians",
}
GROUPING_NOTE = (
    "One party once: addresses of one party are merged, protocol accounts are left out. "
    "Plain addresses: as the chain has them. Without custodians: exchanges, which hold for many, are left out as well."
)


def network(known: Sequence[Population]) -> str:
    """The name of a network."""
    titles = {one.network: one.title for one in known}
    return st.selectbox("Network", list(titles), format_func=titles.__getitem__, key="net", bind="query-params")


def measure(known: Sequence[Population]) -> str:
    """What is shared: stake, emission, spend."""
    found = list(dict.fromkeys(one.measure for one in known))
    # What decides comes first.
    found.sort(key=lambda name: name != "voting_power")
    return st.selectbox(
        "What", found, format_func=lambda name: MEASURES.get(name, name), key="what", bind="query-params"
    )


def population(known: Sequence[Population]) -> Population:
    """Who is compared with whom."""
    by_key = {one.key: one for one in sorted(known, key=lambda one: ("@" in one.key or "subnet:" in one.key, -one.n))}
    readings = {one.reading for one in known}
    several = {one.heading for one in known if len({o.reading for o in known if o.heading == one.heading}) > 1}

    def told(key: str) -> str:
        one = by_key[key]
        return f"{one.heading} ({one.reading})" if len(readings) > 1 and one.heading in several else one.heading

    chosen = st.selectbox("Among", list(by_key), format_func=told, key="of", bind="query-params")
    return by_key[chosen]


def grouping() -> str:
    """How addresses are merged into parties."""
    chosen = st.segmented_control(
        "Parties",
        list(GROUPINGS),
        format_func=GROUPINGS.__getitem__,
        default="control",
        required=True,
        key="group",
        help=GROUPING_NOTE,
        bind="query-params",
    )
    return str(chosen)


def threshold(found: Sequence[Threshold]) -> Threshold:
    """Which threshold: the chain's own rules, then general ones."""
    by_key = {one.key: one for one in found}
    chosen = st.selectbox(
        "Threshold",
        list(by_key),
        format_func=lambda key: words.sentence(by_key[key].action or by_key[key].amount),
        key="rule",
        help="The chain's own rules come first. The others are no rule of the chain; they allow comparing.",
        bind="query-params",
    )
    return by_key[chosen]


def proposal(found: Sequence[Proposal]) -> Proposal:
    """One proposal; open ones first."""
    by_key = {one.key: one for one in found}

    def told(key: str) -> str:
        one = by_key[key]
        mark = " (open)" if one.is_open else ""
        return f"{one.network_title} {one.number}{mark}: {inert.plain(one.title)}"

    return by_key[st.selectbox("Proposal", list(by_key), format_func=told, key="p", bind="query-params")]


def question() -> str:
    """Which kind of scenario."""
    return st.selectbox(
        "What if",
        list(QUESTIONS),
        format_func=lambda kind: QUESTIONS[kind].title,
        key="if",
        bind="query-params",
    )


def amount(asked: Question) -> float:
    """The number of a scenario: a share in per cent, or how many."""
    if asked.unit == "percent":
        return float(
            st.slider("Per cent", asked.low, float(asked.high), float(asked.usual), 0.5, key="pct", bind="query-params")
        )
    low, high, usual = int(asked.low), int(asked.high), int(asked.usual)
    return float(st.number_input("How many", low, high, usual, key="many", bind="query-params"))


def parties(asked: Question, ranks: pl.DataFrame) -> tuple[str, ...]:
    """The parties that a scenario is about, by address; the largest where one is asked for."""
    told = {
        address: f"{rank}. {party}" for rank, party, address in ranks.select("rank", "party", "address").iter_rows()
    }
    if asked.asks == "one":
        chosen = st.selectbox("Party", list(told), format_func=told.__getitem__, key="who", bind="query-params")
        return (chosen,)
    several = st.multiselect(
        "Parties", list(told), list(told)[:2], format_func=told.__getitem__, key="whom", bind="query-params"
    )
    return tuple(several)


MARKETS = ("compute_spend", "emission")
SIDES = {"providers": "Who is paid", "payers": "Who pays", "tenants": "Who rents", "auditors": "Who opens the gate"}


def market(known: Sequence[Population]) -> str:
    """Which network's market: those with spend first, then those with emission."""
    found = sorted((one for one in known if one.measure in MARKETS), key=lambda one: MARKETS.index(one.measure))
    titles = {one.network: one.title for one in found}
    return st.selectbox("Market", list(titles), format_func=titles.__getitem__, key="net", bind="query-params")


def side() -> str:
    """Which side of a market."""
    chosen = st.segmented_control(
        "Side",
        list(SIDES),
        format_func=SIDES.__getitem__,
        default="providers",
        required=True,
        key="side",
        bind="query-params",
    )
    return str(chosen)


RANGES = {30: "30 days", 90: "90 days", 365: "1 year", 0: "All"}


def metric(default: str = "effective_parties") -> str:
    """Which metric."""
    names = list(METRICS)
    return st.selectbox(
        "Metric",
        names,
        index=names.index(default),
        format_func=lambda name: METRICS[name].title,
        key="metric",
        bind="query-params",
    )


def days() -> int:
    """How far back; 0 for everything."""
    chosen = st.segmented_control(
        "Back",
        list(RANGES),
        format_func=RANGES.__getitem__,
        default=0,
        required=True,
        key="days",
        bind="query-params",
    )
    return int(chosen or 0)


def one_of(found: Sequence[Found]) -> Found:
    """One of the holders that a search may mean; asked only where there are several."""
    by_key = {one.key: one for one in found}
    if len(found) == 1:
        return found[0]

    def told(key: str) -> str:
        one = by_key[key]
        return f"{inert.plain(one.name) or words.short(one.address)} · {one.title} · {words.short(one.address)}"

    return by_key[st.selectbox("Which one", list(by_key), format_func=told, key="who", bind="query-params")]
