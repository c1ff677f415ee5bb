"""A chain on loopback that makes ten blocks a second, and the command line run against it as an operator would.

`command` starts a process, as a shell does; `called` is the same without one, at a tenth of its time; `begun` is a
process that has imported everything, so that what it is killed in is work.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from typer.testing import CliRunner

from ingest.__main__ import app
from tests.worlds.lcd import State, Validator, chain
from tests.worlds.servers import Reply, Request, serving

ROOT = Path(__file__).parents[2]
# What runs a command once its input ends.
WAITING = """
import runpy, sys, ingest.__main__
print("ready", flush=True)
sys.stdin.read()
runpy.run_module("ingest", run_name="__main__")
"""
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


def surroundings(data: Path, environment: Mapping[str, str]) -> dict[str, str]:
    return {"DEAI_DATA": str(data), "DEAI_REQUESTS_PER_SECOND": "1000", **environment}


def command(
    data: Path, *arguments: str, program: Sequence[str] = ("-m", "ingest"), **environment: str
) -> subprocess.Popen[str]:
    """`python -m ingest ...` with its data in a folder of the test's."""
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env={**os.environ, **surroundings(data, environment)},
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


def called(data: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command, run within this process."""
    told = CliRunner(env=surroundings(data, environment)).invoke(app, arguments)
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told.exit_code, told.stdout, told.stderr


def begun(data: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A command in a process that has imported everything, and begins when this returns; what it says is not kept."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, *arguments],
        cwd=ROOT,
        env={**os.environ, **surroundings(data, environment)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    process.stdin.close()
    return process
