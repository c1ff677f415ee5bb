"""What is broken, on which host, since when, and what to do: one line a host, however many readings it stopped.

Hosts that stopped the same readings for the same cause are told together: a reading fails when all its hosts do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from store.faults import Cause
from store.mart import Mart

# What one host does, what several do, and what to do about it; {variables} are those that name other endpoints.
WORDS: Final = {
    Cause.SILENT: (
        "does not answer",
        "do not answer",
        "nothing if that passes; else name another endpoint in {variables}",
    ),
    Cause.REFUSES: (
        "refuses to answer",
        "refuse to answer",
        "ask less often (DEAI_REQUESTS_PER_SECOND), or name an endpoint that lets you in, in {variables}",
    ),
    Cause.FAILS: (
        "answers with an error of its own",
        "answer with errors of their own",
        "nothing if that passes; else name another endpoint in {variables}",
    ),
    Cause.LACKS: (
        "does not keep what is asked for",
        "do not keep what is asked for",
        "name an endpoint that keeps old states in {variables}",
    ),
    Cause.BEHIND: (
        "has no block of now",
        "have no block of now",
        "see that the clock of this machine is right; else wait, or name another endpoint in {variables}",
    ),
    Cause.DOWN: (
        "gives no answer that holds",
        "give no answer that holds",
        "nothing if that passes; else name another endpoint in {variables}",
    ),
    Cause.CHANGED: (
        "answers in a shape that is not known",
        "answer in a shape that is not known",
        "see whether the chain was upgraded, and update this program",
    ),
    Cause.WRONG: (
        "tells what cannot be true",
        "tell what cannot be true",
        "look: a host lies, or the chain did something new",
    ),
    Cause.ENDLESS: (
        "gives more than may be asked for",
        "give more than may be asked for",
        "look: the host is endless, or the chain has grown (DEAI_ALLOWANCE)",
    ),
    Cause.OURS: ("an error of ours", "errors of ours", "please report it; the log has the trace"),
}
OFFLINE: Final = "see whether this machine is on the network"
# So many hosts of several networks, all silent, are not all dead.
MANY: Final = 3
NAMED: Final = 2


class Failing(NamedTuple):
    """A reading that fails, a host that is to blame, and why; `title` is the network's."""

    network: str
    title: str
    reading: str
    host: str
    cause: Cause
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Hosts that stopped the same readings for the same cause; readings: of each network by its name."""

    hosts: tuple[str, ...]
    cause: Cause
    message: str
    since: datetime | None
    titles: tuple[tuple[str, str], ...]
    readings: tuple[tuple[str, str], ...]
    nobody: bool = False

    @property
    def says(self) -> str:
        """Who does what, such as "rest.example does not answer"."""
        if self.nobody:
            return f"nobody answers, of {len(self.hosts)} hosts of {len(self.titles)} networks"
        one, several, _ = WORDS[self.cause]
        if not self.hosts:
            return one if self.cause is Cause.OURS else "nobody told what was asked"
        more = len(self.hosts) - NAMED
        named = [*self.hosts[:NAMED], *([f"{more} more"] if more > 0 else [])]
        who = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        return f"{who} {one if len(self.hosts) == 1 else several}"

    @property
    def hurts(self) -> str:
        """What it stopped: networks by their titles with the number of readings."""
        return ", ".join(f"{title}{self._counted(name)}" for name, title in self.titles)

    def _counted(self, network: str) -> str:
        count = len({reading for name, reading in self.readings if name == network and reading})
        return f" ({count} reading{'s' if count > 1 else ''})" if count else ""

    @property
    def remedy(self) -> str:
        """What an operator can do."""
        if self.nobody:
            return OFFLINE
        return WORDS[self.cause][2].format(variables=" and ".join(f"{name.upper()}_URL" for name, _ in self.titles))


def troubles(mart: Mart) -> list[Trouble]:
    """What failed when it was last asked for, of readings that are still read; the widest first."""
    rows = mart.table(
        """
        SELECT t.network, coalesce(n.title, t.network) AS title, t.reading, t.host, t.cause, t.message, t.since
        FROM trouble t
        SEMI JOIN reading r ON r.network = t.network AND r.name = t.reading
        LEFT JOIN network n ON n.name = t.network
        ORDER BY t.network, t.reading, t.host
        """
    )
    found = grouped(Failing(**{**row, "cause": Cause(row["cause"])}) for row in rows.iter_rows(named=True))
    all_networks = set(mart.table("SELECT DISTINCT network FROM reading")["network"])
    return offline(found) if set(rows["network"]) == all_networks else found


def grouped(failing: Iterable[Failing]) -> list[Trouble]:
    """Readings that fail, by whose fault it is; the widest trouble first."""
    by_host: dict[tuple[str, Cause, str], list[Failing]] = {}
    for one in failing:
        # Where no host is to blame, what failed for the same reason is one trouble.
        by_host.setdefault((one.host, one.cause, "" if one.host else one.message), []).append(one)
    alike: dict[tuple[Cause, str, frozenset[tuple[str, str]]], list[list[Failing]]] = {}
    for (_, cause, reason), rows in by_host.items():
        stopped = frozenset((one.network, one.reading) for one in rows)
        alike.setdefault((cause, reason, stopped), []).append(rows)
    found = [_trouble([one for rows in group for one in rows]) for group in alike.values()]
    return sorted(found, key=lambda one: (-len(one.readings), one.hosts))


def _trouble(rows: Sequence[Failing]) -> Trouble:
    readings = dict.fromkeys((one.network, one.reading) for one in rows)
    # What is not asked again says no more than what was said first.
    message = min((one.message for one in rows), key=len)
    return Trouble(
        hosts=tuple(dict.fromkeys(one.host for one in rows if one.host)),
        cause=rows[0].cause,
        message=message,
        since=min((one.since for one in rows if one.since), default=None),
        titles=tuple(dict.fromkeys((one.network, one.title) for one in rows)),
        readings=tuple(readings),
    )


def offline(found: list[Trouble]) -> list[Trouble]:
    """Of all networks there are: one trouble where every host of several is silent, since it is rather this machine."""
    hosts = tuple(dict.fromkeys(host for one in found for host in one.hosts))
    titles = tuple(dict.fromkeys(pair for one in found for pair in one.titles))
    if any(one.cause is not Cause.SILENT for one in found) or len(titles) < 2 or len(hosts) < MANY:
        return found
    return [
        Trouble(
            hosts=hosts,
            cause=Cause.SILENT,
            message=found[0].message,
            since=min((one.since for one in found if one.since), default=None),
            titles=titles,
            readings=tuple(dict.fromkeys(pair for one in found for pair in one.readings)),
            nobody=True,
        )
    ]
