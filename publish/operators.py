"""Validators that one operator may run, by what they say of themselves: no labels, and in no headline.

Anyone can write anybody's identity, website or name into a validator. So only those count that sign blocks; two of them
that say both the same identity and the same website are one party under the grouping `claimed`, which stands beside the
headline. One text alone, or a name that reads alike, is listed and joins nobody. The pair of texts is one mark, so that
nobody can stand between two others and join them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from store.addresses import account
from store.domains import domain
from store.visible import plain, reads_like

# A keybase identity is the last sixteen hexadecimal digits of a key's fingerprint.
IDENTITY: Final = re.compile(r"[0-9A-F]{16}")
BOTH: Final = "identity and website"
# No label of data/reference begins so.
CLAIMED: Final = "claim:"

CLAIM: Final = pl.Schema(dict.fromkeys(("network", "address", "entity", "name", "source"), pl.String()))
ALIKE: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "alike", "said", "address", "name"), pl.String()),
        "share": pl.Float64(),
        "joined": pl.Boolean(),
    }
)

# The newest of what every validator that signs blocks says of itself, with its share of the power; of two readings of
# the power the larger share.
TEXTS: Final = """
    WITH part AS (
        SELECT network, address, amount / sum(amount) OVER (PARTITION BY snapshot, population_id) AS share
        FROM held WHERE measure IN ('stake', 'voting_power') AND population = 'validators'
    ),
    signing AS (SELECT network, address, max(share) AS share FROM part WHERE share > 0 GROUP BY ALL)
    SELECT o.network, o.name, o.subject, max_by(o.exact, o.time) AS exact, any_value(s.share) AS share
    FROM observation o JOIN signing s ON s.network = o.network AND s.address = o.subject
    WHERE o.name IN ('moniker', 'identity', 'website') AND contains(o.subject, 'valoper1')
    GROUP BY o.network, o.name, o.subject ORDER BY o.network, o.subject, o.name
"""
# Labels that hold now: a party of claims with a member that has one is that party.
CURATED: Final = """
    SELECT network, address, entity, name FROM entity e
    WHERE in_force(valid_from, valid_to, (SELECT max(time) FROM snapshot s WHERE s.network = e.network)) ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class _Validator:
    """A validator that signs blocks, its share of its network's power, and what it says of itself in one spelling."""

    network: str
    operator: str
    share: float
    moniker: str
    marks: Mapping[str, str]


def alike(texts: pl.DataFrame) -> pl.DataFrame:
    """Validators that say the same, a row for each text and validator: rows of the table `alike`.

    texts: rows of TEXTS. Both texts join over all networks; what joins nobody is told within a network, and only where
    it would join somebody whom both texts do not.
    """
    said = _said(texts)
    rows = [
        (one.network, mark, text, one.operator, one.moniker, one.share, mark == BOTH)
        for mark, text, members in (*_joined(said), *_unconfirmed(said))
        for one in members
    ]
    return pl.DataFrame(rows, schema=ALIKE, orient="row").sort("network", "alike", "said", "address")


def claims(found: pl.DataFrame, curated: pl.DataFrame) -> pl.DataFrame:
    """Whose addresses count as one party under `claimed`, as operator and as account: rows of the table `claim`.

    found: rows of `alike`. curated: rows of CURATED, which a claim never changes: who says the same as somebody who has
    a label is counted with that party, the first in the alphabet of several. One whose validators say different things
    is joined by none, else it could stand between two others.
    """
    labels = {(network, address): (entity, name) for network, address, entity, name in curated.iter_rows()}
    groups: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    joined = found.filter("joined").select("said", "network", "address", "name")
    for said, *member in joined.iter_rows():
        groups[said].append(tuple(member))
    known = {
        said: {labels[key] for network, operator, _ in members for key in _keys(network, operator) if key in labels}
        for said, members in groups.items()
    }
    times = Counter(entity for parties in known.values() for entity, _ in parties)
    rows = []
    for said, members in groups.items():
        own = (CLAIMED + said.lower().replace(" ", ":"), _commonest(name for *_, name in members))
        entity, name = min((party for party in known[said] if times[party[0]] == 1), default=own)
        source = f"says of itself: {BOTH} {said}; so do {len(members) - 1} more"
        rows += [
            (*key, entity, name, source)
            for network, operator, _ in members
            for key in _keys(network, operator)
            if key not in labels
        ]
    return pl.DataFrame(rows, schema=CLAIM, orient="row").sort("network", "address")


def identity(text: str) -> str:
    """A keybase identity in one spelling, or nothing where the text is none."""
    found = text.strip().upper()
    return found if IDENTITY.fullmatch(found) else ""


def _said(texts: pl.DataFrame) -> list[_Validator]:
    """What each validator says of itself, by network and operator address."""
    found: dict[tuple[str, str, float], dict[str, str]] = defaultdict(dict)
    for network, name, subject, exact, share in texts.select(
        "network", "name", "subject", "exact", "share"
    ).iter_rows():
        found[network, subject, share][name] = exact
    return [_validator(*key, words) for key, words in sorted(found.items())]


def _validator(network: str, operator: str, share: float, words: Mapping[str, str]) -> _Validator:
    key, site, moniker = identity(words.get("identity", "")), domain(words.get("website", "")), words.get("moniker", "")
    both = f"{key} {site}" if key and site else ""
    marks = {BOTH: both, "identity": key, "website": site, "name": reads_like(moniker)}
    return _Validator(network, operator, share, plain(moniker), {mark: text for mark, text in marks.items() if text})


Group = tuple[str, str, Sequence[_Validator]]


def _joined(said: Iterable[_Validator]) -> Iterator[Group]:
    """Those who say both the same."""
    found: dict[str, list[_Validator]] = defaultdict(list)
    for one in said:
        if BOTH in one.marks:
            found[one.marks[BOTH]].append(one)
    yield from ((BOTH, text, members) for text, members in found.items() if len(members) > 1)


def _unconfirmed(said: Iterable[_Validator]) -> Iterator[Group]:
    """Those of a network who say one thing alike, where not all of them say both alike."""
    found: dict[tuple[str, str, str], list[_Validator]] = defaultdict(list)
    for one in said:
        for mark in one.marks.keys() - {BOTH}:
            found[one.network, mark, one.marks[mark]].append(one)
    for (_, mark, text), members in found.items():
        # Who does not say both is joined to nobody.
        if len({one.marks.get(BOTH, one.operator) for one in members}) > 1:
            yield mark, text, members


def _keys(network: str, operator: str) -> Iterator[tuple[str, str]]:
    """The addresses of a validator: its operator's, and the account of the same key."""
    yield network, operator
    yield network, account(operator)


def _commonest(names: Iterable[str]) -> str:
    counted = Counter(name for name in names if name)
    return min(counted, key=lambda name: (-counted[name], name), default="")
