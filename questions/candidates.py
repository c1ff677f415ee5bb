"""Whom a reader may mean who wrote a name or the ends of an address, and what tells them apart.

Nobody is chosen: anybody can give himself a name, and make an address that begins and ends as another one does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from questions.entity import Member, described, entity, ids, link
from questions.populations import Population
from questions.power import common
from questions.rank_history import since
from questions.search import search
from questions.standing import votes
from store import addresses
from store.mart import Mart
from store.shortened import Shortened, shortened

# So many are shown.
SHOWN: Final = 20
# Where more than these begin as what was written, its beginning says nothing.
MOST: Final = 2000
# So many are looked at, of whom the largest are shown: anybody can make small ones that are called or spelled alike.
LOOKED_AT: Final = 4 * SHOWN


# Addresses by network and as they are stored, each in the spelling in which its ends were written.
Written: TypeAlias = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One whom a search may mean.

    key: what a link carries. address: whole, as its users write it; of a party of several that of none. party: the slug
    of the party that a label names. networks: the titles of those where it is known. share: its largest part of a
    population, first of one that votes; amount: in tokens. since: from when on it is known to be among the largest of
    one; None where it is not known to be.
    """

    key: str
    name: str
    address: str
    party: str
    networks: tuple[str, ...]
    share: float
    amount: float
    population: Population | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Whom a search may mean, the largest first; cut: whether by the ends of an address; more: there are others."""

    found: tuple[Candidate, ...]
    cut: bool
    more: bool


def candidates(mart: Mart, known: Sequence[Population], text: str) -> Candidates:
    """Everybody whom a name, or the ends of an address, may mean."""
    ends = shortened(text)
    written: Written = {}
    if ends is not None:
        written, more = _fitting(mart, ends)
        people = _by_key(described(mart, list(written)))
    else:
        found = search(mart, text, LOOKED_AT + 1)
        # Whom a label called so that ended is called so no more.
        members = [one for one in described(mart, [(one.network, one.canonical) for one in found]) if one.name]
        people, more = _by_party(mart, members), len(found) > LOOKED_AT
    told = _told(mart, known, people, written)
    return Candidates(told[:SHOWN], ends is not None, more or len(people) > SHOWN)


def _by_key(members: Sequence[Member]) -> list[tuple[str, list[Member]]]:
    """Spellings of one key are one candidate."""
    keys: dict[bytes | str, list[Member]] = defaultdict(list)
    for one in members:
        keys[_raw(one.canonical)].append(one)
    return [(link(of[0].network, of[0].canonical), of) for of in keys.values()]


def _by_party(mart: Mart, members: Sequence[Member]) -> list[tuple[str, list[Member]]]:
    """Addresses of one party are one candidate, with all that it has."""
    slugs = list(dict.fromkeys(one.party for one in members if one.party))
    parties = [found for slug in slugs if (found := entity(mart, slug))]
    return [*((one.key, list(one.members)) for one in parties), *_by_key([one for one in members if not one.party])]


_BETWEEN: Final = """
    SELECT network, address FROM holder
    WHERE network = ? AND address >= ? AND address < ? AND ends_with(address, ?) LIMIT {most}
"""


def _fitting(mart: Mart, ends: Shortened) -> tuple[Written, bool]:
    """Those whose address has both ends, each whole as it was written; and whether there may be more."""
    asked: list[str] = []
    spelled: dict[str, str] = {}
    for network, spelling in mart.table("SELECT name, address FROM network WHERE address <> ''").iter_rows():
        spelled[network] = spelling
        # An end is compared by the database where it is stored as it was written.
        tail = ends.tail.lower() if spelling == "hex" else ends.tail if spelling in ("base58", "base64url") else ""
        asked += [part for span in ends.between(spelling) for part in (network, *span, tail)]
    if not asked:
        return {}, False
    one = f"({_BETWEEN.format(most=MOST + 1)})"
    rows = mart.table(" UNION ALL ".join([one] * (len(asked) // 4)), *asked).unique(maintain_order=True)
    spelled_so = (
        (network, address, ends.whole(address, spelled[network])) for network, address in rows.head(MOST).rows()
    )
    fitting = {(network, address): whole for network, address, whole in spelled_so if whole}
    return dict(list(fitting.items())[:LOOKED_AT]), rows.height > MOST or len(fitting) > LOOKED_AT


def _raw(address: str) -> bytes | str:
    try:
        return addresses.address(address).raw
    except addresses.NotAnAddress:
        return address


_HELD: Final = """
    SELECT holder, snapshot, population, amount FROM holding
    SEMI JOIN (SELECT unnest(?::INTEGER[]) AS holder) USING (holder)
"""


def _told(
    mart: Mart, known: Sequence[Population], people: Sequence[tuple[str, Sequence[Member]]], written: Written
) -> tuple[Candidate, ...]:
    """What tells them apart; of all at once."""
    numbers = ids(mart, [member for _, members in people for member in members])
    by_id = {number: (network, address) for number, network, address in numbers.iter_rows()}
    populations = {(one.snapshot, one.population_id): one for one in known}
    held: dict[tuple[str, str], list[tuple[Population, int]]] = defaultdict(list)
    for holder, snapshot, population, amount in mart.table(_HELD, list(by_id)).iter_rows() if by_id else ():
        if among := populations.get((snapshot, population)):
            held[by_id[holder]].append((among, int(amount)))
    days = since(mart, [member.canonical for _, members in people for member in members])
    found = [_candidate(key, members, held, days, written) for key, members in people]
    return tuple(sorted(found, key=lambda one: (bool(one.party), one.share, one.key), reverse=True))


def _candidate(
    key: str,
    members: Sequence[Member],
    held: Mapping[tuple[str, str], Sequence[tuple[Population, int]]],
    days: Mapping[tuple[str, str], datetime],
    written: Written,
) -> Candidate:
    together: dict[tuple[int, int], int] = defaultdict(int)
    among: dict[tuple[int, int], Population] = {}
    for member in members:
        for population, amount in held.get((member.network, member.canonical), ()):
            place = population.snapshot, population.population_id
            together[place] += amount
            among[place] = population
    best = max(among, key=lambda place: (votes(among[place]), _share(among[place], together[place])), default=None)
    party = next((member.party for member in members if member.party), "")
    names = [member.name for member in members if member.name]
    return Candidate(
        key=key,
        name=common(names) if party and names else next(iter(names), ""),
        address="" if key == party else _address(members, written),
        party=party,
        networks=tuple(dict.fromkeys(member.title for member in members)),
        share=_share(among[best], together[best]) if best else 0.0,
        amount=together[best] / 10.0 ** among[best].token_decimals if best else 0.0,
        population=among[best] if best else None,
        since=min((days[key] for key in map(_where, members) if key in days), default=None),
    )


def _where(one: Member) -> tuple[str, str]:
    return one.network, one.canonical


def _address(members: Sequence[Member], written: Written) -> str:
    """The whole address, as it was written where only its ends were."""
    wholes = (written.get((one.network, one.canonical), one.address) for one in members)
    return next(wholes, "")


def _share(population: Population, amount: int) -> float:
    there_is = population.total + population.unread
    return amount / there_is if there_is else 0.0
