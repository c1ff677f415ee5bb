"""INT and TERM end every command while the server is still silent: one line, a code, an entry in the ledger."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.moving_chain import command, moving
from tests.worlds.servers import Reply, Request, serving

pytestmark = pytest.mark.slow
# Two seconds are promised; a busy machine may take more, the servers of these tests never answer.
ENDS_SECONDS = 20
RUN = ("run", "--network", "akash", "--reading", "validators", "--all")
BACKFILL = ("backfill", "--network", "bittensor", "--since", "2026-01-01", "--until", "2026-01-02")


class Waiting:
    """A server that keeps everybody waiting, in silence or byte by byte, until the test is over."""

    def __init__(self, drip: float) -> None:
        self.asked, self.over, self.drip = threading.Event(), threading.Event(), drip

    def __call__(self, _: Request) -> Reply:
        self.asked.set()
        if not self.drip:
            self.over.wait(ENDS_SECONDS * 2)
        return Reply(b"{" + b" " * 1000, drip=self.drip)


@contextmanager
def waiting(drip: float = 0) -> Iterator[tuple[str, threading.Event]]:
    """Address of such a server, and what tells that it was asked."""
    one = Waiting(drip)
    with serving(one) as address:
        try:
            yield address, one.asked
        finally:
            one.over.set()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, list[str]]:
    """Exit code and standard error of a command that is sent a signal."""
    try:
        process.send_signal(number)
        _, errors = process.communicate(timeout=ENDS_SECONDS)
        return process.returncode, errors.splitlines()
    finally:
        process.kill()


def ledger(data: Path) -> list[Any]:
    return [json.loads(path.read_text()) for path in (data / "landing" / "_runs").glob("*.json")]


def line(number: signal.Signals) -> str:
    return f"WARNING interrupted by {number.name}: what has landed stays"


@pytest.mark.parametrize(
    ("arguments", "variable", "number", "code", "drip"),
    [
        (RUN, "AKASH_URL", signal.SIGINT, 130, 0),
        (RUN, "AKASH_URL", signal.SIGTERM, 143, 0.05),
        (BACKFILL, "BITTENSOR_URL", signal.SIGINT, 130, 0),
        (("doctor", "--network", "akash"), "AKASH_URL", signal.SIGTERM, 143, 0),
    ],
    ids=["run, silent", "run, dripping", "backfill", "doctor"],
)
def test_a_signal_ends_a_command_that_waits_for_a_server(
    tmp_path: Path, arguments: tuple[str, ...], variable: str, number: signal.Signals, code: int, drip: float
) -> None:
    with waiting(drip) as (address, asked):
        process = command(tmp_path, *arguments, **{variable: address})
        assert asked.wait(60)
        ends, errors = ended(process, number)
        # A backfill says before what past days lack.
        said = [one for one in errors if arguments != BACKFILL or not one.startswith("INFO")]
        assert (ends, said) == (code, [line(number)])
    assert [entry["status"] for entry in ledger(tmp_path)] == ["interrupted"] * (arguments[0] != "doctor")
    assert not list(tmp_path.rglob("*.tmp"))


def test_what_landed_before_a_signal_stays_and_is_in_the_ledger(tmp_path: Path) -> None:
    silent = Waiting(0)

    def answer(request: Request) -> Reply:
        return silent(request) if "/gov/" in request.path else moving(request)

    run = ("run", "--network", "akash", "--reading", "validators", "--reading", "proposals", "--all")
    with serving(answer) as address:
        process = command(tmp_path, *run, AKASH_URL=address)
        assert silent.asked.wait(60)
        code, errors = ended(process, signal.SIGINT)
        silent.over.set()
    assert (code, errors[-1]) == (130, line(signal.SIGINT))
    (entry,) = ledger(tmp_path)
    assert (entry["status"], entry["landed"], entry["errors"]) == ("interrupted", 1, [])
    assert len(list((tmp_path / "landing").glob("akash/*/validators/*.parquet"))) == 1


def test_a_signal_ends_a_build_that_is_deep_in_a_library(tmp_path: Path) -> None:
    """Polars waits for ever for somebody to read from the pipe that lies where it would write."""
    (tmp_path / "landing").mkdir()
    os.mkfifo(tmp_path / "exchange.parquet")
    process = command(tmp_path, "rebuild")
    while not (tmp_path / "draft.duckdb").exists() and process.poll() is None:
        pass
    assert ended(process, signal.SIGTERM) == (143, [line(signal.SIGTERM)])
    assert [entry["status"] for entry in ledger(tmp_path)] == ["interrupted"]


def test_a_signal_ends_an_import_of_a_file_that_never_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "export.json")
    arguments = ("import", str(tmp_path / "export.json"), "--network", "cudos", "--time", "2024-09-01")
    process = command(tmp_path, *arguments)
    with (tmp_path / "export.json").open("wb"):
        assert ended(process, signal.SIGINT) == (130, [line(signal.SIGINT)])
    assert [entry["status"] for entry in ledger(tmp_path)] == ["interrupted"]
