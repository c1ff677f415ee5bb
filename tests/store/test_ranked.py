"""Who was largest at the last block of each day: a hundred, and the same in whatever steps it came about."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from store.draft import Draft
from store.landing import Landing
from store.mart import opened
from store.reference import ENTITIES
from store.rows import SINK, Block, Facts, Kind, Measure, Snapshot, holdings

pytestmark = pytest.mark.slow

NOON: Final = datetime(2026, 7, 17, 12, tzinfo=UTC)
RANKED: Final = """
    SELECT s.time, p.name, r.rank, r.address, r.amount::BIGINT AS amount FROM ranked r
    JOIN snapshot s ON s.id = r.snapshot JOIN population p ON p.id = r.population ORDER BY ALL
"""


def land(data: Path, hours: int, amounts: dict[str, int], *populations: str) -> None:
    """Who held how much so many hours after noon, in each of some populations."""
    rows = [(one, holder, amount) for one in populations or ("validators",) for holder, amount in amounts.items()]
    time = NOON + timedelta(hours=hours)
    block = Block(hours + 9000, "AB", time)
    one = Snapshot(
        "akash", "akashnet-2", "validators", Kind.HOLDINGS, Measure.STAKE, "uakt", block, "", "x"
    )  # fmt: skip
    Landing(data).land(one, Facts(holdings(rows)))


def ranked(data: Path, *populations: str, afresh: bool = False) -> list[tuple[object, ...]]:
    """What the next mart says, by hours after noon; populations: those that stand on the scorecard."""
    told = {"network": "akash", "measure": "stake", "reading": "validators"}
    shown = [{**told, "in_column": one, "population": one} for one in populations or ("validators",)]
    with Draft(data, afresh=afresh) as draft:
        draft.replace("entity", pl.DataFrame(schema=ENTITIES))
        draft.replace("scorecard", pl.DataFrame(shown))
        draft.take_in()
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        draft.keep_ranks()
        draft.publish(NOON)
    with opened(data) as mart:
        rows = mart.table(RANKED).iter_rows()
        return [(round((time - NOON).total_seconds() / 3600), *told) for time, *told in rows]


def test_the_last_block_of_each_day_says_who_was_largest(tmp_path: Path) -> None:
    land(tmp_path, 0, {"a": 3, "b": 1})
    land(tmp_path, 5, {"a": 3, "b": 4, "c": 3, f"{SINK}burned": 9, "d": 0})
    land(tmp_path, 24, {"a": 5, "b": 4})
    assert ranked(tmp_path) == [
        # Equal amounts have one rank; what nobody got, and who has nothing, have none.
        (5, "validators", 1, "b", 4),
        (5, "validators", 2, "a", 3),
        (5, "validators", 2, "c", 3),
        (24, "validators", 1, "a", 5),
        (24, "validators", 2, "b", 4),
    ]


def test_a_hundred_are_kept_and_days_of_a_year(tmp_path: Path) -> None:
    land(tmp_path, -24 * 400, {"old": 1})
    land(tmp_path, 0, {f"v{place:03}": 1000 - place for place in range(150)})
    rows = ranked(tmp_path)
    assert [(hours, rank) for hours, _, rank, *_ in rows] == [(0, rank) for rank in range(1, 101)]


def test_it_is_the_same_in_whatever_steps_it_came_about(tmp_path: Path) -> None:
    stepwise, afresh = tmp_path / "stepwise", tmp_path / "afresh"
    for hours, amounts in (
        (0, {"a": 2, "b": 1}),
        (4, {"a": 2, "b": 3}),
        (30, {"c": 1}),
        (26, {"d": 1}),
        (60, {"a": 1}),
    ):
        land(stepwise, hours, amounts)
        found = ranked(stepwise)
    next(path for path in Landing(stepwise).files() if path.stem == "9030").unlink()
    shutil.copytree(stepwise / "landing", afresh / "landing")
    found = ranked(stepwise)
    assert found == ranked(afresh)
    assert [hours for hours, *_ in found] == [4, 4, 26, 60]


def test_what_left_the_scorecard_is_gone_and_what_came_onto_it_is_there(tmp_path: Path) -> None:
    land(tmp_path, 0, {"a": 2})
    assert ranked(tmp_path, "delegators") == []
    assert ranked(tmp_path) == [(0, "validators", 1, "a", 2)]
    assert ranked(tmp_path, "delegators") == []


def test_a_population_that_joins_another_of_its_reading_on_the_scorecard_is_there_for_all_days(tmp_path: Path) -> None:
    both = ("delegators", "validators")
    land(tmp_path, 0, {"a": 2}, *both)
    land(tmp_path, 30, {"a": 3}, *both)
    assert len(ranked(tmp_path)) == 2
    assert ranked(tmp_path, *both) == ranked(tmp_path, *both, afresh=True)
    assert {population for _, population, *_ in ranked(tmp_path, *both)} == set(both)


def test_a_day_whose_file_is_torn_is_told_by_an_earlier_block_of_it(tmp_path: Path) -> None:
    land(tmp_path, 0, {"a": 2})
    land(tmp_path, 5, {"a": 3})
    torn = next(path for path in Landing(tmp_path).files() if path.stem == "9005")
    ranked(tmp_path)
    torn.write_bytes(torn.read_bytes()[:-9] + b"x" * 9)
    assert ranked(tmp_path, afresh=True) == [(0, "validators", 1, "a", 2)]
