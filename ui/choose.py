"""Controls that several pages share; each is part of the page's address, so that a link shows the same thing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl
import streamlit as st

from analytics.spread.metrics import METRICS
from questions.populations import Population, headlines, whole
from questions.proposals import Proposal, linked, numbered
from questions.scenario import QUESTIONS, Question
from questions.search import Found
from questions.thresholds import DecidingShare
from store.columns import ABOUT, Column
from ui import inert, link, words

WAYS = {"all": "All ways", "force": "To force", "stop": "To stop"}
MEASURES = {
    "stake": "Stake",
    "voting_power": "Voting power",
    "emission": "Emission",
    "compute_supply": "Compute and storage",
    "compute_spend": "Compute spend",
    "token": "Unstaked tokens",
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


ORDERS = {"layer": "Layer", "few": "Fewest can force", "spread": "Least spread", "name": "Name"}
ALL_LAYERS = "all"


def layer(titles: Mapping[str, str]) -> str:
    """A layer of the stack, or all of them; titles: what readers call each."""
    named = {stack or "other": title for stack, title in titles.items()}
    return link.segments("Show", {ALL_LAYERS: "All layers", **named}, key="layer", default=ALL_LAYERS)


def order() -> str:
    """By what networks are sorted."""
    return link.segments("Sort by", ORDERS, key="by", default="layer")


def network(known: Sequence[Population]) -> str:
    """The name of a network."""
    titles = {one.network: one.title for one in known}
    return link.choice("Network", list(titles), titles.__getitem__, key="net")


def measure(known: Sequence[Population]) -> str:
    """What is shared: stake, emission, spend."""
    found = list(dict.fromkeys(one.measure for one in known))
    # What decides comes first.
    found.sort(key=lambda name: name != "voting_power")
    return link.choice(
        "What", found, lambda name: MEASURES.get(name, words.sentence(name.replace("_", " "))), key="what"
    )


def column(known: Sequence[Population]) -> str:
    """What is shared, by whom: a column of the scorecard."""
    found = [column for column in ABOUT if any(one.in_column == column for one in known)]
    # What decides comes first.
    found.sort(key=lambda one: one != Column.VOTING_POWER)
    return link.choice("What", [str(one) for one in found], lambda one: ABOUT[Column(one)].title, key="what")


def population(known: Sequence[Population]) -> Population:
    """Who is compared with whom."""
    # Those that the scorecard tells of come first, parts of a network last.
    first = [one.key for one in headlines(known)]
    place = {
        one.key: (first.index(one.key) if one.key in first else len(first), not whole(one.population), *_numbered(one))
        for one in known
    }
    by_key = {one.key: one for one in sorted(known, key=lambda one: place[one.key])}

    def told(key: str) -> str:
        one = by_key[key]
        alike = [other for other in known if other.heading == one.heading]
        readings, units = {other.reading for other in alike}, {other.token_unit for other in alike}
        if len(readings) == 1:
            return one.heading
        return f"{one.heading} ({one.token_unit if len(units) == len(readings) else called(one)})"

    return by_key[link.choice("Among", list(by_key), told, key="of")]


def called(one: Population) -> str:
    """The reading of a population as a reader hears it."""
    return words.reading(one.reading, {words.coin(one.unit): one.token_unit.partition(" ")[0]})


def _numbered(one: Population) -> tuple[int, float, int]:
    """Parts of a network by their numbers, 2 before 10; what has no number by how many there are."""
    scope = one.population.rpartition("/")[0].rpartition(":")[2]
    numbered = scope.replace(".", "", 1).isdigit()
    return (numbered, float(scope) if numbered else 0, -one.n)


def way() -> str:
    """Which ways to power: those to force something, to stop it, or all."""
    return link.segments("Ways", WAYS, key="way", default="all")


def grouping() -> str:
    """How addresses are merged into parties."""
    return link.segments("Parties", GROUPINGS, key="group", default="control", help=GROUPING_NOTE)


def threshold(found: Sequence[DecidingShare]) -> DecidingShare:
    """Which threshold: the chain's own rules, then general ones."""
    by_key = {one.key: one for one in found}
    chosen = link.choice(
        "Threshold",
        list(by_key),
        lambda key: words.sentence(by_key[key].action or by_key[key].amount),
        key="rule",
        help="The chain's own rules come first. The others are no rule of the chain; they allow comparing.",
    )
    return by_key[chosen]


def proposal(found: Sequence[Proposal], voting: Sequence[Proposal]) -> Proposal:
    """One proposal; open ones first. Which is first changes with every vote, so the address always has it.

    voting: those on which votes are still taken; others were read while they were open, and may be over.
    """
    _other_search()
    by_key = {one.key: one for one in found}
    now_open = {one.key for one in voting}

    def told(key: str) -> str:
        one = by_key[key]
        mark = " (open)" if key in now_open else " (was open when read)" if one.is_open else ""
        return f"{numbered(one, found)}{mark}: {inert.plain(one.title)}"

    link.respell("p", lambda asked: linked(found, asked))
    chosen = link.choice("Proposal", list(by_key), told, key="p")
    link.pin("p", chosen)
    return by_key[chosen]


