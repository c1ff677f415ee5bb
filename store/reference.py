"""The curated facts of data/reference: who owns an address, what happened, is claimed or planned; where to look on.

A row that lacks evidence, or has a word that nobody knows, is refused with its file and name (store/sheets.py).
"""

import re
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import polars as pl

from store.rows import Time
from store.sheets import Sheet, read, wrong

REFERENCE: Final = Path(__file__).parent.parent / "data" / "reference"

# Not a party that decides: what they hold belongs to nobody or to the protocol.
PROTOCOL: Final = ("bridge", "burn", "escrow", "migration", "staking", "protocol")
CUSTODIAN: Final = "custodian"
# How a name says that it was true once.
AS_OF: Final = r"(?i)\b(as of|until|former|formerly)\b"
# What no other party can be called: one of claims has a colon, and what somebody calls himself is in quotation marks.
SLUG: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
QUOTED: Final = "[“”]"

ENTITIES: Final = pl.Schema(
    {
        "network": pl.String(),
        "address": pl.String(),
        "entity": pl.String(),
        "name": pl.String(),
        "kind": pl.String(),
        "valid_from": Time,
        "valid_to": Time,
        "source": pl.String(),
        "recorded_at": Time,
        # When somebody opened the source; null where nobody could: such a row raises no letter.
        "checked_at": Time,
    }
)
EVENTS: Final = pl.Schema(
    {
        "time": Time,
        **dict.fromkeys(("network", "title", "source", "kind"), pl.String()),
        "checked_at": Time,
    }
)
# What a reading of a claim may be called. A formula gives one of the first three and "not verifiable"; where no chain
# can tell, a person chose one, with the evidence.
CONFIRMED: Final = "confirmed"
CONTRADICTED: Final = "contradicted"
OTHER_READING: Final = "consistent under another reading"
SELF_REPORTED: Final = "self-reported"
NOT_VERIFIABLE: Final = "not verifiable"
NOT_READ: Final = "not read yet"
WORDS: Final = (CONFIRMED, CONTRADICTED, OTHER_READING, SELF_REPORTED, NOT_VERIFIABLE, NOT_READ)
# How a measured number must stand to the claimed one; `needs`: less refutes it, as much proves nothing.
BOUNDS: Final = ("near", "at_least", "at_most", "needs")

CLAIMS: Final = pl.Schema(
    {
        "claim": pl.String(),
        "reading": pl.String(),
        "sentence": pl.String(),
        "says": pl.String(),
        "plain": pl.Boolean(),
        "network": pl.String(),
        "measure": pl.String(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "claimed": pl.Float64(),
        "unit": pl.String(),
        "bound": pl.String(),
        "tolerance": pl.Float64(),
        "formula": pl.String(),
        "subject": pl.String(),
        "word": pl.String(),
        "falsifier": pl.String(),
        "ambiguity": pl.String(),
        "public": pl.String(),
        "who": pl.String(),
        "kind": pl.String(),
        "source": pl.String(),
        "recorded_at": pl.Date(),
        "checked_at": pl.Date(),
    }
)
YARDSTICKS: Final = pl.Schema(
    {
        **dict.fromkeys(("yardstick", "title", "thing"), pl.String()),
        "amounts": pl.List(pl.Int64()),
        "total": pl.Int64(),
        **dict.fromkeys(("unit", "rule", "deciding"), pl.String()),
        "of_day": pl.Date(),
        **dict.fromkeys(("note", "source"), pl.String()),
        **dict.fromkeys(("recorded_at", "checked_at"), pl.Date()),
    }
)
BLANKS: Final = pl.Schema(dict.fromkeys(("network", "measure", "axis", "state", "reason", "source"), pl.String()))

OFFCHAIN: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "kind", "power", "who", "source"), pl.String()),
        "recorded_at": pl.Date(),
        "checked_at": pl.Date(),
    }
)
PLANNED: Final = pl.Schema(
    {
        **dict.fromkeys(("title", "stack", "says", "inferred", "source"), pl.String()),
        **dict.fromkeys(("recorded_at", "checked_at"), pl.Date()),
    }
)
# The place of an address in the address of an explorer's page.
PLACE: Final = "{address}"
EXPLORERS: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "title", "account", "source"), pl.String()),
        **dict.fromkeys(("recorded_at", "checked_at"), pl.Date()),
    }
)


