"""What a change is told of: words, counts of power, keys, parameters, votes, and readings that answer or went silent.

Two values are of one thing only where they rest on the same: method, labels and coverage, together its basis. What
nobody can tell now has no value, so that silence is never taken for a change.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from analytics.power.paths import Action, Side
from questions import ballots, freshness, proposals
from questions.populations import whole
from questions.power import ANY, GROUPING, Said
from questions.scorecard import Cell, Row
from questions.words import listed, moment, sentence, several, short
from store import addresses
from store.columns import ABOUT, Column
from store.mart import Mart
from store.rows import LEFT_OUT

# From this part of the chain's own total on, all of it was read.
CENSUS: Final = 0.9999
NAMED: Final = 5
# Of both sides of power together, where no action is named.
ANYTHING: Final = "anything"
ONE: Final = "one"
SEVERAL: Final = "several"
HEARD: Final = "heard"
SILENT: Final = "silent"


class Kind(StrEnum):
    """What changed."""

    WORD = "word"
    POWER = "power"
    PROPOSAL = "proposal"
    FLIP = "flip"
    KEYS = "keys"
    PARAMETER = "parameter"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing as it is now. value: None where nobody can tell; basis: what it rests on; told: as a reader hears it.

    subject: which of its kind, on its network. page: where it stands, below the folder of files.
    """

    kind: Kind
    network: str
    title: str
    subject: str
    what: str
    value: str | None
    told: str
    basis: str = ""
    page: str = "index.html"
    chain_id: str = ""
    block: int | None = None
    hash: str = ""
    time: datetime | None = None
    number: int | None = None
    members: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names it among all that is watched, at every publish."""
        return f"{self.kind}/{self.network}/{self.subject}"


@dataclass(frozen=True, slots=True)
class Basis:
    """What the numbers of each network rest on beside their own method.

    labels: those in force; readings: method and chain of each, how much was read, and what was left out. ways: which
    are known of each network and side, and how; others: the networks whose keys rule each.
    """

    labels: Mapping[str, str]
    readings: Mapping[str, Mapping[str, str]]
    ways: Mapping[tuple[str, str], Sequence[tuple[str, ...]]] = field(default_factory=dict)
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, network: str, *more: object) -> str:
        """Names labels and some more of a network; another name where any of them differs."""
        return _digest(self.labels.get(network, ""), *more)

    def read(self, network: str, reading: str) -> str:
        """Names how a reading is taken, and of how much."""
        return self.readings.get(network, {}).get(reading, "")

    def read_all(self, network: str) -> list[str]:
        """Names how all of a network is read: power rests on many readings."""
        return [f"{reading} {named}" for reading, named in sorted(self.readings.get(network, {}).items())]

    def ruling(self, network: str) -> list[str]:
        """Names the labels and readings of all networks whose keys count on one: its own, and those that rule it."""
        return [self.of(one, *self.read_all(one)) for one in (network, *self.others.get(network, ()))]


_LABELS: Final = """
    SELECT e.network, string_agg(concat_ws('|', e.address, e.entity, e.kind), ' ' ORDER BY e.address, e.entity, e.kind)
    FROM entity e JOIN (SELECT network, max(time) AS time FROM newest GROUP BY network) n ON n.network = e.network
    WHERE in_force(e.valid_from, e.valid_to, n.time) GROUP BY e.network
"""
_READINGS: Final = """
    SELECT s.network, s.reading, s.chain_id, s.method,
           (SELECT string_agg(DISTINCT o.name, ' ' ORDER BY o.name) FROM observation o
            WHERE o.snapshot = s.id AND starts_with(o.name, ?)) AS left_out
    FROM newest s
"""
_COVERED: Final = """
    SELECT s.network, s.reading, p.name, d.coverage FROM newest s
    JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address' AND d.coverage IS NOT NULL
    JOIN population p ON p.id = d.population ORDER BY ALL
"""
_WAYS: Final = """
    SELECT DISTINCT network, side, action, basis, coalesce(effect, '') FROM path WHERE grouping = ? ORDER BY ALL
