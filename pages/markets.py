"""Is the market itself concentrated: who is paid, who pays, who opens the gate, and where new tokens go."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics import emission, holders, market_facts, rules
from analytics.populations import Population
from ui import banners, charts, choose, colours, curves, draw, frame, market, parties, served, tables, words
from ui.provenance import Provenance


def main() -> None:
    """The page from top to bottom; one market at a time."""
    known = frame.begin("Is the market itself concentrated?")
    if not any(one.measure in choose.MARKETS for one in known):
        banners.nothing("No network's spend or emission was read yet.")
        return
    chosen = choose.market(known)
    of_network = [one for one in known if one.network == chosen]
    if chosen == market_facts.AKASH:
        akash(of_network)
        return
    spend = [one for one in of_network if one.measure == "compute_spend"]
    if spend:
        services(spend)
    new = [one for one in of_network if one.measure == "emission"]
    if new:
        emissions(new)


def akash(known: Sequence[Population]) -> None:
    """Compute spend on Akash in dollars: how much, between whom, since when, and whose figures hold."""
    source = market.sources(known, "compute_spend")
    spent = served.asked(market_facts.spend_concentration)
    if spent.is_empty():
        banners.nothing("No spend on Akash was read yet, or no price for it. The page Data and method says which.")
        return
    st.header(market.akash_headline(spent), anchor=False)
    columns = served.asked(market_facts.spend_columns)
    draw.table(
        market.with_marks(columns),
        market.COLUMNS,
        alt="Spend on Akash: run rate, accrued, settled, deposited and from outsiders",
        sources=source,
        key="spend",
    )
    sides(source)
    over_time(source)
    claims(source)
    supply(known)


def sides(source: Sequence[Provenance]) -> None:
    """Providers, payers, tenants and auditors on one chart, and one side in full."""
    spent = served.asked(market_facts.spend_parties)
    st.header("Each side of the market", anchor=False)
    rows = spent.rename({"population": "side"})
    draw.show(
        draw.Chart(
            "sides",
            charts.sides(rows),
            served.asked(market_facts.spend_concentration),
            market.CONCENTRATION,
            market.sides_in_words(served.asked(market_facts.spend_concentration)),
            source,
            "Auditors: whose signature the orders demand of a provider; they are paid nothing and open the gate.",
        )
    )
    side = choose.side()
    called = served.asked(holders.names, market_facts.AKASH)
    one = parties.called(market.named(spent.filter(population=side), called))
    draw.table(one, market.PARTIES, alt=f"Spend on Akash by {side}", sources=source, key="side")
    st.caption(market.left_out(served.asked(market_facts.spend_unpriced)))


def over_time(source: Sequence[Provenance]) -> None:
    """Dollars a day as the console counts them and as read on chain, with published figures as points."""
    st.header("Dollars a day, and what others published", anchor=False)
    rows = market.daily(served.asked(market_facts.spend_daily), served.asked(market_facts.run_rate_against_console))
    points = market_facts.spend_points()
    if rows.is_empty():
        banners.nothing("No daily history was read yet.")
        return
    draw.show(
        draw.Chart(
            "daily",
            curves.daily(rows, y="USD a day", published=points, form=",.0f"),
            rows,
            {"title": tables.text("Counted by"), "time": tables.day("Day"), "value": tables.number("USD")},
            market.daily_in_words(rows, points),
            source,
            "A cross is somebody's published figure, spread over its period. The running day is left out.",
        )
    )


def claims(source: Sequence[Provenance]) -> None:
    """Published figures beside measured ones."""
    rows = served.asked(market_facts.spend_claims)
    if rows.is_empty():
        return
    st.header("Do published figures hold?", anchor=False)
    draw.table(rows, market.CLAIMS, alt="Published figures beside measured ones", sources=source, key="claims")


def supply(known: Sequence[Population]) -> None:
    """Who offers the hardware, and who signs for it."""
    rows = served.asked(market_facts.supply)
    if rows.is_empty() or not market.offers(rows):
        return
    source = market.sources(known, "compute_supply")
    st.header(market.supply_headline(rows), anchor=False)
    draw.table(rows, market.SUPPLY, alt="Leased resources by organisation", sources=source, key="supply")
    gate = served.asked(market_facts.gate)
    if not gate.is_empty():
        st.subheader("Who opens the gate", anchor=False)
        draw.table(
            market.gates(gate), market.GATE, alt="Auditors by the spend that needs them", sources=source, key="gate"
        )


def services(known: Sequence[Population]) -> None:
    """Claims for services, by who is paid and who pays."""
    population = choose.population(known)
    st.header(f"{population.title}: paid for services", anchor=False)
    st.caption(
        "Claims of one period from the escrow contract, in FET; how much is claimed between related parties "
        "is not known."
    )
    ranked(population)


def emissions(known: Sequence[Population]) -> None:
    """New tokens by who gets them; what reaches nobody; how subnets split theirs; who is switched off."""
    population = choose.population(known)
    ranked(population)
    lost = served.asked(emission.sinks, population)
    if not lost.is_empty():
        st.subheader(market.sinks_headline(lost), anchor=False)
        draw.table(lost, market.SINKS, alt="What reaches nobody", sources=[frame.source(population)], key="sinks")
    split = served.asked(emission.split, population.network)
    if not split.is_empty():
        subnets(population, split)
    off = served.asked(emission.switched_off, population.network)
    if not off.is_empty():
        st.header(f"{words.sentence(words.several(off.height, 'subnet'))} switched off by the root", anchor=False)
        draw.table(
            market.subnets_named(off), market.OFF, alt="Subnets without emission", sources=[], key="switched-off"
        )


def subnets(population: Population, split: pl.DataFrame) -> None:
    """How the subnets that get most split their own tokens."""
    called = served.asked(holders.names, population.network)
    rows = market.largest_subnets(split, called)
    st.header("What each subnet does with its own token", anchor=False)
    draw.show(
        draw.Chart(
            "subnets",
            charts.parts(rows),
            rows,
            {"whole": tables.text("Subnet"), "part": tables.text("To"), "share": tables.percent("Share")},
            "How subnets split what they issue in a day between owner, miners, validators, nominators and nobody.",
            [frame.source(population)],
            f"The first {market.SUBNETS} subnets; the CSV has all.",
        )
    )


def ranked(population: Population) -> None:
    """The parties of one population with the half mark."""
    values = served.asked(rules.values, population, "control")
    half = next(one for one in rules.GENERAL if one.metric == "nc_gt_1_2")
    enough = half.value(values)
    ranks = parties.named(holders.with_coalition(served.asked(holders.ranking, population, "control"), enough.count))
    if ranks.is_empty():
        banners.nothing("Nothing was paid or emitted here.")
        return
    told = parties.headline(population, half, enough, ranks)
    st.header(told, anchor=False)
    draw.show(
        draw.Chart(
            "ranked",
            charts.ranked(
                ranks,
                threshold=half.share,
                threshold_label="Half",
                colour=colours.of_network(population.network),
                things=population.thing,
            ),
            ranks,
            parties.columns(population, ranks),
            f"{told}. {parties.largest(ranks)}",
            [frame.source(population, choose.GROUPINGS["control"].lower())],
            parties.cut(ranks, population),
        )
    )


main()
