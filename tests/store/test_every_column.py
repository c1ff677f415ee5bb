"""Every column of every kind of fact: what is missing, of another type or out of range is refused by name."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from store.faults import BadData
from store.impossible import check
from store.rows import KEYS, LARGEST_AMOUNT, SCHEMAS, VOTE_OPTIONS, Facts, Kind, frame, holdings, observation
from tests.worlds.each import each

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
GOOD: dict[Kind, dict[str, Any]] = {
    Kind.HOLDINGS: {"population": "validators", "holder": "ada", "amount": 60},
    Kind.OBSERVATIONS: observation("supply", NOON, "60", "ucoin"),
    Kind.PROPOSALS: {
        "proposal": "7",
        "title": "Faster",
        "type": "/cosmos.gov.v1.MsgUpdateParams",
        "status": "voting_period",
        "proposer": "ada",
        **dict.fromkeys(("submitted", "deposit_end", "voting_start", "voting_end"), NOON),
        "deposit": 5,
        **dict.fromkeys(VOTE_OPTIONS, 11),
        "expedited": False,
        **dict.fromkeys(("power", "quorum"), 40),
        "quorum_counts": "yes,abstain",
        "quota": Decimal("0.5"),
    },
    Kind.VOTES: {
        "proposal": "7",
        "voter": "ada",
        "option": "yes",
        "weight": Decimal("0.3"),
        "height": 9,
        "power": 3,
        "overrides": "bob",
    },
}
# The columns in which a row of the kind may say nothing; a new column is required until it stands here.
MAY_BE_NULL = {
    Kind.HOLDINGS: set[str](),
    Kind.OBSERVATIONS: {"value"},
    Kind.PROPOSALS: {"proposer", "submitted", "deposit_end", "power", "quorum", "quorum_counts", "quota"},
    Kind.VOTES: {"power", "overrides"},
}
# Of every type something; Polars takes much of it by a cast, or as null, without a word.
OTHERS: list[Any] = [True, 7, 0.1, "7", b"7", ["7"], {}, date(2026, 7, 17)]
FITTING: dict[Any, tuple[type, ...]] = {
    pl.String: (str,),
    pl.Float64: (float, int),
    pl.Decimal: (int,),
    pl.Int64: (int,),
    pl.Boolean: (bool,),
    pl.Datetime: (),
}
# Of the right type, and yet it would come back as something else.
CHANGED: dict[Any, list[Any]] = {
    pl.String: ["\ud800"],
    pl.Decimal: [10**38, -(10**60), Decimal("1e-19"), Decimal("NaN"), Decimal("1e60")],
    pl.Int64: [2**63, 10**400],
    pl.Float64: [2**70 + 1, 10**400, float("nan")],
    pl.Datetime: [datetime(2026, 7, 17)],  # noqa: DTZ001 - what is to be refused
}
COLUMNS = [(kind, column) for kind, schema in SCHEMAS.items() for column in schema]


def kept(kind: Kind, column: str, value: Any) -> None:
    """Take a good row with one other value through both gates."""
    row = {**GOOD[kind], column: value}
    rows = (
        holdings([(row["population"], row["holder"], row["amount"])]) if kind is Kind.HOLDINGS else frame(kind, [row])
    )
    check(Facts(rows), kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_good_row_comes_through(kind: Kind) -> None:
    check(Facts(frame(kind, [GOOD[kind], {**GOOD[kind], KEYS[kind][0]: "8"}])), kind)
    assert frame(kind, [GOOD[kind]]).to_dicts() == [GOOD[kind]]


@each(("kind", "column"), COLUMNS)
def test_a_row_that_lacks_what_it_must_say_is_refused(kind: Kind, column: str) -> None:
    if column in MAY_BE_NULL[kind]:
        kept(kind, column, None)
    else:
        with pytest.raises(BadData):
            kept(kind, column, None)


@pytest.mark.slow
@each(("kind", "column"), COLUMNS)
def test_a_value_that_a_column_would_lose_or_change_is_refused_by_name(kind: Kind, column: str) -> None:
    dtype = type(SCHEMAS[kind][column])
    wrong = [value for value in OTHERS if type(value) not in FITTING[dtype]]
    for value in wrong + CHANGED.get(dtype, []):
        with pytest.raises(BadData):
            kept(kind, column, value)
        with pytest.raises(BadData, match=column):
            frame(kind, [GOOD[kind], {**GOOD[kind], column: value}])


def test_a_value_without_end_is_no_observation() -> None:
    with pytest.raises(BadData, match="supply"):
        kept(Kind.OBSERVATIONS, "value", float("inf"))


def test_a_misspelled_column_is_refused() -> None:
    with pytest.raises(BadData, match="wieght"):
        frame(Kind.VOTES, [{**GOOD[Kind.VOTES], "wieght": Decimal(1)}])


def test_a_proposal_in_another_state_may_lack_the_times_of_a_vote_and_its_count() -> None:
    row = {**GOOD[Kind.PROPOSALS], "status": "deposit_period", "voting_start": None, "voting_end": None}
    check(Facts(frame(Kind.PROPOSALS, [row | dict.fromkeys(VOTE_OPTIONS)])), Kind.PROPOSALS)


def test_a_count_that_does_not_fit_as_a_whole_is_refused() -> None:
    """Each option fits, all together are beyond what is added up of them."""
    row = {**GOOD[Kind.PROPOSALS], **dict.fromkeys(VOTE_OPTIONS, LARGEST_AMOUNT // 2)}
    with pytest.raises(BadData, match="has a count beyond 38 digits"):
        check(Facts(frame(Kind.PROPOSALS, [row])), Kind.PROPOSALS)


@pytest.mark.parametrize("said", ["NaN", "inf", "1e309", "1_000", "٣", "0x10", " 7", "", "7.", "--1"])
def test_no_text_becomes_a_number(said: str) -> None:
    assert observation("moniker", NOON, said, "", subject="ada")["value"] is None
    with pytest.raises(BadData, match="supply"):
        observation("supply", NOON, said, "ucoin")


@pytest.mark.parametrize(
    ("said", "number"),
    [("0.050000000000000000", 0.05), ("-3", -3.0), (str(LARGEST_AMOUNT), 1e38), (7, 7.0), (0.5, 0.5)],
)
def test_a_number_under_a_unit_has_a_value(said: str | float, number: float) -> None:
    assert observation("supply", NOON, said, "ucoin")["value"] == number


@pytest.mark.parametrize("said", [float("nan"), float("inf"), 10**400])
def test_a_number_that_no_chart_can_show_is_refused(said: float) -> None:
    with pytest.raises(BadData, match="supply"):
        observation("supply", NOON, said, "ucoin")
