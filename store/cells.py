"""Texts for spreadsheets, which run what looks like a formula: names and titles are written by strangers."""

import re
from typing import Final

import polars as pl

from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER
from store.visible import LONGEST, plain

# Words of ASCII letters with a blank between them, that do not begin as a formula does: `cell` leaves them as they are.
HARMLESS: Final = rf"^[!-~&&[^{re.escape(''.join(FORMULA_STARTS))}]][!-~]*(?: [!-~]+)*$"


def cell(text: str, longest: int = LONGEST) -> str:
    """A text for a spreadsheet: what would run as a formula starts with an apostrophe instead."""
    line = plain(text, longest)
    runs = line.startswith(FORMULA_STARTS) and not re.fullmatch(NEGATIVE_NUMBER, line)
    return "'" + line if runs else line


def cells(frame: pl.DataFrame, longest: int = LONGEST) -> pl.DataFrame:
    """A frame whose texts are all safe in a table and in a spreadsheet, its headers too."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    # Nearly all are harmless as they stand. All are asked at once: a question takes longer than its answer.
    harmless = pl.col(texts).str.contains(HARMLESS) & (pl.col(texts).str.len_bytes() <= longest)
    doubted = [one.name for one in frame.select(harmless.all()) if not one.item()] if texts else []
    safe = [_safe(frame[name], longest) for name in doubted]
    headers = {name: cell(name) for name in frame.columns}
    changed = {name: told for name, told in headers.items() if name != told}
    found = frame.with_columns(safe) if safe else frame
    return found.rename(changed) if changed else found


def _safe(texts: pl.Series, longest: int) -> pl.Series:
    """The texts of a column, of which each is looked at letter by letter once."""
    told = {text: None if text is None else cell(text, longest) for text in dict.fromkeys(texts)}
    return pl.Series(texts.name, [told[text] for text in texts], dtype=pl.String)
