"""The banners say once what is broken, a line a host, and what gives curves a past while they have none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ingest.networks import networks
from ingest.publication import build
from questions.freshness import run_errors
from store.landing import Landing
from store.mart import opened
from store.rows import Facts, Kind, Measure, holdings
from tests.worlds.gallery_names import HOSTILE
from tests.worlds.hamlet import address, build_ruin, snapshot
from ui import served


def state_of_the_data() -> None:
    from ui import frame

    frame.state()


def past_of_the_data() -> None:
    from ui import frame

    frame.past()


def dead_hosts() -> None:
    from datetime import UTC, datetime

    from questions.trouble import Failing, grouped
    from store.faults import Cause
    from ui import banners

    since = datetime(2026, 11, 28, 10, 17, tzinfo=UTC)
    rows = [
        Failing(name, name.title(), f"r{place}", f"{letter}.example", Cause.SILENT, "refused the connection", since)
        for name, letter in zip(("akash", "fetch", "fet", "prices", "bittensor", "olas"), "aabcde", strict=True)
        for place in range(ord(letter) - 95)
    ]
    banners.failed(since, grouped(rows), since)


def test_a_dead_host_is_one_line_and_the_rest_is_counted() -> None:
    (banner,) = AppTest.from_function(dead_hosts, default_timeout=60).run().error
    said = banner.value.replace("\\", "")
    headline, *lines = said.splitlines()
    assert "did not get everything.** What was read before is shown." in headline
    assert lines[0].startswith("* e.example does not answer since 28 Nov 2026, 10:17 UTC (refused the connection): ")
    assert "* a.example does not answer since 28 Nov 2026, 10:17 UTC (refused the connection): " in said
    assert "Akash (2 readings), Fetch (2 readings)" in said
    assert lines[3:] == ["* and 2 more, on the page Data and method"]


def networks_that_were_never_read() -> None:
    from ui import banners

    banners.missing([("Akash", "Never read."), ("Olas", "Never read.")])


def test_what_is_so_of_all_that_is_missing_is_no_list_of_one_line() -> None:
    (banner,) = AppTest.from_function(networks_that_were_never_read, default_timeout=60).run().warning
    assert banner.value == "**Akash and Olas are missing.** Never read\\. The other networks are shown."


@pytest.mark.slow
def test_the_state_of_a_ruin_names_each_host_once_and_hostile_words_letter_by_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Akash and Fetch.ai share a host that is dead; what it said is hostile."""
    build_ruin(tmp_path)
    monkeypatch.setenv("DEAI_DATA", str(tmp_path))
    page = AppTest.from_function(state_of_the_data, default_timeout=60).run()
    (broken,) = page.error
    _, *lines = broken.value.replace("\\", "").splitlines()
    assert [line.partition(" since ")[0] for line in lines] == [
        "* lcd.example does not answer",
        "* rest.example:1317 does not answer",
    ]
    assert "Akash (3 readings), Fetch.ai (3 readings)" in lines[0]
    assert HOSTILE[0] not in broken.value
    # What stopped a network is told once.
    assert [banner.value for banner in page.warning if "example" in banner.value] == []
    with opened(tmp_path) as mart:
        told = run_errors(mart).select("network", "reading", "times").rows()
    assert told == [(title, "consensus, names, validators", 3) for title in ("Akash", "Fetch.ai")]
    served.forget()


@pytest.mark.slow
@pytest.mark.parametrize(("days", "short"), [(6, True), (7, False)])
def test_a_short_history_names_the_command_that_makes_it_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, short: bool
) -> None:
    monkeypatch.setenv("DEAI_DATA", str(tmp_path))
    holds = Facts(holdings([("validators", address("akashvaloper", 1), 5)]))
    for day in range(days):
        time = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(days=day)
        named = ("akash", "akashnet-2", "validators", Kind.HOLDINGS)
        Landing(tmp_path).land(snapshot(*named, time, measure=Measure.STAKE, unit="uakt"), holds)
    build(tmp_path, networks())
    shown = AppTest.from_function(past_of_the_data, default_timeout=60).run()
    assert ["`python -m ingest backfill`" in banner.value for banner in shown.info] == [True] * short
