"""What the ways to power of a network rest on: who holds what, what the chain says, and how well both are known.

A way looks at it through a `Look`, which notes what was looked at: the letter beside a count is of that, and of nothing
else.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
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
from store.rows import Measure

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
# What ways look at everywhere; who holds anything else may be millions, of networks that nobody asked for.
RULING: Final = (Measure.CONTROL, Measure.VOTING_POWER)

# Addresses, not parties: a multisig is found by its address. In order, so that of equal parties the same are named by
# every build of the same facts.
_HELD: Final = """
    WITH few AS MATERIALIZED (
        SELECT s.network, p.name AS population, o.holder, o.amount
        FROM snapshot s JOIN holding o ON o.snapshot = s.id JOIN population p ON p.id = o.population
        WHERE ? IN ('', s.network) AND s.measure = ? AND ? IN ('', p.name)
    ),
    -- Named before sinks are left out: to leave these out of all addresses each of them would be read.
    named AS MATERIALIZED (SELECT id, address FROM holder SEMI JOIN few ON few.holder = holder.id)
    SELECT o.network, o.population, h.address, sum(o.amount) AS amount
    FROM few o JOIN named h ON h.id = o.holder WHERE NOT is_sink(h.address)
    GROUP BY ALL ORDER BY population, address
"""
_WAYS: Final = "FROM way ORDER BY place"
_CALLED: Final = "SELECT network FROM entity UNION SELECT network FROM claim"
# A label counts while it holds; checked: somebody opened its source. Who has one is known by number.
_NAMED: Final = """
    WITH found AS (
             SELECT h.id, h.network, h.address FROM (SELECT DISTINCT holder FROM holder_label) l
             JOIN holder h ON h.id = l.holder
             UNION SELECT h.id, h.network, h.address FROM claim c JOIN holder h USING (network, address)
         ),
         seen AS (SELECT DISTINCT f.network, f.address, o.snapshot FROM holding o JOIN found f ON f.id = o.holder)
    SELECT o.network, s.measure, o.address, any_value(e.entity) AS entity, any_value(c.entity) AS claimed,
           bool_and(e.checked_at IS NOT NULL) AS checked
    FROM seen o JOIN snapshot s ON s.id = o.snapshot
    LEFT JOIN entity e ON e.network = o.network AND e.address = o.address
        AND in_force(e.valid_from, e.valid_to, s.time)
    LEFT JOIN claim c ON c.network = o.network AND c.address = o.address
    WHERE coalesce(e.entity, c.entity) IS NOT NULL GROUP BY o.network, s.measure, o.address
"""
_READ: Final = """
    SELECT s.network, p.name AS population, s.id AS snapshot, s.measure, s.witness <> '' AS witnessed,
           d.n_all, d.total, d.reported_total, d.coverage
    FROM newest s JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
"""
_UNREAD: Final = """
    SELECT DISTINCT network, measure FROM reading r
    ANTI JOIN snapshot s ON s.network = r.network AND s.reading = r.name WHERE r.kind = 'holdings'
"""
# The names of what ways ask chains.
_ASKED: Final = """
    SELECT DISTINCT network, split_part(asked, '|', 1) AS name FROM (
        SELECT network, unnest(list_concat([needed, proof, observation], string_split(takes, ' '))) AS asked FROM way
    ) WHERE asked <> ''
"""
# What a reading told before and tells no more is not so any more.
_SAID: Final = f"""
    SELECT o.network, o.name, o.subject, max_by(o.exact, o.time) AS exact, max_by(o.snapshot, o.time) AS snapshot,
           max_by(s.witness <> '', o.time) AS witnessed
    FROM observation o JOIN newest s ON s.id = o.snapshot
    WHERE o.name IN (SELECT unnest(string_split(?, ' ')) UNION SELECT name FROM ({_ASKED}))
    GROUP BY o.network, o.name, o.subject
