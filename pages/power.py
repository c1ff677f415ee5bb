"""Who holds power: how few can decide here, and who they are."""

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from analytics.power.paths import Action, Side
from analytics.spread.metrics import METRICS
from questions import a_priori, alike, cited, halting, month, power, ranking
from questions import thresholds as rules
from questions.labels import behind
from questions.populations import Population
from store.rows import Measure
from ui import alike as told
from ui import (
    banners,
    charts,
    choose,
    cite,
    colours,
    draw,
    frame,
    inert,
    labels,
    link,
    parties,
    powers,
    served,
    stated,
    tables,
    words,
)
from ui import halting as still
from ui.provenance import Provenance

SHOWN = ("effective_parties", "top_1", "top_10", "nc_ge_1_3", "nc_gt_1_2", "nc_gt_2_3")


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("How few can decide here?")
    # Links of before asked here where an address stands.
    if text := st.query_params.get("q", ""):
        link.search(text, f"What is known of {text} has a page of its own")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        network = choose.network(known)
        of_network = [one for one in known if one.network == network]
        measure = choose.measure(of_network)
        population = choose.population([one for one in of_network if one.measure == measure])
        threshold = choose.threshold(served.asked(rules.thresholds, population))
    if st.query_params.get("way") == Side.STOP:
        stops(population)
    chosen(population, threshold)
    over(population)


@frame.section
def stops(population: Population) -> None:
    """How few can stop others, where a link asks for it."""
    known = served.asked(power.powers).get(population.network)
    if known is None:
        return
    st.header(f"{inert.markdown(population.title)}: who can stop others", anchor=False)
    said = powers.stopped(known.of(Side.STOP))
    st.markdown(said)
    cite.under(said, lambda: stated.power([known], sides=(Side.STOP,), actions=(power.ANY, *Action)), key="stops")


@frame.section
def chosen(population: Population, threshold: rules.DecidingShare) -> None:
    """How few decide in the population that was chosen."""
    grouping = choose.grouping()
    values = served.asked(rules.values, population, grouping)
    enough = threshold.value(values)
    ranks = parties.named(ranking.with_coalition(served.asked(ranking.ranking, population, grouping), enough.count))
    ranks = parties.deciding(ranks, served.asked(a_priori.decisive, population, grouping, threshold))
    told = parties.headline(population, threshold, enough, ranks)
    st.header(told, anchor=False)
    parties.cautions(population, ranks)
    ranked(population, grouping, threshold, ranks, told)
    cite.under(
        told,
        # Those who stand on the chart.
        lambda: [
            *stated.deciding(population, grouping, values, threshold),
            *stated.merged(population, ranks.head(charts.MOST_BARS)),
        ],
        key="headline",
    )
    # Of keys that count one each it is told how many act together: a curve of equal ones would show nothing.
    if population.measure != Measure.CONTROL:
        numbers(population, grouping, values)
    sensitivity(population, threshold)
    claims(population, threshold)
    changed(population)


@frame.section
def ranked(
    population: Population, grouping: str, threshold: rules.DecidingShare, ranks: pl.DataFrame, told: str
) -> None:
    """Bars, running sum and threshold; a clicked bar tells of its party."""
    if ranks.is_empty():
        banners.nothing("Nobody holds anything here at this block.")
        return
    chart = bars(population, threshold, ranks, told, [frame.source(population, choose.GROUPINGS[grouping].lower())])
    keys = population.measure == Measure.CONTROL
    left, right = st.columns([2, 1]) if not keys else (st.container(), st.container())
    with left:
        for rank in draw.clickable(chart):
            party(population.network, ranks, rank)
    if not keys:
        with right:
            inequality(population, grouping)
    draw.folded(chart)
    labels.objecting()


def bars(
    population: Population,
    threshold: rules.DecidingShare,
    ranks: pl.DataFrame,
    told: str,
    sources: Sequence[Provenance],
) -> draw.Chart:
    """The ranking as a chart, with the threshold as a line."""
    return draw.Chart(
        "ranked",
        charts.ranked(
            ranks,
            threshold=threshold.share,
            threshold_label=words.sentence(threshold.amount),
            look=colours.of_network(population.colour),
            things=population.thing,
            unread=population.unread / max(1, population.total + population.unread),
        ),
        ranks.drop("amount", "entity"),
        parties.columns(population, ranks),
        f"{told}. {parties.largest(ranks)}",
        sources,
        parties.cut(ranks, population),
        unfolded=True,
    )


@frame.section
def party(network: str, ranks: pl.DataFrame, rank: int) -> None:
    """One party: what it has, what it takes to outvote it, and by which evidence it is called so."""
    one = ranks.row(by_predicate=pl.col("rank") == rank, named=True)
    others = ranking.outvoted_by(ranks, rank)
    outvote = "Nothing outvotes it" if others is None else f"It takes {words.several(others, 'other')} to outvote it"
    st.markdown(
        f"**{inert.markdown(one['party'])}** is number {rank} with {words.share(one['share'])}. {outvote}.  \n"
        f"`{inert.plain(one['address'], 120)}`"
    )
    link.entity(one["of"], one["party"])
    if one["entity"]:
        labels.evidence(served.asked(behind, network, one["entity"]))


