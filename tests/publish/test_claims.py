"""What validators say of themselves in a published mart: a range beside the headline, and nothing in it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from ingest.publication import build
from questions.populations import populations
from questions.thresholds import values
from store import reference
from store.mart import Mart, opened
from store.reference import ENTITIES
from tests.worlds.chains import NOON, Chain, effective, network, published
from tests.worlds.each import each
from tests.worlds.lcd import valoper

pytestmark = pytest.mark.slow

KEYS: Final = {"identity": "5489ADE7B1B91C65", "website": "https://a.example", "moniker": "A"}
LONE: Final = {**KEYS, "identity": "0000000000000002"}
OTHER: Final = {**KEYS, "identity": "0000000000000001"}
THREE: Final = {0: 50, 1: 30, 2: 20}
FOUR: Final = {0: 40, 1: 30, 2: 20, 3: 10}

CHAINS: Final[Mapping[str, Chain]] = {
    # Of 50, 30 and 20 the last two say one identity and website.
    "two-agree": Chain(THREE, {1: KEYS, 2: KEYS}),
    "one-text": Chain(THREE, {1: {**LONE, "website": "b.example"}, 2: {**LONE, "website": "c.example"}}),
    "ten": Chain(dict.fromkeys(range(10), 10), dict.fromkeys(range(6, 10), KEYS)),
    # Two join a firm; a fourth says what the pool says, and stays a party, while the pool is none.
    "labels": Chain(
        {0: 40, 1: 30, 2: 20, 3: 50, 4: 10},
        {0: KEYS, 1: KEYS, 3: OTHER, 4: OTHER},
        {0: ("firm", "operator"), 3: ("pool", "protocol")},
    ),
    "nobody": Chain(FOUR),
    "one": Chain(FOUR, labels={0: ("firm", "operator")}),
    "two": Chain(FOUR, labels={0: ("firm", "operator"), 1: ("bank", "custodian")}),
    "one-of-two": Chain(FOUR, labels={0: ("firm", "operator"), 1: ("firm", "operator")}),
    "small": Chain(FOUR, labels={2: ("firm", "operator"), 3: ("bank", "operator")}),
    "protocol": Chain(FOUR, labels={0: ("pool", "protocol"), 1: ("bank", "custodian"), 2: ("firm", "operator")}),
    "all": Chain(FOUR, labels={number: (f"firm-{number}", "operator") for number in FOUR}),
    "unread": Chain({0: 40, 1: 30}, labels={0: ("firm", "operator"), 1: ("bank", "operator")}, unread=30),
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    data = tmp_path_factory.mktemp("claims")
    with pytest.MonkeyPatch.context() as patch:
        published(data, CHAINS, patch)
    with opened(data) as found:
        yield found


def power(mart: Mart, name: str) -> dict[str, int]:
    rows = mart.table("SELECT grouping, number FROM power WHERE (network, side, action) = (?, 'force', 'halt')", name)
    return dict(rows.rows())


def test_those_who_say_both_alike_are_one_party_under_claimed_alone(mart: Mart) -> None:
    for one in (one for one in populations(mart) if one.network == "two-agree" and "@" not in one.population):
        found = {name: values(mart, one, name)["effective_parties"].value for name in ("address", "control", "claimed")}
        assert found == {
            "address": pytest.approx(1 / 0.38),
            "control": pytest.approx(1 / 0.38),
            "claimed": pytest.approx(2),
        }
    beside = mart.table("SELECT claimed FROM verdict WHERE network = 'two-agree'").drop_nulls()["claimed"].to_list()
    assert beside == [pytest.approx(2)] * 3
    assert mart.table("SELECT 1 FROM entity WHERE network = 'two-agree'").is_empty()


def test_power_under_claimed_stands_beside_the_headline(mart: Mart) -> None:
    assert power(mart, "ten") == {"address": 4, "control": 4, "claimed": 1, "voters of late": 4}


def test_where_claims_merge_nobody_the_numbers_are_those_of_labels(mart: Mart) -> None:
    assert effective(mart, "one-text", "claimed") == []
    assert "claimed" not in power(mart, "one-text")
    (one,) = (one for one in populations(mart) if (one.network, one.reading) == ("one-text", "consensus"))
    assert values(mart, one, "claimed")["effective_parties"].value == pytest.approx(1 / 0.38)
    assert mart.table("SELECT alike, share, joined FROM alike WHERE network = 'one-text' ORDER BY ALL").rows() == [
        ("identity", 0.2, False), ("identity", 0.3, False), ("name", 0.2, False), ("name", 0.3, False),
    ]  # fmt: skip


def test_claims_join_a_label_and_take_nobody_out_of_the_count(mart: Mart) -> None:
    assert effective(mart, "labels", "control") == [pytest.approx(1 / 0.30)]
    assert effective(mart, "labels", "claimed") == [pytest.approx(1 / (0.49 + 0.04 + 0.01))]


@each(
    ("name", "least"),
    [
        ("nobody", 1),
        ("one", 1),
        # 40 and 30 have labels: the other 30 are with the 40.
        ("two", 1 / (0.49 + 0.09)),
        ("one-of-two", 1),
        # 20 with all 70 that have none, and 10.
        ("small", 1 / (0.81 + 0.01)),
        # What is no party is left out; a custodian is one: 30 and 10, and 20.
        ("protocol", 36 / (16 + 4)),
        ("all", 1 / 0.3),
        ("unread", 1 / (0.49 + 0.09)),
    ],
)
def test_effective_parties_are_no_fewer_than_with_all_unlabelled_with_the_largest(
    mart: Mart, name: str, least: float
) -> None:
    assert effective(mart, name, "unlabelled_one") == [pytest.approx(least)]
    query = "SELECT lower, number FROM verdict WHERE (network, measure, axis) = (?, 'stake_by_operator', 'math')"
    lower, number = mart.table(query, name).row(0)
    assert lower == pytest.approx(least)
    assert lower <= number


def test_only_the_headline_is_computed_with_all_unlabelled_with_the_largest(mart: Mart) -> None:
    rows = mart.table("SELECT DISTINCT metric, low, high FROM metric WHERE grouping = 'unlabelled_one'")
    assert rows.rows() == [("effective_parties", None, None)]


def test_only_labels_in_force_count_as_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path, {"past": Chain(FOUR, dict.fromkeys(FOUR, KEYS)), "now": Chain(FOUR)}, monkeypatch)
    spans: dict[str, list[tuple[datetime | None, datetime | None]]] = {
        "past": [(None, datetime(2022, 1, 1, tzinfo=UTC)), (datetime(2027, 1, 1, tzinfo=UTC), None)],
        "now": [(datetime(2022, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))],
    }
    rows = [
        (name, valoper(n), f"firm-{n}", "Firm", "operator", start, end, "https://firm.example", NOON, NOON)
        for name, dates in spans.items()
        for n in FOUR
        for start, end in dates
    ]
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame(rows, schema=ENTITIES, orient="row"))
    build(tmp_path, {name: network(name) for name in spans})
    with opened(tmp_path) as mart:
        query = "SELECT network, letter FROM verdict WHERE (measure, axis) = ('stake_by_operator', 'math')"
        letters = dict(mart.table(query).rows())
        assert {name: letters[name] for name in spans} == {"past": "C", "now": "B"}
