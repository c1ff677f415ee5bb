"""What an archive says of itself that any web server can serve: a Frictionless Data Package (datapackage.org, 2.0).

    datapackage.json               which files there are, each with its bytes, its hash and its snapshots
    SHA256SUMS                     the same for `sha256sum -c`
    data_licence.md                the licence of the data
    landing/..., marts/...         the files, each under a name that never stands for other bytes (pieces.py)
    signatures/<sha256>.sig        who signed the datapackage.json of this hash, where it was signed

Readers begin with datapackage.json, which is replaced whole once all that it names is there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ingest.archive.pieces import SHORT, Held, Piece, named
from ingest.fields import listed, optional, text, whole
from ingest.parsing import parsed
from store.faults import BadData, ReadingError
from store.landing import MONTH
from store.mart import generation

PACKAGE: Final = "datapackage.json"
SUMS: Final = "SHA256SUMS"
LICENCE: Final = "data_licence.md"
SIGNATURES: Final = "signatures"
# Rises when a field goes or means something else.
FORMAT: Final = 1
HASH: Final = re.compile("[0-9a-f]{64}")
# A month of the largest reading known is 400 MiB, a mart of five years 2 GB.
LARGEST_FILE: Final = 64 * 2**30
HEAD: Final[Mapping[str, object]] = {
    "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
    "name": "deai-observatory",
    "title": "Who holds power in decentralized AI: what was read of its networks, block by block",
    "format": FORMAT,
    "simulated": False,
    "licenses": [
        {
            "name": "CC-BY-4.0",
            "title": "Creative Commons Attribution 4.0; what it covers is in data_licence.md",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Mart:
    """The newest mart of an archive: its file, its number there, and when it was built."""

    piece: Piece
    generation: int
    built: datetime


@dataclass(frozen=True, slots=True)
class Package:
    """What an archive has: months of readings in the order of their names, and a mart where it has one."""

    months: tuple[Piece, ...] = ()
    mart: Mart | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All its files."""
        return (*([self.mart.piece] if self.mart else []), *self.months)


def place(piece: Piece) -> tuple[str, str, str, str]:
    """Network, chain id, reading and month of a month's file."""
    _, network, chain_id, reading, file = piece.path.split("/")
    return network, chain_id, reading, file.removesuffix(".parquet")


def written(package: Package) -> bytes:
    """A package as its datapackage.json: the same files are the same bytes."""
    marts = [_of_mart(package.mart)] if package.mart else []
    resources = [*marts, *map(_of_month, package.months)]
    return json.dumps({**HEAD, "resources": resources}, indent=1).encode() + b"\n"


def sums(package: Package, beside: Mapping[str, str]) -> bytes:
    """All files as `sha256sum -c` takes them. beside: hashes of what is no resource, by name."""
    hashes = {**beside, **{piece.name: piece.sha256 for piece in package.pieces}}
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items())).encode()


def _of_mart(mart: Mart) -> dict[str, object]:
    told = {"generation": mart.generation, "built": mart.built.isoformat()}
    return {"name": "mart", **_file(mart.piece), "format": "duckdb", **told}


def _of_month(piece: Piece) -> dict[str, object]:
    name = re.sub("[^a-z0-9_-]+", "-", ".".join(place(piece)).lower())
    held = [{"height": one.height, "sha256": one.sha256} for one in piece.snapshots]
    return {"name": name, **_file(piece), "format": "parquet", "snapshots": held}


def _file(piece: Piece) -> dict[str, object]:
    return {"path": piece.name, "bytes": piece.bytes, "hash": f"sha256:{piece.sha256}"}


def read(content: bytes, where: str) -> Package:
    """What a datapackage.json says; raises BadData, naming what is wrong, for whatever is no archive of ours."""
    try:
        document = parsed(content)
        if not isinstance(document, dict) or optional(document, "format") != FORMAT:
            raise BadData(f"it is no archive of format {FORMAT}, which this program knows")
        if document.get("simulated") is not False:
            raise BadData("its data is simulated")
        return _package(listed(document, "resources"))
    except (ReadingError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise BadData(f"{where}: {error if str(error) else type(error).__name__}") from error


def _package(resources: Sequence[Mapping[str, Any]]) -> Package:
    months: dict[str, Piece] = {}
    marts: list[Mart] = []
    for one in resources:
        piece = _piece(one)
        if piece.path in months or (marts and "/" not in piece.path):
            raise BadData(f"{piece.path} is there twice")
        if "/" not in piece.path:
            marts.append(_mart(piece, one))
        elif not MONTH.fullmatch(place(piece)[3]):
            raise BadData(f"{piece.path} is no file of a month")
        else:
            months[piece.path] = piece
    return Package(tuple(months.values()), marts[0] if marts else None)


def _mart(piece: Piece, resource: Mapping[str, Any]) -> Mart:
    found = Mart(piece, whole(resource, "generation"), datetime.fromisoformat(text(resource, "built")))
    if found.generation != generation(Path(piece.path)):
        raise BadData(f"{piece.path} is not of generation {found.generation}")
    if found.built.utcoffset() is None:
        raise BadData("its mart was built at a time without a zone")
    return found


def _piece(resource: Mapping[str, Any]) -> Piece:
    """A resource that can be one: its name leads nowhere else, is of its hash, and it is not too large."""
    found = named(text(resource, "path"))
    kind, _, sha256 = text(resource, "hash").partition(":")
    size = whole(resource, "bytes")
    if kind != "sha256" or not HASH.fullmatch(sha256):
        raise BadData(f"{found.path} has no sha256")
    if found.sha12 != sha256[:SHORT]:
        raise BadData(f"{found.path}: its name is of another hash")
    if not 0 < size <= LARGEST_FILE:
        raise BadData(f"{found.path} would have {size} bytes")
    return Piece(found.path, size, sha256, tuple(_held(resource)))


def _held(resource: Mapping[str, Any]) -> Iterator[Held]:
    for one in listed(resource, "snapshots") if "snapshots" in resource else ():
        height, sha256 = whole(one, "height"), text(one, "sha256")
        if height < 0 or not HASH.fullmatch(sha256):
            raise BadData("a snapshot has no hash")
        yield Held(height, sha256)
