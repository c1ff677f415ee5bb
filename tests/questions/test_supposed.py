"""The SQL of a scenario gives, in DuckDB alone, what Python makes of the same whole numbers, to the last digit."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final

import duckdb
import pytest

from analytics.spread.batches import Threshold
from analytics.spread.metrics import METRICS
from analytics.spread.whatif import Distribution
from questions import cited, supposed
from questions.cited import NotCited, Origin
from questions.scenario import QUESTIONS, Scenario
from store.layout import SCHEMA

pytestmark = pytest.mark.wide

RULE: Final = Threshold(334, 1000, strict=True)
PLACE: Final = Origin("after.hhi", "akash", "akashnet-2", "validators", 7, "control")
# Metrics with logarithms have no SQL: what a logarithm is in its last digit differs by machine.
WITHOUT: Final = {"shannon", "shannon_normalised", "min_entropy", "theil"}


@pytest.fixture
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(SCHEMA)
        yield connection


def filled(plain: duckdb.DuckDBPyConnection, held: Mapping[str, int], dust: int) -> None:
    """A mart with one population, of which a rest was not read; it is dust where it is more than there are holders."""
    for table in ("snapshot", "population", "distribution", "holding", "holder"):
        plain.execute(f"DELETE FROM {table}")
    plain.execute(
        "INSERT INTO snapshot BY NAME SELECT 1 AS id, 'akash' AS network, 'akashnet-2' AS chain_id, "
        "'validators' AS reading, 7 AS height, ?::TIMESTAMPTZ AS time",
        [datetime(2026, 7, 1, tzinfo=UTC)],
    )
    plain.execute("INSERT INTO population BY NAME SELECT 1 AS id, 'validators' AS name")
    total = sum(held.values())
    plain.execute(
        "INSERT INTO distribution BY NAME SELECT 1 AS snapshot, 1 AS population, 'address' AS grouping, "
        "'' AS labels_version, ? AS n, ? AS n_all, ?::HUGEINT AS total, ?::HUGEINT AS reported_total",
        [len(held), len(held), str(total), str(total + dust)],
    )
    plain.executemany(
        "INSERT INTO holder BY NAME SELECT ? AS id, 'akash' AS network, ? AS address", list(enumerate(held))
    )
    plain.executemany(
        "INSERT INTO holding BY NAME SELECT 1 AS snapshot, 1 AS population, ? AS holder, ?::DECIMAL(38, 0) AS amount",
        [(place, str(amount)) for place, amount in enumerate(held.values())],
    )


def differing(
    plain: duckdb.DuckDBPyConnection, now: Distribution, kind: str, number: float, chosen: Sequence[str]
) -> list[tuple[object, ...]]:
    """The metrics of a scenario that come out otherwise; all that cannot be are left to Python's reason."""
    then = QUESTIONS[kind].answer(now, Scenario(kind, number, tuple(chosen)))
    if not then.total:
        return []
    found: list[tuple[object, ...]] = []
    for name, value in {**then.metrics([RULE]), **then.of_sums()}.items():
        if name in WITHOUT:
            continue
        of = f"{kind}/{number}/{' '.join(chosen)}/validators"
        statement = cited.sql(
            Origin(f"after.{name}", *(PLACE.network, PLACE.chain_id, PLACE.reading, 7, "control"), of)
        )
        rows = plain.execute(statement).fetchall()
        if rows != [(value,)]:
            found.append((name, value, rows))
    return found


def drawn(dice: Random) -> tuple[dict[str, int], int]:
    """Amounts of a few parties, equal ones and tiny ones among them, up to those of a token of 18 decimals."""
    most = 10 ** dice.choice([1, 3, 12, 19, 26])
    amounts = [dice.randint(1, most) for _ in range(dice.randrange(2, 12))]
    amounts += amounts[:2]
    dust = dice.choice([0, 0, dice.randint(20, 10**3), dice.randint(20, most + 20)])
    ordered = sorted(amounts, reverse=True)
    return {f"akash1party{place}": amount for place, amount in enumerate(ordered)}, dust


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(QUESTIONS))
def test_whatever_is_asked_of_random_parties_comes_out_of_duckdb_to_the_last_digit(
    kind: str, plain: duckdb.DuckDBPyConnection
) -> None:
    dice, question, asked = Random(kind), QUESTIONS[kind], 0
    for _ in range(6):
        held, dust = drawn(dice)
        filled(plain, held, dust)
        low, high = max(1, int(question.low)), int(min(question.high, 90))
        number = (
            dice.choice([low, dice.randint(low, high) + 0.25]) if question.unit == "percent" else dice.randint(low, 5)
        )
        chosen = dice.sample(list(held), {"none": 0, "one": 1, "several": 2}[question.asks])
        try:
            assert differing(plain, Distribution(held, dust), kind, float(number), chosen) == [], (
                held,
                dust,
                number,
                chosen,
            )
        except ValueError:
            continue
        asked += 1
    assert asked > 2


def test_what_a_cap_leaves_can_be_worked_out_by_hand(plain: duckdb.DuckDBPyConnection) -> None:
    filled(plain, {"a": 60, "b": 30, "c": 10}, 0)
    of = "cap/30/" + "/validators"
    value = {
        name: plain.execute(
            cited.sql(Origin(f"after.{name}", "akash", "akashnet-2", "validators", 7, "control", of))
        ).fetchone()
        for name in ("nc_gt_1_2", "top_1")
    }
    # 30, 30 and 10 are left of 70: two have more than half, the largest 3/7.
    assert value == {"nc_gt_1_2": (2.0,), "top_1": (30 / 70,)}


def test_equal_parties_count_as_so_many(plain: duckdb.DuckDBPyConnection) -> None:
    found = Distribution({str(place): 7 * 10**17 for place in range(12)}).of_sums()
    assert found["effective_parties"] == pytest.approx(12, rel=1e-15)
    assert found["gini"] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("metric", sorted(WITHOUT))
def test_what_has_logarithms_has_no_sql_and_says_so(metric: str) -> None:
    assert supposed.formula(metric) is None
    with pytest.raises(NotCited):
        cited.sql(Origin(f"after.{metric}", "akash", "akashnet-2", "validators", 7, "control", "cap/10//validators"))


def test_every_other_metric_has_sql() -> None:
    assert {name for name in METRICS if supposed.formula(name) is None} == WITHOUT


@pytest.mark.parametrize(
    "of",
    ["", "cap", "cap/10/", "cap/x//validators", "cap/-1//validators", "sweep/10//validators", "cap/1e9//validators"],
)
def test_what_names_no_scenario_is_refused(of: str) -> None:
    with pytest.raises(NotCited):
        cited.linked(f"?cite=after.hhi/akash/akashnet-2/validators/7/control/{of}")
