"""What is refused column by column is what a slow look at each row refuses, one after the other."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Final

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.addresses import NotAnAddress, bech32, unbech32
from store.faults import BadData
from store.impossible import check, check_each
from store.rows import HOLDINGS, LARGEST_AMOUNT, Facts, Kind, Parties, frame, observation

Row = tuple[str | None, str | None, int | None]

PARTIES: Final = Parties("bech32:akash")
KEYS: Final = [bytes([number]) * 32 for number in range(1, 7)]
GOOD: Final = [bech32(prefix, key[:size]) for prefix in ("akash", "akashvaloper") for key in KEYS for size in (20, 32)]
SPOILED: Final[Sequence[Callable[[str], str | None]]] = (
    lambda _: None,
    lambda _: "",
    str.upper,
    str.capitalize,
    lambda text: text[:-1] + ("q" if text[-1] != "q" else "p"),
    lambda text: text[:8] + ("q" if text[8] != "q" else "p") + text[9:],
    lambda text: text[:-1],
    lambda text: text + "q",
    lambda text: f"{text} ",
    lambda text: f"{text}\n",
    lambda text: text.replace("1", "b", 1),
    lambda text: bech32("cosmos", unbech32(text)[1]),
    lambda text: bech32("akash", unbech32(text)[1][:19]),
    lambda text: bech32("akash", unbech32(text)[1] + b"\0"),
    lambda text: f"{text}/{text}",
    lambda _: "burned",
)


def is_right(holder: str) -> bool:
    """Whether a text is an account or an operator of Akash, letter by letter."""
    try:
        prefix, raw = unbech32(holder)
    except NotAnAddress:
        return False
    return prefix in ("akash", "akashvaloper") and len(raw) in (20, 32) and bech32(prefix, raw) == holder


def is_possible(rows: Sequence[Row], reported: dict[str, int], tolerance: int, *, partial: bool) -> bool:
    """Whether these can be the holders of a block, looked at one by one."""
    if any(not population or not holder or amount is None for population, holder, amount in rows):
        return False
    found = Counter[str]()
    for population, _, amount in rows:
        found[str(population)] += int(amount or 0)
    alone = max(Counter((population, holder) for population, holder, _ in rows).values(), default=0) <= 1
    named = all(is_right(str(holder)) for _, holder, _ in rows)
    owned = all((amount or 0) >= 0 for *_, amount in rows) and all(one <= LARGEST_AMOUNT for one in found.values())
    excess = [found[population] - total if population in found else None for population, total in reported.items()]
    agreed = all(one is not None and one <= tolerance and (partial or one >= -tolerance) for one in excess)
    return alone and named and owned and agreed


def told(rows: Sequence[Row], reported: dict[str, int]) -> Facts:
    """The same as a reading tells it."""
    return Facts(pl.DataFrame(rows, HOLDINGS, orient="row"), reported, empty=True)


def is_refused(found: Sequence[Facts], tolerance: int, *, partial: bool) -> bool:
    """Whether the gate of the store lets them through."""
    try:
        check_each(found, Kind.HOLDINGS, tolerance=tolerance, partial=partial, parties=PARTIES)
    except BadData:
        return True
    return False


AMOUNTS: Final = st.one_of(
    st.integers(0, 9), st.sampled_from([0, 10**19, 10**37, LARGEST_AMOUNT, LARGEST_AMOUNT - 1, -1, None])
)
HOLDERS: Final = st.one_of(
    st.sampled_from(GOOD),
    st.sampled_from(GOOD),
    st.builds(lambda good, spoil: spoil(good), st.sampled_from(GOOD), st.sampled_from(SPOILED)),
)
ROWS: Final = st.lists(st.tuples(st.sampled_from(["validators", "owners"]), HOLDERS, AMOUNTS), max_size=6)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Sequence[Row], dict[str, int]]:
    """Holders at a block, and what the chain reports: mostly their sum."""
    rows = draw(st.one_of(ROWS, ROWS.map(lambda rows: sorted(rows, key=str))))
    off = draw(st.sampled_from([0, 0, 0, 1, -1, 2, -2, 3, -3]))
    sums = Counter[str]()
    for population, _, amount in rows:
        sums[population] += amount or 0
    reported = {population: total + off for population, total in sums.items()}
    return rows, {**reported, **({"delegators": 0} if draw(st.integers(0, 9)) == 0 else {})}


@given(st.lists(blocks(), min_size=1, max_size=3), st.sampled_from([0, 2]), st.booleans())
@example([([("validators", GOOD[0], LARGEST_AMOUNT), ("validators", GOOD[1], 1)], {})], 0, False)
@example([([("validators", GOOD[0], 1), ("owners", GOOD[0], 1), ("validators", GOOD[0], 1)], {})], 0, False)
def test_what_cannot_be_true_is_refused_and_nothing_else(
    found: list[tuple[Sequence[Row], dict[str, int]]], tolerance: int, partial: bool
) -> None:
    possible = [not rows or is_possible(rows, reported, tolerance, partial=partial) for rows, reported in found]
    refused = is_refused([told(rows, reported) for rows, reported in found], tolerance, partial=partial)
    assert refused == (not all(possible))


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("place", [0, 500, 999])
def test_one_wrong_holder_among_a_thousand_is_refused(spoil: Callable[[str], str | None], place: int) -> None:
    holders: list[str | None] = [bech32("akash", number.to_bytes(20)) for number in range(1000)]
    holders[place] = spoil(str(holders[place]))
    rows: list[Row] = [("validators", holder, 1) for holder in holders]
    assert is_refused([told(rows[:500], {}), told(rows[500:], {})], 0, partial=False)


PLACES: Final = list(product(("bonded", "price"), ("", "AKT"), (1, 2), ("chain", "other")))


@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=6), st.booleans())
def test_what_appears_twice_is_refused_in_whatever_order(
    places: list[tuple[str, str, int, str]], ordered: bool
) -> None:
    told = [
        observation(name, datetime(2026, 9, day, tzinfo=UTC), 1, "uakt", subject=subject, source=source)
        for name, subject, day, source in (sorted(places) if ordered else places)
    ]
    rows = frame(Kind.OBSERVATIONS, told)
    if len(set(places)) == len(places):
        check(Facts(rows), Kind.OBSERVATIONS)
    else:
        with pytest.raises(BadData, match="appears twice"):
            check(Facts(rows), Kind.OBSERVATIONS)
