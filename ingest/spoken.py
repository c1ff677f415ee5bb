"""What may be said: text on its way to a log, a screen, the ledger or a file, without keys of providers.

Servers echo what they are asked, and what they are asked may hold the operator's key. So whatever an address in
AKASH_URL, EIP155_1_ARCHIVE_URL and the like has in its user, password, path, query or host that may be a key is taken
out of every text, whoever wrote it.
"""

import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
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
# What a path may hold and no key is: a short word, a version, a chain id, a number of at most eight digits (rest,
# akash, v1.2, akashnet-2, 1 for Ethereum), and whatever has fewer than four letters.
WORD: Final = re.compile(r"[a-z]{1,8}|v?[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}|[a-z]{1,12}-[0-9]{1,2}|[0-9]{1,8}|.{1,3}")
# Part of every amount and height: hiding it inside of others would change what is said.
SHORT_NUMBER: Final = re.compile(r"[0-9]{1,8}")
# What a label of a host, or a name on a chain, may be: words and small numbers (rest-akash, eth2, nd-123-456).
NAME: Final = re.compile(r"(?:[a-z]{1,12}[0-9]{0,3}|[0-9]{1,3})(?:[-_.]+(?:[a-z]{1,12}[0-9]{0,3}|[0-9]{1,3}))*")
# A shorter one is only hidden where it stands alone.
UNMISTAKABLE: Final = 8


def spoken(text: str, longest: int = LONGEST_LINE) -> str:
    """A text as it may be said: one line of visible letters, without keys."""
    # Letters that nobody sees may stand inside of a key: it is one once they are gone.
    return without_keys(plain(without_keys(text), longest))


def without_keys(text: str) -> str:
    """A text in which every part of a configured address that may be a key is hidden, also where it is cut off."""
    configured = addresses()
    pattern = _pattern(configured)
    whole = pattern.sub(HIDDEN, text) if pattern else text
    beginnings = _beginnings(configured)
    return beginnings.sub(lambda found: _unless_cut(found[0], configured), whole) if beginnings else whole


def told_without_keys(text: str) -> str:
    """A text that facts are read from, with as much of it hidden as of facts."""
    pattern = _of_facts(addresses())
    return pattern.sub(HIDDEN, text) if pattern else text


