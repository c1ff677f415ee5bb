"""What a reader sees of a text that strangers wrote: one line, and no letter that hides, turns or moves others.

One rule for pages and for the terminal, where the same letters would move the cursor or forge a line of the log.
"""

import unicodedata
from functools import lru_cache
from typing import Final

LONGEST: Final = 80
# Of texts up to here what is seen of them is kept: ten megabytes at most, whoever wrote them.
KEPT_LENGTH: Final = 100
# More than most pages have of different ones.
LETTERS: Final = 5_000
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


def plain(text: str, longest: int = LONGEST) -> str:
    """The visible part of a text on one line, at most `longest` letters; empty when nothing is visible."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return " ".join(text.split())
    return _short(text, longest) if len(text) <= KEPT_LENGTH else _visible(text, longest)


@lru_cache(maxsize=20_000)
def _short(text: str, longest: int) -> str:
    """A short text is looked at once: pages show the same names to every reader."""
    return _visible(text, longest)


def _visible(text: str, longest: int) -> str:
    # Ten times the length is room for what is taken out; a megabyte of name costs nothing more.
    seen = "".join(map(_seen, text[: longest * 10]))
    line = " ".join(_lowered(unicodedata.normalize("NFC", seen)).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


@lru_cache(maxsize=LETTERS)
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
        marks = marks + 1 if _combines(letter) else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(letter)
    return "".join(kept)


@lru_cache(maxsize=LETTERS)
def _combines(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


# Letters of other scripts, digits and marks that are drawn like a Latin letter (Unicode, confusables.txt).
_LOOKS: Final = str.maketrans(
    "АВЕНІЈКМОРСЅТУХаәвеԍһіјкӏмнорсѕтухԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεηικνορτυχωɡı015|!$@",  # noqa: RUF001
    "abehljkmopcstyxaabeghljklmhopcstyxdqwabezhlkmnoptyxabenlkvoptuxwglolsllsa",
)


def reads_like(text: str) -> str:
    """What a name reads like: one text for all that look the same but for capitals, blanks, marks and alphabets."""
    letters = unicodedata.normalize("NFKD", plain(text)).translate(_LOOKS).casefold()
    return "".join(letter for letter in letters if letter.isalnum()).replace("i", "l").replace("rn", "m")


def self_said(name: str | None) -> str | None:
    """A name that somebody gives himself, in quotation marks, since nobody checks it; None where nothing is visible."""
    shown = plain(name or "", LONGEST - 2)
    return f"“{shown}”" if shown else None
