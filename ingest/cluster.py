"""Where heavy work is done: in this process, in others of this machine, or on a Dask cluster. The work is the same.

Dask is optional (requirements-cluster.txt). A task names all that it needs, opens no mart and writes what comes of it
under a name that follows from that; it may run twice, and whoever is killed leaves nothing half done.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any, Final, Protocol, TypeVar

from ingest.settings import WrongSetting
from publish.swept import version

T = TypeVar("T")
R = TypeVar("R")

RETRIES: Final = 5
# A worker that is killed takes along whatever it was at, though that is not to blame.
SETTINGS: Final = {
    "distributed.scheduler.allowed-failures": 10,
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": "10s",
}


class OtherVersion(Exception):
    """Whoever is asked computes by other formulas than whoever asks."""


class Lost(Exception):
    """A cluster that cannot be had, or that went away."""


class Mapped(Protocol):
    """Gives what a function makes of each task, as it comes; keys: a name for each, equal for equal tasks."""

    def __call__(self, function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[R]:
        """What comes of the tasks, in whatever order."""
        ...


def serial(function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[R]:
    """One task after the other, in this process."""
    del keys
    return map(function, tasks)


@contextmanager
def sharing(workers: int, scheduler: str) -> Iterator[Mapped]:
    """Whoever does the work: so many processes of this machine, the workers of a scheduler, or this process.

    Raises Lost where the cluster cannot be had, goes away or has a worker with other formulas; WrongSetting where Dask
    is not installed.
    """
    if not workers and not scheduler:
        yield serial
        return
    try:
        dask, distributed = import_module("dask"), import_module("distributed")
    except ImportError as error:
        raise WrongSetting(f"a cluster needs requirements-cluster.txt ({error})") from error
    # Of what Dask says of itself only what went wrong is news.
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.ERROR)
    failures = (OSError, TimeoutError, distributed.client.FutureCancelledError, distributed.scheduler.KilledWorker)
    try:
        with dask.config.set(SETTINGS), ExitStack() as open_:
            address = scheduler
            if not scheduler:
                # Its pages of charts, which cannot be left out, on whichever port is free.
                here = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
                address = open_.enter_context(distributed.LocalCluster(n_workers=workers, **here))
            client = open_.enter_context(distributed.Client(address))
            _refuse_strangers(client)
            yield _mapped(client, distributed.as_completed)
    except failures as error:
        raise Lost(f"the cluster {scheduler or 'of this machine'} is lost ({type(error).__name__}: {error})") from error


def _refuse_strangers(client: Any) -> None:
    """Raise Lost where a worker computes by other formulas; one that joins later is found out by its first task."""
    client.wait_for_workers(1, timeout=30)
    strange = sorted(f"{worker}: {said}" for worker, said in client.run(version).items() if said != version())
    if strange:
        raise Lost(f"formulas here are {version()}, but of {', '.join(strange)}")


def _mapped(client: Any, as_completed: Callable[..., Any]) -> Mapped:
    def mapped(function: Callable[[T], R], tasks: Sequence[T], keys: Sequence[str]) -> Iterator[R]:
        for future in as_completed(client.map(function, tasks, key=list(keys), retries=RETRIES)):
            yield future.result()

    return mapped
