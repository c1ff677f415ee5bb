"""Where heavy work is done: in this process, in others of this machine, or on a Dask cluster. The work is the same.

Dask is optional (requirements-cluster.txt). A task names all that it needs, opens no mart and writes what comes of it
under a name that follows from that; it may run twice, and whoever is killed leaves nothing half done.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from hashlib import sha256
from importlib import import_module
from multiprocessing import active_children, util
from typing import Any, Final, Protocol, TypeVar

from ingest import stopping
from ingest.allowance import Turns
from ingest.settings import WrongSetting
from publish.swept import version

T = TypeVar("T")
R = TypeVar("R")

RETRIES: Final = 5
SETTINGS: Final = {
    # A worker that is killed takes along whatever it was at, though that is not to blame.
    "distributed.scheduler.allowed-failures": 10,
    # A worker is given the task that it does, and not one more that would wait for it while others have nothing to do.
    "distributed.scheduler.worker-saturation": 1.0,
    # What Dask measures of itself fifty times a second, in every process, took a tenth of a task's time.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.comm.timeouts.connect": "10s",
    # By which Dask has memory given back at once: half as many page faults again, a tenth of a task's time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    # Of what Dask says of itself only what went wrong is news, and that comes to whoever asked.
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
}
# How often it is looked whether somebody is left who may do what is waited for.
LOOKED_SECONDS: Final = 10


class OtherVersion(Exception):
    """Whoever is asked computes by other formulas than whoever asks."""


class Lost(Exception):
    """A cluster that cannot be had, or that went away."""


class NobodyLeft(Lost):
    """A place that no worker has any more, while others have theirs."""


class Mapped(Protocol):
    """Gives what a function makes of each task, as it comes; keys: a name for each, equal for equal tasks."""

    def __call__(self, function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[R]:
        """What comes of the tasks, in whatever order."""
        ...


def serial(function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[R]:
    """One task after the other, in this process."""
    del keys
    return map(function, tasks)


class Placed(Protocol):
    """Gives what a function makes of a task, computed by a worker that has a place; several threads may ask."""

    def __call__(self, function: Callable[[T], R], task: T, place: str) -> R:
        """What comes of the task; raises NobodyLeft where no worker has the place any more, Lost where none has any."""
        ...


@contextmanager
def sharing(workers: int, scheduler: str) -> Iterator[Mapped]:
    """Whoever does the work: so many processes of this machine, the workers of a scheduler, or this process.

    Raises Lost where the cluster cannot be had, goes away or has a worker with other formulas; WrongSetting where Dask
    is not installed.
    """
    if not workers and not scheduler:
        yield serial
        return
    with _cluster(scheduler, [()] * workers) as client:
        _refuse_strangers(client, version, "formulas")
        yield _mapped(client)


@contextmanager
def placing(workers: int, scheduler: str, places: Sequence[str], told: Callable[[], str]) -> Iterator[Placed]:
    """Workers that have places, each a resource of Dask's: so many processes of this machine, or those of a scheduler.

    told: what all of them, and whoever asks, must say alike. The scheduler deals out turns (`turns`). Raises as
    `sharing` does, also where a place is nobody's.
    """
    dealt = [places[number::workers] for number in range(min(workers, len(places)))]
    with _cluster(scheduler, dealt) as client:
        _refuse_strangers(client, told, "program, endpoints and data folder")
        client.run_on_scheduler(_deal_turns)
        if missing := sorted(set(places) - _places(client)):
            raise Lost(f"no worker has the resource {', '.join(missing)}")
        yield partial(_placed, client)


@contextmanager
def _cluster(scheduler: str, dealt: Sequence[Sequence[str]]) -> Iterator[Any]:
    """A client of a scheduler, or of processes of this machine with a thread for each of their places."""
    try:
        dask, distributed = import_module("dask"), import_module("distributed")
    except ImportError as error:
        raise WrongSetting(f"a cluster needs requirements-cluster.txt ({error})") from error
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.ERROR)
    failures = (OSError, TimeoutError, distributed.client.FutureCancelledError, distributed.scheduler.KilledWorker)
    try:
        with dask.config.set(SETTINGS), stopping.noting(_let_go), ExitStack() as open_:
            address = scheduler or open_.enter_context(_processes(distributed, dealt))
            yield open_.enter_context(distributed.Client(address))
    except (*failures, OtherVersion) as error:
        raise Lost(f"the cluster {scheduler or 'of this machine'} is lost ({type(error).__name__}: {error})") from error


def _let_go() -> None:
    """Ends the processes of this machine and gives back what the end of an interpreter would: semaphores by name."""
    # First: one that has just begun asks for its semaphores by these names.
    for one in active_children():
        one.kill()
    # What Python itself calls there, but for what waits for threads. Nobody else may say which there are.
    util._run_finalizers(0)  # type: ignore[attr-defined]


def _processes(distributed: Any, dealt: Sequence[Sequence[str]]) -> Any:
    """A cluster of this machine that listens on loopback, a process for each share of the places."""
    here = {"host": "127.0.0.1"}
    workers = {
        number: {
            "cls": distributed.Nanny,
            "options": {**here, "nthreads": max(1, len(own)), "resources": dict.fromkeys(own, 1)},
        }
        for number, own in enumerate(dealt)
    }
    # Its pages of charts, which cannot be left out, are on whichever port is free.
    scheduler = {"cls": distributed.Scheduler, "options": {**here, "dashboard_address": "127.0.0.1:0"}}
    return distributed.SpecCluster(workers, scheduler, silence_logs=logging.ERROR)


def _refuse_strangers(client: Any, told: Callable[[], str], what: str) -> None:
    """Raise Lost where a worker says something else; one that joins later is found out by its first task."""
    client.wait_for_workers(1, timeout=30)
    here = told()
    strange = sorted(f"{worker}: {said}" for worker, said in client.run(told).items() if said != here)
    if strange:
        raise Lost(f"{what} here are {here}, but of {', '.join(strange)}")


def _mapped(client: Any) -> Mapped:
    as_completed = import_module("distributed").as_completed

    def mapped(function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[R]:
        # By one word before them Dask knows tasks as alike, and deals them out one by one.
        names = [f"{function.__name__}-{key}" for key in keys]
        for future in as_completed(client.map(function, tasks, key=names, retries=RETRIES)):
            yield future.result()

    return mapped


def _placed(client: Any, function: Callable[[T], R], task: T, place: str) -> R:
    future = client.submit(function, task, resources={place: 1}, pure=False)
    while True:
        try:
            found: R = future.result(timeout=LOOKED_SECONDS)
        except TimeoutError:
            # The task's own, which would be raised for ever.
            if future.done():
                raise
            if place not in (left := _places(client)):
                raise (NobodyLeft if left else Lost)(f"no worker is left that has the resource {place}") from None
        else:
            return found


def _places(client: Any) -> set[str]:
    """The places that the workers of now have."""
    known = client.scheduler_info(n_workers=-1)["workers"].values()
    return {place for one in known for place in one["resources"]}


def _deal_turns(dask_scheduler: Any) -> None:
    """Let a scheduler tell its workers when each host may be asked: so no host is asked more often by several."""
    dealt = Turns()

    def turn(host: str, pause: float) -> float:
        return dealt(host, pause)

    dask_scheduler.handlers.setdefault("turn", turn)


def turns() -> Callable[[str, float], float]:
    """Turns of the scheduler for whose worker this task is computed; it hears a hash of each host, and no address."""
    distributed = import_module("distributed")
    worker = distributed.get_worker()

    def turn(host: str, pause: float) -> float:
        seconds: float = distributed.utils.sync(
            worker.loop, worker.scheduler.turn, host=sha256(host.encode()).hexdigest(), pause=pause
        )
        return seconds

    return turn
