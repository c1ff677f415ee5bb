"""Whatever happened before, `rebuild` makes the tables that step by step came about, to the last bit."""

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.__main__ import app
from ingest.publication import build
from ingest.upkeep import prune
from store.landing import Landing
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.store.test_landing import NOON, snapshot
from tests.worlds.steps import LATE, Steps, landed
from tests.worlds.tables import TABLES, tables

pytestmark = pytest.mark.slow


def town(dice: random.Random, hour: int) -> Iterator[tuple[Snapshot, Facts]]:
    """What one run lands: stake, spend, a series, a state, proposals and votes, of which some are told no more."""
    time = NOON + timedelta(hours=hour)
    plain = replace(snapshot(hour, time), block=Block(hour, "AB", time))
    rows = [
        (population, f"akashvaloper{place}", dice.randrange(10**12))
        for population, n in (("validators", dice.randrange(3, 70)), ("delegators", dice.randrange(3, 9)))
        for place in range(n)
    ]
    yield plain, Facts(holdings(rows))
    spend = replace(plain, reading="leases_uact", measure=Measure.COMPUTE_SPEND, since=time - timedelta(days=1))
    yield spend, Facts(holdings(("providers", f"akash{place}", dice.randrange(10**9)) for place in range(4)))
    days = [observation("spend", NOON + timedelta(days=dice.randrange(9)), hour, "usd", source="console")]
    days.append(observation("bonded", time, dice.randrange(99), "uakt"))
    yield replace(plain, reading="series", kind=Kind.OBSERVATIONS), Facts(frame(Kind.OBSERVATIONS, days))
    jailed = [observation("jailed", time, "true", "", subject=f"v{dice.randrange(4)}")]
    state = replace(plain, reading="jailed", kind=Kind.OBSERVATIONS, newest_only=True)
    yield state, Facts(frame(Kind.OBSERVATIONS, jailed))
    yield from governed(dice, plain, time)


def governed(dice: random.Random, plain: Snapshot, time: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    numbers = dice.sample(range(1, 7), 2)
    told = [{"proposal": str(number), "title": f"{plain.block.height}", "submitted": time} for number in numbers]
    yield replace(plain, reading="proposals", kind=Kind.PROPOSALS), Facts(frame(Kind.PROPOSALS, told))
    cast = {"voter": "akash1a", "weight": Decimal(1), "height": plain.block.height}
    votes = [{"proposal": str(number), "option": dice.choice(["yes", "no"]), **cast} for number in numbers]
    yield replace(plain, reading="votes", kind=Kind.VOTES), Facts(frame(Kind.VOTES, votes))


def test_a_rebuild_equals_what_came_about_step_by_step(tmp_path: Path) -> None:
    dice, data, hour = random.Random(1), tmp_path / "stepwise", 0
    landing = Landing(data)
    for step in range(9):
        for _ in range(3):
            hour += dice.choice([1, 5, 24, 24 * 9])
            for one, facts in town(dice, hour):
                landing.land(one, facts)
        if step % 4 == 1:
            for one, facts in town(dice, hour - dice.choice([1, 3])):
                landing.land(one, facts)
        files = [path for path in landing.files() if path.stem.isdecimal()]
        match step % 6:
            case 2 | 4:
                prune(data, {}, NOON + timedelta(hours=hour))
            case 3:
                dice.choice(files).unlink()
                build(data, {})
            case 5:
                for path in dice.sample(files, len(files) // 2):
                    os.utime(path)
                build(data, {})
            case _:
                build(data, {})
        if step in (4, 8):
            afresh = tmp_path / f"afresh{step}"
            shutil.copytree(data / "landing", afresh / "landing")
            build(afresh, {})
            before, after = tables(data), tables(afresh)
            assert before["metric"].height > 100
            assert [name for name in TABLES if not before[name].equals(after[name])] == [], step


@pytest.mark.parametrize("command", ["rebuild", "prune"])
def test_where_landing_is_gone_what_was_published_stays(tmp_path: Path, command: str) -> None:
    (tmp_path / "CURRENT").write_text("mart-000007.duckdb")
    told = CliRunner(env={"DEAI_DATA": str(tmp_path)}).invoke(app, [command])
    assert told.exit_code == 4
    assert f"nothing is in {tmp_path / 'landing'} any more: what was published stays" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]


def test_an_open_proposal_stays_open_where_two_readings_of_one_block_came_one_by_one(tmp_path: Path) -> None:
    landing, rows = Landing(tmp_path), [{"proposal": "1", "status": "voting_period", "submitted": NOON}]
    for reading in ("proposals", "open_proposals"):
        one = replace(snapshot(7), reading=reading, kind=Kind.PROPOSALS, measure=None)
        landing.land(one, Facts(frame(Kind.PROPOSALS, rows)))
        build(tmp_path, {})
    stepwise = tables(tmp_path)["proposal"]
    assert stepwise["status"].to_list() == ["voting_period"]
    build(tmp_path, {}, afresh=True)
    assert tables(tmp_path)["proposal"].equals(stepwise)


@pytest.mark.parametrize("seed", [1])
def test_whatever_came_in_any_order_the_mart_is_that_from_nothing(tmp_path: Path, seed: int) -> None:
    steps = Steps(tmp_path, seed)
    steps.lands()
    steps.take(8)
    assert steps.differing() == [], f"seed {seed}: {steps.told}"


def test_what_was_swept_is_there_again_once_labels_are_as_they_were(tmp_path: Path) -> None:
    steps = Steps(tmp_path, 4)
    for day in (2, *range(30, 36)):
        steps.landing.land(*landed("akash", "consensus", 24 * day))
    steps.labels = LATE
    steps.swept()
    for steps.labels in (LATE, 1, LATE):
        steps.build(steps.data)
    found = tables(steps.data)["sweep"]
    # Of one part some by address, and some by party.
    assert found["grouping"].n_unique() == 2
    assert steps.differing() == []
