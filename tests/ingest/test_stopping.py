"""What a signal does within a process; tests/ingest/test_signals.py sends real ones to commands."""

import logging
import os
import signal
import threading
from typing import NoReturn

import pytest

from ingest import stopping


class Ended(BaseException):
    """The process would be gone."""


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other test hears of the signals of these."""

    def ended(code: int) -> NoReturn:
        raise Ended(code)

    for name in ("_asked", "_orderly"):
        monkeypatch.setattr(stopping, name, threading.Event())
    for name in ("_came", "_wakes", "_notes"):
        monkeypatch.setattr(stopping, name, [])
    monkeypatch.setattr("os._exit", ended)


def test_without_a_signal_nothing_stops() -> None:
    stopping.check()
    stopping.sleep(0)
    assert not stopping.came()


def test_a_signal_ends_the_process_with_its_number_and_one_line(caplog: pytest.LogCaptureFixture) -> None:
    noted: list[str] = []
    with pytest.raises(Ended) as ended, stopping.noting(lambda: noted.append("noted")):
        stopping._stop(signal.SIGTERM, None)
    assert ended.value.args == (143,)
    assert noted == ["noted"]
    assert [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING] == [
        "interrupted by SIGTERM: what has landed stays"
    ]


def test_what_is_orderly_cleans_up_wakes_who_waits_and_then_ends() -> None:
    said: list[str] = []
    stopping.wakes(lambda: said.append("woken"))

    def work() -> None:
        with stopping.orderly():
            try:
                stopping._stop(signal.SIGINT, None)
            finally:
                said.append("cleaned")

    with pytest.raises(Ended) as ended:
        work()
    assert ended.value.args == (130,)
    assert said == ["woken", "cleaned"]
    assert stopping.came()
    for waits in (stopping.check, lambda: stopping.sleep(60)):
        with pytest.raises(stopping.Stopped):
            waits()
    # A second signal is not heard.
    stopping._stop(signal.SIGTERM, None)
    assert stopping._came == [signal.SIGINT]


def test_a_signal_while_a_library_computes_ends_the_process_a_while_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "GRACE_SECONDS", 0)
    reader, writer = os.pipe()
    os.write(writer, bytes([0, signal.SIGINT]))
    with pytest.raises(Ended) as ended:
        stopping._end_late(reader)
    assert ended.value.args == (130,)
    for end in (reader, writer):
        os.close(end)
