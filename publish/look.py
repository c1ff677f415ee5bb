"""What the ways to power of a network rest on: who holds what, what the chain says, and how well both are known.

A way looks at it through a `Look`, which notes what was looked at: the letter beside a count is of that, and of nothing
else.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeVar, cast

import numpy as np
import polars as pl

from analytics.power.confidence import Confidence
from analytics.power.delegations import Delegations
from analytics.power.paths import Action, By, Need, Path, Side
from publish.confidence import confidence
from store.mart import Tables

Votes = Mapping[str, int]
Row = dict[str, Any]
T = TypeVar("T")

# With labels of addresses, without, and with what validators say of themselves too: that is in no headline.
LABELLED: Final = "control"
CLAIMED: Final = "claimed"
GROUPINGS: Final = ("address", LABELLED)
# With labels too, where delegators vote for themselves only if they did so on one of the last proposals.
LATE: Final = "voters of late"
LAST_PROPOSALS: Final = 5

# Addresses, not parties: a multisig is found by its address. In order, so that of equal parties the same are named by
# every build of the same facts.
_HELD: Final = """
    SELECT population, address, sum(amount) AS amount FROM held
    WHERE network = ? AND measure = ? AND ? IN ('', population) AND NOT is_sink(address)
    GROUP BY population, address ORDER BY population, address
"""
_CALLED: Final = """
    SELECT 1 FROM entity WHERE network = ? UNION ALL SELECT 1 FROM claim WHERE network = ? LIMIT 1
"""
# A label counts while it holds; checked: somebody opened its source.
_NAMED: Final = """
    WITH called AS (SELECT network, address FROM entity UNION SELECT network, address FROM claim),
         found AS (SELECT h.id, h.network, h.address FROM holder h SEMI JOIN called USING (network, address)
                   WHERE h.network = ?),
         seen AS (SELECT DISTINCT f.network, f.address, o.snapshot FROM holding o JOIN found f ON f.id = o.holder)
    SELECT s.measure, o.address, any_value(e.entity) AS entity, any_value(c.entity) AS claimed,
           bool_and(e.checked_at IS NOT NULL) AS checked
    FROM seen o JOIN snapshot s ON s.id = o.snapshot
    LEFT JOIN entity e ON e.network = o.network AND e.address = o.address
        AND in_force(e.valid_from, e.valid_to, s.time)
    LEFT JOIN claim c ON c.network = o.network AND c.address = o.address
    WHERE coalesce(e.entity, c.entity) IS NOT NULL GROUP BY s.measure, o.address
"""
_READ: Final = """
    SELECT p.name AS population, s.id AS snapshot, s.measure, s.witness <> '' AS witnessed,
           d.n_all, d.total, d.reported_total, d.coverage
    FROM newest s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population WHERE s.network = ?
"""
_UNREAD: Final = """
    SELECT DISTINCT measure FROM reading r ANTI JOIN snapshot s ON s.network = r.network AND s.reading = r.name
    WHERE r.network = ? AND r.kind = 'holdings'
"""
# What a reading told before and tells no more is not so any more.
_SAID: Final = """
    SELECT o.name, o.subject, max_by(o.exact, o.time) AS exact, max_by(o.snapshot, o.time) AS snapshot,
           max_by(s.witness <> '', o.time) AS witnessed
    FROM observation o JOIN newest s ON s.id = o.snapshot
    WHERE o.network = ? AND o.name IN (SELECT unnest(?::VARCHAR[])) GROUP BY o.name, o.subject
"""
# What most networks are asked of keys, of votes and of who rules: by one query.
_TOGETHER: Final = (
    *("account", "contract", "threshold", "signatures", "guard", "delay", "executor", "proved", "rule"),
    *("quorum_counts", "quorum", "veto_threshold", "voting_period", "expedited_voting_period", "liquid_staked"),
)
# By number, since there is one for every delegation of a chain.
_BEHIND: Final = """
    SELECT o.population, o.holder, o.amount FROM holding o
    JOIN population p ON p.id = o.population JOIN snapshot s ON s.id = o.snapshot
    WHERE s.network = ? AND s.measure = ? AND starts_with(p.name, ?)
