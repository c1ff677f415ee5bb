"""Every kind of address, whether a network has it already or not."""

from hashlib import sha256

import polars as pl
import pytest

from store.addresses import BECH32, NotAnAddress, bech32, expanded, polymod, unbech32
from store.spelling import ACCOUNT, ADDRESS, KINDS, is_address, spelled, strangers

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


def with_other_words(words: list[int]) -> str:
    """These words after `akash` with the checksum that is right for them."""
    check = polymod(expanded("akash") + words + [0] * 6) ^ 1
    return "akash1" + "".join(BECH32[word] for word in [*words, *(check >> 5 * (5 - place) & 31 for place in range(6))])


def is_account(text: str) -> bool:
    """The same letter by letter."""
    try:
        return bech32(*unbech32(text)) == text
    except NotAnAddress:
        return False


@pytest.mark.parametrize("letters", range(8, 70))
def test_an_account_of_whatever_length_is_right_as_it_is_letter_by_letter(letters: int) -> None:
    words = [place * 7 % 32 for place in range(letters - 6)]
    told = [with_other_words([*words[:-1], last]) for last in range(32)]
    # One letter of another one, in each place.
    whole = told[0]
    told += [
        whole[:place] + BECH32[(BECH32.index(whole[place]) + 1) % 32] + whole[place + 1 :]
        for place in range(len("akash1"), len(whole))
    ]
    right = [text for text in told if is_account(text)]
    assert strangers(pl.Series(told), [ACCOUNT], "bech32:akash") == sorted(set(told) - set(right))
    assert len(right) <= 32
