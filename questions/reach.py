"""What somebody can force, stop or gate: every way in which it is enough, is needed, or is one of the fewest."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from questions.entity import Entity
from questions.populations import part_number
from questions.power import GROUPING
from store.mart import Mart

# How much of the way it has, the most first.
ALONE: Final = "is enough by itself"
NEEDED: Final = "nobody can without it"
AMONG: Final = "is one of the fewest"
GATE: Final = "gate"
DECIDE: Final = "decide"
# The share of which a gate is told.
HALF: Final = "half of the"

REACH: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "side", "action", "way", "role"), pl.String()),
        "number": pl.Int64(),
        "seconds": pl.Int64(),
        **dict.fromkeys(("letter", "note"), pl.String()),
    }
)
# Of texts in JSON only those are looked at that a party's name is in.
_PATHS: Final = """
    SELECT coalesce(n.title, p.network) AS network, p.* EXCLUDE (network) FROM path p
    LEFT JOIN network n ON n.name = p.network
    WHERE p.grouping = ? AND EXISTS (
        SELECT 1 FROM (SELECT unnest(?::VARCHAR[]) AS who)
        WHERE contains(p.parties, who) OR contains(p.alone, who) OR contains(p.needed, who))
    ORDER BY p.network, p.place
"""
_GATES: Final = """
    SELECT coalesce(n.title, v.network) AS network, v.measure, v.number, v.how, v.letter, v.parties FROM verdict v
    LEFT JOIN network n ON n.name = v.network
    WHERE v.axis = 'gate' AND v.number IS NOT NULL ORDER BY v.network, v.measure
"""
_DECIDED: Final = """
    SELECT coalesce(n.title, d.network) AS network, d.part, d.fewest, d.parties, coalesce(w.word, '') AS word,
           t.told
    FROM deciding_set d LEFT JOIN network n ON n.name = d.network
    LEFT JOIN word w ON w.network = d.network AND w.name = split_part(d.part, ':', 1) || ':'
    LEFT JOIN (SELECT network, any_value(told) AS told FROM deciding GROUP BY network) t ON t.network = d.network
    WHERE d.grouping = ? AND EXISTS (SELECT 1 FROM (SELECT unnest(?::VARCHAR[]) AS who) WHERE contains(d.parties, who))
    ORDER BY d.network, d.amount DESC, d.part
"""


def reach(mart: Mart, one: Entity) -> pl.DataFrame:
    """Every way of an entity, with its party where labels name one: rows of REACH, those where it is enough first."""
    parties = sorted({one.party, *(part for member in one.members for part in (member.canonical, member.party))} - {""})
    rows = [*_paths(mart, parties), *_gates(mart, parties), *_decided(mart, parties)]
    order = {ALONE: 0, NEEDED: 1, AMONG: 2}
    rows.sort(key=lambda row: order[row["role"]])
    return pl.DataFrame(rows, schema=REACH, orient="row")


def _role(row: Mapping[str, Any], parties: Sequence[str]) -> str:
    for name, role in (("alone", ALONE), ("needed", NEEDED), ("parties", AMONG)):
        if set(json.loads(row[name] or "[]")) & set(parties):
            return role
    return ""


def _paths(mart: Mart, parties: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in mart.table(_PATHS, GROUPING, [json.dumps(one) for one in parties]).iter_rows(named=True):
        role = _role(row, parties)
        if role:
            effect = row["effect"].removesuffix(",")
            yield {
                "network": row["network"],
                "side": row["side"],
                "action": row["action"],
                "way": row["name"],
                "role": role,
                "number": 1 if role == ALONE else row["number"],
                "seconds": row["seconds"],
                "letter": row["letter"],
                "note": f"does no more than {effect}" if effect else "",
            }


def _gates(mart: Mart, parties: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in mart.table(_GATES).iter_rows(named=True):
        if set(json.loads(row["parties"])) & set(parties):
            yield {
                "network": row["network"],
                "side": GATE,
                "action": f"{HALF} {row['measure'].replace('_', ' ')}",
                "way": row["how"],
                "role": ALONE if row["number"] == 1 else AMONG,
                "number": int(row["number"]),
                "letter": row["letter"],
                "note": "",
            }


def _decided(mart: Mart, parties: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in mart.table(_DECIDED, GROUPING, [json.dumps(one) for one in parties]).iter_rows(named=True):
        yield {
            "network": row["network"],
            "side": DECIDE,
            "action": row["told"] or "",
            "way": f"{row['word']} {part_number(row['part'])}".strip(),
            "role": ALONE if row["fewest"] == 1 else AMONG,
            "number": row["fewest"],
            "letter": "",
            "note": "",
        }
