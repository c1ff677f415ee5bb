"""How few can force or stop what on each network, who they are, and how that changes with who is counted."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import polars as pl

from analytics.power.paths import Action, Side
from store import addresses
from store.columns import Column
from store.mart import Mart
from store.rows import Measure
from store.visible import self_said

# The headline counts labels in force; beside it stand those who claim to be one, and delegators who voted of late.
GROUPING: Final = "control"
CLAIMED: Final = "claimed"
LATE: Final = "voters of late"
# Of all actions together.
ANY: Final = ""
KEYS, PARTIES = "keys", "parties"
ANY_OF_FIVE: Final = "any of the five"
# What a row says of where it was read.
_TEXTS: Final = ("read", "chain_id", "hash", "endpoint")
READ_AT: Final = (*_TEXTS, "height", "time", "simulated")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody behind a number of power: its name, empty where nobody knows one, and its address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Said:
    """How few can force or stop something; number is None where there is no word, and `text` says which silence it is.

    least: fewest that it could be, where a way is unknown; lower: the same if all addresses without a label were one
    party's; at_most: whether fewer could be enough. unknown: ways of which nobody knows who holds them. how: action and
    path; seconds: from the start of the path to its effect, None where not known. among, of: the measure in which the
    parties are found, and the population where they hold keys (empty where they vote). called: what they are, such as
    keys or validators; parties where one is known by a label, since it may be several of them.
    """

    state: str
    number: int | None
    words: str
    letter: str
    text: str
    least: int | None = None
    lower: int | None = None
    at_most: bool = False
    reason: str = ""
    unknown: str = ""
    how: str = ""
    path: str = ""
    seconds: int | None = None
    note: str = ""
    who: tuple[Party, ...] = ()
    among: str = ""
    of: str = ""
    called: str = PARTIES
    version: str = ""


# Of a network of which nothing was ever read.
UNREAD: Final = Said("not read", None, "", "", "not read: no run has read it yet", reason="no run has read it yet")

Asked = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Power:
    """All that is said of the power over one network, by (grouping, side, action)."""

    network: str
    title: str
    said: Mapping[Asked, Said] = field(default_factory=dict)

    def of(self, side: str, action: str = ANY, grouping: str = GROUPING) -> Said:
        """What is said of one side and action; of all actions together where none is named."""
        return self.said.get((grouping, side, action), UNREAD)

    def beside(self, side: str, action: str, grouping: str) -> int | None:
        """The number under another grouping; None where that was not counted."""
        found = self.said.get((grouping, side, action))
        return found.number if found else None


_POWER: Final = """
    SELECT p.*, coalesce(n.title, p.network) AS title, coalesce(n.address, '') AS spelling
    FROM power p LEFT JOIN network n ON n.name = p.network
    WHERE list_contains(?::VARCHAR[], p.grouping) ORDER BY p.network, p.side, p.action
"""
# Where something was read: every block with its reading, and what they agree on.
_BLOCKS: Final = """
    string_agg(s.reading || '@' || s.height || ':' || s.hash, ' ' ORDER BY s.reading) AS read,
    CASE WHEN count(DISTINCT s.chain_id) = 1 THEN any_value(s.chain_id) END AS chain_id,
    CASE WHEN count(DISTINCT s.height) = 1 THEN any_value(s.height) END AS height,
    CASE WHEN count(DISTINCT s.hash) = 1 THEN any_value(s.hash) END AS hash,
    CASE WHEN count(DISTINCT s.time) = 1 THEN any_value(s.time) END AS time,
    CASE WHEN count(DISTINCT s.endpoint) = 1 THEN any_value(s.endpoint) END AS endpoint,
    bool_or(s.simulated) AS simulated
"""
_PATHS: Final = f"""
    SELECT p.*, coalesce(n.title, p.network) AS title, coalesce(n.address, '') AS spelling,
           (SELECT any_value(version) FROM power w WHERE w.network = p.network) AS rule, b.* EXCLUDE (place)
    FROM path p LEFT JOIN network n ON n.name = p.network
    LEFT JOIN (
        SELECT q.place, {_BLOCKS}
        FROM path q JOIN snapshot s ON list_contains(from_json(q.snapshots, '["INTEGER"]'), s.id)
        WHERE q.network = ?1 AND q.grouping = ?2 GROUP BY q.place
    ) b ON b.place = p.place
    WHERE p.network = ?1 AND p.grouping = ?2 ORDER BY p.place
