"""The line under every chart, once and in grammar."""

from datetime import UTC, datetime, timedelta

import pytest

from ui.provenance import Provenance

TIME = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "simulated", "end"),
    [("https://a.example", False, "source a\\.example"), ("simulated", True, "**simulated**")],
)
def test_what_is_simulated_is_said_once(source: str, simulated: bool, end: str) -> None:
    one = Provenance("FET", "admins", "key", 7, TIME, source, n=1, simulated=simulated)
    assert one.line(TIME + timedelta(hours=2)) == f"FET · 1 admin · in key · block 7 · 2 h ago · {end}"
