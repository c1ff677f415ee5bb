"""What may be said: text on its way to a log, a screen, the ledger or a file, without keys of providers.

Servers echo what they are asked, and what they are asked may hold the operator's key. So whatever an address in
AKASH_URL, EIP155_1_ARCHIVE_URL and the like has in its user, password, path, query or host that may be a key is taken
out of every text, whoever wrote it.
"""

import os
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import polars as pl
import polars.selectors as cs

from store.visible import plain

HIDDEN: Final = "…"
# One line of a log; an error tells the reasons of several endpoints.
LONGEST_LINE: Final = 4_000
# A path segment this long is taken for a provider key.
KEY_LENGTH: Final = 24
# What a path may hold and no key is: a short word, a version, a chain id (rest, akash, v2, akashnet-2).
WORD: Final = re.compile(r"[a-z]{1,8}|v[0-9]{1,2}|[a-z]{1,12}-[0-9]{1,2}")
# What a label of a host, or a name on a chain, may be: words and small numbers (rest-akash, eth2, nd-123-456).
NAME: Final = re.compile(r"(?:[a-z]{1,12}[0-9]{0,3}|[0-9]{1,3})(?:[-_.]+(?:[a-z]{1,12}[0-9]{0,3}|[0-9]{1,3}))*")
# A shorter one is only hidden where it stands alone.
UNMISTAKABLE: Final = 8


def spoken(text: str, longest: int = LONGEST_LINE) -> str:
    """A text as it may be said: one line of visible letters, without keys."""
    return plain(without_keys(text), longest)


def without_keys(text: str) -> str:
    """A text in which every part of a configured address that may be a key is hidden."""
    pattern = _pattern(_addresses())
    return pattern.sub(HIDDEN, text) if pattern else text


def facts_without_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Facts whose texts hold no key; words and names stay as the chain has them."""
    hidden = [key for key in _keys(_addresses()) if len(key) >= UNMISTAKABLE and not _is_name(key)]
    hides = cs.string().str.replace_many(hidden, [HIDDEN] * len(hidden))
    return rows.with_columns(hides) if hidden else rows


def _addresses() -> tuple[str, ...]:
    """All addresses that variables such as AKASH_URL name."""
    values = (value for name, value in os.environ.items() if name.endswith("_URL"))
    return tuple(address.strip() for value in values for address in value.split(",") if address.strip())


@lru_cache(maxsize=16)
def _pattern(addresses: tuple[str, ...]) -> re.Pattern[str] | None:
    alone = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])"
    keys = [("{}" if len(key) >= UNMISTAKABLE else alone).format(re.escape(key)) for key in _keys(addresses)]
    return re.compile("|".join(keys), re.IGNORECASE) if keys else None


@lru_cache(maxsize=16)
def _keys(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """What may be a key in these addresses, in each spelling, the longest first."""
    found = {part for address in addresses for part in _parts(address)}
    spelled = {spelling for part in found for spelling in (part, unquote(part), quote(part, safe=""))}
    return tuple(sorted(spelled - {""}, key=lambda key: (-len(key), key)))


def _parts(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address)
        user, password, host = parts.username or "", parts.password or "", parts.hostname or ""
    except ValueError:
        yield address
        return
    yield password
    if password:
        yield b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    said = [user, *parts.path.split("/"), parts.fragment]
    said += [text for pair in parse_qsl(parts.query, keep_blank_values=True) for text in pair]
    yield from (text for text in said if not WORD.fullmatch(text))
    yield from (label for label in host.split(".") if not _is_name(label))


def _is_name(text: str) -> bool:
    return len(text) < KEY_LENGTH and NAME.fullmatch(text) is not None
