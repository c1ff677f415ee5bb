"""What is done in advance waits for readers, and is done as soon as they have what they asked for."""

import asyncio
import time

import pytest

from ui import calm


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on as somebody sleeps."""
    now = [100.0]
    monkeypatch.setattr(calm, "_LAST", [float("-inf")])
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    async def slept(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(asyncio, "sleep", slept)
    return now


def waited(clock: list[float]) -> float:
    begun = clock[0]
    asked = calm.calm()
    # By hand, since a loop has the clock too.
    with pytest.raises(StopIteration):
        asked.send(None)
    return clock[0] - begun


def test_where_nobody_reads_nothing_waits(clock: list[float]) -> None:
    assert waited(clock) == 0


def test_a_reader_is_waited_for_until_nothing_was_asked_for_some_seconds(clock: list[float]) -> None:
    calm.disturbed()
    clock[0] += 0.5
    assert waited(clock) == calm.CALM_SECONDS - 0.5
    assert waited(clock) == 0