"""
_GOVERNS: Final = "SELECT DISTINCT network, governs FROM way WHERE governs <> ''"
# What all networks are asked of keys, of votes and of who rules: by one query, with what ways ask.
_TOGETHER: Final = (
    *("account", "contract", "threshold", "signatures", "guard", "permits", "delay", "executor", "proved", "ruled_by"),
    *("rule", "quorum_counts", "quorum", "veto_threshold", "liquid_staked"),
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
        WHERE voting_end IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY network ORDER BY voting_end DESC, chain_id, proposal DESC) <= ?
    )
    SELECT DISTINCT v.network, v.chain_id, v.proposal, v.voter, v.snapshot, s.witness <> '' AS witnessed
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
    """All that was read of a network, loaded as it is asked for; for all groupings.

    asked: what a mart was asked, by network: of all at once, since that costs no more than of one.
    """

    mart: Tables
    network: str
    asked: dict[object, dict[str, pl.DataFrame]] = field(default_factory=dict)
    _held: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    _said: dict[str, dict[str, tuple[str, int, bool]]] = field(default_factory=dict)
    _made: dict[Any, Any] = field(default_factory=dict)
    _others: dict[str, "Known"] = field(default_factory=dict)

    def rows(self, query: str, *parameters: object) -> pl.DataFrame:
        """The rows of a query for all networks that are this one's, by its column `network`."""
        key = (query, *parameters)
        if key not in self.asked:
            found = self.mart.table(query, *parameters)
            parts = found.partition_by("network", as_dict=True, maintain_order=True)
            self.asked[key] = {str(network): rows for (network,), rows in parts.items()} | {"": found.clear()}
        return self.asked[key].get(self.network, self.asked[key][""])

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` makes, made once for all ways that ask for it by the same key."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    @cached_property
    def unread(self) -> frozenset[str]:
        """Measures of which the network has a reading that never landed: it could tell of more holders."""
        return frozenset(self.rows(_UNREAD)["measure"])

    @cached_property
    def declared(self) -> list[Row]:
        """The ways that the network declares, in their order."""
        return self.rows(_WAYS).to_dicts()

    def other(self, network: str) -> "Known":
        """What was read of another network, whose keys rule this one too."""
        if network not in self._others:
            self._others[network] = Known(self.mart, network, self.asked)
        return self._others[network]

    def held(self, measure: str, population: str) -> Mapping[str, int]:
        """Whole base units by address; nothing where the population was never read, or nobody holds any."""
        return self._measure(measure).get(population, {})

    def alone(self, measure: str, population: str) -> Mapping[str, int]:
        """The same, without all other populations of the measure, which may be large."""

        def made() -> Mapping[str, int]:
            rows = self.rows(_HELD, "", measure, population).iter_rows()
            return {address: int(amount) for *_, address, amount in rows}

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
        if not self._said:
            self._hear(_TOGETHER)
        if name not in self._said:
            self._hear((name,))
        return self._said[name]

    def _hear(self, names: Collection[str]) -> None:
        """Take in what is said under some names, and under those that ways ask for."""
        self._said.update((one, {}) for one in (*names, *self.rows(_ASKED)["name"]))
        for _, of, subject, *told in self.rows(_SAID, " ".join(names)).iter_rows():
            self._said.setdefault(of, {})[subject] = (told[0], told[1], told[2])

    @cached_property
    def governing(self) -> frozenset[str]:
        """All whom some way of the network names as those who decide."""
        return frozenset(one for governs in self.rows(_GOVERNS)["governs"] for one in named(governs))

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
    def voted(self) -> tuple[frozenset[str], int, Mapping[int, Confidence]]:
        """Who voted on the last proposals whose votes were read, how many proposals these are, and how well known."""
        rows = self.rows(_VOTED, LAST_PROPOSALS)
        seen = rows.select("snapshot", "witnessed").unique().iter_rows()
        sure = {snapshot: Confidence(True, True, witnessed, reviewed=1.0) for snapshot, witnessed in seen}
        return frozenset(rows["voter"]), rows.select("chain_id", "proposal").n_unique(), sure

    @cached_property
    def _newest(self) -> list[Row]:
        """The populations that were read last, with what is known of each."""
        return self.rows(_READ).to_dicts()

    @cached_property
    def read(self) -> Mapping[tuple[str, str], list[tuple[int, Confidence]]]:
        """By measure and population what was read of it last: snapshots, and how well each is known."""
        found: dict[tuple[str, str], list[tuple[int, Confidence]]] = defaultdict(list)
        for row in self._newest:
            found[row["measure"], row["population"]].append((row["snapshot"], confidence(row)))
        return found

    def weakest(self, measure: str, populations: Iterable[str]) -> Mapping[int, Confidence]:
        """How well several populations are known together, by snapshot: as that which is known worst."""
        found: dict[int, list[Confidence]] = defaultdict(list)
        for population in populations:
            for snapshot, sure in self.read.get((measure, population), ()):
                found[snapshot].append(sure)
        return {snapshot: Confidence.weakest(sure) for snapshot, sure in found.items()}

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
            at_once = measure in RULING
            rows = self.rows(_HELD, "", measure, "") if at_once else self.mart.table(_HELD, self.network, measure, "")
            for _, population, address, amount in rows.iter_rows():
                self._held[measure][population][address] = int(amount)
        return self._held[measure]

    def _names(self, measure: str) -> Mapping[str, _Named]:
        """By address the party of its label in force, and that which it claims to be; of those alone that have one."""
        return self._named.get(measure, {})

    @cached_property
    def _named(self) -> Mapping[str, dict[str, _Named]]:
        found: dict[str, dict[str, _Named]] = defaultdict(dict)
        if self.rows(_CALLED).is_empty():
            return found
        for _, measure, address, *told in self.rows(_NAMED).iter_rows():
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
        self.see_all(self.known.read.get((measure, population), ()))

    def see_all(self, read: Iterable[tuple[int, Confidence]]) -> None:
        """Note that snapshots are looked at, each with how well it is known."""
        for snapshot, sure in read:
            before = self._seen.get(snapshot)
            self._seen[snapshot] = sure if before is None else Confidence.weakest((before, sure))

    def votes(self, measure: str, population: str) -> Votes:
        """What each party holds; one with several addresses has all of them."""
        counted: dict[str, int] = defaultdict(int)
        for address, amount in self.holders(measure, population).items():
            counted[self.party(measure, address)] += amount
        return dict(counted)

    def rest(self, measure: str, population: str) -> int:
        """How much of a population nobody has who was read."""
        return self.known.rest.get((measure, population), 0)

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
        voters, proposals, sure = self.known.voted
        self.see_all(sure.items())
        return voters, proposals

    def said(self, name: str, subject: str = "") -> str | None:
        """The newest text of an observation; None where it was never read."""
        found = self.known.said(name).get(subject)
        if found is None:
            return None
        exact, snapshot, witnessed = found
        # One word of the chain is all there is of it, and nobody's label makes it surer.
        self.see_all([(snapshot, Confidence(True, True, witnessed, reviewed=1.0))])
        return exact

    @property
    def takes(self) -> int | None:
        """The shortest time from the start to the effect in seconds, as the way declares it; None: not known."""
        if self.way["seconds"] is not None:
            return int(self.way["seconds"])
        asked = [name.partition("|") for name in (self.way["takes"] or "").split()]
        told = [text for name, _, subject in asked if (text := self.said(name, subject)) is not None]
        return min((int(float(text)) for text in told), default=None)

    def path(self, name: str, *needs: Need, by: By = By.KEYS, seconds: int | None = None, coverage: str = "") -> Path:
        """A path that is known; its letter is of all that this look has seen.

        seconds: of the path beside what the way takes by itself, such as a timelock's delay. coverage: how much was
        read of what stands beside the population, where that is not all.
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
            basis=", ".join(filter(None, (self.way["name"], coverage))),
        )

    def unknown(self, name: str, why: str, *, unread: bool = False) -> Path:
        """A path of which nobody can say who holds it; unread: it only has not been read yet."""
        way = self.way
        found = Path.unknown(
            Action(way["action"]), Side(way["side"]), name, why, unread=unread, effect=way["effect"] or ""
        )
        return replace(found, basis=f"{way['name']}, not known")

    def partly(self, name: str, why: str) -> Path:
        """The same where a part of a population was not read, which matters at some amounts and not at others.

        How much was read is told with the population, so it is no other way.
        """
        return replace(self.unknown(name, why), basis=self.way["name"])