"""
_READ: Final = f"""
    SELECT p.network, p.side, CASE p.action WHEN '' THEN '{ANY_OF_FIVE}' ELSE p.action END AS action, {_BLOCKS}
    FROM power p JOIN snapshot s ON list_contains(from_json(nullif(p.snapshots, ''), '["INTEGER"]'), s.id)
    WHERE p.grouping = ? GROUP BY p.network, p.side, p.action
"""
# Parties are addresses, or labels that merge addresses; a label's name goes before what an address calls itself. An
# ended label names its party, and no address.
_CALLED: Final = """
    SELECT network, party,
           coalesce(list(name ORDER BY name) FILTER (place = 0), list(name ORDER BY name)) AS names, min(place) AS place
    FROM (
        SELECT network, entity AS party, name, 0 AS place FROM entity
        UNION ALL SELECT network, address, name, 0 FROM entity
            LEFT JOIN (SELECT network, max(time) AS time FROM snapshot GROUP BY network) USING (network)
            WHERE in_force(valid_from, valid_to, time)
        UNION ALL SELECT network, address, name, 1 FROM own_name
    ) WHERE name <> '' GROUP BY network, party
"""
# What those are called who vote on a network, as its ways to power call them, too.
_VOTERS: Final = """
    SELECT s.network, s.population, coalesce(w.word, replace(s.population, '_', ' ')) AS called
    FROM scorecard s LEFT JOIN word w ON w.network = s.network AND w.name = s.population WHERE s.in_column = ?
"""
_KEYS: Final = """
    SELECT DISTINCT h.network, unnest([h.address, coalesce(e.entity, h.address)]) AS party,
           h.reading || '/' || h.population AS population
    FROM held h LEFT JOIN entity e ON e.network = h.network AND e.address = h.address
        AND in_force(e.valid_from, e.valid_to, h.time)
    WHERE h.measure = ?
