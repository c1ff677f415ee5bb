"""Claims of others in words and columns: what is claimed and measured, what that is called, what would refute it."""

from typing import Final

import polars as pl

from questions.claims import Reading
from ui import inert, tables, words
from ui.provenance import Provenance

MARKS: Final = {
    "confirmed": "✓",
    "contradicted": "✕",
    "consistent under another reading": "≈",
    "self-reported": "○",
    "not verifiable": "?",
    "not read yet": "…",
}
BOUNDS: Final = {"at_least": "at least ", "at_most": "at most ", "needs": "at least "}

COLUMNS: Final = {
    # The narrowest stays in sight, on a phone too.
    "called": tables.text(
        "Word", "What it is called; with a formula it follows from the numbers at every build.", pinned=True
    ),
    "sentence": tables.text("Claim"),
    "says": tables.text("Read as"),
    "claimed_text": tables.figures("Claimed"),
    "measured_text": tables.figures("Measured"),
    "falsifier": tables.text("What would refute it"),
    "measured_at": tables.day("Measured at"),
    "note": tables.text("How"),
    "ambiguity": tables.text("What it leaves open"),
    "public": tables.text("What is public"),
    "title": tables.text("Of"),
    "who": tables.text("By"),
    "source": tables.text("Source"),
    "recorded_at": tables.day("Recorded"),
    "checked_at": tables.day("Opened", "When somebody opened the source; empty: nobody could."),
}


def told(rows: pl.DataFrame) -> pl.DataFrame:
    """Claims with their word marked and their numbers written out."""
    texts = [
        {
            "called": called(row["word"]),
            "claimed_text": number(row["claimed"], row["unit"], BOUNDS.get(row["bound"], "")),
            "measured_text": number(row["measured"], row["unit"]),
        }
        for row in rows.iter_rows(named=True)
    ]
    schema = dict.fromkeys(("called", "claimed_text", "measured_text"), pl.String)
    return rows.drop("snapshots").hstack(pl.DataFrame(texts, schema=schema))


def called(word: str) -> str:
    """A word with a mark, so that it is not told by colour or place alone."""
    return f"{MARKS.get(word, '')} {word}".strip()


def number(value: float | None, unit: str, bound: str = "") -> str:
    """A number with its unit: at least 5.00 million USD; a dash where there is none."""
    if value is None:
        return words.MISSING
    return bound + (words.usd(value) if unit == "USD" else f"{words.decimal(value)} {_one(unit, value)}".strip())


def _one(unit: str, value: float) -> str:
    """A unit in the singular where there is one of it."""
    if value != 1:
        return unit
    return f"{unit.removesuffix('ies')}y" if unit.endswith("ies") else unit.removesuffix("s")


def headline(rows: pl.DataFrame) -> str:
    """How many readings there are of how many claims, and what they are called, as a sentence."""
    counted = dict(rows.group_by("word").len().iter_rows())
    parts = [f"{words.numeral(counted[word])} {word}" for word in MARKS if word in counted]
    claims = words.sentence(words.several(rows["claim"].n_unique(), "claim"))
    return f"{claims}, read in {words.several(rows.height, 'way')}: {words.listed(parts)}"


def reading(one: Reading) -> str:
    """One reading of a claim in full, as Markdown."""
    lines = [f"**{inert.markdown(called(one.word))}**: {_inert(one.says)}"]
    if one.measured is not None and one.measured_at is not None:
        claimed = number(one.claimed, one.unit, BOUNDS.get(one.bound, ""))
        how = f" ({_inert(one.note)})" if one.note else ""
        measured = f"{_inert(number(one.measured, one.unit))} on {words.day(one.measured_at)}"
        lines.append(f"Claimed {_inert(claimed)}, measured {measured}{how}.")
    elif one.note:
        lines.append(f"No number: {_inert(one.note)}.")
    lines.append(f"What would refute it: {_inert(one.falsifier)}")
    lines += [f"What it leaves open: {_inert(one.ambiguity)}"] if one.ambiguity else []
    lines.append(f"What is public: {_inert(one.public)}")
    opened = f"opened {words.day(one.checked_at)}" if one.checked_at else "not opened by us"
    lines.append(f"{_inert(one.who)}, {inert.link(one.source)}, recorded {words.day(one.recorded_at)}, {opened}.")
    return "  \n".join(lines)


def _inert(text: str) -> str:
    return inert.markdown(text, 400)


def sources(snapshots: pl.DataFrame) -> list[Provenance]:
    """Where the number of a reading comes from."""
    return [
        Provenance(
            network=row["title"],
            population=row["reading"],
            unit="",
            height=row["height"],
            time=row["time"],
            source=row["endpoint"],
            method=row["method"],
            simulated=row["simulated"],
        )
        for row in snapshots.iter_rows(named=True)
    ]