"""
# One inherits the keys of another, or has a contract that obeys one of another; and so does the other.
_OTHERS: Final = """
    WITH RECURSIVE direct AS (
        SELECT network, other FROM way WHERE other <> ''
        UNION SELECT o.network, split_part(o.exact, ' ', 1) FROM observation o JOIN newest s ON s.id = o.snapshot
        WHERE o.name = 'ruled_by'
    ),
    ruled AS (
        FROM direct UNION SELECT r.network, d.other FROM ruled r JOIN direct d ON d.network = r.other
    )
    SELECT network, list(other ORDER BY other) FROM ruled WHERE other <> network GROUP BY network
"""
# First by number: to leave sinks out of all addresses each of them would be read.
_KEYS: Final = """
    WITH few AS MATERIALIZED (
        SELECT o.snapshot, o.population, o.holder FROM holding o JOIN snapshot s ON s.id = o.snapshot
        WHERE s.measure = 'control' AND o.amount > 0
    ),
    named AS MATERIALIZED (SELECT id, address FROM holder WHERE id IN (SELECT holder FROM few))
    SELECT s.network, s.reading, p.name AS population, any_value(s.chain_id), any_value(s.height), any_value(s.hash),
           any_value(s.time), list(DISTINCT h.address ORDER BY h.address), any_value(coalesce(n.title, s.network)),
           any_value(coalesce(n.address, ''))
    FROM few o JOIN named h ON h.id = o.holder JOIN snapshot s ON s.id = o.snapshot
    JOIN population p ON p.id = o.population LEFT JOIN network n ON n.name = s.network
    WHERE NOT is_sink(h.address)
    GROUP BY s.network, s.reading, p.name ORDER BY ALL
"""
# What keys of a network are known to be for: one more is read differently, though nothing has changed.
_DECLARED: Final = "SELECT network, string_agg(DISTINCT population, ' ' ORDER BY population) FROM way GROUP BY network"
# As many must act together, so long it takes, and whatever a chain calls a parameter; not how far a reading has come.
_PARAMETERS: Final = """
    WITH named AS (
        SELECT network, needed AS name FROM way WHERE needed IS NOT NULL
        UNION SELECT network, split_part(unnest(string_split(takes, ' ')), '|', 1) FROM way WHERE takes <> ''
    )
    SELECT s.network, coalesce(n.title, s.network), s.reading, s.chain_id, s.height, s.hash, s.time,
           o.name, o.subject, o.exact, coalesce(o.unit, '')
    FROM observation o JOIN newest s ON s.id = o.snapshot LEFT JOIN network n ON n.name = s.network
    WHERE o.time = s.time AND o.name <> 'unread_blocks' AND NOT starts_with(o.name, ?)
        AND (s.reading IN ('parameters', 'rules') OR o.name = 'threshold'
             OR (s.network, o.name) IN (SELECT (network, name) FROM named))
    ORDER BY s.network, s.reading, o.name, o.subject
