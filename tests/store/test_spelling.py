"""Every kind of address, whether a network has it already or not."""

from hashlib import sha256

import polars as pl
import pytest

from store.addresses import bech32
from store.spelling import ADDRESS, KINDS, is_address, spelled, strangers

SPELLINGS = {"bech32": "bech32:akash", "ss58": "ss58:42"}
KEYS = [sha256(f"key {number}".encode()).digest() for number in range(200)]


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_spelled_is_an_address(kind: str) -> None:
    spelling = SPELLINGS.get(kind, kind)
    assert strangers(pl.Series([spelled(spelling, key) for key in KEYS]), [ADDRESS], spelling) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_passes_for_no_word_nor_does_that_of_another_chain(kind: str) -> None:
    spelling = SPELLINGS.get(kind, kind)
    told = [spelled(spelling, key) for key in KEYS] + [bech32("cosmos", key) for key in KEYS] + ["0x12"]
    assert strangers(pl.Series(told), ["<word>"], spelling) == sorted(set(told))


@pytest.mark.parametrize(
    ("spelling", "wrong"),
    [
        ("base58", "1" * 31),
        ("base58", "1" * 33),
        ("base58", "z" * 44),
        ("f0", "f1"),
        ("f0", "f0-1"),
        ("f0", "f001"),
        ("f0", "t01"),
        ("f0", f"f0{10**19}"),
        ("base64url", "A" * 42 + "B"),
        ("base64url", "A" * 42 + "="),
        ("base64url", "A" * 44),
    ],
)
def test_what_is_no_number_of_bytes_is_no_address(spelling: str, wrong: str) -> None:
    assert not is_address(wrong, spelling)
