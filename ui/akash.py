"""What the page of markets shows of Akash: spend, its sides, published figures, hardware; section by section."""

from collections.abc import Sequence
from typing import Final

import polars as pl
import streamlit as st

from questions import akash_market as facts
from questions import ranking
from questions.cited import Cited
from questions.populations import Population
from ui import (
    akash_market,
    akash_spend,
    banners,
    charts,
    choose,
    cite,
    curves,
    draw,
    frame,
    labels,
    market,
    parties,
    served,
    stated,
    tables,
)
from ui import claims as claimed
from ui.provenance import Provenance

# Of the columns of claims those that a figure of spend needs.
SHOWN: Final = ("says", "called", "claimed_text", "measured_text", "note", "public", "who", "source")
CLAIMS: Final = {name: claimed.COLUMNS[name] for name in SHOWN}


@frame.section
def spend(known: Sequence[Population]) -> None:
    """Compute spend on Akash in dollars: how much, between whom, since when, and whose figures hold."""
    source, title = market.sources(known, "compute_spend"), known[0].title
    sides_of = served.asked(facts.spend_concentration)
    if sides_of.is_empty():
        banners.nothing(f"No spend on {title} was read yet, or no price for it. The page Data and method says which.")
        return
    said = akash_market.headline(title, sides_of)
    st.header(said, anchor=False)
    network = known[0].network
    cite.under(said, lambda: akash_spend.spent(network, sides_of), key="spend")
    sides(source, title)
    over_time(source, title)
    cite.under("Dollars a day", lambda: akash_spend.spend_days(network, served.asked(facts.spend_days)), key="daily")
    claims(source)
    dollars(source, title)
    cite.under(
        "Spend by every way of counting it",
        lambda: akash_spend.counted(network, served.asked(facts.spend_columns)),
        key="counted",
    )
    supply(known)


@frame.section
def dollars(source: Sequence[Provenance], title: str) -> None:
    """How much is spent on Akash, by every way of counting it."""
    st.header("By every way of counting it", anchor=False)
    columns = served.asked(facts.spend_columns)
    draw.table(
        akash_market.with_marks(columns),
        akash_market.COLUMNS,
        alt=f"Spend on {title}: run rate, accrued, settled, deposited and from outsiders",
        sources=market.told(source, "US dollars, and tokens of each row's own kind"),
        key="spend",
    )
    st.caption(akash_market.LETTERS)


@frame.section
def sides(source: Sequence[Provenance], title: str) -> None:
    """Providers, payers, tenants and auditors on one chart, and one side in full."""
    everybody = served.asked(facts.spend_parties)
    concentration = served.asked(facts.spend_concentration)
    st.header("Each side of the market", anchor=False)
    draw.show(
        draw.Chart(
            "sides",
            charts.sides(everybody.rename({"population": "side"})),
            concentration,
            akash_market.CONCENTRATION,
            akash_market.sides_in_words(concentration),
            market.merged(source, akash_market.USD_A_DAY, n=everybody.height, things="parties on four sides"),
            "Auditors: whose signature the orders demand of a provider; they are paid nothing and open the gate.",
        )
    )
    one_side(source, title, everybody)


@frame.section
def one_side(source: Sequence[Provenance], title: str, everybody: pl.DataFrame) -> None:
    """The parties of one side, and what their dollars leave out."""
    side = choose.side()
    called = served.asked(ranking.names, served.asked(facts.network))
    one = parties.called(akash_market.named(everybody.filter(population=side), called))
    told = market.merged(source, akash_market.USD_A_DAY, n=one.height, things=side)
    draw.table(one, akash_market.PARTIES, alt=f"Spend on {title} by {side}", sources=told, key="side")
    left_out = akash_market.left_out(served.asked(facts.spend_unpriced))
    if left_out:
        st.caption(left_out)
    cite.under(f"Each side of the market: {side}", lambda: of_side(everybody.filter(population=side)), key="sides")
    labels.objecting()


def of_side(rows: pl.DataFrame) -> list[Cited]:
    """The numbers of each side, and those of the parties of one."""
    network, sides_of = served.asked(facts.network), served.asked(facts.spend_concentration)
    return [*akash_spend.spent(network, sides_of), *akash_spend.of_side(network, rows)]


@frame.section
def over_time(source: Sequence[Provenance], title: str) -> None:
    """Dollars a day as the console counts them and as read on chain, with published figures as points."""
    st.header("Dollars a day, and what others published", anchor=False)
    rows = akash_market.daily(title, served.asked(facts.spend_daily), served.asked(facts.run_rate_against_console))
    points = served.asked(facts.spend_points).sort("time", "value")
    if rows.is_empty():
        banners.nothing("No daily history was read yet.")
        return
    figure = curves.daily(rows, y="USD a day", published=points, form=",.0f")
    draw.show(
        draw.Chart(
            "daily",
            figure,
            rows,
            {"title": tables.text("Counted by"), "time": tables.day("Day"), "value": tables.number("USD")},
            akash_market.daily_in_words(rows, points),
            market.told(source, akash_market.USD_A_DAY),
            "A cross is somebody's published figure, spread over its period. The running day is left out. "
            + curves.told_of_axis(figure),
        )
    )
    st.markdown(akash_market.points_in_words(points, curves.letter))


@frame.section
def claims(source: Sequence[Provenance]) -> None:
    """What others claim of spend, beside what was measured."""
    rows = served.asked(facts.spend_claims)
    if rows.is_empty():
        return
    st.header("Do published figures hold?", anchor=False)
    told = market.told(source, "US dollars", n=rows.height, things="published figures")
    draw.table(
        claimed.told(rows), CLAIMS, alt="Published figures beside measured ones", sources=told, key="spend-claims"
    )
    cite.under("Do published figures hold?", lambda: stated.claimed(rows), key="spend-claims")
    st.page_link("pages/claims.py", label="All claims, and what would refute them", icon=":material/fact_check:")


@frame.section
def supply(known: Sequence[Population]) -> None:
    """Who offers the hardware, and who signs for it."""
    rows = served.asked(facts.supply)
    if rows.is_empty() or not akash_market.offers(rows):
        return
    source = market.sources(known, "compute_supply")
    st.header(akash_market.supply_headline(rows), anchor=False)
    told = market.told(source, "GPUs, CPU cores and GiB", n=rows.height, things="organisations")
    draw.table(rows, akash_market.SUPPLY, alt="Leased resources by organisation", sources=told, key="supply")
    network = served.asked(facts.network)
    cite.under(akash_market.supply_headline(rows), lambda: akash_spend.offered(network, rows), key="supply")
    gate(market.sources(known, "compute_spend"))


@frame.section
def gate(source: Sequence[Provenance]) -> None:
    """Whose signature the orders demand of a provider."""
    rows = served.asked(facts.gate)
    if rows.is_empty():
        return
    st.subheader("Who opens the gate", anchor=False)
    auditors = akash_market.gates(rows, served.asked(ranking.names, served.asked(facts.network)))
    told = market.merged(source, akash_market.USD_A_DAY, n=akash_market.signers(rows), things="auditors")
    draw.table(auditors, akash_market.GATE, alt="Auditors by the spend that needs them", sources=told, key="gate")
    network = served.asked(facts.network)
    cite.under("Who opens the gate", lambda: akash_spend.gates(network, rows), key="gate")
