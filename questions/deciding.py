"""Who decides over what the parts of a network get: the fewest for each part, and how much so few decide together."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from analytics.power.deciding import FEW, decided
from questions.populations import Population, part_number
from store.mart import Tables

_SETS: Final = """
    SELECT d.part, d.amount, d.fewest, d.parties, coalesce(w.word, '') AS word FROM deciding_set d
    LEFT JOIN word w ON w.network = d.network AND w.name = split_part(d.part, ':', 1) || ':'
    WHERE d.network = ? AND d.grouping = 'control' ORDER BY d.amount DESC, d.part
"""
PARTS: Final = pl.Schema(
    {
        "part": pl.String(),
        "amount_tokens": pl.Float64(),
        "share": pl.Float64(),
        "fewest": pl.Int64(),
        "parties": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Deciding:
    """How few decide over what the parts of a network get, with labels in force.

    told: of what a share is decided, and how. few: by how many, the share that so many or fewer decide. unknown: the
    share of which it is not known. parts: title, amount, share of all, fewest (null: not known) and who, as JSON.
    """

    told: str
    few: dict[int, float]
    unknown: float
    parts: pl.DataFrame


def deciding(mart: Tables, population: Population) -> Deciding | None:
    """Who decides over the parts that hold a population; None where none is declared or read."""
    told = mart.table("SELECT told FROM deciding WHERE network = ? AND over = ?", population.network, population.key)
    rows = mart.table(_SETS, population.network).rows()
    total = sum(int(amount) for _, amount, *_ in rows)
    if told.is_empty() or not total:
        return None
    known = [(int(amount), fewest) for _, amount, fewest, *_ in rows]
    shares = {few: decided(known, few) for few in FEW}
    scale = 10.0**population.token_decimals
    parts = [
        (f"{word} {part_number(part)}".strip(), float(amount) / scale, int(amount) / total, fewest, parties)
        for part, amount, fewest, parties, word in rows
    ]
    return Deciding(
        told["told"][0],
        {few: float(share) for few, (share, _) in shares.items()},
        float(shares[FEW[0]][1]),
        pl.DataFrame(parts, schema=PARTS, orient="row"),
    )
