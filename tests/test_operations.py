"""What an operator is promised: when a reading is called stale, what errors are called, how little a banner takes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ingest.networks import networks
from ingest.offchain.feed import OffChain
from questions.freshness import freshness
from store.faults import ReadingError
from store.mart import opened
from tests.conftest import ROOT

HOURLY, DAILY = 3600, 86_400


def state(data: Path, every: int, age: timedelta, max_age: timedelta | None = None) -> str:
    """What a reading of a cadence is called at an age."""
    with opened(data) as mart:
        (read, *_) = freshness(mart, datetime.now(UTC)).filter(every_seconds=every).drop_nulls("time").to_dicts()
        rows = freshness(mart, read["time"] + age, max_age).filter(network=read["network"], reading=read["reading"])
    return str(rows["state"].item())


@pytest.mark.parametrize(
    ("every", "hours", "max_hours", "called"),
    [
        (HOURLY, 1.9, 0, "fresh"),
        (HOURLY, 2.1, 0, "stale"),
        (HOURLY, 5.9, 6, "fresh"),
        (HOURLY, 6.1, 6, "stale"),
        (HOURLY, 1.9, 1, "fresh"),
        (DAILY, 23, 6, "fresh"),
        (DAILY, 47.9, 6, "fresh"),
        (DAILY, 48.1, 6, "stale"),
        (DAILY, 48.1, 72, "fresh"),
    ],
)
def test_a_reading_is_stale_past_twice_its_cadence_and_the_age_that_is_allowed(
    hamlet: Path, every: int, hours: float, max_hours: int, called: str
) -> None:
    max_age = timedelta(hours=max_hours) if max_hours else None
    assert state(hamlet, every, timedelta(hours=hours), max_age) == called


def kinds(error: type[ReadingError]) -> Iterator[type[ReadingError]]:
    for one in error.__subclasses__():
        yield one
        yield from kinds(one)


def test_the_manual_explains_every_error_that_a_log_can_name() -> None:
    networks()
    named = {one.__name__ for one in kinds(ReadingError) if one.__module__.startswith(("ingest.", "store."))}
    manual = (ROOT / "docs" / "operations.md").read_text()
    assert {"SourceDown", "NotServed", "Busy", "AnswerTooLarge"} <= named
    assert [name for name in named if f"| `{name}` |" not in manual] == []


def test_every_address_off_chain_has_a_question_for_the_doctor() -> None:
    for one in networks().values():
        if isinstance(one.chain, OffChain):
            assert len(one.chain.probes) == len(one.chain.endpoints), one.name


def many_banners() -> None:
    from datetime import UTC, datetime, timedelta

    from ui import banners

    now = datetime.now(UTC)
    banners.missing([(f"Network {place}", f"nobody *answered* {place}") for place in range(6)])
    banners.stale([(f"Old {place}", now - timedelta(hours=9), timedelta(hours=1)) for place in range(2)], now)


def test_one_banner_names_all_networks_that_are_missing_and_the_first_reasons() -> None:
    missing, old = AppTest.from_function(many_banners, default_timeout=60).run().warning
    headline, *lines = missing.value.splitlines()
    assert headline.startswith("**Network 0, Network 1, Network 2, Network 3, Network 4 and Network 5 are missing.**")
    assert lines[0] == r"* Network 0: nobody \*answered\* 0"
    assert lines[3:] == ["* and 3 more, on the page Data and method"]
    headline, *lines = old.value.splitlines()
    assert headline.startswith("**Old 0 and Old 1 are old.**")
    assert re.fullmatch(r"\* Old 0: of \d+ \w+ \d{4}, 9 h ago, due every 60 min", lines[0])
