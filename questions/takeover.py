"""How far each part of a network is from being taken over, and what the rest would cost at today's price."""

from typing import Final

import polars as pl

from questions.populations import part_number
from store.mart import Tables

_TOLD: Final = """
    WITH told AS (
        SELECT name, subject, max_by(value, time) AS value, max_by(snapshot, time) AS snapshot,
               max_by(unit, time) AS unit
        FROM observation WHERE network = ? AND subject <> '' AND name IN (
            'takeover_missing', 'takeover_from', 'conviction_challenger', 'conviction_owner', 'alpha_outside', 'price')
        GROUP BY name, subject
    )
    SELECT m.subject AS part, coalesce(w.word, '') AS word, m.value / 10.0 ** coalesce(u.decimals, 0) AS missing,
           m.value / nullif(a.value, 0) AS share, m.value / 10.0 ** coalesce(u.decimals, 0) * p.value AS cost,
           c.value / 10.0 ** coalesce(u.decimals, 0) AS challenger, o.value / 10.0 ** coalesce(u.decimals, 0) AS owner,
           s.height >= f.value AS old
    FROM told m
    JOIN snapshot s ON s.id = m.snapshot
    LEFT JOIN unit u ON u.network = s.network AND u.unit = m.unit
    LEFT JOIN word w ON w.network = s.network AND w.name = split_part(m.subject, ':', 1) || ':'
    LEFT JOIN told f ON f.subject = m.subject AND f.name = 'takeover_from'
    LEFT JOIN told a ON a.subject = m.subject AND a.name = 'alpha_outside'
    LEFT JOIN told p ON p.subject = m.subject AND p.name = 'price'
    LEFT JOIN told c ON c.subject = m.subject AND c.name = 'conviction_challenger'
    LEFT JOIN told o ON o.subject = m.subject AND o.name = 'conviction_owner'
    WHERE m.name = 'takeover_missing' AND m.snapshot = (
        SELECT max_by(snapshot, time) FROM observation WHERE network = ? AND name = 'takeover_rule')
    ORDER BY old DESC, cost NULLS LAST, part
"""
_RULE: Final = """
    SELECT max_by(exact, time) AS rule FROM observation WHERE network = ? AND name = 'takeover_rule' AND subject = ''
"""


def takeovers(mart: Tables, network: str) -> pl.DataFrame:
    """Each part, the old ones first, the cheapest first; empty where nothing can be taken over, or nothing is read.

    Columns: part, missing (what a challenger lacks, in the part's token), share (of that token outside of its pool),
    cost (in the network's token, at today's price), challenger and owner (what they have), old (whether it is old
    enough).
    """
    rows = mart.table(_TOLD, network, network)
    titles = [f"{word} {part_number(part)}".strip() for part, word in rows.select("part", "word").iter_rows()]
    return rows.drop("word").with_columns(part=pl.Series(titles, dtype=pl.String))


def rule(mart: Tables, network: str) -> str:
    """By which rule a part is taken over, in the words of the reading; empty where none was read."""
    (told,) = mart.table(_RULE, network)["rule"]
    return told or ""
