"""Every chart, table and banner on one page, with hostile names: what the tests of the drawing open."""

from datetime import UTC, datetime, timedelta

import polars as pl
import streamlit as st

from questions.trouble import Trouble
from store.faults import Cause
from tests.worlds.gallery_names import HOSTILE
from ui import banners, charts, colours, curves, dots, draw, figure, inert, tables, words
from ui.provenance import Provenance

NOW = datetime.now(UTC)


def sources(network: str = "Akash") -> list[Provenance]:
    return [
        Provenance(
            network=network,
            population="validators",
            unit="AKT",
            height=19_870_442,
            time=NOW - timedelta(minutes=8),
            source="https://akash.example/lcd",
            method="Bonded tokens of every validator, module x/staking, at one block. <b>not bold</b>",
            grouping="operator",
            n=100,
        )
    ]


def ranks() -> pl.DataFrame:
    amounts = [1000 / place**0.9 for place in range(1, 101)]
    total, together, rows = sum(amounts), 0.0, []
    for place, amount in enumerate(amounts, start=1):
        before, together = together, together + amount / total
        name = HOSTILE[place - 1] if place <= len(HOSTILE) else f"validator {place}"
        rows.append((place, name, amount, amount / total, together, before < 1 / 3))
    return pl.DataFrame(rows, schema=["rank", "name", "stake_tokens", "share", "cumulative", "coalition"], orient="row")


def spread() -> pl.DataFrame:
    rows = [
        ("bittensor", "Bittensor", "the network", False, 9.0, 140.0, 2, False, "two keys", "keys of the triumvirate"),
        ("bittensor", "Bittensor", "emission", True, 34.0, 34.0, 1, False, "one party", "subnet owners"),
        ("akash", "Akash", "the network", False, 11.0, 29.0, 6, True, "a committee", "six validators halt the chain"),
        ("akash", "Akash", "compute spend", True, 11.0, 11.0, 1, True, "one party", "auditors"),
        ("fetch", "Fetch.ai", "the network", False, 21.0, 21.0, 4, True, "a handful", "four validators"),
        ("fet", HOSTILE[0], "the network", False, 120.0, 120.0, 3, False, "a handful", "three of five signers"),
    ]
    columns = ["network", "title", "of", "gate", "m", "most", "k", "independent", "word", "path"]
    layers = {"bittensor": "Models", "akash": "Compute"}
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        layer=pl.col("network").replace_strict(layers, default="Agents")
    )


def series() -> pl.DataFrame:
    rows = [
        (network, title, NOW - timedelta(days=180 - day), 5 + place * 3 + (day % 30) / 10)
        for place, (network, title) in enumerate(
            [("bittensor", "Bittensor"), ("akash", "Akash"), ("fetch", "Fetch.ai")]
        )
        for day in range(180)
    ]
    return pl.DataFrame(rows, schema=["network", "title", "time", "value"], orient="row")


def events() -> pl.DataFrame:
    return pl.DataFrame({"time": [NOW - timedelta(days=120), NOW - timedelta(days=40)], "mark": ["1", HOSTILE[1]]})


def holdings() -> pl.DataFrame:
    rows = [
        (network, title, place / 1000, (place / 1000) ** power)
        for network, title, power in [("bittensor", "Bittensor", 6), ("akash", "Akash", 3)]
        for place in range(1001)
    ]
    return pl.DataFrame(rows, schema=["network", "title", "holders", "amount"], orient="row")


st.set_page_config("Gallery", layout="wide")
st.title("Which parts are really decentralized?")
st.markdown(f"Hostile in prose: {inert.markdown(' '.join(HOSTILE[:2] + HOSTILE[6:8]), 400)}")
banners.no_data("data")
banners.simulated()
banners.missing([("Akash", "SourceDown: https://akash.example/lcd timed out")])
banners.stale([("Bittensor", NOW - timedelta(hours=9), timedelta(hours=1))], NOW)
dead = Trouble((HOSTILE[0],), Cause.SILENT, HOSTILE[1], NOW, (("akash", "Akash"),), (("akash", "validators"),))
banners.failed(NOW - timedelta(hours=2), [dead], NOW)
banners.short_history()
banners.nothing("These tokens do not vote.")

