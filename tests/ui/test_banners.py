"""The banners say once what is broken: one line a host, however many readings and networks it hurt."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.worlds.gallery_names import HOSTILE
from tests.worlds.hamlet import build_ruin


def state_of_the_data() -> None:
    from ui import frame

    frame.state()


def dead_hosts() -> None:
    from datetime import UTC, datetime

    from questions.trouble import Failing, grouped
    from store.rows import Cause
    from ui import banners

    since = datetime(2026, 11, 28, 10, 17, tzinfo=UTC)
    rows = [
        Failing(name, name.title(), f"r{place}", f"{letter}.example", Cause.SILENT, "refused the connection", since)
        for name, letter in (("akash", "a"), ("fetch", "a"), ("fet", "b"), ("prices", "c"), ("bittensor", "d"))
        for place in range(ord(letter) - 95)
    ]
    banners.failed(since, grouped(rows), since)


def test_a_dead_host_is_one_line_and_the_rest_is_counted() -> None:
    (banner,) = AppTest.from_function(dead_hosts, default_timeout=60).run().error
    said = banner.value.replace("\\", "")
    headline, *lines = said.splitlines()
    assert "did not get everything.** What was read before is shown." in headline
    assert lines[0].startswith("* d.example does not answer since 28 Nov 2026, 10:17 UTC (refused the connection): ")
    assert "* a.example does not answer since 28 Nov 2026, 10:17 UTC (refused the connection): " in said
    assert "Akash (2 readings), Fetch (2 readings)" in said
    assert lines[3:] == ["* and 1 more, on the page Data and method"]


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
    st.cache_resource.clear()
