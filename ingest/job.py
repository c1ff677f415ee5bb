"""A run: head -> read -> check -> land, network by network, then build and publish.

Networks are read side by side, the readings of one network one after the other. A reading that fails stops no other.
"""

import fcntl
import logging
import os
import platform
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from analytics.impossible import Impossible
from ingest.allowance import Exhausted
from ingest.archive.share import Share
from ingest.endpoints import AskSmaller, Unanswered, named
from ingest.network import Earlier, N, Network, Node, Reading, Remembering, Sealed
from ingest.networks import networks
from ingest.publication import build
from ingest.site import write_site
from ingest.spoken import facts_without_keys, spoken
from ingest.stopping import Stopped
from ingest.transport import Http, bare
from store.disk import FAULTS
from store.faults import Cause, Fault, ReadingError, SourceDown
from store.landing import Landing
from store.ledger import RunError, RunFault
from store.mart import NoMart, refuse_without_room
from store.rows import AHEAD, Facts, Place, Snapshot

log = logging.getLogger(__name__)

# A cron job fires a little early or late; what is nearly due is due.
NEARLY: Final = 0.9
# A long reading goes on at the block where it was cut off for so long; what fails there for longer would fail for ever.
YOUNG: Final = timedelta(hours=2)
VERSION: Final = "1.11.0"
LOCK: Final = "ingest.lock"
# Under this name, which no reading has, is kept what a network's newest block has led to.
HEAD: Final = "head"
# Letters of what is kept of a fault beside the whole message.
LONGEST_FAULT: Final = 200
# Bytes of a lock file.
REMARK: Final = 256


class Locked(Exception):
    """Another run is at work on this data folder."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reading; `error` is empty when it landed, or was there already; faults: who is to blame."""

    network: str
    reading: str
    error: str = ""
    message: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def told(self) -> RunError:
        """What failed, as the ledger and the log say it."""
        return RunError(network=self.network, reading=self.reading, error=self.error, message=self.message)


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did; archive: what failed of its exchange with an archive."""

    outcomes: tuple[Outcome, ...]
    torn: tuple[str, ...] = ()
    published: Path | None = None
    archive: tuple[RunError, ...] = ()

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """Readings that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.error)


Progress = Callable[[Outcome], None]
Work = Sequence[tuple[Network, Sequence[Reading]]]


