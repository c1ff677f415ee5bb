"""A sweep computes what is not computed yet, once, from what landed; what was there before is as it was."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from analytics.spread.whatif import Distribution
from ingest import sweeping
from ingest.cluster import OtherVersion
from ingest.networks import networks
from ingest.publication import build
from ingest.sweeping import Part, parts, sweep_part
from publish import swept
from questions import ranking, resampled
from questions.populations import headlines, populations
from questions.scenario import QUESTIONS, Scenario
from store.landing import Landing
from store.mart import opened
from store.rows import Facts, holdings
from tests.worlds.hamlet import address, snapshot
from tests.worlds.moving_chain import called

pytestmark = pytest.mark.slow

KEY = "s.network, s.reading, s.height, p.name"
SWEPT = f"""
    SELECT {KEY}, w.* EXCLUDE (snapshot, population) FROM sweep w
    JOIN snapshot s ON s.id = w.snapshot JOIN population p ON p.id = w.population ORDER BY ALL
"""


@pytest.fixture(scope="module")
def village(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The newest days of one network of the small world, published and swept with few replicates."""
    data = tmp_path_factory.mktemp("village")
    for path in sorted((hamlet / "landing" / "akash").glob("*/validators/*.parquet"))[-3:]:
        there = data / path.relative_to(hamlet)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
    build(data, networks())
    with pytest.MonkeyPatch.context() as few:
        few.setattr(swept, "REPLICATES", 40)
        assert called(data, "sweep")[0] == 0
        yield data


def rows(data: Path, query: str = SWEPT) -> pl.DataFrame:
    with opened(data) as mart:
        return mart.table(query)


def todo(data: Path) -> list[Part]:
    with opened(data) as mart:
        return parts(mart, data)


def test_what_is_swept_as_it_is_has_the_values_that_were_measured(village: Path) -> None:
    both = rows(
        village,
        f"""
        SELECT {KEY}, w.metric, w.grouping, w.value, w.low, w.high, m.value AS measured FROM sweep w
        JOIN metric m USING (snapshot, population, grouping, metric)
        JOIN snapshot s ON s.id = w.snapshot JOIN population p ON p.id = w.population
        WHERE w.scenario = '' AND w.value IS NOT NULL
        """,
    )
    assert both["height"].n_unique() == 3
    assert both["metric"].n_unique() == 16
    assert ((both["value"] - both["measured"]).abs() < 1e-9).all()
    assert (both["low"] <= both["high"]).all()


def test_a_scenario_is_that_of_the_page(village: Path) -> None:
    with opened(village) as mart:
        one = headlines(populations(mart))[0]
        held = {a: int(n) for a, n in ranking.ranking(mart, one, "control").select("address", "amount").iter_rows()}
        now = Distribution(held)
        for kind in resampled.SWEPT:
            question = QUESTIONS[kind]
            then = question.answer(now, Scenario(kind, question.usual)).metrics()
            found = resampled.newest(resampled.scenario(mart, one, "control", kind, question.usual))
            told = dict(found.select("metric", "value_then").iter_rows())
            assert told["effective_parties"] == pytest.approx(then["effective_parties"])
            assert told["nc_gt_1_2"] == then["nc_gt_1_2"]


def test_what_is_swept_is_not_swept_again(village: Path) -> None:
    assert todo(village) == []


def test_a_rebuild_has_what_was_swept(village: Path, tmp_path: Path) -> None:
    data = shutil.copytree(village, tmp_path / "data")
    assert called(data, "rebuild")[0] == 0
    assert rows(data).equals(rows(village))


def test_a_new_day_alone_is_swept_and_a_torn_part_again(village: Path, tmp_path: Path) -> None:
    data = shutil.copytree(village, tmp_path / "data")
    newest = rows(data, "FROM snapshot ORDER BY time DESC LIMIT 1").row(0, named=True)
    time = newest["time"] + timedelta(days=1)
    one = snapshot("akash", newest["chain_id"], "validators", newest["kind"], time, measure="voting_power", unit="uakt")
    told = [("validators", address("akashvaloper", place), (place + 1) * 10**6) for place in range(3)]
    Landing(data).land(one, Facts(holdings(told)))
    build(data, networks())
    assert [[day.height for day in part.days] for part in todo(data)] == [[one.block.height]]
    assert called(data, "sweep")[0] == 0
    both = rows(data)
    assert both.filter(pl.col("height") != one.block.height).equals(rows(village))
    damaged = Landing(data).parts.swept()[0]
    damaged.write_bytes(damaged.read_bytes()[:-40])
    assert called(data, "rebuild")[0] == 0
    assert rows(data).height < both.height
    assert called(data, "sweep")[0] == 0
    assert rows(data).equals(both)


def test_other_formulas_replace_what_was_swept(village: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = shutil.copytree(village, tmp_path / "data")
    monkeypatch.setattr(swept, "REPLICATES", 41)
    assert len(todo(data)[0].days) == 3
    assert called(data, "sweep")[0] == 0
    assert set(rows(data)["replicates"]) == {41}
    assert {path.stem for path in Landing(data).parts.swept()} == set(rows(data)["part"])


def test_who_computes_by_other_formulas_refuses(village: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swept, "REPLICATES", 42)
    part = todo(village)[0]
    monkeypatch.setattr(sweeping, "version", lambda: "other")
    with pytest.raises(OtherVersion, match="here are other"):
        sweep_part(part)
