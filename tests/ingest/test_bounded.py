"""Every hostile server against every protocol, under a cap of questions, memory and time.

A protocol is a kind of chain; its first network stands for it, so that a new one is read here too, or fails for want
of a good world and of a list without end. The servers are invented (tests/worlds/hostile.py).
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.offchain.feed import OffChain
from tests.worlds.bounded import RUN, Case
from tests.worlds.contract import DOWN
from tests.worlds.families import families
from tests.worlds.hostile import SPEAKERS

KINDS = {kind: one.name for kind, one in families().items()}
# Whoever takes 256 MiB, as the servers would give, is over it; one who parses what is allowed is far below.
MOST_GROWN = 64 * 2**20
LARGEST = 2**20
# Retries of the last question, which are told only once it is answered.
RETRIES = 3
# It catches what never ends, on however busy a machine.
SECONDS = 400


def told(name: str, largest: int, *speakers: str) -> list[Case]:
    """What reading a network at hostile servers came to, in a process of its own."""
    settings = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    run = subprocess.run(
        [sys.executable, "-m", "tests.worlds.bounded", name, str(largest), *speakers],
        cwd=Path(__file__).parents[2],
        env={**settings, "POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return [Case(**json.loads(line)) for line in run.stdout.splitlines()]


@pytest.fixture(scope="module")
def everywhere() -> dict[str, list[Case]]:
    with ThreadPoolExecutor(len(KINDS)) as pool:
        return dict(zip(KINDS.values(), pool.map(lambda name: told(name, LARGEST), KINDS.values()), strict=True))


def wrong(case: Case) -> list[str]:
    """What a case came to that it may not."""
    held = {
        f"{case.error or 'no error'}, {case.message}": case.error in DOWN,
        f"names no endpoint: {case.message}": "http://127.0.0.1:" in case.message,
        f"{case.asked} questions": case.asked <= RUN.requests + RETRIES,
        f"{case.landed} files": not case.landed,
        f"{case.grown >> 20} MiB": case.grown < MOST_GROWN,
    }
    return [f"{case.server}: {what}" for what, holds in held.items() if not holds]


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS.values())
def test_no_hostile_server_costs_more_than_is_granted(name: str, everywhere: dict[str, list[Case]]) -> None:
    good, *hostile = everywhere[name]
    assert (good.error, good.landed) == ("", 1)
    assert len(hostile) > 2 * len(SPEAKERS) + 1
    assert [what for case in hostile for what in wrong(case)] == []


@pytest.mark.slow
def test_a_client_that_takes_whatever_it_gets_is_found_out() -> None:
    _, first, _ = told(KINDS[OffChain], 2**30, "a bomb of gzip")
    assert first.grown > MOST_GROWN