"""
_ASKED: Final = "SELECT network, reading FROM newest WHERE kind = 'proposals' ORDER BY ALL"


def watched(mart: Mart, rows: Sequence[Row], built: datetime) -> list[Watched]:
    """All of which a change would be told, as it is in a mart. rows: of the scorecard; built: when the mart was."""
    basis = based(mart)
    return [
        *(one for row in rows for one in _words(row, basis)),
        *(one for row in rows for one in _power(row, basis)),
        *_keys(mart, basis),
        *_parameters(mart, basis),
        *_votes(mart, basis, built),
        *_readings(mart, built),
    ]


def based(mart: Mart) -> Basis:
    """What the numbers of a mart rest on."""
    covered: dict[tuple[str, str], list[str]] = defaultdict(list)
    for network, reading, population, coverage in mart.table(_COVERED).iter_rows():
        # Parts, such as the delegators of one validator, come and go with what is read.
        if whole(population):
            covered[network, reading].append(f"{population} {_part(coverage)}")
    readings: dict[str, dict[str, str]] = defaultdict(dict)
    for network, reading, chain, method, left_out in mart.table(_READINGS, f"{LEFT_OUT}:").iter_rows():
        readings[network][reading] = _digest(chain, method, left_out, *covered[network, reading])
    ways: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    for network, *way in mart.table(_WAYS, GROUPING).iter_rows():
        side, action, *known = map(str, way)
        ways[network, side].append((action, *known))
    labels, others = (dict(mart.table(query).iter_rows()) for query in (_LABELS, _OTHERS))
    return Basis(labels, readings, ways, others)


def _part(coverage: float) -> str:
    """How much was read: all of it, or so many per cent."""
    return "all" if coverage >= CENSUS else f"{coverage:.0%}"


def _digest(*parts: object) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def _words(row: Row, basis: Basis) -> Iterator[Watched]:
    """The word of each resource, and how few gate half of it."""
    for column, cell in row.cells.items():
        if column == Column.CONTROL or cell.population is None:
            continue
        of = ABOUT[Column(column)].title
        where = _at(cell, column)
        read = basis.read(row.network, cell.population.reading)
        rests = basis.of(row.network, read, cell.population.key, cell.version)
        math, gate = cell.math, cell.gate
        value = math.words if math.number is not None else None
        yield Watched(Kind.WORD, row.network, row.title, column, of, value, math.text, rests, **where)
        if gate.how:
            number = None if gate.number is None else int(gate.number)
            told = f"half needs {several(number or 0, 'party', 'parties')} of the {gate.how}"
            value = None if number is None else str(number)
            gated = basis.of(row.network, cell.version, gate.how, *basis.read_all(row.network))
            yield Watched(
                Kind.POWER, row.network, row.title, f"gate {column}", f"gates of {of.lower()}", value, told, gated,
                **where, number=number,
            )  # fmt: skip


def _at(cell: Cell, column: str) -> dict[str, Any]:
    one = cell.population
    if one is None:
        return {}
    place = {"chain_id": one.chain_id, "block": one.height, "hash": one.hash, "time": one.time}
    return {"page": f"{cell.network}/{column}.html", **place}


def _power(row: Row, basis: Basis) -> Iterator[Watched]:
    """How few can force, and stop, each action, and the least over all."""
    for side in Side:
        for action in (ANY, *Action):
            said = row.power.of(side, action)
            ways = [way for way in basis.ways.get((row.network, side), ()) if action in (ANY, way[0])]
            rests = _digest(said.version, ways, *basis.ruling(row.network))
            value = None if said.number is None else f"{said.number}, {said.words}"
            yield Watched(
                kind=Kind.POWER,
                network=row.network,
                title=row.title,
                subject=f"{side} {action}".strip(),
                what=f"how few can {side} {action or ANYTHING}",
                value=value,
                told=counted(said),
                basis=rests,
                page=f"{row.network}/power.html",
                number=said.number,
            )


def counted(said: Said) -> str:
    """How few it takes and by which way, in a clause; which silence it is where nobody knows."""
    if said.number is None:
        return said.text
    most = "at most " if (said.lower or 1) < said.number else ""
    return f"{most}{several(said.number, 'party', 'parties')}, by {said.path}: {said.text}"


def _keys(mart: Mart, basis: Basis) -> Iterator[Watched]:
    """Who has each key, and who signs for each multisig; and which readings tell of any: there is no key but theirs."""
    declared, answered = dict(mart.table(_DECLARED).iter_rows()), set()
    for network, reading, population, chain, height, block, time, who, title, spelling in mart.table(_KEYS).iter_rows():
        # Labels do not matter: these are addresses.
        read = basis.read(network, reading)
        every = Watched(
            kind=Kind.KEYS,
            network=network,
            title=title,
            subject=f"{reading}/",
            what="who has keys",
            value=HEARD,
            told="",
            basis=_digest(read, declared.get(network, "")),
            page=f"{network}/power.html",
            chain_id=chain,
            block=height,
            hash=block,
            time=time,
        )
        if every.key not in answered:
            answered.add(every.key)
            yield every
        yield replace(
            every,
            subject=f"{reading}/{population}",
            what=f"who has keys, {population}",
            value=_digest(*who),
            told=several(len(who), "key"),
            basis=read,
            number=len(who),
            members=tuple(addresses.display(one, spelling) for one in who),
        )


def _parameters(mart: Mart, basis: Basis) -> Iterator[Watched]:
    """What a chain's own parameters are, and how many keys must act together."""
    for row in mart.table(_PARAMETERS, f"{LEFT_OUT}:").iter_rows():
        network, title, reading, chain, height, block, time, name, subject, exact, unit = row
        named = f"{name.replace('_', ' ')}{f' of {subject}' if subject else ''}"
        # A rule that could not be proved at this block is none that changed.
        value = None if exact.startswith("not proved") else exact
        yield Watched(
            kind=Kind.PARAMETER,
            network=network,
            title=title,
            subject=f"{reading}/{name}/{subject}",
            what=named,
            value=value,
            told=f"{exact} {unit}".strip(),
            basis=basis.read(network, reading),
            page=f"{network}/power.html",
            chain_id=chain,
            block=height,
            hash=block,
            time=time,
        )


