"""A file of a chain's state: JSON, plain or in gzip, of a size that this machine can hold.

Errors beside those of store.rows:

    Mismatch        the file is not of the network or the time that were named with it
"""

import gzip
import hashlib
import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final

from ingest.parsing import parsed
from store.faults import BadData

GZIP: Final = b"\x1f\x8b"
CHUNK: Final = 2**20
# States of the networks here have up to 0.3 GiB of JSON. As objects of Python a byte of it becomes five, and where it
# is all punctuation (3 MB of gzip are enough for that) thirty: that is what the second limit is for.
LARGEST_STATE: Final = 2**30
MOST_VALUES: Final = 50_000_000
MARKS: Final = (b",", b"{", b"[")


class Mismatch(BadData):
    """The file is not of the network or the time that were named with it, or does not say enough."""


def state(path: Path) -> tuple[dict[str, Any], str]:
    """The document in a file, and the sha256 of the file; raises BadData for anything but one JSON object."""
    with path.open("rb") as file:
        content = _limited(file, path)
    try:
        text = _limited(gzip.GzipFile(fileobj=io.BytesIO(content)), path) if content.startswith(GZIP) else content
        if sum(text.count(mark) for mark in MARKS) > MOST_VALUES:
            raise BadData(f"{path} has more than {MOST_VALUES:,} values: it is not read")
        document = parsed(text)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadData(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadData(f"{path} holds a {type(document).__name__}, not a state")
    return document, hashlib.sha256(content).hexdigest().upper()


def _limited(file: BinaryIO | gzip.GzipFile, path: Path) -> bytes:
    found = bytearray()
    while chunk := file.read(CHUNK):
        found += chunk
        if len(found) > LARGEST_STATE:
            raise BadData(f"{path} has more than {LARGEST_STATE >> 20:,} MiB of text: it is not read")
    return bytes(found)
