"""Can I trust it: how fresh every number is, who said it, how it was computed, and all of it to take along."""

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from analytics.spread.metrics import METRICS
from questions import freshness
from questions.populations import Population
from ui import banners, choose, cite, downloads, draw, frame, inert, method, parties, served, stated, tables, words

STATES = {
    "fresh": "✓ fresh",
    "stale": "⚠ stale",
    "never read": "✕ never read",
    "imported": "○ imported, no schedule",
    "simulated": "○ simulated",
}

READINGS = {
    "title": tables.text("Network", pinned=True),
    "called": tables.text("Reading"),
    "state": tables.text("State"),
    "age": tables.text("Age"),
    "next": tables.time("Next read due", "The time of the block and the reading's cadence."),
    "height": tables.identity("Block"),
    "time": tables.time("Block time"),
    "n": tables.count("Rows"),
    "endpoint": tables.text("Asked"),
    "hash": tables.text("Block hash"),
    "chain_id": tables.text("Chain"),
    "runtime_version": tables.text("Software"),
    "message": tables.text("Last error"),
    "left_out": tables.text("Left out", "What its source told wrongly, or not any more, and why."),
}
# Of what was never read there is nothing else to tell.
NEVER = ("title", "called", "message")
COVERED = {
    "network": tables.text("Network", pinned=True),
    "population": tables.text("Among"),
    "measure": tables.text("Of"),
    "n": tables.count("Parties"),
    "coverage": tables.proportion("Read", "Part of the chain's own total that the parties read hold together."),
    "read": tables.number("They hold"),
    "reported": tables.number("The chain says"),
    "unit": tables.text("Unit"),
    "height": tables.identity("Block"),
}
RUNS = {
    "started": tables.time("Started"),
    "finished": tables.time("Finished"),
    "status": tables.text("Ended as"),
    "landed": tables.count("Landed"),
    "errors": tables.count("Errors"),
    "requests": tables.count("Requests"),
    "version": tables.text("Version"),
}
ERRORS = {
    "started": tables.time("Last in the run of"),
    "times": tables.count("Times"),
    "network": tables.text("Network"),
    "called": tables.text("Readings"),
    "error": tables.text("Kind"),
    "message": tables.text("What the source said"),
}
LABELS = {
    "name": tables.text("Name", pinned=True),
    "kind": tables.text("Kind"),
    "title": tables.text("Network"),
    "address": tables.text("Address"),
    "valid_from": tables.day("From"),
    "valid_to": tables.day("To"),
    "source": tables.text("Evidence"),
    "recorded_at": tables.day("Recorded"),
    "checked_at": tables.day("Opened", "When somebody opened the evidence; empty: nobody could."),
}


@frame.section
def main() -> None:
    """The page from top to bottom."""
    known = frame.begin("Can I trust it?")
    # To the minute, so that the answers can be kept.
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    damaged()
    fresh(now)
    coverage(known)
    ledger(now)
    failures()
    labels()
    metrics()
    everything()
    licences()


@frame.section
def damaged() -> None:
    """Stored files that are torn, and the newest run where it published nothing."""
    newest, torn = served.newest_run(), served.asked(freshness.torn)
    lost = newest if newest and not served.asked(freshness.knows, newest["id"]) else None
    met = [one["message"] for one in lost["errors"] if not one["network"]] if lost else []
    # Where the data lies on this machine is nobody's business.
    named = [one.replace(f"{served.folder()}/", "") for one in dict.fromkeys([*torn, *met])]
    if named or lost:
        banners.damaged(named, datetime.fromisoformat(lost["started"]) if lost else None)


def headline(readings: pl.DataFrame, now: datetime) -> str:
    """How much is fresh, and how old the newest block is."""
    scheduled = readings.filter(~pl.col("state").is_in(["imported", "simulated"]))
    newest = readings["time"].max()
    told = f"newest block {words.age(newest, now)}" if isinstance(newest, datetime) else "no block was read yet"
    if scheduled.is_empty():
        return f"Imported data, no schedule; {told}"
    if readings["simulated"].any():
        return f"{readings['simulated'].sum()} of {readings.height} readings are simulated; {told}"
    fresh = scheduled.filter(state="fresh").height
    return f"{fresh} of {scheduled.height} readings are fresh; {told}"


@frame.section
def fresh(now: datetime) -> None:
    """How fresh each reading is: block, hash, endpoint, age, next run."""
    readings = served.asked(freshness.freshness, now)
    st.header(headline(readings, now), anchor=False)
    if archive := served.archive():
        st.caption(f"This database was not built here: it is mirrored as it is from {inert.markdown(archive, 200)}.")
    rows = readings.with_columns(
        state=pl.col("state").replace_strict(STATES),
        age=pl.Series([words.age(time, now) if time else words.MISSING for time in readings["time"]], dtype=pl.String),
    )
    never = pl.col("time").is_null()
    read, unread = rows.filter(~never), rows.filter(never)
    if not read.is_empty():
        draw.table(
            read,
            READINGS,
            alt="Every reading with its newest block, age and source",
            sources=[],
            key="freshness",
            rows=20,
        )
    if not unread.is_empty():
        networks = words.several(unread["title"].n_unique(), "network")
        with st.expander(f"{words.sentence(words.several(unread.height, 'reading'))} of {networks} never read"):
            columns = {name: READINGS[name] for name in NEVER}
            draw.table(unread, columns, alt="Readings that were never read", sources=[], key="never-read")
    cite.under(headline(readings, now), lambda: stated.read(read), key="fresh")
    for one in readings.drop_nulls("left_out").iter_rows(named=True):
        whose, why = (
            f"{inert.markdown(one['title'])}, {inert.markdown(one['called'])}",
            inert.markdown(one["left_out"], 400),
        )
        st.caption(f"Left out of {whose}: {why}.")