_ENTITIES: Final = Sheet(
    "entity",
    "address",
    ENTITIES,
    usual={"valid_from": None, "valid_to": None, "checked_at": None},
    words={"kind": (*PROTOCOL, CUSTODIAN, "multisig", "operator")},
)
_EVENTS: Final = Sheet("event", "title", EVENTS, usual={"kind": "", "checked_at": None})
_CLAIMS: Final = Sheet(
    "claim",
    "says",
    CLAIMS,
    usual={
        "plain": False,
        **dict.fromkeys(("period_start", "period_end", "claimed", "checked_at")),
        **dict.fromkeys(("unit", "bound", "formula", "subject", "word", "ambiguity"), ""),
        "tolerance": 0.0,
    },
    words={
        "bound": ("", *BOUNDS),
        "word": ("", *WORDS),
        "kind": ("article", "report", "press", "probe", "statement", "derived"),
    },
)
_YARDSTICKS: Final = Sheet("yardstick", "yardstick", YARDSTICKS, usual={"checked_at": None})
_BLANKS: Final = Sheet(
    "blank",
    "reason",
    BLANKS,
    usual={"measure": ""},
    words={"axis": ("both", "power"), "state": ("not applicable", "not read", "not verifiable")},
)

_OFFCHAIN: Final = Sheet(
    "power",
    "power",
    OFFCHAIN,
    usual={"checked_at": None},
    words={"kind": ("release", "endpoint", "front end", "registry", "migration")},
)
_PLANNED: Final = Sheet(
    "planned",
    "title",
    PLANNED,
    usual={"inferred": "", "checked_at": None},
    words={"stack": ("compute", "data", "model", "agents")},
)
_EXPLORERS: Final = Sheet("explorer", "title", EXPLORERS, usual={"checked_at": None})
_HOSTS: Final = Sheet(
    "host",
    "host",
    pl.Schema({"host": pl.String(), "kind": pl.String()}),
    words={"kind": ("shared", "hosting")},
)


def files(folder: Path = REFERENCE) -> pl.DataFrame:
    """Every curated file by its name, with the sha256 of its bytes."""
    told = [(path.name, sha256(path.read_bytes()).hexdigest()) for path in sorted(folder.glob("*.toml"))]
    return pl.DataFrame(told, {"file": pl.String(), "sha256": pl.String()}, orient="row")


def entities(path: Path = REFERENCE / "entities.toml") -> pl.DataFrame:
    """Who is behind an address, by network and address; raises BadData, also where two have one at one time.

    A label that says itself that it was true once ("as of") has an end: what was known then merges nothing now.
    """
    found = read(path, _ENTITIES).sort("network", "address", "valid_from")
    _refuse_overlaps(found, path)
    _refuse(found.filter(pl.col("valid_to").is_null() & pl.col("name").str.contains(AS_OF)), path, "has no valid_to")
    _refuse(found.filter(~pl.col("entity").str.contains(SLUG)), path, "is of no entity in small letters and hyphens")
    _refuse(found.filter(pl.col("name").str.contains(QUOTED)), path, "has quotation marks in its name")
    return found


def events(path: Path = REFERENCE / "events.toml") -> pl.DataFrame:
    """What happened to the networks, in order of time."""
    return read(path, _EVENTS).sort("time")


