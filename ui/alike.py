"""What validators say alike of themselves, in words and as a table."""

from collections.abc import Mapping, Sequence

import polars as pl

from analytics.spread.metrics import HEADLINE
from questions.alike import Alike
from questions.thresholds import DecidingShare, Value
from ui import tables, words

COLUMNS = {
    "by": tables.text("Say the same", pinned=True),
    "share": tables.percent("Together"),
    "joined": tables.text("Counts as"),
    "members": tables.text("Who", "As they call themselves, the largest first."),
    "said": tables.text("Namely"),
}


def told(found: Sequence[Alike], now: Mapping[str, Value], then: Mapping[str, Value], threshold: DecidingShare) -> str:
    """What claims would change, as sentences of Markdown; now: by labels alone, then: with claims."""
    joined = sum(len(one.members) for one in found if one.joined)
    if not joined:
        return "Some say one thing alike. That joins nobody: anybody can write anybody's words."
    m = [words.decimal(one[HEADLINE].value or 0.0) for one in (now, then)]
    k = [words.count(threshold.value(one).count or 0) for one in (now, then)]
    few = f"still {k[0]}" if k[0] == k[1] else f"{k[0]} → **{k[1]}**"
    return (
        f"{words.sentence(words.several(joined, 'validator'))} say both the same identity and the same website as "
        f"another. If each such group is one operator, it is {m[0]} → **{m[1]}** effective parties, and {few} "
        f"have {threshold.amount}. Nobody checks what they say, so no headline rests on it."
    )


def rows(found: Sequence[Alike]) -> pl.DataFrame:
    """Those who say the same, one row a text."""
    return pl.DataFrame(
        [
            {
                "members": ", ".join(f"{name} {words.share(share)}" for name, share in one.members),
                "by": one.by,
                "said": one.said,
                "share": one.share,
                "joined": "one, beside the headline" if one.joined else "each itself: not confirmed",
            }
            for one in found
        ]
    )
