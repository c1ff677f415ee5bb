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
    safe = [_safe(frame[name], longest) for name in texts]
    return frame.with_columns(safe).rename({name: cell(name) for name in frame.columns})


def _safe(texts: pl.Series, longest: int) -> pl.Series:
    """The texts of a column; those that are harmless as they stand, nearly all, are not looked at letter by letter."""
    doubted = texts.filter(~(texts.str.contains(HARMLESS) & (texts.str.len_bytes() <= longest))).unique()
    if doubted.is_empty():
        return texts
    told = {text: cell(text, longest) for text in doubted}
    return pl.Series(texts.name, [told.get(text, text) for text in texts], dtype=pl.String)