"""


class People:
    """Who parties are: their names, in quotation marks where they say so themselves; and whether they hold keys."""

    def __init__(self, mart: Mart) -> None:
        self.names = {
            (network, party): (self_said(names[0]) or "") if place else common(names)
            for network, party, names, place in mart.table(_CALLED).iter_rows()
        }
        self.keys: dict[tuple[str, str], set[str]] = defaultdict(set)
        for network, party, population in mart.table(_KEYS, Measure.CONTROL).iter_rows():
            self.keys[network, party].add(population)
        self.labels = set(mart.table("SELECT DISTINCT network, entity FROM entity").iter_rows())
        self.voters: dict[str, str] = {
            network: called for network, _, called in mart.table(_VOTERS, Column.VOTING_POWER).iter_rows()
        }

    def who(self, row: Mapping[str, Any]) -> tuple[Party, ...]:
        """The parties of a row by name, and by the address as its users write it."""
        return tuple(
            Party(self.names.get((row["network"], party), ""), addresses.display(party, row["spelling"]))
            for party in _parties(row["parties"])
        )

    def keyed(self, row: Mapping[str, Any]) -> str:
        """The population in which all parties of a row hold keys; of several the one named; empty where none."""
        found = [self.keys.get((row["network"], party), set()) for party in _parties(row["parties"])]
        common = sorted(set.intersection(*found)) if found else []
        named = [one for one in common if one.rpartition("/")[2] in row["how"]]
        return next(iter(named or common), "")

    def called(self, row: Mapping[str, Any]) -> str:
        """What the parties of a row are: keys, those who vote by the name of their way, or parties."""
        if any((row["network"], party) in self.labels for party in _parties(row["parties"])):
            return PARTIES
        if self.votes(row):
            return self.voters[row["network"]]
        # The keys of another network are held there.
        return KEYS if self.keyed(row) or "keys" in row["path"].split() else PARTIES

    def votes(self, row: Mapping[str, Any]) -> bool:
        """Whether the way of a row is named for those who vote on its network."""
        voters = self.voters.get(row["network"])
        return voters is not None and voters in _words(row["path"])


@lru_cache(maxsize=4_096)
def _words(path: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", path))


@lru_cache(maxsize=4_096)
def _parties(told: str) -> tuple[str, ...]:
    """The parties of a row; many rows tell of the same."""
    return tuple(json.loads(told))


def common(names: Sequence[str]) -> str:
    """What a party with several labels is called: what they have in common before a comma, else the first of them."""
    called = {name.partition(",")[0] for name in names}
    return names[0] if len(set(names)) == 1 or len(called) > 1 else called.pop()


def powers(mart: Mart, people: People | None = None) -> dict[str, Power]:
    """The power over every network of which something was read; people: who they are, where that is known already."""
    people = people or People(mart)
    found: dict[str, dict[Asked, Said]] = defaultdict(dict)
    titles = {}
    for row in mart.table(_POWER, [GROUPING, CLAIMED, LATE]).iter_rows(named=True):
        titles[row["network"]] = row["title"]
        found[row["network"]][row["grouping"], row["side"], row["action"]] = _said(row, people)
    return {network: Power(network, titles[network], said) for network, said in found.items()}


def _said(row: Mapping[str, Any], people: People) -> Said:
    # Who votes may hold keys for something else.
    of = "" if people.votes(row) else people.keyed(row)
    told = ("state", "number", "words", "letter", "text", "least", "lower", "at_most", "reason")
    more = ("unknown", "how", "path", "seconds", "note", "version")
    return Said(
        **{name: row[name] for name in told + more},
        who=people.who(row),
        among=Measure.CONTROL if of else Measure.VOTING_POWER,
        of=of,
        called=people.called(row),
    )


def paths(mart: Mart, network: str) -> pl.DataFrame:
    """Every way that was looked at: side, action, path, number, least, seconds, letter, who, and why it counts nowhere.

    note: what it does where that is less than the action, or why nobody knows who holds it. read: the blocks in which
    it was read; chain_id, height, hash, time and endpoint where all are of one.
    """
    people = People(mart)
    rows = [
        {
            "network": row["title"],
            **{name: row[name] for name in ("side", "action", "name", "number", "least", "seconds", "letter")},
            "who": listed(people.who(row)),
            "note": "; ".join(filter(None, (_less(row["effect"]), row["missing"]))),
            **{name: row[name] for name in ("rule", *READ_AT)},
        }
        for row in mart.table(_PATHS, network, GROUPING).iter_rows(named=True)
    ]
    # Where nothing was read of any way their columns have no value to tell their type by.
    types = pl.Schema({"height": pl.Int64(), "time": pl.Datetime("us", "UTC"), **dict.fromkeys(_TEXTS, pl.String())})
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)


def of_side(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    """The ways of `paths` on one side; all of them where it names none."""
    return rows.filter(side=side) if side in tuple(Side) else rows


def read_at(mart: Mart) -> pl.DataFrame:
    """The blocks in which was read what each count rests on: network, side, action and READ_AT; one row a count."""
    return mart.table(_READ, GROUPING)


def placed(rows: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """Counts as `table` has them, each with the blocks of `read_at`."""
    return rows.join(blocks, on=["network", "side", "action"], how="left", maintain_order="left")


def _less(effect: str) -> str:
    """What a way does that is less than its action; its words may end in a comma, before "by" whom."""
    return f"does no more than {effect.removesuffix(',')}" if effect else ""


def table(found: Sequence[Power]) -> pl.DataFrame:
    """Every count as a row: the five actions and all together, for forcing and for stopping."""
    return pl.DataFrame([row for one in found for row in _rows(one)], infer_schema_length=None)


def _rows(one: Power) -> Iterator[dict[str, Any]]:
    for side in Side:
        for action in (ANY, *Action):
            said = one.of(side, action)
            yield {
                "network": one.network,
                "title": one.title,
                "side": str(side),
                "action": str(action) or ANY_OF_FIVE,
                "number": said.number,
                # Where a way is not known, and where the unlabelled could be one.
                "at_most": None if said.number is None else (said.lower or 1) < said.number,
                "least": said.least,
                "if_unlabelled_are_one": said.lower,
                "claimed": one.beside(side, action, CLAIMED),
                "voters_of_late": one.beside(side, action, LATE),
                "word": said.text,
                "path": said.how,
                "seconds": said.seconds,
                "who": listed(said.who),
                "note": said.note,
                "unknown": said.unknown,
                "rule": said.version,
            }


def listed(who: Sequence[Party]) -> str:
    """All parties, by name or address."""
    return ", ".join(one.name or one.address for one in who)