def _votes(mart: Mart, basis: Basis, built: datetime) -> Iterator[Watched]:
    """Which proposals are voted on, and whether one party can turn the result; which networks were asked for them."""
    found = proposals.proposals(mart)
    titles = {one.network: one.network_title for one in found}
    for network, reading in mart.table(_ASKED).iter_rows():
        yield Watched(Kind.PROPOSAL, network, titles.get(network, network), "", reading, reading, "")
    for one in proposals.still_open(found, built):
        place: dict[str, Any] = {"chain_id": one.chain_id, "block": one.height, "time": one.read_at}
        named = f"proposal {proposals.short(one.number)}"
        until = f", votes are taken until {moment(one.voting_end)}" if one.voting_end else ""
        told = f"“{one.title}”{until}"
        subject = f"{one.chain_id}:{one.number}"
        yield Watched(Kind.PROPOSAL, one.network, one.network_title, subject, named, "open", told, **place)
        unknown = Watched(Kind.FLIP, one.network, one.network_title, subject, named, None, "", **place)
        yield _flip(mart, one, basis, unknown)


def _flip(mart: Mart, one: proposals.Proposal, basis: Basis, unknown: Watched) -> Watched:
    """Whether one address alone can turn the result of an open vote: a flip joins no labels; unknown where one may."""
    counted = ballots.count(mart, one)
    if counted is None or one.rule is None:
        return unknown
    alone = next((flip.voters for flip in counted.flips.values() if flip is not None and flip.most == 1), None)
    if not alone and any(flip is not None and flip.fewest <= 1 for flip in counted.flips.values()):
        return unknown
    called = ballots.names(mart, one.network)
    who = listed([called.get(voter) or short(voter) for voter in alone or ()])
    rests = basis.of(one.network, one.method, type(one.rule), counted.stake.exact, counted.stake.by_delegator)
    return replace(unknown, value=ONE if alone else SEVERAL, told=who, basis=rests)


def _readings(mart: Mart, built: datetime) -> Iterator[Watched]:
    """Which readings answer, and which went silent: older than twice their cadence."""
    for row in freshness.freshness(mart, built).iter_rows(named=True):
        value = {"fresh": HEARD, "stale": SILENT}.get(row["state"])
        yield Watched(
            kind=Kind.SILENCE,
            network=row["network"],
            title=row["title"],
            subject=row["reading"],
            what=f"the reading {row['reading']}",
            value=value,
            told=sentence(f"read last of {moment(row['time'])}" if row["time"] else "never read"),
            chain_id=row["chain_id"] or "",
            block=row["height"],
            hash=row["hash"] or "",
            time=row["time"],
        )
