"""Texts for spreadsheets, which run what looks like a formula: names and titles are written by strangers."""

import re

import polars as pl

from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER
from store.visible import LONGEST, plain


def cell(text: str, longest: int = LONGEST) -> str:
    """A text for a spreadsheet: what would run as a formula starts with an apostrophe instead."""
    line = plain(text, longest)
    runs = line.startswith(FORMULA_STARTS) and not re.fullmatch(NEGATIVE_NUMBER, line)
    return "'" + line if runs else line


def cells(frame: pl.DataFrame, longest: int = LONGEST) -> pl.DataFrame:
    """A frame whose texts are all safe in a table and in a spreadsheet, its headers too."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    safe = [pl.Series(name, [_cell(text, longest) for text in frame[name]], dtype=pl.String) for name in texts]
    return frame.with_columns(safe).rename({name: cell(name) for name in frame.columns})


def _cell(text: str | None, longest: int) -> str | None:
    return None if text is None else cell(text, longest)
