"""The market of Akash in sentences and columns: spend in dollars, hardware and who signs for it."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from ui import inert, parties, tables, words

USD_A_DAY: Final = "US dollars a day"
# What docs/compute_spend.md says of each letter, in a line.
LETTERS: Final = (
    "R, run rate: what running leases cost, projected for a day. A, accrued: what leases earned, settled or not. "
    "S, settled: what the chain moved to providers. D, deposited: what payers put in, less what came back. "
    "E, external: A from outsiders only, as a range. They overlap and are never added to each other."
)

COLUMNS: Final = {
    "column": tables.text("Letter", LETTERS, pinned=True),
    "title": tables.text("What is counted"),
    "token": tables.text("Paid in"),
    "tokens": tables.number("Tokens", places=2),
    "usd": tables.figures("US dollars"),
    "notes": tables.text("Note"),
    "sources": tables.text("Price by"),
    "since": tables.time("From"),
    "until": tables.time("To"),
}
CONCENTRATION: Final = {
    "population": tables.text("Side", pinned=True),
    "parties": tables.count("Parties", "Addresses of one party are merged."),
    "usd": tables.number("US dollars a day", places=0),
    "of_spend": tables.proportion("Of all spend"),
    "effective_parties": tables.number("Effective parties", places=1),
    "nc_gt_1_2": tables.count("For over half"),
    "top_1": tables.percent("Largest"),
    "top_3": tables.percent("Largest three"),
}
PARTIES: Final = {
    "party": tables.text("Party", pinned=True),
    "rank": tables.count("Rank"),
    "share": tables.percent("Share"),
    "cumulative": tables.percent("Together"),
    "low_usd": tables.number("US dollars a day", places=2),
    "addresses": tables.count("Addresses", "Addresses that were merged into this party."),
    "address": tables.text("Largest address"),
}
SUPPLY: Final = {
    "organisation": tables.text("Organisation", pinned=True),
    "providers": tables.count("Providers"),
    "gpus": tables.number("GPUs", places=0),
    "cpu_cores": tables.number("CPU cores", places=0),
    "memory_gib": tables.number("Memory, GiB", places=0),
    "storage_gib": tables.number("Storage, GiB", places=0),
}
GATE: Final = {
    "party": tables.text("Auditor", pinned=True),
    "low_usd": tables.number("Spend that needs it, USD a day", places=0),
    "of_spend": tables.proportion("Of all spend"),
    "signed": tables.count("Providers signed", "Providers that are paid, addresses of one party merged."),
    "of_providers": tables.proportion("Of working providers"),
    "address": tables.text("Largest address"),
}


def headline(title: str, spent: pl.DataFrame) -> str:
    """How few get and pay half, as a sentence."""
    by_side = {row["population"]: row for row in spent.to_dicts()}
    paid, pay = by_side["providers"], by_side["payers"]
    getting, paying = int(paid["nc_gt_1_2"]), int(pay["nc_gt_1_2"])
    return (
        f"{title}: {words.usd(paid['usd'])} a day; "
        f"{words.several(getting, 'provider')} {'gets' if getting == 1 else 'get'} over half, "
        f"{words.several(paying, 'payer')} {'pays' if paying == 1 else 'pay'} over half"
    )


def sides_in_words(spent: pl.DataFrame) -> str:
    """Every side's largest and how few make half."""
    return ". ".join(
        f"{words.sentence(name)}: the largest has {words.share(top)}, {words.several(int(half), 'party', 'parties')} "
        f"{'has' if half == 1 else 'have'} over half"
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


def daily(title: str, console: pl.DataFrame, on_chain: pl.DataFrame) -> pl.DataFrame:
    """The console's days and the run rate read on chain, as two series."""
    ours = on_chain.select(
        time=pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), value=pl.col("low_usd")
    ).drop_nulls()
    named_series = [(f"The {title} console", console), ("Read on chain, run rate", ours)]
    return pl.concat(
        part.select("time", "value", network=pl.lit(name), title=pl.lit(name)) for name, part in named_series
    )


def daily_in_words(rows: pl.DataFrame, points: pl.DataFrame) -> str:
    """The newest day of each series, and how many claimed figures are marked."""
    newest = rows.sort("time").group_by("title", maintain_order=True).last()
    told = [
        f"{title}: {words.usd(value)} on {words.day(time)}"
        for title, time, value in newest.select("title", "time", "value").iter_rows()
    ]
    return f"{'; '.join(told)}; {words.several(points.height, 'claimed figure')} marked."


def points_in_words(points: pl.DataFrame, letter: Callable[[int], str]) -> str:
    """Each published figure by the letter of its cross, as a line of Markdown; letter: of a place."""
    rows = points.select("time", "value", "title").iter_rows()
    return "\n".join(
        f"* **{letter(place)}** · {words.usd(value)} a day about {words.day(time)}: {inert.markdown(title, 300)}"
        for place, (time, value, title) in enumerate(rows)
    )


def supply_headline(rows: pl.DataFrame) -> str:
    """Who offers, as a sentence."""
    first = inert.markdown(rows["organisation"][0])
    return f"{words.sentence(words.several(rows.height, 'organisation'))} lease out hardware; {first} most of the GPUs"


def offers(rows: pl.DataFrame) -> bool:
    """Whether anybody leases out anything."""
    # After the name and the number of providers come the amounts.
    return bool((rows.select(list(SUPPLY)[2:]).sum_horizontal() > 0).any())


def gates(rows: pl.DataFrame, called: Mapping[str, str]) -> pl.DataFrame:
    """Auditors by name, else by short address; the row without one is spend that needs no signature."""
    found = [called.get(one, "") if one else "no signature demanded" for one in rows["auditor"]]
    return parties.called(rows.with_columns(party=pl.Series(found, dtype=pl.String), address="auditor"))


def signers(rows: pl.DataFrame) -> int:
    """How many auditors a table of the gate has; its last row is nobody."""
    return rows.filter(pl.col("auditor") != "").height
