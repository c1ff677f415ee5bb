"""A chain on loopback that makes ten blocks a second, and the command line run against it as an operator would."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.worlds.lcd import State, Validator, chain
from tests.worlds.servers import Reply, Request, serving

ROOT = Path(__file__).parents[2]
STATE = State([Validator(number, (number + 1) * 10**6, (number + 1) * 10**24) for number in range(40)])


def moving(request: Request, state: State = STATE) -> Reply:
    """What a node whose head is always now answers."""
    head = int(time.time() * 10)
    now = datetime.fromtimestamp(head // 10, UTC)
    return chain(replace(state, head=head // 10 * 10, time=now, seconds=0.1))(request)


@contextmanager
def moving_chain(state: State = STATE) -> Iterator[str]:
    """Base address of a node whose head is always now."""
    with serving(partial(moving, state=state)) as address:
        yield address


def command(
    data: Path, *arguments: str, program: Sequence[str] = ("-m", "ingest"), **environment: str
) -> subprocess.Popen[str]:
    """`python -m ingest ...` with its data in a folder of the test's."""
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env={**os.environ, "DEAI_DATA": str(data), "DEAI_REQUESTS_PER_SECOND": "1000", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command that ends by itself."""
    output, errors = process.communicate(timeout=120)
    # What a library says of its own at the end makes a JSON log unreadable, and a text log one of another length.
    assert "leaked" not in errors, errors
    return process.returncode, output, errors
