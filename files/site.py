"""The folder of files that is written at each publish, for programs, feed readers and browsers without scripts.

Each file is replaced whole, those that have not changed are left as they are, and latest.json, which names the others,
comes last: whoever reads it finds all that it names. A writer that was killed is finished by the next one.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from files import changes, markup
from files.documents import PART, Document, as_json, latest, of_network
from files.watched import based, watched
from questions import scorecard
from questions.populations import populations
from store.cells import cells
from store.disk import remake, replace
from store.mart import Mart

LATEST: Final = "latest.json"
CHANGES: Final = "changes.json"
FEED: Final = "feed.xml"
SCHEMA: Final = Path(__file__).with_name("latest.schema.json")
# What an earlier writer may have named as its file; anything else in the folder is somebody else's.
OURS: Final = re.compile(r"[a-z0-9_-]+/[a-z0-9_]+\.(?:json|csv|html)")
# What a writer that was killed leaves beside its file.
LEFT: Final = re.compile(r"[a-z0-9_.]+\.(?:json|csv|html|css|xml)\.[0-9]+\.tmp")
LONGEST: Final = 1000


def write(mart: Mart, folder: Path, at: str = "") -> list[str]:
    """Write what a mart says, and what has changed since the last one; the files that are new or other than before.

    at: the address under which the folder is served, with a slash at its end; empty where nobody told.
    """
    built, simulated = mart.table("SELECT built, simulated FROM meta").row(0)
    before = _named(folder)
    for left in [*folder.glob("*.tmp"), *folder.glob("*/*.tmp")]:
        if LEFT.fullmatch(left.name):
            left.unlink()
    found = dict(_files(mart, folder, at, built, simulated=simulated))
    written = [path for path, content in found.items() if _put(folder / path, content)]
    for path in before - found.keys():
        (folder / path).unlink(missing_ok=True)
        with suppress(OSError):
            (folder / path).parent.rmdir()
    return written


def _files(mart: Mart, folder: Path, at: str, built: datetime, *, simulated: bool) -> Iterator[tuple[str, bytes]]:
    """Each file with its content, in the order in which they are written."""
    rows, basis = scorecard.rows(mart, populations(mart)), based(mart)
    found = [one for row in rows for one in of_network(mart, row, basis, simulated=simulated)]
    for one in found:
        yield f"{one.path}.json", as_json(one.numbers)
        yield f"{one.path}.csv", _csv(one)
        yield f"{one.path}.html", markup.page(one, at=at, simulated=simulated)
    yield "style.css", markup.STYLE
    yield SCHEMA.name, SCHEMA.read_bytes()
    if not simulated:
        earlier = changes.known(_read(folder / CHANGES)) or changes.begun(built, at)
        known = changes.compared(earlier, watched(mart, rows, built), built)
        yield CHANGES, as_json(changes.document(known))
        yield FEED, markup.feed(known, at=at)
    yield "index.html", markup.index(found, at=at, simulated=simulated)
    yield LATEST, as_json(latest(mart, rows, basis, found, built, simulated=simulated))


def _csv(one: Document) -> bytes:
    """The rows of a document for a spreadsheet, in which none runs as a formula."""
    return cells(one.rows.drop(PART, strict=False), LONGEST).write_csv().encode()


def _named(folder: Path) -> set[str]:
    """The files of networks that were written last."""
    try:
        told = json.loads(_read(folder / LATEST) or b"{}").get("files", [])
        return {path for path in told if isinstance(path, str) and OURS.fullmatch(path)}
    except (ValueError, AttributeError, TypeError):
        return set()


def _put(path: Path, content: bytes) -> bool:
    """Give a file its content where it has another one."""
    if _read(path) == content:
        return False
    # What no mart can tell again must survive a power loss, and so must what names the others.
    (replace if path.name in (CHANGES, LATEST) else remake)(path, content)
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
