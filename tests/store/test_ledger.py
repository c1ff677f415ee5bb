"""The ledger: whether lines lie one by one or in a month's file, they say the same, and none is ever lost."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from store.landing import Landing
from store.ledger import Ledger, Run, frame
from tests.store.test_rot import AT_EVERY, ENTRY, stepped
from tests.worlds.history import Died, dying

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(started: datetime, **told: object) -> Run:
    """What a run tells that began at a time."""
    fault = {"network": "akash", "readings": ["names"], "host": "lcd.example", "cause": "silent", "message": "refused"}
    own: Any = {"id": f"{started:%Y%m%dT%H%M%S%f}-1", "started": started.isoformat(), "finished": started.isoformat()}
    run: Any = {**ENTRY, "faults": [fault], "read": ["akash/stake", "fetch/stake"], **own, **told}
    return cast(Run, run)


def written(folder: Path, *runs: Run) -> Ledger:
    """A ledger of these runs."""
    ledger = Ledger(folder)
    for run in runs:
        ledger.record(run["id"], run)
    return ledger


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def told(ledger: Ledger) -> Any:
    """What a ledger says, and of what is damaged."""
    rows, errors = ledger.runs()
    return rows.to_dicts(), errors


# The last two are younger than a day.
AGES = (35, 33, 3, 2.5, 0.5, 0.1)
RUNS = tuple(entry(NOW - timedelta(days=age), requests=place) for place, age in enumerate(AGES))


def test_packed_lines_say_what_they_said_one_by_one(tmp_path: Path) -> None:
    ledger = written(tmp_path, *RUNS)
    before = told(ledger)
    assert before == (frame(RUNS).to_dicts(), [])
    assert [path.name for path in ledger.pack(NOW)] == ["2026-01.parquet", "2026-02.parquet"]
    assert names(tmp_path) == ["2026-01.parquet", "2026-02.parquet", *(f"{run['id']}.json" for run in RUNS[4:])]
    assert told(ledger) == before
    assert ledger.pack(NOW) == []


def test_the_newest_run_is_found_in_a_months_file_too(tmp_path: Path) -> None:
    ledger = written(tmp_path, *RUNS)
    assert ledger.newest() == RUNS[-1]
    ledger.pack(NOW + timedelta(days=9))
    assert ledger.newest() == RUNS[-1]
    assert Ledger(tmp_path / "none").newest() is None


def test_a_line_of_before_there_were_faults_is_packed_as_what_it_says(tmp_path: Path) -> None:
    run: Any = {**ENTRY, "id": "1", "started": RUNS[0]["started"]}
    ledger = written(tmp_path, run)
    ledger.pack(NOW)
    assert (ledger.newest(), list(tmp_path.glob("*.json"))) == (run, [])


def test_a_run_that_goes_on_after_it_was_packed_has_its_last_word(tmp_path: Path) -> None:
    ledger = written(tmp_path, {**RUNS[0], "status": "interrupted"}, RUNS[1])
    ledger.pack(NOW)
    ledger.record(RUNS[0]["id"], RUNS[0])
    for _ in range(2):
        assert told(ledger) == (frame(RUNS[:2]).to_dicts(), [])
        ledger.pack(NOW)
    assert names(tmp_path) == ["2026-01.parquet"]


def test_a_line_that_says_what_nobody_knows_yet_stays_a_line(tmp_path: Path) -> None:
    later: Any = {**RUNS[0], "told_by_a_later_version": 7}
    ledger = written(tmp_path, later, RUNS[1])
    ledger.pack(NOW)
    assert names(tmp_path) == ["2026-01.parquet", f"{later['id']}.json"]
    assert told(ledger) == (frame(RUNS[:2]).to_dicts(), [])


@pytest.mark.slow
def test_killed_before_any_change_of_the_disk_packing_loses_no_line(tmp_path: Path) -> None:
    for call in range(1, 40):
        ledger = written(tmp_path / str(call), *RUNS)
        whole = told(ledger)
        done = False
        with dying(call), suppress(Died):
            ledger.pack(NOW)
            done = True
        assert told(ledger) == whole, call
        ledger.pack(NOW)
        assert told(ledger) == whole, call
        assert len(list((tmp_path / str(call)).glob("*.json"))) == 2
        if done:
            break
    assert done
    assert call > 6


@pytest.mark.slow
@AT_EVERY
def test_any_flipped_byte_of_a_months_file_is_named_and_costs_that_month_alone(tmp_path: Path, step: int) -> None:
    landing = Landing(tmp_path)
    for run in RUNS:
        landing.ledger.record(run["id"], run)
    (path, _) = landing.ledger.pack(NOW)
    for place in stepped(path, step):
        rows, errors = landing.ledger.runs()
        assert rows["id"].to_list() == [run["id"] for run in RUNS[2:]], place
        assert [str(path) in str(error) for error in errors] == [True], place
        assert [torn for torn, _ in landing.torn()] == [path], place
    assert landing.ledger.runs()[1] == []


def test_what_is_torn_is_left_alone_with_what_would_join_it(tmp_path: Path) -> None:
    ledger = written(tmp_path, RUNS[0])
    (path,) = ledger.pack(NOW)
    path.write_bytes(b"torn")
    line = tmp_path / f"{RUNS[2]['id']}.json"
    written(tmp_path, *RUNS[1:3])
    line.write_bytes(b"torn")
    assert ledger.pack(NOW, [torn for torn, _ in ledger.torn()]) == []
    assert (path.read_bytes(), line.read_bytes(), len(names(tmp_path))) == (b"torn", b"torn", 3)


@pytest.mark.parametrize("name", ["../line", "", "a/b", ".json"])
def test_a_line_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Exception, match="cannot name"):
        Ledger(tmp_path).record(name, ENTRY)