NUMBERS = {"percent": "pct", "count": "many"}
PARTIES = {"one": "who", "several": "whom"}
OF_A_SCENARIO = {*NUMBERS.values(), *PARTIES.values()}


def question() -> str:
    """Which kind of scenario; what another kind was asked with is forgotten."""
    titles = {kind: one.title for kind, one in QUESTIONS.items()}
    kind = link.choice(
        "What if", list(titles), titles.__getitem__, key="if", on_change=link.forget, args=tuple(OF_A_SCENARIO)
    )
    asked = QUESTIONS[kind]
    link.forget(*(OF_A_SCENARIO - {NUMBERS.get(asked.unit), PARTIES.get(asked.asks)}))
    return kind


def amount(asked: Question) -> float:
    """The number of a scenario: a share in per cent, or how many."""
    key = NUMBERS[asked.unit]
    if asked.unit == "count":
        return link.number("How many", int(asked.low), int(asked.high), key=key, default=int(asked.usual))
    low, high, usual = (float(number) for number in (asked.low, asked.high, asked.usual))
    return link.slid_or_typed("Per cent", low, high, key=key, default=usual, step=0.5)


def applied(asked: Question) -> None:
    """When a scenario is applied: of its number what was typed counts before what was slid."""
    if asked.unit == "percent":
        link.settle(NUMBERS[asked.unit], asked.usual)


def parties(asked: Question, ranks: pl.DataFrame) -> tuple[str, ...]:
    """The parties that a scenario is about, by address; the largest where one is asked for."""
    told = {
        address: f"{rank}. {party}" for rank, party, address in ranks.select("rank", "party", "address").iter_rows()
    }
    if asked.asks == "one":
        return (link.choice("Party", list(told), told.__getitem__, key=PARTIES["one"]),)
    return link.several("Parties", list(told), told.__getitem__, key=PARTIES["several"], default=list(told)[:2])


MARKETS = ("compute_spend", "emission")
SIDES = {"providers": "Who is paid", "payers": "Who pays", "tenants": "Who rents", "auditors": "Who opens the gate"}


def market(known: Sequence[Population]) -> str:
    """Which network's market: those with spend first, then those with emission."""
    found = sorted((one for one in known if one.measure in MARKETS), key=lambda one: MARKETS.index(one.measure))
    titles = {one.network: one.title for one in found}
    return link.choice("Market", list(titles), titles.__getitem__, key="net")


def side() -> str:
    """Which side of a market."""
    return link.segments("Side", SIDES, key="side", default="providers")


def claim(rows: pl.DataFrame) -> str:
    """One claim by its slug; empty for none in particular. rows: claim, sentence."""
    told = {"": "All", **dict(rows.select("claim", "sentence").iter_rows())}
    return link.choice("Claim", list(told), lambda slug: inert.plain(told[slug]), key="claim")


RANGES = {"30": "30 days", "90": "90 days", "365": "1 year", "0": "All"}
SPANS = {"30": "in 30 days", "90": "in 90 days", "365": "in a year", "0": "since the first day"}


def networks(known: Sequence[Population]) -> list[Population]:
    """Those of some networks; of all of them where none is chosen."""
    titles = {one.network: one.title for one in known}
    chosen = link.several(
        "Networks", list(titles), titles.__getitem__, key="nets", default=(), placeholder="All networks"
    )
    return [one for one in known if one.network in chosen or not chosen]


# Before the first block of any chain.
EARLIEST: Final = date(2009, 1, 1)


def two_days(newest: date) -> tuple[date, ...]:
    """Two days to compare: thirty days before the newest and that, unless others are chosen."""
    return link.days(
        {"from": "From", "to": "To"},
        EARLIEST,
        max(newest, datetime.now(UTC).date()),
        default={"from": newest - timedelta(days=30), "to": newest},
    )


def metric(default: str = "effective_parties") -> str:
    """Which metric."""
    names = list(METRICS)
    return link.choice("Metric", names, lambda name: METRICS[name].title, key="metric", default=default)


def days() -> int:
    """How far back; 0 for everything."""
    return int(link.segments("Back", RANGES, key="days", default="0"))


def one_of(found: Sequence[Found]) -> Found:
    """One of the holders that a search may mean; asked only where there are several."""
    by_key = {one.key: one for one in found}
    if len(found) == 1:
        link.forget("who")
        return found[0]

    def told(key: str) -> str:
        one = by_key[key]
        return f"{inert.plain(one.name) or words.short(one.address)} · {one.title} · {words.short(one.address)}"

    return by_key[link.choice("Which one", list(by_key), told, key="who")]


def _other_search() -> None:
    """Who was meant is forgotten with the search that found it: it says nothing about another one, or about none."""
    text = st.session_state.get("q", st.query_params.get("q", ""))
    if "q" in st.session_state and st.session_state.get("searched", text) != text:
        link.forget("who")
    st.session_state["searched"] = text