table = ranks()
st.header("Akash: 6 validators hold over one third")
chart = draw.Chart(
    key="ranked",
    figure=charts.ranked(
        table,
        threshold=1 / 3,
        threshold_label="1/3 halts",
        look=colours.of_network(2),
        things="validators",
    ),
    table=table,
    columns={
        "name": tables.text("Validator", pinned=True),
        "rank": tables.count("Rank"),
        "stake_tokens": tables.number("Stake, AKT"),
        "share": tables.bar("Share", most=0.3),
        "cumulative": tables.percent("Together"),
    },
    alt=f"The six largest of 100 validators hold over a third of the stake; the largest is {HOSTILE[0]}.",
    sources=sources(),
    note="Others' names are shown as the chain has them.",
)
picked = draw.clickable(chart)
draw.folded(chart)
st.markdown(f"Picked: {words.listed([str(rank) for rank in picked]) or 'none'}")

st.header("Math against power")
points = spread()
draw.show(
    draw.Chart(
        "dots",
        dots.math_against_power(points),
        points,
        {"title": tables.text("Network"), "of": tables.text("Power over"), "m": tables.number("Math")},
        "Six marks: most resources are spread widely, few can force something.",
        sources() + sources("Bittensor"),
    )
)
st.header("Inequality")
draw.show(
    draw.Chart(
        "lorenz",
        charts.lorenz(holdings()),
        figure.thin(holdings(), 50),
        {"title": tables.text("Network"), "holders": tables.percent("Holders"), "amount": tables.percent("Amount")},
        "Bittensor's curve lies below Akash's.",
        sources(),
    )
)
st.header("Over time")
published = pl.DataFrame(
    {"time": [NOW - timedelta(days=90)], "value": [12.5], "title": ["An article said 12.5 <b>parties</b>"]}
)
draw.show(
    draw.Chart(
        "daily",
        curves.daily(series(), y="Effective parties", published=published, events=events()),
        series(),
        {"title": tables.text("Network"), "time": tables.time("Day"), "value": tables.number("Parties")},
        "Three rising series.",
        sources(),
    )
)
draw.panels(
    {
        title: curves.panel(part, events=events())
        for (title,), part in series().group_by(["title"], maintain_order=True)
        if isinstance(title, str)
    },
    alts={"Bittensor": "Bittensor rises.", "Akash": "Akash rises.", "Fetch.ai": "Fetch.ai rises."},
    sources=sources(),
    key="panels",
)
st.header("Before and after")
change = pl.DataFrame({"name": HOSTILE[:4], "before": [0.3, 0.2, 0.1, None], "after": [0.2, 0.2, 0.15, 0.05]})
draw.show(
    draw.Chart(
        "change",
        charts.before_after(change, colour=colours.of_network(2).colour),
        change,
        {"name": tables.text("Validator"), "before": tables.percent("Before"), "after": tables.percent("After")},
        "The largest falls from 30 to 20 percent.",
        sources(),
    )
)
st.header("A vote")
votes = pl.DataFrame(
    {"option": ["yes", "no", "no_with_veto", "abstain", "not voted"], "share": [0.4, 0.1, 0.05, 0.05, 0.4]}
)
draw.show(
    draw.Chart(
        "tally",
        charts.tally(votes, [(0.4, "quorum")]),
        votes,
        {"option": tables.text("Option"), "share": tables.percent("Share")},
        "40 percent yes, 40 percent have not voted.",
        sources(),
    )
)
st.header("A table alone")
tables.show(table, {"name": tables.text("Validator"), "share": tables.bar("Share")}, alt="Validators", key="alone")
