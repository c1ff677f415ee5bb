"""The change of thirty days is split into its causes, and they add up."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from analytics.spread.change import Change, Known, decomposed
from publish.change import NOBODY, changes, effective
from questions import month
from questions.populations import Population, populations
from store.draft import Draft
from store.landing import Landing
from store.mart import Mart, opened
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.questions.conftest import one
from tests.questions.test_ranking import NOON

pytestmark = pytest.mark.slow


def test_a_change_without_labels_is_real_moves(mart: Mart, known: list[Population]) -> None:
    change = month.month(mart, one(known, "akash", "validators", "validators"))
    assert change is not None
    assert change.after - change.before == pytest.approx(change.moves)
    assert change.population == change.relabelling == change.price == 0


def test_a_first_reading_has_no_month(mart: Mart, known: list[Population]) -> None:
    assert month.month(mart, one(known, "bittensor", "emission", "recipients")) is None


def land(data: Path, network: str = "x", days: int = 30) -> None:
    """The worked example of docs/verdicts.md: D joined with 20, and B and C turned out to be one party."""
    for back, amounts in ((days, {"a": 50, "b": 30, "c": 20}), (0, {"a": 50, "b": 10, "c": 20, "d": 20})):
        block = Block(1000 - back, "0a", NOON - timedelta(days=back))
        source = (block, "", "https://x.example")
        snapshot = Snapshot(network, f"{network}-1", "validators", Kind.HOLDINGS, Measure.STAKE, "u", *source)
        Landing(data).land(snapshot, Facts(holdings(("validators", *row) for row in amounts.items())))


@contextmanager
def drafted(data: Path, recorded: Mapping[str, datetime]) -> Iterator[Draft]:
    """A draft of what landed; recorded: when it was found of each network that B and C are one party."""
    rows = [
        (network, where, "bc", "BC", "operator", None, None, "a public page", time, None)
        for network, time in recorded.items()
        for where in "bc"
    ]
    with Draft(data) as draft:
        draft.replace("entity", pl.DataFrame(rows, schema=ENTITIES, orient="row"))
        draft.take_in()
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        yield draft


def then_and_now(data: Path, recorded: Mapping[str, datetime]) -> Mart:
    with drafted(data, recorded) as draft:
        draft.replace("change", changes(draft))
        draft.publish(NOON)
    return opened(data)


# The day compared with, and whether it is near enough to thirty days ago.
DAYS = {"26": False, "27": True, "33": True, "34": False}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Change | None]:
    """The month of each network of one mart: the worked example, found of late or before, on other days."""
    data = tmp_path_factory.mktemp("months")
    for network, days in {"late": 30, "early": 30, **{day: int(day) for day in DAYS}}.items():
        land(data, network, days)
    with then_and_now(data, {"late": NOON - timedelta(days=1), "early": NOON - timedelta(days=99)}) as mart:
        return {one.network: month.month(mart, one) for one in populations(mart)}


def test_the_worked_example_comes_out_by_its_causes(told: dict[str, Change | None]) -> None:
    change = told["late"]
    assert change is not None
    assert (change.before, change.after) == pytest.approx((1 / 0.38, 1 / 0.38))
    assert change.population == pytest.approx(0)
    assert change.relabelling == pytest.approx(2 - 1 / 0.38)
    assert change.moves == pytest.approx(1 / 0.38 - 2)


def test_a_party_that_was_labelled_before_was_one_party_all_along(told: dict[str, Change | None]) -> None:
    change = told["early"]
    assert change is not None
    assert change.relabelling == pytest.approx(0)
    assert change.before == pytest.approx(2)


def test_the_day_compared_with_is_three_days_off_at_most(told: dict[str, Change | None]) -> None:
    assert {day: told[day] is not None for day in DAYS} == DAYS


def test_protocol_accounts_are_nobody() -> None:
    known = Known(frozenset("abc"), {"c": NOBODY}, {}, {"a": 1, "b": 1, "c": 98})
    assert effective(known) == 2
    assert decomposed(known, known, effective).after == 2


def test_more_holders_than_can_be_looked_at_one_by_one_have_no_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three hold something then, four now."""
    land(tmp_path)
    found = {}
    with drafted(tmp_path, {"x": NOON}) as draft:
        for most in (4, 3, 2):
            monkeypatch.setattr("publish.change.MOST_HOLDERS", most)
            found[most] = changes(draft).height
    assert found == {4: 1, 3: 0, 2: 0}


def test_an_earlier_day_that_is_torn_gives_no_month_and_stops_nothing(tmp_path: Path) -> None:
    land(tmp_path)
    (earlier,) = [path for path in Landing(tmp_path).files() if path.stem == "970"]
    stat = earlier.stat()
    earlier.write_bytes(earlier.read_bytes()[:-9] + b"123456789")
    os.utime(earlier, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with then_and_now(tmp_path, {"x": NOON}) as mart:
        (population,) = populations(mart)
        assert month.month(mart, population) is None