@frame.section
def coverage(known: list[Population]) -> None:
    """How much of what a chain says there is was read, where a chain says so."""
    st.header("Coverage", anchor=False)
    rows = parties.covered(known)
    if rows.is_empty():
        st.caption("No chain's own total was read to compare with.")
        return
    partly = rows.filter(pl.col("coverage") < 1).height
    said = (
        f"{words.sentence(words.several(rows.height, 'population has', 'populations have'))} a total of the chain's "
        f"own to compare with; {words.several(partly, 'was', 'were') if partly else 'none was'} read in part"
        f"{', and bounds stand for the rest' if partly else ''}."
    )
    st.markdown(said)
    draw.table(
        rows,
        COVERED,
        alt="What was read of each population against the chain's own total",
        sources=[],
        key="coverage",
        rows=8,
    )
    cite.under(said, lambda: stated.shares(known), key="coverage")


@frame.section
def ledger(now: datetime) -> None:
    """The last runs."""
    st.header("Runs", anchor=False)
    runs = served.asked(freshness.last_runs, 50)
    if runs.is_empty():
        st.caption("No run is in the ledger: this data was imported or simulated.")
        return
    last = runs.row(0, named=True)
    st.markdown(
        f"The last run began {words.age(last['started'], now)} and ended as **{inert.markdown(last['status'])}**: "
        f"{words.several(last['landed'], 'reading')} landed, {words.several(last['errors'], 'error')}, "
        f"{words.counted(last['requests'], 'requests')}."
    )
    draw.table(
        runs,
        RUNS,
        alt="The last runs, newest first",
        sources=[],
        key="runs",
        rows=6,
    )
    cite.under("The last run", lambda: stated.run(runs), key="runs")


@frame.section
def failures() -> None:
    """What failed in the last runs."""
    errors = served.asked(freshness.run_errors, 200)
    if errors.is_empty():
        return
    st.subheader("What failed", anchor=False)
    draw.table(
        errors,
        ERRORS,
        alt="Errors of the last runs by network and reason, newest first",
        sources=[],
        key="errors",
        rows=8,
    )


@frame.section
def labels() -> None:
    """Who is said to be behind addresses, by whose evidence."""
    st.header("Labels", anchor=False)
    rows = served.asked(freshness.labels)
    if rows.is_empty():
        st.caption("No address has a label yet: every address counts as a party of its own.")
        return
    st.markdown(
        f"{words.sentence(words.several(rows.height, 'address has', 'addresses have'))} a label. Each is a claim with "
        "public evidence; it merges the addresses of one party and takes protocol accounts out of the count of parties."
    )
    draw.table(
        rows,
        LABELS,
        alt="Labelled addresses with their evidence",
        sources=[],
        key="labels",
    )
    said = words.several(rows.height, "address has", "addresses have")
    cite.under(f"{words.sentence(said)} a label", lambda: [stated.labels(rows)], key="labels")
    with st.expander("How to object, and how a correction is shown", icon=":material/flag:"):
        st.markdown(method.document("objections"))


@frame.section
def metrics() -> None:
    """Every metric in its own words, one at a time, and the rules of the verdicts."""
    st.header("Metrics", anchor=False)
    name = choose.metric()
    metric = METRICS[name]
    st.markdown(f"**{metric.title}** (`{name}`, version {metric.version}). A higher value says that {metric.reads}.")
    st.markdown(method.paragraph(name))
    with st.expander("Rules for all metrics", icon=":material/rule:"):
        st.markdown(method.rules_of_metrics())
    st.header("Verdicts", anchor=False)
    with st.expander("How a network gets its words", icon=":material/gavel:"):
        st.markdown(method.document("verdicts"))


@frame.section
def everything() -> None:
    """The database itself."""
    st.header("Take it along", anchor=False)
    st.markdown(
        "Every table here and under every chart is a CSV and a Parquet file. The database holds all of it; "
        "DuckDB 1.5 and later open it."
    )
    downloads.mart_file()


@frame.section
def licences() -> None:
    """Whose data this is."""
    st.header("Licences and thanks", anchor=False)
    thanks = "".join(f"* {inert.markdown(one, 300)}\n" for one in served.asked(freshness.credits))
    st.markdown(
        "* The program is free software under the MIT licence; our compilation of the data is under CC BY 4.0.\n"
        "* Facts of chains come from public nodes, named beside every number. Nobody owns facts, but operators serve "
        "them free of charge: ask them gently.\n"
        f"{thanks}"
        "* Labels name their evidence, row by row; events name their source.\n"
        "* The Edinburgh Decentralisation Index showed how much the grouping of addresses matters; `nc_ge_1_2_edi` "
        "follows its rule, so that numbers can be compared."
    )


main()
