"""Markets in sentences and columns: spend in dollars, published figures, emission and what reaches nobody."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from analytics.populations import Population, headlines
from ui import inert, tables, words
from ui.frame import source
from ui.provenance import Provenance

SUBNETS: Final = 20

COLUMNS: Final = {
    "column": tables.text("", pinned=True),
    "title": tables.text("What is counted"),
    "token": tables.text("Paid in"),
    "tokens": tables.number("Tokens"),
    "usd": tables.text("US dollars"),
    "notes": tables.text("Note"),
    "sources": tables.text("Price by"),
    "since": tables.time("From"),
    "until": tables.time("To"),
}
CONCENTRATION: Final = {
    "population": tables.text("Side", pinned=True),
    "parties": tables.count("Parties"),
    "usd": tables.number("US dollars"),
    "of_spend": tables.percent("Of all spend"),
    "effective_parties": tables.number("Effective parties"),
    "nc_gt_1_2": tables.count("For over half"),
    "top_1": tables.percent("Largest"),
    "top_3": tables.percent("Largest three"),
}
PARTIES: Final = {
    "party": tables.text("Party", pinned=True),
    "rank": tables.count("Rank"),
    "share": tables.percent("Share"),
    "cumulative": tables.percent("Together"),
    "low_usd": tables.number("US dollars"),
    "address": tables.text("Address"),
}
CLAIMS: Final = {
    "title": tables.text("Figure", pinned=True),
    "verdict": tables.text("Against what was measured"),
    "claimed_usd": tables.number("Published, USD"),
    "measured_usd": tables.number("Measured, USD"),
    "times": tables.number("Times"),
    "who": tables.text("By"),
    "kind": tables.text("Kind"),
    "period_start": tables.day("From"),
    "period_end": tables.day("To"),
    "note": tables.text("Note"),
    "source": tables.text("Read at"),
}
SUPPLY: Final = {
    "organisation": tables.text("Organisation", pinned=True),
    "providers": tables.count("Providers"),
    "gpus": tables.number("GPUs"),
    "cpu_cores": tables.number("CPU cores"),
    "memory_gib": tables.number("Memory, GiB"),
    "storage_gib": tables.number("Storage, GiB"),
}
GATE: Final = {
    "auditor": tables.text("Auditor", pinned=True),
    "low_usd": tables.number("Spend that needs it, USD"),
    "of_spend": tables.percent("Of all spend"),
    "signed": tables.count("Providers signed"),
    "of_providers": tables.percent("Of working providers"),
}
SINKS: Final = {
    "sink": tables.text("Reaches nobody", pinned=True),
    "amount_tokens": tables.number("Tokens"),
    "share": tables.percent("Of everything emitted"),
}
OFF: Final = {"name": tables.text("Subnet", pinned=True), "time": tables.time("Seen at")}


def sources(known: Sequence[Population], measure: str) -> list[Provenance]:
    """Where the numbers of a market come from: its headline population."""
    return [source(one) for one in headlines([one for one in known if one.measure == measure])]


def akash_headline(spent: pl.DataFrame) -> str:
    """How few get and pay half, as a sentence."""
    told = {row["population"]: row for row in spent.to_dicts()}
    paid, pay = told["providers"], told["payers"]
    return (
        f"Akash: {words.usd(paid['usd'])} a day; {words.several(int(paid['nc_gt_1_2']), 'provider')} "
        f"get over half, {words.several(int(pay['nc_gt_1_2']), 'payer')} pay over half"
    )


def sides_in_words(spent: pl.DataFrame) -> str:
    """Every side's largest and how few make half."""
    return ". ".join(
        f"{words.sentence(name)}: the largest has {words.share(top)}, {words.several(int(half), 'party', 'parties')} "
        "have over half"
        for name, top, half in spent.select("population", "top_1", "nc_gt_1_2").iter_rows()
    )


