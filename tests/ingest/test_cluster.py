"""Shared with other processes a sweep and a rebuild give the same as alone, whoever is killed meanwhile."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.ingest.test_sweeping import rows
from tests.store.test_rebuild import tables
from tests.worlds.moving_chain import ROOT, called, command, finished
from tests.worlds.servers import free_port, wait_for_port

pytest.importorskip("distributed", reason="Dask is not installed: sharing with other processes is not tried")
pytestmark = pytest.mark.slow

# A worker computes by the program that it has; %s is changed in it.
WORKER = """
import publish.swept
%s
from distributed.cli.dask_worker import main
main()
"""
# What each command says of itself.
LEDGER = ("run", "run_error")
OTHER = "publish.swept.REPLICATES = 999"


@pytest.fixture(scope="module")
def town(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, published and not swept."""
    return shutil.copytree(hamlet, tmp_path_factory.mktemp("town") / "data")


@pytest.fixture(scope="module")
def alone(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, swept by one process."""
    data = tmp_path_factory.mktemp("alone") / "data"
    shutil.copytree(town, data)
    assert called(data, "sweep")[0] == 0
    return data


def parts(data: Path) -> dict[str, bytes]:
    """All that was computed beside a mart: by sweeps for good, for rebuilds until they are published."""
    return {path.name: path.read_bytes() for path in sorted((data / "landing").glob("_[ms]*ed/*"))}


def same(data: Path, alone: Path) -> bool:
    """Whether all that was computed is what one process computes, in the mart and beside it, and nothing else is."""
    others = {**tables(data), "sweep": rows(data)}
    mine = {**tables(alone), "sweep": rows(alone)}
    differing = [name for name in mine if name not in LEDGER and not mine[name].equals(others[name])]
    return not differing and parts(data) == parts(alone) and not [*data.rglob("*.tmp")]


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's, killed at the end."""
    started = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def scheduler() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler on loopback: its address, and its process."""
    port = free_port()
    with process(
        "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
    ) as one:
        wait_for_port(port, one)
        yield f"tcp://127.0.0.1:{port}", one


def worker(address: str, changed: str = "") -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker of a scheduler, with something changed in its program."""
    return process("-c", WORKER % changed, address, "--nthreads", "1", "--no-nanny", "--no-dashboard")


def begun(data: Path, doing: str, address: str) -> subprocess.Popen[str]:
    """A command that is shared with a scheduler's workers, of which another part is there."""
    before = len(parts(data))
    running = command(data, doing, "--scheduler", address)
    end = time.monotonic() + 100
    while running.poll() is None and len(parts(data)) == before and time.monotonic() < end:
        time.sleep(0.01)
    return running


def test_two_processes_compute_what_one_does(town: Path, alone: Path, tmp_path: Path) -> None:
    data = shutil.copytree(town, tmp_path / "data")
    code, _, errors = finished(command(data, "sweep", "--workers", "2"))
    assert (code, same(data, alone)) == (0, True)
    # What Dask says of itself is no news.
    assert [line[:5] for line in errors.splitlines()] == ["INFO ", "INFO "]
    assert finished(command(data, "rebuild", "--workers", "2"))[0] == 0
    assert same(data, alone)


def test_workers_and_the_scheduler_that_are_killed_cost_nothing_but_time(
    town: Path, alone: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(town, tmp_path / "data")
    with scheduler() as (address, one), worker(address) as first, worker(address) as second, worker(address):
        running = begun(data, "sweep", address)
        for killed in (first, second, one):
            killed.kill()
        # Whoever was left may have had all that was missing.
        assert finished(running)[0] in (0, 3)
    assert parts(data).items() <= parts(alone).items()
    with scheduler() as (address, _), worker(address):
        assert finished(command(data, "sweep", "--scheduler", address))[0] == 0
    assert same(data, alone)


def test_a_worker_with_other_formulas_is_refused(town: Path, tmp_path: Path) -> None:
    data = shutil.copytree(town, tmp_path / "data")
    with scheduler() as (address, _), worker(address, OTHER):
        code, _, errors = finished(command(data, "sweep", "--scheduler", address))
    assert (code, parts(data)) == (3, {})
    assert "formulas here are" in errors
