"""History from nodes that keep old states: one block a day, each landed as if it had been read that day.

Every endpoint has a worker of its own, which takes the newest day that lacks something. A day stays with one endpoint;
one that fails it gives it back to the others. Nothing is kept of who did what: what a day lacks is seen in landing, so
a backfill that was cut off goes on. The runtime of each block tells how it reads.
"""

import logging
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Generic

from ingest.job import Outcome, endpoints, read_at
from ingest.network import Archive, Forgetful, N, Network, Past, Reading
from ingest.transport import Http, bare, host
from store.faults import BadData, Cause, Fault, ReadingError, SourceDown
from store.landing import Landing
from store.rows import Block

log = logging.getLogger(__name__)

# An endpoint that fails so many whole days one after the other is asked for no more of them.
FAILURES: Final = 3
# Of a day that was read in part so many endpoints are asked: what two cannot read, the chain rather lacks.
READERS_OF_A_PART: Final = 2
# A pace is measured over so many blocks where nothing else is known of it.
STRETCH: Final = 1_000
# Every so many guesses the middle is taken, since blocks do not come evenly.
HALVING: Final = 4
NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """What to read: the days from since to until, every step, both ends included."""

    since: date
    until: date
    step: timedelta = timedelta(days=1)

    @property
    def moments(self) -> list[datetime]:
        """When each of its days, or parts of a day, begins, the newest first."""
        first, last = (datetime.combine(day, time(), UTC) for day in (self.since, self.until))
        return [first + self.step * number for number in range((last - first) // self.step, -1, -1)]


@dataclass(frozen=True, slots=True, eq=False)
class Lacking:
    """Readings that a day lacks, from its moment for a step.

    tried: the endpoints that have failed it. failed: what the last of them gave as reasons. landed: some of it did.
    """

    network: Network
    moment: datetime
    step: timedelta
    readings: tuple[Reading, ...]
    tried: frozenset[str] = frozenset()
    failed: tuple[Outcome, ...] = ()
    landed: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What became of a day at one endpoint, and how many requests it took; over: nobody else is asked for the rest.

    The endpoint is empty, and there is no height, where nobody could be asked any more.
    """

    network: str
    moment: datetime
    endpoint: str
    height: int | None
    outcomes: tuple[Outcome, ...]
    requests: int
    over: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What is still to be asked: requests, at so many endpoints, and how long that takes at their pace."""

    requests: int
    endpoints: int
    duration: timedelta


def readable(network: Network[N], named: Collection[str] = ()) -> tuple[Reading[N], ...]:
    """Readings that past days are asked for: those that are named, else all but those that take long."""
    told = (one for one in network.readings if not one.no_past)
    return tuple(one for one in told if (one.name in named if named else not one.long))


def untold(network: Network) -> dict[str, tuple[str, ...]]:
    """Why past days lack readings, with the names of these; without names where the network has no past at all."""
    if not isinstance(network.chain, Archive):
        return {network.chain.no_past if isinstance(network.chain, Forgetful) else "it has no chain to be asked": ()}
    found: dict[str, list[str]] = defaultdict(list)
    for one in network.readings:
        why = one.no_past or ("they take long: name them with --reading" if one.long else "")
        if why:
            found[why].append(one.name)
    return {why: tuple(names) for why, names in found.items()}


def lacking(network: Network, readings: Sequence[Reading], period: Period, landing: Landing) -> Iterator[Lacking]:
    """The days of a period of which a reading has not landed, the newest first.

    Whatever landed on a day is of it, at whatever hour it was read.
    """
    if network.chain is None:
        return
    places = ((one, (network.name, network.chain.chain_id, one.name)) for one in readings)
    times = [(one, sorted(landing.times(place))) for one, place in places]
    for moment in period.moments:
        missing = tuple(one for one, known in times if not _within(known, moment, period.step))
        if missing:
            # Of what is read together some landed: a run was cut off, or a reading failed.
            yield Lacking(network, moment, period.step, missing, landed=len(missing) < len(times))


def _within(times: Sequence[datetime], moment: datetime, step: timedelta) -> bool:
    place = bisect_left(times, moment)
    return place < len(times) and times[place] < moment + step


# Reads what a day lacks at an endpoint, and lands it.
Reads = Callable[[str, Lacking, Landing], Day]


class Backfill:
    """Endpoints of networks with a worker each, which read the past one day at a time.

    reads: whoever reads a day where not this process does, such as a worker of a cluster.
    """

    def __init__(self, networks: Sequence[Network], http: Http, reads: Reads | None = None) -> None:
        self._http = http
        self._endpoints = {one.name: addresses(one) for one in networks}
        known = dict.fromkeys(address for several in self._endpoints.values() for address in several)
        self._workers = {address: _Worker(address, reads or Endpoint(address, http.beside()).read) for address in known}
        # Of each network, requests that a day of so many readings took: the latest tells of the rest.
        self._took: dict[str, tuple[int, int]] = {}
        # Readings that two endpoints could not read of one day: of others nobody is asked for them twice.
        self._doubtful: set[tuple[str, str]] = set()

    def read(self, days: Sequence[Lacking], landing: Landing) -> Iterator[Day]:
        """Land what days lack, the newest first, as many at once as there are endpoints; yields what came of each.

        A reading that fails stops no other, nor an endpoint that fails.
        """
        left = sorted(days, key=lambda day: day.moment, reverse=True)
        with ThreadPoolExecutor(max(1, len(self._workers))) as pool:
            working: dict[Future[Day], tuple[_Worker, Lacking]] = {}
            while True:
                busy = {worker.endpoint for worker, _ in working.values()}
                for worker in (one for address, one in self._workers.items() if address not in busy):
                    if (day := next((one for one in left if self._may(worker, one)), None)) is not None:
                        left.remove(day)
                        working[pool.submit(worker.reads, worker.endpoint, day, landing)] = worker, day
                if not working:
                    break
                for future in wait(working, return_when=FIRST_COMPLETED).done:
                    told, rest = self._settled(*working.pop(future), future.result())
                    if rest:
                        left.append(rest)
                        left.sort(key=lambda day: day.moment, reverse=True)
                    yield told
        # Those that are left nobody may be asked for: each endpoint has failed them, or was left out.
        yield from (Day(day.network.name, day.moment, "", None, _unread(day), 0, over=True) for day in left)

    def cost(self, days: Sequence[Lacking]) -> Cost:
        """What days will take, by what one of each network took; each network's are shared out evenly."""
        each: Counter[str] = Counter()
        able: dict[str, set[str]] = defaultdict(set)
        for day in days:
            requests, readings = self._took.get(day.network.name, (0, 1))
            each[day.network.name] += -(-requests * len(day.readings) // readings)
            able[day.network.name] |= {one.endpoint for one in self._workers.values() if self._may(one, day)}
        hosts: Counter[str] = Counter()
        for name, requests in each.items():
            for address in able[name]:
                hosts[host(address)] += -(-requests // len(able[name]))
        seconds = self._http.seconds_for(max(hosts.values(), default=0))
        return Cost(each.total(), len(set().union(*able.values())), timedelta(seconds=round(seconds)))

    def _may(self, worker: "_Worker", day: Lacking) -> bool:
        known = worker.endpoint in self._endpoints[day.network.name] and worker.endpoint not in day.tried
        return known and day.moment > worker.after.get(day.network.name, datetime.min.replace(tzinfo=UTC))

    def _settled(self, worker: "_Worker", day: Lacking, told: Day) -> tuple[Day, Lacking | None]:
        """What a day came to, and what of it others are asked for."""
        name, failed = day.network.name, tuple(one for one in told.outcomes if one.error)
        nothing = len(failed) == len(told.outcomes)
        worker.judge(day, told)
        if not failed:
            self._took[name] = (told.requests, len(day.readings))
            return told, None
        self._took.setdefault(name, (told.requests, len(day.readings)))
        names = {one.reading for one in failed}
        rest = replace(
            day,
            readings=tuple(one for one in day.readings if one.name in names),
            tried=day.tried | {worker.endpoint},
            failed=failed,
            landed=day.landed or not nothing,
        )
        known = {(name, one) for one in names}
        if enough := rest.landed and len(rest.tried) >= READERS_OF_A_PART:
            self._doubtful |= known
        enough = enough or (rest.landed and known <= self._doubtful)
        if enough or not any(self._may(one, rest) for one in self._workers.values()):
            return told, None
        return replace(told, outcomes=tuple(one for one in told.outcomes if not one.error), over=False), rest


def addresses(network: Network) -> tuple[str, ...]:
    """The endpoints that are asked for the past: those that are named for it, then those that are asked for now."""
    archives = network.chain.archives if isinstance(network.chain, Archive) else ()
    return tuple(dict.fromkeys((*archives, *endpoints(network))))


def _unread(day: Lacking) -> tuple[Outcome, ...]:
    """Reasons of a day that nobody was asked for, or of the last who was."""
    why = "no endpoint is left that may keep the states of that day"
    fault = Fault("", Cause.LACKS, why)
    return day.failed or tuple(
        Outcome(day.network.name, one.name, SourceDown.__name__, why, (fault,)) for one in day.readings
    )


@dataclass(slots=True)
class _Worker:
    """What is known of an endpoint: who reads there, and after which day it may be asked for each network."""

    endpoint: str
    reads: Reads
    after: dict[str, datetime] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)

    def judge(self, day: Lacking, told: Day) -> None:
        """Whether the endpoint is asked for more days of a network: for none that is older than what it keeps.

        One that is behind may keep older ones, and what of a day others could not read either says nothing of it.
        """
        name = day.network.name
        fault = next((fault for one in told.outcomes for fault in one.faults), Fault("", Cause.DOWN, ""))
        if not all(one.error for one in told.outcomes):
            self.failures[name] = 0
        elif fault.cause is not Cause.BEHIND and (not day.landed or told.height is None):
            self.failures[name] += 1
        if told.height is None and fault.cause is Cause.LACKS:
            self.after[name] = max(day.moment, self.after.get(name, day.moment))
            text = "%s: %s keeps no states of %s and before, which others are asked for: %s"
            log.info(text, name, told.endpoint, _minute(day.moment), fault.message)
        elif self.failures[name] >= FAILURES:
            self.after[name] = NEVER
            text = "%s: %s is left out, since it failed %d days one after the other: %s"
            log.warning(text, name, told.endpoint, FAILURES, fault.message)


class Endpoint:
    """One endpoint with its client, and what it told of blocks."""

    def __init__(self, address: str, http: Http) -> None:
        self._address = address
        self._http = http
        self._calendars: dict[str, Calendar[Any]] = {}

    def read(self, _: str, day: Lacking, landing: Landing) -> Day:
        """Land what a day lacks, asked here."""
        network, found = day.network, list[Block]()
        before = self._http.requests
        self._http.begin_anew()

        def head() -> Any:
            calendar = self._calendar(network)
            block = calendar.first_from(day.moment)
            if block.time >= day.moment + day.step:
                raise SourceDown(f"no block from {_minute(day.moment)} on before {_minute(block.time)}")
            node = calendar.past.at(block.height)
            found.append(block)
            return node

        outcomes = read_at(network, day.readings, head, self._http, landing)
        height = found[0].height if found else None
        requests = self._http.requests - before
        return Day(network.name, day.moment, bare(self._address), height, tuple(outcomes), requests, over=True)

    def _calendar(self, network: Network) -> "Calendar[Any]":
        """What it tells of the blocks of a chain, which several networks may be on."""
        chain = network.chain
        if not isinstance(chain, Archive) or network.chain is None:
            raise SourceDown(f"{network.name} has no chain of whose past anybody tells")
        chain_id = network.chain.chain_id
        if chain_id not in self._calendars:
            line = tuple(dict.fromkeys((self._address, *addresses(network))))
            self._calendars[chain_id] = Calendar(chain.past(self._http, line), bare(self._address))
        return self._calendars[chain_id]


class Calendar(Generic[N]):
    """Which block stood at a moment, as one endpoint tells it; what it told of blocks is remembered."""

    def __init__(self, past: Past[N], name: str) -> None:
        self.past = past
        self._name = name
        newest = past.newest()
        self._known = {newest.height: newest}
        # Below it are no blocks, or none that are kept.
        self._least = 1

    def first_from(self, moment: datetime) -> Block:
        """The first block at or after a moment; raises SourceDown, for Cause.LACKS where that is not kept."""
        guesses = 0
        while True:
            low = max((one for one in self._known.values() if one.time < moment), key=_height, default=None)
            high = min((one for one in self._known.values() if one.time >= moment), key=_height, default=None)
            if high is None:
                newest = max(self._known.values(), key=_height)
                why = f"has the newest final block {newest.height} of {_minute(newest.time)}"
                raise SourceDown(f"{self._name} {why}").of(Cause.BEHIND, why)
            first = low.height + 1 if low else self._least
            if first > high.height:
                raise BadData(f"{self._name} says that block {high.height} is older than block {first - 1}")
            if first == high.height:
                if low is None and first > 1:
                    why = f"keeps no block before {first} of {_minute(high.time)}"
                    raise SourceDown(f"{self._name} {why}").of(Cause.LACKS, why)
                return high
            guesses += 1
            self._ask(self._guess(moment, low, high, halve=guesses % HALVING == 0))

    def _guess(self, moment: datetime, low: Block | None, high: Block, *, halve: bool) -> int:
        """A height from `low` to below `high`: where the pace of blocks puts the moment, or now and then the middle."""
        first, last = low.height + 1 if low else self._least, high.height - 1
        if halve or (low is None and self._least > 1):
            return (first + last) // 2
        other = low or min((one for one in self._known.values() if one.height > high.height), key=_height, default=None)
        if other is None:
            return max(first, high.height - STRETCH)
        pace = abs(high.time - other.time) / abs(high.height - other.height) or timedelta(seconds=1)
        if low and moment - low.time < high.time - moment:
            guess = low.height - (low.time - moment) // pace
        else:
            guess = high.height - max(1, (high.time - moment) // pace)
        return min(max(guess, first), last)

    def _ask(self, height: int) -> None:
        try:
            self._known[height] = self.past.block(height)
        except ReadingError as error:
            faults = error.faults or (error.at(""),)
            if all(fault.cause is not Cause.LACKS for fault in faults):
                raise
            self._least = height + 1


def _height(block: Block) -> int:
    return block.height


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
