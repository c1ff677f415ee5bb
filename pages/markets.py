"""Is the market itself concentrated: who is paid, who pays, who opens the gate, and where new tokens go."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from questions import akash_market as market_facts
from questions import emission, ranking
from questions import thresholds as rules
from questions.populations import Population, headlines
from ui import banners, charts, choose, colours, curves, draw, frame, market, parties, served, tables, words
from ui.provenance import Provenance


@frame.section
def main() -> None:
    """The page from top to bottom; one market at a time."""
    known = frame.begin("Is the market itself concentrated?")
    if not any(one.measure in choose.MARKETS for one in known):
        banners.nothing("No network's spend or emission was read yet.")
        return
    chosen = choose.market(known)
    of_network = [one for one in known if one.network == chosen]
    new = [one for one in of_network if one.measure == "emission"]
    if chosen == served.asked(market_facts.network):
        akash(of_network)
        shared_out(new)
        return
    spend = [one for one in of_network if one.measure == "compute_spend"]
    if spend:
        services(spend)
    if new:
        shared_out(new)
        emissions(new)


@frame.section
def akash(known: Sequence[Population]) -> None:
    """Compute spend on Akash in dollars: how much, between whom, since when, and whose figures hold."""
    source = market.sources(known, "compute_spend")
    spent = served.asked(market_facts.spend_concentration)
    if spent.is_empty():
        banners.nothing("No spend on Akash was read yet, or no price for it. The page Data and method says which.")
        return
    dollars(source, spent)
    sides(source)
    over_time(source)
    claims(source)
    supply(known)


@frame.section
def dollars(source: Sequence[Provenance], spent: pl.DataFrame) -> None:
    """How much is spent on Akash, by every way of counting it."""
    st.header(market.akash_headline(spent), anchor=False)
    columns = served.asked(market_facts.spend_columns)
    draw.table(
        market.with_marks(columns),
        market.COLUMNS,
        alt="Spend on Akash: run rate, accrued, settled, deposited and from outsiders",
        sources=market.told(source, "US dollars, and tokens of each row's own kind"),
        key="spend",
    )
    st.caption(market.LETTERS)


@frame.section
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
            market.merged(source, market.USD_A_DAY, n=spent.height, things="parties on four sides"),
            "Auditors: whose signature the orders demand of a provider; they are paid nothing and open the gate.",
        )
    )
    side = choose.side()
    called = served.asked(ranking.names, served.asked(market_facts.network))
    one = parties.called(market.named(spent.filter(population=side), called))
    told = market.merged(source, market.USD_A_DAY, n=one.height, things=side)
    draw.table(one, market.PARTIES, alt=f"Spend on Akash by {side}", sources=told, key="side")
    left_out = market.left_out(served.asked(market_facts.spend_unpriced))
    if left_out:
        st.caption(left_out)


@frame.section
def over_time(source: Sequence[Provenance]) -> None:
    """Dollars a day as the console counts them and as read on chain, with published figures as points."""
    st.header("Dollars a day, and what others published", anchor=False)
    rows = market.daily(served.asked(market_facts.spend_daily), served.asked(market_facts.run_rate_against_console))
    points = served.asked(market_facts.spend_points)
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
            market.told(source, market.USD_A_DAY),
            "A cross is somebody's published figure, spread over its period. The running day is left out.",
        )
    )


@frame.section
def claims(source: Sequence[Provenance]) -> None:
    """Published figures beside measured ones."""
    rows = served.asked(market_facts.spend_claims)
    if rows.is_empty():
        return
    st.header("Do published figures hold?", anchor=False)
    told = market.told(source, "US dollars", n=rows.height, things="published figures")
    draw.table(rows, market.CLAIMS, alt="Published figures beside measured ones", sources=told, key="claims")


@frame.section
def supply(known: Sequence[Population]) -> None:
    """Who offers the hardware, and who signs for it."""
    rows = served.asked(market_facts.supply)
    if rows.is_empty() or not market.offers(rows):
        return
    source = market.sources(known, "compute_supply")
    st.header(market.supply_headline(rows), anchor=False)
    told = market.told(source, "GPUs, CPU cores and GiB", n=rows.height, things="organisations")
    draw.table(rows, market.SUPPLY, alt="Leased resources by organisation", sources=told, key="supply")
    gate(market.sources(known, "compute_spend"))


@frame.section
def gate(source: Sequence[Provenance]) -> None:
    """Whose signature the orders demand of a provider."""
    rows = served.asked(market_facts.gate)
    if rows.is_empty():
        return
    st.subheader("Who opens the gate", anchor=False)
    auditors = market.gates(rows, served.asked(ranking.names, served.asked(market_facts.network)))
    told = market.merged(source, market.USD_A_DAY, n=market.signers(rows), things="auditors")
    draw.table(auditors, market.GATE, alt="Auditors by the spend that needs them", sources=told, key="gate")


@frame.section
def services(known: Sequence[Population]) -> None:
    """Claims for services, by who is paid and who pays."""
    population = choose.population(known)
    ranked(population, known)
    left = market.unclaimed(served.asked(market_facts.escrow, population.network), population)
    st.caption(
        "Claims of one period from the escrow contract. How much is claimed between related parties is not known. "
        + left
    )


@frame.section
def shared_out(known: Sequence[Population]) -> None:
    """Which part of what a network emits goes to whom, where it goes to several populations."""
    rows = served.asked(emission.by_population, list(known))
    if rows.is_empty():
        return
    one = next(iter(headlines(known)), known[0])
    st.header(market.emission_headline(one, rows), anchor=False)
    told = market.merged([frame.source(one)], market.unit(one), n=market.takers(rows), things="parties")
    draw.table(rows, market.emission_columns(one), alt="Emission by who gets it", sources=told, key="emission")


@frame.section
def emissions(known: Sequence[Population]) -> None:
    """New tokens by who gets them; what reaches nobody; how subnets split theirs; who is switched off."""
    population = choose.population(known)
    ranked(population, known)
    sinks(population)
    subnets(population)
    switched_off(population)


@frame.section
def sinks(population: Population) -> None:
    """New tokens that reach nobody."""
    lost = served.asked(emission.sinks, population)
    if not lost.is_empty():
        st.subheader(market.sinks_headline(lost), anchor=False)
        told = market.told([frame.source(population)], market.unit(population))
        draw.table(lost, market.SINKS, alt="What reaches nobody", sources=told, key="sinks")


@frame.section
def switched_off(population: Population) -> None:
    """Subnets that the root has switched off."""
    off = served.asked(emission.switched_off, population.network)
    if not off.is_empty():
        st.header(f"{words.sentence(words.several(off.height, 'subnet'))} switched off by the root", anchor=False)
        draw.table(
            market.subnets_named(off), market.OFF, alt="Subnets without emission", sources=[], key="switched-off"
        )


@frame.section
def subnets(population: Population) -> None:
    """How the subnets that get most split their own tokens."""
    split = served.asked(emission.split, population.network)
    if split.is_empty():
        return
    called = served.asked(ranking.names, population.network)
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


@frame.section
def ranked(population: Population, known: Sequence[Population]) -> None:
    """The parties of one population with the half mark."""
    flow = served.asked(emission.flow, population, list(known))
    values = served.asked(rules.values, population, "control")
    half = next(one for one in rules.GENERAL if one.metric == "nc_gt_1_2")
    enough = half.value(values)
    ranks = parties.named(ranking.with_coalition(served.asked(ranking.ranking, population, "control"), enough.count))
    if ranks.is_empty():
        banners.nothing("Nothing was paid or emitted here.")
        return
    answer = market.flow_headline(population, flow, enough)
    st.header(answer, anchor=False)
    draw.show(
        draw.Chart(
            "ranked",
            charts.ranked(
                ranks,
                threshold=half.share,
                threshold_label="Half",
                colour=colours.of_network(population.colour),
                things=population.thing,
            ),
            ranks,
            market.flow_columns(population, ranks),
            f"{answer}. {parties.largest(ranks)}",
            market.of_flow(frame.source(population), population, flow),
            market.half_drawn(population, flow, enough),
        )
    )


main()