@frame.section
def inequality(population: Population, grouping: str) -> None:
    """The Lorenz curve."""
    curve = served.asked(ranking.curve, population, grouping)
    draw.show(
        draw.Chart(
            "lorenz",
            charts.lorenz(curve, paints=colours.of_networks([population]), height=360),
            curve,
            {"holders": tables.proportion("Smallest"), "amount": tables.proportion("Hold")},
            f"Lorenz curve of {population.title}, {population.heading}.",
            [frame.source(population, choose.GROUPINGS[grouping].lower())],
        )
    )


@frame.section
def numbers(population: Population, grouping: str, values: Mapping[str, rules.Value]) -> None:
    """The main metrics as cards."""
    st.header("In numbers", anchor=False)
    with st.grid(6, min_column_width=160):
        for name in SHOWN:
            metric, found = METRICS[name], values[name]
            text = words.between(found.value, found.bounds, as_share=metric.share)
            st.metric(words.SHORT.get(name, metric.title), text, help=metric.meaning, border=True)
    draw.source_line([frame.source(population, choose.GROUPINGS[grouping].lower())])
    said = f"{population.title}, {population.heading}, in numbers"
    cite.under(said, lambda: stated.spread(population, grouping, values, SHOWN), key="numbers")


@frame.section
def sensitivity(population: Population, threshold: rules.DecidingShare) -> None:
    """Whether the answer depends on how parties are counted: the main numbers under every grouping."""
    st.header("Does it depend on how parties are counted?", anchor=False)
    groupings = (*choose.GROUPINGS, power.CLAIMED)
    found = {grouping: served.asked(rules.values, population, grouping) for grouping in groupings}
    unlabelled = served.asked(rules.if_unlabelled_are_one, population)
    rows = parties.sensitivity(found, threshold, unlabelled)
    depends = parties.depends(rows, population, threshold)
    st.markdown(depends)
    draw.table(
        rows,
        parties.SENSITIVITY,
        alt="The main numbers under every way of counting parties",
        sources=[frame.source(population)],
        key="sensitivity",
    )
    cite.under(depends, lambda: stated.sensitivity(population, found, threshold, unlabelled), key="counted")


@frame.section
def claims(population: Population, threshold: rules.DecidingShare) -> None:
    """Validators that say the same of themselves, and what it would change if those who claim one operator were one."""
    found = served.asked(alike.alike, population)
    if not found:
        return
    st.header("What validators claim of themselves", anchor=False)
    headline, claimed = (served.asked(rules.values, population, name) for name in ("control", "claimed"))
    said = told.told(found, headline, claimed, threshold)
    st.markdown(said)
    draw.table(
        told.rows(found),
        told.COLUMNS,
        alt="Validators that say the same of themselves",
        sources=[frame.source(population)],
        key="alike",
    )
    both = {"control": headline, "claimed": claimed}
    cite.under(said, lambda: stated.sensitivity(population, both, threshold, None), key="claimed")


@frame.section
def changed(population: Population) -> None:
    """Why effective parties changed in thirty days."""
    change = served.asked(month.month, population)
    if change is None:
        return
    said = f"Effective parties in thirty days: {parties.change_of_a_month(change)}"
    st.header(said, anchor=False)
    churn = served.asked(halting.churn, population)
    if churn is not None:
        st.markdown(parties.changed_hands(churn))
    draw.table(
        parties.causes(change),
        {"cause": tables.text("Because", pinned=True), "parties": tables.number("Effective parties")},
        alt="The change of thirty days by its causes",
        sources=[frame.source(population)],
        key="month",
    )
    cite.under(said, lambda: [*stated.month(population, change), *stated.churn(population, churn)], key="changed")


@frame.section
def over(population: Population) -> None:
    """Power over the network as a whole: by every way, and how close it is to standing still."""
    ways(population)
    standstill(population)


@frame.section
def ways(population: Population) -> None:
    """Every way to force or stop something on the network, with who has it."""
    rows = served.asked(power.paths, population.network)
    if rows.is_empty():
        return
    said = f"Every way to power over {inert.plain(population.title)}"
    st.header(said, anchor=False)
    st.caption("Of each action the fewest count. What does less, or has no holders that are known, is listed too.")
    rows = powers.timed(power.of_side(rows, choose.way()))
    draw.table(rows, powers.PATHS, alt="Ways to force or stop something", sources=[], key="ways")
    known = served.asked(power.powers)[population.network]
    cite.under(said, lambda: stated.power([known], actions=(power.ANY, *Action)), key="ways")


@frame.section
def standstill(population: Population) -> None:
    """What it would cost to stop the chain, and how few more would have to fall silent."""
    costs = served.asked(halting.cost, population.network)
    if not costs.is_empty():
        st.header(still.headline(costs), anchor=False)
        draw.table(still.costs(costs), still.COST, alt="What it costs to stop the chain", sources=[], key="halt-cost")
        st.caption(still.LIMITS)
    slack = served.asked(halting.slack, population.network)
    if slack is not None:
        st.markdown(still.slack(slack))
    elif not costs.is_empty():
        st.caption("How few more would have to fall silent is not known: who signs blocks was not read.")
    if slack is not None or not costs.is_empty():
        said = f"{inert.plain(population.title)}, how close to standing still"
        place = served.asked(cited.silence, population.network)
        cite.under(said, lambda: stated.halting(population.network, costs, slack, place), key="standstill")


main()