def with_marks(columns: pl.DataFrame) -> pl.DataFrame:
    """Columns of spend with their dollars as text: one figure, a range, or why there is none."""
    texts = [_range(low, high) for low, high in columns.select("low_usd", "high_usd").iter_rows()]
    return columns.with_columns(usd=pl.Series(texts, dtype=pl.String))


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return words.MISSING
    return words.usd(low) if round(low) == round(high) else f"{words.usd(low)} to {words.usd(high)}"


def named(rows: pl.DataFrame, called: Mapping[str, str]) -> pl.DataFrame:
    """Holders with a name where one is known."""
    return rows.with_columns(
        address=pl.col("holder"),
        party=pl.Series([called.get(one, "") for one in rows["holder"]], dtype=pl.String),
    )


def left_out(rows: pl.DataFrame) -> str:
    """What the dollar tables leave out, as a sentence; empty where they leave out nothing."""
    return " ".join(
        f"Left out: {words.decimal(tokens)} {inert.markdown(token)} a day ({inert.markdown(reason, 200)})."
        for token, tokens, reason in rows.select("token", "tokens", "reason").iter_rows()
    )


def daily(console: pl.DataFrame, on_chain: pl.DataFrame) -> pl.DataFrame:
    """The console's days and the run rate read on chain, as two series."""
    ours = on_chain.select(
        time=pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), value=pl.col("low_usd")
    ).drop_nulls()
    named_series = [("The Akash console", console), ("Read on chain, run rate", ours)]
    return pl.concat(
        part.select("time", "value", network=pl.lit(name), title=pl.lit(name)) for name, part in named_series
    )


def daily_in_words(rows: pl.DataFrame, points: pl.DataFrame) -> str:
    """The newest day of each series, and how many published figures are marked."""
    newest = rows.sort("time").group_by("title", maintain_order=True).last()
    told = [
        f"{title}: {words.usd(value)} on {words.day(time)}"
        for title, time, value in newest.select("title", "time", "value").iter_rows()
    ]
    return f"{'; '.join(told)}; {words.several(points.height, 'published figure')} marked."


def supply_headline(rows: pl.DataFrame) -> str:
    """Who offers, as a sentence."""
    first = inert.markdown(rows["organisation"][0])
    return f"{words.sentence(words.several(rows.height, 'organisation'))} lease out hardware; {first} most of the GPUs"


def offers(rows: pl.DataFrame) -> bool:
    """Whether anybody leases out anything."""
    return bool((rows.select(list(SUPPLY)[2:]).sum_horizontal() > 0).any())


def gates(rows: pl.DataFrame) -> pl.DataFrame:
    """Auditors by short address; the row without one is spend that needs no signature."""
    told = [words.short(one) if one else "no signature demanded" for one in rows["auditor"]]
    return rows.with_columns(auditor=pl.Series(told, dtype=pl.String), address="auditor")


def sinks_headline(rows: pl.DataFrame) -> str:
    """How much reaches nobody."""
    return f"{words.share(float(rows['share'].sum()))} of it reaches nobody"


def largest_subnets(split: pl.DataFrame, called: Mapping[str, str]) -> pl.DataFrame:
    """The first subnets with their names, for the chart of parts."""
    number = pl.col("subnet").str.extract(r"subnet:(\d+)").cast(pl.Int64)
    first = split.sort(number, maintain_order=True)["subnet"].unique(maintain_order=True).head(SUBNETS)
    shown = split.filter(pl.col("subnet").is_in(first.to_list())).sort(number, maintain_order=True)
    return shown.with_columns(whole=pl.Series([_subnet(one, called) for one in shown["subnet"]], dtype=pl.String))


def subnets_named(rows: pl.DataFrame) -> pl.DataFrame:
    """Subnets by their own names, else by their number."""
    called = {subnet: name for subnet, name in rows.select("subnet", "name").iter_rows() if name}
    return rows.with_columns(name=pl.Series([_subnet(one, called) for one in rows["subnet"]], dtype=pl.String))


def _subnet(label: str, called: Mapping[str, str]) -> str:
    number = label.removeprefix("subnet:").partition(".")[0]
    return f"{number} {inert.plain(called.get(label, ''), 24)}".strip()
