"""Shared with others a sweep, a rebuild and a backfill give the same as alone, whoever is killed meanwhile."""

import itertools
import logging
import pickle
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pytest

from ingest import cluster, elsewhere
from ingest.allowance import Turns
from ingest.backfill import FAILURES
from store.landed import contents
from store.landing import Landing
from tests.ingest.test_sweeping import rows
from tests.worlds.archives import Archive, archived
from tests.worlds.moving_chain import ROOT, called, command, finished
from tests.worlds.servers import Reply, Request, free_port, wait_for_port
from tests.worlds.tables import tables

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
FOUND_OUT_BY_ITS_FIRST_TASK = "import ingest.measuring; ingest.measuring.method_version = lambda rules: 'other'"
T = TypeVar("T")
R = TypeVar("R")


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
    return {path.name: path.read_bytes() for path in sorted((data / "landing").glob("_[ms]*[dt]/*"))}


def whole(data: Path) -> list[Path]:
    """Where those of its files lie that are finished."""
    return [*(data / "landing").glob("_[ms]*[dt]/*.parquet")]


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


@pytest.fixture(scope="module")
def gathering() -> Iterator[str]:
    """The address of a scheduler within this process, which has no workers but a test's."""
    with cluster._cluster("", []) as client:
        yield client.scheduler.address


def gathered(address: str, workers: int) -> None:
    """Wait until a scheduler has so many workers, and those of the test before have gone."""
    with import_module("distributed").Client(address, timeout="100s") as client:
        end = time.monotonic() + 600
        while len(client.scheduler_info(n_workers=-1)["workers"]) != workers:
            assert time.monotonic() < end
            time.sleep(0.05)


