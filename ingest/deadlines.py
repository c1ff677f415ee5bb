"""One thread that ends whatever takes too long: to begin a timer for every answer takes longer than most answers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf


@dataclass(eq=False, slots=True)
class Waiting:
    """What is waited for: until when, how it is ended then, and whether it was."""

    due: float
    end: Callable[[], None]
    late: bool = False


@contextmanager
def within(seconds: float, end: Callable[[], None]) -> Iterator[Waiting]:
    """Ends what is done inside if it takes longer; it is told then that it is late, and never afterwards."""
    waiting = Waiting(time.monotonic() + seconds, end)
    _watch.begin(waiting)
    try:
        yield waiting
    finally:
        _watch.forget(waiting)


class _Watch:
    """Looks when the first of all that is waited for is due, and begins its thread with it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: set[Waiting] = set()
        self._looks, self._thread = inf, threading.Thread()

    def begin(self, waiting: Waiting) -> None:
        with self._changed:
            self._waiting.add(waiting)
            if not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
                self._thread.start()
            elif waiting.due < self._looks:
                self._changed.notify()

    def forget(self, waiting: Waiting) -> None:
        with self._changed:
            self._waiting.discard(waiting)

    def _look(self) -> None:
        while True:
            for waiting in self._late():
                waiting.end()

    def _late(self) -> list[Waiting]:
        """Waits until something is due, and returns it."""
        with self._changed:
            while True:
                now = time.monotonic()
                late = [waiting for waiting in self._waiting if waiting.due <= now]
                for waiting in late:
                    waiting.late = True
                self._waiting.difference_update(late)
                if late:
                    return late
                self._looks = min((waiting.due for waiting in self._waiting), default=inf)
                self._changed.wait(None if self._looks == inf else self._looks - now)


_watch = _Watch()
