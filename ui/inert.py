"""Text from chains, made harmless: names, titles and identities are written by strangers.

`plain` for anything that shows text as it is (tables, alt text, file names), `markdown` for Streamlit's prose,
`svg` for Plotly, which reads a little HTML, and `cell` for spreadsheets, which run what looks like a formula.
"""

import re
from functools import lru_cache
from typing import Final

from store.cells import cell, cells
from store.visible import KEPT_LENGTH, LONGEST, plain

__all__ = ["LONGEST", "cell", "cells", "file_name", "link", "markdown", "plain", "svg"]

# Every ASCII punctuation mark may be escaped in Markdown; Streamlit adds :icons:, $formulas$ and :red[colours].
MARKUP: Final = re.compile(r"([!-/:-@\[-`{-~])")
# An address of which no sign is markup, not even within a link.
SOURCE: Final = re.compile(r"https://(?:www\.)?([a-z0-9.-]+)(?:/[\w./~%#?=&:+-]*)?", re.ASCII)
# Streamlit makes links of bare addresses even where every mark is escaped, but never inside code.
LINK: Final = re.compile(r"(?i)://|www\.|@")


def markdown(text: str, longest: int = LONGEST) -> str:
    """A text as Markdown that shows it letter by letter: no emphasis, link, icon, formula, colour or HTML."""
    return _short(text, longest) if len(text) <= KEPT_LENGTH else _escaped(text, longest)


@lru_cache(maxsize=20_000)
def _short(text: str, longest: int) -> str:
    """A short text is written once: pages tell every reader the same."""
    return _escaped(text, longest)


def _escaped(text: str, longest: int) -> str:
    shown = plain(text, longest)
    return _code(shown) if LINK.search(shown) else MARKUP.sub(r"\\\1", shown)


def link(url: str) -> str:
    """An address of a source as a link by its host, which fits; as text where it is none, or has other signs in it."""
    found = SOURCE.fullmatch(url)
    return f"[{found[1]}]({url})" if found else markdown(url, 400)


def _code(shown: str) -> str:
    """A code span; its fence is longer than any run of backticks inside."""
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{fence} {shown} {fence}"


def svg(text: str, longest: int = LONGEST) -> str:
    """A text for Plotly's labels and hover boxes, which would otherwise read <b> and <a href>."""
    return plain(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def file_name(*parts: str) -> str:
    """A name for a download: lower-case letters, digits and hyphens only."""
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
    return words[:100].rstrip("-") or "download"
