"""Sealed Parquet files: each carries a hash of all its own bytes, so that a bit that flipped at rest is found.

The seal lies in the Parquet metadata, as `"seal": "<sha256>"`; it is the hash of the file with zeros in its place.
Files that were written before there were seals have none.
"""

import atexit
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import duckdb
import polars as pl

from store.disk import replace
from store.faults import BadData

METADATA: Final = "deai"
MARK: Final = b'"seal": "'
# How a note begins: the seal comes first.
OPENED: Final = b"{" + MARK
BLANK: Final = "0" * 64
MAGIC: Final = b"PAR1"
# At the end of a Parquet file: the footer's length in four bytes, and the magic word.
TAIL: Final = 8
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]*")
CHUNK: Final = 2**20


def write_sealed(path: Path, rows: pl.DataFrame, note: Mapping[str, Any]) -> None:
    """Write rows and a note, sealed: all of it or nothing, even after a power loss."""
    file = io.BytesIO()
    rows.write_parquet(file, compression="zstd", metadata={METADATA: json.dumps({"seal": BLANK, **note})})
    content = file.getbuffer()
    place = _place(file)
    assert place is not None
    content[place : place + len(BLANK)] = hashlib.sha256(content).hexdigest().encode()
    replace(path, content)


def proved(path: Path) -> bool:
    """True where a file's seal holds, False where it has none; raises BadData where its bytes changed."""
    with path.open("rb") as file:
        place = _place(file)
        if place is None:
            return False
        told, found, _ = _hash(file, place)
    if told != found:
        raise BadData(f"{path} is torn: its bytes are not those that were written")
    return True


def hashes(path: Path) -> tuple[str, bool]:
    """The hash of all bytes of a file, and whether a seal in it holds, for one look at them."""
    with path.open("rb") as file:
        place = _place(file)
        told, found, whole = _hash(file, file.seek(0, os.SEEK_END) if place is None else place)
    return whole, place is not None and told == found


def note(path: Path) -> dict[str, Any]:
    """The note of a file; raises BadData where it is no file of ours, or where its bytes changed."""
    with told_by_name(path):
        sealed = proved(path)
        text = pl.read_parquet_metadata(path)[METADATA] if sealed else _unproved_note(path)
        found: dict[str, Any] = json.loads(text)
        return found


def glimpsed(path: Path) -> dict[str, Any]:
    """The note of a file as it stands there, for a look at many: nothing is proved; raises BadData without one."""
    with told_by_name(path), path.open("rb") as file:
        place = _place(file)
        file.seek(max(0, (place or 0) - len(OPENED)))
        return note(path) if place is None else _text(file.read())[0]


def restamped(content: bytes, **words: str) -> bytes:
    """A sealed file with other words in its note, sealed again; its rows are not touched.

    Raises ValueError where it has no seal. Only the note changes, with its length before it and the footer's after it:
    in a Parquet file nothing points behind the start of its footer.
    """
    place = _place(io.BytesIO(content))
    start = (place or 0) - len(OPENED)
    if place is None or content[start:place] != OPENED:
        raise ValueError("it has no seal")
    before, end = _text(content[start:])
    kept = start - len(_length(end))
    if content[kept:start] != _length(end):
        raise ValueError("its note is not written as ours are")
    text = json.dumps({**before, **words, "seal": BLANK}).encode()
    told = _length(len(text)) + text
    footer = int.from_bytes(content[-TAIL:-4], "little") + kept + len(told) - start - end
    whole = memoryview(content)
    changed = bytearray().join([whole[:kept], told, whole[start + end : -TAIL], footer.to_bytes(4, "little"), MAGIC])
    place = kept + len(_length(len(text))) + len(OPENED)
    changed[place : place + len(BLANK)] = hashlib.sha256(changed).hexdigest().encode()
    return bytes(changed)


def _text(after: bytes) -> tuple[dict[str, Any], int]:
    """The note that stands at the beginning of some bytes, and how long it is."""
    found: tuple[dict[str, Any], int] = json.JSONDecoder().raw_decode(after.decode("latin-1"))
    return found


def _length(number: int) -> bytes:
    """A length as Thrift writes it before a text: seven bits a byte, the lowest first."""
    rest, digit = divmod(number, 0x80)
    return bytes([digit | 0x80]) + _length(rest) if rest else bytes([digit])


def unproved(path: Path, query: str, *parameters: object) -> pl.DataFrame:
    """Rows of a file without a seal, `{file}` in the query; read by DuckDB, since broken files can end Polars' process.

    Raises duckdb.Error.
    """
    with _reader().cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        rows: pl.DataFrame = cursor.sql(query.format(file="$1"), params=[literal(path), *parameters]).pl()
        return rows


def safe(name: str) -> str:
    """A name as a file name; raises BadData for one that could leave the folder."""
    if not NAME.fullmatch(name):
        raise BadData(f"{name!r} cannot name a landing file")
    return name


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """One database in memory for all files: to begin one takes longer than to read a small file."""
    connection = duckdb.connect()
    atexit.register(connection.close)
    return connection


def literal(path: Path) -> str:
    """A path as DuckDB's readers take it, where the signs of patterns stand for themselves."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def _unproved_note(path: Path) -> str:
    query = "SELECT decode(value) AS note FROM parquet_kv_metadata({file}) WHERE decode(key) = '" + METADATA + "'"
    return str(unproved(path, query)["note"].item())


@contextmanager
def told_by_name(path: Path) -> Iterator[None]:
    """Whatever a reader says of bytes that it cannot read becomes BadData that names the file."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, duckdb.Error, OSError) as error:
        raise BadData(f"{path} is torn: {error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadData(f"{path} is no file of ours: {error}") from error


def _place(file: BinaryIO) -> int | None:
    """Where the digits of the seal begin; None where there is no seal."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    footer = size - TAIL - int.from_bytes(tail[:4], "little")
    if len(tail) < TAIL or tail[4:] != MAGIC or footer < 0:
        return None
    file.seek(footer)
    # The metadata come last, so that no text of a chain among the statistics is taken for the mark.
    found = file.read(size - TAIL - footer).rfind(MARK)
    return None if found < 0 else footer + found + len(MARK)


def _hash(file: BinaryIO, place: int) -> tuple[str, str, str]:
    """The hash that is told at a place of a file, that of the file without it, and that of all its bytes."""
    whole, before = hashlib.sha256(), place
    file.seek(0)
    while before and (chunk := file.read(min(before, CHUNK))):
        whole.update(chunk)
        before -= len(chunk)
    # What comes before is the same for both.
    sealed = whole.copy()
    told = file.read(len(BLANK))
    whole.update(told)
    sealed.update(BLANK.encode())
    while chunk := file.read(CHUNK):
        whole.update(chunk)
        sealed.update(chunk)
    return told.decode("ascii", "replace"), sealed.hexdigest(), whole.hexdigest()
