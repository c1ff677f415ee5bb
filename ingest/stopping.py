"""INT and TERM: whoever waits is woken, nothing more is asked, one line is said, the process ends within two seconds.

What has landed stays, since a file lands by a rename: so a process may end at any instruction, and after a short grace
it does, whatever code of a library it is in.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# Time for a worker to finish the file that it writes, and for the ledger; two seconds are promised.
GRACE_SECONDS: Final = 1.0

log = logging.getLogger("ingest")

_asked = threading.Event()
_orderly = threading.Event()
_came: list[int] = []
_ending = threading.Lock()
_wakes: list[Callable[[], None]] = []
_notes: list[Callable[[], None]] = []


class Stopped(BaseException):
    """A signal ends this command; no reading may take it for a source that is down."""


def came() -> bool:
    """Whether a signal has come; a library that it wakes may raise an error of its own."""
    return _asked.is_set()


def check() -> None:
    """Raises Stopped when a signal has come; asked before each question to a source."""
    if _asked.is_set():
        raise Stopped


def sleep(seconds: float) -> None:
    """Wait, unless a signal comes; raises Stopped."""
    _asked.wait(max(0.0, seconds))
    check()


def wakes(call: Callable[[], None]) -> Callable[[], None]:
    """Marks what wakes those who wait for a source."""
    _wakes.append(call)
    return call


@contextmanager
def noting(note: Callable[[], None]) -> Iterator[None]:
    """Calls `note` where a signal comes inside, before the process ends."""
    _notes.append(note)
    try:
        yield
    finally:
        _notes.remove(note)
        if _asked.is_set():
            note()


def heed() -> None:
    """Heeds INT and TERM from now on: the process ends with 130 or 143."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in SIGNALS:
        signal.signal(number, _stop)
    # Python runs `_stop` between two of its own instructions; this tells of a signal also while a library computes.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_end_late, args=(reader,), daemon=True).start()


@contextmanager
def orderly() -> Iterator[None]:
    """Lets what runs inside clean up behind itself where a signal comes."""
    _orderly.set()
    try:
        yield
    finally:
        if _came:
            _end(_came[0])


def _stop(number: int, _: FrameType | None) -> None:
    if _came:
        return
    _came.append(number)
    if not _orderly.is_set():
        _end(number)
    _wake()
    raise Stopped


def _wake() -> None:
    _asked.set()
    for call in _wakes:
        call()


def _end_late(reader: int) -> None:
    """Ends the process a short while after a signal, should the main thread not have done so."""
    number = os.read(reader, 1)[0]
    while number not in SIGNALS:
        number = os.read(reader, 1)[0]
    _wake()
    time.sleep(GRACE_SECONDS)
    _end(number)


def _end(number: int) -> NoReturn:
    """Say one line and be gone, without waiting for threads that wait for somebody else."""
    with _ending:
        for note in _notes:
            note()
        log.warning("interrupted by %s: what has landed stays", signal.Signals(number).name)
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(128 + number)