def facts_without_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Facts whose texts hold no key, no user or password of eight letters; other words stay as they are."""
    hidden = list(_unmistakable(addresses()))
    hides = cs.string().str.replace_many(hidden, [HIDDEN] * len(hidden), ascii_case_insensitive=True)
    return rows.with_columns(hides) if hidden else rows


def addresses() -> tuple[str, ...]:
    """All addresses that variables such as AKASH_URL name."""
    values = [os.environ[name] for name in os.environ if name.endswith("_URL")]
    return tuple(address.strip() for value in values for address in value.split(",") if address.strip())


@lru_cache(maxsize=16)
def _pattern(addresses: tuple[str, ...]) -> re.Pattern[str] | None:
    alone = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])"
    keys = [("{}" if _stands_out(key) else alone).format(re.escape(key)) for key in _keys(addresses)]
    return re.compile("|".join(keys), re.IGNORECASE) if keys else None


@lru_cache(maxsize=16)
def _of_facts(addresses: tuple[str, ...]) -> re.Pattern[str] | None:
    keys = _unmistakable(addresses)
    return re.compile("|".join(map(re.escape, keys)), re.IGNORECASE | re.ASCII) if keys else None


@lru_cache(maxsize=16)
def _beginnings(addresses: tuple[str, ...]) -> re.Pattern[str] | None:
    """Words that begin as a key does: errors tell the first letters of an answer, and may cut a key in two."""
    begun = {re.escape(key[:UNMISTAKABLE]) for key in _unmistakable(addresses) if len(key) > UNMISTAKABLE}
    return re.compile(f"(?:{'|'.join(sorted(begun))})[\\w%+/=.~-]*", re.IGNORECASE) if begun else None


def _unless_cut(word: str, addresses: tuple[str, ...]) -> str:
    """The word, hidden where it is the first letters of a key and none of our own."""
    names, readings = _own_words()
    lowered = word.lower()
    begins = any(key.lower().startswith(lowered) for key in _unmistakable(addresses))
    return HIDDEN if begins and lowered not in names | readings else word


@lru_cache(maxsize=16)
def _keys(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """What may be a key in these addresses, in each spelling, the longest first."""
    return _spelled(part for address in addresses for part in (*_credentials(address), *_parts(address)))


@lru_cache(maxsize=16)
def _unmistakable(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """What can be nothing but a key, whatever else a text says, and the credentials; the longest first."""
    parts = (part for address in addresses for part in _parts(address) if not _is_name(part))
    credentials = (part for address in addresses for part in _credentials(address))
    return tuple(key for key in _spelled((*parts, *credentials)) if _stands_out(key))


def _spelled(parts: Iterable[str]) -> tuple[str, ...]:
    spelled = {spelling for part in parts for spelling in _spellings(part)}
    return tuple(sorted(spelled - {""}, key=lambda key: (-len(key), key)))


def _spellings(part: str) -> Iterator[str]:
    """A part of an address as servers, proxies and libraries write it again."""
    plain = unquote(part)
    yield from (part, plain, quote(part, safe=""), quote(plain, safe=""))
    # Some write every sign in per cent that is no letter and no digit.
    yield re.sub("[-_.~]", lambda sign: f"%{ord(sign[0]):02X}", quote(plain, safe=""))
    if _stands_out(plain):
        yield from (text for before in range(3) for text in _in_base64(plain.encode(), before))


def _in_base64(key: bytes, before: int) -> Iterator[str]:
    """What base64 has of a key alone, with so many other bytes before it in its group of three."""
    # Six bits a letter: those that share some with what stands around the key are left out.
    first, past = -(-8 * before // 6), 8 * (before + len(key)) // 6
    for encode in (b64encode, urlsafe_b64encode):
        inner = encode(bytes(before) + key).decode()[first:past]
        if len(inner) >= UNMISTAKABLE:
            yield inner


def _credentials(address: str) -> Iterator[str]:
    """User and password of an address, which are hidden whatever words they are, but for the networks' own names."""
    try:
        parts = urlsplit(address)
        user, password = parts.username or "", parts.password or ""
    except ValueError:
        yield address
        return
    if password:
        yield b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    names, _ = _own_words()
    if password.lower() not in names:
        yield password
    if user.lower() not in names and not (len(user) < UNMISTAKABLE and WORD.fullmatch(user)):
        yield user


def _parts(address: str) -> Iterator[str]:
    """What else of an address may be a key: parts of its path, query, fragment and host that are no honest words."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return
    names, readings = _own_words()
    said = [*parts.path.split("/"), parts.fragment]
    said += [text for pair in parse_qsl(parts.query, keep_blank_values=True) for text in pair]
    yield from (text for text in said if not WORD.fullmatch(text) and text.lower() not in names | readings)
    yield from (label for label in host.split(".") if not _is_name(label))


@cache
def _own_words() -> tuple[frozenset[str], frozenset[str]]:
    """Names and chain ids of the networks, and names of their readings: what each line of a log begins with."""
    # They are read with what is said here.
    from ingest.networks import networks  # noqa: PLC0415

    known = networks().values()
    chains = {one.chain.chain_id for one in known if one.chain} | {chain for one in known for chain in one.chain_ids}
    names = {one.name for one in known} | {chain.lower() for chain in chains}
    return frozenset(names), frozenset(reading.name for one in known for reading in one.readings)


def _stands_out(key: str) -> bool:
    """Whether a key is hidden also inside of other letters."""
    return len(key) >= UNMISTAKABLE and not SHORT_NUMBER.fullmatch(key)


def _is_name(text: str) -> bool:
    return len(text) < KEY_LENGTH and NAME.fullmatch(text) is not None
