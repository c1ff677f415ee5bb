"""Addresses that were cut short in the middle, as pages and explorers print them, and what may be spelled so.

A beginning and an end name nobody: whoever wants to can make an address that has both. So nothing here chooses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from store.addresses import (
    BASE58,
    BECH32,
    BITTENSOR_PREFIXES,
    NotAnAddress,
    bech32,
    ss58,
    unbech32,
    visible,
)

# How the middle is left out, between the letters of two ends; in brackets or not.
CUT: Final = re.compile(r"([0-9A-Za-z_-]+) ?[\[(]?(?:…|⋯|\.{2,}|\*{2,})[\])]? ?([0-9A-Za-z_-]+)")
# Letters of the beginning beside those that all of a kind share; with fewer it is nearly everybody's.
FEWEST: Final = 3
HEX: Final = re.compile(r"0x[0-9a-f]+")
KEY: Final = re.compile("0x[0-9a-f]{64}")
DATA: Final = re.compile(rf"[{BECH32}]+")
# Prefixes of ss58 that take one byte, and those of the networks' own.
PREFIXES: Final = (*range(64), *(one for one in BITTENSOR_PREFIXES if one > 63))
# Of the key of an account: 32 bytes, and two of a checksum behind it.
KEY_BITS: Final = 256
CHECK_BITS: Final = 16
# How many letters of base58 such an address has, with one byte of prefix or two.
LETTERS: Final = range(46, 51)
# After every letter that an address has.
BEHIND: Final = "~"


@dataclass(frozen=True, slots=True)
class Shortened:
    """The two ends of an address, as they were written."""

    head: str
    tail: str

    def between(self, spelling: str) -> Iterator[tuple[str, str]]:
        """From where to where such addresses of a network lie in the alphabet, as they are stored; none where none is.

        spelling: as a network tells it (`Network.address`). Not all that lies there fits.
        """
        kind, _, detail = spelling.partition(":")
        lower = self.head.lower()
        if kind == "bech32":
            _, one, data = lower.rpartition("1")
            if one and len(data) >= FEWEST and DATA.fullmatch(data):
                for prefix in (detail, f"{detail}valoper"):
                    yield f"{prefix}1{data}", f"{prefix}1{data}{BEHIND}"
        elif kind in ("hex", "ss58") and HEX.fullmatch(lower):
            if len(lower) >= len("0x") + FEWEST:
                yield lower, lower + BEHIND
        elif kind == "ss58":
            yield from self._keys()
        elif kind in ("base58", "base64url") and len(self.head) >= FEWEST:
            yield self.head, self.head + BEHIND

    def whole(self, canonical: str, spelling: str) -> str:
        """An address that is stored so, in the spelling in which the ends were written; empty where it has others."""
        kind = spelling.partition(":")[0]
        lower = self.head.lower()
        if kind == "bech32":
            try:
                _, raw = unbech32(canonical)
            except NotAnAddress:
                return ""
            # The checksum at the end depends on the prefix: what was spelled for another chain is spelled so again.
            return _with(bech32(lower.rpartition("1")[0], raw), lower, self.tail.lower())
        if HEX.match(lower):
            return _with(canonical, lower, self.tail.lower())
        if kind == "ss58":
            key = bytes.fromhex(canonical[2:]) if KEY.fullmatch(canonical) else b""
            spelled = (ss58(key, prefix) for prefix in PREFIXES if self._begins(prefix)) if key else iter(())
            return next((one for one in spelled if _with(one, self.head, self.tail)), "")
        return _with(canonical, self.head, self.tail)

    def _begins(self, prefix: int) -> bool:
        """Whether any key is spelled with such a beginning under a prefix of ss58."""
        return next(self._of_prefix(prefix), None) is not None

    def _keys(self) -> Iterator[tuple[str, str]]:
        """Keys whose ss58 spelling begins so, whichever chain it is of."""
        # The first letter is nearly the prefix's alone.
        if len(self.head) > FEWEST and set(self.head) <= set(BASE58):
            for prefix in PREFIXES:
                for least, most in self._of_prefix(prefix):
                    yield f"0x{least:064x}", f"0x{most:064x}{BEHIND}"

    def _of_prefix(self, prefix: int) -> Iterator[tuple[int, int]]:
        """The least and the largest key that is spelled so under a prefix, by each length of the spelling."""
        first = prefix if prefix < 64 else (prefix >> 2 & 0x3F | 0x40) << 8 | prefix >> 8 | (prefix & 3) << 6
        bits = KEY_BITS + CHECK_BITS
        own = first << bits, (first + 1 << bits) - 1
        # A prefix of nought is a letter for nought before the number.
        zeros, rest = ("1", self.head[1:]) if prefix == 0 else ("", self.head)
        if not self.head.startswith(zeros):
            return
        for length in LETTERS:
            left = length - len(zeros) - len(rest)
            if left < 0:
                continue
            number = 0
            for letter in rest:
                number = number * 58 + BASE58.index(letter)
            least, most = max(number * 58**left, own[0]), min((number + 1) * 58**left - 1, own[1])
            if least <= most:
                yield (least - own[0]) >> CHECK_BITS, (most - own[0]) >> CHECK_BITS


def _with(text: str, head: str, tail: str) -> str:
    return text if text.startswith(head) and text.endswith(tail) else ""


def shortened(text: str) -> Shortened | None:
    """The two ends of an address that was cut short in the middle; None where a text has no such thing.

    Of several the last counts, as of whole ones.
    """
    try:
        found = CUT.findall(visible(text))
    except NotAnAddress:
        return None
    return Shortened(*found[-1]) if found else None
