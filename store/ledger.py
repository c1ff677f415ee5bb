"""Lines of the ledger: what each run did, one JSON file a run, with a hash of what it says."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from store.rows import BadData
from store.sealed import told_by_name

# Of the entries that were written before there were hashes.
FIELDS: Final = {"id", "started", "finished", "status", "landed", "requests", "argv", "version", "host", "errors"}
ERROR: Final = {"network", "reading", "error", "message"}
HASH: Final = "sha256"


def told(entry: Mapping[str, Any]) -> bytes:
    """An entry as a line of the ledger."""
    return json.dumps({**entry, HASH: _hash(entry)}).encode()


def line(path: Path) -> dict[str, Any]:
    """An entry of the ledger; raises BadData naming the file when it is damaged."""
    with told_by_name(path):
        entry: dict[str, Any] = json.loads(path.read_bytes())
        if HASH in entry:
            if entry.pop(HASH) != _hash(entry):
                raise BadData(f"{path} is torn: it is not the line of the ledger that was written")
        elif entry.keys() != FIELDS or any(error.keys() != ERROR for error in entry["errors"]):
            raise BadData(f"{path} is torn: it has not the fields of a line of the ledger")
        return entry


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry).encode()).hexdigest()
