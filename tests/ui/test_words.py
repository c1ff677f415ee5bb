"""Numbers, times and addresses read the same everywhere."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import words

NOW = datetime(2026, 11, 22, 13, 54, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0.2552, "25.5%"),
        (1 / 3, "33.3%"),
        (0.5, "50%"),
        (0.58004, "58.0%"),
        (0.1 + 0.2, "30%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.0001, "under 0.1%"),
        (0.99999, "over 99.9%"),
        (0.499951, "49.995%"),
        (0.5000001, "50.00001%"),
        (0.33332, "33.332%"),
        (2 / 3, "66.7%"),
        (None, "–"),
    ],
)
def test_a_share_never_rounds_to_nothing_to_all_or_to_a_threshold(part: float | None, text: str) -> None:
    assert words.share(part) == text


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (1_234_567_890, "1,234 AKT"),
        (1_234_560, "1.23 AKT"),
        (1_000_000, "1 AKT"),
        (1, "under 0.01 AKT"),
        (0, "0 AKT"),
        (999_999_999_999_999, "999.99 million AKT"),
        (Decimal("1999999999999999999"), "1.99 trillion AKT"),
    ],
)
def test_tokens_are_cut_never_rounded_up(units: int, text: str) -> None:
    assert words.tokens(units, 6, "AKT") == text


@given(st.integers(0, 10**38 - 1), st.sampled_from([0, 6, 9, 18]))
def test_tokens_of_any_size_can_be_written(units: int, decimals: int) -> None:
    assert "E" not in words.tokens(units, decimals)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=20), "under 1 min ago"),
        (timedelta(minutes=8), "8 min ago"),
        (timedelta(hours=26), "26 h ago"),
        (timedelta(days=4), "4 days ago"),
        (timedelta(days=900), "2 years ago"),
        (timedelta(hours=-2), "in the future"),
    ],
)
def test_ages_are_said_in_the_largest_sensible_unit(length: timedelta, text: str) -> None:
    assert words.age(NOW - length, NOW) == text


def test_times_say_their_zone() -> None:
    assert words.moment(NOW) == "22 Nov 2026, 13:54 UTC"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [(7, 8, "up 1"), (8.0, 7.0, "down 1"), (3, 3, "unchanged"), (3.0, 3.04, "unchanged")],
)
def test_a_change_says_its_direction(before: float, after: float, text: str) -> None:
    assert words.moved(before, after) == text


def test_a_change_is_that_between_its_ends_as_they_are_written() -> None:
    """A page said 16.4, up 0.7, and 17.2."""
    assert words.moved(16.424, 17.169) == "up 0.8"
    assert words.delta(17.156, 23.308, as_share=False) == "+6.1"
    assert words.delta(0.15533, 0.11043, as_share=True) == "-4.5 points"


@pytest.mark.parametrize(
    ("parts", "whole", "told"),
    [
        ([0.7452], 0.8, [0.8]),
        ([1 / 3, 1 / 3, 1 / 3], 1.0, [0.4, 0.3, 0.3]),
        ([0.26, 0.27, -0.13], 0.4, [0.2, 0.3, -0.1]),
        ([], 0.0, []),
    ],
)
def test_parts_of_a_whole_add_up_as_they_are_written(parts: list[float], whole: float, told: list[float]) -> None:
    assert words.adding_up(parts, whole, 1) == told


def test_small_counts_are_words() -> None:
    assert words.several(1, "party", "parties") == "one party"
    assert words.several(4, "validator") == "four validators"
    assert words.several(1200, "validator") == "1,200 validators"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("fetch1qxy4hk2k7d3aaaaaaaaaaaaaaaaaaaaaaa7k3d9z", "fetch1qxy4…7k3d9z"),
        ("fetchvaloper1qxy4hk2k7d3aaaaaaaaaaaaaaaaaaaaaaa7k3d9z", "fetchvaloper1qxy4…7k3d9z"),
        ("0x" + "ab" * 32, "0xababab…ababab"),
        ("0xabc", "0xabc"),
        # No prefix of a chain: keys of Solana and Arweave have capitals, and a one anywhere.
        ("KeyWithNoNumbersBefore1qxy4hk2k7d3aaaaaaaaa", "KeyWithN…aaaaaa"),
    ],
)
def test_a_short_address_keeps_both_ends(address: str, text: str) -> None:
    assert words.short(address) == text


def test_lists_end_in_and() -> None:
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a"]) == "a"
    assert words.listed([]) == ""


@pytest.mark.parametrize(
    ("before", "after", "as_share", "told"),
    [(3, 4, False, "+1"), (3.0, 5.1, False, "+2.1"), (0.5, 0.4, True, "-10 points")],
)
def test_a_whole_change_is_written_whole(before: float, after: float, as_share: bool, told: str) -> None:
    assert words.delta(before, after, as_share=as_share) == told


def test_changes_in_one_sentence_have_the_same_decimals() -> None:
    """A sentence said "down 2" beside "down 1.7" where nothing had changed by a whole number."""
    assert [words.moved(5.0, 5 + size) for size in (-1.98, -1.7, 2.0)] == ["down 2.0", "down 1.7", "up 2"]
    assert [words.moved(0.5, 0.5 + size, True) for size in (-0.0298, 0.03)] == ["down 3.0 points", "up 3 points"]
    assert words.delta(0.5, 0.4601, as_share=True) == "-4.0 points"
    assert words.moved(3.0, 3.04) == "unchanged"
    assert words.delta(3.0, 3.04, as_share=False) == "unchanged"


@pytest.mark.parametrize(
    ("number", "things", "told"),
    [
        (1, "admins", "1 admin"),
        (1, "parties", "1 party"),
        (2, "admins", "2 admins"),
        (1200, "keys", "1,200 keys"),
        (1, "", "1"),
    ],
)
def test_one_of_something_is_no_plural(number: int, things: str, told: str) -> None:
    assert words.counted(number, things) == told
