"""Whom a page is about: one key in all its spellings, or a party that labels put together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs

import polars as pl

from questions.power import common
from questions.search import Found, one_each, spelled, spellings
from store import addresses
from store.mart import Mart
from store.rows import SINK
from store.spelling import is_address
from store.visible import self_said

# Between a network and an address in a link; a party's name has none.
OF: Final = ":"
# How a link to such a page is known among what is pasted.
LINKED: Final = "entity?"


@dataclass(frozen=True, slots=True)
class Member:
    """An address of an entity on one network: spelled as its users write it, and as it is stored.

    party: the slug of its party there, empty where no label in force names one; kind: of that label. name: of the
    label, or what it calls itself in quotation marks. spelling: how the network spells addresses. number: in `holder`,
    where it was found by its address.
    """

    network: str
    title: str
    address: str
    canonical: str
    spelling: str
    name: str
    party: str
    kind: str
    number: int | None = None

    @property
    def found(self) -> Found:
        """The same as what a search finds."""
        return Found(self.network, self.title, self.address, self.name, self.canonical, self.number)


@dataclass(frozen=True, slots=True)
class Entity:
    """Whom a page is about.

    key: what a link carries. party: its slug, where labels put it together; empty where it is one key. members: its
    addresses, those of labels in force, or all spellings of the key that are known.
    """

    key: str
    name: str
    party: str
    members: tuple[Member, ...]


_LABELLED: Final = """
    SELECT e.network, coalesce(n.title, e.network) AS title, e.address, coalesce(n.address, '') AS spelling,
           e.name AS label, e.entity, e.kind, own.name AS own,
           in_force(e.valid_from, e.valid_to, (SELECT max(time) FROM snapshot s WHERE s.network = e.network)) AS now
    FROM entity e LEFT JOIN network n ON n.name = e.network
    LEFT JOIN own_name own ON own.network = e.network AND own.address = e.address
    WHERE e.entity = ? ORDER BY e.network, e.address
"""
_DESCRIBED: Final = """
    SELECT f.network, coalesce(n.title, f.network) AS title, f.address, coalesce(n.address, '') AS spelling,
           e.name AS label, e.entity, e.kind, own.name AS own
    FROM (SELECT unnest(?::VARCHAR[]) AS network, unnest(?::VARCHAR[]) AS address) f
    LEFT JOIN network n ON n.name = f.network
    LEFT JOIN entity e ON e.network = f.network AND e.address = f.address AND in_force(
        e.valid_from, e.valid_to, (SELECT max(time) FROM snapshot s WHERE s.network = f.network))
    LEFT JOIN own_name own ON own.network = f.network AND own.address = f.address
    ORDER BY f.network, f.address
"""
# Who holds nothing any more may have a label, or a vote. All spellings at once: each by itself would be a look at all.
_WHERE: Final = """
    WITH asked AS (SELECT unnest(?::VARCHAR[]) AS address)
    SELECT network, address, max(id) AS id FROM (
        SELECT network, address, id FROM holder SEMI JOIN asked USING (address) UNION ALL
        SELECT network, address, NULL FROM entity SEMI JOIN asked USING (address) UNION ALL
        SELECT DISTINCT network, voter, NULL FROM vote SEMI JOIN asked ON asked.address = vote.voter
    ) GROUP BY network, address
