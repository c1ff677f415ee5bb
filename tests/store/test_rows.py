from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.faults import BadData
from store.impossible import check, totals
from store.rows import HOLDINGS, LARGEST_AMOUNT, Block, Facts, Kind, frame, holdings, observation

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
ADA, BOB = ("validators", "ada", 60), ("validators", "bob", 40)


def test_a_block_needs_a_time_zone() -> None:
    with pytest.raises(BadData, match="without a zone"):
        Block(1, "AB", datetime(2026, 7, 17))  # noqa: DTZ001 - what is to be refused


def test_good_holdings_pass() -> None:
    check(Facts(holdings([ADA, BOB]), {"validators": 100}), Kind.HOLDINGS)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no rows"),
        ([ADA, ADA], "validators ada appears twice"),
        ([ADA, ("validators", "bob", -1)], "bob in validators holds -1"),
        ([ADA, ("validators", "", 1)], "empty holder"),
        ([("", "ada", 1)], "empty population"),
        ([ADA, ("validators", "bob", 41)], "rows add up to 101, the chain reports 100"),
        ([("other", "ada", 100)], "no rows were read"),
    ],
)
def test_impossible_holdings_are_refused(rows: list[tuple[str, str, int]], said: str) -> None:
    with pytest.raises(BadData, match=said):
        check(Facts(holdings(rows), {"validators": 100}), Kind.HOLDINGS)


def test_a_source_that_says_it_has_nothing_is_believed() -> None:
    check(Facts(holdings([]), empty=True), Kind.HOLDINGS)


def test_other_columns_are_refused() -> None:
    with pytest.raises(BadData, match="columns"):
        check(Facts(pl.DataFrame({"holder": ["ada"]})), Kind.HOLDINGS)
    with pytest.raises(BadData, match="columns"):
        check(Facts(holdings([ADA]).cast({"amount": pl.Float64})), Kind.HOLDINGS)


@pytest.mark.parametrize(("total", "tolerance", "partial", "good"), [
    (100, 0, False, True),
    (102, 2, False, True),
    (103, 2, False, False),
    (98, 2, False, True),
    (97, 2, False, False),
    (1000, 0, True, True),
    (99, 0, True, False),
])  # fmt: skip
def test_totals_agree_within_the_tolerance_and_partial_ones_never_exceed(
    total: int, tolerance: int, partial: bool, good: bool
) -> None:
    facts = Facts(holdings([ADA, BOB]), {"validators": total})
    if good:
        check(facts, Kind.HOLDINGS, tolerance=tolerance, partial=partial)
    else:
        with pytest.raises(BadData, match="the chain reports"):
            check(facts, Kind.HOLDINGS, tolerance=tolerance, partial=partial)


@pytest.mark.parametrize("amount", [LARGEST_AMOUNT + 1, 2**127, 2**256, -(10**38)])
def test_an_amount_of_more_than_38_digits_names_its_holder(amount: int) -> None:
    with pytest.raises(BadData, match=r"ada in validators: .* 38 digits"):
        holdings([("validators", "ada", amount)])


def test_a_sum_of_more_than_38_digits_names_the_largest_holder() -> None:
    rows = holdings([("validators", "ada", LARGEST_AMOUNT), ("validators", "bob", 1)])
    with pytest.raises(BadData, match="38 digits; the largest holder is ada"):
        check(Facts(rows), Kind.HOLDINGS)


@given(st.lists(st.integers(0, LARGEST_AMOUNT), min_size=1, max_size=40))
def test_totals_are_exact_or_refused(amounts: list[int]) -> None:
    rows = holdings(("all", f"holder {place}", amount) for place, amount in enumerate(amounts))
    if sum(amounts) <= LARGEST_AMOUNT:
        assert totals(rows) == {"all": sum(amounts)}
    else:
        with pytest.raises(BadData):
            totals(rows)


@pytest.mark.parametrize(
    ("option", "weight", "said"), [("maybe", 1, "maybe"), ("yes", 0, "weight"), ("yes", 2, "weight")]
)
def test_impossible_votes_are_refused(option: str, weight: int, said: str) -> None:
    rows = frame(Kind.VOTES, [{"proposal": "1", "voter": "ada", "option": option, "weight": weight, "height": 1}])
    with pytest.raises(BadData, match=said):
        check(Facts(rows), Kind.VOTES)


def test_an_observation_keeps_the_chains_text_and_a_number_for_charts() -> None:
    large = observation("supply", NOON, 2**70 + 1, "afet")
    name = observation("moniker", NOON, "Ada & Söhne", "", subject="val1")
    assert (large["exact"], large["value"]) == (str(2**70 + 1), float(2**70))
    assert (name["exact"], name["value"]) == ("Ada & Söhne", None)


def test_a_frame_of_holdings_has_the_schema_even_when_empty() -> None:
    assert holdings([]).schema == HOLDINGS
