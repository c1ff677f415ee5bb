"""Holders whom a reader may mean: by an address in any spelling, by a name or by a label."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from store import addresses
from store.mart import Mart
from store.visible import self_said


@dataclass(frozen=True, slots=True)
class Found:
    """A holder that a search may mean; what it calls itself is in quotation marks.

    number: in `holder`, where it was found by its address.
    """

    network: str
    title: str
    address: str
    name: str
    canonical: str
    number: int | None = None

    @property
    def key(self) -> str:
        """Network and address: what a permalink carries."""
        return f"{self.network}:{self.canonical}"


def search(mart: Mart, text: str, limit: int = 20) -> list[Found]:
    """Holders whose address was pasted, or whose name or label contains the text; empty when nobody is meant.

    An account also finds its operator, and on every Cosmos chain the account of the same key.
    """
    text = text.strip()[: addresses.LONGEST_PASTED]
    if not text:
        return []
    try:
        found = spelled(mart, addresses.pasted(text))
    except addresses.NotAnAddress:
        return [one for key in _bare(text) for one in spelled(mart, key)] or _named(mart, text, limit)
    # An actor's number (f01234) is short enough to be a name, or a word of one.
    return found or (_named(mart, text, limit) if len(text) < AS_LONG else [])


def _bare(text: str) -> list[addresses.Address]:
    """The keys that digits of hexadecimal alone may be: of EVM chains, of Cosmos as Tendermint does, of Substrate."""
    if not re.fullmatch("[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", text):
        return []
    key = addresses.address(f"0x{text}")
    return [key, addresses.Address("cosmos", key.raw, "cosmos")] if key.kind == "evm" else [key]


# How an address begins, by its kind, told what follows the kind; others begin with any letter.
_BEGINS: Final[Mapping[str, Callable[[str], str]]] = {
    "bech32": lambda prefix: f"{prefix}1…",
    "f0": lambda _: "f0…",
    "hex": lambda _: "0x…",
    "ss58": lambda prefix: f"{addresses.ss58(bytes(32), int(prefix))[0]}…",
}


def beginnings(mart: Mart) -> list[str]:
    """How addresses of the networks begin, one of each kind that has a beginning of its own."""
    known = mart.table("SELECT address FROM network ORDER BY name DESC")["address"].to_list()
    spelled_so = {kind: detail for kind, _, detail in (one.partition(":") for one in known)}
    return [begins(spelled_so[kind]) for kind, begins in _BEGINS.items() if kind in spelled_so]


# A name is shorter, or has blanks; what is as long as an address was meant as one.
AS_LONG: Final = 30


def misspelled(text: str) -> str:
    """Why a text that looks like an address is none; empty where it is one, or looks like a name."""
    text = text.strip()
    if len(text) < AS_LONG or " " in text:
        return ""
    try:
        addresses.pasted(text)
    except addresses.NotAnAddress as error:
        return str(error)
    return ""


def respelled(mart: Mart, text: str) -> str:
    """What to know of the spelling of an address: that it is another Substrate chain's; empty where it is not."""
    try:
        wanted = addresses.pasted(text)
    except addresses.NotAnAddress:
        return ""
    if wanted.kind != "substrate" or wanted.prefix in ("", *map(str, addresses.BITTENSOR_PREFIXES)):
        return ""
    known = mart.table("SELECT title, address FROM network WHERE starts_with(address, 'ss58:') ORDER BY name")
    same = [f"on {title} is {addresses.display(wanted.canonical, spelling)}" for title, spelling in known.iter_rows()]
    return f"Spelled with ss58 prefix {wanted.prefix}, as on another chain; the same key {', '.join(same)}."


def spelled(mart: Mart, wanted: addresses.Address) -> list[Found]:
    """Holders of a key; by a join, because that lets the mart skip what cannot hold any of its spellings."""
    return _found(mart.table(_WHO.format(found=_HELD), spellings(mart, wanted)))


_HELD: Final = """
    SELECT h.network, h.address, h.id FROM holder h
    SEMI JOIN (SELECT unnest(?1::VARCHAR[]) AS address) asked ON asked.address = h.address
"""
_WHO: Final = """
    SELECT f.network, coalesce(w.title, f.network) AS title, f.address, coalesce(w.address, '') AS spelling,
           (SELECT any_value(e.name) FROM entity e WHERE e.network = f.network AND e.address = f.address AND in_force(
               e.valid_from, e.valid_to, (SELECT max(time) FROM snapshot s WHERE s.network = f.network))) AS label,
           own.name AS own, f.id
    FROM ({found}) f LEFT JOIN network w ON w.name = f.network
    LEFT JOIN own_name own ON own.network = f.network AND own.address = f.address
    ORDER BY coalesce(own.name, ''), f.network, f.address
"""


_CALLED: Final = """
    SELECT network, address, NULL AS id FROM (
        SELECT network, address, name, true AS own FROM own_name
        WHERE NOT EXISTS (
            SELECT 1 FROM word w WHERE w.network = own_name.network AND contains(w.name, ':')
                AND starts_with(address, w.name)
        ) AND contains(lower(own_name.name), lower(?1))
        UNION SELECT network, address, name, false FROM entity WHERE contains(lower(name), lower(?1))
    ) ORDER BY lower(name) <> lower(?1), own, length(name), name, network, address LIMIT ?2
"""


def _named(mart: Mart, text: str, limit: int) -> list[Found]:
    found = _found(mart.table(_WHO.format(found=_CALLED), text, limit))
    # Who is called just so comes first, by others before by himself, then the shorter name.
    return sorted(
        found,
        key=lambda one: (one.name.strip("“”").lower() != text.lower(), one.name.startswith("“"), len(one.name)),
    )


def _found(rows: pl.DataFrame) -> list[Found]:
    return [
        Found(network, title, addresses.display(address, spelling), label or self_said(own) or "", address, number)
        for network, title, address, spelling, label, own, number in rows.iter_rows()
    ]


def spellings(mart: Mart, wanted: addresses.Address) -> list[str]:
    """Canonical spellings under which the same key may hold something."""
    found = list(wanted.candidates)
    if wanted.kind == "cosmos":
        prefixes = mart.table("SELECT DISTINCT address FROM network WHERE starts_with(address, 'bech32:')")["address"]
        for prefix in (spelling.partition(":")[2] for spelling in prefixes):
            found += addresses.Address("cosmos", wanted.raw, prefix).candidates
    return list(dict.fromkeys(found))


def one_each(found: Sequence[Found]) -> list[Found]:
    """The first spelling of each key among what a search found."""
    first: dict[tuple[str, ...] | bytes, Found] = {}
    for one in found:
        first.setdefault(_key(one), one)
    return list(first.values())


def _key(one: Found) -> tuple[str, ...] | bytes:
    try:
        return addresses.address(one.canonical).raw
    except addresses.NotAnAddress:
        return one.network, one.canonical
