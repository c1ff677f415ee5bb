"""What validators say of themselves in a published mart: a range beside the headline, and nothing in it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.networks import networks
from ingest.publication import build
from questions.populations import populations
from questions.thresholds import values
from store import reference
from store.addresses import account
from store.landing import Landing
from store.mart import Mart, opened
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.lcd import valoper

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS: dict[str, Any] = {"identity": "5489ADE7B1B91C65", "website": "https://a.example", "moniker": "A"}


def landed(data: Path, reading: str, measure: Measure | None, rows: pl.DataFrame, **more: object) -> None:
    kind = Kind.HOLDINGS if measure else Kind.OBSERVATIONS
    one = Snapshot(
        "akash", "akashnet-2", reading, kind, measure, "uakt", Block(7, "AA", NOON), "Made up.", "https://lcd.example",
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
    Landing(data).land(one, Facts(rows))


def chain(data: Path, stake: Sequence[int], texts: dict[int, dict[str, str]]) -> None:
    """Validators by number with their stake, the delegation of each by its own account, and what some say."""
    power = [("validators", valoper(number), amount) for number, amount in enumerate(stake)]
    landed(data, "validators", Measure.STAKE, holdings(power), reported={"validators": sum(stake)})
    landed(data, "consensus", Measure.VOTING_POWER, holdings(power))
    own = [("delegators", account(operator), amount) for _, operator, amount in power]
    landed(data, "delegators", Measure.STAKE, holdings(own))
    rows = [
        observation(name, NOON, text, "", subject=valoper(number))
        for number, words in texts.items()
        for name, text in words.items()
    ]
    told = [("quorum", "0.334"), ("threshold", "0.5"), ("veto_threshold", "0.334")]
    rows += [observation(name, NOON, text, "ratio", subject="gov") for name, text in told]
    landed(data, "names", None, frame(Kind.OBSERVATIONS, rows), newest_only=True)
    build(data, networks())


def effective(mart: Mart, reading: str, grouping: str) -> float | None:
    (one,) = (one for one in populations(mart) if one.reading == reading)
    found = values(mart, one, grouping)
    return found["effective_parties"].value if "effective_parties" in found else None


def test_those_who_say_both_alike_are_one_party_under_claimed_alone(tmp_path: Path) -> None:
    """Three validators of 50, 30 and 20, of which the last two say one identity and website: parties of 50 and 50."""
    chain(tmp_path, [50, 30, 20], {1: KEYS, 2: KEYS})
    with opened(tmp_path) as mart:
        for reading in ("validators", "consensus", "delegators"):
            assert effective(mart, reading, "address") == pytest.approx(1 / 0.38)
            assert effective(mart, reading, "control") == pytest.approx(1 / 0.38)
            assert effective(mart, reading, "claimed") == pytest.approx(2)
        assert (
            mart.table("SELECT count(*) AS n FROM entity WHERE network = 'akash' AND source LIKE 'says%'")["n"][0] == 0
        )
        rows = mart.table(
            "SELECT grouping, number FROM power WHERE (network, side, action) = ('akash', 'force', 'halt')"
        )
        (beside,) = mart.table("SELECT claimed FROM verdict WHERE (measure, axis) = ('stake', 'math')").drop_nulls()
    assert dict(rows.rows()) == {"address": 1, "control": 1, "claimed": 1}
    assert beside.to_list() == [pytest.approx(2)]


def test_power_under_claimed_stands_beside_the_headline(tmp_path: Path) -> None:
    chain(tmp_path, [10] * 10, dict.fromkeys(range(6, 10), KEYS))
    with opened(tmp_path) as mart:
        rows = mart.table(
            "SELECT grouping, number FROM power WHERE (network, side, action) = ('akash', 'force', 'halt')"
        )
    assert dict(rows.rows()) == {"address": 4, "control": 4, "claimed": 1}


def test_where_claims_merge_nobody_the_numbers_are_those_of_labels(tmp_path: Path) -> None:
    chain(tmp_path, [50, 30, 20], {1: KEYS, 2: {**KEYS, "website": "b.example"}})
    with opened(tmp_path) as mart:
        assert mart.table("SELECT 1 FROM metric WHERE grouping = 'claimed'").is_empty()
        assert effective(mart, "validators", "claimed") == pytest.approx(1 / 0.38)
        assert mart.table("FROM claim").is_empty()
        assert mart.table("SELECT alike, share, joined FROM alike ORDER BY ALL").rows() == [
            ("identity", 0.2, False), ("identity", 0.3, False), ("name", 0.2, False), ("name", 0.3, False),
        ]  # fmt: skip


def labelled(monkeypatch: pytest.MonkeyPatch, *rows: tuple[int, str, str]) -> None:
    """Labels of validators and of their accounts, by number, entity and kind."""
    found = [
        ("akash", address, entity, entity.title(), kind, None, None, "https://firm.example", NOON)
        for number, entity, kind in rows
        for address in (valoper(number), account(valoper(number)))
    ]
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame(found, schema=ENTITIES, orient="row"))


def test_claims_join_a_label_and_take_nobody_out_of_the_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(monkeypatch, (0, "firm", "operator"), (3, "pool", "protocol"))
    # The fourth says what the pool says: it stays a party, while the pool is none.
    other = {**KEYS, "identity": "0000000000000001"}
    chain(tmp_path, [40, 30, 20, 50, 10], {0: KEYS, 1: KEYS, 3: other, 4: other})
    with opened(tmp_path) as mart:
        assert effective(mart, "validators", "control") == pytest.approx(1 / 0.30)
        assert effective(mart, "validators", "claimed") == pytest.approx(1 / (0.49 + 0.04 + 0.01))


@pytest.mark.parametrize(
    ("labels", "least"),
    [
        ([], 1),
        # 40 labelled, 60 of anybody.
        ([(0, "firm", "operator")], 1 / (0.16 + 0.36)),
        ([(0, "firm", "operator"), (1, "firm", "operator")], 1 / (0.49 + 0.09)),
        # What is no party is left out; a custodian is one.
        ([(0, "pool", "protocol"), (1, "bank", "custodian")], 1 / 0.5),
        ([(number, f"firm-{number}", "operator") for number in range(4)], 1 / 0.3),
    ],
)
def test_effective_parties_are_no_fewer_than_with_all_unlabelled_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: list[tuple[int, str, str]], least: float
) -> None:
    labelled(monkeypatch, *labels)
    chain(tmp_path, [40, 30, 20, 10], {})
    with opened(tmp_path) as mart:
        rows = mart.table("SELECT s.reading, m.* FROM metric m JOIN snapshot s ON s.id = m.snapshot")
        found = rows.filter(pl.col("grouping") == "unlabelled_one")
        assert set(found["metric"]) == {"effective_parties"}
        assert found["value"].to_list() == pytest.approx([least] * found.height)
        assert set(found["reading"]) == {"validators", "consensus"}


def test_what_was_not_read_is_of_the_unlabelled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(monkeypatch, (0, "firm", "operator"))
    rows = holdings([("validators", valoper(0), 50), ("validators", valoper(1), 30)])
    landed(tmp_path, "validators", Measure.STAKE, rows, reported={"validators": 100})
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        rows = mart.table("SELECT value, low, high FROM metric WHERE grouping = 'unlabelled_one'")
    assert rows.rows() == [(pytest.approx(2), None, None)]


def test_only_labels_in_force_count_as_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        ("akash", valoper(number), f"firm-{number}", "Firm", "operator", start, end, "https://firm.example", NOON)
        for number in range(4)
        for start, end in ((None, datetime(2022, 1, 1, tzinfo=UTC)), (datetime(2027, 1, 1, tzinfo=UTC), None))
    ]
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame(rows, schema=ENTITIES, orient="row"))
    chain(tmp_path, [40, 30, 20, 10], dict.fromkeys(range(4), KEYS))
    with opened(tmp_path) as mart:
        (letter,) = mart.table(
            "SELECT letter FROM verdict WHERE (network, measure, axis) = ('akash', 'stake', 'math')"
        )["letter"]
    assert letter == "C"