"""
_NETWORKS: Final = "SELECT name, title, address FROM network WHERE address <> '' ORDER BY name"


def link(network: str, canonical: str) -> str:
    """What a link to the page of an address carries."""
    return f"{network}{OF}{canonical}"


def named(mart: Mart, text: str) -> str:
    """Whose page is meant by a whole address, by a link to one, or by a link to a page of an entity; empty: nobody's.

    A name, or the ends of an address, name nobody: anybody can have the same.
    """
    told = parse_qs(text.strip().partition("?")[2]).get("of", [""])[0] if LINKED in text else ""
    if told and entity(mart, told):
        return told
    try:
        wanted = addresses.pasted(text)
    except addresses.NotAnAddress:
        return ""
    if found := one_each(spelled(mart, wanted)):
        return found[0].key
    known = _members(mart, spellings(mart, wanted))
    # A number of an actor is short enough to be a name.
    if not known and wanted.kind == "f0":
        return ""
    return next((link(one.network, one.canonical) for one in (*known, *_where_it_could_be(mart, wanted))), "")


def entity(mart: Mart, key: str) -> Entity | None:
    """Whom a link means; None where it is no address of a known network, and no party that was ever labelled.

    What reaches nobody (a sink) is nobody.
    """
    network, between, canonical = key.partition(OF)
    if not between:
        return _party(mart, key)
    if canonical.startswith(SINK):
        return None
    try:
        wanted = addresses.address(canonical)
    except addresses.NotAnAddress:
        # Holders that are no addresses: a subnet, a part of a network.
        known = _members(mart, [canonical])
        return _of_key(key, [one for one in known if one.network == network])
    known = _members(mart, spellings(mart, wanted))
    if not known:
        known = [one for one in _where_it_could_be(mart, wanted) if one.network == network]
    return _of_key(key, known)


def _of_key(key: str, known: Sequence[Member]) -> Entity | None:
    if not known:
        return None
    # What a label says goes before what an address says of itself.
    told = sorted(
        (one for one in known if one.name), key=lambda one: (not one.party, link(one.network, one.canonical) != key)
    )
    return Entity(key, told[0].name if told else "", "", tuple(known))


def _party(mart: Mart, slug: str) -> Entity | None:
    rows = mart.table(_LABELLED, slug)
    if rows.is_empty():
        return None
    now = rows.filter("now")
    return Entity(slug, common((now if now.height else rows)["label"].to_list()), slug, tuple(_told(now)))


def _members(mart: Mart, wanted: Sequence[str]) -> list[Member]:
    """Every network's holders, labelled and voters of these canonical spellings."""
    numbers = {(network, address): number for network, address, number in mart.table(_WHERE, list(wanted)).iter_rows()}
    return [replace(one, number=numbers[one.network, one.canonical]) for one in described(mart, list(numbers))]


def described(mart: Mart, pairs: Sequence[tuple[str, str]]) -> list[Member]:
    """Some addresses, by network and as they are stored, with who is said to be behind them."""
    return list(_told(mart.table(_DESCRIBED, [network for network, _ in pairs], [address for _, address in pairs])))


def _told(rows: pl.DataFrame) -> Iterator[Member]:
    for row in rows.iter_rows(named=True):
        shown = addresses.display(row["address"], row["spelling"])
        name = row["label"] or self_said(row["own"]) or ""
        yield Member(
            row["network"],
            row["title"],
            shown,
            row["address"],
            row["spelling"],
            name,
            row["entity"] or "",
            row["kind"] or "",
        )


def _where_it_could_be(mart: Mart, wanted: addresses.Address) -> Iterator[Member]:
    """The networks on which such an address could hold something, where it holds nothing that was read."""
    for network, title, spelling in mart.table(_NETWORKS).iter_rows():
        for canonical in spellings(mart, wanted):
            if is_address(canonical, spelling):
                yield Member(network, title, addresses.display(canonical, spelling), canonical, spelling, "", "", "")
                break


def ids(mart: Mart, members: Sequence[Member]) -> pl.DataFrame:
    """The numbers of members among all holders: id, network, address; who holds nothing that was read has none."""
    one = "SELECT id, network, address FROM holder WHERE network = ? AND address = ?"
    if not members:
        return pl.DataFrame(schema={"id": pl.Int32, "network": pl.String, "address": pl.String})
    asked = (part for member in members for part in (member.network, member.canonical))
    return mart.table(" UNION ALL ".join([one] * len(members)), *asked)


_SILENT: Final = """
    SELECT n.title, n.address AS spelling FROM network n
    WHERE n.address <> '' AND n.name IN (SELECT network FROM reading WHERE kind = 'holdings') AND NOT EXISTS (
        SELECT 1 FROM snapshot s WHERE s.network = n.name AND s.kind = 'holdings')
    ORDER BY n.name
"""


def unread(mart: Mart, one: Entity) -> list[str]:
    """The networks of which nothing was read yet where one of the addresses could hold something."""
    kinds = {member.canonical for member in one.members}
    return [
        str(title) for title, spelling in mart.table(_SILENT).iter_rows() if any(is_address(k, spelling) for k in kinds)
    ]