def claims(path: Path = REFERENCE / "claims.toml") -> pl.DataFrame:
    """What others claim, a row a reading of a sentence; raises BadData for one that nobody could hold against anything.

    A reading has a formula with all that it needs, or the word of a person, never both.
    """
    found = read(path, _CLAIMS)
    for row in found.iter_rows(named=True):
        if fault := _unclaimable(row):
            raise wrong(path, row["says"], fault)
    twice = found.filter(pl.struct("claim", "reading").is_duplicated())
    if not twice.is_empty():
        raise wrong(path, twice["says"][0], "has the reading of another row")
    return found


def _unclaimable(row: dict[str, Any]) -> str:
    """Why a reading of a claim is none; empty where it is one."""
    if bool(row["formula"]) == bool(row["word"]):
        return "has to have a formula or a word, and not both"
    start, end = row["period_start"], row["period_end"]
    period = start is not None or end is not None
    needed = ["period_start", "period_end"] if period or row["formula"] else []
    needed += ["bound", "claimed"] if row["formula"] else []
    missing = [column for column in needed if row[column] in (None, "")]
    if missing:
        return f"has no {', '.join(missing)}"
    if period and start > end:
        return f"has no period of days: {start} to {end}"
    if not 0 < (1.0 if row["claimed"] is None else row["claimed"]) < inf:
        return f"claims {row['claimed']:g}"
    return "" if 0 <= row["tolerance"] < 1 else f"has a tolerance of {row['tolerance']:g}"


def yardsticks(path: Path = REFERENCE / "yardsticks.toml") -> pl.DataFrame:
    """What else is concentrated, with the amounts of the largest; raises BadData where these are not that."""
    found = read(path, _YARDSTICKS)
    for name, amounts, total in found.select("yardstick", "amounts", "total").iter_rows():
        if not amounts or amounts[-1] < 1 or amounts != sorted(amounts, reverse=True) or sum(amounts) > total:
            raise wrong(path, name, f"has amounts that are not the largest first, each at least 1, of {total}")
    return found


def blanks(path: Path = REFERENCE / "blanks.toml") -> pl.DataFrame:
    """What a network does not have, or cannot show, with the reason."""
    return read(path, _BLANKS)


def offchain_powers(path: Path = REFERENCE / "offchain_powers.toml") -> pl.DataFrame:
    """Powers that no chain tells of, in the order of the file; shown with their network, counted nowhere."""
    return read(path, _OFFCHAIN)


def planned(path: Path = REFERENCE / "planned.toml") -> pl.DataFrame:
    """Networks that are planned, in the order of the file; shown where their layer stands, counted nowhere."""
    return read(path, _PLANNED)


def explorers(path: Path = REFERENCE / "explorers.toml") -> pl.DataFrame:
    """Where else an address can be looked up, in the order of the file; raises BadData for what is no such page."""
    found = read(path, _EXPLORERS)
    for title, account in found.select("title", "account").iter_rows():
        page = urlsplit(account.replace(PLACE, "x"))
        whole = page.scheme == "https" and page.hostname and PLACE not in account.partition("//")[2].partition("/")[0]
        if not whole or account.count(PLACE) != 1 or not re.fullmatch("[!-~]+", account):
            raise wrong(path, title, f"has no address of a page with {PLACE} in it once: {account!r}")
    return found


def hosts(kind: str, path: Path = REFERENCE / "hosts.toml") -> tuple[str, ...]:
    """Hosts that many parties share, of one kind."""
    return tuple(read(path, _HOSTS).filter(kind=kind)["host"])


def _refuse_overlaps(found: pl.DataFrame, path: Path) -> None:
    before = pl.col("valid_to").shift().over("network", "address")
    follows = pl.col("address").is_first_distinct().over("network", "address").not_()
    overlap = found.filter(
        follows & (before.is_null() | pl.col("valid_from").is_null() | (pl.col("valid_from") < before))
    )
    if not overlap.is_empty():
        raise wrong(path, overlap["address"][0], "belongs to two entities at one time")


def _refuse(those: pl.DataFrame, path: Path, fault: str) -> None:
    if not those.is_empty():
        raise wrong(path, those["address"][0], fault)
