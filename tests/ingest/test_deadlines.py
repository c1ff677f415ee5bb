"""What takes too long is ended by one thread, whatever else is waited for."""

import threading
from threading import Event

from ingest.deadlines import within

PATIENCE = 10.0


def test_what_takes_too_long_is_ended_and_told_that_it_is_late() -> None:
    ended = Event()
    with within(0.01, ended.set) as waiting:
        assert ended.wait(PATIENCE)
    assert waiting.late


def test_what_is_over_in_time_is_left_alone() -> None:
    ended, later = Event(), Event()
    with within(0.01, ended.set) as waiting:
        pass
    with within(0.02, later.set):
        assert later.wait(PATIENCE)
    assert not waiting.late
    assert not ended.is_set()


def test_what_is_due_first_does_not_wait_for_what_was_begun_before() -> None:
    ended = Event()
    with within(PATIENCE, Event().set) as outer:
        with within(0.01, ended.set) as inner:
            assert ended.wait(PATIENCE / 2)
        assert inner.late
    assert not outer.late


def test_a_thousand_answers_need_one_thread() -> None:
    for _ in range(1_000):
        with within(PATIENCE, Event().set):
            pass
    assert [one.name for one in threading.enumerate()].count("deadlines") == 1