@contextmanager
def lock(data: Path) -> Iterator[None]:
    """Hold the data folder for one writer; the kernel frees it even after kill -9. Raises Locked.

    The folder itself is locked too, so that a lock file that somebody deletes lets nobody in. An OSError that ends the
    work is remarked in the lock file, where it needs no room on a full disk.
    """
    data.mkdir(parents=True, exist_ok=True)
    with _locked_file(data) as file:
        Landing(data).sweep()
        try:
            yield
        except OSError as error:
            _remark(file, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {error.strerror or error}")
            raise
        _remark(file, "")


@contextmanager
def _locked_file(data: Path) -> Iterator[BinaryIO]:
    folder = os.open(data, os.O_RDONLY)
    try:
        # Some network file systems lock no folders; the file is all there is then.
        with suppress(OSError):
            _flock(folder, data)
        with os.fdopen(os.open(data / LOCK, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0) as file:
            _flock(file.fileno(), data)
            if not os.path.samestat(os.fstat(file.fileno()), os.stat(data / LOCK)):
                raise Locked(f"another run has made a new {data / LOCK}")
            yield file
    finally:
        os.close(folder)


def _flock(handle: int, data: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(f"another run is at work in {data}") from None


def _remark(file: BinaryIO, text: str) -> None:
    """Write how the work ended over what is there: always as long, so that a full disk has room for it."""
    with suppress(OSError):
        file.seek(0)
        file.write(text.encode()[: REMARK - 1].ljust(REMARK - 1) + b"\n")


def remark(data: Path) -> str:
    """What kept the last writer from ending its work, such as a full disk; empty where nothing did."""
    try:
        return (data / LOCK).read_bytes()[:REMARK].decode("utf-8", "replace").strip()
    except OSError:
        return ""


def endpoints(network: Network) -> tuple[str, ...]:
    """The addresses to ask: those of AKASH_URL (comma-separated) and the like, else the network's own list.

    Raises WrongSetting where one cannot be an endpoint; it may hold a key, so it is not repeated.
    """
    return named(f"{network.name.upper()}_URL") or (network.chain.endpoints if network.chain else ())


def due(network: Network[N], landing: Landing, now: datetime) -> tuple[Reading[N], ...]:
    """Readings whose newest block is as old as their cadence."""
    return tuple(one for one in network.readings if _is_due(network, one, landing, now))


def run(
    data: Path,
    work: Work,
    http: Http,
    *,
    started: datetime,
    progress: Progress = lambda _: None,
    share: Share | None = None,
) -> Report:
    """Read what is wanted, land it, publish a mart; the lock must be held.

    work: the readings to take of each network. progress is told of each outcome. share: the archive to which all of it
    is brought; what failed of that before is told in the ledger too.
    """
    share = share or Share(data, None, {})
    landing = Landing(data)
    refuse_without_room(data)
    # A wrong address is told before anybody is asked.
    for network, _ in work:
        endpoints(network)
    for variable in os.environ:
        if variable.endswith("_PEERS_URL") or (variable.startswith("EIP155_") and variable.endswith("_URL")):
            named(variable)
    with recorded(landing, started, share.errors) as record:
        outcomes = _read_networks(work, http, landing, record.heard(progress, http))
        share.push()
        told = partial(record.end, outcomes)
        published, torn = build(data, networks(), doubted=landing.met_torn, told=told)
    write_site(data)
    before = len(share.errors)
    if said := share.publish():
        log.info("%s", said)
    if len(share.errors) > before:
        record.end(outcomes, torn)
    return Report(outcomes, torn, published, tuple(share.errors))


def exchanged(data: Path, share: Share, started: datetime) -> Report:
    """What a run does with an archive where nothing is due: bring what could not be brought before."""
    share.push()
    try:
        share.publish()
    except NoMart as error:
        log.warning("%s", error)
    note_errors(data, share.errors, started)
    return Report((), archive=tuple(share.errors))


def note_errors(data: Path, errors: Sequence[RunError], started: datetime) -> None:
    """Tell the ledger what failed of an exchange with an archive, where that was no part of a run."""
    if errors:
        Record(Landing(data), started, errors).end((), ())


def _read_networks(work: Work, http: Http, landing: Landing, progress: Progress) -> tuple[Outcome, ...]:
    """What became of the readings of all networks, which are read side by side."""
    with ThreadPoolExecutor(max(1, len(work))) as pool:
        told = [pool.submit(read_network, network, wanted, http, landing, progress) for network, wanted in work]
        return tuple(outcome for future in told for outcome in future.result())


def read_network(
    network: Network[N], wanted: Sequence[Reading[N]], http: Http, landing: Landing, progress: Progress
) -> list[Outcome]:
    """Read one network at its newest final block, landing each reading as it comes."""

    def node(reading: Reading[N], head: N) -> N:
        return _resumed(network, reading, head, http, landing) if reading.long else head

    return read_at(network, wanted, lambda: _head(network, http, landing), http, landing, progress, node)


def read_at(
    network: Network[N],
    wanted: Sequence[Reading[N]],
    head: Callable[[], N],
    http: Http,
    landing: Landing,
    progress: Progress = lambda _: None,
    node: Callable[[Reading[N], N], N] = lambda _, head: head,
) -> list[Outcome]:
    """Land readings at the block of one node; what is landed already is not asked again.

    node: where a reading is read instead, as one that goes on where it was cut off. Every step is a future, so that
    even a fault of our own in one reading costs no other.
    """
    readings, outcomes, landed = _with_needed(network, wanted), list[Outcome](), list[Path | None]()
    steps: dict[str, Future[Any]] = {}

    def heard(reading: Reading[N], error: BaseException | None) -> Outcome:
        outcome = _outcome(network, reading, error)
        progress(outcome)
        return outcome

    with ThreadPoolExecutor(1) as worker:
        found = worker.submit(_allowed_head, network, head, http)
        for reading in readings:
            # What stopped the reading that this one needs has stopped it too.
            step = steps.get(reading.after, found)
            lands = _error(step) is None
            if lands:
                at = partial(node, reading, found.result())
                step = worker.submit(_land, network, reading, at, http, landing)
            steps[reading.name] = step
            landed.append(step.result() if lands and _error(step) is None else None)
            outcomes.append(heard(reading, _error(step)))
        if any(landed) and (error := _error(worker.submit(_prove_again, network, found.result()))):
            # Whoever answered last need not have answered all before: nothing of it is kept.
            for place, (reading, path) in enumerate(zip(readings, landed, strict=True)):
                if path:
                    path.unlink()
                    outcomes[place] = heard(reading, error)
    return outcomes


def _error(step: "Future[Any]") -> BaseException | None:
    """Why a step failed; a signal ends all steps, and so does a disk that is full."""
    error = step.exception()
    if isinstance(error, Stopped) or (isinstance(error, OSError) and error.errno in FAULTS):
        raise error
    return error


def _allowed_head(network: Network[N], head: Callable[[], N], http: Http) -> N:
    with http.allowing(f"{network.name}: its block"):
        return head()


def _prove_again(network: Network, node: Node) -> None:
    for doubt in node.prove_again() if isinstance(node, Sealed) else ():
        log.warning("%s: not proved again, what it told before is kept: %s", network.name, doubt)


def _outcome(network: Network, reading: Reading, error: BaseException | None) -> Outcome:
    if error is None:
        return Outcome(network.name, reading.name)
    if not isinstance(error, ReadingError):
        log.error("%s %s", network.name, reading.name, exc_info=error)
    # That every endpoint was asked is said by their reasons.
    kind = SourceDown if type(error) is Unanswered else type(error)
    return Outcome(network.name, reading.name, kind.__name__, spoken(str(error)), _faults(error))


def _faults(error: BaseException) -> tuple[Fault, ...]:
    """Which hosts an error is of, as it may be said; none of them is to blame for an error of ours."""
    if not isinstance(error, ReadingError):
        return (Fault("", Cause.OURS, type(error).__name__),)
    found = error.faults or (error.at(""),)
    return tuple(replace(one, message=spoken(one.message, LONGEST_FAULT)) for one in found)


def _head(network: Network[N], http: Http, landing: Landing) -> N:
    chain = network.chain
    if chain is None:
        raise SourceDown(f"{network.name} has no chain to be read; it can be imported")
    if isinstance(chain, Remembering):
        node: N = chain.head_from(http, endpoints(network), landing.parts.lasting((network.name, chain.chain_id, HEAD)))
        return node
    return chain.head(http, endpoints(network))


def _land(network: Network[N], reading: Reading[N], at: Callable[[], N], http: Http, landing: Landing) -> Path | None:
    """Read, check and land one reading, unless this block was read before; the file that is new."""
    with http.allowing(f"{network.name} {reading.name}", reading.limits):
        node = at()
        snapshot = snapshot_of(network, reading, node)
        if landing.has(snapshot):
            return None
        facts = _accepted(network, reading, node, landing, snapshot)
    # By now another endpoint may have stood in for the one that was asked first.
    snapshot = replace(snapshot_of(network, reading, node), since=facts.since, reported=facts.reported)
    path = landing.land(snapshot, facts)
    if reading.long:
        landing.parts.forget(snapshot)
    return path


def _accepted(network: Network[N], reading: Reading[N], node: N, landing: Landing, snapshot: Snapshot) -> Facts:
    """The facts of a reading that can be true: a question as any other, which the network judges.

    Where they are refused, something that was told before is wrong: nothing of it is remembered, and the next endpoint
    leads. Raises Unanswered where all are refused, or nobody answers a question within.
    """
    memo = landing.parts.memo(snapshot)
    earlier = _earlier(reading, node, landing, snapshot) if reading.after else []

    def facts(_: str) -> Facts:
        try:
            found = reading.facts(node, memo, lambda: earlier)
            found = replace(found, rows=facts_without_keys(found.rows))
            network.check(reading, found)
        except (Exhausted, Unanswered, AskSmaller):
            raise
        except (ReadingError, Impossible) as error:
            node.forget()
            if not isinstance(error, SourceDown):
                # One of its parts is wrong, and nobody knows which.
                landing.parts.forget(snapshot)
            # What contradicts itself, and what a reading needs and the chain lacks, is no answer to the reading.
            raise SourceDown(str(error)) from error
        return found

    return node.rotation.ask(facts)


def _earlier(reading: Reading, node: Node, landing: Landing, snapshot: Snapshot) -> Earlier:
    """What another reading landed since this one last did, up to this block."""
    place, height = snapshot.place[:2], node.block.height
    if reading.after != reading.name and landing.reached(*place, reading.after) != height:
        raise SourceDown(f"{reading.after} was not read at block {height}, which {reading.name} needs")
    start = landing.reached(*place, reading.name)
    if start is not None and start > height:
        raise SourceDown(f"{reading.name} has landed up to block {start}; {node.endpoint} is behind, at {height}")
    found = landing.between(*place, reading.after, height if start is None else start, height)
    if reading.flow and start is not None and start not in found:
        log.warning("%s begins anew at block %d: %s of block %d is lost", reading.name, height, reading.after, start)
        return [found[height]]
    return list(found.values())


def needed(networks: Iterable[Network], landing: Landing) -> dict[Place, int]:
    """From which block on the snapshots of a reading are still wanted by others that compare them."""
    wanted: dict[Place, int] = {}
    for network in networks:
        for reading in network.readings:
            if network.chain and reading.after:
                place = (network.name, network.chain.chain_id, reading.after)
                # Where a torn month hides how far it came, that is 0: all may be wanted once the month is mended.
                reached = landing.reached(network.name, network.chain.chain_id, reading.name)
                if reached is not None:
                    wanted[place] = min(reached, wanted.get(place, reached))
    return wanted


def _with_needed(network: Network[N], wanted: Sequence[Reading[N]]) -> list[Reading[N]]:
    """The wanted readings, each after the one that it needs."""
    needed = {one.after for one in wanted} - {one.name for one in wanted}
    return [*(one for one in network.readings if one.name in needed), *wanted]


def _resumed(network: Network[N], reading: Reading[N], head: N, http: Http, landing: Landing) -> N:
    """The block at which a long reading was cut off, while it is young and some node answers for it; else the newest.

    Young: two hours, or the reading's own cadence where that is shorter, so that one of the last hours of a vote is
    never taken for the next vote's.
    """
    snapshot = snapshot_of(network, reading, head)
    height = landing.parts.unfinished(snapshot)
    if height is None or network.chain is None or height == head.block.height:
        return head
    try:
        node = network.chain.at(http, endpoints(network), height)
        if head.block.time - node.block.time <= min(YOUNG, reading.every):
            return node
        reason = f"block {height} is of {node.block.time:%Y-%m-%d %H:%M}"
    except SourceDown as error:
        reason = str(error)
    log.info("%s %s starts again: %s", network.name, reading.name, reason)
    landing.parts.forget_all(snapshot)
    return head


def snapshot_of(network: Network, reading: Reading, node: Node) -> Snapshot:
    """Where the facts of a reading at a node come from."""
    endpoint, witness = bare(node.endpoint), bare(node.witness) if node.witness else ""
    return Snapshot(
        network=network.name,
        chain_id=node.chain_id,
        reading=reading.name,
        kind=reading.kind,
        measure=reading.measure,
        unit=reading.unit,
        block=node.block,
        method=reading.method,
        endpoint=endpoint,
        # One that stood in for the other confirms nothing that it says itself.
        witness=witness if witness != endpoint else "",
        runtime_version=spoken(node.runtime_version),
        newest_only=reading.newest_only,
        flow=reading.flow,
    )


def _is_due(network: Network, reading: Reading, landing: Landing, now: datetime) -> bool:
    newest = landing.newest(network.name, network.chain.chain_id, reading.name) if network.chain else None
    # A block of the future says nothing of the present.
    return newest is None or now - newest >= reading.every * NEARLY or newest - now > AHEAD


@contextmanager
def recorded(landing: Landing, started: datetime, beside: Sequence[RunError] = ()) -> Iterator["Record"]:
    """The line of the ledger that a command writes: interrupted, until it has said how it ended.

    So it tells the truth of one that a signal, a fault or a power loss ended, whose landed work stays. beside: what
    failed that is no reading, also what comes to it later.
    """
    record = Record(landing, started, beside)
    record.write("interrupted")
    done = False
    try:
        yield record
        done = True
    finally:
        if not done:
            record.write("interrupted")


def note_interrupted(data: Path, started: datetime) -> None:
    """Tell the ledger of a command that was interrupted and is no run."""
    Record(Landing(data), started).write("interrupted")


class Record:
    """The line of the ledger that a run writes."""

    def __init__(self, landing: Landing, started: datetime, beside: Sequence[RunError] = ()) -> None:
        self._landing = landing
        self._started = started
        self._beside = beside
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._torn: tuple[str, ...] = ()
        self._requests = 0
        self._lock = threading.Lock()

    def heard(self, progress: Progress, http: Http) -> Progress:
        """Hears of each outcome, as it comes, and passes it on."""

        def hear(outcome: Outcome) -> None:
            with self._lock:
                self._outcomes[outcome.network, outcome.reading] = outcome
                self._requests = http.requests
                self.write("interrupted")
            progress(outcome)

        return hear

    def end(self, outcomes: Sequence[Outcome], torn: Sequence[str]) -> None:
        """Say how it ended; `torn` are landing files that could not be read."""
        self._torn = tuple(torn)
        failed = [outcome for outcome in outcomes if outcome.error]
        errors = [*failed, *torn, *self._beside]
        all_failed = len(failed) == len(outcomes) and not (self._beside and not failed)
        self.write("fresh" if not errors else "failed" if all_failed else "partial")

    def write(self, status: str) -> None:
        """Write the line, or write it anew."""
        outcomes = self._outcomes.values()
        failed = [outcome.told for outcome in outcomes if outcome.error]
        # By time to the microsecond: the newest line is the last by name, also of two runs within a second. By host:
        # several may bring theirs to one archive.
        host = re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node())
        identity = f"{self._started:%Y%m%dT%H%M%S%f}-{host}-{os.getpid()}"
        entry = {
            "id": identity,
            "started": self._started.isoformat(),
            "finished": datetime.now(UTC).isoformat(),
            "status": status,
            "landed": len(outcomes) - len(failed),
            "requests": self._requests,
            "argv": spoken(" ".join(sys.argv[1:])),
            "version": VERSION,
            "host": platform.node(),
            "errors": failed
            + [{"network": "", "reading": "", "error": "BadData", "message": text} for text in self._torn]
            + list(self._beside),
            "faults": list(blamed(outcomes)),
            "read": [f"{outcome.network}/{outcome.reading}" for outcome in outcomes if not outcome.error],
        }
        self._landing.ledger.record(identity, entry)


def blamed(outcomes: Iterable[Outcome]) -> Iterable[RunFault]:
    """Each host that is to blame and for what, once for all the readings of a network that it stopped."""
    found: dict[tuple[str, str, Cause], RunFault] = {}
    for outcome in outcomes:
        for fault in outcome.faults:
            key = (outcome.network, fault.host, fault.cause)
            told = RunFault(
                network=outcome.network, readings=[], host=fault.host, cause=fault.cause, message=fault.message
            )
            known = found.setdefault(key, told)
            known["readings"].append(outcome.reading)
    return found.values()