def worker(address: str, changed: str = "", *options: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker of a scheduler, with something changed in its program."""
    return process("-c", WORKER % changed, address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *options)


@contextmanager
def killing(doing: Callable[[], bool], *victims: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills processes as soon as something can be seen of what they do for the command that is called meanwhile."""
    over, struck = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            if doing():
                for victim in victims:
                    victim.kill()
                struck.set()
                return

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
    assert struck.is_set()


def test_two_processes_compute_what_one_does(town: Path, alone: Path, tmp_path: Path) -> None:
    data = shutil.copytree(town, tmp_path / "data")
    # What Dask says of itself is no news: a process of its own tells all that a shell would show.
    code, _, errors = finished(command(data, "sweep", "--workers", "2"))
    assert (code, same(data, alone)) == (0, True)
    assert [line[:5] for line in errors.splitlines()] == ["INFO ", "INFO "]
    assert called(data, "rebuild", "--workers", "2")[0] == 0
    assert same(data, alone)


def test_a_signal_ends_processes_with_one_line_and_leaves_no_semaphore(town: Path, tmp_path: Path) -> None:
    """Python's own keeper of semaphores warned of twelve."""
    data = shutil.copytree(town, tmp_path / "data")
    before, looks = len(whole(data)), threading.Event()
    one = command(data, "sweep", "--workers", "2")
    while len(whole(data)) == before and one.poll() is None:
        looks.wait(0.01)
    one.terminate()
    _, errors = one.communicate(timeout=60)
    assert one.returncode == 143
    assert [line for line in errors.splitlines() if not line.startswith("INFO ")] == [
        "WARNING interrupted by SIGTERM: what has landed stays"
    ]


@pytest.mark.parametrize("doing", ["sweep", "rebuild"])
def test_workers_and_the_scheduler_that_are_killed_cost_nothing_but_time(
    doing: str, town: Path, alone: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(town if doing == "sweep" else alone, tmp_path / "data")
    before = len(whole(data))
    with scheduler() as (address, one), worker(address) as first, worker(address):
        gathered(address, 2)
        with killing(lambda: len(whole(data)) > before, first, one):
            # Whoever was left may have had all that was missing.
            assert called(data, doing, "--scheduler", address)[0] in (0, 3)
    # A part that is there is not computed again: one that was torn would differ.
    assert called(data, doing, "--workers", "1")[0] == 0
    # Of a rebuild nothing is left but the mart.
    assert same(data, alone)


@pytest.mark.parametrize(
    ("changed", "told"), [(OTHER, "formulas here are"), (FOUND_OUT_BY_ITS_FIRST_TASK, "here are other")]
)
def test_a_worker_with_other_formulas_is_refused(
    changed: str, told: str, gathering: str, town: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(town, tmp_path / "data")
    before = (data / "CURRENT").read_bytes()
    with worker(gathering, changed):
        gathered(gathering, 1)
        for doing in ("sweep", "rebuild") if changed == OTHER else ("rebuild",):
            code, _, errors = called(data, doing, "--scheduler", gathering)
            assert (code, parts(data), (data / "CURRENT").read_bytes()) == (3, {}, before)
            assert told in errors


OTHERS, ALL_OTHERS = itertools.count(1), threading.Event()


def waits_for_all_others(number: int) -> bool:
    """Eight tasks in this process, of which the first ends after the others."""
    if number == 0:
        return ALL_OTHERS.wait(100)
    if next(OTHERS) == 7:
        ALL_OTHERS.set()
    return True


@contextmanager
def within(**options: object) -> Iterator[tuple[Any, Any]]:
    """A cluster within this process, whose workers are threads, and its client."""
    distributed = import_module("distributed")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    here = {"processes": False, "host": "127.0.0.1", "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    settings = {**cluster.SETTINGS, "distributed.scheduler.work-stealing": False}
    with (
        import_module("dask").config.set(settings),
        distributed.LocalCluster(threads_per_worker=1, **here, **options) as one,
        distributed.Client(one) as client,
    ):
        yield one, client


def test_a_worker_that_is_held_up_holds_no_task_that_another_could_do() -> None:
    """Dask gave each worker one task more than it has threads, which waited for the one that it was at."""
    with within(n_workers=2) as (_, client):
        found = list(cluster._mapped(client)(waits_for_all_others, range(8), [str(number) for number in range(8)]))
    assert found == [True] * 8


READ = ("backfill", "--network", "akash", "--reading", "validators", "--reading", "consensus", "--weeks", "1")


def landed(data: Path) -> dict[str, tuple[list[int], pl.DataFrame]]:
    """What each landing file holds, by its place; whoever was asked for it."""
    return {
        str(path.relative_to(data)): (
            [one.snapshot.block.height for one in contents(path)],
            pl.read_parquet(path),
        )
        for path in Landing(data).files()
    }


def alike(data: Path, other: Path) -> bool:
    mine, theirs = landed(data), landed(other)
    same_files = mine.keys() == theirs.keys() and not [*data.rglob("*.tmp")]
    return same_files and all(mine[at][0] == theirs[at][0] and mine[at][1].equals(theirs[at][1]) for at in mine)


def test_past_days_that_others_read_land_as_one_process_reads_them_whoever_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_by, by_one = tmp_path / "shared", tmp_path / "one"
    held = threading.Event()

    def holds(request: Request) -> Reply | None:
        if len(nodes[0].read | nodes[1].read) > 3 and held.is_set():
            time.sleep(0.2)
        return None

    nodes = [Archive(mood=holds), Archive(mood=holds)]
    with archived(*nodes) as (_, urls):
        monkeypatch.setenv("AKASH_URL", ",".join(urls))
        monkeypatch.setenv("DEAI_REQUESTS_PER_SECOND", "1000")
        assert called(by_one, *READ)[0] == 0
        for node in nodes:
            node.asked.clear()
        held.set()
        with (
            scheduler() as (address, one),
            worker(address, "", "--resources", "akash/0=1") as first,
            worker(address, "", "--resources", "akash/1=1") as second,
        ):
            gathered(address, 2)
            with killing(lambda: len(Landing(shared_by).files()) > 3, first, one, second):
                assert called(shared_by, *READ, "--scheduler", address)[0] == 3
        assert landed(shared_by).keys() < landed(by_one).keys()
        held.clear()
        code, _, errors = called(shared_by, *READ, "--workers", "2")
        assert code == 0, errors
    assert alike(shared_by, by_one)
    left = [Counter(path.suffix for path in data.rglob("*") if path.is_file()) for data in (shared_by, by_one)]
    assert left[0] == left[1]


def placing(placed: cluster.Placed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be the workers of a backfill."""
    monkeypatch.setattr(elsewhere, "placing", lambda *_: nullcontext(placed))
    monkeypatch.setattr(elsewhere, "turns", Turns)


def test_workers_that_ask_others_or_have_no_place_are_refused(
    gathering: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = "http://127.0.0.1:9", "http://127.0.0.2:9"
    monkeypatch.setenv("AKASH_URL", mine)
    with worker(gathering, "", "--resources", "akash/1=1"):
        gathered(gathering, 1)
        for url, told in ((mine, "has the resource akash/0"), (other, "program, endpoints and data folder here are")):
            code, _, errors = called(tmp_path, *READ, "--scheduler", gathering, AKASH_URL=url)
            assert (code, Landing(tmp_path).files()) == (3, [])
            assert told in errors


def out_of_time(_: int) -> None:
    raise TimeoutError("its own")


def test_a_place_that_nobody_has_any_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOOKED_SECONDS", 0.1)
    with within(n_workers=1, resources={"akash/1": 1}) as (one, client):
        assert cluster._placed(client, str, 1, "akash/1") == "1"
        with pytest.raises(cluster.NobodyLeft, match="no worker is left that has the resource akash/0"):
            cluster._placed(client, str, 1, "akash/0")
        # What the task itself raises is not waited for again and again.
        with pytest.raises(TimeoutError, match="its own"):
            cluster._placed(client, out_of_time, 1, "akash/1")
        one.scale(0)
        # Without any worker the cluster is lost, and not one endpoint's days.
        with pytest.raises(cluster.Lost) as lost:
            cluster._placed(client, str, 2, "akash/1")
    assert lost.type is cluster.Lost


def test_days_of_an_endpoint_whose_worker_is_gone_are_read_at_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def placed(function: Callable[[T], R], task: T, place: str) -> R:
        asked.append(place)
        if place == "akash/0":
            raise cluster.NobodyLeft("no worker is left that has the resource akash/0")
        return function(task)

    with archived(Archive(), Archive()) as (_, urls):
        monkeypatch.setenv("AKASH_URL", ",".join(urls))
        placing(placed, monkeypatch)
        code, _, errors = called(tmp_path, *READ, "--workers", "1")
    assert (code, len(Landing(tmp_path).files())) == (0, 14), errors
    # It is left out after a few days, as one that does not answer.
    assert 0 < asked.count("akash/0") <= FAILURES
    assert asked.count("akash/1") == 7


def test_what_is_sent_to_a_worker_names_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    def placed(function: Callable[[T], R], task: T, place: str) -> R:
        sent.append(pickle.dumps((function, task, place)))
        return function(task)

    with archived(Archive()) as (_, (url,)):
        monkeypatch.setenv("AKASH_URL", url)
        placing(placed, monkeypatch)
        code, _, errors = called(tmp_path, *READ, "--workers", "1")
    assert (code, len(sent)) == (0, 7), errors
    assert not [one for one in sent if b"127.0.0.1" in one or url.encode() in one]
