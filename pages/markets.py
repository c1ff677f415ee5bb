"""Is the market itself concentrated: who is paid, who pays, who opens the gate, and where new tokens go."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from questions import akash_market as facts
from questions import deciding as facts_decided
from questions import emission, ranking
from questions import takeover as taking
from questions import thresholds as rules
from questions.populations import Population, headlines
from ui import (
    akash,
    banners,
    charts,
    choose,
    cite,
    colours,
    deciding,
    draw,
    frame,
    labels,
    market,
    parties,
    served,
    stated,
    tables,
    takeover,
    words,
)

TIMES = "What is missing in a part's own token, times the price of that token."
A_DAY = "What flows is what the parties get together and what reaches nobody, here in the units of their readings."


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
    if chosen == served.asked(facts.network):
        akash.spend(of_network)
        shared_out(new)
        return
    spend = [one for one in of_network if one.measure == "compute_spend"]
    if spend:
        services(spend)
    if new:
        shared_out(new)
        for one in new:
            decided(one)
        emissions(new)


@frame.section
def services(known: Sequence[Population]) -> None:
    """What services are paid, by who gets it and who pays."""
    population = choose.population(known)
    ranked(population, known)
    left = market.unclaimed(served.asked(facts.escrow, population.network), population)
    st.caption(
        "What was paid in one period, as contracts tell it. How much of it is between related parties is not known. "
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
    numbers = partial(stated.flows, [other for other in known if other.population in set(rows["population"])])
    cite.under(market.emission_headline(one, rows), numbers, key="emission", note=A_DAY)


@frame.section
def decided(population: Population) -> None:
    """How few decide over what each part of the network gets, where its parts have judges of their own."""
    found = served.asked(facts_decided.deciding, population)
    if found is None:
        return
    said = deciding.headline(population, found)
    st.header(said, anchor=False)
    st.caption(deciding.note(found))
    told = market.merged([frame.source(population)], market.unit(population), n=found.parts.height, things="parts")
    draw.table(
        deciding.named(found.parts),
        deciding.columns(population),
        alt="The fewest parties that decide over what each part of the network gets",
        sources=told,
        key="deciding",
    )
    cite.under(said, lambda: stated.decided(population.network, found), key="deciding")


@frame.section
def emissions(known: Sequence[Population]) -> None:
    """New tokens by who gets them; what reaches nobody; how subnets split theirs; who is switched off."""
    population = choose.population(known)
    ranked(population, known)
    sinks(population)
    subnets(population)
    taken_over(population)
    switched_off(population)


@frame.section
def sinks(population: Population) -> None:
    """New tokens that reach nobody."""
    lost = served.asked(emission.sinks, population)
    if not lost.is_empty():
        st.subheader(market.sinks_headline(lost), anchor=False)
        told = market.told([frame.source(population)], market.unit(population))
        draw.table(lost, market.SINKS, alt="What reaches nobody", sources=told, key="sinks")
        cite.under(market.sinks_headline(lost), lambda: stated.lost(population), key="sinks", note=A_DAY)


@frame.section
def taken_over(population: Population) -> None:
    """How far subnets are from being taken over by whoever locks their token."""
    rows = served.asked(taking.takeovers, population.network)
    if rows.is_empty():
        return
    st.header(takeover.headline(population, rows), anchor=False)
    st.caption(f"{words.sentence(served.asked(taking.rule, population.network))}. To buy that much moves the price.")
    draw.table(
        takeover.shown(rows),
        takeover.columns(population),
        alt="What a challenger lacks to take over each part of the network",
        sources=[],
        key="takeover",
    )
    said, names = takeover.headline(population, rows), "takeover_missing|price"
    cite.under(said, lambda: stated.observed_of(population.network, names), key="takeover", note=TIMES)


@frame.section
def switched_off(population: Population) -> None:
    """Subnets that the root has switched off."""
    off = served.asked(emission.switched_off, population.network)
    if not off.is_empty():
        st.header(f"{words.sentence(words.several(off.height, 'subnet'))} switched off by the root", anchor=False)
        draw.table(
            market.subnets_named(off), market.OFF, alt="Subnets without emission", sources=[], key="switched-off"
        )
        said = f"{words.sentence(words.several(off.height, 'subnet'))} switched off by the root"
        cite.under(said, lambda: [stated.switched_off(population.network, off.height)], key="switched-off")


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
            {"whole": tables.text("Subnet"), "part": tables.text("To"), "share": tables.proportion("Share")},
            "How subnets split what they issue in a day between owner, miners, validators, nominators and nobody.",
            [frame.source(population)],
            f"The first {market.SUBNETS} subnets; the CSV has all.",
        )
    )
    said = "What each subnet does with its own token"
    cite.under(said, lambda: stated.split(population.network, split), key="subnets")


@frame.section
def ranked(population: Population, known: Sequence[Population]) -> None:
    """The parties of one population with the half mark."""
    flow = served.asked(emission.flow, population, list(known))
    values = served.asked(rules.values, population, "control")
    # Half of what is paid, not the chain's own threshold: money that flows decides nothing by itself.
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
                look=colours.of_network(population.colour),
                things=population.thing,
            ),
            ranks,
            market.flow_columns(population, ranks),
            f"{answer}. {parties.largest(ranks)}",
            market.of_flow(frame.source(population), population, flow),
            market.half_drawn(population, flow, enough),
        )
    )
    cite.under(
        answer,
        lambda: [*stated.deciding(population, "control", values, half), *stated.flows([population])],
        key="ranked",
        note=A_DAY,
    )
    labels.objecting()


main()
