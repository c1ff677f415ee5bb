"""Text from chains, made harmless: names, titles and identities are written by strangers.

`plain` for anything that shows text as it is (tables, alt text, file names), `markdown` for Streamlit's prose,
`svg` for Plotly, which reads a little HTML, and `cell` for spreadsheets, which run what looks like a formula.
"""

import re
from typing import Final

import polars as pl

from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER
from store.visible import LONGEST, plain

__all__ = ["LONGEST", "cell", "cells", "file_name", "markdown", "plain", "svg"]

# Every ASCII punctuation mark may be escaped in Markdown; Streamlit adds :icons:, $formulas$ and :red[colours].
MARKUP: Final = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit makes links of bare addresses even where every mark is escaped, but never inside code.
LINK: Final = re.compile(r"(?i)://|www\.|@")


def markdown(text: str, longest: int = LONGEST) -> str:
    """A text as Markdown that shows it letter by letter: no emphasis, link, icon, formula, colour or HTML."""
    shown = plain(text, longest)
    return _code(shown) if LINK.search(shown) else MARKUP.sub(r"\\\1", shown)


def _code(shown: str) -> str:
    """A code span; its fence is longer than any run of backticks inside."""
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{fence} {shown} {fence}"


def svg(text: str, longest: int = LONGEST) -> str:
    """A text for Plotly's labels and hover boxes, which would otherwise read <b> and <a href>."""
    return plain(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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


def file_name(*parts: str) -> str:
    """A name for a download: lower-case letters, digits and hyphens only."""
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
    return words[:100].rstrip("-") or "download"
