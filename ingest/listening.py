"""The web server of the dashboard, which ends as every command does: with 130 after INT, with 143 after TERM."""

import atexit
import logging
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

import uvicorn

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Serve with the options of uvicorn until a signal comes, and end with what that says."""
    code = 0
    try:
        _serve()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    # Python would end the threads that draw a page meanwhile wherever they are, which within C++ aborts the process.
    logging.shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    # A server of one process gives a signal back when it has ended; one of several keeps it, and only this tells of it.
    for number in SIGNALS:
        signal.signal(number, _end)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    uvicorn.main(standalone_mode=False)
    with suppress(BlockingIOError):
        for came in os.read(reader, 100):
            if came in SIGNALS:
                _end(came)


def _end(number: int, _: FrameType | None = None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
