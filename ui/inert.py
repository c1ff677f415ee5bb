"""Text from chains, made harmless: names, titles and identities are written by strangers.

`plain` for anything that shows text as it is (tables, alt text, file names), `markdown` for Streamlit's prose,
`svg` for Plotly, which reads a little HTML, and `cell` for spreadsheets, which run what looks like a formula.
"""

import re
import unicodedata
from typing import Final

import polars as pl

from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER

LONGEST: Final = 80
# Enough for the letters of every living script; more is a "Zalgo" tower that covers its neighbours.
MARKS_IN_A_ROW: Final = 4
# Control, format (bidi, zero width, tags), surrogate, private use, unassigned.
UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Letters and marks that draw nothing: joiners, Hangul fillers, Khmer vowels, Braille blank, variation selectors.
UNSEEN: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFFFC, 0xFFFD, 0x1D159}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
# Every ASCII punctuation mark may be escaped in Markdown; Streamlit adds :icons:, $formulas$ and :red[colours].
MARKUP: Final = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit makes links of bare addresses even where every mark is escaped, but never inside code.
LINK: Final = re.compile(r"(?i)://|www\.|@")


def plain(text: str, longest: int = LONGEST) -> str:
    """The visible part of a text on one line, at most `longest` letters; empty when nothing is visible."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return " ".join(text.split())
    # Ten times the length is room for what is taken out; a megabyte of name costs nothing more.
    seen = "".join(map(_seen, text[: longest * 10]))
    line = " ".join(_lowered(unicodedata.normalize("NFC", seen)).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _seen(letter: str) -> str:
    """What a reader sees of one letter: itself, a blank, or nothing."""
    category = unicodedata.category(letter)
    if category in {"Zs", "Zl", "Zp"} or letter in "\t\r\n\v\f\x85":
        return " "
    return "" if category in UNSEEN_CATEGORIES or ord(letter) in UNSEEN else letter


def _lowered(text: str) -> str:
    """A text whose towers of combining marks are cut to a readable height."""
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(letter)
    return "".join(kept)


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
