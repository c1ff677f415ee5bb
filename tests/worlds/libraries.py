"""Archives on loopback: a small landing of two months, its files as web servers serve them, and what can go wrong."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ingest.archive.package import PACKAGE, Package, written
from ingest.archive.pieces import landed as landed_piece
from ingest.archive.static import publish_archive
from store.landing import Landing
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.worlds.lcd import valoper
from tests.worlds.servers import Raw, Reply, Request

CHAIN: Final = "akashnet-2"
PLACE: Final = ("akash", CHAIN, "validators")
# Two days of a month that is over, of which one lies by itself, and one of the next.
DAYS: Final = (
    datetime(2026, 9, 10, 12, tzinfo=UTC),
    datetime(2026, 9, 20, 12, tzinfo=UTC),
    datetime(2026, 10, 5, tzinfo=UTC),
)


def height(day: datetime) -> int:
    """The block of a day: one in six seconds."""
    return int(day.timestamp()) // 6


def snapshot(day: datetime, **other: Any) -> Snapshot:
    """Akash's validators on a day, as they are read."""
    block = Block(height(day), f"{height(day):064X}", day)
    told = {"measure": Measure.STAKE, "unit": "uakt", "method": "Made up.", "endpoint": "https://lcd.example"}
    return Snapshot(*PLACE, Kind.HOLDINGS, block=block, **{**told, **other})


def facts(stakes: Iterable[int] = (40, 30, 20)) -> Facts:
    """Validators with so many uakt each, of which the chain reports the sum."""
    told = list(stakes)
    rows = holdings(("validators", valoper(number), amount) for number, amount in enumerate(told))
    return Facts(rows, reported={"validators": sum(told)})


def land(data: Path, found: Iterable[tuple[Snapshot, Facts]]) -> None:
    """Let snapshots land, each in a file of its own."""
    for one, told in found:
        Landing(data).land(replace(one, reported=told.reported), told)


def library(folder: Path) -> Path:
    """An archive of the three days, published below a folder that has their landing too."""
    first = facts()
    Landing(folder / "data").land_months([(replace(snapshot(DAYS[0]), reported=first.reported), first)])
    land(folder / "data", [(snapshot(day), facts((50, 30, 20))) for day in DAYS[1:]])
    (folder / "archive").mkdir()
    publish_archive(folder / "data", folder / "archive")
    return folder / "archive"


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def landed(data: Path) -> dict[str, bytes]:
    """Every landing file of a data folder, by its name in landing."""
    return {name: content for name, content in sorted(files(data / "landing").items()) if not name.startswith("_")}


def forged(data: Path) -> dict[str, bytes]:
    """An archive of whatever lies in a landing folder as months, however wrong; its package is right."""
    pieces = [(path, landed_piece(data, path)) for path in sorted((data / "landing").glob("*/*/*/????-??.parquet"))]
    package = written(Package(tuple(piece for _, piece in pieces)))
    return {PACKAGE: package, **{piece.name: path.read_bytes() for path, piece in pieces}}


@dataclass
class Server:
    """A web server of files; mood: what it answers instead, if anything. ranges: whether it goes on in a file."""

    files: Mapping[str, bytes]
    ranges: bool = True
    mood: Callable[[Request], Reply | Raw | None] = lambda _: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply | Raw:
        self.asked.append(request.path.removeprefix("/"))
        if (said := self.mood(request)) is not None:
            return said
        content = self.files.get(request.path.removeprefix("/"))
        if content is None:
            return Reply(b"", 404)
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        if start and self.ranges:
            return Reply(content[start:], 206, {"content-range": f"bytes {start}-{len(content) - 1}/{len(content)}"})
        return Reply(content)


def repackaged(told: Mapping[str, bytes], change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    """An archive whose package was changed."""
    package = json.loads(told[PACKAGE])
    change(package)
    return {**told, PACKAGE: json.dumps(package).encode()}


def cut_after(content: bytes, size: int) -> Raw:
    """An answer that promises all of a file and hangs up in its midst."""
    return Raw([f"HTTP/1.1 200 OK\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content[:size]])
