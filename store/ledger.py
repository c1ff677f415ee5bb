"""Lines of the ledger: what each run did, one JSON file a run, with a hash of what it says."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict, cast

from store.rows import BadData
from store.sealed import told_by_name

# Of the entries that were written before there were hashes.
FIELDS: Final = {"id", "started", "finished", "status", "landed", "requests", "argv", "version", "host", "errors"}
ERROR: Final = {"network", "reading", "error", "message"}
HASH: Final = "sha256"


class RunError(TypedDict):
    """What failed in a run."""

    network: str
    reading: str
    error: str
    message: str


class RunFault(TypedDict):
    """A host that is to blame in a run, why, and which readings of a network it stopped; no host: none is to blame."""

    network: str
    readings: list[str]
    host: str
    cause: str
    message: str


class Run(TypedDict):
    """What a run did, as its line of the ledger says.

    faults, and read (readings that landed, as network/reading), are in no line of before there were such.
    """

    id: str
    started: str
    finished: str
    status: str
    landed: int
    requests: int
    argv: str
    version: str
    host: str
    errors: list[RunError]
    faults: NotRequired[list[RunFault]]
    read: NotRequired[list[str]]


def told(entry: Mapping[str, object]) -> bytes:
    """An entry as a line of the ledger."""
    return json.dumps({**entry, HASH: _hash(entry)}).encode()


def line(path: Path) -> Run:
    """An entry of the ledger; raises BadData naming the file when it is damaged."""
    with told_by_name(path):
        entry: dict[str, Any] = json.loads(path.read_bytes())
        if HASH in entry:
            if entry.pop(HASH) != _hash(entry):
                raise BadData(f"{path} is torn: it is not the line of the ledger that was written")
        elif entry.keys() != FIELDS or any(error.keys() != ERROR for error in entry["errors"]):
            raise BadData(f"{path} is torn: it has not the fields of a line of the ledger")
        return cast(Run, entry)


def _hash(entry: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(entry).encode()).hexdigest()
