"""Which numbers the page of markets states of spend in dollars and of hardware, each with its origin."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from questions import cited
from questions.cited import Cited, Origin
from ui import stated, words

# Of a long table so many rows can be cited by name; SQL of the others differs in the name alone.
LARGEST: Final = 30
# By the column that has a number what it is, and how it is written.
Shown = Mapping[str, tuple[str, Callable[[Any], str]]]


def spent(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """A market by side in dollars: rows of `akash_market.spend_concentration`."""
    shown: Shown = {
        "usd": ("US dollars a day", words.usd),
        "parties": ("parties", words.count),
        "nc_gt_1_2": ("for over half", words.decimal),
        "top_1": ("largest share", words.share),
        "top_3": ("share of the largest three", words.share),
        "effective_parties": ("effective parties", words.decimal),
        "of_spend": ("of all spend", words.share),
    }
    return [
        Cited(
            f"{words.sentence(row['population'])}: {said}",
            Origin(f"spend_side.{column}", network, of=row["population"]),
            row[column],
            spoken(row[column]),
        )
        for row in rows_.to_dicts()
        for column, (said, spoken) in shown.items()
    ]


def of_side(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """The largest parties of one side of a market in dollars: rows of `akash_market.spend_parties`."""
    shown: Shown = {"low_usd": ("US dollars a day", words.usd), "share": ("share", words.share)}
    return [
        Cited(
            f"{words.sentence(row['population'])}: {words.short(row['party'])}, {said}",
            Origin(f"spend_party.{column}", network, of=f"{row['population']}{cited.BETWEEN}{row['party']}"),
            row[column],
            spoken(row[column]),
        )
        for row in rows_.head(LARGEST).to_dicts()
        for column, (said, spoken) in shown.items()
    ]


def spend_days(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """The newest days of a market in dollars, as its source and as the chain tells them: rows of `spend_day`."""
    shown = {"console_usd": "as the console counts it", "low_usd": "run rate read on chain"}
    newest = [(column, rows_.drop_nulls(column).sort("day").tail(1)) for column in shown]
    return [
        Cited(
            f"{words.day(row['day'])}: {shown[column]}",
            Origin(f"spend_day.{column}", network, of=str(row["day"])),
            row[column],
            words.usd(row[column]),
        )
        for column, found in newest
        for row in found.to_dicts()
    ]


def counted(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """Spend by every way of counting it, in tokens and in dollars: rows of `akash_market.spend_columns`."""
    shown: Shown = {
        "tokens": ("tokens", words.decimal),
        "low_usd": ("US dollars, at least", words.usd),
        "high_usd": ("US dollars, at most", words.usd),
    }
    return _of_each(
        rows_,
        shown,
        lambda row: f"{row['title']}, {row['token']}",
        lambda row, column: Origin(f"spend.{column}", network, of=f"{row['title']}{cited.BETWEEN}{row['token']}"),
    )


def offered(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """Who leases out how much: rows of `akash_market.supply`."""
    names = {"gpus": "GPUs", "cpu_cores": "CPU cores", "memory_gib": "GiB of memory", "storage_gib": "GiB of storage"}
    return [
        stated.rows("organisation", network, rows_.height, "Organisations that lease out hardware"),
        *(
            Cited(
                f"{row['organisation']}: {said}",
                Origin(f"organisation.{column}", network, of=row["organisation"]),
                row[column],
                words.decimal(row[column]),
            )
            for row in rows_.head(LARGEST).to_dicts()
            for column, said in names.items()
        ),
    ]


def gates(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """How much of the spend needs whose signature: rows of `akash_market.gate`."""
    shown: Shown = {
        "low_usd": ("US dollars a day", words.usd),
        "of_spend": ("of all spend", words.share),
        "of_providers": ("of working providers", words.share),
    }
    return _of_each(
        rows_,
        shown,
        lambda row: words.short(row["auditor"]) if row["auditor"] else "No signature demanded",
        lambda row, column: Origin(f"auditor.{column}", network, of=row["auditor"]),
    )


def _of_each(
    rows_: pl.DataFrame,
    shown: Shown,
    called: Callable[[dict[str, Any]], str],
    origin: Callable[[dict[str, Any], str], Origin],
) -> list[Cited]:
    """What is shown of each row; what lacks, such as dollars where there was no price, is no number."""
    return [
        Cited(f"{called(row)}: {said}", origin(row, column), row[column], spoken(row[column]))
        for row in rows_.to_dicts()
        for column, (said, spoken) in shown.items()
        if row[column] is not None
    ]