"""
_VOTED: Final = """
    WITH last AS (
        SELECT network, chain_id, proposal FROM proposal SEMI JOIN vote USING (network, chain_id, proposal)
        WHERE network = ? AND voting_end IS NOT NULL ORDER BY voting_end DESC, chain_id, proposal DESC LIMIT ?
    )
    SELECT DISTINCT v.chain_id, v.proposal, v.voter, v.snapshot, s.witness <> '' AS witnessed
    FROM vote v JOIN last USING (network, chain_id, proposal) JOIN snapshot s ON s.id = v.snapshot
"""


def named(rule: str) -> frozenset[str]:
    """Those whom a rule names: "sudo, senate" are two."""
    return frozenset(rule.split(", "))


class _Named(NamedTuple):
    """The party of an address by a label in force, the one that it claims to be, and whether the label was checked."""

    entity: str | None
    claimed: str | None
    checked: bool


NAMELESS: Final = _Named(None, None, checked=False)


@dataclass(frozen=True)
class Known:
    """All that was read of a network, loaded as it is asked for; for all groupings."""

    mart: Tables
    network: str
    _held: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    _said: dict[str, dict[str, tuple[str, int, bool]]] = field(default_factory=dict)
    _made: dict[Any, Any] = field(default_factory=dict)
    _others: dict[str, "Known"] = field(default_factory=dict)

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` makes, made once for all ways that ask for it by the same key."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    @cached_property
    def unread(self) -> frozenset[str]:
        """Measures of which the network has a reading that never landed: it could tell of more holders."""
        return frozenset(self.mart.table(_UNREAD, self.network)["measure"])

    @cached_property
    def declared(self) -> list[Row]:
        """The ways that the network declares, in their order."""
        return self.mart.table("FROM way WHERE network = ? ORDER BY place", self.network).to_dicts()

    def other(self, network: str) -> "Known":
        """What was read of another network, whose keys rule this one too."""
        if network not in self._others:
            self._others[network] = Known(self.mart, network)
        return self._others[network]

    def held(self, measure: str, population: str) -> Mapping[str, int]:
        """Whole base units by address; nothing where the population was never read, or nobody holds any."""
        return self._measure(measure).get(population, {})

    def alone(self, measure: str, population: str) -> Mapping[str, int]:
        """The same, without all other populations of the measure, which may be large."""

        def made() -> Mapping[str, int]:
            rows = self.mart.table(_HELD, self.network, measure, population).iter_rows()
            return {address: int(amount) for _, address, amount in rows}

        return self.once((measure, population), made)

    def populations(self, measure: str) -> tuple[str, ...]:
        """Every population of a measure in which somebody holds something."""
        return tuple(self._measure(measure))

    def addresses(self, measure: str) -> Collection[str]:
        """Those of which a label is in force, or which claim something, when the measure was read."""
        return self._names(measure).keys()

    def entity(self, measure: str, address: str) -> str | None:
        """The party behind an address by a label in force, when the measure was read."""
        return self._names(measure).get(address, NAMELESS).entity

    def claim(self, measure: str, address: str) -> str | None:
        """The party that an address claims to be; nobody has shown that it is."""
        return self._names(measure).get(address, NAMELESS).claimed

    def labels(self) -> frozenset[str]:
        """All parties that are known by a label."""
        own = frozenset(one.entity for of in self._named.values() for one in of.values() if one.entity is not None)
        return own.union(*(one.labels() for one in self._others.values()))

    def reviewed(self) -> frozenset[str]:
        """Those of them of whom somebody opened the source of every label: they alone raise a letter."""
        unseen = {one.entity for of in self._named.values() for one in of.values() if not one.checked}
        own = frozenset(one.entity for of in self._named.values() for one in of.values() if one.entity is not None)
        return (own - unseen).union(*(one.reviewed() for one in self._others.values()))

    def said(self, name: str) -> Mapping[str, tuple[str, int, bool]]:
        """By subject the newest text of an observation, its snapshot, and whether a second endpoint had the block."""
        if name not in self._said:
            names = _TOGETHER if name in _TOGETHER else (name,)
            self._said.update((one, {}) for one in names)
            for of, subject, *told in self.mart.table(_SAID, self.network, list(names)).iter_rows():
                self._said[of][subject] = (told[0], told[1], told[2])
        return self._said[name]

    @cached_property
    def governing(self) -> frozenset[str]:
        """All whom some way of the network names as those who decide."""
        rows = self.mart.table("SELECT DISTINCT governs FROM way WHERE network = ? AND governs <> ''", self.network)
        return frozenset(one for (governs,) in rows.iter_rows() for one in named(governs))

    def behind(self, measure: str, prefix: str) -> Delegations:
        """Whose power voters have: the holders of every population that is called `prefix` and a voter's address."""
        held = self.mart.table(_BEHIND, self.network, measure, prefix)
        voters = dict(self.mart.table("SELECT id, name FROM population WHERE starts_with(name, ?)", prefix).iter_rows())
        holders = dict(self.mart.table("SELECT id, address FROM holder WHERE network = ?", self.network).iter_rows())
        populations, voter = np.unique(held["population"].to_numpy(), return_inverse=True)
        numbers, holder = np.unique(held["holder"].to_numpy(), return_inverse=True)
        names = [voters[one].removeprefix(prefix) for one in populations.tolist()]
        names += [holders[one] for one in numbers.tolist()]
        amounts = np.array(held["amount"].cast(pl.Int128).to_list(), np.object_)
        return Delegations.coded(names, holder + len(populations), voter, amounts)

    @cached_property
    def voted(self) -> pl.DataFrame:
        """Who voted on the last proposals whose votes were read: chain_id, proposal, voter, snapshot, witnessed."""
        return self.mart.table(_VOTED, self.network, LAST_PROPOSALS)

    @cached_property
    def _newest(self) -> list[Row]:
        """The populations that were read last, with what is known of each."""
        return self.mart.table(_READ, self.network).to_dicts()

    @cached_property
    def read(self) -> Mapping[tuple[str, str], list[tuple[int, Confidence]]]:
        """By measure and population what was read of it last: snapshots, and how well each is known."""
        found: dict[tuple[str, str], list[tuple[int, Confidence]]] = defaultdict(list)
        for row in self._newest:
            found[row["measure"], row["population"]].append((row["snapshot"], confidence(row)))
        return found

    @cached_property
    def rest(self) -> Mapping[tuple[str, str], int]:
        """By measure and population how much of the chain's own total nobody has who was read; nought for a census."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for row in self._newest:
            sure = confidence(row)
            if row["reported_total"] is not None and not (sure.census or sure.total_matches):
                found[row["measure"], row["population"]] += int(row["reported_total"]) - int(row["total"])
        return found

    def _measure(self, measure: str) -> dict[str, dict[str, int]]:
        if measure not in self._held:
            self._held[measure] = defaultdict(dict)
            for population, address, amount in self.mart.table(_HELD, self.network, measure, "").iter_rows():
                self._held[measure][population][address] = int(amount)
        return self._held[measure]

    def _names(self, measure: str) -> Mapping[str, _Named]:
        """By address the party of its label in force, and that which it claims to be; of those alone that have one."""
        return self._named.get(measure, {})

    @cached_property
    def _named(self) -> Mapping[str, dict[str, _Named]]:
        found: dict[str, dict[str, _Named]] = defaultdict(dict)
        if self.mart.table(_CALLED, self.network, self.network).is_empty():
            return found
        for measure, address, *told in self.mart.table(_NAMED, self.network).iter_rows():
            found[measure][address] = _Named(*told)
        return found


@dataclass
class Look:
    """One way's look at what is known, under one grouping; it notes what it was shown."""

    known: Known
    grouping: str
    way: Row
    _seen: dict[int, Confidence] = field(default_factory=dict)

    def of(self, network: str) -> "Look":
        """The same way's look at what is known of another network; what it is shown counts here."""
        return replace(self, known=self.known.other(network))

    def holders(self, measure: str, population: str) -> Votes:
        """What each address holds, in whole base units."""
        self.see(measure, population)
        return self.known.held(measure, population)

    def alone(self, measure: str, population: str) -> Votes:
        """The same of a population that stands beside large ones."""
        self.see(measure, population)
        return self.known.alone(measure, population)

    def see(self, measure: str, population: str) -> None:
        """Note that what was read of a population is looked at."""
        for snapshot, sure in self.known.read.get((measure, population), ()):
            self._see(snapshot, sure)

    def votes(self, measure: str, population: str) -> Votes:
        """What each party holds; one with several addresses has all of them."""
        counted: dict[str, int] = defaultdict(int)
        for address, amount in self.holders(measure, population).items():
            counted[self.party(measure, address)] += amount
        return dict(counted)

    def party(self, measure: str, address: str) -> str:
        """The party behind an address, where labels count and one names it; else the address."""
        named = self.known.entity(measure, address) if self.grouping != "address" else None
        if named is None and self.grouping == CLAIMED:
            named = self.known.claim(measure, address)
        return address if named is None else named

    def named(self, measure: str) -> dict[str, str]:
        """The party behind each address of which one is named, where labels count."""
        parties = {address: self.party(measure, address) for address in self.known.addresses(measure)}
        return {address: party for address, party in parties.items() if party != address}

    def voted(self) -> tuple[frozenset[str], int]:
        """Who voted on one of the last proposals whose votes were read, and how many proposals these are."""
        rows = self.known.voted
        for snapshot, witnessed in rows.select("snapshot", "witnessed").unique().iter_rows():
            self._see(snapshot, Confidence(True, True, witnessed, reviewed=1.0))
        return frozenset(rows["voter"]), rows.select("chain_id", "proposal").n_unique()

    def said(self, name: str, subject: str = "") -> str | None:
        """The newest text of an observation; None where it was never read."""
        found = self.known.said(name).get(subject)
        if found is None:
            return None
        exact, snapshot, witnessed = found
        # One word of the chain is all there is of it, and nobody's label makes it surer.
        self._see(snapshot, Confidence(True, True, witnessed, reviewed=1.0))
        return exact

    @property
    def takes(self) -> int | None:
        """The shortest time from the start to the effect in seconds, as the way declares it; None: not known."""
        if self.way["seconds"] is not None:
            return int(self.way["seconds"])
        asked = [name.partition("|") for name in (self.way["takes"] or "").split()]
        told = [text for name, _, subject in asked if (text := self.said(name, subject)) is not None]
        return min((int(float(text)) for text in told), default=None)

    def path(self, name: str, *needs: Need, by: By = By.KEYS, seconds: int | None = None) -> Path:
        """A path that is known; its letter is of all that this look has seen.

        seconds: of the path beside what the way takes by itself, such as a timelock's delay.
        """
        takes = self.takes
        names = self.known.reviewed() if self.grouping in (LABELLED, LATE) else frozenset()
        reviewed = min(need.labelled(names) for need in needs)
        return Path(
            Action(self.way["action"]),
            Side(self.way["side"]),
            name,
            needs,
            by,
            effect=self.way["effect"] or "",
            seconds=None if takes is None else takes + (seconds or 0),
            confidence=replace(Confidence.weakest(self._seen.values()), reviewed=reviewed),
            snapshots=tuple(sorted(self._seen)),
        )

    def unknown(self, name: str, why: str, *, unread: bool = False) -> Path:
        """A path of which nobody can say who holds it; unread: it only has not been read yet."""
        way = self.way
        return Path.unknown(
            Action(way["action"]), Side(way["side"]), name, why, unread=unread, effect=way["effect"] or ""
        )

    def _see(self, snapshot: int, sure: Confidence) -> None:
        before = self._seen.get(snapshot)
        self._seen[snapshot] = sure if before is None else Confidence.weakest((before, sure))
