"""The dashboard the first time, within the test; tests/ingest/test_serve.py starts it as an operator does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest import job, serve
from ingest.upkeep import prune, rotten
from store.faults import SourceDown
from store.landing import SAMPLE, Landing
from store.mart import current
from tests.ingest.test_flows import Ledgers, town
from tests.store.test_landing import NOON, facts, snapshot

SIMULATED = replace(snapshot(), simulated=True)


class Replaced(BaseException):
    """The process would be another now."""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source is asked but the one town's, and no server is started."""

    def replaced(_: str, command: list[str]) -> None:
        raise Replaced(command)

    monkeypatch.setattr("os.execv", replaced)
    monkeypatch.setattr(serve, "networks", lambda: {"town": town(Ledgers(datetime.now(UTC)))})
    monkeypatch.setattr(serve, "build_sample", lambda data, **_: Landing(data).land(SIMULATED, facts(1)))
    # Nothing is published by that, of which files could tell.
    monkeypatch.setattr(serve, "write_site", lambda _: None)


def started(data: Path) -> list[str]:
    with pytest.raises(Replaced) as replaced:
        serve.serve_dashboard(data)
    command: list[str] = replaced.value.args[0]
    return command


def test_where_nobody_has_a_headline_the_sample_is_made_and_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files: list[Path] = []
    monkeypatch.setattr(serve, "write_site", with_files.append)
    assert started(tmp_path)[1:4] == ["-m", "ingest.listening", "server:app"]
    assert len(Landing(tmp_path / SAMPLE).files()) == 1
    assert with_files == [tmp_path / SAMPLE]


@pytest.mark.slow
def test_whoever_answers_is_read_and_published(tmp_path: Path) -> None:
    readable = {"town": town(Ledgers(datetime.now(UTC)))}
    assert serve.someone_answers(readable, 10)
    assert not serve.someone_answers({}, 10)
    serve.headlines(tmp_path, readable)
    assert current(tmp_path).exists()


def test_an_endpoint_that_answers_nothing_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any) -> Mapping[str, str]:
        raise SourceDown("refused")

    monkeypatch.setattr(Ledgers, "head", silent)
    assert not serve.someone_answers({"town": town(Ledgers(NOON))}, 10)


def test_another_run_is_waited_for_by_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with job.lock(tmp_path):
        started(tmp_path)
    assert "the dashboard starts empty" in caplog.text


@pytest.mark.slow
def test_what_is_published_is_served_and_what_rotted_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for day in (0, 1):
        Landing(tmp_path).land(snapshot(7 + day, NOON + day * timedelta(days=1)), facts(1))
    pruned = prune(tmp_path, {}, NOON + timedelta(days=60))
    assert (pruned.months, pruned.torn, pruned.published) == (1, (), current(tmp_path))
    assert list(rotten(tmp_path, landing=True)) == []
    started(tmp_path)
    assert "damaged" not in caplog.text
    pruned.published.write_bytes(b"no database")
    (told,) = rotten(tmp_path, landing=True)
    assert "is damaged" in told
    (tmp_path / "CURRENT").write_text("nothing")
    (told,) = rotten(tmp_path, landing=False)
    assert "which is no mart there" in told
