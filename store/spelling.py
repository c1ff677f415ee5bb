"""Whether texts are addresses of a network: shape and checksum of a whole column at once.

A form is a text in which slots stand for what varies: <address> (an account or operator of the network, in the one
spelling that is stored), <account>, <number>, <word>, <denom>, <text>. `<address>|<address>` is a delegator and its
validator.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from store.addresses import (
    BASE58,
    BASE64URL_43,
    BECH32,
    FILECOIN_ID,
    GENERATORS,
    base58,
    base64url,
    bech32,
    expanded,
    is_solana,
    polymod,
)

ADDRESS: Final = "<address>"
# Whom a chain was told to obey: Cosmos chains take any 1 to 255 bytes for an account, though no key has such a one.
ACCOUNT: Final = "<account>"
# Texts that somebody chose: what has this form is no address, and nothing is known of it.
ANY: Final = "<text>"
SLOTS: Final = {
    "<number>": "[0-9]+",
    "<word>": "[A-Za-z0-9_.-]+",
    "<denom>": "[A-Za-z][A-Za-z0-9/:._-]{1,127}",
    ANY: "(?s:.*)",
}
# Letters of bech32 that spell 20 or 32 bytes, and the six of the checksum.
LENGTHS: Final = (38, 58)
CHECKSUM: Final = 6
# Bits that a letter of bech32 is worth.
WORD: Final = 5
# What looks like an address of whatever chain does not pass for a word or a token. Tokens may begin with one: shares of
# a delegation are VALIDATOR/5, and anybody can give some to the community pool.
LOOKS_LIKE_ONE: Final = f"^(?i:0x|[a-z]+1[{BECH32}]{{30}}[a-z0-9]*$)"
# Nor does what looks like one of this network's, where its addresses are as plain as words.
PLAIN: Final[Mapping[str, str]] = {
    # With a letter that no address has, too, and before a slash.
    "base58": "^[0-9A-Za-z]{32,44}(?:/|$)",
    "f0": "^f[0-9]",
    "base64url": "^[A-Za-z0-9_-]{42,44}$",
}

# How each kind of address is stored, by what follows its colon and 32 bytes; the first of them where it takes fewer.
KINDS: Final[Mapping[str, Callable[[str, bytes], str]]] = {
    "bech32": lambda prefix, key: bech32(prefix, key[:20]),
    "ss58": lambda _, key: f"0x{key.hex()}",
    "hex": lambda _, key: f"0x{key[:20].hex()}",
    "base58": lambda _, key: base58(key),
    "f0": lambda _, key: f"f0{int.from_bytes(key[:4], 'big')}",
    "base64url": lambda _, key: base64url(key),
}

# What each letter of bech32 is worth, by its byte.
VALUES: Final = bytes.maketrans(BECH32.encode(), bytes(range(32)))


def spelled(spelling: str, key: bytes) -> str:
    """The address that 32 bytes are on a network, in the one spelling that is stored."""
    kind, _, prefix = spelling.partition(":")
    return KINDS[kind](prefix, key)


def strangers(texts: pl.Series, forms: Iterable[str], spelling: str) -> list[str]:
    """The texts, each once, that have none of the forms or an address with a wrong checksum.

    spelling: as a network tells it (`KINDS`, with a prefix after a colon). A million addresses take half a CPU-second.
    """
    left = texts.unique()
    for form in forms:
        if left.is_empty():
            break
        left = left.filter(~_fits(left, form, spelling))
    return sorted(left.to_list())


# The same few auditors are asked for again and again.
@lru_cache(maxsize=10_000)
def is_address(text: str, spelling: str) -> bool:
    """Whether a text is an address of the network, in the one spelling that is stored."""
    return not strangers(pl.Series([text]), (ADDRESS,), spelling)


def _fits(texts: pl.Series, form: str, spelling: str) -> pl.Series:
    """Which texts have the form, whole, with right addresses in it."""
    pattern, kind = _pattern(form, spelling), spelling.partition(":")[0]
    fits = texts.str.contains(pattern)
    if not (ADDRESS in form or form in (ACCOUNT, ANY)):
        for like in (LOOKS_LIKE_ONE, PLAIN.get(kind)):
            fits = fits & ~texts.str.contains(like) if like else fits
        return fits
    if form == ANY or kind not in WRONG:
        return fits
    found = texts.filter(fits)
    columns = [found] if form in (ADDRESS, ACCOUNT) else found.str.extract_groups(pattern).struct.unnest().get_columns()
    broken = [text for column in columns for text in _with_any(found, column, WRONG[kind](column.unique()))]
    return fits & ~texts.is_in(broken) if broken else fits


@lru_cache(maxsize=256)
def _pattern(form: str, spelling: str) -> str:
    """The regular expression of a form; its groups are the addresses."""
    kind, _, prefix = spelling.partition(":")
    letters = "|".join(f"[{BECH32}]{{{length}}}" for length in LENGTHS)
    address = {
        "bech32": f"{re.escape(prefix)}(?:valoper)?1(?:{letters})",
        "ss58": "0x[0-9a-f]{64}",
        "hex": "0x[0-9a-f]{40}",
        "base58": f"[{BASE58}]{{32,44}}",
        "f0": FILECOIN_ID,
        "base64url": BASE64URL_43,
    }[kind]
    account = f"{re.escape(prefix)}1[{BECH32}]{{8,414}}" if kind == "bech32" else address
    known = {**SLOTS, ADDRESS: f"({address})", ACCOUNT: f"({account})"}
    return "^" + "".join(known.get(part, re.escape(part)) for part in re.split(r"(<\w+>)", form)) + "$"


def _with_any(texts: pl.Series, addresses: pl.Series, wrong: list[str]) -> list[str]:
    """The texts whose address is one of the wrong ones."""
    return texts.filter(addresses.is_in(wrong)).to_list() if wrong else []


def _wrong(addresses: pl.Series) -> list[str]:
    """Those of some bech32 addresses, all of the right shape, whose checksum is wrong."""
    found: list[str] = []
    # Which prefix and how many bytes: every pair has a length of its own.
    lengths = addresses.str.len_bytes()
    for length in lengths.unique():
        same = addresses.filter(lengths == length)
        wrong = _is_wrong(same)
        found += same.filter(pl.Series(wrong)).to_list() if wrong.any() else []
    return found


def _of_another_length(addresses: pl.Series) -> list[str]:
    """Those of some texts in base58 that are not 32 bytes."""
    return [text for text in addresses.to_list() if not is_solana(text)]


def _is_wrong(addresses: pl.Series) -> npt.NDArray[np.bool_]:
    """Whether the checksum of each of some addresses with one prefix and length is wrong.

    The polynomial of bech32 is linear: each letter in each place adds (xor) a number of its own, and so do two letters
    side by side, told by a table.
    """
    prefix, _, tail = str(addresses[0]).rpartition("1")
    worth = str(addresses.str.join("").item()).encode().translate(VALUES)
    words = np.frombuffer(worth, np.uint8).reshape(len(addresses), -1)[:, -len(tail) :]
    # What is left over of the last letter when all bytes are full; a whole letter too many is no spelling.
    spare = (len(tail) - CHECKSUM) * 5 % 8
    spared = words[:, -CHECKSUM - 1] % 2**spare != 0
    if len(tail) % 2:
        # A letter worth nothing adds nothing.
        words = np.pad(words, ((0, 0), (1, 0)))
    start, table = _checksums(prefix, len(tail))
    rests = np.full(len(words), start)
    for place, pairs in enumerate((words[:, 0::2].astype(np.intp) << WORD | words[:, 1::2]).T):
        rests ^= table[place].take(pairs)
    wrong: npt.NDArray[np.bool_] = (rests != 1) | spared | (spare > 4)
    return wrong


@lru_cache(maxsize=64)
def _checksums(prefix: str, places: int) -> tuple[np.uint32, npt.NDArray[np.uint32]]:
    """The remainder after a prefix and so many letters worth nothing; what each two letters add to it, by their place.

    Of an odd number of places the first two have one that is before them all.
    """
    start, letters = np.array([polymod(expanded(prefix))], np.uint32), np.arange(2**WORD, dtype=np.uint32)
    for _ in range(places):
        start = _shifted(start)
    added = []
    for _ in range(0, places, 2):
        before = _shifted(letters)
        added.append((before[:, None] ^ letters).ravel())
        letters = _shifted(before)
    return start[0], np.array(added[::-1])


def _shifted(rests: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Remainders after one more letter worth nothing."""
    one, five, all_but_five = np.uint32(1), np.uint32(5), np.uint32(25)
    top, rests = rests >> all_but_five, (rests & np.uint32(2**25 - 1)) << five
    for bit, generator in enumerate(GENERATORS):
        rests ^= (top >> np.uint32(bit) & one) * np.uint32(generator)
    return rests


# What the shape of an address does not show, by its kind.
WRONG: Final[Mapping[str, Callable[[pl.Series], list[str]]]] = {"bech32": _wrong, "base58": _of_another_length}
